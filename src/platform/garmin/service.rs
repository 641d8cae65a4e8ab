//! The two rows for Garmin Connect in the table of platforms.

use std::io;
use std::path::{Path, PathBuf};

use super::domain::{self, Domain};
use super::personal::{self, PersonalAccess};
use super::settings::GarminSettings;
use super::{Garmin, import, list};
use crate::activity::{Format, Numbers};
use crate::http::Secret;
use crate::platform::{
    Access, AccessKind, Context, LoginWays, PlatformKind, PlatformLogin, PlatformReader, PlatformSpec, PlatformWriter,
    Result, Service, SettingSource,
};

/// garmin.com
pub fn spec_com() -> PlatformSpec {
    spec(
        "Garmin Connect (garmin.com)",
        GarminService {
            domain: domain::COM,
            personal: PersonalAccess { domain: domain::COM },
            user_settings: &["GARMIN_EMAIL_COM", "GARMIN_EMAIL"],
            password_settings: &["GARMIN_PASSWORD_COM", "GARMIN_PASSWORD"],
        },
    )
}

/// garmin.cn
pub fn spec_cn() -> PlatformSpec {
    spec(
        "Garmin Connect China (garmin.cn)",
        GarminService {
            domain: domain::CN,
            personal: PersonalAccess { domain: domain::CN },
            user_settings: &["GARMIN_EMAIL_CN"],
            password_settings: &["GARMIN_PASSWORD_CN"],
        },
    )
}

fn spec(title: &'static str, service: GarminService) -> PlatformSpec {
    PlatformSpec {
        id: service.domain.platform.into(),
        title,
        native_manufacturer: Some("garmin"),
        upload_formats: &[Format::Fit],
        rejected_sports: &[],
        allows_duplicates: false,
        can_delete: true,
        kind: PlatformKind::Service(Box::new(service)),
    }
}

/// Garmin Connect on one of its two domains.
struct GarminService {
    domain: Domain,
    personal: PersonalAccess,
    user_settings: &'static [&'static str],
    password_settings: &'static [&'static str],
}

impl Service for GarminService {
    fn accesses(&self) -> Vec<&dyn Access> {
        // Keys of garmin.cn are not proven to work, so a login that is set up reads.
        if self.domain == domain::CN { vec![self, &self.personal] } else { vec![&self.personal, self] }
    }

    fn check_settings(&self, settings: &dyn SettingSource) -> Result<()> {
        GarminSettings::read(settings)?;
        personal::check_settings(&self.domain, settings)
    }

    fn newest_setting(&self) -> Option<&'static str> {
        Some("GARMIN_NEWEST_NUM")
    }

    /// The `ownerId` of an entry, which is the `profileId` of the person.
    fn listed_owner(&self, raw: &str) -> Option<String> {
        list::id(&serde_json::from_str::<serde_json::Value>(raw).ok()?["ownerId"])
    }

    fn listed_numbers(&self, raw: &str) -> Numbers {
        list::numbers(&serde_json::from_str(raw).unwrap_or_default())
    }
}

/// The login of the apps and the web page.
impl Access for GarminService {
    fn kind(&self) -> AccessKind {
        AccessKind::Login
    }

    fn can_write(&self) -> bool {
        true
    }

    fn user_settings(&self) -> &'static [&'static str] {
        self.user_settings
    }

    fn secret_settings(&self) -> &'static [&'static str] {
        self.password_settings
    }

    fn login_ways(&self) -> LoginWays {
        LoginWays::Login {
            browser: "with the browser: log in on Garmin's page, paste the ticket here",
            token: "with the token of garminconnect, garth or pirate-garmin",
            password: "with e-mail address and password (Garmin rejects many of these)",
        }
    }

    fn token_settings(&self) -> &'static [&'static str] {
        &["GARTH_TOKEN", "GARMINTOKENS"]
    }

    fn token_places(&self, home: Option<&Path>, setting: &dyn Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
        import::token_places(home, setting)
    }

    fn read_token(&self, path: &Path) -> io::Result<Option<Secret>> {
        import::read_token(path)
    }

    fn open_reader(&self, context: Context) -> Result<Box<dyn PlatformReader>> {
        Ok(Box::new(Garmin::new(self.domain, context)?))
    }

    fn open_writer(&self, context: Context) -> Result<Option<Box<dyn PlatformWriter>>> {
        Ok(Some(Box::new(Garmin::new(self.domain, context)?)))
    }

    fn open_login(&self, context: Context) -> Result<Box<dyn PlatformLogin>> {
        Ok(Box::new(Garmin::new(self.domain, context)?))
    }
}
