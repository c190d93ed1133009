//! Names in many writings, and what is none.

use super::*;

const OWN: Option<&str> = Some("alex@contoso.com");

#[test]
fn a_name_is_hidden_in_every_writing() {
    for name in [
        "sam@fabrikam.com",
        "Sam.Weber+home@fabrikam.co.uk",
        "sam_fabrikam.com#EXT#@contoso.onmicrosoft.com",
        "sam_fabrikam.com%23EXT%23%40contoso.onmicrosoft.com",
        "sam_fabrikam.com#ext#",
        "live.com#sam@hotmail.com",
        "live.com#sam",
        "sam%40fabrikam.com",
        "sam%2540fabrikam.com",
        "sam&#64;fabrikam.com",
        "sam&#x40;fabrikam.com",
        "sam\\u0040fabrikam.com",
        "sam\u{ff20}fabrikam.com",
        "s\u{e4}m.o'brien@fabrikam.com",
        "\u{441}\u{430}\u{43c}@fabrikam.com",
        "FABRIKAM\\sam",
        "AzureAD\\SamWeber",
        "CN=Sam Weber",
        "mailto/sam@fabrikam.com",
        "\"sam weber\"@fabrikam.com",
    ] {
        for (before, behind) in
            [("", ""), ("User ", " is unknown."), ("(", ")"), ("user=", "&x"), ("upn:", ","), ("<", ">")]
        {
            let text = format!("{before}{name}{behind}");
            let shown = hidden(&text, OWN, false);
            assert!(shown.contains(HIDDEN), "{text}: {shown}");
            for part in ["sam", "Sam", "weber", "Weber", "s\u{e4}m", "\u{441}\u{430}\u{43c}"] {
                assert!(!shown.contains(part), "{text}: {shown}");
            }
        }
    }
}

#[test]
fn what_stands_around_a_name_stays() {
    for (text, shown) in [
        ("User sam@fabrikam.com is not here.", "User (name hidden) is not here."),
        ("It is sam@fabrikam.com.", "It is (name hidden)."),
        ("sam@fabrikam.com, kim@fabrikam.com: both", "(name hidden), (name hidden): both"),
        ("CN=Sam Weber,OU=People", "(name hidden),OU=People"),
        ("alex@contoso.com and sam@contoso.com", "alex@contoso.com and (name hidden)"),
        ("Alex%40Contoso.com", "Alex%40Contoso.com"),
        ("alex@contoso.com.evil.example", HIDDEN),
        ("malex@contoso.com", HIDDEN),
    ] {
        assert_eq!(hidden(text, OWN, false), shown, "{text}");
    }
}

#[test]
fn in_the_words_of_a_service_everything_in_quotes_is_a_name_but_ids_and_pages() {
    for (text, shown) in [
        ("User 'Sam Weber' does not exist", "User '(name hidden)' does not exist"),
        ("the directory \"Contoso, Ltd.\"", "the directory \"(name hidden)\""),
        (
            "\u{201c}Sam\u{201d} and \u{ab}Kim\u{bb}",
            "\u{201c}(name hidden)\u{201d} and \u{ab}(name hidden)\u{bb}",
        ),
        ("account 'sam@fabrikam.com'.", "account '(name hidden)'."),
        ("user 'Sam O'Brien' is", "user '(name hidden)' is"),
        ("the service's user 'sam'", "the service's user '(name hidden)'"),
        ("account 'alex@contoso.com' is blocked", "account 'alex@contoso.com' is blocked"),
        (
            "app '29d9ed98-a469-4536-ade2-f981bc1d605e' of 'https://sts.windows.net/x/'",
            "app '29d9ed98-a469-4536-ade2-f981bc1d605e' of 'https://sts.windows.net/x/'",
        ),
        ("provider 'https://sts.example/sam@fabrikam.com'", "provider 'https:(name hidden)'"),
        ("codes '50034' and 'AADSTS50034'", "codes '50034' and 'AADSTS50034'"),
        ("an open 'quote", "an open 'quote"),
    ] {
        assert_eq!(hidden(text, OWN, true), shown, "{text}");
    }
}

#[test]
fn what_names_nobody_stays() {
    for text in [
        "",
        "AADSTS50126: the user name or password is wrong",
        "object 29d9ed98-a469-4536-ade2-f981bc1d605e of tenant 99999999-2222-3333-4444-555555555555",
        "CN=29d9ed98-a469-4536-ade2-f981bc1d605e",
        "at 2026-01-01T00:00:00Z, 100% of https://login.microsoftonline.com/common?x=1",
        "/var/lib/firmament/records.slots cannot be written",
        "@ and \\ alone",
        "himmelblau.conf:2: 'nonsense' is neither",
        "Registered; Intune: waiting for a sign-in.",
    ] {
        assert_eq!(hidden(text, None, false), text);
    }
}

#[test]
fn any_text_is_taken() {
    let pieces = [
        "'",
        "\"",
        "@",
        "%40",
        "\\",
        "cn=",
        "\u{e4}",
        "\u{201c}",
        "#ext#",
        " ",
        "a",
        ".",
        "\u{ff20}",
        "K\u{212a}",
    ];
    let mut state: u64 = 1;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..8 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.push_str(pieces[(state >> 40) as usize % pieces.len()]);
        }
        for foreign in [false, true] {
            let shown = hidden(&text, OWN, foreign);
            assert!(!shown.contains("a@a"), "{text}: {shown}");
        }
    }
}
