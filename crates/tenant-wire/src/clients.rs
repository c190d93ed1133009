//! What the first-party clients are registered for (entra.md 0.3, 0.5 and 2.4).

/// A resource in the form the rules use, whatever the client's spelling.
pub fn canonical(resource: &str) -> &str {
    match resource.trim_end_matches('/') {
        urn if urn.starts_with("urn:ms-drs:") => REGISTRATION,
        ENROLMENT_HOST => ENROLMENT,
        bare => bare,
    }
}

/// The delegated scopes of a client for a resource in canonical form; `None` where it is not pre-authorised.
pub fn scopes(client: &str, resource: &str) -> Option<&'static str> {
    let scopes = match (client, resource) {
        (BROKER | REGISTRATION_CLIENT | COMPANY_PORTAL, REGISTRATION) => "adrs_access",
        (BROKER, GRAPH) => "User.Read User.ReadWrite",
        (LINUX_BROKER | COMPANY_PORTAL, GRAPH) => "User.Read ServicePrincipalEndpoint.Read.All",
        // Any other client gets the scope that needs no consent [inferred].
        (_, GRAPH) => "User.Read",
        (BROKER, ENROLMENT | IW_SERVICE | OFFICE_MANAGEMENT | PORTAL) => "mdm_delegation",
        // Asked for when a person enriches a PRT (entra.md 7.3); the name of the scope is inferred.
        (BROKER, UPDATE_PRT) => "openid",
        // The page knows only that the scope has a GUID for a name; this one is inferred.
        (BROKER, INTUNE) => "00000000-0000-0000-0000-00000000000a",
        (LINUX_BROKER | COMPANY_PORTAL, INTUNE | ENROLMENT) | (COMPANY_PORTAL, IW_SERVICE) => {
            "user_impersonation"
        }
        (LINUX_BROKER, IW_SERVICE) => "IntuneAADEnterpriseApps.Read",
        _ => return None,
    };
    Some(scopes)
}

/// Whether the protocol page names this client (entra.md 0.3).
pub fn is_listed(client: &str) -> bool {
    LISTED.contains(&client)
}

/// Whether a redirect URI is registered for this client; where the page names none, the two native ones and
/// `http://localhost` with any port are inferred.
pub fn is_registered(client: &str, redirect_uri: &str) -> bool {
    match client {
        BROKER => BROKER_URIS.contains(&redirect_uri),
        LINUX_BROKER => LINUX_BROKER_URIS.contains(&redirect_uri),
        _ => {
            let local = redirect_uri.strip_prefix(LOCAL_URI);
            let any_port = |rest: &str| rest.is_empty() || rest.starts_with([':', '/']);
            redirect_uri == NATIVE_URI
                || redirect_uri == format!("{BROKER_PLUGIN}/{client}")
                || local.is_some_and(any_port)
        }
    }
}

/// Whether refresh tokens of this client serve its whole family, of which only first-party clients are
/// (intune.md 0.3: the Linux client is not).
pub fn is_family(client: &str) -> bool {
    FAMILY.contains(&client)
}

/// entra.md 0.3: the Device Registration Service.
pub const REGISTRATION: &str = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9";
/// intune.md 0.3: Microsoft Graph.
pub const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
/// What a request on behalf of a PRT is for that names no resource; inferred.
pub const DEFAULT_RESOURCE: &str = "https://graph.microsoft.com";
/// intune.md 0.3: Intune enrolment.
pub const ENROLMENT: &str = "d4ebce55-015a-49b5-a083-c84d1797ae8c";
/// The audience of the enrolment of other platforms; that it is the same application is inferred.
pub const ENROLMENT_HOST: &str = "https://enrollment.manage.microsoft.com";
const INTUNE: &str = "0000000a-0000-0000-c000-000000000000";
const IW_SERVICE: &str = "b8066b99-6e67-41be-abfa-75db1a2c8809";
const OFFICE_MANAGEMENT: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";
const UPDATE_PRT: &str = "urn:aad:tb:update:prt";
const PORTAL: &str = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";

