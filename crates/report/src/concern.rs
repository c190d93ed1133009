//! What somebody has to look at although the machine is registered: it is in the summary, and in the exit code.

use ipc::Ending;
use model::{DeviceTrouble, Failure};
use signin::SessionState;
use views::{DomainView, KeyTest};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Concern {
    /// The last use or test of a key of the identity failed.
    Key(String),
    /// The directory said that it does not know the device; said twice, ten minutes apart, it suspends the identity.
    NotKnown,
    /// So many people have lost their session.
    Lost(usize),
}

impl Concern {
    /// What is the matter, and what to do, in one sentence each.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Concern::Key(problem) => format!("A key does not work: {problem}."),
            Concern::NotKnown => {
                "The directory said once that it does not know this device: sign in to ask it again."
                    .to_owned()
            }
            Concern::Lost(1) => "A session is lost: sign in again.".to_owned(),
            Concern::Lost(people) => format!("{people} sessions are lost: sign in again."),
        }
    }

    /// How `status` ends because of it.
    pub(crate) fn ending(&self) -> Ending {
        match self {
            Concern::Key(_) => Ending::Failed,
            Concern::NotKnown | Concern::Lost(_) => Ending::NeedsSignIn,
        }
    }
}

/// Everything of a domain that is a concern; nothing where there is no identity.
pub(crate) fn concerns(view: &DomainView) -> Vec<Concern> {
    let identity = view.status().and_then(|status| status.snapshot.stage.identity());
    let Some(identity) = identity.filter(|identity| identity.suspended.is_none()) else { return Vec::new() };
    let tests = identity.all_keys().filter_map(|key| view.key_tests.get(&key.wrapped));
    let key = tests.filter_map(|test: &KeyTest| test.problem.clone()).next();
    let lost = view.users.iter().filter(|user| user.status.state == SessionState::Lost).count();
    let sign_in = view.last_sign_in.as_ref().and_then(|last| last.failure.as_ref());
    let sessions = view.users.iter().filter_map(|user| user.status.failure.as_ref());
    let unknown = sign_in.into_iter().chain(sessions).any(is_not_known);
    [
        key.map(Concern::Key),
        unknown.then_some(Concern::NotKnown),
        // Whose device is not known has no session for that reason.
        (lost > 0 && !unknown).then_some(Concern::Lost(lost)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn is_not_known(failure: &Failure) -> bool {
    failure.trouble == Some(DeviceTrouble::NotKnown)
}
