//! Whether a copy may be deleted: every guard, in one table.
//!
//! What is deleted is gone from a person's history; so all of it must hold, and whatever does not is told.

use crate::matching::Certainty;
use crate::reason::Reason;

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

/// The first guard that does not hold; nothing if it may be deleted. The cheap questions first, the person's word last.
pub fn first_failed_guard(facts: &Facts) -> Option<Reason> {
    let guards = [
        (facts.can_delete, Reason::DeletionNotSupported),
        (!facts.is_asked_for, Reason::DeletionPending),
        (facts.is_another, Reason::NotAnotherActivity),
        (!facts.was_restored, Reason::RestoredByHand),
        (!facts.is_of_this_run, Reason::UploadedInThisRun),
        (facts.certainty != Some(Certainty::TwoDevices), Reason::TwoDevices),
        (facts.certainty.is_some_and(Certainty::is_superfluous), Reason::MatchNotSure),
        (facts.archived != Archived::No, Reason::NotArchived),
        (facts.archived != Archived::NoOriginal, Reason::OriginalNotArchived),
        (facts.kept_archived == Archived::Whole, Reason::KeptNotArchived),
        (facts.kept_is_better, Reason::BetterCopy),
        (facts.kept_is_there, Reason::KeptNotListed),
        (facts.deleted < facts.max_delete, Reason::DeletionLimit { limit: facts.max_delete }),
        (facts.yes, Reason::NotConfirmed),
    ];
    guards.into_iter().find(|(holds, _)| !holds).map(|(_, reason)| reason)
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
    fn each_guard_alone_keeps_a_duplicate() {
        assert_eq!(first_failed_guard(&FINE), None);
        let cases = [
            (Facts { can_delete: false, ..FINE }, Reason::DeletionNotSupported),
            (Facts { was_restored: true, ..FINE }, Reason::RestoredByHand),
            (Facts { is_asked_for: true, ..FINE }, Reason::DeletionPending),
            (Facts { is_another: false, ..FINE }, Reason::NotAnotherActivity),
            (Facts { is_of_this_run: true, ..FINE }, Reason::UploadedInThisRun),
            (Facts { certainty: Some(Certainty::TwoDevices), ..FINE }, Reason::TwoDevices),
            (Facts { certainty: Some(Certainty::Shifted), ..FINE }, Reason::MatchNotSure),
            (Facts { certainty: Some(Certainty::StartOnly), ..FINE }, Reason::MatchNotSure),
            (Facts { certainty: None, ..FINE }, Reason::MatchNotSure),
            (Facts { archived: Archived::No, ..FINE }, Reason::NotArchived),
            (Facts { archived: Archived::NoOriginal, ..FINE }, Reason::OriginalNotArchived),
            (Facts { kept_archived: Archived::No, ..FINE }, Reason::KeptNotArchived),
            (Facts { kept_archived: Archived::NoOriginal, ..FINE }, Reason::KeptNotArchived),
            (Facts { kept_is_better: false, ..FINE }, Reason::BetterCopy),
            (Facts { kept_is_there: false, ..FINE }, Reason::KeptNotListed),
            (Facts { deleted: 10, ..FINE }, Reason::DeletionLimit { limit: 10 }),
            (Facts { max_delete: 0, deleted: 0, ..FINE }, Reason::DeletionLimit { limit: 0 }),
            (Facts { yes: false, ..FINE }, Reason::NotConfirmed),
        ];
        for (facts, reason) in cases {
            assert_eq!(first_failed_guard(&facts), Some(reason));
        }
    }
}
