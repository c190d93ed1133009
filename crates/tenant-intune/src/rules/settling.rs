//! Verdicts come some time after their status, and change with time (intune.md 8.1, rule 13).

use crate::intune::Intune;
use crate::records::verdict::Basis;
use crate::rules::verdict;

/// Writes down the verdicts that are due by now, and what the directory has to be told about them.
pub(crate) fn note_verdicts(intune: &mut Intune, now_ms: i64) {
    while let Some(id) = intune.agenda.take_due(now_ms) {
        let record = intune.records.get_mut(&id).filter(|record| !record.retired);
        let Some(record) = record else { continue };
        let knobs = intune.knobs.of(Some(record.tenant));
        verdict::remember(record, knobs, now_ms);
        let verdict = verdict::of(record, knobs, now_ms);
        if verdict.basis != Basis::Awaited && verdict.passes() != record.told_compliant {
            record.told_compliant = verdict.passes();
            intune.changes.push(record.change());
        }
        if let Some(at) = verdict.changes_at.filter(|at| *at > now_ms) {
            intune.agenda.set(id, at);
        }
    }
}
