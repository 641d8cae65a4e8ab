//! Decides which activities to upload: one decision for each group of activities and each target platform.
//!
//! The decision uses what each platform has now, what the catalogue knows it had, and the journal of uploads. In case of doubt
//! nothing is uploaded: a late upload does less harm than a duplicate.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::precheck;
use crate::activity::{ActivityKeyRef, Format};
use crate::matching::{Candidate, Certainty, Group, Matcher, Pair, Verdict};
use crate::reason::Reason;

/// An activity on a platform, with the data that the plan needs.
#[derive(Debug, Clone)]
pub struct PlatformActivity<'a> {
    /// The activity, for matching.
    pub candidate: Candidate<'a>,
    /// Whether it is on its platform.
    pub presence: Presence,
    /// Whether it may be uploaded to other platforms: it is in the input, and its platform could be listed.
    pub selected: bool,
    /// The file to upload.
    pub file: FileState<'a>,
}

/// Whether an activity is on its platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The newest listing that covers it shows it.
    Listed,
    /// One listing did not show it, at this time.
    MissingOnce(Timestamp),
    /// Two listings did not show it, or `gs-delete` deleted it: since this time.
    Deleted(Timestamp),
    /// No listing has shown it: its file was imported from another tool at this time.
    NeverListed(Timestamp),
}

/// The file of an activity, for an upload.
#[derive(Debug, Clone, PartialEq)]
pub enum FileState<'a> {
    /// In the archive: its format, and the SHA-256 of its bytes.
    Archived(Format, &'a str),
    /// It must be downloaded first.
    ToDownload,
    /// The activity has no file, with the reason.
    Unavailable(Reason),
}

/// A platform to which activities can be uploaded.
#[derive(Debug)]
pub struct Target<'a> {
    /// Its name.
    pub name: &'a str,
    /// The formats that it accepts.
    pub accepted_formats: &'a [Format],
    /// The sports that it never accepts, by their FIT names.
    pub rejected_sports: &'a [&'a str],
    /// The periods that its listings cover; `None` at an end: no bound.
    pub known: Vec<(Option<Timestamp>, Option<Timestamp>)>,
    /// The uploads to it.
    pub journal: Journal<'a>,
    /// It has no activities of its own, and only the journal tells what was delivered.
    pub is_write_only: bool,
}

/// The uploads to one target, the oldest first, by activity and by file.
#[derive(Debug, Default)]
pub struct Journal<'a> {
    by_entry: HashMap<ActivityKeyRef<'a>, Vec<Upload<'a>>>,
    by_file: HashMap<&'a str, Vec<UploadState<'a>>>,
}

impl<'a> Journal<'a> {
    /// A journal of uploads, in their order.
    pub fn of(uploads: impl IntoIterator<Item = Upload<'a>>) -> Journal<'a> {
        let mut journal = Journal::default();
        for upload in uploads {
            journal.by_entry.entry(upload.from).or_default().push(upload);
            journal.by_file.entry(upload.sha256).or_default().push(upload.state);
        }
        journal
    }
}

/// An upload in the journal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Upload<'a> {
    /// The activity whose file was uploaded.
    pub from: ActivityKeyRef<'a>,
    /// SHA-256 of the file.
    pub sha256: &'a str,
    /// Its state.
    pub state: UploadState<'a>,
}

