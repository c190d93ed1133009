//! Every option that is known, and where it may stand.

/// Where an option may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// `[global]` only.
    Global,
    /// A domain's section only.
    Domain,
    /// Both; the domain's counts for the domain.
    Both,
    /// Known to the incumbent, of no use to us yet.
    Unused,
}

/// The scope of an option; none for one that nobody knows.
pub(crate) fn scope(option: &str) -> Option<Scope> {
    let find = |(names, scope): &(&str, Scope)| names.split(' ').any(|name| name == option).then_some(*scope);
    TABLE.iter().find_map(find)
}

const TABLE: &[(&str, Scope)] = &[
    ("domain domains hsm_type hsm_pin_path tpm_tcti_name socket_path db_path request_timeout", Scope::Global),
    ("connection_timeout ip_version ca_file proxy device_name debug pam_allow_groups", Scope::Global),
    ("pkcs11_module pkcs11_token pkcs11_pin_path", Scope::Global),
    ("tenant_id domain_aliases device_id intune_device_id", Scope::Domain),
    ("join_type apply_policy registration sign_in cloud authority_host drs_host graph_url", Scope::Both),
    ("intune_hosts odc_provider app_id", Scope::Both),
    ("logon_token_app_id oidc_issuer_url id_attr_map rfc2307_group_fallback_map enable_hello", Scope::Unused),
    ("hello_pin_min_length hello_pin_retry_count allow_remote_hello enable_hello_totp", Scope::Unused),
    (
        "allow_console_password_only enable_sfa_fallback enable_experimental_mfa enable_passwordless",
        Scope::Unused,
    ),
    ("mfa_method password_only_remote_services_deny_list cache_timeout policies_db_path", Scope::Unused),
    ("task_socket_path broker_socket_path user_map_file logon_script logon_script_timeout", Scope::Unused),
    ("home_prefix home_attr home_alias shell idmap_range use_etc_skel local_groups selinux", Scope::Unused),
    ("cn_name_mapping local_sudo_group logon_script_sync enabled ttl", Scope::Unused),
];
