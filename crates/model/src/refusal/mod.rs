mod oauth_word;
mod table;

pub use oauth_word::OauthWord;

use crate::{Cause, DeviceTrouble, FailureClass, Who};
use table::{TABLE, UNKNOWN};

/// One line of the table of refusals: what a server code means and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// `AADSTS` number without its prefix, or the word of a DRS or OAuth error.
    pub code: &'static str,
    /// What the machine may do.
    pub class: FailureClass,
    /// What the machine may do once it is registered; differs for rules that demand a device.
    pub after_registration: FailureClass,
    /// Who can fix it.
    pub who: Who,
    /// What it says of the device.
    pub trouble: Option<DeviceTrouble>,
    /// What the sign-in or the token request lacked.
    pub cause: Option<Cause>,
    /// What happened, one sentence.
    pub meaning: &'static str,
    /// The next step, one sentence.
    pub advice: &'static str,
}

/// The line of a code; none for one that is not in the table, which is `Broken` and changes nothing in the identity.
pub fn refusal(code: &str) -> Option<&'static Refusal> {
    TABLE.iter().find(|line| line.code.eq_ignore_ascii_case(code))
}

/// What an error object of the token service means (entra.md 6.5): a number that the table knows decides; where none
/// is known, a busy service does, then the OAuth words, the most telling first. An answer that says nothing of all
/// this can be explained by the sign-in log alone.
pub fn refusal_by_token_service(numbers: &[u32], words: &[OauthWord], http_status: u16) -> &'static Refusal {
    let known =
        numbers.iter().filter(|number| **number != WRAPPER).find_map(|number| refusal_of_number(*number));
    let busy = is_busy(http_status).then_some(OauthWord::TemporarilyUnavailable);
    let word = busy.or_else(|| words.first().copied());
    known.or_else(|| refusal(word?.as_str())).unwrap_or(&UNKNOWN)
}

/// The line of an AADSTS number.
pub fn refusal_of_number(number: u32) -> Option<&'static Refusal> {
    refusal(&number.to_string())
}

/// Whether a status says that the service does not work now; 511 is a captive portal's (RFC 6585 section 6).
pub fn is_busy(http_status: u16) -> bool {
    http_status == 429 || (http_status >= 500 && http_status != 511)
}

/// The line of an answer that says nothing we know.
pub const UNKNOWN_REFUSAL: &Refusal = &UNKNOWN;

/// InvalidClient, which only wraps another code (entra.md 6.4).
pub const WRAPPER: u32 = 70_002;

