use crate::pages::{Pages, TooManyPages};
use crate::server::{self, Server};
use ipc::{Answer, FIRST_PROTOCOL, FailureReport, HEADER, Message, PROTOCOL, Request};
use model::Secret;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Why the daemon gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens at the socket.
    #[error("firmamentd does not answer at {}: {cause}; is the service running?", socket.display())]
    Unreachable {
        /// The path that was connected to.
        socket: PathBuf,
        /// What the operating system said to connecting or sending.
        #[source]
        cause: io::Error,
    },
    /// The way to the socket is closed to the caller.
    #[error(
        "uid {uid} may not come to the socket {} (permission denied): run this as root, or look at the rights of its \
         directory, which is 0755 where firmamentd or systemd made it",
        socket.display()
    )]
    Denied {
        /// The path that was to be connected to.
        socket: PathBuf,
        /// Who asked.
        uid: u32,
    },
    /// Somebody listens, and says nothing.
    #[error(
        "firmamentd does not answer at {}: no word came within {} s; systemctl status firmamentd says why",
        socket.display(), waited.as_secs()
    )]
    Silent {
        /// The path that was connected to.
        socket: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Somebody else listens there.
    #[error(
        "[ForeignServer] user id {uid} listens at {}, which is neither root nor the service's user nor you: nothing \
         was said to it; an administrator of this machine can find out who that is", socket.display()
    )]
    Foreign {
        /// The path that was connected to.
        socket: PathBuf,
        /// Whoever listens there.
        uid: u32,
    },
    /// The conversation broke off, or is in words that are none.
    #[error("the conversation with firmamentd broke off: {0}")]
    Broken(String),
    /// A later version asks for something that only its own client can answer.
    #[error("firmamentd asks for something that this aad-tool does not know ({0}): update aad-tool")]
    Newer(String),
}

/// How long a caller waits for the daemon at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a place in its queue, and for taking what is said to it.
    pub send: Duration,
    /// For its first word.
    pub first_word: Duration,
    /// For each word afterwards; none for a caller who is a person and can go away.
    pub silence: Option<Duration>,
}

impl Patience {
    /// Somebody at a terminal.
    pub const COMMAND: Patience =
        Patience { send: Duration::from_secs(10), first_word: Duration::from_secs(10), silence: None };
    /// A program that says something and goes on.
    pub const WORD: Patience =
        Patience { send: Duration::from_millis(200), first_word: Duration::from_millis(200), silence: None };
    /// A program that lets somebody in: the daemon gives it a sign of life every few seconds (login.md 1.2, rule 6).
    pub const LOGIN: Patience = Patience {
        send: Duration::from_secs(1),
        first_word: Duration::from_secs(2),
        silence: Some(Duration::from_secs(12)),
    };
}

/// One conversation with the daemon, or with the next one where the first ends before it has begun anything.
pub struct Conversation<'a> {
    socket: &'a Path,
    request: &'a Request,
    patience: Patience,
    stream: UnixStream,
    /// When there was a sign of life.
    last_word: Instant,
    asked: u32,
    heard: Heard,
    /// The version that the request names.
    protocol: u32,
    /// What has come of an answer in pages.
    pages: Pages,
}

/// What has been heard of the daemon that is talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Nothing,
    /// The request is being dealt with.
    Accepted,
    /// Something was begun.
    More,
}

