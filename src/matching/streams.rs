//! What the comparison of two files says about who recorded them.

use super::evidence::Devices;
use crate::streams::{Agreement, StreamComparison};

/// Fewer seconds in common than this tell nothing about who recorded them.
const FEWEST_SAMPLES: u32 = 120;
/// Fewer changes than this tell nothing: a treadmill has one speed.
const FEWEST_CHANGES: u32 = 30;
/// From this share of equal changes on, two files have one recording; below the lower one, they have two.
const SAME: f64 = 0.95;
const NOT_SAME: f64 = 0.5;
/// The share of the seconds of the sparser file that the other one must have, too.
const COMMON: f64 = 0.8;
/// Two people: the share of the seconds in which they are more than 50 m apart.
const FAR_SHARE: f64 = 0.2;
/// Values rise and fall together from this correlation on, and do not below the lower one.
const TOGETHER: f64 = 0.8;
const NOT_TOGETHER: f64 = 0.5;
/// How much the heart rates of one person differ at most, on average: if they rise and fall together, if only in part, and if
/// they do not.
const ONE_HEART_BPM: [f64; 3] = [10.0, 5.0, 3.0];
/// The same for speeds, as a share of the speed.
const ONE_SPEED: [f64; 3] = [0.1, 0.05, 0.03];
/// Heart rates that differ by less than this, and rise and fall together, are of one person.
const SAME_HEART_BPM: f64 = 5.0;
/// A file is a part of the other one if it is shorter by more than this, and by more than this share.
const PART_S: i64 = 30;
const PART: f64 = 0.05;

/// What two files say about each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Streams {
    /// One recording.
    Same,
    /// Two recordings that one person may have made with two devices.
    Two,
    /// Recordings of two people, or with values that cannot both be true.
    Contradict,
    /// Nothing that can be compared.
    Unknown,
}

impl StreamComparison {
    /// Whether one of the files lacks a part of the other.
    pub(super) fn is_part(&self) -> bool {
        let missing = self.longer_s - self.common_s;
        missing > PART_S && missing as f64 > PART * self.longer_s as f64
    }

    /// What the comparison says. Without positions, several devices may receive the same sensors, so the devices count.
    pub(super) fn conclusion(&self, devices: Devices) -> Streams {
        if self.heart_rates_differ() || self.speeds_differ() || self.positions_differ() {
            return Streams::Contradict;
        }
        let heart_rate = self.heart_rate.same_share();
        let (share, is_proof) = match (self.position.same_share(), self.speed.same_share()) {
            (Some(share), _) => (share, true),
            (None, Some(share)) => (heart_rate.map_or(share, |other| share.min(other)), devices != Devices::Different),
            // The same sensor on the chest, or the same heart.
            (None, None) => (heart_rate.unwrap_or(NOT_SAME), devices == Devices::Same),
        };
        match share {
            _ if share >= SAME && is_proof && self.common_share >= COMMON => Streams::Same,
            _ if share < NOT_SAME => Streams::Two,
            _ => Streams::Unknown,
        }
    }

    /// FIT's names of the values that changed alike.
    pub(super) fn same_streams(&self) -> Vec<String> {
        let all = [("position", &self.position), ("speed", &self.speed), ("heart_rate", &self.heart_rate)];
        let same = all.into_iter().filter(|(_, agreement)| agreement.same_share().is_some_and(|share| share >= SAME));
        same.map(|(stream, _)| stream.to_owned()).collect()
    }

    pub(super) fn positions_differ(&self) -> bool {
        self.position.samples >= FEWEST_SAMPLES && self.position.difference > FAR_SHARE
    }

    pub(super) fn speeds_differ(&self) -> bool {
        // Two devices estimate the speed on a treadmill in different ways.
        let limits = if self.is_one_heart() { &[ONE_SPEED[0]; 3] } else { &ONE_SPEED };
        self.speed.is_beyond(limits)
    }

    pub(super) fn heart_rates_differ(&self) -> bool {
        self.heart_rate.is_beyond(&ONE_HEART_BPM)
    }

    fn is_one_heart(&self) -> bool {
        self.heart_rate.samples >= FEWEST_SAMPLES && !self.heart_rate.is_beyond(&[SAME_HEART_BPM, 0.0, 0.0])
    }
}

impl Agreement {
    /// Whether the values differ by more than the limit for their correlation.
    fn is_beyond(&self, limits: &[f64; 3]) -> bool {
        let limit = match self.correlation {
            Some(correlation) if correlation < NOT_TOGETHER => limits[2],
            Some(correlation) if correlation < TOGETHER => limits[1],
            _ => limits[0],
        };
        self.samples >= FEWEST_SAMPLES && self.difference > limit
    }

    /// The share of the changes that are the same in both; `None` if there are too few.
    fn same_share(&self) -> Option<f64> {
        (self.changes >= FEWEST_CHANGES).then(|| f64::from(self.same_changes) / f64::from(self.changes))
    }
}
