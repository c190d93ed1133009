//! What must hold after every command of every life. Each law breaks with a message of its own.

use ::machine::OpId;
use lifecycle::*;
use model::{Failure, IntentId, Timestamp, TokenRef};
use std::collections::{BTreeMap, BTreeSet};

/// What was seen so far, and the laws it is judged by.
#[derive(Default)]
pub(super) struct Laws {
    tokens: BTreeMap<TokenRef, bool>,
    ops: BTreeSet<OpId>,
    pairs: BTreeMap<IntentId, DeviceKeys>,
    joins: BTreeMap<IntentId, Vec<Timestamp>>,
    ledger: Vec<LedgerLine>,
    leave_asked: bool,
    /// Join requests whose end is in doubt.
    doubtful: BTreeSet<model::RequestId>,
    enrolled: bool,
    /// Who sent an enrolment whose end is in doubt.
    doubtful_owner: Option<model::Account>,
    suspending: Option<String>,
    /// The work whose good answer was judged last.
    answered: Option<Work>,
    only: Option<&'static str>,
}

/// The laws by name.
pub(super) const LAWS: [&str; 15] = [
    "tokens",
    "ids",
    "announcements",
    "keys",
    "Intune",
    "three",
    "ledger",
    "identities",
    "suspensions",
    "one",
    "progress",
    "words",
    "order",
    "answers",
    "quarantine",
];

impl Laws {
    /// Enforces one law alone, so that a test can be named after it.
    pub(super) fn only(law: &'static str) -> Laws {
        assert!(LAWS.contains(&law), "there is no law of {law}");
        Laws { only: Some(law), ..Laws::default() }
    }

    fn uphold(&self, law: &'static str, holds: bool, what: std::fmt::Arguments<'_>) {
        assert!(holds || self.only.is_some_and(|only| only != law), "law of {law}: {what}");
    }

    pub(super) fn token_came(&mut self, token: TokenRef) {
        self.tokens.insert(token, false);
    }

    pub(super) fn answered(&mut self, work: &Work, result: &Result<Reply, Failure>) {
        self.suspending = result.as_ref().err().map(|failure| failure.code.clone());
        self.answered = result.is_ok().then(|| work.clone());
        if let (Work::Join(order), Err(failure)) = (work, result) {
            if failure.delivery == model::Delivery::InDoubt {
                self.doubtful.insert(order.request);
            }
            let not_let_in = failure.delivery == model::Delivery::Answered
                && failure.class == model::FailureClass::Transient;
            if failure.delivery == model::Delivery::NotSent || not_let_in {
                self.joins.entry(order.intent.id).or_default().pop();
            }
        }
        if let (Work::CreateKeys(intent), Ok(Reply::Keys(keys))) = (work, result) {
            self.pairs.insert(intent.id, keys.clone());
        }
    }

    pub(super) fn prepared(&mut self, pair: &PreparedPair) {
        self.pairs.insert(pair.id, pair.keys.clone());
    }

    pub(super) fn suspected(&mut self, failure: &Failure) {
        self.suspending = Some(failure.code.clone());
    }

    /// The vault is gone with the process; a join in flight is in doubt.
    pub(super) fn crashed(&mut self, in_flight: &BTreeMap<OpId, Work>) {
        self.tokens.clear();
        self.ops.clear();
        self.suspending = None;
        self.answered = None;
        for work in in_flight.values() {
            if let Work::Join(order) = work {
                self.doubtful.insert(order.request);
            }
        }
    }

    pub(super) fn judge(&mut self, command: &Command, disk: &Snapshot, now: Timestamp) {
        match command {
            Command::Run(op, work) => self.run(*op, work, disk, now),
            Command::Persist { snapshot, .. } => self.persist(snapshot, disk),
            Command::Forget(token) | Command::HandOver { token, .. } => {
                let ended = self.tokens.insert(*token, true);
                self.uphold("tokens", (ended) == (Some(false)), format_args!("{token:?} is ended once"));
            }
            Command::Cancel(_) | Command::Report(_) | Command::Ignored(_) => {}
        }
    }

