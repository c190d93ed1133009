//! Names of Microsoft's own applications and services, each used because the protocol has no other
//! (intune.md 0.3).

/// Microsoft Intune Company Portal for Linux: the client of every token for Intune. Calls with the tokens of
/// another client are refused (intune.md 1.2), and only this one may read the endpoints in Graph.
pub const CLIENT: &str = "b743a22d-6705-4147-8670-d92fa515ee2b";

/// Microsoft Graph as a resource: the list of endpoints.
pub const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// Microsoft Intune Enrollment as a resource: enrolment only.
pub const ENROLMENT: &str = "d4ebce55-015a-49b5-a083-c84d1797ae8c";

/// Microsoft Intune as a resource: details, policies and status; also the application whose endpoints
/// Graph lists.
pub const INTUNE: &str = "0000000a-0000-0000-c000-000000000000";

/// IWService as a resource: the verdict, and retirement.
pub const IW_SERVICE: &str = "b8066b99-6e67-41be-abfa-75db1a2c8809";

/// The delegated permission of the list of endpoints (intune.md 1.3).
pub const ENDPOINTS_SCOPE: &str = "ServicePrincipalEndpoint.Read.All";

/// First word of the User-Agent [captured, intune.md 6.2]: the services want it since May 2026. What follows
/// it, distribution and version, is the truth.
pub const PRODUCT: &str = "Linux Company Portal";

/// The name of the portal in queries to IWService (intune.md 4.1).
pub const PORTAL: &str = "LinuxCP";
