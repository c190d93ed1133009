//! The session driven by hand and by chance.

mod life;
mod properties;
mod stories;

use model::{DeviceTrouble, Failure, FailureClass, Who};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
/// How long a PRT lives without a renewal (entra.md 7.9).
const PRT_LIFE: Duration = Duration::from_secs(14 * 24 * 3600);

fn refused(code: &str, class: FailureClass) -> Failure {
    let line = model::refusal(code.trim_start_matches("AADSTS"));
    let failure =
        Failure::local(class, Who::User, code, "refused".to_owned(), "Do something.").classified(line);
    Failure { trouble: DeviceTrouble::from_code(code), ..failure }
}
