//! The memory of a process, searched for secrets in every form that code makes of them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;

/// A secret that must not be found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Canary {
    /// What it is: `password`, `access_token`, …
    pub(super) what: String,
    pub(super) bytes: Vec<u8>,
}

/// Where a secret was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sighting {
    pub(super) canary: Canary,
    /// `raw`, `base64`, `base64url`, `hex` or `HEX`.
    pub(super) form: &'static str,
    pub(super) address: u64,
}

/// Searches all memory that the process can write, while it stands still.
pub(super) fn scan(pid: Pid, canaries: &BTreeSet<Canary>) -> BTreeSet<Sighting> {
    let patterns = Patterns::of(canaries);
    kill_process(pid, Signal::STOP).unwrap();
    let pid_number = pid.as_raw_nonzero();
    let maps = fs::read_to_string(format!("/proc/{pid_number}/maps")).unwrap();
    let memory = File::open(format!("/proc/{pid_number}/mem")).unwrap();
    let mut found = BTreeSet::new();
    for (begin, end) in maps.lines().filter_map(writable) {
        let mut at = begin;
        while at < end {
            let length = usize::try_from(end - at).unwrap().min(BLOCK + LONGEST);
            let mut block = vec![0; length];
            memory.read_exact_at(&mut block, at).unwrap();
            found.extend(patterns.find(&block).map(|(offset, canary, form)| {
                let address = at + offset as u64;
                Sighting { canary: canary.clone(), form, address }
            }));
            at += BLOCK as u64;
        }
    }
    kill_process(pid, Signal::CONT).unwrap();
    found
}

/// Begin and end of a mapping that can be written.
fn writable(line: &str) -> Option<(u64, u64)> {
    let mut words = line.split_ascii_whitespace();
    let (range, access) = (words.next()?, words.next()?);
    let (begin, end) = range.split_once('-')?;
    let number = |text| u64::from_str_radix(text, 16).unwrap();
    access.starts_with("rw").then(|| (number(begin), number(end)))
}

/// A piece, of which secret, and in which form.
type Piece<'c> = (Vec<u8>, &'c Canary, &'static str);

/// Pieces of every form of every secret, by their first eight bytes; a piece is enough, because a secret in freed
/// memory may be half overwritten.
struct Patterns<'c> {
    by_begin: BTreeMap<[u8; 8], Vec<Piece<'c>>>,
    /// Which first two bytes there are, because most of memory begins no piece.
    begins: Vec<bool>,
}

impl<'c> Patterns<'c> {
    fn of(canaries: &'c BTreeSet<Canary>) -> Patterns<'c> {
        let mut patterns = Patterns { by_begin: BTreeMap::new(), begins: vec![false; 1 << 16] };
        for canary in canaries {
            for (form, text) in forms(&canary.bytes) {
                let size = text.len().min(PIECE);
                for piece in text.chunks_exact(size.max(8)) {
                    patterns.put(piece, canary, form);
                }
            }
        }
        patterns
    }

    fn put(&mut self, piece: &[u8], canary: &'c Canary, form: &'static str) {
        let begin: [u8; 8] = piece[..8].try_into().unwrap();
        self.begins[usize::from(u16::from_be_bytes([begin[0], begin[1]]))] = true;
        self.by_begin.entry(begin).or_default().push((piece.to_vec(), canary, form));
    }

    fn find<'p>(&'p self, block: &'p [u8]) -> impl Iterator<Item = (usize, &'c Canary, &'static str)> + 'p {
        let begins = block
            .windows(8)
            .enumerate()
            .filter(|(_, window)| self.begins[usize::from(u16::from_be_bytes([window[0], window[1]]))]);
        begins.flat_map(move |(at, window)| {
            let here = self.by_begin.get(window).into_iter().flatten();
            here.filter(move |(piece, ..)| block[at..].starts_with(piece))
                .map(move |(_, canary, form)| (at, *canary, *form))
        })
    }
}

/// A secret as it is, in base64 of both alphabets at each alignment, and in hexadecimal of either case.
fn forms(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let hex = |digits: fn(&mut String, u8)| {
        let mut text = String::new();
        bytes.iter().for_each(|byte| digits(&mut text, *byte));
        text.into_bytes()
    };
    let mut forms = vec![
        ("raw", bytes.to_vec()),
        ("hex", hex(|text, byte| write!(text, "{byte:02x}").unwrap())),
        ("HEX", hex(|text, byte| write!(text, "{byte:02X}").unwrap())),
    ];
    for skip in 0..3_usize.min(bytes.len()) {
        // The characters that hang on the secret alone.
        let whole = &bytes[skip..];
        let whole = &whole[..whole.len() / 3 * 3];
        forms.push(("base64", STANDARD_NO_PAD.encode(whole).into_bytes()));
        forms.push(("base64url", URL_SAFE_NO_PAD.encode(whole).into_bytes()));
    }
    forms.retain(|(_, text)| text.len() >= 8);
    forms
}

/// Bytes of a form in a row that count as a find.
const PIECE: usize = 16;
/// More than a piece, so that none is lost between two blocks.
const LONGEST: usize = 64;
const BLOCK: usize = 1 << 20;
