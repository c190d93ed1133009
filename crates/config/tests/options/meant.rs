//! What an author meant, what is told of it, and what keeps the daemon from starting.

use super::{notes, one};
use account_options::WhoMayRegister;
use config::{Settings, check};
use ini::Sources;
use model::{JoinType, MayRegister};
use std::fs;

fn settings(text: &str) -> Settings {
    one(text).unwrap().settings
}

/// Every error in its line.
fn errors(text: &str) -> Vec<String> {
    one(text).map(|_| ()).unwrap_err().to_string().lines().map(str::to_owned).collect()
}

#[test]
fn booleans_in_other_words_are_read_with_one_notice() {
    for (word, value) in [
        ("yes", true),
        ("YES", true),
        ("on", true),
        ("On", true),
        ("true", true),
        ("TRUE", true),
        ("1", true),
        ("no", false),
        ("off", false),
        ("OFF", false),
        ("false", false),
        ("0", false),
        ("\"yes\"", true),
    ] {
        let text = format!("[global]\ndomain = contoso.com\napply_policy = {word}\ndebug = {word}\n");
        let loaded = one(&text).unwrap();
        assert_eq!(
            (loaded.settings.domains[0].options.apply_policy, loaded.settings.global.debug),
            (value, value)
        );
        let standard = ["true", "false", "1", "0"].contains(&word.to_ascii_lowercase().as_str());
        let told =
            loaded.notes.iter().filter(|note| note.0.contains("the standard words are true and false"));
        let told: Vec<_> = told.map(|note| note.0.clone()).collect();
        assert_eq!(told.len(), usize::from(!standard), "{word}: {told:?}");
        assert!(
            standard || (told[0].contains(":3: apply_policy") && told[0].contains(":4: debug")),
            "{told:?}"
        );
    }
}

#[test]
fn quotes_and_braces_are_no_part_of_a_value() {
    let text = "[global]\ndomains = \"contoso.com\", 'fabrikam.com'\njoin_type = 'register'\ndevice_name = \"%h # 1\" # x\n\
                tenant_id = \"{11112222-3333-4444-5555-666677778888}\"\nsocket_path = \"/run/x\"\n";
    let loaded = one(text).unwrap();
    let domain = &loaded.settings.domains[1];
    assert_eq!((domain.name.as_str(), domain.options.join_type), ("fabrikam.com", JoinType::Register));
    assert_eq!(domain.options.tenant_id.unwrap().to_string(), "11112222-3333-4444-5555-666677778888");
    assert_eq!(loaded.settings.global.device_name, "%h # 1");
    assert_eq!(loaded.settings.global.socket_path.to_str(), Some("/run/x"));
    assert_eq!(loaded.notes.len(), 2, "{:?}", loaded.notes);
    let told =
        notes("[global]\npam_allow_groups = \"alex@contoso.com\"\nproxy = 'http://u:hunter2@p:1'\n").join("");
    assert!(!told.contains("alex") && !told.contains("hunter2"), "a notice is logged: {told}");
}

#[test]
fn a_list_may_stand_in_several_lines_and_a_bad_part_is_named_by_its_own() {
    let text = "[global]\ndomains =\n  contoso.com\n  # and\n  fabrikam.com,\n\n  a.example # b\n";
    let loaded = one(text).unwrap();
    let names: Vec<_> = loaded.settings.domains.iter().map(|domain| domain.name.as_str()).collect();
    assert_eq!(names, ["contoso.com", "fabrikam.com", "a.example"]);
    assert!(loaded.notes.len() == 1 && loaded.notes[0].0.contains(":3: domains"), "{:?}", loaded.notes);
    let wrong = errors("[global]\ndomains = contoso.com,\n  # and\n  alex@contoso.com\ndebug = x\n");
    assert!(wrong[0].contains(":4: domains = alex@contoso.com is not allowed"), "{wrong:?}");
    assert!(wrong[0].ends_with("did you mean contoso.com?") && wrong[1].contains(":5: debug"), "{wrong:?}");
}

