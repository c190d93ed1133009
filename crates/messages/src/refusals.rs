//! Why somebody is refused, by its code, in a language that is not English.

use crate::Language;
use crate::sentence::Sentence;
use crate::sentence::Value::{self, Number, Text};
use crate::table as t;

/// What the sentences of a refusal are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts<'a> {
    /// Who was asked for, `name@domain`; empty where it is not known.
    pub name: &'a str,
    /// Whole seconds until it may be tried again; 0 where nobody knows.
    pub seconds: u64,
    /// What the service says of it, in its own words; empty where it says nothing.
    pub service_says: &'a str,
}

/// A refusal in two sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What happened, with what the service says of it.
    pub message: String,
    /// What to do next.
    pub advice: String,
}

/// A line of the table: codes, what happened, what to do.
type Line = (&'static str, &'static Sentence, &'static Sentence);

/// Whether a code has sentences of its own.
pub fn is_listed(code: &str) -> bool {
    line(code).is_some()
}

/// What somebody is told who is refused for this reason, within what one message of PAM carries: the words of the
/// service are cut, and never the advice. A code that is not listed stands in a general sentence. Empty in English.
pub fn refused(code: &str, language: Language, facts: Facts<'_>) -> Refused {
    let (_, what, advice) = line(code).unwrap_or(&GENERAL);
    let domain = facts.name.split_once('@').map_or(facts.name, |(_, domain)| domain);
    let fields: [(&str, Value<'_>); 4] = [
        ("name", Text(facts.name)),
        ("domain", Text(domain)),
        ("seconds", Number(facts.seconds)),
        ("code", Text(code)),
    ];
    let (message, advice) = (what.say(language, &fields), advice.say(language, &fields));
    let with = |said: &str| t::SAID_SERVICE.say(language, &[("what", Text(&message)), ("text", Text(said))]);
    let room = MOST.saturating_sub(with("").len() + advice.len());
    match cut(facts.service_says, room) {
        "" => Refused { message, advice },
        said => Refused { message: with(said), advice },
    }
}

fn line(code: &str) -> Option<&'static Line> {
    LINES.iter().find(|(codes, ..)| codes.split(' ').any(|listed| listed.eq_ignore_ascii_case(code)))
}

fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Bytes of both sentences: of 511, so many are left for what stands around them.
const MOST: usize = 460;

const GENERAL: Line = ("", &t::REFUSAL_GENERAL, &t::REFUSAL_GENERAL_ADVICE);

/// Every code that can end a sign-in, by what it means for the person; what else there is has the general sentence.
#[rustfmt::skip]
const LINES: &[Line] = &[
    // what the service says (entra.md 6.4)
    ("AADSTS70019 AADSTS70020 expired_token code_expired", &t::REFUSAL_CODE_EXPIRED, &t::REFUSAL_CODE_EXPIRED_ADVICE),
    ("AADSTS70018 bad_verification_code AADSTS54005", &t::REFUSAL_CODE_WRONG, &t::REFUSAL_CODE_WRONG_ADVICE),
    ("authorization_declined authorization_pending", &t::REFUSAL_DECLINED, &t::REFUSAL_DECLINED_ADVICE),
    ("AADSTS50126", &t::REFUSAL_PASSWORD_WRONG, &t::REFUSAL_PASSWORD_WRONG_ADVICE),
    ("AADSTS50053", &t::REFUSAL_LOCKED, &t::REFUSAL_LOCKED_ADVICE),
    ("AADSTS50034 AADSTS51004", &t::REFUSAL_NO_ACCOUNT, &t::REFUSAL_NO_ACCOUNT_ADVICE),
    ("AADSTS50020 AADSTS90072 AADSTS500208 AADSTS16000 AADSTS16003 GuestAccount", &t::REFUSAL_ELSEWHERE, &t::REFUSAL_ELSEWHERE_ADVICE),
    ("AADSTS50055 AADSTS50144 user_password_expired", &t::REFUSAL_PASSWORD_EXPIRED, &t::REFUSAL_PASSWORD_EXPIRED_ADVICE),
    ("AADSTS50056", &t::REFUSAL_NO_PASSWORD, &t::REFUSAL_NO_PASSWORD_ADVICE),
    ("AADSTS50057", &t::REFUSAL_DISABLED, &t::REFUSAL_DISABLED_ADVICE),
    ("AADSTS50072 AADSTS50079 AADSTS50203", &t::REFUSAL_NO_FACTOR, &t::REFUSAL_NO_FACTOR_ADVICE),
    ("AADSTS50125 AADSTS50158 interaction_required account_selection_required basic_action additional_action message_only", &t::REFUSAL_BROWSER, &t::REFUSAL_BROWSER_ADVICE),
    ("AADSTS50074 AADSTS50076 AADSTS50078 AADSTS500121 error_mfa_required", &t::REFUSAL_FACTOR, &t::REFUSAL_FACTOR_ADVICE),
    ("login_required AADSTS50173 AADSTS70008 AADSTS700082 AADSTS700084 AADSTS70043 AADSTS50089 AADSTS50132 AADSTS50133 invalid_grant bad_token token_expired AADSTS140001 NeedsToken SignInExpired TokenRefused", &t::REFUSAL_OVER, &t::REFUSAL_OVER_ADVICE),
    ("access_denied", &t::REFUSAL_DENIED, &t::REFUSAL_DENIED_ADVICE),
    ("AADSTS53010", &t::REFUSAL_PLACE, &t::REFUSAL_PLACE_ADVICE),
    ("consent_required AADSTS90093 AADSTS90094 AADSTS90095 AADSTS65001", &t::REFUSAL_CONSENT, &t::REFUSAL_CONSENT_ADVICE),
    ("AADSTS650057 AADSTS700016 invalid_client unauthorized_client", &t::REFUSAL_APPLICATION, &t::REFUSAL_APPLICATION_ADVICE),
    ("AADSTS50131 AADSTS53003 AADSTS530032 AADSTS530035", &t::REFUSAL_RULE, &t::REFUSAL_RULE_ADVICE),
    ("AADSTS50105", &t::REFUSAL_NOT_ASSIGNED, &t::REFUSAL_NOT_ASSIGNED_ADVICE),
    ("AADSTS53011 AADSTS530034", &t::REFUSAL_RISK, &t::REFUSAL_RISK_ADVICE),
    ("AADSTS53000 AADSTS53001 AADSTS530003 AADSTS50097 AADSTS50129", &t::REFUSAL_DEVICE_RULE, &t::REFUSAL_DEVICE_RULE_ADVICE),
    ("AADSTS530036", &t::REFUSAL_CODE_BLOCKED, &t::REFUSAL_CODE_BLOCKED_ADVICE),
    ("AADSTS530084", &t::REFUSAL_TOKEN_PROTECTION, &t::REFUSAL_TOKEN_PROTECTION_ADVICE),
    ("AADSTS240001 error_authorization_request_denied authorization_error AuthorizationError error_fail", &t::REFUSAL_MAY_NOT_JOIN, &t::REFUSAL_MAY_NOT_JOIN_ADVICE),
    ("error_directory_quota_exceeded", &t::REFUSAL_QUOTA, &t::REFUSAL_QUOTA_ADVICE),
    ("invalid_request unsupported_grant_type unsupported_response_type AADSTS50011 AADSTS65002 AADSTS500011 AADSTS70011 AADSTS7000218 invalid_scope invalid_resource invalid_target AADSTS70002 AADSTS50187 UnknownRefusal UnusableReply UnusableDocument IdToken MissingScope SealedReply SessionKey", &t::REFUSAL_REQUEST, &t::REFUSAL_REQUEST_ADVICE),
    ("AADSTS90002 AADSTS50059 AADSTS900023 invalid_tenant AADSTS90038 AADSTS50049 invalid_instance ForbiddenHost ForeignHost", &t::REFUSAL_WRONG_PLACE, &t::REFUSAL_WRONG_PLACE_ADVICE),
    ("AADSTS90055 slow_down AADSTS90006 AADSTS90033 temporarily_unavailable server_error ServiceBusy AADSTS140000 NoAnswer UnknownKey", &t::REFUSAL_BUSY, &t::REFUSAL_BUSY_ADVICE),
    ("AADSTS50155 AADSTS130008 AADSTS130006 AADSTS135010 DeviceValidationFailed", &t::REFUSAL_DEVICE_UNKNOWN, &t::REFUSAL_DEVICE_UNKNOWN_ADVICE),
    ("AADSTS135011 AADSTS130007", &t::REFUSAL_DEVICE_DISABLED, &t::REFUSAL_DEVICE_DISABLED_ADVICE),
    ("AADSTS700003", &t::REFUSAL_DEVICE_DELETED, &t::REFUSAL_DEVICE_DELETED_ADVICE),
    // what is found on the way there
    ("NotJson SignInPage ReplyTooBig ForeignTarget", &t::REFUSAL_BETWEEN, &t::REFUSAL_BETWEEN_ADVICE),
    ("Unreachable", &t::REFUSAL_UNREACHABLE, &t::REFUSAL_UNREACHABLE_ADVICE),
    ("ProxyUnreachable ProxyRefused", &t::REFUSAL_PROXY, &t::REFUSAL_PROXY_ADVICE),
    ("Tls", &t::REFUSAL_TLS, &t::REFUSAL_TLS_ADVICE),
    ("ClockSkew", &t::REFUSAL_CLOCK, &t::REFUSAL_CLOCK_ADVICE),
    ("UnusablePrompt", &t::REFUSAL_UNUSABLE_PROMPT, &t::REFUSAL_UNUSABLE_PROMPT_ADVICE),
    // what this machine says
    ("TooManyAttempts", &t::REFUSAL_TOO_MANY, &t::REFUSAL_TOO_MANY_ADVICE),
    ("SignInNotAllowed", &t::REFUSAL_NOT_ALLOWED, &t::REFUSAL_NOT_ALLOWED_ADVICE),
    ("UnknownDomain", &t::REFUSAL_UNKNOWN_DOMAIN, &t::REFUSAL_UNKNOWN_DOMAIN_ADVICE),
    ("RegistrationNotAllowed", &t::REFUSAL_MAY_NOT_REGISTER, &t::REFUSAL_MAY_NOT_REGISTER_ADVICE),
    ("WrongAccount AnotherAccount", &t::REFUSAL_WRONG_ACCOUNT, &t::REFUSAL_WRONG_ACCOUNT_ADVICE),
    ("AccountRenamed", &t::REFUSAL_RENAMED, &t::REFUSAL_RENAMED_ADVICE),
    ("AccountReplaced FormerName", &t::REFUSAL_REPLACED, &t::REFUSAL_REPLACED_ADVICE),
    ("TenantChanged ForeignTenant", &t::REFUSAL_TENANT_CHANGED, &t::REFUSAL_TENANT_CHANGED_ADVICE),
    ("GroupsNotReadable GraphRefused", &t::REFUSAL_GROUPS, &t::REFUSAL_GROUPS_ADVICE),
    ("PasswordTimeout", &t::REFUSAL_TIMEOUT, &t::REFUSAL_TIMEOUT_ADVICE),
    ("CodeNotShown", &t::REFUSAL_CODE_NOT_SHOWN, &t::REFUSAL_CODE_NOT_SHOWN_ADVICE),
    ("AccountConflict HomeOfAnother HomeLinkBroken UnusableHome UnusableName NoUserId LocalGroupRefused", &t::REFUSAL_LOCAL_ACCOUNT, &t::REFUSAL_LOCAL_ACCOUNT_ADVICE),
    ("OfflinePassword", &t::REFUSAL_OFFLINE_PASSWORD, &t::REFUSAL_OFFLINE_PASSWORD_ADVICE),
    ("OfflineBlocked OfflineExpired OfflineUsedUp OfflineEnded OfflineMemory ClockWentBack", &t::REFUSAL_OFFLINE, &t::REFUSAL_OFFLINE_ADVICE),
    ("OfflineBusy", &t::REFUSAL_OFFLINE_BUSY, &t::REFUSAL_OFFLINE_BUSY_ADVICE),
    ("HomeNotAnswering", &t::REFUSAL_HOME, &t::REFUSAL_HOME_ADVICE),
    ("StateNotWritable State StateDamaged StateIncomplete StateNewer", &t::REFUSAL_STATE, &t::REFUSAL_STATE_ADVICE),
    ("KeyUnavailable ClonedMachine BootStateChanged BootFile KeyStoreAbsent KeyStoreUnusable KeyStoreLocked KeyStore", &t::REFUSAL_KEYS, &t::REFUSAL_KEYS_ADVICE),
    ("KeyStoreBusy KeysInUse ServiceEnded TooManyConnections", &t::REFUSAL_MOMENT, &t::REFUSAL_MOMENT_ADVICE),
    ("NotRegistered", &t::REFUSAL_NOT_REGISTERED, &t::REFUSAL_NOT_REGISTERED_ADVICE),
    ("Forbidden", &t::REFUSAL_FORBIDDEN, &t::REFUSAL_FORBIDDEN_ADVICE),
    ("BadName", &t::REFUSAL_BAD_NAME, &t::REFUSAL_BAD_NAME_ADVICE),
    ("BadRequest UnknownRequest AnswerTooLong", &t::REFUSAL_VERSION, &t::REFUSAL_VERSION_ADVICE),
    ("Crashed Unexpected NoEnd", &t::REFUSAL_FAULT, &t::REFUSAL_FAULT_ADVICE),
];
