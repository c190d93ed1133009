//! Frames: the length of the body (4 bytes, big-endian), then the body.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Sends one frame, until `until` at the latest.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for a body that is too long, and whatever the stream says.
pub(crate) fn write(mut stream: &UnixStream, body: &[u8], until: Option<Instant>) -> io::Result<()> {
    let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= LONGEST);
    let length = length.ok_or(ErrorKind::InvalidInput)?;
    stream.set_write_timeout(left(until)?)?;
    stream.write_all(&length.to_be_bytes())?;
    stream.write_all(body)
}

/// The next frame; none at the end of the stream.
///
/// # Errors
/// [`ErrorKind::TimedOut`] or [`ErrorKind::WouldBlock`] when `until` comes first, [`ErrorKind::InvalidData`] for
/// a frame that is too long, [`ErrorKind::UnexpectedEof`] for one that is cut off.
pub(crate) fn read(stream: &UnixStream, until: Option<Instant>) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut head = [0; 4];
    if fill(stream, &mut head, until)? == 0 {
        return Ok(None);
    }
    let length = usize::try_from(u32::from_be_bytes(head)).unwrap_or(usize::MAX);
    if length > LONGEST {
        return Err(ErrorKind::InvalidData.into());
    }
    let mut body = Zeroizing::new(vec![0; length]);
    match fill(stream, &mut body, until)? == length {
        true => Ok(Some(body)),
        false => Err(ErrorKind::UnexpectedEof.into()),
    }
}

/// How many bytes came: all that were asked for, or none because the stream has ended.
fn fill(mut stream: &UnixStream, bytes: &mut [u8], until: Option<Instant>) -> io::Result<usize> {
    let mut have = 0;
    while let Some(rest) = bytes.get_mut(have..).filter(|rest| !rest.is_empty()) {
        stream.set_read_timeout(left(until)?)?;
        match stream.read(rest) {
            Ok(0) if have == 0 => return Ok(0),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(more) => have += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(have)
}

/// A socket takes no timeout of zero.
fn left(until: Option<Instant>) -> io::Result<Option<Duration>> {
    let Some(until) = until else { return Ok(None) };
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
}

/// The longest body: a sealed text of 64 KiB and what is around it, with room to spare.
pub(crate) const LONGEST: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_as_they_went_in_and_the_end_is_no_frame() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        for body in [vec![], vec![7], vec![8; 300]] {
            write(&ours, &body, None).unwrap();
            assert_eq!(*read(&theirs, None).unwrap().unwrap(), body);
        }
        drop(ours);
        assert!(read(&theirs, None).unwrap().is_none());
    }

    #[test]
    fn a_frame_that_is_too_long_is_neither_sent_nor_read() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let long = vec![0; LONGEST + 1];
        assert_eq!(write(&ours, &long, None).unwrap_err().kind(), ErrorKind::InvalidInput);
        let length = u32::try_from(long.len()).unwrap();
        (&ours).write_all(&length.to_be_bytes()).unwrap();
        let until = Some(Instant::now() + Duration::from_secs(5));
        assert_eq!(read(&theirs, until).unwrap_err().kind(), ErrorKind::InvalidData);
    }

    #[test]
    fn a_frame_that_is_cut_off_is_an_error_wherever_it_is_cut() {
        for sent in 1..8 {
            let (ours, theirs) = UnixStream::pair().unwrap();
            (&ours).write_all(&[0, 0, 0, 4, 1, 2, 3, 4][..sent]).unwrap();
            drop(ours);
            assert_eq!(read(&theirs, None).unwrap_err().kind(), ErrorKind::UnexpectedEof, "{sent}");
        }
    }

    #[test]
    fn nobody_waits_longer_than_he_said() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let late = |error: io::Error| matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock);
        let soon = || Some(Instant::now() + Duration::from_millis(20));
        assert!(late(read(&theirs, soon()).unwrap_err()));
        (&ours).write_all(&[0, 0, 0, 4, 1]).unwrap();
        assert!(late(read(&theirs, soon()).unwrap_err()), "half a frame is none");
        let until = soon();
        let full = std::iter::repeat_with(|| write(&ours, &[0; 60_000], until)).find_map(Result::err);
        assert!(late(full.unwrap()), "somebody who reads nothing");
    }
}