/// The state of an upload.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum UploadState<'a> {
    /// The result is not known yet.
    Open,
    /// The target has it, under this id if that is known.
    Exists(Option<&'a str>),
    /// The service rejected this file.
    Rejected(&'a Reason),
    /// The service accepted it and never listed it: it may still appear.
    Lost(&'a Reason),
}

/// Decisions of a person that override the rules.
#[derive(Debug, Clone, Copy, Default)]
pub struct Overrides {
    /// Upload again what a person deleted on the target.
    pub restore_deleted: bool,
    /// Upload activities that the target may already have.
    pub possible_duplicates: bool,
    /// Upload again what the target rejected.
    pub retry_rejected: bool,
}

/// What to do about one group and one target.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Nothing: the target has it.
    Exists,
    /// Nothing: an upload is pending.
    Pending,
    /// Nothing: a person deleted it on the target.
    Deleted(Timestamp),
    /// Nothing: one listing no longer shows it, and the next one confirms whether it was deleted.
    MissingOnce(Timestamp),
    /// Nothing: no listing covers its start.
    NotListed,
    /// Nothing: the activity at this position on the target may be the same.
    PossibleDuplicate(usize, Verdict),
    /// Nothing: there is no file to upload.
    NoFile(Reason),
    /// Nothing: the target rejected it before.
    Rejected(Reason),
    /// Upload it.
    Upload(Choice),
}

/// The activity of a group that is uploaded.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Its position.
    pub at: usize,
    /// Why this one; `None` if it is the only one of the group, or not the best.
    pub source: Option<Reason>,
    /// The position of the activity on the target that may be the same.
    pub possible_duplicate: Option<usize>,
}

/// The groups of all activities, and the possible matches between groups.
pub struct Groups<'a> {
    /// All activities.
    pub entries: &'a [PlatformActivity<'a>],
    /// The groups; each activity is in exactly one.
    pub groups: Vec<Group>,
    possible_matches: Vec<Vec<Pair>>,
    /// Activities that matched before and now start far apart.
    moved: HashMap<usize, Vec<usize>>,
    places: HashMap<ActivityKeyRef<'a>, usize>,
}

/// Two activities that are known to be the same: one was uploaded from the other, or they matched before a person edited one.
pub type Link<'a> = (ActivityKeyRef<'a>, ActivityKeyRef<'a>);

/// The links that are known from earlier runs.
#[derive(Debug, Default)]
pub struct Links<'a> {
    /// The same activity.
    pub same: Vec<Link<'a>>,
    /// They matched before and now start this far apart: a person may have corrected a date on one platform. Neither is
    /// uploaded to the platform of the other.
    pub perhaps: Vec<(Link<'a>, SignedDuration)>,
}

