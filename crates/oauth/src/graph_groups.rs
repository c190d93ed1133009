//! The groups of the person who signs in, page by page, as Graph tells them.
//!
//! That a token of this client may read them is \[inferred\], and changed here alone: the client is pre-authorised for
//! `User.Read` (entra.md 0.5), with which Graph lists the objects that somebody is in with their ids, and with their
//! names only where the organisation has consented to `GroupMember.Read.All`; a 403 is what it says else.

use crate::OauthError;
use crate::error::GraphRefusal;
use crate::graph_me::get;
use bytes::Bytes;
use http::{Request, Response, Uri};
use model::{DirectoryGroup, HostPort, ObjectId, RequestId, Secret};
use reply::{Members, ReplyError};

/// Some of the groups, and where the others are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupPage {
    /// The groups of this page; roles and administrative units are left out.
    pub groups: Vec<DirectoryGroup>,
    /// The next page, if there is one.
    pub next: Option<NextPage>,
}

/// Where the next page is: at the host that was asked, so that the token goes nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextPage(Uri);

/// `GET /v1.0/me/memberOf`, or a page after the first.
pub fn request(
    graph: &HostPort,
    access_token: &Secret<String>,
    page: Option<NextPage>,
    id: RequestId,
) -> Request<Bytes> {
    let first =
        || format!("https://{graph}/v1.0/me/memberOf?$select=id,displayName").parse().unwrap_or_default();
    get(page.map_or_else(first, |page| page.0), access_token, id)
}

/// Reads a page of groups from the reply to [`request`] at this host.
///
/// # Errors
/// [`OauthError`]: a refusal, or a list that is not whole.
pub fn read(reply: Response<Bytes>, graph: &HostPort) -> Result<GroupPage, OauthError> {
    let body = reply::object(&reply, GRAPH);
    if !reply.status().is_success() {
        return Err(match GraphRefusal::read(&reply) {
            Some(refusal) => OauthError::Graph(Box::new(refusal)),
            None => body.map_or_else(OauthError::from, |_| ReplyError::of_page(&reply, GRAPH).into()),
        });
    }
    let body = body?;
    let found = body.members();
    let all = found.objects("value")?.ok_or_else(|| found.wrong("value", "a list of groups"))?;
    let groups = all.into_iter().filter(|it| is_group(*it)).map(group).collect::<Result<_, _>>()?;
    let next = found.text("@odata.nextLink")?.map(|link| {
        let link = link.parse::<Uri>().ok().filter(|link| is_at(link, graph));
        link.map(NextPage)
            .ok_or_else(|| found.wrong("@odata.nextLink", "an address of the host that was asked"))
    });
    Ok(GroupPage { groups, next: next.transpose()? })
}

fn group(it: Members<'_>) -> Result<DirectoryGroup, ReplyError> {
    let object: ObjectId = it.required_text("id")?.parse().map_err(|_| it.wrong("id", "a GUID"))?;
    Ok(DirectoryGroup {
        object,
        name: it.text("displayName")?.map(|name| model::printable(name, LONGEST_NAME)),
    })
}

/// Somebody is in roles and administrative units too.
fn is_group(it: Members<'_>) -> bool {
    let kind = it.get("@odata.type").and_then(serde_json::Value::as_str);
    kind.is_none_or(|kind| kind.eq_ignore_ascii_case("#microsoft.graph.group"))
}

fn is_at(link: &Uri, graph: &HostPort) -> bool {
    let there = link.authority().and_then(|authority| authority.as_str().parse::<HostPort>().ok());
    link.scheme_str() == Some("https") && there.as_ref() == Some(graph) && link.path().starts_with("/v1.0/")
}

const GRAPH: reply::Service = "Microsoft Graph";
/// Longest name of a group that Entra takes.
const LONGEST_NAME: usize = 256;
