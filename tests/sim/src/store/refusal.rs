//! The reasons why a store rejects a request, and its responses.

use crate::http::Response;

/// A rejection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The store's code.
    pub code: &'static str,
    /// The text that the store would have signed, for wrong signatures.
    pub string_to_sign: Option<String>,
    /// The reason, for the log.
    pub note: &'static str,
}

/// 403 with a code.
pub fn denied(code: &'static str, note: &'static str) -> Refusal {
    Refusal { status: 403, code, string_to_sign: None, note }
}

/// 400 with a code.
pub fn malformed(code: &'static str, note: &'static str) -> Refusal {
    Refusal { status: 400, ..denied(code, note) }
}

/// The signature differs from the store's own signature of this text.
pub fn unequal(string_to_sign: String) -> Refusal {
    let refusal = denied("SignatureDoesNotMatch", "wrong signature");
    Refusal { string_to_sign: Some(string_to_sign), ..refusal }
}

impl Refusal {
    /// The response, in XML.
    pub fn answer(&self) -> Response {
        let text = self.string_to_sign.as_deref().map(|text| {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
            format!("<StringToSign>{escaped}</StringToSign>")
        });
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>{}\
             <RequestId>0A1B2C3D4E5F6071</RequestId></Error>",
            self.code,
            self.code,
            text.unwrap_or_default(),
        );
        Response::text(self.status, "application/xml", &body).note(&format!("{}: {}", self.code, self.note))
    }
}
