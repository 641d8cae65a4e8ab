//! The credential by which an account is reached.

use serde::Serialize;

/// The credential of an access.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessKind {
    /// A personal API key.
    #[serde(rename = "key")]
    ApiKey,
    /// OAuth: the person allows the access on a page of the service.
    OAuth,
    /// The login of the service's own app or web page: a password, a ticket or a token of it.
    #[default]
    Login,
}

impl AccessKind {
    /// Its name in records and in the catalogue.
    pub fn name(self) -> &'static str {
        match self {
            AccessKind::ApiKey => "key",
            AccessKind::OAuth => "oauth",
            AccessKind::Login => "login",
        }
    }

    /// The access with this [`name`](AccessKind::name).
    pub fn from_name(name: &str) -> Option<AccessKind> {
        [AccessKind::ApiKey, AccessKind::OAuth, AccessKind::Login].into_iter().find(|kind| kind.name() == name)
    }
}
