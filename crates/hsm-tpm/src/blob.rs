//! What the TPM gives back of an object that it made, as bytes.

use crate::fault::Fault;
use model::RsaPublicKey;
use tss_esapi::structures::{CreateKeyResult, Private, Public};
use tss_esapi::traits::{Marshall, UnMarshall};

/// An object of the TPM outside of it: `TPMT_PUBLIC` and the contents of `TPM2B_PRIVATE` (TPM 2.0 Library,
/// Part 2). The private part is ciphertext under the storage key, and its
/// integrity value covers the public part.
pub(crate) struct Blob {
    public: Vec<u8>,
    private: Vec<u8>,
}

impl Blob {
    pub(crate) fn of(made: CreateKeyResult) -> Result<Blob, Fault> {
        Ok(Blob { public: made.out_public.marshall()?, private: made.out_private.value().to_vec() })
    }

    /// Each part behind its length (2 bytes, big-endian).
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [&self.public, &self.private] {
            bytes.extend(u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
            bytes.extend(part);
        }
        bytes
    }

    /// The object and what follows it; `None` for a text that is too short.
    pub(crate) fn split(bytes: &[u8]) -> Option<(Blob, &[u8])> {
        let (public, rest) = part(bytes)?;
        let (private, rest) = part(rest)?;
        Some((Blob { public: public.to_vec(), private: private.to_vec() }, rest))
    }

    /// The same object with another private part.
    pub(crate) fn with_private(&self, private: &Private) -> Blob {
        Blob { public: self.public.clone(), private: private.value().to_vec() }
    }

    pub(crate) fn public(&self) -> Result<Public, Fault> {
        Ok(Public::unmarshall(&self.public)?)
    }

    pub(crate) fn private(&self) -> Result<Private, Fault> {
        Ok(Private::try_from(self.private.clone())?)
    }

    /// The public half of an RSA key; `None` for any other object.
    pub(crate) fn rsa(&self) -> Option<RsaPublicKey> {
        let Ok(Public::Rsa { unique, parameters, .. }) = self.public() else { return None };
        // A TPM writes the usual exponent as nothing.
        let exponent = match parameters.exponent().value() {
            0 => DEFAULT_EXPONENT,
            other => other,
        };
        let bytes = exponent.to_be_bytes();
        let leading = bytes.iter().take_while(|byte| **byte == 0).count();
        let exponent = bytes.get(leading..).unwrap_or_default().to_vec();
        Some(RsaPublicKey { modulus: unique.value().to_vec(), exponent })
    }
}

fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

const DEFAULT_EXPONENT: u32 = 65_537;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_is_read_as_it_was_written_and_a_short_one_is_not() {
        let blob = Blob { public: vec![1, 2, 3], private: vec![4; 300] };
        let bytes = [blob.write(), b"rest".to_vec()].concat();
        let (found, rest) = Blob::split(&bytes).unwrap();
        assert_eq!((found.public, found.private, rest), (blob.public, blob.private, b"rest".as_slice()));
        for length in 0..bytes.len() - 4 {
            assert!(Blob::split(&bytes[..length]).is_none(), "{length}");
        }
    }

    #[test]
    fn what_is_no_public_area_is_no_rsa_key() {
        for public in [vec![], vec![0; 4], vec![0xff; 300]] {
            assert_eq!(Blob { public, private: vec![] }.rsa(), None);
        }
    }
}
