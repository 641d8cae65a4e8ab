//! Decides which activities to upload: one decision for each group of activities and each target platform.
//!
//! The decision uses what each platform has now, what the catalogue knows it had, and the journal of uploads. In case of doubt
//! nothing is uploaded: a late upload does less harm than a duplicate.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::precheck;
use crate::activity::Format;
use crate::matching::{Candidate, Candidates, Certainty, Grouping, Matcher, Pair, Verdict};
use crate::reason::Reason;

/// All activities, with the data that the plan needs.
#[derive(Debug, Default)]
pub struct PlatformActivities {
    /// The activities, for matching.
    pub candidates: Candidates,
    /// The state of each, by its position.
    pub entries: Vec<PlatformActivity>,
}

/// The state of an activity on its platform.
#[derive(Debug, Clone)]
pub struct PlatformActivity {
    /// Whether it is on its platform.
    pub presence: Presence,
    /// Whether it may be uploaded to other platforms: it is in the input, and its platform could be listed.
    pub selected: bool,
    /// The file to upload.
    pub file: FileState,
    /// The start in its file.
    pub recorded_start: Option<Timestamp>,
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
pub enum FileState {
    /// In the archive, in this format.
    Archived(Format),
    /// It must be downloaded first.
    ToDownload,
    /// The activity has no file, with the reason.
    Unavailable(Box<Reason>),
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
    by_entry: HashMap<usize, Vec<Upload<'a>>>,
    by_file: HashMap<[u8; 32], Vec<UploadState<'a>>>,
}

impl<'a> Journal<'a> {
    /// A journal of uploads, in their order.
    pub fn of(uploads: impl IntoIterator<Item = Upload<'a>>) -> Journal<'a> {
        let mut journal = Journal::default();
        for upload in uploads {
            if let Some(from) = upload.from {
                journal.by_entry.entry(from).or_default().push(upload);
            }
            journal.by_file.entry(upload.sha256).or_default().push(upload.state);
        }
        journal
    }
}

/// An upload in the journal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Upload<'a> {
    /// The position of the activity whose file was uploaded; `None`: it is not among the activities of the plan.
    pub from: Option<usize>,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Its state.
    pub state: UploadState<'a>,
}

/// The state of an upload.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum UploadState<'a> {
    /// The result is not known yet.
    Open,
    /// The target has it: the activity at this position, if that is known.
    Exists(Option<usize>),
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
    pub activities: &'a PlatformActivities,
    /// The groups; each activity is in exactly one.
    pub groups: Grouping,
    /// Both directions of each pair, sorted by the first position.
    possible_matches: Vec<Pair>,
    /// Activities that matched before and now start far apart.
    moved: HashMap<usize, Vec<usize>>,
    /// Which groups, sorted, were joined by a link: their best member is the best of none of the compared groups.
    linked: Vec<usize>,
}

/// The positions of two activities that are known to be the same: one was uploaded from the other, or they matched before a
/// person edited one.
pub type Link = (usize, usize);

/// The links that are known from earlier runs.
#[derive(Debug, Default)]
pub struct Links {
    /// The same activity.
    pub same: Vec<Link>,
    /// They matched before and now start this far apart: a person may have corrected a date on one platform. Neither is
    /// uploaded to the platform of the other.
    pub perhaps: Vec<(Link, SignedDuration)>,
}

