//! The state of the stores.

use crate::coros::md5_hex;

/// A temporary credential.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// The token that a request has to include.
    pub token: String,
    /// The only bucket for which it is valid.
    pub bucket: String,
    /// When it expires.
    pub expires: i64,
}

/// An object.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The state of the stores.
#[derive(Clone, Debug, Default)]
pub struct Stores {
    /// Credentials, including expired ones.
    pub credentials: Vec<Credential>,
    /// Objects.
    pub objects: Vec<Object>,
}

impl Stores {
    /// An object.
    pub fn find(&self, bucket: &str, key: &str) -> Option<&Object> {
        self.objects.iter().find(|object| object.bucket == bucket && object.key == key)
    }

    /// Stores an object and replaces an existing one. Returns its MD5.
    pub fn put(&mut self, bucket: &str, key: &str, bytes: &[u8]) -> String {
        self.objects.retain(|object| object.bucket != bucket || object.key != key);
        self.objects.push(Object { bucket: bucket.to_owned(), key: key.to_owned(), bytes: bytes.to_vec() });
        md5_hex(bytes)
    }
}
