//! Builds groups from pairs: each activity is in one group, and the best activity of a group comes first.
//!
//! The strongest pairs are joined first. Two groups are only merged if no member of one contradicts a member of the other, so
//! a chain of similar pairs never joins two different activities.

use super::evidence::Evidence;
use super::streams::Streams;
use super::{Candidate, Candidates, Certainty, Matcher, Verdict, candidate_pairs, decide, ranking};
use crate::reason::Reason;

/// A duplicate of another activity on the same platform. Positions are those of the input.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundDuplicate {
    /// The duplicate.
    pub index: usize,
    /// The activity that is kept.
    pub of: usize,
    /// The comparison of these two; see [`Certainty::is_duplicate`] for what it allows.
    pub verdict: Verdict,
    /// Why the other one is kept.
    pub kept_because: Reason,
}

/// The groups of activities that are one and the same, over all platforms. Positions are those of the input.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Grouping {
    /// The members of all groups, one group after the other; in each the best one first: it is uploaded to the platforms
    /// where the activity is missing.
    members: Vec<u32>,
    /// Where each group ends in `members`.
    ends: Vec<u32>,
}

impl Grouping {
    /// The number of groups.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The members of a group, the best one first.
    pub fn members(&self, group: usize) -> &[u32] {
        let start = group.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.members[start as usize..self.ends[group] as usize]
    }

    /// All groups.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &[u32]> {
        (0..self.len()).map(|group| self.members(group))
    }

    /// Adds a group.
    pub fn push(&mut self, members: impl IntoIterator<Item = u32>) {
        self.members.extend(members);
        self.ends.push(self.members.len() as u32);
    }

    /// The number of the group of each activity.
    pub fn homes(&self) -> Vec<u32> {
        let mut homes = vec![0; self.members.len()];
        for (number, members) in (0..).zip(self.iter()) {
            members.iter().for_each(|&at| homes[at as usize] = number);
        }
        homes
    }
}

/// Two activities that are certainly or possibly the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The position of one.
    pub left: usize,
    /// The position of the other.
    pub right: usize,
    /// Their comparison.
    pub verdict: Verdict,
}

/// A compared pair, ordered by certainty, then by the time between the starts in milliseconds.
type Edge = (Certainty, i64, u32, u32);

/// Activities by start, platform and id: an order that does not depend on the order of the input.
struct ByTime<'a> {
    all: &'a Candidates,
    /// The position of each activity in the input.
    order: Vec<u32>,
}

impl<'a> ByTime<'a> {
    fn new(all: &'a Candidates) -> ByTime<'a> {
        let key = |at: u32| {
            let one = all.get(at as usize);
            (one.activity.start_time, one.activity.key())
        };
        let mut order: Vec<_> = (0..).zip(all.iter()).map(|(at, one)| (one.activity.start_time, at)).collect();
        order.sort_unstable();
        let mut order: Vec<u32> = order.into_iter().map(|(_, at): (_, u32)| at).collect();
        let start = |at: u32| all.get(at as usize).activity.start_time;
        // Nearly all starts differ, so the texts are rarely compared.
        for equal in order.chunk_by_mut(|&one, &other| start(one) == start(other)).filter(|equal| equal.len() > 1) {
            equal.sort_unstable_by(|&one, &other| key(one).cmp(&key(other)));
        }
        ByTime { all, order }
    }

    fn get(&self, place: u32) -> Candidate<'a> {
        self.all.get(self.order[place as usize] as usize)
    }

    /// The place of each activity of the input.
    fn places(&self) -> Vec<u32> {
        let mut places = vec![0; self.order.len()];
        (0..).zip(&self.order).for_each(|(place, &at)| places[at as usize] = place);
        places
    }
}

/// Groups while they are built: the members of each are a ring.
struct Rings {
    /// The first member of the group of each activity.
    home: Vec<u32>,
    next: Vec<u32>,
}

impl Rings {
    fn new(count: usize) -> Rings {
        let alone: Vec<u32> = (0..).take(count).collect();
        Rings { home: alone.clone(), next: alone }
    }

    fn members(&self, one: u32) -> impl Iterator<Item = u32> {
        let next = move |&at: &u32| Some(self.next[at as usize]).filter(|next| *next != one);
        std::iter::successors(Some(one), next)
    }

