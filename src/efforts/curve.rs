//! A total over time, such as a distance: its shortest windows with a certain gain, and its greatest gain in a certain time.
//!
//! The total is linear between its points. So the best window begins or ends at a point: both searches step through the windows
//! from each point and through those to each point, with pointers that only move forward.

/// A total that never decreases, linear between its points.
pub(super) struct Curve {
    /// The time of the first point, Unix seconds.
    origin: i64,
    /// Seconds since the origin, which increase, and the total at each.
    points: Vec<(f64, f64)>,
}

/// A part of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CurveWindow {
    /// The point at or before its start.
    pub first: usize,
    /// The point at or after its end.
    pub last: usize,
    /// Its start, Unix seconds without the fraction.
    pub start_time: i64,
    /// Its duration in seconds.
    pub seconds: f64,
}

impl Curve {
    /// A curve of points whose times (Unix seconds) increase, and whose totals do not decrease.
    pub fn new(points: &[(i64, f64)]) -> Curve {
        let origin = points.first().map_or(0, |point| point.0);
        let points = points.iter().map(|&(time, total)| ((time - origin) as f64, total)).collect();
        Curve { origin, points }
    }

    /// The number of its points.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// The part from the point `first` to the point `last`.
    pub fn part(&self, first: usize, last: usize) -> Curve {
        Curve { origin: self.origin, points: self.points[first..=last].to_vec() }
    }

    /// The shortest window from each point, and the shortest one to each point, in which the total increases by `gain`, which
    /// is more than 0.
    pub fn windows_with(&self, gain: f64) -> impl Iterator<Item = CurveWindow> {
        self.windows_from_points(gain).chain(self.windows_to_points(gain))
    }

    fn windows_from_points(&self, gain: f64) -> impl Iterator<Item = CurveWindow> {
        let mut last = 0;
        self.points.iter().enumerate().map_while(move |(first, &(start, total))| {
            let target = total + gain;
            last += self.points[last..].iter().position(|point| point.1 >= target)?;
            let end = time_between(self.points[last - 1], self.points[last], target);
            Some(self.window((first, last), start, end))
        })
    }

    fn windows_to_points(&self, gain: f64) -> impl Iterator<Item = CurveWindow> {
        let mut first = 0;
        self.points.iter().enumerate().filter_map(move |(last, &(end, total))| {
            let target = total - gain;
            // Ends before `last`, whose total is more than the target.
            first += self.points[first..].iter().position(|point| point.1 > target)?;
            let before = first.checked_sub(1)?;
            let start = time_between(self.points[before], self.points[first], target);
            Some(self.window((before, last), start, end))
        })
    }

    fn window(&self, (first, last): (usize, usize), start: f64, end: f64) -> CurveWindow {
        CurveWindow { first, last, start_time: self.origin + start.floor() as i64, seconds: end - start }
    }

    /// The start (Unix seconds) of the window of this duration in which the total increases most, and the increase.
    pub fn greatest_gain(&self, seconds: f64) -> Option<(i64, f64)> {
        let end = self.points.last()?.0;
        let from_points = self.points.iter().map(|point| point.0).filter(|start| start + seconds <= end);
        let to_points = self.points.iter().map(|point| point.0 - seconds).filter(|start| *start >= 0.0);
        let gains = self.gains(from_points, seconds).chain(self.gains(to_points, seconds));
        let best = gains.reduce(|best, gain| if gain.1 > best.1 { gain } else { best });
        best.map(|(start, gain)| (self.origin + start.floor() as i64, gain))
    }

    /// The gains in the windows of this duration from each start. The starts increase.
    fn gains(&self, starts: impl Iterator<Item = f64>, seconds: f64) -> impl Iterator<Item = (f64, f64)> {
        let (mut at_start, mut at_end) = (0, 0);
        starts.map(move |start| {
            let before = self.total_at(start, &mut at_start);
            (start, self.total_at(start + seconds, &mut at_end) - before)
        })
    }

    /// The total at a time of the curve. `at` is a point before that time, and becomes the last such point.
    fn total_at(&self, time: f64, at: &mut usize) -> f64 {
        while self.points.get(*at + 1).is_some_and(|point| point.0 <= time) {
            *at += 1;
        }
        let (start, total) = self.points[*at];
        let Some(&(end, end_total)) = self.points.get(*at + 1) else { return total };
        total + (end_total - total) * ((time - start) / (end - start))
    }
}

/// The time at which the total, which increases from one point to the next, is `target`.
fn time_between((start, total): (f64, f64), (end, end_total): (f64, f64), target: f64) -> f64 {
    start + (end - start) * ((target - total) / (end_total - total))
}
