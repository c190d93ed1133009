//! The options that say what people's accounts are (login.md 4.1), in the words of the incumbent.

use super::one;
use account_options::{GroupIdMap, HomeAttr, IdAttrMap};
use config::Settings;

fn settings(text: &str) -> Settings {
    one(text).unwrap().settings
}

fn errors(text: &str) -> Vec<String> {
    one(text).map(|_| ()).unwrap_err().to_string().lines().map(str::to_owned).collect()
}

#[test]
fn nothing_set_is_what_the_incumbent_has() {
    let settings = settings("[contoso.com]\n");
    let (global, domain) = (&settings.global, &settings.domains[0].options);
    assert_eq!((global.id_attr_map, global.rfc2307_group_fallback_map), (IdAttrMap::Name, None));
    assert_eq!(
        (domain.idmap_range.to_string().as_str(), global.subid_range.to_string().as_str()),
        ("200000-2000200000", "2100000000-4200000000")
    );
    assert_eq!(
        (domain.home_prefix.as_str(), domain.home_attr, domain.home_alias, domain.shell.as_str()),
        ("/home/", HomeAttr::Uuid, HomeAttr::Spn, "/bin/bash")
    );
    assert_eq!((domain.use_etc_skel, global.cn_name_mapping, global.reauth_by_password), (false, true, true));
    assert_eq!((global.local_groups.len(), global.local_sudo_group.as_str()), (0, "sudo"));
    assert!(domain.sudo_groups.is_empty() && domain.pam_allow_groups.is_none());
    assert_eq!(global.user_map_file.to_str(), Some("/etc/himmelblau/user-map"));
    assert_eq!(
        (global.mfa_poll_prompt_services.join(" ").as_str(), &global.language),
        ("ssh cockpit", &None)
    );
    let breakglass = &settings.offline_breakglass;
    assert_eq!((breakglass.enabled, breakglass.ttl.as_secs()), (false, 7_200));
}

