use crate::Reason;

/// The writable file systems of fixed disks, and what of them cannot be seen (compliance.md 4.3).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Storage {
    /// Each once, however often it is mounted.
    pub volumes: Vec<Volume>,
    /// Why there may be more volumes than these.
    pub unseen: Vec<Reason>,
    /// Swap devices that are encrypted nowhere: a note, because swap is no file system.
    pub plain_swap: Vec<String>,
}

/// One file system and the devices below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// Where it is mounted.
    pub mounts: Vec<String>,
    /// Its type, as `/proc/filesystems` calls it.
    pub file_system: String,
    /// Every way down from it; a file system of several devices has several.
    pub branches: Vec<Branch>,
}

/// One way down from a file system to a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// From the file system down. What stands below an encrypted device may be left out.
    pub links: Vec<Link>,
    /// Why it could not be followed to its end.
    pub lost: Option<Reason>,
}

/// One device on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The kernel's name, for example `dm-6`.
    pub device: String,
    /// The name of a mapped device, for example `home_crypt`.
    pub name: Option<String>,
    /// What it is.
    pub layer: Layer,
}

/// What a block device is (compliance.md 4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    /// dm-crypt: whatever is written to it is encrypted.
    Crypt(CryptFormat),
    /// LUKS2 with a disk's own encryption, with dm-crypt or without; nothing tells which.
    Opal,
    /// Set up by cryptsetup, and no encryption.
    Mapping(Mapping),
    /// LVM, multipath, a partition by the device mapper.
    Mapper,
    /// md RAID, bcache, or another device that stands on others.
    Stacked,
    /// A file as a device.
    Loop {
        /// The path of the file.
        file: String,
    },
    /// A part of a disk.
    Partition,
    /// A device of the network, or of a pool, whose disks are elsewhere.
    Remote,
    /// A disk; one that encrypts itself, or is encrypted by its host, looks the same.
    Disk,
}

/// The formats that cryptsetup keeps with dm-crypt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CryptFormat {
    /// LUKS1.
    Luks1,
    /// LUKS2.
    Luks2,
    /// No header.
    Plain,
    /// TrueCrypt and VeraCrypt.
    Tcrypt,
    /// loop-AES.
    LoopAes,
    /// BitLocker.
    Bitlk,
    /// FileVault2.
    Fvault2,
}

impl CryptFormat {
    /// Its name for people.
    pub fn as_str(self) -> &'static str {
        match self {
            CryptFormat::Luks1 => "LUKS1",
            CryptFormat::Luks2 => "LUKS2",
            CryptFormat::Plain => "plain dm-crypt",
            CryptFormat::Tcrypt => "VeraCrypt",
            CryptFormat::LoopAes => "loop-AES",
            CryptFormat::Bitlk => "BitLocker",
            CryptFormat::Fvault2 => "FileVault2",
        }
    }
}

/// What cryptsetup and veritysetup set up besides encryption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapping {
    /// dm-verity: it proves what is read.
    Verity,
    /// dm-integrity: it proves what is read.
    Integrity,
    /// Any other word behind `CRYPT-`.
    Other(String),
}
