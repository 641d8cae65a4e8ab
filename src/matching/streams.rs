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
/// Two people: the difference of their heart rates, on average.
const TWO_HEARTS_BPM: f64 = 10.0;
/// Two people: the difference of their speeds as a share of the speed, on average.
const TWO_SPEEDS: f64 = 0.1;
/// Values that vary do not rise and fall together if their correlation is less than this.
const UNLIKE: f64 = 0.5;
/// Heart rates that do not rise and fall together belong to two people if they also differ by more than this.
const UNLIKE_BPM: f64 = 3.0;
/// Heart rates that differ by less than this, and rise and fall together, are of one person.
const ALIKE_BPM: f64 = 5.0;
const ALIKE: f64 = 0.8;
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
        let is_unlike = self.speed.is_unlike() && !self.hearts_are_alike();
        self.speed.samples >= FEWEST_SAMPLES && (self.speed.difference > TWO_SPEEDS || is_unlike)
    }

    pub(super) fn heart_rates_differ(&self) -> bool {
        let most = if self.heart_rate.is_unlike() { UNLIKE_BPM } else { TWO_HEARTS_BPM };
        self.heart_rate.samples >= FEWEST_SAMPLES && self.heart_rate.difference > most
    }

    fn hearts_are_alike(&self) -> bool {
        let Agreement { samples, difference, correlation, .. } = self.heart_rate;
        samples >= FEWEST_SAMPLES && difference < ALIKE_BPM && correlation.is_none_or(|correlation| correlation > ALIKE)
    }
}

impl Agreement {
    fn is_unlike(&self) -> bool {
        self.correlation.is_some_and(|correlation| correlation < UNLIKE)
    }

    /// The share of the changes that are the same in both; `None` if there are too few.
    fn same_share(&self) -> Option<f64> {
        (self.changes >= FEWEST_CHANGES).then(|| f64::from(self.same_changes) / f64::from(self.changes))
    }
}
