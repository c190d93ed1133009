//! What the texts of options become, and how values are shown.
//!
//! A reading function gives none for a text that is as if it were not there, and what would be allowed as error.

mod accounts;
mod foreign;
mod spelling;
mod values;

pub use accounts::{
    absolute_text, duration, group_name, group_names, home_name, language, members, services,
};
pub use foreign::is_foreign;
pub use spelling::{Spelling, punycode, unquoted};
pub use values::*;
