use model::word_enum;
use serde::{Deserialize, Serialize};

/// What a client asks; one per connection, and its first frame.
///
/// A member that a daemon does not know is skipped: one that narrows what is asked comes with a new request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Request {
    /// Sign this person in, and register the machine if it is not registered yet.
    SignIn {
        /// Who signs in, `name@domain`.
        name: String,
        /// Until when the conversation goes on.
        wait: Wait,
        /// The tag of a language (RFC 5646) that the person can read where they sit; English without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
    },
    /// Sign this person in for a program that lets people in; the machine is registered if it is not yet. The daemon
    /// says something at least every five seconds.
    PamAuthenticate {
        /// Who signs in, as the program gave it.
        name: String,
        /// The file of /etc/pam.d: `sshd`, `login`.
        service: String,
        /// The terminal.
        tty: Option<String>,
        /// The host that the person comes from.
        rhost: Option<String>,
        /// Whether a person is there who can be asked.
        asked: PersonAsked,
    },
    /// A program has opened a session of this person, or has closed it. It does not wait for an answer.
    PamSession {
        /// Whose session, as the program gave it.
        name: String,
        /// The file of /etc/pam.d: `sshd`, `login`.
        service: String,
        /// The terminal.
        tty: Option<String>,
        /// Whether it was opened.
        open: bool,
    },
    /// What is known of every domain, or of one.
    Status {
        /// Only this domain.
        domain: Option<String>,
    },
    /// Register the machine with the sign-in of whoever of this domain comes, by a device code (login.md 9).
    Join {
        /// Which domain, or another name of it; the only configured one where none is named.
        domain: Option<String>,
    },
    /// The same with a refresh token that somebody of the domain gave beforehand; the daemon asks for it
    /// ([`Message::AskJoinToken`](crate::Message::AskJoinToken)), and shows no code.
    JoinByToken {
        /// Which domain, or another name of it; the only configured one where none is named.
        domain: Option<String>,
    },
    /// Leave the tenant of a domain (of the only one, where none is named).
    Leave {
        /// Which domain; the only one where none is named.
        domain: Option<String>,
        /// Leave the device object behind when it cannot be deleted.
        force: bool,
    },
    /// Register keys in another place with the sign-in of this person, then remove the device object of the
    /// keys before.
    Rekey {
        /// Whose identity, and who signs in: `name@domain`.
        name: String,
        /// A word of [`Backend`](model::Backend).
        to: String,
        /// Leave the old device object behind when it cannot be deleted.
        force: bool,
    },
    /// Give up a move of keys that has not come to its end.
    CancelRekey {
        /// Which domain; the only one where none is named.
        domain: Option<String>,
    },
    /// Bind the keys of a domain (of the only one, where none is named) to this machine as it is now.
    Rebind {
        /// Which domain; the only one where none is named.
        domain: Option<String>,
    },
    /// Forget which object a name was first seen with.
    ForgetAccount {
        /// The name to forget, `name@domain`.
        name: String,
    },
    /// Everybody who has an account of this machine.
    Accounts {},
    /// Give an account another name or another number, one of the two.
    ChangeAccount {
        /// A name of the account: that of passwd(5), or `name@domain`.
        name: String,
        /// The new name of passwd(5).
        new_name: Option<String>,
        /// The new number, of the person and of the primary group.
        uid: Option<u32>,
    },
    /// Set an account of this machine aside for somebody who has not signed in yet.
    ReserveAccount {
        /// For whom, `name@domain`.
        name: String,
        /// Their number, and that of their own group; the computed one where none is named.
        uid: Option<u32>,
        /// Their home directory; that of the configuration where none is named.
        home: Option<String>,
    },
    /// Every change of every domain, until the client hangs up.
    Watch {},
    /// Open the place for keys and try every key, then what [`Request::Status`] is answered with.
    TpmTest {},
    /// Make a recovery code for keys that are bound to the boot state.
    TpmRecoveryCode {},
    /// Bind these keys to the boot state as it is now.
    TpmReseal {
        /// Ask for the recovery code, for a boot state that has changed already.
        with_code: bool,
    },
}

/// Until when a sign-in conversation goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// Until the account is checked.
    SignedIn,
    /// Until the machine is registered, or waits for somebody.
    Settled,
}

