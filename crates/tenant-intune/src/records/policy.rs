//! Policies as the device receives them (intune.md 3.2, 3.3).

use crate::records::custom_rules::CustomRules;
use crate::records::record::{Id, Reported, ReportedSetting};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

/// One policy, spelled as on the wire; what is left out is made up when it is delivered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// Intune account id, one per tenant (inferred).
    #[serde(default)]
    pub account_id: Option<String>,
    /// GUID; status echoes it.
    pub policy_id: String,
    /// Free text, which may be empty; the portal logs it (intune.md 3.2).
    #[serde(default)]
    pub description: String,
    /// The policy's version, 1 where it is left out.
    #[serde(default = "first")]
    pub version: u32,
    /// `Compliance` (guess) or `Configuration`; the latter does not count for the verdict.
    #[serde(default = "compliance")]
    pub policy_type: String,
    /// One per rule.
    pub policy_settings: Vec<Setting>,
    /// Custom compliance rules of the admin; they stay with the service unless `deliver_rules`.
    #[serde(default)]
    pub custom_rules: Option<CustomRules>,
}

/// One setting of a policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Setting {
    /// GUID; may be absent on the wire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting_definition_reporting_id: Option<String>,
    /// For example `linux_deviceencryption_required`.
    pub setting_definition_item_id: String,
    /// Path with its prefix `com.microsoft.manage.LinuxMdm/`.
    #[serde(default)]
    pub csp_path: Option<String>,
    /// GUID of the path.
    #[serde(default)]
    pub csp_path_id: Option<String>,
    /// GUID; status echoes it.
    #[serde(default)]
    pub rule_id: Option<String>,
    /// Text or null.
    #[serde(default)]
    pub rule_name: Option<String>,
    /// Always text, whatever the logical type.
    pub value: String,
}

impl Policy {
    /// Whether it counts for the verdict.
    pub(crate) fn is_compliance(&self) -> bool {
        self.policy_type != "Configuration"
    }

    /// The settings as delivered, with nothing missing.
    pub(crate) fn settings(&self, deliver_rules: bool) -> Vec<Setting> {
        let rules = self.custom_rules.as_ref().filter(|_| deliver_rules).map(|rules| Setting {
            setting_definition_reporting_id: None,
            setting_definition_item_id: RULES.to_owned(),
            csp_path: None,
            csp_path_id: None,
            rule_id: None,
            rule_name: None,
            value: STANDARD.encode(json!(rules).to_string()),
        });
        let mut settings: Vec<Setting> = Vec::new();
        for (index, setting) in self.policy_settings.iter().cloned().chain(rules).enumerate() {
            // A list has one entry for each time that its leaf is named.
            let item = &setting.setting_definition_item_id;
            let entry = settings.iter().filter(|it| it.setting_definition_item_id == *item).count();
            settings.push(self.completed(setting, index, entry));
        }
        settings
    }

    /// What a device said about this policy.
    pub(crate) fn reported<'a>(&self, reported: &'a [Reported]) -> Option<&'a [ReportedSetting]> {
        let id = Id::of(&self.policy_id);
        reported.iter().find(|it| it.policy == id).map(|it| &*it.rules)
    }

    fn completed(&self, mut setting: Setting, index: usize, entry: usize) -> Setting {
        let item = &setting.setting_definition_item_id;
        let leaf = leaf(item).replace("<n>", &entry.to_string());
        let path = setting.csp_path.take().unwrap_or_else(|| format!("{PREFIX}{leaf}"));
        let id = setting.csp_path_id.take().unwrap_or_else(|| path_id(&path));
        let rule = setting.rule_id.take().unwrap_or_else(|| guid(&format!("{}/{index}", self.policy_id)));
        (setting.csp_path, setting.csp_path_id, setting.rule_id) = (Some(path), Some(id), Some(rule));
        setting
    }

    /// The JSON that a device of this tenant gets.
    pub(crate) fn wire(&self, tenant: &str, deliver_rules: bool) -> Value {
        json!({
            "accountId": self.account_id.clone().unwrap_or_else(|| guid(tenant)),
            "policyId": self.policy_id, "description": self.description, "version": self.version,
            "policyType": self.policy_type, "policySettings": self.settings(deliver_rules),
        })
    }
}

