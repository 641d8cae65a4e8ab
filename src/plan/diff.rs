//! What is missing where: one decision for each exercise and each platform that it could go to.
//!
//! Three-way: what each side has now, what the catalogue knows it had, and what the journal says is under way. When in
//! doubt nothing is sent: a copy too many is not forgiven, a day too late is.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::look;
use crate::activity::ActivityKeyRef;
use crate::matching::{Candidate, Certainty, Group, Matcher, Pair, Verdict};

/// An entry on a platform, with what planning has to know of it.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// The entry, for matching.
    pub candidate: Candidate<'a>,
    /// Whether it is on its platform.
    pub presence: Presence,
    /// Whether it may be sent elsewhere: it came in with the input, and its platform could be listed.
    pub offered: bool,
    /// What there is to send.
    pub material: Material<'a>,
}

/// Whether an entry is on its platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The newest listing that should show it does.
    There,
    /// One listing did not show it.
    Missed(Timestamp),
    /// Two did not, or it was deleted from here: since then.
    Gone(Timestamp),
    /// No listing has ever shown it: another tool had its file, which was taken over then.
    Unlisted(Timestamp),
}

/// What there is to send of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Material<'a> {
    /// A file in the archive: its format, and the SHA-256 of its bytes.
    File(&'a str, &'a str),
    /// Nothing yet: the file is to be fetched.
    ToFetch,
    /// Nothing, and why.
    Nothing(&'a str),
}

/// A platform that exercises could go to.
#[derive(Debug)]
pub struct Target<'a> {
    /// Its name.
    pub name: &'a str,
    /// The formats it takes.
    pub takes: &'a [&'a str],
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upload<'a> {
    /// The entry whose file it was.
    pub from: ActivityKeyRef<'a>,
    /// SHA-256 of the file.
    pub sha256: &'a str,
    /// What came of it.
    pub state: UploadState<'a>,
}

/// What came of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadState<'a> {
    /// Not known yet.
    Open,
    /// It is there under this id, if that is known.
    There(Option<&'a str>),
    /// The service will not have this file, in these words.
    Refused(&'a str),
    /// The service took it and never showed it: it may appear yet.
    Lost(&'a str),
}

/// What is asked for against the rules' caution.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes {
    /// Put back what a person deleted.
    pub resurrect: bool,
    /// Send what the target may have already.
    pub doubtful: bool,
    /// Send again what was refused.
    pub retry: bool,
}

/// What is to be done about one exercise and one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is there.
    There,
    /// An upload of it is under way.
    Pending,
    /// Somebody deleted it there.
    Deleted(Timestamp),
    /// One listing did not show it any more: the next one tells whether it was deleted.
    Missed(Timestamp),
    /// It is not known what the target has at that time.
    NotKnown,
    /// The target has something that may be the same, at this position.
    Doubtful(usize, Verdict),
    /// No file of it can be sent there, and why.
    NoFile(String),
    /// The target refused it before, in these words.
    Refused(String),
    /// The entry at this position is to be sent, and why this one. It may be what the target has at the second position.
    Send(usize, Vec<String>, Option<usize>),
}

/// Groups of entries, and what is not sure about them.
pub struct Exercises<'a> {
    /// All entries.
    pub entries: &'a [Entry<'a>],
    /// Each exercise once.
    pub groups: Vec<Group>,
    doubts: Vec<Vec<Pair>>,
    /// Entries that were found to be one exercise before and begin far apart now.
    moved: HashMap<usize, Vec<usize>>,
    places: HashMap<ActivityKeyRef<'a>, usize>,
}

/// That two entries are one exercise, whatever is said of them now: an upload made one out of the other, or they were alike
/// before somebody edited one of them.
pub type Link<'a> = (ActivityKeyRef<'a>, ActivityKeyRef<'a>);

/// What is known of entries from before.
#[derive(Debug, Default)]
pub struct Links<'a> {
    /// They are one exercise.
    pub same: Vec<Link<'a>>,
    /// They were found to be one, and begin so far apart now: a person may have corrected a date on one platform. So neither
    /// is sent to where the other is.
    pub perhaps: Vec<(Link<'a>, SignedDuration)>,
}

