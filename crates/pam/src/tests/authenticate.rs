//! Conversations of a daemon and a person that follow a script, in each manner.

use crate::authenticate::{Attempt, Daemon, Lost, cut, is_made_up};
use crate::code::Code;
use crate::host::{Host, NoConversation, Style};
use crate::manner::Manner;
use crate::options::{FirstPass, Options};
use ipc::{Answer, Ending, FailureReport, Message};
use messages::Language;
use model::Secret;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;

/// A person who answers in turn, and what was said to them.
#[derive(Default)]
struct Person {
    service: &'static str,
    before: Option<&'static str>,
    answers: RefCell<VecDeque<&'static str>>,
    said: RefCell<Vec<(Style, String)>>,
    logged: RefCell<Vec<String>>,
    kept: RefCell<Option<String>>,
    paused: Cell<u64>,
    /// By the person's clock.
    seconds: Cell<u64>,
}

impl Host for Person {
    fn service(&self) -> String {
        self.service.to_owned()
    }

    fn first_pass(&self) -> Option<Secret<String>> {
        self.before.map(|password| Secret::new(password.to_owned()))
    }

    fn keep(&self, password: &Secret<String>) {
        *self.kept.borrow_mut() = Some(password.expose().clone());
    }

    fn say(&self, style: Style, text: &str) -> Result<Secret<String>, NoConversation> {
        self.said.borrow_mut().push((style, text.to_owned()));
        let answer = match style {
            Style::Info | Style::Error => "",
            Style::Hidden | Style::Shown => self.answers.borrow_mut().pop_front().ok_or(NoConversation)?,
        };
        Ok(Secret::new(answer.to_owned()))
    }

    fn pause(&self, seconds: u64) {
        self.paused.set(self.paused.get() + seconds);
    }

    fn clock(&self) -> Duration {
        Duration::from_secs(self.seconds.get())
    }

    fn log(&self, text: &str) {
        self.logged.borrow_mut().push(text.to_owned());
    }
}

/// What the daemon says in turn; `None` is a time in which it says nothing. Afterwards it is gone.
struct Script {
    says: VecDeque<Option<Message>>,
    heard: Vec<String>,
}

impl Daemon for Script {
    fn next(&mut self, _: u64) -> Result<Option<Message>, Lost> {
        self.says.pop_front().ok_or(Lost)
    }

    fn answer(&mut self, answer: &Answer) -> Result<(), Lost> {
        match answer {
            Answer::Password { password } => self.heard.push(password.expose().clone()),
            other => panic!("{other:?}"),
        }
        Ok(())
    }
}

fn script(says: impl IntoIterator<Item = Option<Message>>) -> Script {
    Script { says: says.into_iter().collect(), heard: Vec::new() }
}

fn person(service: &'static str, answers: &[&'static str]) -> Person {
    Person { service, answers: RefCell::new(answers.iter().copied().collect()), ..Person::default() }
}

fn run(person: &Person, options: &Options, daemon: &mut Script) -> Code {
    run_in(Language::English, person, options, daemon)
}

fn run_in(language: Language, person: &Person, options: &Options, daemon: &mut Script) -> Code {
    let is_root = person.service != "swaylock";
    Attempt::new(person, options, (Manner::of(person.service, is_root), language)).run(daemon)
}

fn ask(reason: Option<&str>) -> Option<Message> {
    let (name, reason) = ("alex@contoso.com".to_owned(), reason.map(str::to_owned));
    Some(Message::AskPassword { name, reason, only_questions: false })
}

fn code() -> Option<Message> {
    Some(Message::Prompt {
        user_code: "ABCD2345".to_owned(),
        url: "https://microsoft.com/devicelogin".to_owned(),
        expires_at: String::new(),
        reason: None,
        seconds: None,
        only_questions: false,
    })
}

fn end(ending: Ending) -> Option<Message> {
    Some(Message::End { ending })
}

fn failed() -> Option<Message> {
    let failure = FailureReport {
        code: "AADSTS50057".to_owned(),
        message: "The account is disabled.".to_owned(),
        advice: "Ask your administrator.".to_owned(),
        correlation_id: Some("c1".to_owned()),
        ..FailureReport::default()
    };
    Some(Message::Failed { failure: Box::new(failure) })
}

#[test]
fn a_password_lets_in_and_a_second_question_says_why() {
    let alex = person("sshd", &["wrong", "right"]);
    let mut daemon = script([ask(None), ask(Some("The password is wrong.")), end(Ending::Done)]);
    assert_eq!(run(&alex, &Options::default(), &mut daemon), Code::Success);
    assert_eq!(daemon.heard, ["wrong", "right"]);
    let said = alex.said.borrow();
    assert_eq!(said[0], (Style::Hidden, "Entra ID password: ".to_owned()));
    assert_eq!(said[1].1, "The password is wrong.\nEntra ID password: ");
    assert!(alex.kept.borrow().is_none());
}

