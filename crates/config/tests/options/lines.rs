//! Lines in any order, and any bytes at all: what is wrong is named by its line, and nothing panics.

use super::one;
use config::check;
use ini::Sources;
use proptest::prelude::*;
use std::fs;

/// A line that is right wherever it stands.
fn good_line() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "# comment = 1",
        "; comment",
        "join_type = join",
        "registration: required",
        "Cloud = usgov # inline",
        "frobnicate = yes",
        "enable_hello = perhaps",
        "request_timeout = 20",
        "authority_host = login.example:8443",
        "[global]",
        "[contoso.com]",
        "[Fabrikam.com] ; inline",
    ])
}

/// A line that is wrong in every section of [`good_line`], and whose option no good line repeats.
fn bad_line() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "no assignment",
        "[contoso.com",
        "[contoso .com]",
        "two words = 1",
        "= value",
        "apply_policy = maybe",
        "sign_in = passwort",
        "drs_host = https://drs.example",
        "graph_url = http://graph.example",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_one_wrong_line_is_the_one_that_is_named(
        mut lines in prop::collection::vec(good_line(), 0..20), bad in bad_line(), at: prop::sample::Index,
    ) {
        let at = at.index(lines.len() + 1);
        lines.insert(at, bad);
        let error = one(&lines.join("\n")).map(|_| ()).unwrap_err().to_string();
        let named = format!("himmelblau.conf:{}: ", at + 1);
        prop_assert!(error.contains(&named), "{} in {:?}", error, lines);
    }

    #[test]
    fn right_lines_in_any_order_are_a_configuration(lines in prop::collection::vec(good_line(), 0..30)) {
        let loaded = one(&lines.join("\n")).unwrap();
        prop_assert!(loaded.settings.domains.len() <= 2);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC*|([\\[\\]=:#; a-z_./@\n]{0,120})") {
        drop(one(&text));
    }

    #[test]
    fn no_bytes_make_it_panic_and_every_refusal_names_a_line(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 1..12),
    ) {
        let mut bytes = b"[global]\ndomain = contoso.com\nproxy = http://p:1\nhsm_type = tpm\nrequest_timeout = 10\n\
            [contoso.com]\ndomain_aliases = contoso.de\ntenant_id = 11112222-3333-4444-5555-666677778888\n\
            cloud = custom\nauthority_host = a.b\ndrs_host = d.e:1\ngraph_url = https://g.h\n".to_vec();
        for (at, byte, kind) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("h.conf");
        fs::write(&path, &bytes).unwrap();
        for error in check(&Sources::file(&path)).errors {
            let text = error.to_string();
            let line = text.split("h.conf:").nth(1).and_then(|rest| rest.split(':').next());
            let line: usize = line.and_then(|line| line.parse().ok()).unwrap_or(0);
            let lines = String::from_utf8_lossy(&bytes).lines().count();
            prop_assert!((1..=lines).contains(&line), "{}", text);
        }
    }
}
