//! Invented recordings, second by second: an athlete on a route, and the devices that record the athlete.

use std::f64::consts::TAU;

use fastrand::Rng;
use garminsync::fit::{Position, Trackpoint};

/// Metres on the ground for a degree of latitude.
const METRES_PER_DEGREE: f64 = 111_195.0;

/// Where an athlete is and how fast the heart beats, each second.
#[derive(Debug, Clone)]
pub struct Athlete {
    speeds_mps: Vec<f64>,
    hearts_bpm: Vec<f64>,
    /// The direction at each metre of the route.
    route: Vec<f64>,
    is_indoors: bool,
}

/// A sum of waves: a value that varies smoothly.
struct Waves(Vec<(f64, f64, f64)>);

impl Waves {
    fn new(rng: &mut Rng, height: f64, periods_s: std::ops::Range<f64>) -> Waves {
        let span = periods_s.end - periods_s.start;
        Waves((0..5).map(|_| (height * rng.f64(), periods_s.start + span * rng.f64(), TAU * rng.f64())).collect())
    }

    fn at(&self, time: f64) -> f64 {
        self.0.iter().map(|(height, period, phase)| height * (TAU * time / period + phase).sin()).sum()
    }
}

/// The directions of a route, by the metre.
pub fn route(rng: &mut Rng) -> Vec<f64> {
    let bends = Waves::new(rng, 1.2, 150.0..2000.0);
    (0..60_000).map(|metre| bends.at(f64::from(metre))).collect()
}

impl Athlete {
    /// An athlete of some speed (metres a second) and heart rate on a route.
    pub fn new(rng: &mut Rng, seconds: usize, speed: f64, heart: f64, route: &[f64]) -> Athlete {
        let (paces, hearts) = (Waves::new(rng, 0.05, 60.0..1500.0), Waves::new(rng, 5.0, 90.0..1200.0));
        let time = |second: usize| second as f64;
        Athlete {
            speeds_mps: (0..seconds).map(|second| (speed * (1.0 + paces.at(time(second)))).max(0.0)).collect(),
            hearts_bpm: (0..seconds).map(|second| (heart + hearts.at(time(second))).clamp(60.0, 200.0)).collect(),
            route: route.to_vec(),
            is_indoors: false,
        }
    }

    pub fn indoors(mut self) -> Athlete {
        self.is_indoors = true;
        self
    }

    /// Another athlete from the same start on the same route, at nearly the same speed, with another heart.
    pub fn companion(&self, rng: &mut Rng) -> Athlete {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let apart = (12.0 + rng.f64() * 15.0) * if rng.bool() { 1.0 } else { -1.0 };
        let (speed, heart) = (mean(&self.speeds_mps) * (0.97 + rng.f64() * 0.06), mean(&self.hearts_bpm) + apart);
        let other = Athlete::new(rng, self.speeds_mps.len(), speed, heart, &self.route);
        Athlete { is_indoors: self.is_indoors, ..other }
    }

    /// What a device records, with its own errors of place, speed and pulse.
    pub fn recorded(&self, rng: &mut Rng, start: i64) -> Vec<Trackpoint> {
        let (east_error, north_error) = (Waves::new(rng, 3.0, 30.0..400.0), Waves::new(rng, 3.0, 30.0..400.0));
        let (mut metres, mut east, mut north) = (0.0, 0.0, 0.0);
        let late_s = rng.usize(0..4);
        let points = self.speeds_mps.iter().enumerate().map(|(second, speed)| {
            let direction = self.route[(metres as usize).min(self.route.len() - 1)];
            (metres, east, north) = (metres + speed, east + speed * direction.cos(), north + speed * direction.sin());
            let time = second as f64;
            let position = Position {
                lat: 52.5 + (north + north_error.at(time)) / METRES_PER_DEGREE,
                lon: 13.4 + (east + east_error.at(time)) / (METRES_PER_DEGREE * 52.5_f64.to_radians().cos()),
            };
            let heart = self.hearts_bpm[second.saturating_sub(late_s)] + rng.f64() * 3.0 - 1.5;
            Trackpoint {
                time: Some(start + second as i64),
                position: Some(position).filter(|_| !self.is_indoors),
                distance_m: Some((metres * 100.0).round() / 100.0),
                speed_mps: Some(((speed + rng.f64() * 0.3 - 0.15).max(0.0) * 1000.0).round() / 1000.0),
                heart_rate_bpm: Some(heart.round() as u8),
                ..Trackpoint::default()
            }
        });
        points.collect()
    }
}

/// The values of a program that rounds them, and keeps a trackpoint every few seconds.
pub fn converted(points: &[Trackpoint], every: usize) -> Vec<Trackpoint> {
    let rounded = |value: f64, step: f64| (value / step).round() * step;
    let convert = |point: &Trackpoint| Trackpoint {
        position: point.position.map(|at| Position { lat: rounded(at.lat, 1e-5), lon: rounded(at.lon, 1e-5) }),
        speed_mps: point.speed_mps.map(|speed| rounded(speed, 0.1 / 3.6)),
        distance_m: point.distance_m.map(f64::round),
        ..*point
    };
    points.iter().step_by(every).map(convert).collect()
}
