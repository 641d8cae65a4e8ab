//! A key in the settings beside the stored one. A person who changes the setting expects the new key to be used; a person
//! who gives a key to a command, while another one is in the settings, expects that one to be used.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hex;
use crate::http::Secret;
use crate::reason::Reason;

/// A key in the settings that is not used in place of the stored one. It is stored as its hash.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SetAside {
    hash: String,
    /// Why it cannot be used; `None`: a person gave the stored key in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) refusal: Option<Refusal>,
}

/// Why a key in the settings cannot be used.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Refusal {
    /// The service rejects it, for this reason.
    Rejected(String),
    /// It belongs to another account than the data folder.
    OtherAccount(Reason),
}

impl SetAside {
    /// Sets a key aside.
    pub(super) fn new(key: &Secret, refusal: Option<Refusal>) -> SetAside {
        SetAside { hash: hash(key), refusal }
    }

    /// The key in the settings, set aside if a person gave another one in its place.
    pub(super) fn replaced(of_settings: Option<Secret>, given: &Secret) -> Option<SetAside> {
        let other = of_settings.filter(|key| key.expose().trim() != given.expose())?;
        Some(SetAside::new(&other, None))
    }

    /// Whether it is this key.
    pub(super) fn is(&self, key: &Secret) -> bool {
        self.hash == hash(key)
    }
}

/// Keys are long random texts, which a hash does not reveal.
fn hash(key: &Secret) -> String {
    hex::encode(&Sha256::digest(key.expose().trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_a_person_replaced_is_known_by_its_hash() {
        let (old, new) = (Secret::new("old\n"), Secret::new("new"));
        let aside = SetAside::replaced(Some(old.clone()), &new).unwrap();
        assert!(aside.is(&Secret::new("old")) && !aside.is(&new) && aside.refusal.is_none());
        assert!(!serde_json::to_string(&aside).unwrap().contains("old"));
        assert!(
            SetAside::replaced(Some(old), &Secret::new("old")).is_none() && SetAside::replaced(None, &new).is_none()
        );
    }
}
