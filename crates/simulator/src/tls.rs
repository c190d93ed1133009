//! TLS as the service speaks it: which certificate is shown and whether one is asked for, by server name.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};

use crate::authority::Leaf;

/// The ready-made configurations, one for each way a handshake can go.
pub(crate) struct Tls {
    quiet: Arc<ServerConfig>,
    asking: Arc<ServerConfig>,
    foreign: Arc<ServerConfig>,
}

/// How one handshake is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// The good certificate, no client certificate asked for.
    Quiet,
    /// The good certificate; a client certificate is asked for, not required.
    Asking,
    /// A certificate of an authority that no client knows.
    Foreign,
}

impl Tls {
    /// Prepares the configurations from the good certificate and one of another authority.
    pub(crate) fn new(good: Leaf, foreign: Leaf) -> Result<Tls, rustls::Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let proof = Arc::new(Possession { algorithms: provider.signature_verification_algorithms });
        let again = Leaf { chain: good.chain.clone(), key: good.key.clone_key() };
        Ok(Tls {
            quiet: config(&provider, None, good)?,
            asking: config(&provider, Some(proof), again)?,
            foreign: config(&provider, None, foreign)?,
        })
    }

    /// The configuration of a manner.
    pub(crate) fn config(&self, manner: Manner) -> Arc<ServerConfig> {
        Arc::clone(match manner {
            Manner::Quiet => &self.quiet,
            Manner::Asking => &self.asking,
            Manner::Foreign => &self.foreign,
        })
    }
}

fn config(
    provider: &Arc<CryptoProvider>,
    proof: Option<Arc<Possession>>,
    leaf: Leaf,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let builder = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?;
    let builder = match proof {
        Some(proof) => builder.with_client_cert_verifier(proof),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_single_cert(leaf.chain, leaf.key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Asks for a client certificate, checks only that the client has its key, and leaves every other judgement
/// to the tenant, which knows the devices.
#[derive(Debug)]
struct Possession {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for Possession {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
