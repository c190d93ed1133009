//! The rules of names and pins (entra.md 2.10, rules 6 and 7), and which failures mean what.

use crate::{AccountPin, Facts, Memory, Method, Reply, Standing};
use admission::Groups;
use model::{
    Asked, Cause, Delivery, Failure, FailureClass, ObjectId, PasswordResult, TenantId, Timestamp,
    TokenSubject, Upn, Who,
};

/// What the rules say of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the one asked for; this is to be remembered.
    Welcome(Vec<Memory>),
    /// The names differ: Graph may prove that the asked name is the account's.
    AskGraph,
    /// It is somebody else.
    Refused(Failure),
}

/// Judges who signed in by the name that the token gives.
pub(crate) fn by_name(facts: &Facts, came: &TokenSubject, now: Timestamp) -> Verdict {
    match facts.asked.person() {
        Some(asked) if *asked == came.upn => by_pin(facts, asked, came, now),
        _ => Verdict::AskGraph,
    }
}

/// Judges who signed in by what Graph says their name is; no answer proves nothing.
pub(crate) fn by_graph(
    facts: &Facts,
    came: &TokenSubject,
    me: Option<(ObjectId, &str)>,
    now: Timestamp,
) -> Verdict {
    let proved = |asked: &&Upn| {
        me.is_some_and(|(object, upn)| {
            object == came.object && upn.parse::<Upn>().is_ok_and(|upn| upn == **asked)
        })
    };
    match facts.asked.person().filter(proved) {
        Some(asked) => by_pin(facts, asked, came, now),
        None => Verdict::Refused(wrong_name(facts, came)),
    }
}

/// Judges the object by whose the name is; other names of the object are its former ones from here on.
fn by_pin(facts: &Facts, asked: &Upn, came: &TokenSubject, now: Timestamp) -> Verdict {
    let known = facts.accounts.iter().find(|pin| pin.upn == *asked);
    if let Some(known) = known.filter(|pin| !pin.is_of(came.tenant, came.object)) {
        return Verdict::Refused(taken(asked, known));
    }
    let own = AccountPin {
        upn: asked.clone(),
        tenant: came.tenant,
        object: came.object,
        first_seen: known.map_or(now, |pin| pin.first_seen),
        former_since: None,
    };
    let others = facts.accounts.iter().filter(|pin| pin.upn != *asked && pin.former_since.is_none());
    let renamed = others.filter(|pin| pin.is_of(came.tenant, came.object));
    let renamed = renamed.map(|pin| AccountPin { former_since: Some(now), ..pin.clone() });
    let news = (known != Some(&own)).then_some(own).into_iter().chain(renamed);
    Verdict::Welcome(news.map(Memory::Account).collect())
}

fn wrong_name(facts: &Facts, account: &TokenSubject) -> Failure {
    let came = &account.upn;
    let Asked::Person(asked) = &facts.asked else { return wrong_domain(facts, came) };
    let renamed =
        facts.accounts.iter().any(|pin| pin.upn == *asked && pin.is_of(account.tenant, account.object));
    if renamed {
        let message = format!("{asked} was renamed to {came}");
        return person("AccountRenamed", message, "Sign in under the new name.");
    }
    let message = format!("you signed in as {came}, but {asked} was asked for");
    let advice = format!("If {came} is only another address of {asked}, sign in as {came}.");
    person("WrongAccount", message, &advice)
}

/// Somebody of another domain came where anybody of this one may.
fn wrong_domain(facts: &Facts, came: &Upn) -> Failure {
    let domain = facts.asked.domain();
    let message = format!("you signed in as {came}, who is not of {domain}");
    person("WrongAccount", message, &format!("Sign in with an account of {domain}."))
}

/// Who is asked for once it is known who came; where anybody of a domain may, that is whoever it is.
pub(crate) fn now_asked(facts: &Facts, came: &TokenSubject) -> Result<Asked, Failure> {
    match &facts.asked {
        Asked::AnyoneOf(domain, aliases)
            if came.upn.domain() == domain || aliases.contains(came.upn.domain()) =>
        {
            Ok(Asked::Person(came.upn.clone()))
        }
        Asked::AnyoneOf(..) => Err(wrong_domain(facts, &came.upn)),
        Asked::Person(name) => Ok(Asked::Person(name.clone())),
    }
}

