//! Signing somebody in: the daemon's words to the person, and the person's to the daemon (login.md 1.3, 1.5, 1.6).

use crate::code::Code;
use crate::host::{Host, NoConversation, Style};
use crate::manner::Manner;
use crate::options::{FirstPass, Options};
use ipc::{Answer, Ending, FailureReport, Message};
use model::Secret;

/// Nothing more comes of the daemon: it has gone, or has said nothing for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lost;

/// The daemon's end of the conversation.
pub(crate) trait Daemon {
    /// What it says next, signs of life aside; nothing where that takes longer than so many seconds.
    fn next(&mut self, seconds: u64) -> Result<Option<Message>, Lost>;
    /// Answers what it asked.
    fn answer(&mut self, answer: &Answer) -> Result<(), Lost>;
}

/// Why a conversation ends before the daemon ends it.
enum Stop {
    Lost,
    NoConversation,
    /// A code has to be shown, and here it cannot.
    NoPlaceForCode,
    /// The person does not want to go on, or there is nothing to go on with.
    GivenUp,
    /// The program made a password up, because it does not know the person.
    MadeUp,
}

impl From<Lost> for Stop {
    fn from(_: Lost) -> Stop {
        Stop::Lost
    }
}

impl From<NoConversation> for Stop {
    fn from(_: NoConversation) -> Stop {
        Stop::NoConversation
    }
}

/// One attempt, from the first word to the last.
pub(crate) struct Attempt<'a, H> {
    host: &'a H,
    options: &'a Options,
    manner: Manner,
    /// Lines that have not been shown yet.
    lines: Vec<String>,
    /// Where to go with which code, once the person was told.
    page: Option<String>,
    /// What the daemon refused last.
    failure: Option<Box<FailureReport>>,
    first_pass: Option<Secret<String>>,
    /// What was typed last.
    typed: Option<Secret<String>>,
}

