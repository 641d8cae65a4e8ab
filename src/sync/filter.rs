//! Which activities a person asks for: by start and sport.

use jiff::Timestamp;

use crate::activity::Activity;

/// Which activities are meant; all by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivityFilter {
    /// Begun at this time or later.
    pub since: Option<Timestamp>,
    /// Begun before this time.
    pub until: Option<Timestamp>,
    /// Only these sports, by FIT's names or the platforms' own; all if empty.
    pub sports: Vec<String>,
}

impl ActivityFilter {
    /// Whether only a part of the activities is meant.
    pub fn is_restricted(&self) -> bool {
        self.since.is_some() || self.until.is_some() || !self.sports.is_empty()
    }

    /// Whether an activity is meant. One of unknown start or sport is not, where a start or a sport is asked for.
    pub fn includes(&self, activity: &Activity) -> bool {
        let start = activity.start_time;
        let own = [&activity.sport, &activity.sub_sport, &activity.platform_sport];
        let is_sport = |sport: &String| own.iter().any(|name| name.as_deref() == Some(sport));
        self.since.is_none_or(|since| start.is_some_and(|start| start >= since))
            && self.until.is_none_or(|until| start.is_some_and(|start| start < until))
            && (self.sports.is_empty() || self.sports.iter().any(is_sport))
    }
}