/// The name is another account's, or was.
fn taken(asked: &Upn, known: &AccountPin) -> Failure {
    let (code, message) = match known.former_since {
        None => (
            "AccountReplaced",
            format!("{asked} is now another account than the one first seen under this name"),
        ),
        Some(_) => {
            ("FormerName", format!("{asked} was the name of another account here, which was renamed since"))
        }
    };
    let advice =
        format!("If that is right, an administrator of this machine runs: aad-tool forget-account {asked}");
    Failure::local(FailureClass::Denied, Who::MachineAdmin, code, message, &advice)
}

/// Why the domain must not lead to this tenant, if the configuration or the first sign-in says another.
pub(crate) fn foreign_tenant(facts: &Facts, tenant: TenantId) -> Option<Failure> {
    if facts.wanted.is_some_and(|wanted| wanted != tenant) {
        return Some(tenant_not_wanted(facts, tenant));
    }
    let pinned = facts.pinned.as_ref();
    pinned.is_some_and(|known| known.tenant != tenant).then(|| tenant_changed(facts))
}

/// The domain leads to another tenant than `tenant_id` names.
fn tenant_not_wanted(facts: &Facts, tenant: TenantId) -> Failure {
    let domain = facts.asked.domain();
    let message =
        format!("{domain} leads to tenant {tenant}, and tenant_id in himmelblau.conf names another");
    moved(message, "Correct tenant_id in himmelblau.conf, or ask whether the domain was moved.")
}

/// The domain leads to another tenant than at the first sign-in.
pub(crate) fn tenant_changed(facts: &Facts) -> Failure {
    let domain = facts.asked.domain();
    let message = format!("{domain} leads to another tenant than at the first sign-in on this machine");
    let advice = format!(
        "Ask whether the domain was moved; if so: aad-tool leave --domain {domain}, then sign in again."
    );
    moved(message, &advice)
}

fn moved(message: String, advice: &str) -> Failure {
    Failure::local(FailureClass::Denied, Who::MachineAdmin, "TenantChanged", message, advice)
        .because(Cause::ForeignTenant)
}

/// The code was not used in time; where the last polls failed, nobody knows, and what failed is the reason.
pub(crate) fn expired(last: Option<&Failure>) -> Failure {
    if let Some(last) = last {
        let message = format!("the code expired before an answer came: {}", last.message);
        let advice = match last.who {
            Who::Nobody => "Sign in again in a few minutes.".to_owned(),
            _ => format!("{} Then sign in again.", last.advice),
        };
        return Failure {
            class: FailureClass::NeedsUser,
            message,
            advice,
            retry_after: None,
            ..last.clone()
        };
    }
    let line = model::refusal("expired_token");
    let (meaning, advice) =
        line.map_or(("the code expired before it was used", "Sign in again."), |l| (l.meaning, l.advice));
    person("AADSTS70019", meaning.to_owned(), advice).because(Cause::CodeExpired)
}

/// The resource or scope itself was refused, not the person (entra.md 6.5).
pub(crate) fn is_scope_refusal(failure: &Failure) -> bool {
    failure.cause == Some(Cause::Scope)
}

/// The `claims` that the next code request has to carry, when more proof of the person is wanted.
pub(crate) fn step_up(facts: &Facts, failure: &Failure) -> Option<String> {
    let wanted = failure.claims.is_some() || failure.cause == Some(Cause::SecondFactor);
    let helps = wanted && !hides_device(facts, failure);
    helps.then(|| failure.claims.clone().unwrap_or_else(|| FRESH_MFA.to_owned()))
}

/// Whether the rules allow to ask for the password, should the realm be managed.
pub(crate) fn may_use_password(facts: &Facts) -> bool {
    // A password request cannot carry a challenge: the person would come back with the same one.
    let allowed = match facts.method {
        Method::DeviceCode => false,
        Method::Password => true,
        Method::Auto => facts.standing == Standing::Registered,
    };
    // Nobody's password can be asked for where it is not known whose.
    allowed && facts.claims.is_none() && facts.asked.person().is_some()
}

/// Whether the refusal of a password shows that it is the right one: the service looks at it before it asks for a second
/// factor, or for something to be finished in a browser (entra.md 6.5: 50076, 50079).
pub fn proves_password(failure: &Failure) -> bool {
    matches!(failure.cause, Some(Cause::SecondFactor | Cause::BrowserStep))
}

