//! Measures what two activities have in common. Decides nothing.

use super::streams::Streams;
use super::{Candidate, Matcher};
use crate::fit::RecordingId;
use crate::reason::Reason;
use crate::sport::Family;
use crate::streams::StreamComparison;

/// Timer times agree if they differ by no more than this, or by 5 %.
const TIMER_SLACK_S: f64 = 30.0;
/// Distances agree if they differ by no more than this, or by 5 %.
const DISTANCE_SLACK_M: f64 = 100.0;
const SLACK: f64 = 0.05;
/// How much rounding and re-encoding change a start and a timer time, in seconds.
const CLOSE_START_S: f64 = 2.0;
const CLOSE_TIMER_S: f64 = 1.0;
/// How much rounding and re-encoding change a distance: in metres, or as a fraction.
const CLOSE_DISTANCE_M: f64 = 5.0;
const CLOSE_DISTANCE: f64 = 0.001;
/// Nobody moves faster than this (90 km/h), so a distance gives the shortest possible time.
pub const FASTEST_M_PER_S: f64 = 25.0;

/// The comparison of one measure of two activities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// Unknown or zero on at least one side.
    Unknown,
    /// Equal except for rounding.
    Close,
    /// Close enough for one activity.
    Agrees,
    /// Too different for one activity.
    Differs,
}

/// Whether one device recorded both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Devices {
    Same,
    Different,
    /// Nothing that can be compared.
    Unknown,
}

/// The comparison of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Files {
    /// The same bytes.
    SameBytes,
    /// The same device created both in the same second.
    SameRecording,
    /// Both files name their recording, and these differ.
    TwoRecordings,
    Unknown,
}

/// What two activities have in common, whichever comes first.
#[derive(Debug)]
pub(super) struct Evidence {
    /// Both are the same activity on the same platform, so nothing is compared.
    pub is_same_activity: bool,
    pub files: Files,
    /// The time between the starts, in seconds.
    pub gap_s: Option<f64>,
    /// The time between the ends, in seconds: by elapsed time or by timer time, whichever is shorter.
    pub end_gap_s: Option<f64>,
    /// Whether they overlap by at least half of the shorter one.
    pub overlap: Option<bool>,
    pub families: (Family, Family),
    pub timer: Measure,
    pub distance: Measure,
    pub devices: Devices,
    /// What the files recorded, second by second.
    pub streams: Streams,
    comparison: Option<StreamComparison>,
    timers_s: Option<(f64, f64)>,
    distances_m: Option<(f64, f64)>,
}

impl Evidence {
    pub fn of(matcher: &Matcher, a: &Candidate, b: &Candidate) -> Evidence {
        let timers_s = both(a.activity.timer_time_s, b.activity.timer_time_s);
        let distances_m = both(a.activity.distance_m, b.activity.distance_m);
        let families = (a.family, b.family);
        let (overlap, devices) = (overlap(a, b), devices(a, b));
        // One file has several activities, as the legs of a multisport activity do; only those at the same time concern
        // each other.
        let comparison = compared(matcher, a, b).filter(|_| overlap == Some(true));
        Evidence {
            is_same_activity: a.activity.key() == b.activity.key(),
            files: files(a, b),
            gap_s: gap_s(a, b),
            end_gap_s: end_gap_s(a, b),
            overlap,
            families: if families.0.name() <= families.1.name() { families } else { (families.1, families.0) },
            timer: measure(timers_s, TIMER_SLACK_S, |_| CLOSE_TIMER_S),
            distance: measure(distances_m, DISTANCE_SLACK_M, |metres| CLOSE_DISTANCE_M.max(CLOSE_DISTANCE * metres)),
            devices,
            streams: comparison.map_or(Streams::Unknown, |comparison| comparison.conclusion(devices)),
            comparison,
            timers_s,
            distances_m,
        }
    }

    /// Whether the starts are equal except for rounding.
    pub fn close_start(&self) -> bool {
        self.gap_s.is_some_and(|gap| gap <= CLOSE_START_S)
    }

    /// The number of quarter hours between the starts, if it is whole, not zero and at most 26 hours, the largest difference
    /// between two time zones.
    pub fn quarter_hours(&self) -> Option<u32> {
        let gap = self.gap_s?;
        let quarters = (gap / 900.0).round();
        let near = (gap - quarters * 900.0).abs() <= CLOSE_START_S;
        (near && (1.0..=104.0).contains(&quarters)).then_some(quarters as u32)
    }

