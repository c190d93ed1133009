//! What failed, who can fix it and what to do, with what finds it again in the service's logs.

use crate::lines::paragraph;
use ipc::FailureReport;
use messages::{Language, ToolText};
use model::for_terminal;

/// A failure with everything that a sign-in log search needs, one line each; a terminal wraps them itself. The names of
/// ids stay as they are, for an administrator to find them.
pub fn failure(report: &FailureReport, language: Language) -> String {
    for_terminal(&sentences(report, language).iter().map(|line| format!("{line}\n")).collect::<String>())
}

/// The same within 80 columns.
pub(crate) fn wrapped(indent: usize, report: &FailureReport) -> String {
    sentences(report, Language::English).iter().map(|line| paragraph(indent, line)).collect()
}

fn sentences(report: &FailureReport, language: Language) -> Vec<String> {
    let mut lines = vec![
        ToolText::Problem(&report.message, &report.code).say(language),
        ToolText::Who(&report.who).say(language),
        ToolText::Advice(&report.advice).say(language),
    ];
    let time = report.time.as_ref().map(|time| match &report.server_time {
        Some(said) => format!("{time} (the service wrote {said})"),
        None => time.clone(),
    });
    let details = [
        ("HTTP status", report.http_status.map(|status| status.to_string())),
        ("Request id", report.request_id.clone()),
        ("Correlation id", report.correlation_id.clone()),
        ("Time", time),
    ];
    let known = details.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}", value?)));
    lines.extend(known);
    lines
}
