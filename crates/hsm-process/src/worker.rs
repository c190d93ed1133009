//! One child process and its stream: the effects, and no decision.

use crate::frame;
use crate::keeper::Ending;
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

pub(crate) struct Worker {
    stream: UnixStream,
    process: Child,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// The stream has ended, or what came is no frame.
    Broken,
    /// It is late.
    Late,
}

impl Worker {
    /// Starts the program, whose standard input is its end of the stream; its log goes where ours goes.
    pub(crate) fn start(program: &Path) -> io::Result<Worker> {
        let (stream, theirs) = UnixStream::pair()?;
        let mut command = Command::new(program);
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::null());
        for name in NOT_FOR_CHILDREN {
            command.env_remove(name);
        }
        Ok(Worker { stream, process: command.spawn()? })
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// One question and its answer.
    pub(crate) fn exchange(&self, question: &[u8], until: Instant) -> Result<Zeroizing<Vec<u8>>, NoAnswer> {
        let sent = frame::write(&self.stream, question, Some(until));
        let answer = sent.and_then(|()| frame::read(&self.stream, Some(until)));
        match answer {
            Ok(Some(body)) => Ok(body),
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {
                Err(NoAnswer::Late)
            }
            Ok(None) | Err(_) => Err(NoAnswer::Broken),
        }
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<Ending> {
        self.process.try_wait().ok().flatten().map(ending)
    }

    /// Ends its stream, at which it ends when its job is done, and waits for that so long.
    pub(crate) fn hang_up(&mut self, limit: Duration) -> Option<Ending> {
        // One that has ended has ended its stream too.
        let _ = self.stream.shutdown(Shutdown::Both);
        let until = Instant::now() + limit;
        loop {
            let ended = self.ended();
            if ended.is_some() || Instant::now() >= until {
                return ended;
            }
            std::thread::sleep(OFTEN);
        }
    }

    /// Kills it, and waits until it is gone, however long the system takes for that.
    pub(crate) fn kill(&mut self) -> Ending {
        // One that has ended meanwhile is as good as killed.
        let _ = self.process.kill();
        let _ = self.process.wait();
        Ending::Killed
    }
}

fn ending(status: ExitStatus) -> Ending {
    if status.success() { Ending::Clean } else { Ending::Crashed(status.to_string()) }
}

/// What systemd says to the daemon alone.
const NOT_FOR_CHILDREN: [&str; 5] =
    ["NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "CREDENTIALS_DIRECTORY"];
/// How often it is asked whether a child has ended.
const OFTEN: Duration = Duration::from_millis(5);
