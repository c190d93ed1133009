//! The way in for the fuzzer alone (`cargo xtask fuzz`): one conversation with whatever listens at a socket.

use crate::authenticate::Attempt;
use crate::code::Code;
use crate::host::{Host, NoConversation, Style};
use crate::link::Link;
use crate::manner::Manner;
use crate::options::{FirstPass, Options};
use ipc::{Message, PersonAsked, Request};
use messages::Language;
use model::Secret;
use std::cell::RefCell;
use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixListener;
use std::time::Duration;

/// What came of a conversation.
#[derive(Debug, Default)]
pub struct Shown {
    /// The person is let in.
    pub is_let_in: bool,
    /// Every text that went to the person.
    pub texts: Vec<String>,
    /// Every line of the log.
    pub log: Vec<String>,
}

/// Somebody who answers whatever is asked, a limited number of times.
struct Person {
    service: &'static str,
    shown: RefCell<Shown>,
}

impl Host for Person {
    fn service(&self) -> String {
        self.service.to_owned()
    }

    fn first_pass(&self) -> Option<Secret<String>> {
        (self.service == "polkit-1").then(|| Secret::new(TYPED.to_owned()))
    }

    fn keep(&self, _: &Secret<String>) {}

    fn say(&self, _: Style, text: &str) -> Result<Secret<String>, NoConversation> {
        let texts = &mut self.shown.borrow_mut().texts;
        texts.push(text.to_owned());
        if texts.len() > MOST_ANSWERS { Err(NoConversation) } else { Ok(Secret::new(TYPED.to_owned())) }
    }

    fn pause(&self, _: u64) {}

    fn clock(&self) -> Duration {
        Duration::from_secs(1_000)
    }

    fn log(&self, text: &str) {
        self.shown.borrow_mut().log.push(text.to_owned());
    }
}

/// The module signs somebody in for one of the services, `choice` says which, and the daemon says these bytes and goes.
pub fn converse(choice: u8, said: &[u8]) -> Shown {
    let service = SERVICES[usize::from(choice) % SERVICES.len()];
    let person = Person { service, shown: RefCell::default() };
    let socket = std::env::temp_dir().join(format!("hostile-daemon.{}", std::process::id()));
    let _ = std::fs::remove_file(&socket);
    let listener = UnixListener::bind(&socket).expect("a socket can be made");
    let name = "alex@contoso.com".to_owned();
    let asked = PersonAsked::Person;
    let request =
        Request::PamAuthenticate { name, service: service.to_owned(), tty: None, rhost: None, asked };
    let mut link = Link::open(&socket, &request).expect("somebody listens");
    let (mut daemon, _) = listener.accept().expect("somebody has come");
    drop(listener);
    // Nobody asks a daemon again that has begun something.
    let begun = ipc::encode(&Message::Notice { text: String::new() }).expect("it is short");
    daemon.write_all(&begun).and_then(|()| daemon.write_all(said)).expect("the socket takes so much");
    daemon.shutdown(Shutdown::Write).expect("it is open");
    let mut options = Options::read([]);
    options.first_pass = if choice & 0x40 == 0 { FirstPass::Unused } else { FirstPass::Try };
    let manner = Manner::of(service, choice & 0x80 == 0);
    let language = if choice & 0x20 == 0 { Language::English } else { Language::Japanese };
    let code = Attempt::new(&person, &options, (manner, language)).run(&mut link);
    Shown { is_let_in: code == Code::Success, ..person.shown.into_inner() }
}

const SERVICES: [&str; 5] = ["sshd", "login", "gdm-password", "polkit-1", "sudo"];
/// What the person types, whatever is asked.
pub const TYPED: &str = "typed-secret";
const MOST_ANSWERS: usize = 64;
