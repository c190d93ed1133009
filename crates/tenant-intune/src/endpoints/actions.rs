//! What a person does to a device of theirs at IWService (intune.md 4.3, 4.5).

use crate::intune::Intune;
use crate::request_context::RequestContext;
use crate::rules::settling::note_verdicts;
use crate::rules::visitor::{ACTIONS, missing, visible, visitor};
use crate::wire::answer::Answer;

/// Self-service retirement: 204, and the object is gone (intune.md 4.5 \[inferred\] for Linux).
pub(crate) fn retire(intune: &mut Intune, context: &RequestContext<'_>) -> Result<Answer, Answer> {
    let who = visitor(context)?;
    let named = context.path.iter().rev().nth(1);
    let id = visible(intune, &who, named)?.id;
    if let Some(mut record) = intune.records.remove(&id) {
        record.retired = true;
        intune.changes.push(record.change());
    }
    Ok(Answer::empty(204).fact("intune_device", id))
}

/// What the view offers besides, or another platform's (intune.md 4.3).
///
/// `CheckCompliance` evaluates the last status at once, as a guess; of the others nothing is known.
pub(crate) fn act(intune: &mut Intune, context: &RequestContext<'_>) -> Result<Answer, Answer> {
    let who = visitor(context)?;
    let id = visible(intune, &who, context.path.iter().rev().nth(1))?.id;
    let word = context.path.last().map(String::as_str).unwrap_or_default();
    if word == "checkcompliance" {
        if let Some(report) = intune.records.get_mut(&id).and_then(|record| record.report.as_mut()) {
            report.hurried = true;
            intune.agenda.set(id, context.now_ms);
            note_verdicts(intune, context.now_ms);
        }
        return Ok(Answer::empty(204).fact("intune_device", id));
    }
    let offered = ACTIONS.iter().any(|action| action.eq_ignore_ascii_case(word));
    Err(if offered { Answer::generic(501, "action") } else { missing("action", word) })
}
