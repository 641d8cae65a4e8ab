//! The numbers of an activity from the sessions of its files.

use super::Sums;
use crate::activity::{Numbers, NumbersSource};

/// The numbers of the sessions of one activity: sums and maxima; averages are weighted by the time with the timer running.
pub fn numbers(sessions: &[Sums]) -> Numbers {
    let sum = |value: fn(&Sums) -> Option<f64>| {
        sessions.iter().filter_map(value).fold(None, |sum: Option<f64>, value| Some(sum.unwrap_or(0.0) + value))
    };
    let numbers = Numbers {
        avg_heart_rate_bpm: average(sessions, |sums| sums.avg_heart_rate_bpm),
        max_heart_rate_bpm: sessions.iter().filter_map(|sums| sums.max_heart_rate_bpm).reduce(f64::max),
        avg_power_w: average(sessions, |sums| sums.avg_power_w),
        ascent_m: sum(|sums| sums.ascent_m),
        calories_kcal: sum(|sums| sums.calories_kcal),
        avg_speed_mps: average(sessions, speed),
        numbers_from: None,
    };
    numbers.from_source(NumbersSource::File)
}

/// The mean of a value over the sessions that have it.
fn average(sessions: &[Sums], value: fn(&Sums) -> Option<f64>) -> Option<f64> {
    let known = || sessions.iter().filter_map(|sums| Some((value(sums)?, duration_s(sums))));
    let (total, time) = known().fold((0.0, 0.0), |(total, time), (value, s)| (total + value * s, time + s));
    match time > 0.0 {
        true => Some(total / time),
        false => known().next().map(|(value, _)| value),
    }
}

/// Distance by time, as the averages of services are; a pause with the timer running counts.
fn speed(sums: &Sums) -> Option<f64> {
    let by_distance = sums.distance_m.filter(|_| duration_s(sums) > 0.0).map(|metres| metres / duration_s(sums));
    by_distance.or(sums.avg_speed_mps)
}

/// The time with the timer running, else the elapsed time, else 0.
fn duration_s(sums: &Sums) -> f64 {
    sums.timer_time_s.or(sums.elapsed_time_s).filter(|seconds| *seconds > 0.0).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_added_and_their_averages_weighted() {
        let session = |timer: f64, heart_rate: Option<f64>, distance: f64, ascent: Option<f64>| Sums {
            timer_time_s: Some(timer),
            distance_m: Some(distance),
            avg_heart_rate_bpm: heart_rate,
            max_heart_rate_bpm: heart_rate.map(|bpm| bpm + 20.0),
            ascent_m: ascent,
            ..Sums::default()
        };
        let all = [
            session(100.0, Some(120.0), 300.0, None),
            session(300.0, Some(160.0), 500.0, Some(40.0)),
            session(0.0, None, 0.0, Some(2.0)),
        ];
        let numbers = numbers(&all);
        assert_eq!(numbers.avg_heart_rate_bpm, Some(150.0));
        assert_eq!(numbers.max_heart_rate_bpm, Some(180.0));
        assert_eq!(numbers.avg_speed_mps, Some(2.0));
        assert_eq!(numbers.ascent_m, Some(42.0));
        assert_eq!((numbers.avg_power_w, numbers.calories_kcal), (None, None));
        assert_eq!(super::numbers(&[]), Numbers::default());
    }
}
