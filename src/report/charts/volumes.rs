//! The data of the weekly chart: the last year, week by week, and the sports that are distinguished.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Span, ToSpan};

use super::format::sane;
use crate::report::{Volume, Week};

/// So many weeks are shown.
pub const WEEKS: i32 = 53;
/// How many sports have a pattern of their own; the others share one.
pub const SPORTS: usize = 6;

/// The data of the chart.
pub struct Chart<'a> {
    /// The sports, the one with most time first.
    pub sports: Vec<Sport<'a>>,
    /// The weeks in their order, also those without activities.
    pub weeks: Vec<Bar>,
}

/// A sport with a pattern of its own.
pub struct Sport<'a> {
    /// FIT's name; `None`: all others, which come last.
    pub name: Option<&'a str>,
    /// Its total over all weeks.
    pub sum: Volume,
}

/// A week.
pub struct Bar {
    /// Its first day.
    pub monday: Date,
    /// The volume of each sport.
    pub parts: Vec<Volume>,
    /// Their total.
    pub sum: Volume,
}

/// The volume of each sport.
type Volumes<'a> = BTreeMap<&'a str, Volume>;

impl<'a> Chart<'a> {
    /// The weeks up to the one of `today`.
    pub fn of(weeks: &'a [Week], today: Date) -> Chart<'a> {
        let mut all = by_monday(weeks);
        let mondays = mondays(today, |monday| all.contains_key(&monday));
        let shown: Vec<(Date, Volumes)> =
            mondays.into_iter().map(|monday| (monday, all.remove(&monday).unwrap_or_default())).collect();
        let names = ranked(&shown);
        let places: BTreeMap<&str, usize> =
            names.iter().copied().zip((0..).map(|place: usize| place.min(SPORTS))).collect();
        let count = names.len().min(SPORTS + 1);
        let weeks: Vec<Bar> =
            shown.into_iter().map(|(monday, volumes)| bar(monday, &volumes, &places, count)).collect();
        let sport = |place: usize| Sport {
            name: names.get(place).copied().filter(|_| place < SPORTS),
            sum: total(weeks.iter().map(|week| &week.parts[place])),
        };
        Chart { sports: (0..count).map(sport).collect(), weeks }
    }

    /// The longest week, in seconds.
    pub fn most(&self) -> f64 {
        self.weeks.iter().map(|week| week.sum.time_s).fold(0.0, f64::max)
    }
}

/// What counts at all, by the week.
fn by_monday(weeks: &[Week]) -> BTreeMap<Date, Volumes<'_>> {
    let mut all: BTreeMap<Date, Volumes> = BTreeMap::new();
    for week in weeks {
        let sports = all.entry(monday_of(week.monday)).or_default();
        for (name, volume) in week.sports.iter().filter(|(_, volume)| volume.count > 0) {
            add(sports.entry(name).or_default(), &sound(volume));
        }
    }
    all
}

/// A week, with each sport at its position.
fn bar(monday: Date, volumes: &Volumes, places: &BTreeMap<&str, usize>, count: usize) -> Bar {
    let mut parts = vec![Volume::default(); count];
    for (name, volume) in volumes {
        add(&mut parts[places[name]], volume);
    }
    Bar { monday, sum: total(&parts), parts }
}

/// The Monday on or before a day.
fn monday_of(date: Date) -> Date {
    let back = i64::from(date.weekday().to_monday_zero_offset());
    date.checked_sub(Span::new().days(back)).unwrap_or(date)
}

/// The Mondays that are shown. East of Greenwich a week may have started that has not started where `today` was determined.
fn mondays(today: Date, has: impl Fn(Date) -> bool) -> Vec<Date> {
    let this = monday_of(today);
    let last = this.checked_add(1.week()).ok().filter(|next| has(*next)).unwrap_or(this);
    (0..WEEKS).rev().filter_map(|back| last.checked_sub(back.weeks()).ok()).collect()
}

/// The sports, the one with most time first.
fn ranked<'a>(weeks: &[(Date, Volumes<'a>)]) -> Vec<&'a str> {
    let mut sums = Volumes::new();
    for (name, volume) in weeks.iter().flat_map(|(_, volumes)| volumes) {
        add(sums.entry(name).or_default(), volume);
    }
    let mut sums: Vec<(&str, Volume)> = sums.into_iter().collect();
    sums.sort_by(|(_, a), (_, b)| b.time_s.total_cmp(&a.time_s).then(b.count.cmp(&a.count)));
    sums.into_iter().map(|(name, _)| name).collect()
}

/// As it can be added up and drawn.
fn sound(volume: &Volume) -> Volume {
    Volume { count: volume.count, time_s: sane(volume.time_s), distance_m: sane(volume.distance_m) }
}

fn add(sum: &mut Volume, more: &Volume) {
    sum.count = sum.count.saturating_add(more.count);
    sum.time_s += more.time_s;
    sum.distance_m += more.distance_m;
}

/// Together.
pub fn total<'a>(volumes: impl IntoIterator<Item = &'a Volume>) -> Volume {
    let mut sum = Volume::default();
    volumes.into_iter().for_each(|volume| add(&mut sum, volume));
    sum
}

#[cfg(test)]
#[path = "volumes_tests.rs"]
mod tests;
