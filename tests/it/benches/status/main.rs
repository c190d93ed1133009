//! What a question over the socket costs: the times of one caller, and how many a second fifty get answered:
//! `cargo xtask bench status`.
//!
//! One connection for each question, as the tool makes it; the stand-in and the daemon run on this machine too.
//! Nothing fails: times differ from machine to machine.

#![expect(clippy::unwrap_used, reason = "a measurement says where it failed by panicking")]

use ipc::{HEADER, Message, PROTOCOL, Request};
use it::goals::{Goal, judged};
use it::harness::{Cloud, Machine};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// Questions of one caller.
const QUESTIONS: usize = 20_000;
/// Callers at once, and for how long.
const CALLERS: usize = 50;
const WHILE: Duration = Duration::from_secs(5);
/// Microseconds until one caller has the whole answer, and answers a second of all of them.
const P50: Goal = Goal::AtMost(60.0);
const P99: Goal = Goal::AtMost(150.0);
const RATE: Goal = Goal::AtLeast(30_000.0);

fn main() {
    let cloud = Cloud::start();
    let mut machine = Machine::switched_off(&cloud, "contoso.com", "");
    machine.up_as_installed();
    assert!(machine.sign_in("alex@contoso.com").status.success());
    let socket = machine.path("socket");
    let mut times: Vec<Duration> = (0..QUESTIONS)
        .map(|_| {
            let begun = Instant::now();
            ask(&socket);
            begun.elapsed()
        })
        .collect();
    times.sort();
    let micros = |part: usize| (times[QUESTIONS * part / 100].as_secs_f64() * 1e6, "µs");
    println!("bench | status of a machine with one tenant");
    judged("one caller, p50", micros(50), P50);
    judged("one caller, p99", micros(99), P99);
    let until = Instant::now() + WHILE;
    let asks = || {
        let mut asked = 0_u32;
        while Instant::now() < until {
            ask(&socket);
            asked += 1;
        }
        asked
    };
    let all: u32 = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(asks)).collect();
        callers.into_iter().map(|it| it.join().unwrap()).sum()
    });
    let rate = f64::from(all) / WHILE.as_secs_f64();
    judged(&format!("{CALLERS} callers at once"), (rate, "answers a second"), RATE);
}

/// One question and its whole answer.
fn ask(socket: &Path) {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.write_all(&ipc::encode_request(&Request::Status { domain: None }, PROTOCOL).unwrap()).unwrap();
    loop {
        let mut header = [0; HEADER];
        stream.read_exact(&mut header).unwrap();
        let mut payload = vec![0; ipc::payload_length(header).unwrap()];
        stream.read_exact(&mut payload).unwrap();
        if let ipc::Heard::Known(Message::End { .. }) = ipc::decode_message(&payload).unwrap() {
            return;
        }
    }
}
