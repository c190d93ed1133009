//! The language of whoever signs in with `auth-test`: what is said to operators, and to scripts, is English.

use crate::options::{AskCommand, Command, Options};
use messages::{Language, Spoken};

/// By the option `language`, else by the locale of this terminal.
pub(crate) fn language(options: &Options) -> Language {
    let speaks = matches!(options.command, Command::Ask(AskCommand::AuthTest { .. })) && !options.json;
    if !speaks {
        return Language::English;
    }
    // A configuration that cannot be read is for the command to say.
    let loaded = config::load(&crate::commands::sources(options)).ok();
    of(loaded.and_then(|loaded| loaded.settings.global.language).as_deref(), |name| std::env::var(name).ok())
}

/// The first of the variables that is set counts (locale(7)).
fn of(option: Option<&str>, environment: impl Fn(&str) -> Option<String>) -> Language {
    let set = |name| environment(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set);
    let wanted = locale.as_deref().and_then(Language::of_locale).map(Language::tag);
    Spoken::new(option, None).to_caller(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_wins_and_then_the_first_variable_that_is_set() {
        for (option, variables, language) in [
            (None, &[][..], Language::English),
            (None, &[("LANG", "de_DE.UTF-8")], Language::German),
            (None, &[("LANG", "de_DE.UTF-8"), ("LC_MESSAGES", "fr_FR.UTF-8")], Language::French),
            (None, &[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")], Language::English),
            (None, &[("LC_ALL", ""), ("LANG", "de_DE.UTF-8")], Language::German),
            (Some("es"), &[("LANG", "de_DE.UTF-8")], Language::Spanish),
            (Some("pt"), &[("LANG", "de_DE.UTF-8")], Language::English),
        ] {
            let environment = |wanted: &str| {
                variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(of(option, environment), language, "{option:?} {variables:?}");
        }
    }
}
