//! Reads the sessions, laps, trackpoints and timer events of a file.
//!
//! The numbers of messages and fields, scales and offsets are those of the FIT profile 21. `docs/fit.md` compares the values
//! with those of Garmin's SDK.

use super::FitError;
use super::compressed::{AccumulatedNumber, CompressedSpeedDistance};
use super::frame;
use super::limits;
use super::message::{DataMessage, number};
use super::messages::{MessageReader, RawMessage};
use super::recording::{Lap, Position, Recording, Session, Sums, TimerEvent, Trackpoint};

/// Checks that `bytes` is a complete FIT file, or several chained ones, and reads its recording.
///
/// # Errors
/// The same as of [`scan`](super::scan), and more messages than a recording has. No input causes a panic.
pub fn read(bytes: &[u8]) -> Result<Recording, FitError> {
    let mut recording = Recording::default();
    let mut at = 0;
    loop {
        let frame = frame::check(bytes, at)?;
        read_file(&mut recording, MessageReader::new(&bytes[..frame.data.end], frame.data.start, reads_fields_of))?;
        at = frame.end;
        if at == bytes.len() {
            return Ok(recording);
        }
    }
}

fn reads_fields_of(message: u16) -> bool {
    matches!(message, number::SESSION | number::LAP | number::RECORD | number::EVENT)
}

