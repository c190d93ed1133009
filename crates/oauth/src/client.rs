//! Names of Microsoft's own applications, each used because the protocol has no other (entra.md 0.3).

/// Microsoft Authentication Broker: only refresh tokens of this client can be turned into a PRT, and it
/// is the client that may ask for [`REGISTRATION`] tokens (entra.md 0.5).
pub const BROKER: &str = "29d9ed98-a469-4536-ade2-f981bc1d605e";

/// The Device Registration Service as a resource.
pub const REGISTRATION: &str = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9";

/// The Azure portal as a resource: asked for when [`REGISTRATION`] is refused as such (entra.md 0.3).
pub const PORTAL: &str = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";
