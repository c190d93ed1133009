//! The command line, and which admin call each command makes.

use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde_json::{Value, json};
use simulator::Options;

use crate::Fault;

/// A stand-in Entra tenant on loopback.
#[derive(Parser)]
#[command(name = "entra-simulator", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve until SIGTERM or SIGINT
    Serve(ServeArguments),
    /// Sign in for a device code, as a person would on their phone
    Approve(CodeArguments),
    /// Decline a device code
    Deny(CodeArguments),
    /// List the device objects
    Devices(Admin),
    /// Show the objects of Entra and Intune, as `serve --objects` takes them
    Objects(Admin),
    /// List the users
    Users(Admin),
    /// List the last requests
    Requests(Admin),
    /// List the device codes that wait for a person
    Codes(Admin),
    /// List the second factors that wait for a person
    Factors(Admin),
    /// List what is held
    Holds(Admin),
    /// Show how many handshakes and requests there were
    Counters(Admin),
    /// Show or replace the knobs
    Knobs(KnobsArguments),
    /// Change a device object
    Device(DeviceArguments),
    /// List the objects of Intune
    IntuneDevices(Admin),
    /// Change an object of Intune
    Intune(IntuneArguments),
    /// Change a user
    User(UserArguments),
    /// Hold the reply of the next request of a name
    Hold(HoldArguments),
    /// Release what is held
    Release(ReleaseArguments),
    /// Wait until requests of a name are held, seen or processed
    Wait(WaitArguments),
    /// Print the host lines for clients with hard-coded hosts
    Hosts,
}

