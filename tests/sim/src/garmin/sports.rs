//! The activity types that invented histories use.

use crate::fit::Style;
use serde_json::{Value, json};

/// An activity type, with the properties of its recordings.
#[derive(Clone, Copy, Debug)]
pub struct Sport {
    /// The service's key.
    pub key: &'static str,
    /// The service's number.
    pub id: u32,
    /// Number of the parent type.
    pub parent: u32,
    /// FIT sport and sub-sport.
    pub fit: (u8, u8),
    /// Kind of recording.
    pub style: Style,
    /// Metres per second; zero if the sport has no distance.
    pub pace: f64,
    /// The name that the service would give an activity of this type.
    pub title: &'static str,
    /// How often it is picked.
    pub weight: u32,
}

const ALL: u32 = 17;

/// Number and key of the types by which a list can be filtered.
pub const PARENTS: [(u32, &str); 10] = [
    (1, "running"),
    (2, "cycling"),
    (3, "hiking"),
    (4, "other"),
    (9, "walking"),
    (26, "swimming"),
    (29, "fitness_equipment"),
    (89, "multi_sport"),
    (165, "winter_sports"),
    (228, "water_sports"),
];

/// The types, except [`MULTI`] and [`UNKNOWN`].
pub const SPORTS: [Sport; 14] = [
    sport("running", 1, ALL, (1, 0), Style::Outdoor, 2.9, "Running", 30),
    sport("trail_running", 6, 1, (1, 3), Style::Outdoor, 2.2, "Trail Running", 10),
    sport("treadmill_running", 18, 1, (1, 1), Style::Indoor, 2.8, "Treadmill Running", 5),
    sport("cycling", 2, ALL, (2, 0), Style::Outdoor, 6.5, "Cycling", 14),
    sport("road_biking", 10, 2, (2, 7), Style::Outdoor, 7.6, "Road Cycling", 8),
    sport("gravel_cycling", 143, 2, (2, 46), Style::Outdoor, 5.9, "Gravel/Unpaved Cycling", 4),
    sport("indoor_cycling", 25, 2, (2, 6), Style::Indoor, 7.0, "Indoor Cycling", 5),
    sport("lap_swimming", 27, 26, (5, 17), Style::Pool, 0.75, "Pool Swim", 6),
    sport("open_water_swimming", 28, 26, (5, 18), Style::Outdoor, 0.7, "Open Water", 3),
    sport("strength_training", 13, 29, (10, 20), Style::Sets, 0.0, "Strength", 6),
    sport("yoga", 163, 29, (10, 43), Style::Still, 0.0, "Yoga", 4),
    sport("hiking", 3, ALL, (17, 0), Style::Outdoor, 1.2, "Hiking", 7),
    sport("walking", 9, ALL, (11, 0), Style::Outdoor, 1.4, "Walking", 5),
    sport("stand_up_paddleboarding_v2", 239, 228, (37, 0), Style::Outdoor, 1.0, "SUP", 2),
];

/// Several sports in one recording.
pub const MULTI: Sport = sport("multi_sport", 89, ALL, (18, 0), Style::Outdoor, 4.0, "Multisport", 0);

/// A type that no client knows.
pub const UNKNOWN: Sport = sport("lunar_hopping_v3", 9317, 4, (254, 0), Style::Outdoor, 1.1, "Lunar Hopping", 0);

#[expect(clippy::too_many_arguments, reason = "one row of a table")]
const fn sport(
    key: &'static str,
    id: u32,
    parent: u32,
    fit: (u8, u8),
    style: Style,
    pace: f64,
    title: &'static str,
    weight: u32,
) -> Sport {
    Sport { key, id, parent, fit, style, pace, title, weight }
}

/// All types, as the service lists them: the parents, and the types of invented histories.
pub fn listed() -> Value {
    let entry = |id: u32, key: &str, parent: u32| {
        json!({
            "typeId": id, "typeKey": key, "parentTypeId": parent,
            "isHidden": false, "restricted": false, "trimmable": true,
        })
    };
    let parents = PARENTS.iter().map(|(id, key)| entry(*id, key, ALL));
    let own = SPORTS.iter().filter(|sport| !PARENTS.iter().any(|(id, _)| *id == sport.id));
    let own = own.map(|sport| entry(sport.id, sport.key, sport.parent));
    std::iter::once(entry(ALL, "all", 0)).chain(parents).chain(own).collect()
}

/// The type with this key, if the table has it.
pub fn by_key(key: &str) -> Option<Sport> {
    let all = SPORTS.iter().chain([&MULTI, &UNKNOWN]);
    all.into_iter().find(|sport| sport.key == key).copied()
}

/// The listed type of a leg of a multisport recording.
pub fn leg_key(fit: (u8, u8)) -> (&'static str, u32) {
    match fit {
        (5, _) => ("open_water_swimming", 28),
        (2, _) => ("road_biking", 10),
        (3, _) => ("transition_v2", 189),
        _ => ("running", 1),
    }
}

/// The type closest to a FIT sport and sub-sport.
pub fn by_fit(fit: (u8, u8)) -> Sport {
    let exact = SPORTS.iter().find(|sport| sport.fit == fit);
    let near = || SPORTS.iter().find(|sport| sport.fit.0 == fit.0);
    exact.or_else(near).copied().unwrap_or(UNKNOWN)
}
