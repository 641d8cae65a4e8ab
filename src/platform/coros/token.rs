//! COROS' token, as it is kept, and as it is used: with the region it works in.

use serde::{Deserialize, Serialize};

use super::region::{Region, region};
use crate::http::Secret;
use crate::platform::{Account, Identity, Result};

/// A stored token. It has no `Debug`: nothing prints it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Token {
    /// Opaque; no source knows how long it lives. The next login ends it.
    pub access_token: String,
    /// Where it works. Not known yet if the answer that should say so got lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<u32>,
    /// The service's number of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The name the service shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The e-mail address of the account, if the service told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// How it was come by.
    pub source: String,
    /// Why it is of no more use, once the service said so: it is not tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<String>,
}

/// A token in use.
#[derive(Debug, Clone)]
pub struct Session {
    /// The token.
    pub token: Secret,
    /// The region that it works in.
    pub region: &'static Region,
    /// The service's number of the person: digits.
    pub user_id: String,
}

impl Token {
    /// What is needed to use it; `None` if the service has not told all of it yet.
    pub fn session(&self) -> Result<Option<Session>> {
        let Some((id, user_id)) = self.region.zip(self.user_id.clone()) else { return Ok(None) };
        Ok(Some(Session { token: Secret::new(&self.access_token), region: region(id)?, user_id }))
    }

    /// Whose it is, if the service told it.
    pub fn identity(&self) -> Option<Identity> {
        let user_id = self.user_id.clone()?;
        Some(Identity { user_id, name: self.user.clone(), email: self.email.clone() })
    }

    /// What may be told of it.
    pub fn account(&self) -> Account {
        let region = self.region.and_then(|id| region(id).ok());
        Account {
            name: self.user.clone(),
            domain: region.map_or_else(|| "coros.com".into(), |region| format!("coros.com ({})", region.name)),
            expires: None,
            renewable_until: None,
            renewable: false,
            dead: self.dead.clone(),
            source: self.source.clone(),
        }
    }

    /// The token in the form that the browser keeps it in, which other tools take too.
    pub fn export(&self) -> Secret {
        let region = self.region.map(|id| format!("; CPL-coros-region={id}")).unwrap_or_default();
        Secret::new(format!("CPL-coros-token={}{region}", self.access_token))
    }
}
