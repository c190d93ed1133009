//! Whose fault a failed decryption is: the ciphertext's or the token's.

use crate::error::Fault;
use cryptoki::context::Function;
use cryptoki::error::{Error, RvError};
use model::Secret;

/// Decrypts; `None` when the ciphertext is not for the key or was changed.
///
/// Many modules answer a bad ciphertext with an error that may mean anything. A passing fault of the token
/// must not be taken for a changed key, because that would suspend an identity; so `works` then shows that
/// the key still decrypts what is surely for it, and the ciphertext gets a second chance.
pub(crate) fn open(
    decrypt: impl Fn() -> Result<Vec<u8>, Error>,
    works: impl Fn() -> Result<(), Fault>,
) -> Result<Option<Secret<Vec<u8>>>, Fault> {
    let mut answer = decrypt();
    if answer.as_ref().is_err_and(is_vague) {
        works()?;
        answer = decrypt();
    }
    match answer {
        Ok(plain) => Ok(Some(Secret::new(plain))),
        Err(error) if is_vague(&error) || is_clear(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What the standard has for a ciphertext that is not for the key.
fn is_clear(error: &Error) -> bool {
    let Error::Pkcs11(code, Function::Decrypt) = error else { return false };
    matches!(
        code,
        RvError::EncryptedDataInvalid
            | RvError::EncryptedDataLenRange
            | RvError::DataInvalid
            | RvError::DataLenRange
            | RvError::SignatureInvalid
    )
}

/// What modules answer instead; SoftHSM 2.6.1 has GENERAL_ERROR for OAEP and for AES-GCM.
fn is_vague(error: &Error) -> bool {
    let Error::Pkcs11(code, Function::Decrypt) = error else { return false };
    matches!(
        code,
        RvError::GeneralError | RvError::FunctionFailed | RvError::ArgumentsBad | RvError::DeviceError
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use hsm::HsmError;
    use std::cell::RefCell;

    /// Opens with these answers of the module, the first one first, and of the probe.
    fn open_with(answers: &[Result<u8, RvError>], works: bool) -> (Result<Option<u8>, HsmError>, usize) {
        let rest = RefCell::new(answers.iter().rev().copied().collect::<Vec<_>>());
        let decrypt = || {
            let answer = rest.borrow_mut().pop().unwrap();
            answer.map(|byte| vec![byte]).map_err(|code| Error::Pkcs11(code, Function::Decrypt))
        };
        let probe = || if works { Ok(()) } else { Err(HsmError::Backend("broken".to_owned()).into()) };
        let opened = open(decrypt, probe);
        let left = rest.borrow().len();
        (opened.map(|plain| plain.map(|plain| plain.expose()[0])).map_err(Fault::said), left)
    }

    #[test]
    fn a_failure_is_blamed_on_the_ciphertext_only_while_the_key_works() {
        let broken = || HsmError::Backend("broken".to_owned());
        let vague = Err(RvError::GeneralError);
        for (answers, works, verdict) in [
            (vec![Ok(7)], true, Ok(Some(7))),
            (vec![Err(RvError::EncryptedDataInvalid)], false, Ok(None)),
            (vec![Err(RvError::EncryptedDataLenRange)], false, Ok(None)),
            (vec![vague, vague], true, Ok(None)),
            (vec![vague, Err(RvError::FunctionFailed)], true, Ok(None)),
            (vec![vague, Err(RvError::EncryptedDataInvalid)], true, Ok(None)),
            (vec![vague, Ok(7)], true, Ok(Some(7))),
            (vec![vague], false, Err(broken())),
        ] {
            assert_eq!(open_with(&answers, works), (verdict, 0), "{answers:?}");
        }
    }

    #[test]
    fn a_lost_token_is_never_blamed_on_the_ciphertext() {
        for code in [RvError::DeviceRemoved, RvError::SessionHandleInvalid, RvError::KeyHandleInvalid] {
            assert!(open_with(&[Err(code)], true).0.is_err(), "{code:?}");
            assert!(open_with(&[Err(RvError::GeneralError), Err(code)], true).0.is_err(), "{code:?}");
        }
        assert!(!is_vague(&Error::Pkcs11(RvError::GeneralError, Function::DecryptInit)));
    }
}
