//! What people are told where this machine does not let them in by itself.

use crate::Obstacle;
use model::{Failure, FailureClass, Who};

/// There is no network, and this is why the password is not asked for.
pub fn obstacle(why: Obstacle) -> Failure {
    let (code, message) = match why {
        Obstacle::Blocked => {
            ("OfflineBlocked", "there is no network, and too many wrong passwords were tried without it")
        }
        Obstacle::ClockWentBack => {
            ("ClockWentBack", "there is no network, and the clock of this machine was set back")
        }
        Obstacle::Expired => (
            "OfflineExpired",
            "there is no network, and your last sign-in with it is too long ago for this machine to check the password \
             by itself",
        ),
        Obstacle::UsedUp => {
            ("OfflineUsedUp", "there is no network, and you have signed in without it too often")
        }
    };
    let (class, who) = (FailureClass::Transient, Who::MachineAdmin);
    Failure::local(class, who, code, message.to_owned(), CONNECT)
}

/// The password is not the one that the service accepted last.
pub fn wrong_password() -> Failure {
    Failure::local(
        FailureClass::NeedsUser,
        Who::User,
        "OfflinePassword",
        "this is not the password that you signed in with last on this machine".to_owned(),
        "Sign in again with that password, or connect this machine to the network.",
    )
}

/// What would be compared is not there any more.
pub fn ended() -> Failure {
    let message = "this machine cannot check your password by itself any more".to_owned();
    Failure::local(FailureClass::Transient, Who::MachineAdmin, "OfflineEnded", message, CONNECT)
}

/// Too many others want the same, or the system does not give what is needed.
pub fn busy() -> Failure {
    let (class, who) = (FailureClass::Transient, Who::Nobody);
    let message = "this machine has too much to do to check a password by itself".to_owned();
    Failure::local(class, who, "OfflineBusy", message, "Sign in again in a minute.")
}

/// The key is another one than was decided on.
pub fn key_ended() -> Failure {
    let message = "the key for sign-ins without the network is not wanted any more".to_owned();
    Failure::local(FailureClass::Gone, Who::Nobody, "OfflineKeyEnded", message, "Nothing needs to be done.")
}

const CONNECT: &str = "Connect this machine to the network, then sign in again.";
