//! The Accept header.

use crate::http::Request;

/// Whether the request accepts a response of this type; without the header it accepts all. Known since October 2026 for
/// downloads: `application/octet-stream` alone is refused, `application/x-zip-compressed` and `*/*` are not. For the
/// other requests the same rule is assumed.
pub fn allows(request: &Request, media: &str) -> bool {
    let mut headers = request.headers.iter().filter(|(name, _)| name == "accept").peekable();
    if headers.peek().is_none() {
        return true;
    }
    headers.flat_map(|(_, value)| value.split(',')).any(|range| fits(range, media))
}

fn fits(range: &str, media: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let refused = parts.any(|parameter| parameter.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)));
    let family = media.split('/').next().unwrap_or_default();
    !refused && (name == "*/*" || name == media || name == format!("{family}/*"))
}
