//! `firmament-keys`: opens one TPM or PKCS#11 token for firmamentd, which starts it and asks it over its standard
//! input. Whatever a foreign library does to its process, it does to this one.

mod stores;

use host::memory;
use rustix::fs::Mode;
use rustix::net::{AddressFamily, sockopt};
use rustix::process::umask;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::alloc::System;
use std::error::Error;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::Arc;
use zeroizing_alloc::ZeroAlloc;

/// Wipes whatever is freed in Rust; what a foreign library frees is its own.
#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("firmament-keys: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    // A core, a debugger or the swap would show the PIN.
    memory::forbid_dumps()?;
    // Where that cannot be, the daemon has said so: its limits are ours.
    let _ = memory::lock();
    umask(Mode::from_raw_mode(0o077));
    // It ends at the end of its stream: ended in the middle of a job it could leave a token without its files.
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        signal_hook::flag::register(signal, Arc::default())?;
    }
    let input = std::io::stdin().as_fd().try_clone_to_owned()?;
    if sockopt::socket_domain(&input) != Ok(AddressFamily::UNIX) {
        return Err("firmamentd starts this program; there is nothing to do with it by hand".into());
    }
    hsm_process::serve(&UnixStream::from(input), stores::open)?;
    Ok(())
}
