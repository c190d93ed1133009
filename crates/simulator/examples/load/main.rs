//! `load SIMULATOR`: how many polls and joins one core serves, and what a registered device costs in memory.
//!
//! The simulator runs as a process of its own on one core, and its own CPU time counts, so that neither this
//! program nor whatever else the machine does makes the figures better or worse.

mod client;
mod keys;
mod pure;
mod server;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use bytes::Bytes;
use http::{Request, StatusCode};

use client::Client;
use server::Server;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Devices that are held while polls and joins are counted.
const HELD: usize = 10_000;
/// Joins that are counted after that, and before any figure.
const JOINS: usize = 1_000;
const WARM_JOINS: usize = 200;
const POLLS: usize = 20_000;
/// More polls than the transcript keeps in memory, so that it grows no more.
const WARM_POLLS: usize = 5_000;
const USERS: usize = 250;
const CODES: usize = 100;

/// What one core must do at least, a second.
const POLLS_WANTED: f64 = 2_000.0;
const JOINS_WANTED: f64 = 150.0;
/// Bytes that a device may cost at most.
const BYTES_ALLOWED: f64 = 4_096.0;

fn main() -> ExitCode {
    let Some(simulator) = std::env::args_os().nth(1) else {
        eprintln!("usage: load SIMULATOR");
        return ExitCode::FAILURE;
    };
    match run(Path::new(&simulator)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("load: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(simulator: &Path) -> Result<bool, Failure> {
    let begun = Instant::now();
    let joins = keys::joins(WARM_JOINS + HELD + JOINS)?;
    println!("bench | {} certificate requests made beforehand in {:.0?}", joins.len(), begun.elapsed());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let good = runtime.block_on(over_the_wire(simulator, &joins))?;
    pure::show(&joins[..HELD], &joins[HELD..HELD + JOINS])?;
    Ok(good)
}

async fn over_the_wire(simulator: &Path, joins: &[Bytes]) -> Result<bool, Failure> {
    let server = Server::start(simulator, USERS)?;
    println!("bench | the simulator runs {}", server.place());
    let client = Client::new(&server)?;
    let tokens = client.tokens(USERS).await?;
    let codes = client.codes(CODES).await?;
    let (warm, rest) = joins.split_at(WARM_JOINS);
    let (held, counted) = rest.split_at(HELD);
    let with_token = |list: &[Bytes], from: usize| -> Vec<Request<Bytes>> {
        let token = |at: usize| &tokens[(from + at) % USERS];
        list.iter().enumerate().map(|(at, body)| client::join(token(at), body)).collect()
    };
    let polls = |count: usize| -> Vec<Request<Bytes>> { codes.iter().cycle().take(count).cloned().collect() };

    client.all(with_token(warm, 0), StatusCode::OK).await?;
    client.all(polls(WARM_POLLS), StatusCode::BAD_REQUEST).await?;
    let before = server.memory()?;
    client.all(with_token(held, WARM_JOINS), StatusCode::OK).await?;
    let grown = server.memory()?.saturating_sub(before);
    let bytes = grown as f64 / HELD as f64;
    let enough = [
        measured(
            &server,
            &client,
            "device-code polls",
            polls(POLLS),
            (StatusCode::BAD_REQUEST, POLLS_WANTED),
        )
        .await?,
        measured(
            &server,
            &client,
            "joins",
            with_token(counted, WARM_JOINS + HELD),
            (StatusCode::OK, JOINS_WANTED),
        )
        .await?,
        bytes < BYTES_ALLOWED,
    ];
    println!(
        "bench | memory: {bytes:.0} bytes a device, {:.2} times what is allowed ({:.1} MiB for {HELD})",
        bytes / BYTES_ALLOWED,
        grown as f64 / 1_048_576.0
    );
    Ok(enough.iter().all(|it| *it))
}

/// Sends these and says whether the server did enough of them in a second of its CPU time.
async fn measured(
    server: &Server,
    client: &Client,
    what: &str,
    requests: Vec<Request<Bytes>>,
    (status, wanted): (StatusCode, f64),
) -> Result<bool, Failure> {
    let count = requests.len() as f64;
    let (begun, used) = (Instant::now(), server.cpu()?);
    client.all(requests, status).await?;
    let (wall, used) = (begun.elapsed(), server.cpu()?.saturating_sub(used));
    let rate = count / used.as_secs_f64();
    println!(
        "bench | {what}: {rate:.0} in a second of one core, {:.1} times what is wanted ({:.2?} of its CPU for {count}; \
         {:.0} a second on the wire)",
        rate / wanted,
        used,
        count / wall.as_secs_f64()
    );
    Ok(rate >= wanted)
}
