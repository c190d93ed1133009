//! Enrolment (intune.md 2): the request is judged in full before an object is made.

use crate::intune::Intune;
use crate::records::knobs::SecondUser;
use crate::records::record::Record;
use crate::request_context::RequestContext;
use crate::rules::gate::{ENROLLMENT, Who, admit};
use crate::wire::answer::Answer;
use crate::wire::body::{object, required, text};
use crate::wire::certificate::{self, Subject};
use crate::wire::csr::{self, Csr};
use serde_json::json;
use uuid::Uuid;

/// What an enrolment asks for.
struct Wanted {
    name: String,
    csr: Csr,
}

/// A device gets its certificate and its Intune id.
pub(crate) fn enroll(intune: &mut Intune, context: &RequestContext<'_>) -> Result<Answer, Answer> {
    let who = admit(context, ENROLLMENT)?;
    let wanted = wanted(context)?;
    entitled(intune, context, &who)?;
    let id = make_room(intune, context, &who)?;
    Ok(register(intune, context, who, id, wanted))
}

/// The body of the request, judged.
fn wanted(context: &RequestContext<'_>) -> Result<Wanted, Answer> {
    let body = object(context.body)?;
    let filled = |field: &str| {
        text(&body, field).filter(|value| !value.trim().is_empty()).ok_or_else(|| required(field))
    };
    let (request, name) = (filled("CertificateSigningRequest")?, filled("DeviceName")?.to_owned());
    filled("AppVersion")?;
    let csr = csr::judge(request);
    let csr = csr.map_err(|why| Answer::invalid(why, "CertificateSigningRequest", CSR_RULE))?;
    Ok(Wanted { name, csr })
}

/// intune.md 8.2: the real refusals are not known (8.3, question 1), and both are off by default.
fn entitled(intune: &Intune, context: &RequestContext<'_>, who: &Who) -> Result<(), Answer> {
    if context.knobs.licence_check && !context.licensed {
        return Err(Answer::generic(context.knobs.licence_status, "licence"));
    }
    let Some(limit) = context.knobs.enrolment_limit else { return Ok(()) };
    let own = |it: &&Record| it.tenant == who.tenant && it.owner == who.user && !it.retired;
    let others = intune.records.values().filter(own).filter(|it| it.device != who.device);
    if others.count() >= usize::try_from(limit).unwrap_or(usize::MAX) {
        return Err(Answer::generic(context.knobs.enrolment_limit_status, "enrolment limit"));
    }
    Ok(())
}

/// Drops what the device had before and chooses its id (intune.md 2.4, 8.2).
fn make_room(intune: &mut Intune, context: &RequestContext<'_>, who: &Who) -> Result<Uuid, Answer> {
    let same = |record: &&Record| record.tenant == who.tenant && record.device == who.device;
    let fresh = intune.generator.guid();
    let Some(old) = intune.records.values().find(same) else { return Ok(fresh) };
    let (id, owner) = (old.id, old.owner);
    if owner != who.user && context.knobs.second_user == SecondUser::Refuse {
        let refusal = Answer::generic(context.knobs.second_user_status, "second user");
        return Err(refusal.fact("intune_device", id));
    }
    intune.records.remove(&id);
    Ok(if context.knobs.re_enrol_keeps_id && owner == who.user { id } else { fresh })
}

fn register(intune: &mut Intune, context: &RequestContext<'_>, who: Who, id: Uuid, wanted: Wanted) -> Answer {
    let Wanted { name, csr } = wanted;
    let subject = Subject {
        intune_device: id,
        key_info: &csr.key_info,
        serial: intune.generator.bytes(),
        from: context.now,
        days: context.knobs.certificate_days,
    };
    let (der, thumbprint) = certificate::issue(&intune.authority, &subject);
    let record = Record {
        id,
        tenant: who.tenant,
        device: who.device,
        owner: who.user,
        upn: who.upn,
        name,
        manufacturer: String::new(),
        distribution: String::new(),
        os_version: String::new(),
        thumbprint: thumbprint.clone(),
        created_at: context.now_ms,
        expires_at: context.now_ms.saturating_add(context.knobs.certificate_days.saturating_mul(DAY_MS)),
        last_contact: context.now_ms,
        report: None,
        standing: None,
        errors_since: None,
        policies_served: 0,
        check_ins: 0,
        retired: false,
        told_compliant: false,
    };
    intune.changes.push(record.change());
    intune.records.insert(id, record);
    Answer::ok(json!({
        "deviceId": id.to_string(),
        "certificate": { "thumbprint": thumbprint, "certBlob": der, "renewPeriod": context.knobs.renew_period },
    }))
    .fact("intune_device", id)
    .fact("csr_version", csr.version)
    .fact("thumbprint", thumbprint)
}

const DAY_MS: i64 = 86_400_000;
/// The service's own sentence (intune.md 2.4 \[observed\]).
const CSR_RULE: &str = "Value must be a valid PEM-encoded PKCS#10 certificate signing request with an RSA key of at least 2048 bits.";
