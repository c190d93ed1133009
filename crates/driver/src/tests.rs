//! What several tests of the driver need.

use lifecycle::{DeviceKeys, EndpointSource, Endpoints, Identity, Intent, Intune, Issued};
use model::{
    Account, Backend, CertificateDer, Guid, Id, JoinType, KeyHandle, KeyPurpose, MachineBinding,
    RsaPublicKey, TenantId, Timestamp,
};

fn id<K>(n: u8) -> Id<K> {
    Id::new(Guid::from_bytes([n; 16]))
}

/// A verified identity with keys in software.
pub(crate) fn identity(tenant: TenantId) -> Identity {
    let key = |purpose| {
        let public = RsaPublicKey { modulus: vec![9; 4], exponent: vec![1, 0, 1] };
        KeyHandle { backend: Backend::Soft, purpose, intent: id(2), public, wrapped: vec![1] }
    };
    Identity {
        intent: Intent {
            id: id(2),
            tenant,
            join_type: JoinType::Join,
            backend: Backend::Soft,
            binding: MachineBinding { components: Vec::new() },
            at: Timestamp::from_secs(1),
        },
        keys: DeviceKeys { device: key(KeyPurpose::Device), transport: key(KeyPurpose::Transport) },
        issued: Issued {
            device: id(3),
            certificate: CertificateDer(vec![0x30, 0]),
            thumbprint: "AB".repeat(20),
            not_before: Timestamp::from_secs(0),
            not_after: Timestamp::from_secs(4_000_000_000),
            warnings: Vec::new(),
        },
        endpoints: Endpoints {
            join: "https://drs.example/device/".to_owned(),
            join_version: "2.0".to_owned(),
            source: EndpointSource::Documented,
        },
        owner: Account { tenant, object: id(4), upn: "alex@contoso.com".parse().unwrap() },
        registered_at: Timestamp::from_secs(2),
        verified_at: Some(Timestamp::from_secs(3)),
        intune: Intune::None,
        suspended: None,
    }
}
