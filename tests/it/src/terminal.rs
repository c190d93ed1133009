//! A person at a terminal: reads what is shown, and types.

use crate::harness::PATIENCE;
use rustix::process::{Signal, kill_process_group};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::tcgetpgrp;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A terminal with a program at it.
pub struct Terminal {
    keyboard: File,
    program: Child,
    screen: Arc<Mutex<Screen>>,
    /// So much of it was read.
    read: usize,
}

#[derive(Default)]
struct Screen {
    shown: Vec<u8>,
    closed: bool,
}

impl Terminal {
    /// Runs a command at a terminal of its own, which it has to make its controlling one.
    pub fn open(mut command: Command) -> Terminal {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap().into_string().unwrap();
        let line = || Stdio::from(OpenOptions::new().read(true).write(true).open(&name).unwrap());
        let program = command.stdin(line()).stdout(line()).stderr(line()).spawn().unwrap();
        drop(command);
        let keyboard = File::from(keyboard);
        let screen: Arc<Mutex<Screen>> = Arc::default();
        let (mut from, to) = (keyboard.try_clone().unwrap(), screen.clone());
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // EIO: the last program has closed it.
            while let Ok(count @ 1..) = from.read(&mut bytes) {
                lock(&to).shown.extend_from_slice(&bytes[..count]);
            }
            lock(&to).closed = true;
        });
        Terminal { keyboard, program, screen, read: 0 }
    }

    /// Everything that was shown until now.
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&lock(&self.screen).shown).replace('\r', "")
    }

    /// Reads on until this is shown; all that was shown up to its end and had not been read.
    #[track_caller]
    pub fn reads(&mut self, wanted: &str) -> String {
        let begun = Instant::now();
        loop {
            let (shown, closed) = self.rest();
            if let Some(at) = shown.find(wanted) {
                let end = at + wanted.len();
                self.read += end;
                return shown[..end].to_owned();
            }
            assert!(!closed, "{wanted:?} was never shown: {shown}");
            assert!(begun.elapsed() < PATIENCE, "{wanted:?} is not shown: {shown}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What has not been read, and whether more can come.
    fn rest(&self) -> (String, bool) {
        let screen = lock(&self.screen);
        let all = String::from_utf8_lossy(&screen.shown).replace('\r', "");
        (all.get(self.read..).unwrap_or_default().to_owned(), screen.closed)
    }

    /// Types a line.
    pub fn types(&mut self, line: &str) {
        self.keyboard.write_all(line.as_bytes()).unwrap();
        self.keyboard.write_all(b"\n").unwrap();
    }

    /// Waits until the program has ended and its last words are read, but not for what it left at the terminal.
    #[track_caller]
    pub fn ends(&mut self) -> ExitStatus {
        let begun = Instant::now();
        let mut ended: Option<(ExitStatus, Instant)> = None;
        loop {
            ended = ended.or_else(|| Some((self.program.try_wait().unwrap()?, Instant::now())));
            if let Some((status, at)) = ended
                && (lock(&self.screen).closed || at.elapsed() > LAST_WORDS)
            {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end: {}", self.shown());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The person is gone, and what runs at the terminal with them, whatever it makes of a hang-up.
    pub fn hangs_up(mut self) {
        if let Ok(group) = tcgetpgrp(&self.keyboard) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.program.wait();
    }
}

/// How long the last words of a program that has ended are waited for.
const LAST_WORDS: Duration = Duration::from_secs(2);

fn lock(screen: &Mutex<Screen>) -> MutexGuard<'_, Screen> {
    screen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
