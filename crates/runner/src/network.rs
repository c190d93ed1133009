//! What every connection needs, whichever domain it is for: who is trusted, and by which way a host is reached.

use crate::{opening, proxy};
use account_options::WhoMayRegister;
use config::Settings;
use std::error::Error;
use transport_hyper::{ProxySetting, Roots};

/// Read once, at the start.
pub(crate) struct Network {
    pub(crate) roots: Roots,
    pub(crate) proxy: ProxySetting,
    /// The proxy as the log and an operator see it.
    pub(crate) proxy_shown: String,
    /// What an operator should know, one sentence each.
    pub(crate) notices: Vec<String>,
}

impl Network {
    /// Reads `ca_file`, the proxy's password and the environment.
    pub(crate) fn of(settings: &Settings) -> Result<Network, Box<dyn Error>> {
        let roots = Roots::load(settings.global.ca_file.as_deref())?;
        let environment = |name: &str| std::env::var(name).ok();
        let proxy = proxy::in_force(settings, opening::credentials().as_deref(), environment)?;
        let mut notices = roots.notices.clone();
        notices.extend(proxy.notice);
        notices.extend(no_such_group(&settings.global.who_may_register));
        Ok(Network { roots, proxy: proxy.setting, proxy_shown: proxy.shown, notices })
    }
}

/// A group that nobody is in lets root alone register, which may not be what was meant.
fn no_such_group(option: &WhoMayRegister) -> Option<String> {
    let WhoMayRegister::Group(name) = option else { return None };
    let text = "names no group of /etc/group, so that root alone may register this machine";
    (!host::groups::has_group(name)).then(|| format!("who_may_register = {option} {text}"))
}
