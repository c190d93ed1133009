use driver::LogLimit;
use ipc::{Answer, FrameError, HEADER, Message, Reader, Request};
use model::Secret;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// One caller's stream of frames.
pub(crate) struct Connection {
    stream: UnixStream,
    log: LogLimit,
    /// Who reads what is said.
    pub(crate) reader: Reader,
    begun: bool,
    /// Whether a frame is not written to its end: nothing can be said after it.
    unfinished: bool,
}

/// Why a caller's request was not understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The frame is none.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The caller took longer than 30 s for its frame.
    #[error("the request did not come within {} s", FRAME_TIME.as_secs())]
    TooSlow,
    /// The caller went away.
    #[error("the caller went away")]
    Gone(#[from] io::Error),
}

impl Connection {
    pub(crate) fn new(stream: UnixStream, reader: Reader, log: LogLimit) -> Connection {
        Connection { stream, log, reader, begun: false, unfinished: false }
    }

    /// Reads the one request of the conversation.
    pub(crate) async fn request(&mut self) -> Result<Request, ReadError> {
        let payload = timeout(FRAME_TIME, self.payload()).await.map_err(|_| ReadError::TooSlow)??;
        Ok(ipc::decode(&payload)?)
    }

    /// Reads what the person typed; how long they may take is for the sign-in to say.
    pub(crate) async fn answer(&mut self) -> Result<Answer, ReadError> {
        let payload = Secret::new(self.payload().await?);
        Ok(ipc::decode(payload.expose())?)
    }

    async fn payload(&mut self) -> Result<Vec<u8>, ReadError> {
        let mut header = [0; HEADER];
        self.stream.read_exact(&mut header).await?;
        let mut payload = vec![0; ipc::payload_length(header)?];
        self.stream.read_exact(&mut payload).await?;
        Ok(payload)
    }

    /// Says something, without the names that the reader must not see; false when the caller is gone or does not
    /// listen.
    pub(crate) async fn say(&mut self, message: &Message) -> bool {
        self.begun |= !matches!(message, Message::Accepted {} | Message::Again {});
        // A recovery code may be in it.
        let frame = match self.reader.shown(message).and_then(|shown| ipc::encode(&shown)) {
            Ok(frame) => Secret::new(frame),
            Err(error) => {
                if self.log.allows("message without a frame") {
                    tracing::error!(%error, "A message could not be framed");
                }
                return false;
            }
        };
        if std::mem::replace(&mut self.unfinished, true) {
            return false;
        }
        let said = matches!(timeout(FRAME_TIME, self.stream.write_all(frame.expose())).await, Ok(Ok(())));
        self.unfinished = !said;
        said
    }

    /// Something begins that must not be begun twice.
    pub(crate) fn begin(&mut self) {
        self.begun = true;
    }

    /// Whether anything was begun or said: else the caller may ask the next daemon for the same.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Ends when the caller hangs up; a caller that goes on talking has no more to say.
    pub(crate) async fn hung_up(&mut self) {
        let mut rest = [0; 64];
        while !matches!(self.stream.read(&mut rest).await, Ok(0) | Err(_)) {}
    }
}

const FRAME_TIME: Duration = Duration::from_secs(30);
