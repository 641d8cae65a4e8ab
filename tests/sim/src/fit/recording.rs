//! Complete activity files, as a watch would have written them for a described activity.

use super::builder::FitBuilder;
use super::message::{Message, Value};
use super::profile::{self, Sample, Totals};
use super::track;

/// The kinds of recording, by the messages that they contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Samples along a track outdoors.
    Outdoor,
    /// Samples with distance but without positions.
    Indoor,
    /// Lengths in a pool of 25 m.
    Pool,
    /// Sets with repetitions, no distance.
    Sets,
    /// Heart rate only.
    Still,
}

/// One leg of a recording; all but multisport have exactly one.
#[derive(Clone, Debug)]
pub struct Leg {
    /// FIT sport and sub-sport.
    pub sport: (u8, u8),
    /// The kind of its samples.
    pub style: Style,
    /// Seconds on the timer.
    pub seconds: u32,
    /// Metres, if the sport has a distance.
    pub metres: Option<f64>,
}

/// A described recording; the same description always gives the same bytes.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Start, Unix time.
    pub start: i64,
    /// Local time minus UTC, in seconds.
    pub offset: i32,
    /// The legs, one after the other.
    pub legs: Vec<Leg>,
    /// Seconds paused during the first leg.
    pub paused: u32,
    /// The position of its start: latitude, longitude.
    pub origin: (f64, f64),
    /// FIT manufacturer, product and serial number.
    pub device: (u16, u16, u32),
    /// Seconds between two samples.
    pub every: u32,
    /// Adds a developer field to every record.
    pub developer_fields: bool,
    /// Varies the shape of the track and the heart rate.
    pub seed: u64,
}

impl Recording {
    /// A recording of one leg that starts at `start`, with plain values for everything else.
    pub fn single(start: i64, leg: Leg) -> Self {
        Recording {
            start,
            offset: 0,
            legs: vec![leg],
            paused: 0,
            origin: (45.0, 7.0),
            device: (1, 3290, 3_300_000_001),
            every: 1,
            developer_fields: false,
            seed: 1,
        }
    }

    /// Seconds on the timer over all legs.
    pub fn timer(&self) -> u32 {
        self.legs.iter().map(|leg| leg.seconds).sum()
    }

    /// Metres over all legs, if any leg has a distance.
    pub fn metres(&self) -> Option<f64> {
        self.legs.iter().filter_map(|leg| leg.metres).reduce(|a, b| a + b)
    }

    /// When it ended, Unix time.
    pub fn end(&self) -> i64 {
        self.start + i64::from(self.timer()) + i64::from(self.paused)
    }

    /// Whether any leg has positions.
    pub fn has_gps(&self) -> bool {
        self.legs.iter().any(|leg| leg.style == Style::Outdoor)
    }

    /// The messages of the file, ready to be built in any layout.
    pub fn builder(&self) -> FitBuilder {
        let (manufacturer, product, serial) = self.device;
        let mut out = vec![
            profile::file_id(manufacturer, product, serial, self.start),
            profile::file_creator(1420),
            profile::device_info(self.start, manufacturer, product, serial),
        ];
        if self.developer_fields {
            out.push(profile::developer_data_id(0, *b"garminsync-sim-1"));
            let like = Value::U16(0);
            out.push(profile::field_description(0, 0, &like, "form_power", "watts"));
        }
        out.push(profile::timer_event(self.start, 0));
        let sessions = self.write_legs(&mut out);
        out.push(profile::timer_event(self.end(), 4));
        out.extend(sessions);
        let legs = self.legs.len() as u16;
        out.push(profile::activity(self.end(), self.offset, f64::from(self.timer()), legs));
        FitBuilder::new().extend(out)
    }

    /// Writes records and laps of every leg. Returns the sessions, which are at the end of the file.
    fn write_legs(&self, out: &mut Vec<Message>) -> Vec<Message> {
        let mut sessions = Vec::new();
        let mut start = self.start;
        for (index, leg) in self.legs.iter().enumerate() {
            let paused = if index == 0 { self.paused } else { 0 };
            let end = start + i64::from(leg.seconds + paused);
            self.write_samples(index, leg, start, out);
            let totals = self.totals(index as u16, leg, start, end);
            out.push(profile::lap(&totals));
            sessions.push(profile::session(&totals));
            start = end;
        }
        sessions
    }

    fn totals(&self, index: u16, leg: &Leg, start: i64, end: i64) -> Totals {
        Totals {
            index,
            start,
            end,
            timer: f64::from(leg.seconds),
            elapsed: (end - start) as f64,
            distance: leg.metres,
            sport: leg.sport,
            position: (leg.style == Style::Outdoor).then_some(self.origin),
            laps: (index, 1),
            pool: (leg.style == Style::Pool).then_some(25.0),
        }
    }

