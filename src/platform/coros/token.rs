//! COROS' token: the stored form, and the session that is used for requests, which has a region.

use serde::{Deserialize, Serialize};

use super::region::{Region, region};
use crate::http::Secret;
use crate::platform::{Account, Identity, Result};

/// A stored token. It has no `Debug`: nothing prints it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Token {
    /// Opaque; how long it is valid is not known. The next login ends it.
    pub access_token: String,
    /// Its region; `None` if the response that names it was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<u32>,
    /// The service's user id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The name that the service shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The e-mail address of the account, if the service names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The origin of the token: `password` or `browser`.
    pub source: String,
    /// Why the token is no longer valid, if the service rejected it. It is not used again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<String>,
}

/// A token in use.
#[derive(Debug, Clone)]
pub struct ApiSession {
    /// The token.
    pub token: Secret,
    /// Its region.
    pub region: &'static Region,
    /// The service's user id: digits.
    pub user_id: String,
}

impl Token {
    /// The session; `None` if the region or the user id is unknown.
    pub fn session(&self) -> Result<Option<ApiSession>> {
        let Some((id, user_id)) = self.region.zip(self.user_id.clone()) else { return Ok(None) };
        Ok(Some(ApiSession { token: Secret::new(&self.access_token), region: region(id)?, user_id }))
    }

    /// The owner, if the service names it.
    pub fn identity(&self) -> Option<Identity> {
        let user_id = self.user_id.clone()?;
        Some(Identity { user_id, name: self.user.clone(), email: self.email.clone() })
    }

    /// The part of the token that may be shown.
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

    /// The token in the form of the browser's cookies, which other tools can import, too.
    pub fn export(&self) -> Secret {
        let region = self.region.map(|id| format!("; CPL-coros-region={id}")).unwrap_or_default();
        Secret::new(format!("CPL-coros-token={}{region}", self.access_token))
    }
}
