//! Start and stop: sockets, certificates, state directory.

use std::fs::Permissions;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::{GetRandomFailed, SecureRandom, aws_lc_rs};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tenant::Tenant;
use tenant_intune::Intune;
use tenant_model::reading::{self, Wrong};
use tenant_model::seed::Seed;
use tenant_model::setup::{Setup, SetupError};
use tenant_wire::cloud::Urls;
use tenant_wire::keys::KeySource;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::authority::{Authority, AuthorityError};
use crate::cloud::Objects;
use crate::hub::{Hub, now_ms};
use crate::knobs;
use crate::tls::Tls;
use crate::transcript::Transcript;
use crate::{admin, hosts, wire};

/// What to serve and where.
#[derive(Debug, Clone)]
pub struct Options {
    /// Address of the service; loopback only; port 0 chooses a free one.
    pub listen: SocketAddr,
    /// Address of the admin API; loopback only; port 0 chooses a free one.
    pub admin: SocketAddr,
    /// Directory for `ca.pem` and `transcript.jsonl`; made if absent.
    pub state: PathBuf,
    /// Directory with an authority that outlives the run; made if absent. Without it each run has its own.
    pub ca_dir: Option<PathBuf>,
    /// Whether addresses and certificates carry the real host names.
    pub public_hosts: bool,
    /// File with tenants and users in place of the built-in ones (JSON).
    pub seed: Option<PathBuf>,
    /// File with the devices to begin with, as the admin API shows them under `objects` (JSON).
    pub objects: Option<PathBuf>,
    /// Whether device codes are approved by themselves on the second poll.
    pub auto_approve: bool,
    /// Seconds between two polls of a device code.
    pub poll_interval: u32,
    /// Whether signing keys are made anew instead of taken from the pool of test keys.
    pub fresh_keys: bool,
    /// File with knobs (JSON).
    pub knobs: Option<PathBuf>,
    /// File that gets every exchange unmasked; for tests that look for what a client leaves behind.
    pub unmasked: Option<PathBuf>,
}

/// Why the simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address that others can reach.
    #[error("{0} is not a loopback address: the simulator never listens beyond the machine")]
    Beyond(SocketAddr),
    /// A socket that cannot be opened.
    #[error("could not listen on {address}: {cause}")]
    Listen {
        /// Address to listen on; `127.0.0.1:0` where the chosen one cannot be read back.
        address: SocketAddr,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
    /// A file or directory that cannot be used.
    #[error("could not use {path}: {cause}")]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
    /// A file with something in it that is not right.
    #[error("{path}: {cause}")]
    Content {
        /// The JSON file that was read.
        path: PathBuf,
        /// Which part of it is refused, and why.
        #[source]
        cause: Wrong,
    },
    /// The tenant refuses its seed.
    #[error("the tenant could not be set up: {0}")]
    Tenant(#[from] SetupError),
    /// Intune cannot be made.
    #[error("Intune could not be set up: {0}")]
    Intune(#[from] tenant_intune::SetupError),
    /// The simulator's authority or its server certificate cannot be made.
    #[error("could not make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// There is no authority to keep.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// rustls refuses the server's configuration.
    #[error("could not set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Entropy,
}

/// A simulator that accepts connections.
pub struct Running {
    /// Address of the service, with the port that was chosen.
    pub listen: SocketAddr,
    /// Address of the admin API, with the port that was chosen.
    pub admin: SocketAddr,
    /// The file with the certificate of the authority (PEM).
    pub ca: PathBuf,
    stop: watch::Sender<bool>,
    tasks: [JoinHandle<()>; 2],
}

impl Running {
    /// Stops accepting, drops every connection and waits until all is gone.
    pub async fn stop(self) {
        // Both tasks may have ended already; then there is nobody to tell.
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = task.await;
        }
    }
}

/// Starts a simulator on the current runtime.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let listener = listen(options.listen).await?;
    let admin_listener = listen(options.admin).await?;
    let (listen, admin) = (address(&listener)?, address(&admin_listener)?);
    std::fs::create_dir_all(&options.state).map_err(|cause| file(&options.state, cause))?;

    let (tenant, intune, wire) = furnish(&options, listen)?;
    let path = options.state.join("transcript.jsonl");
    let log = Transcript::of(created(&path)?, options.unmasked.as_deref().map(created).transpose()?);
    let hub = Arc::new(Hub::new(tenant, intune, wire, log));
    let (tls, ca) = certify(&options)?;

    let (stop, stopped) = watch::channel(false);
    let tasks = [
        tokio::spawn(wire::serve(Arc::clone(&hub), Arc::new(tls), listener, stopped.clone())),
        tokio::spawn(admin::serve(hub, admin_listener, stopped)),
    ];
    Ok(Running { listen, admin, ca, stop, tasks })
}