#[test]
fn a_code_is_shown_in_a_question_where_nothing_else_is_shown_and_asked_again_until_it_is_approved() {
    let alex = person("sshd", &["", ""]);
    let mut daemon = script([code(), None, end(Ending::Done)]);
    assert_eq!(run(&alex, &Options::default(), &mut daemon), Code::Success);
    let said = alex.said.borrow();
    assert!(said.iter().all(|(style, text)| *style == Style::Shown && text.contains("ABCD2345")));
    assert!(said[1].1.starts_with("Not approved yet."));
    assert_eq!(said.len(), 2);
}

#[test]
fn a_code_is_shown_as_text_where_text_is_shown_and_nobody_is_asked_for_anything() {
    for service in ["login", "su", "sudo", "gdm-password"] {
        let alex = person(service, &[]);
        let mut daemon = script([code(), None, None, end(Ending::Done)]);
        assert_eq!(run(&alex, &Options::default(), &mut daemon), Code::Success, "{service}");
        let said = alex.said.borrow();
        assert_eq!(said.len(), 1, "{service}");
        assert!(
            said[0].0 == Style::Info && said[0].1.contains("devicelogin") && said[0].1.contains("ABCD2345")
        );
    }
}

#[test]
fn without_a_person_a_code_is_refused_at_once_and_the_journal_says_what_to_do() {
    for service in ["sshd", "polkit-1", "swaylock"] {
        let nobody = person(service, &[]);
        assert_eq!(
            run(&nobody, &Options::default(), &mut script([code()])),
            Code::AuthenticationError,
            "{service}"
        );
        assert!(nobody.logged.borrow()[0].contains("KbdInteractiveAuthentication"), "{service}");
        assert!(service == "sshd" || nobody.said.borrow().is_empty(), "{service}");
    }
}

#[test]
fn a_locker_gets_one_question_without_a_text() {
    let alex = person("swaylock", &["right"]);
    let notice = Some(Message::Notice { text: "Something to know.".to_owned() });
    let mut daemon = script([notice, ask(Some("again")), failed(), end(Ending::Denied)]);
    assert_eq!(run(&alex, &Options::default(), &mut daemon), Code::PermissionDenied);
    assert_eq!(*alex.said.borrow(), [(Style::Hidden, "Entra ID password: ".to_owned())]);
}

#[test]
fn whoever_gives_up_is_not_asked_again() {
    let alex = person("sshd", &["Q"]);
    assert_eq!(run(&alex, &Options::default(), &mut script([code()])), Code::AuthenticationError);
    assert_eq!(alex.said.borrow().len(), 1);
}

#[test]
fn an_ending_is_a_code_and_the_reason_is_the_last_thing_that_is_said() {
    for (ending, code) in [
        (Ending::Done, Code::Success),
        (Ending::Denied, Code::PermissionDenied),
        (Ending::Suspended, Code::PermissionDenied),
        (Ending::NotWritable, Code::Unavailable),
        (Ending::NeedsSignIn, Code::AuthenticationError),
        (Ending::Failed, Code::Unavailable),
        (Ending::NotRegistered, Code::AuthenticationError),
    ] {
        let alex = person("sshd", &["x", ""]);
        let mut daemon = script([ask(None), failed(), end(ending)]);
        assert_eq!(run(&alex, &Options::default(), &mut daemon), code, "{ending:?}");
        let said = alex.said.borrow();
        let last = &said.last().unwrap().1;
        assert_eq!(last.contains("The account is disabled. Ask your administrator."), code != Code::Success);
        assert_eq!(alex.logged.borrow().iter().any(|it| it.contains("AADSTS50057")), code != Code::Success);
        assert!(alex.logged.borrow().iter().all(|line| !line.contains("alex")));
    }
}

#[test]
fn a_daemon_that_goes_away_is_named() {
    for says in [vec![], vec![ask(None)], vec![ask(None), None]] {
        let alex = person("login", &["x"]);
        assert_eq!(run(&alex, &Options::default(), &mut script(says)), Code::Unavailable);
        assert!(alex.said.borrow().last().unwrap().1.contains("systemctl status firmamentd"));
    }
}

