use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use ipc::{Request, Wait};
use messages::Language;
use model::Backend;
use std::path::PathBuf;

/// Signs people in, shows and ends this machine's registration with Microsoft Entra ID.
///
/// Exit codes: 0 done · 1 failed (try again or report it) · 2 usage · 3 not registered · 4 needs a sign-in ·
/// 5 denied · 6 suspended · 7 firmamentd cannot be reached, or is not the one of this machine · 8 a key is in software
/// (`tpm` only) · 9 the state cannot be written · 130 interrupted. With several domains the worst counts.
#[derive(Debug, Parser)]
#[command(name = "aad-tool", version, arg_required_else_help = true)]
pub(crate) struct Options {
    /// The configuration file (default: the himmelblau.conf of this machine).
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The socket of firmamentd (default: the option socket_path, else /run/firmament/socket).
    #[arg(long, global = true, value_name = "SOCKET")]
    pub(crate) socket: Option<PathBuf>,
    /// Print one JSON object, whatever happens; what is asked or told on the way goes to standard error.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Command {
    /// As it stands on the command line.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Command::Ask(ask) => ask.name(),
            Command::Local(LocalCommand::Hsm { .. }) => "hsm init",
            Command::Local(LocalCommand::PrepareImage { .. }) => "prepare-image",
            Command::Local(LocalCommand::ConfigurePam { .. }) => "configure-pam",
            Command::Local(LocalCommand::ConfigureSsh { .. }) => "configure-ssh",
            Command::Local(LocalCommand::Config) => "config",
            Command::Local(LocalCommand::Version { .. }) => "version",
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What the daemon is asked for.
    #[command(flatten)]
    Ask(AskCommand),
    /// What is done without the daemon.
    #[command(flatten)]
    Local(LocalCommand),
}

