//! Names of Microsoft's own applications, each used because the protocol has no other (entra.md 0.3).

/// Microsoft Authentication Broker: only refresh tokens of this client can be turned into a PRT, and it
/// is the client that may ask for [`REGISTRATION`] tokens (entra.md 0.5).
pub const BROKER: &str = "29d9ed98-a469-4536-ade2-f981bc1d605e";

/// The Windows broker: the client that requests for a PRT by password, and renewals, name inside their JWT
/// (MS-OAPXBC note 4, entra.md 7.3, 7.6); used nowhere else.
pub const WINDOWS_BROKER: &str = "38aa3b87-a06d-4817-b275-7a316988d93b";

/// Company Portal for Linux: the only client of Linux machines that is pre-authorised for the resources of
/// Intune (entra.md 0.5).
pub const COMPANY_PORTAL: &str = "b743a22d-6705-4147-8670-d92fa515ee2b";

/// The Device Registration Service as a resource.
pub const REGISTRATION: &str = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9";

/// The Azure portal as a resource: asked for when [`REGISTRATION`] is refused as such (entra.md 0.3).
pub const PORTAL: &str = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";
