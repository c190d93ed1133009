use bytes::Bytes;
use http::Response;
use intune::{Caller, ServiceUri};
use model::{DeviceFacts, RequestId, RsaPublicKey, Secret, Timestamp};
use rsa::RsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::traits::PublicKeyParts;

pub(crate) const DEVICE: &str = "99999999-0000-4000-8000-000000000003";
pub(crate) const BASE: &str = "https://fef.sim01.manage.contoso.test/TrafficGateway/TrafficRoutingService/LinuxMDM/LinuxEnrollmentService";
pub(crate) const CHECK_IN: &str = "https://fef.sim01.manage.contoso.test/TrafficGateway/TrafficRoutingService/LinuxMDM/LinuxDeviceCheckinService";
pub(crate) const IW: &str =
    "https://fef.sim01.manage.contoso.test/TrafficGateway/TrafficRoutingService/IWService/StatelessIWService";

pub(crate) fn key() -> RsaPrivateKey {
    RsaPrivateKey::from_pkcs8_der(include_bytes!("test-key.pk8")).unwrap()
}

pub(crate) fn public() -> RsaPublicKey {
    RsaPublicKey { modulus: key().n_bytes().to_vec(), exponent: vec![1, 0, 1] }
}

/// The machine of intune.md 9.
pub(crate) fn facts() -> DeviceFacts {
    let text = |text: &str| text.to_owned();
    DeviceFacts {
        display_name: text("lx-adele"),
        os_version: text("Ubuntu 24.04.1 LTS 24.04"),
        os_id: text("ubuntu"),
        os_version_id: text("24.04"),
        arch: text("x86_64"),
        manufacturer: text("LENOVO"),
    }
}

pub(crate) fn token() -> Secret<String> {
    Secret::new("T0KEN".to_owned())
}

pub(crate) fn request_id() -> RequestId {
    "5b000000-0000-4000-8000-000000000010".parse().unwrap()
}

pub(crate) fn caller<'a>(token: &'a Secret<String>, facts: &'a DeviceFacts) -> Caller<'a> {
    Caller { token, facts, version: "1.2609.5".parse().unwrap(), request_id: request_id() }
}

pub(crate) fn service(base: &str) -> ServiceUri {
    base.parse().unwrap()
}

pub(crate) fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Response<Bytes> {
    let start = Response::builder().status(status);
    let built = headers.iter().fold(start, |reply, (name, value)| reply.header(*name, *value));
    built.body(Bytes::from(body.to_owned())).unwrap()
}

pub(crate) fn noon(date: [i64; 3]) -> Timestamp {
    Timestamp::from_civil([date[0], date[1], date[2], 12, 0, 0])
}