#[test]
fn a_password_of_before_is_taken_as_the_line_says() {
    let with = |first_pass| Options { first_pass, ..Options::default() };
    for (first_pass, before, answers, code, heard) in [
        (FirstPass::Unused, Some("old"), &["typed"][..], Code::Success, &["typed"][..]),
        (FirstPass::Try, Some("old"), &[], Code::Success, &["old"]),
        (FirstPass::Try, None, &["typed"], Code::Success, &["typed"]),
        (FirstPass::Use, Some("old"), &[], Code::Success, &["old"]),
        (FirstPass::Use, None, &["typed"], Code::AuthenticationError, &[]),
    ] {
        let alex = Person { before, ..person("sudo", answers) };
        let mut daemon = script([ask(None), end(Ending::Done)]);
        assert_eq!(run(&alex, &with(first_pass), &mut daemon), code, "{first_pass:?} {before:?}");
        assert_eq!(daemon.heard, heard, "{first_pass:?} {before:?}");
    }
    let alex = Person { before: Some("old"), ..person("sudo", &["typed"]) };
    let mut daemon = script([ask(None), ask(None), end(Ending::Done)]);
    assert_eq!(run(&alex, &with(FirstPass::Use), &mut daemon), Code::AuthenticationError);
}

#[test]
fn a_password_is_left_for_others_only_where_the_line_says_so_and_it_was_right() {
    for (set_authtok, ending, kept) in
        [(true, Ending::Done, Some("typed")), (true, Ending::Denied, None), (false, Ending::Done, None)]
    {
        let alex = person("login", &["typed"]);
        let options = Options { set_authtok, ..Options::default() };
        run(&alex, &options, &mut script([ask(None), end(ending)]));
        assert_eq!(alex.kept.borrow().as_deref(), kept);
    }
}

#[test]
fn what_sshd_makes_up_is_never_sent() {
    for made_up in
        ["\u{8}", "\u{8}\n\r", "\u{8}\n\r\u{7f}INCORR", "\u{8}\n\r\u{7f}INCORRECT\u{8}\n\r\u{7f}INC"]
    {
        let nobody = person("sshd", &[]);
        nobody.answers.borrow_mut().push_back(made_up);
        let mut daemon = script([ask(None), end(Ending::Done)]);
        assert_eq!(run(&nobody, &Options::default(), &mut daemon), Code::AuthenticationError);
        assert!(daemon.heard.is_empty() && nobody.paused.get() == 2);
        let logged = nobody.logged.borrow().join("\n");
        assert!(logged.contains("aad-tool account add") && logged.contains("console"), "{logged}");
    }
    for real in ["", "INCORRECT", "x\u{8}\n\r", "\u{8}x"] {
        assert!(!is_made_up(real), "{real:?}");
    }
}

#[test]
fn all_text_stands_in_the_question_where_the_line_says_so() {
    let alex = person("mariadb", &["x"]);
    let options = Options { no_info_prompt: true, ..Options::default() };
    let notice = Some(Message::Notice { text: "Something to know.".to_owned() });
    let mut daemon = script([notice, ask(None), end(Ending::Done)]);
    assert_eq!(run(&alex, &options, &mut daemon), Code::Success);
    assert_eq!(*alex.said.borrow(), [(Style::Hidden, "Something to know.\nEntra ID password: ".to_owned())]);
}

#[test]
fn no_message_is_longer_than_pam_carries() {
    assert_eq!(cut(&"ä".repeat(400)).len(), 510);
    assert_eq!(cut("short"), "short");
    assert_eq!(cut("a\u{1b}[2Jb\0c\r\nd"), "a [2Jb c \nd", "no order to a terminal, no end of a text of C");
    let alex = person("sshd", &["x", ""]);
    let mut daemon = script([ask(Some(&"reason ".repeat(200))), end(Ending::Done)]);
    run(&alex, &Options::default(), &mut daemon);
    assert!(alex.said.borrow().iter().all(|(_, text)| text.len() < 512));
}

#[test]
fn words_of_a_line_are_known_or_named() {
    let options = Options::read([
        "user_map=/etc/map",
        "debug",
        "try_first_pass",
        "mfa_poll_prompt",
        "no_info_prompt",
        "set_authtok",
        "what",
    ]);
    let expected = Options {
        user_map: "/etc/map".to_owned(),
        debug: true,
        first_pass: FirstPass::Try,
        no_info_prompt: true,
        set_authtok: true,
        unknown: vec!["what".to_owned()],
    };
    assert_eq!(options, expected);
    assert_eq!(Options::read([]), Options::default());
}

fn prompt(seconds: u64, only_questions: bool) -> Option<Message> {
    Some(Message::Prompt {
        user_code: "ABCD2345".to_owned(),
        url: "https://microsoft.com/devicelogin".to_owned(),
        expires_at: String::new(),
        reason: None,
        seconds: Some(seconds),
        only_questions,
    })
}

/// A daemon that says nothing for so many seconds of the person's clock.
struct Slow<'a>(Script, &'a Person, u64);

