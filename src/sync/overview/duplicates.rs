//! Duplicates on a platform, and suspected time zone errors.

use super::compared::Compared;
use super::newest::Newest;
use crate::matching::{self, Candidates, Certainty, Matcher};
use crate::reason::Reason;
use crate::status::{Duplicate, RedactedReason, SimilarPair};

/// A duplicate, and the activity of which it is one: their positions, and the comparison.
pub(super) type FoundPair = (usize, usize, matching::FoundDuplicate);

/// The duplicates, and the suspected time zone errors.
#[derive(Default)]
pub(super) struct SimilarLists {
    /// The duplicates.
    pub duplicates: Newest<u64, Duplicate>,
    /// How many of them may be deleted.
    pub deletable: u64,
    /// The suspected time zone errors.
    pub shifted: Newest<(u64, u64), SimilarPair>,
}

impl Compared<'_> {
    /// The positions of duplicates, and of the activities that are kept.
    pub fn pairs(&self, matcher: &Matcher) -> Vec<FoundPair> {
        let all = 0..self.groups.activities.entries.len();
        let present: Vec<usize> = all.filter(|&at| self.is_present(at)).collect();
        let candidates: Candidates = present.iter().map(|&at| self.groups.candidate(at)).collect();
        matcher
            .duplicates(&candidates)
            .into_iter()
            .map(|found| (present[found.index], present[found.of], found))
            .collect()
    }

    /// Adds the duplicates `pairs`, and the suspected time zone errors.
    pub fn add_duplicates(&self, pairs: &[FoundPair], lists: &mut SimilarLists) {
        let mut shifted = Vec::new();
        for (at, of, copy) in pairs {
            let certainty = copy.verdict.certainty;
            if certainty == Certainty::Shifted {
                shifted.push((*of, *at, &copy.verdict.reasons));
                continue;
            }
            lists.deletable += u64::from(certainty.is_duplicate());
            lists.duplicates.add(self.rank(*at), || Duplicate {
                copy: self.activity(*at),
                kept: self.activity(*of),
                certainty: certainty.name(),
                deletable: certainty.is_duplicate(),
                reasons: redacted(&copy.verdict.reasons),
                kept_because: RedactedReason::of(&copy.kept_because),
            });
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
}

fn redacted(reasons: &[Reason]) -> Vec<RedactedReason> {
    reasons.iter().map(RedactedReason::of).collect()
}
