//! The decision table: what the evidence amounts to. `docs/matching.md` tells why, line by line.

use super::evidence::{Devices, Evidence, Files, Measure};
use super::{Certainty, Matcher, Rule};

/// How sure it is that both are the same activity; nothing if they have nothing to do with each other.
pub(super) fn certainty(matcher: &Matcher, e: &Evidence) -> Option<Certainty> {
    let within = e.gap_s.is_some_and(|gap| gap <= f64::from(matcher.tolerance_s));
    match matcher.rule {
        _ if e.same_entry => None,
        Rule::Start => within.then_some(Certainty::StartOnly),
        Rule::Evidence if is_same_file(e, within) => Some(Certainty::SameFile),
        Rule::Evidence if within => Some(of_one_start(e)),
        Rule::Evidence => is_shifted(e).then_some(Certainty::Shifted),
    }
}

/// Whether no group may hold both, whatever a third entry says.
pub(super) fn contradict(matcher: &Matcher, e: &Evidence) -> bool {
    match certainty(matcher, e) {
        // Starts too far apart, or unknown.
        None => true,
        Some(Certainty::StartOnly) => matcher.rule == Rule::Evidence && speaks_against(e),
        Some(_) => false,
    }
}

/// Whether both may be the same activity although nobody can say so. Nobody begins two at once, nor ends two at once: such are
/// doubtful. Those of different sports only if no measure differs, and both are known or they began in one moment: a sport
/// that was changed by hand. Whoever is about to put one where the other is had better not.
pub(super) fn is_doubtful(matcher: &Matcher, e: &Evidence) -> bool {
    let of_one_sport = e.sport() != Some(false) || e.whole_and_part();
    match certainty(matcher, e) {
        Some(Certainty::Shifted) => true,
        // A sport or a distance that was changed by hand, a cut recording, an entry that tells nothing but its start.
        Some(Certainty::StartOnly) => {
            let is_measured = e.timer == Measure::Differs || e.distance == Measure::Differs;
            let is_told = e.timer != Measure::Unknown && e.distance != Measure::Unknown;
            e.overlap != Some(false) && (of_one_sport || (!is_measured && (is_told || e.close_start())))
        }
        // A recording cut at its beginning; a multisport activity and one of its legs.
        None => {
            let ends_with = e.end_gap_s.is_some_and(|gap| gap <= f64::from(matcher.tolerance_s));
            let is_late = ends_with && of_one_sport || e.whole_and_part();
            matcher.rule == Rule::Evidence && !e.same_entry && e.overlap == Some(true) && is_late
        }
        Some(_) => false,
    }
}

/// Starts within the tolerance.
fn of_one_start(e: &Evidence) -> Certainty {
    if speaks_against(e) || !is_enough(e) {
        return Certainty::StartOnly;
    }
    match e.devices {
        Devices::Different => Certainty::TwoDevices,
        Devices::Same => Certainty::Match,
        // Copies of one recording differ by rounding; what differs by more may come from a second device.
        Devices::Unknown if e.close_start() && no_more_than_rounding(e) => Certainty::Match,
        Devices::Unknown => Certainty::TwoDevices,
    }
}

/// Evidence that both are different activities.
fn speaks_against(e: &Evidence) -> bool {
    e.sport() == Some(false)
        || e.timer == Measure::Differs
        || e.distance == Measure::Differs
        || e.overlap == Some(false)
}

/// The less is known, the closer it must be.
fn is_enough(e: &Evidence) -> bool {
    let known = [e.timer, e.distance].iter().filter(|measure| **measure != Measure::Unknown).count();
    match (known, e.sport()) {
        (0, _) => false,
        (1, None) => e.close_start() && no_more_than_rounding(e),
        _ => true,
    }
}

fn no_more_than_rounding(e: &Evidence) -> bool {
    [e.timer, e.distance].iter().all(|measure| matches!(measure, Measure::Close | Measure::Unknown))
}

/// One file is not yet one entry: every leg of a multisport activity has the file of the whole, and what splits a
/// recording leaves its `file_id` in every part. So the entries must be equally long and at the same time.
/// The sport and the distance are not asked: people mend both by hand (a wrong type, a treadmill).
fn is_same_file(e: &Evidence, within: bool) -> bool {
    if !matches!(e.files, Files::SameBytes | Files::SameRecording) || e.whole_and_part() {
        return false;
    }
    let as_long = match (e.timer, e.distance) {
        (Measure::Differs, _) | (Measure::Unknown, Measure::Differs) => return false,
        (Measure::Unknown, Measure::Unknown) => false,
        _ => true,
    };
    match e.overlap {
        Some(true) => true,
        // A service that read the zone wrongly; legs do not begin at the same second of another quarter hour.
        Some(false) => is_shifted_file(e),
        None => within || (e.gap_s.is_none() && as_long),
    }
}

fn is_shifted_file(e: &Evidence) -> bool {
    e.quarter_hours().is_some()
        && e.timer == Measure::Close
        && e.distance != Measure::Differs
        && e.sport() != Some(false)
}

/// A way to work is the same every day, but never to the second and the metre.
fn is_shifted(e: &Evidence) -> bool {
    e.quarter_hours().is_some()
        && e.timer == Measure::Close
        && e.distance == Measure::Close
        && e.sport() != Some(false)
        && e.devices != Devices::Different
        && e.files != Files::TwoRecordings
}