#[test]
fn every_error_is_told_once_in_the_order_of_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let (path, more) = (dir.path().join("h.conf"), dir.path().join("h.conf.d"));
    fs::create_dir(&more).unwrap();
    let text = "[global]\ndomain = contoso.com, fabrikam.com\njoin_type = x\nnonsense\ndebug = y\n[contoso.com]\ncloud = z\n";
    fs::write(&path, text).unwrap();
    fs::write(more.join("10-a.conf"), "[global]\nip_version = 5\n").unwrap();
    let checked = check(&Sources::file(&path));
    let places: Vec<_> = checked.errors.iter().filter_map(|error| error.place()).collect();
    let places: Vec<_> =
        places.iter().map(|(path, line)| (path.file_name().unwrap().to_str().unwrap(), *line)).collect();
    assert_eq!(places, [("h.conf", 3), ("h.conf", 4), ("h.conf", 5), ("h.conf", 7), ("10-a.conf", 2)]);
}

#[test]
fn a_tenant_in_global_counts_for_every_domain_and_a_domain_s_own_before_it() {
    let (a, b) = ("11112222-3333-4444-5555-666677778888", "99992222-3333-4444-5555-666677778888");
    let text = format!(
        "[global]\ntenant_id = {a}\ndomains = contoso.com, fabrikam.com\n[fabrikam.com]\ntenant_id = {b}\n"
    );
    let pinned = settings(&text)
        .domains
        .iter()
        .map(|it| it.options.tenant_id.unwrap().to_string())
        .collect::<Vec<_>>();
    assert_eq!(pinned, [a, b]);
    assert!(errors("[global]\ntenant_id = contoso.onmicrosoft.com\n")[0].contains("allowed: a GUID"));
}

#[test]
fn who_may_sign_in_is_everybody_nobody_or_those_who_are_named() {
    for (text, people) in [
        ("[contoso.com]\n", None),
        ("[global]\npam_allow_groups =\n[contoso.com]\n", Some(vec![])),
        ("[contoso.com]\npam_allow_groups =\n", Some(vec![])),
        (
            "[global]\npam_allow_groups =\n[contoso.com]\npam_allow_groups = Alex@Contoso.com\n",
            Some(vec!["alex@contoso.com"]),
        ),
        ("[global]\npam_allow_groups = a@b.c\n[contoso.com]\n", Some(vec!["a@b.c"])),
        ("[a.example]\npam_allow_groups = a@b.c\n[contoso.com]\n", None),
    ] {
        let settings = settings(text);
        let domain = settings.domains.iter().find(|domain| domain.name.as_str() == "contoso.com").unwrap();
        let named = domain.options.pam_allow_groups.as_ref();
        let named = named.map(|list| list.people.iter().map(|name| name.as_str()).collect::<Vec<_>>());
        assert_eq!(named, people, "{text}");
    }
    for (item, says) in [
        ("Linux Users", "object ids of groups"),
        ("alex", "names of groups are not unique"),
        ("11112222-3333-4444-5555-66667777888", "names of people, as"),
        ("contoso.com", "where pam_allow_groups is not set"),
    ] {
        let errors = errors(&format!("[global]\npam_allow_groups = a@b.c, {item}\n"));
        assert!(errors[0].contains(&format!("pam_allow_groups = {item} is not allowed")), "{errors:?}");
        assert!(errors.len() == 1 && errors[0].contains(says), "{errors:?}");
    }
}

#[test]
fn a_restriction_that_would_not_be_kept_stops_the_start() {
    for (text, line, says) in [
        (
            "[global]\ndomain = a.b\noidc_issuer_url = https://id.example\n",
            3,
            "oidc_issuer_url is not served",
        ),
        ("[global]\nallow_console_password_only = no\n", 2, "asks for a second factor"),
        ("[global]\nlogon_script = /x\n", 2, "logon_script may refuse a sign-in"),
        ("[x]\npam_allow_groups = a@b.c\n", 2, "in [x] would restrict nobody"),
        ("[golbal]\ntenant_id = 1\n", 2, "did you mean [global]?"),
        ("[contoso.com]\nwho_may_register = root\n", 2, "it counts in [global] only"),
        ("[offline_breakglass]\nregistration = off\n", 2, "would restrict nobody"),
        ("[global]\npam_alow_groups = a@b.c\n", 2, "did you mean pam_allow_groups?"),
        ("[contoso.com]\ntenantid = 1\n", 2, "did you mean tenant_id?"),
    ] {
        let errors = errors(text);
        assert!(errors.len() == 1, "{text}: {errors:?}");
        assert!(errors[0].contains(&format!(":{line}: ")) && errors[0].contains(says), "{text}: {errors:?}");
    }
    for text in [
        "allow_console_password_only = true",
        "oidc_issuer_url =",
        "logon_script =",
        "enable_sfa_fallback = false",
    ] {
        let loaded = one(&format!("[global]\n{text}\n")).unwrap();
        assert_eq!(loaded.without_effect.len(), 1, "{text}");
    }
}

