//! What lets people of the directory sign in here, set up and taken out by hand: what of the configuration it hangs on.

use crate::commands::Told;
use crate::options::SetupOptions;
use config::Settings;
use login_setup::{
    Act, Direction, PamWanted, Report, SshWanted, SystemPrograms, Tree, administrator_warning, configure_pam,
    configure_ssh,
};
use model::DomainName;
use pam_stack::Homes;

/// The PAM stack, nsswitch.conf and the local groups.
pub(crate) fn pam(settings: &Settings, setup: &SetupOptions) -> Told {
    let wanted = PamWanted { local_groups: local_groups(settings), homes: homes(settings) };
    let (direction, act) = ways(setup);
    configure_pam((&Tree::new(&setup.root), &SystemPrograms), &wanted, direction, act).into()
}

/// Whether anybody could mend this machine without the directory.
pub(crate) fn administrator(setup: &SetupOptions) -> Told {
    Told { lines: administrator_warning(&Tree::new(&setup.root)).into_iter().collect(), failure: None }
}

/// The drop-in of sshd.
pub(crate) fn ssh(settings: &Settings, setup: &SetupOptions, everybody: bool) -> Told {
    let wanted =
        SshWanted { domains: domains(settings), short_names: settings.global.cn_name_mapping, everybody };
    let (direction, act) = ways(setup);
    configure_ssh((&Tree::new(&setup.root), &SystemPrograms), &wanted, direction, act).into()
}

impl From<Report> for Told {
    fn from(report: Report) -> Told {
        Told { lines: report.lines, failure: report.refused.map(|refusal| refusal.failure()) }
    }
}

fn ways(setup: &SetupOptions) -> (Direction, Act) {
    let direction = if setup.undo { Direction::TakeOut } else { Direction::SetUp };
    (direction, if setup.really { Act::Do } else { Act::Show })
}

/// Every domain with its aliases.
fn domains(settings: &Settings) -> Vec<DomainName> {
    let names = |domain: &config::DomainSettings| {
        [std::slice::from_ref(&domain.name), &domain.options.domain_aliases].concat()
    };
    settings.domains.iter().flat_map(names).collect()
}

/// `local_groups`, and the one of `local_sudo_group` where any domain has `sudo_groups`.
fn local_groups(settings: &Settings) -> Vec<String> {
    let gives_sudo = settings.domains.iter().any(|domain| !domain.options.sudo_groups.is_empty());
    let sudo = gives_sudo.then(|| settings.global.local_sudo_group.clone());
    settings.global.local_groups.iter().cloned().chain(sudo).collect()
}

/// The stack is one for all domains: homes are filled where one of them wants it.
fn homes(settings: &Settings) -> Homes {
    let any = settings.domains.iter().any(|domain| domain.options.use_etc_skel);
    if any { Homes::FromSkel } else { Homes::Empty }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn settings(text: &str) -> Settings {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("conf");
        fs::write(&file, text).unwrap();
        config::load(&ini::Sources::file(&file)).unwrap().settings
    }

    #[test]
    fn every_domain_and_alias_is_asked_and_every_group_that_is_given_is_written() {
        let few = settings("domain = contoso.com\n");
        assert_eq!(domains(&few).len(), 1);
        assert_eq!(local_groups(&few), [""; 0]);
        let many = settings(
            "[global]\ndomains = contoso.com, fabrikam.com\nlocal_groups = audio, video\n\
             local_sudo_group = wheel\n[fabrikam.com]\ndomain_aliases = fabrikam.org\n\
             sudo_groups = sam@fabrikam.com\n",
        );
        let names: Vec<String> = domains(&many).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["contoso.com", "fabrikam.com", "fabrikam.org"]);
        assert_eq!(local_groups(&many), ["audio", "video", "wheel"]);
        assert_eq!(homes(&many), Homes::Empty);
        let one_wants =
            settings("domains = contoso.com, fabrikam.com\n[fabrikam.com]\nuse_etc_skel = true\n");
        assert_eq!(homes(&one_wants), Homes::FromSkel);
    }
}
