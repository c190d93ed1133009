//! The throw-away certificate authority: its key lives in memory only and dies with the process.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

/// A certificate authority of this run.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    now: OffsetDateTime,
}

/// A server certificate with its key.
pub(crate) struct Leaf {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Authority {
    /// Makes a new authority whose name says what it is for.
    pub(crate) fn new(name: &str, now: OffsetDateTime) -> Result<Authority, rcgen::Error> {
        let mut params = dated(CertificateParams::new(Vec::default())?, now);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        Ok(Authority { issuer, now })
    }

    /// The authority's own certificate in PEM.
    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Issues a server certificate for the names; addresses among them become address entries.
    pub(crate) fn issue(&self, names: &[&str]) -> Result<Leaf, rcgen::Error> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = dated(CertificateParams::new(names)?, self.now);
        params.distinguished_name.push(DnType::CommonName, "entra-simulator");
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let leaf = params.signed_by(&key, &self.issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok(Leaf { chain: vec![leaf.der().clone()], key })
    }
}

fn dated(mut params: CertificateParams, now: OffsetDateTime) -> CertificateParams {
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = now - Duration::days(1);
    params.not_after = now + LIFETIME;
    params
}

/// Longer than any run, shorter than what strict clients refuse (398 days).
const LIFETIME: Duration = Duration::days(90);
