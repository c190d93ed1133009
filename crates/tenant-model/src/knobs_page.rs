//! The table of docs/simulator.md is what the knobs say of themselves.

use crate::applications::{Application, Group};
use crate::knobs::{
    AuthorizeRefusal, ClientCertificate, DeviceCodeBlock, ENDPOINTS, GRANTS, GroupsTold, Knobs, Recognition,
    Refuse, SealedForm, TokenForm, Twist,
};
use crate::reading::{members, words};
use crate::seed::{Seed, SeedTenant, SeedUser};
use crate::sign_in::METHODS;
use crate::throttle::Throttle;
use tenant_wire::cloud::Cloud;
use tenant_wire::drs_error::DrsErrorShape;

#[test]
fn the_simulator_page_names_every_knob_with_its_default() {
    let defaults = serde_json::to_value(Knobs::default()).unwrap();
    manual::check_fields("knobs", include_str!("knobs.rs"), "struct Knobs {", &defaults).unwrap();
}

/// A knob, the source of the enumeration of its words, and the words.
type Words = (&'static str, &'static str, &'static str, Vec<&'static str>);

#[test]
fn the_simulator_page_explains_every_word_of_an_enumeration() {
    let own = include_str!("knobs.rs");
    let shapes = include_str!("../../tenant-wire/src/drs_error.rs");
    let all: [Words; 10] = [
        ("authorize_refusal", own, "enum AuthorizeRefusal {", words::<AuthorizeRefusal>()),
        ("device_code_blocked", own, "enum DeviceCodeBlock {", words::<DeviceCodeBlock>()),
        ("groups_told", own, "enum GroupsTold {", words::<GroupsTold>()),
        ("access_tokens", own, "enum TokenForm {", words::<TokenForm>()),
        ("drs_error_shape", shapes, "enum DrsErrorShape {", words::<DrsErrorShape>()),
        ("client_certificate", own, "enum ClientCertificate {", words::<ClientCertificate>()),
        ("recognition", own, "enum Recognition {", words::<Recognition>()),
        ("certificate_twist", own, "enum Twist {", words::<Twist>()),
        ("prt_protocol_3_reply", own, "enum SealedForm {", words::<SealedForm>()),
        ("cloud (seed)", include_str!("../../tenant-wire/src/cloud.rs"), "enum Cloud {", words::<Cloud>()),
    ];
    let mut rows = vec![["Knob", "Word", "What it means"].map(str::to_owned).to_vec()];
    for (knob, source, head, words) in all {
        let variants = manual::documented(source, head);
        assert_eq!(variants.len(), words.len(), "{head}");
        let row = |((_, text), word): (&(String, String), &&str)| {
            vec![format!("`{knob}`"), format!("`{word}`"), text.clone()]
        };
        rows.extend(variants.iter().zip(&words).map(row));
    }
    let lists =
        [("second_factors", &METHODS[..]), ("refuse, grant", &GRANTS), ("refuse, endpoint", &ENDPOINTS)];
    for (knob, words) in lists {
        let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        rows.push(vec![format!("`{knob}`"), words.join(", "), "one or more of these".to_owned()]);
    }
    manual::check_table("simulator.md", "words of knobs", &rows).unwrap();
}

#[test]
fn the_simulator_page_explains_every_member_of_a_knob_that_is_an_object() {
    let mut rows = vec![["Knob", "Member", "What it is"].map(str::to_owned).to_vec()];
    let structs = [
        ("refuse", include_str!("knobs.rs"), "struct Refuse {", members::<Refuse>()),
        ("throttle", include_str!("throttle.rs"), "struct Throttle {", members::<Throttle>()),
    ];
    for (knob, source, head, names) in structs {
        let fields = manual::documented(source, head);
        assert_eq!(fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), names, "{head}");
        rows.extend(
            fields.into_iter().map(|(name, text)| vec![format!("`{knob}`"), format!("`{name}`"), text]),
        );
    }
    manual::check_table("simulator.md", "members of knobs", &rows).unwrap();
}

#[test]
fn the_simulator_page_explains_every_member_of_a_seed() {
    let mut rows = vec![["Of", "Member", "What it is"].map(str::to_owned).to_vec()];
    let (seed, applications) = (include_str!("seed.rs"), include_str!("applications.rs"));
    let structs = [
        ("the seed", seed, "struct Seed {", members::<Seed>()),
        ("a tenant", seed, "struct SeedTenant {", members::<SeedTenant>()),
        ("a user", seed, "struct SeedUser {", members::<SeedUser>()),
        ("a group", applications, "struct Group {", members::<Group>()),
        ("an application", applications, "struct Application {", members::<Application>()),
    ];
    for (of, source, head, names) in structs {
        let fields = manual::documented(source, head);
        assert_eq!(fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), names, "{head}");
        rows.extend(fields.into_iter().map(|(name, text)| vec![of.to_owned(), format!("`{name}`"), text]));
    }
    manual::check_table("simulator.md", "members of a seed", &rows).unwrap();
}
