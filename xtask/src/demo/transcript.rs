//! What the stand-in cloud saw, checked.

use serde_json::Value;

/// The calls whose order counts; others may stand between them.
const ORDER: [&str; 6] = ["metadata", "devicecode", "token.device_code", "discover", "join", "leave"];

/// Checks the order of the calls, the one join, and the certificate of the delete.
pub(super) fn check(text: &str) -> Result<(), String> {
    let entries: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let place = |name: &str| {
        entries
            .iter()
            .position(|entry| entry["request"] == name)
            .ok_or_else(|| format!("nobody asked for {name}"))
    };
    let called = |name: &str| entries.iter().filter(|entry| entry["request"] == name).collect::<Vec<_>>();
    let (code, join, leave) = (place("devicecode")?, place("join")?, place("leave")?);
    for name in ORDER {
        place(name)?;
    }
    if !(code < join && join < leave && place("discover")? < join) {
        return Err("the calls came in another order".to_owned());
    }
    let joins = called("join");
    if joins.len() != 1 {
        return Err(format!("{} joins instead of one", joins.len()));
    }
    let join = joins.first().map_or(&Value::Null, |entry| &entry["facts"]);
    if join["csr_verified"] != "true" {
        return Err("the certificate request of the join did not verify".to_owned());
    }
    let deleted = called("leave").into_iter().find(|entry| entry["status"] == 200);
    let presented = deleted.map_or(&Value::Null, |entry| &entry["facts"]["client_cert_thumbprint"]);
    if presented.is_null() || *presented != join["thumbprint"] {
        return Err("the device was not deleted with the certificate that was issued for it".to_owned());
    }
    println!(
        "transcript | {} calls: one join with a verified request, one delete with its certificate",
        entries.len()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcript(join: &str, leave: &str) -> String {
        let plain = |name: &str| format!("{{\"request\":\"{name}\",\"status\":200,\"facts\":{{}}}}\n");
        let mut text: String =
            ["metadata", "devicecode", "token.device_code", "discover"].map(plain).concat();
        text.push_str(&format!("{{\"request\":\"join\",\"status\":200,\"facts\":{join}}}\n"));
        text.push_str(&format!("{{\"request\":\"leave\",\"status\":200,\"facts\":{leave}}}\n"));
        text
    }

    #[test]
    fn a_good_transcript_passes_and_each_flaw_is_named() {
        let (join, leave) =
            (r#"{"csr_verified":"true","thumbprint":"A"}"#, r#"{"client_cert_thumbprint":"A"}"#);
        let good = transcript(join, leave);
        assert_eq!(check(&good), Ok(()));
        for (bad, why) in [
            (transcript(r#"{"csr_verified":"false","thumbprint":"A"}"#, leave), "verify"),
            (transcript(join, r#"{"client_cert_thumbprint":"B"}"#), "certificate"),
            (transcript(join, "{}"), "certificate"),
            (format!("{good}{good}"), "2 joins"),
            (good.replace("discover", "other"), "discover"),
        ] {
            assert!(check(&bad).unwrap_err().contains(why));
        }
    }
}