#[test]
fn what_has_no_effect_is_one_note_with_a_count() {
    let text = "[global]\nselinux = 1\nfido_timeout = 3\n[contoso.com]\nlogon_token_app_id = x\nshell = /bin/zsh\nfrob = 1\n";
    let loaded = one(text).unwrap();
    let named: Vec<_> =
        loaded.without_effect.iter().map(|note| note.0.rsplit_once(": ").unwrap().1).collect();
    assert_eq!(named, ["selinux", "fido_timeout", "logon_token_app_id"]);
    let counted: Vec<_> =
        loaded.notes.iter().filter(|note| note.0.starts_with("3 options of himmelblau")).collect();
    assert_eq!((counted.len(), loaded.notes.len()), (1, 2), "{:?}", loaded.notes);
}

#[test]
fn a_host_of_a_national_cloud_selects_all_of_that_cloud() {
    for (lines, cloud, drs) in [
        ("authority_host = login.microsoftonline.us", "usgov", "enterpriseregistration.microsoftonline.us"),
        ("graph_url = https://dod-graph.microsoft.us", "usgov", "enterpriseregistration.microsoftonline.us"),
        (
            "drs_host = enterpriseregistration.microsoftonline.us",
            "usgov",
            "enterpriseregistration.microsoftonline.us",
        ),
        (
            "authority_host = login.chinacloudapi.cn",
            "china",
            "enterpriseregistration.partner.microsoftonline.cn",
        ),
        (
            "cloud = usgov\ngraph_url = https://graph.microsoft.us",
            "usgov",
            "enterpriseregistration.microsoftonline.us",
        ),
        ("authority_host = login.example:8443", "public", "enterpriseregistration.windows.net"),
        (
            "cloud = china\nauthority_host = login.example",
            "china",
            "enterpriseregistration.partner.microsoftonline.cn",
        ),
    ] {
        for section in ["global", "contoso.us"] {
            let settings = settings(&format!("[global]\ndomain = contoso.us\n[{section}]\n{lines}\n"));
            let domain = &settings.domains[0];
            assert_eq!((domain.profile.cloud.as_str(), domain.profile.drs.name()), (cloud, drs), "{lines}");
            assert_eq!(domain.options.cloud, domain.profile.cloud);
        }
    }
    let dod = settings("[contoso.us]\ngraph_url = https://dod-graph.microsoft.us\n");
    let profile = &dod.domains[0].profile;
    let hosts = (profile.authority.name(), profile.graph.name());
    assert_eq!(hosts, ("login.microsoftonline.us", "dod-graph.microsoft.us"));
}

