//! A request finds its endpoint, and leaves a line in the transcript.

use crate::endpoints::authorization_code::redeem_authorization_code;
use crate::endpoints::authorize::authorize;
use crate::endpoints::client_credentials::redeem_client_credentials;
use crate::endpoints::device_code::{device_code, redeem_code};
use crate::endpoints::device_login::{device_login, device_login_answer};
use crate::endpoints::discover::discover;
use crate::endpoints::discovery::{federation_provider, instance, jwks, metadata};
use crate::endpoints::graph::{graph, nothing_there, other_grant};
use crate::endpoints::join::{HYBRID, join};
use crate::endpoints::key::add_key;
use crate::endpoints::leave::leave;
use crate::endpoints::login::{keep_signed_in, login};
use crate::endpoints::manage::manage;
use crate::endpoints::nonce::{drs_nonce, nonce};
use crate::endpoints::password::redeem_password;
use crate::endpoints::realm::{credential_type, realm};
use crate::endpoints::refresh_token::redeem_refresh;
use crate::endpoints::second_factor::{begin_auth, end_auth, process_auth};
use crate::endpoints::signed::signed;
use crate::endpoints::throttled::throttled;
use crate::request_context::RequestContext;
use crate::resolve_context::resolve_context;
use crate::rules::client::refused_secret;
use crate::rules::tenants::misplaced;
use crate::tenant::Tenant;
use bytes::Bytes;
use http::Request;
use tenant_model::setup::{Entry, Outcome, Peer};
use tenant_wire::answer::{Answer, Body};
use tenant_wire::routes;

impl Tenant {
    /// Judges one request; `now_ms` counts milliseconds since 1970.
    pub fn handle(&mut self, request: Request<Bytes>, peer: &Peer, now_ms: i64) -> Outcome {
        let name = routes::name(&request);
        let mut entry = Entry {
            request: name.to_owned(),
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            host: peer.host.clone(),
            ..Entry::default()
        };
        let context = resolve_context(self, request, peer, now_ms);
        self.clock_ms = context.now_ms;
        let refused = throttled(self, name, &context).or_else(|| misplaced(self, &context, name));
        let answer = refused.unwrap_or_else(|| self.dispatch(name, &context));
        entry.status = answer.status;
        entry.rule = answer.rule.clone();
        entry.facts = answer.facts.clone();
        let mut add = |name: &str, value: &str| drop(entry.facts.insert(name.to_owned(), value.to_owned()));
        add("user_agent", &context.user_agent);
        if let Some(correlation) = &context.ids.correlation {
            add("client_request_id", correlation);
        }
        Outcome { response: answer.response(context.now, &context.ids), entry }
    }

    fn dispatch(&mut self, name: &str, context: &RequestContext) -> Answer {
        if OF_A_CLIENT.contains(&name)
            && let Some(refusal) = refused_secret(self, context, &context.form())
        {
            return refusal;
        }
        match name {
            "metadata" => metadata(self, context),
            "jwks" => jwks(self),
            "instance" => instance(self, context),
            "federation_provider" => federation_provider(self, context),
            "probe" => Answer::with(200, Body::Html(PROBE.to_owned())),
            "realm" => realm(self, context),
            "devicecode" => device_code(self, context),
            "token.device_code" => redeem_code(self, context),
            "token.refresh" => redeem_refresh(self, context),
            "token.password" => redeem_password(self, context),
            "token.code" => redeem_authorization_code(self, context),
            "token.client_credentials" => redeem_client_credentials(self, context),
            "token" => other_grant(context),
            "token.prt" | "token.prt_renew" | "token.prt_exchange" | "token.device_exchange" => {
                signed(self, context)
            }
            "nonce" => nonce(self, context),
            "authorize" => authorize(self, context),
            "login" => login(self, context),
            "kmsi" => keep_signed_in(self, context),
            "mfa_begin" => begin_auth(self, context),
            "mfa_end" => end_auth(self, context),
            "mfa_finish" => process_auth(self, context),
            "credential_type" => credential_type(self, context),
            "device_login" => device_login(context),
            "device_login_answer" => device_login_answer(self, context),
            "discover" => discover(self, context),
            "drs_nonce" => drs_nonce(self, context),
            "join" => join(self, context),
            "hybrid" => context.bad_request("error_fail", HYBRID),
            "leave" => leave(self, context),
            "manage" => manage(self, context),
            "key" => add_key(self, context),
            "me" | "member_of" | "owned_devices" | "devices" | "device" | "userinfo" => {
                graph(self, context, name)
            }
            _ => nothing_there(context),
        }
    }
}

/// Requests in which a confidential client shows its secret.
const OF_A_CLIENT: [&str; 5] =
    ["token.device_code", "token.refresh", "token.password", "token.code", "token.client_credentials"];
/// What a client sees that only asks whether the host is there (entra.md 1.3).
const PROBE: &str =
    "<!DOCTYPE html>\n<html><head><title>Sign in to your account</title></head><body></body></html>\n";
