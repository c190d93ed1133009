use crate::ask::Person;
use crate::client::{ClientError, Conversation};
use crate::offline::{self, Origin, Place, Protection, Records, Told};
use crate::options::{Command, HsmCommand, Options, PlaceOptions, TpmCommand};
use crate::show;
use ipc::{Ending, Message, Request, Wait};
use model::FailureClass;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why a command could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The configuration cannot be read.
    #[error(transparent)]
    Config(#[from] config::ConfigError),
    /// The daemon gave no answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The answer could not be printed.
    #[error("could not print the answer: {0}")]
    Output(#[from] io::Error),
    /// The password could not be taken.
    #[error("could not take the password: {0}")]
    Input(#[source] io::Error),
    /// The recovery code could not be taken.
    #[error("could not take the recovery code: {0}")]
    Code(#[source] io::Error),
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
        Command::Tpm { json, command: None } => keys(options, *json),
        _ => ending(options).map(Outcome::Ended),
    }
}

/// The keys alone; what makes a machine wait otherwise is the business of `status`.
fn keys(options: &Options, as_json: bool) -> Result<Outcome, CommandError> {
    let mut conversation = Conversation::begin(&socket(options)?, &Request::Status { domain: None })?;
    let mut document = None;
    loop {
        match conversation.next()? {
            Message::Status { document: found } => document = Some(found),
            Message::End { ending } => {
                let Some(document) = document else { return Ok(Outcome::Ended(ending)) };
                print(&if as_json { show::json(&document) } else { show::keys(&document) + &sealing() })?;
                return Ok(show::verdict(&document));
            }
            other => show::message(&other).map_or(Ok(()), |text| print(&text))?,
        }
    }
}

/// What only the files of root tell: a credential reaches the daemon decrypted.
fn sealing() -> String {
    offline::sealing(Path::new("/")).unwrap_or_default()
}

fn ending(options: &Options) -> Result<Ending, CommandError> {
    let request = match &options.command {
        Command::Config => return print_config(options),
        Command::Version { verbose } => return print_version(*verbose),
        Command::Hsm { command } => return tell(&hsm(options, command)?),
        Command::PrepareImage { leave_behind, place, .. } => {
            let records = if *leave_behind { Records::LeaveBehind } else { Records::Keep };
            return tell(&offline::prepare(&find(options, place)?, records));
        }
        Command::AuthTest { name, no_wait } => {
            let wait = if *no_wait { Wait::SignedIn } else { Wait::Settled };
            Request::SignIn { name: name.clone(), wait }
        }
        Command::Tpm { command, .. } => match command {
            Some(TpmCommand::RecoveryCode) => Request::TpmRecoveryCode {},
            Some(TpmCommand::Reseal { with_code }) => Request::TpmReseal { with_code: *with_code },
            None => Request::Status { domain: None },
        },
        Command::Status { domain, .. } => Request::Status { domain: domain.clone() },
        Command::Leave { domain, force } => Request::Leave { domain: domain.clone(), force: *force },
        Command::Rekey { to: Some(to), name: Some(name), force, .. } => {
            Request::Rekey { name: name.clone(), to: to.to_string(), force: *force }
        }
        Command::Rekey { domain, .. } => Request::CancelRekey { domain: domain.clone() },
        Command::Rebind { domain } => Request::Rebind { domain: domain.clone() },
        Command::ForgetAccount { name } => Request::ForgetAccount { name: name.clone() },
        Command::Watch => Request::Watch {},
    };
    converse(options, &request)
}

fn hsm(options: &Options, command: &HsmCommand) -> Result<Told, CommandError> {
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
fn tell(told: &Told) -> Result<Ending, CommandError> {
    for line in &told.lines {
        print(&format!("{line}\n"))?;
    }
    let Some(refusal) = &told.refused else { return Ok(Ending::Done) };
    let failure = refusal.failure();
    let message = Message::Failed { failure: Box::new((&failure).into()) };
    show::message(&message).map_or(Ok(()), |text| print(&text))?;
    Ok(if failure.class == FailureClass::Denied { Ending::Denied } else { Ending::Failed })
}

fn converse(options: &Options, request: &Request) -> Result<Ending, CommandError> {
    let as_json = matches!(options.command, Command::Status { json: true, .. });
    let person = Person::new().map_err(CommandError::Input)?;
    let mut conversation = Conversation::begin(&socket(options)?, request)?;
    loop {
        let message = conversation.next()?;
        match (&message, as_json) {
            (Message::End { ending }, _) => return Ok(*ending),
            (Message::Status { document }, true) => print(&show::json(document))?,
            _ => show::message(&message).map_or(Ok(()), |text| print(&text))?,
        }
        let answer = match message {
            Message::AskPassword { .. } => person.password().map_err(CommandError::Input)?,
            Message::AskRecoveryCode {} => person.recovery_code().map_err(CommandError::Code)?,
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
    let sources = match &options.config {
        Some(file) => config::Sources::file(file),
        None => config::Sources::system(),
    };
    Ok(config::load(&sources)?)
}

fn print_config(options: &Options) -> Result<Ending, CommandError> {
    let loaded = load(options)?;
    for line in loaded.settings.effective() {
        print(&format!("{line}\n"))?;
    }
    for note in &loaded.notes {
        print(&format!("# {note}\n"))?;
    }
    Ok(Ending::Done)
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
