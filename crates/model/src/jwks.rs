use crate::RsaPublicKey;

/// The keys a tenant signs its tokens with (RFC 7517), RSA only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Jwks {
    /// In the order of the document.
    pub keys: Vec<Jwk>,
}

/// One RSA signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwk {
    /// `kid`: the name that a token's header gives its signing key.
    pub kid: String,
    /// `n` and `e`.
    pub public: RsaPublicKey,
}

impl Jwks {
    /// The key with this id.
    pub fn find(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.kid == kid)
    }
}
