//! Invents the history of an account: the same seed always gives the same activities and files.

use super::activity::{Activity, Child, Device, Layout, Source};
use super::oddities::{self, ODDITIES};
use super::sports::{SPORTS, Sport};
use crate::clock::{self, SHANGHAI, ZONES, Zone};
use crate::fit::{Leg, Recording, Style};
use fastrand::Rng;

const DAY: i64 = 86_400;
/// The length of a history in years: even a short one reaches back to the years of the old list format.
const LEAST_YEARS: f64 = 6.5;
const MOST_YEARS: f64 = 14.0;

/// The maximum number of samples in a generated file.
const SAMPLES: u32 = 700;

/// `count` activities, the newest a little before `end` (Unix time), newest first.
pub fn generate(domain: &str, count: usize, seed: u64, end: i64) -> Vec<Activity> {
    let mut rng = Rng::with_seed(seed ^ domain.len() as u64 ^ (count as u64) << 20);
    let years = (count as f64 / 40.0).clamp(LEAST_YEARS, MOST_YEARS);
    let mut starts: Vec<i64> =
        (0..count).map(|_| end - 3600 * 6 - (rng.f64() * years * 365.25 * DAY as f64) as i64).collect();
    starts.sort_unstable();
    let spacing = (count / (2 * ODDITIES.len())).clamp(2, 12);
    let mut list: Vec<Activity> = Vec::with_capacity(count);
    for (index, start) in starts.into_iter().enumerate() {
        let mut activity = ordinary(domain, &mut rng, start, list.last().map(|a| a.id));
        if index % spacing == 1 {
            let oddity = ODDITIES[(index / spacing) % ODDITIES.len()];
            oddities::apply(oddity, &mut activity, list.last(), &mut rng);
        }
        list.push(activity);
    }
    list.reverse();
    list
}

/// An ordinary activity that starts at about `start`, with an id above `after`.
pub fn ordinary(domain: &str, rng: &mut Rng, start: i64, after: Option<u64>) -> Activity {
    let sport = pick_sport(rng);
    let zone = pick_zone(domain, rng);
    let seconds = rng.u32(1200..7200);
    let leg = leg_of(&sport, seconds, rng);
    let start = daytime(start, zone, rng);
    let offset = zone.offset(start);
    let serial = 3_300_000_000 + rng.u32(1..4);
    let recording = Recording {
        start,
        offset,
        paused: if rng.u8(0..3) == 0 { rng.u32(5..400) } else { 0 },
        origin: near(zone.place, rng),
        device: (1, [2697, 3290, 4257][(serial % 3) as usize], serial),
        every: (seconds / SAMPLES + 1).max(1),
        developer_fields: rng.u8(0..10) == 0,
        seed: rng.u64(..),
        ..Recording::single(start, leg.clone())
    };
    let name = format!("{} {}", city(zone), sport.title);
    Activity {
        id: id_at(start, after, rng),
        name: Some(name.clone()),
        first_name: name,
        type_key: sport.key.to_owned(),
        sport,
        zone: (zone.id, zone.key.to_owned()),
        distance: leg.metres,
        device: Device::Id(u64::from(serial)),
        old_shape: clock::civil(start).date.0 < 2022,
        without_gmt: false,
        children: Vec::new(),
        source: Source::Fit(pick_layout(rng, serial)),
        imported: false,
        oddities: Vec::new(),
        group: None,
        recording,
    }
}

/// Turns an activity into a multisport activity with these legs, each with an id.
pub fn make_multisport(activity: &mut Activity, legs: Vec<Leg>) {
    activity.sport = super::sports::MULTI;
    activity.sport.key.clone_into(&mut activity.type_key);
    activity.recording.legs = legs;
    activity.recording.paused = 0;
    activity.recording.every = 10;
    activity.distance = activity.recording.metres();
    let legs = 0..activity.recording.legs.len();
    activity.children = legs.map(|leg| Child { id: activity.id + 11 * (leg as u64 + 1), leg }).collect();
}

fn pick_sport(rng: &mut Rng) -> Sport {
    let total = SPORTS.iter().map(|sport| sport.weight).sum();
    let mut ticket = rng.u32(0..total);
    for sport in SPORTS {
        if ticket < sport.weight {
            return sport;
        }
        ticket -= sport.weight;
    }
    SPORTS[0]
}

/// The zone of an activity: most are at home, some on a journey.
fn pick_zone(domain: &str, rng: &mut Rng) -> Zone {
    let travels = rng.u8(0..100) < 40;
    match (domain.ends_with(".cn"), travels) {
        (true, _) if rng.u8(0..100) < 85 => SHANGHAI,
        (false, false) => ZONES[0],
        _ => ZONES[rng.usize(0..ZONES.len())],
    }
}

/// The layout of an original: nearly all are plain, some are as older devices or devices of other manufacturers write
/// them.
fn pick_layout(rng: &mut Rng, serial: u32) -> Layout {
    match rng.u8(0..40) {
        0 => Layout::Header12,
        1 => Layout::ZeroHeaderCrc,
        2 => Layout::BigEndian,
        3 if serial.is_multiple_of(2) => Layout::Compressed,
        _ => Layout::Plain,
    }
}

/// A leg with this sport and duration.
pub fn leg_of(sport: &Sport, seconds: u32, rng: &mut Rng) -> Leg {
    let metres = f64::from(seconds) * sport.pace * (0.8 + 0.4 * rng.f64());
    let metres = match sport.style {
        Style::Pool => (metres / 25.0).round().max(4.0) * 25.0,
        _ => (metres * 100.0).round() / 100.0,
    };
    let metres = (sport.pace > 0.0).then_some(metres);
    Leg { sport: sport.fit, style: sport.style, seconds, metres }
}

/// Moves a time to a plausible hour of its local day.
fn daytime(at: i64, zone: Zone, rng: &mut Rng) -> i64 {
    let local = at + i64::from(zone.standard);
    let midnight = local.div_euclid(DAY) * DAY;
    let wanted = midnight + i64::from(rng.u32(5 * 3600..20 * 3600)) - i64::from(zone.standard);
    if wanted > at { wanted - DAY } else { wanted }
}

fn near(place: (f64, f64), rng: &mut Rng) -> (f64, f64) {
    (place.0 + (rng.f64() - 0.5) / 10.0, place.1 + (rng.f64() - 0.5) / 10.0)
}

fn city(zone: Zone) -> String {
    zone.key.rsplit('/').next().unwrap_or("Somewhere").replace('_', " ")
}

/// An id for an activity with this start. Ids grew over the years: below 2^31 until 2018, about 2.4e10 in 2026.
pub fn id_at(start: i64, after: Option<u64>, rng: &mut Rng) -> u64 {
    const KNOWN: [(i64, u64); 5] = [
        (1_325_376_000, 140_000_000),
        (1_514_764_800, 2_420_000_000),
        (1_618_099_200, 6_588_000_000),
        (1_767_830_400, 21_480_000_000),
        (1_893_456_000, 36_000_000_000),
    ];
    let place = KNOWN.windows(2).find(|w| start < w[1].0).unwrap_or(&KNOWN[3..5]);
    let share = (start - place[0].0) as f64 / (place[1].0 - place[0].0) as f64;
    let id = place[0].1 as f64 + share.max(0.0) * (place[1].1 - place[0].1) as f64;
    let id = id as u64 + rng.u64(100..900);
    id.max(after.map_or(0, |last| last + 100))
}