#[test]
fn hosts_of_two_clouds_are_refused_with_both_names() {
    for (lines, one, other) in [
        (
            "authority_host = login.microsoftonline.us\ngraph_url = https://graph.microsoft.com",
            "login.microsoftonline.us",
            "graph.microsoft.com",
        ),
        (
            "drs_host = enterpriseregistration.windows.net\nauthority_host = login.partner.microsoftonline.cn",
            "enterpriseregistration.windows.net",
            "login.partner.microsoftonline.cn",
        ),
        (
            "cloud = public\nauthority_host = login.microsoftonline.us",
            "cloud = public",
            "login.microsoftonline.us",
        ),
        ("cloud = china\ngraph_url = https://graph.microsoft.us", "cloud = china", "graph.microsoft.us"),
        (
            "cloud = custom\nauthority_host = login.microsoftonline.us\ndrs_host = d.example\ngraph_url = https://graph.microsoft.com",
            "login.microsoftonline.us",
            "graph.microsoft.com",
        ),
        (
            "cloud = custom\nauthority_host = login.microsoftonline.us\ndrs_host = d.example\ngraph_url = https://g.example\nintune_hosts = x.manage.microsoft.com",
            "login.microsoftonline.us",
            "x.manage.microsoft.com",
        ),
    ] {
        let errors = errors(&format!("[contoso.us]\n{lines}\n"));
        assert!(
            errors.len() == 1 && errors[0].contains(one) && errors[0].contains(other),
            "{lines}: {errors:?}"
        );
        assert!(errors[0].contains("a token of one cloud must not reach another"), "{errors:?}");
    }
    // One of [global] and one of a domain's mix too.
    let split = "[global]\ngraph_url = https://graph.microsoft.com\n[contoso.us]\nauthority_host = login.microsoftonline.us\n";
    assert_eq!(errors(split).len(), 1);
}

#[test]
fn a_domain_that_is_an_alias_too_is_one_domain() {
    for text in [
        "[global]\ndomains = contoso.com, contoso.net\n[contoso.com]\ndomain_aliases = contoso.net\n",
        "[contoso.com]\ndomain_aliases = contoso.net\n[contoso.net]\n",
    ] {
        let loaded = one(text).unwrap();
        let names: Vec<_> = loaded.settings.domains.iter().map(|domain| domain.name.as_str()).collect();
        assert_eq!(
            (names, loaded.settings.global.domain.len(), loaded.notes.len()),
            (vec!["contoso.com"], 1, 1)
        );
        let alias = "contoso.net".parse().unwrap();
        assert_eq!(loaded.settings.domain(&alias).unwrap().name.as_str(), "contoso.com");
    }
    let own = settings("[contoso.com]\ndomain_aliases = contoso.com, contoso.de\n");
    assert_eq!(own.domains[0].options.domain_aliases.len(), 1);
}

#[test]
fn a_name_in_the_place_of_a_domain_is_refused_with_the_domain_that_is_meant() {
    for (value, says) in [
        ("alex@contoso.com", "did you mean contoso.com?"),
        ("https://contoso.com/", "did you mean contoso.com?"),
        ("@contoso.com", "did you mean contoso.com?"),
        ("contoso.com.", "did you mean contoso.com?"),
        ("*.contoso.com", "did you mean contoso.com?"),
        ("11112222-3333-4444-5555-666677778888", "belongs into tenant_id"),
        ("contoso", "domain names, separated by commas"),
    ] {
        for text in
            [format!("[global]\ndomain = {value}\n"), format!("[contoso.de]\ndomain_aliases = {value}\n")]
        {
            let errors = errors(&text);
            assert!(errors.len() == 1 && errors[0].ends_with(says), "{value}: {errors:?}");
        }
    }
    let section = errors("[alex@contoso.com]\n");
    assert!(section[0].ends_with("did you mean contoso.com?"), "{section:?}");
    for (value, says) in [
        ("authority_host = https://login.microsoftonline.us/", "did you mean login.microsoftonline.us?"),
        ("graph_url = graph.microsoft.us", "did you mean https://graph.microsoft.us?"),
    ] {
        assert!(errors(&format!("[global]\n{value}\n"))[0].ends_with(says), "{value}");
    }
}

#[test]
fn a_domain_in_letters_is_read_as_it_stands_in_the_dns() {
    let text = "[global]\ndomain = bücher.example\n[BÜCHER.example]\nregistration = off\ndomain_aliases = straße.example\n";
    let loaded = one(text).unwrap();
    let domain = &loaded.settings.domains[0];
    assert_eq!((loaded.settings.domains.len(), domain.name.as_str()), (1, "xn--bcher-kva.example"));
    assert_eq!(domain.options.registration, model::Registration::Off);
    assert_eq!(domain.options.domain_aliases[0].as_str(), "xn--strae-oqa.example");
    assert!(
        loaded.notes.len() == 1 && loaded.notes[0].0.contains("xn--bcher-kva.example"),
        "{:?}",
        loaded.notes
    );
}

