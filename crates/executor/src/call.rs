use crate::Executor;
use bytes::Bytes;
use hsm::{HsmError, KeysFuture, SignScheme};
use model::{
    Delivery, DeviceTrouble, Failure, FailureClass, Guid, KeyHandle, RequestId, Timestamp, Trace, Who,
    printable,
};
use std::time::Duration;
use transport::{Call, ProxyFault, Reply, RequestAuth, TransportError};

/// One work's view of the executor: its clock reading and its entropy.
pub(crate) struct Caller<'a> {
    pub(crate) executor: &'a Executor,
    pub(crate) now: Timestamp,
    pub(crate) entropy: [u8; 32],
}

impl Caller<'_> {
    /// The `client-request-id` of the n-th call of this work: a version 4 GUID from the entropy.
    pub(crate) fn request_id(&self, nth: u8) -> RequestId {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.entropy[..16]);
        bytes[15] ^= nth;
        RequestId::new(Guid::version_4(bytes))
    }

    /// Where the n-th call of this work, which went well, is found in the service's logs.
    pub(crate) fn trace(&self, nth: u8, reply: &Reply) -> Trace {
        let header = |name| reply.headers().get(name)?.to_str().ok();
        let request_id = header("x-ms-request-id").or_else(|| header("request-id"));
        Trace {
            http_status: Some(reply.status().as_u16()),
            request_id: request_id.map(|id| printable(id, LONGEST_ID)),
            correlation_id: Some(self.request_id(nth).to_string()),
            server_time: None,
        }
    }

    /// Fresh random bytes for the nth signature of this work.
    pub(crate) fn context(&self, nth: u8) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes.copy_from_slice(&self.entropy[8..]);
        bytes[0] ^= nth;
        bytes
    }

    /// Sends a request and reads its whole reply.
    pub(crate) async fn send(
        &self,
        request: http::Request<Bytes>,
        auth: RequestAuth,
    ) -> Result<Reply, Failure> {
        let sent = self.executor.transport.send(Call { request, auth }).await;
        sent.map_err(|error| transport_failure(&error, self.now))
    }

    /// Sends a request to the sign-in or registration service, whose clock is compared with ours first.
    pub(crate) async fn ask(
        &self,
        request: http::Request<Bytes>,
        auth: RequestAuth,
    ) -> Result<Reply, Failure> {
        let reply = self.send(request, auth).await?;
        self.check_clock(&reply)?;
        Ok(reply)
    }

    /// The rule of the four minutes: a wrong clock is named before anything else is read from a reply.
    pub(crate) fn check_clock(&self, reply: &Reply) -> Result<(), Failure> {
        let Some(server) = transport::server_date(reply.headers()) else { return Ok(()) };
        let (apart, word) = match server > self.now {
            true => (server.since(self.now), "behind"),
            false => (self.now.since(server), "ahead of"),
        };
        if apart > CLOCK_TOLERANCE {
            return Err(clock_skew(apart, word, reply.status().as_u16()));
        }
        Ok(())
    }

    /// The server's time of a reply, or ours where it gives none.
    pub(crate) fn server_time(&self, reply: &Reply) -> Timestamp {
        transport::server_date(reply.headers()).unwrap_or(self.now)
    }

    /// A PKCS#1 v1.5 signature over the SHA-256 of `to_sign`, as certificate requests and JWTs bear it; 256 bytes.
    pub(crate) async fn signature(&self, key: &KeyHandle, to_sign: &[u8]) -> Result<Vec<u8>, Failure> {
        answered(self.executor.keys.sign(key.clone(), SignScheme::Pkcs1Sha256, to_sign.to_vec())).await
    }
}

/// What the keys answer, their errors as failures.
pub(crate) async fn answered<T>(answer: KeysFuture<T>) -> Result<T, Failure> {
    answer.await.map_err(|error| key_failure(&error))
}

fn clock_skew(apart: Duration, word: &str, status: u16) -> Failure {
    let minutes = (apart.as_secs() + 30) / 60;
    let mut failure = Failure::local(
        FailureClass::NeedsUser,
        Who::MachineAdmin,
        "ClockSkew",
        format!("the clock of this machine is {minutes} minutes {word} the service's"),
        "Set the clock (for example: timedatectl set-ntp true), then sign in again.",
    );
    failure.delivery = Delivery::Answered;
    failure.trace = Trace { http_status: Some(status), ..Trace::default() };
    failure
}

