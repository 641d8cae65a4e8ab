//! The histories of several platforms in the catalogue, ready for comparison. `gs-diff` plans with them, and the page
//! shows where activities are missing.

mod part;

use std::collections::HashSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::activity::{ActivityKey, ActivityKeyRef};
use crate::archive::Archive;
use crate::catalogue::{self, Absence, Catalogue, Coverage, FAR_S, ListingCoverage, PlanRow, UploadOutcome, UploadRow};
use crate::clock;
use crate::matching::{Candidate, Candidates, FileFacts};
use crate::plan::diff::{
    FileState, Journal, Link, Links, PlatformActivities, PlatformActivity, Presence, Target, Upload, UploadState,
};
use crate::plan::precheck;
use crate::platform::PlatformSpec;
use crate::reason::Reason;
use crate::sync::matching::candidate_of;

pub use part::HistoryPart;

/// Activities that start further apart are the same only if their files say so.
const FAR: SignedDuration = SignedDuration::from_secs(FAR_S);

/// A platform and its history.
pub struct History {
    /// Its specification.
    pub spec: Arc<PlatformSpec>,
    /// The periods for which its activities are known.
    pub knowledge: ListingCoverage,
    /// The uploads to it, the oldest first.
    pub journal: Vec<UploadRow>,
    /// Activities that start later are in no listing.
    horizon: Timestamp,
}

/// How long the decision stands not to send an upload for a reason that may end.
const DECIDED_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The histories of the selected platforms.
pub struct Histories {
    /// The platforms.
    pub platforms: Vec<History>,
    /// The platforms whose activities take part.
    names: Vec<String>,
    /// Activities whose file their platform does not provide.
    without_file: HashSet<ActivityKey>,
    /// Activities that were read with all their values.
    pub part: HistoryPart,
}

/// The number of the group of each activity, by its position: an activity that a person edits on one platform stays in its
/// group.
pub type GroupNumbers = Vec<Option<i64>>;

impl Histories {
    /// Reads the histories, as the run `run` sees them.
    pub fn read(
        catalogue: &Catalogue,
        scope: &[Arc<PlatformSpec>],
        run: &str,
        now: Timestamp,
    ) -> catalogue::Result<Histories> {
        let mut histories = Histories::without_uploads(catalogue, scope, run, now)?;
        for history in &mut histories.platforms {
            history.journal = catalogue.uploads_to(&history.spec.id)?;
            history.journal.retain(|row| !is_decided_anew(row, now));
        }
        Ok(histories)
    }

    /// The histories without the uploads, which may come in parts.
    pub fn without_uploads(
        catalogue: &Catalogue,
        scope: &[Arc<PlatformSpec>],
        run: &str,
        now: Timestamp,
    ) -> catalogue::Result<Histories> {
        let history = |spec: &Arc<PlatformSpec>| {
            let knowledge = match spec.is_write_only() {
                // No listing tells what was delivered, so none is needed.
                true => ListingCoverage { spans: vec![Coverage::default()], ..ListingCoverage::default() },
                false => catalogue.listing_coverage(&spec.id, run)?,
            };
            Ok(History { spec: spec.clone(), knowledge, journal: Vec::new(), horizon: precheck::horizon(now) })
        };
        let platforms = scope.iter().map(history).collect::<catalogue::Result<Vec<_>>>()?;
        let names = scope.iter().map(|spec| spec.id.to_string()).collect();
        let without_file = catalogue.unavailable_files(now)?;
        Ok(Histories { platforms, names, without_file, part: HistoryPart::default() })
    }

    /// Adds the activities of all platforms from which files were delivered to an outbox: the same activity of another
    /// platform is not delivered again, whichever platforms are selected now.
    pub fn with_delivered(mut self, catalogue: &Catalogue) -> catalogue::Result<Histories> {
        for history in self.platforms.iter().filter(|history| history.spec.is_write_only()) {
            self.names.extend(catalogue.upload_sources(&history.spec.id)?);
        }
        self.names.sort_unstable();
        self.names.dedup();
        Ok(self)
    }

    /// All activities in the form of the plan, the newest first. `may_send`: whether an activity may be uploaded to other
    /// platforms; `archive`: where their files are looked for, `None`: they are taken to be there.
    pub fn activities(
        &self,
        catalogue: &Catalogue,
        may_send: &dyn Fn(&PlanRow) -> bool,
        archive: Option<&Archive>,
    ) -> catalogue::Result<PlatformActivities> {
        let (mut activities, mut paths) = (PlatformActivities::default(), Paths::default());
        catalogue.plan_rows(&self.names, |row| {
            let at = self.add(&mut activities, row, may_send(row));
            let file = row.file.filter(|file| archive.is_some() && file.is_only_one && !file.corrupt);
            if let Some((at, file)) = at.zip(file) {
                paths.push(at, file.path, file.facts.bytes);
            }
        })?;
        // Only now: a disk may be slow, and the catalogue is no longer read.
        for (at, path, bytes) in paths.iter() {
            if archive.is_some_and(|archive| !archive.is_there(path, bytes)) {
                activities.entries[at].file = FileState::ToDownload;
            }
        }
        Ok(activities)
    }

