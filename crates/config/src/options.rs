//! Every option that is known, where it may stand, and whether it does something.

/// Where an option may stand (docs/operations.md, Configuration, column Where).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// `[global]` only.
    Global,
    /// A domain's section only.
    Domain,
    /// Both; the domain's counts for the domain.
    Both,
    /// Both; the domain's is added to the global one.
    Union,
    /// `[offline_breakglass]` only.
    Breakglass,
}

/// What an option does here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// What its documentation says.
    Used,
    /// It is understood, and nothing acts on it yet.
    NotYet,
    /// The incumbent writes its own identity here; ours is in the state directory.
    Foreign,
}

/// What is known of an option; none for one that nobody knows.
pub(crate) fn known(option: &str) -> Option<(Scope, Use)> {
    let row = TABLE.iter().find(|(names, _, _)| names.split(' ').any(|name| name == option))?;
    Some((row.1, row.2))
}

/// The section of everything that no domain overrides.
pub(crate) const GLOBAL: &str = "global";
/// The incumbent's section for its offline sign-in.
pub(crate) const BREAKGLASS: &str = "offline_breakglass";
/// Options that name a file or a socket for which we have a place of our own.
pub(crate) const PATHS: [&str; 7] = [
    "hsm_pin_path",
    "socket_path",
    "db_path",
    "policies_db_path",
    "task_socket_path",
    "broker_socket_path",
    "user_map_file",
];

const TABLE: &[(&str, Scope, Use)] = &[
    ("domain domains hsm_type hsm_pin_path socket_path request_timeout", Scope::Global, Use::Used),
    ("ip_version ca_file proxy device_name debug", Scope::Global, Use::Used),
    ("intune_client_version prt_kdf tpm_tcti_name tpm_pcrs", Scope::Global, Use::Used),
    ("pkcs11_module pkcs11_token pkcs11_serial pkcs11_pin_path", Scope::Global, Use::Used),
    ("tenant_id domain_aliases", Scope::Domain, Use::Used),
    ("join_type apply_policy registration sign_in cloud", Scope::Both, Use::Used),
    ("authority_host drs_host graph_url intune_hosts", Scope::Both, Use::Used),
    ("device_id intune_device_id", Scope::Domain, Use::Foreign),
    ("pam_allow_groups", Scope::Union, Use::NotYet),
    ("odc_provider app_id logon_token_app_id", Scope::Both, Use::NotYet),
    ("oidc_issuer_url id_attr_map rfc2307_group_fallback_map enable_hello", Scope::Global, Use::NotYet),
    ("hello_pin_min_length hello_pin_retry_count allow_remote_hello", Scope::Global, Use::NotYet),
    ("enable_hello_totp allow_console_password_only enable_sfa_fallback", Scope::Global, Use::NotYet),
    ("enable_experimental_mfa enable_passwordless mfa_method", Scope::Global, Use::NotYet),
    ("password_only_remote_services_deny_list cache_timeout db_path", Scope::Global, Use::NotYet),
    ("policies_db_path task_socket_path broker_socket_path user_map_file", Scope::Global, Use::NotYet),
    ("logon_script logon_script_timeout logon_script_sync selinux", Scope::Global, Use::NotYet),
    ("cn_name_mapping local_sudo_group local_groups connection_timeout", Scope::Global, Use::NotYet),
    ("home_prefix home_attr home_alias shell idmap_range use_etc_skel", Scope::Both, Use::NotYet),
    ("enabled ttl", Scope::Breakglass, Use::NotYet),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_of_the_operators_page_says_where_an_option_counts() {
        let page = include_str!("../../../docs/operations.md");
        let rows = page.lines().skip_while(|line| !line.starts_with("| Option | Where |")).skip(2);
        let rows: Vec<&str> = rows.take_while(|line| line.starts_with("| `")).collect();
        assert!(rows.len() >= 11, "{rows:?}");
        for row in rows {
            let mut cells = row.trim_matches('|').split('|').map(str::trim);
            let option = cells.next().unwrap_or_default().trim_matches('`');
            let scope = match cells.next() {
                Some("G") => Scope::Global,
                Some("G, D") => Scope::Both,
                _ => Scope::Domain,
            };
            assert_eq!(known(option), Some((scope, Use::Used)), "{option}");
        }
    }

    #[test]
    fn the_manual_page_names_every_option_in_its_place_and_no_other() {
        let page = manual::read("firmament-himmelblau.conf.5").unwrap();
        let listed: Vec<_> = manual::entries(&page);
        let listed: BTreeSet<_> =
            listed.into_iter().filter(|(heading, _)| heading.starts_with("OPTIONS")).collect();
        let row = |(names, scope, used): &(&str, Scope, Use)| {
            let heading = format!("{}/{}", part(*used), section(*scope));
            names.split(' ').map(|name| (heading.clone(), name.to_owned())).collect::<Vec<_>>()
        };
        let known: BTreeSet<_> = TABLE.iter().flat_map(row).collect();
        let version = concat!("\"Firmament ", env!("CARGO_PKG_VERSION"), "\"");
        assert!(page.contains(version), "the page is for another version");
        let differs: Vec<_> = listed.symmetric_difference(&known).collect();
        assert!(differs.is_empty(), "{differs:?}");
    }

    fn part(used: Use) -> &'static str {
        match used {
            Use::Used => "OPTIONS IN USE",
            Use::NotYet => "OPTIONS NOT USED YET",
            Use::Foreign => "OPTIONS OF HIMMELBLAU'S OWN",
        }
    }

    fn section(scope: Scope) -> &'static str {
        match scope {
            Scope::Global => "In [global] only",
            Scope::Domain => "In a domain's section only",
            Scope::Both => "In [global] or a domain's section",
            Scope::Union => "In [global] and a domain's section",
            Scope::Breakglass => "In [offline_breakglass] only",
        }
    }
}
