//! `aad-tool join`: whoever of the domain comes registers the machine.

use crate::harness::{Cloud, Machine, code, line_with, rest, text};
use serde_json::{Value, json};
use std::fs;
use std::io::BufReader;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

#[test]
fn whoever_of_the_domain_comes_registers_the_machine() {
    let cloud = Cloud::with(&[]);
    let machine = Machine::configured(&cloud, "contoso.com", "sign_in = password");
    // The only domain of the configuration.
    let mut tool = machine.tool(&["join"]).spawn().unwrap();
    let mut out = BufReader::new(tool.stdout.take().unwrap());
    let user_code = line_with(&mut out, "Code: ");
    cloud.admin(&["approve", &user_code, "--user", "adele@contoso.com"]);
    let told = rest(out);
    assert!(tool.wait().unwrap().success(), "{told}{}", rest(tool.stderr.take().unwrap()));
    assert!(told.contains("adele@contoso.com") && told.contains("Registered"), "{told}");
    assert_eq!(cloud.devices().len(), 1);
    assert_eq!(machine.domain()["phase"], "registered");
    assert_eq!(machine.domain()["last_sign_in"]["user"], "adele@contoso.com");
}

#[test]
fn whoever_is_of_another_domain_or_not_let_in_registers_nothing() {
    let cloud = Cloud::with(&[]);
    let machine = Machine::configured(
        &cloud,
        "contoso.com,fabrikam.com",
        "pam_allow_groups = alex@contoso.com, kim@fabrikam.net",
    );
    for (domain, user, exit, says) in [
        ("fabrikam.com", "kim@fabrikam.net", 4, "who is not of fabrikam.com"),
        ("contoso.com", "adele@contoso.com", 5, "[SignInNotAllowed]"),
    ] {
        let mut tool = machine.tool(&["join", "--domain", domain]).spawn().unwrap();
        let mut out = BufReader::new(tool.stdout.take().unwrap());
        let user_code = line_with(&mut out, "Code: ");
        cloud.admin(&["approve", &user_code, "--user", user]);
        let told = rest(out) + &rest(tool.stderr.take().unwrap());
        assert_eq!(tool.wait().unwrap().code(), Some(exit), "{told}");
        assert!(told.contains(says), "{told}");
        assert!(cloud.devices().is_empty());
    }
    assert!(text(&machine.run(&["join", "--domain", "elsewhere.example"])).contains("[UnknownDomain]"));
    assert!(text(&machine.run(&["join"])).contains("name it with --domain"));
}

/// Asks the token endpoint of a domain, as the client that people sign in with.
fn token_endpoint(cloud: &Cloud, (domain, path): (&str, &str), form: &[(&str, &str)]) -> Value {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--noproxy", "*", "--cacert"]).arg(cloud.ca());
    for (name, value) in [("client_id", "29d9ed98-a469-4536-ade2-f981bc1d605e")].iter().chain(form) {
        curl.args(["--data-urlencode", &format!("{name}={value}")]);
    }
    let output = curl.arg(format!("https://{}/{domain}/oauth2/v2.0/{path}", cloud.host())).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)))
}

/// What a person elsewhere gets who signs in with a code: the tokens of that sign-in.
fn tokens_of(cloud: &Cloud, domain: &str, user: &str) -> Value {
    let scope = ("scope", "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9/.default openid profile offline_access");
    let asked = token_endpoint(cloud, (domain, "devicecode"), &[scope]);
    cloud.admin(&["approve", asked["user_code"].as_str().unwrap(), "--user", user]);
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", asked["device_code"].as_str().unwrap()),
        ("client_info", "1"),
    ];
    token_endpoint(cloud, (domain, "token"), &form)
}

/// The file that root would have laid there.
fn token_file(machine: &Machine, text: &str) -> PathBuf {
    let file = machine.path("join-token");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    file
}

#[test]
fn a_token_registers_the_machine_without_a_code_and_is_then_deleted() {
    let cloud = Cloud::with(&[]);
    let tokens = tokens_of(&cloud, "contoso.com", "adele@contoso.com");
    let codes = || cloud.requests("devicecode").len();
    let (machine, before) = (Machine::configured(&cloud, "contoso.com", "sign_in = password"), codes());
    let token = tokens["refresh_token"].as_str().unwrap();
    let file = token_file(&machine, &format!("{token}\n"));
    let joined = machine.run(&["join", "--domain", "contoso.com", "--token-file", file.to_str().unwrap()]);
    assert_eq!(code(&joined), 0, "{}", text(&joined));
    assert_eq!((cloud.devices().len(), codes()), (1, before));
    assert_eq!(machine.domain()["last_sign_in"]["user"], "adele@contoso.com");
    assert!(!file.exists(), "{}", text(&joined));
    assert!(!(text(&joined) + &machine.log()).contains(token));
    // A golden image names a token that this machine was not given: then a code is shown.
    let mut tool =
        machine.tool(&["join", "--token-file", file.to_str().unwrap(), "--or-code"]).spawn().unwrap();
    line_with(&mut BufReader::new(tool.stdout.take().unwrap()), "Code: ");
    tool.kill().unwrap();
    tool.wait().unwrap();
}

#[test]
fn a_token_that_cannot_be_used_registers_nothing_and_stays() {
    let cloud = Cloud::with(&[]);
    let config = "pam_allow_groups = alex@contoso.com, kim@fabrikam.net";
    let machine = Machine::configured(&cloud, "contoso.com,fabrikam.com", config);
    let alex = tokens_of(&cloud, "contoso.com", "alex@contoso.com");
    let adele = tokens_of(&cloud, "contoso.com", "adele@contoso.com");
    let token = |tokens: &Value, which: &str| tokens[which].as_str().unwrap().to_owned();
    let refused = |aadsts: u32| json!({ "refuse": [{ "grant": "refresh_token", "code": aadsts }] });
    let nothing = json!({ "refuse": [] });
    for (tokens, which, domain, knobs, exit, says) in [
        (&alex, "access_token", "contoso.com", &nothing, 2, "a refresh token is needed"),
        (&adele, "refresh_token", "contoso.com", &nothing, 5, "[SignInNotAllowed]"),
        (&alex, "refresh_token", "fabrikam.com", &nothing, 4, "[AADSTS70000]"),
        (&alex, "refresh_token", "contoso.com", &refused(70008), 4, "[AADSTS70008]"),
        (&alex, "refresh_token", "contoso.com", &refused(700_082), 4, "[AADSTS700082]"),
        (&alex, "refresh_token", "contoso.com", &refused(50173), 4, "[AADSTS50173]"),
    ] {
        cloud.set(knobs);
        let file = token_file(&machine, &token(tokens, which));
        let joined = machine.run(&["join", "--domain", domain, "--token-file", file.to_str().unwrap()]);
        assert_eq!(code(&joined), exit, "{says}: {}", text(&joined));
        assert!(text(&joined).contains(says), "{says}: {}", text(&joined));
        assert!(file.exists() && cloud.devices().is_empty());
    }
    let file = token_file(&machine, &token(&alex, "refresh_token"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let joined = machine.run(&["join", "--domain", "contoso.com", "--token-file", file.to_str().unwrap()]);
    assert!(code(&joined) == 2 && text(&joined).contains("chmod"), "{}", text(&joined));
    fs::remove_file(&file).unwrap();
    let joined = machine.run(&["join", "--domain", "contoso.com", "--token-file", file.to_str().unwrap()]);
    assert!(code(&joined) == 2 && text(&joined).contains("there is no file"), "{}", text(&joined));
}
