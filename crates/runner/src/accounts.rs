//! What the configuration says of accounts, and the files that every process reads them from.

use account_options::{HomeAttr, IdAttrMap, IdRangeOption, PeopleAndGroups, WhoMayRegister};
use accounts::{AccountDomain, AccountSettings, FileStamp, FilesOnDisk, HomeFound, LocalFacts, Numbering};
use config::{DomainSettings, Settings};
use driver::AccountFiles;
use model::{DomainName, MayRegister, Upn};
use names::{HomeName, IdRange, Snapshot, VerdictOf};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The settings of accounts, with the map of users as it is now.
pub(crate) fn settings(settings: &Settings) -> AccountSettings {
    let domains = settings.domains.iter().flat_map(|domain| {
        let aliases = domain.options.domain_aliases.iter();
        [&domain.name].into_iter().chain(aliases).map(|name| account_domain(name, domain))
    });
    let offline = &settings.offline_breakglass;
    AccountSettings {
        domains: domains.collect(),
        short_names: settings.global.cn_name_mapping,
        numbering: match settings.global.id_attr_map {
            IdAttrMap::Name => Numbering::Name,
            IdAttrMap::Uuid => Numbering::ObjectId,
            IdAttrMap::Rfc2307 => Numbering::Directory,
        },
        local_groups: settings.global.local_groups.clone(),
        mapped_users: mapped_users(&settings.global.user_map_file),
        reauth_by_password: settings.global.reauth_by_password,
        sub_ids: Some(range(settings.global.subid_range)),
        offline: offline.enabled.then_some(offline.ttl),
        sudo_group: settings.global.local_sudo_group.clone(),
    }
}

fn account_domain(name: &DomainName, domain: &DomainSettings) -> AccountDomain {
    let options = &domain.options;
    let admitted = options.pam_allow_groups.clone();
    AccountDomain {
        name: name.clone(),
        range: range(options.idmap_range),
        home_prefix: options.home_prefix.clone(),
        home_name: match options.home_alias {
            HomeAttr::Spn => HomeName::Upn,
            HomeAttr::Cn => HomeName::ShortName,
            HomeAttr::Uuid => HomeName::ObjectId,
        },
        shell: options.shell.clone(),
        admitted: admitted.as_ref().map(|PeopleAndGroups { people, .. }| people.clone()),
        admitted_groups: admitted.map(|list| list.groups).unwrap_or_default(),
        sudo_people: options.sudo_groups.people.clone(),
        sudo_groups: options.sudo_groups.groups.clone(),
    }
}

fn range(option: IdRangeOption) -> IdRange {
    // What the option accepts is in order.
    IdRange::new(option.min(), option.max()).unwrap_or(IdRange::DEFAULT)
}

/// Who is whom, by a file that is root's alone to write; nobody where there is none.
fn mapped_users(path: &Path) -> Vec<(String, Upn)> {
    let text = names_file::text_of(0, path).unwrap_or_default();
    let read = |(user, person): (String, String)| Some((user, person.parse().ok()?));
    names::mapped_users(&text).into_iter().filter_map(read).collect()
}

/// Whether the sign-in of a person by a log-in service may register the machine: the service is root, the person need
/// not be.
pub(crate) fn may_register(option: &WhoMayRegister, person: &Upn) -> MayRegister {
    option.judge(false, |group| host::groups::has_member(person.as_str(), group))
}

/// Both files in their directory, and what /etc says.
pub(crate) struct Files {
    directory: PathBuf,
}

impl Files {
    pub(crate) fn new(directory: PathBuf) -> Files {
        Files { directory }
    }
}

