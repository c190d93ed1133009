//! `firmamentd --write-names`: the file of names with what the configuration says now, for a machine whose daemon has
//! not run yet (login.md 3.3). It opens no key and asks no network.

use crate::accounts::{self, NAMES};
use crate::manners::{self, LANGUAGE};
use crate::options::Options;
use config::Checked;
use names::{Names, Snapshot};
use rustix::fs::{Mode, chown, mkdir};
use rustix::io::Errno;
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// Writes the file and says so.
pub(crate) fn run(options: &Options) -> ExitCode {
    let Checked { loaded, errors } = config::check(&options.sources());
    for error in &errors {
        eprintln!("error: {}", model::for_terminal(&error.to_string()));
    }
    if !errors.is_empty() {
        eprintln!("the file of names stays as it is: set right what is wrong, then run it again");
        return ExitCode::FAILURE;
    }
    let parameters = accounts::settings(&loaded.settings).parameters();
    let path = options.cache_dir.join(NAMES);
    let spoken = manners::of(&loaded.settings, Path::new("/")).spoken;
    match write(&path, |before| Snapshot { parameters: parameters.clone(), ..before }) {
        Ok(accounts) => {
            if let Err(error) = manners::write(&options.cache_dir, spoken) {
                let language = options.cache_dir.join(LANGUAGE);
                eprintln!("error: {} cannot be written: {error}", language.display());
                return ExitCode::FAILURE;
            }
            println!("{} is written, with {accounts} accounts", path.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            let directory = options.cache_dir.display();
            eprintln!("error: {} cannot be written: {error}", path.display());
            eprintln!(
                "Run it as root, and see that {directory} is a directory that only root or firmamentd may write"
            );
            ExitCode::FAILURE
        }
    }
}

/// Replaces the file by what becomes of it; how many accounts it has. One that cannot be read is taken for an empty one:
/// the daemon writes everybody again when it starts.
fn write(path: &Path, change: impl Fn(Snapshot) -> Snapshot) -> io::Result<usize> {
    let directory = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    match mkdir(directory, Mode::from_raw_mode(0o755)) {
        Ok(()) => give_to_service(directory)?,
        Err(Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let read = |names: Names<_>| {
        let (accounts, groups) = (names.accounts()?, names.groups()?);
        Ok(Snapshot { accounts, groups, ..Snapshot::default() })
    };
    let mut accounts = 0;
    // The daemon may write an account at this moment.
    names_file::update(path, 0o644, |at| {
        let after = change(names_file::names(0, at).and_then(read).unwrap_or_default());
        accounts = after.accounts.len();
        names::encode(&after).map_err(io::Error::other)
    })?;
    Ok(accounts)
}

/// The directory is the service's, where its user is there already.
fn give_to_service(directory: &Path) -> io::Result<()> {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let service = names::local_entries(&users).into_iter().find(|user| user.name == SERVICE_USER);
    match service.filter(|_| rustix::process::geteuid().is_root()) {
        Some(user) => Ok(chown(directory, Some(rustix::fs::Uid::from_raw(user.id)), None)?),
        None => Ok(()),
    }
}

const SERVICE_USER: &str = "firmament";

#[cfg(test)]
mod tests {
    use super::*;
    use ::names::{Account, Domain, HomeName, IdRange, Parameters};

    fn account() -> Account {
        Account {
            name: "alex@contoso.com".to_owned(),
            aliases: Vec::new(),
            uid: 700_000,
            gid: 700_000,
            gecos: String::new(),
            home: "/home/alex".to_owned(),
            shell: "/bin/sh".to_owned(),
            groups: Vec::new(),
            local_groups: Vec::new(),
        }
    }

    #[test]
    fn accounts_stay_and_a_file_that_cannot_be_read_gives_way() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cache/names");
        let domain = Domain {
            name: "contoso.com".to_owned(),
            range: Some(IdRange::DEFAULT),
            home_prefix: "/home/".to_owned(),
            home_name: HomeName::Upn,
            shell: "/bin/sh".to_owned(),
            allowed: None,
        };
        let parameters = Parameters { domains: vec![domain], short_names: true };
        let everybody = |before: Snapshot| Snapshot { accounts: vec![account()], ..before };
        assert_eq!(write(&path, everybody).unwrap(), 1);
        let configured = |before: Snapshot| Snapshot { parameters: parameters.clone(), ..before };
        assert_eq!(write(&path, configured).unwrap(), 1);
        let own = rustix::process::geteuid().as_raw();
        let names = names_file::names(own, &path).unwrap();
        assert_eq!(names.parameters().unwrap(), parameters);
        assert_eq!(names.account_by_uid(700_000).unwrap(), Some(account()));
        std::fs::write(&path, b"no names").unwrap();
        assert_eq!(write(&path, configured).unwrap(), 0);
        assert!(write(&dir.path().join("no/where/names"), configured).is_err());
    }
}
