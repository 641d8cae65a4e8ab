//! What all activities add up to. The activities are compared in parts, and each part is added.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::SyncSettings;
use super::chart_data::Charts;
use super::compared::{Compared, Scope};
use super::duplicates::SimilarLists;
use super::groups::GroupSums;
use super::missing::{self, MissingLists, pairs};
use super::newest::Newest;
use super::read::CatalogueData;
use super::rejected::RejectedLists;
use super::unarchived::FileSums;
use crate::status::{Counts, Deletion, LeftOut, List, PlatformPair, Snapshot};

/// What is added up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Whether the page is made; else only the health is judged.
    pub page: bool,
    /// Whether syncs store the file of every activity in the archive.
    pub archives: bool,
}

/// What the activities add up to.
pub(super) struct ActivitySums {
    wanted: Wanted,
    /// The activities that are missing on a platform.
    pub missing: MissingLists,
    /// The activities by the state of their files.
    pub files: FileSums,
    /// Rejected uploads.
    pub rejected: RejectedLists,
    /// Duplicates that the next run deletes.
    pub to_delete: u64,
    /// The groups; only for the page, as the following.
    pub groups: GroupSums,
    /// The comparison of each platform with each other one.
    pub matrix: Vec<PlatformPair>,
    /// Duplicates.
    pub similar: SimilarLists,
    /// Deletions.
    pub deletions: Newest<(Reverse<Timestamp>, u64), Deletion>,
}

impl ActivitySums {
    /// The sums of no activities.
    pub fn new(scope: &Scope, wanted: Wanted) -> ActivitySums {
        let listed = scope.listed_names();
        ActivitySums {
            wanted,
            missing: MissingLists::default(),
            files: FileSums::new(scope.names.len()),
            rejected: RejectedLists::default(),
            to_delete: 0,
            matrix: pairs(scope),
            groups: GroupSums { all: Newest::default(), archived: 0, charts: Charts::new(listed) },
            similar: SimilarLists::default(),
            deletions: Newest::default(),
        }
    }

    /// Adds a part of the activities.
    pub fn add(&mut self, part: &Compared, settings: &SyncSettings) {
        part.add_missing(&mut self.missing, self.wanted.page);
        part.add_files(&mut self.files, self.wanted.archives, self.wanted.page);
        part.add_rejected(&mut self.rejected, self.wanted.page);
        if settings.deletes || self.wanted.page {
            let pairs = part.duplicates(&settings.matcher);
            if settings.deletes && settings.max_delete > 0 {
                self.to_delete += pairs.iter().filter(|pair| pair.is_deletable()).count() as u64;
            }
            if self.wanted.page {
                part.add_duplicates(&pairs, &mut self.similar);
            }
        }
        if self.wanted.page {
            part.add_pairs(&mut self.matrix);
            part.add_deletions(&mut self.deletions);
            part.add_groups(&mut self.groups, part.read.now);
        }
    }

    /// The lists, the charts and the counts of the page; nothing else of it is set. `names`: the platforms.
    pub fn finish(self, names: &[String]) -> Snapshot {
        let counts = Counts {
            distinct: self.groups.all.count,
            archived: self.groups.archived,
            duplicates: self.similar.certain,
            deletable: self.similar.deletable,
        };
        let charts = self.groups.charts.finish();
        let mut left_out = Vec::new();
        let snapshot = Snapshot {
            counts,
            matrix: self.matrix,
            missing: listed(List::Missing, missing::finish(self.missing, names), &mut left_out),
            not_archived: listed(List::NotArchived, self.files.finish(names), &mut left_out),
            duplicates: listed(List::Duplicates, self.similar.duplicates.finish(), &mut left_out),
            time_zone_faults: listed(List::TimeZoneFaults, self.similar.shifted.finish(), &mut left_out),
            deletions: listed(List::Deletions, self.deletions.finish(), &mut left_out),
            rejected: listed(List::Rejected, self.rejected.all.finish(), &mut left_out),
            days: charts.days,
            weeks: charts.weeks,
            months: charts.months,
            activities: listed(List::Activities, self.groups.all.finish(), &mut left_out),
            ..Snapshot::default()
        };
        Snapshot { left_out, ..snapshot }
    }
}

/// The items of a list. Adds to `left_out` how many items it leaves out, if any.
fn listed<T>(list: List, (items, count): (Vec<T>, u64), left_out: &mut Vec<LeftOut>) -> Vec<T> {
    left_out.extend(LeftOut::of(list, count));
    items
}

/// The data of the catalogue, and what its activities add up to.
pub(super) struct Overview<'a> {
    /// The data of the catalogue. Its activities and uploads are those of the last part.
    pub read: &'a CatalogueData,
    /// The platforms.
    pub scope: &'a Scope,
    /// What the activities add up to.
    pub sums: &'a ActivitySums,
}
