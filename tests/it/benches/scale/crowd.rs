//! Logins of many at once, by password, through the socket: what the real daemon, the stand-in and the key store do.

use crate::daemon::{pss_mb, rest, start};
use crate::disk::{self, domain, tenant};
use crate::table::Table;
use host::machine;
use hsm::{Hsm, SignScheme};
use hsm_soft::SoftHsm;
use ipc::{Answer, HEADER, Heard, Message, PROTOCOL, PersonAsked, Request};
use it::harness::{Cloud, Machine, wait_for};
use it::process::{disk_bytes, proc_of, ticks};
use model::{KeyPurpose, Secret};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};
use store::Store;

const PASSWORD: &str = "Correct-Horse-1";
const TENANTS: usize = 10;
/// How many of each tenant come at once: the sum is below the 1,024 places of the socket.
const SIZES: [usize; TENANTS] = [550, 50, 50, 50, 50, 50, 50, 50, 50, 50];
/// How many of one tenant come at once.
const OF_ONE: usize = 1_000;
/// Uses of a key that a login needs: a signature, and the key of the session.
const USES: f64 = 2.0;

/// Everything that is measured of them.
pub(crate) fn measure(table: &mut Table) {
    let cloud = cloud();
    let domains: Vec<String> = (0..TENANTS).map(domain).collect();
    let mut machine = Machine::switched_off(&cloud, &domains.join(","), "sign_in = password");
    start(&mut machine);
    // The first of each tenant registers the machine there.
    together(&machine, &[1; TENANTS]).iter().for_each(|it| assert_eq!(it.refused, None));
    wait_for("ten registrations", || crate::registered(&machine) == TENANTS);
    machine.stop();
    // Whom nobody has seen here shares what may be tried with others (login.md); these come every day.
    let all = (0..TENANTS).flat_map(|of| (0..people(of)).map(move |person| disk::seen(person, of)));
    disk::open(&machine).commit(&all.collect::<Vec<_>>()).unwrap();
    start(&mut machine);
    rest(&machine);
    over_tenants(table, &machine);
    rest(&machine);
    table.timed("1,000 people of 10 tenants signed in: memory (PSS)", "MB", pss_mb(&machine), Some(90.0));
    machine.stop();
    let disk = disk_bytes(&machine.path("state")) as f64 / 1e6;
    table.counted("1,000 people of 10 tenants signed in: disk", "MB", disk, Some(10.0));
    start(&mut machine);
    of_one_domain(table, &cloud, &machine);
}

fn cloud() -> Cloud {
    let users = |n: usize| {
        let one = |person| json!({ "upn": disk::person(person, n), "oid": disk::object(person, n), "password": PASSWORD });
        (0..people(n)).map(one).collect::<Vec<Value>>()
    };
    let one = |n| json!({ "id": tenant(n), "domains": [domain(n)], "users": users(n) });
    let seed = json!({ "tenants": (0..TENANTS).map(one).collect::<Vec<Value>>() });
    let dir = it::harness::own_directory();
    let file = dir.path().join("seed.json");
    fs::write(&file, seed.to_string()).unwrap();
    Cloud::with(&["--seed", file.to_str().unwrap()])
}

/// How many people a tenant has.
fn people(of: usize) -> usize {
    if of == 0 { OF_ONE } else { SIZES[of] }
}

/// One who came.
struct Came {
    /// Their tenant.
    of: usize,
    /// How long until they were in, or refused.
    took: Duration,
    refused: Option<String>,
}

/// So many of each tenant at once.
fn together(machine: &Machine, sizes: &[usize]) -> Vec<Came> {
    let socket = machine.path("socket");
    let people: Vec<(usize, usize)> =
        sizes.iter().enumerate().flat_map(|(of, size)| (0..*size).map(move |person| (person, of))).collect();
    let begun = Instant::now();
    let comes = |(person, of): (usize, usize)| {
        let refused = logs_in(&socket, &disk::person(person, of)).err();
        Came { of, took: begun.elapsed(), refused }
    };
    std::thread::scope(|scope| {
        let spawn = |who| {
            std::thread::Builder::new()
                .stack_size(128 * 1024)
                .spawn_scoped(scope, move || comes(who))
                .unwrap()
        };
        let all: Vec<_> = people.into_iter().map(spawn).collect();
        all.into_iter().map(|it| it.join().unwrap()).collect()
    })
}

/// What the PAM module does.
fn logs_in(socket: &Path, name: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut stream = UnixStream::connect(socket).map_err(failed)?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).map_err(failed)?;
    let request = Request::PamAuthenticate {
        name: name.to_owned(),
        service: "sshd".to_owned(),
        tty: None,
        rhost: None,
        asked: PersonAsked::Person,
    };
    stream.write_all(&ipc::encode_request(&request, PROTOCOL).unwrap()).map_err(failed)?;
    let (mut is_in, mut refused) = (false, None);
    loop {
        match next(&mut stream).map_err(failed)? {
            Message::AskPassword { .. } => {
                let answer = Answer::Password { password: Secret::new(PASSWORD.to_owned()) };
                stream.write_all(&ipc::encode(&answer).unwrap()).map_err(failed)?;
            }
            Message::SignedIn { .. } => is_in = true,
            Message::Failed { failure } => refused = Some(format!("{failure:?}")),
            Message::End { .. } if is_in => return Ok(()),
            Message::End { ending } => return Err(refused.unwrap_or_else(|| format!("{ending:?}"))),
            _ => {}
        }
    }
}