/// Adds the messages of one file to the recording of the chain.
fn read_file(recording: &mut Recording, mut messages: MessageReader) -> Result<(), FitError> {
    let mut compressed_distance = AccumulatedNumber::default();
    while let Some(message) = messages.next() {
        let RawMessage::Data(message) = message? else { continue };
        match message.definition.message {
            number::RECORD => {
                let point = Trackpoint::read(&message, &mut compressed_distance);
                limits::RECORDS.push_unless_empty(&mut recording.points, point)?;
            }
            number::LAP => limits::LAPS.push_unless_empty(&mut recording.laps, Lap::read(&message))?,
            number::SESSION => limits::SESSIONS.push_unless_empty(&mut recording.sessions, Session::read(&message))?,
            number::EVENT => {
                if let Some(event) = TimerEvent::read(&message) {
                    limits::TIMER_EVENTS.push(&mut recording.timer, event)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

impl Session {
    fn read(message: &DataMessage) -> Session {
        Session {
            sport: message.u8(5),
            sub_sport: message.u8(6),
            first_lap: message.u16(25),
            lap_count: message.u16(26),
            pool_length_m: message.scaled(44, 100.0),
            training_effect: message.scaled(24, 10.0),
            anaerobic_training_effect: message.scaled(137, 10.0),
            training_stress_score: message.scaled(35, 10.0),
            sums: Sums::read(message, &SESSION_SUMS),
        }
    }
}

impl Lap {
    fn read(message: &DataMessage) -> Lap {
        Lap {
            sport: message.u8(25),
            sub_sport: message.u8(39),
            trigger: message.u8(24),
            intensity: message.u8(23),
            sums: Sums::read(message, &LAP_SUMS),
        }
    }
}

/// The numbers of the fields that sessions and laps have with different numbers.
struct SumNumbers {
    calories: u8,
    speed: [u8; 2],
    enhanced_speed: [u8; 2],
    heart_rate: [u8; 2],
    cadence: [u8; 2],
    fractional_cadence: [u8; 2],
    power: [u8; 2],
    normalized_power: u8,
    ascent: u8,
    descent: u8,
    temperature: [u8; 2],
    moving_time: u8,
}

/// Pairs are average and maximum.
const SESSION_SUMS: SumNumbers = SumNumbers {
    calories: 11,
    speed: [14, 15],
    enhanced_speed: [124, 125],
    heart_rate: [16, 17],
    cadence: [18, 19],
    fractional_cadence: [92, 93],
    power: [20, 21],
    normalized_power: 34,
    ascent: 22,
    descent: 23,
    temperature: [57, 58],
    moving_time: 59,
};

/// Pairs are average and maximum.
const LAP_SUMS: SumNumbers = SumNumbers {
    calories: 11,
    speed: [13, 14],
    enhanced_speed: [110, 111],
    heart_rate: [15, 16],
    cadence: [17, 18],
    fractional_cadence: [80, 81],
    power: [19, 20],
    normalized_power: 33,
    ascent: 21,
    descent: 22,
    temperature: [50, 51],
    moving_time: 52,
};

impl Sums {
    fn read(message: &DataMessage, number: &SumNumbers) -> Sums {
        let whole = |number| message.scaled(number, 1.0);
        let speed = |n: usize| speed(message, number.enhanced_speed[n], number.speed[n]);
        let cadence = |n: usize| cadence(message, number.cadence[n], number.fractional_cadence[n]);
        let temperature = |n: usize| message.i8(number.temperature[n]).map(f64::from);
        Sums {
            start_time: message.time(2),
            end_time: message.unix_time(),
            elapsed_time_s: message.scaled(7, 1000.0),
            timer_time_s: message.scaled(8, 1000.0),
            moving_time_s: message.scaled(number.moving_time, 1000.0),
            distance_m: message.scaled(9, 100.0),
            ascent_m: whole(number.ascent),
            descent_m: whole(number.descent),
            calories_kcal: whole(number.calories),
            avg_heart_rate_bpm: whole(number.heart_rate[0]),
            max_heart_rate_bpm: whole(number.heart_rate[1]),
            avg_power_w: whole(number.power[0]),
            max_power_w: whole(number.power[1]),
            normalized_power_w: whole(number.normalized_power),
            avg_cadence_rpm: cadence(0),
            max_cadence_rpm: cadence(1),
            avg_speed_mps: speed(0),
            max_speed_mps: speed(1),
            avg_temperature_c: temperature(0),
            max_temperature_c: temperature(1),
        }
    }
}

impl Trackpoint {
    fn read(message: &DataMessage, compressed_distance: &mut AccumulatedNumber) -> Trackpoint {
        let compressed = message.bytes(8).and_then(|bytes| CompressedSpeedDistance::read(bytes, compressed_distance));
        let altitude = message.scaled(78, 5.0).or_else(|| message.scaled(2, 5.0));
        let compressed_speed = || Some(f64::from(compressed?.speed?) / 100.0);
        Trackpoint {
            time: message.unix_time(),
            position: Position::read(message),
            altitude_m: altitude.map(|altitude| altitude - 500.0),
            distance_m: message.scaled(5, 100.0).or(compressed.map(|compressed| compressed.distance_m)),
            speed_mps: speed(message, 73, 6).or_else(compressed_speed),
            heart_rate_bpm: message.u8(3),
            cadence_rpm: cadence(message, 4, 53),
            power_w: message.u16(7),
            temperature_c: message.i8(13),
        }
    }
}

impl Position {
    fn read(message: &DataMessage) -> Option<Position> {
        const DEGREES: f64 = 180.0 / (1u32 << 31) as f64;
        let (lat, lon) = (message.i32(0)?, message.i32(1)?);
        // Devices write exactly 0, 0 before they have a position.
        let is_unset = (lat, lon) == (0, 0);
        let position = Position { lat: f64::from(lat) * DEGREES, lon: f64::from(lon) * DEGREES };
        (!is_unset && (-90.0..=90.0).contains(&position.lat)).then_some(position)
    }
}

/// Metres a second from a field of 32 bits, else from the older one of 16 bits.
fn speed(message: &DataMessage, enhanced: u8, narrow: u8) -> Option<f64> {
    message.scaled(enhanced, 1000.0).or_else(|| message.scaled(narrow, 1000.0))
}

/// A cadence with its fraction, which the file may omit.
fn cadence(message: &DataMessage, whole: u8, fraction: u8) -> Option<f64> {
    let whole = message.scaled(whole, 1.0)?;
    Some(whole + message.scaled(fraction, 128.0).unwrap_or(0.0))
}

impl TimerEvent {
    /// The timer was started (event type 0), or stopped in one of the ways that FIT has.
    fn read(message: &DataMessage) -> Option<TimerEvent> {
        const TIMER: u8 = 0;
        let is_start = match (message.u8(0)?, message.u8(1)?) {
            (TIMER, 0) => true,
            (TIMER, 1 | 4 | 8 | 9) => false, // stop, stop_all, stop_disable, stop_disable_all
            _ => return None,
        };
        Some(TimerEvent { time: message.unix_time()?, is_start })
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
