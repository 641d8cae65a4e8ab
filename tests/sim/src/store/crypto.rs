//! The hashes of signatures.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// HMAC-SHA256.
pub fn sha256_mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    // HMAC accepts a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// HMAC-SHA1.
pub fn sha1_mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    // HMAC accepts a key of any length.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// The signature under a key that is derived step by step, in hex.
pub fn chained(secret: &str, steps: &[&str], text: &str) -> String {
    let key = steps.iter().fold(secret.as_bytes().to_vec(), |key, step| sha256_mac(&key, step.as_bytes()));
    hex(&sha256_mac(&key, text.as_bytes()))
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |out, byte| out + &format!("{byte:02x}"))
}