impl<'a> Groups<'a> {
    /// Groups the activities. Linked ones are in one group, even if a service has changed the file, unless their files
    /// contradict each other: an earlier run may not have had both.
    pub fn of(matcher: &Matcher, activities: &'a PlatformActivities, links: &Links) -> Groups<'a> {
        let candidates = &activities.candidates;
        let get = |at: usize| candidates.get(at);
        let mut same = links.same.clone();
        same.retain(|&(one, other)| !matcher.do_files_contradict(&get(one), &get(other)));
        let (groups, linked) = join(matcher.groups(candidates), candidates, &same);
        let pairs = moved(&groups, &links.perhaps);
        let mut moved: HashMap<usize, Vec<usize>> = HashMap::new();
        for pair in &pairs {
            moved.entry(pair.left).or_default().push(pair.right);
            moved.entry(pair.right).or_default().push(pair.left);
        }
        let mut possible_matches = matcher.possible_matches(candidates, &groups);
        possible_matches.extend(pairs);
        let turned = |pair: &Pair| Pair { left: pair.right, right: pair.left, verdict: pair.verdict.clone() };
        let turned: Vec<Pair> = possible_matches.iter().map(turned).collect();
        possible_matches.extend(turned);
        possible_matches.sort_by_key(|pair| pair.left);
        Groups { activities, groups, possible_matches, moved, linked }
    }

    /// The state of an activity.
    pub fn entry(&self, at: usize) -> &'a PlatformActivity {
        &self.activities.entries[at]
    }

