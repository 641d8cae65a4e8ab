//! What is missing where: one decision for each activity and each platform that it could go to.
//!
//! Three-way: what each side has now, what the catalogue knows it had, and what the journal says is under way. When in
//! doubt nothing is sent: a copy too many is not forgiven, a day too late is.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::precheck;
use crate::activity::{ActivityKeyRef, Format};
use crate::matching::{Candidate, Certainty, Group, Matcher, Pair, Verdict};
use crate::reason::Reason;

/// An entry on a platform, with what planning has to know of it.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// The entry, for matching.
    pub candidate: Candidate<'a>,
    /// Whether it is on its platform.
    pub presence: Presence,
    /// Whether it may be uploaded elsewhere: it was among the input, and its platform could be listed.
    pub selected: bool,
    /// The file to upload.
    pub file: FileState<'a>,
}

/// Whether an entry is on its platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The newest listing that should show it does.
    There,
    /// One listing did not show it.
    MissingOnce(Timestamp),
    /// Two did not, or it was deleted from here: since then.
    Gone(Timestamp),
    /// No listing has ever shown it: another tool had its file, which was imported then.
    NeverListed(Timestamp),
}

/// The file of an activity, as an upload needs it.
#[derive(Debug, Clone, PartialEq)]
pub enum FileState<'a> {
    /// It is in the archive: its format, and the SHA-256 of its bytes.
    Archived(Format, &'a str),
    /// It is to be downloaded first.
    ToDownload,
    /// There is none to upload, and why.
    Unavailable(Reason),
}

/// A platform that activities could go to.
#[derive(Debug)]
pub struct Target<'a> {
    /// Its name.
    pub name: &'a str,
    /// The formats it takes.
    pub takes: &'a [Format],
    /// The sports that it refuses for good, by their FIT names.
    pub refused_sports: &'a [&'a str],
    /// The parts of time for which it is known what is there; `None` at an end: no bound.
    pub known: Vec<(Option<Timestamp>, Option<Timestamp>)>,
    /// What the journal says of uploads to it.
    pub journal: Journal<'a>,
}

/// The uploads to one target, the oldest first, found by their entry and by their file.
#[derive(Debug, Default)]
pub struct Journal<'a> {
    by_entry: HashMap<ActivityKeyRef<'a>, Vec<Upload<'a>>>,
    by_file: HashMap<&'a str, Vec<UploadState<'a>>>,
}

impl<'a> Journal<'a> {
    /// The uploads in their order.
    pub fn of(uploads: impl IntoIterator<Item = Upload<'a>>) -> Journal<'a> {
        let mut journal = Journal::default();
        for upload in uploads {
            journal.by_entry.entry(upload.from).or_default().push(upload);
            journal.by_file.entry(upload.sha256).or_default().push(upload.state);
        }
        journal
    }
}

/// What the journal says of one upload.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Upload<'a> {
    /// The entry whose file it was.
    pub from: ActivityKeyRef<'a>,
    /// SHA-256 of the file.
    pub sha256: &'a str,
    /// What came of it.
    pub state: UploadState<'a>,
}

/// What came of an upload.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum UploadState<'a> {
    /// Not known yet.
    Open,
    /// It is there under this id, if that is known.
    There(Option<&'a str>),
    /// The service rejected this file.
    Rejected(&'a Reason),
    /// The service accepted it and never listed it: it may appear yet.
    Lost(&'a Reason),
}

/// What a person asks for against the caution of the rules.
#[derive(Debug, Clone, Copy, Default)]
pub struct Overrides {
    /// Upload again what a person deleted on the target.
    pub restore_deleted: bool,
    /// Upload what the target may have already.
    pub possible_duplicates: bool,
    /// Upload again what the target rejected.
    pub retry_rejected: bool,
}

/// What is to be done about one group and one target.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// It exists there.
    Exists,
    /// An upload of it is pending.
    Pending,
    /// A person deleted it there.
    Deleted(Timestamp),
    /// One listing did not show it any more: the next one confirms whether it was deleted.
    MissingOnce(Timestamp),
    /// No listing covers the time when it began.
    NotListed,
    /// The target has something that may be the same, at this position.
    PossibleDuplicate(usize, Verdict),
    /// No file of it can be uploaded there, and why.
    NoFile(Reason),
    /// The target rejected it before.
    Rejected(Reason),
    /// An upload.
    Upload(Choice),
}

/// The activity of a group that is uploaded.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Its position.
    pub at: usize,
    /// Why this one; nothing if there is no other, or it is not the best.
    pub source: Option<Reason>,
    /// The position of what the target has and this may be.
    pub possible_duplicate: Option<usize>,
}

