use ipc::{
    Answer, Ending, FIRST_PROTOCOL, FailureReport, FrameError, HEADER, MAX_FRAME, Message, PAGE, PAGES,
    Reader, Request, RequestError,
};
use log_limit::LogLimit;
use model::{Failure, FailureClass, Secret, Who};
use report::Hearer;
use rustix::net::{RecvFlags, recv};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// One caller's stream of frames.
pub(crate) struct Connection {
    stream: UnixStream,
    /// What had come before it was waited for, and how much of that was read.
    came: Secret<Vec<u8>>,
    taken: usize,
    /// Frames that are said together; nothing where each is said at once.
    gathered: Option<Vec<u8>>,
    log: LogLimit,
    /// Who reads what is said.
    pub(crate) reader: Reader,
    begun: bool,
    /// Whether a frame is not written to its end, or was the last one: nothing can be said after it.
    unfinished: bool,
    /// Whose words the caller knows.
    protocol: u32,
    /// How whoever signs in is spoken to.
    pub(crate) hearer: Hearer,
    /// Whether the caller hears something every few seconds.
    pub(crate) gives_signs_of_life: bool,
}

/// Why a caller's request was not understood.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The frame is none.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// It is a request of another version.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The caller took longer than 30 s for its frame.
    #[error("the request did not come within {} s", FRAME_TIME.as_secs())]
    TooSlow,
    /// The caller went away.
    #[error("the caller went away")]
    Gone(#[from] io::Error),
}

impl Connection {
    pub(crate) fn new(stream: UnixStream, reader: Reader, log: LogLimit) -> Connection {
        Connection {
            stream,
            came: Secret::new(Vec::with_capacity(FIRST_LOOK)),
            taken: 0,
            gathered: None,
            log,
            reader,
            begun: false,
            unfinished: false,
            protocol: FIRST_PROTOCOL,
            hearer: Hearer::default(),
            gives_signs_of_life: false,
        }
    }

    /// Reads the one request of the conversation.
    pub(crate) async fn request(&mut self) -> Result<Request, ReadError> {
        self.look();
        let payload = timeout(FRAME_TIME, self.payload()).await.map_err(|_| ReadError::TooSlow)??;
        let asked = ipc::decode_request(&payload);
        let unknown = |error: &RequestError| match error {
            RequestError::Unknown { protocol, .. } => Some(*protocol),
            RequestError::Frame(_) => None,
        };
        let protocol = asked.as_ref().map_or_else(unknown, |asked| Some(asked.protocol));
        self.protocol = protocol.unwrap_or(FIRST_PROTOCOL);
        Ok(asked?.request)
    }

    /// Reads what the person typed; how long they may take is for the sign-in to say.
    pub(crate) async fn answer(&mut self) -> Result<Answer, ReadError> {
        let payload = Secret::new(self.payload().await?);
        Ok(ipc::decode(payload.expose())?)
    }

    /// Takes in what has come already. Most callers have said all by the time that they are accepted, and are answered
    /// without a timer and without a further turn of the loop.
    fn look(&mut self) {
        // Read into its place: a caller may have said its password too, and no copy of that is to stay on the stack.
        let came = self.came.expose_mut();
        came.resize(FIRST_LOOK, 0);
        // What cannot be read now is waited for, and what is wrong with the stream is met there.
        let length =
            recv(&self.stream, came.as_mut_slice(), RecvFlags::DONTWAIT).map_or(0, |(length, _)| length);
        came.truncate(length);
    }

    async fn payload(&mut self) -> Result<Vec<u8>, ReadError> {
        let mut header = [0; HEADER];
        self.read(&mut header).await?;
        let mut payload = vec![0; ipc::payload_length(header)?];
        self.read(&mut payload).await?;
        Ok(payload)
    }

    /// Fills it with what comes next.
    async fn read(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        let came = &self.came.expose()[self.taken..];
        let (there, to_come) = bytes.split_at_mut(came.len().min(bytes.len()));
        there.copy_from_slice(&came[..there.len()]);
        self.taken += there.len();
        if !to_come.is_empty() {
            self.stream.read_exact(to_come).await?;
        }
        Ok(())
    }

