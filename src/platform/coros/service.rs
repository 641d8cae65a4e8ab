//! The row for COROS in the table of platforms.

use super::mcp::OAuthAccess;
use super::{Coros, ID, MANUFACTURER, list};
use crate::activity::{Format, Numbers};
use crate::platform::{
    Access, AccessKind, Context, LoginWays, PlatformKind, PlatformLogin, PlatformReader, PlatformSpec, PlatformWriter,
    Result, Service,
};

/// COROS
pub fn spec() -> PlatformSpec {
    PlatformSpec {
        id: ID.into(),
        title: "COROS",
        native_manufacturer: Some(MANUFACTURER),
        upload_formats: &[Format::Fit],
        // quantified-self issue 600 (August 2026): COROS rejected 20 of 20 files; reviewed 2026-11-29. Windsurfing is
        // not in this list, because it has a sport number at COROS.
        rejected_sports: &["sailing", "snorkeling", "surfing"],
        allows_duplicates: true,
        can_delete: true,
        kind: PlatformKind::Service(Box::new(CorosService)),
    }
}

/// COROS: the access by OAuth, and the login of the Training Hub.
struct CorosService;

impl Service for CorosService {
    fn accesses(&self) -> Vec<&dyn Access> {
        vec![&OAuthAccess, self]
    }

    fn listed_numbers(&self, raw: &str) -> Numbers {
        list::numbers(&serde_json::from_str(raw).unwrap_or_default())
    }
}

/// The login of the Training Hub.
impl Access for CorosService {
    fn kind(&self) -> AccessKind {
        AccessKind::Login
    }

    fn can_write(&self) -> bool {
        true
    }

    fn user_settings(&self) -> &'static [&'static str] {
        &["COROS_EMAIL"]
    }

    fn secret_settings(&self) -> &'static [&'static str] {
        &["COROS_PASSWORD"]
    }

    fn login_ways(&self) -> LoginWays {
        LoginWays::Login {
            browser: "with the browser: log in on COROS' page, paste its cookie here",
            token: "with a file that holds that cookie or token",
            password: "with e-mail address and password (ends the login of your browser)",
        }
    }

    fn open_reader(&self, context: Context) -> Result<Box<dyn PlatformReader>> {
        Ok(Box::new(Coros::new(context)))
    }

    fn open_writer(&self, context: Context) -> Result<Option<Box<dyn PlatformWriter>>> {
        Ok(Some(Box::new(Coros::new(context))))
    }

    fn open_login(&self, context: Context) -> Result<Box<dyn PlatformLogin>> {
        Ok(Box::new(Coros::new(context)))
    }
}
