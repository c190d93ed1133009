//! The same without a wire: what of the figures is the tenant's own.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use tenant::Tenant;
use tenant_model::knobs::Knobs;
use tenant_model::setup::{Peer, Setup};
use tenant_wire::cloud::Urls;
use tenant_wire::keys::KeySource;

use crate::client::{CODE_REQUEST, DEVICE_CODE, TOKEN, by_password, form, join, poll_of, word};
use crate::{Failure, POLLS, USERS, server};

/// Fills a tenant with the first joins, then times polls and the other joins.
pub(crate) fn show(held: &[Bytes], counted: &[Bytes]) -> Result<(), Failure> {
    let mut cloud = Cloud::new()?;
    let mut tokens = Vec::new();
    for number in 0..USERS {
        let reply = cloud.send(form(TOKEN, &by_password(number)), StatusCode::OK)?;
        tokens.push(word(&reply, "access_token")?);
    }
    let mut all = tokens.iter().cycle();
    let mut joins = |list: &[Bytes]| -> Vec<Request<Bytes>> {
        list.iter().zip(&mut all).map(|(body, token)| join(token, body)).collect()
    };
    let (held, counted) = (joins(held), joins(counted));
    let code = word(&cloud.send(form(DEVICE_CODE, CODE_REQUEST), StatusCode::OK)?, "device_code")?;
    let polls = vec![form(TOKEN, &poll_of(&code)); POLLS];
    cloud.time(held, StatusCode::OK)?;
    let polls = cloud.time(polls, StatusCode::BAD_REQUEST)?;
    let joins = cloud.time(counted, StatusCode::OK)?;
    println!("bench | of that, the tenant alone: {polls:.1?} a poll, {joins:.1?} a join");
    Ok(())
}

struct Cloud {
    tenant: Tenant,
    now_ms: i64,
}

impl Cloud {
    fn new() -> Result<Cloud, Failure> {
        let setup = Setup {
            seed: serde_json::from_value(server::seed_of(USERS))?,
            urls: Urls::Public,
            entropy: 1,
            keys: KeySource::Pool,
            auto_approve: false,
            poll_interval: 0,
        };
        let now_ms = 1_760_000_000_000;
        let mut tenant = Tenant::new(setup, now_ms)?;
        tenant.set_knobs(Knobs { quota: 100_000, ..Knobs::default() });
        Ok(Cloud { tenant, now_ms })
    }

    fn send(&mut self, request: Request<Bytes>, status: StatusCode) -> Result<Bytes, Failure> {
        let peer = Peer { host: "localhost".to_owned(), client_certificate: None };
        let reply = self.tenant.handle(request, &peer, self.now_ms).response;
        if reply.status() != status {
            return Err(format!("{} in place of {status}: {:?}", reply.status(), reply.body()).into());
        }
        Ok(reply.into_body())
    }

    /// The CPU time that one of these takes.
    fn time(&mut self, requests: Vec<Request<Bytes>>, status: StatusCode) -> Result<Duration, Failure> {
        let count = u32::try_from(requests.len())?.max(1);
        let own = Path::new("/proc/thread-self/schedstat");
        let before = server::on_cpu(own)?;
        for request in requests {
            self.send(request, status)?;
        }
        Ok(server::on_cpu(own)?.saturating_sub(before) / count)
    }
}
