use model::Timestamp;

/// The server's clock by its `Date` header (RFC 9110 section 5.6.7); none where it gives none.
pub fn server_date(headers: &http::HeaderMap) -> Option<Timestamp> {
    Timestamp::from_http_date(headers.get(http::header::DATE)?.to_str().ok()?)
}
