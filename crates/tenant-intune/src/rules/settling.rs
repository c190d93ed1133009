//! Verdicts come some time after their status (intune.md 8.1, rule 13).

use crate::intune::Intune;
use crate::rules::verdict::{self, State};

/// Writes down the verdicts that are due by now, and what the directory has to be told about them.
pub(crate) fn note_verdicts(intune: &mut Intune, now_ms: i64) {
    intune.unsettled.retain(|id| {
        let record = intune.records.get_mut(id).filter(|record| !record.retired);
        let Some(record) = record else { return false };
        let verdict = verdict::of(record, intune.knobs.of(Some(record.tenant)), now_ms);
        let compliant = verdict.state == State::Compliant;
        if verdict.settled && compliant != record.told_compliant {
            record.told_compliant = compliant;
            intune.changes.push(record.change());
        }
        !verdict.settled
    });
}