    /// Adds an activity, and returns its position; `None` if it is there already. Its file is taken to be where it was
    /// stored.
    fn add(&self, activities: &mut PlatformActivities, row: &PlanRow, selected: bool) -> Option<usize> {
        let at = activities.candidates.push(self.candidate(row))?;
        activities.entries.push(PlatformActivity {
            presence: presence(row),
            selected,
            file: self.file_state(row),
            recorded_start: row.file.and_then(|file| file.facts.start.filter(|_| file.is_only_one)),
        });
        Some(at)
    }

    /// An activity, for matching.
    pub fn candidate<'a>(&'a self, row: &PlanRow<'a>) -> Candidate<'a> {
        candidate_of(row, self.native_manufacturer(row.activity.platform))
    }

    fn native_manufacturer(&self, platform: &str) -> Option<&str> {
        self.platforms.iter().find(|history| history.spec.id == platform)?.spec.native_manufacturer
    }

    /// Whether the list of a platform is known.
    pub fn is_listed(&self, platform: &str) -> bool {
        let history = self.platforms.iter().find(|history| history.spec.id == platform);
        history.is_some_and(|history| history.knowledge.unusable_reason.is_none())
    }

    /// Activities that are the same by the journal or an earlier run, whatever the matching finds now, and those that
    /// may be.
    pub fn links(&self, activities: &PlatformActivities, groups: &GroupNumbers) -> Links {
        let starts =
            |at: usize| (activities.candidates.get(at).activity.start_time, activities.entries[at].recorded_start);
        let mut remembered: Vec<(i64, u32)> =
            (0..).zip(groups).filter_map(|(at, number)| Some(((*number)?, at))).collect();
        remembered.sort_unstable();
        let mut links = Links::default();
        for group in remembered.chunk_by(|one, other| one.0 == other.0) {
            let mut members: Vec<usize> = group.iter().map(|(_, at)| *at as usize).collect();
            members.sort_unstable_by_key(|&at| activities.candidates.key(at));
            for (place, &one) in members.iter().enumerate() {
                for &other in &members[place + 1..] {
                    match remembered_as_one(starts(one), starts(other)) {
                        Remembered::One => links.same.push((one, other)),
                        Remembered::Perhaps(apart) => links.perhaps.push(((one, other), apart)),
                        Remembered::Two => {}
                    }
                }
            }
        }
        for row in self.platforms.iter().flat_map(|history| &history.journal) {
            let Some((from, made)) = link(row, &activities.candidates) else { continue };
            // A service may have answered with the id of another activity.
            match remembered_as_one(starts(from), starts(made)) {
                Remembered::One => links.same.push((from, made)),
                Remembered::Perhaps(apart) if row.is_confirmed => links.perhaps.push(((from, made), apart)),
                Remembered::Two | Remembered::Perhaps(_) => {}
            }
        }
        links
    }

    /// Whether the platform refused the file repeatedly, so that it is requested only once a week.
    fn lacks_file(&self, key: ActivityKeyRef) -> bool {
        !self.without_file.is_empty() && self.without_file.contains(&ActivityKey::new(key.platform, key.id))
    }

    fn file_state(&self, row: &PlanRow) -> FileState {
        let unavailable = |reason| FileState::Unavailable(Box::new(reason));
        match &row.file {
            Some(file) if !file.is_only_one => unavailable(Reason::SeveralFiles),
            Some(file) if file.corrupt => FileState::ToDownload,
            Some(file) if file.facts.is_converted => unavailable(Reason::ConvertedOnly),
            Some(file) => FileState::Archived(file.format),
            None => match catalogue::no_file_reason(row.activity.manual, row.no_original) {
                Some(reason) => unavailable(reason),
                None if self.lacks_file(row.activity.key()) => unavailable(Reason::FileUnavailable),
                None => FileState::ToDownload,
            },
        }
    }
}

/// Files of the archive that are looked for, each with the position of its activity.
#[derive(Default)]
struct Paths {
    /// All paths, one after the other.
    paths: String,
    /// The position, the end of the path and the size.
    files: Vec<(usize, usize, u64)>,
}

impl Paths {
    fn push(&mut self, at: usize, path: &str, bytes: u64) {
        self.paths.push_str(path);
        self.files.push((at, self.paths.len(), bytes));
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &str, u64)> {
        let mut start = 0;
        self.files
            .iter()
            .map(move |&(at, end, bytes)| (at, &self.paths[std::mem::replace(&mut start, end)..end], bytes))
    }
}

