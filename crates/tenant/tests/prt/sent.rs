//! Recorded good requests of which a test changes one thing.

use crate::client::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use serde_json::Value;
use tenant_model::setup::Peer;

/// A request before it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) bearer: Option<String>,
    pub(crate) body: String,
    pub(crate) peer: Peer,
}

impl Sent {
    /// A form for an endpoint of the tenant, as `oauth2/v2.0/token`.
    pub(crate) fn form(endpoint: &str, body: impl Into<String>) -> Sent {
        let (path, peer) = (format!("/{CONTOSO}/{endpoint}"), Peer::default());
        Sent { method: "POST", path, bearer: None, body: body.into(), peer }
    }

    /// Replaces a part of the body that must be there.
    pub(crate) fn put(&mut self, from: &str, to: &str) {
        assert!(self.body.contains(from), "no '{from}' in {}", self.body);
        self.body = self.body.replace(from, to);
    }

    /// Changes a JSON body.
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut Value)) {
        let mut body = serde_json::from_str(&self.body).unwrap();
        change(&mut body);
        self.body = body.to_string();
    }
}

impl Harness {
    pub(crate) fn replay(&mut self, sent: &Sent) -> Reply {
        let mut request = Request::builder().method(sent.method).uri(&sent.path);
        if let Some(bearer) = &sent.bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        self.send_as(request.body(Bytes::from(sent.body.clone())).unwrap(), &sent.peer)
    }

    /// A sign-in by password for the registration service.
    pub(crate) fn password_request(&mut self) -> Sent {
        let body = format!(
            "client_id={BROKER}&grant_type=password&username={ALEX}&password={PASSWORD}\
             &scope=openid offline_access {REGISTRATION}/.default"
        );
        Sent::form("oauth2/v2.0/token", body)
    }

    /// A request for a device code.
    pub(crate) fn code_request(&mut self) -> Sent {
        let body = format!("client_id={BROKER}&scope=openid offline_access {REGISTRATION}/.default");
        Sent::form("oauth2/v2.0/devicecode", body)
    }

    /// The poll that redeems an approved code.
    pub(crate) fn poll(&mut self) -> Sent {
        let request = self.code_request();
        let code = self.replay(&request).json();
        self.cloud.approve(code["user_code"].as_str().unwrap(), ALEX, self.now).unwrap();
        let secret = code["device_code"].as_str().unwrap();
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        Sent::form("oauth2/v2.0/token", format!("client_id={BROKER}&grant_type={grant}&device_code={secret}"))
    }

    /// A token for registration out of the broker's refresh token.
    pub(crate) fn refresh_request(&mut self) -> Sent {
        let token = &self.refresh_token;
        let body = format!(
            "client_id={BROKER}&grant_type=refresh_token&refresh_token={token}&scope={REGISTRATION}/.default"
        );
        Sent::form("oauth2/v2.0/token", body)
    }

    /// A join with a fresh token.
    pub(crate) fn join_request(&mut self) -> Sent {
        let tokens = self.device_code(REGISTRATION);
        Sent {
            method: "POST",
            path: "/EnrollmentServer/device/?api-version=2.0".to_owned(),
            bearer: Some(tokens["access_token"].as_str().unwrap().to_owned()),
            body: self.join_body(&STANDARD.encode(blob(&self.device.transport))).to_string(),
            peer: Peer::default(),
        }
    }

    /// The device leaves, or asks the management service.
    pub(crate) fn device_request(&self, method: &'static str, path: &str) -> Sent {
        let certificate = Some(self.device.certificate.clone());
        Sent {
            method,
            path: path.replace("{id}", &self.device.id),
            bearer: None,
            body: String::new(),
            peer: Peer { client_certificate: certificate, ..Peer::default() },
        }
    }
}
