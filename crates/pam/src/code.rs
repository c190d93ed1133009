/// What a PAM function returns; the numbers are those of Linux-PAM (`_pam_types.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    Success = 0,
    SystemError = 4,
    PermissionDenied = 6,
    AuthenticationError = 7,
    /// What would have to be asked cannot be reached.
    Unavailable = 9,
    /// Not ours: the stack goes on as if we were not there.
    Ignore = 25,
}