    /// An activity, as it is compared.
    pub fn candidate(&self, at: usize) -> Candidate<'a> {
        self.activities.candidates.get(at)
    }

    /// The positions of the members of a group, the best one first.
    pub fn members(&self, group: usize) -> impl DoubleEndedIterator<Item = usize> + Clone {
        self.groups.members(group).iter().map(|&at| at as usize)
    }

    /// The pairs on different platforms that are in different groups although they may be the same activity. Each pair once.
    pub fn possible_matches(&self) -> impl Iterator<Item = &Pair> {
        self.possible_matches.iter().filter(|pair| pair.left < pair.right)
    }

    /// What to do about one group and one target. The first rule that applies decides.
    pub fn decide(&self, group: usize, target: &Target, overrides: Overrides) -> Decision {
        let here = self.members(group).filter(|&at| self.candidate(at).activity.platform == target.name);
        let here = here.map(|at| self.entry(at).presence);
        // The newest listing shows it.
        if here.clone().any(|presence| presence == Presence::Listed) {
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
        let start = self.members(group).find_map(|at| self.candidate(at).activity.start_time);
        if !overrides.restore_deleted
            && let Some(missing) = here.chain(self.moved_and_missing(group, target)).max_by_key(rank)
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

    /// The presence of activities on the target that matched the group before a date was corrected and are now missing.
    fn moved_and_missing(&self, group: usize, target: &Target) -> impl Iterator<Item = Presence> {
        let others = self.members(group).filter_map(|at| self.moved.get(&at)).flatten().copied();
        let of_target = others.filter(|&at| self.candidate(at).activity.platform == target.name);
        let presences = of_target.map(|at| self.entry(at).presence);
        presences.filter(|presence| matches!(presence, Presence::Deleted(_) | Presence::MissingOnce(_)))
    }

    fn journal_decision(&self, group: usize, target: &Target) -> Option<Decision> {
        // The other program has the same file already, from an activity that was in another group then.
        if target.is_write_only && self.members(group).any(|at| self.is_delivered_file(at, target)) {
            return Some(Decision::Exists);
        }
        let uploads = self.uploads(group, target).map(|(_, upload)| upload.state);
        if uploads.clone().any(|state| state == UploadState::Open) {
            return Some(Decision::Pending);
        }
        // An upload that arrived exists, unless a listing showed it and later ones do not.
        let at =
            uploads.filter_map(|state| if let UploadState::Exists(at) = state { Some(at) } else { None }).last()?;
        Some(match at.map(|at| self.entry(at).presence) {
            None | Some(Presence::Listed | Presence::NeverListed(_)) => Decision::Exists,
            Some(Presence::MissingOnce(since)) => Decision::MissingOnce(since),
            Some(Presence::Deleted(since)) => Decision::Deleted(since),
        })
    }

    /// The uploads of all members of the group, each with the position of its activity.
    fn uploads<'s>(
        &'s self,
        group: usize,
        target: &'s Target,
    ) -> impl Iterator<Item = (usize, &'s Upload<'s>)> + Clone {
        let of_entry =
            |at: usize| target.journal.by_entry.get(&at).into_iter().flatten().map(move |upload| (at, upload));
        self.members(group).flat_map(of_entry)
    }

    /// Why the target rejected or lost the group. A rejection applies until the file changes.
    fn rejected(&self, group: usize, target: &Target) -> Option<Reason> {
        let still_applies = |(at, upload): (usize, &Upload)| match upload.state {
            UploadState::Lost(reason) => Some(reason.clone()),
            UploadState::Rejected(_) if self.archived(at).is_some_and(|sha256| sha256 != upload.sha256) => None,
            UploadState::Rejected(reason) => Some(reason.clone()),
            _ => None,
        };
        self.uploads(group, target).find_map(still_applies)
    }

    /// The SHA-256 of the archived file that can be uploaded.
    fn archived(&self, at: usize) -> Option<[u8; 32]> {
        let is_archived = matches!(self.entry(at).file, FileState::Archived(_));
        self.candidate(at).file.filter(|_| is_archived)?.sha256
    }

    /// The strongest possible match between the group and an activity on the target, or one that was delivered to it.
    fn possible_match(&self, group: usize, target: &Target) -> Option<&Pair> {
        let of_entry = |at: usize| {
            let first = self.possible_matches.partition_point(|pair| pair.left < at);
            self.possible_matches[first..].iter().take_while(move |pair| pair.left == at)
        };
        let on_target = |pair: &&Pair| {
            let is_listed = || {
                let is_here = self.candidate(pair.right).activity.platform == target.name;
                is_here && self.entry(pair.right).presence == Presence::Listed
            };
            if target.is_write_only { was_delivered(pair.right, target) } else { is_listed() }
        };
        let pairs = self.members(group).flat_map(of_entry).filter(on_target);
        pairs.min_by_key(|pair| (pair.verdict.certainty, pair.right))
    }

    /// Why the best member of a group is the best one; `None` if it is the only one, or a link joined the group.
    fn why_best(&self, group: usize) -> Option<Reason> {
        let is_linked = self.linked.binary_search(&group).is_ok();
        Matcher::why_best(&self.activities.candidates, self.groups.members(group)).filter(|_| !is_linked)
    }

    /// The best member of the group whose file can be uploaded.
    fn choose(
        &self,
        group: usize,
        target: &Target,
        overrides: Overrides,
        possible_duplicate: Option<usize>,
    ) -> Decision {
        let mut reason = None;
        let mut rejected = None;
        for (place, at) in self.members(group).enumerate() {
            let (entry, candidate) = (self.entry(at), self.candidate(at));
            match entry.presence {
                _ if !entry.selected => continue,
                Presence::Listed => {}
                Presence::NeverListed(_) => {
                    reason.get_or_insert(Reason::ActivityNeverListed);
                    continue;
                }
                Presence::MissingOnce(_) | Presence::Deleted(_) => continue,
            }
            let rejected_sport = || rejected_sport(&candidate, target).filter(|_| !overrides.retry_rejected);
            if let Some(why) = not_uploadable(entry, &candidate, target).or_else(rejected_sport) {
                reason.get_or_insert(why);
                continue;
            }
            if let Some(reason) = self.rejected_before(at, target).filter(|_| !overrides.retry_rejected) {
                rejected.get_or_insert(reason.clone());
                continue;
            }
            let because = if place == 0 { self.why_best(group) } else { None };
            let platform = candidate.activity.platform.to_owned();
            let source = because.map(|because| Reason::UploadedFrom { platform, reason: Box::new(because) });
            return Decision::Upload(Choice { at, source, possible_duplicate });
        }
        match rejected {
            Some(reason) => Decision::Rejected(reason),
            None => Decision::NoFile(reason.unwrap_or(Reason::NotSelected)),
        }
    }

    /// Whether the file of an activity was delivered to the target, from any activity.
    fn is_delivered_file(&self, at: usize, target: &Target) -> bool {
        let states = self.archived(at).and_then(|sha256| target.journal.by_file.get(&sha256));
        states.into_iter().flatten().any(|state| matches!(state, UploadState::Exists(_)))
    }

    /// Why the target rejected these bytes, from any activity.
    fn rejected_before<'t>(&self, at: usize, target: &Target<'t>) -> Option<&'t Reason> {
        target.journal.by_file.get(&self.archived(at)?)?.iter().rev().find_map(|state| match state {
            UploadState::Rejected(reason) => Some(*reason),
            _ => None,
        })
    }
}

