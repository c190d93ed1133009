use std::collections::BTreeMap;

model::word_enum! {
    /// What a module of PAM may answer; the words are those of pam.conf(5).
    pub enum Answer {
        /// It did what it was asked.
        Success = "success",
        /// It cannot be opened.
        OpenErr = "open_err",
        /// It lacks a function.
        SymbolErr = "symbol_err",
        /// It failed in itself.
        ServiceErr = "service_err",
        /// The system failed.
        SystemErr = "system_err",
        /// There was no memory.
        BufErr = "buf_err",
        /// It is not permitted.
        PermDenied = "perm_denied",
        /// Who it is could not be proved.
        AuthErr = "auth_err",
        /// It may not know.
        CredInsufficient = "cred_insufficient",
        /// Where it asks cannot be reached.
        AuthinfoUnavail = "authinfo_unavail",
        /// It does not know the account.
        UserUnknown = "user_unknown",
        /// It was asked too often: how a refused password ends where more than one try is allowed.
        Maxtries = "maxtries",
        /// A new password is wanted.
        NewAuthtokReqd = "new_authtok_reqd",
        /// The account has expired.
        AcctExpired = "acct_expired",
        /// The session failed.
        SessionErr = "session_err",
        /// Credentials cannot be had.
        CredUnavail = "cred_unavail",
        /// Credentials have expired.
        CredExpired = "cred_expired",
        /// Credentials cannot be set.
        CredErr = "cred_err",
        /// It has no data.
        NoModuleData = "no_module_data",
        /// Nobody could be asked.
        ConvErr = "conv_err",
        /// It refuses the new password.
        AuthtokErr = "authtok_err",
        /// It cannot have the old password.
        AuthtokRecoverErr = "authtok_recover_err",
        /// The password is being changed elsewhere.
        AuthtokLockBusy = "authtok_lock_busy",
        /// Passwords do not age.
        AuthtokDisableAging = "authtok_disable_aging",
        /// The first round says no.
        TryAgain = "try_again",
        /// It has nothing to say.
        Ignore = "ignore",
        /// It broke off.
        Abort = "abort",
        /// The password has expired.
        AuthtokExpired = "authtok_expired",
        /// The module is not on the machine.
        ModuleUnknown = "module_unknown",
        /// It was given what it cannot use.
        BadItem = "bad_item",
        /// The conversation is to go on.
        ConvAgain = "conv_again",
        /// It is to be called again.
        Incomplete = "incomplete",
    }
}

/// What follows from an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It does not count.
    Ignore,
    /// It counts as a success, unless another failed.
    Ok,
    /// As [`Action::Ok`], and the stack ends.
    Done,
    /// It counts as a failure.
    Bad,
    /// As [`Action::Bad`], and the stack ends.
    Die,
    /// What counted before does not any more.
    Reset,
    /// So many lines are left out; at least one.
    Jump(usize),
}

/// How the answers of a line count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// The answers with an action of their own.
    pub of: BTreeMap<Answer, Action>,
    /// What follows from any other answer.
    pub default: Action,
}

impl Control {
    /// A failure counts, and the stack goes on.
    pub fn required() -> Control {
        Control::word(Action::Ok, Action::Bad, Action::Ignore)
    }

    /// A failure ends the stack.
    pub fn requisite() -> Control {
        Control::word(Action::Ok, Action::Die, Action::Ignore)
    }

    /// A success ends the stack, and a failure does not count.
    pub fn sufficient() -> Control {
        Control::word(Action::Done, Action::Ignore, Action::Ignore)
    }

    /// It counts where nothing else does.
    pub fn optional() -> Control {
        Control::word(Action::Ok, Action::Ignore, Action::Ignore)
    }

    /// What pam.conf(5) makes of a word, by what it says of success, failure and nothing to say.
    fn word(success: Action, failure: Action, nothing: Action) -> Control {
        let of = [(Answer::Success, success), (Answer::NewAuthtokReqd, success), (Answer::Ignore, nothing)];
        Control { of: BTreeMap::from(of), default: failure }
    }

    /// What follows from an answer.
    pub fn action(&self, answer: Answer) -> Action {
        self.of.get(&answer).copied().unwrap_or(self.default)
    }

    /// Everything that may follow from this line, each once or more.
    pub fn actions(&self) -> impl Iterator<Item = Action> {
        Answer::ALL.iter().map(|answer| self.action(*answer))
    }
}
