//! The slot file of the format before: two slots of all records, one behind the other, overwritten in turn.
//!
//! A slot is a header of [`HEADER`] bytes and a payload of at most [`CAPACITY`] bytes. The header, numbers big-endian:
//!
//! | Offset | Size | Field |
//! |---|---|---|
//! | 0 | 8 | `FMSLOT01` |
//! | 8 | 4 | format of the file, [`FORMAT`] |
//! | 12 | 8 | generation |
//! | 20 | 4 | length of the payload |
//! | 24 | 4 | CRC-32C over bytes 0 to 23 and the payload |
//! | 28 | 4 | `NONE` when no record is about a device object, else zero; for tools without the key |

/// What a slot says of itself to whoever cannot read its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// How slots and records are laid out.
    pub format: u32,
    /// Counts the writes; the higher one is in force.
    pub generation: u64,
    /// Bytes of the payload.
    pub length: u32,
    /// CRC-32C over [`Header::checked`] and the payload.
    pub checksum: u32,
    /// Whether a record may be about a device object of a tenant.
    pub may_have_device: bool,
}

impl Header {
    /// None where the bytes are not those of a slot.
    pub fn read(bytes: &[u8; HEADER]) -> Option<Header> {
        let (magic, rest) = bytes.split_first_chunk::<8>()?;
        let (format, rest) = rest.split_first_chunk()?;
        let (generation, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (checksum, mark) = rest.split_first_chunk()?;
        (magic == MAGIC).then(|| Header {
            format: u32::from_be_bytes(*format),
            generation: u64::from_be_bytes(*generation),
            length: u32::from_be_bytes(*length),
            checksum: u32::from_be_bytes(*checksum),
            may_have_device: mark != NO_DEVICE,
        })
    }

    /// The bytes that the checksum covers.
    pub fn checked(&self) -> Vec<u8> {
        let (format, generation) = (self.format.to_be_bytes(), self.generation.to_be_bytes());
        [MAGIC, format.as_slice(), &generation, &self.length.to_be_bytes()].concat()
    }

    /// All [`HEADER`] bytes.
    pub fn write(&self) -> Vec<u8> {
        let mark = if self.may_have_device { &[0; 4] } else { NO_DEVICE };
        [self.checked().as_slice(), &self.checksum.to_be_bytes(), mark].concat()
    }
}

/// Bytes of the header.
pub const HEADER: usize = 32;
/// The longest payload: a stored reply is at most 512 KiB in hex, and a machine has few tenants.
pub const CAPACITY: usize = 2 * 1024 * 1024 - HEADER;
/// Bytes of a slot.
pub const SLOT: u64 = (CAPACITY + HEADER) as u64;
/// The format of these files; a header of a newer file names a higher one.
pub const FORMAT: u32 = 1;

const MAGIC: &[u8; 8] = b"FMSLOT01";
const NO_DEVICE: &[u8; 4] = b"NONE";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_it_was_written_and_stands_where_the_table_says() {
        for may_have_device in [true, false] {
            let (generation, length, checksum) = (0x0102_0304_0506_0708, 0x090a_0b0c, 0x0d0e_0f10);
            let header = Header { format: FORMAT, generation, length, checksum, may_have_device };
            let bytes = header.write();
            let mark: &[u8] = if may_have_device { &[0; 4] } else { b"NONE" };
            let fields: Vec<u8> = (1..=16).collect();
            assert_eq!(bytes, [b"FMSLOT01", [0, 0, 0, 1].as_slice(), &fields, mark].concat());
            assert_eq!(Header::read(&bytes.try_into().unwrap()), Some(header));
        }
        assert_eq!(Header::read(&[0; HEADER]), None);
        assert_eq!(Header::read(b"FMSLOT02------------------------"), None);
    }
}
