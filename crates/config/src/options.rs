//! Every option that is known, each as one row: where it may stand, what its text becomes, how it is shown.
//!
//! What a row's comment says is what the manual page says; its first sentence stands in docs/operations.md too.
//! Reading, defaults, `aad-tool config`, notes and both pages follow from the rows (`UPDATE_DOCS=1 cargo test
//! -p config page` renews the pages); what one option says of another is in rules.rs.

use crate::counting::{self, read};
use crate::proxy::Proxy;
use crate::report::Report;
use crate::scope::{Scope, Use};
use account_options::{GroupIdMap, HomeAttr, IdAttrMap, IdRangeOption, PeopleAndGroups, WhoMayRegister};
use ini::{Entry, Parsed, Shape};
use model::{
    BootPolicy, Cloud, DomainName, HostPort, HsmType, IntuneClientVersion, IpVersion, JoinType, Kdf, Method,
    Registration, TenantId,
};
use option_values::{
    absolute_text, boolean, device_name, domains, duration, group_name, group_names, home_name, host,
    https_host, joined, language, list, members, own_path, parsed, path, path_text, pcrs, printable, seconds,
    services, shown, tenant, word,
};
use std::path::PathBuf;
use std::time::Duration;

/// An option.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) scope: Scope,
    pub(crate) used: Use,
    pub(crate) show: Show,
    /// What would be allowed, as an error says it.
    #[cfg(test)]
    pub(crate) allowed: fn() -> String,
    /// Lines of sentences; a sentence ends where its line ends.
    #[cfg(test)]
    pub(crate) doc: &'static [&'static str],
}

/// The value in force as text; none is not shown.
#[derive(Clone, Copy)]
pub(crate) enum Show {
    Global(fn(&GlobalOptions) -> Option<String>),
    Domain(fn(&DomainOptions) -> Option<String>),
    Breakglass(fn(&BreakglassOptions) -> Option<String>),
    Never,
}

