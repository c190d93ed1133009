//! How many characters of a kind the machine insists on in a new password (compliance.md 5.3 to 5.5).

use crate::explanation::{Doubt, Explanation, PasswordProof};
use crate::finding::{State, Verdict};
use crate::setting::CharacterCount;
use crate::stack::{Enforcement, Stack};
use facts::{Fact, Module, Number, Origin, Passwdqc, PasswordStack, Quality, StackLine};

/// What is said of a count of characters, where `wanted` is the value of the setting.
pub(crate) fn password(wanted: Option<&str>, count: CharacterCount, stack: &Fact<PasswordStack>) -> Verdict {
    let Some(wanted) = wanted.and_then(whole_number) else { return Verdict::not_understood() };
    let found = match stack.known() {
        Ok(stack) => found(stack, count),
        Err(reason) => Found::doubtful(Doubt::NotKnown(reason.clone())),
    };
    let enforced = match &found.proof {
        Some((least, _)) => *least,
        None => 0,
    };
    let actual = match (&found.doubt, enforced) {
        (Some(_), 0) => String::new(),
        _ => enforced.to_string(),
    };
    if wanted == 0 {
        return Verdict::new(State::Compliant, actual, Explanation::NothingRequired);
    }
    let (is_enough, doubt) = (enforced >= wanted, found.doubt);
    let proof = found.proof.map_or(PasswordProof::NothingEnforces, |(_, proof)| proof);
    match doubt {
        Some(doubt) if !is_enough => Verdict::unknown(Explanation::Password(PasswordProof::Doubtful(doubt))),
        _ => {
            let state = if is_enough { State::Compliant } else { State::NonCompliant };
            Verdict::new(state, actual, Explanation::Password(proof))
        }
    }
}

/// What a stack says about one count.
struct Found {
    /// The greatest number that is insisted on, and by whom.
    proof: Option<(u64, PasswordProof)>,
    /// Why it may be more.
    doubt: Option<Doubt>,
}

impl Found {
    fn doubtful(doubt: Doubt) -> Found {
        Found { proof: None, doubt: Some(doubt) }
    }
}

/// What one line would insist on, if its refusals count.
enum Claim {
    Nothing,
    AtLeast(u64, Origin),
    Doubtful(Doubt),
}

fn found(stack: &PasswordStack, count: CharacterCount) -> Found {
    let ways = Stack::new(stack);
    if let Some(line) = ways.broken_by() {
        return Found::doubtful(Doubt::ModuleMissing(line.place.clone()));
    }
    let mut found = Found { proof: None, doubt: None };
    for (at, line) in stack.lines.iter().enumerate().filter(|(_, line)| line.is_present) {
        match (claim(line, count), ways.enforcement(at)) {
            (Claim::Nothing, _) | (_, Enforcement::Forgives) => {}
            (Claim::AtLeast(least, origin), Enforcement::Enforces) => {
                let greatest = found.proof.as_ref().map_or(0, |(greatest, _)| *greatest);
                if least > greatest {
                    let line = line.place.clone();
                    found.proof = Some((least, PasswordProof::Enforced { count, least, line, origin }));
                }
            }
            (Claim::Doubtful(doubt), _) | (Claim::AtLeast(..), Enforcement::Unclear(doubt)) => {
                found.doubt.get_or_insert(doubt);
            }
        }
    }
    found
}

fn claim(line: &StackLine, count: CharacterCount) -> Claim {
    let insists = |(least, origin): (u64, Origin)| match least {
        0 => Claim::Nothing,
        least => Claim::AtLeast(least, origin),
    };
    match &line.module {
        Module::Pwquality(Fact::Unknown(reason)) | Module::Passwdqc(Fact::Unknown(reason)) => {
            Claim::Doubtful(Doubt::NotKnown(reason.clone()))
        }
        Module::Pwquality(Fact::Known(quality)) | Module::Cracklib(quality) if quality.is_enforcing => {
            insists(of_quality(quality, count))
        }
        Module::Passwdqc(Fact::Known(settings)) if settings.is_enforcing => {
            match of_passwdqc(settings, count) {
                Some(least) => insists((least, settings.origin.clone())),
                None => Claim::Doubtful(Doubt::CountsOtherwise(line.place.clone())),
            }
        }
        Module::Unix(options) if count == CharacterCount::Length => {
            insists((options.minlen.unwrap_or_default(), Origin::Argument))
        }
        Module::Other => Claim::Doubtful(Doubt::MayBeStricter(line.place.clone())),
        _ => Claim::Nothing,
    }
}

/// What pam_pwquality and pam_cracklib insist on (compliance.md 5.4).
fn of_quality(quality: &Quality, count: CharacterCount) -> (u64, Origin) {
    let credit = match count {
        CharacterCount::Length => return length_of(quality),
        CharacterCount::Digits => &quality.dcredit,
        CharacterCount::Lowercase => &quality.lcredit,
        CharacterCount::Uppercase => &quality.ucredit,
        CharacterCount::Symbols => &quality.ocredit,
    };
    match (demanded(credit), quality.minclass.value) {
        (0, classes) if classes >= CLASSES => (1, quality.minclass.origin.clone()),
        (least, _) => (least, credit.origin.clone()),
    }
}

/// The shortest password that is taken: one that earns every credit.
fn length_of(quality: &Quality) -> (u64, Origin) {
    let credits = [&quality.dcredit, &quality.ucredit, &quality.lcredit, &quality.ocredit];
    let sum = |of: fn(&Number) -> u64| credits.iter().map(|it| of(it)).fold(0, u64::saturating_add);
    let (earned, demanding) = (sum(|credit| credit.value.max(0).unsigned_abs()), sum(demanded));
    let by_length = quality.minlen.value.max(0).unsigned_abs().saturating_sub(earned);
    match by_length.max(demanding) {
        least if least < SHORTEST => (SHORTEST, Origin::Default),
        least if least == by_length => (least, quality.minlen.origin.clone()),
        least => {
            let first = credits.iter().find(|credit| demanded(credit) > 0);
            (least, first.map_or(Origin::Default, |credit| credit.origin.clone()))
        }
    }
}

/// A negative credit says how many characters there must be.
fn demanded(credit: &Number) -> u64 {
    credit.value.min(0).unsigned_abs()
}

/// The shortest password of any kind; how many of a class there must be cannot be said (compliance.md 5.3).
fn of_passwdqc(settings: &Passwdqc, count: CharacterCount) -> Option<u64> {
    let shortest = settings.min.iter().flatten().min().copied();
    shortest.filter(|_| count == CharacterCount::Length)
}

/// Digits only; a number that is too large for us is too large for every password.
fn whole_number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

/// No setting makes pam_pwquality take less.
const SHORTEST: u64 = 6;
/// All four classes of characters.
const CLASSES: i64 = 4;
