//! The page where a person types the code that a device shows.

use crate::request_context::RequestContext;
use crate::rules::password::check_password;
use crate::rules::policy::refused_user;
use crate::tenant::Tenant;
use serde_json::Value;
use tenant_wire::answer::{Answer, Body};
use tenant_wire::forms::Form;
use tenant_wire::page;

/// `GET /devicelogin`, with a code in the query where a link has one.
pub(crate) fn device_login(context: &RequestContext) -> Answer {
    let code = context.query.get("otc").unwrap_or_default();
    let html = page::device_login(code, "", "Enter the code that your device or application shows.");
    Answer::with(200, Body::Html(html))
}

/// What the person says: yes or no, with name and password.
pub(crate) fn device_login_answer(entra: &mut Tenant, context: &RequestContext) -> Answer {
    let form = Form::parse(&context.body);
    let field = |name: &str| form.get(name).unwrap_or_default().trim();
    match answered(entra, context, &form) {
        Ok(note) => Answer::with(200, Body::Html(page::device_login_done(note))),
        Err((rule, note)) => {
            let html = page::device_login(field("otc"), field("login"), &note);
            Answer { rule: Some(rule), ..Answer::with(200, Body::Html(html)) }
        }
    }
    .fact("user", field("login"))
}

fn answered(
    entra: &mut Tenant,
    context: &RequestContext,
    form: &Form,
) -> Result<&'static str, (String, String)> {
    let field = |name: &str| form.get(name).unwrap_or_default().trim();
    let (code, name) = (field("otc"), field("login"));
    let said = |error: &dyn std::fmt::Display| ("device login".to_owned(), error.to_string());
    let tenant = entra.codes.waiting(code, context.now_ms).map(|it| it.tenant).map_err(|it| said(&it))?;
    let context = RequestContext { knobs: entra.rules.of(Some(tenant)), ..context.clone() };
    let refused = |refusal: &Answer| {
        let text = refusal.member("error_description").and_then(Value::as_str).unwrap_or_default();
        (refusal.rule.clone().unwrap_or_default(), text.lines().next().unwrap_or_default().to_owned())
    };
    let user = check_password(entra, &context, tenant, name, form.get("passwd").unwrap_or_default());
    let user = user.map_err(|refusal| refused(&refusal))?;
    if let Some(refusal) = refused_user(&context, &user) {
        return Err(refused(&refusal));
    }
    if form.get("answer") == Some("deny") {
        let denied = entra.codes.deny(code, name, &entra.directories, context.now_ms);
        denied.map_err(|error| said(&error))?;
        return Ok("You have declined. You may close this window.");
    }
    let approved = entra.codes.approve(code, name, (&entra.directories, &entra.rules), context.now_ms);
    approved.map_err(|error| said(&error))?;
    Ok("You have signed in on your device. You may close this window.")
}
