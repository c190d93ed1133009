//! The way to the TPM: opened when needed, given up when it fails.

use crate::fault::Fault;
use hsm::{HsmError, Obstacle};
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::str::FromStr;
use tss_esapi::constants::{CapabilityType, PropertyTag};
use tss_esapi::handles::TpmHandle;
use tss_esapi::structures::CapabilityData;
use tss_esapi::tcti_ldr::TctiNameConf;
use tss_esapi::{Context, Error, WrapperErrorKind};

/// Which TPM, and how it is spoken to.
pub(crate) struct Tcti {
    name: String,
    conf: TctiNameConf,
}

impl Tcti {
    /// The library's own syntax (`device:/dev/tpmrm0`); `device` alone is the one with the kernel's
    /// resource manager.
    pub(crate) fn parse(name: &str) -> Result<Tcti, HsmError> {
        let name = if name == "device" { DEVICE } else { name };
        let conf = TctiNameConf::from_str(name)
            .map_err(|_| HsmError::Unusable(Obstacle::Tcti, format!("{name} is no TCTI")))?;
        Ok(Tcti { name: name.to_owned(), conf })
    }

    /// The library says the same of a device that is absent, forbidden or in use, so we look ourselves.
    fn look(&self) -> Result<(), HsmError> {
        let Some(path) = self.name.strip_prefix("device:").map(PathBuf::from) else { return Ok(()) };
        match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(HsmError::Absent(format!("there is no {}", path.display())))
            }
            Err(error) if error.kind() == ErrorKind::ResourceBusy => Err(HsmError::Busy),
            Err(error) => {
                let rights = error.kind() == ErrorKind::PermissionDenied;
                let obstacle = if rights { Obstacle::Rights } else { Obstacle::Tcti };
                Err(HsmError::Unusable(obstacle, format!("{}: {error}", path.display())))
            }
        }
    }

    fn connect(&self) -> Result<Context, Fault> {
        self.look()?;
        let silent = |_| HsmError::Unreachable(format!("no answer from the TPM at {}", self.name));
        let mut context = Context::new(self.conf.clone()).map_err(silent)?;
        // A simulator has no resource manager, and nobody else's objects.
        if matches!(self.conf, TctiNameConf::Swtpm(_) | TctiNameConf::Mssim(_)) {
            flush_stale(&mut context)?;
        }
        Ok(context)
    }
}

/// What a process without resource manager left behind when it was killed.
fn flush_stale(context: &mut Context) -> Result<(), Fault> {
    for first in [LOADED_SESSIONS, TRANSIENT_OBJECTS] {
        let (found, _) = context.get_capability(CapabilityType::Handles, first, 64)?;
        let CapabilityData::Handles(handles) = found else { continue };
        for handle in handles.into_inner() {
            flush(context, handle)?;
        }
    }
    Ok(())
}

fn flush(context: &mut Context, handle: TpmHandle) -> Result<(), Fault> {
    let known = context.tr_from_tpm_public(handle)?;
    match context.flush_context(known) {
        // The library takes a policy session for one that is not flushed, and complains when it was.
        Err(Error::WrapperError(WrapperErrorKind::InvalidHandleState)) => Ok(()),
        other => Ok(other?),
    }
}

/// One TPM, connected or not.
pub(crate) struct Link {
    tcti: Tcti,
    context: Option<Context>,
}

impl Link {
    pub(crate) fn new(tcti: Tcti) -> Link {
        Link { tcti, context: None }
    }

    /// Does one piece of work, once more if the TPM was restarted or the connection broke: nothing of ours
    /// stays in a TPM, so whatever was half done is as if it had not been.
    pub(crate) fn run<T>(&mut self, work: impl Fn(&mut Context) -> Result<T, Fault>) -> Result<T, HsmError> {
        match self.attempt(&work) {
            Err(fault) if fault.is_lost() => {
                tracing::debug!(?fault, "The TPM or the way to it was lost; trying once more");
                self.attempt(&work)
            }
            other => other,
        }
        .map_err(HsmError::from)
    }

    fn attempt<T>(&mut self, work: impl Fn(&mut Context) -> Result<T, Fault>) -> Result<T, Fault> {
        let mut context = match self.context.take() {
            Some(context) => context,
            None => self.tcti.connect()?,
        };
        let result = work(&mut context);
        // A context that is dropped flushes what is still loaded; one that failed may have something.
        if !matches!(result, Err(Fault::Tpm(_))) {
            self.context = Some(context);
        }
        result
    }
}

/// Maker, model and firmware in one phrase: `IBM, SW TPM, firmware 8217.4131.22.13878`.
pub(crate) fn describe(context: &mut Context) -> Result<String, Fault> {
    let mut number = |tag| Ok::<u32, Fault>(context.get_tpm_property(tag)?.unwrap_or_default());
    let maker = letters(&[number(PropertyTag::Manufacturer)?]);
    let model = letters(&[
        number(PropertyTag::VendorString1)?,
        number(PropertyTag::VendorString2)?,
        number(PropertyTag::VendorString3)?,
        number(PropertyTag::VendorString4)?,
    ]);
    let (first, second) = (number(PropertyTag::FirmwareVersion1)?, number(PropertyTag::FirmwareVersion2)?);
    let firmware = [first >> 16, first & 0xffff, second >> 16, second & 0xffff].map(|part| part.to_string());
    let names: Vec<String> = [maker, model].into_iter().filter(|name| !name.is_empty()).collect();
    Ok(format!("{}, firmware {}", names.join(", "), firmware.join(".")))
}

/// Four letters a number; what a TPM says of itself is printed, so only printable ones.
fn letters(numbers: &[u32]) -> String {
    let bytes = numbers.iter().flat_map(|number| number.to_be_bytes());
    let text: String = bytes.map(char::from).filter(|letter| matches!(letter, ' '..='~')).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

const DEVICE: &str = "device:/dev/tpmrm0";
const LOADED_SESSIONS: u32 = 0x0200_0000;
const TRANSIENT_OBJECTS: u32 = 0x8000_0000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_named_in_the_librarys_syntax() {
        for (name, expected) in [
            ("device", "device:/dev/tpmrm0"),
            ("device:/dev/tpm0", "device:/dev/tpm0"),
            ("swtpm:host=127.0.0.1,port=1", "swtpm:host=127.0.0.1,port=1"),
        ] {
            assert_eq!(Tcti::parse(name).unwrap().name, expected);
        }
        for name in ["", "tpm", "/dev/tpmrm0", "swtpm:port=x"] {
            assert!(Tcti::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn names_of_a_tpm_are_letters_only() {
        assert_eq!(letters(&[0x4942_4d00]), "IBM");
        assert_eq!(letters(&[0x5357_2020, 0x2054_504d]), "SW TPM");
        assert_eq!(letters(&[0x1b5b_3141, 0]), "[1A");
    }
}
