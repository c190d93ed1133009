//! Stands between the library and swtpm: sees all bytes, counts commands, and does harm where told to.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

/// What happens to commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Harm {
    /// Commands and answers pass unchanged.
    None,
    /// The n-th command is not carried out; this code is the answer.
    Answer(usize, u32),
    /// The same from the n-th command on.
    AnswerAll(usize, u32),
    /// The connection breaks instead of the n-th command.
    CutBefore(usize),
    /// The connection breaks after the n-th command, before its answer.
    CutAfter(usize),
    /// The TPM restarts before the n-th command; the connection lives on.
    RestartBefore(usize),
    /// The TPM is killed before the n-th command, and started again after the connection broke.
    KillBefore(usize),
    /// The TPM is killed after the n-th command, before its answer.
    KillAfter(usize),
}

pub(crate) struct Wire {
    pub(crate) harm: Harm,
    /// Commands since the last [`Proxy::harm`].
    pub(crate) commands: usize,
    /// All bytes of both directions.
    pub(crate) seen: Vec<u8>,
    upstream: UnixStream,
    restart: Box<dyn FnMut() -> UnixStream + Send>,
}

impl Wire {
    fn exchange(&mut self, command: &[u8]) -> Vec<u8> {
        self.upstream.write_all(command).unwrap();
        message(&mut self.upstream).unwrap()
    }

    pub(crate) fn restart(&mut self) {
        self.upstream = (self.restart)();
    }

    /// The answer to one command of the client; `None` breaks the connection.
    fn pass(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        self.commands += 1;
        let here = self.commands;
        match self.harm {
            Harm::Answer(n, code) if n == here => return Some(refusal(code)),
            Harm::AnswerAll(n, code) if n <= here => return Some(refusal(code)),
            Harm::CutBefore(n) if n == here => return None,
            Harm::KillBefore(n) if n == here => {
                self.restart();
                return None;
            }
            Harm::RestartBefore(n) if n == here => self.restart(),
            _ => {}
        }
        let answer = self.exchange(command);
        match self.harm {
            Harm::CutAfter(n) if n == here => None,
            Harm::KillAfter(n) if n == here => {
                self.restart();
                None
            }
            _ => Some(answer),
        }
    }
}

/// A listener for commands, and one for the control channel at the next port.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    wire: Arc<Mutex<Wire>>,
}

impl Proxy {
    pub(crate) fn start(control: &Path, mut restart: impl FnMut() -> UnixStream + Send + 'static) -> Proxy {
        let upstream = restart();
        let (commands, controls) = listeners();
        let port = commands.local_addr().unwrap().port();
        let wire = Wire { harm: Harm::None, commands: 0, seen: vec![], upstream, restart: Box::new(restart) };
        let wire = Arc::new(Mutex::new(wire));
        let shared = wire.clone();
        thread::spawn(move || {
            for client in commands.incoming() {
                let shared = shared.clone();
                thread::spawn(move || serve(client.unwrap(), &shared));
            }
        });
        let control = control.to_owned();
        thread::spawn(move || {
            for client in controls.incoming() {
                let control = control.clone();
                thread::spawn(move || forward(client.unwrap(), &control));
            }
        });
        Proxy { port, wire }
    }

    pub(crate) fn wire(&self) -> MutexGuard<'_, Wire> {
        self.wire.lock().unwrap()
    }

    /// Counts commands anew, and does this to them.
    pub(crate) fn harm(&self, harm: Harm) {
        let mut wire = self.wire();
        wire.harm = harm;
        wire.commands = 0;
    }

    /// A command of our own beside the client's.
    pub(crate) fn ask(&self, command: &[u8]) -> Vec<u8> {
        let answer = self.wire().exchange(command);
        assert_eq!(&answer[6..10], &[0; 4], "the TPM refuses {command:x?}: {answer:x?}");
        answer
    }
}

fn serve(mut client: TcpStream, wire: &Mutex<Wire>) {
    while let Ok(command) = message(&mut client) {
        let mut wire = wire.lock().unwrap();
        wire.seen.extend(&command);
        let answer = wire.pass(&command);
        wire.seen.extend(answer.iter().flatten());
        drop(wire);
        match answer {
            Some(answer) if client.write_all(&answer).is_ok() => {}
            _ => break,
        }
    }
    drop(client.shutdown(Shutdown::Both));
}

/// One command or answer: tag (2 bytes), length of all (4 bytes), code (4 bytes), the rest.
fn message(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 10];
    from.read_exact(&mut bytes)?;
    let length = u32::from_be_bytes(bytes[2..6].try_into().unwrap()) as usize;
    bytes.resize(length, 0);
    from.read_exact(&mut bytes[10..])?;
    Ok(bytes)
}

fn refusal(code: u32) -> Vec<u8> {
    [&[0x80, 0x01, 0, 0, 0, 10], code.to_be_bytes().as_slice()].concat()
}

fn forward(client: TcpStream, control: &PathBuf) {
    let Ok(upstream) = UnixStream::connect(control) else { return };
    let (mut from, mut to) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
    let there = thread::spawn(move || {
        drop(io::copy(&mut from, &mut to));
        drop(to.shutdown(Shutdown::Write));
    });
    let (mut from, mut to) = (upstream, client);
    drop(io::copy(&mut from, &mut to));
    drop(to.shutdown(Shutdown::Both));
    there.join().unwrap();
}

/// The library speaks to two ports that follow each other.
fn listeners() -> (TcpListener, TcpListener) {
    loop {
        let first = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = first.local_addr().unwrap().port();
        if let Some(Ok(second)) = port.checked_add(1).map(|next| TcpListener::bind(("127.0.0.1", next))) {
            return (first, second);
        }
    }
}
