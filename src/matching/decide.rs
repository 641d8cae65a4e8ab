//! The decision table: from evidence to certainty. `docs/matching.md` gives the reasons, line by line.

use super::evidence::{Devices, Evidence, Files, Measure};
use super::streams::Streams;
use super::{Certainty, Matcher, Rule};

/// How certain it is that both are the same activity; `None` if they are unrelated.
pub(super) fn certainty(matcher: &Matcher, e: &Evidence) -> Option<Certainty> {
    let within = e.gap_s.is_some_and(|gap| gap <= f64::from(matcher.tolerance_s));
    match matcher.rule {
        _ if e.is_same_activity => None,
        Rule::Start => within.then_some(Certainty::StartOnly),
        Rule::Evidence if is_same_file(e, within) => Some(Certainty::SameFile),
        Rule::Evidence if is_trimmed(e) => Some(Certainty::Trimmed),
        Rule::Evidence if within => Some(of_one_start(e)),
        Rule::Evidence => is_shifted(e).then_some(Certainty::Shifted),
    }
}

/// Whether the two may never be in one group, even if a third activity matches both.
pub(super) fn must_be_apart(matcher: &Matcher, e: &Evidence) -> bool {
    match certainty(matcher, e) {
        // Starts too far apart, or unknown.
        None => true,
        Some(Certainty::StartOnly) => matcher.rule == Rule::Evidence && contradicts(e),
        Some(_) => false,
    }
}

/// Whether both may be the same activity although the evidence is not sufficient. Nobody starts two activities at the same
/// time, or ends two, so such pairs are possible matches. Pairs of different sports are only possible matches if no measure
/// differs, and both measures are known or the starts are equal: a person may have changed the sport. A possible match is
/// not uploaded next to the other one.
pub(super) fn is_possible_match(matcher: &Matcher, e: &Evidence) -> bool {
    let of_one_sport = e.sport() != Some(false) || e.whole_and_part();
    match certainty(matcher, e) {
        Some(Certainty::Shifted) => true,
        // A sport or a distance that a person edited, a trimmed recording, or an activity with nothing but a start.
        Some(Certainty::StartOnly) => {
            let is_measured = e.timer == Measure::Differs || e.distance == Measure::Differs;
            let is_known = e.timer != Measure::Unknown && e.distance != Measure::Unknown;
            e.overlap != Some(false) && (of_one_sport || (!is_measured && (is_known || e.close_start())))
        }
        // A recording trimmed at its beginning; a multisport activity and one of its legs.
        None => {
            let ends_with = e.end_gap_s.is_some_and(|gap| gap <= f64::from(matcher.tolerance_s));
            let is_late = ends_with && of_one_sport || e.whole_and_part();
            matcher.rule == Rule::Evidence && !e.is_same_activity && e.overlap == Some(true) && is_late
        }
        Some(_) => false,
    }
}

/// Starts within the tolerance.
fn of_one_start(e: &Evidence) -> Certainty {
    if contradicts(e) || !is_enough(e) {
        return Certainty::StartOnly;
    }
    match e.devices {
        Devices::Different => Certainty::TwoDevices,
        Devices::Same => Certainty::Match,
        // Versions of one recording differ by rounding; larger differences may come from a second device.
        Devices::Unknown if e.close_start() && no_more_than_rounding(e) && e.streams != Streams::Two => {
            Certainty::Match
        }
        Devices::Unknown => Certainty::TwoDevices,
    }
}

/// Whether the evidence says that both are different activities.
fn contradicts(e: &Evidence) -> bool {
    e.sport() == Some(false)
        || e.timer == Measure::Differs
        || e.distance == Measure::Differs
        || e.overlap == Some(false)
        || e.streams == Streams::Contradict
}

/// Whether the evidence is sufficient: the less is known, the closer the values must be.
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

/// Whether both have the same file and are the same activity. The same file alone is not sufficient: every leg of a
/// multisport activity has the file of the whole, and tools that split a recording leave its `file_id` in every part. So
/// both must have the same length and take place at the same time. Sport and distance do not count: people correct both by
/// hand (a wrong type, a treadmill).
fn is_same_file(e: &Evidence, within: bool) -> bool {
    let is_one = match e.streams {
        // Two devices may have received the same sensors.
        Streams::Same => !e.is_part() && e.devices != Devices::Different,
        // Programs give several recordings one `file_id`.
        Streams::Contradict => false,
        Streams::Two | Streams::Unknown => matches!(e.files, Files::SameBytes | Files::SameRecording),
    };
    if !is_one || e.whole_and_part() {
        return false;
    }
    let as_long = match (e.timer, e.distance) {
        (Measure::Differs, _) | (Measure::Unknown, Measure::Differs) => return false,
        (Measure::Unknown, Measure::Unknown) => false,
        _ => true,
    };
    match e.overlap {
        Some(true) => true,
        // A service that applied the wrong time zone; legs do not start a whole number of quarter hours apart.
        Some(false) => is_shifted_file(e),
        None => within || (e.gap_s.is_none() && as_long),
    }
}

/// Whether one is a part of the other: a recording that was trimmed or split. Which of both a person wants is not known.
fn is_trimmed(e: &Evidence) -> bool {
    e.is_part() && e.sport() != Some(false)
}

fn is_shifted_file(e: &Evidence) -> bool {
    e.quarter_hours().is_some()
        && e.timer == Measure::Close
        && e.distance != Measure::Differs
        && e.sport() != Some(false)
}

/// Whether both agree except that the starts differ by whole quarter hours. A commute is the same every day, but never to
/// the second and the metre.
fn is_shifted(e: &Evidence) -> bool {
    e.quarter_hours().is_some()
        && e.timer == Measure::Close
        && e.distance == Measure::Close
        && e.sport() != Some(false)
        && e.devices != Devices::Different
        && e.files != Files::TwoRecordings
}
