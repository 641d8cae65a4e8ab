//! Sports: converts Garmin's and intervals.icu's types, COROS' numbers and FIT's numbers to the names of the FIT profile.
//!
//! ```text
//! sport::from_garmin("trail_running")       Some(("running", Some("trail")))
//! sport::from_coros(102)                    Some(("running", Some("trail")))
//! sport::from_intervals("TrailRun")         Some(("running", Some("trail")))
//! sport::sport_name(1)                      Some("running")
//! sport::family(Some("fitness_equipment"), Some("treadmill")).name()    "running"
//! ```
//!
//! The tables are data, not code: `sport/types.csv` has a row for each type of a platform,
//! `sport/fit_names.csv` a row for each sport and sub sport of the FIT profile with the family it
//! belongs to. A new type is a new row. A type that is in no table is `None` here; the caller keeps
//! the platform's own name of the type.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;

const TYPES: &str = include_str!("sport/types.csv");
const FIT_NAMES: &str = include_str!("sport/fit_names.csv");

/// A FIT sport and its sub sport, if any, both as the FIT profile spells them.
pub type Names = (&'static str, Option<&'static str>);

/// A family of similar sports: two devices may record one activity under different sports of one family.
///
/// Two devices rarely agree on more than the family: a run is `running` on one, `running`/`trail`
/// on another, `fitness_equipment`/`treadmill` on a third. The families are `running` (wheelchair runs
/// too), `walking` (hiking, mountaineering), `cycling` (e-bikes), `swimming`, `fitness` (strength,
/// cardio, yoga, boxing …), `winter`, `water` (boats and boards), `diving`, `climbing`, `racket`,
/// `team`, `flying`, `motor`, `outdoor` (hunting, fishing), `multisport` (and its transitions). A
/// sport without relatives, like golf, is a family of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Family(&'static str);

impl Family {
    /// The family of activities without a sport, with a general sport (`generic`, `all`) or with one that has no name.
    pub const UNKNOWN: Family = Family("unknown");

    /// The family's name, `unknown` for [`Family::UNKNOWN`].
    pub fn name(self) -> &'static str {
        self.0
    }

    /// Whether both are the same family. `None` if either is unknown: then nothing follows.
    pub fn agrees(self, other: Family) -> Option<bool> {
        (self != Self::UNKNOWN && other != Self::UNKNOWN).then_some(self == other)
    }
}

/// The FIT sport and sub sport of a Garmin `typeKey`.
///
/// Garmin renamed some keys, and older listings and other tools use the older ones. So the key is
/// tried as it is, then without its ending `_ws`, `_v1` or `_v2`, then with `_v2` or `_ws` instead:
/// `tennis` finds `tennis_v2`, `running_v2` finds `running`.
pub fn from_garmin(type_key: &str) -> Option<Names> {
    let garmin = &tables().garmin;
    let bare = ["_ws", "_v1", "_v2"].iter().find_map(|ending| type_key.strip_suffix(ending)).unwrap_or(type_key);
    garmin
        .get(type_key)
        .or_else(|| garmin.get(bare))
        .or_else(|| garmin.get(format!("{bare}_v2").as_str()))
        .or_else(|| garmin.get(format!("{bare}_ws").as_str()))
        .copied()
}

/// The FIT sport and sub sport of a COROS `sportType`.
pub fn from_coros(code: i64) -> Option<Names> {
    tables().coros.get(&code).map(|&(_, names)| names)
}

/// COROS' name of a `sportType`: `trailRun` for 102.
pub fn coros_key(code: i64) -> Option<&'static str> {
    tables().coros.get(&code).map(|&(key, _)| key)
}

/// The FIT sport and sub sport of a `type` of intervals.icu.
pub fn from_intervals(activity_type: &str) -> Option<Names> {
    tables().intervals.get(activity_type).copied()
}

/// The name of a FIT sport: 1 is `running`.
pub fn sport_name(number: u8) -> Option<&'static str> {
    tables().sports.name(number)
}

/// The name of a FIT sub sport: 3 is `trail`.
pub fn sub_sport_name(number: u8) -> Option<&'static str> {
    tables().sub_sports.name(number)
}

/// The number of a FIT sport: `running` is 1.
pub fn sport_number(name: &str) -> Option<u8> {
    tables().sports.by_name.get(name).map(|&(number, _)| number)
}

