//! Where a tenant's services are (intune.md 1.3).

use crate::call::identify;
use crate::fields::Fields;
use crate::refusal::answer;
use crate::{IntuneError, Service, ServiceUri, ids};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use model::{HostPort, RequestId, Secret};
use serde_json::Value;

/// The bases of the services that Firmament speaks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// `LinuxEnrollmentService`.
    pub enrolment: ServiceUri,
    /// `LinuxDeviceCheckinService`.
    pub check_in: ServiceUri,
    /// `IWService`, where the tenant has one that can be used.
    pub iw: Option<ServiceUri>,
}

/// GET of the endpoints of Microsoft Intune, with a token for [`ids::GRAPH`].
pub fn request(graph: &HostPort, token: &Secret<String>, id: RequestId) -> Request<Bytes> {
    let mut request = Request::new(Bytes::new());
    let uri = format!("https://{graph}/v1.0/servicePrincipals/appId={}/endpoints", ids::INTUNE);
    // A host name and a GUID always make a URI; the transport would refuse an empty one.
    *request.uri_mut() = uri.parse().unwrap_or_default();
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    identify(request.headers_mut(), token, id);
    request
}

/// Reads the OData list; the entries of other services are passed over.
///
/// # Errors
/// [`IntuneError::NoEndpoint`] for a tenant without one of the two Linux services, [`IntuneError::Uri`] for one
/// that is no https base, [`IntuneError::Unusable`] for anything but a list, and refusals: a 403 is
/// [`Reason::MissingScope`](crate::Reason::MissingScope).
pub fn read(reply: Response<Bytes>) -> Result<Endpoints, IntuneError> {
    let body = answer(&reply, Service::Graph)?;
    let list = Fields::of(&body).and_then(|body| body.list("value"));
    let list = list
        .ok_or_else(|| IntuneError::unusable(Service::Graph, "it holds no list of endpoints as 'value'"))?;
    Ok(Endpoints {
        enrolment: required(list, "LinuxEnrollmentService")?,
        check_in: required(list, "LinuxDeviceCheckinService")?,
        iw: entry(list, "IWService").and_then(|entry| entry.raw("uri")?.parse().ok()),
    })
}

fn required(list: &[Value], name: &'static str) -> Result<ServiceUri, IntuneError> {
    let uri = entry(list, name).and_then(|entry| entry.get("uri")).ok_or(IntuneError::NoEndpoint(name))?;
    let wrong = || IntuneError::unusable(Service::Graph, &format!("the 'uri' of {name} is no text"));
    let uri = uri.as_str().ok_or_else(wrong)?;
    uri.parse()
}

/// The provider with exactly this name.
fn entry<'a>(list: &'a [Value], name: &str) -> Option<Fields<'a>> {
    list.iter().filter_map(Fields::of).find(|entry| entry.raw("providerName") == Some(name))
}
