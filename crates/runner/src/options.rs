use clap::Parser;
use config::Settings;
use ini::Sources;
use std::path::{Path, PathBuf};
use telemetry::Verbosity;

/// Gives this machine an identity in Microsoft Entra ID at the first sign-in, and keeps it.
#[derive(Debug, Parser)]
#[command(name = "firmamentd", version)]
pub(crate) struct Options {
    /// The configuration file (default: the himmelblau.conf of this machine).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the identity is kept.
    #[arg(long, value_name = "DIR", default_value = "/var/lib/firmament", value_parser = absolute)]
    pub(crate) state_dir: PathBuf,
    /// Where the files of names and verdicts are written, which every process reads.
    #[arg(long, value_name = "DIR", default_value = "/var/cache/firmament", value_parser = absolute)]
    pub(crate) cache_dir: PathBuf,
    /// Where to listen (default: the option socket_path, else /run/firmament/socket).
    #[arg(long, value_name = "SOCKET", value_parser = absolute)]
    socket: Option<PathBuf>,
    /// The program that opens TPM and PKCS#11 token (default: firmament-keys beside this program, else
    /// /usr/libexec/firmament/firmament-keys).
    #[arg(long, value_name = "FILE")]
    keys_program: Option<PathBuf>,
    /// Log every step.
    #[arg(long)]
    debug: bool,
    /// Read the configuration and what it names, say what is wrong with it, and change nothing.
    #[arg(long)]
    pub(crate) check: bool,
    /// Write what the configuration says into the file of names, for a daemon that has not run yet.
    #[arg(long, conflicts_with = "check")]
    pub(crate) write_names: bool,
}

impl Options {
    pub(crate) fn sources(&self) -> Sources {
        self.config.as_deref().map_or_else(Sources::system, Sources::file)
    }

    pub(crate) fn socket(&self, settings: &Settings) -> PathBuf {
        self.socket.clone().unwrap_or_else(|| settings.global.socket_path.clone())
    }

    /// What the command line or the option `debug` asks for.
    pub(crate) fn verbosity(&self, settings: &Settings) -> Verbosity {
        if self.debug || settings.global.debug { Verbosity::Debug } else { Verbosity::Normal }
    }

    /// The program for key stores: the one that is named, the one beside our own, or where packages put it.
    pub(crate) fn keys_program(&self) -> PathBuf {
        let beside = || {
            // After an upgrade this is the path of the new program, or of none; the directory is the same.
            let path = std::env::current_exe().ok()?.with_file_name(KEYS_PROGRAM);
            path.exists().then_some(path)
        };
        self.keys_program.clone().or_else(beside).unwrap_or_else(|| Path::new(LIBEXEC).join(KEYS_PROGRAM))
    }

    pub(crate) fn state_dir(&self) -> &Path {
        &self.state_dir
    }
}

/// A path from here on, wherever the service goes to.
fn absolute(text: &str) -> Result<PathBuf, String> {
    std::path::absolute(text).map_err(|error| error.to_string())
}

const KEYS_PROGRAM: &str = "firmament-keys";
const LIBEXEC: &str = "/usr/libexec/firmament";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_debug_and_the_flag_both_make_it_talk() {
        let dir = tempfile::tempdir().unwrap();
        for (text, flag, talks) in
            [("debug = true", None, true), ("debug = false", None, false), ("", Some("--debug"), true)]
        {
            let path = dir.path().join("himmelblau.conf");
            std::fs::write(&path, text).unwrap();
            let options = Options::try_parse_from(["firmamentd"].into_iter().chain(flag)).unwrap();
            let loaded = config::load(&Sources::file(&path)).unwrap();
            assert_eq!(options.verbosity(&loaded.settings) == Verbosity::Debug, talks, "{text} {flag:?}");
        }
    }

    #[test]
    fn a_path_that_is_named_is_seen_from_where_the_command_was_given() {
        let all = ["firmamentd", "--state-dir", "state", "--socket", "a/socket"];
        let options = Options::try_parse_from(all).unwrap();
        let here = std::env::current_dir().unwrap();
        assert_eq!(options.state_dir(), here.join("state"));
        assert_eq!(options.socket, Some(here.join("a/socket")));
        assert!(Options::try_parse_from(["firmamentd", "--state-dir", ""]).is_err());
    }

    #[test]
    fn the_program_for_key_stores_is_the_one_that_is_named_else_where_packages_put_it() {
        let of = |arguments: &[&str]| {
            let all = ["firmamentd"].into_iter().chain(arguments.iter().copied());
            Options::try_parse_from(all).unwrap().keys_program()
        };
        assert_eq!(of(&["--keys-program", "/opt/keys"]), Path::new("/opt/keys"));
        // Beside this test there is none.
        assert_eq!(of(&[]), Path::new("/usr/libexec/firmament/firmament-keys"));
    }
}
