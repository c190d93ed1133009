use crate::Executor;
use bytes::Bytes;
use failures::{check_clock, key_failure, transport_failure};
use hsm::{KeysFuture, SignScheme};
use model::{Failure, Guid, KeyHandle, RequestId, Timestamp, Trace, printable};
use transport::{Call, Reply, RequestAuth};

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
        check_clock(&reply, self.now)?;
        Ok(reply)
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

/// Characters of a foreign id.
const LONGEST_ID: usize = 64;