impl<'a> Groups<'a> {
    /// Groups the activities. Linked ones are in one group, even if a service has changed the file.
    pub fn of(matcher: &Matcher, entries: &'a [PlatformActivity<'a>], links: &Links) -> Groups<'a> {
        let candidates: Vec<Candidate> = entries.iter().map(|entry| entry.candidate.clone()).collect();
        let places: HashMap<_, _> = entries.iter().enumerate().map(|(at, entry)| (key(entry), at)).collect();
        let groups = join(matcher.groups(&candidates), &candidates, &places, &links.same);
        let mut possible_matches = vec![Vec::new(); entries.len()];
        let pairs = moved(&places, &groups, &links.perhaps);
        let mut moved: HashMap<usize, Vec<usize>> = HashMap::new();
        for pair in &pairs {
            moved.entry(pair.left).or_default().push(pair.right);
            moved.entry(pair.right).or_default().push(pair.left);
        }
        for pair in matcher.possible_matches(&candidates, &groups).into_iter().chain(pairs) {
            let turned = Pair { left: pair.right, right: pair.left, verdict: pair.verdict.clone() };
            possible_matches[pair.left].push(pair);
            possible_matches[turned.left].push(turned);
        }
        Groups { entries, groups, possible_matches, moved, places }
    }

    /// The pairs on different platforms that are in different groups although they may be the same activity. Each pair once.
    pub fn possible_matches(&self) -> impl Iterator<Item = &Pair> {
        self.possible_matches.iter().flatten().filter(|pair| pair.left < pair.right)
    }

    /// What to do about one group and one target. The first rule that applies decides.
    pub fn decide(&self, group: &Group, target: &Target, overrides: Overrides) -> Decision {
        let here: Vec<&PlatformActivity> =
            self.members(group).filter(|entry| entry.candidate.activity.platform == target.name).collect();
        // The newest listing shows it.
        if here.iter().any(|entry| entry.presence == Presence::Listed) {
            return Decision::Exists;
        }
        // The journal is newer than the listing, and services list uploads late.
        match self.journal_decision(group, target) {
            Some(decision @ (Decision::Exists | Decision::Pending)) => return decision,
            Some(decision) if !overrides.restore_deleted => return decision,
            _ => {}
        }
        // A rejected or lost upload is not repeated, nor made from another activity of the group: a lost one may still appear.
        if !overrides.retry_rejected
            && let Some(reason) = self.rejected(group, target)
        {
            return Decision::Rejected(reason);
        }
        // An activity that is no longer listed was deleted by a person: it stays deleted. One listing does not prove it.
        let start = self.members(group).find_map(|entry| entry.candidate.activity.start_time);
        if !overrides.restore_deleted
            && let Some(missing) =
                here.iter().map(|entry| entry.presence).chain(self.moved_and_missing(group, target)).max_by_key(rank)
        {
            match missing {
                Presence::Deleted(since) => return Decision::Deleted(since),
                Presence::MissingOnce(since) => return Decision::MissingOnce(since),
                // The platform had it when the other tool downloaded its file, and a listing that covers it does not
                // show it.
                Presence::NeverListed(since) if is_known(target, start) => return Decision::Deleted(since),
                Presence::NeverListed(_) | Presence::Listed => {}
            }
        }
        // An activity is only missing if a listing covers its start.
        if !is_known(target, start) {
            return match start.filter(|_| target.is_write_only) {
                Some(start) => Decision::NoFile(Reason::StartInFuture { start }),
                None => Decision::NotListed,
            };
        }
        // The target may have it under another sport, or an hour off.
        let possible = self.possible_match(group, target);
        if !overrides.possible_duplicates
            && let Some(pair) = possible
        {
            return Decision::PossibleDuplicate(pair.right, pair.verdict.clone());
        }
        self.choose(group, target, overrides, possible.map(|pair| pair.right))
    }

    fn members<'s>(&'s self, group: &'s Group) -> impl Iterator<Item = &'s PlatformActivity<'a>> {
        group.members.iter().map(|&at| &self.entries[at])
    }

    /// The presence of activities on the target that matched the group before a date was corrected and are now missing.
    fn moved_and_missing<'s>(&'s self, group: &'s Group, target: &'s Target) -> impl Iterator<Item = Presence> + 's {
        let others = group.members.iter().filter_map(|at| self.moved.get(at)).flatten().map(|&at| &self.entries[at]);
        let of_target = others.filter(|entry| entry.candidate.activity.platform == target.name);
        let presences = of_target.map(|entry| entry.presence);
        presences.filter(|presence| matches!(presence, Presence::Deleted(_) | Presence::MissingOnce(_)))
    }

    fn journal_decision(&self, group: &Group, target: &Target) -> Option<Decision> {
        let uploads: Vec<&Upload> = self.uploads(group, target).map(|(_, upload)| upload).collect();
        // The other program has the same file already, from an activity that was in another group then.
        if target.is_write_only && self.members(group).any(|entry| is_delivered_file(entry, target)) {
            return Some(Decision::Exists);
        }
        if uploads.iter().any(|upload| upload.state == UploadState::Open) {
            return Some(Decision::Pending);
        }
        // An upload that arrived exists, unless a listing showed it and later ones do not.
        let id = uploads.iter().rev().find_map(|upload| match upload.state {
            UploadState::Exists(id) => Some(id),
            _ => None,
        })?;
        let known = id.and_then(|id| self.places.get(&ActivityKeyRef::new(target.name, id)));
        Some(match known.map(|&at| self.entries[at].presence) {
            None | Some(Presence::Listed | Presence::NeverListed(_)) => Decision::Exists,
            Some(Presence::MissingOnce(since)) => Decision::MissingOnce(since),
            Some(Presence::Deleted(since)) => Decision::Deleted(since),
        })
    }

    /// The uploads of all members of the group.
    fn uploads<'s>(
        &'s self,
        group: &'s Group,
        target: &'s Target,
    ) -> impl Iterator<Item = (&'s PlatformActivity<'a>, &'s Upload<'s>)> {
        let of_entry = |&at: &usize| {
            let entry = &self.entries[at];
            target.journal.by_entry.get(&key(entry)).into_iter().flatten().map(move |upload| (entry, upload))
        };
        group.members.iter().flat_map(of_entry)
    }

    /// Why the target rejected or lost the group. A rejection applies until the file changes.
    fn rejected(&self, group: &Group, target: &Target) -> Option<Reason> {
        let still_applies = |(entry, upload): (&PlatformActivity, &Upload)| match (upload.state, &entry.file) {
            (UploadState::Lost(reason), _) => Some(reason.clone()),
            (UploadState::Rejected(_), FileState::Archived(_, sha256)) if *sha256 != upload.sha256 => None,
            (UploadState::Rejected(reason), _) => Some(reason.clone()),
            _ => None,
        };
        self.uploads(group, target).find_map(still_applies)
    }

    /// The strongest possible match between the group and an activity on the target, or one that was delivered to it.
    fn possible_match(&self, group: &Group, target: &Target) -> Option<&Pair> {
        let pairs = group.members.iter().flat_map(|&at| &self.possible_matches[at]);
        let on_target = |pair: &&Pair| {
            let other = &self.entries[pair.right];
            let is_listed = || other.candidate.activity.platform == target.name && other.presence == Presence::Listed;
            if target.is_write_only { was_delivered(other, target) } else { is_listed() }
        };
        pairs.filter(on_target).min_by_key(|pair| (pair.verdict.certainty, pair.right))
    }

    /// The best member of the group whose file can be uploaded.
    fn choose(
        &self,
        group: &Group,
        target: &Target,
        overrides: Overrides,
        possible_duplicate: Option<usize>,
    ) -> Decision {
        let mut reason = None;
        let mut rejected = None;
        for (place, &at) in group.members.iter().enumerate() {
            let entry = &self.entries[at];
            match entry.presence {
                _ if !entry.selected => continue,
                Presence::Listed => {}
                Presence::NeverListed(_) => {
                    reason.get_or_insert(Reason::ActivityNeverListed);
                    continue;
                }
                Presence::MissingOnce(_) | Presence::Deleted(_) => continue,
            }
            let rejected_sport = || rejected_sport(entry, target).filter(|_| !overrides.retry_rejected);
            if let Some(why) = not_uploadable(entry, target).or_else(rejected_sport) {
                reason.get_or_insert(why);
                continue;
            }
            if let Some(reason) = rejected_before(entry, target).filter(|_| !overrides.retry_rejected) {
                rejected.get_or_insert(reason.clone());
                continue;
            }
            let source = group.because.as_ref().filter(|_| place == 0).map(|because| Reason::UploadedFrom {
                platform: entry.candidate.activity.platform.to_string(),
                reason: Box::new(because.clone()),
            });
            return Decision::Upload(Choice { at, source, possible_duplicate });
        }
        match rejected {
            Some(reason) => Decision::Rejected(reason),
            None => Decision::NoFile(reason.unwrap_or(Reason::NotSelected)),
        }
    }
}

