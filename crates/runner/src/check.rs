//! `firmamentd --check`: all that would keep the daemon from starting, and all that an operator should know; nothing is
//! changed, nothing is sent, and no key store is opened.

use crate::chain;
use crate::network::Network;
use crate::opening;
use crate::options::Options;
use config::{Checked, Settings};
use files::{Dir, FileError, Trust};
use host::auth;
use std::path::Path;
use std::process::ExitCode;

/// What was found, in whole sentences.
#[derive(Debug, Default, PartialEq, Eq)]
struct Findings {
    errors: Vec<String>,
    notices: Vec<String>,
    /// What is in force.
    facts: Vec<String>,
}

/// Prints what it finds: errors to standard error, the rest to standard output.
pub(crate) fn run(options: &Options) -> ExitCode {
    let Findings { errors, notices, facts } = find(options);
    for error in &errors {
        eprintln!("error: {}", model::for_terminal(error));
    }
    for line in notices.iter().map(|notice| format!("notice: {notice}")).chain(facts) {
        println!("{}", model::for_terminal(&line));
    }
    let verdict = if errors.is_empty() { "it can start" } else { "it cannot start" };
    println!("{verdict}: {}, {}", counted(errors.len(), "error"), counted(notices.len(), "notice"));
    if errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn find(options: &Options) -> Findings {
    let Checked { loaded, errors } = config::check(&options.sources());
    let mut found = Findings::default();
    found.errors.extend(errors.iter().map(ToString::to_string));
    found.notices.extend(loaded.notes.iter().map(ToString::to_string));
    let settings = &loaded.settings;
    match Network::of(settings) {
        Ok(network) => {
            found.notices.extend(network.notices);
            found.facts.push(format!("proxy: {}", network.proxy_shown));
        }
        Err(error) => found.errors.push(chain(error.as_ref())),
    }
    found.errors.extend(auth_value(settings));
    if settings.pkcs11.is_some() {
        let pin =
            auth::load_pin(opening::credentials().as_deref(), settings.global.pkcs11_pin_path.as_deref());
        found.errors.extend(pin.err().map(|error| error.to_string()));
    }
    if errors.is_empty() && settings.domains.is_empty() {
        found.notices.push(crate::NO_DOMAIN.to_owned());
    }
    found.state_dir(options.state_dir());
    found.facts.push(format!("socket: {}", options.socket(settings).display()));
    found
        .facts
        .push(format!("serves: {}", crate::served(settings).unwrap_or_else(|| "no domain".to_owned())));
    found
}

impl Findings {
    fn state_dir(&mut self, path: &Path) {
        match Dir::open(path, &Trust::current()) {
            Ok(_) => self.facts.push(format!("state directory: {}", path.display())),
            Err(error) if error.is_not_found() => {
                let text = format!("state directory: {}, which the first start makes", path.display());
                self.facts.push(text);
            }
            Err(error) => self.errors.push(error.to_string()),
        }
    }
}

/// Why the auth value cannot be used; one that is not there yet is made at the first start.
fn auth_value(settings: &Settings) -> Option<String> {
    let credential = opening::credentials().map(|dir| dir.join(layout::auth_value::CREDENTIAL));
    let opened = match credential.filter(|path| path.exists()) {
        Some(path) => files::read_public(&path, &Trust::current()).map(drop),
        None => files::open_private(&settings.global.hsm_pin_path, &Trust::current()).map(drop),
    };
    opened.err().filter(|error: &FileError| !error.is_not_found()).map(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn checked(dir: &Path, text: &str) -> Findings {
        let conf = dir.join("h.conf");
        fs::write(&conf, format!("{text}[global]\nhsm_pin_path = {}/hsm-pin\n", dir.display())).unwrap();
        let state = dir.join("state");
        let arguments = [
            "firmamentd",
            "--check",
            "--config",
            conf.to_str().unwrap(),
            "--state-dir",
            state.to_str().unwrap(),
        ];
        find(&Options::try_parse_from(arguments).unwrap())
    }

    #[test]
    fn the_example_of_the_package_is_fine() {
        let dir = tempfile::tempdir().unwrap();
        let found = checked(dir.path(), include_str!("../debian/himmelblau.conf"));
        assert!(found.errors.is_empty() && found.notices.is_empty(), "{found:?}");
    }

    #[test]
    fn everything_is_found_at_once_and_nothing_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let text = "[global]\ndomain = a@b.c\njoin_type = x\nca_file = /nowhere/ca.pem\naply_policy = 1\n";
        let found = checked(dir.path(), text);
        assert_eq!((found.errors.len(), found.notices.len()), (3, 1), "{found:?}");
        assert!(
            found.errors[0].contains(":2: domain") && found.errors[1].contains(":3: join_type"),
            "{found:?}"
        );
        assert!(found.errors[2].starts_with("ca_file /nowhere/ca.pem: "), "{found:?}");
        assert!(!dir.path().join("state").exists() && !dir.path().join("hsm-pin").exists());
        assert!(
            found.facts.iter().any(|fact| fact.ends_with("state, which the first start makes")),
            "{found:?}"
        );
    }

    #[test]
    fn a_secret_or_a_state_directory_of_somebody_else_s_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let fine = checked(dir.path(), "[contoso.com]\n");
        assert!(fine.errors.is_empty() && fine.facts.contains(&"serves: contoso.com".to_owned()), "{fine:?}");
        fs::write(dir.path().join("hsm-pin"), "0123456789abcdef0123456789abcdef").unwrap();
        fs::set_permissions(dir.path().join("hsm-pin"), fs::Permissions::from_mode(0o644)).unwrap();
        fs::create_dir(dir.path().join("state")).unwrap();
        fs::set_permissions(dir.path().join("state"), fs::Permissions::from_mode(0o777)).unwrap();
        let found = checked(dir.path(), "");
        assert_eq!(found.errors.len(), 2, "{found:?}");
        assert!(found.errors[0].contains("hsm-pin can be read by others"), "{found:?}");
        assert!(found.errors[1].contains("state can be written by others"), "{found:?}");
        assert!(found.facts.contains(&"serves: no domain".to_owned()), "{found:?}");
    }
}
