use crate::intune::read_intune;
use crate::pieces::{SnapshotError, parse, read_key, read_owner, read_reply, read_trace};
use lifecycle::{
    Attempt, DeviceKeys, Endpoints, Identity, Intent, Issued, LedgerLine, RetainedKeys, Snapshot, Stage,
};
use model::{CertificateDer, DeviceTrouble, Failure, IntentId, MachineBinding, Timestamp};
use std::time::Duration;
use store::record;

/// The snapshot of a record.
///
/// # Errors
/// [`SnapshotError`] for the first field that cannot be understood.
pub fn from_record(record: &record::Device) -> Result<Snapshot, SnapshotError> {
    Ok(Snapshot {
        tenant: parse("tenant", &record.tenant)?,
        stage: stage(&record.stage)?,
        ledger: record.ledger.iter().map(ledger).collect::<Result<_, _>>()?,
        attempts: record.attempts.iter().map(attempt).collect::<Result<_, _>>()?,
        posts: record.posts.iter().copied().map(Timestamp::from_millis).collect(),
    })
}

fn stage(stage: &record::Stage) -> Result<Stage, SnapshotError> {
    Ok(match stage {
        record::Stage::Unregistered { kept } => {
            let retained = kept.as_ref().map(keyed).transpose()?;
            Stage::Unregistered {
                retained: retained.map(|(intent, keys)| Box::new(RetainedKeys { intent, keys })),
            }
        }
        record::Stage::Intent { intent: it } => Stage::Intent(intent(it)?),
        record::Stage::KeysReady { keyed: it } => {
            let (intent, keys) = keyed(it)?;
            Stage::KeysReady(intent, keys)
        }
        record::Stage::Joining { keyed: it, post } => {
            let (intent, keys) = keyed(it)?;
            Stage::Joining {
                intent,
                keys,
                attempt: post.attempt,
                request: parse("request", &post.request)?,
                endpoints: endpoints(&post.endpoints)?,
                owner: read_owner(&post.owner)?,
            }
        }
        record::Stage::ReplyStored { keyed: it, post, reply } => {
            let (intent, keys) = keyed(it)?;
            Stage::ReplyStored {
                intent,
                keys,
                attempt: post.attempt,
                request: parse("request", &post.request)?,
                endpoints: endpoints(&post.endpoints)?,
                owner: read_owner(&post.owner)?,
                reply: read_reply(reply),
            }
        }
        record::Stage::Registered { identity: it } => Stage::Registered(Box::new(identity(it)?)),
        record::Stage::Leaving { identity: it, step } => {
            Stage::Leaving { identity: Box::new(identity(it)?), step: parse("step", step)? }
        }
    })
}

/// The other way of [`crate::prepared_to_record`].
///
/// # Errors
/// [`SnapshotError`] names the member that is not understood.
pub fn prepared_from_record(
    record: &record::PreparedKeys,
) -> Result<(IntentId, Option<DeviceKeys>), SnapshotError> {
    let pair = |(device, transport): &(record::Key, record::Key)| {
        Ok(DeviceKeys { device: read_key(device)?, transport: read_key(transport)? })
    };
    Ok((parse("id", &record.id)?, record.keys.as_ref().map(pair).transpose()?))
}

fn intent(it: &record::Intent) -> Result<Intent, SnapshotError> {
    Ok(Intent {
        id: parse("intent", &it.id)?,
        tenant: parse("tenant", &it.tenant)?,
        join_type: parse("join_type", &it.join_type)?,
        backend: parse("backend", &it.backend)?,
        binding: MachineBinding { components: it.binding.clone() },
        at: Timestamp::from_millis(it.at),
    })
}

fn keyed(it: &record::Keyed) -> Result<(Intent, DeviceKeys), SnapshotError> {
    Ok((
        intent(&it.intent)?,
        DeviceKeys { device: read_key(&it.device)?, transport: read_key(&it.transport)? },
    ))
}

fn endpoints(it: &record::Endpoints) -> Result<Endpoints, SnapshotError> {
    Ok(Endpoints {
        join: it.join.clone(),
        join_version: it.join_version.clone(),
        source: parse("source", &it.source)?,
    })
}

fn identity(it: &record::Identity) -> Result<Identity, SnapshotError> {
    let (intent, keys) = keyed(&it.keyed)?;
    Ok(Identity {
        intent,
        keys,
        issued: Issued {
            device: parse("device", &it.device)?,
            certificate: CertificateDer(it.certificate.0.clone()),
            thumbprint: it.thumbprint.clone(),
            not_before: Timestamp::from_millis(it.not_before),
            not_after: Timestamp::from_millis(it.not_after),
            warnings: it.warnings.clone(),
        },
        endpoints: endpoints(&it.endpoints)?,
        owner: read_owner(&it.owner)?,
        registered_at: Timestamp::from_millis(it.registered_at),
        verified_at: it.verified_at.map(Timestamp::from_millis),
        intune: read_intune(&it.intune)?,
        suspended: it.suspended.as_deref().map(|text| parse("suspended", text)).transpose()?,
    })
}

fn ledger(it: &record::LedgerLine) -> Result<LedgerLine, SnapshotError> {
    Ok(LedgerLine {
        at: Timestamp::from_millis(it.at),
        request: parse("request", &it.request)?,
        device: it.device.as_deref().map(|text| parse("device", text)).transpose()?,
        intune: it.intune_device.as_deref().map(|text| parse("intune_device", text)).transpose()?,
        kind: parse("kind", &it.kind)?,
    })
}

fn attempt(it: &record::Attempt) -> Result<Attempt, SnapshotError> {
    Ok(Attempt {
        phase: parse("phase", &it.phase)?,
        at: Timestamp::from_millis(it.at),
        failure: it.failure.as_ref().map(failure).transpose()?,
    })
}

/// A record of before names its trouble by the code alone.
fn trouble(it: &record::Failure) -> Result<Option<DeviceTrouble>, SnapshotError> {
    match it.trouble.as_deref() {
        Some(text) => parse("trouble", text).map(Some),
        None => Ok(DeviceTrouble::from_code(&it.code)),
    }
}

fn failure(it: &record::Failure) -> Result<Failure, SnapshotError> {
    Ok(Failure {
        class: parse("class", &it.class)?,
        who: parse("who", &it.who)?,
        trouble: trouble(it)?,
        cause: it.cause.as_deref().map(|text| parse("cause", text)).transpose()?,
        code: it.code.clone(),
        message: it.message.clone(),
        advice: it.advice.clone(),
        delivery: parse("delivery", &it.delivery)?,
        retry_after: it.retry_after.map(Duration::from_millis),
        claims: it.claims.clone(),
        trace: read_trace(&it.trace),
        made: it.made.as_deref().map(|text| parse("made", text)).transpose()?,
        at: it.at.map(Timestamp::from_millis),
    })
}
