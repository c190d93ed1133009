//! The laws of the tenancy.

mod accounts;
mod attempts;
mod computer;
mod disk;
mod ends;
mod laws;
mod leave;
mod missing;
mod prepared;
mod properties;
mod refusals;
mod replies;
mod reserved;
mod routing;
mod samples;
mod steps;
mod stories;
mod succession;
mod visits;

/// The name of the intent that a stage belongs to.
fn intent(stage: &lifecycle::Stage) -> Option<model::IntentId> {
    stage.intent().map(|intent| intent.id)
}