    fn run(&mut self, op: OpId, work: &Work, disk: &Snapshot, now: Timestamp) {
        let fresh = self.ops.insert(op);
        self.uphold("ids", fresh, format_args!("{op:?} is used once"));
        if let Some(token) = token_of(work) {
            self.uphold(
                "tokens",
                (self.tokens.get(&token)) == (Some(&false)),
                format_args!("{token:?} is alive when it is used"),
            );
        }
        self.uphold(
            "announcements",
            announced(work, disk),
            format_args!("{work:?} is on disk before it starts, not {:?}", disk.stage),
        );
        match work {
            Work::Join(order) => self.join(order, now),
            Work::EraseKeys(_) => {
                self.uphold("keys", self.leave_asked, format_args!("only a leave erases them"))
            }
            Work::EnrolIntune(order) => {
                self.uphold("Intune", !self.enrolled, format_args!("enrolled once"));
                let alone = self.doubtful_owner.as_ref().is_none_or(|owner| *owner == order.intent.owner);
                self.uphold("Intune", alone, format_args!("whose request is in doubt goes on alone"));
            }
            _ => {}
        }
    }

    fn join(&mut self, order: &JoinOrder, now: Timestamp) {
        let keys = self.pairs.get(&order.intent.id);
        self.uphold(
            "keys",
            (keys) == (Some(&order.keys)),
            format_args!("the same pair serves every attempt of an intent"),
        );
        let sent = self.joins.entry(order.intent.id).or_default();
        sent.push(now);
        let recent = sent.iter().filter(|at| now.since(**at).as_secs() < 24 * 3600).count();
        self.uphold("three", recent <= 3, format_args!("at most three joins a day"));
    }

    fn persist(&mut self, snapshot: &Snapshot, disk: &Snapshot) {
        // Only what Intune has retired after all is left behind no more.
        let retired = |line: &LedgerLine| {
            line.kind == LedgerKind::IntuneLeftBehind
                && matches!(snapshot.stage, Stage::Leaving { step: LeaveStep::Unregister, .. })
        };
        for line in disk.ledger.iter().filter(|line| !retired(line)) {
            assert!(snapshot.ledger.contains(line), "law of the ledger: {line:?} stays");
        }
        let mut requests = BTreeSet::new();
        for line in &snapshot.ledger {
            assert!(requests.insert((line.request, line.kind)), "law of the ledger: {line:?} stands once");
        }
        self.ledger.clone_from(&snapshot.ledger);
        self.uphold(
            "order",
            may_follow(&disk.stage, &snapshot.stage),
            format_args!("{:?} does not follow {:?}", snapshot.stage, disk.stage),
        );
        let was_registered = matches!(disk.stage, Stage::Registered(_));
        let stays = matches!(snapshot.stage, Stage::Registered(_) | Stage::Leaving { .. });
        self.uphold("identities", !was_registered || stays, format_args!("only a leave ends one"));
        if let (Stage::Registered(before), Stage::Registered(after)) = (&disk.stage, &snapshot.stage) {
            let rebound = matches!(self.answered, Some(Work::Rebind(_)));
            self.uphold("identities", is_same(before, after, rebound), format_args!("never replaced"));
            self.suspension(before, after);
            self.uphold(
                "order",
                intune_may_follow(&before.intune, &after.intune),
                format_args!("{:?} does not follow {:?}", after.intune, before.intune),
            );
        }
        if let Stage::Registered(identity) = &snapshot.stage {
            self.enrolled = matches!(identity.intune, Intune::Enrolled(_));
            self.doubtful_owner = match &identity.intune {
                Intune::KeyReady(intent, _) if intent.in_doubt => Some(intent.owner.clone()),
                _ => None,
            };
        }
        if matches!(snapshot.stage, Stage::Unregistered { retained: None }) {
            self.enrolled = false;
        }
        if matches!(snapshot.stage, Stage::Leaving { .. }) {
            self.uphold("identities", self.leave_asked, format_args!("only an ask starts a leave"));
        }
    }

    /// Only the exact list of failures suspends.
    fn suspension(&self, before: &Identity, after: &Identity) {
        if let (Some(why), None) = (before.suspended, after.suspended) {
            let lifts = match &self.answered {
                Some(Work::Verify { .. }) => true,
                Some(Work::Rebind(_)) => why == Suspension::ClonedMachine,
                _ => false,
            };
            self.uphold("quarantine", lifts, format_args!("{:?} lifts no {why:?}", self.answered));
        }
        if before.suspended.is_some() || after.suspended.is_none() {
            return;
        }
        let code = self.suspending.as_deref().unwrap_or("nothing");
        let listed = [
            "AADSTS135011",
            "AADSTS700003",
            "AADSTS50155",
            "KeyUnavailable",
            "BootStateChanged",
            "BootFile",
            "ClonedMachine",
        ];
        self.uphold("suspensions", listed.contains(&code), format_args!("{code} may not suspend"));
    }

