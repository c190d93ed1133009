//! sled 0.34 on a thread of its own: the same records once more, written behind the commits.
//!
//! sled does not always reopen after a kill, opens a damaged log as an empty one, and panics where the disk refuses
//! a sync, in its destructor too. So it is never waited for, its panics end here, and a database that failed is
//! left and not dropped.

use crate::content::{Content, Reading, Stored, Writes};
use crate::packs::Packs;
use rustix::thread::set_current_timer_slack;
use slots::{Cipher, of_log};
use std::fs::{self, File, TryLockError};
use std::io;
use std::mem::ManuallyDrop;
use std::num::NonZeroU64;
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

/// Why there is no database.
#[derive(Debug)]
pub(crate) enum Fault {
    /// What is there is not what sled wrote.
    Damaged(String),
    /// The disk or the system refuses; that says nothing of what is there.
    Unusable(String),
}

/// The way to the database; dropping it waits until everything is written, but not for ever.
pub(crate) struct Mirror {
    orders: Option<SyncSender<Order>>,
    ended: Receiver<()>,
}

/// A channel of this many places takes the room for all of them from its beginning.
type Order = Box<Writes>;

struct Database {
    db: ManuallyDrop<sled::Db>,
    /// Our own descriptor of sled's log, because sled's flush is no barrier against a power cut.
    log: File,
    cipher: Cipher,
    packs: Packs,
    /// Bytes of the log's records beside the packs.
    loose: u64,
}

impl Mirror {
    /// Whether somebody holds sled's own lock: a child of its last owner until its exec, or a tool.
    pub(crate) fn is_held(dir: &Path) -> bool {
        let log = File::open(dir.join("db"));
        log.is_ok_and(|log| matches!(log.try_lock(), Err(TryLockError::WouldBlock)))
    }

    /// Opens the database, which is made where it is not there, and reads it.
    pub(crate) fn open(dir: &Path, cipher: Cipher) -> Result<(Mirror, Content), Fault> {
        let (orders, todo) = sync_channel(MOST_WAITING);
        let (say, ended) = channel();
        let (answer, opened) = channel();
        let dir: PathBuf = dir.to_owned();
        let run = move || {
            // Before sled starts its threads, which have of their starter how late they may be woken.
            wake_late();
            match unharmed(|| Database::open(&dir, cipher)) {
                Ok((database, content)) => {
                    // Nobody waits for more than one answer.
                    drop(answer.send(Ok(content)));
                    database.serve(&todo);
                }
                Err(fault) => drop(answer.send(Err(fault))),
            }
            // Whoever waited may have gone.
            let _ = say.send(());
        };
        thread::Builder::new()
            .name("sled".to_owned())
            .spawn(run)
            .map_err(|error| Fault::Unusable(error.to_string()))?;
        let content =
            opened.recv_timeout(OPENING).map_err(|_| Fault::Unusable("it does not open".to_owned()))??;
        Ok((Mirror { orders: Some(orders), ended }, content))
    }

    /// Hands over what a commit changed; a database that does not keep up is left until the next start.
    pub(crate) fn write(&mut self, writes: Writes) {
        if let Some(orders) = &self.orders
            && orders.try_send(Box::new(writes)).is_err()
        {
            self.orders = None;
        }
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        self.orders = None;
        if let Err(RecvTimeoutError::Timeout) = self.ended.recv_timeout(CLOSING) {
            tracing::warn!("sled does not end and is left");
        }
    }
}

impl Database {
    fn open(dir: &Path, cipher: Cipher) -> Result<(Database, Content), Fault> {
        fs::create_dir_all(dir).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Fault::Damaged("it is no directory".to_owned()),
            _ => unusable(error),
        })?;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(unusable)?;
        keep_half_snapshots(dir).map_err(unusable)?;
        let config = sled::Config::new().path(dir).mode(sled::Mode::LowSpace);
        let db = config.cache_capacity(1 << 20).flush_every_ms(None).open().map_err(fault)?;
        let log = File::open(dir.join("db")).map_err(unusable)?;
        let mut database =
            Database { db: ManuallyDrop::new(db), log, cipher, packs: Packs::default(), loose: 0 };
        let content = database.read()?;
        (database.packs, database.loose) = (content.packs.clone(), content.loose_bytes);
        Ok((database, content))
    }

    fn read(&self) -> Result<Content, Fault> {
        let mut reading = Reading::default();
        for item in self.db.iter() {
            let (key, value) = item.map_err(fault)?;
            reading.take((&key, &value), &self.cipher).ok_or_else(damaged)?;
        }
        Ok(reading.finish())
    }

    /// Writes what comes until nothing comes any more, as one where several wait.
    fn serve(mut self, todo: &Receiver<Order>) {
        while let Ok(mut writes) = todo.recv() {
            while writes.loose() < AT_ONCE
                && let Ok(later) = todo.try_recv()
            {
                writes.add(*later);
            }
            if let Err(Fault::Damaged(why) | Fault::Unusable(why)) = unharmed(|| self.write(&writes)) {
                tracing::warn!(why, "sled cannot be written; slots and log go on alone");
                return;
            }
        }
        let Database { db, .. } = self;
        let close = || {
            drop(ManuallyDrop::into_inner(db));
            Ok(())
        };
        if unharmed(close).is_err() {
            tracing::warn!("sled did not close");
        }
    }

    fn write(&mut self, writes: &Writes) -> Result<(), Fault> {
        self.apply(writes.sealed(&self.cipher, &self.packs).map_err(unusable)?)?;
        self.loose += writes.loose();
        if self.packs.are_due(self.loose) { self.pack(writes.sequence) } else { Ok(()) }
    }

    /// Puts what lies beside the packs into them.
    fn pack(&mut self, sequence: u64) -> Result<(), Fault> {
        let Content { records, mut packs, loose, .. } = self.read()?;
        let writes = packs.renew(&loose, &of_log(&records), (sequence, &self.cipher)).map_err(unusable)?;
        for values in writes {
            let stored = |value: Option<Vec<u8>>| value.map_or(Stored::Gone, Stored::There);
            self.apply(values.into_iter().map(|(key, value)| (key, stored(value))).collect())?;
        }
        for over in loose.chunks(GO_TOGETHER) {
            self.apply(over.iter().map(|key| (key.clone(), Stored::Gone)).collect())?;
        }
        (self.packs, self.loose) = (packs, 0);
        Ok(())
    }

    /// Durable when it returns.
    fn apply(&self, values: Vec<(Vec<u8>, Stored)>) -> Result<(), Fault> {
        let mut batch = sled::Batch::default();
        for (key, value) in values {
            match value {
                Stored::There(bytes) => batch.insert(key, bytes),
                Stored::Gone => batch.remove(key),
            }
        }
        self.db.apply_batch(batch).map_err(fault)?;
        self.db.flush().map_err(fault)?;
        self.log.sync_data().map_err(unusable)
    }
}

