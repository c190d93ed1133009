//! What the table tests have in common: lives that are told, not drawn.

use super::computer::Computer;
use super::disk::Disk;
use super::replies::{endpoints, issued, keys, numbered};
use super::samples::{Person, Setting};
use crate::{Answer, OperatorRequest, Role};
use lifecycle::{Identity, Intent, Intune, Snapshot, Stage};
use model::{Backend, Failure, JoinType, MachineBinding, TenantId, Timestamp};

impl Computer {
    /// A computer that starts with this on its disk.
    pub(super) fn with(setting: Setting, disk: Disk) -> Computer {
        let mut computer = Computer::off("", setting);
        computer.disk = disk;
        computer.restore();
        computer
    }

    /// Every open commit becomes durable.
    pub(super) fn write(&mut self) {
        for _ in 0..100 {
            if self.open.is_empty() {
                return;
            }
            self.make_durable(u8::MAX);
        }
        panic!("commits without end: {:?}", self.open);
    }

    /// A person goes through a sign-in; what follows from it does not happen yet.
    pub(super) fn signs_in(&mut self, person: Person) {
        self.comes(person);
        for _ in 0..5 {
            self.advance(0);
            self.write();
        }
        assert!(self.visits.is_empty(), "the sign-in goes on: {:?}", self.visits);
    }

    /// A person signs in, and everything comes to rest.
    pub(super) fn registers(&mut self, person: Person) {
        self.comes(person);
        self.fair_end();
    }

    /// What an operator is told, once everything before it is durable.
    pub(super) fn tells(&mut self, request: OperatorRequest) -> Result<Answer, Failure> {
        let before = self.answers.len();
        self.ask(request);
        self.write();
        self.answers[before..].last().map(|(_, answer)| answer.clone()).unwrap()
    }

    /// The code of the refusal of a request.
    pub(super) fn refusal(&mut self, request: OperatorRequest) -> String {
        self.tells(request).map_or_else(|failure| failure.code, |answer| format!("{answer:?}"))
    }
}

/// An identity that was registered and verified long ago; the number tells two apart.
pub(super) fn identity(tenant: TenantId, backend: Backend, n: u64) -> Identity {
    let intent = Intent {
        id: numbered(n),
        tenant,
        join_type: JoinType::Join,
        backend,
        binding: MachineBinding { components: vec![("machine-id".to_owned(), "00".to_owned())] },
        at: Timestamp::from_secs(1),
    };
    let owner = super::samples::ALEX.account();
    Identity {
        keys: keys(intent.id, backend, n),
        intent,
        issued: issued(n),
        endpoints: endpoints(),
        owner: model::Account { tenant, ..owner },
        registered_at: Timestamp::from_secs(2),
        verified_at: Some(Timestamp::from_secs(3)),
        intune: Intune::None,
        suspended: None,
    }
}

impl Disk {
    /// The disk with a tenant's identity of this role in this stage.
    pub(super) fn and(mut self, role: Role, tenant: TenantId, stage: Stage) -> Disk {
        self.identities.insert((tenant, role), Snapshot { stage, ..Snapshot::absent(tenant) });
        self
    }

    /// The disk with what was learnt of these people.
    pub(super) fn knows(mut self, people: &[Person]) -> Disk {
        for person in people {
            self.domains.insert(person.domain(), person.domain_pin());
            self.accounts.insert(person.upn(), person.account_pin());
        }
        self
    }
}
