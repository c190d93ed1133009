//! The file of custom compliance rules, as an admin writes it (intune.md 3.5, compliance.md 2.3).

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The rules file of an admin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CustomRules {
    /// All of them have to hold.
    pub rules: Vec<CustomRule>,
}

/// One rule about one member of the script's output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CustomRule {
    /// The member, case-sensitive.
    pub setting_name: String,
    /// `IsEquals`, `NotEquals`, `GreaterThan`, `GreaterEquals`, `LessThan` or `LessEquals`.
    pub operator: String,
    /// `Boolean`, `Int64`, `Double`, `String`, `DateTime` or `Version`.
    pub data_type: String,
    /// What is compared with; text, number or truth value.
    pub operand: Value,
    /// Where the person reads more.
    #[serde(default)]
    pub more_info_url: Option<String>,
    /// What the person reads, in several languages.
    #[serde(default)]
    pub remediation_strings: Vec<Remediation>,
}

/// What a person reads about a rule that does not hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Remediation {
    /// For example `en_US`.
    pub language: String,
    /// `Title` of the rule among IWService's `NoncompliantRules`.
    pub title: String,
    /// What to do.
    pub description: String,
}

impl CustomRule {
    /// The text in the first of these languages that it has, or in the one that is mandatory.
    pub(crate) fn remediation(&self, languages: &[String]) -> Option<&Remediation> {
        let wanted = languages.iter().map(String::as_str).chain([MANDATORY_LANGUAGE]);
        wanted.into_iter().find_map(|name| self.remediation_strings.iter().find(|text| text.language == name))
    }
}

/// The languages of remediation texts (compliance.md 2.3 \[MS-doc\]).
pub(crate) const LANGUAGES: [&str; 22] = [
    "cs_CZ", "da_DK", "de_DE", "el_GR", "en_US", "es_ES", "fi_FI", "fr_FR", "hu_HU", "it_IT", "ja_JP",
    "ko_KR", "nb_NO", "nl_NL", "pl_PL", "pt_BR", "ro_RO", "ru_RU", "sv_SE", "tr_TR", "zh_CN", "zh_TW",
];
const MANDATORY_LANGUAGE: &str = "en_US";
