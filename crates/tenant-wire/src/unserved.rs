//! What the stand-in leaves out, and how it says so.

/// What is left out, by words of the path where requests for it come in.
pub const UNSERVED: [(&str, &[&str]); 9] = [
    ("SAML and WS-Federation", &["saml2", "wsfed", "trust"]),
    ("sign-out", &["logout", "logoutsession"]),
    ("consent", &["adminconsent", "consent"]),
    ("Kerberos", &["kerberos", "kdcproxy"]),
    ("federation services of an organisation's own (AD FS)", &["adfs"]),
    (
        "precreated devices, WebAuthn, LAPS, roles and password policies of the registration service",
        &["precreate", "webauthn", "laps", "resource", "aadpasswordpolicy"],
    ),
    (
        "all of Graph but reading the user, their groups and devices, and the devices of the tenant",
        &["v1.0", "beta"],
    ),
    ("back-channel and CIBA sign-in", &["bc-authorize", "backchannel"]),
    ("personal accounts", &["consumers"]),
];

/// The text of the refusal of a path that nothing serves.
pub fn text(method: &str, path: &[String]) -> String {
    let named = |(_, words): &&(&str, &[&str])| path.iter().any(|word| words.contains(&word.as_str()));
    let what = UNSERVED.iter().find(named).map(|(what, _)| format!(" It leaves out {what}."));
    format!(
        "entra-simulator does not serve {method} /{}.{} docs/simulator.md, \"What is not served\", has the list.",
        path.join("/"),
        what.unwrap_or_default()
    )
}

/// Grants that the token endpoint leaves out, and what each is.
pub const UNSERVED_GRANTS: [(&str, &str); 5] = [
    ("urn:ietf:params:oauth:grant-type:token-exchange", "token exchange"),
    ("urn:ietf:params:oauth:grant-type:saml1_1-bearer", "SAML 1.1 assertions"),
    ("urn:ietf:params:oauth:grant-type:saml2-bearer", "SAML 2.0 assertions"),
    ("urn:openid:params:grant-type:ciba", "back-channel sign-in"),
    ("implicit", "implicit grants: `response_type` is `code`"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_what_was_asked_for_and_why_it_is_not_there() {
        let path = |text: &str| crate::routes::segments(text);
        let said = text("GET", &path("/contoso.com/oauth2/v2.0/logout"));
        assert!(
            said.contains("GET /contoso.com/oauth2/v2.0/logout. It leaves out sign-out. docs/simulator.md"),
            "{said}"
        );
        let said = text("POST", &path("/no/such/path"));
        assert!(said.contains("POST /no/such/path. docs/simulator.md"), "{said}");
    }
}
