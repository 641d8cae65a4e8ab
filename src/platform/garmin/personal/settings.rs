//! The settings that the access by a key alone reads.

use std::time::Duration;

use jiff::Timestamp;

use crate::platform::garmin::domain::{self, Domain};
use crate::platform::{Error, Result, SettingSource, key_end};

/// Says when the key of garmin.com ends.
const ENDS: &str = "GARMIN_PERSONAL_API_KEY_ENDS";

/// The settings that the access by a key alone reads.
pub struct PersonalSettings {
    /// `GARMIN_PERSONAL_API_INTERVAL`: the least time between two requests.
    pub interval: Duration,
    /// Whether keys of this domain may be used: always at garmin.com, and with `GARMIN_PERSONAL_API_CN` at garmin.cn.
    pub is_allowed: bool,
    /// `GARMIN_PERSONAL_API_KEY_ENDS`: when the key in the settings ends, because Garmin tells it only on its web page.
    pub key_ends: Option<Timestamp>,
}

impl PersonalSettings {
    /// Reads the settings for a domain.
    ///
    /// # Errors
    /// [`Error::Config`]: a setting has an invalid value.
    pub fn read(domain: &Domain, settings: &dyn SettingSource) -> Result<PersonalSettings> {
        let is_com = *domain == domain::COM;
        let ends = settings.text(ENDS).filter(|text| is_com && !text.trim().is_empty());
        Ok(PersonalSettings {
            interval: settings.duration("GARMIN_PERSONAL_API_INTERVAL")?,
            is_allowed: settings.flag("GARMIN_PERSONAL_API_CN")? || is_com,
            key_ends: ends.map(|text| day(&text)).transpose()?,
        })
    }
}

fn day(text: &str) -> Result<Timestamp> {
    // A number of days has no beginning here.
    let is_date = text.contains('-');
    key_end(text, Timestamp::UNIX_EPOCH).filter(|_| is_date).ok_or_else(|| {
        Error::Config(format!("{ENDS}={text:?}: not a day; write it like 2027-02-27, as Garmin's page shows it"))
    })
}

/// Checks the settings.
///
/// # Errors
/// [`Error::Config`]: a setting has an invalid value.
pub fn check(domain: &Domain, settings: &dyn SettingSource) -> Result<()> {
    PersonalSettings::read(domain, settings).map(drop)
}
