//! Selects activities by a number: at least, at most.

use crate::record::ActivityRecord;

/// A number of an activity record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberField {
    /// The distance in metres.
    Distance,
    /// The time with the timer running, in seconds.
    TimerTime,
    /// The elapsed time, in seconds.
    ElapsedTime,
    /// The average heart rate, in beats a minute.
    AvgHeartRate,
    /// The highest heart rate, in beats a minute.
    MaxHeartRate,
    /// The average power, in watts.
    AvgPower,
    /// The ascent in metres.
    Ascent,
    /// The energy in kilocalories.
    Calories,
    /// The average speed in metres a second.
    AvgSpeed,
}

impl NumberField {
    /// Its value in a record.
    pub fn of(self, record: &ActivityRecord) -> Option<f64> {
        let (activity, numbers) = (&record.activity, &record.numbers);
        match self {
            NumberField::Distance => activity.distance_m,
            NumberField::TimerTime => activity.timer_time_s,
            NumberField::ElapsedTime => activity.elapsed_time_s,
            NumberField::AvgHeartRate => numbers.avg_heart_rate_bpm,
            NumberField::MaxHeartRate => numbers.max_heart_rate_bpm,
            NumberField::AvgPower => numbers.avg_power_w,
            NumberField::Ascent => numbers.ascent_m,
            NumberField::Calories => numbers.calories_kcal,
            NumberField::AvgSpeed => numbers.avg_speed_mps,
        }
    }
}

/// Numbers from a least to a greatest value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NumberRange {
    /// The number.
    pub field: NumberField,
    /// At least this; without a limit, minus infinity.
    pub min: f64,
    /// At most this; without a limit, infinity.
    pub max: f64,
}

impl NumberRange {
    /// Whether the number of a record is known and in the range.
    pub fn includes(&self, record: &ActivityRecord) -> bool {
        self.field.of(record).is_some_and(|value| self.min <= value && value <= self.max)
    }
}
