//! A hostile daemon against `pam_firmament.so`: `cargo xtask fuzz pam_conversation`.
//!
//! The first byte says which service asks, the second one whether the rest is what comes over the socket as it is, or
//! lines that are each made a frame.
//! Whatever that is, nobody is let in without the word for it, nothing that is shown is longer than PAM can carry, and
//! nothing panics or waits.

#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
mod target {
    use pam_firmament::hostile::{Shown, TYPED, converse};

    libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
        let Some(([service, kind], rest)) = bytes.split_first_chunk::<2>() else { return };
        let said = if kind % 2 == 0 { rest.to_vec() } else { framed(rest) };
        judge(&converse(*service, &said), &said);
    });

    fn framed(lines: &[u8]) -> Vec<u8> {
        let frame = |line: &[u8]| [&u32::try_from(line.len()).unwrap_or(0).to_be_bytes(), line].concat();
        lines.split(|byte| *byte == b'\n').flat_map(frame).collect()
    }

    fn judge(shown: &Shown, said: &[u8]) {
        for text in &shown.texts {
            assert!(text.len() < 512, "PAM cannot carry {text:?}");
            assert!(!text.chars().any(|it| it.is_control() && it != '\n'), "a terminal obeys {text:?}");
        }
        assert!(!shown.is_let_in || says_done(said), "nobody said that the person is who they say");
        for line in &shown.log {
            assert!(!line.contains(TYPED) || contains(said, TYPED), "an answer is logged");
            assert!(!line.chars().any(char::is_control), "one line is more than one: {line:?}");
        }
    }

    /// A daemon that guesses what somebody typed may say it.
    fn contains(said: &[u8], word: &str) -> bool {
        said.windows(word.len()).any(|bytes| bytes == word.as_bytes())
    }

    /// Whether a whole frame of the daemon is the word that lets somebody in; read here without the code that is tried.
    fn says_done(said: &[u8]) -> bool {
        let mut rest = said;
        while let Some((header, more)) = rest.split_first_chunk::<4>() {
            let length = u32::from_be_bytes(*header) as usize;
            let Some((payload, more)) = more.split_at_checked(length) else { return false };
            let word = serde_json::from_slice::<serde_json::Value>(payload).unwrap_or_default();
            if word["message"] == "end" && word["ending"] == "done" {
                return true;
            }
            rest = more;
        }
        false
    }
}

#[cfg(not(fuzzing))]
fn main() {
    println!("fuzz: cargo xtask fuzz pam_conversation builds this program with libFuzzer");
}
