//! The pages of `authorize` and of the sign-in: layouts that clients cut to pieces (entra.md 2.4, 11.4), each
//! with a form that a person fills in without any script.

use serde_json::{Value, json};

/// What every page of one sign-in names.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The login host.
    pub login: &'a str,
    /// The first word of its paths: a tenant or `common`.
    pub tenant: &'a str,
    /// `sessionId`.
    pub session: &'a str,
    /// What forms and scripts have to repeat, told as `canary` and `apiCanary`.
    pub canary: &'a str,
    /// `sFT`.
    pub flow_token: &'a str,
    /// `sCtx`.
    pub ctx: &'a str,
    /// AADSTS number and text of what went wrong before.
    pub fault: Option<(u64, &'a str)>,
}

/// The sign-in page, with a new nonce for single sign-on and the name to begin with.
pub fn sign_in(place: &Place<'_>, nonce: &str, name: &str) -> String {
    let mut members = of(place, "ConvergedSignIn", "login");
    members["bsso"] = json!({ "nonce": nonce });
    members["sPOST_Username"] = json!(name);
    let fields =
        [input("login", "text", "i0116", "Name", name), input("passwd", "password", "i0118", "Password", "")];
    page(&members, &form(place, &members, "ctx", &fields.concat()))
}

/// The page that asks for a second factor by one of these methods, the first of which is the default.
pub fn second_factor(place: &Place<'_>, methods: &[String], interval_ms: u32) -> String {
    let mut members = of(place, "ConvergedTFA", "SAS/ProcessAuth");
    let proof = |(at, method): (usize, &String)| {
        let display = "*** **41";
        json!({ "authMethodId": method, "isDefault": at == 0, "display": display, "data": method })
    };
    members["arrUserProofs"] = methods.iter().enumerate().map(proof).collect();
    members["iMaxPollAttempts"] = json!(60);
    members["iPollingInterval"] = json!(interval_ms);
    let choices: String = methods.iter().enumerate().map(|(at, method)| choice(method, at == 0)).collect();
    let code = input("otc", "text", "idTxtBx_SAOTCC_OTC", "Code, if the method has one", "");
    page(&members, &form(place, &members, "request", &(choices + &code)))
}

/// The page that asks whether to stay signed in.
pub fn keep_signed_in(place: &Place<'_>) -> String {
    let members = of(place, "KmsiInterrupt", "kmsi");
    let question = "<p id=\"KmsiDescription\">Stay signed in?</p>\n".to_owned();
    page(&members, &form(place, &members, "ctx", &(question + &hidden("LoginOptions", "1"))))
}

/// The page where a person types the code that a device shows, with what they have typed so far.
pub fn device_login(code: &str, name: &str, note: &str) -> String {
    let fields = [
        input("otc", "text", "otc", "Code", code),
        input("login", "text", "i0116", "Name", name),
        input("passwd", "password", "i0118", "Password", ""),
    ];
    let button =
        |value: &str, label: &str| format!("<button name=\"answer\" value=\"{value}\">{label}</button>\n");
    let buttons = button("approve", "Sign in") + &button("deny", "Decline");
    let form =
        format!("<form method=\"POST\" action=\"/devicelogin\">\n{}{buttons}</form>\n", fields.concat());
    device_page(&format!("<p>{}</p>\n{form}", escaped(note)))
}

/// The page after that one.
pub fn device_login_done(note: &str) -> String {
    device_page(&format!("<p>{}</p>\n", escaped(note)))
}

fn device_page(body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html><head><title>Sign in with a code</title></head><body>\n{body}</body></html>\n"
    )
}

/// A page of this kind (`pgid`) that leads nowhere: the sign-in has ended with the fault that the place names.
pub fn end(place: &Place<'_>, kind: &str) -> String {
    page(&of(place, kind, "login"), &notice(place))
}

/// The page that takes the answer to where it belongs by a form (`response_mode=form_post`).
pub fn form_post(redirect_uri: &str, fields: &[(&str, &str)]) -> String {
    let inputs: String = fields.iter().map(|(name, value)| hidden(name, value)).collect();
    format!(
        "<html><head><title>Continue</title></head><body><form name=\"hiddenform\" method=\"POST\" action=\"{}\">{inputs}\
         <button>Continue</button></form></body></html>\n",
        escaped(redirect_uri)
    )
}

/// The page beside a redirect.
pub fn moved(location: &str) -> String {
    format!(
        "<html><head><title>Object moved</title></head><body>\r\n\
         <h2>Object moved to <a href=\"{}\">here</a>.</h2>\r\n</body></html>\r\n",
        escaped(location)
    )
}

