//! What keeps the memory of this process from others and from the disk.

use rustix::io;
use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior};
use rustix::thread::{CapabilitySet, capabilities};

/// Why memory may be swapped out.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotLocked {
    /// Locking all of it under a limit would let an allocation fail later.
    #[error("the limit of locked memory is {0} bytes: set LimitMEMLOCK=infinity")]
    Limited(u64),
    /// The kernel refused.
    #[error("the kernel refuses to lock memory: {0}")]
    Refused(#[from] io::Errno),
}

/// Lets nobody but root attach to the process, and no core of it be written.
///
/// # Errors
/// What the kernel says.
pub fn forbid_dumps() -> io::Result<()> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
}

/// Keeps every page that is used, now and later, out of swap.
///
/// # Errors
/// [`NotLocked`]; nothing is locked then.
pub fn lock() -> Result<(), NotLocked> {
    let capable = capabilities(None)?.effective.contains(CapabilitySet::IPC_LOCK);
    may_lock(capable, getrlimit(Resource::Memlock))?;
    // As pages are used: stacks and arenas are far larger than what is used of them.
    Ok(mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT)?)
}

/// The limit does not count for whoever has the capability (mlock(2)).
fn may_lock(capable: bool, limit: Rlimit) -> Result<(), NotLocked> {
    match limit.current {
        Some(bytes) if !capable => Err(NotLocked::Limited(bytes)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::dumpable_behavior;

    #[test]
    fn no_core_is_written_of_a_process_that_forbids_it() {
        forbid_dumps().unwrap();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }

    #[test]
    fn memory_is_locked_only_where_no_limit_can_make_an_allocation_fail() {
        for (capable, current, expected) in [
            (false, None, Ok(())),
            (false, Some(64 << 20), Err(NotLocked::Limited(64 << 20))),
            (false, Some(0), Err(NotLocked::Limited(0))),
            (true, Some(0), Ok(())),
            (true, None, Ok(())),
        ] {
            assert_eq!(may_lock(capable, Rlimit { current, maximum: None }), expected);
        }
    }
}
