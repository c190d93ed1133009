//! Join requests with keys of their own, made before anything is timed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use rsa::RsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use serde_json::json;

use crate::Failure;

/// So many bodies of joins, no two with the same key.
///
/// Making a key takes long, so each is a pair out of few primes: worthless as a secret, and as good a key as any
/// to whoever verifies with it.
pub(crate) fn joins(count: usize) -> Result<Vec<Bytes>, Failure> {
    let made: Vec<RsaPrivateKey> = (0..keys_for(count)).map(|_| fresh()).collect::<Result<_, _>>()?;
    let pairs: Vec<(usize, usize)> =
        (0..made.len() * 2).flat_map(|one| (0..one).map(move |other| (one, other))).take(count).collect();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = pairs.len().div_ceil(workers).max(1);
    std::thread::scope(|scope| {
        let made = &made;
        let work = |pairs: &[(usize, usize)]| {
            pairs.iter().map(|pair| body(made, *pair)).collect::<Result<Vec<_>, _>>()
        };
        let threads: Vec<_> = pairs.chunks(share).map(|pairs| scope.spawn(move || work(pairs))).collect();
        let mut all = Vec::with_capacity(count);
        for thread in threads {
            all.extend(thread.join().map_err(|_| "a thread panicked")??);
        }
        Ok(all)
    })
}

/// Each key has two primes.
fn keys_for(count: usize) -> usize {
    (1..).find(|keys| keys * (2 * keys - 1) >= count).unwrap_or(count)
}

fn fresh() -> Result<RsaPrivateKey, Failure> {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
    Ok(RsaPrivateKey::from_pkcs8_der(key.serialized_der())?)
}

fn body(made: &[RsaPrivateKey], (one, other): (usize, usize)) -> Result<Bytes, Failure> {
    let prime = |at: usize| made[at / 2].primes()[at % 2].clone();
    let key = RsaPrivateKey::from_p_q(prime(one), prime(other), made[0].e().clone())?;
    let der = key.to_pkcs8_der()?;
    let pair = KeyPair::from_pkcs8_der_and_sign_algo(&der.as_bytes().into(), &PKCS_RSA_SHA256)?;
    let request = CertificateParams::new(Vec::new())?.serialize_request(&pair)?;
    let body = json!({
        "CertificateRequest": { "Type": "pkcs10", "Data": STANDARD.encode(request.der()) },
        "TransportKey": STANDARD.encode(blob(&key)),
        "TargetDomain": "contoso.com", "DeviceType": "Linux", "OSVersion": "Ubuntu 24.04",
        "DeviceDisplayName": format!("load-{one}-{other}"), "JoinType": 0, "Attributes": {},
    });
    Ok(Bytes::from(body.to_string()))
}

/// The layout of entra.md 5.3.
fn blob(key: &RsaPrivateKey) -> Vec<u8> {
    let head = [2048_u32, 3, 256, 0, 0].map(u32::to_le_bytes).concat();
    [b"RSA1".as_slice(), &head, &[1, 0, 1], &key.n().to_be_bytes()].concat()
}
