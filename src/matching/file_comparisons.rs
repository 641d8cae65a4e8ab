//! The files whose contents were compared.

use std::collections::HashMap;

use crate::streams::StreamComparison;

/// SHA-256 of a file.
type Digest = [u8; 32];

/// The comparisons of files, by their digests.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileComparisons(HashMap<(Digest, Digest), StreamComparison>);

fn ordered(a: Digest, b: Digest) -> (Digest, Digest) {
    (a.min(b), a.max(b))
}

impl FileComparisons {
    /// Adds the comparison of two files, in any order.
    pub fn add(&mut self, a: Digest, b: Digest, comparison: StreamComparison) {
        self.0.insert(ordered(a, b), comparison);
    }

    /// The comparison of two files, in any order.
    pub fn get(&self, a: Digest, b: Digest) -> Option<&StreamComparison> {
        if self.0.is_empty() { None } else { self.0.get(&ordered(a, b)) }
    }

    /// All pairs of files.
    pub(super) fn pairs(&self) -> impl Iterator<Item = &(Digest, Digest)> {
        self.0.keys()
    }

    /// Whether no files were compared.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