    /// Merges the group of `other` into that of `one`, both first members.
    fn merge(&mut self, one: u32, other: u32) {
        let moved: Vec<u32> = self.members(other).collect();
        moved.into_iter().for_each(|at| self.home[at as usize] = one);
        self.next.swap(one as usize, other as usize);
    }
}

impl Matcher {
    /// The groups over all platforms, by start. Each activity is in exactly one group.
    pub fn groups(&self, all: &Candidates) -> Grouping {
        let sorted = ByTime::new(all);
        let rings = self.join(&sorted, &self.edges(&sorted, |_, _| true));
        let mut grouping = Grouping::default();
        for members in groups_in(&sorted, &rings) {
            grouping.push(members.into_iter().map(|place| sorted.order[place as usize]));
        }
        grouping
    }

    /// Why the first member of a group is the best one; `None` if it is the only one.
    pub fn why_best(all: &Candidates, members: &[u32]) -> Option<Reason> {
        let [best, second, ..] = members else { return None };
        Some(ranking::reason(&all.get(*best as usize), &all.get(*second as usize)))
    }

    /// The duplicates on each platform, by position; each activity at most once.
    ///
    /// A member of a group refers to the best member of which it is a duplicate, else to the best of the group: of a watch, a
    /// bicycle computer and a duplicate of the latter, the duplicate refers to the computer. An activity that is only similar
    /// to another one (`shifted`, `start-only`) is reported too, unless it is already a duplicate: a person can check it, and
    /// it is never deleted.
    pub fn duplicates(&self, all: &Candidates) -> Vec<FoundDuplicate> {
        let sorted = ByTime::new(all);
        let edges = self.edges(&sorted, |a, b| all.are_on_one_platform(a as usize, b as usize));
        let mut kept: Vec<u32> = vec![NOT_KEPT; all.len()];
        let rings = self.join(&sorted, &edges);
        for group in groups_in(&sorted, &rings).filter(|group| group.len() > 1) {
            self.refer(&sorted, &group, &mut kept);
        }
        let is_marked: Vec<bool> = kept.iter().map(|kept| *kept != NOT_KEPT).collect();
        // Strong pairs that were not joined contradict a member of the group: they are not reported.
        for &(_, _, a, b) in edges.iter().filter(|edge| !self.joins(edge.0)) {
            let (better, other) = if ranking::order(&sorted.get(a), &sorted.get(b)).is_le() { (a, b) } else { (b, a) };
            // The strongest pair comes first.
            if !is_marked[better as usize] && kept[other as usize] == NOT_KEPT {
                kept[other as usize] = better;
            }
        }
        let duplicate = |(place, of): (u32, u32)| {
            let (copy, kept) = (sorted.get(place), sorted.get(of));
            // No member of a group contradicts the kept one, so a verdict exists.
            let verdict = self.verdict(&copy, &kept)?;
            let kept_because = ranking::reason(&kept, &copy);
            let (index, of) = (sorted.order[place as usize] as usize, sorted.order[of as usize] as usize);
            Some(FoundDuplicate { index, of, verdict, kept_because })
        };
        let marked = (0..).zip(kept).filter(|(_, of)| *of != NOT_KEPT);
        let mut duplicates: Vec<FoundDuplicate> = marked.filter_map(duplicate).collect();
        duplicates.sort_by_key(|one| one.index);
        duplicates
    }

    /// The pairs on different platforms that are in different groups although they may be the same activity: the evidence is
    /// not sufficient, or one of them contradicts a third one. By position; `left` is the smaller one.
    pub fn possible_matches(&self, all: &Candidates, groups: &Grouping) -> Vec<Pair> {
        let home = groups.homes();
        let apart = |&(a, b): &(u32, u32)| {
            home[a as usize] != home[b as usize] && !all.are_on_one_platform(a as usize, b as usize)
        };
        let compared = |(a, b): (u32, u32)| {
            let (left, right) = (a as usize, b as usize);
            let verdict = self.possible_match(&all.get(left), &all.get(right))?;
            Some(Pair { left, right, verdict })
        };
        let mut pairs = self.candidate_pairs(all);
        pairs.extend(candidate_pairs::overlapping(all));
        pairs.retain(apart);
        pairs.sort_unstable();
        pairs.dedup();
        pairs.into_iter().filter_map(compared).collect()
    }