/// A command that is one request to the daemon.
#[derive(Debug, Subcommand)]
pub(crate) enum AskCommand {
    /// Sign a person in, by password or device code; registers the machine at the first success.
    ///
    /// A password is asked for on the terminal, or is one line of standard input where that is none; an empty
    /// line chooses the code.
    ///
    /// What the person is told is in the language of the option language, else of LC_ALL, LC_MESSAGES or LANG; with
    /// --json it is English.
    AuthTest {
        /// Who: name@domain.
        #[arg(long, short = 'D', value_name = "UPN")]
        name: String,
        /// Do not wait for the registration, only for the sign-in.
        #[arg(long)]
        no_wait: bool,
    },
    /// Register this machine: shows a device code, for whoever of the domain may join machines. Root only.
    ///
    /// For a machine that nobody signs in to: the code is typed elsewhere. Whoever it is, they sign in as to this machine,
    /// so pam_allow_groups has to let them in.
    Join {
        /// Which domain; needed when there are several.
        #[arg(long, value_name = "DOMAIN")]
        domain: Option<String>,
        /// Show no code: use the refresh token in this file, which is root's alone; the file is deleted once the machine is
        /// registered, unless it is a credential of systemd.
        #[arg(long, value_name = "FILE")]
        token_file: Option<PathBuf>,
        /// Show a code where there is no such file.
        #[arg(long, requires = "token_file")]
        or_code: bool,
    },
    /// Show the registration of every domain: one line each, and what somebody has to know or do.
    ///
    /// With --json it is the status document, with a schema number.
    Status {
        /// Everything that is known, in groups.
        #[arg(long, short)]
        verbose: bool,
        /// Only this domain.
        #[arg(long, value_name = "DOMAIN")]
        domain: Option<String>,
    },
    /// Show where each key lives, how it is protected, and how its last test ended.
    ///
    /// Ends with 0 when every key is in a TPM or a PKCS#11 token, and with 8 when one is in software. Where
    /// root runs it, it also says which key the encrypted credential with the auth value needs. With --json it is the
    /// status document.
    #[command(args_conflicts_with_subcommands = true)]
    Tpm {
        /// A test of all keys, and what concerns those that are bound to Secure Boot (tpm_pcrs = 7).
        #[command(subcommand)]
        command: Option<TpmCommand>,
    },
    /// Leave the tenant: delete the device object with its own certificate, then the keys. Root only.
    ///
    /// Says what it will do, and asks on a terminal; where standard input is no terminal it goes on at once.
    Leave {
        /// Whose tenant; needed when there are several.
        #[arg(long, value_name = "DOMAIN")]
        domain: Option<String>,
        /// Try for 10 seconds, then leave behind what could not be deleted, and name it.
        #[arg(long)]
        force: bool,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Move the keys of an identity to another place, and its registration with them. Root only.
    ///
    /// New keys are made there and registered with the sign-in of this person. Once the directory has proved to
    /// know them they are in force, and the old device object is deleted with its own certificate. Whatever
    /// fails before that leaves the old keys in force.
    Rekey {
        /// Where to.
        #[arg(long, value_name = "PLACE", required_unless_present = "cancel", value_parser = key_places())]
        to: Option<Backend>,
        /// Whose identity is moved, and who signs in: name@domain.
        #[arg(long, short = 'D', value_name = "UPN", required_unless_present = "cancel")]
        name: Option<String>,
        /// Leave the old device object behind when it could not be deleted, and name it.
        #[arg(long, conflicts_with = "cancel")]
        force: bool,
        /// Give up a move that has not come to its end.
        #[arg(long, conflicts_with_all = ["to", "name"])]
        cancel: bool,
        /// With --cancel: whose tenant; needed when there are several.
        #[arg(long, value_name = "DOMAIN", requires = "cancel")]
        domain: Option<String>,
    },
    /// Bind the keys to this machine as it is now, after a known change of machine-id or product uuid. Root only.
    ///
    /// For the same machine with other components, never for a copy of it: two machines would share one device.
    /// Keys in a TPM or token stay there, and another TPM or token stays refused.
    Rebind {
        /// Whose keys; needed when there are several.
        #[arg(long, value_name = "DOMAIN")]
        domain: Option<String>,
    },
    /// Forget whose a name is, after an account was re-created or its name went to somebody else. Root only.
    ForgetAccount {
        /// Whose name: name@domain.
        name: String,
    },
    /// See and change the accounts that people of the directory have on this machine. Root only.
    Account {
        /// What to do with them.
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// Follow every change of the registration until Ctrl-C. Root only.
    Watch,
}

/// What `account` does.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// One line for each account: number, name and whose it is.
    List,
    /// All that is known of an account.
    Show {
        /// Its name here, or name@domain.
        name: String,
    },
    /// Set an account aside for somebody who has not signed in yet: their name resolves at once.
    ///
    /// With id_attr_map = uuid or rfc2307 nothing can be computed from a name, so that ssh refuses a first sign-in; this
    /// is the way to let somebody in whose first sign-in is by ssh.
    Add {
        /// For whom: name@domain.
        name: String,
        /// Their number, and that of their own group; without it the one that id_attr_map = name computes.
        #[arg(long, value_name = "N")]
        uid: Option<u32>,
        /// Their home directory; without it that of home_prefix and home_alias.
        #[arg(long, value_name = "DIR")]
        home: Option<String>,
    },
    /// Take over what people were by himmelblau: shows number, home and its owner, and what of it fits together.
    ///
    /// Reads himmelblau's table of numbers and asks getent for each name in it and each one given here, as long as the
    /// old module answers. Changes nothing; with --really what agrees is set aside, as by add.
    Import(ImportOptions),
    /// Give an account another name; its home stays where it is.
    Rename {
        /// Its name here, or name@domain.
        name: String,
        /// The new name.
        new_name: String,
    },
    /// Give an account another number; files keep the one before.
    SetUid {
        /// Its name here, or name@domain.
        name: String,
        /// The new number, of the person and of their own group.
        uid: u32,
    },
    /// The same as forget-account: also ends what was set aside with add.
    Forget {
        /// Whose account: name@domain.
        name: String,
    },
}

impl AskCommand {
    fn name(&self) -> &'static str {
        match self {
            Self::AuthTest { .. } => "auth-test",
            Self::Join { .. } => "join",
            Self::Status { .. } => "status",
            Self::Tpm { command: None } => "tpm",
            Self::Tpm { command: Some(TpmCommand::Test) } => "tpm test",
            Self::Tpm { command: Some(TpmCommand::RecoveryCode) } => "tpm recovery-code",
            Self::Tpm { command: Some(TpmCommand::Reseal { .. }) } => "tpm reseal",
            Self::Leave { .. } => "leave",
            Self::Rekey { .. } => "rekey",
            Self::Rebind { .. } => "rebind",
            Self::ForgetAccount { .. } => "forget-account",
            Self::Account { command: AccountCommand::List } => "account list",
            Self::Account { command: AccountCommand::Show { .. } } => "account show",
            Self::Account { command: AccountCommand::Add { .. } } => "account add",
            Self::Account { command: AccountCommand::Import(_) } => "account import",
            Self::Account { command: AccountCommand::Rename { .. } } => "account rename",
            Self::Account { command: AccountCommand::SetUid { .. } } => "account set-uid",
            Self::Account { command: AccountCommand::Forget { .. } } => "account forget",
            Self::Watch => "watch",
        }
    }

