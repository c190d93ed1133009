//! Enrolment (intune.md 2): the request is judged in full before an object is made.

use crate::answer::Answer;
use crate::certificate::{self, Wanted};
use crate::csr::{self, Csr};
use crate::gate::{ENROLLMENT, Who};
use crate::knobs::SecondUser;
use crate::record::Record;
use crate::service::{Ask, Intune};
use serde_json::{Map, Value, json};
use uuid::Uuid;

impl Intune {
    pub(crate) fn enroll(&mut self, ask: &Ask<'_>) -> Result<Answer, Answer> {
        let who = self.admit(ask, ENROLLMENT)?;
        let body = object(ask)?;
        let filled = |field: &str| {
            text(&body, field).filter(|value| !value.trim().is_empty()).ok_or_else(|| required(field))
        };
        let (request, name) = (filled("CertificateSigningRequest")?, filled("DeviceName")?.to_owned());
        filled("AppVersion")?;
        let csr = csr::judge(request);
        let csr = csr.map_err(|why| Answer::invalid(why, "CertificateSigningRequest", CSR_RULE))?;
        self.entitled(ask, &who)?;
        let id = self.make_room(ask, &who)?;
        Ok(self.register(ask, who, id, name, &csr))
    }

    /// intune.md 8.2: the real refusals are not known (8.3, question 1), and both are off by default.
    fn entitled(&self, ask: &Ask<'_>, who: &Who) -> Result<(), Answer> {
        if ask.knobs.licence_check && !ask.licensed {
            return Err(Answer::generic(ask.knobs.licence_status, "licence"));
        }
        let Some(limit) = ask.knobs.enrolment_limit else { return Ok(()) };
        let own = |it: &&Record| it.tenant == who.tenant && it.owner == who.user && !it.retired;
        let others = self.records.values().filter(own).filter(|it| it.device != who.device);
        if others.count() >= usize::try_from(limit).unwrap_or(usize::MAX) {
            return Err(Answer::generic(ask.knobs.enrolment_limit_status, "enrolment limit"));
        }
        Ok(())
    }

    /// Drops what the device had before and chooses its id (intune.md 2.4, 8.2).
    fn make_room(&mut self, ask: &Ask<'_>, who: &Who) -> Result<Uuid, Answer> {
        let same = |record: &&Record| record.tenant == who.tenant && record.device == who.device;
        let fresh = self.generator.guid();
        let Some(old) = self.records.values().find(same) else { return Ok(fresh) };
        let (id, owner) = (old.id, old.owner);
        if owner != who.user && ask.knobs.second_user == SecondUser::Refuse {
            let refusal = Answer::generic(ask.knobs.second_user_status, "second user");
            return Err(refusal.fact("intune_device", id));
        }
        self.records.remove(&id);
        Ok(if ask.knobs.re_enrol_keeps_id && owner == who.user { id } else { fresh })
    }

    fn register(&mut self, ask: &Ask<'_>, who: Who, id: Uuid, name: String, csr: &Csr) -> Answer {
        let wanted = Wanted {
            intune_device: id,
            key_info: &csr.key_info,
            serial: self.generator.bytes(),
            from: ask.now,
            days: ask.knobs.certificate_days,
        };
        let (der, thumbprint) = certificate::issue(&self.authority, &wanted);
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
            created_at: ask.now_ms,
            expires_at: ask.now_ms.saturating_add(ask.knobs.certificate_days.saturating_mul(DAY_MS)),
            last_contact: ask.now_ms,
            report: None,
            check_ins: 0,
            retired: false,
            told_compliant: false,
        };
        self.changes.push(record.change());
        self.records.insert(id, record);
        Answer::ok(json!({
            "deviceId": id.to_string(),
            "certificate": { "thumbprint": thumbprint, "certBlob": der, "renewPeriod": ask.knobs.renew_period },
        }))
        .fact("intune_device", id)
        .fact("csr_version", csr.version)
        .fact("thumbprint", thumbprint)
    }
}

/// The body as a JSON object.
pub(crate) fn object(ask: &Ask<'_>) -> Result<Map<String, Value>, Answer> {
    serde_json::from_slice(ask.body)
        .map_err(|_| Answer::invalid("body", "$", "The body is not a JSON object."))
}

/// A text member by its name in any case; only status is strict about it (intune.md 8.1, rule 8).
pub(crate) fn text<'a>(body: &'a Map<String, Value>, field: &str) -> Option<&'a str> {
    body.iter().find(|(name, _)| name.eq_ignore_ascii_case(field))?.1.as_str()
}

/// The refusal for a field that is missing or of another type.
pub(crate) fn required(field: &str) -> Answer {
    Answer::invalid(field, field, &format!("The {field} field is required."))
}

const DAY_MS: i64 = 86_400_000;
/// The service's own sentence (intune.md 2.4 [observed]).
const CSR_RULE: &str = "Value must be a valid PEM-encoded PKCS#10 certificate signing request with an RSA key of at least 2048 bits.";
