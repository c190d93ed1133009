use model::{DirectoryGroup, DomainName, ObjectId, Upn};
use names::{Domain, HomeName, IdRange, Parameters};
use std::time::Duration;

/// What the configuration says of the accounts of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountSettings {
    /// The domains whose people have accounts here, aliases too, the first one first.
    pub domains: Vec<AccountDomain>,
    /// Whether people of the first domain are called by what stands before the `@` (`cn_name_mapping`).
    pub short_names: bool,
    /// What numbers are computed from (`id_attr_map`).
    pub numbering: Numbering,
    /// Groups of /etc/group that everybody is in (`local_groups`).
    pub local_groups: Vec<String>,
    /// Users of /etc/passwd, and whose password each of them signs in with (`user_map_file`).
    pub mapped_users: Vec<(String, Upn)>,
    /// Whether the password alone is enough for somebody whose session here is alive, where no code can be shown
    /// (`reauth_by_password`).
    pub reauth_by_password: bool,
    /// Numbers that are kept free for subordinate ids (`subid_range`); nobody gets one of them.
    pub sub_ids: Option<IdRange>,
    /// How long after a sign-in with the network this machine checks the password by itself while there is none
    /// (`[offline_breakglass]`); nothing is kept of passwords where there is no such time.
    pub offline: Option<Duration>,
    /// The group of /etc/group that those are in whom `sudo_groups` names (`local_sudo_group`).
    pub sudo_group: String,
}

/// What numbers of people are computed from (`id_attr_map`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Numbering {
    /// The name that they sign in with.
    #[default]
    Name,
    /// The id of their object, which only a sign-in tells.
    ObjectId,
    /// What the directory has of them, which is not read: whoever has no account yet gets none.
    Directory,
}

/// What the configuration says of the accounts of one domain's people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountDomain {
    /// The domain, or an alias of one.
    pub name: DomainName,
    /// The numbers of its people and groups (`idmap_range`).
    pub range: IdRange,
    /// What stands before the last part of a home directory (`home_prefix`).
    pub home_prefix: String,
    /// That last part (`home_alias`).
    pub home_name: HomeName,
    /// The shell of its people.
    pub shell: String,
    /// The people who may sign in; everybody where neither these nor `admitted_groups` are named.
    pub admitted: Option<Vec<Upn>>,
    /// Groups of the directory whose members may sign in too.
    pub admitted_groups: Vec<ObjectId>,
    /// People whom `sudo_groups` names.
    pub sudo_people: Vec<Upn>,
    /// Groups of the directory whose members `sudo_groups` means.
    pub sudo_groups: Vec<ObjectId>,
}

impl AccountDomain {
    /// Whether the configuration lets somebody in who is in these groups.
    pub(crate) fn admits(&self, name: &Upn, groups: &[DirectoryGroup]) -> bool {
        let in_group = || groups.iter().any(|group| self.admitted_groups.contains(&group.object));
        match &self.admitted {
            Some(people) => people.contains(name) || in_group(),
            None => self.admitted_groups.is_empty() || in_group(),
        }
    }

    /// Everybody who may sign in, where names alone decide.
    fn allowed_by_name(&self) -> Option<Vec<String>> {
        let people = self.admitted.as_ref().filter(|_| self.admitted_groups.is_empty())?;
        Some(people.iter().map(Upn::to_string).collect())
    }
}

impl AccountSettings {
    /// What is configured for a domain or an alias.
    pub fn domain(&self, name: &DomainName) -> Option<&AccountDomain> {
        self.domains.iter().find(|domain| domain.name == *name)
    }

    /// Those of somebody's groups that the configuration names for their domain; of others nothing is kept.
    pub fn of_interest(&self, domain: &DomainName, mut groups: Vec<DirectoryGroup>) -> Vec<DirectoryGroup> {
        let domain = self.domain(domain);
        let is_named = |group: &ObjectId| {
            domain.is_some_and(|it| it.admitted_groups.contains(group) || it.sudo_groups.contains(group))
        };
        groups.retain(|group| is_named(&group.object));
        groups
    }

    /// The first and the last of the subordinate ids that are kept free for a person; nothing writes them to
    /// /etc/subuid yet.
    pub fn sub_ids_of(&self, upn: &Upn) -> Option<(u32, u32)> {
        let first = names::sub_ids(self.sub_ids?, upn.as_str())?;
        Some((first, first.checked_add(names::SUB_IDS - 1)?))
    }

    /// Whether the domain is the one whose people have short names.
    pub(crate) fn is_first(&self, name: &DomainName) -> bool {
        self.domains.first().is_some_and(|domain| domain.name == *name)
    }

    /// What every process may know of people who have not signed in yet.
    pub fn parameters(&self) -> Parameters {
        let domain = |domain: &AccountDomain| Domain {
            name: domain.name.to_string(),
            range: (self.numbering == Numbering::Name).then_some(domain.range),
            home_prefix: domain.home_prefix.clone(),
            home_name: domain.home_name,
            shell: domain.shell.clone(),
            allowed: domain.allowed_by_name(),
        };
        Parameters { domains: self.domains.iter().map(domain).collect(), short_names: self.short_names }
    }
}
