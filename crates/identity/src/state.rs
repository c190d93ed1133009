use crate::{Intune, Snapshot, Stage};
use model::{Failure, FailureClass, TenantId, Timestamp, Upcoming};

model::word_enum! {
    /// The word of architecture's phases that a person reads.
    pub enum StatusPhase {
        /// No identity; keys and a ledger may be there.
        Unregistered = "unregistered",
        /// On the way in.
        Enrolling = "enrolling",
        /// The identity is committed.
        Registered = "registered",
        /// Registered and enrolled into Intune.
        IntuneEnrolled = "intune_enrolled",
        /// Registered, and may not be used.
        Suspended = "suspended",
        /// On the way out.
        Leaving = "leaving",
    }
}

impl StatusPhase {
    /// The phase of a machine in this state with this on disk.
    pub fn of(state: StateName, stage: &Stage) -> StatusPhase {
        match (state, stage) {
            (StateName::Booting | StateName::Unregistered, _) => StatusPhase::Unregistered,
            (StateName::Discarding, _) | (_, Stage::Leaving { .. }) => StatusPhase::Leaving,
            (_, Stage::Registered(identity)) => match (&identity.suspended, &identity.intune) {
                (Some(_), _) => StatusPhase::Suspended,
                (None, Intune::Enrolled(_)) => StatusPhase::IntuneEnrolled,
                (None, _) => StatusPhase::Registered,
            },
            _ => StatusPhase::Enrolling,
        }
    }
}

model::word_enum! {
    /// What a person has to do before the machine goes on.
    pub enum WaitsFor {
        /// A sign-in that starts the registration.
        FirstSignIn = "first_sign_in",
        /// A sign-in that finishes a registration under way (the same keys wait).
        SignInToFinish = "sign_in_to_finish",
        /// A sign-in that proves the registration to the directory.
        SignInToVerify = "sign_in_to_verify",
        /// A sign-in that enrols into Intune.
        SignInForIntune = "sign_in_for_intune",
        /// An administrator who removes the cause of the last failure.
        Administrator = "administrator",
        /// An operator: `leave` could not delete the object, `leave --force` would leave it behind.
        Operator = "operator",
    }
}

impl WaitsFor {
    /// For whom a machine in this state waits, where nothing is in flight and no timer runs.
    pub fn of(state: StateName, failure: Option<&Failure>) -> Option<WaitsFor> {
        match state {
            StateName::Unregistered => match failure.map(|failure| failure.class) {
                Some(FailureClass::Denied | FailureClass::Broken) => Some(WaitsFor::Administrator),
                _ => Some(WaitsFor::FirstSignIn),
            },
            StateName::AwaitingSignIn => Some(WaitsFor::SignInToFinish),
            StateName::Verifying => Some(WaitsFor::SignInToVerify),
            StateName::IntunePreparing | StateName::IntuneEnrolling | StateName::CheckingIn => {
                Some(WaitsFor::SignInForIntune)
            }
            StateName::Suspended => Some(WaitsFor::Administrator),
            StateName::Unregistering => Some(WaitsFor::Operator),
            _ => None,
        }
    }
}

model::word_enum! {
    /// The states of one tenant's device identity, as docs/states.md and `status --json` have them.
    pub enum StateName {
        /// The last durable state is not known yet.
        Booting = "booting",
        /// No identity; waits for a sign-in.
        Unregistered = "unregistered",
        /// Keys without an identity are being destroyed.
        Discarding = "discarding",
        /// The registration service is being looked up.
        Discovering = "discovering",
        /// The device keys are being made.
        CreatingKeys = "creating_keys",
        /// The join request is under way.
        Joining = "joining",
        /// The stored reply is being read.
        ReadingReply = "reading_reply",
        /// The keys wait for the next sign-in.
        AwaitingSignIn = "awaiting_sign_in",
        /// The directory has not proved yet that it knows the identity.
        Verifying = "verifying",
        /// Registered, and nothing more is wanted.
        Idle = "idle",
        /// The key of the Intune certificate is being made.
        IntunePreparing = "intune_preparing",
        /// The enrolment request is under way.
        IntuneEnrolling = "intune_enrolling",
        /// The stored reply of Intune is being read.
        IntuneReading = "intune_reading",
        /// Enrolled into Intune, and nothing more is wanted.
        IntuneEnrolled = "intune_enrolled",
        /// The inventory is being sent.
        CheckingIn = "checking_in",
        /// The identity may not be used; its keys stay.
        Suspended = "suspended",
        /// The keys are being bound to this machine as it is now.
        Rebinding = "rebinding",
        /// The device is being retired in Intune.
        Retiring = "retiring",
        /// The device object is being deleted.
        Unregistering = "unregistering",
        /// The keys of the identity that has left are being destroyed.
        Erasing = "erasing",
    }
}

