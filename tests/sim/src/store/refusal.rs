//! Why a store does not take a request, and how it says so.

use crate::http::Response;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Status of HTTP.
    pub status: u16,
    /// The store's code.
    pub code: &'static str,
    /// What the store would have signed, for wrong signatures.
    pub string_to_sign: Option<String>,
    /// Why, for the log.
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

/// The signature is not the one that the store makes of this text.
pub fn unequal(string_to_sign: String) -> Refusal {
    let refusal = denied("SignatureDoesNotMatch", "wrong signature");
    Refusal { string_to_sign: Some(string_to_sign), ..refusal }
}

impl Refusal {
    /// The answer, in XML.
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
