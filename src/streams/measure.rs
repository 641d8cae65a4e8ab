//! The agreement of two files, from the values of each second.

use super::seconds::Second;
use super::{Agreement, SAME_HEART_RATE_BPM, SAME_POSITION_M, SAME_SPEED_MPS, StreamComparison, apart};
use crate::fit::Position;
use crate::track;

/// Speeds and heart rates are averaged over this time before they are subtracted: sensors lag, and devices smooth differently.
const BIN_S: i64 = 30;
/// Devices on one person are rarely further apart than this.
const FAR_M: f64 = 50.0;
/// Values vary if their standard deviation is more than this: in beats a minute, or as a share of the mean speed.
const VARIED_BPM: f64 = 3.0;
const VARIED_SPEED: f64 = 0.03;

/// The comparison while the seconds are read.
#[derive(Default)]
pub(super) struct Agreements {
    /// The number of seconds.
    pub count: u32,
    /// Metres east and north from one position to the other.
    displacements: Vec<(f64, f64)>,
    position: Counter<Position>,
    speed: Counter<f64>,
    heart_rate: Counter<f64>,
    speeds: Bins,
    hearts: Bins,
}

impl Agreements {
    pub fn add(&mut self, a: &Second, b: &Second) {
        self.count += 1;
        if let Some(positions) = a.position.zip(b.position) {
            self.displacements.push(track::displacement_m(positions.0, positions.1));
            self.position.add(positions, track::distance_m, SAME_POSITION_M);
        }
        if let Some(speeds) = a.speed_mps.zip(b.speed_mps) {
            self.speed.add(speeds, apart, SAME_SPEED_MPS);
            self.speeds.add(a.time, speeds);
        }
        if let Some(rates) = a.heart_rate_bpm.zip(b.heart_rate_bpm) {
            self.heart_rate.add(rates, apart, SAME_HEART_RATE_BPM);
            self.hearts.add(a.time, rates);
        }
    }

    /// The agreement of each value.
    pub fn finish(mut self) -> StreamComparison {
        let (position, speed, heart_rate) = (self.position.counted, self.speed.counted, self.heart_rate.counted);
        let far = far_share(&self.displacements);
        let (speeds, hearts) = (self.speeds.finish(), self.hearts.finish());
        StreamComparison {
            position: Agreement { difference: far, ..position },
            speed: Agreement {
                difference: speeds.difference() / speeds.mean().max(f64::MIN_POSITIVE),
                correlation: speeds.correlation(VARIED_SPEED * speeds.mean()),
                ..speed
            },
            heart_rate: Agreement {
                difference: hearts.difference(),
                correlation: hearts.correlation(VARIED_BPM),
                ..heart_rate
            },
            ..StreamComparison::default()
        }
    }
}

/// The share of displacements that differ from the median one by more than [`FAR_M`].
fn far_share(displacements: &[(f64, f64)]) -> f64 {
    let median = |part: fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = displacements.iter().map(part).collect();
        let middle = values.len() / 2;
        if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(middle, f64::total_cmp).1 }
    };
    let (east, north) = (median(|one| one.0), median(|one| one.1));
    let far = displacements.iter().filter(|one| (one.0 - east).hypot(one.1 - north) > FAR_M).count();
    far as f64 / displacements.len().max(1) as f64
}

/// Counts the seconds in which a value changes.
struct Counter<T> {
    /// The values at the last change.
    last: Option<(T, T)>,
    counted: Agreement,
}

impl<T> Default for Counter<T> {
    fn default() -> Counter<T> {
        Counter { last: None, counted: Agreement::default() }
    }
}

impl<T: Copy> Counter<T> {
    fn add(&mut self, (a, b): (T, T), difference: fn(T, T) -> f64, same: f64) {
        self.counted.samples += 1;
        let Some((last_a, last_b)) = self.last else {
            self.last = Some((a, b));
            return;
        };
        if difference(a, last_a) > same || difference(b, last_b) > same {
            self.counted.changes += 1;
            self.counted.same_changes += u32::from(difference(a, b) <= same);
            self.last = Some((a, b));
        }
    }
}

/// The averages of two values over bins of [`BIN_S`], added up.
#[derive(Default)]
struct Bins {
    bin: i64,
    /// The number of values in the bin, and their sums.
    open: (f64, f64, f64),
    count: f64,
    apart: f64,
    sums: (f64, f64),
    squares: (f64, f64),
    products: f64,
}

impl Bins {
    fn add(&mut self, time: i64, (a, b): (f64, f64)) {
        if time.div_euclid(BIN_S) != self.bin {
            self.close();
            self.bin = time.div_euclid(BIN_S);
        }
        self.open = (self.open.0 + 1.0, self.open.1 + a, self.open.2 + b);
    }

    fn close(&mut self) {
        let (count, a, b) = std::mem::take(&mut self.open);
        if count > 0.0 {
            let (a, b) = (a / count, b / count);
            self.count += 1.0;
            self.apart += apart(a, b);
            self.sums = (self.sums.0 + a, self.sums.1 + b);
            self.squares = (self.squares.0 + a * a, self.squares.1 + b * b);
            self.products += a * b;
        }
    }

    fn finish(&mut self) -> &Bins {
        self.close();
        self.count = self.count.max(1.0);
        self
    }

    fn difference(&self) -> f64 {
        self.apart / self.count
    }

    /// The mean of both values.
    fn mean(&self) -> f64 {
        (self.sums.0 + self.sums.1) / 2.0 / self.count
    }

    /// The correlation; `None` if the standard deviation of one value is less than `varied`.
    fn correlation(&self, varied: f64) -> Option<f64> {
        let mean = (self.sums.0 / self.count, self.sums.1 / self.count);
        let deviation = |squares: f64, mean: f64| (squares / self.count - mean * mean).max(0.0).sqrt();
        let (a, b) = (deviation(self.squares.0, mean.0), deviation(self.squares.1, mean.1));
        let covariance = self.products / self.count - mean.0 * mean.1;
        (a.min(b) > varied.max(f64::MIN_POSITIVE)).then(|| (covariance / (a * b)).clamp(-1.0, 1.0))
    }
}
