mod table;

use crate::{Cause, DeviceTrouble, FailureClass, Who};
use table::TABLE;

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

/// The line of a code; none for a code that is not in the table, which is `Broken` for the attempt
/// and changes nothing in the identity.
pub fn refusal(code: &str) -> Option<&'static Refusal> {
    TABLE.iter().find(|line| line.code.eq_ignore_ascii_case(code))
}

/// The whole table, for the documents and the tests.
pub fn refusals() -> &'static [Refusal] {
    TABLE
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every code that entra.md 6.4 and 6.5 name, and the words of entra.md 5.7.
    const NAMED: &str = "50155 135011 70002 700003 50097 50187 50129 530003 53000 53001 53003 130006 130007 130008 \
        130004 130005 135010 140000 140001 50173 70008 700082 70043 50132 50133 50072 50074 50076 50079 65001 65002 \
        90055 90006 90033 240001 70019 expired_token 70018 authorization_declined 70020 50126 50053 50034 51004 50020 \
        90072 500208 16000 50055 50144 50056 50057 50203 50125 50078 500121 50131 50105 53011 530034 530032 530035 \
        530036 530084 50011 500011 70011 7000218 700084 50089 50158 90002 50059 900023 90038 \
        error_directory_quota_exceeded error_authorization_request_denied error_missing_device error_fail \
        error_hostname_duplicate error_user_not_registered_device_owner";

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
        let texts =
            [class, line.who.description().to_owned(), line.meaning.to_owned(), line.advice.to_owned()];
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

    #[test]
    fn a_rule_that_demands_a_device_stops_before_registration_and_asks_the_user_after_it() {
        let line = refusal("53000").unwrap();
        assert_eq!((line.class, line.after_registration), (FailureClass::Denied, FailureClass::NeedsUser));
    }
}
