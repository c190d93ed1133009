//! An executor between two scripted ports, and one value of each kind.

use super::ports::{KeyStore, Net, key};
use crate::{Executor, ExecutorDependencies, IntuneVersion, Vault};
use lifecycle::{
    DeviceKeys, EndpointSource, Endpoints, Identity, Intent, Intune, Issued, JoinOrder, Reply, Work,
};
use model::{
    Account, Backend, CertificateDer, CloudProfile, DeviceFacts, Failure, Guid, Id, JoinType, Kdf,
    KeyPurpose, MachineBinding, Secret, Timestamp, TokenRef, Trace,
};
use oauth::TokenSet;
use prt::SessionKey;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use vault::{Held, Primary, Tokens};

/// An executor and the ends of its ports.
pub(super) struct Harness {
    pub(super) net: Arc<Net>,
    pub(super) keys: Arc<KeyStore>,
    pub(super) vault: Arc<Vault>,
    pub(super) executor: Executor,
}

impl Harness {
    pub(super) fn new() -> Harness {
        Harness::with(IntuneVersion::fixed("1.2609.5".parse().unwrap()))
    }

    pub(super) fn with(intune_version: IntuneVersion) -> Harness {
        let (net, keys, vault) = (Arc::<Net>::default(), Arc::<KeyStore>::default(), Arc::<Vault>::default());
        let executor = Executor::new(ExecutorDependencies {
            profile: CloudProfile::public(),
            transport: net.clone(),
            keys: keys.clone(),
            vault: vault.clone(),
            version: "0.1.0".to_owned(),
            device: facts("lap-0042"),
            kdf: Kdf::V2,
            intune_version,
        });
        Harness { net, keys, vault, executor }
    }

    /// Performs a work of the device machine at [`NOW`].
    pub(super) fn perform(&self, work: Work) -> Result<Reply, Failure> {
        finish(self.executor.perform(work, NOW, ENTROPY))
    }

    /// A person's tokens, redeemed for registration already or not yet.
    pub(super) fn tokens(&self, for_registration: bool) -> TokenRef {
        self.keep(Tokens { for_registration, ..tokens() })
    }

    pub(super) fn keep(&self, tokens: Tokens) -> TokenRef {
        self.vault.keep(Held::Tokens(Arc::new(tokens)), NOW.after(HOUR))
    }
}

/// The end of a work: the ports answer at once, so that it never waits.
pub(super) fn finish<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(end) => end,
        Poll::Pending => panic!("the work waits for something that is none of its ports"),
    }
}

/// A sign-in's tokens: access token `at`, refresh token `rt`, for another resource than registration.
pub(super) fn tokens() -> Tokens {
    let set = TokenSet {
        access_token: secret("at"),
        refresh_token: Some(secret("rt")),
        id_token: None,
        client_info: None,
        expires_in: HOUR,
    };
    Tokens {
        set: Arc::new(set),
        for_registration: false,
        server_time: NOW,
        trace: Trace::default(),
        object: None,
        primary: None,
    }
}

/// A primary refresh token of [`owner`].
pub(super) fn primary() -> Arc<Primary> {
    let key = SessionKey::from_bytes(&Secret::new(super::ports::SESSION_KEY.to_vec())).unwrap();
    let (token, key) = (secret("prt"), Arc::new(key));
    Arc::new(Primary {
        token,
        key,
        object: owner().object,
        expires: NOW.after(24 * HOUR),
        handed_on: Default::default(),
    })
}

pub(super) fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

/// The id of which every byte is `n`.
pub(super) fn id<K>(n: u8) -> Id<K> {
    Id::new(Guid::from_bytes([n; 16]))
}

pub(super) fn owner() -> Account {
    Account { tenant: id(1), object: id(2), upn: "alex@contoso.com".parse().unwrap() }
}

pub(super) fn facts(name: &str) -> DeviceFacts {
    let text = |text: &str| text.to_owned();
    DeviceFacts {
        display_name: text(name),
        os_version: text("Ubuntu 24.04.1 LTS 24.04"),
        os_id: text("ubuntu"),
        os_version_id: text("24.04"),
        arch: text("x86_64"),
        manufacturer: text("LENOVO"),
    }
}

pub(super) fn intent() -> Intent {
    Intent {
        id: id(3),
        tenant: id(1),
        join_type: JoinType::Join,
        backend: Backend::Tpm,
        binding: MachineBinding { components: vec![] },
        at: NOW,
    }
}

pub(super) fn device_keys() -> DeviceKeys {
    let of = |purpose| key(Backend::Tpm, purpose, intent().id);
    DeviceKeys { device: of(KeyPurpose::Device), transport: of(KeyPurpose::Transport) }
}

pub(super) fn endpoints() -> Endpoints {
    let join = "https://enterpriseregistration.windows.net/EnrollmentServer/device/".to_owned();
    Endpoints { join, join_version: "2.0".to_owned(), source: EndpointSource::Documented }
}

pub(super) fn identity() -> Identity {
    Identity {
        intent: intent(),
        keys: device_keys(),
        issued: Issued {
            device: id(9),
            certificate: CertificateDer(vec![0x30, 0]),
            thumbprint: "AB".repeat(20),
            not_before: NOW,
            not_after: NOW.after(24 * HOUR),
            warnings: vec![],
        },
        endpoints: endpoints(),
        owner: owner(),
        registered_at: NOW,
        verified_at: None,
        intune: Intune::None,
        suspended: None,
    }
}

pub(super) fn join_order(token: TokenRef) -> JoinOrder {
    JoinOrder {
        intent: intent(),
        keys: device_keys(),
        endpoints: endpoints(),
        attempt: 1,
        request: id(6),
        domain: "contoso.com".parse().unwrap(),
        token,
        device: facts("lap-0042"),
    }
}

/// When every work of these tests happens.
pub(super) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const ENTROPY: [u8; 32] = [0x44; 32];
