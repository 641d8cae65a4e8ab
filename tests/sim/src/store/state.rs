//! What the stores remember.

use crate::coros::md5_hex;

/// A credential that was handed out for a while.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// The token that has to come along.
    pub token: String,
    /// The one bucket it is for.
    pub bucket: String,
    /// When it ends.
    pub expires: i64,
}

/// An object.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Everything the stores remember.
#[derive(Clone, Debug, Default)]
pub struct Stores {
    /// Credentials, even ended ones.
    pub credentials: Vec<Credential>,
    /// Objects.
    pub objects: Vec<Object>,
}

impl Stores {
    /// An object.
    pub fn find(&self, bucket: &str, key: &str) -> Option<&Object> {
        self.objects.iter().find(|object| object.bucket == bucket && object.key == key)
    }

    /// Stores an object in the place of any that was there; its MD5.
    pub fn put(&mut self, bucket: &str, key: &str, bytes: &[u8]) -> String {
        self.objects.retain(|object| object.bucket != bucket || object.key != key);
        self.objects.push(Object { bucket: bucket.to_owned(), key: key.to_owned(), bytes: bytes.to_vec() });
        md5_hex(bytes)
    }
}