/// What a person can be asked behind a program that lets people in; what the module found, and no promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonAsked {
    /// Somebody reads what is shown.
    Person,
    /// One question for a password is all there is: no code is begun.
    OnePrompt,
}

/// Who may make a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Any local user.
    Anyone,
    /// Whoever counts as root: [`Peer::is_root`].
    Root,
    /// The same, and whoever has the account of this machine that the request names; the service knows who that is.
    RootOrOwner,
}

/// Who is at the other end of the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The user id, by `SO_PEERCRED`.
    pub uid: u32,
    /// Whether the user counts as root.
    pub is_root: bool,
}

impl Peer {
    /// A caller with this user id, of a daemon that runs as the user `daemon`: whoever runs it could read and write
    /// whatever it has, so it takes that user for root. User ids without a mapping are nobody's.
    pub const fn of(uid: u32, daemon: u32) -> Peer {
        Peer { uid, is_root: uid == 0 || (uid == daemon && uid != OVERFLOW_UID) }
    }
}

/// The peer may not do this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The opcode is root's.
    #[error("only root may do this: run it again with sudo")]
    NotRoot,
    /// The kernel does not tell who the peer is (uid 65534: a foreign user namespace).
    #[error(
        "the caller's user id is not known to this system (65534): call from the host's own user namespace"
    )]
    Nobody,
}

word_enum! {
    /// The kind of a request, which is its member `op`.
    pub enum Op {
        /// [`Request::SignIn`].
        SignIn = "sign_in",
        /// [`Request::PamAuthenticate`].
        PamAuthenticate = "pam_authenticate",
        /// [`Request::PamSession`].
        PamSession = "pam_session",
        /// [`Request::Status`].
        Status = "status",
        /// [`Request::Join`].
        Join = "join",
        /// [`Request::JoinByToken`].
        JoinByToken = "join_by_token",
        /// [`Request::Leave`].
        Leave = "leave",
        /// [`Request::Rekey`].
        Rekey = "rekey",
        /// [`Request::CancelRekey`].
        CancelRekey = "cancel_rekey",
        /// [`Request::Rebind`].
        Rebind = "rebind",
        /// [`Request::ForgetAccount`].
        ForgetAccount = "forget_account",
        /// [`Request::Accounts`].
        Accounts = "accounts",
        /// [`Request::ChangeAccount`].
        ChangeAccount = "change_account",
        /// [`Request::ReserveAccount`].
        ReserveAccount = "reserve_account",
        /// [`Request::Watch`].
        Watch = "watch",
        /// [`Request::TpmTest`].
        TpmTest = "tpm_test",
        /// [`Request::TpmRecoveryCode`].
        TpmRecoveryCode = "tpm_recovery_code",
        /// [`Request::TpmReseal`].
        TpmReseal = "tpm_reseal",
    }
}

impl Request {
    /// The rule table, one row for each opcode: its name on the wire, and who may use it.
    const fn rule(&self) -> (Op, Access) {
        match self {
            Request::SignIn { .. } => (Op::SignIn, Access::Anyone),
            Request::PamAuthenticate { .. } => (Op::PamAuthenticate, Access::RootOrOwner),
            Request::PamSession { .. } => (Op::PamSession, Access::Root),
            Request::Status { .. } => (Op::Status, Access::Anyone),
            Request::Join { .. } => (Op::Join, Access::Root),
            Request::JoinByToken { .. } => (Op::JoinByToken, Access::Root),
            Request::Leave { .. } => (Op::Leave, Access::Root),
            Request::Rekey { .. } => (Op::Rekey, Access::Root),
            Request::CancelRekey { .. } => (Op::CancelRekey, Access::Root),
            Request::Rebind { .. } => (Op::Rebind, Access::Root),
            Request::ForgetAccount { .. } => (Op::ForgetAccount, Access::Root),
            Request::Accounts {} => (Op::Accounts, Access::Root),
            Request::ChangeAccount { .. } => (Op::ChangeAccount, Access::Root),
            Request::ReserveAccount { .. } => (Op::ReserveAccount, Access::Root),
            Request::Watch {} => (Op::Watch, Access::Root),
            Request::TpmTest {} => (Op::TpmTest, Access::Root),
            Request::TpmRecoveryCode {} => (Op::TpmRecoveryCode, Access::Root),
            Request::TpmReseal { .. } => (Op::TpmReseal, Access::Root),
        }
    }

