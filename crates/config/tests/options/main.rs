//! Each option: where it counts, what it becomes, what is said of it, and where it came from.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

mod accounts;
mod lines;
mod meant;

use config::{ConfigError, ConfigErrors, Loaded, Origin, Proxy, Settings, load};
use ini::Sources;
use model::{
    BootPolicy, Cloud, HsmType, IntuneClientVersion, IntuneHosts, IpVersion, JoinType, Kdf, Method,
    Registration,
};
use std::fs;

fn one(text: &str) -> Result<Loaded, ConfigErrors> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("himmelblau.conf");
    fs::write(&path, text).unwrap();
    load(&Sources::file(&path))
}

fn proxy(settings: &Settings) -> Option<&str> {
    settings.global.proxy.as_ref().map(Proxy::expose)
}

fn notes(text: &str) -> Vec<String> {
    one(text).unwrap().notes.iter().map(|note| note.0.clone()).collect()
}

#[test]
fn nothing_set_is_the_documented_defaults() {
    let settings = one("[contoso.com]\n").unwrap().settings;
    let domain = &settings.domains[0];
    assert_eq!(
        (
            domain.options.join_type,
            domain.options.apply_policy,
            domain.options.registration,
            domain.options.sign_in
        ),
        (JoinType::Join, false, Registration::Background, Method::Auto)
    );
    assert_eq!(
        (domain.profile.cloud, domain.options.tenant_id, domain.options.domain_aliases.len()),
        (Cloud::Public, None, 0)
    );
    assert_eq!(
        (settings.global.hsm_type, settings.global.ip_version),
        (HsmType::TpmIfPossible, IpVersion::Both)
    );
    assert_eq!(
        (settings.global.request_timeout.as_secs(), settings.global.connection_timeout.as_secs()),
        (10, 30)
    );
    assert_eq!(
        (settings.global.intune_client_version, settings.global.prt_kdf),
        (IntuneClientVersion::Default, Kdf::V2)
    );
    assert_eq!(
        (settings.global.device_name.as_str(), proxy(&settings), &settings.global.ca_file),
        ("%h", None, &None)
    );
    assert_eq!(settings.global.hsm_pin_path.to_str(), Some("/var/lib/firmament/hsm-pin"));
    assert_eq!(settings.global.socket_path.to_str(), Some("/run/firmament/socket"));
}

#[test]
fn a_domain_overrides_what_has_both_places_and_nothing_else() {
    let text = "[global]\ndomains = contoso.com, fabrikam.com\njoin_type = register\nregistration = off\n\
                sign_in = device_code\napply_policy = 1\ncloud = usgov\ndrs_host = drs.example:1\n\
                [fabrikam.com]\njoin_type = join\nregistration = required\nsign_in = password\napply_policy = 0\n\
                cloud = china\ndrs_host = other.example\nrequest_timeout = 99\nhsm_type = tpm\n";
    let settings = one(text).unwrap().settings;
    let seen: Vec<String> = settings
        .domains
        .iter()
        .map(|d| {
            let words = (
                d.options.join_type,
                d.options.registration,
                d.options.sign_in,
                d.options.apply_policy,
                d.profile.cloud,
            );
            format!("{} {words:?} {}", d.name, d.profile.drs)
        })
        .collect();
    assert_eq!(
        seen,
        [
            "contoso.com (Register, Off, DeviceCode, true, UsGov) drs.example:1",
            "fabrikam.com (Join, Required, Password, false, China) other.example"
        ]
    );
    assert_eq!(
        (settings.global.request_timeout.as_secs(), settings.global.hsm_type),
        (10, HsmType::TpmIfPossible)
    );
}

#[test]
fn a_section_is_a_domain_even_if_nothing_stands_in_it() {
    let text =
        "[Fabrikam.com]\n[global]\ndomain = contoso.com, contoso.com\n[offline_breakglass]\n[nodot]\na = b\n";
    let loaded = one(text).unwrap();
    let names: Vec<&str> = loaded.settings.domains.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["contoso.com", "fabrikam.com"]);
    assert_eq!(loaded.notes.len(), 1, "{:?}", loaded.notes);
    assert!(loaded.notes[0].0.contains(":5: the section [nodot]"), "{:?}", loaded.notes);
    let error = one("[global]\n[contoso .com]\n").unwrap_err().to_string();
    assert!(error.contains(":2: [section] = contoso .com is not allowed"), "{error}");
}

