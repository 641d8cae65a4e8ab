//! From pairs to groups: each activity once, and which entry stands for it.
//!
//! The strongest evidence joins first. Two groups become one only if nobody in the one contradicts anybody in the
//! other, so no chain of likenesses brings together what is plainly two.

use super::evidence::Evidence;
use super::{Candidate, Certainty, Matcher, Verdict, decide, nearby, prefer};
use crate::reason::Reason;

/// An entry that repeats another one, on the same platform. Positions are those of the input.
#[derive(Debug, Clone, PartialEq)]
pub struct Copy {
    /// The copy.
    pub index: usize,
    /// The entry that is kept.
    pub of: usize,
    /// What the two have in common, directly; see [`Certainty::is_superfluous`] for what that allows.
    pub verdict: Verdict,
    /// Why that one is kept.
    pub kept_because: Reason,
}

/// All entries of the same activity. Positions are those of the input.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The best one first: that is what is sent to whoever lacks the activity.
    pub members: Vec<usize>,
    /// Why it is the best one; nothing if it is the only one.
    pub because: Option<Reason>,
}

/// Two entries that are the same activity, or may be.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The position of one.
    pub left: usize,
    /// The position of the other.
    pub right: usize,
    /// What they have in common.
    pub verdict: Verdict,
}

/// A pair that something is to be said of: the stronger and nearer in time, the lesser.
type Edge = (Certainty, i64, usize, usize);

impl Matcher {
    /// Every activity once, over all platforms; each entry is in exactly one group. By start.
    pub fn groups(&self, all: &[Candidate]) -> Vec<Group> {
        let order = by_time(all);
        let sorted: Vec<Candidate> = order.iter().map(|&at| all[at].clone()).collect();
        let groups = self.join(&sorted, &self.edges(&sorted, |_, _| true));
        let as_given = |members: Vec<usize>| {
            let because = members.get(1).map(|&second| prefer::reason(&sorted[members[0]], &sorted[second]));
            Group { members: members.into_iter().map(|at| order[at]).collect(), because }
        };
        groups.into_iter().map(as_given).collect()
    }

    /// On each platform: who is a copy of whom. By position; each entry at most once.
    ///
    /// Those of a group refer to the best entry that makes them superfluous, else to the best of the group: of a watch,
    /// a bicycle computer and a copy of the latter, the copy refers to the computer. An entry that only looks like another one (`shifted`, `start-only`) is
    /// told of too, if it is not a copy already: for a person to look at, and for nothing else.
    pub fn copies(&self, all: &[Candidate]) -> Vec<Copy> {
        let order = by_time(all);
        let sorted: Vec<Candidate> = order.iter().map(|&at| all[at].clone()).collect();
        let edges = self.edges(&sorted, |a, b| a.activity.platform == b.activity.platform);
        let mut kept: Vec<Option<usize>> = vec![None; sorted.len()];
        for group in self.join(&sorted, &edges) {
            self.refer(&sorted, &group, &mut kept);
        }
        let is_copy: Vec<bool> = kept.iter().map(Option::is_some).collect();
        // Strong ones that joined nothing contradict somebody: nothing is said of them.
        for &(_, _, a, b) in edges.iter().filter(|edge| !self.joins(edge.0)) {
            let (better, other) = if prefer::order(&sorted[a], &sorted[b]).is_le() { (a, b) } else { (b, a) };
            // The strongest edge comes first, so the first one that fits is taken.
            if !is_copy[better] && kept[other].is_none() {
                kept[other] = Some(better);
            }
        }
        let copy = |(at, of): (usize, Option<usize>)| {
            let of = of?;
            // Nobody in a group contradicts the kept one, so there is always a verdict.
            let verdict = self.verdict(&sorted[at], &sorted[of])?;
            let kept_because = prefer::reason(&sorted[of], &sorted[at]);
            Some(Copy { index: order[at], of: order[of], verdict, kept_because })
        };
        let mut copies: Vec<Copy> = kept.into_iter().enumerate().filter_map(copy).collect();
        copies.sort_by_key(|copy| copy.index);
        copies
    }

    /// Every two entries on different platforms that [`Matcher::groups`] keeps apart although they may be the same activity: what
    /// cannot be told, and what a contradiction with a third one kept apart. By position; `left` is the smaller one.
    pub fn doubts(&self, all: &[Candidate], groups: &[Group]) -> Vec<Pair> {
        let mut home = vec![0; all.len()];
        for (number, group) in groups.iter().enumerate() {
            group.members.iter().for_each(|&at| home[at] = number);
        }
        let apart =
            |&(a, b): &(usize, usize)| home[a] != home[b] && all[a].activity.platform != all[b].activity.platform;
        let doubt =
            |(a, b): (usize, usize)| self.doubt(&all[a], &all[b]).map(|verdict| Pair { left: a, right: b, verdict });
        let mut pairs = self.nearby(all);
        pairs.extend(nearby::overlapping(all));
        pairs.sort_unstable();
        pairs.dedup();
        pairs.into_iter().filter(apart).filter_map(doubt).collect()
    }

    /// What is to be said of two entries that are the same activity, or may be; nothing of those that are surely two.
    pub fn doubt(&self, a: &Candidate, b: &Candidate) -> Option<Verdict> {
        let evidence = Evidence::of(a, b);
        match self.verdict(a, b) {
            Some(verdict) if self.joins(verdict.certainty) => Some(verdict),
            verdict if decide::is_doubtful(self, &evidence) => Some(verdict.unwrap_or_else(|| Verdict {
                certainty: Certainty::StartOnly,
                reasons: std::iter::once(Reason::PartialOverlap).chain(evidence.reasons()).collect(),
            })),
            _ => None,
        }
    }

    /// Which of two entries of the same activity is kept, or sent elsewhere: the lesser.
    pub fn order(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
        prefer::order(a, b)
    }

    /// Says of each entry of a group but the best (the first) whom it refers to.
    fn refer(&self, all: &[Candidate], group: &[usize], kept: &mut [Option<usize>]) {
        let repeats = |a: usize, b: usize| {
            let certainty = decide::certainty(self, &Evidence::of(&all[a], &all[b]));
            certainty.is_some_and(Certainty::is_superfluous)
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
        let near = self.nearby(all).into_iter().filter(|&(a, b)| wanted(&all[a], &all[b]));
        let edge = |(a, b): (usize, usize)| {
            let evidence = Evidence::of(&all[a], &all[b]);
            let gap_ms = evidence.gap_s.map_or(i64::MAX, |gap| (gap * 1000.0) as i64);
            Some((decide::certainty(self, &evidence)?, gap_ms, a, b))
        };
        let mut edges: Vec<Edge> = near.filter_map(edge).collect();
        edges.sort_unstable();
        edges
    }

    /// The groups, by their first entry; in each the best entry first.
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
            group.sort_by(|&a, &b| prefer::order(&all[a], &all[b]));
        }
        groups
    }

    fn any_contradiction(&self, all: &[Candidate], one: &[usize], other: &[usize]) -> bool {
        let contradict = |a: usize, b: usize| decide::contradict(self, &Evidence::of(&all[a], &all[b]));
        one.iter().any(|&a| other.iter().any(|&b| contradict(a, b)))
    }
}

/// Positions by start, then by name: an order that does not depend on the order of the input.
fn by_time(all: &[Candidate]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..all.len()).collect();
    let key = |at: usize| (all[at].activity.start_time, &all[at].activity.platform, &all[at].activity.id);
    order.sort_by(|&a, &b| key(a).cmp(&key(b)));
    order
}
