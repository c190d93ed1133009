//! A password or a recovery code from the terminal or from standard input; never from the command line or the environment.

use ipc::Answer;
use model::Secret;
use signal_hook::consts::SIGINT;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whoever runs this program.
pub(crate) struct Person {
    /// Whether Ctrl-C ends the program at once.
    interruptible: Arc<AtomicBool>,
}

impl Person {
    pub(crate) fn new() -> io::Result<Person> {
        let interruptible = Arc::new(AtomicBool::new(true));
        signal_hook::flag::register_conditional_default(SIGINT, Arc::clone(&interruptible))?;
        Ok(Person { interruptible })
    }

    /// Takes the password; none is the device code.
    pub(crate) fn password(&self) -> io::Result<Answer> {
        self.secret("Password: ").map(answer)
    }

    /// Takes the recovery code of the keys.
    pub(crate) fn recovery_code(&self) -> io::Result<Answer> {
        self.secret("Recovery code: ").map(|code| Answer::RecoveryCode { code })
    }

    /// Takes it without showing it, or one line where standard input is no terminal.
    fn secret(&self, question: &str) -> io::Result<Secret<String>> {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            return self.typed(question);
        }
        // Not through the buffer of `stdin`, which would keep a copy.
        line(&mut File::from(stdin.as_fd().try_clone_to_owned()?))
    }

    /// The echo is off meanwhile, and comes back only if Ctrl-C does not end the program then.
    fn typed(&self, question: &str) -> io::Result<Secret<String>> {
        self.interruptible.store(false, Ordering::SeqCst);
        let typed = rpassword::prompt_password(question);
        self.interruptible.store(true, Ordering::SeqCst);
        match typed {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                // Nobody has ended the line of the question.
                eprintln!();
                Ok(Secret::new(String::new()))
            }
            other => other.map(Secret::new),
        }
    }
}

/// Enter alone, and the end of the input, choose the code.
fn answer(line: Secret<String>) -> Answer {
    if line.expose().is_empty() { Answer::UseCode {} } else { Answer::Password { password: line } }
}

/// One line without its end; what stands behind it is left for the next question.
fn line(input: &mut impl Read) -> io::Result<Secret<String>> {
    let mut bytes = Vec::with_capacity(LONGEST);
    let filled = fill(&mut bytes, input);
    let text = String::from_utf8(bytes).map(Secret::new);
    let text = text.map_err(|error| drop(Secret::new(error.into_bytes())));
    filled.and(text.map_err(|()| unusable("it is not UTF-8")))
}

/// Stays within the capacity, so that no copy is left behind by a move.
#[expect(clippy::unbuffered_bytes, reason = "a buffer would take more than the line, and keep a copy")]
fn fill(bytes: &mut Vec<u8>, input: &mut impl Read) -> io::Result<()> {
    for byte in input.bytes() {
        match byte? {
            b'\n' => break,
            _ if bytes.len() == LONGEST => return Err(unusable("it is longer than 1024 bytes")),
            byte => bytes.push(byte),
        }
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    Ok(())
}

fn unusable(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Four bytes for each of the 256 characters that a password of the service may have.
const LONGEST: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(mut input: &[u8]) -> (String, usize) {
        let shown = match line(&mut input).map(answer) {
            Ok(Answer::Password { password }) => format!("password {}", password.expose()),
            Ok(Answer::UseCode {}) => "code".to_owned(),
            Ok(other) => format!("{other:?}"),
            Err(error) => error.to_string(),
        };
        (shown, input.len())
    }

    #[test]
    fn one_line_is_the_password_and_none_is_the_code() {
        for (input, says, left) in [
            ("hunter2\nnext\n", "password hunter2", 5),
            ("hunter2\r\nnext", "password hunter2", 4),
            ("hunter2", "password hunter2", 0),
            (" with spaces \n", "password  with spaces ", 0),
            ("pä\u{1f511}\n", "password pä\u{1f511}", 0),
            ("a\rb\n", "password a\rb", 0),
            ("\nnext", "code", 4),
            ("\r\n", "code", 0),
            ("", "code", 0),
        ] {
            assert_eq!(shown(input.as_bytes()), (says.to_owned(), left), "{input:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_password_is_refused_and_not_quoted() {
        let (longest, longer) = ("x".repeat(LONGEST), "x".repeat(LONGEST + 1));
        assert_eq!(shown(longest.as_bytes()).0, format!("password {longest}"));
        assert_eq!(shown(longer.as_bytes()).0, "it is longer than 1024 bytes");
        assert_eq!(shown(b"hunter2\xff\n").0, "it is not UTF-8");
    }
}