    pub(super) fn asked(&mut self) {
        self.leave_asked = true;
    }

    /// After the whole batch: nothing stalls, and what is in doubt is in the ledger.
    pub(super) fn settled(
        &mut self,
        status: &Status,
        in_flight: &BTreeMap<OpId, Work>,
        wake_at: Option<Timestamp>,
    ) {
        let beside = in_flight.values().filter(|work| matches!(work, Work::Nonce { .. })).count();
        self.uphold("one", in_flight.len() - beside <= 1, format_args!("one work at a time leads on"));
        let alone = beside > 0 && in_flight.len() == beside;
        self.uphold("one", beside <= 1 && !alone, format_args!("a nonce is fetched beside another work"));
        let alive =
            !in_flight.is_empty() || wake_at.is_some() || status.waits_for.is_some() || status.is_at_rest();
        self.uphold("progress", alive, format_args!("{} waits for nothing", status.state));
        assert_eq!(wake_at, status.wake_at);
        for request in &self.doubtful {
            let noted = self.ledger.iter().any(|line| line.request == *request);
            assert!(noted, "law of the ledger: request {request} is in doubt and not in it");
        }
        let busy = in_flight.values().next();
        self.uphold(
            "words",
            busy.is_none() || status.waits_for.is_none(),
            format_args!("busy and waiting at once"),
        );
        let held = self.tokens.values().filter(|ended| !**ended).count();
        self.uphold("tokens", held <= 2, format_args!("{held} are held"));
        let needs_none = ["unregistered", "awaiting_sign_in", "idle", "intune_enrolled", "discarding"]
            .contains(&status.state.as_str());
        self.uphold("tokens", held == 0 || !needs_none, format_args!("{} holds one", status.state));
        if let Some(work) = self.answered.take() {
            self.uphold(
                "answers",
                is_kept(&work, &status.snapshot.stage),
                format_args!("{work:?} is not kept"),
            );
        }
        let quarantined =
            matches!(&status.snapshot.stage, Stage::Registered(identity) if identity.suspended.is_some());
        self.uphold(
            "quarantine",
            status.state == StateName::Rebinding || quarantined == (status.state == StateName::Suspended),
            format_args!("{} is not what the disk says", status.state),
        );
        self.uphold(
            "quarantine",
            quarantined == (status.phase == StatusPhase::Suspended),
            format_args!("{:?} is not what the disk says", status.phase),
        );
    }
}

/// Whether both are one identity; a rebinding gives it new handles of the same keys.
fn is_same(before: &Identity, after: &Identity, rebound: bool) -> bool {
    let halves = |keys: &DeviceKeys| (keys.device.public.clone(), keys.transport.public.clone());
    let intune = |identity: &Identity| identity.intune.key().cloned();
    let in_place = before.intune.key().is_none() || intune(before) == intune(after);
    let handles = before.keys == after.keys && before.intent == after.intent && in_place;
    let intune_halves = intune(before).map(|key| key.public) == intune(after).map(|key| key.public);
    let keys = halves(&before.keys) == halves(&after.keys) && intune_halves;
    before.issued == after.issued && (handles || rebound && keys)
}

/// The order of one enrolment and of leaving, each arrow one durable write (docs/architecture.md, section 5).
fn may_follow(before: &Stage, after: &Stage) -> bool {
    use Stage::{Intent, Joining, KeysReady, Leaving, Registered, ReplyStored, Unregistered};
    match before {
        Unregistered { .. } => matches!(after, Unregistered { .. } | Intent(_) | KeysReady(..)),
        Intent(_) => matches!(after, Intent(_) | KeysReady(..) | Unregistered { .. }),
        KeysReady(..) => matches!(after, KeysReady(..) | Joining { .. } | Unregistered { .. }),
        Joining { .. } => matches!(after, KeysReady(..) | ReplyStored { .. }),
        ReplyStored { .. } => {
            matches!(after, ReplyStored { .. } | Registered(_) | Joining { .. } | Unregistered { .. })
        }
        Registered(_) => matches!(after, Registered(_) | Leaving { .. }),
        Leaving { .. } => matches!(after, Leaving { .. } | Unregistered { .. }),
    }
}