#[test]
fn the_password_of_a_proxy_has_a_place_of_its_own() {
    let file = "proxy_password_file = /etc/firmament/proxy-password\n";
    let fine = settings(&format!("[global]\nproxy = http://alex@proxy:3128\n{file}"));
    let url = fine.global.proxy.unwrap().with_password(&model::Secret::new(b"p@ss: w\xf6rd".to_vec()));
    assert_eq!(url.expose(), "http://alex:p%40ss%3A%20w%F6rd@proxy:3128");
    assert_eq!(format!("{url} {url:?}"), "http://proxy:3128 Proxy(http://proxy:3128)");
    for (proxy, says) in [
        ("", "needs proxy ="),
        ("proxy = http://proxy:3128\n", "needs a user"),
        ("proxy = http://alex:hunter2@proxy:3128\n", "holds a password already"),
    ] {
        let errors = errors(&format!("[global]\n{proxy}{file}"));
        assert!(
            errors.len() == 1 && errors[0].contains(says) && !errors[0].contains("hunter2"),
            "{errors:?}"
        );
    }
    for (proxy, told) in
        [("http://alex:hunter2@proxy:1", 1), ("http://alex@proxy:1", 0), ("http://proxy:1", 0)]
    {
        let notes = notes(&format!("[global]\nproxy = {proxy}\n"));
        let found = notes.iter().filter(|note| note.contains(":2: every user may read this file")).count();
        assert!(found == told && !notes.join("").contains("hunter2"), "{notes:?}");
    }
}

#[test]
fn the_proxy_in_force_is_the_option_s_or_the_environment_s_and_says_so() {
    let of = |text: &str, environment: &[(&str, &str)]| {
        let settings = settings(&format!("[global]\n{text}\n"));
        let variable = |name: &str| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        config::proxy_in_force(settings.global.proxy.as_ref(), variable)
    };
    let (ours, theirs) = ("proxy = http://u:hunter2@ours:1", ("HTTPS_PROXY", "http://u:hunter2@theirs:2"));
    let no = ("no_proxy", "localhost,.contoso.com");
    for (text, environment, says) in [
        ("", vec![], "none: neither set nor in the environment"),
        (ours, vec![], "http://ours:1, from the option proxy"),
        (
            ours,
            vec![theirs, no],
            "http://ours:1, from the option proxy; not for localhost,.contoso.com (no_proxy)",
        ),
        ("", vec![theirs], "http://theirs:2, from the environment variable HTTPS_PROXY"),
        ("", vec![("https_proxy", "theirs:2")], "theirs:2, from the environment variable https_proxy"),
        ("", vec![("ALL_PROXY", "http://all:3")], "http://all:3, from the environment variable ALL_PROXY"),
        (
            "",
            vec![("ALL_PROXY", "http://all:3"), theirs],
            "http://theirs:2, from the environment variable HTTPS_PROXY",
        ),
        (
            "",
            vec![("HTTPS_PROXY", ""), ("all_proxy", "http://all:3")],
            "http://all:3, from the environment variable all_proxy",
        ),
        ("", vec![("HTTP_PROXY", "http://plain:4")], "none: neither set nor in the environment"),
    ] {
        assert_eq!(of(text, &environment).to_string(), says, "{environment:?}");
    }
    assert_eq!(of(ours, &[theirs]).url.expose(), "http://u:hunter2@ours:1");
}

#[test]
fn who_may_register_is_anyone_where_nobody_says_otherwise() {
    let of = |text: &str| settings(text).global.who_may_register;
    assert_eq!(of("[contoso.com]\n").judge(false, |_| false), MayRegister::Yes);
    assert_eq!(of("[global]\nwho_may_register = Root\n"), WhoMayRegister::Root);
    assert_eq!(of("[global]\nwho_may_register = group:wheel\n"), WhoMayRegister::Group("wheel".to_owned()));
    assert!(errors("[global]\nwho_may_register = wheel\n")[0].contains("anyone, root, or group:"));
}
