//! The stored API key, with the athlete whom it opened.

use serde::{Deserialize, Serialize};

use crate::platform::settings_key::SetAside;
use crate::platform::{Account, Identity};

/// The source of a key from the settings.
pub const SETTINGS: &str = "settings";
/// The source of a key that a person gave to a command.
pub const BY_HAND: &str = "key";

/// A stored key. It has no `Debug`: nothing prints it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// The key. It is valid until its owner makes a new one.
    pub key: String,
    /// The athlete of the setting, for whom the key was checked.
    pub athlete: String,
    /// The service's id of that athlete.
    pub user_id: String,
    /// The name that the service shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The e-mail address, if the service names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Where the key came from.
    pub source: String,
    /// A key in the settings that is not used in place of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<SetAside>,
    /// Why the key no longer works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<String>,
}

impl Token {
    /// The account, without the key.
    pub fn account(&self) -> Account {
        Account {
            name: self.name.clone().or_else(|| Some(self.user_id.clone())),
            domain: "intervals.icu".into(),
            expires: None,
            renewable_until: None,
            renewable: false,
            dead: self.dead.clone(),
            source: self.source.clone(),
        }
    }

    /// The owner of the account.
    pub fn identity(&self) -> Identity {
        Identity { user_id: self.user_id.clone(), name: self.name.clone(), email: self.email.clone() }
    }
}