/// Whether a code may bring what a refused password could not (entra.md 6.5).
pub(crate) fn wants_more_than_password(failure: &Failure) -> bool {
    match failure.cause {
        Some(Cause::SecondFactor | Cause::BrowserStep) => true,
        // Nothing may follow by itself (entra.md 10.3).
        Some(Cause::Password) => false,
        // Such a rule sends claims too, and a code shows less of the device than a password.
        Some(Cause::DeviceRule | Cause::AccessRule) => false,
        _ => failure.claims.is_some(),
    }
}

/// What became of a password: more is wanted only of whoever has the right one.
pub(crate) fn password_result(result: &Result<Reply, Failure>) -> PasswordResult {
    match result {
        Ok(_) => PasswordResult::Accepted,
        Err(failure) if wants_more_than_password(failure) => PasswordResult::Accepted,
        Err(failure) if failure.delivery == Delivery::NotSent => PasswordResult::NotSent,
        // The service looks at the nonce before it looks at the password.
        Err(failure) if failure.cause == Some(Cause::Nonce) => PasswordResult::NotSent,
        Err(_) => PasswordResult::Refused,
    }
}

/// The refusal of a code; where the missing proof of the device is to blame, the person can do something.
pub(crate) fn of_code(facts: &Facts, failure: &Failure) -> Failure {
    let mut failure = failure.clone();
    if hides_device(facts, &failure) {
        if failure.cause == Some(Cause::DeviceRule) {
            failure.class = FailureClass::NeedsUser;
        }
        failure.who = Who::User;
        failure.advice = PASSWORD_SHOWS_DEVICE.to_owned();
    }
    failure
}

/// What a refusal of a given token means: nobody is there to sign in again, so a new token has to come.
pub(crate) fn of_given(failure: &Failure) -> Failure {
    if failure.class != FailureClass::NeedsUser {
        return failure.clone();
    }
    let message = format!("the token of the join is refused: {}", failure.message);
    Failure { message, who: Who::MachineAdmin, advice: NEW_TOKEN.to_owned(), ..failure.clone() }
}

/// The service gave something else than tokens.
pub(crate) fn token_without_answer() -> Failure {
    let message = "the service gave no tokens for the token of the join".to_owned();
    Failure::local(FailureClass::Broken, Who::MachineAdmin, "JoinTokenRefused", message, NEW_TOKEN)
}

/// The service gave something else than this.
pub(crate) fn unusable(wanted: &str) -> Failure {
    let message = format!("the service gave no {wanted}");
    Failure::local(FailureClass::Broken, Who::Developers, "UnusableReply", message, "Sign in again.")
}

/// Whether a rule refuses a registered machine because a code does not show it.
fn hides_device(facts: &Facts, failure: &Failure) -> bool {
    let by_rule = matches!(failure.cause, Some(Cause::DeviceRule | Cause::AccessRule));
    facts.standing == Standing::Registered && by_rule
}

/// What Graph said of the groups.
pub(crate) fn groups_of(result: &Result<Reply, Failure>) -> Groups {
    match result {
        Ok(Reply::Groups(groups)) => Groups::Known(groups.clone()),
        Ok(_) => Groups::Unknown(Box::new(admission::groups_not_told())),
        Err(failure) => Groups::Unknown(Box::new(failure.clone())),
    }
}

/// Whether the service says that the password is wrong, and nothing else.
pub fn refuses_password(failure: &Failure) -> bool {
    failure.cause == Some(Cause::Password) && failure.class == FailureClass::NeedsUser
}

/// Nobody typed a password in time.
pub fn password_timeout() -> Failure {
    person("PasswordTimeout", "no password was typed in time".to_owned(), "Sign in again.")
}

fn person(code: &str, message: String, advice: &str) -> Failure {
    Failure::local(FailureClass::NeedsUser, Who::User, code, message, advice)
}

const PASSWORD_SHOWS_DEVICE: &str = "A sign-in by device code cannot show which device it comes from; sign in with the password, which does (sign_in = auto or password in himmelblau.conf).";
const NEW_TOKEN: &str = "Give a new refresh token of the client 29d9ed98-a469-4536-ade2-f981bc1d605e and of this organisation, or run aad-tool join without a token.";
/// The `claims` that ask for fresh MFA (entra.md 2.9).
const FRESH_MFA: &str = r#"{"access_token":{"amr":{"values":["ngcmfa","mfa"]}}}"#;
