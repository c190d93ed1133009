//! A slot of the slot file: the records of one group as one commit left them.
//!
//! The file is made of blocks of [`BLOCK`] bytes. The first block begins with a header of the first format
//! ([`crate::old_slot`]) that names [`FORMAT`], so that older versions refuse the directory: the format is that of the
//! log and of sled too. Format 3 packs what these hold; its slots are those of format 2.
//!
//! A slot begins at a block and is a header of [`HEADER`] bytes and a payload, in as many blocks as they need. The
//! header, numbers big-endian:
//!
//! | Offset | Size | Field |
//! |---|---|---|
//! | 0 | 8 | `FMSLOT02` |
//! | 8 | 8 | sequence of the commit |
//! | 16 | 8 | sequence up to which everything was durable when it was written |
//! | 24 | 8 | sequence of the last entry of the log that belongs before it, or to the same commit |
//! | 32 | 16 | group: the id of a tenant, or zeros for records of kinds that are not known |
//! | 48 | 16 | another group that the same commit changed, or the same one: the commit stands with all of them |
//! | 64 | 4 | groups that have records since this commit |
//! | 68 | 4 | length of the payload |
//! | 72 | 4 | `NONE` when the group has no record of a device object, else zero; for tools without the key |
//! | 76 | 4 | CRC-32C over bytes 0 to 75 and the payload |

/// The name of a group of records that are written together.
pub type Group = [u8; 16];

/// What a slot says of itself to whoever cannot read its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Counts the commits.
    pub sequence: u64,
    /// Everything up to this commit was durable when the slot was written.
    pub floor: u64,
    /// The last entry of the log by then.
    pub log: u64,
    /// Whose records these are.
    pub group: Group,
    /// A group whose slot of the same commit has to be there too.
    pub needs: Group,
    /// How many groups have records.
    pub groups: u32,
    /// Bytes of the payload.
    pub length: u32,
    /// Whether a record may be about a device object of a tenant.
    pub may_have_device: bool,
    /// CRC-32C over [`Header::checked`] and the payload.
    pub checksum: u32,
}

impl Header {
    /// None where the bytes are not those of a slot.
    pub fn read(bytes: &[u8; HEADER]) -> Option<Header> {
        let (magic, rest) = bytes.split_first_chunk::<8>()?;
        let (sequence, rest) = rest.split_first_chunk()?;
        let (floor, rest) = rest.split_first_chunk()?;
        let (log, rest) = rest.split_first_chunk()?;
        let (group, rest) = rest.split_first_chunk()?;
        let (needs, rest) = rest.split_first_chunk()?;
        let (groups, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (mark, checksum) = rest.split_first_chunk::<4>()?;
        (magic == MAGIC).then(|| Header {
            sequence: u64::from_be_bytes(*sequence),
            floor: u64::from_be_bytes(*floor),
            log: u64::from_be_bytes(*log),
            group: *group,
            needs: *needs,
            groups: u32::from_be_bytes(*groups),
            length: u32::from_be_bytes(*length),
            may_have_device: mark != NO_DEVICE,
            checksum: checksum.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes)),
        })
    }

    /// The bytes that the checksum covers, and that the encryption authenticates.
    pub fn checked(&self) -> Vec<u8> {
        let mark = if self.may_have_device { &[0; 4] } else { NO_DEVICE };
        let numbers = [self.sequence, self.floor, self.log].map(u64::to_be_bytes).concat();
        let sizes = [self.groups, self.length].map(u32::to_be_bytes).concat();
        [MAGIC, numbers.as_slice(), &self.group, &self.needs, &sizes, mark].concat()
    }

    /// All [`HEADER`] bytes.
    pub fn write(&self) -> Vec<u8> {
        [self.checked().as_slice(), &self.checksum.to_be_bytes()].concat()
    }
}

/// Bytes of the header.
pub const HEADER: usize = 80;
/// Bytes of a block; a slot begins at a multiple of it.
pub const BLOCK: u64 = 4096;
/// The format that is written; a file with a higher one is of a newer version. Records have schemas of their own.
pub const FORMAT: u32 = 3;
/// The lowest format whose slots lie as this page says.
pub const FIRST_FORMAT: u32 = 2;

const MAGIC: &[u8; 8] = b"FMSLOT02";
const NO_DEVICE: &[u8; 4] = b"NONE";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_it_was_written_and_stands_where_the_table_says() {
        for may_have_device in [true, false] {
            let header = Header {
                sequence: 0x0001_0203_0405_0607,
                floor: 0x0809_0a0b_0c0d_0e0f,
                log: 0x1011_1213_1415_1617,
                group: std::array::from_fn(|n| 0x18 + n as u8),
                needs: std::array::from_fn(|n| 0x28 + n as u8),
                groups: 0x3839_3a3b,
                length: 0x3c3d_3e3f,
                may_have_device,
                checksum: 0x4041_4243,
            };
            let fields: Vec<u8> = (0..0x40).collect();
            let mark: &[u8] = if may_have_device { &[0; 4] } else { b"NONE" };
            let bytes = header.write();
            assert_eq!(bytes, [b"FMSLOT02", fields.as_slice(), mark, &[0x40, 0x41, 0x42, 0x43]].concat());
            assert_eq!(Header::read(&bytes.try_into().unwrap()), Some(header));
        }
        assert_eq!(Header::read(&[0; HEADER]), None);
        assert_eq!(Header::read(&[b'F'; HEADER]), None);
    }
}
