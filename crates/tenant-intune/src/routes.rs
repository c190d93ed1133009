//! Which request a request is.

use bytes::Bytes;
use http::Request;

/// The name of a request that is Intune's, by method and path alone (paths match without regard to case).
///
/// A path with an empty segment inside is nobody's: that is what a client makes which does not trim the
/// slash at the end of a URI (intune.md 1.3).
pub fn name(request: &Request<Bytes>) -> Option<&'static str> {
    let path = segments(request.uri().path());
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    let name = match (request.method().as_str(), words.as_slice()) {
        (_, words) if words.contains(&"") => return None,
        ("GET", ["v1.0", "serviceprincipals", PRINCIPAL, "endpoints"])
        | ("GET", ["v1.0", "myorganization", "serviceprincipals", PRINCIPAL, "endpoints"])
        | ("GET", ["v1.0", PRINCIPALS, "endpoints"])
        | ("GET", ["v1.0", "myorganization", PRINCIPALS, "endpoints"]) => ENDPOINTS,
        ("POST", [.., "linuxenrollmentservice", "enroll"]) => ENROLL,
        ("POST", [.., "linuxdevicecheckinservice", "details"]) => DETAILS,
        ("GET", [.., "linuxdevicecheckinservice", "policies", _]) => POLICIES,
        ("POST", [.., "linuxdevicecheckinservice", "status"]) => STATUS,
        ("GET", [.., "statelessiwservice", "devices"]) => DEVICES,
        ("GET", [.., "statelessiwservice", device]) if device.starts_with("devices(") => DEVICE,
        ("POST", [.., "statelessiwservice", device, "retire"]) if device.starts_with("devices(") => RETIRE,
        ("POST", [.., "statelessiwservice", device, _]) if device.starts_with("devices(") => ACTION,
        ("GET", [.., "statelessiwservice", terms]) if terms.starts_with("termsofuse") => TERMS,
        ("GET", [.., "statelessoauthservice", "oauthproxy"]) => TOKEN,
        ("GET", ["ubuntu", _, "prod", "pool", "main", "i", "intune-portal"]) => PORTAL_VERSIONS,
        (_, words) if words.contains(&"statelessbrandingservice") => BRANDS,
        _ => return None,
    };
    Some(name)
}

/// A path in lower case, split at `/`, with the escapes of an OData key taken back.
pub(crate) fn segments(path: &str) -> Vec<String> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path).to_ascii_lowercase();
    let plain = |word: &str| {
        let escapes = [("%27", "'"), ("%28", "("), ("%29", ")"), ("%3d", "=")];
        escapes.iter().fold(word.to_owned(), |word, (escaped, plain)| word.replace(escaped, plain))
    };
    path.split('/').map(plain).collect()
}

/// The names of Intune's requests, and what each is: what [`name`] gives.
pub const REQUESTS: [(&str, &str); 13] = [
    (ENDPOINTS, "the endpoint list, which Graph serves"),
    (ENROLL, "LinuxEnrollmentService, `enroll`"),
    (DETAILS, "LinuxDeviceCheckinService, `details`"),
    (POLICIES, "LinuxDeviceCheckinService, `policies`"),
    (STATUS, "LinuxDeviceCheckinService, `status`"),
    (DEVICE, "IWService, one device"),
    (DEVICES, "IWService, the devices of the user"),
    (RETIRE, "IWService, `Retire` of a device"),
    (ACTION, "IWService, any other action of a device"),
    (TOKEN, "TokenRenewalService"),
    (BRANDS, "the branding service"),
    (TERMS, "IWService, terms of use"),
    (PORTAL_VERSIONS, "the directory of the portal's packages"),
];

pub(crate) const ENDPOINTS: &str = "intune.endpoints";
pub(crate) const ENROLL: &str = "intune.enroll";
pub(crate) const DETAILS: &str = "intune.details";
pub(crate) const POLICIES: &str = "intune.policies";
pub(crate) const STATUS: &str = "intune.status";
pub(crate) const DEVICE: &str = "intune.device";
pub(crate) const DEVICES: &str = "intune.devices";
pub(crate) const RETIRE: &str = "intune.retire";
pub(crate) const ACTION: &str = "intune.action";
pub(crate) const TOKEN: &str = "intune.token";
pub(crate) const BRANDS: &str = "intune.brands";
pub(crate) const TERMS: &str = "intune.terms";
pub(crate) const PORTAL_VERSIONS: &str = "intune.portal_versions";
/// The service principal of Intune (intune.md 0.3) as Graph's path names it, and as its alternate key does.
const PRINCIPAL: &str = "appid=0000000a-0000-0000-c000-000000000000";
const PRINCIPALS: &str = "serviceprincipals(appid='0000000a-0000-0000-c000-000000000000')";
/// The path of IWService, below its base.
pub(crate) const IW_PATH: &str = "/TrafficGateway/TrafficRoutingService/IWService/StatelessIWService";
