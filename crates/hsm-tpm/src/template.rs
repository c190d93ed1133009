//! The public areas that we ask the TPM to make keys from.

use crate::fault::Fault;
use model::KeyPurpose;
use tss_esapi::attributes::{ObjectAttributes, ObjectAttributesBuilder};
use tss_esapi::interface_types::algorithm::{HashingAlgorithm, PublicAlgorithm};
use tss_esapi::interface_types::ecc::EccCurve;
use tss_esapi::interface_types::key_bits::RsaKeyBits;
use tss_esapi::structures::{
    Digest, EccPoint, EccScheme, KeyDerivationFunctionScheme, KeyedHashScheme, Public, PublicBuilder,
    PublicEccParametersBuilder, PublicKeyRsa, PublicKeyedHashParameters, PublicRsaParametersBuilder,
    RsaExponent, RsaScheme, SymmetricDefinitionObject,
};

/// The storage key: P-256 with AES-128-CFB, which a TPM makes again much faster than an RSA key.
///
/// Nothing in it may ever change: the TPM derives the key from this text, and every key of ours hangs on it.
pub(crate) fn storage() -> Result<Public, Fault> {
    let attributes = attributes().with_sensitive_data_origin(true).with_restricted(true).with_decrypt(true);
    let parameters = PublicEccParametersBuilder::new_restricted_decryption_key(
        SymmetricDefinitionObject::AES_128_CFB,
        EccCurve::NistP256,
    );
    Ok(builder(PublicAlgorithm::Ecc, attributes.build()?)
        .with_ecc_parameters(
            parameters
                .with_ecc_scheme(EccScheme::Null)
                .with_key_derivation_function_scheme(KeyDerivationFunctionScheme::Null)
                .build()?,
        )
        .with_ecc_unique_identifier(EccPoint::default())
        .build()?)
}

/// RSA-2048 with scheme NULL, so that one key signs with PKCS#1 v1.5 and PSS; a transport key only decrypts.
pub(crate) fn rsa(purpose: KeyPurpose) -> Result<Public, Fault> {
    let decrypts = purpose == KeyPurpose::Transport;
    let attributes =
        attributes().with_sensitive_data_origin(true).with_decrypt(decrypts).with_sign_encrypt(!decrypts);
    let parameters = PublicRsaParametersBuilder::new()
        .with_scheme(RsaScheme::Null)
        .with_key_bits(RsaKeyBits::Rsa2048)
        // Zero stands for 65537, the only one that every TPM must know.
        .with_exponent(RsaExponent::ZERO_EXPONENT)
        .with_is_signing_key(!decrypts)
        .with_is_decryption_key(decrypts)
        .with_restricted(false);
    Ok(builder(PublicAlgorithm::Rsa, attributes.build()?)
        .with_rsa_parameters(parameters.build()?)
        .with_rsa_unique_identifier(PublicKeyRsa::default())
        .build()?)
}

/// A few bytes of ours that only the TPM can open again.
pub(crate) fn sealed() -> Result<Public, Fault> {
    Ok(builder(PublicAlgorithm::KeyedHash, attributes().build()?)
        .with_keyed_hash_parameters(PublicKeyedHashParameters::new(KeyedHashScheme::Null))
        .with_keyed_hash_unique_identifier(Digest::default())
        .build()?)
}

/// The same, which opens under a policy alone.
pub(crate) fn in_boot_state(policy: Digest) -> Result<Public, Fault> {
    let attributes = attributes().with_user_with_auth(false).with_admin_with_policy(true);
    Ok(builder(PublicAlgorithm::KeyedHash, attributes.build()?)
        .with_auth_policy(policy)
        .with_keyed_hash_parameters(PublicKeyedHashParameters::new(KeyedHashScheme::Null))
        .with_keyed_hash_unique_identifier(Digest::default())
        .build()?)
}

/// Whether keys may hang on this one: made in this TPM, never to leave it, and deaf to lockouts.
pub(crate) fn is_storage(public: &Public) -> bool {
    let found = public.object_attributes();
    found.fixed_tpm()
        && found.fixed_parent()
        && found.sensitive_data_origin()
        && found.user_with_auth()
        && found.no_da()
        && found.restricted()
        && found.decrypt()
        && !found.sign_encrypt()
}

/// What all objects of ours have in common; without dictionary-attack logic, so that another program's
/// wrong guesses cannot stop sign-ins (reliability.md E.2).
fn attributes() -> ObjectAttributesBuilder {
    ObjectAttributesBuilder::new()
        .with_fixed_tpm(true)
        .with_fixed_parent(true)
        .with_user_with_auth(true)
        .with_no_da(true)
}

fn builder(algorithm: PublicAlgorithm, attributes: ObjectAttributes) -> PublicBuilder {
    PublicBuilder::new()
        .with_public_algorithm(algorithm)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(attributes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tss_esapi::traits::Marshall;

    #[test]
    fn the_storage_key_is_the_same_text_for_ever() {
        let text = model::hex(&storage().unwrap().marshall().unwrap());
        assert_eq!(text, "0023000b00030472000000060080004300100003001000000000");
    }

    #[test]
    fn only_a_storage_key_is_one() {
        assert!(is_storage(&storage().unwrap()));
        assert!(!is_storage(&rsa(KeyPurpose::Transport).unwrap()));
        assert!(!is_storage(&rsa(KeyPurpose::Device).unwrap()));
        assert!(!is_storage(&sealed().unwrap()));
    }

    #[test]
    fn what_is_bound_to_the_boot_state_opens_by_its_policy_alone() {
        let policy = Digest::try_from(vec![7; 32]).unwrap();
        let public = in_boot_state(policy.clone()).unwrap();
        let found = public.object_attributes();
        assert!(!found.user_with_auth() && found.admin_with_policy() && found.no_da() && found.fixed_tpm());
        assert!(matches!(public, Public::KeyedHash { auth_policy, .. } if auth_policy == policy));
    }

    #[test]
    fn keys_are_made_for_one_use_and_stay() {
        for purpose in [KeyPurpose::Device, KeyPurpose::Intune, KeyPurpose::Transport] {
            let found = rsa(purpose).unwrap().object_attributes();
            assert!(found.fixed_tpm() && found.fixed_parent() && found.sensitive_data_origin());
            assert!(found.user_with_auth() && found.no_da() && !found.restricted());
            assert_eq!(found.decrypt(), purpose == KeyPurpose::Transport);
            assert_eq!(found.sign_encrypt(), purpose != KeyPurpose::Transport);
        }
    }
}
