use serde::{Serialize, de::DeserializeOwned};

/// Bytes of the length in front of every frame.
pub const HEADER: usize = 4;

/// The longest payload, 64 KiB.
pub const MAX_FRAME: usize = 64 * 1024;

/// Why a frame cannot be used; the connection ends with it.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The length in the header is above the cap; nothing of the payload was read.
    #[error("a frame of {length} bytes is longer than the {MAX_FRAME} allowed")]
    TooLong {
        /// What the header says.
        length: usize,
    },
    /// The payload is not the JSON of a known message.
    #[error("the frame is not a known message: {0}")]
    Malformed(String),
}

/// A message as one frame; a short one leaves no copy of itself in memory but the frame.
///
/// # Errors
/// [`FrameError::TooLong`] for a message whose JSON exceeds the cap.
pub fn encode(message: &impl Serialize) -> Result<Vec<u8>, FrameError> {
    let mut frame = Vec::with_capacity(SHORT);
    frame.extend([0; HEADER]);
    serde_json::to_writer(&mut frame, message).map_err(|error| FrameError::Malformed(error.to_string()))?;
    let length = frame.len() - HEADER;
    if length > MAX_FRAME {
        return Err(FrameError::TooLong { length });
    }
    let header = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    frame[..HEADER].copy_from_slice(&header);
    Ok(frame)
}

/// The payload's length from a frame's header.
///
/// # Errors
/// [`FrameError::TooLong`] above the cap.
pub fn payload_length(header: [u8; HEADER]) -> Result<usize, FrameError> {
    let length = u32::from_be_bytes(header) as usize;
    if length > MAX_FRAME { Err(FrameError::TooLong { length }) } else { Ok(length) }
}

/// Reads a whole payload.
///
/// # Errors
/// [`FrameError::Malformed`] for anything but exactly one known message.
pub fn decode<M: DeserializeOwned>(payload: &[u8]) -> Result<M, FrameError> {
    serde_json::from_slice(payload).map_err(|error| FrameError::Malformed(error.to_string()))
}

/// Bytes of a frame that is written without growing, so that a password is not left behind by a move.
const SHORT: usize = 8 * 1024;