fn key<'a>(entry: &PlatformActivity<'a>) -> ActivityKeyRef<'a> {
    entry.candidate.activity.as_key()
}

/// Merges groups that are linked.
fn join(
    mut groups: Vec<Group>,
    candidates: &[Candidate],
    places: &HashMap<ActivityKeyRef, usize>,
    links: &[Link],
) -> Vec<Group> {
    let mut home: HashMap<usize, usize> = HashMap::new();
    for (number, group) in groups.iter().enumerate() {
        home.extend(group.members.iter().map(|&at| (at, number)));
    }
    for (from, to) in links {
        let (Some(from), Some(to)) = (places.get(from), places.get(to)) else { continue };
        let (one, other) = (home[from], home[to]);
        if one != other {
            let moved = std::mem::take(&mut groups[other].members);
            home.extend(moved.iter().map(|&at| (at, one)));
            groups[one].members.extend(moved);
            groups[one].because = None;
            groups[one].members.sort_by(|&a, &b| Matcher::order(&candidates[a], &candidates[b]));
        }
    }
    groups.retain(|group| !group.members.is_empty());
    groups
}

/// The pairs of different groups that matched before and now start far apart.
fn moved(places: &HashMap<ActivityKeyRef, usize>, groups: &[Group], links: &[(Link, SignedDuration)]) -> Vec<Pair> {
    if links.is_empty() {
        return Vec::new();
    }
    let members = groups.iter().enumerate();
    let home: HashMap<usize, usize> =
        members.flat_map(|(number, group)| group.members.iter().map(move |&at| (at, number))).collect();
    let pair = |((one, other), apart): &(Link, SignedDuration)| {
        let (left, right) = (*places.get(one)?, *places.get(other)?);
        let days_apart = apart.as_hours().unsigned_abs() / 24;
        let reasons = vec![Reason::MatchedBefore { days_apart }, Reason::DateMayBeCorrected];
        let verdict = Verdict { certainty: Certainty::Match, reasons };
        (home[&left] != home[&right]).then_some(Pair { left, right, verdict })
    };
    links.iter().filter_map(pair).collect()
}

