//! Builds groups from pairs: each activity is in one group, and the best activity of a group comes first.
//!
//! The strongest pairs are joined first. Two groups are only merged if no member of one contradicts a member of the other, so
//! a chain of similar pairs never joins two different activities.

use super::evidence::Evidence;
use super::{Candidate, Certainty, Matcher, Verdict, candidate_pairs, decide, ranking};
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

/// Activities on all platforms that are one and the same. Positions are those of the input.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The best one first: it is uploaded to the platforms where the activity is missing.
    pub members: Vec<usize>,
    /// Why it is the best one; `None` if it is the only one.
    pub because: Option<Reason>,
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
type Edge = (Certainty, i64, usize, usize);

impl Matcher {
    /// The groups over all platforms, by start. Each activity is in exactly one group.
    pub fn groups(&self, all: &[Candidate]) -> Vec<Group> {
        let order = by_time(all);
        let sorted: Vec<Candidate> = order.iter().map(|&at| all[at].clone()).collect();
        let groups = self.join(&sorted, &self.edges(&sorted, |_, _| true));
        let as_given = |members: Vec<usize>| {
            let because = members.get(1).map(|&second| ranking::reason(&sorted[members[0]], &sorted[second]));
            Group { members: members.into_iter().map(|at| order[at]).collect(), because }
        };
        groups.into_iter().map(as_given).collect()
    }

    /// The duplicates on each platform, by position; each activity at most once.
    ///
    /// A member of a group refers to the best member of which it is a duplicate, else to the best of the group: of a watch, a
    /// bicycle computer and a duplicate of the latter, the duplicate refers to the computer. An activity that is only similar
    /// to another one (`shifted`, `start-only`) is reported too, unless it is already a duplicate: a person can check it, and
    /// it is never deleted.
    pub fn duplicates(&self, all: &[Candidate]) -> Vec<FoundDuplicate> {
        let order = by_time(all);
        let sorted: Vec<Candidate> = order.iter().map(|&at| all[at].clone()).collect();
        let edges = self.edges(&sorted, |a, b| a.activity.platform == b.activity.platform);
        let mut kept: Vec<Option<usize>> = vec![None; sorted.len()];
        for group in self.join(&sorted, &edges) {
            self.refer(&sorted, &group, &mut kept);
        }
        let is_marked: Vec<bool> = kept.iter().map(Option::is_some).collect();
        // Strong pairs that were not joined contradict a member of the group: they are not reported.
        for &(_, _, a, b) in edges.iter().filter(|edge| !self.joins(edge.0)) {
            let (better, other) = if ranking::order(&sorted[a], &sorted[b]).is_le() { (a, b) } else { (b, a) };
            // The strongest pair comes first.
            if !is_marked[better] && kept[other].is_none() {
                kept[other] = Some(better);
            }
        }
        let duplicate = |(at, of): (usize, Option<usize>)| {
            let of = of?;
            // No member of a group contradicts the kept one, so a verdict exists.
            let verdict = self.verdict(&sorted[at], &sorted[of])?;
            let kept_because = ranking::reason(&sorted[of], &sorted[at]);
            Some(FoundDuplicate { index: order[at], of: order[of], verdict, kept_because })
        };
        let mut duplicates: Vec<FoundDuplicate> = kept.into_iter().enumerate().filter_map(duplicate).collect();
        duplicates.sort_by_key(|one| one.index);
        duplicates
    }

    /// The pairs on different platforms that are in different groups although they may be the same activity: the evidence is
    /// not sufficient, or one of them contradicts a third one. By position; `left` is the smaller one.
    pub fn possible_matches(&self, all: &[Candidate], groups: &[Group]) -> Vec<Pair> {
        let mut home = vec![0; all.len()];
        for (number, group) in groups.iter().enumerate() {
            group.members.iter().for_each(|&at| home[at] = number);
        }
        let apart =
            |&(a, b): &(usize, usize)| home[a] != home[b] && all[a].activity.platform != all[b].activity.platform;
        let compared = |(a, b): (usize, usize)| {
            self.possible_match(&all[a], &all[b]).map(|verdict| Pair { left: a, right: b, verdict })
        };
        let mut pairs = self.candidate_pairs(all);
        pairs.extend(candidate_pairs::overlapping(all));
        pairs.sort_unstable();
        pairs.dedup();
        pairs.into_iter().filter(apart).filter_map(compared).collect()
    }

