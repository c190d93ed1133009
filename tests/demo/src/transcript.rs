//! What the stand-in cloud saw, checked.

use serde_json::Value;

/// The calls in the order that counts; others may stand between them.
const ORDER: [&str; 10] = [
    "metadata",
    "devicecode",
    "token.device_code",
    "join",
    "token.prt",
    "intune.endpoints",
    "intune.enroll",
    "intune.details",
    "intune.retire",
    "leave",
];

/// Checks the order of the calls, the one join, the device in every proof, and the certificate of the delete.
pub(super) fn check(text: &str) -> Result<(), String> {
    let entries: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let saw = Saw { entries: &entries };
    saw.order()?;
    let join = saw.only("join")?;
    if join["csr_verified"] != "true" {
        return Err("the certificate request of the join did not verify".to_owned());
    }
    let enrolled = saw.only("intune.enroll")?;
    if enrolled["device"] != join["device_id"] {
        return Err("the token of the enrolment does not carry this device".to_owned());
    }
    let proofs = saw.facts("token.prt");
    if proofs.iter().any(|proof| proof["prt_signed_by"] != join["thumbprint"]) {
        return Err("a PRT was asked for with another key than the issued certificate's".to_owned());
    }
    let passwords = proofs.iter().filter(|proof| proof["grant"] == "password").count();
    if passwords != 1 || !saw.facts("token.password").is_empty() {
        return Err("the password was not vouched for by the device".to_owned());
    }
    let deleted = saw.called("leave").find(|entry| entry["status"] == 200);
    let presented = deleted.map_or(&Value::Null, |entry| &entry["facts"]["client_cert_thumbprint"]);
    if presented.is_null() || *presented != join["thumbprint"] {
        return Err("the device was not deleted with the certificate that was issued for it".to_owned());
    }
    println!(
        "transcript | {} calls: one join with a verified request, {} PRTs proved with its certificate's key,",
        entries.len(),
        proofs.len()
    );
    println!("transcript | one enrolment whose token carries the device, one delete with the certificate");
    Ok(())
}

struct Saw<'a> {
    entries: &'a [Value],
}

impl<'a> Saw<'a> {
    fn called(&self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        self.entries.iter().filter(move |entry| entry["request"] == name)
    }

    fn facts(&self, name: &'a str) -> Vec<&'a Value> {
        self.called(name).map(|entry| &entry["facts"]).collect()
    }

    /// The facts of the one call of this name.
    fn only(&self, name: &'a str) -> Result<&'a Value, String> {
        match self.facts(name).as_slice() {
            [facts] => Ok(facts),
            many => Err(format!("{} calls of {name} instead of one", many.len())),
        }
    }

    fn order(&self) -> Result<(), String> {
        let mut before = 0;
        for name in ORDER {
            let place = self.entries.iter().position(|entry| entry["request"] == name);
            let place = place.ok_or_else(|| format!("nobody asked for {name}"))?;
            if place < before {
                return Err(format!("{name} came too early"));
            }
            before = place;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A good transcript: name and facts, one line each.
    fn good() -> Vec<(&'static str, &'static str)> {
        vec![
            ("metadata", "{}"),
            ("devicecode", "{}"),
            ("token.device_code", "{}"),
            ("join", r#"{"csr_verified":"true","thumbprint":"A","device_id":"d"}"#),
            ("token.prt", r#"{"prt_signed_by":"A","grant":"refresh_token"}"#),
            ("intune.endpoints", "{}"),
            ("intune.enroll", r#"{"device":"d"}"#),
            ("intune.details", "{}"),
            ("token.prt", r#"{"prt_signed_by":"A","grant":"password"}"#),
            ("intune.retire", "{}"),
            ("leave", r#"{"client_cert_thumbprint":"A"}"#),
        ]
    }

    fn text(lines: &[(&str, &str)]) -> String {
        let line = |(name, facts): &(&str, &str)| {
            format!("{{\"request\":\"{name}\",\"status\":200,\"facts\":{facts}}}\n")
        };
        lines.iter().map(line).collect()
    }

    fn with(name: &str, facts: &'static str) -> String {
        let changed = good().into_iter().map(|line| if line.0 == name { (line.0, facts) } else { line });
        text(&changed.collect::<Vec<_>>())
    }

    #[test]
    fn a_good_transcript_passes_and_each_flaw_is_named() {
        let all = text(&good());
        assert_eq!(check(&all), Ok(()));
        for (bad, why) in [
            (with("join", r#"{"csr_verified":"false","thumbprint":"A","device_id":"d"}"#), "verify"),
            (with("leave", r#"{"client_cert_thumbprint":"B"}"#), "certificate"),
            (with("leave", "{}"), "certificate"),
            (with("token.prt", r#"{"prt_signed_by":"B","grant":"password"}"#), "another key"),
            (with("token.prt", r#"{"prt_signed_by":"A","grant":"refresh_token"}"#), "vouched"),
            (with("intune.enroll", "{}"), "carry this device"),
            (format!("{all}{}", text(&[("token.password", "{}")])), "vouched"),
            (format!("{all}{all}"), "2 calls of join"),
            (all.replace("intune.details", "other"), "intune.details"),
            (all.replace("intune.retire", "devicecode"), "intune.retire"),
        ] {
            let error = check(&bad).unwrap_err();
            assert!(error.contains(why), "{why}: {error}");
        }
        let mut swapped = good();
        swapped.swap(3, 4);
        assert!(check(&text(&swapped)).unwrap_err().contains("too early"));
    }
}
