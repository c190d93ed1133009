use crate::Language;
use crate::sentence::Sentence;
use crate::sentence::Value::Text;
use crate::table;

/// What the daemon says on the way to a sign-in, in a language that is not English: English has it from where it is
/// made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said<'a> {
    /// The organisation asks for more than a password.
    MoreThanPassword,
    /// The organisation asks for a second factor to register a device.
    SecondFactor,
    /// Whether the person approved cannot be heard: why, with its code, and until when it is tried.
    NotHeard(&'a str, &'a str, &'a str),
    /// The service answers again.
    AnswersAgain,
    /// There is no network, and this machine checks the password by itself until this time.
    WithoutNetwork(&'a str),
    /// It is tried again at this time.
    TriedAgain(&'a str),
    /// Something goes on by itself.
    GoesOn,
    /// Keys are being made for the registration.
    KeysAreMade,
    /// How far the machine is: it has no identity.
    NotRegistered,
    /// It is getting one.
    Registering,
    /// It has one.
    Registered,
    /// It may not use it.
    Suspended,
    /// It is giving it up.
    Leaving,
    /// What is waited for: the tenant of a domain.
    WaitsForTenant(&'a str),
    /// Who checks the passwords of a domain.
    WaitsForRealm(&'a str),
    /// A code.
    WaitsForCode,
    /// The answer to a password.
    WaitsForPassword,
    /// Tokens for a device.
    WaitsForTokens,
    /// Who signed in.
    WaitsForAccount,
    /// The person, with the code.
    WaitsForApproval,
    /// Keys that are being made.
    WaitsForKeys,
    /// The first use of the keys.
    WaitsForFirstUse,
}

impl Said<'_> {
    /// In this language; empty in English.
    pub fn say(self, language: Language) -> String {
        let plain = |sentence: &Sentence| sentence.say(language, &[]);
        let of = |sentence: &Sentence, field, text| sentence.say(language, &[(field, Text(text))]);
        match self {
            Said::MoreThanPassword => plain(&table::SAID_MORE_THAN_PASSWORD),
            Said::SecondFactor => plain(&table::SAID_SECOND_FACTOR),
            Said::NotHeard(what, code, until) => table::SAID_NOT_HEARD
                .say(language, &[("what", Text(what)), ("code", Text(code)), ("until", Text(until))]),
            Said::AnswersAgain => plain(&table::SAID_ANSWERS_AGAIN),
            Said::WithoutNetwork(until) => of(&table::SAID_WITHOUT_NETWORK, "until", until),
            Said::TriedAgain(until) => of(&table::SAID_TRIED_AGAIN, "until", until),
            Said::GoesOn => plain(&table::SAID_GOES_ON),
            Said::KeysAreMade => plain(&table::SAID_KEYS_ARE_MADE),
            Said::NotRegistered => plain(&table::SAID_NOT_REGISTERED),
            Said::Registering => plain(&table::SAID_REGISTERING),
            Said::Registered => plain(&table::SAID_REGISTERED),
            Said::Suspended => plain(&table::SAID_SUSPENDED),
            Said::Leaving => plain(&table::SAID_LEAVING),
            Said::WaitsForTenant(domain) => of(&table::WAITS_TENANT, "domain", domain),
            Said::WaitsForRealm(domain) => of(&table::WAITS_REALM, "domain", domain),
            Said::WaitsForCode => plain(&table::WAITS_CODE),
            Said::WaitsForPassword => plain(&table::WAITS_PASSWORD),
            Said::WaitsForTokens => plain(&table::WAITS_TOKENS),
            Said::WaitsForAccount => plain(&table::WAITS_ACCOUNT),
            Said::WaitsForApproval => plain(&table::WAITS_APPROVAL),
            Said::WaitsForKeys => plain(&table::WAITS_KEYS),
            Said::WaitsForFirstUse => plain(&table::WAITS_FIRST_USE),
        }
    }
}

/// Who can fix a failure, in a language that is not English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Helper {
    /// It passes.
    Nobody,
    /// There is nothing to fix.
    Nothing,
    /// The service.
    Service,
    /// The person who signs in.
    You,
    /// The administrator of the organisation.
    TenantAdmin,
    /// The administrator of this machine.
    MachineAdmin,
    /// The developers of Firmament.
    Developers,
}

impl Helper {
    /// In this language; empty in English.
    pub fn say(self, language: Language) -> String {
        let sentence = match self {
            Helper::Nobody => &table::WHO_NOBODY,
            Helper::Nothing => &table::WHO_NOTHING,
            Helper::Service => &table::WHO_SERVICE,
            Helper::You => &table::WHO_YOU,
            Helper::TenantAdmin => &table::WHO_TENANT_ADMIN,
            Helper::MachineAdmin => &table::WHO_MACHINE_ADMIN,
            Helper::Developers => &table::WHO_DEVELOPERS,
        };
        sentence.say(language, &[])
    }
}
