//! What the portal itself asks for besides the flow of a check-in, and where its package lies.
//!
//! Branding and terms of use are guesses: neither request nor reply is public (intune.md 1.3).

use crate::request_context::RequestContext;
use crate::rules::gate::{IW_RESOURCE, known};
use crate::wire::answer::Answer;
use serde_json::json;

/// No brands, as a guess; who may ask is known (intune.md 0.3).
pub(crate) fn brands(context: &RequestContext<'_>) -> Result<Answer, Answer> {
    known(context, IW_RESOURCE)?;
    Ok(Answer::ok(json!({ "value": [] })))
}

/// No terms to accept, as a guess, or the refusal that was seen (intune.md 1.1).
pub(crate) fn terms(context: &RequestContext<'_>) -> Result<Answer, Answer> {
    known(context, IW_RESOURCE)?;
    match context.knobs.terms_of_use_status {
        200 => Ok(Answer::ok(json!({ "value": [] }))),
        status => Err(Answer::generic(status, "terms of use")),
    }
}

/// The directory of the portal's packages for a release of Ubuntu (intune.md 6.2); anybody may read it.
pub(crate) fn listing(context: &RequestContext<'_>) -> Answer {
    let release = context.path.get(1).map(String::as_str).unwrap_or_default();
    let link = |version: &String| {
        let file = format!("intune-portal_{version}-{}_amd64.deb", code_name(release));
        format!("<a href=\"{file}\">{file}</a>\n")
    };
    let links: String = context.knobs.portal_versions.iter().map(link).collect();
    let title = "<head><title>intune-portal</title></head>";
    Answer::html(format!(
        "<html>\n{title}\n<body><pre><a href=\"../\">../</a>\n{links}</pre></body>\n</html>\n"
    ))
    .fact("versions", context.knobs.portal_versions.len())
}

/// The word of a package's name for a release; releases that are not known get that of 24.04.
fn code_name(release: &str) -> &'static str {
    match release {
        "22.04" => "jammy",
        "26.04" => "resolute",
        _ => "noble",
    }
}
