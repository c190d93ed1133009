use super::tree::Tree;
use crate::{MachineFiles, thread};
use facts::{Fact, Facts, Reason, Wanted};
use measure::Measure;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{Thread, current, park_timeout};
use std::time::{Duration, Instant};

const LONGEST: Duration = Duration::from_secs(30);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future in this thread, until it is woken; whoever is not woken waits no longer than this.
fn wait<T>(mut future: Pin<Box<dyn Future<Output = T> + Send>>) -> T {
    let waker = Waker::from(Arc::new(Unpark(current())));
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < LONGEST, "nobody woke the one who waits");
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => return result,
            Poll::Pending => park_timeout(LONGEST),
        }
    }
}

#[test]
fn what_is_not_wanted_is_not_measured() {
    let tree = Tree::new();
    tree.file("/etc/os-release", "ID=ubuntu\n");
    let files = MachineFiles::new(tree.path("/"));
    let facts = wait(files.facts(&Wanted { release: true, ..Wanted::default() }));
    assert!(facts.release.known().is_ok());
    assert_eq!(facts.storage, Fact::Unknown(Reason::NotAsked));
    assert_eq!(facts.passwords, Fact::Unknown(Reason::NotAsked));
    assert_eq!(wait(files.facts(&Wanted::default())), Facts::unknown(&Reason::NotAsked));
}

#[test]
fn whoever_waits_is_woken_when_the_work_ends() {
    let (begin, begun): (_, Receiver<()>) = channel();
    let mut future = thread::run(move || begun.recv().is_ok(), false);
    let waker = Waker::from(Arc::new(Unpark(current())));
    assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    begin.send(()).unwrap();
    assert!(wait(future));
}

#[test]
fn work_that_breaks_off_has_the_other_result() {
    let (begin, begun): (_, Receiver<()>) = channel();
    let future = thread::run(
        move || {
            begun.recv().unwrap();
            true
        },
        false,
    );
    drop(begin);
    assert!(!wait(future));
}
