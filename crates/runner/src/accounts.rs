//! What the configuration says of accounts, and the files that every process reads them from.

use account_options::{HomeAttr, IdAttrMap, IdRangeOption, PeopleAndGroups};
use accounts::{AccountDomain, AccountSettings, LocalFacts, Numbering};
use config::{DomainSettings, Settings};
use driver::AccountFiles;
use model::{DomainName, MayRegister, Upn, WhoMayRegister};
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
            home_owner: home.and_then(|home| std::fs::metadata(home).ok()).map(|found| found.uid()),
        }
    }

    fn write(&self, names: &Snapshot, verdicts: &[VerdictOf]) -> io::Result<()> {
        let names = names::encode(names).map_err(io::Error::other)?;
        // Nobody is let in by a name whose verdict is not there yet.
        names_file::replace(&self.directory.join(VERDICTS), &names::encode_verdicts(verdicts), 0o600)?;
        names_file::replace(&self.directory.join(NAMES), &names, 0o644)
    }
}

pub(crate) const NAMES: &str = "names";
const VERDICTS: &str = "verdicts";
