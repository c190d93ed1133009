//! The phases of PAM, one after the other: whose the name is, and what is answered (login.md 1.3).

use crate::account::account;
use crate::authenticate::Attempt;
use crate::code::Code;
use crate::ffi::Pam;
use crate::host::{Host, Style};
use crate::link::Link;
use crate::manner::Manner;
use crate::options::{FirstPass, Options};
use crate::whose::{Whose, whose};
use client::{Conversation, Patience};
use ipc::{PersonAsked, Request};
use messages::{Language, LoginText, Spoken};
use names_file::{line, names, text_of, verdicts};
use std::path::Path;

/// What PAM asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Authenticate,
    SetCredentials,
    Account,
    Password,
    OpenSession,
    CloseSession,
}

impl Phase {
    /// What is answered after a fault of ours: never a way in, and never an end of somebody's session.
    pub(crate) fn after_a_fault(self) -> Code {
        match self {
            Phase::Authenticate | Phase::Account | Phase::Password => Code::SystemError,
            Phase::SetCredentials | Phase::OpenSession | Phase::CloseSession => Code::Ignore,
        }
    }
}

/// Answers one call.
pub(crate) fn run(phase: Phase, pam: &Pam, words: &[&str]) -> Code {
    let options = Options::read(words.iter().copied());
    for word in &options.unknown {
        pam.log(&format!("'{word}' is no option of pam_firmament and counts for nothing"));
    }
    let Some(name) = pam.user() else { return Code::Ignore };
    let passwd = text_of(0, Path::new("/etc/passwd")).unwrap_or_default();
    let map = text_of(0, Path::new(&options.user_map)).unwrap_or_default();
    let whose = whose(&name, (&passwd, &map), names(0, Path::new(NAMES)).ok().as_ref());
    if options.debug {
        pam.log(&format!("service={} phase={phase:?} whose={whose:?}", pam.service()));
    }
    let language = language(&pam.service());
    match phase {
        _ if whose == Whose::Others => Code::Ignore,
        Phase::Authenticate if whose == Whose::Mapped => {
            for_mapped(authenticate(pam, (&options, language), name), options.first_pass)
        }
        _ if whose == Whose::Mapped => Code::Ignore,
        Phase::Authenticate => authenticate(pam, (&options, language), name),
        Phase::Account => {
            let (code, text) =
                account(&name, whose, verdicts(0, Path::new(VERDICTS)).ok().as_ref(), language);
            if let Some(text) = text {
                pam.log(&format!("service={} account={code:?}", pam.service()));
                // Whoever cannot hear it is refused all the same.
                drop(pam.say(Style::Error, &text));
            }
            code
        }
        Phase::Password => {
            drop(pam.say(Style::Error, &LoginText::PasswordElsewhere.say(language)));
            Code::PermissionDenied
        }
        Phase::SetCredentials => Code::Success,
        Phase::OpenSession | Phase::CloseSession => {
            count_session(pam, name, phase == Phase::OpenSession);
            Code::Success
        }
    }
}

/// The language that is spoken in a service; English where nobody has written it down.
fn language(service: &str) -> Language {
    let spoken = line(0, Path::new(LANGUAGE)).ok().and_then(|line| Spoken::decode(&line));
    spoken.unwrap_or_default().at(service)
}

/// A mapped user has a local password too, which the next module asks for; where nobody asks, a refusal is one.
fn for_mapped(code: Code, first_pass: FirstPass) -> Code {
    match (code, first_pass) {
        (Code::Success, _) => Code::Success,
        (Code::Unavailable, _) => Code::Ignore,
        (_, FirstPass::Use) => Code::AuthenticationError,
        _ => Code::Ignore,
    }
}

fn authenticate(pam: &Pam, (options, language): (&Options, Language), name: String) -> Code {
    let manner = Manner::of(&pam.service(), rustix::process::geteuid().is_root());
    let asked = if manner.shows_codes() { PersonAsked::Person } else { PersonAsked::OnePrompt };
    let (service, tty, rhost) = (pam.service(), pam.tty(), pam.rhost());
    let request = Request::PamAuthenticate { name, service, tty, rhost, asked };
    let attempt = Attempt::new(pam, options, (manner, language));
    match Link::open(Path::new(SOCKET), &request) {
        Ok(mut daemon) => attempt.run(&mut daemon),
        Err(error) => {
            pam.log(&error.to_string());
            attempt.without_daemon()
        }
    }
}

/// Says that a session was opened or closed, and waits for no answer: whatever becomes of it, the session goes on.
fn count_session(pam: &Pam, name: String, open: bool) {
    let request = Request::PamSession { name, service: pam.service(), tty: pam.tty(), open };
    if let Err(error) = Conversation::begin(Path::new(SOCKET), &request, Patience::WORD) {
        pam.log(&error.to_string());
    }
}

const NAMES: &str = "/var/cache/firmament/names";
const VERDICTS: &str = "/var/cache/firmament/verdicts";
const SOCKET: &str = "/run/firmament/socket";
/// What the daemon found out of the configuration and the locale, for us to speak as it does.
const LANGUAGE: &str = "/var/cache/firmament/language";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapped_user_may_try_the_local_password_unless_nobody_asks_for_it() {
        for (code, ends, used) in [
            (Code::Success, Code::Success, Code::Success),
            (Code::AuthenticationError, Code::Ignore, Code::AuthenticationError),
            (Code::PermissionDenied, Code::Ignore, Code::AuthenticationError),
            (Code::Unavailable, Code::Ignore, Code::Ignore),
        ] {
            assert_eq!(for_mapped(code, FirstPass::Unused), ends, "{code:?}");
            assert_eq!(for_mapped(code, FirstPass::Try), ends, "{code:?}");
            assert_eq!(for_mapped(code, FirstPass::Use), used, "{code:?}");
        }
    }
}
