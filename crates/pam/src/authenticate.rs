//! Signing somebody in: the daemon's words to the person, and the person's to the daemon (login.md 1.3, 1.5, 1.6).

use crate::code::Code;
use crate::host::{Host, NoConversation, Style};
use crate::manner::Manner;
use crate::options::{FirstPass, Options};
use ipc::{Answer, Ending, FailureReport, Message};
use messages::{Language, LoginText};
use model::Secret;
use std::time::Duration;

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

/// A page that wants a code.
#[derive(Debug, Clone)]
struct Page {
    open: String,
    /// Until when by the host's clock, where the daemon says so.
    until: Option<Duration>,
}

/// One attempt, from the first word to the last.
pub(crate) struct Attempt<'a, H> {
    host: &'a H,
    options: &'a Options,
    manner: Manner,
    language: Language,
    /// Lines that have not been shown yet.
    lines: Vec<String>,
    /// Where to go with which code, once the person was told.
    page: Option<Page>,
    /// What the daemon refused last.
    failure: Option<Box<FailureReport>>,
    first_pass: Option<Secret<String>>,
    /// What was typed last.
    typed: Option<Secret<String>>,
}

impl<'a, H: Host> Attempt<'a, H> {
    pub(crate) fn new(
        host: &'a H,
        options: &'a Options,
        (manner, language): (Manner, Language),
    ) -> Attempt<'a, H> {
        let first_pass = if options.first_pass == FirstPass::Unused { None } else { host.first_pass() };
        Attempt {
            host,
            options,
            manner,
            language,
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
                self.last_words(&LoginText::NotAvailable.say(self.language));
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
        self.last_words(&LoginText::NotAvailable.say(self.language));
        Code::Unavailable
    }

    fn talk(&mut self, daemon: &mut impl Daemon) -> Result<Ending, Stop> {
        loop {
            let Some(message) = daemon.next(ASK_AGAIN)? else {
                self.ask_again()?;
                continue;
            };
            match message {
                Message::AskPassword { reason, only_questions, .. } => {
                    self.take_in(only_questions);
                    let password = self.password(reason)?;
                    let answer = Answer::Password { password: Secret::new(password.expose().clone()) };
                    daemon.answer(&answer)?;
                    self.typed = Some(password);
                }
                Message::Prompt { user_code, url, reason, seconds, only_questions, .. } => {
                    self.take_in(only_questions);
                    self.lines.extend(reason);
                    let open = LoginText::Open { url: &url, code: &user_code }.say(self.language);
                    let until = seconds.map(|left| self.host.clock() + Duration::from_secs(left));
                    self.show_code(Page { open, until })?;
                }
                Message::Notice { text } | Message::Progress { text, .. } => self.lines.push(text),
                Message::Failed { failure } => self.failure = Some(failure),
                Message::End { ending } => return Ok(ending),
                // What an operator's command is told, and what a later daemon says.
                _ => {}
            }
        }
    }

    /// What was measured of a service stands; the configuration may name more that show text in questions alone.
    fn take_in(&mut self, only_questions: bool) {
        if only_questions && self.manner.shows_codes() {
            self.manner = Manner::Questions;
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
            let end = if failure.message.ends_with(['.', '!', '?', '。']) { "" } else { "." };
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
        let password = self.ask(Style::Hidden, &LoginText::Password.say(self.language))?;
        if is_made_up(password.expose()) { Err(Stop::MadeUp) } else { Ok(password) }
    }

    /// Tells where to go with the code. In a question where nothing else is shown, which a conversation without a
    /// person cannot answer.
    fn show_code(&mut self, page: Page) -> Result<(), Stop> {
        if !self.manner.shows_codes() {
            return Err(Stop::NoPlaceForCode);
        }
        self.lines.push(self.where_to_go(&page));
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
                let page = self.where_to_go(&page);
                self.lines.extend([LoginText::NotYet.say(self.language), page]);
                self.ask_whether_done()
            }
            None => Ok(()),
        }
    }

    /// Where to go with which code, and how long that is possible: the code's time is known, that of sshd is not.
    fn where_to_go(&self, page: &Page) -> String {
        let Some(until) = page.until else { return page.open.clone() };
        let minutes = (until.saturating_sub(self.host.clock()).as_secs() / 60).max(1);
        let may_end = self.host.service().contains("ssh");
        format!("{} {}", page.open, LoginText::Time { minutes, may_end }.say(self.language))
    }

    fn ask_whether_done(&mut self) -> Result<(), Stop> {
        let answer = self.ask(Style::Shown, &LoginText::WhenDone.say(self.language))?;
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
        let enter = LoginText::PressEnter.say(self.language);
        let heard = match self.manner {
            Manner::PasswordOnly => return,
            Manner::Questions => self.host.say(Style::Shown, &cut(&format!("{text}\n{enter}"))),
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

const NO_NAME: &str = "the program knows no such name, so nobody can be let in under it; where id_attr_map is uuid \
                       or rfc2307, sign in at the console once, or run: aad-tool account add NAME@DOMAIN --uid N";
const NO_PLACE: &str = "a code has to be shown, and this conversation has no person to read it: for ssh, \
                        KbdInteractiveAuthentication shows it (aad-tool configure-ssh)";
/// So long somebody who says that they are done is believed before they are asked again, in seconds.
const ASK_AGAIN: u64 = 15;
/// As long as sshd itself takes to refuse a wrong password, in seconds.
const MADE_UP_WAITS: u64 = 2;