    /// Its opcode: the value of its member `op`.
    pub const fn opcode(&self) -> &'static str {
        self.rule().0.as_str()
    }

    /// Who may make it, whatever its content.
    pub const fn access(&self) -> Access {
        self.rule().1
    }

    /// Whether nothing has changed before anything but [`Message::Accepted`](crate::Message::Accepted) is said, so that
    /// it may be made again of the next daemon.
    pub const fn may_be_repeated(&self) -> bool {
        matches!(
            self,
            Request::SignIn { .. }
                | Request::PamAuthenticate { .. }
                | Request::Join { .. }
                | Request::JoinByToken { .. }
                | Request::Status { .. }
                | Request::Accounts {}
                | Request::Watch {}
        )
    }

    /// Whether this peer may make it.
    ///
    /// # Errors
    /// [`Refused`] with the reason.
    pub fn permit(&self, peer: Peer) -> Result<(), Refused> {
        match self.access() {
            _ if peer.uid == OVERFLOW_UID => Err(Refused::Nobody),
            Access::Root if !peer.is_root => Err(Refused::NotRoot),
            Access::Anyone | Access::Root | Access::RootOrOwner => Ok(()),
        }
    }
}

/// What the kernel reports for a user without a mapping in our namespace.
const OVERFLOW_UID: u32 = 65_534;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_of_opcodes_and_users_is_as_written_down() {
        let (name, domain) = (String::new, || None);
        for (request, root, user) in [
            (Request::SignIn { name: name(), wait: Wait::Settled, language: None }, true, true),
            (Request::PamSession { name: name(), service: name(), tty: None, open: true }, true, false),
            (Request::Status { domain: domain() }, true, true),
            (Request::Join { domain: domain() }, true, false),
            (Request::JoinByToken { domain: domain() }, true, false),
            (Request::Leave { domain: domain(), force: false }, true, false),
            (Request::Rekey { name: name(), to: String::new(), force: false }, true, false),
            (Request::CancelRekey { domain: domain() }, true, false),
            (Request::Rebind { domain: domain() }, true, false),
            (Request::ForgetAccount { name: name() }, true, false),
            (Request::Accounts {}, true, false),
            (Request::ChangeAccount { name: name(), new_name: None, uid: Some(1) }, true, false),
            (Request::ReserveAccount { name: name(), uid: None, home: None }, true, false),
            (Request::Watch {}, true, false),
            (Request::TpmTest {}, true, false),
            (Request::TpmRecoveryCode {}, true, false),
            (Request::TpmReseal { with_code: false }, true, false),
        ] {
            for daemon in [0, 1000] {
                let permit = |uid| request.permit(Peer::of(uid, daemon));
                assert_eq!(permit(0).is_ok(), root, "{request:?} by root");
                assert_eq!(permit(daemon).is_ok(), root, "{request:?} by whoever runs the daemon");
                assert_eq!(permit(1001).is_ok(), user, "{request:?} by a user");
                assert_eq!(permit(OVERFLOW_UID), Err(Refused::Nobody));
            }
            assert_eq!(request.permit(Peer::of(OVERFLOW_UID, OVERFLOW_UID)), Err(Refused::Nobody));
            let said = serde_json::to_value(&request).unwrap();
            assert_eq!(said["op"], request.opcode(), "its name on the wire");
        }
    }

    #[test]
    fn root_is_uid_0_and_whoever_runs_the_daemon_and_nobody_else() {
        for (uid, daemon, is_root) in [
            (0, 0, true),
            (0, 1000, true),
            (1000, 1000, true),
            (1000, 0, false),
            (1001, 1000, false),
            (u32::MAX, 0, false),
            (OVERFLOW_UID, 0, false),
            (OVERFLOW_UID, OVERFLOW_UID, false),
        ] {
            assert_eq!(Peer::of(uid, daemon), Peer { uid, is_root }, "{uid} {daemon}");
        }
    }
}