fn transport_failure(error: &TransportError, now: Timestamp) -> Failure {
    let (code, who, advice) = match error {
        TransportError::Forbidden(_) => {
            ("ForbiddenHost", Who::MachineAdmin, "Check the hosts of the cloud in himmelblau.conf.")
        }
        TransportError::NotSent { .. } => {
            ("Unreachable", Who::MachineAdmin, "Check the network, the proxy and the firewall.")
        }
        TransportError::Proxy { fault, .. } => (
            if *fault == ProxyFault::Unreachable { "ProxyUnreachable" } else { "ProxyRefused" },
            Who::MachineAdmin,
            proxy_advice(*fault),
        ),
        TransportError::Tls { .. } => {
            ("Tls", Who::MachineAdmin, "Check ca_file and whether something on the way inspects TLS.")
        }
        TransportError::InDoubt { .. } => {
            ("NoAnswer", Who::Nobody, "Try again in a few minutes; check the network if it stays.")
        }
        TransportError::OutOfDate { host, not_yet, .. } => {
            return Failure { delivery: error.delivery(), ..crate::clock::out_of_date(host, *not_yet, now) };
        }
        TransportError::TooBig { .. } => {
            ("ReplyTooBig", Who::MachineAdmin, "Something on the way answers in the service's place.")
        }
    };
    let mut failure = Failure::local(error.class(), who, code, error.to_string(), advice);
    failure.delivery = error.delivery();
    failure
}

fn proxy_advice(fault: ProxyFault) -> &'static str {
    match fault {
        ProxyFault::Unreachable => {
            "Check the option proxy in himmelblau.conf, or HTTPS_PROXY of the service's environment; it is tried again."
        }
        ProxyFault::Credentials { basic: true } => {
            "Write proxy = http://user@host:port and the password into proxy_password_file, or correct them, then restart \
             firmamentd."
        }
        ProxyFault::Credentials { basic: false } => {
            "Firmament can only give a user and a password (Basic): ask the proxy's administrator for that, or to let \
             this machine through without."
        }
        ProxyFault::Refused => "Ask the proxy's administrator to let this host through; it is tried again.",
        ProxyFault::Gateway => {
            "Ask the proxy's administrator why it cannot reach this host; it is tried again."
        }
    }
}

/// A failure of the keys; what of theirs may suspend an identity is named here.
pub fn key_failure(error: &HsmError) -> Failure {
    let (code, advice) = match error {
        HsmError::Busy | HsmError::Unreachable(_) => ("KeyStoreBusy", "Try again in a moment."),
        HsmError::KeyGone(_) => ("KeyUnavailable", "The keys cannot come back: register this machine anew."),
        HsmError::OtherMachine(component) => ("ClonedMachine", two_ways(component)),
        HsmError::Integrity(_) | HsmError::OtherBackend { .. } | HsmError::AuthValue(_) => (
            "KeyUnavailable",
            "Restore the auth value (hsm-pin) or the PIN that the keys were made with, then restart firmamentd.",
        ),
        HsmError::BootState(_) => (
            "BootStateChanged",
            "Start this machine as before, or run aad-tool tpm reseal --with-code with the recovery code, then \
             sign in; nothing is lost.",
        ),
        HsmError::BootFile(_) => (
            "BootFile",
            "Restore the file from a backup of the state directory, then sign in; a recovery code does not help \
             without it. If there is no backup, register this machine anew.",
        ),
        HsmError::RecoveryCode(_) => {
            ("WrongRecoveryCode", "Check the code and try again; a wrong one does no harm.")
        }
        HsmError::NotBootBound => {
            ("NotBootBound", "There is nothing to do, unless tpm_pcrs = 7 was to bind the keys in a TPM.")
        }
        HsmError::Absent(_) => ("KeyStoreAbsent", "Connect the device that holds the keys."),
        HsmError::Unusable(obstacle, _) => ("KeyStoreUnusable", obstacle.advice()),
        HsmError::Locked(_) => {
            ("KeyStoreLocked", "Unlock the device that holds the keys, then restart firmamentd.")
        }
        _ => ("KeyStore", "See the log of firmamentd."),
    };
    let failure = Failure::local(error.class(), Who::MachineAdmin, code, error.to_string(), advice);
    Failure { trouble: key_trouble(error), ..failure }
}

