use ipc::{Answer, HEADER, Message, Request};
use model::Secret;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// Why the daemon gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// Nobody listens at the socket.
    #[error("firmamentd does not answer at {}: {cause}; is the service running?", socket.display())]
    Unreachable {
        /// The path that was connected to.
        socket: PathBuf,
        /// What the operating system said to connecting or sending.
        #[source]
        cause: io::Error,
    },
    /// The conversation broke off, or is in words this version does not know.
    #[error("the conversation with firmamentd broke off: {0}")]
    Broken(String),
}

/// One conversation with the daemon.
pub(crate) struct Conversation {
    stream: UnixStream,
}

impl Conversation {
    /// Connects and asks.
    pub(crate) fn begin(socket: &Path, request: &Request) -> Result<Conversation, ClientError> {
        let unreachable = |cause| ClientError::Unreachable { socket: socket.to_owned(), cause };
        let mut stream = UnixStream::connect(socket).map_err(unreachable)?;
        let frame = ipc::encode(request).map_err(broken)?;
        stream.write_all(&frame).map_err(unreachable)?;
        Ok(Conversation { stream })
    }

    /// The next message; the last one is [`Message::End`].
    pub(crate) fn next(&mut self) -> Result<Message, ClientError> {
        let mut header = [0; HEADER];
        self.stream.read_exact(&mut header).map_err(|_| gone())?;
        let mut payload = vec![0; ipc::payload_length(header).map_err(broken)?];
        self.stream.read_exact(&mut payload).map_err(|_| gone())?;
        ipc::decode(&payload).map_err(broken)
    }

    /// Answers [`Message::AskPassword`]; the frame is overwritten afterwards.
    pub(crate) fn answer(&mut self, answer: &Answer) -> Result<(), ClientError> {
        let frame = Secret::new(ipc::encode(answer).map_err(broken)?);
        self.stream.write_all(frame.expose()).map_err(|_| gone())
    }
}

fn broken(error: ipc::FrameError) -> ClientError {
    ClientError::Broken(error.to_string())
}

fn gone() -> ClientError {
    ClientError::Broken("firmamentd stopped or turned this caller away (too many connections?)".to_owned())
}