/// The number of the group of each activity.
pub fn group_numbers(catalogue: &Catalogue, all: &Candidates) -> catalogue::Result<GroupNumbers> {
    let mut numbers = vec![None; all.len()];
    catalogue.groups(|key, number| {
        if let Some(at) = all.find(key) {
            numbers[at] = Some(number);
        }
    })?;
    Ok(numbers)
}

/// Whether an activity is on its platform.
fn presence(row: &PlanRow) -> Presence {
    match row.missing {
        None if !row.is_listed => Presence::NeverListed(row.first_seen),
        None => Presence::Listed,
        Some(Absence::Once(since)) => Presence::MissingOnce(since),
        Some(Absence::Confirmed(since)) => Presence::Deleted(since),
    }
}

impl History {
    /// The platform as an upload target. `all`: the activities of the plan.
    pub fn target(&self, all: &Candidates) -> Target<'_> {
        let spans = match self.knowledge.unusable_reason {
            Some(_) => Vec::new(),
            None => {
                let until = |span: &Coverage| span.until.map_or(self.horizon, |until| until.min(self.horizon));
                self.knowledge.spans.iter().map(|span| (span.from, Some(until(span)))).collect()
            }
        };
        Target {
            name: &self.spec.id,
            accepted_formats: self.spec.upload_formats,
            rejected_sports: self.spec.rejected_sports,
            known: spans,
            journal: Journal::of(self.journal.iter().filter_map(|row| upload(row, all))),
            is_write_only: self.spec.is_write_only(),
        }
    }
}

/// The relation of two activities that an earlier run found to be the same.
enum Remembered {
    One,
    /// Possibly the same; their starts are this far apart now.
    Perhaps(SignedDuration),
    Two,
}

/// Compares two such activities by their starts in the list and in the file. People edit the list, never the file.
fn remembered_as_one(
    (one, one_file): (Option<Timestamp>, Option<Timestamp>),
    (other, other_file): (Option<Timestamp>, Option<Timestamp>),
) -> Remembered {
    let apart = |one: Option<Timestamp>, other: Option<Timestamp>| Some(one?.duration_since(other?).abs());
    match (apart(one, other).filter(|apart| *apart > FAR), apart(one_file, other_file)) {
        (None, _) => Remembered::One,
        (Some(_), Some(files)) if files <= FAR => Remembered::One,
        (Some(_), Some(_)) => Remembered::Two,
        (Some(apart), None) => Remembered::Perhaps(apart),
    }
}

/// Whether two activities cannot be the same: no start of one, in the list or in the file, is near a start of the other.
pub(super) fn are_far_apart(one: &[Option<Timestamp>], other: &[Option<Timestamp>]) -> bool {
    let mut pairs =
        one.iter().flatten().flat_map(|one| other.iter().flatten().map(move |other| (one, other))).peekable();
    pairs.peek().is_some() && pairs.all(|(one, other)| one.duration_since(*other).abs() > FAR)
}

/// Whether the reason why an upload was not sent is checked again: a person may have removed it.
fn is_decided_anew(row: &UploadRow, now: Timestamp) -> bool {
    row.outcome == Some(UploadOutcome::Rejected)
        && row.reason == Some(Reason::FromStrava)
        && !clock::is_within(row.started_at, now, DECIDED_FOR)
}

/// The source of an upload and the activity that it created, if both are known.
fn link(row: &UploadRow, all: &Candidates) -> Option<Link> {
    let to_id = row.to_id.as_deref().filter(|_| row.outcome == Some(UploadOutcome::Created))?;
    Some((all.find(row.from.as_key())?, all.find(ActivityKeyRef::new(&row.to, to_id))?))
}

/// The upload as evidence of an activity on its target.
fn upload<'a>(row: &'a UploadRow, all: &Candidates) -> Option<Upload<'a>> {
    const UNKNOWN_REJECTION: &Reason = &Reason::Rejected { detail: String::new() };
    let reason = row.reason.as_ref().unwrap_or(UNKNOWN_REJECTION);
    let made = || all.find(ActivityKeyRef::new(&row.to, row.to_id.as_deref()?));
    let state = match row.outcome {
        None => UploadState::Open,
        Some(UploadOutcome::Created | UploadOutcome::Exists) => UploadState::Exists(made()),
        Some(UploadOutcome::Rejected) => UploadState::Rejected(reason),
        Some(UploadOutcome::Lost) => UploadState::Lost(reason),
        Some(UploadOutcome::Failed) => return None,
    };
    Some(Upload { from: all.find(row.from.as_key()), sha256: FileFacts::sha256(&row.sha256), state })
}
