//! Tokens of Intune's own (intune.md 4.4): an hour long, and so many at most.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, VecDeque};

/// The tokens that are good, and whose they are.
#[derive(Debug, Default)]
pub(crate) struct Renewed {
    by_token: BTreeMap<String, (i64, Value)>,
    /// All have the same lifetime: the first one expires first.
    in_order: VecDeque<String>,
}

impl Renewed {
    /// Takes in a token for who these claims name; what has expired goes, and the oldest one where there
    /// are too many.
    pub(crate) fn add(&mut self, token: String, claims: &Value, audience: &str, now_ms: i64) {
        while self.in_order.front().is_some_and(|oldest| self.claims(oldest, now_ms).is_none())
            || self.in_order.len() >= MOST
        {
            if let Some(oldest) = self.in_order.pop_front() {
                self.by_token.remove(&oldest);
            }
        }
        let kept = |name: &str| Some((name.to_owned(), claims.get(name)?.clone()));
        let mut own: Map<String, Value> = CLAIMS.into_iter().filter_map(kept).collect();
        own.insert("aud".to_owned(), Value::from(audience));
        self.in_order.push_back(token.clone());
        self.by_token.insert(token, (now_ms.saturating_add(LIFE_MS), Value::Object(own)));
    }

    /// What a token says, while it is good.
    pub(crate) fn claims(&self, token: &str, now_ms: i64) -> Option<&Value> {
        self.by_token.get(token).filter(|(until, _)| *until > now_ms).map(|(_, claims)| claims)
    }
}

/// An hour is a guess.
const LIFE_MS: i64 = 3_600_000;
const MOST: usize = 4_096;
/// What the rules look at.
const CLAIMS: [&str; 7] = ["tid", "oid", "deviceid", "appid", "azp", "upn", "preferred_username"];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_token_keeps_what_the_rules_look_at_for_an_hour() {
        let mut renewed = Renewed::default();
        renewed.add("a".into(), &json!({ "tid": "t", "aud": "x", "name": "Adele" }), "iw", 5);
        assert_eq!(renewed.claims("a", 3_600_004), Some(&json!({ "tid": "t", "aud": "iw" })));
        assert_eq!((renewed.claims("a", 3_600_005), renewed.claims("b", 5)), (None, None));
    }

    #[test]
    fn the_store_does_not_grow_without_end() {
        let mut renewed = Renewed::default();
        for number in 0..2 * MOST {
            renewed.add(number.to_string(), &json!({}), "iw", 0);
        }
        assert_eq!((renewed.by_token.len(), renewed.in_order.len()), (MOST, MOST));
        assert!(renewed.claims("0", 0).is_none() && renewed.claims(&(2 * MOST - 1).to_string(), 0).is_some());
        renewed.add("late".into(), &json!({}), "iw", LIFE_MS);
        assert_eq!((renewed.by_token.len(), renewed.in_order.len()), (1, 1));
    }
}
