//! The Intune half of an identity, each way beside the other.

use crate::pieces::{
    SnapshotError, parse, read_key, read_owner, read_reply, write_key, write_owner, write_reply,
};
use lifecycle::{Intune, IntuneIdentity, IntuneIntent, IntuneIssued};
use model::{CertificateDer, Timestamp};
use store::record;

pub(crate) fn read_intune(it: &record::Intune) -> Result<Intune, SnapshotError> {
    Ok(match it {
        record::Intune::None => Intune::None,
        record::Intune::Intent { intent } => Intune::Intent(read_intent(intent)?),
        record::Intune::KeyReady { intent, key: it } => Intune::KeyReady(read_intent(intent)?, read_key(it)?),
        record::Intune::Posting { intent, key: it, attempt, request } => Intune::Posting {
            intent: read_intent(intent)?,
            key: read_key(it)?,
            attempt: *attempt,
            request: parse("request", request)?,
        },
        record::Intune::ReplyStored { intent, key: it, attempt, request, reply } => Intune::ReplyStored {
            intent: read_intent(intent)?,
            key: read_key(it)?,
            attempt: *attempt,
            request: parse("request", request)?,
            reply: read_reply(reply),
        },
        record::Intune::Enrolled { enrolled: it } => Intune::Enrolled(Box::new(read_enrolled(it)?)),
    })
}

pub(crate) fn write_intune(it: &Intune) -> record::Intune {
    match it {
        Intune::None => record::Intune::None,
        Intune::Intent(intent) => record::Intune::Intent { intent: write_intent(intent) },
        Intune::KeyReady(intent, it) => {
            record::Intune::KeyReady { intent: write_intent(intent), key: write_key(it) }
        }
        Intune::Posting { intent, key: it, attempt, request } => record::Intune::Posting {
            intent: write_intent(intent),
            key: write_key(it),
            attempt: *attempt,
            request: request.to_string(),
        },
        Intune::ReplyStored { intent, key: it, attempt, request, reply } => record::Intune::ReplyStored {
            intent: write_intent(intent),
            key: write_key(it),
            attempt: *attempt,
            request: request.to_string(),
            reply: write_reply(reply),
        },
        Intune::Enrolled(it) => record::Intune::Enrolled { enrolled: Box::new(write_enrolled(it)) },
    }
}

fn read_intent(it: &record::IntuneIntent) -> Result<IntuneIntent, SnapshotError> {
    Ok(IntuneIntent {
        id: parse("intent", &it.id)?,
        owner: read_owner(&it.owner)?,
        at: Timestamp::from_millis(it.at),
        in_doubt: it.in_doubt,
    })
}

fn write_intent(it: &IntuneIntent) -> record::IntuneIntent {
    record::IntuneIntent {
        id: it.id.to_string(),
        owner: write_owner(&it.owner),
        at: it.at.as_millis(),
        in_doubt: it.in_doubt,
    }
}

fn read_enrolled(it: &record::IntuneIdentity) -> Result<IntuneIdentity, SnapshotError> {
    Ok(IntuneIdentity {
        owner: read_owner(&it.owner)?,
        key: read_key(&it.key)?,
        issued: IntuneIssued {
            device: parse("device", &it.device)?,
            certificate: CertificateDer(it.certificate.0.clone()),
            thumbprint: it.thumbprint.clone(),
            not_before: Timestamp::from_millis(it.not_before),
            not_after: Timestamp::from_millis(it.not_after),
            warnings: it.warnings.clone(),
        },
        enrolled_at: Timestamp::from_millis(it.enrolled_at),
        inventory_at: it.inventory_at.map(Timestamp::from_millis),
    })
}

fn write_enrolled(it: &IntuneIdentity) -> record::IntuneIdentity {
    record::IntuneIdentity {
        owner: write_owner(&it.owner),
        key: write_key(&it.key),
        device: it.issued.device.to_string(),
        certificate: record::Bytes(it.issued.certificate.0.clone()),
        thumbprint: it.issued.thumbprint.clone(),
        not_before: it.issued.not_before.as_millis(),
        not_after: it.issued.not_after.as_millis(),
        warnings: it.issued.warnings.clone(),
        enrolled_at: it.enrolled_at.as_millis(),
        inventory_at: it.inventory_at.map(Timestamp::as_millis),
    }
}
