//! What a token is asked for.

use tenant_model::grant::Grant;
use tenant_wire::clients::REGISTRATION;
use tenant_wire::forms::Form;

/// What a token is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wish<'a> {
    pub(crate) grant: &'a Grant,
    /// As spelled by the client.
    pub(crate) resource: &'a str,
    /// The grant as the refusals of the knobs name it ([`crate::Refuse`]).
    pub(crate) means: &'static str,
    /// `scope` as asked, for the reply.
    pub(crate) scope: Option<&'a str>,
    /// Whether the reply names the account's home.
    pub(crate) client_info: bool,
    /// What the id_token repeats (entra.md 2.10, rule 4).
    pub(crate) nonce: Option<&'a str>,
}

impl<'a> Wish<'a> {
    /// What a form asks for with this grant: the registration service, by its refresh token, unless it is said.
    pub(crate) fn of(grant: &'a Grant, form: &'a Form) -> Wish<'a> {
        let client_info = form.get("client_info").is_some();
        let (means, scope) = ("refresh_token", form.get("scope"));
        Wish { grant, resource: REGISTRATION, means, scope, client_info, nonce: None }
    }
}

/// The means by which a device code asks.
pub(crate) const DEVICE_CODE: &str = "device_code";
