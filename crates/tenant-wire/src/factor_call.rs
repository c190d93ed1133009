//! What a script of the second-factor page sends, in JSON or in headers (entra.md 2.4, step 4).

use crate::csr::member;
use crate::forms::Form;
use http::HeaderMap;
use serde_json::{Map, Value};

/// One call, whichever way it came; what it does not say is empty.
#[derive(Debug, Default)]
pub struct FactorCall {
    /// Finds the sign-in.
    pub ctx: String,
    /// That of its pages.
    pub flow_token: String,
    /// `PhoneAppNotification`, for example.
    pub method: String,
    /// What the person typed, where the method takes a code.
    pub code: Option<String>,
}

impl FactorCall {
    /// The call of a request.
    pub fn of(body: &[u8], headers: &HeaderMap, query: &Form) -> FactorCall {
        let body: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| member(&body, name).and_then(Value::as_str).map(str::to_owned);
        let header = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
        let query = |name: &str| query.get(name).map(str::to_owned);
        FactorCall {
            ctx: text("Ctx").or_else(|| header("x-ms-ctx")).unwrap_or_default(),
            flow_token: text("FlowToken").or_else(|| header("x-ms-flowtoken")).unwrap_or_default(),
            method: text("AuthMethodId").or_else(|| query("authMethodId")).unwrap_or_default(),
            code: text("AdditionalAuthData"),
        }
    }
}