impl<'a> Conversation<'a> {
    /// Connects and asks.
    ///
    /// # Errors
    /// [`ClientError`], whoever is to blame.
    pub fn begin(
        socket: &'a Path,
        request: &'a Request,
        patience: Patience,
    ) -> Result<Conversation<'a>, ClientError> {
        let protocol = PROTOCOL;
        let stream = ask(socket, request, protocol, patience)?;
        Ok(Conversation {
            socket,
            request,
            patience,
            stream,
            last_word: Instant::now(),
            asked: 1,
            heard: Heard::Nothing,
            protocol,
            pages: Pages::default(),
        })
    }

    /// The next message; the last one is [`Message::End`]. An answer in pages is one message. What a later version says
    /// and this one does not know is told where it has a sentence for people, and skipped otherwise.
    ///
    /// # Errors
    /// [`ClientError`] where none comes.
    pub fn next_message(&mut self) -> Result<Message, ClientError> {
        loop {
            let heard = match self.hear() {
                Ok(heard) => heard,
                Err(ReadError::Silent) => return Err(self.silent()),
                Err(ReadError::Lost) if self.may_ask_again() => {
                    self.ask_again()?;
                    continue;
                }
                Err(ReadError::Lost) => return Err(gone()),
                Err(ReadError::Frame(error)) => return Err(broken(error)),
            };
            match heard {
                ipc::Heard::Known(Message::Accepted { .. }) => {
                    self.stream.set_read_timeout(self.patience.silence).map_err(lost)?;
                    self.last_word = Instant::now();
                    // Said once more, it does not undo what was begun.
                    if self.heard == Heard::Nothing {
                        self.heard = Heard::Accepted;
                    }
                }
                ipc::Heard::Known(Message::Again {}) if self.heard != Heard::More => {
                    self.last_word = Instant::now();
                    self.ask_again()?;
                }
                ipc::Heard::Known(Message::Failed { failure }) if self.may_be_older(&failure) => {
                    self.protocol = FIRST_PROTOCOL;
                    self.ask_again()?;
                }
                // Nothing has begun by that.
                ipc::Heard::Known(waiting @ Message::Waiting { .. }) => return Ok(waiting),
                ipc::Heard::Known(message) => {
                    let message = self.hand_on(message)?;
                    if let Some(whole) = self.pages.take_in(message).map_err(too_much)? {
                        return Ok(whole);
                    }
                }
                unknown if unknown.wants_an_answer() => return Err(newer(unknown)),
                ipc::Heard::Unknown { text: Some(text), .. } => {
                    return self.hand_on(Message::Notice { text });
                }
                ipc::Heard::Unknown { text: None, .. } => drop(self.hand_on(Message::Unknown)?),
            }
        }
    }

    fn hand_on(&mut self, message: Message) -> Result<Message, ClientError> {
        self.stream.set_read_timeout(self.patience.silence).map_err(lost)?;
        self.heard = Heard::More;
        Ok(message)
    }

    fn silent(&self) -> ClientError {
        let after = if self.heard == Heard::Nothing { None } else { self.patience.silence };
        let waited = after.unwrap_or(self.patience.first_word);
        ClientError::Silent { socket: self.socket.to_owned(), waited }
    }

    /// Whether a daemon of before versions were exchanged does not take the word of one.
    fn may_be_older(&self, failure: &FailureReport) -> bool {
        self.heard == Heard::Nothing && self.protocol != FIRST_PROTOCOL && failure.code == NOT_UNDERSTOOD
    }

    /// Whether nothing was begun by a daemon that went away.
    fn may_ask_again(&self) -> bool {
        match self.heard {
            Heard::Nothing => true,
            Heard::Accepted => self.request.may_be_repeated(),
            Heard::More => false,
        }
    }

    /// Asks the next daemon; one that does not listen yet is waited for.
    fn ask_again(&mut self) -> Result<(), ClientError> {
        loop {
            if self.asked == MOST_ASKED {
                return Err(gone());
            }
            self.asked += 1;
            std::thread::sleep(PAUSE);
            match ask(self.socket, self.request, self.protocol, self.patience) {
                Err(ClientError::Unreachable { .. })
                    if self.last_word.elapsed() < self.patience.first_word => {}
                asked => {
                    (self.stream, self.heard) = (asked?, Heard::Nothing);
                    self.pages = Pages::default();
                    return Ok(());
                }
            }
        }
    }

    fn hear(&mut self) -> Result<ipc::Heard, ReadError> {
        let mut header = [0; HEADER];
        self.stream.read_exact(&mut header)?;
        let mut payload = vec![0; ipc::payload_length(header)?];
        self.stream.read_exact(&mut payload)?;
        Ok(ipc::decode_message(&payload)?)
    }

    /// Answers [`Message::AskPassword`]; the frame is overwritten afterwards.
    ///
    /// # Errors
    /// [`ClientError::Broken`] where the daemon went away.
    pub fn answer(&mut self, answer: &Answer) -> Result<(), ClientError> {
        let frame = Secret::new(ipc::encode(answer).map_err(broken)?);
        self.stream.write_all(frame.expose()).map_err(lost)
    }
}

/// Readable when the daemon has said something more, or is gone.
impl AsFd for Conversation<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// Why no message came.
enum ReadError {
    Silent,
    Lost,
    Frame(ipc::FrameError),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> ReadError {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => ReadError::Silent,
            _ => ReadError::Lost,
        }
    }
}

impl From<ipc::FrameError> for ReadError {
    fn from(error: ipc::FrameError) -> ReadError {
        ReadError::Frame(error)
    }
}

/// Connects, makes sure of who listens, and asks; nothing of that takes longer than the first word may.
fn ask(
    socket: &Path,
    request: &Request,
    protocol: u32,
    patience: Patience,
) -> Result<UnixStream, ClientError> {
    let mut stream = connect(socket, patience.send).map_err(|cause| match cause.kind() {
        // The queue of those who wait is full.
        ErrorKind::PermissionDenied => {
            ClientError::Denied { socket: socket.to_owned(), uid: rustix::process::geteuid().as_raw() }
        }
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            ClientError::Silent { socket: socket.to_owned(), waited: patience.send }
        }
        _ => ClientError::Unreachable { socket: socket.to_owned(), cause },
    })?;
    let unreachable = |cause| ClientError::Unreachable { socket: socket.to_owned(), cause };
    let server = server::of(&stream).map_err(unreachable)?;
    if let Server::Foreign(uid) = server {
        return Err(ClientError::Foreign { socket: socket.to_owned(), uid });
    }
    stream.set_read_timeout(Some(patience.first_word)).map_err(unreachable)?;
    // A server that has no place for us says so before it has read anything.
    drop(stream.write_all(&ipc::encode_request(request, protocol).map_err(broken)?));
    Ok(stream)
}

/// Connects as `UnixStream::connect` does, but not for ever.
fn connect(path: &Path, longest: Duration) -> io::Result<UnixStream> {
    let socket =
        rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    set_socket_timeout(&socket, Timeout::Send, Some(longest))?;
    rustix::io::retry_on_intr(|| rustix::net::connect(&socket, &SocketAddrUnix::new(path)?))?;
    Ok(UnixStream::from(socket))
}

fn broken(error: ipc::FrameError) -> ClientError {
    ClientError::Broken(error.to_string())
}

/// The text has been cut and cleaned where it was read.
fn newer(heard: ipc::Heard) -> ClientError {
    match heard {
        ipc::Heard::Unknown { word, .. } => ClientError::Newer(word),
        ipc::Heard::Known(_) => gone(),
    }
}

fn too_much(_: TooManyPages) -> ClientError {
    ClientError::Broken("its answer has no end".to_owned())
}

fn lost(_: io::Error) -> ClientError {
    gone()
}

fn gone() -> ClientError {
    ClientError::Broken("firmamentd stopped in the middle of it".to_owned())
}

/// What a daemon calls a request that it cannot read.
const NOT_UNDERSTOOD: &str = "BadRequest";
/// How often one request is made at most, and how long it rests in between.
const MOST_ASKED: u32 = 100;
const PAUSE: Duration = Duration::from_millis(200);
