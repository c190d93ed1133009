//! Which machine a sign-in goes to, and what a sign-in has to know before it begins.

use crate::identities::Handled;
use crate::lanes::{Item, SignIn, Step};
use crate::tenancy::Tenancy;
use lifecycle::Snapshot;
use model::{
    Asked, Asker, Failure, MayRegister, Memory, Method, Registration, SignInFacts, Standing, TenantId,
};
use tenancy_model::refusals;
use tenancy_model::{Answer, Caller, Command, MemberId, Pins, Role};
use tenancy_model::{Member, Roster};

impl Tenancy {
    pub(crate) fn begin_sign_in(&mut self, caller: Caller, asked: Asked, asker: Asker) {
        let answer = self.sign_in_facts(asked, asker);
        self.commands.push(Command::Answer(caller, answer));
    }

    fn sign_in_facts(&self, asked: Asked, asker: Asker) -> Result<Answer, Failure> {
        let config = self.facts.domain(asked.domain());
        let config = config.ok_or_else(|| refusals::unknown_domain(asked.domain()))?;
        let asked = config.every_name(asked);
        let nobody = || refusals::unknown_domain(asked.domain());
        let refused = || asked.person().map_or_else(nobody, refusals::not_admitted);
        let groups = config.use_of_groups(&asked).ok_or_else(refused)?;
        if let Some(obstacle) = self.pins.obstacle(&asked) {
            return Err(obstacle);
        }
        if let Some(missing) = self.missing.as_ref().filter(|_| !self.pins.knows(&asked)) {
            return Err(missing.clone());
        }
        let pinned = self.pins.domains.get(asked.domain()).cloned();
        let view = pinned.as_ref().map(|pin| self.view(pin.tenant));
        let current = view.as_ref().and_then(|view| view.current.as_ref());
        let claims = current.and_then(|member| member.status.failure.as_ref()?.claims.clone());
        let identity_for = |view: &tenancy_model::TenantView| match asked.person() {
            Some(name) => view.identity_for(name).cloned(),
            None => view.identity().cloned(),
        };
        let identity = view.as_ref().and_then(identity_for);
        let standing = if identity.is_some() { Standing::Registered } else { Standing::Unregistered };
        let is_registered = view.as_ref().is_some_and(|view| view.identity().is_some());
        let would_register = !is_registered && config.registration != Registration::Off;
        let registrars = match asker.may_register {
            MayRegister::No if would_register => return Err(refusals::may_not_register(asked.domain())),
            MayRegister::Members(group) if would_register => Some(group),
            _ => None,
        };
        let groups = if registrars.is_some() { groups.told() } else { groups };
        // A suspended identity proves nothing: a code lets the person in, and the directory is asked again.
        let suspended = identity.is_some_and(|identity| identity.suspended.is_some());
        let by_code = suspended || asked.person().is_none();
        let method = if by_code { Method::DeviceCode } else { config.sign_in };
        let (wanted, accounts) = (config.tenant, self.pins.that_matter(&asked));
        let facts =
            SignInFacts { asked, wanted, pinned, accounts, claims, method, standing, groups, registrars };
        Ok(Answer::SignIn(Box::new(facts), config.name.clone()))
    }

    /// Makes what was learnt durable, then tells who waits. Of two objects that sign in under a new name at the
    /// same time it is the first one's.
    pub(crate) fn learn(&mut self, caller: Caller, memory: Memory, answer: Answer) {
        let lane = self.pins.subject(&memory);
        if let Some(taken) = self.pins.conflict(&memory) {
            return self.order(lane, Command::Answer(caller, Err(taken)));
        }
        self.push(lane, Step::Commit(vec![Pins::learn(memory, self.now)]));
        self.order(lane, Command::Answer(caller, Ok(answer)));
    }

    /// A person is who was asked for. Whoever waits is answered when the machine of the tenant has taken the
    /// sign-in; where keys are being made for it, at once.
    pub(crate) fn signed_in(&mut self, caller: Caller, sign_in: SignIn) {
        self.tokens.insert(sign_in.token);
        let lane = Some(sign_in.account.tenant);
        // Whoever waits follows the machine from here on, so it begins now.
        match self.machine_for(&sign_in) {
            Some(id) if self.waits_for_keys(sign_in.account.tenant, id) => self.park(sign_in),
            _ => self.route(sign_in),
        }
        self.order(lane, Command::Answer(caller, Ok(Answer::Taken)));
    }