    /// Says something, in words that the caller knows and without the names that the reader must not see; false when the
    /// caller is gone or does not listen.
    pub(crate) async fn say(&mut self, message: &Message) -> bool {
        let begins_nothing = |it: &Message| {
            matches!(it, Message::Accepted { .. } | Message::Again {} | Message::Waiting { .. })
        };
        self.begun |= !begins_nothing(message);
        let shown = self.reader.shown(message);
        let framed =
            |shown: &Message| shown.for_protocol(self.protocol).map(|said| ipc::encode(&said)).transpose();
        // A recovery code may be in it.
        let frame = match shown.and_then(|shown| framed(&shown)) {
            Ok(Some(frame)) => Secret::new(frame),
            Ok(None) => return !self.unfinished,
            Err(error) => return self.give_up(&error).await,
        };
        self.write(&frame).await
    }

    /// Says that a message cannot be said, and that this was the last word: what would follow makes no sense without it.
    async fn give_up(&mut self, error: &FrameError) -> bool {
        if self.log.allows("message without a frame") {
            tracing::error!(%error, "A message could not be framed");
        }
        let failure = Box::new(FailureReport::from(&too_long()));
        let last = [Message::Failed { failure }, Message::End { ending: Ending::Failed }];
        for word in last.iter().filter_map(|word| ipc::encode(word).ok()) {
            self.write(&Secret::new(word)).await;
        }
        self.say_gathered().await;
        self.unfinished = true;
        false
    }

    /// From here on what is said is gathered, and said when there is a frame's length of it or at
    /// [`Connection::say_gathered`]: whoever is answered without a wait is woken once. For answers without a secret.
    pub(crate) fn gather(&mut self) {
        self.gathered.get_or_insert_default();
    }

    /// Says what was gathered; false when the caller is gone or does not listen.
    pub(crate) async fn say_gathered(&mut self) -> bool {
        let frames = self.gathered.as_mut().map(std::mem::take).unwrap_or_default();
        if frames.is_empty() { !self.unfinished } else { self.send(&frames).await }
    }

    async fn write(&mut self, frame: &Secret<Vec<u8>>) -> bool {
        match &mut self.gathered {
            Some(gathered) if !self.unfinished => gathered.extend(frame.expose()),
            _ => return self.send(frame.expose()).await,
        }
        let full = self.gathered.as_ref().is_some_and(|gathered| gathered.len() >= MAX_FRAME);
        if full { self.say_gathered().await } else { true }
    }

    async fn send(&mut self, bytes: &[u8]) -> bool {
        if std::mem::replace(&mut self.unfinished, true) {
            return false;
        }
        let said = matches!(timeout(FRAME_TIME, self.stream.write_all(bytes)).await, Ok(Ok(())));
        self.unfinished = !said;
        said
    }

    /// Says an answer that may need several messages, each made when the one before was taken.
    ///
    /// # Errors
    /// Where the caller's version knows no pages, and one does not hold it.
    pub(crate) async fn say_pages<T>(
        &mut self,
        pages: impl Iterator<Item = (T, bool)>,
        message: impl Fn(T, bool) -> Message,
    ) -> Result<(), Failure> {
        let reads_pages = self.protocol >= PAGES;
        for (page, more) in pages {
            if more && !reads_pages {
                return Err(too_long());
            }
            if !self.say(&message(page, more)).await {
                break;
            }
        }
        Ok(())
    }

    /// Bytes of a page that the caller can read.
    pub(crate) fn page(&self) -> usize {
        if self.protocol >= PAGES { PAGE } else { ONE_FRAME }
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

/// What is to be said is longer than a frame.
fn too_long() -> Failure {
    Failure::local(
        FailureClass::Broken,
        Who::MachineAdmin,
        "AnswerTooLong",
        "the answer is longer than one message may be".to_owned(),
        "Use the aad-tool of the same version as firmamentd, or name one domain.",
    )
}

const FRAME_TIME: Duration = Duration::from_secs(30);
/// Longer than most requests.
const FIRST_LOOK: usize = 512;
/// Bytes of an answer that has to fit into one frame, without what is around it.
const ONE_FRAME: usize = MAX_FRAME - 1024;