/// The Microsoft Authentication Broker.
pub const BROKER: &str = "29d9ed98-a469-4536-ade2-f981bc1d605e";
/// The broker as it is called inside PRT requests by password and renewals.
pub const BROKER_IDENTITY: &str = "38aa3b87-a06d-4817-b275-7a316988d93b";
const LISTED: [&str; 8] = [
    BROKER,
    BROKER_IDENTITY,
    LINUX_BROKER,
    REGISTRATION_CLIENT,
    COMPANY_PORTAL,
    "1b730954-1685-4b74-9bfd-dac224a7b894",
    "b90d5b8f-5503-4153-b545-b31cecfaece2",
    "d7b530a4-7680-4c23-a8bf-c52c121d2e87",
];
/// From the lists that others published of clients whose replies have `foci` (observed): those that
/// the protocol page names, Azure CLI, Azure PowerShell, Teams, Office, Outlook and Edge.
const FAMILY: [&str; 10] = [
    BROKER,
    COMPANY_PORTAL,
    "1b730954-1685-4b74-9bfd-dac224a7b894",
    "d7b530a4-7680-4c23-a8bf-c52c121d2e87",
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
    "1950a258-227b-4e31-a9cf-717495945fc2",
    "1fec8e78-bce4-4aaf-ab1b-5451cc387264",
    "d3590ed6-52b3-4102-aeff-aad2292ab01c",
    "27922004-5251-4030-b22d-91ecd9a37ea4",
    "ecd6b820-32c2-49b6-98a6-444530e5a77a",
];
const REGISTRATION_CLIENT: &str = "dd762716-544d-4aeb-a526-687b73838a22";
const COMPANY_PORTAL: &str = "9ba1a5c7-f17a-4de9-a1f1-6178c8d51223";
const LINUX_BROKER: &str = "b743a22d-6705-4147-8670-d92fa515ee2b";

const BROKER_PLUGIN: &str = "ms-appx-web://Microsoft.AAD.BrokerPlugin";
const NATIVE_URI: &str = "https://login.microsoftonline.com/common/oauth2/nativeclient";
const LOCAL_URI: &str = "http://localhost";
const BROKER_URIS: [&str; 7] = [
    BROKER_PLUGIN,
    "ms-appx-web://Microsoft.AAD.BrokerPlugin/DRS",
    "ms-appx-web://Microsoft.AAD.BrokerPlugin/DRSFF",
    "ms-appx-web://Microsoft.AAD.BrokerPlugin/MDM",
    "msauth://Microsoft.AAD.BrokerPlugin",
    "ms-aadj-redir://auth/drs",
    "ms-aadj-redir://auth/mdm",
];
const LINUX_BROKER_URIS: [&str; 4] = [
    "companyportal://com.microsoft.CompanyPortal",
    "companyportal://com.microsoft.companyportal-int",
    "companyportal://com.microsoft.companyportal-dev",
    "companyportal://com.microsoft.manage.CompanyPortal",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_the_scopes_of_the_page() {
        for (client, resource, wanted) in [
            (BROKER, REGISTRATION, Some("adrs_access")),
            (REGISTRATION_CLIENT, REGISTRATION, Some("adrs_access")),
            (LINUX_BROKER, REGISTRATION, None),
            (LINUX_BROKER, GRAPH, Some("User.Read ServicePrincipalEndpoint.Read.All")),
            (LINUX_BROKER, INTUNE, Some("user_impersonation")),
            (LINUX_BROKER, ENROLMENT, Some("user_impersonation")),
            (LINUX_BROKER, IW_SERVICE, Some("IntuneAADEnterpriseApps.Read")),
            (LINUX_BROKER, PORTAL, None),
            (BROKER, ENROLMENT, Some("mdm_delegation")),
            (BROKER, UPDATE_PRT, Some("openid")),
            (LINUX_BROKER, UPDATE_PRT, None),
            (REGISTRATION_CLIENT, ENROLMENT, None),
            ("d7b530a4-7680-4c23-a8bf-c52c121d2e87", GRAPH, Some("User.Read")),
            ("d7b530a4-7680-4c23-a8bf-c52c121d2e87", INTUNE, None),
        ] {
            assert_eq!(scopes(client, resource), wanted, "{client} {resource}");
        }
    }

    #[test]
    fn a_redirect_uri_belongs_to_its_client() {
        for (client, uri, registered) in [
            (BROKER, "msauth://Microsoft.AAD.BrokerPlugin", true),
            (BROKER, "ms-appx-web://Microsoft.AAD.BrokerPlugin/29d9ed98-a469-4536-ade2-f981bc1d605e", false),
            (LINUX_BROKER, "companyportal://com.microsoft.CompanyPortal", true),
            (LINUX_BROKER, "msauth://Microsoft.AAD.BrokerPlugin", false),
            (COMPANY_PORTAL, NATIVE_URI, true),
            (COMPANY_PORTAL, "http://localhost", true),
            (COMPANY_PORTAL, "http://localhost:4711/", true),
            (COMPANY_PORTAL, "http://localhost.example", false),
            (BROKER, "http://localhost:4711", false),
            (COMPANY_PORTAL, "https://elsewhere.example/", false),
        ] {
            assert_eq!(is_registered(client, uri), registered, "{client} {uri}");
        }
    }
}
