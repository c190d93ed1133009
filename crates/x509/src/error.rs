/// Why a request could not be built or a certificate not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum X509Error {
    /// The DER is not what it should be.
    #[error("{what} cannot be {verb}: {why}")]
    Der {
        /// `certificate`, `certificate request`.
        what: &'static str,
        /// `read` or `built`.
        verb: &'static str,
        /// The reader's words.
        why: String,
    },
    /// The certificate is not in the one form that DER has for what it says.
    #[error("the certificate is not in DER: {0}")]
    NotCanonical(&'static str),
    /// A date of the certificate is in no calendar.
    #[error("the certificate has a date that does not exist")]
    Date,
    /// The certificate's key is not RSA.
    #[error("the certificate is for a key that is not RSA")]
    NotRsa,
    /// The common name has characters that a certificate request cannot carry.
    #[error("'{0}' cannot be a common name")]
    CommonName(String),
}
