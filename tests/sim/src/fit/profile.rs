//! The messages of an activity file, with the numbers and scales of the FIT profile.

use super::message::{Message, Value};

/// Seconds from the Unix epoch to the FIT epoch, 1989-12-31T00:00:00Z.
pub const FIT_EPOCH: i64 = 631_065_600;

/// A Unix time as FIT time.
pub fn fit_time(unix: i64) -> u32 {
    (unix - FIT_EPOCH).clamp(0, i64::from(u32::MAX)) as u32
}

/// Degrees as semicircles.
pub fn semicircles(degrees: f64) -> i32 {
    (degrees / 180.0 * 2_147_483_648.0) as i32
}

fn time(unix: i64) -> Value {
    Value::U32(fit_time(unix))
}

fn millis(seconds: f64) -> Value {
    Value::U32((seconds * 1000.0).round() as u32)
}

fn centimetres(metres: f64) -> Value {
    Value::U32((metres * 100.0).round() as u32)
}

fn speed(metres_per_second: f64) -> Value {
    Value::U16((metres_per_second * 1000.0).round().min(65_534.0) as u16)
}

/// The device that made the file: file_id (0) of an activity.
pub fn file_id(manufacturer: u16, product: u16, serial: u32, created: i64) -> Message {
    Message::new(0)
        .with(3, Value::U32z(serial))
        .with(4, time(created))
        .with(1, Value::U16(manufacturer))
        .with(2, Value::U16(product))
        .with(0, Value::Enum(4))
}

/// Software and hardware version: file_creator (49).
pub fn file_creator(software: u16) -> Message {
    Message::new(49).with(0, Value::U16(software)).with(1, Value::U8(1))
}

/// The recording device: device_info (23).
pub fn device_info(at: i64, manufacturer: u16, product: u16, serial: u32) -> Message {
    Message::new(23)
        .with(253, time(at))
        .with(3, Value::U32z(serial))
        .with(2, Value::U16(manufacturer))
        .with(4, Value::U16(product))
        .with(5, Value::U16(1420))
        .with(0, Value::U8(0))
}

/// A timer event: event (21); `kind` 0 starts, 1 stops, 4 stops all.
pub fn timer_event(at: i64, kind: u8) -> Message {
    Message::new(21)
        .with(253, time(at))
        .with(3, Value::U32(0))
        .with(0, Value::Enum(0))
        .with(1, Value::Enum(kind))
        .with(4, Value::U8(0))
}

/// One sample of a recording.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// Unix time.
    pub at: i64,
    /// Latitude and longitude in degrees.
    pub position: Option<(f64, f64)>,
    /// Metres above sea level.
    pub altitude: Option<f64>,
    /// Metres since the start.
    pub distance: Option<f64>,
    /// Metres per second.
    pub speed: Option<f64>,
    /// Beats per minute.
    pub heart_rate: u8,
    /// Steps or turns per minute.
    pub cadence: Option<u8>,
}

/// record (20).
pub fn record(sample: &Sample) -> Message {
    let altitude = sample.altitude.map(|m| Value::U16(((m + 500.0) * 5.0).round() as u16));
    Message::new(20)
        .with(253, time(sample.at))
        .maybe(0, sample.position.map(|(lat, _)| Value::I32(semicircles(lat))))
        .maybe(1, sample.position.map(|(_, lon)| Value::I32(semicircles(lon))))
        .maybe(5, sample.distance.map(centimetres))
        .maybe(2, altitude)
        .maybe(6, sample.speed.map(speed))
        .with(3, Value::U8(sample.heart_rate))
        .maybe(4, sample.cadence.map(Value::U8))
}

/// The totals that laps and sessions share.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    /// Index of this lap or session.
    pub index: u16,
    /// Start and end, Unix time.
    pub start: i64,
    /// End, Unix time.
    pub end: i64,
    /// Seconds on the timer.
    pub timer: f64,
    /// Seconds with pauses.
    pub elapsed: f64,
    /// Metres, if the sport has a distance.
    pub distance: Option<f64>,
    /// FIT sport and sub-sport.
    pub sport: (u8, u8),
    /// The position of its start.
    pub position: Option<(f64, f64)>,
    /// First lap and number of laps (sessions only).
    pub laps: (u16, u16),
    /// Pool length in metres (sessions only).
    pub pool: Option<f64>,
}

