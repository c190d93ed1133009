//! The token's own AES-256 key: what it has sealed, no other token opens.
//!
//! It sees 32 bytes at a time, whatever the length of the text, because tokens differ in how much they
//! take at once; a text is encrypted here, under a key of its own that the token seals.

use crate::ciphertext;
use crate::error::Fault;
use crate::keys::find;
use crate::link::Live;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, rand};
use cryptoki::error::Error;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, KeyType, ObjectClass, ObjectHandle};
use cryptoki::types::Ulong;
use hsm::HsmError;
use model::Secret;

/// 32 bytes as the token has sealed them: nonce (12 bytes), ciphertext, tag (16 bytes).
pub(crate) type Sealed = [u8; NONCE_LEN + 32 + TAG_LEN];

/// What a seal is bound to: the digest of the context, so that it is short enough for every token.
pub(crate) fn digest_of(context: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, context).as_ref());
    bytes
}

/// Makes the key if there is none.
///
/// Never done while something is opened: a new key would hide that the old one is gone.
pub(crate) fn ready(live: &Live) -> Result<ObjectHandle, Fault> {
    if !live.has(MechanismType::AES_GCM) {
        return Err(HsmError::Backend("the token does not do AES-GCM, which is needed".to_owned()).into());
    }
    if let Some(key) = keys(live)?.first() {
        return Ok(*key);
    }
    let new = [
        Attribute::ValueLen(Ulong::new(32)),
        Attribute::Encrypt(true),
        Attribute::Decrypt(true),
        Attribute::Label(LABEL.to_vec()),
    ];
    let template = [wanted().as_slice(), &new].concat();
    live.session.generate_key(&Mechanism::AesKeyGen, &template).map_err(Fault::from)
}

/// Seals 32 bytes under a context.
pub(crate) fn seal(live: &Live, context: &[u8; 32], plain: &[u8; 32]) -> Result<Vec<u8>, Fault> {
    seal_with(live, ready(live)?, context, plain)
}

/// The other way; `None` when a single bit of seal or context differs.
///
/// [`HsmError::KeyGone`] when the token has no such key any more.
pub(crate) fn open(
    live: &Live,
    context: &[u8; 32],
    sealed: &Sealed,
) -> Result<Option<Secret<Vec<u8>>>, Fault> {
    let keys = keys(live)?;
    if keys.is_empty() {
        let why = "the key that seals is not in the token: it was re-initialised, or the key was removed";
        return Err(HsmError::KeyGone(why.to_owned()).into());
    }
    // There is one as a rule; two first starts at a time may have made two.
    for key in keys {
        if let Some(plain) = open_with(live, key, context, sealed)? {
            return Ok(Some(plain));
        }
    }
    Ok(None)
}

fn seal_with(live: &Live, key: ObjectHandle, context: &[u8; 32], plain: &[u8; 32]) -> Result<Vec<u8>, Fault> {
    let mut nonce = [0; NONCE_LEN];
    rand::fill(&mut nonce).map_err(|_| failed())?;
    let mechanism = Mechanism::AesGcm(GcmParams::new(&mut nonce, context, TAG_BITS)?);
    let text = live.session.encrypt(&mechanism, key, plain)?;
    // Only now: a token may put a nonce of its own in the place of ours.
    Ok([nonce.as_slice(), &text].concat())
}

fn open_with(
    live: &Live,
    key: ObjectHandle,
    context: &[u8; 32],
    sealed: &Sealed,
) -> Result<Option<Secret<Vec<u8>>>, Fault> {
    let works = || {
        let probe = seal_with(live, key, context, context)?;
        decrypt(live, key, context, &probe).map(|_| ()).map_err(Fault::from)
    };
    ciphertext::open(|| decrypt(live, key, context, sealed), works)
}

fn decrypt(live: &Live, key: ObjectHandle, context: &[u8; 32], sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or(Error::InvalidValue)?;
    let mut nonce = nonce.to_vec();
    let mechanism = Mechanism::AesGcm(GcmParams::new(&mut nonce, context, TAG_BITS)?);
    live.session.decrypt(&mechanism, key, text)
}

/// Encrypts a text under a new key that the token seals.
pub(crate) fn seal_text(live: &Live, context: &[u8; 32], plain: &Secret<Vec<u8>>) -> Result<Vec<u8>, Fault> {
    let mut key = zeroize::Zeroizing::new([0; 32]);
    rand::fill(key.as_mut_slice()).map_err(|_| failed())?;
    let sealed = seal(live, context, &key)?;
    let mut text = plain.expose().clone();
    let local = local(key.as_slice())?;
    local.seal_in_place_append_tag(once(), Aad::from(context), &mut text).map_err(|_| failed())?;
    Ok([sealed, text].concat())
}

/// The other way; `None` when a single bit of text or context differs.
pub(crate) fn open_text(
    live: &Live,
    context: &[u8; 32],
    text: &[u8],
) -> Result<Option<Secret<Vec<u8>>>, Fault> {
    let Some((sealed, text)) = text.split_first_chunk::<{ size_of::<Sealed>() }>() else { return Ok(None) };
    let Some(key) = open(live, context, sealed)? else { return Ok(None) };
    // Decrypted in place: the copy is wiped whatever comes of it.
    let mut buffer = zeroize::Zeroizing::new(text.to_vec());
    let local = local(key.expose())?;
    let plain = local.open_in_place(once(), Aad::from(context), &mut buffer);
    Ok(plain.ok().map(|plain| Secret::new(plain.to_vec())))
}

fn local(key: &[u8]) -> Result<LessSafeKey, HsmError> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| failed())
}

/// The nonce of a key that encrypts one text only.
fn once() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

/// A key of this name that could leave the token is not ours.
fn keys(live: &Live) -> Result<Vec<ObjectHandle>, Fault> {
    find(live, &wanted())
}

fn wanted() -> [Attribute; 7] {
    [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Id(ID.to_vec()),
    ]
}

pub(crate) fn failed() -> HsmError {
    HsmError::Backend("the cryptographic library failed".to_owned())
}

const TAG_LEN: usize = 16;
const TAG_BITS: Ulong = Ulong::new(128);
const ID: &[u8] = b"firmament seal 1";
const LABEL: &[u8] = b"firmament seals with this key";
