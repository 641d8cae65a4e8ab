//! The signatures of channels. Each service combines the same parts in another order.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::hex;

/// DingTalk: HMAC-SHA256 of `milliseconds \n secret` with the secret as the key, in base64.
pub fn dingtalk(secret: &str, milliseconds: i64) -> String {
    STANDARD.encode(hmac_sha256(secret, format!("{milliseconds}\n{secret}").as_bytes()))
}

/// Feishu: HMAC-SHA256 of an empty text, with `seconds \n secret` as the key, in base64.
pub fn feishu(secret: &str, seconds: i64) -> String {
    STANDARD.encode(hmac_sha256(&format!("{seconds}\n{secret}"), b""))
}

/// The JSON webhook: HMAC-SHA256 of the body, in hex.
pub fn webhook(secret: &str, body: &[u8]) -> String {
    hex::encode(&hmac_sha256(secret, body))
}

fn hmac_sha256(key: &str, text: &[u8]) -> Vec<u8> {
    // HMAC accepts a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The expected values are those of Python's hmac module.
    #[test]
    fn signatures_are_those_of_another_implementation() {
        assert_eq!(dingtalk("SEC0123", 1_767_225_600_000), "QZP1SIjYf+aj3hEjNYtvhHA1DBZAaLmjNh8qyIuUKK0=");
        assert_eq!(feishu("fs-secret", 1_767_225_600), "eK8ImOinyJcrmQqTj0gEIUTzCbJw7C2vCcm5VV3JOtw=");
        assert_eq!(
            webhook("hook", "{\"a\":\"跑\"}".as_bytes()),
            "a496560861229517761cd0c5bbe37faa1c22ea127d4da7d1e8bed7fc2f7aa157"
        );
    }
}