/// Merges groups that are linked. Returns which groups a link joined, too.
fn join(groups: Grouping, candidates: &Candidates, links: &[Link]) -> (Grouping, Vec<usize>) {
    let mut homes = groups.homes();
    // Only the groups that a link joins; `None`: it is part of another one now.
    let mut joined: HashMap<u32, Option<Vec<u32>>> = HashMap::new();
    for &(from, to) in links {
        let (one, other) = (homes[from], homes[to]);
        if one == other {
            continue;
        }
        let mut members = |number: u32| match joined.insert(number, None) {
            Some(members) => members.unwrap_or_default(),
            None => groups.members(number as usize).to_vec(),
        };
        let (mut all, moved) = (members(one), members(other));
        moved.iter().for_each(|&at| homes[at as usize] = one);
        all.extend(moved);
        joined.insert(one, Some(all));
    }
    if joined.is_empty() {
        return (groups, Vec::new());
    }
    let (mut merged, mut linked) = (Grouping::default(), Vec::new());
    for (number, members) in (0..).zip(groups.iter()) {
        match joined.remove(&number) {
            None => merged.push(members.iter().copied()),
            Some(None) => {}
            Some(Some(mut members)) => {
                let get = |at: u32| candidates.get(at as usize);
                members.sort_by(|&a, &b| Matcher::order(&get(a), &get(b)));
                linked.push(merged.len());
                merged.push(members);
            }
        }
    }
    (merged, linked)
}

/// The pairs of different groups that matched before and now start far apart.
fn moved(groups: &Grouping, links: &[(Link, SignedDuration)]) -> Vec<Pair> {
    if links.is_empty() {
        return Vec::new();
    }
    let homes = groups.homes();
    let pair = |&((left, right), apart): &(Link, SignedDuration)| {
        let days_apart = apart.as_hours().unsigned_abs() / 24;
        let reasons = vec![Reason::MatchedBefore { days_apart }, Reason::DateMayBeCorrected];
        let verdict = Verdict { certainty: Certainty::Match, reasons };
        (homes[left] != homes[right]).then_some(Pair { left, right, verdict })
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
fn was_delivered(at: usize, target: &Target) -> bool {
    let uploads = target.journal.by_entry.get(&at).into_iter().flatten();
    uploads.into_iter().any(|upload| matches!(upload.state, UploadState::Exists(_) | UploadState::Open))
}

/// Why the file of an activity cannot be uploaded to the target.
fn not_uploadable(entry: &PlatformActivity, candidate: &Candidate, target: &Target) -> Option<Reason> {
    match &entry.file {
        FileState::Archived(format) if !target.accepted_formats.contains(format) => {
            Some(Reason::FormatNotAccepted { format: format.to_string() })
        }
        FileState::Unavailable(reason) => Some(reason.as_ref().clone()),
        // Before an upload the period around the start is checked; without a start there is no upload.
        _ if candidate.activity.start_time.is_none() => Some(Reason::NoStartTime),
        FileState::Archived(_) => starts_differ(entry, candidate),
        FileState::ToDownload => None,
    }
}

/// The reason if the list and the file of an activity name different days.
fn starts_differ(entry: &PlatformActivity, candidate: &Candidate) -> Option<Reason> {
    let start = candidate.activity.start_time?;
    precheck::implausible_start(start, entry.recorded_start, start)
}

/// The reason if the target never accepts the sport of an activity. A person may have changed the sport, and the file may
/// contain another one: an override uploads it anyway.
fn rejected_sport(candidate: &Candidate, target: &Target) -> Option<Reason> {
    let sport = candidate.activity.sport?;
    let platform = target.name.to_owned();
    target.rejected_sports.contains(&sport).then(|| Reason::SportNotAccepted { sport: sport.to_owned(), platform })
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
