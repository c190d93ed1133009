use model::Timestamp;

/// The server's clock by its `Date` header (RFC 9110 section 5.6.7); none where it gives none.
pub fn server_date(headers: &http::HeaderMap) -> Option<Timestamp> {
    Timestamp::from_http_date(headers.get(http::header::DATE)?.to_str().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue};

    fn date(value: &[u8]) -> Option<String> {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.insert("date", value);
        }
        server_date(&headers).map(|at| at.to_string())
    }

    #[test]
    fn only_a_date_that_can_be_read_counts() {
        assert_eq!(date(b"Tue, 24 Nov 2026 02:03:04 GMT").as_deref(), Some("2026-11-24T02:03:04Z"));
        assert_eq!(server_date(&HeaderMap::new()), None);
        for value in [&b""[..], b"yesterday", b"Tue, 24 Nov 2026 02:03:04 CET", b"Tue, 24 Nov 2026 \xff GMT"]
        {
            assert_eq!(date(value), None, "{value:?}");
        }
    }
}
