//! The program that has loaded the module, as far as it is asked; a fake one plays its part in tests.

use model::Secret;
use std::time::Duration;

/// How a line is said to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// A question whose answer is not shown.
    Hidden,
    /// A question whose answer is shown; a conversation without a person cannot answer it.
    Shown,
    /// A line that needs no answer.
    Info,
    /// A line that says what went wrong.
    Error,
}

/// The person cannot be asked, or has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoConversation;

/// Who called us, and the person behind them.
pub(crate) trait Host {
    /// The file of /etc/pam.d: `sshd`, `login`, `sudo`.
    fn service(&self) -> String;
    /// The password that a module before us asked for.
    fn first_pass(&self) -> Option<Secret<String>>;
    /// Leaves the password for the modules behind us.
    fn keep(&self, password: &Secret<String>);
    /// Says a line, and gives what was answered; nothing for a line that needs no answer.
    fn say(&self, style: Style, text: &str) -> Result<Secret<String>, NoConversation>;
    /// Waits, as little as a person does not mind.
    fn pause(&self, seconds: u64);
    /// How long it is since some moment before the attempt, whatever the clock of the machine says.
    fn clock(&self) -> Duration;
    /// One line for the journal; no secret, no answer.
    fn log(&self, text: &str);
}