#[test]
fn aliases_and_pins_belong_to_their_domain() {
    let text = "[contoso.com]\ndomain_aliases = Contoso.de, contoso.at, contoso.de\n\
                tenant_id = 11112222-3333-4444-5555-666677778888\npam_allow_groups = B@contoso.com\n\
                [global]\npam_allow_groups = a@contoso.com\n";
    let settings = one(text).unwrap().settings;
    let domain = settings.domain(&"contoso.at".parse().unwrap()).unwrap();
    assert_eq!((domain.name.as_str(), domain.options.domain_aliases.len()), ("contoso.com", 2));
    assert_eq!(domain.options.tenant_id.unwrap().to_string(), "11112222-3333-4444-5555-666677778888");
    let people: Vec<_> = domain
        .options
        .pam_allow_groups
        .iter()
        .flat_map(|list| &list.people)
        .map(|name| name.as_str())
        .collect();
    assert_eq!(people, ["a@contoso.com", "b@contoso.com"]);
    assert!(settings.domain(&"contoso.com".parse().unwrap()).is_some());
    assert!(settings.domain(&"elsewhere.com".parse().unwrap()).is_none());
}

#[test]
fn a_name_leads_to_one_domain_only() {
    for text in [
        "[a.com]\ndomain_aliases = b.com\n[b.com]\njoin_type = join\n",
        "[a.com]\ndomain_aliases = c.com\n[b.com]\ndomain_aliases = c.com\n",
    ] {
        let error = one(text).unwrap_err().to_string();
        assert!(error.contains("domain_aliases") && error.contains("another's alias"), "{error}");
    }
}

#[test]
fn a_cloud_of_one_s_own_names_every_host() {
    let whole = "cloud = custom\nauthority_host = a.example:1\ndrs_host = d.example:2\n\
                 graph_url = https://g.example:3/\nintune_hosts = i.example, j.example:4\n";
    let settings = one(&format!("[contoso.com]\n{whole}")).unwrap().settings;
    let profile = &settings.domains[0].profile;
    let shown = format!("{} {} {}", profile.authority, profile.drs, profile.graph);
    assert_eq!(shown, "a.example:1 d.example:2 g.example:3");
    assert!(matches!(&profile.intune, IntuneHosts::Exactly(hosts) if hosts.len() == 2));
    for left_out in ["authority_host", "drs_host", "graph_url"] {
        let lines: Vec<&str> = whole.lines().filter(|line| !line.starts_with(left_out)).collect();
        let error = one(&format!("[contoso.com]\n{}", lines.join("\n"))).unwrap_err().to_string();
        assert!(error.contains(":2: [contoso.com] cloud = custom needs"), "{error}");
    }
    // Where a domain completes it, a global half is enough.
    assert!(one("[global]\ncloud = custom\n").is_ok());
}

