use files::Trust;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why there are no roots to trust.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// `ca_file` cannot be read, holds no certificate that can be used, or somebody else could have changed it.
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

/// Whose signature under a server's certificate counts.
#[derive(Clone)]
pub struct Roots {
    store: Arc<RootCertStore>,
    /// What an operator should know of `ca_file`, one sentence each.
    pub notices: Vec<String>,
}

impl fmt::Debug for Roots {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Roots({})", self.store.len())
    }
}

impl Roots {
    /// The certificates of `ca_file` alone, or those of the system. An entry of `ca_file` that cannot be used is a
    /// notice with its line, as long as another can.
    ///
    /// # Errors
    /// [`RootsError`] where nobody would be trusted.
    pub fn load(ca_file: Option<&Path>) -> Result<Roots, RootsError> {
        match ca_file {
            Some(path) => Roots::of_file(path).map_err(|why| RootsError::File { path: path.to_owned(), why }),
            None => Roots::of_system(),
        }
    }

    /// The same for every connection: it is read and parsed once.
    pub(crate) fn store(&self) -> Arc<RootCertStore> {
        self.store.clone()
    }

    fn of_system() -> Result<Roots, RootsError> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if store.is_empty() {
            Err(RootsError::None)
        } else {
            Ok(Roots { store: Arc::new(store), notices: vec![] })
        }
    }

    fn of_file(path: &Path) -> Result<Roots, String> {
        let pem = files::read_public(path, &Trust::current()).map_err(|error| error.to_string())?;
        let mut notices: Vec<String> =
            pem.notices.iter().map(|notice| format!("ca_file: {notice}")).collect();
        let mut store = RootCertStore::empty();
        let mut faults = Vec::new();
        for entry in entries(&pem.content) {
            if let Err(why) = entry.text.and_then(|text| add(&mut store, &text)) {
                faults.push((entry.line, why));
            }
        }
        let first = faults.first().map(|(line, why)| format!("line {line}: {why}"));
        if store.is_empty() {
            return Err(first.unwrap_or_else(|| no_certificate(&pem.content)));
        }
        let skipped = |(line, why): &(usize, String)| {
            format!("ca_file: {}:{line}: this entry is skipped: {why}", path.display())
        };
        notices.extend(faults.iter().map(skipped));
        Ok(Roots { store: Arc::new(store), notices })
    }
}

fn add(store: &mut RootCertStore, text: &str) -> Result<(), String> {
    let certificate = CertificateDer::from_pem_slice(text.as_bytes());
    let certificate = certificate.map_err(|error| format!("it cannot be decoded ({error})"))?;
    store.add(certificate).map_err(|error| format!("it is no certificate of an authority ({error})"))
}

fn no_certificate(content: &[u8]) -> String {
    // A SEQUENCE of two bytes of length, as every certificate in DER begins.
    match content.starts_with(&[0x30, 0x82]) {
        true => "it is in DER: write it in PEM with openssl x509 -inform der".to_owned(),
        false => "it holds no certificate".to_owned(),
    }
}

/// One entry of a PEM file, and the line where it begins.
struct PemEntry {
    line: usize,
    /// What stands from its first line to its last, or why there is no such text.
    text: Result<String, String>,
}

/// The certificates of a PEM file, whole or not; what stands between them is comment.
fn entries(content: &[u8]) -> Vec<PemEntry> {
    let text = String::from_utf8_lossy(content);
    let mut entries = Vec::new();
    let mut open: Option<(usize, String)> = None;
    let no_end = || "it has no line -----END CERTIFICATE-----".to_owned();
    for (index, line) in text.lines().map(str::trim).enumerate() {
        if let Some(kind) = line.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----")) {
            entries.extend(open.take().map(|(line, _)| PemEntry { line, text: Err(no_end()) }));
            match kind {
                "CERTIFICATE" => open = Some((index + 1, String::new())),
                other => {
                    let why = format!("it is a {}, not a CERTIFICATE", model::printable(other, 40));
                    entries.push(PemEntry { line: index + 1, text: Err(why) });
                }
            }
        }
        let Some((begin, body)) = open.as_mut() else { continue };
        body.push_str(line);
        body.push('\n');
        if line == "-----END CERTIFICATE-----" {
            entries.push(PemEntry { line: *begin, text: Ok(std::mem::take(body)) });
            open = None;
        }
    }
    entries.extend(open.map(|(line, _)| PemEntry { line, text: Err(no_end()) }));
    entries
}
