//! Who may call, and what is written down about it (intune.md 8.1, rules 2 and 3).

use crate::harness::{Harness, details, device, policies, renewal, status};

#[test]
fn both_portals_may_call_and_a_v2_token_names_its_client_in_azp() {
    let mut harness = Harness::new();
    let mut call = renewal();
    call.claim("appid", "9ba1a5c7-f17a-4de9-a1f1-6178c8d51223");
    assert_eq!(harness.send(&call).status, 200);
    let mut call = renewal();
    call.drop_claim("appid");
    call.claim("azp", crate::harness::PORTAL);
    assert_eq!(harness.send(&call).status, 200);
}

#[test]
fn every_line_of_the_transcript_names_its_caller() {
    let mut harness = Harness::new();
    let id = harness.enrolled();
    for call in [details(&id), policies(&id), status(&id, &[]), device(&id)] {
        let facts = harness.send(&call).entry.facts;
        for (name, value) in [
            ("device", crate::harness::DEVICE),
            ("intune_device", id.as_str()),
            ("appid", crate::harness::PORTAL),
            ("user", "adele@contoso.com"),
            ("client_version", "1.2609.5"),
            ("client_request_id", "5b000000-0000-4000-8000-000000000010"),
        ] {
            assert_eq!(facts.get(name).map(String::as_str), Some(value), "{name} of {}", call.target);
        }
    }
}