/// Groups of entries, and what is not sure about them.
pub struct Groups<'a> {
    /// All entries.
    pub entries: &'a [Entry<'a>],
    /// Each activity once.
    pub groups: Vec<Group>,
    doubts: Vec<Vec<Pair>>,
    /// Entries that were found to be the same activity before and begin far apart now.
    moved: HashMap<usize, Vec<usize>>,
    places: HashMap<ActivityKeyRef<'a>, usize>,
}

/// That two entries are the same activity, whatever is said of them now: an upload made one out of the other, or they were alike
/// before somebody edited one of them.
pub type Link<'a> = (ActivityKeyRef<'a>, ActivityKeyRef<'a>);

/// What is known of entries from before.
#[derive(Debug, Default)]
pub struct Links<'a> {
    /// They are the same activity.
    pub same: Vec<Link<'a>>,
    /// They were found to be one, and begin so far apart now: a person may have corrected a date on one platform. So neither
    /// is sent to where the other is.
    pub perhaps: Vec<(Link<'a>, SignedDuration)>,
}

impl<'a> Groups<'a> {
    /// Finds out which entries are the same activity. `links` are known to be, whatever a service made of the file.
    pub fn of(matcher: &Matcher, entries: &'a [Entry<'a>], links: &Links) -> Groups<'a> {
        let candidates: Vec<Candidate> = entries.iter().map(|entry| entry.candidate.clone()).collect();
        let places: HashMap<_, _> = entries.iter().enumerate().map(|(at, entry)| (key(entry), at)).collect();
        let groups = join(matcher.groups(&candidates), &candidates, &places, &links.same);
        let mut doubts = vec![Vec::new(); entries.len()];
        let pairs = moved(&places, &groups, &links.perhaps);
        let mut moved: HashMap<usize, Vec<usize>> = HashMap::new();
        for pair in &pairs {
            moved.entry(pair.left).or_default().push(pair.right);
            moved.entry(pair.right).or_default().push(pair.left);
        }
        for pair in matcher.doubts(&candidates, &groups).into_iter().chain(pairs) {
            let turned = Pair { left: pair.right, right: pair.left, verdict: pair.verdict.clone() };
            doubts[pair.left].push(pair);
            doubts[turned.left].push(turned);
        }
        Groups { entries, groups, doubts, moved, places }
    }

    /// Every two entries of different activities on different platforms that may be one all the same. Each pair once.
    pub fn doubts(&self) -> impl Iterator<Item = &Pair> {
        self.doubts.iter().flatten().filter(|pair| pair.left < pair.right)
    }

    /// What is to be done about one group and one target. The first line that fits decides.
    pub fn decide(&self, group: &Group, target: &Target, overrides: Overrides) -> Decision {
        let here: Vec<&Entry> =
            self.members(group).filter(|entry| entry.candidate.activity.platform == target.name).collect();
        // It is there, as the newest listing shows.
        if here.iter().any(|entry| entry.presence == Presence::There) {
            return Decision::Exists;
        }
        // The journal knows better than a listing that is older, or that services are slow to fill.
        match self.journal_says(group, target) {
            Some(decision @ (Decision::Exists | Decision::Pending)) => return decision,
            Some(decision) if !overrides.restore_deleted => return decision,
            _ => {}
        }
        // Neither is what was refused tried again, nor sent from another source: what is lost may appear yet.
        if !overrides.retry_rejected
            && let Some(reason) = self.rejected(group, target)
        {
            return Decision::Rejected(reason);
        }
        // What was there and is not any more was deleted by somebody: that is respected. Once is not yet sure.
        let start = self.members(group).find_map(|entry| entry.candidate.activity.start_time);
        if !overrides.restore_deleted
            && let Some(gone) =
                here.iter().map(|entry| entry.presence).chain(self.moved_and_gone(group, target)).max_by_key(rank)
        {
            match gone {
                Presence::Gone(since) => return Decision::Deleted(since),
                Presence::MissingOnce(since) => return Decision::MissingOnce(since),
                // It was there when the other tool fetched its file, and a listing that should show it does not.
                Presence::NeverListed(since) if is_known(target, start) => return Decision::Deleted(since),
                Presence::NeverListed(_) | Presence::There => {}
            }
        }
        // Missing is only concluded from a listing that would have shown it.
        if !is_known(target, start) {
            return Decision::NotListed;
        }
        // Perhaps it is there under another sport, or an hour off.
        let doubt = self.doubt(group, target);
        if !overrides.possible_duplicates
            && let Some(pair) = doubt
        {
            return Decision::PossibleDuplicate(pair.right, pair.verdict.clone());
        }
        self.choose(group, target, overrides, doubt.map(|pair| pair.right))
    }

    fn members<'s>(&'s self, group: &'s Group) -> impl Iterator<Item = &'s Entry<'a>> {
        group.members.iter().map(|&at| &self.entries[at])
    }

    /// What became of those on the target that were the activity before a date was corrected, and are no longer there.
    fn moved_and_gone<'s>(&'s self, group: &'s Group, target: &'s Target) -> impl Iterator<Item = Presence> + 's {
        let others = group.members.iter().filter_map(|at| self.moved.get(at)).flatten().map(|&at| &self.entries[at]);
        let of_target = others.filter(|entry| entry.candidate.activity.platform == target.name);
        let presences = of_target.map(|entry| entry.presence);
        presences.filter(|presence| matches!(presence, Presence::Gone(_) | Presence::MissingOnce(_)))
    }

    fn journal_says(&self, group: &Group, target: &Target) -> Option<Decision> {
        let uploads: Vec<&Upload> = self.uploads(group, target).map(|(_, upload)| upload).collect();
        if uploads.iter().any(|upload| upload.state == UploadState::Open) {
            return Some(Decision::Pending);
        }
        // What arrived is there, unless listings have shown it and do so no longer.
        let id = uploads.iter().rev().find_map(|upload| match upload.state {
            UploadState::There(id) => Some(id),
            _ => None,
        })?;
        let known = id.and_then(|id| self.places.get(&ActivityKeyRef::new(target.name, id)));
        Some(match known.map(|&at| self.entries[at].presence) {
            None | Some(Presence::There | Presence::NeverListed(_)) => Decision::Exists,
            Some(Presence::MissingOnce(since)) => Decision::MissingOnce(since),
            Some(Presence::Gone(since)) => Decision::Deleted(since),
        })
    }

    /// The uploads of the activity, whichever entry it was sent from.
    fn uploads<'s>(
        &'s self,
        group: &'s Group,
        target: &'s Target,
    ) -> impl Iterator<Item = (&'s Entry<'a>, &'s Upload<'s>)> {
        let of_entry = |&at: &usize| {
            let entry = &self.entries[at];
            target.journal.by_entry.get(&key(entry)).into_iter().flatten().map(move |upload| (entry, upload))
        };
        group.members.iter().flat_map(of_entry)
    }

    /// Why the target rejected the group, or lost it. A rejection holds until the file is another one.
    fn rejected(&self, group: &Group, target: &Target) -> Option<Reason> {
        let standing = |(entry, upload): (&Entry, &Upload)| match (upload.state, &entry.file) {
            (UploadState::Lost(reason), _) => Some(reason.clone()),
            (UploadState::Rejected(_), FileState::Archived(_, sha256)) if *sha256 != upload.sha256 => None,
            (UploadState::Rejected(reason), _) => Some(reason.clone()),
            _ => None,
        };
        self.uploads(group, target).find_map(standing)
    }

    /// The strongest likeness of one of the group to something on the target.
    fn doubt(&self, group: &Group, target: &Target) -> Option<&Pair> {
        let pairs = group.members.iter().flat_map(|&at| &self.doubts[at]);
        let on_target = |pair: &&Pair| {
            let other = &self.entries[pair.right];
            other.candidate.activity.platform == target.name && other.presence == Presence::There
        };
        pairs.filter(on_target).min_by_key(|pair| (pair.verdict.certainty, pair.right))
    }

    /// The best entry whose file can be sent.
    fn choose(&self, group: &Group, target: &Target, overrides: Overrides, doubt: Option<usize>) -> Decision {
        let mut reason = None;
        let mut rejected = None;
        for (place, &at) in group.members.iter().enumerate() {
            let entry = &self.entries[at];
            match entry.presence {
                _ if !entry.selected => continue,
                Presence::There => {}
                Presence::NeverListed(_) => {
                    reason.get_or_insert(Reason::NeverListed);
                    continue;
                }
                Presence::MissingOnce(_) | Presence::Gone(_) => continue,
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
            return Decision::Upload(Choice { at, source, possible_duplicate: doubt });
        }
        match rejected {
            Some(reason) => Decision::Rejected(reason),
            None => Decision::NoFile(reason.unwrap_or(Reason::NotSelected)),
        }
    }
}