/// Lets this thread, and all that it starts, be woken late by their timers, and as ever by others. The seven threads of
/// sled's pool wait for work with a timeout of a second, after which they wait again.
fn wake_late() {
    // Where the kernel refuses it, they are woken once a second each.
    let _ = set_current_timer_slack(NonZeroU64::new(LATE));
}

/// What sled does, with its panics as faults.
fn unharmed<T>(act: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|_| Err(Fault::Unusable("sled crashed".to_owned())))
}

fn damaged() -> Fault {
    Fault::Damaged("a record in it is damaged".to_owned())
}

fn unusable(error: io::Error) -> Fault {
    Fault::Unusable(error.to_string())
}

/// Only what sled says of its bytes is damage: a disk that refuses says nothing of them.
fn fault(error: sled::Error) -> Fault {
    match error {
        sled::Error::Io(cause) => match cause.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput => {
                Fault::Damaged(cause.to_string())
            }
            _ => Fault::Unusable(cause.to_string()),
        },
        other => Fault::Damaged(other.to_string()),
    }
}

/// A snapshot that was being written at a kill is what keeps sled from opening (spacejam/sled#1527).
fn keep_half_snapshots(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "generating") {
            fs::rename(&path, path.with_extension("broken"))?;
        }
    }
    Ok(())
}

/// Bytes of the log's records that are written at once: what lies beside the packs is to be short.
const AT_ONCE: u64 = 64 * 1024;
/// Records beside the packs that are taken away at once.
const GO_TOGETHER: usize = 256;
/// Commits that may wait for the database.
const MOST_WAITING: usize = 1024;
const OPENING: Duration = Duration::from_secs(20);
/// An hour, in nanoseconds.
const LATE: u64 = 3600 * 1_000_000_000;
const CLOSING: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_refuses_is_no_damage() {
        let io = |kind: io::ErrorKind| sled::Error::Io(kind.into());
        for kind in [
            io::ErrorKind::StorageFull,
            io::ErrorKind::ReadOnlyFilesystem,
            io::ErrorKind::PermissionDenied,
            io::ErrorKind::QuotaExceeded,
            io::ErrorKind::Other,
        ] {
            assert!(matches!(fault(io(kind)), Fault::Unusable(_)), "{kind}");
        }
        for error in [
            io(io::ErrorKind::InvalidData),
            io(io::ErrorKind::UnexpectedEof),
            sled::Error::Corruption { at: None, bt: () },
            sled::Error::Unsupported("version".to_owned()),
        ] {
            assert!(matches!(fault(error), Fault::Damaged(_)));
        }
    }

    #[test]
    fn threads_of_the_thread_that_opens_sled_may_be_woken_late_and_no_others() {
        // What prctl(2) gives is cut to four seconds.
        let slack = || {
            let thread = rustix::thread::gettid().as_raw_nonzero();
            let text = fs::read_to_string(format!("/proc/{thread}/timerslack_ns")).unwrap();
            text.trim().parse::<u64>().unwrap()
        };
        let before = slack();
        let inherited = thread::spawn(move || {
            wake_late();
            thread::spawn(slack).join().unwrap()
        });
        assert_eq!(inherited.join().unwrap(), LATE);
        assert_eq!(slack(), before);
    }

    #[test]
    fn a_panic_of_sled_ends_where_sled_is() {
        let fault = unharmed(|| -> Result<(), Fault> { panic!("on purpose") });
        assert!(matches!(fault, Err(Fault::Unusable(why)) if why == "sled crashed"));
    }
}
