//! When the system's wall clock was set, and when the machine came back from a suspend: the kernel says so to whoever
//! has a timer on that clock (timerfd_create(2)), so that nobody has to look at the clock again and again.

use rustix::io::{Errno, read};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use std::io;
use std::os::fd::OwnedFd;
use tokio::sync::watch;

/// Counts the jumps from now on, by a thread that sleeps until there is one and lasts as long as the process.
///
/// # Errors
/// What the system says where it gives no such timer, or no thread.
pub(crate) fn follow() -> io::Result<watch::Receiver<u64>> {
    let timer = timerfd_create(TimerfdClockId::Realtime, TimerfdFlags::CLOEXEC)?;
    timerfd_settime(&timer, TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET, &NEVER)?;
    let (tell, told) = watch::channel(0);
    std::thread::Builder::new().name("clock".to_owned()).spawn(move || count(&timer, &tell))?;
    Ok(told)
}

/// Ends where the timer can be read no more; whoever listens hears of that by the end of the channel.
fn count(timer: &OwnedFd, tell: &watch::Sender<u64>) {
    while let Some(jumped) = heard(read(timer, &mut [0; size_of::<u64>()])) {
        if jumped {
            tell.send_modify(|jumps| *jumps += 1);
        }
    }
}

/// Whether the timer says that there was a jump; nothing where it says nothing any more. A timer that was cancelled
/// stays armed, and is cancelled by the next jump as well.
fn heard(read: Result<usize, Errno>) -> Option<bool> {
    match read {
        Err(Errno::CANCELED) => Some(true),
        Err(Errno::INTR) => Some(false),
        Ok(_) | Err(_) => None,
    }
}

/// In the year 2242: from then on the clock is looked at every minute.
const NEVER: Itimerspec = Itimerspec {
    it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
    it_value: Timespec { tv_sec: 1 << 33, tv_nsec: 0 },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancelled_timer_is_a_jump_and_one_that_cannot_be_read_ends_it() {
        for (read, expected) in [
            (Err(Errno::CANCELED), Some(true)),
            (Err(Errno::INTR), Some(false)),
            (Ok(8), None),
            (Err(Errno::BADF), None),
        ] {
            assert_eq!(heard(read), expected, "{read:?}");
        }
    }

    #[test]
    fn the_system_gives_such_a_timer() {
        let told = follow().unwrap();
        assert!(told.has_changed().is_ok(), "its thread waits");
    }
}
