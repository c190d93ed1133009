mod files;
mod languages;
mod refusals;
mod texts;

use crate::Language;

/// What somebody reads at a log-in is at most this long: `PAM_MAX_MSG_SIZE` is 512, with the zero at its end.
const MOST: usize = 511;

/// As long as the names of people become.
const NAME: &str = "maximiliane.von-und-zu-hohenlohe@subsidiary.northwind-traders.example";

/// Every language but the original.
fn translations() -> impl Iterator<Item = Language> {
    Language::ALL.into_iter().filter(|language| *language != Language::English)
}