    /// What the daemon is asked.
    pub(crate) fn request(&self, language: Language) -> Request {
        match self {
            Self::AuthTest { name, no_wait } => Request::SignIn {
                name: name.clone(),
                wait: if *no_wait { Wait::SignedIn } else { Wait::Settled },
                // Every daemon speaks it.
                language: Some(language).filter(|it| *it != Language::English).map(|it| it.tag().to_owned()),
            },
            Self::Join { domain, .. } => Request::Join { domain: domain.clone() },
            Self::Status { domain, .. } => Request::Status { domain: domain.clone() },
            Self::Tpm { command: None } => Request::Status { domain: None },
            Self::Tpm { command: Some(TpmCommand::Test) } => Request::TpmTest {},
            Self::Tpm { command: Some(TpmCommand::RecoveryCode) } => Request::TpmRecoveryCode {},
            Self::Tpm { command: Some(TpmCommand::Reseal { with_code: it }) } => {
                Request::TpmReseal { with_code: *it }
            }
            Self::Leave { domain, force, .. } => Request::Leave { domain: domain.clone(), force: *force },
            Self::Rekey { to: Some(to), name: Some(name), force, .. } => {
                Request::Rekey { name: name.clone(), to: to.to_string(), force: *force }
            }
            Self::Rekey { domain, .. } => Request::CancelRekey { domain: domain.clone() },
            Self::Rebind { domain } => Request::Rebind { domain: domain.clone() },
            Self::ForgetAccount { name } | Self::Account { command: AccountCommand::Forget { name } } => {
                Request::ForgetAccount { name: name.clone() }
            }
            // An import begins with who is known here.
            Self::Account {
                command: AccountCommand::List | AccountCommand::Show { .. } | AccountCommand::Import(_),
            } => Request::Accounts {},
            Self::Account { command: AccountCommand::Add { name, uid, home } } => {
                Request::ReserveAccount { name: name.clone(), uid: *uid, home: home.clone() }
            }
            Self::Account { command: AccountCommand::Rename { name, new_name } } => {
                Request::ChangeAccount { name: name.clone(), new_name: Some(new_name.clone()), uid: None }
            }
            Self::Account { command: AccountCommand::SetUid { name, uid } } => {
                Request::ChangeAccount { name: name.clone(), new_name: None, uid: Some(*uid) }
            }
            Self::Watch => Request::Watch {},
        }
    }
}

