//! Whether a copy may be deleted: every guard, in one table.
//!
//! What is deleted is gone from a person's history; so all of it must hold, and whatever does not is told.

use crate::matching::Certainty;

/// What was found out about a copy that is to be deleted.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// The platform lets its activities be deleted.
    pub can_delete: bool,
    /// It was deleted as a copy before, and a person has put it back.
    pub was_restored: bool,
    /// Its deletion was asked for already, and what became of that is not known yet.
    pub is_asked_for: bool,
    /// The entry that is kept is another one, on the same platform.
    pub is_another: bool,
    /// An upload of this run made it.
    pub is_of_this_run: bool,
    /// What the two have in common by all that is known now, the files included; nothing: they are not alike.
    pub certainty: Option<Certainty>,
    /// Its original is in the archive, its hash is right and the file is whole.
    pub archived: Archived,
    /// The same of the entry that is kept.
    pub kept_archived: Archived,
    /// Of the two, the kept entry is the better one.
    pub kept_is_better: bool,
    /// This run has seen the kept entry on the platform.
    pub kept_is_there: bool,
    /// Deletions begun in this run, and how many there may be.
    pub deleted: u64,
    /// At most so many.
    pub max_delete: u64,
    /// A person, or a setting of theirs, said so.
    pub yes: bool,
}

/// What the archive has of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archived {
    /// The original, whole, with the hash that was written down.
    Whole,
    /// Nothing, or nothing that is whole.
    No,
    /// A file, but no FIT original: what a service computed, or another format.
    NoOriginal,
}

/// Why it may not be deleted; nothing if it may. The cheap questions first, the person's word last.
pub fn refusal(facts: &Facts) -> Option<String> {
    let guards = [
        (facts.can_delete, "nothing is deleted on this platform"),
        (
            !facts.is_asked_for,
            "its deletion was asked for, and what became of that is not known yet; the next run looks",
        ),
        (facts.is_another, "the entry that is to be kept is not another one on the same platform"),
        (!facts.was_restored, "it was deleted before and put back by hand; it stays"),
        (!facts.is_of_this_run, "it was uploaded in this very run; the next one may look at it"),
        (facts.certainty != Some(Certainty::TwoDevices), "two devices recorded it, and neither entry is superfluous"),
        (facts.certainty.is_some_and(Certainty::is_superfluous), "it is not certain that both are one recording"),
        (facts.archived != Archived::No, "its file is not whole in the archive; run gs-download first"),
        (facts.archived != Archived::NoOriginal, "the archive has no original FIT file of it that could bring it back"),
        (
            facts.kept_archived == Archived::Whole,
            "the file of the entry that is to be kept is not whole in the archive; run gs-download first",
        ),
        (facts.kept_is_better, "with both files at hand it is the better one of the two"),
        (facts.kept_is_there, "the platform does not show the entry that is to be kept"),
    ];
    if let Some((_, why)) = guards.into_iter().find(|(holds, _)| !holds) {
        return Some(why.to_owned());
    }
    if facts.deleted >= facts.max_delete {
        return Some(format!(
            "the limit of {} deletions a run is reached (--max-delete); the next run goes on",
            facts.max_delete
        ));
    }
    (!facts.yes).then(|| "nobody said --yes".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: Facts = Facts {
        can_delete: true,
        was_restored: false,
        is_asked_for: false,
        is_another: true,
        is_of_this_run: false,
        certainty: Some(Certainty::SameFile),
        archived: Archived::Whole,
        kept_archived: Archived::Whole,
        kept_is_better: true,
        kept_is_there: true,
        deleted: 9,
        max_delete: 10,
        yes: true,
    };

    #[test]
    fn ancestors_7_each_guard_alone_keeps_a_copy() {
        assert_eq!(refusal(&FINE), None);
        let cases = [
            (Facts { can_delete: false, ..FINE }, "nothing is deleted"),
            (Facts { was_restored: true, ..FINE }, "put back by hand"),
            (Facts { is_asked_for: true, ..FINE }, "was asked for"),
            (Facts { is_another: false, ..FINE }, "not another one"),
            (Facts { is_of_this_run: true, ..FINE }, "in this very run"),
            (Facts { certainty: Some(Certainty::TwoDevices), ..FINE }, "two devices"),
            (Facts { certainty: Some(Certainty::Shifted), ..FINE }, "not certain"),
            (Facts { certainty: Some(Certainty::StartOnly), ..FINE }, "not certain"),
            (Facts { certainty: None, ..FINE }, "not certain"),
            (Facts { archived: Archived::No, ..FINE }, "not whole in the archive"),
            (Facts { archived: Archived::NoOriginal, ..FINE }, "no original FIT"),
            (Facts { kept_archived: Archived::No, ..FINE }, "to be kept is not whole"),
            (Facts { kept_archived: Archived::NoOriginal, ..FINE }, "to be kept is not whole"),
            (Facts { kept_is_better: false, ..FINE }, "the better one"),
            (Facts { kept_is_there: false, ..FINE }, "does not show"),
            (Facts { deleted: 10, ..FINE }, "limit of 10"),
            (Facts { max_delete: 0, deleted: 0, ..FINE }, "limit of 0"),
            (Facts { yes: false, ..FINE }, "--yes"),
        ];
        for (facts, words) in cases {
            let why = refusal(&facts).unwrap_or_default();
            assert!(why.contains(words), "{words}: {why}");
        }
    }
}
