//! Duplicates on a platform, and suspected time zone errors.

use super::compared::Compared;
use super::guards::DeletionGuards;
use super::newest::Newest;
use crate::matching::{Candidates, Certainty, FoundDuplicate, Matcher};
use crate::reason::Reason;
use crate::status::{Duplicate, RedactedReason, SimilarPair};

/// A duplicate on a platform, certain or possible.
pub(super) struct FoundPair {
    /// Its position.
    at: usize,
    /// The position of the activity that is kept.
    of: usize,
    /// The comparison.
    found: FoundDuplicate,
    /// Why gs-delete would not delete it.
    failed_guard: Option<Reason>,
}

impl FoundPair {
    /// Whether gs-delete would delete it.
    pub fn is_deletable(&self) -> bool {
        self.failed_guard.is_none()
    }
}

/// The duplicates, and the suspected time zone errors.
#[derive(Default)]
pub(super) struct SimilarLists {
    /// The duplicates, certain and possible.
    pub duplicates: Newest<u64, Duplicate>,
    /// How many of them are certain.
    pub certain: u64,
    /// How many of them gs-delete would delete.
    pub deletable: u64,
    /// The suspected time zone errors.
    pub shifted: Newest<(u64, u64), SimilarPair>,
}

impl Compared<'_> {
    /// The duplicates on each platform, certain and possible.
    pub fn duplicates(&self, matcher: &Matcher) -> Vec<FoundPair> {
        let all = 0..self.groups.activities.entries.len();
        let present: Vec<usize> = all.filter(|&at| self.is_present(at)).collect();
        let candidates: Candidates = present.iter().map(|&at| self.groups.candidate(at)).collect();
        let guards = DeletionGuards::of(self.read);
        let pair = |found: FoundDuplicate| {
            let (at, of) = (present[found.index], present[found.of]);
            let failed_guard = self.failed_guard(&guards, (at, of), found.verdict.certainty);
            FoundPair { at, of, found, failed_guard }
        };
        matcher.duplicates(&candidates).into_iter().map(pair).collect()
    }

    /// Adds the duplicates `pairs`, and the suspected time zone errors.
    pub fn add_duplicates(&self, pairs: &[FoundPair], lists: &mut SimilarLists) {
        let mut shifted = Vec::new();
        for pair in pairs {
            let verdict = &pair.found.verdict;
            if verdict.certainty == Certainty::Shifted {
                shifted.push((pair.of, pair.at, &verdict.reasons));
                continue;
            }
            lists.certain += u64::from(verdict.certainty.is_duplicate());
            lists.deletable += u64::from(pair.is_deletable());
            lists.duplicates.add(self.rank(pair.at), || self.duplicate(pair));
        }
        let possible = self.groups.possible_matches().filter(|pair| pair.verdict.certainty == Certainty::Shifted);
        let possible = possible.filter(|pair| self.is_present(pair.left) && self.is_present(pair.right));
        shifted.extend(possible.map(|pair| (pair.left, pair.right, &pair.verdict.reasons)));
        for (one, other, reasons) in shifted {
            lists.shifted.add((self.rank(one), self.rank(other)), || SimilarPair {
                one: self.activity(one),
                other: self.activity(other),
                reasons: redacted(reasons),
            });
        }
    }

    fn duplicate(&self, pair: &FoundPair) -> Duplicate {
        let verdict = &pair.found.verdict;
        Duplicate {
            copy: self.activity(pair.at),
            kept: self.activity(pair.of),
            certainty: verdict.certainty.name(),
            certain: verdict.certainty.is_duplicate(),
            deletable: pair.is_deletable(),
            not_deletable_because: pair.failed_guard.as_ref().map(RedactedReason::of),
            reasons: redacted(&verdict.reasons),
            kept_because: RedactedReason::of(&pair.found.kept_because),
        }
    }
}

fn redacted(reasons: &[Reason]) -> Vec<RedactedReason> {
    reasons.iter().map(RedactedReason::of).collect()
}