    fn write_samples(&self, index: usize, leg: &Leg, start: i64, out: &mut Vec<Message>) {
        for sample in self.samples(index, leg, start) {
            let record = profile::record(&sample);
            out.push(match self.developer_fields {
                true => record.developer(0, 0, Value::U16(u16::from(sample.heart_rate) + 20)),
                false => record,
            });
        }
        match leg.style {
            Style::Pool => out.extend(lengths(start, leg)),
            Style::Sets => out.extend(sets(start, leg.seconds)),
            _ => {}
        }
    }

    /// The samples of leg `index`, which starts at `start`.
    pub fn samples(&self, index: usize, leg: &Leg, start: i64) -> Vec<Sample> {
        let count = leg.seconds / self.every.max(1);
        let speed = leg.metres.map(|metres| metres / f64::from(leg.seconds.max(1)));
        let moving = speed.filter(|_| leg.style != Style::Still);
        (0..=count)
            .map(|step| {
                let elapsed = step * self.every;
                let metres = moving.map(|v| v * f64::from(elapsed));
                let outdoor = leg.style == Style::Outdoor;
                let walked = metres.unwrap_or(0.0);
                Sample {
                    at: start + i64::from(elapsed),
                    position: outdoor.then(|| track::position(self.origin, self.seed, walked)),
                    altitude: outdoor.then(|| track::altitude(self.seed, walked)),
                    distance: metres,
                    speed: moving,
                    heart_rate: track::heart_rate(self.seed, index as u64, elapsed),
                    cadence: moving.map(|_| 80 + (elapsed % 7) as u8),
                }
            })
            .collect()
    }

    /// The file in the ordinary layout.
    pub fn encode(&self) -> Vec<u8> {
        self.builder().build()
    }
}

fn lengths(start: i64, leg: &Leg) -> Vec<Message> {
    let count = (leg.metres.unwrap_or(0.0) / 25.0).max(1.0) as u32;
    let each = i64::from((leg.seconds / count).max(1));
    (0..count).map(|index| profile::length(index as u16, start + i64::from(index) * each, each)).collect()
}

fn sets(start: i64, seconds: u32) -> Vec<Message> {
    (0..seconds / 90)
        .map(|index| {
            let begin = start + i64::from(index) * 90;
            let repetitions = (index % 2 == 0).then_some(12);
            profile::set(begin, if repetitions.is_some() { 45 } else { 90 }, repetitions)
        })
        .collect()
}

fn plain(start: i64, sport: (u8, u8), style: Style, seconds: u32, metres: Option<f64>) -> FitBuilder {
    Recording::single(start, Leg { sport, style, seconds, metres }).builder()
}

/// A run outdoors: start in Unix time, seconds, metres.
pub fn run(start: i64, seconds: u32, metres: f64) -> FitBuilder {
    plain(start, (1, 0), Style::Outdoor, seconds, Some(metres))
}

/// A road ride.
pub fn ride(start: i64, seconds: u32, metres: f64) -> FitBuilder {
    plain(start, (2, 7), Style::Outdoor, seconds, Some(metres))
}

/// A run on a treadmill: distance but no positions.
pub fn treadmill(start: i64, seconds: u32, metres: f64) -> FitBuilder {
    plain(start, (1, 1), Style::Indoor, seconds, Some(metres))
}

/// Lengths in a pool of 25 m.
pub fn swim(start: i64, seconds: u32, metres: f64) -> FitBuilder {
    plain(start, (5, 17), Style::Pool, seconds, Some(metres))
}

/// Strength training: sets, no distance, no positions.
pub fn strength(start: i64, seconds: u32) -> FitBuilder {
    plain(start, (10, 20), Style::Sets, seconds, None)
}

/// Swim, transition, ride, transition, run in one file: five sessions.
pub fn triathlon(start: i64) -> FitBuilder {
    Recording { legs: triathlon_legs(), ..Recording::single(start, triathlon_legs().remove(0)) }.builder()
}

/// The five legs of [`triathlon`].
pub fn triathlon_legs() -> Vec<Leg> {
    let leg = |sport, seconds, metres| Leg { sport, style: Style::Outdoor, seconds, metres: Some(metres) };
    vec![
        leg((5, 18), 1500, 1500.0),
        leg((3, 0), 150, 250.0),
        leg((2, 7), 4200, 40_000.0),
        leg((3, 0), 110, 200.0),
        leg((1, 0), 2700, 10_000.0),
    ]
}