/// The whole table, for the documents and the tests.
pub fn refusals() -> &'static [Refusal] {
    TABLE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Delivery, Failure, Upcoming};

    /// Every code that entra.md 6.4 and 6.5 name, and the words of entra.md 5.7.
    const NAMED: &str = "50155 135011 70002 700003 50097 50187 50129 530003 53000 53001 53003 130006 130007 130008 \
        130004 130005 135010 140000 140001 50173 70008 700082 70043 50132 50133 50072 50074 50076 50079 65001 65002 \
        90055 90006 90033 240001 70019 expired_token 70018 authorization_declined 70020 50126 50053 50034 51004 50020 \
        90072 500208 16000 50055 50144 50056 50057 50203 50125 50078 500121 50131 50105 53011 530034 530032 530035 \
        530036 530084 50011 500011 70011 7000218 700084 50089 50158 90002 50059 900023 90038 \
        error_directory_quota_exceeded error_authorization_request_denied error_missing_device error_fail \
        error_hostname_duplicate error_user_not_registered_device_owner 90093 90094 90095 650057 700016 53010 50049 \
        invalid_grant interaction_required consent_required invalid_client unauthorized_client access_denied \
        temporarily_unavailable server_error slow_down invalid_instance";

    #[test]
    fn every_code_of_the_pages_has_exactly_one_line() {
        for code in NAMED.split_whitespace() {
            assert_eq!(refusals().iter().filter(|line| line.code == code).count(), 1, "{code}");
        }
    }

    #[test]
    fn the_operations_page_tells_every_refusal() {
        let head = ["Code", "Class", "Who can fix it", "What happened", "What to do"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        let mut last = None;
        for line in refusals() {
            // Codes that say the same share a row.
            let says = (line.class, line.who, line.meaning, line.advice);
            match rows.last_mut() {
                Some(row) if last == Some(says) => row[0].push_str(&format!(", {}", name(line))),
                _ => rows.push(row(line)),
            }
            last = Some(says);
        }
        manual::check_table("operations.md", "refusals", &rows).unwrap();
    }

    fn row(line: &Refusal) -> Vec<String> {
        let class = match line.class == line.after_registration {
            true => format!("{:?}", line.class),
            false => format!("{:?}; once registered {:?}", line.class, line.after_registration),
        };
        let failure = Failure::local(line.class, line.who, line.code, String::new(), line.advice);
        let who = Failure { delivery: Delivery::Answered, ..failure }.advise(Upcoming::Nothing).who;
        let texts = [class, who.to_owned(), line.meaning.to_owned(), line.advice.to_owned()];
        [vec![name(line)], texts.to_vec()].concat()
    }

    fn name(line: &Refusal) -> String {
        let number = line.code.bytes().all(|byte| byte.is_ascii_digit());
        if number { format!("AADSTS{}", line.code) } else { line.code.to_owned() }
    }

    #[test]
    fn every_line_is_one_sentence_of_meaning_and_one_of_advice() {
        for line in refusals() {
            assert!(
                !line.meaning.ends_with('.') && line.meaning.chars().next().is_some_and(char::is_lowercase),
                "{}",
                line.code
            );
            assert!(
                line.advice.ends_with('.') && line.advice.chars().next().is_some_and(char::is_uppercase),
                "{}",
                line.code
            );
        }
    }

    /// A number that no page names.
    const STRANGE: u32 = 987_654;

    #[test]
    fn the_word_decides_where_the_number_is_unknown_and_blames_nobody_for_nothing() {
        for word in OauthWord::ALL {
            for numbers in [&[][..], &[STRANGE], &[WRAPPER, STRANGE]] {
                let line = refusal_by_token_service(numbers, &[*word], 400);
                assert_eq!(line.code, word.as_str());
                assert_ne!(line.who, Who::Developers, "{word}");
            }
        }
        for (word, class, who) in [
            (OauthWord::InvalidGrant, FailureClass::NeedsUser, Who::User),
            (OauthWord::ExpiredToken, FailureClass::NeedsUser, Who::User),
            (OauthWord::AuthorizationDeclined, FailureClass::NeedsUser, Who::User),
            (OauthWord::InteractionRequired, FailureClass::NeedsUser, Who::User),
            (OauthWord::ConsentRequired, FailureClass::Denied, Who::TenantAdmin),
            (OauthWord::InvalidClient, FailureClass::Denied, Who::TenantAdmin),
            (OauthWord::AccessDenied, FailureClass::Denied, Who::TenantAdmin),
            (OauthWord::TemporarilyUnavailable, FailureClass::Transient, Who::Nobody),
            (OauthWord::InvalidInstance, FailureClass::Denied, Who::MachineAdmin),
        ] {
            let line = refusal_by_token_service(&[STRANGE], &[word], 400);
            assert_eq!((line.class, line.after_registration, line.who), (class, class, who), "{word}");
        }
    }

    #[test]
    fn a_known_number_comes_first_then_a_busy_service_then_the_first_word() {
        use OauthWord::{ConsentRequired, InvalidGrant, TemporarilyUnavailable};
        for (numbers, words, status, code) in [
            (&[STRANGE, 50_126][..], &[InvalidGrant][..], 400, "50126"),
            (&[50_126], &[TemporarilyUnavailable], 503, "50126"),
            (&[STRANGE], &[InvalidGrant], 503, "temporarily_unavailable"),
            (&[], &[InvalidGrant], 429, "temporarily_unavailable"),
            (&[STRANGE], &[ConsentRequired, InvalidGrant], 400, "consent_required"),
            (&[STRANGE], &[InvalidGrant], 511, "invalid_grant"),
            (&[WRAPPER], &[InvalidGrant], 401, "invalid_grant"),
            (&[STRANGE], &[], 400, ""),
            (&[], &[], 400, ""),
        ] {
            assert_eq!(refusal_by_token_service(numbers, words, status).code, code, "{numbers:?} {words:?}");
        }
        assert_ne!(UNKNOWN.who, Who::Developers);
    }

    #[test]
    fn what_nobody_here_can_mend_names_who_can() {
        for (number, who) in [
            (90_093, Who::TenantAdmin),
            (90_094, Who::TenantAdmin),
            (90_095, Who::TenantAdmin),
            (650_057, Who::TenantAdmin),
            (700_016, Who::TenantAdmin),
            (53_010, Who::TenantAdmin),
            (50_049, Who::MachineAdmin),
        ] {
            let line = refusal_of_number(number).unwrap();
            assert_eq!(
                (line.class, line.after_registration, line.who),
                (FailureClass::Denied, FailureClass::Denied, who)
            );
        }
        let (expired, other) = (refusal("70019").unwrap(), refusal("70020").unwrap());
        assert_eq!((expired.class, expired.cause, expired.advice), (other.class, other.cause, other.advice));
        assert_eq!(expired.cause, Some(Cause::CodeExpired));
    }

    #[test]
    fn a_rule_that_demands_a_device_stops_before_registration_and_asks_the_user_after_it() {
        let line = refusal("53000").unwrap();
        assert_eq!((line.class, line.after_registration), (FailureClass::Denied, FailureClass::NeedsUser));
    }
}
