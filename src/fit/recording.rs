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

impl Recording {
    /// The session that a lap belongs to, both as positions in `sessions` and `laps`: the session during which the lap starts.
    ///
    /// If no time says so, it is the session that counts the lap among its own by `first_lap`, and else the only session.
    /// `None` if the file does not say which of several sessions it is.
    pub fn session_of_lap(&self, lap: usize) -> Option<usize> {
        let start = self.laps.get(lap)?.sums.start_time;
        let is_at_start = |session: &usize| start.is_some_and(|time| self.sessions[*session].sums.may_last_at(time));
        let by_time: Vec<usize> = (0..self.sessions.len()).filter(is_at_start).collect();
        let by_count = self.session_counting(lap);
        if by_time.is_empty() {
            return by_count.or_else(|| (self.sessions.len() == 1).then_some(0));
        }
        // Of two sessions at the same time, one may end in the second in which the other one begins.
        let latest = || by_time.iter().copied().max_by_key(|session| self.sessions[*session].sums.start_time);
        by_count.filter(|session| by_time.contains(session)).or_else(latest)
    }

    /// The session that counts this lap among its own: the last one whose first lap is this one or an earlier one.
    fn session_counting(&self, lap: usize) -> Option<usize> {
        let mut found = None;
        let mut laps_of_earlier_files = 0;
        let mut before: Option<&Session> = None;
        for (number, session) in self.sessions.iter().enumerate() {
            let Some(first) = session.first_lap.map(usize::from) else { continue };
            if let Some(end) = before.filter(|before| session.begins_file_after(before)).map(Session::lap_end) {
                laps_of_earlier_files += end?;
            }
            if laps_of_earlier_files + first <= lap {
                found = Some(number);
            }
            before = Some(session);
        }
        found
    }
}

/// The sums of a session.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Session {
    /// The number of the sport; `sport` has its name.
    pub sport: Option<u8>,
    /// The number of the sub-sport.
    pub sub_sport: Option<u8>,
    /// The number of its first lap in the file (`first_lap_index`): it starts from 0 in each chained file.
    /// [`Recording::session_of_lap`] takes that into account.
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

impl Session {
    /// The number of the first lap behind its laps, in its file.
    fn lap_end(&self) -> Option<usize> {
        Some(usize::from(self.first_lap?) + usize::from(self.lap_count?))
    }

    /// Whether this session is in another chained file than the one before: its laps are not behind those of that one.
    fn begins_file_after(&self, before: &Session) -> bool {
        let end_before = before.lap_end().or(before.first_lap.map(|first| usize::from(first) + 1));
        self.first_lap.map(usize::from) < end_before
    }
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

impl Sums {
    /// Whether a time is between the start and the end. Some apps write the start into `timestamp`, and some devices the end of the
    /// whole activity, so that the later one of `timestamp` and the start with the elapsed time is the end.
    fn may_last_at(&self, time: i64) -> bool {
        let Some(start) = self.start_time else { return false };
        let elapsed = self.elapsed_time_s.map(|elapsed| start.saturating_add(elapsed.ceil() as i64));
        start <= time && self.end_time.max(elapsed).is_none_or(|end| time <= end)
    }
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

#[cfg(test)]
#[path = "recording_tests.rs"]
mod tests;
