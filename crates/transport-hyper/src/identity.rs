use rustls::client::ResolvesClientCert;
use rustls::pki_types::CertificateDer;
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{SignatureAlgorithm, SignatureScheme};
use std::sync::Arc;
use transport::ClientIdentity;

/// Presents a certificate whose key stays where it is.
#[derive(Debug)]
pub(crate) struct Presented(pub(crate) Arc<dyn ClientIdentity>);

#[derive(Debug)]
struct OutsideKey(Arc<dyn ClientIdentity>);

#[derive(Debug)]
struct OutsideSigner(Arc<dyn ClientIdentity>, SignatureScheme);

impl ResolvesClientCert for Presented {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let chain = self.0.chain().iter().map(|der| CertificateDer::from(der.0.clone())).collect();
        Some(Arc::new(CertifiedKey::new(chain, Arc::new(OutsideKey(self.0.clone())))))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl SigningKey for OutsideKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let ours = [SignatureScheme::RSA_PSS_SHA256, SignatureScheme::RSA_PKCS1_SHA256];
        let scheme = ours.into_iter().find(|scheme| offered.contains(scheme))?;
        Some(Box::new(OutsideSigner(self.0.clone(), scheme)))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RSA
    }
}

impl Signer for OutsideSigner {
    /// Called in the handshake's poll, on a worker of the runtime: whatever else that worker had to do goes on
    /// in another thread until the key has signed.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let signature = tokio::task::block_in_place(|| self.0.sign(u16::from(self.1), message));
        signature.map_err(rustls::Error::General)
    }

    fn scheme(&self) -> SignatureScheme {
        self.1
    }
}
