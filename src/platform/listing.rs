//! The types of a listing: its window, its pages and its end.

use jiff::Timestamp;

use crate::activity::{Activity, Outline};
use crate::clock::Moment;

/// The part of the history to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// Only activities that started at this time or later.
    pub since: Option<Timestamp>,
    /// Only activities that started before this time.
    pub until: Option<Timestamp>,
}

impl Window {
    /// Whether an activity that started at this time is in the window.
    pub fn contains(&self, start: Timestamp) -> bool {
        self.since.is_none_or(|since| start >= since) && self.until.is_none_or(|until| start < until)
    }
}

/// One page of a listing.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The activities on the page that are in the window and were not on an earlier page.
    pub activities: Vec<ListedActivity>,
    /// The outlines of all entries that were not on an earlier page, in their order, whether or not they are in the
    /// window.
    pub outlines: Vec<Outline>,
    /// The listing restarted with this page, so its starts do not follow those of the page before.
    pub restarted: bool,
    /// Entries without an id or a start, each with the reason why it cannot be read. They are in no other field.
    pub unreadable: Vec<String>,
    /// When the page was requested: its content is not older. `None`: no request was made.
    pub requested: Option<Moment>,
}

/// An activity, with the service's own data about it.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedActivity {
    /// The activity.
    pub activity: Activity,
    /// The service's JSON for the activity.
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