#[test]
fn every_value_is_checked_although_no_domain_uses_it() {
    for (option, value) in [
        ("join_type", "hybrid"),
        ("apply_policy", ""),
        ("registration", "no"),
        ("sign_in", "fido"),
        ("sign_in", ""),
        ("prt_kdf", "3"),
        ("prt_kdf", "v2"),
        ("prt_kdf", ""),
        ("cloud", ""),
        ("drs_host", "a/b"),
        ("graph_url", "https://a//"),
        ("intune_hosts", "a b"),
        ("request_timeout", "0"),
        ("connection_timeout", "99999"),
        ("debug", "maybe"),
        ("socket_path", "relative/socket"),
        ("ca_file", "ca.pem"),
        ("pkcs11_module", "m.so"),
        ("pkcs11_pin_path", "pin"),
        ("pkcs11_token", "a\u{202e}b"),
        ("pkcs11_serial", "123456789012345678901234567890123"),
        ("device_name", "a\u{202e}b"),
        ("proxy", "http://"),
        ("proxy", "http://host/path"),
        ("proxy", "http://us@er:hunter2@host:1"),
        ("proxy", "http://host:port"),
        ("proxy", "http://[::1"),
    ] {
        let error = one(&format!("[global]\n{option} = {value}\n")).unwrap_err();
        assert!(matches!(error.0[..], [ConfigError::Value { line: 2, .. }]), "{option} = {value}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn every_way_to_sign_in_is_taken() {
    for (value, way) in [
        ("auto", Method::Auto),
        ("device_code", Method::DeviceCode),
        ("password", Method::Password),
        ("Password", Method::Password),
    ] {
        let settings = one(&format!("[contoso.com]\nsign_in = {value}\n")).unwrap().settings;
        assert_eq!(settings.domains[0].options.sign_in, way, "{value}");
    }
}

#[test]
fn both_derivations_of_a_session_key_can_be_chosen() {
    for (value, kdf) in [("1", Kdf::V1), ("2", Kdf::V2)] {
        assert_eq!(one(&format!("[global]\nprt_kdf = {value}\n")).unwrap().settings.global.prt_kdf, kdf);
    }
}

#[test]
fn every_client_version_that_was_seen_is_taken() {
    let seen = "1.2210.50 1.2211.21 1.2305.20 1.2312.35 1.2404.23 1.2405.17 1.2503.10 1.2508.17 1.2511.7 \
                1.2511.11 1.2603.21 1.2603.31 1.2604.19 1.2607.4 1.2609.5";
    for version in seen.split_whitespace() {
        let settings = one(&format!("[global]\nintune_client_version = {version}\n")).unwrap().settings;
        assert_eq!(
            settings.global.intune_client_version,
            IntuneClientVersion::Fixed(version.parse().unwrap())
        );
    }
    for (value, version) in [
        ("auto", IntuneClientVersion::Auto),
        ("AUTO", IntuneClientVersion::Auto),
        ("", IntuneClientVersion::Default),
    ] {
        let settings = one(&format!("[global]\nintune_client_version = {value}\n")).unwrap().settings;
        assert_eq!(settings.global.intune_client_version, version, "{value:?}");
    }
}

#[test]
fn what_is_no_client_version_is_refused_with_its_place_and_what_would_be_allowed() {
    for value in [
        "default",
        "1",
        "1.2604",
        "1.2604.",
        "1..19",
        "1.2604.19.0",
        "2.2604.19",
        "01.2604.19",
        "1.2600.19",
        "1.2613.19",
        "1.604.19",
        "1.02604.19",
        "1.2604.019",
        "1.2604.123456",
        "1.2604.+9",
        "1.26+4.19",
        "1.2604.1a",
        "1.260\u{664}.19",
        "1.\u{664}\u{664}.19",
    ] {
        let error = one(&format!("[global]\n\nintune_client_version = {value}\n")).unwrap_err();
        let says = ":3: intune_client_version = ";
        let allowed = "is not allowed; allowed: auto or a version 1.YYMM.n, as 1.2604.19";
        let text = error.to_string();
        assert!(text.contains(says) && text.contains(value) && text.ends_with(allowed), "{text}");
    }
}

#[test]
fn every_proxy_that_hyper_understands_is_taken() {
    for value in [
        "http://proxy",
        "http://proxy:3128/",
        "http://u:p%40w@proxy:1",
        "http://[::1]:8",
        "http://10.0.0.1:3",
    ] {
        let settings = one(&format!("[global]\nproxy = {value}\n")).unwrap().settings;
        assert_eq!(proxy(&settings), Some(value));
    }
}

#[test]
fn an_empty_text_is_as_if_it_were_not_there() {
    let text = "[global]\nproxy = http://p:1\nca_file = /ca.pem\n[global]\nproxy =\nca_file =\n";
    let settings = one(text).unwrap().settings;
    assert_eq!((proxy(&settings), &settings.global.ca_file), (None, &None));
}

#[test]
fn each_remark_is_made_once_and_names_the_line() {
    for (text, line, says) in [
        ("[global]\nfrob = 1\nfrob = 2\n[contoso.com]\nfrob = 3\n", 2, "frob is not known"),
        ("[global]\nenable_hello = x\nenable_hello = y\n", 2, "enable_hello has no effect here"),
        ("[global]\ndb_path = /srv/x.db\n", 2, "db_path has no effect here"),
        ("[global]\nsocket_path = /var/run/himmelblaud/socket\n", 2, "himmelblau's own"),
        ("[global]\nconnection_timeout = 5\n", 2, "connection_timeout has no effect here"),
        ("[global]\naply_policy = true\n", 2, "aply_policy is not known; did you mean apply_policy?"),
        ("[golbal]\ndebug = true\n", 1, "is kept and ignored; did you mean [global]?"),
        ("[contoso.com]\ndevice_id = 1\n", 2, "himmelblau's record"),
        ("[contoso.com]\nhsm_type = tpm\n", 2, "[global] only"),
        ("[contoso.com]\nintune_client_version = auto\n", 2, "[global] only"),
        ("[contoso.com]\nprt_kdf = 1\n", 2, "[global] only"),
        ("[global]\nname_mapping_script = /x\n", 2, "name_mapping_script is not run"),
        ("[global]\nidmap_script = /x\n", 2, "user_map_file maps names"),
        ("[global]\nname_mapping_script =\n", 2, "has no effect here"),
        ("[global]\nhome_prefix = /home\n", 2, "homes are named as /homealex"),
        ("[global]\nenabled = true\n", 2, "[offline_breakglass] only"),
        ("[offline_breakglass]\njoin_type = join\n", 2, "[global] or a domain's section only"),
        ("[global]\nintune_hosts = i.example\n", 2, "cloud = custom only"),
        ("[x]\na = 1\n[x]\nb = 1\n", 1, "the section [x]"),
    ] {
        let notes = notes(text);
        assert_eq!(notes.len(), 1, "{text}: {notes:?}");
        assert!(notes[0].contains(&format!(":{line}: ")) && notes[0].contains(says), "{notes:?}");
    }
}

#[test]
fn files_of_ours_may_lie_beside_the_configuration() {
    let loaded = one("[global]\nca_file = /etc/himmelblau/ca.pem\n").unwrap();
    assert_eq!(loaded.settings.global.ca_file.clone().unwrap().to_str(), Some("/etc/himmelblau/ca.pem"));
    assert!(loaded.notes.is_empty(), "{:?}", loaded.notes);
}

#[test]
fn a_token_is_named_whole_or_not_at_all() {
    let whole = "pkcs11_module = /m.so\npkcs11_token = the token\n";
    let settings = one(&format!("[global]\n{whole}")).unwrap().settings;
    let token = settings.pkcs11.as_ref().unwrap();
    assert_eq!(
        (token.module.to_str(), token.token.as_str(), &token.serial),
        (Some("/m.so"), "the token", &None)
    );
    assert_eq!((settings.global.pkcs11_pin_path, settings.global.hsm_type), (None, HsmType::TpmIfPossible));
    let more = "pkcs11_serial = 0a1b\npkcs11_pin_path = /srv/pin\n";
    let settings = one(&format!("[global]\nhsm_type = pkcs11\n{whole}{more}")).unwrap().settings;
    assert_eq!(settings.pkcs11.as_ref().unwrap().serial.as_deref(), Some("0a1b"));
    assert_eq!(settings.global.pkcs11_pin_path.clone().unwrap().to_str(), Some("/srv/pin"));
    let bare = one("").unwrap().settings;
    assert_eq!((&bare.pkcs11, bare.global.tpm_tcti_name.as_str()), (&None, "device:/dev/tpmrm0"));
    for (text, line, missing) in [
        ("hsm_type = pkcs11\n", 2, "pkcs11_module"),
        ("pkcs11_token = t\n", 2, "pkcs11_module"),
        ("debug = 1\npkcs11_module = /m.so\n", 3, "pkcs11_token"),
        ("pkcs11_module = /m.so\nhsm_type = pkcs11\n", 3, "pkcs11_token"),
    ] {
        let error = one(&format!("[global]\n{text}")).unwrap_err().to_string();
        let says = format!(":{line}: [global] a PKCS#11 token needs {missing} too");
        assert!(error.contains(&says), "{text}: {error}");
    }
}

#[test]
fn only_pcr_7_may_be_asked_for() {
    for (value, expected) in [("7", BootPolicy::Pcr7), ("", BootPolicy::Nothing)] {
        let loaded = one(&format!("[global]\ntpm_pcrs = {value}\n")).unwrap();
        assert_eq!((loaded.settings.global.tpm_pcrs, loaded.notes.len()), (expected, 0), "{value}");
    }
    assert_eq!(one("").unwrap().settings.global.tpm_pcrs, BootPolicy::Nothing);
    for value in ["0", "4", "11", "7,11", "0,7", "7 7", "7+11", "07", "sha256:7", "none"] {
        let error = one(&format!("[global]\ntpm_pcrs = {value}\n")).unwrap_err();
        assert!(matches!(error.0[..], [ConfigError::Value { .. }]), "{error}");
        let says = format!(":2: tpm_pcrs = {value} is not allowed; allowed: 7 alone, or nothing: updates of");
        assert!(error.to_string().contains(&says), "{error}");
    }
}

#[test]
fn pcrs_for_keys_that_are_in_no_tpm_are_ignored_and_that_is_said() {
    for (kind, ignored) in [
        ("soft", true),
        ("tpm_bound_soft_if_possible", true),
        ("pkcs11\npkcs11_module = /m.so\npkcs11_token = t", true),
        ("tpm", false),
        ("tpm_if_possible", false),
    ] {
        let loaded = one(&format!("[global]\ntpm_pcrs = 7\nhsm_type = {kind}\n")).unwrap();
        let notes: Vec<String> = loaded.notes.iter().map(ToString::to_string).collect();
        assert_eq!(
            notes.iter().any(|note| note.contains(":2: tpm_pcrs counts for keys in a TPM only")),
            ignored,
            "{notes:?}"
        );
    }
}

#[test]
fn every_effective_value_says_where_it_comes_from() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("h.conf");
    let text = "[global]\ndomains = contoso.com\njoin_type = register\nproxy = http://u:hunter2@p:1\n\
                socket_path = /run/himmelblaud/socket\nfrobnicate = x\n\
                [contoso.com]\nregistration = off\nrequest_timeout = 5\nsign_in = password\n\
                [global]\nintune_client_version = 1.2604.19\n";
    fs::write(&path, text).unwrap();
    let settings = load(&Sources::file(&path)).unwrap().settings;
    let effective = settings.effective();
    let at = |line| Origin::File { path: path.clone(), line };
    for (section, option, value, origin) in [
        ("global", "domain", "contoso.com", at(2)),
        ("contoso.com", "join_type", "register", at(3)),
        ("global", "proxy", "http://p:1", at(4)),
        ("contoso.com", "registration", "off", at(8)),
        ("global", "request_timeout", "10", Origin::Default),
        ("contoso.com", "cloud", "public", Origin::Default),
        ("contoso.com", "sign_in", "password", at(10)),
        ("contoso.com", "apply_policy", "false", Origin::Default),
        ("global", "intune_client_version", "1.2604.19", at(12)),
        ("global", "prt_kdf", "2", Origin::Default),
    ] {
        let line = effective.iter().find(|line| line.section == section && line.option == option).unwrap();
        assert_eq!((line.value.as_str(), &line.origin), (value, &origin), "{option}");
    }
    let bare = one("").unwrap().settings.effective();
    let version = bare.iter().find(|line| line.option == "intune_client_version").unwrap();
    assert_eq!(version.to_string(), "[global] intune_client_version = (built in)  (default)");
    let socket = effective.iter().find(|line| line.option == "socket_path").unwrap();
    assert!(matches!(socket.origin, Origin::Ours(_)) && socket.value == "/run/firmament/socket");
    let everything = format!("{settings:?} {effective:?}");
    assert!(!everything.contains("hunter2"), "{everything}");
}
