use crate::word_enum;

word_enum! {
    /// What a failure says of the device itself; set where the reply or the key store's error is read.
    ///
    /// Only these may lead to a suspension (reliability.md D.3).
    pub enum DeviceTrouble {
        /// The device object is disabled (AADSTS135011).
        Disabled = "disabled",
        /// The device object was deleted (AADSTS700003).
        Deleted = "deleted",
        /// The directory does not know the device (AADSTS50155): not yet, right after a registration, or not any more.
        NotKnown = "not_known",
        /// The key store cannot open the keys, and not for a passing reason.
        KeyLost = "key_lost",
        /// The keys are bound to another boot state than the present one.
        BootStateChanged = "boot_state_changed",
        /// The file that binds the keys to the boot state is missing or damaged.
        BootFileMissing = "boot_file_missing",
        /// The keys are bound to another machine, TPM or token.
        Cloned = "cloned",
    }
}

impl DeviceTrouble {
    /// What the code of a failure stands for in a record of before, which has no word for it.
    pub fn from_code(code: &str) -> Option<DeviceTrouble> {
        match code {
            "AADSTS135011" => Some(DeviceTrouble::Disabled),
            "AADSTS700003" => Some(DeviceTrouble::Deleted),
            "AADSTS50155" => Some(DeviceTrouble::NotKnown),
            "KeyUnavailable" => Some(DeviceTrouble::KeyLost),
            "BootStateChanged" => Some(DeviceTrouble::BootStateChanged),
            "BootFile" => Some(DeviceTrouble::BootFileMissing),
            "ClonedMachine" => Some(DeviceTrouble::Cloned),
            _ => None,
        }
    }
}

word_enum! {
    /// What a failed sign-in or token request wants, where more follows from that than from its class (entra.md 6.5).
    pub enum Cause {
        /// The resource, the scope or the consent was refused, not the person.
        Scope = "scope",
        /// A second factor, or a fresh one.
        SecondFactor = "second_factor",
        /// Something that a person finishes in a browser first: a second factor to set up, terms of use.
        BrowserStep = "browser_step",
        /// The password: it is wrong, or the account is locked after too many wrong ones.
        Password = "password",
        /// An administrator of the tenant disabled the account.
        AccountDisabled = "account_disabled",
        /// No account of the tenant has this name: it was deleted or renamed, or never was.
        NoSuchAccount = "no_such_account",
        /// The password has expired, or there is none any more.
        PasswordExpired = "password_expired",
        /// What a sign-in of before gave is void: revoked or expired.
        GrantEnded = "grant_ended",
        /// A rule that demands a device; once registered, a person can show it.
        DeviceRule = "device_rule",
        /// A Conditional Access rule that does not say what it demands (AADSTS53003); it may be a device.
        AccessRule = "access_rule",
        /// The device code was not used in time.
        CodeExpired = "code_expired",
        /// Tokens that come from a device code are refused for good; the device is fine.
        DeviceCodeBlocked = "device_code_blocked",
        /// The tenant's signing keys are other ones than those that are known here.
        UnknownSigningKey = "unknown_signing_key",
        /// The domain leads to another tenant than it must.
        ForeignTenant = "foreign_tenant",
        /// Nothing answered: there is no way to the service, or it gave no word in time.
        Unreachable = "unreachable",
        /// The nonce of a signed request: it is too old, or not the service's; nothing else of the request was judged.
        Nonce = "nonce",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_on_disk_are_frozen() {
        let troubles = DeviceTrouble::ALL.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(
            troubles,
            "disabled deleted not_known key_lost boot_state_changed boot_file_missing cloned"
        );
        let causes = Cause::ALL.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(
            causes,
            "scope second_factor browser_step password account_disabled no_such_account password_expired grant_ended device_rule access_rule code_expired device_code_blocked \
             unknown_signing_key foreign_tenant unreachable nonce"
        );
        assert!(DeviceTrouble::ALL.iter().all(|trouble| trouble.as_str().parse() == Ok(*trouble)));
        assert!(Cause::ALL.iter().all(|cause| cause.as_str().parse() == Ok(*cause)));
        assert!("".parse::<Cause>().is_err() && "lost".parse::<DeviceTrouble>().is_err());
    }

    #[test]
    fn a_code_of_before_means_what_the_table_of_refusals_says_of_it() {
        for line in crate::refusals() {
            let code = format!("AADSTS{}", line.code);
            assert_eq!(DeviceTrouble::from_code(&code), line.trouble, "{code}");
        }
        for (code, trouble) in [
            ("KeyUnavailable", Some(DeviceTrouble::KeyLost)),
            ("BootStateChanged", Some(DeviceTrouble::BootStateChanged)),
            ("BootFile", Some(DeviceTrouble::BootFileMissing)),
            ("ClonedMachine", Some(DeviceTrouble::Cloned)),
            ("135011", None),
            ("KeyStoreBusy", None),
        ] {
            assert_eq!(DeviceTrouble::from_code(code), trouble, "{code}");
        }
    }
}
