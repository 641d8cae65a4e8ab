//! What a recording contains: its sessions, its laps and its trackpoints.
//!
//! Names and units are those of FIT (profile 21, message and field names in parentheses where they differ). A value that the
//! file does not have, or that FIT marks as invalid, is `None`.

/// The contents of the activities in a file or a chain of files.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recording {
    /// The sessions: one, or one for each discipline of a multisport activity.
    pub sessions: Vec<Session>,
    /// The laps of all sessions, in file order.
    pub laps: Vec<Lap>,
    /// The trackpoints (`record` messages) of all sessions, in file order.
    pub points: Vec<Trackpoint>,
    /// When the timer was started and stopped (`event` messages of the timer), in file order.
    pub timer: Vec<TimerEvent>,
}

/// The sums of a session.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Session {
    /// The number of the sport; `sport` has its name.
    pub sport: Option<u8>,
    /// The number of the sub-sport.
    pub sub_sport: Option<u8>,
    /// The number of its first lap in the file (`first_lap_index`).
    pub first_lap: Option<u16>,
    /// The number of its laps (`num_laps`).
    pub lap_count: Option<u16>,
    /// The length of the pool in metres.
    pub pool_length_m: Option<f64>,
    /// The aerobic training effect, 0 to 5 (`total_training_effect`).
    pub training_effect: Option<f64>,
    /// The anaerobic training effect, 0 to 5 (`total_anaerobic_training_effect`).
    pub anaerobic_training_effect: Option<f64>,
    /// The training stress score.
    pub training_stress_score: Option<f64>,
    /// The sums that laps have, too.
    pub sums: Sums,
}

/// The sums of a lap.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lap {
    /// The number of the sport.
    pub sport: Option<u8>,
    /// The number of the sub-sport.
    pub sub_sport: Option<u8>,
    /// What ended it (`lap_trigger`): 0 manual, 1 time, 2 distance, 7 end of the session.
    pub trigger: Option<u8>,
    /// FIT's intensity: 0 active, 1 rest, 2 warm-up, 3 cool-down.
    pub intensity: Option<u8>,
    /// The sums that sessions have, too.
    pub sums: Sums,
}

/// The sums that sessions and laps have.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sums {
    /// The start, Unix seconds, UTC.
    pub start_time: Option<i64>,
    /// The end (`timestamp`), Unix seconds, UTC.
    pub end_time: Option<i64>,
    /// Seconds, pauses included (`total_elapsed_time`).
    pub elapsed_time_s: Option<f64>,
    /// Seconds, without pauses (`total_timer_time`).
    pub timer_time_s: Option<f64>,
    /// Seconds in motion (`total_moving_time`).
    pub moving_time_s: Option<f64>,
    /// Metres (`total_distance`).
    pub distance_m: Option<f64>,
    /// Metres (`total_ascent`).
    pub ascent_m: Option<f64>,
    /// Metres (`total_descent`).
    pub descent_m: Option<f64>,
    /// Kilocalories (`total_calories`).
    pub calories_kcal: Option<f64>,
    /// Beats a minute.
    pub avg_heart_rate_bpm: Option<f64>,
    /// Beats a minute.
    pub max_heart_rate_bpm: Option<f64>,
    /// Watts.
    pub avg_power_w: Option<f64>,
    /// Watts.
    pub max_power_w: Option<f64>,
    /// Watts.
    pub normalized_power_w: Option<f64>,
    /// Revolutions a minute, or steps of one foot, with the fraction (`avg_fractional_cadence`).
    pub avg_cadence_rpm: Option<f64>,
    /// Revolutions a minute, or steps of one foot, with the fraction (`max_fractional_cadence`).
    pub max_cadence_rpm: Option<f64>,
    /// Metres a second (`enhanced_avg_speed`, else `avg_speed`).
    pub avg_speed_mps: Option<f64>,
    /// Metres a second (`enhanced_max_speed`, else `max_speed`).
    pub max_speed_mps: Option<f64>,
    /// Degrees Celsius.
    pub avg_temperature_c: Option<f64>,
    /// Degrees Celsius.
    pub max_temperature_c: Option<f64>,
}

/// A moment of a recording (`record`).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Trackpoint {
    /// Unix seconds, UTC.
    pub time: Option<i64>,
    /// Where it was.
    pub position: Option<Position>,
    /// Metres above sea level (`enhanced_altitude`, else `altitude`).
    pub altitude_m: Option<f64>,
    /// Metres since the start (`distance`).
    pub distance_m: Option<f64>,
    /// Metres a second (`enhanced_speed`, else `speed`).
    pub speed_mps: Option<f64>,
    /// Beats a minute.
    pub heart_rate_bpm: Option<u8>,
    /// Revolutions a minute, or steps of one foot, with the fraction.
    pub cadence_rpm: Option<f64>,
    /// Watts.
    pub power_w: Option<u16>,
    /// Degrees Celsius.
    pub temperature_c: Option<i8>,
}

/// A place on earth, WGS 84.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    /// Degrees north, -90 to 90.
    pub lat: f64,
    /// Degrees east, -180 to 180.
    pub lon: f64,
}

/// The timer of the device was started or stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimerEvent {
    /// Unix seconds, UTC.
    pub time: i64,
    /// Started, or stopped.
    pub is_start: bool,
}