impl Setting {
    /// What a device said about this setting, once its rule has an id.
    pub(crate) fn reported<'a>(&self, rules: &'a [ReportedSetting]) -> Option<&'a ReportedSetting> {
        let rule = Id::of(self.rule_id.as_ref()?);
        rules.iter().find(|told| told.rule == rule)
    }
}

/// The path of a setting below the prefix; those of custom configuration and of distributions' type are known,
/// the others inferred (a policy's own `cspPath` goes before).
fn leaf(item: &str) -> &str {
    match item {
        "linux_distribution_alloweddistros_item_$type" => "Distribution/AllowedDistros/<n>/$type",
        "linux_distribution_alloweddistros_item_minimumversion" => {
            "Distribution/AllowedDistros/<n>/MinimumVersion"
        }
        "linux_distribution_alloweddistros_item_maximumversion" => {
            "Distribution/AllowedDistros/<n>/MaximumVersion"
        }
        "linux_deviceencryption_required" => "DeviceEncryption/Required",
        "linux_passwordpolicy_minimumlength" => "PasswordPolicy/MinimumLength",
        "linux_passwordpolicy_minimumdigits" => "PasswordPolicy/MinimumDigits",
        "linux_passwordpolicy_minimumlowercase" => "PasswordPolicy/MinimumLowercase",
        "linux_passwordpolicy_minimumuppercase" => "PasswordPolicy/MinimumUppercase",
        "linux_passwordpolicy_minimumsymbols" => "PasswordPolicy/MinimumSymbols",
        DISCOVERY_SCRIPT => "CustomCompliance/DiscoveryScript",
        RULES => "CustomCompliance/Rules",
        "linux_customconfig_executioncontext" => "CustomConfig/ExecutionContext",
        "linux_customconfig_executionfrequency" => "CustomConfig/ExecutionFrequency",
        "linux_customconfig_executionretries" => "CustomConfig/ExecutionRetries",
        "linux_customconfig_script" => "CustomConfig/Script",
        other => other,
    }
}

/// Four are published (intune.md 3.3); the others are made from the path.
fn path_id(path: &str) -> String {
    let known = match path.strip_prefix(PREFIX).unwrap_or(path) {
        "CustomConfig/ExecutionContext" => "06e9a9b2-c7c1-adb6-97a0-92d2252471f3",
        "CustomConfig/ExecutionFrequency" => "58d19221-5453-8470-9d27-2958af46929a",
        "CustomConfig/ExecutionRetries" => "6d36cb3a-f3cd-4189-6362-f7eafc25a01d",
        "CustomConfig/Script" => "24011ceb-c800-5975-b6ef-f0ceaf1a40f5",
        _ => return guid(path),
    };
    known.to_owned()
}

/// A GUID that is always the same for the same text.
fn guid(text: &str) -> String {
    let digest = Sha1::digest(text.as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    uuid::Builder::from_sha1_bytes(bytes).into_uuid().to_string()
}

fn first() -> u32 {
    1
}
fn compliance() -> String {
    "Compliance".to_owned()
}

/// The setting whose answer is the output of a script.
pub(crate) const DISCOVERY_SCRIPT: &str = "linux_customcompliance_discoveryscript";
const RULES: &str = "linux_customcompliance_rules";
const PREFIX: &str = "com.microsoft.manage.LinuxMdm/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_made_up_and_stays_the_same() {
        let short = json!({ "policyId": "b0000000-0000-4000-8000-000000000001", "policySettings": [
            { "settingDefinitionItemId": "linux_deviceencryption_required", "value": "True" },
            { "settingDefinitionItemId": "linux_customconfig_script", "value": "" },
        ] });
        let policy: Policy = serde_json::from_value(short).unwrap();
        let wire = policy.wire("t", false);
        assert_eq!(wire, policy.wire("t", false));
        let settings = &wire["policySettings"];
        assert_eq!(settings[0]["cspPath"], "com.microsoft.manage.LinuxMdm/DeviceEncryption/Required");
        assert_eq!(settings[1]["cspPathId"], "24011ceb-c800-5975-b6ef-f0ceaf1a40f5");
        assert_ne!(settings[0]["ruleId"], settings[1]["ruleId"]);
        assert!(settings[0]["ruleName"].is_null());
        assert!(settings[0].get("settingDefinitionReportingId").is_none());
    }
}