fn of(place: &Place<'_>, kind: &str, post: &str) -> Value {
    let url = |path: &str| format!("https://{}/{}/{path}", place.login, place.tenant);
    let mut members = json!({
        "pgid": kind, "sessionId": place.session, "correlationId": place.session,
        "canary": place.canary, "apiCanary": place.canary, "sFT": place.flow_token, "sCtx": place.ctx,
        "urlPost": url(post), "urlGetCredentialType": url("GetCredentialType?mkt=en-US"),
        "urlBeginAuth": url("SAS/BeginAuth"), "urlEndAuth": url("SAS/EndAuth"),
        "iAllowedIdentities": 1, "fIsPasskeySupportEnabled": false,
    });
    if let Some((code, text)) = place.fault {
        members["sErrorCode"] = json!(code.to_string());
        members["iErrorCode"] = json!(code);
        members["sErrTxt"] = json!(text);
        members["strServiceExceptionMessage"] = json!(text);
    }
    members
}

/// Between the closing brace and `//]]>` stand exactly a semicolon and a newline, and nothing in the JSON
/// looks like HTML. No input is of the kind that clients submit by themselves (entra.md 2.4, step 3).
fn page(config: &Value, body: &str) -> String {
    let safe = config.to_string().replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e");
    format!(
        "<!DOCTYPE html>\n<html><head><title>Sign in to your account</title></head><body>\n\
         <script type=\"text/javascript\">//<![CDATA[\n$Config={safe};\n//]]></script>\n{body}</body></html>\n"
    )
}

/// A form of these fields to the page's `urlPost`. The ids are those that a client looks for which drives a
/// browser (roadtx \[client code\]).
fn form(place: &Place<'_>, config: &Value, ctx: &str, fields: &str) -> String {
    let carried = [(ctx, place.ctx), ("flowToken", place.flow_token), ("canary", place.canary)];
    let carried: String = carried.iter().map(|(name, value)| hidden(name, value)).collect();
    let action = escaped(config["urlPost"].as_str().unwrap_or_default());
    let button = "<button id=\"idSIButton9\">Next</button>";
    format!("{}<form method=\"POST\" action=\"{action}\">\n{fields}{carried}{button}</form>\n", notice(place))
}

fn input(name: &str, kind: &str, id: &str, label: &str, value: &str) -> String {
    let value = escaped(value);
    let input = format!("<input name=\"{name}\" type=\"{kind}\" id=\"{id}\" value=\"{value}\">");
    format!("<p><label>{label} {input}</label></p>\n")
}

fn choice(method: &str, is_default: bool) -> String {
    let (method, checked) = (escaped(method), if is_default { " checked" } else { "" });
    let input = format!("<input type=\"radio\" name=\"mfaAuthMethod\" value=\"{method}\"{checked}>");
    format!("<p><label data-value=\"{method}\">{input} {method}</label></p>\n")
}

fn notice(place: &Place<'_>) -> String {
    place.fault.map(|(_, text)| format!("<p>{}</p>\n", escaped(text))).unwrap_or_default()
}

fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages() -> Vec<String> {
        let place = Place {
            login: "login.example",
            tenant: "common",
            session: "s",
            canary: "c",
            flow_token: "f",
            ctx: "x",
            fault: Some((50_126, "a & b <c>")),
        };
        let methods = ["PhoneAppOTP".to_owned()];
        vec![
            sign_in(&place, "n", "\"><b>"),
            second_factor(&place, &methods, 1000),
            keep_signed_in(&place),
            end(&place, "ConvergedError"),
        ]
    }

    #[test]
    fn the_config_is_cut_out_as_clients_do_it() {
        for page in pages() {
            let (_, rest) = page.split_once("$Config=").unwrap();
            let end = rest.rfind("//]]>").unwrap() - 2;
            let config: Value = serde_json::from_str(&rest[..end]).unwrap();
            assert_eq!((&config["sErrorCode"], &config["sErrTxt"]), (&json!("50126"), &json!("a & b <c>")));
            assert!(config["sessionId"].is_string() && config["canary"].is_string());
            assert!(!rest[..end].contains(['&', '<', '>']));
        }
    }

    #[test]
    fn nothing_is_submitted_by_a_client_on_its_own() {
        let strings = [
            "Working...",
            "Click Submit to continue",
            "Click here to finish the authorization process",
            "<input type=\"submit\"",
        ];
        let typed = "\"><b>";
        for page in pages().into_iter().chain([device_login(typed, typed, typed), device_login_done(typed)]) {
            assert!(strings.iter().all(|it| !page.contains(it)), "{page}");
            assert!(!page.contains("<b>"), "what a client sent is no markup");
        }
    }

    #[test]
    fn the_link_is_escaped_for_html() {
        assert!(moved("x://y?a=1&b=2").contains(r#"<a href="x://y?a=1&amp;b=2">"#));
    }
}
