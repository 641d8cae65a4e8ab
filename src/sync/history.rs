//! The histories of several platforms in the catalogue, ready for comparison. `gs-diff` plans with them, and the page
//! shows where activities are missing.

mod part;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::activity::{Activity, ActivityKey, ActivityKeyRef, Origin};
use crate::catalogue::{
    self, Absence, ActivityRow, Catalogue, Coverage, FileFingerprint, FileRow, ListingCoverage, Query, UploadOutcome,
    UploadRow,
};
use crate::clock;
use crate::plan::diff::{self, FileState, Journal, Link, Links, Presence, Target, Upload, UploadState};
use crate::plan::precheck;
use crate::platform::PlatformSpec;
use crate::reason::Reason;
use crate::sync::matching::candidate;

pub use part::HistoryPart;

/// Activities that start further apart are the same only if their files say so: a person has corrected a date, or they
/// were matched by a wrong listing.
const FAR: SignedDuration = SignedDuration::from_hours(2 * 24);

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
    /// All activities, the newest first, each with the properties of its file.
    pub entries: Vec<(ActivityRow, Option<FileFingerprint>)>,
    /// The groups of earlier runs: an activity that a person edits on one platform stays in its group.
    groups: HashMap<ActivityKey, i64>,
    /// Activities whose file their platform does not provide.
    without_file: HashSet<ActivityKey>,
}

impl Histories {
    /// Reads the histories, as the run `run` sees them. `use_stored_groups`: use the groups of earlier runs.
    pub fn read(
        catalogue: &Catalogue,
        scope: &[Arc<PlatformSpec>],
        run: &str,
        use_stored_groups: bool,
        now: Timestamp,
    ) -> catalogue::Result<Histories> {
        let names = scope.iter().map(|spec| spec.id.to_string()).collect();
        Histories::read_activities(catalogue, scope, names, (run, use_stored_groups, now))
    }

    /// Like [`Histories::read`], with the activities of all platforms from which files were delivered to an outbox: the
    /// same activity of another platform is not delivered again, whichever platforms are selected now.
    pub fn read_with_delivered(
        catalogue: &Catalogue,
        scope: &[Arc<PlatformSpec>],
        run: &str,
        use_stored_groups: bool,
        now: Timestamp,
    ) -> catalogue::Result<Histories> {
        let mut names: Vec<String> = scope.iter().map(|spec| spec.id.to_string()).collect();
        for outbox in scope.iter().filter(|spec| spec.is_write_only()) {
            names.extend(catalogue.upload_sources(&outbox.id)?);
        }
        names.sort_unstable();
        names.dedup();
        Histories::read_activities(catalogue, scope, names, (run, use_stored_groups, now))
    }

    /// The histories of `scope`, with the activities of the platforms `names`.
    fn read_activities(
        catalogue: &Catalogue,
        scope: &[Arc<PlatformSpec>],
        names: Vec<String>,
        (run, use_stored_groups, now): (&str, bool, Timestamp),
    ) -> catalogue::Result<Histories> {
        let history = |spec: &Arc<PlatformSpec>| {
            let knowledge = match spec.is_write_only() {
                // No listing tells what was delivered, so none is needed.
                true => ListingCoverage { spans: vec![Coverage::default()], ..ListingCoverage::default() },
                false => catalogue.listing_coverage(&spec.id, run)?,
            };
            let mut journal = catalogue.uploads_to(&spec.id)?;
            journal.retain(|row| !is_decided_anew(row, now));
            Ok(History { spec: spec.clone(), knowledge, journal, horizon: precheck::horizon(now) })
        };
        let platforms = scope.iter().map(history).collect::<catalogue::Result<Vec<_>>>()?;
        let mut facts = catalogue.all_file_facts()?;
        let mut entries = Vec::new();
        // An empty list of names would select all platforms.
        if !names.is_empty() {
            let query = Query { platforms: names, ..Query::default() };
            catalogue.entries(&query, |entry| {
                let facts = facts.remove(&entry.activity.key());
                entries.push((entry, facts));
                Ok::<_, catalogue::Error>(())
            })?;
        }
        let groups = if use_stored_groups { catalogue.groups()? } else { HashMap::new() };
        Ok(Histories { platforms, entries, groups, without_file: catalogue.unavailable_files(now)? })
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
    pub fn links(&self) -> Links<'_> {
        let entries = self.entries.iter().map(|(entry, facts)| {
            (entry.activity.as_key(), (entry.activity.start_time, facts.as_ref().and_then(|facts| facts.start)))
        });
        let starts: HashMap<_, _> = entries.collect();
        let mut remembered: BTreeMap<i64, Vec<&ActivityKey>> = BTreeMap::new();
        for (key, number) in &self.groups {
            remembered.entry(*number).or_default().push(key);
        }
        let mut links = Links::default();
        for mut keys in remembered.into_values() {
            keys.sort_unstable();
            let ids = keys.iter().map(|key| key.as_key());
            let known: Vec<_> = ids.filter_map(|id| Some((id, *starts.get(&id)?))).collect();
            for (place, (one, one_starts)) in known.iter().enumerate() {
                for (other, other_starts) in &known[place + 1..] {
                    match remembered_as_one(*one_starts, *other_starts) {
                        Remembered::One => links.same.push((*one, *other)),
                        Remembered::Perhaps(apart) => links.perhaps.push(((*one, *other), apart)),
                        Remembered::Two => {}
                    }
                }
            }
        }
        for row in self.platforms.iter().flat_map(|history| &history.journal) {
            let Some((from, made)) = link(row) else { continue };
            // A service may have answered with the id of another activity.
            match starts.get(&from).zip(starts.get(&made)).map(|(from, made)| remembered_as_one(*from, *made)) {
                Some(Remembered::Perhaps(apart)) if row.is_confirmed => links.perhaps.push(((from, made), apart)),
                Some(Remembered::Two | Remembered::Perhaps(_)) => {}
                Some(Remembered::One) | None => links.same.push((from, made)),
            }
        }
        links
    }

