use crate::harness::{Cloud, Machine, code, text};

#[test]
fn fifty_sign_ins_at_once_on_a_cold_start_register_once() {
    let cloud = Cloud::start();
    cloud.set(&serde_json::json!({ "latency_ms": { "join": 300 } }));
    let machine = Machine::start(&cloud, "contoso.com");
    let tools: Vec<_> = (0..50)
        .map(|_| machine.tool(&["auth-test", "--name", "alex@contoso.com"]).spawn().unwrap())
        .collect();
    for tool in tools {
        let output = tool.wait_with_output().unwrap();
        assert_eq!(code(&output), 0, "{}", text(&output));
    }
    assert_eq!(cloud.requests("join").len(), 1);
    // Many wait for one request, and for one connection to each host.
    assert_eq!([cloud.requests("metadata").len(), cloud.requests("jwks").len()], [1, 1]);
    let counters: serde_json::Value = serde_json::from_str(&cloud.admin(&["counters", "--json"])).unwrap();
    let handshakes = counters["tls_handshakes"].as_u64().unwrap();
    assert!((1..=8).contains(&handshakes), "{counters}");
    assert_eq!(cloud.devices().len(), 1);
}
