//! The words behind `pam_firmament.so` in a line of /etc/pam.d; the same as the incumbent's (login.md 1.4).

/// What a line asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Options {
    /// Each step is logged.
    pub(crate) debug: bool,
    pub(crate) first_pass: FirstPass,
    /// All text stands in the question, for a host that relays questions only.
    pub(crate) no_info_prompt: bool,
    /// The password is left for the modules behind us.
    pub(crate) set_authtok: bool,
    /// Words that are none: logged, never fatal.
    pub(crate) unknown: Vec<String>,
}

/// What is done with a password that a module before us asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum FirstPass {
    /// It is not looked at.
    #[default]
    Unused,
    /// It is taken, and asked for where there is none.
    Try,
    /// It is taken; without one nobody is let in.
    Use,
}

impl Options {
    pub(crate) fn read<'w>(words: impl IntoIterator<Item = &'w str>) -> Options {
        let mut options = Options::default();
        for word in words {
            match word {
                "debug" => options.debug = true,
                "use_first_pass" => options.first_pass = FirstPass::Use,
                "try_first_pass" => options.first_pass = FirstPass::Try,
                "no_info_prompt" => options.no_info_prompt = true,
                "set_authtok" => options.set_authtok = true,
                accepted if WITHOUT_EFFECT.contains(&accepted) => {}
                unknown => options.unknown.push(unknown.to_owned()),
            }
        }
        options
    }
}

/// Words of the incumbent that ask for what is so anyway, or for what there is not.
const WITHOUT_EFFECT: [&str; 4] = ["ignore_unknown_user", "mfa_poll_prompt", "no_hello_pin", "try_unseal"];