impl AccountFiles for Files {
    fn local_facts(&self, home: Option<&str>) -> LocalFacts {
        let text = |path: &str| {
            let bytes = std::fs::read(path).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let mut sub_ids = names::sub_id_ranges(&text("/etc/subuid"));
        sub_ids.extend(names::sub_id_ranges(&text("/etc/subgid")));
        LocalFacts {
            users: names::local_entries(&text("/etc/passwd")),
            groups: names::local_entries(&text("/etc/group")),
            sub_ids,
            home: home.map(home_found).unwrap_or_default(),
        }
    }

    fn write(&self, names: &Snapshot, verdicts: &[VerdictOf]) -> io::Result<FilesOnDisk> {
        let names = names::encode(names).map_err(io::Error::other)?;
        let verdicts = names::encode_verdicts(verdicts);
        // Nobody is let in by a name whose verdict is not there yet.
        let verdicts = names_file::replace(&self.directory.join(VERDICTS), &verdicts, 0o600)?;
        let names = names_file::replace(&self.directory.join(NAMES), &names, 0o644)?;
        Ok(FilesOnDisk { names: stamp(names), verdicts: stamp(verdicts) })
    }

    fn on_disk(&self) -> Option<FilesOnDisk> {
        let found = |name| names_file::stamp(&self.directory.join(name)).map(stamp);
        Some(FilesOnDisk { names: found(NAMES)?, verdicts: found(VERDICTS)? })
    }
}

fn stamp(of: names_file::Stamp) -> FileStamp {
    FileStamp { device: of.device, inode: of.inode, size: of.size, modified: of.modified }
}

/// What is there, where a link leads to if it is one: whose a link itself is says nothing.
fn home_found(home: &str) -> HomeFound {
    match std::fs::metadata(home) {
        Ok(found) => HomeFound::OwnedBy(found.uid()),
        Err(_) if std::fs::symlink_metadata(home).is_ok() => HomeFound::BrokenLink,
        Err(_) => HomeFound::Nothing,
    }
}

pub(crate) const NAMES: &str = "names";
const VERDICTS: &str = "verdicts";

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{chown, symlink};

    #[test]
    fn files_are_ours_until_somebody_deletes_or_replaces_one() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path().to_owned());
        assert_eq!(files.on_disk(), None);
        let write = || files.write(&Snapshot::default(), &[]).unwrap();
        for name in [NAMES, VERDICTS] {
            let ours = write();
            assert_eq!(files.on_disk(), Some(ours));
            assert_ne!(write(), ours, "another file");
            let ours = write();
            let bytes = fs::read(folder.path().join(name)).unwrap();
            fs::remove_file(folder.path().join(name)).unwrap();
            assert_eq!(files.on_disk(), None, "{name}");
            fs::write(folder.path().join("other"), bytes).unwrap();
            fs::rename(folder.path().join("other"), folder.path().join(name)).unwrap();
            assert_ne!(files.on_disk(), Some(ours), "{name} is somebody else's");
        }
    }

    #[test]
    fn a_link_in_the_place_of_a_home_is_whose_it_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let found = |name: &str| home_found(&at(name).display().to_string());
        fs::create_dir(at("5c2fba5d")).unwrap();
        fs::create_dir(at("other")).unwrap();
        symlink("5c2fba5d", at("alex@contoso.com")).unwrap();
        symlink("other", at("adele@contoso.com")).unwrap();
        symlink("nowhere", at("sam@contoso.com")).unwrap();
        symlink("loop", at("loop")).unwrap();
        let mut others = rustix::process::geteuid().as_raw();
        let own = HomeFound::OwnedBy(others);
        // Only root gives a directory away.
        if chown(at("other"), Some(70_001), None).is_ok() {
            others = 70_001;
        }
        assert_eq!((found("5c2fba5d"), found("alex@contoso.com")), (own, own));
        assert_eq!(found("adele@contoso.com"), HomeFound::OwnedBy(others));
        assert_eq!((found("sam@contoso.com"), found("loop")), (HomeFound::BrokenLink, HomeFound::BrokenLink));
        assert_eq!(found("kim@contoso.com"), HomeFound::Nothing);
        // Whoever may not look sees nothing: a file system that is away is another case.
        assert_eq!(found("5c2fba5d/none/none"), HomeFound::Nothing);
        assert!(at("alex@contoso.com").is_symlink(), "it is kept");
    }
}
