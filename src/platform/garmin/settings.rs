//! The settings that Garmin alone reads.

use std::time::Duration;

use super::login::DI_CLIENT;
use crate::platform::{Result, SettingSource};

/// A person takes at least this long to type a password (python-garminconnect waits 2 s to 5 s; reviewed 2026-11-29).
const LOGIN_PAUSE: Duration = Duration::from_secs(2);

/// The settings that Garmin alone reads.
pub struct GarminSettings {
    /// `GS_LOGIN_PAUSE`: the shortest pause between the sign-in page and the password; the longest is two and a half
    /// times that.
    pub login_pause: Duration,
    /// `GARMIN_UPLOAD_AS_IMPORT`: files are imported, which Garmin does not pass on to connected services.
    pub upload_as_import: bool,
    /// `GARMIN_DI_CLIENT_ID`: the client id for new tokens.
    pub client_id: String,
}

impl GarminSettings {
    /// Reads them.
    ///
    /// # Errors
    /// [`Error::Config`](crate::platform::Error::Config): one has a value that cannot be used.
    pub fn read(settings: &dyn SettingSource) -> Result<GarminSettings> {
        Ok(GarminSettings {
            login_pause: settings.duration("GS_LOGIN_PAUSE", LOGIN_PAUSE)?,
            upload_as_import: settings.flag("GARMIN_UPLOAD_AS_IMPORT")?.unwrap_or(false),
            client_id: settings.text("GARMIN_DI_CLIENT_ID").unwrap_or_else(|| DI_CLIENT.to_owned()),
        })
    }
}
