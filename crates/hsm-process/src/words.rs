//! How values stand in a frame: one after the other, texts and bytes behind their length.

use hsm::{HsmError, HsmInfo, SignScheme};
use model::{
    Backend, BootPolicy, Guid, IntentId, KeyHandle, KeyPurpose, MachineBinding, RsaPublicKey, Secret,
};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// A value that can be sent.
pub(crate) trait Word: Sized {
    fn put(&self, out: &mut Writer);
    /// `None` for bytes that [`Word::put`] did not write.
    fn take(from: &mut Reader<'_>) -> Option<Self>;
}

/// The body of a frame with one value.
pub(crate) fn encode(value: &impl Word) -> Zeroizing<Vec<u8>> {
    let mut out = Writer::default();
    value.put(&mut out);
    out.done()
}

/// The value of a body; `None` when there is more or less in it.
pub(crate) fn decode<T: Word>(body: &[u8]) -> Option<T> {
    let mut from = Reader::of(body);
    T::take(&mut from).filter(|_| from.is_empty())
}

/// Grows by copies that are wiped: there may be a secret in it.
#[derive(Default)]
pub(crate) struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    pub(crate) fn done(self) -> Zeroizing<Vec<u8>> {
        self.0
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * needed));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn tag(&mut self, tag: u8) {
        self.bytes(&[tag]);
    }

    pub(crate) fn block(&mut self, bytes: &[u8]) {
        // What is longer than a frame is refused when it is sent.
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.bytes(&length.to_be_bytes());
        self.bytes(bytes);
    }

    fn text(&mut self, text: &str) {
        self.block(text.as_bytes());
    }
}

pub(crate) struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    pub(crate) fn of(body: &'b [u8]) -> Reader<'b> {
        Reader(body)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (found, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*found)
    }

    pub(crate) fn tag(&mut self) -> Option<u8> {
        self.array().map(|[tag]| tag)
    }

    pub(crate) fn block(&mut self) -> Option<&'b [u8]> {
        let length = usize::try_from(u32::from_be_bytes(self.array()?)).ok()?;
        let (found, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(found)
    }

    fn text(&mut self) -> Option<&'b str> {
        std::str::from_utf8(self.block()?).ok()
    }
}

impl Word for () {
    fn put(&self, _: &mut Writer) {}
    fn take(_: &mut Reader<'_>) -> Option<()> {
        Some(())
    }
}

impl Word for bool {
    fn put(&self, out: &mut Writer) {
        out.tag(u8::from(*self));
    }
    fn take(from: &mut Reader<'_>) -> Option<bool> {
        match from.tag()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Word for String {
    fn put(&self, out: &mut Writer) {
        out.text(self);
    }
    fn take(from: &mut Reader<'_>) -> Option<String> {
        from.text().map(str::to_owned)
    }
}

impl Word for Vec<u8> {
    fn put(&self, out: &mut Writer) {
        out.block(self);
    }
    fn take(from: &mut Reader<'_>) -> Option<Vec<u8>> {
        from.block().map(<[u8]>::to_vec)
    }
}

impl Word for PathBuf {
    fn put(&self, out: &mut Writer) {
        out.block(self.as_os_str().as_bytes());
    }
    fn take(from: &mut Reader<'_>) -> Option<PathBuf> {
        from.block().map(|bytes| OsString::from_vec(bytes.to_vec()).into())
    }
}

impl Word for Secret<Vec<u8>> {
    fn put(&self, out: &mut Writer) {
        self.expose().put(out);
    }
    fn take(from: &mut Reader<'_>) -> Option<Self> {
        Word::take(from).map(Secret::new)
    }
}

impl Word for Secret<String> {
    fn put(&self, out: &mut Writer) {
        self.expose().put(out);
    }
    fn take(from: &mut Reader<'_>) -> Option<Self> {
        Word::take(from).map(Secret::new)
    }
}

impl<T: Word> Word for Option<T> {
    fn put(&self, out: &mut Writer) {
        self.is_some().put(out);
        self.iter().for_each(|value| value.put(out));
    }
    fn take(from: &mut Reader<'_>) -> Option<Self> {
        if bool::take(from)? { T::take(from).map(Some) } else { Some(None) }
    }
}

impl<T: Word> Word for Result<T, HsmError> {
    fn put(&self, out: &mut Writer) {
        self.is_ok().put(out);
        match self {
            Ok(value) => value.put(out),
            Err(error) => error.put(out),
        }
    }
    fn take(from: &mut Reader<'_>) -> Option<Self> {
        if bool::take(from)? { T::take(from).map(Ok) } else { HsmError::take(from).map(Err) }
    }
}

/// Enumerations of the model, as their words.
macro_rules! by_word {
    ($($name:ident)+) => { $(
        impl Word for $name {
            fn put(&self, out: &mut Writer) {
                out.text(self.as_str());
            }
            fn take(from: &mut Reader<'_>) -> Option<$name> {
                from.text()?.parse().ok()
            }
        }
    )+ };
}

by_word!(Backend KeyPurpose BootPolicy);

impl Word for SignScheme {
    fn put(&self, out: &mut Writer) {
        (*self == SignScheme::PssSha256).put(out);
    }
    fn take(from: &mut Reader<'_>) -> Option<SignScheme> {
        Some(if bool::take(from)? { SignScheme::PssSha256 } else { SignScheme::Pkcs1Sha256 })
    }
}

impl Word for IntentId {
    fn put(&self, out: &mut Writer) {
        out.bytes(self.guid().as_bytes());
    }
    fn take(from: &mut Reader<'_>) -> Option<IntentId> {
        from.array().map(|bytes| IntentId::new(Guid::from_bytes(bytes)))
    }
}

impl Word for KeyHandle {
    fn put(&self, out: &mut Writer) {
        self.backend.put(out);
        self.purpose.put(out);
        self.intent.put(out);
        self.public.modulus.put(out);
        self.public.exponent.put(out);
        self.wrapped.put(out);
    }
    fn take(from: &mut Reader<'_>) -> Option<KeyHandle> {
        Some(KeyHandle {
            backend: Word::take(from)?,
            purpose: Word::take(from)?,
            intent: Word::take(from)?,
            public: RsaPublicKey { modulus: Word::take(from)?, exponent: Word::take(from)? },
            wrapped: Word::take(from)?,
        })
    }
}

impl Word for MachineBinding {
    fn put(&self, out: &mut Writer) {
        for (name, digest) in &self.components {
            true.put(out);
            name.put(out);
            digest.put(out);
        }
        false.put(out);
    }
    fn take(from: &mut Reader<'_>) -> Option<MachineBinding> {
        let mut components = Vec::new();
        while bool::take(from)? {
            components.push((Word::take(from)?, Word::take(from)?));
        }
        Some(MachineBinding { components })
    }
}

impl Word for HsmInfo {
    fn put(&self, out: &mut Writer) {
        self.backend.put(out);
        self.description.put(out);
    }
    fn take(from: &mut Reader<'_>) -> Option<HsmInfo> {
        Some(HsmInfo { backend: Word::take(from)?, description: Word::take(from)? })
    }
}