#[derive(Args)]
pub(crate) struct ServeArguments {
    /// Address of the service (loopback; port 0 chooses one)
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Address of the admin API (loopback; port 0 chooses one)
    #[arg(long, default_value = "127.0.0.1:0")]
    admin: SocketAddr,
    /// Directory for ca.pem and transcript.jsonl
    #[arg(long)]
    state: PathBuf,
    /// Directory that keeps the authority for later runs
    #[arg(long, value_name = "DIR")]
    ca_dir: Option<PathBuf>,
    /// Hand out the real host names
    #[arg(long)]
    public_hosts: bool,
    /// Tenants and users (JSON) in place of the built-in ones
    #[arg(long)]
    seed: Option<PathBuf>,
    /// Devices to begin with, as `objects --json` shows them
    #[arg(long)]
    objects: Option<PathBuf>,
    /// Approve device codes on the second poll
    #[arg(long)]
    auto_approve: bool,
    /// Seconds between two polls
    #[arg(long, default_value_t = 5)]
    poll_interval: u32,
    /// Make signing keys instead of using the test keys
    #[arg(long)]
    fresh_keys: bool,
    /// Knobs to begin with (JSON)
    #[arg(long)]
    knobs: Option<PathBuf>,
    /// Write every exchange unmasked to a file, for tests that look for what a client leaves behind
    #[arg(long, value_name = "FILE")]
    unmasked: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Admin {
    /// Address of the admin API, which every command needs
    #[arg(long, global = true)]
    admin: Option<SocketAddr>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct CodeArguments {
    #[command(flatten)]
    admin: Admin,
    /// The code that the device shows
    code: String,
    /// Who answers
    #[arg(long)]
    user: String,
}

#[derive(Args)]
pub(crate) struct KnobsArguments {
    #[command(flatten)]
    admin: Admin,
    /// Replace all knobs by those of the file (- is standard input)
    #[arg(long, conflicts_with = "merge")]
    set: Option<String>,
    /// Change only the knobs that the file names (- is standard input)
    #[arg(long)]
    merge: Option<String>,
}

#[derive(Args)]
pub(crate) struct DeviceArguments {
    #[command(flatten)]
    admin: Admin,
    /// The device id
    id: String,
    #[command(subcommand)]
    action: DeviceWord,
}

#[derive(Subcommand)]
enum DeviceWord {
    /// It may not be used any more
    Disable,
    /// It may be used again
    Enable,
    /// Its object is gone
    Delete,
    /// Call it compliant, as Intune would
    Comply,
    /// Call it not compliant
    Fail,
    /// Make somebody else its registered owner
    Own {
        /// The user name
        user: String,
    },
}

#[derive(Args)]
pub(crate) struct IntuneArguments {
    #[command(flatten)]
    admin: Admin,
    /// The Intune id, or the device id
    id: String,
    /// What to do
    action: IntuneWord,
}

#[derive(Clone, Copy, ValueEnum)]
enum IntuneWord {
    /// The device learns it at its next check-in
    Retire,
    /// Its id is not known any more
    Delete,
}

#[derive(Args)]
pub(crate) struct UserArguments {
    #[command(flatten)]
    admin: Admin,
    /// The user name
    upn: String,
    #[command(subcommand)]
    action: UserWord,
}

#[derive(Subcommand)]
enum UserWord {
    /// No more sign-in
    Disable,
    /// Sign-in again
    Enable,
    /// With a licence for Intune
    License,
    /// Without a licence for Intune
    Unlicense,
    /// Revoke everything that was granted so far
    SignOut,
    /// Approve on their phone every second factor that waits
    ApproveFactor,
    /// Deny on their phone every second factor that waits
    DenyFactor,
    /// Another name, the same object
    Rename {
        /// The new name
        new: String,
    },
    /// The same name, another object
    Recreate,
}

#[derive(Args)]
pub(crate) struct HoldArguments {
    #[command(flatten)]
    admin: Admin,
    /// The name of the request, for example join
    request: String,
    /// Hold the request instead of the reply
    #[arg(long)]
    before: bool,
    /// Which request of the name from now on
    #[arg(long, default_value_t = 1)]
    nth: u32,
}

#[derive(Args)]
pub(crate) struct ReleaseArguments {
    #[command(flatten)]
    admin: Admin,
    /// Only requests of this name
    request: Option<String>,
    /// Reset the connection instead
    #[arg(long)]
    reset: bool,
}

#[derive(Args)]
pub(crate) struct WaitArguments {
    #[command(flatten)]
    admin: Admin,
    /// The name of the request; any if absent
    #[arg(default_value = "*")]
    request: String,
    /// Until so many are held
    #[arg(long)]
    held: Option<u64>,
    /// Until so many have arrived since the start
    #[arg(long)]
    seen: Option<u64>,
    /// Until so many have been processed since the start
    #[arg(long)]
    processed: Option<u64>,
    /// Until so many codes wait for a person
    #[arg(long)]
    codes: Option<u64>,
    /// Until there are so many devices
    #[arg(long)]
    devices: Option<u64>,
    /// Milliseconds before giving up
    #[arg(long, default_value_t = 30_000)]
    timeout_ms: u64,
}

/// One call of the admin API, and how to print its answer.
pub(crate) struct Asking {
    /// Where to; nobody may have said.
    pub(crate) admin: Option<SocketAddr>,
    pub(crate) json: bool,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
}

impl ServeArguments {
    pub(crate) fn options(self) -> Options {
        Options {
            listen: self.listen,
            admin: self.admin,
            state: self.state,
            ca_dir: self.ca_dir,
            public_hosts: self.public_hosts,
            seed: self.seed,
            objects: self.objects,
            auto_approve: self.auto_approve,
            poll_interval: self.poll_interval,
            fresh_keys: self.fresh_keys,
            knobs: self.knobs,
            unmasked: self.unmasked,
        }
    }
}

/// The call that a command makes; those that make none ask for nothing harmful.
pub(crate) fn asking(command: Command) -> Result<Asking, Fault> {
    let asking = match command {
        Command::Devices(admin) => get(&admin, "/devices"),
        Command::Objects(admin) => get(&admin, "/objects"),
        Command::Users(admin) => get(&admin, "/users"),
        Command::Requests(admin) => get(&admin, "/requests"),
        Command::Codes(admin) => get(&admin, "/codes"),
        Command::Factors(admin) => get(&admin, "/factors"),
        Command::Holds(admin) => get(&admin, "/holds"),
        Command::Counters(admin) => get(&admin, "/counters"),
        Command::Approve(it) => post(&it.admin, "/approve", json!({"code": it.code, "user": it.user})),
        Command::Deny(it) => post(&it.admin, "/deny", json!({"code": it.code, "user": it.user})),
        Command::Device(it) => device(&it),
        Command::IntuneDevices(admin) => get(&admin, "/intune"),
        Command::Intune(it) => intune(&it),
        Command::User(it) => user(&it),
        Command::Hold(it) => hold(&it),
        Command::Release(it) => {
            post(&it.admin, "/release", json!({"request": it.request, "reset": it.reset}))
        }
        Command::Wait(it) => wait(&it),
        Command::Knobs(it) => knobs(&it)?,
        Command::Serve(_) | Command::Hosts => get(&Admin { admin: None, json: false }, "/"),
    };
    Ok(asking)
}

fn get(admin: &Admin, path: &str) -> Asking {
    Asking { admin: admin.admin, json: admin.json, method: "GET", path: path.to_owned(), body: None }
}

fn post(admin: &Admin, path: &str, body: Value) -> Asking {
    Asking { method: "POST", body: Some(body), ..get(admin, path) }
}

fn device(it: &DeviceArguments) -> Asking {
    let (word, body) = match &it.action {
        DeviceWord::Disable => ("disable", json!({})),
        DeviceWord::Enable => ("enable", json!({})),
        DeviceWord::Delete => ("delete", json!({})),
        DeviceWord::Comply => ("comply", json!({})),
        DeviceWord::Fail => ("fail", json!({})),
        DeviceWord::Own { user } => ("own", json!({ "to": user })),
    };
    post(&it.admin, &format!("/device/{}/{word}", escaped(&it.id)), body)
}

fn intune(it: &IntuneArguments) -> Asking {
    let word = match it.action {
        IntuneWord::Retire => "retire",
        IntuneWord::Delete => "delete",
    };
    post(&it.admin, &format!("/intune/{}/{word}", escaped(&it.id)), json!({}))
}

fn user(it: &UserArguments) -> Asking {
    let (word, body) = match &it.action {
        UserWord::Disable => ("disable", json!({})),
        UserWord::Enable => ("enable", json!({})),
        UserWord::Recreate => ("recreate", json!({})),
        UserWord::License => ("license", json!({})),
        UserWord::Unlicense => ("unlicense", json!({})),
        UserWord::SignOut => ("sign-out", json!({})),
        UserWord::ApproveFactor => ("approve-factor", json!({})),
        UserWord::DenyFactor => ("deny-factor", json!({})),
        UserWord::Rename { new } => ("rename", json!({ "to": new })),
    };
    post(&it.admin, &format!("/user/{}/{word}", escaped(&it.upn)), body)
}

fn hold(it: &HoldArguments) -> Asking {
    let action = if it.before { "hold_before" } else { "hold" };
    post(&it.admin, "/faults", json!({"request": it.request, "nth": it.nth, "action": action}))
}

fn wait(it: &WaitArguments) -> Asking {
    let figures = [
        ("held", it.held),
        ("seen", it.seen),
        ("processed", it.processed),
        ("codes", it.codes),
        ("devices", it.devices),
    ];
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("request", &it.request).append_pair("timeout_ms", &it.timeout_ms.to_string());
    for (name, value) in figures {
        if let Some(value) = value {
            query.append_pair(name, &value.to_string());
        }
    }
    get(&it.admin, &format!("/wait?{}", query.finish()))
}

fn knobs(it: &KnobsArguments) -> Result<Asking, Fault> {
    let (method, source) = match (&it.set, &it.merge) {
        (Some(source), _) => ("PUT", source),
        (None, Some(source)) => ("PATCH", source),
        (None, None) => return Ok(get(&it.admin, "/knobs")),
    };
    let file = |cause| Fault::File { path: source.clone(), cause };
    let mut text = String::new();
    match source.as_str() {
        "-" => std::io::stdin().read_to_string(&mut text).map_err(file)?,
        path => std::fs::File::open(path).and_then(|mut it| it.read_to_string(&mut text)).map_err(file)?,
    };
    let value = serde_json::from_str(&text).map_err(|cause| file(cause.into()))?;
    Ok(Asking { method, body: Some(value), ..get(&it.admin, "/knobs") })
}

/// A path segment with every byte escaped that could end it.
fn escaped(segment: &str) -> String {
    url::form_urlencoded::byte_serialize(segment.as_bytes()).collect::<String>().replace('+', "%20")
}
