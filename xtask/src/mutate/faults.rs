//! The faults.

/// A fault in one line, and the test that catches it.
pub(super) struct Fault {
    pub(super) what: &'static str,
    pub(super) file: &'static str,
    pub(super) find: &'static str,
    pub(super) replace: &'static str,
    pub(super) caught_by: &'static str,
}

const fn fault(
    what: &'static str,
    file: &'static str,
    find: &'static str,
    replace: &'static str,
    caught_by: &'static str,
) -> Fault {
    Fault { what, file, find, replace, caught_by }
}

const ANNOUNCED: &str = "no_irreversible_work_before_its_persist";
const FAIR: &str = "every_life_ends_well";
const MACHINE: &str = "machine.rs";
const CORE: &str = "machine/core.rs";
const ENROL: &str = "machine/enrol.rs";
const INTUNE: &str = "machine/intune.rs";
const MEMBER: &str = "machine/member.rs";
const DEPART: &str = "machine/depart.rs";

pub(super) const FAULTS: &[Fault] = &[
    fault(
        "the join is not announced",
        ENROL,
        "        self.posts.push(outbox.now);\n        self.persist(outbox, enrolment.stage());",
        "        self.posts.push(outbox.now);",
        ANNOUNCED,
    ),
    fault(
        "the intent is not written",
        ENROL,
        "        let enrolment = Enrolment::new(intent, keys);\n        self.persist(outbox, enrolment.stage());",
        "        let enrolment = Enrolment::new(intent, keys);",
        ANNOUNCED,
    ),
    fault(
        "the keys are not written",
        MACHINE,
        "                enrolment.keys = Some(keys.clone());\n                self.persist(context, enrolment.stage());",
        "                enrolment.keys = Some(keys.clone());",
        "every_step_is_on_disk_in_its_order",
    ),
    fault(
        "the reply is not written",
        MACHINE,
        "                enrolment.reply = Some(reply.clone());\n                self.persist(context, enrolment.stage());",
        "                enrolment.reply = Some(reply.clone());",
        ANNOUNCED,
    ),
    fault(
        "the identity is not written",
        ENROL,
        "        self.persist(outbox, Stage::Registered(identity.clone()));",
        "",
        "a_sign_in_leads_to_a_verified_identity",
    ),
    fault(
        "a verification is not written",
        MEMBER,
        "        membership.identity.verified_at = Some(outbox.now);\n        self.persist(outbox, membership.stage());",
        "        membership.identity.verified_at = Some(outbox.now);",
        "a_good_answer_is_on_disk",
    ),
    fault(
        "Intune's intent is not written",
        INTUNE,
        "        self.keep_intune(outbox, membership, Intune::Intent(intent.clone()));",
        "        membership.identity.intune = Intune::Intent(intent.clone());",
        ANNOUNCED,
    ),
    fault(
        "Intune's enrolment is not announced",
        INTUNE,
        "        self.keep_intune(outbox, membership, posting);",
        "        membership.identity.intune = posting;",
        ANNOUNCED,
    ),
    fault(
        "Intune's reply is not written",
        INTUNE,
        "                self.keep_intune(outbox, membership, stored);",
        "                membership.identity.intune = stored;",
        ANNOUNCED,
    ),
    fault(
        "Intune's enrolment is not written",
        INTUNE,
        "                self.keep_intune(outbox, membership, Intune::Enrolled(Box::new(enrolled)));",
        "                membership.identity.intune = Intune::Enrolled(Box::new(enrolled));",
        "a_good_answer_is_on_disk",
    ),
    fault(
        "an enrolment in doubt is open to anybody",
        MEMBER,
        "        if membership.session.is_none() && owner.is_none_or(|owner| owner.object == account.object) {",
        "        if membership.session.is_none() && (owner.is_none() || owner.is_some()) {",
        "intune_is_enrolled_once",
    ),
    fault(
        "an enrolment that may have arrived is not in doubt",
        INTUNE,
        "in_doubt: intent.in_doubt || in_doubt, ..intent",
        "in_doubt: intent.in_doubt && in_doubt, ..intent",
        "an_enrolment_without_an_answer",
    ),
    fault(
        "a verified person's token is not handed over",
        MEMBER,
        "        outbox.push(Command::HandOver { account, token });",
        "        let _ = (outbox, account, token);",
        "every_token_is_ended_exactly_once",
    ),
    fault(
        "Intune never gives up",
        INTUNE,
        "            membership.session = None;\n            return Transition(self.settle(membership.afresh()));",
        "            return Transition(self.settle(membership.afresh()));",
        "a_refused_enrolment_is_open",
    ),
    fault(
        "any session's failure suspends",
        MEMBER,
        "                if outbox.now.since(since) >= APART {\n                    return Transition(self.suspend(outbox, membership, Suspension::Deleted));\n                }\n            }\n            _ => {}",
        "                let _ = since;\n            }\n            _ if open => return Transition(self.suspend(outbox, membership, Suspension::Deleted)),\n            _ => {}",
        "a_session_s_failure_suspends",
    ),
    fault(
        "yesterday's joins count",
        ENROL,
        "        self.forget_old_posts(outbox);\n",
        "",
        "after_three_refusals",
    ),
    fault(
        "a step of leaving is not announced",
        DEPART,
        "        self.persist(outbox, Stage::Leaving { identity: departure.identity.clone(), step });",
        "        let _ = (outbox, departure, step);",
        ANNOUNCED,
    ),
    fault(
        "the end of leaving is not written",
        CORE,
        "        self.persist(outbox, Stage::Unregistered { kept: None });\n        State::unregistered(Kept { keys: None })",
        "        State::unregistered(Kept { keys: None })",
        "a_leave_of_a_fair_world",
    ),
    fault(
        "any answer counts",
        CORE,
        "        if *op != wanted {",
        "        if op.0 > wanted.0 + 1_000_000 {",
        "the_same_life_has_the_same_trace",
    ),
    fault(
        "the work stays in flight after its answer",
        CORE,
        "        self.in_flight = None;\n        let failure = result",
        "        let failure = result",
        FAIR,
    ),
    fault(
        "a token is left in the vault at a close",
        ENROL,
        "    fn close(&mut self, outbox: &mut Outbox, enrolment: &Enrolment) -> State {\n        self.end_people(outbox);",
        "    fn close(&mut self, outbox: &mut Outbox, enrolment: &Enrolment) -> State {",
        "a_refused_join_keeps_its_keys",
    ),
    fault(
        "a stranger's token is not ended",
        MACHINE,
        "                context.push(Command::Forget(*token));\n                EventKind::SignedIn",
        "                let _ = token;\n                EventKind::SignedIn",
        ANNOUNCED,
    ),
    fault(
        "a spare token is dropped without an end",
        CORE,
        "        outbox.commands.extend(place.replace(person).map(|old| Command::Forget(old.token)));",
        "        let _ = (&outbox, place.replace(person));",
        ANNOUNCED,
    ),
    fault(
        "verifying is skipped",
        ENROL,
        "            None => State::verifying(Membership::new(identity)),",
        "            None => State::idle(Membership::new(identity)),",
        "a_sign_in_leads_to_a_verified_identity",
    ),
    fault(
        "a doubtful join is not in the ledger",
        ENROL,
        "                Delivery::InDoubt => self.note(outbox.now, post.request, None, LedgerKind::InDoubt),",
        "                Delivery::InDoubt => {}",
        "a_lost_reply_keeps_the_keys",
    ),
    fault(
        "a crash in a join is not in the ledger",
        ENROL,
        "                self.note(outbox.now, request, None, LedgerKind::InDoubt);\n                self.persist",
        "                let _ = request;\n                self.persist",
        "a_crash_in_the_middle_of_a_join",
    ),
    fault(
        "an unusable reply is not in the ledger",
        ENROL,
        "            self.note(outbox.now, post.request, None, LedgerKind::UnusableReply);",
        "            let _ = post;",
        "a_reply_that_cannot_be_used",
    ),
    fault(
        "an object left behind is not in the ledger",
        DEPART,
        "        self.note(outbox.now, request, Some(device), LedgerKind::LeftBehind);",
        "        let _ = (request, device);",
        "a_leave_deletes_and_erases",
    ),
    fault(
        "more than three joins a day",
        ENROL,
        "const POSTS_A_DAY: usize = 3;",
        "const POSTS_A_DAY: usize = 9;",
        ANNOUNCED,
    ),
    fault(
        "a refused intent loses its keys",
        ENROL,
        "        self.persist(outbox, Stage::Unregistered { kept: keys.clone() });\n        State::unregistered(Kept { keys })",
        "        self.persist(outbox, Stage::Unregistered { kept: None });\n        drop(keys);\n        State::unregistered(Kept { keys: None })",
        "a_refused_join_keeps_its_keys",
    ),
    fault(
        "new keys at every sign-in",
        ENROL,
        "            Some((intent, keys)) => (intent.id, Some(keys.clone())),",
        "            Some((intent, _)) => (intent.id, None),",
        "a_refused_join_keeps_its_keys",
    ),
    fault(
        "any refusal suspends",
        MEMBER,
        "        _ => None,\n    }\n}",
        "        _ => Some(Suspension::Disabled),\n    }\n}",
        ANNOUNCED,
    ),
    fault(
        "an unknown device is deleted at once",
        MEMBER,
        "const GRACE: Duration = Duration::from_secs(60);",
        "const GRACE: Duration = Duration::from_secs(0);",
        "an_unknown_device_is_waited_out",
    ),
    fault(
        "one answer is enough for deleted",
        MEMBER,
        "const APART: Duration = Duration::from_secs(600);",
        "const APART: Duration = Duration::from_secs(0);",
        "an_unknown_device_is_waited_out",
    ),
    fault(
        "no timer for the next try",
        CORE,
        "        self.wake_at = Some(outbox.now.after(wait));\n    }",
        "        let _ = wait;\n    }",
        ANNOUNCED,
    ),
    fault(
        "a leave in a join is forgotten",
        ENROL,
        "        self.leave = Some(ask);\n        match self.in_flight {",
        "        let _ = ask;\n        match self.in_flight {",
        "a_leave_while_the_join_is_in_flight",
    ),
    fault(
        "a refused delete erases the keys",
        DEPART,
        "        if failure.class == FailureClass::Gone {",
        "        if failure.class != FailureClass::Transient {",
        "a_leave_deletes_and_erases",
    ),
    fault(
        "a suspended device comes back as it was",
        MEMBER,
        "            Some(_) => State::suspended(membership),\n            None => self.settle(membership),",
        "            Some(_) | None => self.settle(membership),",
        "a_suspended_identity_stays_so",
    ),
];
