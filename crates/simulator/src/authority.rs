//! The certificate authority: of one run, whose key lives in memory only, or kept in a directory for later runs.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use time::{Duration, OffsetDateTime};

/// A certificate authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    now: OffsetDateTime,
}

/// Why there is no authority.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A certificate cannot be made.
    #[error("could not make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A file of the authority cannot be used.
    #[error("could not use {path}: {cause}")]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
    /// The certificate in the directory does not lead to what its key signs.
    #[error("{path} is not the authority of the key beside it: remove both to get new ones")]
    Mismatch {
        /// The certificate.
        path: PathBuf,
    },
}

/// A server certificate with its key.
pub(crate) struct Leaf {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Authority {
    /// Makes a new authority of this name, which ends with the process.
    pub(crate) fn new(name: &str, now: OffsetDateTime) -> Result<Authority, rcgen::Error> {
        let (params, key) = (of_authority(name, now, LIFETIME)?, KeyPair::generate()?);
        let pem = params.self_signed(&key)?.pem();
        Ok(Authority { issuer: Issuer::new(params, key), pem, now })
    }

    /// The authority of a directory, which is made where there is none: `ca.pem`, and `ca-key.pem` for its owner
    /// alone.
    pub(crate) fn kept(directory: &Path, now: OffsetDateTime) -> Result<Authority, AuthorityError> {
        let key = directory.join("ca-key.pem");
        fs::create_dir_all(directory).map_err(|cause| file(directory, cause))?;
        match fs::read_to_string(&key) {
            Ok(text) => Authority::again(directory, &text, now),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Authority::first(directory, now),
            Err(cause) => Err(file(&key, cause)),
        }
    }

    fn first(directory: &Path, now: OffsetDateTime) -> Result<Authority, AuthorityError> {
        let (certificate, key) = (directory.join("ca.pem"), directory.join("ca-key.pem"));
        let (params, pair) = (of_authority(KEPT_NAME, now, KEPT_LIFETIME)?, KeyPair::generate()?);
        let pem = params.self_signed(&pair)?.pem();
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&key);
        let written = opened.and_then(|mut it| it.write_all(pair.serialize_pem().as_bytes()));
        written.map_err(|cause| file(&key, cause))?;
        fs::write(&certificate, &pem).map_err(|cause| file(&certificate, cause))?;
        Ok(Authority { issuer: Issuer::new(params, pair), pem, now })
    }

    /// Name and key are those of the certificate, so what is issued leads there.
    fn again(directory: &Path, key: &str, now: OffsetDateTime) -> Result<Authority, AuthorityError> {
        let path = directory.join("ca.pem");
        let pem = fs::read_to_string(&path).map_err(|cause| file(&path, cause))?;
        let params = of_authority(KEPT_NAME, now, KEPT_LIFETIME)?;
        let kept = Authority { issuer: Issuer::new(params, KeyPair::from_pem(key)?), pem, now };
        if kept.leads_to_its_certificate() { Ok(kept) } else { Err(AuthorityError::Mismatch { path }) }
    }

    /// Whether a client that trusts the certificate takes what is issued now.
    fn leads_to_its_certificate(&self) -> bool {
        let judged = || {
            let leaf = self.issue(&["localhost"]).ok()?;
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(self.pem.as_bytes()).ok()?).ok()?;
            let provider = Arc::new(aws_lc_rs::default_provider());
            let verifier =
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().ok()?;
            let name = ServerName::try_from("localhost").ok()?;
            let since = Duration::seconds(self.now.unix_timestamp()).unsigned_abs();
            let now = UnixTime::since_unix_epoch(since);
            verifier.verify_server_cert(leaf.chain.first()?, &[], &name, &[], now).ok()
        };
        judged().is_some()
    }

    /// The authority's own certificate in PEM.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// Issues a server certificate for the names; addresses among them become address entries.
    pub(crate) fn issue(&self, names: &[&str]) -> Result<Leaf, rcgen::Error> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = dated(CertificateParams::new(names)?, self.now, LIFETIME);
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

fn file(path: &Path, cause: io::Error) -> AuthorityError {
    AuthorityError::File { path: path.to_owned(), cause }
}

fn of_authority(
    name: &str,
    now: OffsetDateTime,
    lifetime: Duration,
) -> Result<CertificateParams, rcgen::Error> {
    let mut params = dated(CertificateParams::new(Vec::default())?, now, lifetime);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn dated(mut params: CertificateParams, now: OffsetDateTime, lifetime: Duration) -> CertificateParams {
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = now - Duration::days(1);
    params.not_after = now + lifetime;
    params
}

const KEPT_NAME: &str = "entra-simulator CA that is kept";
/// Those who trust it do so for years; what it issues lives as long as any.
const KEPT_LIFETIME: Duration = Duration::days(3650);

/// Longer than any run, shorter than what strict clients refuse (398 days).
const LIFETIME: Duration = Duration::days(90);

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn said(kept: Result<Authority, AuthorityError>) -> String {
        kept.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_kept_authority_is_the_same_in_the_next_run_and_its_key_is_its_owner_s() {
        let (directory, now) = (tempfile::tempdir().unwrap(), OffsetDateTime::now_utc());
        let place = directory.path().join("ca");
        let first = Authority::kept(&place, now).unwrap().pem().to_owned();
        let again = Authority::kept(&place, now + Duration::days(400)).unwrap();
        assert_eq!(again.pem(), first);
        let mode = fs::metadata(place.join("ca-key.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_certificate_of_another_key_is_refused_with_what_to_do() {
        let (directory, now) = (tempfile::tempdir().unwrap(), OffsetDateTime::now_utc());
        Authority::kept(directory.path(), now).unwrap();
        let other = of_authority(KEPT_NAME, now, LIFETIME).unwrap();
        let other = other.self_signed(&KeyPair::generate().unwrap()).unwrap();
        fs::write(directory.path().join("ca.pem"), other.pem()).unwrap();
        let error = said(Authority::kept(directory.path(), now));
        assert!(error.contains("ca.pem is not the authority of the key beside it"), "{error}");
        fs::remove_file(directory.path().join("ca.pem")).unwrap();
        let error = said(Authority::kept(directory.path(), now));
        assert!(error.contains("could not use") && error.contains("ca.pem"), "{error}");
    }
}
