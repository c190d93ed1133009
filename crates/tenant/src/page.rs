//! The pages of `authorize`: layouts that clients cut to pieces (entra.md 2.4, 11.4).

use serde_json::{Value, json};

/// The sign-in page, with a new nonce for single sign-on.
pub(crate) fn sign_in(login: &str, session: &str, nonce: &str) -> String {
    let mut members = common(login, "ConvergedSignIn");
    members["sessionId"] = json!(session);
    members["bsso"] = json!({ "nonce": nonce });
    page(&members)
}

/// An error page.
pub(crate) fn error(login: &str, code: u64, text: &str) -> String {
    let mut members = common(login, "ConvergedError");
    members["sErrorCode"] = json!(code.to_string());
    members["iErrorCode"] = json!(code);
    members["sErrTxt"] = json!(text);
    members["strServiceExceptionMessage"] = json!(text);
    page(&members)
}

/// The page beside a redirect.
pub(crate) fn moved(location: &str) -> String {
    let link = location.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    format!(
        "<html><head><title>Object moved</title></head><body>\r\n\
         <h2>Object moved to <a href=\"{link}\">here</a>.</h2>\r\n</body></html>\r\n"
    )
}

fn common(login: &str, kind: &str) -> Value {
    json!({
        "pgid": kind, "sessionId": "", "canary": "canary", "sFT": "flow", "sCtx": "context",
        "urlPost": format!("https://{login}/common/login"),
        "urlGetCredentialType": format!("https://{login}/common/GetCredentialType?mkt=en-US"),
    })
}

/// Between the closing brace and `//]]>` stand exactly a semicolon and a newline, and nothing in the JSON
/// looks like HTML.
fn page(config: &Value) -> String {
    let safe = config.to_string().replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e");
    format!(
        "<!DOCTYPE html>\n<html><head><title>Sign in to your account</title></head><body>\n\
         <script type=\"text/javascript\">//<![CDATA[\n$Config={safe};\n//]]></script>\n</body></html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_config_is_cut_out_as_clients_do_it() {
        let page = error("login.example", 50_011, "a & b <c>");
        let (_, rest) = page.split_once("$Config=").unwrap();
        let end = rest.rfind("//]]>").unwrap() - 2;
        let config: Value = serde_json::from_str(&rest[..end]).unwrap();
        assert_eq!((&config["sErrorCode"], &config["sErrTxt"]), (&json!("50011"), &json!("a & b <c>")));
        assert!(config["sessionId"].is_string() && config["canary"].is_string());
        assert!(!rest[..end].contains(['&', '<', '>']));
    }

    #[test]
    fn the_link_is_escaped_for_html() {
        assert!(moved("x://y?a=1&b=2").contains(r#"<a href="x://y?a=1&amp;b=2">"#));
    }
}
