//! The access by a key, in the list of Garmin's accesses.

use std::path::{Path, PathBuf};

use super::Personal;
use crate::platform::garmin::domain::{self, Domain};
use crate::platform::{Access, AccessKind, Context, LoginWays, PlatformLogin, PlatformReader, PlatformWriter, Result};

/// The file in which Garmin's own client looks for the key (garmin-connect-personal-api-python 1.0.0; reviewed
/// 2026-11-29).
const KEY_FILE: &str = ".config/garmin/connect-personal-api-key";

/// Reads an account of this domain with a key.
pub struct PersonalAccess {
    /// The domain.
    pub domain: Domain,
}

impl Access for PersonalAccess {
    fn kind(&self) -> AccessKind {
        AccessKind::ApiKey
    }

    fn can_write(&self) -> bool {
        false
    }

    fn secret_settings(&self) -> &'static [&'static str] {
        if self.domain == domain::CN { &["GARMIN_PERSONAL_API_KEY_CN"] } else { &["GARMIN_PERSONAL_API_KEY"] }
    }

    fn login_ways(&self) -> LoginWays {
        LoginWays::One(if self.domain == domain::CN {
            "with an API key: only reads, and is not proven to work at garmin.cn (GARMIN_PERSONAL_API_CN=1)"
        } else {
            "with an API key: only reads; make it on Garmin's web page"
        })
    }

    fn asks_key_end(&self) -> bool {
        true
    }

    /// Garmin's client has one file, and no account of garmin.cn was ever seen to use it.
    fn token_places(&self, home: Option<&Path>, _setting: &dyn Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
        let is_com = self.domain == domain::COM;
        home.filter(|_| is_com).map(|home| home.join(KEY_FILE)).into_iter().collect()
    }

    fn open_reader(&self, context: Context) -> Result<Box<dyn PlatformReader>> {
        Ok(Box::new(Personal::new(self.domain, context)?))
    }

    /// Always `None`: this API has no requests that change anything.
    fn open_writer(&self, _context: Context) -> Result<Option<Box<dyn PlatformWriter>>> {
        Ok(None)
    }

    fn open_login(&self, context: Context) -> Result<Box<dyn PlatformLogin>> {
        Ok(Box::new(Personal::new(self.domain, context)?))
    }
}
