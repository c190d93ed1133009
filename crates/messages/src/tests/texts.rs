use super::{MOST, NAME, translations};
use crate::{Helper, Language, LoginText, Said, ToolText};

const URL: &str = "https://login.microsoftonline.com/common/oauth2/deviceauth";
const CODE: &str = "ABCD-2345-EF";

fn logins() -> Vec<LoginText<'static>> {
    vec![
        LoginText::Password,
        LoginText::Open { url: URL, code: CODE },
        LoginText::Time { minutes: 1, may_end: false },
        LoginText::Time { minutes: 15, may_end: false },
        LoginText::Time { minutes: 1, may_end: true },
        LoginText::Time { minutes: 15, may_end: true },
        LoginText::WhenDone,
        LoginText::NotYet,
        LoginText::PressEnter,
        LoginText::NotAvailable,
        LoginText::PasswordElsewhere,
        LoginText::Denied { code: "error_authorization_request_denied" },
        LoginText::Forgotten,
        LoginText::Unknown,
        LoginText::Unreadable,
    ]
}

fn tools() -> Vec<ToolText<'static>> {
    vec![
        ToolText::Note("x"),
        ToolText::SignedIn("x", "y"),
        ToolText::PasswordFor("x"),
        ToolText::OrCode,
        ToolText::Password,
        ToolText::App,
        ToolText::Yourself,
        ToolText::Open("x"),
        ToolText::Code("x"),
        ToolText::Until("x"),
        ToolText::Problem("x", "y"),
        ToolText::Who("x"),
        ToolText::Advice("x"),
        ToolText::Waiting("x", None),
        ToolText::StillWaiting("x", Some("y")),
        ToolText::Daemon,
        ToolText::TheEnd("x"),
    ]
}

fn saids() -> Vec<Said<'static>> {
    vec![
        Said::MoreThanPassword,
        Said::SecondFactor,
        Said::NotHeard("x", "y", "z"),
        Said::AnswersAgain,
        Said::TriedAgain("x"),
        Said::WithoutNetwork("x"),
        Said::GoesOn,
        Said::KeysAreMade,
        Said::NotRegistered,
        Said::Registering,
        Said::Registered,
        Said::Suspended,
        Said::Leaving,
        Said::WaitsForTenant("x"),
        Said::WaitsForRealm("x"),
        Said::WaitsForCode,
        Said::WaitsForPassword,
        Said::WaitsForTokens,
        Said::WaitsForAccount,
        Said::WaitsForApproval,
        Said::WaitsForKeys,
        Said::WaitsForFirstUse,
    ]
}

const HELPERS: [Helper; 7] = [
    Helper::Nobody,
    Helper::Nothing,
    Helper::Service,
    Helper::You,
    Helper::TenantAdmin,
    Helper::MachineAdmin,
    Helper::Developers,
];

#[test]
fn everything_is_said_in_every_language_and_in_each_in_its_own_words() {
    let in_language = |language: Language| -> Vec<String> {
        let logins = logins().into_iter().map(|text| text.say(language));
        logins.chain(tools().into_iter().map(|text| text.say(language))).collect()
    };
    let english = in_language(Language::English);
    assert!(english.iter().all(|text| text.is_ascii() && !text.is_empty()));
    for language in translations() {
        for (own, original) in in_language(language).iter().zip(&english) {
            let same = ["Code: x", "Problem: x [y]"].contains(&own.as_str());
            assert!(!own.is_empty() && (own != original || same), "{language:?}: {own}");
        }
        let said = saids().into_iter().map(|text| text.say(language));
        for text in said.chain(HELPERS.map(|helper| helper.say(language))) {
            assert!(!text.is_empty() && !text.contains(['{', '}', '\n', '$']), "{language:?}: {text}");
        }
    }
}

#[test]
fn english_has_what_the_daemon_says_from_where_it_is_made() {
    let english = Language::English;
    assert!(saids().into_iter().all(|text| text.say(english).is_empty()));
    assert!(HELPERS.iter().all(|helper| helper.say(english).is_empty()));
}

#[test]
fn one_is_one_and_none_is_one_in_french_alone() {
    let minutes = |language, minutes| LoginText::Time { minutes, may_end: false }.say(language);
    for (language, count, says) in [
        (Language::English, 1, "You have one minute for it."),
        (Language::English, 0, "You have 0 minutes for it."),
        (Language::English, 15, "You have 15 minutes for it."),
        (Language::German, 1, "Sie haben dafür eine Minute."),
        (Language::French, 0, "Vous avez une minute pour cela."),
        (Language::French, 2, "Vous avez 2 minutes pour cela."),
        (Language::Spanish, 0, "Tiene 0 minutos para ello."),
        (Language::Japanese, 1, "残り時間は 1 分です。"),
    ] {
        assert_eq!(minutes(language, count), says);
    }
}

#[test]
fn what_a_log_in_shows_at_once_fits_into_one_message_of_pam() {
    for language in Language::ALL {
        for text in logins() {
            assert!(text.say(language).len() <= MOST, "{language:?} {text:?}");
        }
        let lines = |texts: &[LoginText<'_>]| {
            texts.iter().map(|text| text.say(language)).collect::<Vec<_>>().join("\n")
        };
        let open = LoginText::Open { url: URL, code: CODE };
        let time = LoginText::Time { minutes: 15, may_end: true };
        let again = lines(&[LoginText::NotYet, open, time, LoginText::WhenDone]);
        assert!(again.len() <= MOST, "{language:?}: {} bytes", again.len());
        for reason in [Said::MoreThanPassword, Said::SecondFactor] {
            let first = reason.say(language) + "\n" + &lines(&[open, time, LoginText::WhenDone]);
            assert!(first.len() <= MOST, "{language:?}: {} bytes", first.len());
        }
        let waiting = Said::NotHeard("x", "AADSTS90033", "2027-01-15T08:00:00Z").say(language);
        assert!(waiting.len() + again.len() <= MOST + 200 && waiting.len() <= MOST, "{language:?}");
        let password = ToolText::PasswordFor(NAME).say(language);
        assert!(password.contains(NAME) && password.len() <= MOST);
    }
}

#[test]
fn what_is_asked_ends_with_a_space() {
    for language in Language::ALL {
        for text in [
            LoginText::Password.say(language),
            LoginText::WhenDone.say(language),
            ToolText::Password.say(language),
        ] {
            assert!(text.ends_with(": "), "{text}");
        }
    }
}