    /// Whether both belong to one family of sports.
    pub fn sport(&self) -> Option<bool> {
        self.families.0.agrees(self.families.1)
    }

    /// Whether exactly one of them is a multisport activity: its legs have the same file.
    pub fn whole_and_part(&self) -> bool {
        let (a, b) = (self.families.0.name(), self.families.1.name());
        self.sport() == Some(false) && (a == "multisport" || b == "multisport")
    }

    /// Whether both are one recording, second by second, of which one file lacks a part.
    pub fn is_part(&self) -> bool {
        self.streams == Streams::Same && self.comparison.is_some_and(|comparison| comparison.is_part())
    }

    /// The evidence as reasons, the same for both orders.
    pub fn reasons(&self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        match self.files {
            Files::SameBytes => reasons.push(Reason::SameFile),
            Files::SameRecording => reasons.push(Reason::SameRecording),
            Files::TwoRecordings | Files::Unknown => {}
        }
        reasons.extend(self.comparison.iter().flat_map(|comparison| stream_reasons(self.streams, comparison)));
        reasons.push(self.start_reason());
        if self.overlap == Some(false) && self.quarter_hours().is_none() {
            reasons.push(Reason::NoOverlap);
        }
        let (a, b) = (self.families.0.name(), self.families.1.name());
        reasons.extend(self.sport().map(|one| match one {
            true => Reason::SameSport { sport: a.to_owned() },
            false => Reason::SportsDiffer { sports: [a.to_owned(), b.to_owned()] },
        }));
        reasons.extend(measured(self.timer, self.timers_s).map(|measured| match measured {
            Measured::Differs(seconds) => Reason::TimerTimesDiffer { seconds },
            Measured::Agrees(percent) => Reason::TimerTime { percent },
        }));
        reasons.extend(measured(self.distance, self.distances_m).map(|measured| match measured {
            Measured::Differs(metres) => Reason::DistancesDiffer { metres },
            Measured::Agrees(percent) => Reason::Distance { percent },
        }));
        reasons.push(match self.devices {
            Devices::Same => Reason::SameDevice,
            Devices::Different => Reason::DifferentDevices,
            Devices::Unknown => Reason::DevicesUnknown,
        });
        reasons
    }

    /// The time between the starts, as a reason.
    pub fn start_reason(&self) -> Reason {
        match (self.quarter_hours(), self.gap_s) {
            (Some(quarters), _) => Reason::StartShifted { minutes: quarters * 15 },
            (None, Some(seconds)) => Reason::StartApart { seconds },
            (None, None) => Reason::StartUnknown,
        }
    }
}

/// What the files recorded, as reasons.
fn stream_reasons(streams: Streams, comparison: &StreamComparison) -> Vec<Reason> {
    let minutes = (comparison.common_s as f64 / 60.0).round();
    match streams {
        Streams::Unknown => Vec::new(),
        Streams::Two => vec![Reason::StreamsDiffer],
        Streams::Same => {
            let part = comparison
                .is_part()
                .then(|| Reason::PartOfRecording { minutes: [minutes, (comparison.longer_s as f64 / 60.0).round()] });
            let same = Reason::SameStreams { streams: comparison.same_streams(), minutes };
            std::iter::once(same).chain(part).collect()
        }
        Streams::Contradict => {
            let heart_rates = Reason::HeartRatesDiffer { bpm: comparison.heart_rate.difference.round() };
            let speeds = Reason::SpeedsDiffer { percent: (comparison.speed.difference * 100.0).round() };
            let positions = Reason::PositionsDiffer { percent: (comparison.position.difference * 100.0).round() };
            let all = [
                (comparison.heart_rates_differ(), heart_rates),
                (comparison.speeds_differ(), speeds),
                (comparison.positions_differ(), positions),
            ];
            all.into_iter().filter(|(differs, _)| *differs).map(|(_, reason)| reason).collect()
        }
    }
}

/// A measure of two activities as a reason states it.
enum Measured {
    /// Both values.
    Differs([f64; 2]),
    /// The difference in per cent, with one decimal.
    Agrees(f64),
}

fn measured(measure: Measure, values: Option<(f64, f64)>) -> Option<Measured> {
    let (less, more) = values?;
    Some(match measure {
        Measure::Differs => Measured::Differs([less, more]),
        _ => Measured::Agrees(((more - less) / more * 1000.0).round() / 10.0),
    })
}

/// A measured value: services write 0 for a value that was not measured.
fn positive(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite() && *value > 0.0)
}

