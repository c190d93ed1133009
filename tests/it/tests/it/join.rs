//! `aad-tool join`: whoever of the domain comes registers the machine.

use crate::harness::{Cloud, Machine, line_with, rest, text};
use std::io::BufReader;

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