impl<'a, H: Host> Attempt<'a, H> {
    pub(crate) fn new(host: &'a H, options: &'a Options, manner: Manner) -> Attempt<'a, H> {
        let first_pass = if options.first_pass == FirstPass::Unused { None } else { host.first_pass() };
        Attempt {
            host,
            options,
            manner,
            lines: Vec::new(),
            page: None,
            failure: None,
            first_pass,
            typed: None,
        }
    }

    /// Whether the person is who they say.
    pub(crate) fn run(mut self, daemon: &mut impl Daemon) -> Code {
        if self.options.first_pass == FirstPass::Use && self.first_pass.is_none() {
            return Code::AuthenticationError;
        }
        let code = match self.talk(daemon) {
            Ok(ending) => self.ended(ending),
            Err(Stop::Lost) => {
                self.last_words(UNAVAILABLE);
                Code::Unavailable
            }
            Err(Stop::NoConversation | Stop::NoPlaceForCode) => {
                self.host.log(NO_PLACE);
                Code::AuthenticationError
            }
            Err(Stop::GivenUp) => Code::AuthenticationError,
            Err(Stop::MadeUp) => {
                self.host.log(NO_NAME);
                self.host.pause(MADE_UP_WAITS);
                Code::AuthenticationError
            }
        };
        if let (Code::Success, true, Some(password)) = (code, self.options.set_authtok, &self.typed) {
            self.host.keep(password);
        }
        code
    }

    /// What is answered where there is no daemon to ask.
    pub(crate) fn without_daemon(mut self) -> Code {
        self.last_words(UNAVAILABLE);
        Code::Unavailable
    }

    fn talk(&mut self, daemon: &mut impl Daemon) -> Result<Ending, Stop> {
        loop {
            let Some(message) = daemon.next(ASK_AGAIN)? else {
                self.ask_again()?;
                continue;
            };
            match message {
                Message::AskPassword { reason, .. } => {
                    let password = self.password(reason)?;
                    let answer = Answer::Password { password: Secret::new(password.expose().clone()) };
                    daemon.answer(&answer)?;
                    self.typed = Some(password);
                }
                Message::Prompt { user_code, url, reason, .. } => {
                    self.lines.extend(reason);
                    self.show_code(format!("Open {url} and enter the code {user_code}."))?;
                }
                Message::Notice { text } | Message::Progress { text, .. } => self.lines.push(text),
                Message::Failed { failure } => self.failure = Some(failure),
                Message::End { ending } => return Ok(ending),
                // What an operator's command is told, and what a later daemon says.
                _ => {}
            }
        }
    }

    fn ended(&mut self, ending: Ending) -> Code {
        let code = match ending {
            Ending::Done => return Code::Success,
            Ending::Denied | Ending::Suspended => Code::PermissionDenied,
            Ending::Failed | Ending::NotWritable => Code::Unavailable,
            Ending::NotServed => return Code::Ignore,
            _ => Code::AuthenticationError,
        };
        if let Some(failure) = self.failure.take() {
            let (service, id) = (self.host.service(), failure.correlation_id.as_deref().unwrap_or("none"));
            let line = format!("service={service} code={} correlation_id={id}", failure.code);
            self.host.log(&printable(&line).replace('\n', " "));
            let end = if failure.message.ends_with(['.', '!', '?']) { "" } else { "." };
            self.last_words(&format!("{}{end} {}", failure.message, failure.advice));
        }
        code
    }

    /// The password of a module before us once, else what the person types.
    fn password(&mut self, reason: Option<String>) -> Result<Secret<String>, Stop> {
        if let Some(password) = self.first_pass.take() {
            return Ok(password);
        }
        if self.options.first_pass == FirstPass::Use {
            return Err(Stop::GivenUp);
        }
        self.lines.extend(reason);
        let password = self.ask(Style::Hidden, PASSWORD)?;
        if is_made_up(password.expose()) { Err(Stop::MadeUp) } else { Ok(password) }
    }

    /// Tells where to go with the code. In a question where nothing else is shown, which a conversation without a
    /// person cannot answer.
    fn show_code(&mut self, page: String) -> Result<(), Stop> {
        if !self.manner.shows_codes() {
            return Err(Stop::NoPlaceForCode);
        }
        self.lines.push(page.clone());
        self.page = Some(page);
        match self.manner {
            Manner::Questions => self.ask_whether_done(),
            _ if self.options.no_info_prompt => self.ask_whether_done(),
            _ => {
                let lines = std::mem::take(&mut self.lines).join("\n");
                Ok(self.host.say(Style::Info, &cut(&lines)).map(drop)?)
            }
        }
    }

    /// Asks once more while nobody has approved: that is also how the program finds out that the person has gone.
    fn ask_again(&mut self) -> Result<(), Stop> {
        let asks = self.manner == Manner::Questions || self.options.no_info_prompt;
        match self.page.clone().filter(|_| asks) {
            Some(page) => {
                self.lines.extend([NOT_YET.to_owned(), page]);
                self.ask_whether_done()
            }
            None => Ok(()),
        }
    }

    fn ask_whether_done(&mut self) -> Result<(), Stop> {
        let answer = self.ask(Style::Shown, ENTER)?;
        if answer.expose().trim().eq_ignore_ascii_case("q") { Err(Stop::GivenUp) } else { Ok(()) }
    }

    /// Asks, with what is to be read before.
    fn ask(&mut self, style: Style, question: &str) -> Result<Secret<String>, NoConversation> {
        let lines = std::mem::take(&mut self.lines).join("\n");
        let folded = match self.manner {
            Manner::PasswordOnly => question.to_owned(),
            Manner::Lines | Manner::OneMessage if !self.options.no_info_prompt => {
                if !lines.is_empty() {
                    self.host.say(Style::Info, &cut(&lines))?;
                }
                question.to_owned()
            }
            _ if lines.is_empty() => question.to_owned(),
            _ => format!("{lines}\n{question}"),
        };
        self.host.say(style, &cut(&folded))
    }

    /// Why nobody was let in; whoever cannot hear it is refused all the same.
    fn last_words(&mut self, text: &str) {
        let heard = match self.manner {
            Manner::PasswordOnly => return,
            Manner::Questions => self.host.say(Style::Shown, &cut(&format!("{text}\nPress Enter."))),
            Manner::Lines | Manner::OneMessage => self.host.say(Style::Error, &cut(text)),
        };
        drop(heard);
    }
}

/// sshd answers in the place of a person whose name does not resolve, with so many characters of this as were typed.
pub(crate) fn is_made_up(password: &str) -> bool {
    const MADE_UP: &str = "\u{8}\n\r\u{7f}INCORRECT";
    !password.is_empty() && (MADE_UP.starts_with(password) || password.starts_with(MADE_UP))
}

/// At most what PAM carries in a message: `PAM_MAX_MSG_SIZE` is 512, with the zero at its end.
pub(crate) fn cut(text: &str) -> String {
    let text = printable(text);
    let mut end = text.len().min(511);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

/// Without what a terminal takes for an order, and without a zero, which ends a text of C; lines stay lines.
fn printable(text: &str) -> String {
    text.chars().map(|it| if it.is_control() && it != '\n' { ' ' } else { it }).collect()
}

const PASSWORD: &str = "Entra ID password: ";
const ENTER: &str = "Press Enter when you are done, or q to give up: ";
const NOT_YET: &str = "Not approved yet.";
const UNAVAILABLE: &str = "Entra ID sign-in is not available: firmamentd does not answer. \
                           An administrator of this machine sees why in: systemctl status firmamentd";
const NO_NAME: &str = "the program knows no such name, so nobody can be let in under it; where id_attr_map is uuid \
                       or rfc2307, sign in at the console once, or run: aad-tool account add NAME@DOMAIN --uid N";
const NO_PLACE: &str = "a code has to be shown, and this conversation has no person to read it: for ssh, \
                        KbdInteractiveAuthentication shows it (aad-tool configure-ssh)";
/// So long somebody who says that they are done is believed before they are asked again, in seconds.
const ASK_AGAIN: u64 = 15;
/// As long as sshd itself takes to refuse a wrong password, in seconds.
const MADE_UP_WAITS: u64 = 2;
