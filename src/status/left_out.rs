//! What the lists of a snapshot leave out: of a very long history only the newest items are listed.

use serde::Serialize;

use super::Snapshot;

/// The most items of a list. A history of one item a day has fewer in fifty years.
pub const MOST_LISTED: usize = 20_000;

/// The items of a list that are not in the snapshot: the oldest ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeftOut {
    /// The list.
    pub list: List,
    /// How many items are left out.
    pub count: u64,
    /// The command line that lists all items.
    pub all: &'static str,
}

/// Counts of all activities and duplicates, whatever the lists leave out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Distinct activities.
    pub distinct: u64,
    /// Distinct activities in the archive.
    pub archived: u64,
    /// Duplicates, without possible ones.
    pub duplicates: u64,
    /// Duplicates that gs-delete would delete.
    pub deletable: u64,
}

/// A list of a snapshot that is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum List {
    /// `missing`: the items of each platform and reason.
    Missing,
    /// `not_archived`: the items of each platform and reason.
    NotArchived,
    /// `duplicates`.
    Duplicates,
    /// `time_zone_faults`.
    TimeZoneFaults,
    /// `deletions`.
    Deletions,
    /// `rejected`.
    Rejected,
    /// `activities`.
    Activities,
}

impl LeftOut {
    /// `count` items of `list` that are left out; `None` if `count` is 0.
    pub fn of(list: List, count: u64) -> Option<LeftOut> {
        (count > 0).then(|| LeftOut { list, count, all: list.command() })
    }
}

impl List {
    /// The command line that lists all items, maybe among others.
    pub fn command(self) -> &'static str {
        match self {
            List::Missing | List::Rejected => "gs-list | gs-diff --explain",
            List::NotArchived => "gs-list --format csv",
            List::Duplicates => "gs-list | gs-dedupe --duplicates",
            // The pairs on one platform, then those on two.
            List::TimeZoneFaults => "gs-list | gs-dedupe --duplicates; gs-list | gs-diff --explain",
            // An activity whose deletion failed or is pending is still on its platform.
            List::Deletions => "gs-list --all --format ndjson",
            // Archived activities stay in the list after their deletion.
            List::Activities => "gs-list --all --format csv",
        }
    }
}

impl Snapshot {
    /// What a list leaves out, if anything.
    pub fn left_out_of(&self, list: List) -> Option<&LeftOut> {
        self.left_out.iter().find(|left_out| left_out.list == list)
    }

    /// How many items of a list are left out.
    pub fn count_left_out(&self, list: List) -> u64 {
        self.left_out_of(list).map_or(0, |left_out| left_out.count)
    }
}