/// The order of presences: the most certain one decides.
fn rank(presence: &Presence) -> u8 {
    match presence {
        Presence::Listed => 3,
        Presence::Deleted(_) => 2,
        Presence::MissingOnce(_) => 1,
        Presence::NeverListed(_) => 0,
    }
}

fn is_known(target: &Target, start: Option<Timestamp>) -> bool {
    target.known.iter().any(|(from, until)| match start {
        Some(start) => from.is_none_or(|from| from <= start) && until.is_none_or(|until| start < until),
        // Without a start it is never uploaded, for another reason that is more helpful.
        None => from.is_none(),
    })
}

/// Whether an activity was delivered to the target, or is about to be.
fn was_delivered(entry: &PlatformActivity, target: &Target) -> bool {
    let uploads = target.journal.by_entry.get(&key(entry)).into_iter().flatten();
    uploads.into_iter().any(|upload| matches!(upload.state, UploadState::Exists(_) | UploadState::Open))
}

/// Whether the file of an activity was delivered to the target, from any activity.
fn is_delivered_file(entry: &PlatformActivity, target: &Target) -> bool {
    let FileState::Archived(_, sha256) = &entry.file else { return false };
    target.journal.by_file.get(sha256).into_iter().flatten().any(|state| matches!(state, UploadState::Exists(_)))
}

/// Why the file of an activity cannot be uploaded to the target.
fn not_uploadable(entry: &PlatformActivity, target: &Target) -> Option<Reason> {
    match &entry.file {
        FileState::Archived(format, _) if !target.accepted_formats.contains(format) => {
            Some(Reason::FormatNotAccepted { format: format.to_string() })
        }
        FileState::Unavailable(reason) => Some(reason.clone()),
        // Before an upload the period around the start is checked; without a start there is no upload.
        _ if entry.candidate.activity.start_time.is_none() => Some(Reason::NoStartTime),
        FileState::Archived(..) => starts_differ(entry),
        FileState::ToDownload => None,
    }
}

/// The reason if the list and the file of an activity name different days.
fn starts_differ(entry: &PlatformActivity) -> Option<Reason> {
    let start = entry.candidate.activity.start_time?;
    precheck::implausible_start(start, entry.candidate.file.and_then(|file| file.start), start)
}

/// The reason if the target never accepts the sport of an activity. A person may have changed the sport, and the file may
/// contain another one: an override uploads it anyway.
fn rejected_sport(entry: &PlatformActivity, target: &Target) -> Option<Reason> {
    let sport = entry.candidate.activity.sport.as_deref()?;
    let platform = target.name.to_owned();
    target.rejected_sports.contains(&sport).then(|| Reason::SportNotAccepted { sport: sport.to_owned(), platform })
}

/// Why the target rejected these bytes, from any activity.
fn rejected_before<'a>(entry: &PlatformActivity, target: &Target<'a>) -> Option<&'a Reason> {
    let FileState::Archived(_, sha256) = &entry.file else { return None };
    target.journal.by_file.get(sha256)?.iter().rev().find_map(|state| match state {
        UploadState::Rejected(reason) => Some(*reason),
        _ => None,
    })
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
