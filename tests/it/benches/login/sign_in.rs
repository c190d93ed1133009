//! One sign-in that is timed.

use it::harness::{Cloud, Machine, wait_for};
use it::series::{answered, longest_chain};
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};

const ALEX: &str = "alex@contoso.com";
const PASSWORD: &str = "Correct-Horse-1";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Of a machine that is not registered.
    First,
    /// Of one that is.
    Daily,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typing {
    /// The password is there at once, and time counts from the start of the tool.
    Piped,
    /// It is typed when everything has come that does not need it, and time counts from there.
    ByHand,
}

/// What was found.
pub(crate) struct SignIn {
    /// Until the account is checked.
    pub(crate) checked: Duration,
    /// From there until there is a certificate; zero where there was one.
    pub(crate) certificate: Duration,
    /// Until nothing more is to come.
    pub(crate) settled: Duration,
    /// The names of the answers that came one after the other: all of them until it settled on a machine that was not
    /// registered, and those until the account was checked on one that is; since the password was typed.
    pub(crate) chain: Vec<String>,
}

impl SignIn {
    /// `each` is what an answer takes.
    pub(crate) fn hold(
        cloud: &Cloud,
        machine: &Machine,
        (kind, typing): (Kind, Typing),
        each: Duration,
    ) -> SignIn {
        let mut seen = answered(cloud).len();
        let mut begun = Instant::now();
        let mut tool = machine.tool(&["auth-test", "--name", ALEX]);
        let mut tool = tool.stdin(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(tool.stdout.take().unwrap()).lines();
        if typing == Typing::ByHand {
            until(&mut said, "Sign in as ").unwrap();
            quiet(cloud, each);
            (seen, begun) = (answered(cloud).len(), Instant::now());
        }
        writeln!(tool.stdin.take().unwrap(), "{PASSWORD}").unwrap();
        let checked = until(&mut said, "Signed in: ").unwrap() - begun;
        let to_check = answered(cloud).split_off(seen);
        let certificate = match kind {
            Kind::First => until(&mut said, "  registered/").unwrap() - begun - checked,
            Kind::Daily => Duration::ZERO,
        };
        let settled = ended(tool, said, begun);
        let all = answered(cloud).split_off(seen);
        let counted = if kind == Kind::Daily { to_check } else { all };
        let chain = longest_chain(&counted, each).into_iter().map(str::to_owned).collect();
        SignIn { checked, certificate, settled, chain }
    }
}

type Said = Lines<BufReader<ChildStdout>>;

/// Reads up to a line with this in it, and says when it came.
fn until(said: &mut Said, words: &str) -> Option<Instant> {
    said.map_while(Result::ok).find(|line| line.contains(words)).map(|_| Instant::now())
}

fn ended(mut tool: Child, said: Said, begun: Instant) -> Duration {
    let rest: Vec<String> = said.map_while(Result::ok).collect();
    let settled = begun.elapsed();
    assert!(tool.wait().unwrap().success(), "{rest:?}");
    settled
}

/// Waits until no answer has come for as long as three take.
fn quiet(cloud: &Cloud, each: Duration) {
    let mut last = (answered(cloud).len(), Instant::now());
    wait_for("quiet", || {
        let now = answered(cloud).len();
        if now != last.0 {
            last = (now, Instant::now());
        }
        last.1.elapsed() > each * 3 + Duration::from_millis(50)
    });
}
