//! Where options may stand: the sections, and what each kind of option does in them.

/// Where an option may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// `[global]` only.
    Global,
    /// A domain's section only.
    Domain,
    /// Both; the domain's counts for the domain.
    Both,
    /// Both; the domain's is added to the global one.
    Union,
    /// `[offline_breakglass]` only.
    Breakglass,
}

/// What an option does here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// What its documentation says; the incumbent has it too.
    Shared,
    /// What its documentation says; only we have it.
    Ours,
    /// It is understood, and nothing acts on it yet; it keeps nobody out.
    NotYet,
    /// It may keep somebody out, and Firmament does not keep to it: a value that does stops the start.
    Refused,
    /// It names a script; none is run in the path of a sign-in, and that is said.
    Script,
    /// The incumbent writes its own identity here; ours is in the state directory.
    Foreign,
}

/// The section of everything that no domain overrides.
pub(crate) const GLOBAL: &str = "global";
/// The incumbent's section for its offline sign-in.
pub(crate) const BREAKGLASS: &str = "offline_breakglass";
/// Options in use that say who may come in or become the owner: one that does not count must not pass for one that does.
pub(crate) const RESTRICTING: [&str; 4] =
    ["pam_allow_groups", "tenant_id", "who_may_register", "registration"];
/// Options that name a file or a socket for which we have a place of our own.
pub(crate) const PATHS: [&str; 6] =
    ["hsm_pin_path", "socket_path", "db_path", "policies_db_path", "task_socket_path", "broker_socket_path"];