impl Daemon for Slow<'_> {
    fn next(&mut self, seconds: u64) -> Result<Option<Message>, Lost> {
        let next = self.0.next(seconds)?;
        if next.is_none() {
            self.1.seconds.set(self.1.seconds.get() + self.2);
        }
        Ok(next)
    }

    fn answer(&mut self, answer: &Answer) -> Result<(), Lost> {
        self.0.answer(answer)
    }
}

#[test]
fn a_code_comes_with_the_time_that_is_left_for_it_each_time_that_it_is_shown() {
    let alex = person("cockpit", &["", "", "", ""]);
    let says = [prompt(900, false), None, None, None, end(Ending::Done)];
    let mut daemon = Slow(script(says), &alex, 400);
    let options = Options::default();
    let attempt = Attempt::new(&alex, &options, (Manner::of("cockpit", true), Language::English));
    assert_eq!(attempt.run(&mut daemon), Code::Success);
    let said = alex.said.borrow();
    for ((_, text), left) in said.iter().zip([
        "You have 15 minutes for it.",
        "You have 8 minutes for it.",
        "You have one minute for it.",
        // It is over, which the daemon says.
        "You have one minute for it.",
    ]) {
        assert!(text.contains("enter the code ABCD2345. ") && text.contains(left), "{text}");
    }
    assert_eq!(said.len(), 4);
}

#[test]
fn of_the_time_of_sshd_only_that_is_said_which_is_known() {
    for (service, says) in [("sshd", true), ("cockpit", false), ("login", false)] {
        let alex = person(service, &[""]);
        let mut daemon = script([prompt(900, false), end(Ending::Done)]);
        assert_eq!(run(&alex, &Options::default(), &mut daemon), Code::Success);
        let said = alex.said.borrow();
        assert!(said[0].1.contains("15 minutes"), "{}", said[0].1);
        assert_eq!(said[0].1.contains("ssh may close the connection sooner"), says, "{service}");
    }
}

#[test]
fn the_configuration_adds_services_that_are_asked_and_takes_none_away() {
    for (service, only_questions, asks) in [
        ("my-relay", true, true),
        ("my-relay", false, false),
        ("gdm-password", true, true),
        // Measured (login.md 1.5).
        ("sshd", false, true),
        ("cockpit", false, true),
    ] {
        let alex = person(service, &["x", "", ""]);
        let ask = Some(Message::AskPassword {
            name: "alex@contoso.com".to_owned(),
            reason: Some("Once more.".to_owned()),
            only_questions,
        });
        let mut daemon = script([ask, prompt(900, only_questions), None, failed(), end(Ending::Denied)]);
        assert_eq!(run(&alex, &Options::default(), &mut daemon), Code::PermissionDenied);
        let said = alex.said.borrow();
        let questions =
            said.iter().filter(|(style, _)| matches!(style, Style::Hidden | Style::Shown)).count();
        assert_eq!(questions, if asks { 4 } else { 1 }, "{service}: {said:?}");
        assert_eq!(said.len() == questions, asks, "{service}: {said:?}");
    }
    // A code cannot be shown by a program that has room for a password alone.
    let alex = person("swaylock", &["x"]);
    let mut daemon = script([prompt(900, true)]);
    assert_eq!(run(&alex, &Options::default(), &mut daemon), Code::AuthenticationError);
    assert!(alex.said.borrow().is_empty());
}

#[test]
fn everything_is_said_in_the_language_of_the_machine() {
    for (language, password, done, enter, failed_end) in [
        (Language::German, "Entra-ID-Kennwort: ", "q ein, um abzubrechen: ", "Eingabetaste.", "deaktiviert."),
        (
            Language::Japanese,
            "Entra ID のパスワード: ",
            "入力してください: ",
            "Enter を押してください。",
            "です。",
        ),
    ] {
        let alex = person("sshd", &["x", "", "", ""]);
        let failure = FailureReport {
            message: if language == Language::German {
                "Das Konto ist deaktiviert"
            } else {
                "無効です。"
            }
            .to_owned(),
            ..FailureReport::default()
        };
        let failed = Some(Message::Failed { failure: Box::new(failure) });
        let says = [ask(None), prompt(900, false), None, failed, end(Ending::Denied)];
        assert_eq!(run_in(language, &alex, &Options::default(), &mut script(says)), Code::PermissionDenied);
        let said = alex.said.borrow();
        assert_eq!(said[0].1, password);
        assert!(said[1].1.ends_with(done) && said[2].1.ends_with(done), "{said:?}");
        assert!(said[3].1.ends_with(enter) && said[3].1.contains(failed_end), "{said:?}");
        assert!(!said[3].1.contains("。."), "{said:?}");
        let lost = person("login", &[]);
        run_in(language, &lost, &Options::default(), &mut script([]));
        let last = lost.said.borrow().last().unwrap().1.clone();
        assert!(last.contains("systemctl status firmamentd") && !last.contains("does not answer"), "{last}");
    }
}
