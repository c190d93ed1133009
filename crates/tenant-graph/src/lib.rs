//! As much of Microsoft Graph as clients on Linux ask for: the user, their groups and devices, and the devices of
//! the tenant, read from what the stand-in keeps.
//!
//! The token is judged by whoever calls: its claims come here, or none.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod objects;
mod query;

use query::Query;
use serde_json::{Value, json};
use tenant_model::devices::{Device, Devices};
use tenant_model::directory::{Directories, Directory, User};
use tenant_wire::answer::Answer;
use tenant_wire::forms::Form;
use tenant_wire::jwt;
use uuid::Uuid;

/// One request to Graph.
#[derive(Debug)]
pub struct Call<'a> {
    /// Its name, as `tenant_wire::routes::name` gives it.
    pub name: &'a str,
    /// Path in lower case, split at `/`.
    pub path: &'a [String],
    /// With `$select`, `$filter` and `$top`.
    pub query: &'a Form,
    /// Of the access token, if it is for Graph and good.
    pub claims: Option<&'a Value>,
    /// The host that was asked, with its port in local mode.
    pub host: &'a str,
    /// Whether people may read their own groups with the scope that every client has.
    pub groups_readable: bool,
    /// Where its people are.
    pub directories: &'a Directories,
    /// Where its devices are.
    pub devices: &'a Devices,
}

/// What Graph answers.
pub fn answer(call: &Call<'_>) -> Answer {
    let (Ok(answer) | Err(answer)) = judged(call);
    answer
}

/// An error in the shape of Graph's.
pub fn refusal(status: u16, code: &'static str, text: &str) -> Answer {
    Answer::refusal(status, code, json!({ "error": { "code": code, "message": text } }))
}

/// A token that is missing, not ours, for another resource or of another cloud.
pub fn bad_token() -> Answer {
    refusal(401, "InvalidAuthenticationToken", "Access token validation failure.")
}

/// A token that is good, and who it is for.
struct Caller<'a> {
    claims: &'a Value,
    directory: &'a Directory,
}

impl Caller<'_> {
    /// Whether the token has one of these scopes or, of an application alone, roles.
    fn may(&self, wanted: &[&str]) -> bool {
        let scopes = self.claims["scp"].as_str().unwrap_or_default().split_whitespace();
        let roles = self.claims["roles"].as_array().into_iter().flatten().filter_map(Value::as_str);
        scopes.chain(roles).any(|it| wanted.contains(&it))
    }

    fn user(&self) -> Result<&User, Answer> {
        let oid = self.claims["oid"].as_str().and_then(|text| text.parse::<Uuid>().ok());
        let user = oid.and_then(|oid| self.directory.users.get(&oid));
        user.ok_or_else(|| refusal(404, "Request_ResourceNotFound", "The user of the token is not there."))
    }
}

fn judged(call: &Call<'_>) -> Result<Answer, Answer> {
    let claims = call.claims.ok_or_else(bad_token)?;
    let tenant = claims["tid"].as_str().and_then(|text| text.parse::<Uuid>().ok());
    let directory = tenant.and_then(|id| call.directories.get(id)).ok_or_else(bad_token)?;
    let caller = Caller { claims, directory };
    let query = Query::of(call.query)?;
    match call.name {
        "me" => Ok(Answer::ok(query.selected(objects::user(caller.user()?)))),
        "member_of" => member_of(call, &caller, &query),
        "owned_devices" => {
            let owner = caller.user()?.oid;
            Ok(devices(call, &caller, &query, |device| device.owner == owner))
        }
        "devices" => all_devices(call, &caller, &query),
        "device" => one_device(call, &caller, &query),
        "userinfo" => userinfo(&caller),
        _ => Err(refusal(404, "Request_ResourceNotFound", "Not served here.")),
    }
}

/// The groups of the user; their names are seen only by who may read groups \[inferred\].
fn member_of(call: &Call<'_>, caller: &Caller<'_>, query: &Query<'_>) -> Result<Answer, Answer> {
    let user = caller.user()?;
    let own = Some("User.Read").filter(|_| call.groups_readable);
    may(caller, &own.into_iter().chain(OF_GROUPS).collect::<Vec<_>>())?;
    let named = caller.may(&OF_GROUPS);
    let own = caller.directory.groups.iter().filter(|group| group.has(&user.upn));
    let objects = own.map(|group| objects::group(group, named)).collect();
    Ok(query.list("directoryObjects", &address(call), objects))
}

/// Where the same is asked again, for the pages after the first.
fn address(call: &Call<'_>) -> String {
    format!("https://{}/{}", call.host, call.path.join("/"))
}

/// None of the first-party clients may, unless a knob adds the scope (entra.md 0.5).
fn all_devices(call: &Call<'_>, caller: &Caller<'_>, query: &Query<'_>) -> Result<Answer, Answer> {
    may(caller, &OF_DEVICES)?;
    Ok(devices(call, caller, query, |_| true))
}

fn devices(
    call: &Call<'_>,
    caller: &Caller<'_>,
    query: &Query<'_>,
    wanted: impl Fn(&Device) -> bool,
) -> Answer {
    let own = call.devices.all().filter(|device| device.tenant == caller.directory.id && wanted(device));
    query.list("devices", &address(call), own.map(objects::device).collect())
}

/// `GET /v1.0/devices(deviceId='…')`.
fn one_device(call: &Call<'_>, caller: &Caller<'_>, query: &Query<'_>) -> Result<Answer, Answer> {
    may(caller, &OF_DEVICES)?;
    let id = call.path.last().and_then(|word| word.split(['\'', '(', ')']).nth(2)?.parse::<Uuid>().ok());
    let device = id.and_then(|id| call.devices.get(id)).filter(|it| it.tenant == caller.directory.id);
    let none = || refusal(404, "Request_ResourceNotFound", "The device is not there.");
    device.map(|it| Answer::ok(query.selected(objects::device(it)))).ok_or_else(none)
}

/// What OpenID Connect calls userinfo; `sub` is that of the `id_token`.
fn userinfo(caller: &Caller<'_>) -> Result<Answer, Answer> {
    may(caller, &["openid"])?;
    let user = caller.user()?;
    let client = caller.claims["appid"].as_str().unwrap_or_default();
    let mut answer = Answer::ok(json!({ "sub": jwt::subject(user.oid, client) }));
    if caller.may(&["profile"]) {
        answer.set("name", json!(user.upn));
    }
    if caller.may(&["email"]) {
        answer.set("email", json!(user.upn));
    }
    Ok(answer)
}

fn may(caller: &Caller<'_>, wanted: &[&str]) -> Result<(), Answer> {
    if caller.may(wanted) {
        return Ok(());
    }
    let text = format!("Insufficient privileges: the token needs one of {}.", wanted.join(", "));
    Err(refusal(403, "Authorization_RequestDenied", &text))
}

const OF_GROUPS: [&str; 3] = ["GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"];
const OF_DEVICES: [&str; 2] = ["Device.Read.All", "Directory.Read.All"];