fn key<'a>(entry: &Entry<'a>) -> ActivityKeyRef<'a> {
    entry.candidate.activity.as_key()
}

/// Puts groups together that are known to be one.
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

/// The pairs of different groups that were found to be the same activity before, and begin far apart now.
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

/// Of several that are no longer there, the surest says most.
fn rank(presence: &Presence) -> u8 {
    match presence {
        Presence::There => 3,
        Presence::Gone(_) => 2,
        Presence::MissingOnce(_) => 1,
        Presence::NeverListed(_) => 0,
    }
}

fn is_known(target: &Target, start: Option<Timestamp>) -> bool {
    target.known.iter().any(|(from, until)| match start {
        Some(start) => from.is_none_or(|from| from <= start) && until.is_none_or(|until| start < until),
        // Without a start it is never sent; that is the reason to tell.
        None => from.is_none(),
    })
}

/// Why the file of an activity cannot be uploaded to the target.
fn not_uploadable(entry: &Entry, target: &Target) -> Option<Reason> {
    match &entry.file {
        FileState::Archived(format, _) if !target.takes.contains(format) => {
            Some(Reason::FormatNotAccepted { format: format.to_string() })
        }
        FileState::Unavailable(reason) => Some(reason.clone()),
        // An upload checks around the start first, and without one it is never made.
        _ if entry.candidate.activity.start_time.is_none() => Some(Reason::NoStartTime),
        FileState::Archived(..) => starts_differ(entry),
        FileState::ToDownload => None,
    }
}

/// That the list and the file of an activity name different days.
fn starts_differ(entry: &Entry) -> Option<Reason> {
    let start = entry.candidate.activity.start_time?;
    precheck::unsure_start(start, entry.candidate.file.and_then(|file| file.start), start)
}

/// That the target rejects the sport of an activity. A person may have changed it, and the file says another: so an override
/// uploads it anyway.
fn rejected_sport(entry: &Entry, target: &Target) -> Option<Reason> {
    let sport = entry.candidate.activity.sport.as_deref()?;
    let platform = target.name.to_owned();
    target.refused_sports.contains(&sport).then(|| Reason::SportNotAccepted { sport: sport.to_owned(), platform })
}

/// Why the target rejected these bytes, whatever activity they came from.
fn rejected_before<'a>(entry: &Entry, target: &Target<'a>) -> Option<&'a Reason> {
    let FileState::Archived(_, sha256) = &entry.file else { return None };
    target.journal.by_file.get(sha256)?.iter().rev().find_map(|state| match state {
        UploadState::Rejected(reason) => Some(*reason),
        _ => None,
    })
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