/// The same for the Intune half.
fn intune_may_follow(before: &Intune, after: &Intune) -> bool {
    use Intune::{Enrolled, Intent, KeyReady, None, Posting, ReplyStored};
    match before {
        None => matches!(after, None | Intent(_)),
        Intent(_) => matches!(after, Intent(_) | KeyReady(..) | None),
        KeyReady(..) => matches!(after, KeyReady(..) | Posting { .. }),
        Posting { .. } => matches!(after, Posting { .. } | KeyReady(..) | ReplyStored { .. }),
        ReplyStored { .. } => matches!(after, ReplyStored { .. } | KeyReady(..) | Enrolled(_)),
        Enrolled(_) => matches!(after, Enrolled(_)),
    }
}

/// Whether what a good answer brought is on disk.
fn is_kept(work: &Work, stage: &Stage) -> bool {
    let (Stage::Registered(identity) | Stage::Leaving { identity, .. }) = stage else { return true };
    match work {
        Work::Verify { .. } => identity.verified_at.is_some() && identity.suspended.is_none(),
        Work::CreateIntuneKey { .. } => identity.intune.key().is_some(),
        Work::Rebind(_) => identity.suspended != Some(Suspension::ClonedMachine),
        Work::EnrolIntune(_) => matches!(identity.intune, Intune::ReplyStored { .. }),
        Work::ReadEnrolment { .. } => matches!(identity.intune, Intune::Enrolled(_)),
        Work::CheckIn { .. } => {
            matches!(&identity.intune, Intune::Enrolled(enrolled) if enrolled.inventory_at.is_some())
        }
        _ => true,
    }
}

/// Whether the disk says that this work is about to happen.
fn announced(work: &Work, disk: &Snapshot) -> bool {
    match (work, &disk.stage) {
        (Work::CreateKeys(intent), Stage::Intent(known)) => intent == known,
        (Work::CreateKeys(_), _) => false,
        (Work::Join(order), Stage::Joining { request, attempt, keys, .. }) => {
            (order.request, order.attempt, &order.keys) == (*request, *attempt, keys)
        }
        (Work::Join(_), _) => false,
        (Work::ReadJoin { reply, .. }, Stage::ReplyStored { reply: known, .. }) => reply == known,
        (Work::ReadJoin { .. }, _) => false,
        (Work::Rebind(identity), Stage::Registered(known)) => identity == known,
        (Work::Rebind(_), _) => false,
        (Work::CreateIntuneKey { intent, .. }, Stage::Registered(identity)) => {
            matches!(&identity.intune, Intune::Intent(known) if known == intent)
        }
        (Work::EnrolIntune(order), Stage::Registered(identity)) => {
            matches!(&identity.intune, Intune::Posting { request, key, .. } if (*request, key) == (order.request, &order.key))
        }
        (Work::ReadEnrolment { reply, .. }, Stage::Registered(identity)) => {
            matches!(&identity.intune, Intune::ReplyStored { reply: known, .. } if known == reply)
        }
        (Work::CreateIntuneKey { .. } | Work::EnrolIntune(_) | Work::ReadEnrolment { .. }, _) => false,
        (Work::Retire { .. }, Stage::Leaving { step, .. }) => *step == LeaveStep::Retire,
        (Work::Unregister { .. }, Stage::Leaving { step, .. }) => *step == LeaveStep::Unregister,
        (Work::Retire { .. } | Work::Unregister { .. }, _) => false,
        (Work::EraseKeys(_), Stage::Leaving { step, .. }) => *step == LeaveStep::Erase,
        (Work::EraseKeys(_), stage) => matches!(stage, Stage::Unregistered { retained: Some(_) }),
        (Work::Verify { .. } | Work::CheckIn { .. }, stage) => matches!(stage, Stage::Registered(_)),
        (Work::Nonce { .. }, stage) => matches!(stage, Stage::Joining { .. }),
        (Work::Discover { .. }, stage) => {
            matches!(stage, Stage::Intent(_) | Stage::KeysReady(..) | Stage::ReplyStored { .. })
        }
    }
}

/// The token set that a work uses.
fn token_of(work: &Work) -> Option<TokenRef> {
    match work {
        Work::Discover { token, .. } | Work::Verify { token, .. } => Some(*token),
        Work::Join(order) => Some(order.token),
        Work::Unregister { token, .. } => *token,
        _ => None,
    }
}