/// Which errors mean that the keys themselves cannot be used here.
fn key_trouble(error: &HsmError) -> Option<DeviceTrouble> {
    match error {
        HsmError::KeyGone(_)
        | HsmError::Integrity(_)
        | HsmError::OtherBackend { .. }
        | HsmError::AuthValue(_) => Some(DeviceTrouble::KeyLost),
        HsmError::OtherMachine(_) => Some(DeviceTrouble::Cloned),
        HsmError::BootState(_) => Some(DeviceTrouble::BootStateChanged),
        HsmError::BootFile(_) => Some(DeviceTrouble::BootFileMissing),
        _ => None,
    }
}

/// What to do about a component that changed: on the same machine, and on a copy of it.
///
/// A copy leaves by force, because the device object is the original's.
fn two_ways(component: &str) -> &'static str {
    match component {
        "machine-id" | "product-uuid" => {
            "If this is the same machine and the change is known, run as root: aad-tool rebind. If it is a copy, \
             run aad-tool leave --force, then sign in to register it anew."
        }
        // The key store's own components: no rebinding brings a key into another TPM or token.
        _ => {
            "If this is the same machine, bring back the TPM or token that made the keys. If it is a copy, or \
             they are lost, run aad-tool leave --force, then sign in to register anew; aad-tool rebind does not help."
        }
    }
}

/// Characters of a foreign id.
const LONGEST_ID: usize = 64;
const CLOCK_TOLERANCE: Duration = Duration::from_secs(4 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_that_are_lost_or_not_ours_may_suspend_an_identity() {
        let why = || "x".to_owned();
        for (error, code, class) in [
            (HsmError::Busy, "KeyStoreBusy", FailureClass::Transient),
            (HsmError::Unreachable(why()), "KeyStoreBusy", FailureClass::Transient),
            (HsmError::Absent(why()), "KeyStoreAbsent", FailureClass::Transient),
            (HsmError::Locked(why()), "KeyStoreLocked", FailureClass::Denied),
            (HsmError::Unusable(hsm::Obstacle::Rights, why()), "KeyStoreUnusable", FailureClass::Denied),
            (HsmError::KeyGone(why()), "KeyUnavailable", FailureClass::Broken),
            (HsmError::AuthValue(why()), "KeyUnavailable", FailureClass::Broken),
            (HsmError::Integrity("key"), "KeyUnavailable", FailureClass::Broken),
            (HsmError::OtherBackend { made_by: "tpm" }, "KeyUnavailable", FailureClass::Broken),
            (HsmError::OtherMachine(why()), "ClonedMachine", FailureClass::Broken),
            (HsmError::Backend(why()), "KeyStore", FailureClass::Broken),
            (HsmError::BootState(why()), "BootStateChanged", FailureClass::Broken),
            (HsmError::BootFile(why()), "BootFile", FailureClass::Broken),
            (HsmError::RecoveryCode("x"), "WrongRecoveryCode", FailureClass::Denied),
            (HsmError::NotBootBound, "NotBootBound", FailureClass::Denied),
            (HsmError::Decrypt, "KeyStore", FailureClass::Broken),
        ] {
            let failure = key_failure(&error);
            assert_eq!((failure.code.as_str(), failure.class), (code, class), "{error}");
            assert_eq!(failure.trouble, DeviceTrouble::from_code(code), "{error}");
        }
    }

    #[test]
    fn a_changed_component_is_named_with_both_ways_out() {
        for (component, rebinds) in
            [("machine-id", true), ("product-uuid", true), ("tpm-srk", false), ("token", false)]
        {
            let failure = key_failure(&HsmError::OtherMachine(component.to_owned()));
            assert!(failure.message.contains(&format!("{component} changed")), "{}", failure.message);
            assert_eq!(failure.advice.contains("as root: aad-tool rebind."), rebinds, "{}", failure.advice);
            assert!(failure.advice.contains("aad-tool leave --force"), "{}", failure.advice);
        }
    }
}
