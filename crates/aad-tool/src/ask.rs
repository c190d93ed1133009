//! A password or a recovery code from the terminal or from standard input; never from the command line or the
//! environment. A question is over when its answer is there, or when whoever asked has gone on.

use crate::terminal::Silence;
use ipc::Answer;
use model::Secret;
use rustix::event::{PollFd, PollFlags, poll};
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};

/// What became of a question.
#[derive(Debug)]
pub(crate) enum Told<T> {
    /// The person's answer.
    Answer(T),
    /// Nobody waits for the answer any more.
    Over,
}

/// Takes the password behind this question; none is the device code. The question is over when `asker` is readable.
pub(crate) fn password(question: &str, asker: BorrowedFd<'_>) -> io::Result<Told<Answer>> {
    Ok(match secret(question, asker)? {
        Told::Answer(line) if line.expose().is_empty() => Told::Answer(Answer::UseCode {}),
        Told::Answer(password) => Told::Answer(Answer::Password { password }),
        Told::Over => Told::Over,
    })
}

/// Takes the recovery code of the keys. The question is over when `asker` is readable.
pub(crate) fn recovery_code(asker: BorrowedFd<'_>) -> io::Result<Told<Answer>> {
    Ok(match secret("Recovery code: ", asker)? {
        Told::Answer(code) => Told::Answer(Answer::RecoveryCode { code }),
        Told::Over => Told::Over,
    })
}

/// Asks a question that only "y" or "yes" agrees to; what is typed is shown.
pub(crate) fn agrees(question: &str) -> io::Result<bool> {
    say(question);
    let Told::Answer(line) = line(io::stdin().as_fd(), None)? else { return Ok(false) };
    if !line.whole {
        eprintln!();
    }
    let typed = line.text.expose().trim().to_lowercase();
    Ok(typed == "y" || typed == "yes")
}

/// Takes it without showing it, or one line where standard input is no terminal.
fn secret(question: &str, asker: BorrowedFd<'_>) -> io::Result<Told<Secret<String>>> {
    let silence = Silence::begin()?;
    if silence.is_some() {
        say(question);
    }
    let told = line(io::stdin().as_fd(), Some(asker));
    if silence.is_some() && !matches!(told, Ok(Told::Answer(Line { whole: true, .. }))) {
        // Nobody has ended the line of the question.
        eprintln!();
    }
    Ok(match told? {
        Told::Answer(line) => Told::Answer(line.text),
        Told::Over => Told::Over,
    })
}

/// One line of the input.
struct Line {
    text: Secret<String>,
    /// Whether it came to its end, and not the input.
    whole: bool,
}

fn say(question: &str) {
    let mut out = io::stderr().lock();
    // Who cannot be asked can still answer.
    drop(out.write_all(question.as_bytes()).and_then(|()| out.flush()));
}

/// One line without its end; what stands behind it is left for the next question.
fn line(input: BorrowedFd<'_>, asker: Option<BorrowedFd<'_>>) -> io::Result<Told<Line>> {
    let mut bytes = Vec::with_capacity(LONGEST);
    let filled = fill(&mut bytes, || next_byte(input, asker));
    let text = String::from_utf8(bytes).map(Secret::new);
    let text = text.map_err(|error| drop(Secret::new(error.into_bytes())));
    match filled? {
        Told::Over => Ok(Told::Over),
        Told::Answer(whole) => match text {
            Ok(text) => Ok(Told::Answer(Line { text, whole })),
            Err(()) => Err(unusable("it is not UTF-8")),
        },
    }
}

