//! The loop of the child.

use crate::frame;
use crate::request::Request;
use crate::settings::{First, Settings};
use crate::words::{decode, encode};
use hsm::{Hsm, HsmError, HsmInfo};
use std::io::{self, ErrorKind};
use std::os::unix::net::UnixStream;

/// Opens the key store that the first frame names, and does jobs until the end of the stream.
///
/// A key store that cannot be opened is answered and ends the loop.
///
/// # Errors
/// A frame that is none of ours, and whatever the stream says.
pub fn serve(
    stream: &UnixStream,
    open: impl FnOnce(Settings) -> Result<Box<dyn Hsm>, HsmError>,
) -> io::Result<()> {
    let Some(body) = frame::read(stream, None)? else { return Ok(()) };
    let first = First::read(&body).ok_or(ErrorKind::InvalidData)?;
    drop(body);
    let opened = match first {
        First::Settings(settings) => open(settings),
        First::OtherVersion => Err(HsmError::Absent(OTHER_VERSION.to_owned())),
    };
    let mut hsm = match opened {
        Ok(hsm) => hsm,
        Err(error) => return frame::write(stream, &encode(&Err::<HsmInfo, _>(error)), None),
    };
    frame::write(stream, &encode(&Ok(hsm.info())), None)?;
    model::wipe_stack();
    while let Some(body) = frame::read(stream, None)? {
        let request: Request = decode(&body).ok_or(ErrorKind::InvalidData)?;
        drop(body);
        frame::write(stream, &request.run(hsm.as_mut()), None)?;
        // What a cipher or a library of others spilled of a key.
        model::wipe_stack();
    }
    Ok(())
}

const OTHER_VERSION: &str = "firmament-keys is of another version than firmamentd; restart firmamentd";
