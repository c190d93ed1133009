//! The values in the status document, as docs/words.md freezes them.

use crate::document as words_of;
use crate::intune::State;
use identity::{EndpointSource, LedgerKind, Phase, StatusPhase, Suspension, WaitsFor};
use manual::{check_words, every, join, words};
use model::{Backend, Cloud, JoinType, KeyPurpose, Method, Registration};
use tenancy_model::PreparedView;

#[test]
fn values_in_the_status_document_are_frozen() {
    let phases = every!(StatusPhase: Unregistered, Enrolling, Registered, IntuneEnrolled, Suspended, Leaving);
    let waits = every!(WaitsFor: FirstSignIn, SignInToFinish, SignInToVerify, SignInForIntune, Administrator, Operator);
    let suspended = every!(Suspension: Disabled, Deleted, KeyUnavailable, ClonedMachine);
    let kinds = every!(LedgerKind: InDoubt, UnusableReply, LeftBehind, IntuneInDoubt, IntuneUnusableReply, IntuneLeftBehind);
    let prepared = [(0, 0), (0, 1), (1, 1)];
    let prepared = prepared.map(|(ready, being_made)| PreparedView { ready, being_made, waiting: 0 });
    let said = join([
        words("domains.phase", phases.map(StatusPhase::as_str)),
        words("domains.waits_for", waits.map(WaitsFor::as_str)),
        words("domains.sign_in", every!(Method: DeviceCode, Password, Auto).map(Method::as_str)),
        words(
            "domains.registration",
            every!(Registration: Background, Required, Off).map(Registration::as_str),
        ),
        words("domains.cloud", every!(Cloud: Public, UsGov, China, Custom).map(Cloud::as_str)),
        words("document.spare_keys", prepared.map(words_of::prepared_word)),
        words("identity.suspended", suspended.map(Suspension::as_str)),
        words("identity.join_type", every!(JoinType: Join, Register).map(JoinType::as_str)),
        words("endpoints.source", every!(EndpointSource: Discovered, Documented).map(EndpointSource::as_str)),
        words(
            "keys.purpose",
            // No identity has the last one.
            every!(KeyPurpose: Device, Transport, Intune, Offline).iter().take(3).map(|it| it.as_str()),
        ),
        words("keys.backend", every!(Backend: Soft, Tpm, Pkcs11).map(Backend::as_str)),
        words("ledger.kind", kinds.map(LedgerKind::as_str)),
        words("attempts.phase", Phase::ALL.iter().map(|phase| phase.as_str())),
        words("others.role", [words_of::SUCCESSOR, words_of::PREDECESSOR]),
        words("intune.state", State::ALL.iter().map(|state| state.as_str())),
    ]);
    check_words("values in the status document", &said).unwrap();
}
