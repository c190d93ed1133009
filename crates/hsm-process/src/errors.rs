//! How an error stands in a frame: its number, then what it says.

use crate::words::{Reader, Word, Writer};
use hsm::{HsmError, Obstacle};
use model::{Backend, KeyPurpose};

impl Word for HsmError {
    fn put(&self, out: &mut Writer) {
        let (tag, text) = match self {
            HsmError::Busy => (0, ""),
            HsmError::QueueFull => (17, ""),
            HsmError::Unreachable(why) => (1, why.as_str()),
            HsmError::Absent(why) => (ABSENT, why.as_str()),
            HsmError::Integrity(what) => (3, *what),
            HsmError::OtherBackend { made_by } => (4, *made_by),
            HsmError::WrongUse { purpose, operation } => {
                out.tag(5);
                purpose.to_string().put(out);
                return operation.to_string().put(out);
            }
            HsmError::Unusable(obstacle, why) => {
                out.tag(16);
                // By its place: a child of another version says nothing but that.
                let place = Obstacle::ALL.iter().position(|known| known == obstacle).unwrap_or_default();
                place.to_string().put(out);
                return why.put(out);
            }
            HsmError::Decrypt => (6, ""),
            HsmError::AuthValue(why) => (7, why.as_str()),
            HsmError::OtherMachine(component) => (8, component.as_str()),
            HsmError::Locked(why) => (9, why.as_str()),
            HsmError::KeyGone(why) => (10, why.as_str()),
            HsmError::BootState(why) => (11, why.as_str()),
            HsmError::BootFile(why) => (12, why.as_str()),
            HsmError::RecoveryCode(why) => (13, *why),
            HsmError::NotBootBound => (14, ""),
            HsmError::Backend(why) => (15, why.as_str()),
        };
        out.tag(tag);
        out.block(text.as_bytes());
    }

    fn take(from: &mut Reader<'_>) -> Option<HsmError> {
        let (tag, why) = (from.tag()?, String::take(from)?);
        Some(match tag {
            0 => HsmError::Busy,
            17 => HsmError::QueueFull,
            1 => HsmError::Unreachable(why),
            ABSENT => HsmError::Absent(why),
            3 => HsmError::Integrity(one_of(&THINGS, &why)?),
            4 => HsmError::OtherBackend { made_by: why.parse::<Backend>().ok()?.as_str() },
            5 => HsmError::WrongUse {
                purpose: why.parse::<KeyPurpose>().ok()?.as_str(),
                operation: one_of(&OPERATIONS, &String::take(from)?)?,
            },
            6 => HsmError::Decrypt,
            7 => HsmError::AuthValue(why),
            8 => HsmError::OtherMachine(why),
            9 => HsmError::Locked(why),
            10 => HsmError::KeyGone(why),
            11 => HsmError::BootState(why),
            12 => HsmError::BootFile(why),
            13 => HsmError::RecoveryCode(one_of(&CODE_FAULTS, &why)?),
            14 => HsmError::NotBootBound,
            15 => HsmError::Backend(why),
            16 => {
                let obstacle = *Obstacle::ALL.get(why.parse::<usize>().ok()?)?;
                HsmError::Unusable(obstacle, String::take(from)?)
            }
            _ => return None,
        })
    }
}

fn one_of(known: &'static [&'static str], word: &str) -> Option<&'static str> {
    known.iter().copied().find(|known| *known == word).or(known.first().copied())
}

/// The same in every version: a child of another one says so with it.
const ABSENT: u8 = 2;
/// What the adapters find changed; any other word is read as the first.
const THINGS: [&str; 3] = ["key", "sealed text", "boot secret"];
/// What a key may not do.
const OPERATIONS: [&str; 2] = ["sign", "decrypt"];
/// What the adapters find wrong with a recovery code; any other word is read as the first.
const CODE_FAULTS: [&str; 3] = [
    "it is not the last one that was made",
    "none was made for this machine",
    "a letter is wrong or missing",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{decode, encode};

    #[test]
    fn every_error_comes_out_as_it_went_in() {
        let why = || "x".to_owned();
        let mut all = vec![
            HsmError::Busy,
            HsmError::QueueFull,
            HsmError::Unreachable(why()),
            HsmError::Absent(why()),
            HsmError::Decrypt,
            HsmError::AuthValue(why()),
            HsmError::OtherMachine(why()),
            HsmError::Locked(why()),
            HsmError::KeyGone(why()),
            HsmError::BootState(why()),
            HsmError::BootFile(why()),
            HsmError::NotBootBound,
            HsmError::Backend(String::new()),
        ];
        all.extend(THINGS.map(HsmError::Integrity));
        all.extend(Obstacle::ALL.map(|obstacle| HsmError::Unusable(obstacle, why())));
        all.extend(CODE_FAULTS.map(HsmError::RecoveryCode));
        all.extend(Backend::ALL.iter().map(|maker| HsmError::OtherBackend { made_by: maker.as_str() }));
        for purpose in KeyPurpose::ALL.iter().map(|purpose| purpose.as_str()) {
            all.extend(OPERATIONS.map(|operation| HsmError::WrongUse { purpose, operation }));
        }
        for error in all {
            assert_eq!(decode::<HsmError>(&encode(&error)), Some(error));
        }
    }

    #[test]
    fn a_word_that_is_not_known_keeps_its_class_and_a_number_that_is_not_known_is_nothing() {
        let strange = HsmError::Integrity("something new");
        assert_eq!(decode::<HsmError>(&encode(&strange)), Some(HsmError::Integrity("key")));
        for body in [
            [18, 0, 0, 0, 0].as_slice(),
            &[16, 0, 0, 0, 2, b'9', b'9', 0, 0, 0, 0],
            &[0, 0, 0, 0],
            &[4, 0, 0, 0, 1, b'x'],
            &[],
        ] {
            assert_eq!(decode::<HsmError>(body), None, "{body:?}");
        }
    }
}
