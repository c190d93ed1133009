//! One question, as a frame says it, and what a child does for it.

use crate::words::{Reader, Word, Writer, encode};
use hsm::{Hsm, SignScheme};
use model::{IntentId, KeyHandle, KeyPurpose, Secret};
use zeroize::Zeroizing;

/// A job of [`Hsm`]; every one is answered by the result of the method that it names.
#[derive(Debug)]
pub(crate) enum Request {
    Create(KeyPurpose, IntentId),
    Sign(KeyHandle, SignScheme, Vec<u8>),
    UnwrapOaepSha1(KeyHandle, Vec<u8>),
    Seal(String, Secret<Vec<u8>>),
    Unseal(String, Vec<u8>),
    Destroy(KeyHandle),
    SelfTest(KeyHandle),
    Rebind(KeyHandle),
    RecoveryCode,
    Reseal(Option<Secret<String>>),
}

impl Request {
    /// The body of the answer.
    pub(crate) fn run(&self, hsm: &mut dyn Hsm) -> Zeroizing<Vec<u8>> {
        match self {
            Request::Create(purpose, intent) => encode(&hsm.create(*purpose, *intent)),
            Request::Sign(key, scheme, message) => encode(&hsm.sign(key, *scheme, message)),
            Request::UnwrapOaepSha1(key, text) => encode(&hsm.unwrap_oaep_sha1(key, text)),
            Request::Seal(label, plain) => encode(&hsm.seal(label, plain)),
            Request::Unseal(label, sealed) => encode(&hsm.unseal(label, sealed)),
            Request::Destroy(key) => encode(&hsm.destroy(key)),
            Request::SelfTest(key) => encode(&hsm.self_test(key)),
            Request::Rebind(key) => encode(&hsm.rebind(key)),
            Request::RecoveryCode => encode(&hsm.recovery_code()),
            Request::Reseal(code) => encode(&hsm.reseal(code.as_ref())),
        }
    }
}

impl Word for Request {
    fn put(&self, out: &mut Writer) {
        match self {
            Request::Create(purpose, intent) => (out.tag(0), purpose.put(out), intent.put(out)).0,
            Request::Sign(key, scheme, message) => {
                out.tag(1);
                key.put(out);
                scheme.put(out);
                message.put(out);
            }
            Request::UnwrapOaepSha1(key, text) => (out.tag(2), key.put(out), text.put(out)).0,
            Request::Seal(label, plain) => (out.tag(3), label.put(out), plain.put(out)).0,
            Request::Unseal(label, sealed) => (out.tag(4), label.put(out), sealed.put(out)).0,
            Request::Destroy(key) => (out.tag(5), key.put(out)).0,
            Request::SelfTest(key) => (out.tag(6), key.put(out)).0,
            Request::Rebind(key) => (out.tag(7), key.put(out)).0,
            Request::RecoveryCode => out.tag(8),
            Request::Reseal(code) => (out.tag(9), code.put(out)).0,
        }
    }

    fn take(from: &mut Reader<'_>) -> Option<Request> {
        Some(match from.tag()? {
            0 => Request::Create(Word::take(from)?, Word::take(from)?),
            1 => Request::Sign(Word::take(from)?, Word::take(from)?, Word::take(from)?),
            2 => Request::UnwrapOaepSha1(Word::take(from)?, Word::take(from)?),
            3 => Request::Seal(Word::take(from)?, Word::take(from)?),
            4 => Request::Unseal(Word::take(from)?, Word::take(from)?),
            5 => Request::Destroy(Word::take(from)?),
            6 => Request::SelfTest(Word::take(from)?),
            7 => Request::Rebind(Word::take(from)?),
            8 => Request::RecoveryCode,
            9 => Request::Reseal(Word::take(from)?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::decode;
    use model::{Backend, Guid, RsaPublicKey};

    fn requests() -> Vec<Request> {
        let public = RsaPublicKey { modulus: vec![1; 256], exponent: vec![1, 0, 1] };
        let intent = IntentId::new(Guid::from_bytes([9; 16]));
        let (backend, purpose, wrapped) = (Backend::Pkcs11, KeyPurpose::Intune, vec![7; 60]);
        let key = KeyHandle { backend, purpose, intent, public, wrapped };
        let secret = || Secret::new(vec![1, 2]);
        vec![
            Request::Create(KeyPurpose::Transport, intent),
            Request::Sign(key.clone(), SignScheme::Pkcs1Sha256, vec![3]),
            Request::Sign(key.clone(), SignScheme::PssSha256, vec![]),
            Request::UnwrapOaepSha1(key.clone(), vec![4]),
            Request::Seal("l".to_owned(), secret()),
            Request::Unseal("l".to_owned(), vec![5]),
            Request::Destroy(key.clone()),
            Request::SelfTest(key.clone()),
            Request::Rebind(key),
            Request::RecoveryCode,
            Request::Reseal(None),
            Request::Reseal(Some(Secret::new("code".to_owned()))),
        ]
    }

    #[test]
    fn every_request_comes_out_as_it_went_in_and_no_part_of_one_is_one() {
        for request in requests() {
            let body = encode(&request);
            let read: Request = decode(&body).unwrap();
            // Secrets show nothing of themselves, so the bytes are compared too.
            assert_eq!((format!("{read:?}"), encode(&read)), (format!("{request:?}"), body.clone()));
            for length in 0..body.len() {
                assert!(decode::<Request>(&body[..length]).is_none(), "{request:?} {length}");
            }
            assert!(decode::<Request>(&[body.as_slice(), &[0]].concat()).is_none(), "{request:?}");
        }
        assert!(decode::<Request>(&[10]).is_none());
    }
}
