use crate::{
    Conflict, IdRefusal, LocalEntry, Others, SubIds, conflict, is_name, is_path, local_entries, refused,
    sub_id_ranges,
};

#[test]
fn numbers_of_others_are_never_given() {
    use IdRefusal::{DynamicUsers, Nobody, Signed, System, Systemd};
    for (id, why) in [
        (0, Some(System)),
        (999, Some(System)),
        (1_000, None),
        (60_000, None),
        (60_001, Some(Systemd)),
        (60_513, Some(Systemd)),
        (60_577, Some(Systemd)),
        (60_578, None),
        (61_183, None),
        (61_184, Some(DynamicUsers)),
        (65_519, Some(DynamicUsers)),
        (65_520, None),
        (65_534, Some(Nobody)),
        (65_535, Some(Nobody)),
        (65_536, None),
        // systemd's range of containers has to be allowed: most people of the default range are in it.
        (524_288, None),
        (2_147_483_647, None),
        (2_147_483_648, Some(Signed)),
        (u32::MAX, Some(Signed)),
    ] {
        assert_eq!(refused(id), why, "{id}");
    }
}

#[test]
fn a_number_or_a_name_of_somebody_else_is_found() {
    let entry = |name: &str, id| LocalEntry { name: name.to_owned(), id };
    let (users, groups) = (local_entries(PASSWD), local_entries(GROUP));
    let (sub_ids, pinned) = (sub_id_ranges(SUBUID), [entry("adele@contoso.com", 700_000)]);
    let others =
        Others { users: &users, groups: &groups, sub_ids: &sub_ids, kept_free: None, pinned: &pinned };
    let range = SubIds { owner: "sam".to_owned(), first: 100_000, count: 65_536 };
    for (name, id, found) in [
        ("alex@contoso.com", 700_001, None),
        ("alex@contoso.com", 5, Some(Conflict::Refused(IdRefusal::System))),
        ("alex@contoso.com", 1_000, Some(Conflict::User(entry("sam", 1_000)))),
        ("Sam", 700_001, Some(Conflict::User(entry("sam", 1_000)))),
        ("video", 700_001, Some(Conflict::Group(entry("video", 44)))),
        ("alex@contoso.com", 165_535, Some(Conflict::SubIds(range.clone()))),
        ("alex@contoso.com", 165_536, None),
        ("alex@contoso.com", 700_000, Some(Conflict::Pinned(entry("adele@contoso.com", 700_000)))),
        ("ADELE@contoso.com", 700_001, Some(Conflict::Pinned(entry("adele@contoso.com", 700_000)))),
    ] {
        let conflict = conflict(name, id, others);
        assert_eq!(conflict, found, "{name} {id}");
        assert!(conflict.is_none_or(|it| !it.to_string().is_empty()));
    }
}

const PASSWD: &str =
    "root:x:0:0:root:/root:/bin/bash\n# note\n+::::::\nsam:x:1000:1000::/home/sam:/bin/sh\nhalf:x\n";
const GROUP: &str = "root:x:0:\nvideo:x:44:sam\n";
const SUBUID: &str = "sam:100000:65536\nrubbish\n1000:x:1\n";

#[test]
fn names_that_other_programs_misread_are_none() {
    let long = "a".repeat(257);
    for (name, good) in [
        ("alex@contoso.com", true),
        ("o'brien@contoso.com", true),
        ("0day", true),
        (&long[..256], true),
        (&long, false),
        ("", false),
        ("12345", false),
        ("-rf", false),
        ("~alex", false),
        ("..", false),
        ("a:b", false),
        ("a/b", false),
        ("a b", false),
        ("a\nb", false),
        ("käse", false),
    ] {
        assert_eq!(is_name(name), good, "{name}");
    }
    for (path, good) in [
        ("/home/alex@contoso.com", true),
        ("home", false),
        ("/a:b", false),
        ("/a/../b", false),
        ("/a\n", false),
    ] {
        assert_eq!(is_path(path), good, "{path}");
    }
}

#[test]
fn the_first_line_of_a_mapped_user_counts() {
    let text = "# ours\npat:Pat@Contoso.com\n pat : other@contoso.com\n\nkim\nsam:\n+x:a@b.cd\nlee: lee@fabrikam.com \n";
    let mapped = crate::mapped_users(text);
    let pairs: Vec<_> = mapped.iter().map(|(user, person)| (user.as_str(), person.as_str())).collect();
    assert_eq!(pairs, [("pat", "pat@contoso.com"), ("lee", "lee@fabrikam.com")]);
}
