//! The file of custom compliance rules, as an admin writes it (intune.md 3.5, compliance.md 2.3).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tenant_model::reading::{self, Wrong};

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
    /// Where the person reads more; `MoreInfoURL` is the spelling of the page's prose.
    #[serde(default, alias = "MoreInfoURL")]
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
    /// `Title` of the rule among IWService's `NoncompliantRules`; `{ActualValue}` stands for what was found.
    pub title: String,
    /// What to do.
    pub description: String,
}

impl CustomRules {
    /// Refuses a file that the service does not take: too many rules, too long, or without the mandatory language.
    ///
    /// # Errors
    /// [`Wrong`], with the place below this object.
    pub(crate) fn check(&self) -> Result<(), Wrong> {
        if self.rules.len() > MOST_RULES {
            return Err(Wrong::rule(format!("expected at most {MOST_RULES} rules")).in_member("Rules"));
        }
        // The file of the admin may have been longer by its white space, which is not kept.
        if json!(self).to_string().len() > LONGEST_FILE {
            return Err(Wrong::rule(format!("expected at most {LONGEST_FILE} bytes")));
        }
        for (index, rule) in self.rules.iter().enumerate() {
            rule.check_languages().map_err(|wrong| wrong.in_item(index).in_member("Rules"))?;
        }
        Ok(())
    }
}

impl CustomRule {
    /// Rules without any text are let pass here, for short examples.
    fn check_languages(&self) -> Result<(), Wrong> {
        let texts = &self.remediation_strings;
        for (index, text) in texts.iter().enumerate() {
            let known = reading::known(&["Language"], &text.language, &LANGUAGES);
            known.map_err(|wrong| wrong.in_item(index).in_member("RemediationStrings"))?;
        }
        if !texts.is_empty() && texts.iter().all(|text| text.language != MANDATORY_LANGUAGE) {
            let text = format!("expected a text in {MANDATORY_LANGUAGE} among them");
            return Err(Wrong::rule(text).in_member("RemediationStrings"));
        }
        Ok(())
    }

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
/// Of a rules file (compliance.md 2.3 \[MS-doc\]); that a KB has 1,024 bytes is a guess.
const MOST_RULES: usize = 100;
const LONGEST_FILE: usize = 100 * 1_024;
const MANDATORY_LANGUAGE: &str = "en_US";
