/// What a setting of the catalogue asks for (compliance.md 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    /// An allowed distribution.
    Distribution,
    /// The lowest version allowed of it.
    MinimumVersion,
    /// The highest version allowed of it.
    MaximumVersion,
    /// Whether disks have to be encrypted.
    Encryption,
    /// How many characters of a kind the machine has to insist on in a new password.
    Password(CharacterCount),
    /// The script of custom compliance.
    DiscoveryScript,
    /// The rules for its output.
    ScriptRules,
    /// Seen in the catalogue of the service alone; what it asks of a machine is not known.
    ScriptRequired,
    /// Part of a script that configures: this version runs none.
    ConfigurationScript,
    /// An id that no page of 2026 knows.
    Unknown,
}

/// What is counted in a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CharacterCount {
    /// Characters of any kind.
    Length,
    /// Digits.
    Digits,
    /// Lower-case letters.
    Lowercase,
    /// Upper-case letters.
    Uppercase,
    /// All other characters.
    Symbols,
}

impl CharacterCount {
    /// Every one.
    pub const ALL: [CharacterCount; 5] = [
        CharacterCount::Length,
        CharacterCount::Digits,
        CharacterCount::Lowercase,
        CharacterCount::Uppercase,
        CharacterCount::Symbols,
    ];
}

impl SettingKind {
    /// Every known id of the catalogue and what it asks for.
    pub const IDS: &'static [(&'static str, SettingKind)] = &[
        ("linux_distribution_alloweddistros_item_$type", SettingKind::Distribution),
        ("linux_distribution_alloweddistros_item_minimumversion", SettingKind::MinimumVersion),
        ("linux_distribution_alloweddistros_item_maximumversion", SettingKind::MaximumVersion),
        ("linux_deviceencryption_required", SettingKind::Encryption),
        ("linux_passwordpolicy_minimumlength", SettingKind::Password(CharacterCount::Length)),
        ("linux_passwordpolicy_minimumdigits", SettingKind::Password(CharacterCount::Digits)),
        ("linux_passwordpolicy_minimumlowercase", SettingKind::Password(CharacterCount::Lowercase)),
        ("linux_passwordpolicy_minimumuppercase", SettingKind::Password(CharacterCount::Uppercase)),
        ("linux_passwordpolicy_minimumsymbols", SettingKind::Password(CharacterCount::Symbols)),
        ("linux_customcompliance_discoveryscript", SettingKind::DiscoveryScript),
        ("linux_customcompliance_rules", SettingKind::ScriptRules),
        ("linux_customcompliance_required", SettingKind::ScriptRequired),
        ("linux_customconfig_executioncontext", SettingKind::ConfigurationScript),
        ("linux_customconfig_executionfrequency", SettingKind::ConfigurationScript),
        ("linux_customconfig_executionretries", SettingKind::ConfigurationScript),
        ("linux_customconfig_script", SettingKind::ConfigurationScript),
    ];

    /// What an id of the catalogue asks for.
    pub fn of(definition: &str) -> SettingKind {
        let known = SettingKind::IDS.iter().find(|(id, _)| *id == definition);
        known.map_or(SettingKind::Unknown, |(_, kind)| *kind)
    }
}