    /// The comparison of two activities that are certainly or possibly the same; `None` if they are certainly different.
    pub fn possible_match(&self, a: &Candidate, b: &Candidate) -> Option<Verdict> {
        let evidence = Evidence::of(self, a, b);
        match decide::certainty(self, &evidence) {
            Some(certainty) if self.joins(certainty) => self.verdict(a, b),
            _ if decide::is_possible_match(self, &evidence) => Some(self.verdict(a, b).unwrap_or_else(|| Verdict {
                certainty: Certainty::StartOnly,
                reasons: std::iter::once(Reason::PartialOverlap).chain(evidence.reasons()).collect(),
            })),
            _ => None,
        }
    }

    /// Whether the files of two activities cannot be of one person, by what they recorded at the same time.
    pub fn do_files_contradict(&self, a: &Candidate, b: &Candidate) -> bool {
        !self.files.is_empty() && Evidence::of(self, a, b).streams == Streams::Contradict
    }

    /// The order in which members of a group are preferred, to be kept or uploaded: the lesser is the better.
    pub fn order(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
        ranking::order(a, b)
    }

    /// Sets, for each member of a group except the best (the first), the member to which it refers.
    fn refer(&self, sorted: &ByTime, group: &[u32], kept: &mut [u32]) {
        let repeats = |a: u32, b: u32| {
            let certainty = decide::certainty(self, &Evidence::of(self, &sorted.get(a), &sorted.get(b)));
            certainty.is_some_and(Certainty::is_duplicate)
        };
        let mut lasting: Vec<u32> = Vec::new();
        for &at in group {
            match lasting.iter().find(|&&better| repeats(at, better)) {
                Some(&better) => kept[at as usize] = better,
                None => {
                    if at != group[0] {
                        kept[at as usize] = group[0];
                    }
                    lasting.push(at);
                }
            }
        }
    }

    /// The compared pairs among those that are wanted, given by their positions in the input; the strongest first.
    fn edges(&self, sorted: &ByTime, wanted: impl Fn(u32, u32) -> bool) -> Vec<Edge> {
        let places = sorted.places();
        let near = self.candidate_pairs(sorted.all).into_iter().filter(|&(a, b)| wanted(a, b));
        let edge = |(a, b): (u32, u32)| {
            let evidence = Evidence::of(self, &sorted.all.get(a as usize), &sorted.all.get(b as usize));
            let gap_ms = evidence.gap_s.map_or(i64::MAX, |gap| (gap * 1000.0) as i64);
            let (a, b) = (places[a as usize], places[b as usize]);
            Some((decide::certainty(self, &evidence)?, gap_ms, a.min(b), a.max(b)))
        };
        let mut edges: Vec<Edge> = near.filter_map(edge).collect();
        edges.sort_unstable();
        edges
    }

    fn join(&self, sorted: &ByTime, edges: &[Edge]) -> Rings {
        let mut rings = Rings::new(sorted.order.len());
        for &(_, _, a, b) in edges.iter().filter(|edge| self.joins(edge.0)) {
            let (a, b) = (rings.home[a as usize], rings.home[b as usize]);
            let (a, b) = (a.min(b), a.max(b));
            if a != b && !self.any_contradiction(sorted, &rings, (a, b)) {
                rings.merge(a, b);
            }
        }
        rings
    }

    fn any_contradiction(&self, sorted: &ByTime, rings: &Rings, (one, other): (u32, u32)) -> bool {
        let contradict =
            |a: u32, b: u32| decide::must_be_apart(self, &Evidence::of(self, &sorted.get(a), &sorted.get(b)));
        rings.members(one).any(|a| rings.members(other).any(|b| contradict(a, b)))
    }
}

/// Marks an activity that refers to no other one.
const NOT_KEPT: u32 = u32::MAX;

/// The groups, by their first member; in each the best member first.
fn groups_in(sorted: &ByTime, rings: &Rings) -> impl Iterator<Item = Vec<u32>> {
    let firsts = (0..).zip(&rings.home).filter(|(place, home): &(u32, &u32)| place == *home);
    firsts.map(|(place, _)| {
        let mut members: Vec<u32> = rings.members(place).collect();
        members.sort_by(|&a, &b| ranking::order(&sorted.get(a), &sorted.get(b)));
        members
    })
}