/// Makes, from one table, a structure of checked values, its reading and the rows.
macro_rules! options {
    ($rows:ident, $show:ident, $(#[$about:meta])* pub struct $values:ident {$(
        $(#[doc = $doc:literal])+
        $name:ident: $kind:ty = $default:expr, $scope:ident $used:ident, parse: $parse:expr, show: $shown:expr;
    )+}) => {
        $(#[$about])*
        #[derive(Debug, Clone)]
        pub struct $values {
            $($(#[doc = $doc])+ pub $name: $kind,)+
        }

        impl $values {
            /// What counts in a section, checked.
            pub(crate) fn read(from: &Parsed, section: &str, report: &mut Report) -> $values {
                $values {$(
                    $name: read(report, (from, section), (stringify!($name), Scope::$scope), $parse)
                        .unwrap_or_else(|| $default),
                )+}
            }
        }

        const $rows: &[Row] = &[$(Row {
            name: stringify!($name),
            scope: Scope::$scope,
            used: Use::$used,
            show: Show::$show($shown),
            #[cfg(test)]
            allowed: || ($parse as counting::Parse<$kind>)(&option_values::Raw::new("\0")).err().unwrap_or_default(),
            #[cfg(test)]
            doc: &[$($doc),+],
        },)+];
    };
}

options! {
    GLOBAL_ROWS, Global,
    /// The values of `[global]`.
    pub struct GlobalOptions {
        /// The domains that are served: those of `domain`, of `domains` and of every section named like one.
        domain: Vec<DomainName> = Vec::new(), Global Shared,
            parse: domains, show: |it| shown(joined(&it.domain));
        /// The same as `domain`.
        domains: Vec<DomainName> = Vec::new(), Global Shared, parse: domains, show: |_| None;
        /// Where new keys are kept; the default differs from himmelblau's.
        /// An identity that is there is always opened where its keys are; a value that names one place
        /// refuses to start if that is elsewhere.
        /// A build without the TPM library has software keys in the place of a TPM and says so, and refuses
        /// to start with `tpm`.
        hsm_type: HsmType = HsmType::default(), Global Shared, parse: |text| word(text), show: |it| shown(it.hsm_type);
        /// The file of the auth value.
        /// A path in a directory of himmelblau is reported and not used.
        hsm_pin_path: PathBuf = PathBuf::from("/var/lib/firmament/hsm-pin"), Global Shared,
            parse: |text| own_path(text), show: |it| shown(it.hsm_pin_path.display());
        /// The way to the TPM in the syntax of the TPM library.
        tpm_tcti_name: String = "device:/dev/tpmrm0".to_owned(), Global Shared,
            parse: |text| printable(text, LONGEST_NAME), show: |it| shown(&it.tpm_tcti_name);
        /// Binds new keys in a TPM to PCR 7, so that they can be used only while Secure Boot and its keys are
        /// as they were.
        /// `aad-tool tpm recovery-code` makes the recovery code, and `aad-tool tpm reseal` binds the keys
        /// anew after a change of Secure Boot.
        tpm_pcrs: BootPolicy = BootPolicy::default(), Global Ours, parse: |text| pcrs(text), show: |it| shown(it.tpm_pcrs);
        /// The PKCS#11 module; root alone may be able to write it and the directories on the way.
        pkcs11_module: Option<PathBuf> = None, Global Ours,
            parse: |text| path(text).map(Some), show: |it| it.pkcs11_module.as_deref().map(path_text);
        /// The label of the token.
        pkcs11_token: Option<String> = None, Global Ours,
            parse: |text| printable(text, LONGEST_TOKEN_TEXT).map(Some), show: |it| it.pkcs11_token.clone();
        /// The serial of the token; needed where several tokens have the label.
        pkcs11_serial: Option<String> = None, Global Ours,
            parse: |text| printable(text, LONGEST_TOKEN_TEXT).map(Some), show: |it| it.pkcs11_serial.clone();
        /// The file of the token's PIN, mode 0600; the systemd credential `pkcs11-pin` comes before it.
        pkcs11_pin_path: Option<PathBuf> = None, Global Ours,
            parse: |text| path(text).map(Some), show: |it| it.pkcs11_pin_path.as_deref().map(path_text);
        /// Where the daemon listens and the tool asks.
        /// A path in a directory of himmelblau is reported and not used.
        socket_path: PathBuf = PathBuf::from("/run/firmament/socket"), Global Shared,
            parse: |text| own_path(text), show: |it| shown(it.socket_path.display());
        /// How long one exchange with the service may take.
        request_timeout: Duration = Duration::from_secs(10), Global Shared,
            parse: |text| seconds(text, 1..=300), show: |it| shown(it.request_timeout.as_secs());
        /// How long one exchange over the socket may take.
        connection_timeout: Duration = Duration::from_secs(30), Global NotYet,
            parse: |text| seconds(text, 1..=3600), show: |_| None;
        /// Which addresses are used.
        ip_version: IpVersion = IpVersion::default(), Global Shared, parse: |text| word(text), show: |it| shown(it.ip_version);
        /// Certificates in PEM to trust in the place of the system's.
        ca_file: Option<PathBuf> = None, Global Ours,
            parse: |text| path(text).map(Some),
            show: |it| shown(it.ca_file.as_deref().map(path_text).unwrap_or_default());
        /// The proxy for everything but this machine and the hosts of the variable `NO_PROXY`, with special characters
        /// of user and password percent-escaped.
        /// Where it is not set, `HTTPS_PROXY` or `ALL_PROXY` of the service's environment counts.
        /// User and password are never shown.
        proxy: Option<Proxy> = None, Global Ours,
            parse: |text| Proxy::read(text).map(Some), show: |it| shown(it.proxy.as_ref().map(Proxy::to_string).unwrap_or_default());
        /// The file of the proxy's password, mode 0600, for the user that `proxy` names; the systemd credential
        /// `proxy-password` comes before it.
        proxy_password_file: Option<PathBuf> = None, Global Ours,
            parse: |text| path(text).map(Some), show: |it| it.proxy_password_file.as_deref().map(path_text);
        /// Whose sign-in may register this machine: everybody's, root's alone, or that of somebody in a group.
        /// With `anyone` the first person who signs in registers it and becomes its owner.
        /// Everybody may sign in on a machine that is registered; root may always register it.
        /// A group by its name has to stand in `/etc/group`, and its members are those that the files of this system name:
        /// local users, and people of the directory as `alex@contoso.com`.
        /// A group by its object id is one of the directory: the groups of whoever would register the machine are read
        /// once they have signed in, and groups that cannot be read let nobody register it.
        who_may_register: WhoMayRegister = WhoMayRegister::default(), Global Ours,
            parse: |text| parsed(text, "anyone, root, or group: and the name of a local group or the object id of one of the directory"),
            show: |it| shown(&it.who_may_register);
        /// The display name of the device; `%h` is the host name.
        device_name: String = "%h".to_owned(), Global Ours,
            parse: |text| device_name(text, LONGEST_NAME), show: |it| shown(&it.device_name);
        /// The version of Microsoft's Company Portal for Linux that the services of Intune are told.
        /// The services refuse versions below a floor that moves.
        /// `auto` looks for the newest in Microsoft's package directory at packages.microsoft.com, at most
        /// once a day and only when Intune is spoken to; without an answer the known one stays.
        intune_client_version: IntuneClientVersion = IntuneClientVersion::default(), Global Ours,
            parse: |text| parsed(text, "auto or a version 1.YYMM.n, as 1.2604.19"),
            show: |it| shown(it.intune_client_version);
        /// How keys are derived from the session key of a primary refresh token: KDFv2 or KDFv1.
        /// Change it only where signed requests are refused and nothing else explains it.
        prt_kdf: Kdf = Kdf::default(), Global Ours, parse: |text| word(text), show: |it| shown(it.prt_kdf);
        /// What the numbers of people and groups are made from.
        /// `name`: from the name of a person and the object id of a group; `uuid`: from the object id; `rfc2307`:
        /// they are `uidNumber` and `gidNumber` of the directory, and whoever has none is refused.
        /// Only with `name` is a number known before the first sign-in.
        /// A number that somebody has on this machine stays theirs, whatever the option says later.
        id_attr_map: IdAttrMap = IdAttrMap::default(), Global Shared,
            parse: |text| word(text), show: |it| shown(it.id_attr_map);
        /// What the number of a group without `gidNumber` is made from, with `id_attr_map = rfc2307`.
        /// Where it is not set, such a group is not known here.
        rfc2307_group_fallback_map: Option<GroupIdMap> = None, Global Shared,
            parse: |text| if text.is_empty() { Ok(None) } else { word(text).map(Some) },
            show: |it| it.rfc2307_group_fallback_map.map(|map| map.to_string());
        /// The numbers that subordinate ids are taken from, 65,536 for a person.
        /// Nobody gets one of them as the number of a person or a group; nothing is written to `/etc/subuid` yet.
        subid_range: IdRangeOption = IdRangeOption::SUBORDINATE, Global Shared,
            parse: |text| parsed(text, RANGE), show: |it| shown(it.subid_range);
        /// Whether a name without a domain is that of a person of the first domain.
        /// A name in `/etc/passwd` is the local user's in any case.
        cn_name_mapping: bool = true, Global Shared, parse: boolean, show: |it| shown(it.cn_name_mapping);
        /// The local groups that every person is put in at a sign-in.
        /// The file of these groups is not changed: each person is in them for as long as the option says so.
        local_groups: Vec<String> = Vec::new(), Global Shared,
            parse: group_names, show: |it| Some(joined(&it.local_groups)).filter(|names| !names.is_empty());
        /// The local group that the people of `sudo_groups` are put in.
        local_sudo_group: String = "sudo".to_owned(), Global Shared,
            parse: |text| group_name(text).map(Some), show: |it| shown(&it.local_sudo_group);
        /// The file that says which local user a person is, as `local:alex@contoso.com` in lines.
        user_map_file: PathBuf = PathBuf::from("/etc/himmelblau/user-map"), Global Shared,
            parse: |text| path(text), show: |it| shown(it.user_map_file.display());
        /// The services that are asked a question while a device code waits, because they show no text without one.
        /// A service counts whose name contains one of them.
        mfa_poll_prompt_services: Vec<String> = ["ssh", "cockpit"].map(str::to_owned).to_vec(), Global Shared,
            parse: services, show: |it| shown(joined(&it.mfa_poll_prompt_services));
        /// Whether whoever is signed in already, as for `sudo` or a locked screen, is asked for the password alone.
        reauth_by_password: bool = true, Global Ours, parse: boolean, show: |it| shown(it.reauth_by_password);
        /// The language of what people are told at a sign-in.
        /// Where it is not set, it is that of the system's locale.
        language: Option<String> = None, Global Ours,
            parse: |text| language(text).map(Some), show: |it| it.language.clone();
        /// Whether every step is logged.
        debug: bool = false, Global Shared, parse: boolean, show: |it| shown(it.debug);
    }
}

options! {
    DOMAIN_ROWS, Domain,
    /// The values that count for a domain, wherever they stand.
    pub struct DomainOptions {
        /// The only tenant that the domain and its aliases may lead to.
        /// A sign-in that finds another ends with TenantChanged, and nothing is registered.
        tenant_id: Option<TenantId> = None, Both Shared,
            parse: tenant, show: |it| it.tenant_id.map(|id| id.to_string());
        /// Other domains, whose people sign in as this domain's; none may be an alias of another, or have a section.
        domain_aliases: Vec<DomainName> = Vec::new(), Domain Shared,
            parse: domains,
            show: |it| Some(joined(&it.domain_aliases)).filter(|names| !names.is_empty());
        /// How the machine belongs to the tenant: joined or registered.
        join_type: JoinType = JoinType::default(), Both Shared, parse: |text| word(text), show: |it| shown(it.join_type);
        /// Whether a registered machine enrols into Intune.
        /// This version enrols and sends the inventory; it fetches no policies and reports no compliance.
        apply_policy: bool = false, Both Shared, parse: boolean, show: |it| shown(it.apply_policy);
        /// When a sign-in registers the machine.
        /// `background`: a sign-in is answered before the registration is done; `required`: it waits; `off`:
        /// the machine is never registered.
        registration: Registration = Registration::default(), Both Ours,
            parse: |text| word(text), show: |it| shown(it.registration);
        /// How people sign in.
        /// `device_code` never asks for a password.
        /// `password` asks for it where Entra ID itself checks the passwords of the domain; elsewhere, and
        /// where a password is not enough, it is the device code.
        /// `auto` is the device code before the machine is registered and `password` afterwards.
        /// Once somebody of the domain has signed in and the machine is registered, a password leaves it only
        /// in a request signed with the device key.
        /// An empty password means the device code.
        sign_in: Method = Method::default(), Both Ours, parse: |text| word(text), show: |it| shown(it.sign_in);
        /// Which hosts are asked.
        /// Where it is not set, a host of a national cloud in `authority_host`, `drs_host` or `graph_url` selects that
        /// cloud; hosts of two clouds are refused.
        /// `custom` needs `authority_host`, `drs_host` and `graph_url`.
        cloud: Cloud = Cloud::default(), Both Ours, parse: |text| word(text), show: |it| shown(it.cloud);
        /// The host of sign-in; where it is not set, that of the cloud.
        authority_host: Option<HostPort> = None, Both Shared,
            parse: |text| host(text), show: |it| it.authority_host.as_ref().map(HostPort::to_string);
        /// The host of device registration; where it is not set, that of the cloud.
        drs_host: Option<HostPort> = None, Both Ours,
            parse: |text| host(text), show: |it| it.drs_host.as_ref().map(HostPort::to_string);
        /// The host of Microsoft Graph; where it is not set, that of the cloud.
        graph_url: Option<HostPort> = None, Both Ours,
            parse: |text| https_host(text), show: |it| it.graph_url.as_ref().map(|host| format!("https://{host}"));
        /// The hosts of Intune; with `cloud = custom` only.
        intune_hosts: Vec<HostPort> = Vec::new(), Both Ours,
            parse: |text| list(text, "host names with optional ports"),
            show: |it| (it.cloud == Cloud::Custom).then(|| joined(&it.intune_hosts));
        /// The federation provider that is asked for aliases.
        odc_provider: Option<HostPort> = None, Both NotYet, parse: |text| host(text), show: |_| None;
        /// Who may sign in: people by name, groups by object id; the domain's are added to the global ones.
        /// Not set is everybody, and set to nothing is nobody.
        /// Where no group is listed, anybody else is refused before a request leaves this machine.
        /// Where groups are listed, those of anybody else are read once they have signed in, from their token or
        /// from Microsoft Graph, and nothing else is done for whoever is in none of them.
        /// Groups that cannot be read let nobody in: an administrator of the organisation has to consent.
        /// Names of groups are refused, because they are not unique.
        pam_allow_groups: Option<PeopleAndGroups> = None, Union Shared,
            parse: |text| members(text).map(Some), show: |it| it.pam_allow_groups.as_ref().map(ToString::to_string);
        /// Who is put in the group that `local_sudo_group` names: people by name, groups by object id.
        sudo_groups: PeopleAndGroups = PeopleAndGroups::default(), Both Shared,
            parse: members, show: |it| Some(it.sudo_groups.to_string()).filter(|text| !text.is_empty());
        /// The numbers of the domain's people and groups; both ends belong to it.
        /// Two domains have the same range, or two without a number in common.
        /// The default has numbers that containers use; a range of your own is better where nobody has a home yet.
        idmap_range: IdRangeOption = IdRangeOption::PEOPLE, Both Shared,
            parse: |text| parsed(text, RANGE), show: |it| shown(it.idmap_range);
        /// What stands before the last part of a home directory, as it is written.
        home_prefix: String = "/home/".to_owned(), Both Shared,
            parse: |text| absolute_text(text), show: |it| shown(&it.home_prefix);
        /// What himmelblau called the directory that a home is a link to: the object id (UUID), the whole name (SPN) or
        /// the name without its domain (CN).
        /// A new home is a directory and no link, so that this decides nothing; a link that is there is kept.
        home_attr: HomeAttr = HomeAttr::Uuid, Both Shared, parse: |text| home_name(text), show: |it| shown(it.home_attr);
        /// What the last part of a home directory is: the object id (UUID), the whole name (SPN) or the name without its
        /// domain (CN).
        home_alias: HomeAttr = HomeAttr::Spn, Both Shared, parse: |text| home_name(text), show: |it| shown(it.home_alias);
        /// The shell of the domain's people.
        shell: String = "/bin/bash".to_owned(), Both Shared, parse: |text| absolute_text(text), show: |it| shown(&it.shell);
        /// Whether a new home gets the files of `/etc/skel`.
        /// The PAM stack is one for all domains: it does for all where one says so, after the next
        /// `aad-tool configure-pam`.
        use_etc_skel: bool = false, Both Shared, parse: boolean, show: |it| shown(it.use_etc_skel);
    }
}

options! {
    BREAKGLASS_ROWS, Breakglass,
    /// The values of `[offline_breakglass]`.
    pub struct BreakglassOptions {
        /// Whether this machine checks passwords by itself while there is no network.
        /// What that takes is kept from the next sign-in with a password on; where it is off, nothing is kept.
        enabled: bool = false, Breakglass Shared, parse: boolean, show: |it| shown(it.enabled);
        /// How long after a person's last sign-in with the network it does, in seconds, or with s, m, h or d behind the
        /// number; by the clock, and by how long the service has run since.
        ttl: Duration = Duration::from_secs(7_200), Breakglass Shared,
            parse: |text| duration(text, 1..=LONGEST_BREAKGLASS), show: |it| shown(it.ttl.as_secs());
    }
}

/// Options of the incumbent that are only known by name, and what they are about.
const NAMES: &[(&str, Scope, Use)] = &[
    ("device_id intune_device_id", Scope::Domain, Use::Foreign),
    ("oidc_issuer_url allow_console_password_only logon_script", Scope::Global, Use::Refused),
    ("app_id logon_token_app_id logon_token_scopes", Scope::Both, Use::NotYet),
    (
        "oidc_account_id_claims oidc_account_id_strip_at_suffix orchestrator_enabled",
        Scope::Global,
        Use::NotYet,
    ),
    ("orchestrator_socket orchestrator_provider orchestrator_timeout_secs", Scope::Global, Use::NotYet),
    ("orchestrator_poll_secs", Scope::Global, Use::NotYet),
    ("enable_hello hello_pin_min_length hello_pin_retry_count hello_pin_prompt", Scope::Global, Use::NotYet),
    ("allow_remote_hello enable_hello_totp entra_id_password_prompt", Scope::Global, Use::NotYet),
    (
        "enable_sfa_fallback enable_experimental_mfa enable_passwordless mfa_method",
        Scope::Global,
        Use::NotYet,
    ),
    ("enable_passwordless_security_key enable_passwordless_qr_bluetooth", Scope::Global, Use::NotYet),
    ("enable_experimental_passwordless_fido fido_timeout fido_prompt", Scope::Global, Use::NotYet),
    ("fido_presence_prompt qr_bluetooth_prompt", Scope::Global, Use::NotYet),
    ("password_only_remote_services_deny_list cache_timeout db_path", Scope::Global, Use::NotYet),
    ("policies_db_path task_socket_path broker_socket_path", Scope::Global, Use::NotYet),
    ("logon_script_timeout logon_script_sync", Scope::Global, Use::NotYet),
    ("name_mapping_script idmap_script", Scope::Global, Use::Script),
    ("selinux", Scope::Global, Use::NotYet),
    ("auto_sudo_owner local_account_sso enable_kerberos_cache", Scope::Global, Use::NotYet),
    ("fetch_profile_picture", Scope::Global, Use::NotYet),
];

/// Options that may hold several values, by their names.
const LISTS: [&str; 8] = [
    "domain",
    "domains",
    "domain_aliases",
    "intune_hosts",
    "pam_allow_groups",
    "sudo_groups",
    "local_groups",
    "mfa_poll_prompt_services",
];

/// What is known of an option before its value is read.
pub(crate) fn shape(option: &str) -> Shape {
    match known(option) {
        _ if LISTS.contains(&option) => Shape::List,
        Some((_, Use::Shared | Use::Ours)) => Shape::One,
        // Whatever has no effect may go on as it likes, and is not an option of the line below.
        Some(_) => Shape::List,
        None => Shape::Unknown,
    }
}

/// Every option that has a row of its own, then those that are known by name.
pub(crate) fn rows() -> impl Iterator<Item = Row> {
    let with_values = GLOBAL_ROWS.iter().chain(DOMAIN_ROWS).chain(BREAKGLASS_ROWS).copied();
    let names = NAMES
        .iter()
        .flat_map(|(names, scope, used)| names.split(' ').map(|name| by_name(name, *scope, *used)));
    with_values.chain(names)
}

/// What is known of an option; none for one that nobody knows.
pub(crate) fn known(option: &str) -> Option<(Scope, Use)> {
    rows().find(|row| row.name == option).map(|row| (row.scope, row.used))
}

/// The entry of an option that counts for a section.
pub(crate) fn entry<'e>(parsed: &'e Parsed, section: &str, option: &str) -> Option<&'e Entry> {
    counting::entry(parsed, section, option, known(option).map(|(scope, _)| scope))
}

fn by_name(name: &'static str, scope: Scope, used: Use) -> Row {
    Row {
        name,
        scope,
        used,
        show: Show::Never,
        #[cfg(test)]
        allowed: String::new,
        #[cfg(test)]
        doc: &[],
    }
}

/// Longest configured device name; the service's own limit is not known \[inferred\]. Also of a way to a TPM.
const LONGEST_NAME: usize = 256;
/// Longest label (32 bytes) and serial (16 bytes) that a token can have (PKCS#11 3.0, CK_TOKEN_INFO).
const LONGEST_TOKEN_TEXT: usize = 32;
/// Longest time without the network, in seconds: 31 days.
const LONGEST_BREAKGLASS: u64 = 2_678_400;
const RANGE: &str = "two numbers with a hyphen between them, the smaller one first, as 200000-2000200000";
