//! Compares the platforms: each group once, and its state on each platform.

use jiff::Timestamp;

use super::missing::GroupRank;
use super::read::CatalogueData;
use crate::activity::ActivityKeyRef;
use crate::catalogue::{ActivityRow, FileFingerprint};
use crate::plan::diff::{Choice, Decision, Groups, Overrides, Presence, Target};
use crate::platform::PlatformSpec;
use crate::reason::Reason;
use crate::status::{self, MissingReason, Redacted};
use crate::sync::Histories;

/// The platforms that are compared, by their positions.
pub(super) struct Scope {
    /// For each platform: its displayed name.
    pub names: Vec<String>,
    /// For each platform: whether syncs keep it equal with the others.
    pub is_compared: Vec<bool>,
    /// For each platform: whether it should receive uploads.
    is_target: Vec<bool>,
    /// For each platform: whether it can only be read.
    is_read_only: Vec<bool>,
    /// For each platform: whether it has activities of its own: an outbox has none.
    is_listable: Vec<bool>,
}

impl Scope {
    /// The platforms of `histories`. `is_compared`: whether each platform is kept equal with the others; `is_read_only`:
    /// whether it can only be read; `gets_uploads`: whether the settings make it a target.
    pub fn of(
        histories: &Histories,
        is_compared: &dyn Fn(&PlatformSpec) -> bool,
        is_read_only: &dyn Fn(&PlatformSpec) -> bool,
        gets_uploads: &dyn Fn(&PlatformSpec) -> bool,
    ) -> Scope {
        let each = |is_it: &dyn Fn(&PlatformSpec) -> bool| {
            histories.platforms.iter().map(|history| is_it(&history.spec)).collect::<Vec<bool>>()
        };
        let is_target =
            |spec: &PlatformSpec| is_compared(spec) && !spec.upload_formats.is_empty() && gets_uploads(spec);
        Scope {
            names: histories.platforms.iter().map(|history| shown(&history.spec.id)).collect(),
            is_compared: each(is_compared),
            is_target: each(&is_target),
            is_read_only: each(is_read_only),
            is_listable: each(&|spec| !spec.is_write_only()),
        }
    }

    /// Whether a platform has activities of its own.
    pub fn is_listable(&self, platform: usize) -> bool {
        self.is_listable[platform]
    }

    /// The platforms that have activities of their own.
    pub fn listable(&self) -> impl Iterator<Item = usize> {
        (0..self.names.len()).filter(|platform| self.is_listable[*platform])
    }

    /// Each platform that has activities of its own with each other one. Two platforms may have the same displayed name.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        let pairs = self.listable().flat_map(|on| self.listable().map(move |and| (on, and)));
        pairs.filter(|(on, and)| on != and)
    }

    /// The displayed names of the platforms that have activities of their own.
    pub fn listed_names(&self) -> Vec<String> {
        self.listable().map(|platform| self.names[platform].clone()).collect()
    }
}

/// The catalogue's data, compared: all activities, or a part of them that no other activity concerns.
pub(super) struct Compared<'a> {
    /// The data of the catalogue.
    pub read: &'a CatalogueData,
    /// The groups of activities.
    pub groups: &'a Groups<'a>,
    /// The platforms.
    pub scope: &'a Scope,
    /// For each platform: its displayed name.
    pub names: &'a [String],
    /// The groups, the newest first.
    pub all: Vec<GroupState>,
    /// For each activity: the position of its platform.
    pub platform_of: Vec<usize>,
    /// For each activity: its position in the whole catalogue.
    ranks: &'a [u64],
}

/// The state of a group on each platform.
pub(super) struct GroupState {
    /// The positions of its activities, the best first.
    pub members: Vec<usize>,
    /// The activity that represents the group: the best one that is on its platform.
    pub best: usize,
    /// For each platform: why the group is missing; `None` if the platform has it.
    pub missing: Vec<Option<MissingDetail>>,
}

/// Why a group is missing on a platform.
pub(super) struct MissingDetail {
    /// The reason.
    pub reason: MissingReason,
    /// More details.
    pub details: Vec<Reason>,
    /// Since when a deleted activity is missing.
    pub since: Option<Timestamp>,
    /// The activity that could be uploaded; `None` if no platform that is kept equal has one.
    pub of: Option<usize>,
}

