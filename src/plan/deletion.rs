//! Whether a duplicate may be deleted: the guards that follow from what the catalogue knows, in one table. Those that
//! need the service or the archive at the moment of the deletion are in `sync/delete.rs`.
//!
//! A deletion removes an activity from a person's history, so every guard must pass, and the first one that fails is reported.

use crate::matching::Certainty;
use crate::reason::Reason;

/// The facts about a duplicate that the guards check.
#[derive(Debug, Clone, Copy)]
pub struct DeletionFacts {
    /// The platform supports deletions.
    pub can_delete: bool,
    /// It was deleted as a duplicate before, and a person restored it.
    pub was_restored: bool,
    /// Its deletion was requested before, and the result is not known yet.
    pub is_pending: bool,
    /// The activity that is kept is a different one, on the same platform.
    pub is_kept_another: bool,
    /// An upload of this run created it.
    pub is_of_this_run: bool,
    /// How certain the match is now, files included; `None`: they do not match.
    pub certainty: Option<Certainty>,
    /// Whether its original is in the archive.
    pub archived: Archived,
    /// Whether the original of the kept activity is in the archive.
    pub kept_archived: Archived,
    /// The kept activity is the better one.
    pub kept_is_better: bool,
    /// A listing of this run shows the kept activity.
    pub kept_is_listed: bool,
    /// The number of deletions that this run has started.
    pub deleted: u64,
    /// The maximum number of deletions in a run.
    pub max_delete: u64,
    /// A person confirmed it, with `--yes` or a setting.
    pub is_confirmed: bool,
}

/// What the archive has of an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archived {
    /// The original, complete and with the stored hash.
    Whole,
    /// No file, or a corrupt one.
    No,
    /// A file that is no FIT original: converted by the service, or in another format.
    NoOriginal,
}

/// The reason of the first guard that fails; `None` if the duplicate may be deleted. The confirmation comes last.
pub fn first_failed_guard(facts: &DeletionFacts) -> Option<Reason> {
    let guards = [
        (facts.can_delete, Reason::DeletionNotSupported),
        (!facts.is_pending, Reason::DeletionPending),
        (facts.is_kept_another, Reason::NotAnotherActivity),
        (!facts.was_restored, Reason::RestoredByHand),
        (!facts.is_of_this_run, Reason::UploadedInThisRun),
        (facts.certainty != Some(Certainty::TwoDevices), Reason::TwoDevices),
        (facts.certainty != Some(Certainty::Trimmed), Reason::Trimmed),
        (facts.certainty.is_some_and(Certainty::is_duplicate), Reason::MatchNotSure),
        (facts.archived != Archived::No, Reason::NotArchived),
        (facts.archived != Archived::NoOriginal, Reason::OriginalNotArchived),
        (facts.kept_archived == Archived::Whole, Reason::KeptNotArchived),
        (facts.kept_is_better, Reason::BetterThanKept),
        (facts.kept_is_listed, Reason::KeptNotListed),
        (facts.deleted < facts.max_delete, Reason::DeletionLimit { limit: facts.max_delete }),
        (facts.is_confirmed, Reason::NotConfirmed),
    ];
    guards.into_iter().find(|(holds, _)| !holds).map(|(_, reason)| reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: DeletionFacts = DeletionFacts {
        can_delete: true,
        was_restored: false,
        is_pending: false,
        is_kept_another: true,
        is_of_this_run: false,
        certainty: Some(Certainty::SameFile),
        archived: Archived::Whole,
        kept_archived: Archived::Whole,
        kept_is_better: true,
        kept_is_listed: true,
        deleted: 9,
        max_delete: 10,
        is_confirmed: true,
    };

    #[test]
    fn each_guard_alone_keeps_a_duplicate() {
        assert_eq!(first_failed_guard(&FINE), None);
        let cases = [
            (DeletionFacts { can_delete: false, ..FINE }, Reason::DeletionNotSupported),
            (DeletionFacts { was_restored: true, ..FINE }, Reason::RestoredByHand),
            (DeletionFacts { is_pending: true, ..FINE }, Reason::DeletionPending),
            (DeletionFacts { is_kept_another: false, ..FINE }, Reason::NotAnotherActivity),
            (DeletionFacts { is_of_this_run: true, ..FINE }, Reason::UploadedInThisRun),
            (DeletionFacts { certainty: Some(Certainty::TwoDevices), ..FINE }, Reason::TwoDevices),
            (DeletionFacts { certainty: Some(Certainty::Trimmed), ..FINE }, Reason::Trimmed),
            (DeletionFacts { certainty: Some(Certainty::Shifted), ..FINE }, Reason::MatchNotSure),
            (DeletionFacts { certainty: Some(Certainty::StartOnly), ..FINE }, Reason::MatchNotSure),
            (DeletionFacts { certainty: None, ..FINE }, Reason::MatchNotSure),
            (DeletionFacts { archived: Archived::No, ..FINE }, Reason::NotArchived),
            (DeletionFacts { archived: Archived::NoOriginal, ..FINE }, Reason::OriginalNotArchived),
            (DeletionFacts { kept_archived: Archived::No, ..FINE }, Reason::KeptNotArchived),
            (DeletionFacts { kept_archived: Archived::NoOriginal, ..FINE }, Reason::KeptNotArchived),
            (DeletionFacts { kept_is_better: false, ..FINE }, Reason::BetterThanKept),
            (DeletionFacts { kept_is_listed: false, ..FINE }, Reason::KeptNotListed),
            (DeletionFacts { deleted: 10, ..FINE }, Reason::DeletionLimit { limit: 10 }),
            (DeletionFacts { max_delete: 0, deleted: 0, ..FINE }, Reason::DeletionLimit { limit: 0 }),
            (DeletionFacts { is_confirmed: false, ..FINE }, Reason::NotConfirmed),
        ];
        for (facts, reason) in cases {
            assert_eq!(first_failed_guard(&facts), Some(reason));
        }
    }
}
