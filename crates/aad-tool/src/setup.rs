//! What lets people of the directory sign in here, set up and taken out by hand: what of the configuration it hangs on.

use crate::commands::Told;
use crate::options::SetupOptions;
use config::Settings;
use login_setup::{
    Act, Direction, PamWanted, Report, SshWanted, SystemPrograms, Tree, configure_pam, configure_ssh,
};
use model::DomainName;

/// The PAM stack, nsswitch.conf and the local groups.
pub(crate) fn pam(settings: &Settings, setup: &SetupOptions) -> Told {
    let wanted = PamWanted { local_groups: local_groups(settings) };
    let (direction, act) = ways(setup);
    configure_pam((&Tree::new(&setup.root), &SystemPrograms), &wanted, direction, act).into()
}

/// The drop-in of sshd.
pub(crate) fn ssh(settings: &Settings, setup: &SetupOptions, everybody: bool) -> Told {
    let wanted = SshWanted { domains: domains(settings), short_names: short_names(settings), everybody };
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

/// Whether people may leave their domain out: the incumbent's default of `cn_name_mapping`, which is not read yet.
fn short_names(_settings: &Settings) -> bool {
    true
}

/// The groups that the configuration gives: `local_groups` and `local_sudo_group` are not read yet.
fn local_groups(_settings: &Settings) -> Vec<String> {
    Vec::new()
}