impl StateName {
    /// Whether nothing is left to be done until something happens: the identity is as it shall be.
    pub fn is_at_rest(self) -> bool {
        matches!(self, StateName::Idle | StateName::IntuneEnrolled)
    }
}

impl StateName {
    /// What is being done in this state, as a sentence for people; none where its phase says it all.
    pub const fn sentence(self) -> Option<&'static str> {
        Some(match self {
            StateName::Discovering => "Looking for the registration service.",
            StateName::CreatingKeys => "Making the device keys.",
            StateName::Joining => "Asking for the registration.",
            StateName::ReadingReply => "Reading the answer.",
            StateName::IntunePreparing => "Registered; making the key for Intune.",
            StateName::IntuneEnrolling => "Registered; asking Intune for the enrolment.",
            StateName::IntuneReading => "Registered; reading Intune's answer.",
            StateName::Rebinding => "Binding the keys to this machine as it is now.",
            StateName::Retiring => "Leaving: retiring the device in Intune.",
            StateName::Unregistering => "Leaving: deleting the device object.",
            StateName::Erasing => "Leaving: destroying the keys.",
            _ => return None,
        })
    }
}

model::word_enum! {
    /// The steps whose last attempt `status` shows, in the order of a machine's life.
    pub enum Phase {
        /// Resolving the domain to its tenant.
        Resolve = "resolve",
        /// The sign-in of a person.
        SignIn = "sign_in",
        /// Discover of the Device Registration Service.
        Discover = "discover",
        /// Making the key pair.
        CreateKeys = "create_keys",
        /// The join request.
        Join = "join",
        /// Reading the stored reply.
        ReadReply = "read_reply",
        /// The first proof that the directory knows the device.
        Verify = "verify",
        /// Making the key of the Intune certificate.
        IntuneKey = "intune_key",
        /// Enrolment into Intune.
        IntuneEnrol = "intune_enrol",
        /// Reading the stored reply of Intune.
        IntuneRead = "intune_read",
        /// A check-in with Intune.
        CheckIn = "check_in",
        /// Binding the keys to a changed machine.
        Rebind = "rebind",
        /// Retiring the device in Intune.
        Retire = "retire",
        /// Deleting the device object.
        Unregister = "unregister",
        /// Destroying the keys.
        EraseKeys = "erase_keys",
    }
}

/// What the machine tells whoever listens, after every change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The tenant whose identity it is.
    pub tenant: TenantId,
    /// The phase in the user's words.
    pub phase: StatusPhase,
    /// The machine's own state.
    pub state: StateName,
    /// For whom it waits, if it does.
    pub waits_for: Option<WaitsFor>,
    /// When it goes on by itself, if it waits for time.
    pub wake_at: Option<Timestamp>,
    /// The failure that made it stop or wait, until the next success.
    pub failure: Option<Failure>,
    /// The durable truth it is about.
    pub snapshot: Snapshot,
}

impl Status {
    /// Whether the identity is as it shall be, so that nothing happens by itself.
    pub fn is_at_rest(&self) -> bool {
        self.state.is_at_rest()
    }

    /// What goes on by itself after its failure: a try at a time, one that is being made, or nothing.
    pub fn upcoming(&self) -> Upcoming {
        match (self.wake_at, self.waits_for) {
            (Some(at), _) => Upcoming::At(at),
            (None, Some(_)) => Upcoming::Nothing,
            (None, None) if self.is_at_rest() => Upcoming::Nothing,
            (None, None) => Upcoming::UnderWay,
        }
    }
}

/// What an operator can ask of an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveKind {
    /// Leave the tenant: delete the device object with its own certificate, then the keys.
    Unregister,
    /// The same, but within ten seconds: what could not be deleted by then is left behind, in the ledger and the report.
    Force,
}
