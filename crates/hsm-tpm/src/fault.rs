//! What the TPM and the library below say, in the words of the port.

use hsm::{HsmError, Obstacle};
use tss_esapi::Error;
use tss_esapi::constants::response_code::Tss2ResponseCode;

/// What can go wrong inside one call.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The TPM's or the library's own answer, not judged yet.
    Tpm(Error),
    /// Judged by whoever knew what was asked.
    Judged(HsmError),
}

impl Fault {
    /// The TPM restarted or the connection broke: what was loaded is gone, and asking again may help.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Fault::Tpm(error) if number(error).is_some_and(is_lost))
    }

    /// The response code without the number of the parameter, handle or session it is about; 0 for none.
    pub(crate) fn code(&self) -> u32 {
        match self {
            Fault::Tpm(error) => number(error).map_or(0, plain),
            Fault::Judged(_) => 0,
        }
    }

    /// The answer is about a parameter that was sent: its form or its integrity value.
    pub(crate) fn blames_the_bytes(&self) -> bool {
        match self {
            // The library could not read or write them.
            Fault::Tpm(Error::WrapperError(_)) => true,
            Fault::Tpm(error) => number(error)
                .is_some_and(|code| code & ABOUT_A_PARAMETER == ABOUT_A_PARAMETER || layer(code) == MU),
            Fault::Judged(_) => false,
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Tpm(error)
    }
}

impl From<HsmError> for Fault {
    fn from(error: HsmError) -> Fault {
        Fault::Judged(error)
    }
}

impl From<Fault> for HsmError {
    fn from(fault: Fault) -> HsmError {
        match fault {
            Fault::Judged(error) => error,
            Fault::Tpm(error) => match number(&error) {
                Some(code) => judge(code),
                None => HsmError::Backend(format!("the TPM library: {error}")),
            },
        }
    }
}

/// Library versions do not show the number, only print it.
fn number(error: &Error) -> Option<u32> {
    let text = match error {
        Error::Tss2Error(Tss2ResponseCode::FormatZero(code)) => code.to_string(),
        Error::Tss2Error(Tss2ResponseCode::FormatOne(code)) => code.to_string(),
        _ => return None,
    };
    u32::from_str_radix(text.split_once("0x")?.1, 16).ok()
}

/// Response codes of TPM 2.0 Library, Part 2, section 6.6; layers of the TSS 2.0 Overview, section 3.
fn judge(code: u32) -> HsmError {
    let unreachable = |why: &str| HsmError::Unreachable(format!("{why} (0x{code:x})"));
    match plain(code) {
        _ if layer(code) == TCTI => unreachable("no answer from the TPM"),
        _ if is_lost(code) => unreachable("the TPM was restarted"),
        OBJECT_MEMORY..=OBJECT_HANDLES => HsmError::Busy,
        YIELDED => unreachable("the TPM put the command off"),
        CANCELED => unreachable("the command was cancelled"),
        TESTING => unreachable("the TPM tests itself"),
        RETRY => unreachable("the TPM is busy with another command"),
        NV_RATE | NV_UNAVAILABLE => unreachable("the TPM spares its memory"),
        // It ends by itself, after a time that the TPM's owner has set.
        LOCKOUT => unreachable(
            "the TPM takes no auth value after too many wrong ones: wait, or run tpm2_dictionarylockout \
             --clear-lockout",
        ),
        FAILURE => HsmError::Unusable(Obstacle::FailureMode, "0x101".to_owned()),
        HIERARCHY => HsmError::Unusable(Obstacle::Hierarchy, format!("0x{code:x}")),
        _ => HsmError::Backend(format!("the TPM answers 0x{code:x}")),
    }
}

fn is_lost(code: u32) -> bool {
    layer(code) == TCTI || matches!(plain(code), INITIALIZE | REBOOT | HANDLE | REFERENCE_H0..=REFERENCE_S6)
}

/// The kernel's resource manager puts a layer of its own before the TPM's codes.
fn plain(code: u32) -> u32 {
    let own = if layer(code) == RESOURCE_MANAGER { code & 0xffff } else { code };
    // Format one: bits 6 and 8 to 11 say which parameter, handle or session.
    if own & FORMAT_ONE != 0 && layer(own) == 0 { own & 0xbf } else { own }
}

fn layer(code: u32) -> u32 {
    code >> 16
}

