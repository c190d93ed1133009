//! PKCS#10 requests with an empty attribute set, signed elsewhere with sha256WithRSAEncryption.

use crate::X509Error;
use model::RsaPublicKey;
use picky_asn1::bit_string::BitString;
use picky_asn1::wrapper::IntegerAsn1;
use picky_asn1_x509::{
    AlgorithmIdentifier, CertificationRequest, CertificationRequestInfo, DirectoryName, SubjectPublicKeyInfo,
};

/// The bytes that the key has to sign: the DER of CertificationRequestInfo.
///
/// # Errors
/// [`X509Error::CommonName`] for a name that no directory string can carry.
pub fn to_sign(public: &RsaPublicKey, common_name: &str) -> Result<Vec<u8>, X509Error> {
    if common_name.is_empty() || common_name.chars().any(char::is_control) {
        return Err(X509Error::CommonName(common_name.chars().filter(|c| !c.is_control()).collect()));
    }
    let name = DirectoryName::new_common_name(common_name);
    let key = SubjectPublicKeyInfo::new_rsa_key(
        IntegerAsn1::from_bytes_be_unsigned(public.modulus.clone()),
        IntegerAsn1::from_bytes_be_unsigned(public.exponent.clone()),
    );
    picky_asn1_der::to_vec(&CertificationRequestInfo::new(name, key)).map_err(|error| failed("built", &error))
}

/// The DER of the whole request: what was signed, and its RSASSA-PKCS1-v1_5 signature with SHA-256.
///
/// # Errors
/// [`X509Error::Der`] when `to_sign` is not the DER that [`to_sign`] made: the signature would not fit.
pub fn assemble(to_sign: &[u8], signature: &[u8]) -> Result<Vec<u8>, X509Error> {
    let info: CertificationRequestInfo =
        picky_asn1_der::from_bytes(to_sign).map_err(|error| failed("read", &error))?;
    let again = picky_asn1_der::to_vec(&info).map_err(|error| failed("built", &error))?;
    if again != to_sign {
        return Err(X509Error::Der { what: WHAT, verb: "read", why: "it is not what was made".to_owned() });
    }
    let request = CertificationRequest {
        certification_request_info: info,
        signature_algorithm: AlgorithmIdentifier::new_sha256_with_rsa_encryption(),
        signature: BitString::with_bytes(signature).into(),
    };
    picky_asn1_der::to_vec(&request).map_err(|error| failed("built", &error))
}

fn failed(verb: &'static str, error: &picky_asn1_der::Asn1DerError) -> X509Error {
    X509Error::Der { what: WHAT, verb, why: error.to_string() }
}

const WHAT: &str = "certificate request";