/// The number of a FIT sub sport: `trail` is 3.
pub fn sub_sport_number(name: &str) -> Option<u8> {
    let sub_sports = &tables().sub_sports.by_name;
    sub_sports.get(name).map(|&(number, _)| number)
}

/// All names: FIT's sports and sub sports, and the platforms' own types. Some occur more than once.
pub fn names() -> impl Iterator<Item = &'static str> {
    let tables = tables();
    let fit = tables.sports.by_name.keys().chain(tables.sub_sports.by_name.keys());
    let types = tables.garmin.keys().chain(tables.intervals.keys());
    fit.chain(types).copied().chain(tables.coros.values().map(|(key, _)| *key))
}

/// The family of a FIT sport, given by name.
///
/// The sub sport counts only if the sport itself is too general: `fitness_equipment`/`treadmill`
/// is running and `generic`/`lap_swimming` is swimming, but `running`/`track` stays running
/// whatever else `track` may be.
pub fn family(sport: Option<&str>, sub_sport: Option<&str>) -> Family {
    let tables = tables();
    let of_sport = sport.and_then(|name| tables.sports.family(name)).unwrap_or(Family::UNKNOWN);
    if of_sport != Family::UNKNOWN && of_sport.0 != "fitness" {
        return of_sport;
    }
    sub_sport.and_then(|name| tables.sub_sports.family(name)).unwrap_or(of_sport)
}

/// Both files, read once and indexed.
struct Tables {
    garmin: HashMap<&'static str, Names>,
    coros: HashMap<i64, (&'static str, Names)>,
    intervals: HashMap<&'static str, Names>,
    sports: FitNames,
    sub_sports: FitNames,
}

/// One enum of the FIT profile, by number and by name.
#[derive(Default)]
struct FitNames {
    by_number: HashMap<u8, &'static str>,
    by_name: HashMap<&'static str, (u8, Option<Family>)>,
}

impl FitNames {
    fn name(&self, number: u8) -> Option<&'static str> {
        self.by_number.get(&number).copied()
    }

    fn family(&self, name: &str) -> Option<Family> {
        self.by_name.get(name).and_then(|&(_, family)| family)
    }
}

/// The platforms that share a list of activity types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TypeFamily {
    Garmin,
    Coros,
    Intervals,
}

#[derive(Deserialize)]
struct TypeRow {
    platform_family: TypeFamily,
    code: i64,
    key: String,
    fit_sport: String,
    fit_sub_sport: Option<String>,
}

#[derive(Deserialize)]
struct FitNameRow {
    kind: String,
    number: u8,
    name: String,
    family: Option<String>,
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(read_tables)
}

fn read_tables() -> Tables {
    let mut tables = Tables {
        garmin: HashMap::new(),
        coros: HashMap::new(),
        intervals: HashMap::new(),
        sports: FitNames::default(),
        sub_sports: FitNames::default(),
    };
    for row in rows::<TypeRow>(TYPES) {
        let key = keep(row.key);
        let names = (keep(row.fit_sport), row.fit_sub_sport.map(keep));
        match row.platform_family {
            TypeFamily::Garmin => drop(tables.garmin.insert(key, names)),
            TypeFamily::Coros => drop(tables.coros.insert(row.code, (key, names))),
            TypeFamily::Intervals => drop(tables.intervals.insert(key, names)),
        }
    }
    for row in rows::<FitNameRow>(FIT_NAMES) {
        let names = if row.kind == "sport" { &mut tables.sports } else { &mut tables.sub_sports };
        let (name, family) = (keep(row.name), row.family.map(|name| Family(keep(name))));
        names.by_number.insert(row.number, name);
        names.by_name.insert(name, (row.number, family));
    }
    tables
}

/// The rows of a table that is part of the program.
fn rows<Row: for<'de> Deserialize<'de>>(table: &str) -> Vec<Row> {
    csv::Reader::from_reader(table.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        // Cannot fail: the text is compiled in, and a test reads every row of it.
        .expect("the sport tables are well formed")
}

/// The word with a static lifetime: it is never freed, because the tables live as long as the program.
fn keep(word: String) -> &'static str {
    word.leak()
}

#[cfg(test)]
mod tests;
