use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

/// A GUID, kept in the byte order of its text form (RFC 9562, big-endian groups).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid([u8; 16]);

/// A text that is not a GUID of the form `8-4-4-4-12` hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a GUID")]
pub struct GuidError {
    /// The first 40 characters of what was given, control characters removed.
    pub text: String,
}

impl Guid {
    /// Builds a GUID from its 16 bytes in the order of the text form.
    pub const fn from_bytes(bytes: [u8; 16]) -> Guid {
        Guid(bytes)
    }

    /// A version 4 GUID of random bytes (RFC 9562 section 5.4).
    pub const fn version_4(mut random: [u8; 16]) -> Guid {
        random[6] = random[6] & 0x0f | 0x40;
        random[8] = random[8] & 0x3f | 0x80;
        Guid(random)
    }

    /// The 16 bytes in the order of the text form.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The 16 bytes in .NET order: the first three groups little-endian (entra.md 5.6).
    pub fn to_dotnet_bytes(self) -> [u8; 16] {
        swap_groups(self.0)
    }

    /// Reads 16 bytes in .NET order: the first three groups little-endian (entra.md 5.6).
    pub fn from_dotnet_bytes(bytes: [u8; 16]) -> Guid {
        Guid(swap_groups(bytes))
    }
}

impl FromStr for Guid {
    type Err = GuidError;

    fn from_str(text: &str) -> Result<Guid, GuidError> {
        let wrong = || GuidError { text: text.chars().filter(|c| !c.is_control()).take(40).collect() };
        let dashes = text.bytes().enumerate().filter(|(_, b)| *b == b'-').map(|(at, _)| at);
        if text.len() != 36 || !dashes.eq([8, 13, 18, 23]) {
            return Err(wrong());
        }
        let mut digits = text.bytes().filter(|b| *b != b'-').map(|b| char::from(b).to_digit(16));
        let mut bytes = [0; 16];
        for byte in &mut bytes {
            let (Some(Some(high)), Some(Some(low))) = (digits.next(), digits.next()) else {
                return Err(wrong());
            };
            *byte = (high * 16 + low) as u8;
        }
        Ok(Guid(bytes))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                out.write_str("-")?;
            }
            write!(out, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// A GUID that names one kind of thing; `K` is the kind, so that ids of two kinds cannot be mixed up.
pub struct Id<K> {
    guid: Guid,
    kind: PhantomData<fn() -> K>,
}

/// Kind of a [`TenantId`].
pub enum TenantKind {}
/// Kind of a [`DeviceId`].
pub enum DeviceKind {}
/// Kind of an [`IntuneDeviceId`].
pub enum IntuneDeviceKind {}
/// Kind of an [`ObjectId`].
pub enum ObjectKind {}
/// Kind of an [`IntentId`].
pub enum IntentKind {}
/// Kind of a [`RequestId`].
pub enum RequestKind {}

/// A directory (tenant) of Microsoft Entra ID.
pub type TenantId = Id<TenantKind>;
/// A device object of the directory: the CN of the device certificate (entra.md 5.6).
pub type DeviceId = Id<DeviceKind>;
/// A device of Intune; not the same as its [`DeviceId`].
pub type IntuneDeviceId = Id<IntuneDeviceKind>;
/// A user object of the directory (`oid`).
pub type ObjectId = Id<ObjectKind>;
/// One decision of this machine to register with a tenant; its keys carry it.
pub type IntentId = Id<IntentKind>;
/// The `client-request-id` of one call.
pub type RequestId = Id<RequestKind>;

impl<K> Id<K> {
    /// Gives a GUID its kind.
    pub const fn new(guid: Guid) -> Id<K> {
        Id { guid, kind: PhantomData }
    }

    /// The GUID without its kind.
    pub const fn guid(&self) -> Guid {
        self.guid
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Id<K> {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Id<K>) -> bool {
        self.guid == other.guid
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Id<K>) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Id<K>) -> std::cmp::Ordering {
        self.guid.cmp(&other.guid)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.guid.hash(state);
    }
}
impl<K> fmt::Display for Id<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.guid.fmt(out)
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.guid, out)
    }
}
impl<K> FromStr for Id<K> {
    type Err = GuidError;

    fn from_str(text: &str) -> Result<Id<K>, GuidError> {
        text.parse().map(Id::new)
    }
}

fn swap_groups(bytes: [u8; 16]) -> [u8; 16] {
    let b = bytes;
    [b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guid_text_round_trips_in_lower_case() {
        let guid: Guid = "11112222-3333-4444-5555-66667777AAbb".parse().unwrap();
        assert_eq!(guid.to_string(), "11112222-3333-4444-5555-66667777aabb");
    }

    #[test]
    fn dotnet_order_is_that_of_the_vector() {
        let guid: Guid = "11112222-3333-4444-5555-666677778888".parse().unwrap();
        assert_eq!(crate::hex(&guid.to_dotnet_bytes()), "22221111333344445555666677778888");
        assert_eq!(Guid::from_dotnet_bytes(guid.to_dotnet_bytes()), guid);
    }

    #[test]
    fn texts_that_are_no_guid_are_refused() {
        for text in [
            "",
            "x",
            "11112222-3333-4444-5555-66667777888",
            "111122223-333-4444-5555-666677778888",
            "11112222-3333-4444-5555-66667777888g",
            "{1112222-3333-4444-5555-66667777888}",
            "1111222é-3333-4444-5555-66667777888",
        ] {
            assert!(text.parse::<Guid>().is_err(), "{text}");
        }
    }
}
