//! An activity as far as it is compared, borrowed from a record, a row or an [`Activity`].

use jiff::Timestamp;

use super::{Activity, ActivityKeyRef};

/// The fields of an [`Activity`] that are compared, with its units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ActivityRef<'a> {
    /// The name of the platform.
    pub platform: &'a str,
    /// The id on the platform.
    pub id: &'a str,
    /// FIT `sport`.
    pub sport: Option<&'a str>,
    /// FIT `sub_sport`.
    pub sub_sport: Option<&'a str>,
    /// When the activity began.
    pub start_time: Option<Timestamp>,
    /// Time with the timer running.
    pub timer_time_s: Option<f64>,
    /// Time from start to end, pauses included.
    pub elapsed_time_s: Option<f64>,
    /// Distance covered.
    pub distance_m: Option<f64>,
    /// The manufacturer of the recording device.
    pub manufacturer: Option<&'a str>,
    /// The recording device.
    pub device: Option<&'a str>,
    /// Entered by hand, so there is no file.
    pub manual: bool,
}

impl<'a> ActivityRef<'a> {
    /// The key of the activity.
    pub fn key(&self) -> ActivityKeyRef<'a> {
        ActivityKeyRef::new(self.platform, self.id)
    }
}

impl<'a> From<&'a Activity> for ActivityRef<'a> {
    fn from(activity: &'a Activity) -> ActivityRef<'a> {
        ActivityRef {
            platform: &activity.platform,
            id: &activity.id,
            sport: activity.sport.as_deref(),
            sub_sport: activity.sub_sport.as_deref(),
            start_time: activity.start_time,
            timer_time_s: activity.timer_time_s,
            elapsed_time_s: activity.elapsed_time_s,
            distance_m: activity.distance_m,
            manufacturer: activity.manufacturer.as_deref(),
            device: activity.device.as_deref(),
            manual: activity.manual,
        }
    }
}
