//! A computer with three tenants, three people each.

use crate::{DomainConfig, Event, Facts};
use lifecycle::IntuneEnrolment;
use model::{
    Account, AccountPin, Asker, Backend, Cause, Cloud, Delivery, DeviceFacts, DeviceTrouble, DomainName,
    Failure, FailureClass, Guid, Id, JoinType, MachineBinding, MayRegister, Method, Registration, Requester,
    TenantId, TenantPin, Timestamp, Upn, Who,
};

/// The names of every person, by tenant; the first two tenants have a domain more, the first by an alias.
pub(super) const PEOPLE: [[&str; 3]; 3] = [
    ["alex@contoso.com", "kim@corp.contoso.com", "sam@contoso.com"],
    ["ann@fabrikam.com", "bob@eu.fabrikam.com", "cy@fabrikam.com"],
    ["dee@tailspin.com", "eli@tailspin.com", "flo@tailspin.com"],
];

/// One of the people: the tenant, and which of its three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Person(pub(super) usize, pub(super) usize);

/// Root, who may register.
pub(super) const ASKER: Asker = Asker { by: Requester(0), may_register: MayRegister::Yes };

pub(super) const ALEX: Person = Person(0, 0);
pub(super) const ANN: Person = Person(1, 0);
pub(super) const KIM: Person = Person(0, 1);
/// Of the other domain of Ann's tenant.
pub(super) const BOB: Person = Person(1, 1);
pub(super) const DEE: Person = Person(2, 0);

impl Person {
    /// The person with this number.
    pub(super) fn nth(n: u8) -> Person {
        let n = usize::from(n);
        Person(n / 3 % 3, n % 3)
    }

    pub(super) fn upn(self) -> Upn {
        PEOPLE[self.0][self.1].parse().unwrap()
    }

    pub(super) fn domain(self) -> DomainName {
        self.upn().domain().clone()
    }

    pub(super) fn tenant(self) -> TenantId {
        tenant(self.0)
    }

    pub(super) fn account(self) -> Account {
        let object = id(50 + 3 * self.0 as u8 + self.1 as u8);
        Account { tenant: self.tenant(), object, upn: self.upn() }
    }

    pub(super) fn account_pin(self) -> AccountPin {
        let Account { tenant, object, upn } = self.account();
        AccountPin { upn, tenant, object, first_seen: Timestamp::from_secs(9), former_since: None }
    }

    pub(super) fn domain_pin(self) -> TenantPin {
        TenantPin { tenant: self.tenant(), issuer: format!("https://login.example/{}/v2.0", self.tenant()) }
    }
}

pub(super) fn id<K>(n: u8) -> Id<K> {
    Id::new(Guid::from_bytes([n; 16]))
}

pub(super) fn tenant(n: usize) -> TenantId {
    id(1 + n as u8)
}

/// What a test configures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) backend: Backend,
    pub(super) required: Option<Backend>,
    pub(super) boot_bound: bool,
    pub(super) most_prepared: usize,
    pub(super) intune: IntuneEnrolment,
    /// Of the third tenant's domain.
    pub(super) third: Registration,
}

impl Default for Setting {
    fn default() -> Setting {
        Setting {
            backend: Backend::Soft,
            required: None,
            boot_bound: false,
            most_prepared: 0,
            intune: IntuneEnrolment::Disabled,
            third: Registration::Off,
        }
    }
}

impl Setting {
    pub(super) fn facts(self) -> Facts {
        let domain = |name: &str, alias: Option<&str>, registration| DomainConfig {
            name: name.parse().unwrap(),
            cloud: Cloud::Public,
            aliases: alias.iter().map(|alias| alias.parse().unwrap()).collect(),
            tenant: None,
            people: None,
            groups: Vec::new(),
            tells_groups: false,
            join_type: JoinType::Join,
            device: device(),
            registration,
            sign_in: Method::Auto,
            intune: self.intune,
        };
        Facts {
            domains: vec![
                domain("contoso.com", Some("corp.contoso.com"), Registration::Background),
                domain("fabrikam.com", None, Registration::Required),
                domain("eu.fabrikam.com", None, Registration::Background),
                domain("tailspin.com", None, self.third),
            ],
            backend: self.backend,
            required_backend: self.required,
            boot_bound: self.boot_bound,
            binding: MachineBinding { components: vec![("machine-id".to_owned(), "00".to_owned())] },
            accounts: accounts(),
            most_prepared: self.most_prepared,
        }
    }
}

/// People of every domain have accounts.
fn accounts() -> accounts::AccountSettings {
    let names = ["contoso.com", "corp.contoso.com", "fabrikam.com", "eu.fabrikam.com", "tailspin.com"];
    let domain = |name: &str| accounts::AccountDomain {
        name: name.parse().unwrap(),
        range: names::IdRange::DEFAULT,
        home_prefix: "/home/".to_owned(),
        home_name: names::HomeName::Upn,
        shell: "/bin/sh".to_owned(),
        admitted: None,
        admitted_groups: Vec::new(),
        sudo_people: Vec::new(),
        sudo_groups: Vec::new(),
    };
    accounts::AccountSettings { domains: names.map(domain).to_vec(), ..accounts::AccountSettings::default() }
}

fn device() -> DeviceFacts {
    DeviceFacts {
        display_name: "lap-0042".to_owned(),
        os_version: "Unknown".to_owned(),
        os_id: "Unknown".to_owned(),
        os_version_id: "Unknown".to_owned(),
        arch: "x86_64".to_owned(),
        manufacturer: "Unknown".to_owned(),
    }
}

/// A failure of a class that got so far.
pub(super) fn failure(class: FailureClass, delivery: Delivery, code: &str) -> Failure {
    let mut failure = Failure::local(class, Who::User, code, "it failed".to_owned(), "Do something.");
    failure.delivery = delivery;
    failure.trouble = DeviceTrouble::from_code(code);
    failure
}

/// What a failure byte stands for.
pub(super) fn failures(n: u8) -> Failure {
    let classes = [
        (FailureClass::Transient, "Unreachable"),
        (FailureClass::Transient, "AADSTS90055"),
        (FailureClass::NeedsUser, "AADSTS50076"),
        (FailureClass::NeedsUser, "AADSTS50155"),
        (FailureClass::Denied, "AADSTS135011"),
        (FailureClass::Denied, "error_directory_quota_exceeded"),
        (FailureClass::Gone, "error_missing_device"),
        (FailureClass::Broken, "KeyUnavailable"),
    ];
    let deliveries = [Delivery::NotSent, Delivery::Answered, Delivery::InDoubt];
    let (class, code) = classes[usize::from(n) % classes.len()];
    failure(class, deliveries[usize::from(n) / 16 % 3], code)
}

/// What a session may hear about the device, and what says nothing of it.
pub(super) fn suspicion(n: u8) -> Failure {
    let codes = ["AADSTS135011", "AADSTS700003", "AADSTS50155", "KeyUnavailable", "ClonedMachine", "Strange"];
    failure(FailureClass::Denied, Delivery::Answered, codes[usize::from(n) % codes.len()])
}

/// A session of the person met a failure.
pub(super) fn suspected(person: Person, failure: Failure) -> Event {
    let Account { tenant, object, .. } = person.account();
    Event::Suspected { tenant, object, failure }
}

/// The directory refuses the person.
pub(super) fn disabled() -> Failure {
    failure(FailureClass::Denied, Delivery::Answered, "AADSTS50057").because(Cause::AccountDisabled)
}

pub(super) fn disk_full() -> Failure {
    failure(FailureClass::Broken, Delivery::NotSent, "DiskFull")
}
