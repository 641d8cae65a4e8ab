//! Compares what two files recorded at the same time, second by second: positions, speeds and heart rates. Pure.
//!
//! Two devices never measure the same: their receivers are some metres apart, and their sensors change a moment earlier or later.
//! So what counts is not how near the values are but whether both *change* in the same second to the same value. Every other
//! file with these values comes from one recording, whoever wrote it. `matching` draws the conclusions.

mod measure;
mod seconds;

use crate::fit::Trackpoint;
use measure::Agreements;
use seconds::{Second, pairs, seconds, shift_s};

/// How much the same value differs after a program has rounded it: five digits of a degree, a tenth of a km/h.
const SAME_POSITION_M: f64 = 1.0;
const SAME_SPEED_MPS: f64 = 0.02;
const SAME_HEART_RATE_BPM: f64 = 0.0;

/// Two files, compared over the time that both recorded.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StreamComparison {
    /// The time between the first and the last trackpoint that is in both, in seconds.
    pub common_s: i64,
    /// The time between the first and the last trackpoint of the file with the longer one, in seconds.
    pub longer_s: i64,
    /// The number of seconds with a trackpoint in both, as a share of those in the file with fewer, within the common time.
    pub common_share: f64,
    /// The positions. The difference is the share of the seconds in which they are more than 50 m further apart, or in another
    /// direction, than they usually are: services in China move all positions by some hundred metres.
    pub position: Agreement,
    /// The speeds. The difference is a share of the speed.
    pub speed: Agreement,
    /// The heart rates. The difference is in beats a minute.
    pub heart_rate: Agreement,
}

/// How well one value of two files agrees.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Agreement {
    /// The seconds in which both have the value.
    pub samples: u32,
    /// The seconds in which it changed in one of them.
    pub changes: u32,
    /// Those in which both have the same value then.
    pub same_changes: u32,
    /// The difference; of speeds and heart rates the average one of half minutes.
    pub difference: f64,
    /// How much both rise and fall together, -1 to 1; `None` of positions, and if one of them hardly varies.
    pub correlation: Option<f64>,
}

impl StreamComparison {
    /// Compares two files. Their trackpoints can be in any order.
    pub fn of(a: &[Trackpoint], b: &[Trackpoint]) -> StreamComparison {
        let has_speeds = |points: &[Trackpoint]| points.iter().any(|point| point.speed_mps.is_some());
        let by_distance = !(has_speeds(a) && has_speeds(b));
        let (a, b) = (seconds(a, by_distance), seconds(b, by_distance));
        let (Some(first_a), Some(last_a), Some(first_b), Some(last_b)) = (a.first(), a.last(), b.first(), b.last())
        else {
            return StreamComparison::default();
        };
        let longer_s = (last_a.time - first_a.time).max(last_b.time - first_b.time);
        let shift_s = shift_s(&a, &b);
        let common = (first_a.time.max(first_b.time + shift_s), last_a.time.min(last_b.time + shift_s));
        let within = |seconds: &[Second], shift_s: i64| {
            let times = seconds.iter().map(|second| second.time + shift_s);
            times.filter(|time| (common.0..=common.1).contains(time)).count()
        };
        let fewer = within(&a, 0).min(within(&b, shift_s)).max(1);
        let mut measure = Agreements::default();
        pairs(&a, &b, shift_s).for_each(|(a, b)| measure.add(a, b));
        StreamComparison {
            common_s: (common.1 - common.0).max(0),
            longer_s,
            common_share: f64::from(measure.count) / fewer as f64,
            ..measure.finish()
        }
    }
}

/// The difference of two values.
fn apart(a: f64, b: f64) -> f64 {
    (a - b).abs()
}
