//! The terminal of whoever runs this program: its echo, which comes back however a question ends, and Ctrl-C.

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// How the terminal was before its echo was put out, while it is.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// From here on a signal that ends this program restores the echo first; it ends with 128 and the signal's number, after
/// its last words.
pub(crate) fn watch_signals(last_words: impl Fn() + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGQUIT])?;
    let end = move || {
        let signal = signals.forever().next().unwrap_or(SIGTERM);
        if restore(&mut before()) {
            eprintln!();
        }
        last_words();
        std::process::exit(128 + signal);
    };
    thread::Builder::new().spawn(end).map(drop)
}

/// The echo of standard input is out while this lives.
pub(crate) struct Silence(());

impl Silence {
    /// Nothing where standard input is no terminal.
    pub(crate) fn begin() -> io::Result<Option<Silence>> {
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            return Ok(None);
        }
        let mut before = before();
        let old = tcgetattr(stdin.as_fd())?;
        let mut silent = old.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        // The end of the line is shown, and is all that is.
        silent.local_modes.insert(LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        // Only what is typed from here on is an answer.
        tcsetattr(stdin.as_fd(), OptionalActions::Flush, &silent)?;
        *before = Some(old);
        Ok(Some(Silence(())))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        restore(&mut before());
    }
}

/// Whether there was anything to restore; what was typed and not read is nobody's answer.
fn restore(before: &mut Option<Termios>) -> bool {
    let Some(old) = before.take() else { return false };
    // A terminal that is gone echoes nothing.
    let _ = tcsetattr(io::stdin().as_fd(), OptionalActions::Flush, &old);
    true
}

fn before() -> MutexGuard<'static, Option<Termios>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}