    /// The activities in the form of the plan. `may_send`: whether an activity may be uploaded to other platforms;
    /// `is_present`: whether a file of the archive is where it was stored.
    pub fn planned(
        &self,
        may_send: &dyn Fn(&ActivityRow) -> bool,
        is_present: &dyn Fn(&FileRow) -> bool,
    ) -> Vec<diff::PlatformActivity<'_>> {
        let presence = |entry: &ActivityRow| match entry.missing {
            None if !entry.is_listed() => Presence::NeverListed(entry.first_seen),
            None => Presence::Listed,
            Some(Absence::Once(since)) => Presence::MissingOnce(since),
            Some(Absence::Confirmed(since)) => Presence::Deleted(since),
        };
        let entries = self.entries.iter().map(|(entry, facts)| diff::PlatformActivity {
            candidate: candidate(&entry.activity, facts.as_ref(), self.native_manufacturer(&entry.activity.platform)),
            presence: presence(entry),
            selected: may_send(entry),
            file: self.file_state(entry, is_present),
        });
        entries.collect()
    }

    /// Whether the platform refused the file repeatedly, so that it is requested only once a week.
    pub fn is_unavailable(&self, activity: &Activity) -> bool {
        self.without_file.contains(&activity.key())
    }

    fn file_state<'a>(&self, entry: &'a ActivityRow, is_present: &dyn Fn(&FileRow) -> bool) -> FileState<'a> {
        match &entry.file {
            _ if !entry.more_files.is_empty() => FileState::Unavailable(Reason::SeveralFiles),
            Some(file) if file.corrupt || !is_present(file) => FileState::ToDownload,
            Some(file) if file.origin == Origin::Converted => FileState::Unavailable(Reason::ConvertedOnly),
            Some(file) => FileState::Archived(file.format, &file.sha256),
            None => match entry.no_file_reason() {
                Some(reason) => FileState::Unavailable(reason),
                None if self.is_unavailable(&entry.activity) => FileState::Unavailable(Reason::FileUnavailable),
                None => FileState::ToDownload,
            },
        }
    }
}

impl History {
    /// The platform as an upload target.
    pub fn target(&self) -> Target<'_> {
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
            journal: Journal::of(self.journal.iter().filter_map(upload)),
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

/// The activity that an upload created, if it is known.
fn link(row: &UploadRow) -> Option<Link<'_>> {
    let to_id = row.to_id.as_deref().filter(|_| row.outcome == Some(UploadOutcome::Created))?;
    Some((row.from.as_key(), ActivityKeyRef::new(&row.to, to_id)))
}

/// The upload as evidence of an activity on its target.
fn upload(row: &UploadRow) -> Option<Upload<'_>> {
    const UNKNOWN_REJECTION: &Reason = &Reason::Rejected { detail: String::new() };
    let reason = row.reason.as_ref().unwrap_or(UNKNOWN_REJECTION);
    let state = match row.outcome {
        None => UploadState::Open,
        Some(UploadOutcome::Created | UploadOutcome::Exists) => UploadState::Exists(row.to_id.as_deref()),
        Some(UploadOutcome::Rejected) => UploadState::Rejected(reason),
        Some(UploadOutcome::Lost) => UploadState::Lost(reason),
        Some(UploadOutcome::Failed) => return None,
    };
    Some(Upload { from: row.from.as_key(), sha256: &row.sha256, state })
}
