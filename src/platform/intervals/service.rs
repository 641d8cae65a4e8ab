//! The row for intervals.icu in the table of platforms.

use super::api::{self, Athlete};
use super::{ID, Intervals, list};
use crate::activity::{Format, Numbers};
use crate::platform::{
    Access, AccessKind, Context, Error, LoginWays, PlatformKind, PlatformLogin, PlatformReader, PlatformSpec,
    PlatformWriter, Result, Service, SettingSource,
};

/// intervals.icu
pub fn spec() -> PlatformSpec {
    PlatformSpec {
        id: ID.into(),
        title: "intervals.icu",
        native_manufacturer: None,
        upload_formats: &[Format::Fit],
        rejected_sports: &[],
        // It recognises only the same bytes (intervals.icu's API document; reviewed 2026-11-29).
        allows_duplicates: true,
        can_delete: true,
        kind: PlatformKind::Service(Box::new(IntervalsService)),
    }
}

/// intervals.icu
struct IntervalsService;

impl Service for IntervalsService {
    fn accesses(&self) -> Vec<&dyn Access> {
        vec![self]
    }

    fn listed_numbers(&self, raw: &str) -> Numbers {
        list::numbers(&serde_json::from_str(raw).unwrap_or_default())
    }

    fn check_settings(&self, settings: &dyn SettingSource) -> Result<()> {
        Athlete::of_settings(settings)?;
        match settings.text("INTERVALS_API_KEY") {
            Some(key) if !api::is_key(key.trim()) => {
                Err(Error::Config("INTERVALS_API_KEY: not an API key; a key is one word".into()))
            }
            _ => Ok(()),
        }
    }
}

/// The API key of a person.
impl Access for IntervalsService {
    fn kind(&self) -> AccessKind {
        AccessKind::ApiKey
    }

    fn can_write(&self) -> bool {
        true
    }

    fn secret_settings(&self) -> &'static [&'static str] {
        &["INTERVALS_API_KEY"]
    }

    fn login_ways(&self) -> LoginWays {
        LoginWays::One("with an API key: reads and writes; it is on intervals.icu's settings page")
    }

    fn open_reader(&self, context: Context) -> Result<Box<dyn PlatformReader>> {
        Ok(Box::new(Intervals::new(context)?))
    }

    fn open_writer(&self, context: Context) -> Result<Option<Box<dyn PlatformWriter>>> {
        Ok(Some(Box::new(Intervals::new(context)?)))
    }

    fn open_login(&self, context: Context) -> Result<Box<dyn PlatformLogin>> {
        Ok(Box::new(Intervals::new(context)?))
    }
}
