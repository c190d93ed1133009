//! Allowed distributions and their versions (compliance.md 3.2).

use crate::explanation::{Explanation, ReleaseFinding};
use crate::finding::{State, Verdict};
use crate::policy::{Policy, Setting};
use crate::setting::SettingKind;
use crate::version::Version;
use facts::{Fact, Release};

/// The entry of a leaf; leaves whose path names none are one entry of their own.
#[derive(PartialEq, Eq)]
struct Entry<'p>(Option<&'p str>);

impl<'p> Entry<'p> {
    fn of(setting: &'p Setting) -> Entry<'p> {
        let behind = setting.path.split_once("AllowedDistros/").map(|(_, rest)| rest);
        let named = behind.and_then(|rest| rest.split_once('/')).map(|(entry, _)| entry);
        Entry(named.filter(|entry| !entry.is_empty()))
    }
}

/// Which side of the version a bound is on.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    Minimum,
    Maximum,
}

/// What is said of the distribution that a leaf names, and whether it applies to this machine at all.
pub(crate) fn distribution(
    policy: &Policy,
    setting: &Setting,
    release: &Fact<Release>,
) -> (Verdict, Applies) {
    if !is_named(setting) {
        return (Verdict::not_understood(), Applies::Yes);
    }
    let (release, id) = match known_id(release) {
        Ok(known) => known,
        Err(explanation) => return (Verdict::unknown(explanation), Applies::Yes),
    };
    if is(setting, id) {
        return (compared(State::Compliant, id, release), Applies::Yes);
    }
    let explanation = elsewhere(policy, id, release);
    if matches!(explanation, ReleaseFinding::AnotherEntry(_)) {
        return (Verdict::new(State::Compliant, "", Explanation::Release(explanation)), Applies::No);
    }
    (Verdict::new(State::NonCompliant, id, Explanation::Release(explanation)), Applies::Yes)
}

/// What is said of the bound that a leaf names, and whether it applies to this machine at all.
pub(crate) fn version(
    policy: &Policy,
    setting: &Setting,
    bound: Bound,
    release: &Fact<Release>,
) -> (Verdict, Applies) {
    let (release, id) = match known_id(release) {
        Ok(known) => known,
        Err(explanation) => return (Verdict::unknown(explanation), Applies::Yes),
    };
    let entry = Entry::of(setting);
    let unclear = || Verdict::unknown(Explanation::Release(ReleaseFinding::EntryUnclear));
    let mut types = types_of(policy).filter(|leaf| Entry::of(leaf) == entry && is_named(leaf));
    let (Some(first), others) = (types.next(), types.collect::<Vec<_>>()) else {
        return (unclear(), Applies::Yes);
    };
    if !is(first, id) && !others.iter().any(|leaf| is(leaf, id)) {
        let explanation = Explanation::Release(elsewhere(policy, id, release));
        return (Verdict::new(State::Compliant, "", explanation), Applies::No);
    }
    // Of two distributions in one entry nobody says whose bound this is.
    if others.iter().any(|leaf| is(leaf, id) != is(first, id)) {
        return (unclear(), Applies::Yes);
    }
    (within(setting.value.as_deref().unwrap_or_default(), bound, release), Applies::Yes)
}

/// Whether an entry is about this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Applies {
    Yes,
    No,
}

fn within(wanted: &str, bound: Bound, release: &Release) -> Verdict {
    let own = release.version_id.as_deref().unwrap_or_default();
    if wanted.trim().is_empty() {
        return Verdict::new(State::Compliant, own, Explanation::NothingRequired);
    }
    let Ok(wanted) = wanted.parse::<Version>() else { return Verdict::not_understood() };
    let Ok(version) = own.parse::<Version>() else {
        return Verdict::unknown(Explanation::Release(ReleaseFinding::NoVersion(release.clone())));
    };
    let holds = match bound {
        Bound::Minimum => version >= wanted,
        Bound::Maximum => version <= wanted,
    };
    compared(if holds { State::Compliant } else { State::NonCompliant }, own, release)
}

fn compared(state: State, actual: &str, release: &Release) -> Verdict {
    Verdict::new(state, actual, Explanation::Release(ReleaseFinding::Compared(release.clone())))
}

/// Whether another entry of the policy is this machine's distribution.
fn elsewhere(policy: &Policy, id: &str, release: &Release) -> ReleaseFinding {
    if types_of(policy).any(|leaf| is(leaf, id)) {
        return ReleaseFinding::AnotherEntry(release.clone());
    }
    ReleaseFinding::NoEntry(release.clone())
}

fn known_id(release: &Fact<Release>) -> Result<(&Release, &str), Explanation> {
    let release = release.known().map_err(|reason| Explanation::NotKnown(reason.clone()))?;
    let no_id = || Explanation::Release(ReleaseFinding::NoId(release.clone()));
    Ok((release, release.id.as_deref().ok_or_else(no_id)?))
}

fn types_of(policy: &Policy) -> impl Iterator<Item = &Setting> {
    policy.settings.iter().filter(|leaf| SettingKind::of(&leaf.definition) == SettingKind::Distribution)
}

/// Whether a leaf names a distribution at all.
fn is_named(leaf: &Setting) -> bool {
    leaf.value.as_deref().is_some_and(|value| !value.trim().is_empty())
}

/// Whether a leaf names this distribution; `ID_LIKE` does not count.
fn is(leaf: &Setting, id: &str) -> bool {
    leaf.value.as_deref().is_some_and(|value| value.eq_ignore_ascii_case(id))
}
