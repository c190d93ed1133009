//! A daemon of a test's own, which says what it is told to.

use ipc::{HEADER, Message, Request, decode_request, encode};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

/// A socket in a directory of its own.
pub(crate) struct Daemon {
    folder: tempfile::TempDir,
    pub(crate) listener: UnixListener,
}

impl Daemon {
    pub(crate) fn new() -> Daemon {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("socket")).unwrap();
        Daemon { folder, listener }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Serves one caller after another, each with what is said to its request.
    pub(crate) fn serves(
        &self,
        callers: usize,
        serve: impl Fn(&mut UnixStream, Request) + Send + 'static,
    ) -> JoinHandle<()> {
        let listener = self.listener.try_clone().unwrap();
        thread::spawn(move || {
            for _ in 0..callers {
                let mut stream = listener.accept().unwrap().0;
                let asked = decode_request(&frame(&mut stream).unwrap()).unwrap();
                say(&mut stream, &Message::ACCEPTED);
                serve(&mut stream, asked.request);
            }
        })
    }
}

pub(crate) fn say(stream: &mut UnixStream, message: &Message) {
    // Whoever was interrupted does not hear it.
    drop(stream.write_all(&encode(message).unwrap()));
}

/// The next frame, or none once the program is gone.
pub(crate) fn frame(stream: &mut UnixStream) -> Option<Vec<u8>> {
    let mut header = [0; HEADER];
    stream.read_exact(&mut header).ok()?;
    let mut payload = vec![0; ipc::payload_length(header).unwrap()];
    stream.read_exact(&mut payload).unwrap();
    Some(payload)
}