fn next(stream: &mut UnixStream) -> std::io::Result<Message> {
    let mut header = [0; HEADER];
    stream.read_exact(&mut header)?;
    let mut payload = vec![0; ipc::payload_length(header).unwrap()];
    stream.read_exact(&mut payload)?;
    match ipc::decode_message(&payload).unwrap() {
        Heard::Known(message) => Ok(message),
        _ => panic!("it speaks of something else"),
    }
}

/// A thousand of ten tenants, most of them of one.
fn over_tenants(table: &mut Table, machine: &Machine) {
    let process = proc_of(machine.pid());
    let before = ticks(&process);
    let came = together(machine, &SIZES);
    let computed = (ticks(&process) - before) * TICK_MS;
    let refused: Vec<&String> = came.iter().filter_map(|it| it.refused.as_ref()).collect();
    if let Some(first) = refused.first() {
        eprintln!("bench | the first of {} who were refused: {first}", refused.len());
    }
    let all: usize = SIZES.iter().sum();
    table.counted("1,000 logins at once over 10 tenants: refused", "", refused.len() as f64, Some(0.0));
    let each = use_of_a_key();
    println!("bench | a use of a key takes {:.2} ms, and a login {USES} of them", each * 1_000.0);
    let longest = |of: Option<usize>| {
        let those = came.iter().filter(|it| of.is_none_or(|of| it.of == of));
        those.map(|it| it.took).max().unwrap_or_default().as_secs_f64()
    };
    table.timed(
        "1,000 logins at once: processor time of the daemon for each",
        "ms",
        computed / all as f64,
        None,
    );
    let goal = 1.2 * USES * each * all as f64;
    table.timed("1,000 logins at once: until the last is in", "s", longest(None), Some(goal));
    let share = |of: usize| SIZES.iter().map(|other| SIZES[of].min(*other)).sum::<usize>() as f64;
    let of_a_small_one = (1..TENANTS).map(|of| longest(Some(of))).fold(0.0, f64::max);
    // Of what the crowd took, each by turns.
    let goal = 2.0 * longest(None) * share(1) / all as f64;
    table.timed("1,000 logins at once: the last of a tenant with 50", "s", of_a_small_one, Some(goal));
}

/// The mean of a signature by a key in software, in seconds.
fn use_of_a_key() -> f64 {
    let mut keys = SoftHsm::new(Secret::new(vec![7; 32]), machine::measure(Path::new("/")), "a measurement");
    let key = keys.create(KeyPurpose::Device, "11111111-2222-4333-8444-555555555555".parse().unwrap());
    let key = key.unwrap();
    let begun = Instant::now();
    for _ in 0..SIGNATURES {
        keys.sign(&key, SignScheme::Pkcs1Sha256, b"a token request").unwrap();
    }
    begun.elapsed().as_secs_f64() / f64::from(SIGNATURES)
}

/// A thousand of one domain, from the start of the daemon.
fn of_one_domain(table: &mut Table, cloud: &Cloud, machine: &Machine) {
    let counted = || {
        let handshakes = counters(cloud)["tls_handshakes"].as_u64().unwrap() as f64;
        [handshakes, cloud.requests("metadata").len() as f64, cloud.requests("jwks").len() as f64]
    };
    let before = counted();
    let came = together(machine, &[OF_ONE]);
    let refused = came.iter().filter(|it| it.refused.is_some()).count();
    table.counted("1,000 logins at once of one domain: refused", "", refused as f64, Some(0.0));
    for (((what, goal), now), before) in
        [("TLS handshakes", 8.0), ("requests for metadata", 2.0), ("requests for signing keys", 2.0)]
            .into_iter()
            .zip(counted())
            .zip(before)
    {
        table.counted(&format!("1,000 logins at once of one domain: {what}"), "", now - before, Some(goal));
    }
}

/// From a sign-in until the machine is enrolled.
pub(crate) fn enrolment(table: &mut Table) {
    let cloud = Cloud::with(&[]);
    let machine = Machine::configured(&cloud, "contoso.com", "apply_policy = true\nsign_in = password");
    assert!(machine.sign_in_with_password("alex@contoso.com", PASSWORD).status.success());
    wait_for("the enrolment", || machine.domain()["phase"] == "intune_enrolled");
    let answered = it::series::answered(&cloud);
    let names: Vec<&str> = answered.iter().map(|it| it.name.as_str()).collect();
    println!("bench | what is asked from a sign-in by password until enrolled: {}", names.join(", "));
    table.counted("sign-in until enrolled: requests", "", answered.len() as f64, Some(16.0));
    let handshakes = counters(&cloud)["tls_handshakes"].as_u64().unwrap() as f64;
    table.counted("sign-in until enrolled: TLS handshakes", "", handshakes, Some(4.0));
}

fn counters(cloud: &Cloud) -> Value {
    serde_json::from_str(&cloud.admin(&["counters", "--json"])).unwrap()
}

/// A clock tick of the kernel's figures.
const TICK_MS: f64 = 10.0;
const SIGNATURES: u32 = 300;
