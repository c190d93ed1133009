//! Why the admin API refuses, and the status that says so.

use http::StatusCode;

use tenant_model::reading::Wrong;

/// Why the admin API refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AdminError {
    /// No such path, or another method.
    #[error("there is no such call")]
    NoCall,
    /// The body or the query does not parse.
    #[error("the call does not parse: {0}")]
    Malformed(String),
    /// The tenant does not do it.
    #[error("{0}")]
    Refused(String),
    /// What was waited for did not happen in time.
    #[error("it did not happen in time")]
    TooLate,
    /// The call comes from a web page or under a foreign name.
    #[error("the admin API answers to loopback names and to no web page")]
    Foreign,
}

impl AdminError {
    /// The status of the reply.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            AdminError::NoCall => StatusCode::NOT_FOUND,
            AdminError::Malformed(_) => StatusCode::BAD_REQUEST,
            AdminError::Refused(_) => StatusCode::CONFLICT,
            AdminError::TooLate => StatusCode::REQUEST_TIMEOUT,
            AdminError::Foreign => StatusCode::FORBIDDEN,
        }
    }
}

impl From<Wrong> for AdminError {
    fn from(error: Wrong) -> AdminError {
        AdminError::Malformed(error.to_string())
    }
}

impl From<serde_json::Error> for AdminError {
    fn from(error: serde_json::Error) -> AdminError {
        AdminError::Malformed(error.to_string())
    }
}
