use crate::ask::Person;
use crate::offline::{self, Origin, Place, Protection, Records, Report};
use crate::options::{AskCommand, Command, HsmCommand, LocalCommand, Options, PlaceOptions};
use crate::show;
use client::{ClientError, Conversation};
use ini::Sources;
use ipc::{Ending, Message};
use model::FailureClass;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why a command could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The configuration cannot be read.
    #[error(transparent)]
    Config(#[from] config::ConfigErrors),
    /// The daemon gave no answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The answer could not be printed.
    #[error("could not print the answer: {0}")]
    Output(#[from] io::Error),
    /// The named secret could not be taken.
    #[error("could not take the {0}: {1}")]
    Input(&'static str, #[source] io::Error),
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// As the daemon said.
    Ended(Ending),
    /// Not every key is in hardware.
    KeyInSoftware,
}

/// Carries the command out and says how it ended.
pub(crate) fn run(options: &Options) -> Result<Outcome, CommandError> {
    match &options.command {
        Command::Ask(ask) => converse(options, ask),
        Command::Local(command) => here(options, command).map(Outcome::Ended),
    }
}

/// What needs no daemon.
fn here(options: &Options, command: &LocalCommand) -> Result<Ending, CommandError> {
    match command {
        LocalCommand::Config => print_config(options),
        LocalCommand::Version { verbose } => print_version(*verbose),
        LocalCommand::Hsm { command } => tell(&hsm(options, command)?),
        LocalCommand::PrepareImage { leave_behind, place, .. } => {
            let records = if *leave_behind { Records::LeaveBehind } else { Records::Keep };
            tell(&offline::prepare(&find(options, place)?, records))
        }
    }
}

fn hsm(options: &Options, command: &HsmCommand) -> Result<Report, CommandError> {
    let HsmCommand::Init { from_file, without_tpm, place } = command;
    let origin = if *from_file { Origin::File } else { Origin::Fresh };
    let most = if *without_tpm { Protection::Host } else { Protection::HostAndTpm };
    Ok(offline::init(&find(options, place)?, origin, most))
}

fn find(options: &Options, place: &PlaceOptions) -> Result<Place, CommandError> {
    let settings = load(options)?.settings;
    Ok(Place {
        root: place.root.clone(),
        state_dir: place.state_dir.clone(),
        auth_file: settings.global.hsm_pin_path.clone(),
        socket: socket(options)?,
        token: settings.pkcs11.as_ref().map(|token| token.token.clone()),
    })
}

/// What was done without the daemon, and a refusal in the form of the daemon's.
fn tell(told: &Report) -> Result<Ending, CommandError> {
    for line in &told.lines {
        print(&format!("{line}\n"))?;
    }
    let Some(refusal) = &told.refused else { return Ok(Ending::Done) };
    let failure = refusal.failure();
    let message = Message::Failed { failure: Box::new((&failure).into()) };
    show::message(&message).map_or(Ok(()), |text| print(&text))?;
    Ok(if failure.class == FailureClass::Denied { Ending::Denied } else { Ending::Failed })
}

/// Holds the conversation. How `tpm` ends is for the keys alone to say: what makes a machine wait otherwise is
/// the business of `status`.
fn converse(options: &Options, ask: &AskCommand) -> Result<Outcome, CommandError> {
    let refused = |what| move |error| CommandError::Input(what, error);
    let person = Person::new().map_err(refused("password"))?;
    let (socket, request) = (socket(options)?, ask.request());
    let mut conversation = Conversation::begin(&socket, &request)?;
    let mut verdict = None;
    loop {
        let message = conversation.next_message()?;
        match (&message, ask) {
            (Message::End { ending }, _) => return Ok(verdict.unwrap_or(Outcome::Ended(*ending))),
            (Message::Status { document }, AskCommand::Status { json: true, .. }) => {
                print(&show::json(document))?;
            }
            (Message::Status { document }, AskCommand::Tpm { json, .. }) => {
                // What only the files of root tell: a credential reaches the daemon decrypted.
                let sealing = || offline::sealing(Path::new("/")).unwrap_or_default();
                print(&if *json { show::json(document) } else { show::keys(document) + &sealing() })?;
                verdict = Some(show::verdict(document));
            }
            _ => show::message(&message).map_or(Ok(()), |text| print(&text))?,
        }
        let answer = match message {
            Message::AskPassword { .. } => person.password().map_err(refused("password"))?,
            Message::AskRecoveryCode {} => person.recovery_code().map_err(refused("recovery code"))?,
            _ => continue,
        };
        conversation.answer(&answer)?;
    }
}

fn socket(options: &Options) -> Result<PathBuf, CommandError> {
    match &options.socket {
        Some(socket) => Ok(socket.clone()),
        None => Ok(load(options)?.settings.global.socket_path),
    }
}

fn load(options: &Options) -> Result<config::Loaded, CommandError> {
    Ok(config::load(&sources(options))?)
}

fn sources(options: &Options) -> Sources {
    options.config.as_ref().map_or_else(Sources::system, |file| Sources::file(file))
}

/// Prints what is in force, or else everything that is wrong, and in both cases what is odd.
fn print_config(options: &Options) -> Result<Ending, CommandError> {
    let config::Checked { loaded, errors } = config::check(&sources(options));
    if errors.is_empty() {
        for line in loaded.settings.effective() {
            print(&format!("{line}\n"))?;
        }
        let proxy =
            config::proxy_in_force(loaded.settings.global.proxy.as_ref(), |name| std::env::var(name).ok());
        print(&format!("# proxy in force, by this environment: {proxy}\n"))?;
    }
    for note in &loaded.notes {
        print(&format!("# {note}\n"))?;
    }
    for option in &loaded.without_effect {
        print(&format!("# without effect: {option}\n"))?;
    }
    if errors.is_empty() { Ok(Ending::Done) } else { Err(config::ConfigErrors(errors).into()) }
}

fn print_version(verbose: bool) -> Result<Ending, CommandError> {
    print(&format!("aad-tool {}\n", env!("CARGO_PKG_VERSION")))?;
    if verbose {
        print("Seen on the real service: none yet. Every step was tried against entra-simulator only.\n")?;
    }
    Ok(Ending::Done)
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