impl<'a> Exercises<'a> {
    /// Finds out which entries are the same exercise. `links` are known to be, whatever a service made of the file.
    pub fn of(matcher: &Matcher, entries: &'a [Entry<'a>], links: &Links) -> Exercises<'a> {
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
        Exercises { entries, groups, doubts, moved, places }
    }

    /// Every two entries of different exercises on different platforms that may be one all the same. Each pair once.
    pub fn doubts(&self) -> impl Iterator<Item = &Pair> {
        self.doubts.iter().flatten().filter(|pair| pair.left < pair.right)
    }

    /// What is to be done about one exercise and one target. The first line that fits decides.
    pub fn decide(&self, group: &Group, target: &Target, wishes: Wishes) -> Decision {
        let here: Vec<&Entry> =
            self.members(group).filter(|entry| entry.candidate.activity.platform == target.name).collect();
        // It is there, as the newest listing shows.
        if here.iter().any(|entry| entry.presence == Presence::There) {
            return Decision::There;
        }
        // The journal knows better than a listing that is older, or that services are slow to fill.
        match self.journal_says(group, target) {
            Some(decision @ (Decision::There | Decision::Pending)) => return decision,
            Some(decision) if !wishes.resurrect => return decision,
            _ => {}
        }
        // Neither is what was refused tried again, nor sent from another source: what is lost may appear yet.
        if !wishes.retry
            && let Some(words) = self.refused(group, target)
        {
            return Decision::Refused(words);
        }
        // What was there and is not any more was deleted by somebody: that is respected. Once is not yet sure.
        let start = self.members(group).find_map(|entry| entry.candidate.activity.start_time);
        if !wishes.resurrect
            && let Some(gone) =
                here.iter().map(|entry| entry.presence).chain(self.moved_and_gone(group, target)).max_by_key(rank)
        {
            match gone {
                Presence::Gone(since) => return Decision::Deleted(since),
                Presence::Missed(since) => return Decision::Missed(since),
                // It was there when the other tool fetched its file, and a listing that should show it does not.
                Presence::Unlisted(since) if is_known(target, start) => return Decision::Deleted(since),
                Presence::Unlisted(_) | Presence::There => {}
            }
        }
        // Missing is only concluded from a listing that would have shown it.
        if !is_known(target, start) {
            return Decision::NotKnown;
        }
        // Perhaps it is there under another sport, or an hour off.
        let doubt = self.doubt(group, target);
        if !wishes.doubtful
            && let Some(pair) = doubt
        {
            return Decision::Doubtful(pair.right, pair.verdict.clone());
        }
        self.choose(group, target, wishes, doubt.map(|pair| pair.right))
    }

    fn members<'s>(&'s self, group: &'s Group) -> impl Iterator<Item = &'s Entry<'a>> {
        group.members.iter().map(|&at| &self.entries[at])
    }

    /// What became of those on the target that were the exercise before a date was corrected, and are no longer there.
    fn moved_and_gone<'s>(&'s self, group: &'s Group, target: &'s Target) -> impl Iterator<Item = Presence> + 's {
        let others = group.members.iter().filter_map(|at| self.moved.get(at)).flatten().map(|&at| &self.entries[at]);
        let of_target = others.filter(|entry| entry.candidate.activity.platform == target.name);
        let presences = of_target.map(|entry| entry.presence);
        presences.filter(|presence| matches!(presence, Presence::Gone(_) | Presence::Missed(_)))
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
            None | Some(Presence::There | Presence::Unlisted(_)) => Decision::There,
            Some(Presence::Missed(since)) => Decision::Missed(since),
            Some(Presence::Gone(since)) => Decision::Deleted(since),
        })
    }

    /// The uploads of the exercise, whichever entry it was sent from.
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

    /// The words in which the target refused the exercise, or lost it. A refusal holds until the file is another one.
    fn refused(&self, group: &Group, target: &Target) -> Option<String> {
        let standing = |(entry, upload): (&Entry, &Upload)| match (upload.state, entry.material) {
            (UploadState::Lost(words), _) => Some(words.to_owned()),
            (UploadState::Refused(_), Material::File(_, sha256)) if sha256 != upload.sha256 => None,
            (UploadState::Refused(words), _) => Some(words.to_owned()),
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
    fn choose(&self, group: &Group, target: &Target, wishes: Wishes, doubt: Option<usize>) -> Decision {
        let mut reason = None;
        let mut refused = None;
        for (place, &at) in group.members.iter().enumerate() {
            let entry = &self.entries[at];
            match entry.presence {
                _ if !entry.offered => continue,
                Presence::There => {}
                Presence::Unlisted(_) => {
                    reason.get_or_insert("no list of its platform has shown it yet".to_owned());
                    continue;
                }
                Presence::Missed(_) | Presence::Gone(_) => continue,
            }
            let refused_sport = || refused_sport(entry, target).filter(|_| !wishes.retry);
            if let Some(why) = unsendable(entry, target).or_else(refused_sport) {
                reason.get_or_insert(why);
                continue;
            }
            if let Some(words) = refused_before(entry, target).filter(|_| !wishes.retry) {
                refused.get_or_insert(words.to_owned());
                continue;
            }
            let mut why = vec![format!("not on {}", target.name)];
            if place == 0
                && let Some(because) = &group.because
            {
                why.push(format!("sent from {}: {because}", entry.candidate.activity.platform));
            }
            return Decision::Send(at, why, doubt);
        }
        match refused {
            Some(words) => Decision::Refused(words),
            None => Decision::NoFile(reason.unwrap_or_else(|| "no entry of it is offered".to_owned())),
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

/// The pairs of different groups that were found to be one exercise before, and begin far apart now.
fn moved(places: &HashMap<ActivityKeyRef, usize>, groups: &[Group], links: &[(Link, SignedDuration)]) -> Vec<Pair> {
    if links.is_empty() {
        return Vec::new();
    }
    let members = groups.iter().enumerate();
    let home: HashMap<usize, usize> =
        members.flat_map(|(number, group)| group.members.iter().map(move |&at| (at, number))).collect();
    let pair = |((one, other), apart): &(Link, SignedDuration)| {
        let (left, right) = (*places.get(one)?, *places.get(other)?);
        let days = apart.as_hours() / 24;
        let why = vec![
            format!("they were found to be one exercise before, and begin {days} days apart now"),
            "a date may have been corrected on one platform".to_owned(),
        ];
        let verdict = Verdict { certainty: Certainty::SameExercise, why };
        (home[&left] != home[&right]).then_some(Pair { left, right, verdict })
    };
    links.iter().filter_map(pair).collect()
}

/// Of several that are no longer there, the surest says most.
fn rank(presence: &Presence) -> u8 {
    match presence {
        Presence::There => 3,
        Presence::Gone(_) => 2,
        Presence::Missed(_) => 1,
        Presence::Unlisted(_) => 0,
    }
}

fn is_known(target: &Target, start: Option<Timestamp>) -> bool {
    target.known.iter().any(|(from, until)| match start {
        Some(start) => from.is_none_or(|from| from <= start) && until.is_none_or(|until| start < until),
        // Without a start it is never sent; that is the reason to tell.
        None => from.is_none(),
    })
}

/// Why the file of an entry cannot go to the target.
fn unsendable(entry: &Entry, target: &Target) -> Option<String> {
    match entry.material {
        Material::File(format, _) if !target.takes.contains(&format) => {
            Some(format!("its file is {}, which is not sent", format.to_uppercase()))
        }
        Material::Nothing(why) => Some(why.to_owned()),
        // Whoever uploads looks around the start first, and without one never sends it.
        _ if entry.candidate.activity.start_time.is_none() => {
            Some("it has no start time, so nobody can tell whether it is there already".to_owned())
        }
        Material::File(..) if starts_differ(entry).is_some() => starts_differ(entry),
        Material::File(..) | Material::ToFetch => None,
    }
}

/// That the list and the file of an entry name different days.
fn starts_differ(entry: &Entry) -> Option<String> {
    let start = entry.candidate.activity.start_time?;
    look::unsure_start(start, entry.candidate.file.and_then(|file| file.start), start)
}

/// That the target refuses the sport of an entry, in words. A person may have changed it, and the file says another: so it
/// can be sent all the same.
fn refused_sport(entry: &Entry, target: &Target) -> Option<String> {
    let sport = entry.candidate.activity.sport.as_deref()?;
    target
        .refused_sports
        .contains(&sport)
        .then(|| format!("{} does not import {sport}; --retry sends it all the same", target.name))
}

/// The words in which the target refused these bytes, whatever they came from.
fn refused_before<'a>(entry: &Entry, target: &Target<'a>) -> Option<&'a str> {
    let Material::File(_, sha256) = entry.material else { return None };
    target.journal.by_file.get(sha256)?.iter().rev().find_map(|state| match state {
        UploadState::Refused(words) => Some(*words),
        _ => None,
    })
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