#[test]
fn everything_can_be_said_and_a_domain_s_own_counts_for_it() {
    let group = "11112222-3333-4444-5555-666677778888";
    let text = format!(
        "[global]\ndomains = contoso.com, fabrikam.com\nid_attr_map = UUID\nrfc2307_group_fallback_map = name\n\
         idmap_range = 1000000 - 1999999\nsubid_range = 5-9\ncn_name_mapping = no\nlocal_groups = users, video\n\
         local_sudo_group = wheel\nuser_map_file = /etc/map\nmfa_poll_prompt_services = ssh\nlanguage = de-AT\n\
         reauth_by_password = false\nshell = /bin/sh\nsudo_groups = alex@contoso.com\n\
         [fabrikam.com]\nidmap_range = 2000000-2999999\nshell = /bin/zsh\nhome_prefix = /srv/home/\nhome_attr = cn\n\
         home_alias = CN\nuse_etc_skel = true\nsudo_groups = {{{group}}}\n\
         [offline_breakglass]\nenabled = on\nttl = 7d\n"
    );
    let settings = settings(&text);
    let (global, breakglass) = (&settings.global, &settings.offline_breakglass);
    assert_eq!(
        (global.id_attr_map, global.rfc2307_group_fallback_map),
        (IdAttrMap::Uuid, Some(GroupIdMap::Name))
    );
    assert_eq!((global.cn_name_mapping, global.reauth_by_password), (false, false));
    assert_eq!(
        (global.local_groups.join(" ").as_str(), global.local_sudo_group.as_str()),
        ("users video", "wheel")
    );
    assert_eq!((global.subid_range.min(), global.language.as_deref()), (5, Some("de-AT")));
    assert_eq!((breakglass.enabled, breakglass.ttl.as_secs()), (true, 604_800));
    let shown: Vec<_> = settings
        .domains
        .iter()
        .map(|domain| &domain.options)
        .map(|it| {
            format!(
                "{} {} {}{}>{} {}",
                it.idmap_range, it.shell, it.home_prefix, it.home_alias, it.home_attr, it.sudo_groups
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "1000000-1999999 /bin/sh /home/SPN>UUID alex@contoso.com".to_owned(),
            format!("2000000-2999999 /bin/zsh /srv/home/CN>CN {group}"),
        ]
    );
    let lines: Vec<String> = settings.effective().iter().map(ToString::to_string).collect();
    let told = |start: &str| lines.iter().any(|line| line.starts_with(start));
    assert!(told("[offline_breakglass] ttl = 604800") && told("[fabrikam.com] home_attr = CN"), "{lines:?}");
}

#[test]
fn what_cannot_be_read_stops_the_start_and_says_what_would_be_allowed() {
    for (line, allowed) in [
        ("id_attr_map = sid", "name, uuid, rfc2307"),
        ("rfc2307_group_fallback_map = rfc2307", "name, uuid"),
        ("idmap_range = 200000", "200000-2000200000"),
        ("idmap_range = 9-1", "the smaller one first"),
        ("subid_range = 1-5000000000", "the smaller one first"),
        ("cn_name_mapping = perhaps", "true, false"),
        ("home_prefix = home/", "an absolute path"),
        ("home_attr = sAMAccountName", "UUID, SPN, CN"),
        ("home_alias =", "UUID, SPN, CN"),
        ("shell = bash", "an absolute path"),
        ("local_groups = a b, c", "the name of a local group"),
        ("local_sudo_group =", "the name of a local group"),
        ("sudo_groups = Linux Admins", "object ids of groups"),
        ("user_map_file = map", "an absolute path"),
        ("mfa_poll_prompt_services = a:b", "names of PAM services"),
        ("reauth_by_password = maybe", "true, false"),
        ("language = de_DE.UTF-8", "a language as de"),
    ] {
        let errors = errors(&format!("[global]\n\n{line}\n"));
        assert!(errors.len() == 1 && errors[0].contains(":3: ") && errors[0].contains(allowed), "{errors:?}");
    }
    for line in ["ttl = soon", "ttl = 0", "ttl = 32d", "enabled = maybe"] {
        let errors = errors(&format!("[offline_breakglass]\n{line}\n"));
        assert!(errors.len() == 1 && errors[0].contains(":2: "), "{errors:?}");
    }
}

#[test]
fn ranges_of_two_domains_are_one_or_apart() {
    for (contoso, fabrikam, good) in [
        ("", "", true),
        ("idmap_range = 5-9", "idmap_range = 10-14", true),
        ("idmap_range = 5-9", "idmap_range = 5-9", true),
        ("idmap_range = 5-9", "idmap_range = 9-14", false),
        ("idmap_range = 5-9", "idmap_range = 6-8", false),
        ("idmap_range = 1000000-6999999", "", false),
        ("", "idmap_range = 1000000-6999999", false),
        ("", "idmap_range = 2000200001-2000200002", true),
    ] {
        let read = one(&format!("[contoso.com]\n{contoso}\n[fabrikam.com]\n{fabrikam}\n"));
        assert_eq!(read.is_ok(), good, "{contoso} {fabrikam}");
        if let Err(error) = read {
            let (text, lines) = (error.to_string(), error.0.iter().filter_map(|it| it.place()));
            assert!(text.contains("contoso.com and") && text.contains("for fabrikam.com"), "{text}");
            assert!(lines.map(|(_, line)| line).eq([if fabrikam.is_empty() { 2 } else { 4 }]), "{text}");
        }
    }
}

#[test]
fn a_number_by_object_needs_a_range_of_two() {
    assert!(one("[contoso.com]\nidmap_range = 1000-1000\n").is_ok());
    let text = "[global]\nid_attr_map = uuid\n[contoso.com]\nidmap_range = 1000-1000\n";
    assert!(errors(text)[0].contains(":4: [contoso.com] idmap_range = 1000-1000 has no number for anybody"));
}

#[test]
fn a_group_is_listed_by_its_object_id_beside_the_people() {
    let (one_group, other) = ("11112222-3333-4444-5555-666677778888", "99992222-3333-4444-5555-666677778888");
    let text = format!(
        "[global]\npam_allow_groups = {one_group}, a@b.c\n[contoso.com]\npam_allow_groups = {{{other}}}, {one_group}\n"
    );
    let loaded = one(&text).unwrap();
    let list = loaded.settings.domains[0].options.pam_allow_groups.as_ref().unwrap().to_string();
    assert_eq!(list, format!("a@b.c,{one_group},{other}"));
    let notes: Vec<&str> = loaded.notes.iter().map(|note| note.0.as_str()).collect();
    assert!(notes.len() == 1 && notes[0].contains("pam_allow_groups = (…)"), "{notes:?}");
}

#[test]
fn ranges_for_people_and_for_subordinate_ids_are_told_where_they_overlap() {
    let notes = |text: &str| one(text).unwrap().notes.iter().map(ToString::to_string).collect::<Vec<_>>();
    for (people, sub_ids, overlap) in [
        ("", "", false),
        ("idmap_range = 5000-9999", "subid_range = 10000-99999", false),
        ("idmap_range = 5000-10000", "subid_range = 10000-99999", true),
        ("idmap_range = 99999-200000", "subid_range = 10000-99999", true),
        ("idmap_range = 1879048192-2147352575", "", true),
        ("idmap_range = 1879048192-2099999999", "", false),
    ] {
        let said = notes(&format!("[global]\n{sub_ids}\n[contoso.com]\n{people}\n"));
        let told = said.iter().any(|note| note.contains("have numbers in common"));
        assert_eq!(told, overlap, "{people} {sub_ids}: {said:?}");
        // Nothing is written yet, and whoever sets the option hears it.
        let yet = said.iter().any(|note| note.contains("nothing is written to /etc/subuid"));
        assert_eq!(yet, !sub_ids.is_empty(), "{said:?}");
    }
}
