//! Answers that say "later", counted down.

use serde::{Deserialize, Serialize};

/// So many requests are answered with a status, and the header if it is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Throttle {
    /// How many; each one takes one off.
    pub times: u32,
    /// HTTP status: 429, 503 or 400; 200 for `credential_type`, which says it in its body.
    pub status: u16,
    /// The value of `Retry-After`.
    #[serde(default)]
    pub retry_after: Option<String>,
}

impl Throttle {
    /// Uses up one answer; `None` where none is left.
    pub fn take(&mut self) -> Option<Throttle> {
        self.times = self.times.checked_sub(1)?;
        Some(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_used_up_and_then_there_is_none() {
        let mut throttle = Throttle { times: 2, status: 429, retry_after: None };
        let left: Vec<Option<u32>> = (0..3).map(|_| throttle.take().map(|it| it.times)).collect();
        assert_eq!((left, throttle.times), (vec![Some(1), Some(0), None], 0));
    }
}
