//! A hostile file of names against `libnss_firmament.so.2`: `cargo xtask fuzz names_file`.
//!
//! An input is a whole file where its first byte is even; where it is odd, changes of a sound one: place (two bytes,
//! little-endian), length, and so many bytes. Whoever writes the file knows its checksums, so every page is sealed
//! again. Whatever is in it, nobody becomes root or a user of the system, no line of passwd(5) has more fields than it
//! should, and nothing panics or waits.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
mod target {
    use nss_firmament::hostile::{Answers, look_up, sound_file};

    libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
        let Some((kind, rest)) = bytes.split_first() else { return };
        let file = if kind % 2 == 0 { rest.to_vec() } else { changed(sound_file(), rest) };
        judge(&look_up(&sealed(file)));
    });

    fn changed(mut file: Vec<u8>, changes: &[u8]) -> Vec<u8> {
        let mut rest = changes;
        while let Some(([low, high, length], more)) = rest.split_first_chunk::<3>() {
            let (bytes, more) = more.split_at(usize::from(*length).min(more.len()));
            let place = usize::from(u16::from_le_bytes([*low, *high])) % file.len().max(1);
            file.iter_mut().skip(place).zip(bytes).for_each(|(old, new)| *old = *new);
            rest = more;
        }
        file
    }

    fn sealed(mut file: Vec<u8>) -> Vec<u8> {
        for (number, page) in (0_u32..).zip(file.chunks_exact_mut(PAGE)) {
            let (content, sum) = page.split_at_mut(PAGE - 4);
            let own = crc32c::crc32c_append(crc32c::crc32c(&number.to_le_bytes()), content);
            sum.copy_from_slice(&own.to_le_bytes());
        }
        file
    }

    fn judge(answers: &Answers) {
        for id in &answers.ids {
            let is_others = matches!(id, 0..=999 | 60_001..=60_577 | 61_184..=65_519 | 65_534 | 65_535);
            assert!(!is_others && *id <= 0x7fff_ffff, "the number {id} is given out");
        }
        for text in &answers.texts {
            assert!(!text.contains([':', '\n', '\0']), "{text:?} would end a field or a line");
        }
        for home in &answers.homes {
            assert!(home.starts_with('/'), "{home:?} depends on where somebody is");
        }
    }

    const PAGE: usize = 4_096;
}

#[cfg(not(fuzzing))]
fn main() {
    println!("fuzz: cargo xtask fuzz names_file builds this program with libFuzzer");
}