impl<'a> Compared<'a> {
    /// Compares the platforms. `ranks`: the position of each activity in the whole catalogue.
    pub fn of(read: &'a CatalogueData, groups: &'a Groups<'a>, scope: &'a Scope, ranks: &'a [u64]) -> Compared<'a> {
        let platform_of =
            |(entry, _): &(ActivityRow, Option<FileFingerprint>)| read.platform(&entry.activity.platform).unwrap_or(0);
        let mut compared = Compared {
            read,
            groups,
            scope,
            names: &scope.names,
            all: Vec::new(),
            platform_of: read.histories.part.entries.iter().map(platform_of).collect(),
            ranks,
        };
        let targets: Vec<Target> =
            read.histories.platforms.iter().map(|history| history.target(&groups.activities.candidates)).collect();
        let mut all: Vec<GroupState> = (0..groups.groups.len()).map(|group| compared.stands(group, &targets)).collect();
        // The newest first. Activities without a start come last, after those before 1970.
        all.sort_by_key(|one| compared.group_rank(one));
        compared.all = all;
        compared
    }

    /// The position of an activity in the whole catalogue, the newest first.
    pub fn rank(&self, at: usize) -> u64 {
        self.ranks[at]
    }

    /// The rank of a group: groups without a start come last.
    pub fn group_rank(&self, one: &GroupState) -> GroupRank {
        (self.entry(one.best).activity.start_time.is_none(), self.rank(one.best))
    }

    /// The platforms that have activities of their own.
    pub fn listable(&self) -> impl Iterator<Item = usize> {
        self.scope.listable()
    }

    /// Whether a platform should receive uploads.
    pub fn is_target(&self, platform: usize) -> bool {
        self.scope.is_target[platform]
    }

    /// The position of an activity.
    pub fn find(&self, key: ActivityKeyRef) -> Option<usize> {
        self.groups.activities.candidates.find(key)
    }

    /// An activity in the catalogue.
    pub fn entry(&self, at: usize) -> &'a ActivityRow {
        &self.read.histories.part.entries[at].0
    }

    /// Whether an activity is on its platform.
    pub fn is_present(&self, at: usize) -> bool {
        self.groups.entry(at).presence == Presence::Listed
    }

    /// The fields by which an activity is recognized.
    pub fn activity(&self, at: usize) -> status::ActivityLabel {
        let a = &self.entry(at).activity;
        status::ActivityLabel {
            platform: self.names[self.platform_of[at]].clone(),
            id: Redacted::of(&a.id),
            name: a.name.as_deref().map(Redacted::of),
            sport: a.sport.as_deref().or(a.platform_sport.as_deref()).map(Redacted::of),
            start_time: a.start_time,
            utc_offset_s: a.utc_offset_s,
            timer_time_s: known_measure(a.timer_time_s),
            distance_m: known_measure(a.distance_m),
        }
    }

    fn stands(&self, group: usize, targets: &[Target]) -> GroupState {
        let members: Vec<usize> = self.groups.members(group).collect();
        let best = members.iter().copied().find(|&at| self.is_present(at)).unwrap_or(members[0]);
        let missing = targets.iter().map(|target| self.missing_detail(group, target)).collect();
        GroupState { members, best, missing }
    }

    fn missing_detail(&self, group: usize, target: &Target) -> Option<MissingDetail> {
        let offered = self.groups.members(group).find(|&at| self.groups.entry(at).selected);
        // Nothing is uploaded from a platform without a known list, but the next run may have one.
        let is_held = |&at: &usize| self.is_present(at) && self.scope.is_compared[self.platform_of[at]];
        let of = offered.or_else(|| self.groups.members(group).find(is_held));
        let detail = |reason| MissingDetail { reason, details: Vec::new(), since: None, of };
        Some(match self.groups.decide(group, target, Overrides::default()) {
            Decision::Exists => return None,
            Decision::Upload(Choice { at, .. })
                if self.read.platform(target.name).is_some_and(|platform| self.scope.is_read_only[platform]) =>
            {
                MissingDetail { of: Some(at), ..detail(MissingReason::NoWriteAccess) }
            }
            Decision::Upload(Choice { at, source, .. }) => {
                MissingDetail { of: Some(at), details: source.into_iter().collect(), ..detail(MissingReason::ToUpload) }
            }
            Decision::Pending => detail(MissingReason::Pending),
            Decision::Rejected(reason) => MissingDetail { details: vec![reason], ..detail(MissingReason::Rejected) },
            Decision::PossibleDuplicate(at, verdict) => {
                let (id, certainty) = (self.entry(at).activity.id.clone(), verdict.certainty.name().to_owned());
                let mut details = vec![Reason::PossibleDuplicate { id, certainty }];
                details.extend(verdict.reasons);
                MissingDetail { details, ..detail(MissingReason::PossibleDuplicate) }
            }
            Decision::NoFile(reason) => match of.filter(|_| offered.is_none()) {
                Some(at) => {
                    let details = self.unusable_reason(self.platform_of[at]).into_iter().collect();
                    MissingDetail { details, ..detail(MissingReason::NotListed) }
                }
                None => MissingDetail { details: vec![reason], ..detail(MissingReason::NoFile) },
            },
            Decision::Deleted(since) => MissingDetail { since: Some(since), ..detail(MissingReason::Deleted) },
            Decision::MissingOnce(since) => MissingDetail { since: Some(since), ..detail(MissingReason::MissingOnce) },
            Decision::NotListed => {
                let reason = self.read.platform(target.name).and_then(|platform| self.unusable_reason(platform));
                MissingDetail { details: reason.into_iter().collect(), ..detail(MissingReason::NotListed) }
            }
        })
    }

    /// Why nothing can be concluded about a platform now.
    fn unusable_reason(&self, platform: usize) -> Option<Reason> {
        let reason = self.read.histories.platforms[platform].knowledge.unusable_reason.clone()?;
        Some(Reason::ListingUnusable { platform: self.names[platform].clone(), reason: Box::new(reason) })
    }
}

/// The displayed name of a platform: the name of a folder is a path, and may contain any text.
pub(super) fn shown(name: &str) -> String {
    Redacted::of(name).as_str().to_owned()
}

/// A measure; `None` if it is negative or not a number.
pub(super) fn known_measure(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite() && *value >= 0.0)
}