    /// The comparison of two activities that are certainly or possibly the same; `None` if they are certainly different.
    pub fn possible_match(&self, a: &Candidate, b: &Candidate) -> Option<Verdict> {
        let evidence = Evidence::of(a, b);
        match self.verdict(a, b) {
            Some(verdict) if self.joins(verdict.certainty) => Some(verdict),
            verdict if decide::is_possible_match(self, &evidence) => Some(verdict.unwrap_or_else(|| Verdict {
                certainty: Certainty::StartOnly,
                reasons: std::iter::once(Reason::PartialOverlap).chain(evidence.reasons()).collect(),
            })),
            _ => None,
        }
    }

    /// The order in which members of a group are preferred, to be kept or uploaded: the lesser is the better.
    pub fn order(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
        ranking::order(a, b)
    }

    /// Sets, for each member of a group except the best (the first), the member to which it refers.
    fn refer(&self, all: &[Candidate], group: &[usize], kept: &mut [Option<usize>]) {
        let repeats = |a: usize, b: usize| {
            let certainty = decide::certainty(self, &Evidence::of(&all[a], &all[b]));
            certainty.is_some_and(Certainty::is_duplicate)
        };
        let mut lasting: Vec<usize> = Vec::new();
        for &at in group {
            match lasting.iter().find(|&&better| repeats(at, better)) {
                Some(&better) => kept[at] = Some(better),
                None => {
                    kept[at] = (at != group[0]).then_some(group[0]);
                    lasting.push(at);
                }
            }
        }
    }

    fn edges(&self, all: &[Candidate], wanted: impl Fn(&Candidate, &Candidate) -> bool) -> Vec<Edge> {
        let near = self.candidate_pairs(all).into_iter().filter(|&(a, b)| wanted(&all[a], &all[b]));
        let edge = |(a, b): (usize, usize)| {
            let evidence = Evidence::of(&all[a], &all[b]);
            let gap_ms = evidence.gap_s.map_or(i64::MAX, |gap| (gap * 1000.0) as i64);
            Some((decide::certainty(self, &evidence)?, gap_ms, a, b))
        };
        let mut edges: Vec<Edge> = near.filter_map(edge).collect();
        edges.sort_unstable();
        edges
    }

    /// The groups, by their first member; in each the best member first.
    fn join(&self, all: &[Candidate], edges: &[Edge]) -> Vec<Vec<usize>> {
        let mut home: Vec<usize> = (0..all.len()).collect();
        let mut groups: Vec<Vec<usize>> = (0..all.len()).map(|at| vec![at]).collect();
        for &(_, _, a, b) in edges.iter().filter(|edge| self.joins(edge.0)) {
            let (a, b) = (home[a].min(home[b]), home[a].max(home[b]));
            if a == b || self.any_contradiction(all, &groups[a], &groups[b]) {
                continue;
            }
            let moved = std::mem::take(&mut groups[b]);
            moved.iter().for_each(|&at| home[at] = a);
            groups[a].extend(moved);
        }
        groups.retain(|group| !group.is_empty());
        for group in &mut groups {
            group.sort_by(|&a, &b| ranking::order(&all[a], &all[b]));
        }
        groups
    }

    fn any_contradiction(&self, all: &[Candidate], one: &[usize], other: &[usize]) -> bool {
        let contradict = |a: usize, b: usize| decide::must_be_apart(self, &Evidence::of(&all[a], &all[b]));
        one.iter().any(|&a| other.iter().any(|&b| contradict(a, b)))
    }
}

/// Positions by start, platform and id: an order that does not depend on the order of the input.
fn by_time(all: &[Candidate]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..all.len()).collect();
    let key = |at: usize| (all[at].activity.start_time, &all[at].activity.platform, &all[at].activity.id);
    order.sort_by(|&a, &b| key(a).cmp(&key(b)));
    order
}
