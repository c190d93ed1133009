//! Bytes made shorter, where that is worth it.
//!
//! The first byte says how the others are to be read:
//!
//! | First byte | What follows |
//! |---|---|
//! | 0 | the bytes as they are |
//! | 1 | how many there are (4 bytes, big-endian), then they as DEFLATE has them (RFC 1951) |
//!
//! Nothing here is a secret's guard: packing comes before sealing, and lengths on disk tell how alike records are.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// At most `MOST_MORE` longer than what it is made of.
pub fn pack(plain: &[u8]) -> Vec<u8> {
    let length = u32::try_from(plain.len()).ok().filter(|_| plain.len() >= WORTH_IT);
    let packed = length.map(|length| {
        [[DEFLATED].as_slice(), &length.to_be_bytes(), &compress_to_vec(plain, LEVEL)].concat()
    });
    packed.filter(|packed| packed.len() < plain.len()).unwrap_or_else(|| [&[PLAIN], plain].concat())
}

/// What was packed; none where this is something else. It takes no more memory than the bytes say that they are.
pub fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    match packed.split_first()? {
        (&PLAIN, plain) => Some(plain.to_vec()),
        (&DEFLATED, rest) => {
            let (length, deflated) = rest.split_first_chunk::<4>()?;
            let length = u32::from_be_bytes(*length) as usize;
            decompress_to_vec_with_limit(deflated, length).ok().filter(|plain| plain.len() == length)
        }
        _ => None,
    }
}

/// Bytes that packing may add.
pub(crate) const MOST_MORE: u64 = 1;
const PLAIN: u8 = 0;
const DEFLATED: u8 = 1;
/// Fewer bytes are left as they are: a commit of one person costs no search for what is alike in it.
const WORTH_IT: usize = 4096;
/// Of 10: a twentieth longer than what the slower ones make, in a fifth of their time.
const LEVEL: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(records: usize) -> Vec<u8> {
        (0..records)
            .flat_map(|n| format!("{{\"schema\":1,\"name\":\"user{n}@contoso.com\"}}").into_bytes())
            .collect()
    }

    #[test]
    fn what_was_packed_is_read_and_what_is_alike_is_short() {
        let next =
            |it: &u64| Some(it.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f));
        let chance: Vec<u8> =
            std::iter::successors(Some(1), next).map(|it| (it >> 56) as u8).take(20_000).collect();
        for plain in [Vec::new(), b"few".to_vec(), alike(1), alike(500), chance] {
            let packed = pack(&plain);
            assert!(packed.len() as u64 <= plain.len() as u64 + MOST_MORE);
            assert_eq!(unpack(&packed), Some(plain));
        }
        assert!(pack(&alike(500)).len() * 4 < alike(500).len());
    }

    #[test]
    fn what_is_not_packed_is_nothing() {
        let packed = pack(&alike(500));
        let mut longer = packed.clone();
        longer[4] += 1;
        let mut shorter = packed.clone();
        shorter[4] -= 1;
        let cut = packed[..packed.len() / 2].to_vec();
        for bytes in [
            Vec::new(),
            vec![2, 1],
            vec![1, 0, 0],
            vec![1, 0xff, 0xff, 0xff, 0xff, 0xff],
            longer,
            shorter,
            cut,
        ] {
            assert_eq!(unpack(&bytes), None, "{}", bytes.len());
        }
    }
}
