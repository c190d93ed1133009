//! The words every other crate uses: names, identities, keys, failures and the moment they happen.
//!
//! Pure: no clock, no network, no disk, no serialisation framework.
//! A value that exists is valid: every constructor that takes text checks it.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod account;
mod advice;
mod client_version;
mod cloud;
mod device;
mod failure;
mod hex;
mod id;
mod jwks;
mod local_account;
mod name;
mod nonce;
mod options;
mod refusal;
mod secret;
mod sign_in;
mod stack;
mod text;
mod time;
mod trouble;
mod word;

pub use account::{Account, TokenRef, TokenSubject};
pub use advice::{Advice, Upcoming};
pub use client_version::{ClientVersion, ClientVersionError};
pub use cloud::{CloudProfile, IntuneHosts};
pub use device::{Backend, CertificateDer, DeviceFacts, KeyHandle, KeyPurpose, MachineBinding, RsaPublicKey};
pub use failure::{Delivery, Failure, FailureClass, SERVICE_SAYS, STATE_NOT_WRITABLE, Trace, Who};
pub use hex::hex;
pub use id::{DeviceId, Guid, GuidError, Id, IntentId, IntuneDeviceId, ObjectId, RequestId, TenantId};
pub use jwks::{Jwk, Jwks};
pub use local_account::{AccountStanding, DirectoryGroup, LocalAccount};
pub use name::{DomainName, HostPort, NameError, Upn};
pub use nonce::Nonce;
pub use options::*;
pub use refusal::*;
pub use secret::Secret;
pub use sign_in::*;
pub use stack::{wipe_stack, wiping};
pub use text::{for_terminal, is_printable, json_for_terminal, printable};
pub use time::{Timestamp, retry_after};
pub use trouble::{Cause, DeviceTrouble};
pub use word::UnknownWord;
