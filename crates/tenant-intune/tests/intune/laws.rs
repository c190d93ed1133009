//! Whatever arrives, the stand-in answers and keeps its records.

use crate::harness::{Harness, details, enroll, enroll_with, policies, status};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_request_with_one_byte_changed_is_never_enrolled(at in 36_usize..856, to in "[A-Za-z0-9+/]") {
        let good = include_str!("csr/good.pem");
        prop_assume!(good.as_bytes()[at] != b'\n' && good.as_bytes()[at] != b'=' && good.as_bytes()[at] != b'-');
        let mut changed = good.to_owned();
        changed.replace_range(at..=at, &to);
        prop_assume!(changed != good);
        let reply = Harness::new().send(&enroll_with(&changed));
        prop_assert_eq!(reply.status, 400, "{}", changed);
    }

    #[test]
    fn bodies_of_any_kind_are_refused_and_change_nothing(text in "\\PC{0,40}") {
        let mut harness = Harness::new();
        let id = harness.enrolled();
        for mut call in [enroll(), details(&id), status(&id, &[])] {
            call.body = serde_json::json!(text);
            prop_assert_eq!(harness.send(&call).status, 400);
        }
        prop_assert_eq!(harness.send(&policies(&id)).status, 200);
        prop_assert!(harness.changes.is_empty());
    }
}
