use hsm::{Keys, SignScheme};
use model::{CertificateDer, KeyHandle};
use std::fmt;
use std::sync::Arc;
use transport::ClientIdentity;

/// The device certificate for TLS, its key left where it lives.
pub(crate) struct DeviceIdentity {
    chain: [CertificateDer; 1],
    key: KeyHandle,
    keys: Arc<dyn Keys>,
}

impl DeviceIdentity {
    pub(crate) fn new(certificate: CertificateDer, key: KeyHandle, keys: Arc<dyn Keys>) -> DeviceIdentity {
        DeviceIdentity { chain: [certificate], key, keys }
    }
}

impl fmt::Debug for DeviceIdentity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("DeviceIdentity").field(&self.key).finish()
    }
}

impl ClientIdentity for DeviceIdentity {
    fn chain(&self) -> &[CertificateDer] {
        &self.chain
    }

    fn sign(&self, scheme: u16, message: &[u8]) -> Result<Vec<u8>, String> {
        let scheme = match scheme {
            RSA_PKCS1_SHA256 => SignScheme::Pkcs1Sha256,
            RSA_PSS_RSAE_SHA256 => SignScheme::PssSha256,
            other => return Err(format!("signature scheme {other:#06x} is not offered")),
        };
        let signature = self.keys.sign(self.key.clone(), scheme, message.to_vec());
        signature.wait().map_err(|error| error.to_string())
    }
}

/// RFC 8446 section 4.2.3.
const RSA_PKCS1_SHA256: u16 = 0x0401;
/// RFC 8446 section 4.2.3.
const RSA_PSS_RSAE_SHA256: u16 = 0x0804;
