//! The hash functions of the signatures.

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;

use crate::hex;

/// MD5 in lower-case hex, by which COROS identifies a file.
pub fn md5_hex(bytes: &[u8]) -> String {
    hex::encode(&Md5::digest(bytes))
}

/// MD5 as bytes, for `Content-MD5`.
pub fn md5(bytes: &[u8]) -> Vec<u8> {
    Md5::digest(bytes).to_vec()
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes))
}

/// HMAC-SHA256.
pub fn hmac_sha256(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC accepts a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// HMAC-SHA1.
pub fn hmac_sha1(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC accepts a key of any length.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// The signature version 4 of both providers, in hex: the text is signed with a key that is derived from the secret in
/// steps.
pub fn chained(first: &str, steps: [&str; 4], text: &str) -> String {
    let key = steps.iter().fold(first.as_bytes().to_vec(), |key, step| hmac_sha256(&key, step));
    hex::encode(&hmac_sha256(&key, text))
}
