//! A person gives name and password on the page (entra.md 2.4), and says whether to stay signed in.

use crate::replies::pages::{error_page, sign_in_page};
use crate::replies::sign_in::{end_sign_in, go_on, posted, resumed};
use crate::request_context::RequestContext;
use crate::rules::password::check_password;
use crate::rules::policy::refused_user;
use crate::tenant::Tenant;
use tenant_model::grant::Grant;
use tenant_model::sign_in::Stage;
use tenant_wire::answer::Answer;
use tenant_wire::forms::Form;

/// `POST urlPost` of the first page.
pub(crate) fn login(entra: &mut Tenant, context: &RequestContext) -> Answer {
    let form = Form::parse(&context.body);
    let (Ok(answer) | Err(answer)) = with_password(entra, context, &form);
    answer.fact("user", form.get("login").unwrap_or_default())
}

fn with_password(entra: &mut Tenant, context: &RequestContext, form: &Form) -> Result<Answer, Answer> {
    let (ctx, sign_in) = posted(entra, context, form, "ctx")?;
    let name = form.get("login").unwrap_or_default();
    let password = form.get("passwd").unwrap_or_default();
    let asked = resumed(entra, context, &sign_in, name);
    if let Some(sign_in) = entra.sign_ins.get_mut(ctx) {
        name.clone_into(&mut sign_in.name);
    }
    // A person may give the name first and the password on the next page.
    if password.is_empty() {
        return Ok(sign_in_page(entra, &asked, ctx, None));
    }
    let tenant = asked.tenant.unwrap_or_default();
    let user = check_password(entra, &asked, tenant, name, password)
        .map_err(|refusal| sign_in_page(entra, &asked, ctx, Some(&refusal)))?;
    if let Some(refusal) = refused_user(&asked, &user) {
        return Err(error_page(&asked, &refusal));
    }
    let device = sign_in.device.filter(|id| entra.devices.get(*id).is_some_and(|it| it.tenant == tenant));
    let client = asked.query.get("client_id").unwrap_or_default();
    let amr: &[&str] = if device.is_some() { &["pwd", "rsa"] } else { &["pwd"] };
    let plain = Grant::signed_in((tenant, user.oid), client, amr, asked.now_ms);
    Ok(go_on(entra, &asked, ctx, Grant { device, ..plain }))
}

/// `POST urlPost` of the page that asks whether to stay signed in; either answer will do.
pub(crate) fn keep_signed_in(entra: &mut Tenant, context: &RequestContext) -> Answer {
    let form = Form::parse(&context.body);
    let (ctx, sign_in) = match posted(entra, context, &form, "ctx") {
        Ok(posted) => posted,
        Err(refusal) => return refusal,
    };
    let asked = resumed(entra, context, &sign_in, "");
    match sign_in.stage {
        Stage::KeepSignedIn(grant) => end_sign_in(entra, &asked, ctx, grant),
        _ => sign_in_page(entra, &asked, ctx, None),
    }
}