/// A command that this program carries out by itself.
#[derive(Debug, Subcommand)]
pub(crate) enum LocalCommand {
    /// Care for the auth value that opens the keys. Root only.
    Hsm {
        /// What to do with it.
        #[command(subcommand)]
        command: HsmCommand,
    },
    /// Make this machine fit to be copied: delete its identity, its keys and its auth value. Root only.
    ///
    /// The service must be stopped, its socket too. The configuration stays. Deleting does not remove the device
    /// object from the tenant: leave first.
    PrepareImage {
        /// Needed, because nothing brings the keys back.
        #[arg(long, required = true)]
        yes: bool,
        /// Delete records too that may be those of a registered machine, and leave its device object behind.
        #[arg(long)]
        leave_behind: bool,
        /// Where it all is.
        #[command(flatten)]
        place: PlaceOptions,
    },
    /// Let people of the directory sign in on this machine: the PAM stack, nsswitch.conf, the local groups.
    ///
    /// Shows the difference and changes nothing. With --really it is made, with a copy of each old file beside it,
    /// and then checked. Where pam-auth-update is, it builds the stack from the profiles of Firmament; elsewhere the
    /// files of the stack are edited.
    ConfigurePam {
        /// Which way, and whether it is done.
        #[command(flatten)]
        setup: SetupOptions,
        /// Say only whether a local administrator could mend this machine.
        #[arg(long, conflicts_with_all = ["really", "undo"])]
        administrator: bool,
    },
    /// Let sshd ask people of the directory: a drop-in of sshd_config for the configured domains.
    ///
    /// Shows the difference and changes nothing. With --really it is made, checked with sshd -t and sshd -T, and put
    /// back where the check finds anything. What local people may do stays as it was.
    ConfigureSsh {
        /// Which way, and whether it is done.
        #[command(flatten)]
        setup: SetupOptions,
        /// Ask everybody by keyboard-interactive, because no pattern fits short names; local people can then sign in
        /// with their local passwords even where PasswordAuthentication is no.
        #[arg(long, conflicts_with = "undo")]
        everybody: bool,
    },
    /// Print the effective settings and where each comes from.
    Config,
    /// Print the version.
    Version {
        /// Also which steps have been seen to work on the real service.
        #[arg(long)]
        verbose: bool,
    },
}

/// The places for keys, in the words of the socket and of hsm_type.
fn key_places() -> impl TypedValueParser<Value = Backend> {
    let told = |place: &Backend| PossibleValue::new(place.as_str()).help(place.place());
    PossibleValuesParser::new(Backend::ALL.iter().map(told)).try_map(|word| word.parse())
}

#[derive(Debug, Subcommand)]
pub(crate) enum TpmCommand {
    /// Open the TPM or token and try every key now, then show what is known of each. Root only.
    ///
    /// What cannot be opened is named, with what to do; on a machine without keys that is all that is tried.
    Test,
    /// Make and show a recovery code; the one before is of no more use. Root only.
    ///
    /// Write it down and keep it away from this machine: with it the keys can be bound anew when Secure Boot has
    /// changed and they are locked.
    RecoveryCode,
    /// Bind the keys to Secure Boot as it is now. Root only.
    Reseal {
        /// Secure Boot has changed already: ask for the recovery code, on the terminal or as one line of standard
        /// input where that is none.
        #[arg(long)]
        with_code: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum HsmCommand {
    /// Make the auth value before the first start, as an encrypted systemd credential where that is possible.
    ///
    /// The credential is encrypted with the host's key and, where there is one, the TPM. Where there is no
    /// systemd-creds the value becomes the file hsm_pin_path. An auth value that is there is never replaced.
    Init {
        /// Move the value of the file hsm_pin_path into the credential; the file stays until you delete it.
        #[arg(long)]
        from_file: bool,
        /// Do not use the TPM that is there.
        #[arg(long)]
        without_tpm: bool,
        /// Where it all is.
        #[command(flatten)]
        place: PlaceOptions,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ImportOptions {
    /// Whose people they are.
    #[arg(long, value_name = "PRODUCT", required = true, value_parser = ["himmelblau"])]
    pub(crate) from: String,
    /// Set aside what agrees. Root only.
    #[arg(long)]
    pub(crate) really: bool,
    /// Who besides those of the table: name@domain.
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// What stands for / where the table and the homes are looked for.
    #[arg(long, value_name = "DIR", default_value = "/", hide = true)]
    pub(crate) root: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct SetupOptions {
    /// Do it. Root only.
    #[arg(long)]
    pub(crate) really: bool,
    /// The other way: take out what this command put in.
    #[arg(long)]
    pub(crate) undo: bool,
    /// What stands for /.
    #[arg(long, value_name = "DIR", default_value = "/", hide = true)]
    pub(crate) root: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct PlaceOptions {
    /// The state directory of firmamentd.
    #[arg(long, value_name = "DIR", default_value = "/var/lib/firmament")]
    pub(crate) state_dir: PathBuf,
    /// What stands for / where credentials, the TPM and systemd-creds are looked for.
    #[arg(long, value_name = "DIR", default_value = "/", hide = true)]
    pub(crate) root: PathBuf,
}
