use crate::message::Request;

/// The kind of a [`Request`], without its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Opcode {
    /// [`Request::SignIn`].
    SignIn,
    /// [`Request::Status`].
    Status,
    /// [`Request::Leave`].
    Leave,
    /// [`Request::Rekey`].
    Rekey,
    /// [`Request::CancelRekey`].
    CancelRekey,
    /// [`Request::Rebind`].
    Rebind,
    /// [`Request::ForgetAccount`].
    ForgetAccount,
    /// [`Request::Watch`].
    Watch,
    /// [`Request::TpmRecoveryCode`].
    TpmRecoveryCode,
    /// [`Request::TpmReseal`].
    TpmReseal,
}

/// Who may use an opcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Any local user.
    Anyone,
    /// uid 0 only.
    Root,
}

/// Who is at the other end of the socket, by `SO_PEERCRED`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The user id.
    pub uid: u32,
}

/// The peer may not do this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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

impl Request {
    /// Its opcode.
    pub fn opcode(&self) -> Opcode {
        match self {
            Request::SignIn { .. } => Opcode::SignIn,
            Request::Status { .. } => Opcode::Status,
            Request::Leave { .. } => Opcode::Leave,
            Request::Rekey { .. } => Opcode::Rekey,
            Request::CancelRekey { .. } => Opcode::CancelRekey,
            Request::Rebind { .. } => Opcode::Rebind,
            Request::ForgetAccount { .. } => Opcode::ForgetAccount,
            Request::Watch {} => Opcode::Watch,
            Request::TpmRecoveryCode {} => Opcode::TpmRecoveryCode,
            Request::TpmReseal { .. } => Opcode::TpmReseal,
        }
    }
}

impl Opcode {
    /// The rule table: an opcode without a rule does not compile.
    pub const fn access(self) -> Access {
        match self {
            Opcode::SignIn | Opcode::Status => Access::Anyone,
            Opcode::Leave
            | Opcode::Rekey
            | Opcode::CancelRekey
            | Opcode::Rebind
            | Opcode::ForgetAccount
            | Opcode::Watch => Access::Root,
            Opcode::TpmRecoveryCode | Opcode::TpmReseal => Access::Root,
        }
    }

    /// Whether this peer may use it.
    ///
    /// # Errors
    /// [`Refused`] with the reason.
    pub fn permit(self, peer: Peer) -> Result<(), Refused> {
        match (self.access(), peer.uid) {
            (_, OVERFLOW_UID) => Err(Refused::Nobody),
            (Access::Anyone, _) | (Access::Root, 0) => Ok(()),
            (Access::Root, _) => Err(Refused::NotRoot),
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
        use Opcode::{
            CancelRekey, ForgetAccount, Leave, Rebind, Rekey, SignIn, Status, TpmRecoveryCode, TpmReseal,
            Watch,
        };
        for (opcode, root, user) in [
            (SignIn, true, true),
            (Status, true, true),
            (Leave, true, false),
            (Rekey, true, false),
            (CancelRekey, true, false),
            (Rebind, true, false),
            (ForgetAccount, true, false),
            (Watch, true, false),
            (TpmRecoveryCode, true, false),
            (TpmReseal, true, false),
        ] {
            assert_eq!(opcode.permit(Peer { uid: 0 }).is_ok(), root, "{opcode:?} by root");
            assert_eq!(opcode.permit(Peer { uid: 1001 }).is_ok(), user, "{opcode:?} by a user");
            assert_eq!(opcode.permit(Peer { uid: 65_534 }), Err(Refused::Nobody));
        }
    }
}
