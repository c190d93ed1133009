use crate::error::CommandError;
use crate::exit::Exit;
use crate::import;
use crate::options::{AccountCommand, AskCommand, Command, HsmCommand, LocalCommand, Options, PlaceOptions};
use crate::output::Output;
use crate::setup;
use crate::talk;
use crate::waiting::Waiting;
use ini::Sources;
use ipc::FailureReport;
use model::{Failure, FailureClass};
use provision::{Origin, Place, Protection, Records, Report};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Carries the command out and says how it ended.
pub(crate) fn run(options: &Options, output: &Output) -> Result<Exit, CommandError> {
    match &options.command {
        Command::Ask(AskCommand::Account { command: AccountCommand::Import(import) }) => {
            import::run(options, &load(options)?.settings, import, output)
        }
        Command::Ask(ask) => talk::converse(options, ask, output),
        Command::Local(command) => here(options, command, output),
    }
}

/// What needs no daemon.
fn here(options: &Options, command: &LocalCommand, output: &Output) -> Result<Exit, CommandError> {
    match command {
        LocalCommand::Config => print_config(options, output),
        LocalCommand::Version { verbose } => print_version(*verbose, output),
        LocalCommand::Hsm { command } => {
            let _waiting = Waiting::begin("systemd-creds to make the credential");
            tell(&hsm(options, command)?.into(), output)
        }
        LocalCommand::ConfigurePam { setup, administrator: true } => {
            tell(&setup::administrator(setup), output)
        }
        LocalCommand::ConfigurePam { setup, .. } => {
            let _waiting = Waiting::begin("the PAM stack to be looked at");
            tell(&setup::pam(&load(options)?.settings, setup), output)
        }
        LocalCommand::ConfigureSsh { setup, everybody } => {
            let _waiting = Waiting::begin("sshd to be looked at");
            tell(&setup::ssh(&load(options)?.settings, setup, *everybody), output)
        }
        LocalCommand::PrepareImage { leave_behind, place, .. } => {
            let records = if *leave_behind { Records::LeaveBehind } else { Records::Keep };
            let _waiting = Waiting::begin("the files to be deleted");
            tell(&provision::prepare(&find(options, place)?, records).into(), output)
        }
    }
}

fn hsm(options: &Options, command: &HsmCommand) -> Result<Report, CommandError> {
    let HsmCommand::Init { from_file, without_tpm, place } = command;
    let origin = if *from_file { Origin::File } else { Origin::Fresh };
    let most = if *without_tpm { Protection::Host } else { Protection::HostAndTpm };
    Ok(provision::init(&find(options, place)?, origin, most))
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

/// What was done without the daemon, in lines for people, and why the rest was not.
pub(crate) struct Told {
    pub(crate) lines: Vec<String>,
    pub(crate) failure: Option<Failure>,
}

impl From<Report> for Told {
    fn from(report: Report) -> Told {
        Told { lines: report.lines, failure: report.refused.map(|refusal| refusal.failure()) }
    }
}

/// What was done without the daemon, and a refusal in the form of the daemon's.
fn tell(told: &Told, output: &Output) -> Result<Exit, CommandError> {
    let text: String = told.lines.iter().map(|line| format!("{line}\n")).collect();
    output.result("lines", json!(told.lines), &text)?;
    let Some(failure) = &told.failure else { return Ok(Exit::Done) };
    output.failed(&FailureReport::from(failure))?;
    Ok(if failure.class == FailureClass::Denied { Exit::Denied } else { Exit::Failed })
}

/// The socket that is named, else the one of the configuration.
pub(crate) fn socket(options: &Options) -> Result<PathBuf, CommandError> {
    match &options.socket {
        Some(socket) => Ok(socket.clone()),
        None => Ok(load(options)?.settings.global.socket_path),
    }
}

fn load(options: &Options) -> Result<config::Loaded, CommandError> {
    Ok(config::load(&sources(options))?)
}

fn print_config(options: &Options, output: &Output) -> Result<Exit, CommandError> {
    let config::Checked { loaded, errors } = config::check(&sources(options));
    // Of a file that is wrong nothing is in force.
    let settings = if errors.is_empty() { loaded.settings.effective() } else { Vec::new() };
    let object = |it: &config::Effective| -> Value {
        json!({
            "section": it.section,
            "option": it.option,
            "value": it.value,
            "origin": it.origin.to_string(),
        })
    };
    let text: String = settings.iter().map(|line| format!("{line}\n")).collect();
    output.result("settings", settings.iter().map(object).collect(), &text)?;
    if errors.is_empty() {
        let environment = |name: &str| std::env::var(name).ok();
        let proxy = config::proxy_in_force(loaded.settings.global.proxy.as_ref(), environment).to_string();
        let text = format!("# proxy in force, by this environment: {proxy}\n");
        output.result("proxy_in_force", json!(proxy), &text)?;
    }
    noted(output, ("notes", &loaded.notes), "")?;
    noted(output, ("without_effect", &loaded.without_effect), "without effect: ")?;
    if errors.is_empty() { Ok(Exit::Done) } else { Err(config::ConfigErrors(errors).into()) }
}

fn noted(output: &Output, (member, notes): (&str, &[config::Note]), what: &str) -> Result<(), CommandError> {
    let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
    let text: String = notes.iter().map(|note| format!("# {what}{note}\n")).collect();
    Ok(output.result(member, json!(notes), &text)?)
}

/// Where the configuration is read from.
pub(crate) fn sources(options: &Options) -> Sources {
    options.config.as_ref().map_or_else(Sources::system, |file| Sources::file(file))
}

fn print_version(verbose: bool, output: &Output) -> Result<Exit, CommandError> {
    let version = env!("CARGO_PKG_VERSION");
    let seen = "Seen on the real service: none yet. Every step was tried against entra-simulator only.\n";
    let text = format!("aad-tool {version}\n{}", if verbose { seen } else { "" });
    output.result("version", json!(version), &text)?;
    output.result("protocol", json!(ipc::PROTOCOL), "")?;
    // No step yet.
    output.result("seen_on_the_real_service", json!([]), "")?;
    Ok(Exit::Done)
}
