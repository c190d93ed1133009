//! A disk in memory that loses power, and fails when it is told to.

use slots::Medium;
use std::io;
use std::sync::{Arc, Mutex};

/// A file: what is durable, and what was written since the last sync.
#[derive(Clone)]
pub(super) struct Disk(Arc<Mutex<State>>, Power);

#[derive(Default, Clone)]
struct State {
    durable: Vec<u8>,
    waiting: Vec<(u64, Vec<u8>)>,
}

/// What several files of one disk share.
#[derive(Default, Clone)]
pub(super) struct Power(Arc<Mutex<Calls>>);

/// Calls that change a file, and the one of them from which on they fail.
#[derive(Default)]
struct Calls {
    done: u64,
    fails_at: Option<u64>,
    full: bool,
    written: u64,
}

impl Power {
    pub(super) fn fails_at(&self, call: Option<u64>) {
        let mut calls = self.0.lock().unwrap();
        (calls.done, calls.fails_at) = (0, call);
    }

    pub(super) fn fills_up(&self) {
        self.0.lock().unwrap().full = true;
    }

    /// Bytes of every write.
    pub(super) fn written(&self) -> u64 {
        self.0.lock().unwrap().written
    }

    fn call(&self) -> io::Result<()> {
        let mut calls = self.0.lock().unwrap();
        calls.done += 1;
        match calls.fails_at {
            Some(call) if calls.done >= call => Err(io::Error::other("the disk fails")),
            _ => Ok(()),
        }
    }
}

impl Disk {
    pub(super) fn new(begin: &[u8], length: u64, power: &Power) -> Disk {
        let mut durable = begin.to_vec();
        durable.resize(length as usize, 0);
        Disk(Arc::new(Mutex::new(State { durable, ..State::default() })), power.clone())
    }

    /// What a power cut leaves: of each write that was not synced, so many of its first bytes.
    pub(super) fn after_cut(&self, power: &Power, mut keep: impl FnMut(usize) -> usize) -> Disk {
        let State { mut durable, waiting } = self.0.lock().unwrap().clone();
        for (at, bytes) in waiting {
            let kept = keep(bytes.len()).min(bytes.len());
            durable[at as usize..at as usize + kept].copy_from_slice(&bytes[..kept]);
        }
        Disk(Arc::new(Mutex::new(State { durable, waiting: Vec::new() })), power.clone())
    }

    fn change<T>(&self, act: impl FnOnce(&mut State) -> T) -> io::Result<T> {
        self.1.call()?;
        Ok(act(&mut self.0.lock().unwrap()))
    }
}

impl Medium for Disk {
    fn length(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().durable.len() as u64)
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let state = self.0.lock().unwrap();
        let mut seen = state.durable.clone();
        for (at, bytes) in &state.waiting {
            seen[*at as usize..*at as usize + bytes.len()].copy_from_slice(bytes);
        }
        let from = seen.get(at as usize..at as usize + into.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        into.copy_from_slice(from);
        Ok(())
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.change(|state| state.waiting.push((at, bytes.to_vec())))?;
        self.1.0.lock().unwrap().written += bytes.len() as u64;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.change(|state| {
            for (at, bytes) in std::mem::take(&mut state.waiting) {
                state.durable[at as usize..at as usize + bytes.len()].copy_from_slice(&bytes);
            }
        })
    }

    fn extend(&mut self, to: u64) -> io::Result<()> {
        if self.1.0.lock().unwrap().full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.change(|state| state.durable.resize(to as usize, 0))
    }

    fn check(&self) -> io::Result<()> {
        Ok(())
    }

    fn publish(&mut self) -> io::Result<()> {
        Ok(())
    }
}
