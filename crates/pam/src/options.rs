//! The words behind `pam_firmament.so` in a line of /etc/pam.d; the same as the incumbent's (login.md 1.4).

/// What a line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    /// Each step is logged.
    pub(crate) debug: bool,
    pub(crate) first_pass: FirstPass,
    /// All text stands in the question, for a host that relays questions only.
    pub(crate) no_info_prompt: bool,
    /// The password is left for the modules behind us.
    pub(crate) set_authtok: bool,
    /// Who of the local users has whose password.
    pub(crate) user_map: String,
    /// Words that are none: logged, never fatal.
    pub(crate) unknown: Vec<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            debug: false,
            first_pass: FirstPass::default(),
            no_info_prompt: false,
            set_authtok: false,
            user_map: USER_MAP.to_owned(),
            unknown: Vec::new(),
        }
    }
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
                map if map.starts_with("user_map=/") => {
                    options.user_map = map.trim_start_matches("user_map=").to_owned();
                }
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

/// Of the option `user_map_file`.
const USER_MAP: &str = "/etc/himmelblau/user-map";
/// Words of the incumbent that ask for what is so anyway, or for what there is not.
const WITHOUT_EFFECT: [&str; 4] = ["ignore_unknown_user", "mfa_poll_prompt", "no_hello_pin", "try_unseal"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_page_has_every_option_and_no_other() {
        let page = include_str!("../../../docs/man/pam_firmament.8");
        let own = ["debug", "use_first_pass", "try_first_pass", "no_info_prompt", "set_authtok", "user_map="];
        let heads: Vec<&str> = page
            .split(".TP\n\\fB")
            .skip(1)
            .filter_map(|part| part.split_once('\\').map(|(word, _)| word))
            .collect();
        assert_eq!(heads, own);
        assert!(WITHOUT_EFFECT.iter().all(|word| page.contains(&format!("\\fB{word}\\fR"))));
        for word in own {
            let word = if word.ends_with('=') { format!("{word}/x") } else { word.to_owned() };
            let read = Options::read([word.as_str()]);
            assert!(read.unknown.is_empty() && read != Options::default(), "{word}");
        }
        // A relative path would be another file for each program.
        assert_eq!(Options::read(["user_map=x"]).unknown, ["user_map=x"]);
        assert_eq!(Options::default().user_map, USER_MAP);
    }
}
