//! Filters activities by start and sport.

use jiff::Timestamp;

use crate::activity::Activity;

/// A filter of activities; the default includes all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivityFilter {
    /// Only activities that start at this time or later.
    pub since: Option<Timestamp>,
    /// Only activities that start before this time.
    pub until: Option<Timestamp>,
    /// Only these sports, by their FIT names or the names of the platforms; all if empty.
    pub sports: Vec<String>,
}

impl ActivityFilter {
    /// Whether the filter excludes any activity.
    pub fn is_restricted(&self) -> bool {
        self.since.is_some() || self.until.is_some() || !self.sports.is_empty()
    }

    /// Whether the filter includes an activity. If it names a start or a sport, an activity without one is excluded.
    pub fn includes(&self, activity: &Activity) -> bool {
        let sports = [&activity.sport, &activity.sub_sport, &activity.platform_sport];
        self.includes_values(activity.start_time, sports.map(Option::as_deref))
    }

    /// The same for an activity of which only the start, and the sport under its names, are known.
    pub fn includes_values(&self, start: Option<Timestamp>, sports: [Option<&str>; 3]) -> bool {
        let is_sport = |sport: &String| sports.contains(&Some(sport));
        self.since.is_none_or(|since| start.is_some_and(|start| start >= since))
            && self.until.is_none_or(|until| start.is_some_and(|start| start < until))
            && (self.sports.is_empty() || self.sports.iter().any(is_sport))
    }
}
