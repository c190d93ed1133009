use crate::intune::write_intune;
use crate::pieces::{write_key, write_owner, write_reply, write_trace};
use lifecycle::{Attempt, DeviceKeys, Endpoints, Identity, Intent, LedgerLine, Snapshot, Stage};
use model::{Account, Cause, Failure, IntentId, RequestId, Timestamp};
use store::{SCHEMA, record};

/// The record of a snapshot.
pub fn to_record(snapshot: &Snapshot) -> record::Device {
    record::Device {
        schema: SCHEMA,
        tenant: snapshot.tenant.to_string(),
        stage: stage(&snapshot.stage),
        ledger: snapshot.ledger.iter().map(ledger).collect(),
        attempts: snapshot.attempts.iter().map(attempt).collect(),
        posts: snapshot.posts.iter().map(|at| at.as_millis()).collect(),
    }
}

/// The record of keys made ahead of time: the decision, and the keys once they are made.
pub fn prepared_to_record(id: IntentId, keys: Option<&DeviceKeys>) -> record::PreparedKeys {
    let keys = keys.map(|keys| (write_key(&keys.device), write_key(&keys.transport)));
    record::PreparedKeys { schema: SCHEMA, id: id.to_string(), keys }
}

fn stage(stage: &Stage) -> record::Stage {
    match stage {
        Stage::Unregistered { retained } => {
            record::Stage::Unregistered { kept: retained.as_ref().map(|it| keyed(&it.intent, &it.keys)) }
        }
        Stage::Intent(it) => record::Stage::Intent { intent: intent(it) },
        Stage::KeysReady(intent, keys) => record::Stage::KeysReady { keyed: keyed(intent, keys) },
        Stage::Joining { intent, keys, attempt, request, endpoints, owner } => record::Stage::Joining {
            keyed: keyed(intent, keys),
            post: post(*attempt, *request, endpoints, owner),
        },
        Stage::ReplyStored { intent, keys, attempt, request, endpoints, owner, reply } => {
            record::Stage::ReplyStored {
                keyed: keyed(intent, keys),
                post: post(*attempt, *request, endpoints, owner),
                reply: write_reply(reply),
            }
        }
        Stage::Registered(it) => record::Stage::Registered { identity: Box::new(identity(it)) },
        Stage::Leaving { identity: it, step } => {
            record::Stage::Leaving { identity: Box::new(identity(it)), step: step.as_str().to_owned() }
        }
    }
}

fn intent(intent: &Intent) -> record::Intent {
    record::Intent {
        id: intent.id.to_string(),
        tenant: intent.tenant.to_string(),
        join_type: intent.join_type.as_str().to_owned(),
        backend: intent.backend.as_str().to_owned(),
        binding: intent.binding.components.clone(),
        at: intent.at.as_millis(),
    }
}

fn keyed(it: &Intent, keys: &DeviceKeys) -> record::Keyed {
    record::Keyed {
        intent: intent(it),
        device: write_key(&keys.device),
        transport: write_key(&keys.transport),
    }
}

fn post(attempt: u32, request: RequestId, to: &Endpoints, by: &Account) -> record::Post {
    record::Post { attempt, request: request.to_string(), endpoints: endpoints(to), owner: write_owner(by) }
}

fn endpoints(it: &Endpoints) -> record::Endpoints {
    record::Endpoints {
        join: it.join.clone(),
        join_version: it.join_version.clone(),
        source: it.source.as_str().to_owned(),
    }
}

fn identity(it: &Identity) -> record::Identity {
    record::Identity {
        keyed: keyed(&it.intent, &it.keys),
        device: it.issued.device.to_string(),
        certificate: record::Bytes(it.issued.certificate.0.clone()),
        thumbprint: it.issued.thumbprint.clone(),
        not_before: it.issued.not_before.as_millis(),
        not_after: it.issued.not_after.as_millis(),
        warnings: it.issued.warnings.clone(),
        endpoints: endpoints(&it.endpoints),
        owner: write_owner(&it.owner),
        registered_at: it.registered_at.as_millis(),
        verified_at: it.verified_at.map(Timestamp::as_millis),
        intune: write_intune(&it.intune),
        suspended: it.suspended.map(|why| why.as_str().to_owned()),
    }
}

fn ledger(line: &LedgerLine) -> record::LedgerLine {
    record::LedgerLine {
        at: line.at.as_millis(),
        request: line.request.to_string(),
        device: line.device.map(|device| device.to_string()),
        intune_device: line.intune.map(|device| device.to_string()),
        kind: line.kind.as_str().to_owned(),
    }
}

fn attempt(it: &Attempt) -> record::Attempt {
    let failure = it.failure.as_ref().map(failure);
    record::Attempt { phase: it.phase.as_str().to_owned(), at: it.at.as_millis(), failure }
}

fn failure(it: &Failure) -> record::Failure {
    record::Failure {
        class: it.class.as_str().to_owned(),
        who: it.who.as_str().to_owned(),
        trouble: it.trouble.map(|trouble| trouble.to_string()),
        cause: it.cause.filter(is_of_before).map(|cause| cause.to_string()),
        code: it.code.clone(),
        message: it.message.clone(),
        advice: it.advice.clone(),
        delivery: it.delivery.as_str().to_owned(),
        retry_after: it.retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        claims: it.claims.clone(),
        trace: write_trace(&it.trace),
        made: it.made.map(|object| object.to_string()),
        at: it.at.map(Timestamp::as_millis),
    }
}

/// Whether every version that reads a record knows the word: one that does not takes the whole record for damaged. No
/// machine looks at the others after a restart.
fn is_of_before(cause: &Cause) -> bool {
    !matches!(cause, Cause::PasswordExpired | Cause::GrantEnded | Cause::Unreachable)
}
