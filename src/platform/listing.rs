//! What a listing consists of.

use jiff::Timestamp;

use crate::activity::{Activity, Outline};
use crate::clock::Moment;

/// The part of the history to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// Begun at this time or later.
    pub since: Option<Timestamp>,
    /// Begun before this time.
    pub until: Option<Timestamp>,
}

impl Window {
    /// Whether an activity that began at this time is in it.
    pub fn contains(&self, start: Timestamp) -> bool {
        self.since.is_none_or(|since| start >= since) && self.until.is_none_or(|until| start < until)
    }
}

/// One page of a listing.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The activities in it that are in the window and were on no page before.
    pub activities: Vec<ListedActivity>,
    /// The outlines of all entries that this listing has not seen before, in their order, in the window or not.
    pub outlines: Vec<Outline>,
    /// The listing was restarted from the first page with this page: its starts do not follow those of the page before.
    pub restarted: bool,
    /// Entries without an id or a start, each with the reason why it cannot be read. They are in no other field.
    pub unreadable: Vec<String>,
    /// When it was requested: what it shows is no older. `None`: no request was made.
    pub requested: Option<Moment>,
}

/// An activity, and what the service itself says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedActivity {
    /// The activity.
    pub activity: Activity,
    /// The service's JSON.
    pub service_json: String,
}

/// How a listing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListEnd {
    /// Everything in the window was listed.
    Complete,
    /// The caller stopped it.
    Stopped,
}