    /// Whether this machine would need keys that are being made.
    fn waits_for_keys(&self, tenant: TenantId, id: MemberId) -> bool {
        self.prepared.is_preparing() && self.is_bare(tenant, id)
    }

    fn is_bare(&self, tenant: TenantId, id: MemberId) -> bool {
        let mut members = self.tenants.get(&tenant).into_iter().flat_map(Roster::members);
        members.any(|member| member.id == id && member.stage().is_bare())
    }

    /// Whether this sign-in may register the machine, or serve its registration.
    fn registers(&self, sign_in: &SignIn) -> bool {
        let config = self.facts.domain(sign_in.asked.domain());
        let off = config.is_none_or(|config| config.registration == Registration::Off);
        // The machine may have left the tenant since this sign-in began.
        let may = sign_in.may_register == MayRegister::Yes
            || self.view(sign_in.account.tenant).identity().is_some();
        // Somebody may have left the tenant since this sign-in began: nothing would lead to a new identity.
        let leads = self.pins.tenant_of(sign_in.asked.domain()) == Some(sign_in.account.tenant);
        let roster = self.tenants.get(&sign_in.account.tenant);
        let blocked = roster.is_some_and(|roster| roster.blocked.is_some());
        // What is missing may be this tenant's.
        let missing = self.missing.is_some() && !roster.is_some_and(Roster::holds_anything);
        may && !off && !blocked && !missing && leads
    }

    /// Hands a person to the machine that their sign-in is for, after the keys made ahead of time.
    pub(crate) fn route(&mut self, sign_in: SignIn) {
        let tenant = sign_in.account.tenant;
        let lane = Some(tenant);
        match self.machine_for(&sign_in) {
            Some(id) => {
                self.offer_keys(tenant, id);
                let SignIn { asked, account, token, .. } = sign_in;
                let domain = asked.domain().clone();
                self.tell(tenant, id, lifecycle::Event::SignedIn { account, domain, token });
            }
            None => self.order(lane, Command::Forget(sign_in.token)),
        }
        if sign_in.waited {
            self.push(lane, Step::Begun);
        }
    }

    /// The successor for whom it is meant, else the machine in force, which begins with its first sign-in.
    fn machine_for(&mut self, sign_in: &SignIn) -> Option<MemberId> {
        let tenant = sign_in.account.tenant;
        let view = self.view(tenant);
        if let Some(successor) = view.successor_for(&sign_in.asked) {
            return Some(successor);
        }
        if !self.registers(sign_in) {
            return None;
        }
        let current = self.tenants.get(&tenant).and_then(|roster| roster.current.as_ref());
        // One that came by a move and has left would go on making its keys where it was moved to.
        let stays = |member: &&Member| !member.stage().is_bare() || member.backend == self.facts.backend;
        if let Some(member) = current.filter(stays) {
            return Some(member.id);
        }
        let snapshot = current.map_or_else(|| Snapshot::absent(tenant), |it| it.status.snapshot.clone());
        let config = self.facts.domain(sign_in.asked.domain())?.clone();
        Some(self.begin(&config, (Role::Current, self.facts.backend), snapshot))
    }

    /// Offers a pair to a machine that has nothing, before its first sign-in.
    fn offer_keys(&mut self, tenant: TenantId, id: MemberId) {
        if let Some(pair) = self.prepared.ready().filter(|_| self.is_bare(tenant, id)) {
            // One that does not want it leaves it to the next.
            let _: Handled = self.tell(tenant, id, lifecycle::Event::Prepared(Box::new(pair)));
        }
    }

    /// The sign-in goes on when the keys are there, or cannot be made.
    pub(crate) fn unpark(&mut self, sign_in: SignIn) {
        self.lanes.queue(Some(sign_in.account.tenant), Item::SignIn(SignIn { waited: true, ..sign_in }));
    }
}
