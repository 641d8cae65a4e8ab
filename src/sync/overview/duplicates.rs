//! Duplicates on a platform, and suspected time zone errors.

use super::compared::Compared;
use crate::matching::{self, Candidate, Certainty, Matcher};
use crate::reason::Reason;
use crate::status::{Duplicate, RedactedReason, SimilarPair};

impl Compared<'_> {
    /// The positions of duplicates, and of the activities that are kept.
    pub fn pairs(&self, matcher: &Matcher) -> Vec<(usize, usize, matching::FoundDuplicate)> {
        let present: Vec<usize> = (0..self.groups.entries.len()).filter(|&at| self.is_present(at)).collect();
        let candidates: Vec<Candidate> = present.iter().map(|&at| self.groups.entries[at].candidate.clone()).collect();
        matcher
            .duplicates(&candidates)
            .into_iter()
            .map(|found| (present[found.index], present[found.of], found))
            .collect()
    }

    /// The duplicates, and the suspected time zone errors; the newest first.
    pub fn duplicates(&self, matcher: &Matcher) -> (Vec<Duplicate>, Vec<SimilarPair>) {
        let (mut duplicates, mut shifted) = (Vec::new(), Vec::new());
        for (at, of, copy) in self.pairs(matcher) {
            let certainty = copy.verdict.certainty;
            let reasons = redacted(&copy.verdict.reasons);
            if certainty == Certainty::Shifted {
                shifted.push((of, at, reasons));
                continue;
            }
            let duplicate = Duplicate {
                copy: self.activity(at),
                kept: self.activity(of),
                certainty: certainty.name(),
                deletable: certainty.is_duplicate(),
                reasons,
                kept_because: RedactedReason::of(&copy.kept_because),
            };
            duplicates.push(duplicate);
        }
        let possible = self.groups.possible_matches().filter(|pair| pair.verdict.certainty == Certainty::Shifted);
        let possible = possible.filter(|pair| self.is_present(pair.left) && self.is_present(pair.right));
        shifted.extend(possible.map(|pair| (pair.left, pair.right, redacted(&pair.verdict.reasons))));
        shifted.sort_by_key(|(one, other, _)| (*one, *other));
        let likeness =
            |(one, other, reasons)| SimilarPair { one: self.activity(one), other: self.activity(other), reasons };
        (duplicates, shifted.into_iter().map(likeness).collect())
    }
}

fn redacted(reasons: &[Reason]) -> Vec<RedactedReason> {
    reasons.iter().map(RedactedReason::of).collect()
}
