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