/// Stays within the capacity, so that no copy is left behind by a move. A byte at a time: a buffer would take more than
/// the line, and keep a copy.
fn fill(
    bytes: &mut Vec<u8>,
    mut next: impl FnMut() -> io::Result<Told<Option<u8>>>,
) -> io::Result<Told<bool>> {
    let whole = loop {
        match next()? {
            Told::Over => return Ok(Told::Over),
            Told::Answer(None) => break false,
            Told::Answer(Some(b'\n')) => break true,
            Told::Answer(Some(_)) if bytes.len() == LONGEST => {
                return Err(unusable("it is longer than 1024 bytes"));
            }
            Told::Answer(Some(byte)) => bytes.push(byte),
        }
    };
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    Ok(Told::Answer(whole))
}

/// The next byte of the input, none at its end, unless the asker goes on before.
fn next_byte(input: BorrowedFd<'_>, asker: Option<BorrowedFd<'_>>) -> io::Result<Told<Option<u8>>> {
    let mut waited: Vec<PollFd<'_>> = [Some(input), asker]
        .into_iter()
        .flatten()
        .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
        .collect();
    rustix::io::retry_on_intr(|| poll(&mut waited, None))?;
    if waited[0].revents().is_empty() {
        return Ok(Told::Over);
    }
    let mut byte = [0];
    let read = rustix::io::retry_on_intr(|| rustix::io::read(input, &mut byte))?;
    Ok(Told::Answer((read == 1).then_some(byte[0])))
}

/// Whether a person can be asked.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal()
}

fn unusable(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Four bytes for each of the 256 characters that a password of the service may have.
const LONGEST: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    /// The input as a file, whose position says what is left of it.
    fn shown(input: &[u8]) -> (String, usize) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(input).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        let shown = match line(file.as_fd(), None) {
            Ok(Told::Answer(line)) => format!("[{}]", line.text.expose()),
            Ok(Told::Over) => "over".to_owned(),
            Err(error) => error.to_string(),
        };
        let mut rest = Vec::new();
        std::io::Read::read_to_end(&mut file, &mut rest).unwrap();
        (shown, rest.len())
    }

    #[test]
    fn one_line_is_the_answer() {
        for (input, says, left) in [
            ("hunter2\nnext\n", "[hunter2]", 5),
            ("hunter2\r\nnext", "[hunter2]", 4),
            ("hunter2", "[hunter2]", 0),
            (" with spaces \n", "[ with spaces ]", 0),
            ("p\u{e4}\u{1f511}\n", "[p\u{e4}\u{1f511}]", 0),
            ("a\rb\n", "[a\rb]", 0),
            ("\nnext", "[]", 4),
            ("\r\n", "[]", 0),
            ("", "[]", 0),
        ] {
            assert_eq!(shown(input.as_bytes()), (says.to_owned(), left), "{input:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_password_is_refused_and_not_quoted() {
        let (longest, longer) = ("x".repeat(LONGEST), "x".repeat(LONGEST + 1));
        assert_eq!(shown(longest.as_bytes()).0, format!("[{longest}]"));
        assert_eq!(shown(longer.as_bytes()).0, "it is longer than 1024 bytes");
        assert_eq!(shown(b"hunter2\xff\n").0, "it is not UTF-8");
    }

    #[test]
    fn a_question_is_over_when_the_asker_goes_on_or_is_gone() {
        for gone in [false, true] {
            let (input, mut types) = UnixStream::pair().unwrap();
            let (asker, mut daemon) = UnixStream::pair().unwrap();
            types.write_all(b"half a pass").unwrap();
            if !gone {
                daemon.write_all(b"x").unwrap();
            }
            let ended = gone.then(|| drop(daemon));
            let (tell, told) = std::sync::mpsc::channel();
            std::thread::spawn(move || {
                tell.send(matches!(line(input.as_fd(), Some(asker.as_fd())), Ok(Told::Over)))
            });
            assert_eq!(told.recv_timeout(Duration::from_secs(20)), Ok(true), "{gone} {ended:?}");
        }
        let (asker, _daemon) = UnixStream::pair().unwrap();
        let null = File::open("/dev/null").unwrap();
        assert!(matches!(line(null.as_fd(), Some(asker.as_fd())), Ok(Told::Answer(_))));
    }
}