fn created(path: &Path) -> Result<std::fs::File, StartError> {
    std::fs::File::create(path).map_err(|cause| file(path, cause))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    if !address.ip().is_loopback() {
        return Err(StartError::Beyond(address));
    }
    TcpListener::bind(address).await.map_err(|cause| StartError::Listen { address, cause })
}

fn address(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    listener.local_addr().map_err(|cause| StartError::Listen { address: nowhere, cause })
}

/// The cloud and its wire, with the knobs to begin with.
fn furnish(options: &Options, listen: SocketAddr) -> Result<(Tenant, Intune, knobs::Wire), StartError> {
    let entropy = entropy().map_err(|GetRandomFailed| StartError::Entropy)?;
    let mut tenant = tenant(options, listen, entropy)?;
    let mut intune = intune(options, listen, entropy)?;
    if let Some(path) = &options.objects {
        parsed::<Objects>(path)?.furnish(&mut tenant, &mut intune);
    }
    let Some(path) = &options.knobs else { return Ok((tenant, intune, knobs::Wire::default())) };
    let wire = knobs::parse(json(path)?).and_then(|parsed| knobs::set(&mut tenant, &mut intune, parsed));
    Ok((tenant, intune, wire.map_err(|cause| content(path, cause))?))
}

fn tenant(options: &Options, listen: SocketAddr, entropy: u64) -> Result<Tenant, StartError> {
    let seed: Seed = match &options.seed {
        Some(path) => {
            let seed: Seed = parsed(path)?;
            seed.check().map_err(|cause| content(path, cause))?;
            seed
        }
        None => Seed::default(),
    };
    let urls = match options.public_hosts {
        true => Urls::Public,
        false => Urls::Local { host: local(listen) },
    };
    let setup = Setup {
        seed,
        urls,
        entropy,
        keys: if options.fresh_keys { KeySource::Fresh } else { KeySource::Pool },
        auto_approve: options.auto_approve,
        poll_interval: options.poll_interval,
    };
    Ok(Tenant::new(setup, now_ms())?)
}

fn intune(options: &Options, listen: SocketAddr, entropy: u64) -> Result<Intune, StartError> {
    let (own, graph) = match options.public_hosts {
        true => (hosts::INTUNE.to_owned(), "graph.microsoft.com".to_owned()),
        false => (local(listen), local(listen)),
    };
    let keys = match options.fresh_keys {
        true => tenant_wire::keys::KeySource::Fresh,
        false => tenant_wire::keys::KeySource::Pool,
    };
    let (base, graph) = (format!("https://{own}"), format!("https://{graph}"));
    Ok(Intune::new(tenant_intune::Setup { base, graph, entropy, keys })?)
}

fn local(listen: SocketAddr) -> String {
    format!("localhost:{}", listen.port())
}

fn certify(options: &Options) -> Result<(Tls, PathBuf), StartError> {
    let now = OffsetDateTime::now_utc();
    let mut names = hosts::LOCAL.to_vec();
    if options.public_hosts {
        names.extend(hosts::PUBLIC);
    }
    let good = match &options.ca_dir {
        Some(directory) => Authority::kept(directory, now)?,
        None => Authority::new("entra-simulator throw-away CA", now)?,
    };
    let foreign = Authority::new("a CA that nobody knows", now)?;
    let tls = Tls::new(good.issue(&names)?, foreign.issue(&names)?)?;
    let path = options.state.join("ca.pem");
    // Everybody may read it and nobody else may write it, whatever the umask: clients refuse another.
    std::fs::write(&path, good.pem())
        .and_then(|()| std::fs::set_permissions(&path, Permissions::from_mode(0o644)))
        .map_err(|cause| file(&path, cause))?;
    Ok((tls, path))
}

fn entropy() -> Result<u64, GetRandomFailed> {
    let random: &dyn SecureRandom = aws_lc_rs::default_provider().secure_random;
    let mut bytes = [0; 8];
    random.fill(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn parsed<T: DeserializeOwned>(path: &Path) -> Result<T, StartError> {
    reading::read(&json(path)?).map_err(|cause| content(path, cause))
}

fn json(path: &Path) -> Result<Value, StartError> {
    let bytes = std::fs::read(path).map_err(|cause| file(path, cause))?;
    reading::parse(&bytes).map_err(|cause| content(path, cause))
}

fn content(path: &Path, cause: Wrong) -> StartError {
    StartError::Content { path: path.to_owned(), cause }
}

fn file(path: &Path, cause: io::Error) -> StartError {
    StartError::File { path: path.to_owned(), cause }
}
