//! Every stage goes to disk and comes back the same, and a strange word is named.

mod found;

use crate::{from_record, prepared_from_record, prepared_to_record, to_record};
use lifecycle::{
    Attempt, DeviceKeys, EndpointSource, Endpoints, Identity, Intent, Intune, IntuneIdentity, IntuneIntent,
    IntuneIssued, Issued, LeaveStep, LedgerKind, LedgerLine, Phase, RetainedKeys, Snapshot, Stage,
    StoredReply, Suspension,
};
use model::{
    Account, Backend, Cause, CertificateDer, Delivery, DeviceTrouble, Failure, FailureClass, Guid, Id,
    JoinType, KeyHandle, KeyPurpose, MachineBinding, RsaPublicKey, Timestamp, Trace, Who,
};
use serde_json::Value;
use std::time::Duration;
use store::RecordKey;
use store::record::{Device, PreparedKeys, Versioned};

fn id<K>(n: u8) -> Id<K> {
    Id::new(Guid::from_bytes([n; 16]))
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

fn key(purpose: KeyPurpose, n: u8) -> KeyHandle {
    let public = RsaPublicKey { modulus: vec![n; 256], exponent: vec![1, 0, 1] };
    KeyHandle { backend: Backend::Soft, purpose, intent: id(n), public, wrapped: vec![n, 0, 255] }
}

fn account(n: u8) -> Account {
    Account { tenant: id(1), object: id(n), upn: format!("user{n}@contoso.com").parse().unwrap() }
}

fn intent() -> Intent {
    let binding = MachineBinding { components: vec![("machine-id".to_owned(), "ab".to_owned())] };
    Intent {
        id: id(2),
        tenant: id(1),
        join_type: JoinType::Register,
        backend: Backend::Soft,
        binding,
        at: at(5),
    }
}

fn keys() -> DeviceKeys {
    DeviceKeys { device: key(KeyPurpose::Device, 3), transport: key(KeyPurpose::Transport, 4) }
}

fn endpoints() -> Endpoints {
    let join = "https://drs.example/device/".to_owned();
    Endpoints { join, join_version: "2.0".to_owned(), source: EndpointSource::Documented }
}

fn reply() -> StoredReply {
    let trace = Trace { http_status: Some(200), request_id: Some("r".to_owned()), ..Trace::default() };
    StoredReply { status: 200, body: b"{\"a\":\"\xff\"}".to_vec(), trace, at: at(9) }
}

fn identity(intune: Intune) -> Box<Identity> {
    Box::new(Identity {
        intent: intent(),
        keys: keys(),
        issued: Issued {
            device: id(7),
            certificate: CertificateDer(vec![0x30, 1, 2]),
            thumbprint: "AB".repeat(20),
            not_before: at(-1),
            not_after: at(4_000_000_000),
            warnings: vec!["a surprise".to_owned()],
        },
        endpoints: endpoints(),
        owner: account(8),
        registered_at: at(10),
        verified_at: Some(at(11)),
        intune,
        suspended: Some(Suspension::Deleted),
    })
}

fn intunes() -> Vec<Intune> {
    let intent = IntuneIntent { id: id(20), owner: account(21), at: at(22), in_doubt: true };
    let key = key(KeyPurpose::Intune, 23);
    let issued = IntuneIssued {
        device: id(24),
        certificate: CertificateDer(vec![0x30, 9]),
        thumbprint: "CD".repeat(20),
        not_before: at(1),
        not_after: at(2),
        warnings: vec!["another".to_owned()],
    };
    let (owner, enrolled_at, inventory_at) = (account(21), at(30), Some(at(31)));
    let enrolled = IntuneIdentity { owner, key: key.clone(), issued, enrolled_at, inventory_at };
    vec![
        Intune::None,
        Intune::Intent(intent.clone()),
        Intune::KeyReady(intent.clone(), key.clone()),
        Intune::Posting { intent: intent.clone(), key: key.clone(), attempt: 4, request: id(25) },
        Intune::ReplyStored { intent, key, attempt: 5, request: id(26), reply: reply() },
        Intune::Enrolled(Box::new(enrolled)),
    ]
}

fn stages() -> Vec<Stage> {
    let (endpoints, owner, request) = (endpoints(), account(8), id(6));
    let mut stages = vec![
        Stage::Unregistered { retained: None },
        Stage::Unregistered { retained: Some(Box::new(RetainedKeys { intent: intent(), keys: keys() })) },
        Stage::Intent(intent()),
        Stage::KeysReady(intent(), keys()),
        Stage::Joining {
            intent: intent(),
            keys: keys(),
            attempt: 2,
            request,
            endpoints: endpoints.clone(),
            owner: owner.clone(),
        },
        Stage::ReplyStored {
            intent: intent(),
            keys: keys(),
            attempt: 3,
            request,
            endpoints,
            owner,
            reply: reply(),
        },
    ];
    stages.extend(intunes().into_iter().map(|intune| Stage::Registered(identity(intune))));
    for step in [LeaveStep::Retire, LeaveStep::Unregister, LeaveStep::Erase] {
        stages.push(Stage::Leaving { identity: identity(Intune::None), step });
    }
    stages
}

fn snapshot(stage: Stage) -> Snapshot {
    let kinds = [
        LedgerKind::InDoubt,
        LedgerKind::UnusableReply,
        LedgerKind::LeftBehind,
        LedgerKind::IntuneInDoubt,
        LedgerKind::IntuneUnusableReply,
        LedgerKind::IntuneLeftBehind,
    ];
    let line =
        |kind| LedgerLine { at: at(1), request: id(50), device: Some(id(51)), intune: Some(id(52)), kind };
    let mut failure =
        Failure::local(FailureClass::Denied, Who::TenantAdmin, "Code", "why".to_owned(), "Do it.");
    failure.delivery = Delivery::InDoubt;
    failure.retry_after = Some(Duration::from_millis(1500));
    failure.claims = Some("{}".to_owned());
    failure.at = Some(at(3));
    failure.made = Some(Guid::from_bytes([53; 16]));
    failure.cause = Some(Cause::SecondFactor);
    let troubles = DeviceTrouble::ALL.iter().cycle();
    let attempts = Phase::ALL.iter().zip(troubles).map(|(&phase, trouble)| {
        let failure = Some(failure.clone().about_device(*trouble));
        Attempt { phase, at: at(2), failure }
    });
    Snapshot {
        tenant: id(1),
        stage,
        ledger: kinds.map(line).to_vec(),
        attempts: attempts.collect(),
        posts: vec![at(1), at(2)],
    }
}

#[test]
fn every_stage_comes_back_from_disk_as_it_was() {
    let key = RecordKey::Device(id(1));
    for stage in stages() {
        let before = snapshot(stage);
        let bytes = to_record(&before).encode();
        let after = from_record(&Device::decode(&key, &bytes).unwrap()).unwrap();
        assert_eq!(after, before);
    }
}

#[test]
fn a_failure_of_before_has_its_trouble_by_its_code() {
    let mut record = to_record(&snapshot(Stage::Intent(intent())));
    let codes = ["AADSTS135011", "AADSTS50155", "BootFile", "Denied"];
    for (attempt, code) in record.attempts.iter_mut().zip(codes) {
        let failure = attempt.failure.as_mut().unwrap();
        (failure.code, failure.trouble, failure.cause) = (code.to_owned(), None, None);
    }
    let bytes = record.encode();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(!text.contains("\"trouble\":null"), "an absent word is not written");
    let after = from_record(&Device::decode(&RecordKey::Device(id(1)), &bytes).unwrap()).unwrap();
    let troubles: Vec<_> =
        after.attempts.iter().take(4).map(|attempt| attempt.failure.as_ref().unwrap().trouble).collect();
    let wanted = [
        Some(DeviceTrouble::Disabled),
        Some(DeviceTrouble::NotKnown),
        Some(DeviceTrouble::BootFileMissing),
        None,
    ];
    assert_eq!(troubles, wanted);
}

#[test]
fn a_word_that_this_version_does_not_know_is_named_with_its_field() {
    let bytes = to_record(&snapshot(Stage::Registered(identity(Intune::None)))).encode();
    let text = String::from_utf8(bytes).unwrap();
    let key = RecordKey::Device(id(1));
    for (from, to, field) in [
        ("\"deleted\"", "\"eaten\"", "suspended"),
        ("\"documented\"", "\"guessed\"", "source"),
        ("\"register\"", "\"adopt\"", "join_type"),
        ("\"left_behind\"", "\"lost\"", "kind"),
        ("\"boot_file_missing\"", "\"rusty\"", "trouble"),
        ("\"second_factor\"", "\"third_factor\"", "cause"),
    ] {
        assert!(text.contains(from), "{from}");
        let record = Device::decode(&key, text.replace(from, to).as_bytes()).unwrap();
        let error = from_record(&record).unwrap_err();
        assert_eq!(error.field, field, "{error}");
        assert!(error.to_string().contains(to.trim_matches('"')), "{error}");
    }
}

#[test]
fn keys_made_ahead_come_back_as_they_were_and_a_strange_id_is_named() {
    for pair in [None, Some(keys())] {
        let bytes = prepared_to_record(id(9), pair.as_ref()).encode();
        let record = PreparedKeys::decode(&RecordKey::Spare, &bytes).unwrap();
        assert_eq!(prepared_from_record(&record), Ok((id(9), pair)));
        let strange = PreparedKeys { id: "no id".to_owned(), ..record };
        assert!(prepared_from_record(&strange).unwrap_err().to_string().contains("id"));
    }
}

/// The tag of every object that has one, by the member that holds it.
#[test]
fn what_passwords_are_checked_by_comes_back_as_it_was() {
    use offline::{Change, Check, Cost, Key, Moment, Verifier};
    use std::time::Duration;
    let (tenant, object) = (id(1), id(2));
    let check = Check { salt: [7; 16], mac: [8; 32], cost: Cost { memory: 64, passes: 2 } };
    let moment = Moment { now: at(100), running: Duration::from_millis(77) };
    let proved = Verifier::proved((tenant, object), check, moment);
    let used = proved.counted(Moment { now: at(200), running: Duration::from_millis(99) });
    let made = KeyHandle { purpose: KeyPurpose::Offline, ..key(KeyPurpose::Device, 3) };
    for change in [
        Change::Verifier(Box::new(Verifier { logins: 3, ..used.clone() })),
        Change::Key(Key::Wanted(id(9), model::Backend::Tpm)),
        Change::Key(Key::Made(Box::new(made))),
    ] {
        let store::Change::Put(key, bytes) =
            crate::to_change(&tenancy_model::Change::Offline(change.clone()))
        else {
            panic!("it is written")
        };
        let found = crate::found(vec![(key.clone(), Ok(bytes))], None).offline;
        match change {
            Change::Verifier(it) => {
                let expected = Verifier { mark: Duration::ZERO, ..*it };
                assert_eq!((found.verifiers, found.key), (vec![expected], None));
            }
            Change::Key(it) => assert_eq!(found.key, Some(it)),
            other => panic!("{other:?}"),
        }
        // One that is damaged is as if it were not there: nobody is blocked by it.
        let damaged = crate::found(vec![(key, Ok(b"{\"schema\":1}".to_vec()))], None);
        assert_eq!((damaged.offline, damaged.blocked.len()), (offline::Found::default(), 0));
    }
}

#[test]
fn a_word_that_older_versions_take_for_damage_is_not_written() {
    for cause in [Cause::Unreachable, Cause::GrantEnded, Cause::PasswordExpired, Cause::Password] {
        let failure = Failure::local(FailureClass::Transient, Who::Nobody, "x", String::new(), "");
        let attempt = Attempt { phase: Phase::Join, at: at(1), failure: Some(failure.because(cause)) };
        let snapshot =
            Snapshot { attempts: vec![attempt], ..snapshot(Stage::Unregistered { retained: None }) };
        let written = to_record(&snapshot).attempts.remove(0).failure.unwrap().cause;
        assert_eq!(written.is_some(), cause == Cause::Password, "{cause}");
    }
}

fn tags(holder: &str, value: &Value) -> manual::Words {
    match value {
        Value::Object(object) => {
            let own = object.get("is").and_then(Value::as_str);
            let own = own.map(|tag| manual::words(&format!("{holder}.is"), [tag]));
            manual::join(own.into_iter().chain(object.iter().map(|(name, value)| tags(name, value))))
        }
        Value::Array(list) => manual::join(list.iter().map(|value| tags(holder, value))),
        _ => manual::Words::new(),
    }
}

#[test]
fn what_a_device_has_on_disk_is_frozen() {
    let records: Vec<Value> = stages()
        .into_iter()
        .map(|stage| serde_json::from_slice(&to_record(&snapshot(stage)).encode()).unwrap())
        .collect();
    let members = manual::join(records.iter().map(|record| manual::members("device/", record)));
    manual::check_words("members of the record of a device", &members).unwrap();

    let by_word = [
        manual::words("backend", manual::every!(Backend: Soft, Tpm, Pkcs11).map(Backend::as_str)),
        manual::words(
            "purpose",
            manual::every!(KeyPurpose: Device, Transport, Intune, Offline).map(KeyPurpose::as_str),
        ),
        manual::words("join_type", manual::every!(JoinType: Join, Register).map(JoinType::as_str)),
        manual::words("attempts.phase", Phase::ALL.iter().map(|it| it.as_str())),
        manual::words("failure.trouble", DeviceTrouble::ALL.iter().map(|it| it.as_str())),
        manual::words("failure.cause", Cause::ALL.iter().map(|it| it.as_str())),
        manual::words("endpoints.source", EndpointSource::ALL.iter().map(|it| it.as_str())),
        manual::words("stage.step", LeaveStep::ALL.iter().map(|it| it.as_str())),
        manual::words("ledger.kind", LedgerKind::ALL.iter().map(|it| it.as_str())),
        manual::words("identity.suspended", Suspension::ALL.iter().map(|it| it.as_str())),
        manual::words("failure.class", FailureClass::ALL.iter().map(|it| it.as_str())),
        manual::words("failure.who", Who::ALL.iter().map(|it| it.as_str())),
        manual::words("failure.delivery", Delivery::ALL.iter().map(|it| it.as_str())),
    ];
    let by_tag = records.iter().map(|record| tags("device/", record));
    let said = manual::join(by_word.into_iter().chain(by_tag));
    manual::check_words("values in records", &said).unwrap();
}

/// Two values with one word would come back as the first.
#[test]
fn every_value_has_a_word_of_its_own() {
    macro_rules! all_come_back {
        ($($kind:ident)+) => {$(
            for value in $kind::ALL {
                assert_eq!(value.as_str().parse::<$kind>(), Ok(*value));
            }
        )+};
    }
    all_come_back!(Backend KeyPurpose JoinType Phase DeviceTrouble Cause FailureClass Who Delivery);
    all_come_back!(EndpointSource LeaveStep LedgerKind Suspension);
}