/// Both values, the smaller first.
fn both(a: Option<f64>, b: Option<f64>) -> Option<(f64, f64)> {
    let (a, b) = (positive(a)?, positive(b)?);
    Some((a.min(b), a.max(b)))
}

fn measure(values: Option<(f64, f64)>, slack: f64, close: impl Fn(f64) -> f64) -> Measure {
    let Some((less, more)) = values else { return Measure::Unknown };
    match more - less {
        difference if difference <= close(more) => Measure::Close,
        difference if difference <= slack.max(SLACK * more) => Measure::Agrees,
        _ => Measure::Differs,
    }
}

fn gap_s(a: &Candidate, b: &Candidate) -> Option<f64> {
    let (a, b) = (a.activity.start_time?.as_millisecond(), b.activity.start_time?.as_millisecond());
    Some(a.abs_diff(b) as f64 / 1000.0)
}

fn end_gap_s(a: &Candidate, b: &Candidate) -> Option<f64> {
    let later = b.activity.start_time?.as_millisecond() as f64 / 1000.0
        - a.activity.start_time?.as_millisecond() as f64 / 1000.0;
    let lengths =
        [(a.activity.elapsed_time_s, b.activity.elapsed_time_s), (a.activity.timer_time_s, b.activity.timer_time_s)];
    let gaps = lengths.into_iter().filter_map(|(one, two)| Some((later + positive(two)? - positive(one)?).abs()));
    gaps.min_by(f64::total_cmp)
}

/// The shortest duration that the activity can have had, in seconds.
pub(super) fn span_s(candidate: &Candidate) -> Option<f64> {
    positive(candidate.activity.timer_time_s)
        .or_else(|| positive(candidate.activity.elapsed_time_s))
        .or_else(|| positive(candidate.activity.distance_m).map(|metres| metres / FASTEST_M_PER_S))
}

/// Whether two activities overlap. One after the other they are two activities, however similar.
fn overlap(a: &Candidate, b: &Candidate) -> Option<bool> {
    let span_of = |one: &Candidate| Some((one.activity.start_time?.as_millisecond() as f64 / 1000.0, span_s(one)?));
    let ((start_a, span_a), (start_b, span_b)) = (span_of(a)?, span_of(b)?);
    let common = (start_a + span_a).min(start_b + span_b) - start_a.max(start_b);
    Some(common >= span_a.min(span_b) / 2.0)
}

/// The comparison of what their files recorded.
fn compared(matcher: &Matcher, a: &Candidate, b: &Candidate) -> Option<StreamComparison> {
    let sha256 = |candidate: &Candidate| candidate.file?.sha256;
    matcher.files.get(sha256(a)?, sha256(b)?).copied()
}

fn identity_of(candidate: &Candidate) -> Option<RecordingId> {
    candidate.file.and_then(|file| file.identity)
}

fn files(a: &Candidate, b: &Candidate) -> Files {
    let hash = |candidate: &Candidate| candidate.file.and_then(|file| file.sha256);
    if hash(a).is_some_and(|one| Some(one) == hash(b)) {
        return Files::SameBytes;
    }
    match (identity_of(a), identity_of(b)) {
        (Some(a), Some(b)) if a == b => Files::SameRecording,
        (Some(_), Some(_)) => Files::TwoRecordings,
        _ => Files::Unknown,
    }
}

/// Whether one device recorded both. One difference is enough for two devices. Device names are only compared within one
/// platform.
fn devices(a: &Candidate, b: &Candidate) -> Devices {
    let serials = identity_of(a).zip(identity_of(b));
    let serials = serials.map(|(a, b)| (a.manufacturer, a.serial_number) == (b.manufacturer, b.serial_number));
    let names = a.activity.device.zip(b.activity.device);
    let names = names.filter(|_| a.activity.platform == b.activity.platform).map(|(a, b)| a == b);
    let makers = maker(a).zip(maker(b)).map(|(a, b)| a.eq_ignore_ascii_case(b));
    let comparisons = [serials, names, makers];
    if comparisons.contains(&Some(false)) {
        Devices::Different
    } else if serials == Some(true) || names == Some(true) {
        Devices::Same
    } else {
        Devices::Unknown
    }
}

/// The manufacturer, unless it is a placeholder that any software may use.
fn maker<'a>(candidate: &Candidate<'a>) -> Option<&'a str> {
    let placeholder = |name: &str| ["development", "unknown", ""].iter().any(|word| name.eq_ignore_ascii_case(word));
    candidate.activity.manufacturer.filter(|name| !placeholder(name))
}