const MU: u32 = 0x9;
const TCTI: u32 = 0xa;
const RESOURCE_MANAGER: u32 = 0xb;
const FORMAT_ONE: u32 = 0x80;
/// Format one, and bit 6.
const ABOUT_A_PARAMETER: u32 = 0xc0;

const INITIALIZE: u32 = 0x100;
pub(crate) const FAILURE: u32 = 0x101;
const REBOOT: u32 = 0x130;
const OBJECT_MEMORY: u32 = 0x902;
const OBJECT_HANDLES: u32 = 0x906;
const YIELDED: u32 = 0x908;
const CANCELED: u32 = 0x909;
const TESTING: u32 = 0x90a;
const REFERENCE_H0: u32 = 0x910;
const REFERENCE_S6: u32 = 0x91e;
const NV_RATE: u32 = 0x920;
const LOCKOUT: u32 = 0x921;
const RETRY: u32 = 0x922;
const NV_UNAVAILABLE: u32 = 0x923;
pub(crate) const PCR_CHANGED: u32 = 0x128;
pub(crate) const VALUE: u32 = 0x84;
pub(crate) const HIERARCHY: u32 = 0x85;
pub(crate) const HANDLE: u32 = 0x8b;
pub(crate) const AUTH_FAIL: u32 = 0x8e;
pub(crate) const SIZE: u32 = 0x95;
pub(crate) const POLICY_FAIL: u32 = 0x9d;
pub(crate) const BAD_AUTH: u32 = 0xa2;

#[cfg(test)]
mod tests {
    use super::*;
    use model::FailureClass::{self, Broken, Denied, Transient};

    fn fault(code: u32) -> Fault {
        Fault::Tpm(Error::Tss2Error(code.into()))
    }

    #[test]
    fn each_case_has_its_own_words_and_class() {
        let cases: [(u32, FailureClass, &str); 17] = [
            (0x902, Transient, "busy"),
            (0x903, Transient, "busy"),
            (0x922, Transient, "another command"),
            (0xb_0922, Transient, "another command"),
            (0x908, Transient, "put the command off"),
            (0x90a, Transient, "tests itself"),
            (0x920, Transient, "spares its memory"),
            (0x921, Transient, "too many wrong ones"),
            (0x185, Denied, "switched off"),
            (0x918, Transient, "restarted"),
            (0x910, Transient, "restarted"),
            (0x1cb, Transient, "restarted"),
            (0x100, Transient, "restarted"),
            (0xa_000a, Transient, "no answer"),
            (0x101, Denied, "failure mode"),
            (0x1df, Broken, "0x1df"),
            (0x7_000b, Broken, "0x7000b"),
        ];
        for (code, class, words) in cases {
            let error = HsmError::from(fault(code));
            assert_eq!(error.class(), class, "0x{code:x}");
            assert!(error.to_string().contains(words), "0x{code:x}: {error}");
        }
    }

    #[test]
    fn what_a_code_is_about_is_no_part_of_it() {
        for (code, expected) in [
            (0x9a2, BAD_AUTH),
            (0x98e, AUTH_FAIL),
            (0x1c4, VALUE),
            (0x18b, HANDLE),
            (0x2d5, SIZE),
            (0x99d, POLICY_FAIL),
            (0x128, PCR_CHANGED),
            (0x101, FAILURE),
        ] {
            assert_eq!(fault(code).code(), expected, "0x{code:x}");
        }
        assert_eq!(fault(0xa_008b).code(), 0xa_008b, "another layer has other meanings");
    }

    #[test]
    fn only_a_broken_connection_or_a_restart_is_tried_again() {
        for (code, lost) in [(0xa_0008, true), (0x100, true), (0x914, true), (0x922, false), (0x1df, false)] {
            assert_eq!(fault(code).is_lost(), lost, "0x{code:x}");
        }
        assert!(!Fault::from(HsmError::Busy).is_lost());
    }

    #[test]
    fn only_answers_about_the_bytes_blame_them() {
        for (code, blame) in [
            (0x1df, true),
            (0x2d5, true),
            (0x9_0006, true),
            (0x922, false),
            (0xa_000a, false),
            (0x18b, false),
            (0x98f, false),
        ] {
            assert_eq!(fault(code).blames_the_bytes(), blame, "0x{code:x}");
        }
    }
}