impl Totals {
    fn calories(&self) -> Value {
        Value::U16((self.timer / 6.0).min(60_000.0) as u16)
    }

    fn mean_speed(&self) -> Option<Value> {
        self.distance.map(|metres| speed(metres / self.timer.max(1.0)))
    }

    fn head(&self, global: u16) -> Message {
        Message::new(global)
            .with(254, Value::U16(self.index))
            .with(253, time(self.end))
            .with(0, Value::Enum(if global == 18 { 8 } else { 9 }))
            .with(1, Value::Enum(1))
            .with(2, time(self.start))
            .maybe(3, self.position.map(|(lat, _)| Value::I32(semicircles(lat))))
            .maybe(4, self.position.map(|(_, lon)| Value::I32(semicircles(lon))))
            .with(7, millis(self.elapsed))
            .with(8, millis(self.timer))
            .maybe(9, self.distance.map(centimetres))
            .with(11, self.calories())
    }
}

/// lap (19).
pub fn lap(totals: &Totals) -> Message {
    totals
        .head(19)
        .maybe(13, totals.mean_speed())
        .with(15, Value::U8(140))
        .with(16, Value::U8(162))
        .with(24, Value::Enum(0))
        .with(25, Value::Enum(totals.sport.0))
        .with(39, Value::Enum(totals.sport.1))
}

/// session (18).
pub fn session(totals: &Totals) -> Message {
    totals
        .head(18)
        .with(5, Value::Enum(totals.sport.0))
        .with(6, Value::Enum(totals.sport.1))
        .maybe(14, totals.mean_speed())
        .with(16, Value::U8(140))
        .with(17, Value::U8(162))
        .with(25, Value::U16(totals.laps.0))
        .with(26, Value::U16(totals.laps.1))
        .with(28, Value::Enum(0))
        .maybe(44, totals.pool.map(|metres| Value::U16((metres * 100.0) as u16)))
        .maybe(46, totals.pool.map(|_| Value::Enum(0)))
}

/// One length in a pool: length (101).
pub fn length(index: u16, start: i64, seconds: i64) -> Message {
    Message::new(101)
        .with(254, Value::U16(index))
        .with(253, time(start + seconds))
        .with(0, Value::Enum(28))
        .with(1, Value::Enum(1))
        .with(2, time(start))
        .with(3, millis(seconds as f64))
        .with(4, millis(seconds as f64))
        .with(5, Value::U16(18))
        .with(7, Value::Enum(0))
        .with(12, Value::Enum(1))
}

/// One strength set: set (225); an active one has repetitions.
pub fn set(start: i64, seconds: i64, repetitions: Option<u16>) -> Message {
    Message::new(225)
        .with(254, time(start + seconds))
        .with(0, millis(seconds as f64))
        .maybe(3, repetitions.map(Value::U16))
        .with(5, Value::U8(u8::from(repetitions.is_some())))
        .with(6, time(start))
}

/// The last message, activity (34); `offset` is local time minus UTC in seconds.
pub fn activity(end: i64, offset: i32, timer: f64, sessions: u16) -> Message {
    Message::new(34)
        .with(253, time(end))
        .with(0, millis(timer))
        .with(5, time(end + i64::from(offset)))
        .with(1, Value::U16(sessions))
        .with(2, Value::Enum(u8::from(sessions > 1)))
        .with(3, Value::Enum(26))
        .with(4, Value::Enum(1))
}

/// Declares a developer: developer_data_id (207).
pub fn developer_data_id(index: u8, application: [u8; 16]) -> Message {
    Message::new(207).with(1, Value::Bytes(application.to_vec())).with(4, Value::U32(100)).with(3, Value::U8(index))
}

/// Declares a developer field: field_description (206).
pub fn field_description(index: u8, number: u8, like: &Value, name: &str, units: &str) -> Message {
    Message::new(206)
        .with(3, Value::Text(name.to_owned()))
        .with(8, Value::Text(units.to_owned()))
        .with(0, Value::U8(index))
        .with(1, Value::U8(number))
        .with(2, Value::U8(like.base_type()))
}
