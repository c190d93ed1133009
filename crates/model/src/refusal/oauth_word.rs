use crate::word_enum;

word_enum! {
    /// The words of `error` and `suberror` that mean something to us (RFC 6749 section 5.2, RFC 8628 section 3.5,
    /// OpenID Connect Core section 3.1.2.6, entra.md 2.3, 2.8, 6.5); each has a line in the table of refusals.
    pub enum OauthWord {
        /// The person has not approved yet.
        AuthorizationPending = "authorization_pending",
        /// As that, and the polls come too fast.
        SlowDown = "slow_down",
        /// The person declined.
        AuthorizationDeclined = "authorization_declined",
        /// The person or a rule declined.
        AccessDenied = "access_denied",
        /// The device code has expired (v2).
        ExpiredToken = "expired_token",
        /// The device code has expired (v1).
        CodeExpired = "code_expired",
        /// The device code is not one.
        BadVerificationCode = "bad_verification_code",
        /// What was presented as proof of a sign-in is none any more.
        InvalidGrant = "invalid_grant",
        /// The person has to be seen.
        InteractionRequired = "interaction_required",
        /// The person has to sign in.
        LoginRequired = "login_required",
        /// The person has to choose an account.
        AccountSelectionRequired = "account_selection_required",
        /// Consent is missing; a suberror too.
        ConsentRequired = "consent_required",
        /// The application is not known or not enabled.
        InvalidClient = "invalid_client",
        /// The application may not do this.
        UnauthorizedClient = "unauthorized_client",
        /// The request is not as the service wants it.
        InvalidRequest = "invalid_request",
        /// The scope is not one.
        InvalidScope = "invalid_scope",
        /// The resource is not one (v1).
        InvalidResource = "invalid_resource",
        /// The resource is not one (RFC 8707).
        InvalidTarget = "invalid_target",
        /// The kind of grant is not taken.
        UnsupportedGrantType = "unsupported_grant_type",
        /// The kind of reply is not given.
        UnsupportedResponseType = "unsupported_response_type",
        /// The service has a passing fault.
        TemporarilyUnavailable = "temporarily_unavailable",
        /// The service has failed.
        ServerError = "server_error",
        /// The authority host is of another cloud, or none.
        InvalidInstance = "invalid_instance",
        /// The tenant is not known.
        InvalidTenant = "invalid_tenant",
        /// Suberror: the password has expired \[inferred: other clients know the word\].
        UserPasswordExpired = "user_password_expired",
        /// Suberror: the person has to do something (entra.md 6.4).
        BasicAction = "basic_action",
        /// Suberror: the person has to do something more \[inferred, as the one before\].
        AdditionalAction = "additional_action",
        /// Suberror: the person has to read something \[inferred\].
        MessageOnly = "message_only",
        /// Suberror: the grant is dead \[inferred\].
        BadToken = "bad_token",
        /// Suberror: the grant has expired \[inferred\].
        TokenExpired = "token_expired",
    }
}
