//! `aad-tool join`: whoever of the domain comes registers the machine.

use crate::harness::{Cloud, Machine, code, line_with, rest, text};
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
    // Whoever comes next is the same person as any other sign-in's.
    let again = machine.sign_in("adele@contoso.com");
    assert_eq!((code(&again), cloud.devices().len()), (0, 1), "{}", text(&again));
}

#[test]
fn whoever_is_of_another_domain_or_not_let_in_registers_nothing() {
    let cloud = Cloud::with(&[]);
    let machine =
        Machine::configured(&cloud, "contoso.com,fabrikam.com", "pam_allow_groups = alex@contoso.com");
    for (domain, user, exit, says) in [
        ("contoso.com", "sam@fabrikam.com", 4, "who is not of contoso.com"),
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
