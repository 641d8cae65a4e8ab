//! What all activities add up to. The activities are compared in parts, and each part is added.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::SyncSettings;
use super::chart_data::Charts;
use super::compared::{Compared, Scope};
use super::duplicates::SimilarLists;
use super::groups::GroupSums;
use super::missing::{MissingLists, pairs};
use super::newest::Newest;
use super::read::CatalogueData;
use super::rejected::RejectedLists;
use super::unarchived::FileSums;
use crate::status::{Deletion, PlatformPair};

/// What is added up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Whether the page is made; else only the health is judged.
    pub page: bool,
    /// Whether syncs store the file of every activity in the archive.
    pub archives: bool,
}

/// What the activities add up to.
pub(super) struct Sums {
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

impl Sums {
    /// The sums of no activities.
    pub fn new(scope: &Scope, wanted: Wanted) -> Sums {
        let listed = scope.listed_names();
        Sums {
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
            let pairs = part.pairs(&settings.matcher);
            self.to_delete += if settings.deletes { part.to_delete(&pairs, settings.max_delete) } else { 0 };
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
}

/// The data of the catalogue, and what its activities add up to.
pub(super) struct Overview<'a> {
    /// The data of the catalogue. Its activities and uploads are those of the last part.
    pub read: &'a CatalogueData,
    /// The platforms.
    pub scope: &'a Scope,
    /// What the activities add up to.
    pub sums: &'a Sums,
}
