//! What an operator asks for.

use crate::identities::Handled;
use crate::tenancy::Tenancy;
use lifecycle::Stage;
use model::{DomainName, Failure, Memory, TenantId, Upn};
use tenancy_model::refusals;
use tenancy_model::{Answer, Caller, Command, OperatorRequest};

impl Tenancy {
    pub(crate) fn asked(&mut self, caller: Caller, request: OperatorRequest) {
        let known = |domain: &DomainName| self.pins.tenant_of(domain).map(|tenant| (tenant, caller));
        let refused = match request {
            OperatorRequest::Leave { domain, how } if self.has_to_give_up(&domain, how) => {
                return self.give_up(caller, domain);
            }
            OperatorRequest::Leave { domain, how } => match known(&domain) {
                Some(waiting) => return self.leave(waiting, &domain, how),
                None => self
                    .missing
                    .clone()
                    .unwrap_or_else(|| refusals::not_registered(&domain, "There is nothing to leave.")),
            },
            OperatorRequest::Rekey { person, to, how } => match known(person.domain()) {
                Some(waiting) => return self.rekey(waiting, person, to, how),
                None => refusals::not_registered(person.domain(), "Sign in to register it."),
            },
            OperatorRequest::RekeyEnded(domain) => match known(&domain) {
                Some(waiting) => return self.rekey_ended(waiting),
                None => return self.order(None, Command::Answer(caller, Ok(Answer::Done))),
            },
            OperatorRequest::CancelRekey(domain) => match known(&domain) {
                Some(waiting) => return self.cancel_rekey(waiting),
                None => refusals::not_registered(&domain, "Sign in to register it."),
            },
            OperatorRequest::Rebind(domain) => match known(&domain) {
                Some(waiting) => return self.rebind(waiting, &domain),
                None => refusals::not_registered(&domain, REBIND_ADVICE),
            },
            OperatorRequest::ForgetAccount(name) => return self.forget_account(caller, name),
            OperatorRequest::ReserveAccount { wanted, local } => {
                return self.reserve_account(caller, &wanted, &local);
            }
            OperatorRequest::ChangeAccount { name, to, local } => {
                return self.change_account(caller, (&name, to), &local);
            }
        };
        self.order(None, Command::Answer(caller, Err(refused)));
    }

    /// Binds the keys of an identity to this machine as it was measured at the start.
    fn rebind(&mut self, (tenant, caller): (TenantId, Caller), domain: &DomainName) {
        let current = self.tenants.get(&tenant).and_then(|roster| roster.current.as_ref());
        let found = current.and_then(|member| match member.stage() {
            Stage::Registered(identity) => Some((member.id, identity.clone())),
            _ => None,
        });
        let answer = match found {
            None => Err(self.no_identity(tenant, domain, REBIND_ADVICE)),
            Some((member, before)) => match self.tell(tenant, member, lifecycle::Event::Rebind) {
                Handled::Taken => {
                    Ok(Answer::Rebinding { domains: self.pins.domains_of(tenant), before, member })
                }
                Handled::Ignored => Err(refusals::keys_in_use()),
            },
        };
        self.order(Some(tenant), Command::Answer(caller, answer));
    }

    /// Why there is no identity to do something with: one that cannot be read is there all the same.
    pub(crate) fn no_identity(&self, tenant: TenantId, domain: &DomainName, advice: &str) -> Failure {
        let blocked = self.tenants.get(&tenant).and_then(|roster| roster.blocked.clone());
        blocked.or_else(|| self.missing.clone()).unwrap_or_else(|| refusals::not_registered(domain, advice))
    }

    fn forget_account(&mut self, caller: Caller, name: Upn) {
        self.attempts.forget_owners(&name);
        let account = self.accounts.given_up(&name, self.now);
        let reserved = self.end_reservation(&name);
        let ended = self.accounts.whose(name.as_str()).and_then(|person| self.offline.end(person));
        self.keep_offline(ended);
        let given_up = account.is_some() || reserved;
        account.into_iter().for_each(|account| self.keep_account(None, account));
        if self.pins.has_account(&name) {
            return self.learn(caller, Memory::ForgetAccount(name), Answer::Forgotten(true));
        }
        let lane = self.pins.tenant_of_account(&name).or_else(|| self.accounts.tenant_of(name.as_str()));
        self.order(lane, Command::Answer(caller, Ok(Answer::Forgotten(given_up))));
    }
}

const REBIND_ADVICE: &str = "Sign in to register it; new keys are bound to it as it is.";
