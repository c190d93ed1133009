use files::Trust;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::path::{Path, PathBuf};

/// Why there are no roots to trust.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// `ca_file` cannot be read as PEM certificates, or somebody else could have changed it.
    #[error("ca_file {}: {why}", path.display())]
    File {
        /// The path that `ca_file` names.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The system has none.
    #[error("this system has no trusted certificates: install ca-certificates, or set ca_file")]
    None,
}

/// The certificates of `ca_file` alone, or those of the system.
pub(crate) fn load(ca_file: Option<&Path>) -> Result<RootCertStore, RootsError> {
    let mut store = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            let wrong = |why: String| RootsError::File { path: path.to_owned(), why };
            let pem =
                files::read_public(path, &Trust::current()).map_err(|error| wrong(error.to_string()))?;
            for certificate in CertificateDer::pem_slice_iter(&pem.content) {
                let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
                store.add(certificate).map_err(|error| wrong(error.to_string()))?;
            }
            if store.is_empty() {
                return Err(wrong("it holds no certificate".to_owned()));
            }
        }
        None => drop(store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    if store.is_empty() { Err(RootsError::None) } else { Ok(store) }
}
