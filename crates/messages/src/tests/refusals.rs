use super::{MOST, NAME, translations};
use crate::{Facts, Language, LoginText, Refused, is_listed, refused};

/// Codes of this machine that no sign-in ends with: of commands, of the setting up of the machine, of Intune, and of
/// what keeps the daemon from starting.
const NOT_AT_A_SIGN_IN: &str = "AccountExists AuthValueExists AuthValueUnusable CertificateDates Configuration ConversationBroken \
    CredentialFailed CredentialNotVerified DaemonNewer DaemonSilent DeviceName EndpointUri FileFailed FileNotText \
    FileUntrusted ForeignKey ForeignServer HsmTypeConflict IdentityExists Input Interrupted IntuneBusy IntuneUnavailable JoinTokenRefused \
    NoDaemon NoDeviceId NoDomain NoIntuneEndpoint NoMove NoRequest NoSystemdCreds NotAgreed NotBootBound \
    NotEnrolled NotMovable OfflineKeyEnded Output PamEditedByHand PamModuleMissing PamStackUnknown PamStackUnreadable PamStackWrong \
    ProgramFailed ProgramMissing RekeyUnderWay ReservedAlready RetireNotOffered ServiceRunning Signals SocketDenied SshdCheckFailed \
    SshdConfigBroken SshdReadsNoDropIns TableNotReadable TokenMissing TokenUnusable TooLate UnknownAccount Usage ValidationFailed WrongRecoveryCode";

/// Lines of the table of refusals that no sign-in ends with: of passwordless sign-in, and of a device object.
const NOT_AT_A_SIGN_IN_OF_THE_SERVICE: &str =
    "130004 130005 error_missing_device error_hostname_duplicate error_user_not_registered_device_owner";

fn words(list: &str) -> Vec<&str> {
    list.split_whitespace().collect()
}

/// The codes of docs/words.md, which other tests compare with the code.
fn codes_made_here() -> Vec<String> {
    let page = include_str!("../../../../docs/words.md");
    let (_, behind) = page.split_once("<!-- codes of failures made here, frozen -->").unwrap();
    let (part, _) = behind.split_once("<!-- end -->").unwrap();
    part.split('`')
        .filter(|word| word.chars().all(char::is_alphanumeric) && *word != "code")
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_code_of_this_machine_has_its_sentences_or_cannot_end_a_sign_in() {
    let codes = codes_made_here();
    assert!(codes.len() > 100, "{codes:?}");
    for code in &codes {
        let not_here = words(NOT_AT_A_SIGN_IN).contains(&code.as_str());
        assert!(
            is_listed(code) || not_here,
            "{code} is new: give it a line in crates/messages/src/refusals.rs and sentences (refusal-…) in the files \
             of crates/messages/fluent, or add it to NOT_AT_A_SIGN_IN here if no sign-in can end with it"
        );
    }
}

#[test]
fn every_line_of_the_table_of_refusals_has_its_sentences() {
    for line in model::refusals() {
        let number = line.code.chars().all(|c| c.is_ascii_digit());
        let code = if number { format!("AADSTS{}", line.code) } else { line.code.to_owned() };
        let not_here = words(NOT_AT_A_SIGN_IN_OF_THE_SERVICE).contains(&line.code);
        assert!(
            is_listed(&code) || not_here,
            "{code} is new in the table of refusals: give it a line in crates/messages/src/refusals.rs"
        );
    }
}

fn all_codes() -> Vec<String> {
    let of_service = model::refusals().iter().map(|line| format!("AADSTS{}", line.code));
    let plain = model::refusals().iter().map(|line| line.code.to_owned());
    codes_made_here().into_iter().chain(of_service).chain(plain).filter(|code| is_listed(code)).collect()
}

#[test]
fn every_refusal_fits_into_one_message_of_pam_whatever_the_service_says() {
    let endless = "The service says much, and 日本語 too. ".repeat(20);
    for language in translations() {
        let around = LoginText::PressEnter.say(language).len() + "\n. ".len();
        for code in all_codes().iter().map(String::as_str).chain(["AADSTS999999", "error_of_a_later_year"]) {
            let facts = Facts { name: NAME, seconds: 3600, service_says: "" };
            let plain = refused(code, language, facts);
            let told = refused(code, language, Facts { service_says: &endless, ..facts });
            for Refused { message, advice } in [&plain, &told] {
                let length = message.len() + advice.len() + around;
                assert!(length <= MOST, "{language:?} {code}: {length} bytes: {message} {advice}");
                assert!(!message.is_empty() && !advice.is_empty(), "{language:?} {code}");
                assert!(!message.contains(['{', '}', '\n']) && !advice.contains(['{', '}', '\n']));
            }
            assert_eq!(told.advice, plain.advice, "the advice is never cut");
        }
    }
}

#[test]
fn a_code_without_sentences_of_its_own_stands_in_the_general_one() {
    for language in translations() {
        let told = refused("AADSTS999999", language, Facts::default());
        assert!(told.message.contains("AADSTS999999"), "{}", told.message);
    }
}

#[test]
fn the_facts_stand_in_the_sentences() {
    let facts = Facts { name: "alex@contoso.com", seconds: 42, service_says: "" };
    for language in translations() {
        let of = |code| refused(code, language, facts);
        assert!(of("TooManyAttempts").message.contains("alex@contoso.com"));
        assert!(of("TooManyAttempts").advice.contains("42"));
        assert!(of("UnknownDomain").message.contains("contoso.com"));
        assert!(!of("UnknownDomain").message.contains("alex"));
        assert!(of("AccountReplaced").advice.ends_with("aad-tool forget-account alex@contoso.com"));
        let told = refused("AADSTS50126", language, Facts { service_says: "Invalid grant.", ..facts });
        assert!(told.message.ends_with("Invalid grant."), "{}", told.message);
    }
    let marks = Facts { service_says: "{name|a|b} } {", ..facts };
    assert!(refused("AADSTS50126", Language::German, marks).message.ends_with("meldet: {name|a|b} } {"));
    let german = refused("AADSTS50126", Language::German, Facts { service_says: "No.", ..facts });
    assert_eq!(german.message, "Der Benutzername oder das Kennwort ist falsch; der Dienst meldet: No.");
}

#[test]
fn english_has_its_refusals_from_where_they_are_made() {
    let empty = Refused { message: String::new(), advice: String::new() };
    assert_eq!(refused("AADSTS50126", Language::English, Facts::default()), empty);
}
