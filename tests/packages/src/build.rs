use crate::said_by;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What packages are made with.
pub struct Workshop {
    /// The top of the workspace.
    pub root: PathBuf,
    /// The cargo to build with.
    pub cargo: OsString,
    /// cargo-deb.
    pub deb: PathBuf,
    /// What cargo is told so that `firmament-keys` has the TPM; nothing where its library is not here.
    pub tpm: &'static [&'static str],
}

/// One way to build what the packages hold.
pub struct Build {
    target: PathBuf,
    /// Where the packages go.
    pub(crate) packages: PathBuf,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Release,
    Tests,
}

impl Build {
    /// What people install, built in this directory; the paths of this machine are not in it.
    pub fn release(target: PathBuf) -> Build {
        Build { packages: target.join("debian"), target, kind: Kind::Release }
    }

    /// The programs that the tests run, packed fast.
    pub fn of_tests(target: PathBuf) -> Build {
        Build { packages: target.join("debian-tests"), target, kind: Kind::Tests }
    }

    /// Builds every program and library.
    pub(crate) fn programs(&self, shop: &Workshop) -> Result<(), String> {
        if self.kind == Kind::Release && shop.tpm.is_empty() {
            return Err("firmament-keys needs the library of a TPM: cargo xtask setup".to_owned());
        }
        let (programs, libraries) = CRATES.split_at(PROGRAMS);
        let programs: Vec<&str> = programs.iter().flat_map(|name| ["-p", name]).collect();
        self.cargo(shop, &[&["build"], programs.as_slice(), shop.tpm].concat())?;
        // Their crates are libraries for Rust too, for their tests; what is so is not optimised as a whole.
        libraries
            .iter()
            .try_for_each(|name| self.cargo(shop, &["rustc", "-p", name, "--lib", "--crate-type", "cdylib"]))
    }

    fn cargo(&self, shop: &Workshop, arguments: &[&str]) -> Result<(), String> {
        let mut build = Command::new(&shop.cargo);
        build.args(arguments).arg("--locked").current_dir(&shop.root);
        if self.kind == Kind::Release {
            let (rust, c) = (self.rust_flags(shop), self.c_flags(shop));
            build.args(["--profile", SMALL]).env("CARGO_ENCODED_RUSTFLAGS", rust).env("CFLAGS", c);
        }
        run(build.env("CARGO_TARGET_DIR", &self.target))
    }

    /// Packs what the manifest of a crate describes.
    pub(crate) fn pack(&self, shop: &Workshop, of: &str, name: &str) -> Result<PathBuf, String> {
        let to = self.packages.join(format!("{name}.deb"));
        let mut pack = Command::new(&shop.deb);
        pack.args(["deb", "--quiet", "--no-build", "--compress-system", "-p", of, "-o"]).arg(&to);
        match self.kind {
            Kind::Release => pack.args(["--profile", SMALL]),
            Kind::Tests => pack.args(["--profile", "dev", "--fast", "--strip"]),
        };
        pack.current_dir(&shop.root).env("CARGO_TARGET_DIR", &self.target);
        run(pack.env("SOURCE_DATE_EPOCH", committed(shop)?)).map(|()| to)
    }

    /// Where something that cargo made is.
    pub(crate) fn made(&self, name: &str) -> PathBuf {
        let profile = if self.kind == Kind::Release { SMALL } else { "debug" };
        self.target.join(profile).join(name)
    }

    /// Names that stand for the directories of this machine; of those that fit, the last counts.
    fn names(&self, shop: &Workshop) -> Vec<(String, &'static str)> {
        let own = || std::env::var("HOME").map(|home| format!("{home}/.cargo"));
        let home = std::env::var("CARGO_HOME").or_else(|_| own());
        let mut names: Vec<_> = home.into_iter().map(|home| (home, "/cargo")).collect();
        names.push((shop.root.display().to_string(), "/firmament"));
        names.push((self.target.display().to_string(), "/target"));
        names
    }

    fn rust_flags(&self, shop: &Workshop) -> String {
        let names = self.names(shop).into_iter();
        let flags = names.map(|(from, to)| format!("--remap-path-prefix={from}={to}"));
        flags.chain(LINKED.map(str::to_owned)).collect::<Vec<_>>().join("\x1f")
    }

    fn c_flags(&self, shop: &Workshop) -> String {
        let names = self.names(shop).into_iter();
        let flags = names.map(|(from, to)| format!("-ffile-prefix-map={from}={to}"));
        flags.chain(C_LEFT_OUT.map(str::to_owned)).collect::<Vec<_>>().join(" ")
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}")) }
}

/// When the commit was made that is built, in seconds since 1970: the time of every file in a package.
fn committed(shop: &Workshop) -> Result<String, String> {
    said_by(Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(Path::new(&shop.root)))
}

/// The profile of Cargo.toml for what people install.
const SMALL: &str = "small";
/// What is packed.
pub(crate) const CRATES: [&str; 5] = ["runner", "aad-tool", "firmament-keys", "pam", "nss"];
/// How many of them are programs; the others are libraries that C programs load.
const PROGRAMS: usize = 3;
/// An address that the loader fills in takes a bit in the place of 24 bytes; glibc 2.36 and newer reads that.
const LINKED: [&str; 2] = ["-C", "link-arg=-Wl,-z,pack-relative-relocs"];
/// The C library of TLS has AES a second time for processors with AVX-512: a twelfth of the daemon.
/// No panic goes through C, so nobody reads how to unwind it.
const C_LEFT_OUT: [&str; 2] = ["-DMY_ASSEMBLER_IS_TOO_OLD_FOR_512AVX", "-fno-asynchronous-unwind-tables"];
