//! The settings that Garmin alone reads.

use std::time::Duration;

use super::login::DI_CLIENT;
use crate::platform::{Result, SettingSource};

/// The settings that Garmin alone reads.
pub struct GarminSettings {
    /// `GS_LOGIN_PAUSE`: the shortest pause between the sign-in page and the password; the longest is two and a half
    /// times that.
    pub login_pause: Duration,
    /// `GARMIN_UPLOAD_AS_IMPORT`: files are uploaded as imports, which Garmin does not pass on to connected services.
    pub upload_as_import: bool,
    /// `GARMIN_DI_CLIENT_ID`: the client id for new tokens.
    pub client_id: String,
}

impl GarminSettings {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`Error::Config`](crate::platform::Error::Config): a setting has an invalid value.
    pub fn read(settings: &dyn SettingSource) -> Result<GarminSettings> {
        Ok(GarminSettings {
            login_pause: settings.duration("GS_LOGIN_PAUSE")?,
            upload_as_import: settings.flag("GARMIN_UPLOAD_AS_IMPORT")?,
            client_id: settings.text("GARMIN_DI_CLIENT_ID").unwrap_or_else(|| DI_CLIENT.to_owned()),
        })
    }
}
