//! The PAM stack of a distribution, decided over the texts of its files: where the module of this project goes, what
//! pam-auth-update(8) makes of its profiles, and whether the result lets in whom it should (login.md 1.7).
//!
//! Pure: nothing is read or written here.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod debian;
mod direct;
mod profile;
mod stack;
mod verdict;

pub use debian::{ByHand, Common, built, by_hand, enabled};
pub use direct::{with_us, without_us};
pub use profile::{Homes, OUR_PROFILES, PROFILE_OF_SKEL, Profile};
pub use stack::{Action, Control, Phase, Rule, StackError, StackFault, of_phase, parse};
pub use verdict::{Finding, MODULE, UNIX, judge};
