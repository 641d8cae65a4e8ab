//! The numbers for the charts, by day, week and month.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::sport;
use crate::status::{Day, Month, Redacted, Volume, Week};

/// A later start comes from a wrong clock, in any time zone.
const AHEAD: SignedDuration = SignedDuration::from_hours(48);
/// The FIT sport of activities without a sport.
const NO_SPORT: &str = "generic";

/// Days, weeks and months with activities, for the charts.
pub(super) struct ChartData {
    /// The days, by date.
    pub days: Vec<Day>,
    /// The weeks, by their Monday.
    pub weeks: Vec<Week>,
    /// The months, without gaps.
    pub months: Vec<Month>,
}

/// A group of activities, as the charts need it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Charted<'a> {
    /// FIT `sport`, else the platform's own type.
    pub sport: &'a str,
    /// When it started.
    pub start: Option<Timestamp>,
    /// Local time minus UTC at its start.
    pub utc_offset_s: Option<i32>,
    /// Time with the timer running.
    pub timer_time_s: Option<f64>,
    /// Distance covered.
    pub distance_m: Option<f64>,
    /// Whether its file is in the archive.
    pub is_archived: bool,
    /// For each platform: whether it is there.
    pub on: &'a [bool],
}

/// Adds up the numbers for the charts.
pub(super) struct Charts {
    /// The platforms.
    names: Vec<String>,
    days: BTreeMap<Date, Volume>,
    weeks: BTreeMap<Date, BTreeMap<String, Volume>>,
    months: BTreeMap<Date, Month>,
}

impl Charts {
    /// Without activities. `names`: the platforms.
    pub fn new(names: Vec<String>) -> Charts {
        Charts { names, days: BTreeMap::new(), weeks: BTreeMap::new(), months: BTreeMap::new() }
    }

    /// Adds a group. A start before 1970 or in the future comes from a wrong clock, and is ignored.
    pub fn add(&mut self, group: &Charted, now: Timestamp) {
        let Some(date) = day_of(group, now) else { return };
        add(self.days.entry(date).or_default(), group);
        let monday = date.saturating_sub(i64::from(date.weekday().to_monday_zero_offset()).days());
        let (sports, sport) = (self.weeks.entry(monday).or_default(), sport_of(group));
        match sports.get_mut(sport.as_ref()) {
            Some(volume) => add(volume, group),
            None => add(sports.entry(sport.into_owned()).or_default(), group),
        }
        let first = date.first_of_month();
        let month = self.months.entry(first).or_insert_with(|| empty(first, &self.names));
        month.count += 1;
        month.archived += u64::from(group.is_archived);
        let is_on = |name: &String| self.names.iter().zip(group.on).any(|(known, is_on)| *is_on && known == name);
        month.on.iter_mut().filter(|(name, _)| is_on(name)).for_each(|(_, count)| *count += 1);
    }

    /// The numbers.
    pub fn finish(self) -> ChartData {
        let day = |(date, volume): (Date, Volume)| Day {
            date,
            count: volume.count,
            time_s: volume.time_s,
            distance_m: volume.distance_m,
        };
        ChartData {
            days: self.days.into_iter().map(day).collect(),
            weeks: self.weeks.into_iter().map(|(monday, sports)| Week { monday, sports }).collect(),
            months: without_gap(self.months, &self.names),
        }
    }
}

/// The local day of the start; in UTC if the offset is unknown.
fn day_of(group: &Charted, now: Timestamp) -> Option<Date> {
    let start = group.start.filter(|start| *start >= Timestamp::UNIX_EPOCH && start.duration_since(now) <= AHEAD)?;
    let offset = group.utc_offset_s.and_then(|seconds| Offset::from_seconds(seconds).ok()).unwrap_or(Offset::UTC);
    Some(offset.to_datetime(start).date())
}

/// The FIT sport of a group; `generic` if the service has a sport that FIT does not have.
fn sport_of<'a>(group: &Charted<'a>) -> Cow<'a, str> {
    let is_fit = |name: &str| sport::sport_number(name).is_some();
    if is_fit(group.sport) {
        return Cow::Borrowed(group.sport);
    }
    // As it is shown in the list.
    let shown = Redacted::of(group.sport);
    if is_fit(shown.as_str()) { Cow::Owned(shown.as_str().to_owned()) } else { Cow::Borrowed(NO_SPORT) }
}

fn add(volume: &mut Volume, group: &Charted) {
    volume.count += 1;
    volume.time_s += group.timer_time_s.unwrap_or(0.0);
    volume.distance_m += group.distance_m.unwrap_or(0.0);
}

fn empty(month: Date, names: &[String]) -> Month {
    Month { month, count: 0, archived: 0, on: names.iter().map(|name| (name.clone(), 0)).collect() }
}

fn without_gap(mut months: BTreeMap<Date, Month>, names: &[String]) -> Vec<Month> {
    let (first, last) = (months.keys().next().copied(), months.keys().next_back().copied());
    let mut next = first;
    while let Some(month) = next.filter(|month| Some(*month) <= last) {
        months.entry(month).or_insert_with(|| empty(month, names));
        next = month.checked_add(1.month()).ok();
    }
    months.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group<'a>(start: &str, offset: Option<i32>, sport: &'a str) -> Charted<'a> {
        Charted {
            sport,
            start: start.parse().ok(),
            utc_offset_s: offset,
            timer_time_s: Some(600.0),
            distance_m: Some(1000.0),
            is_archived: false,
            on: &[true, false],
        }
    }

    fn of(groups: &[Charted]) -> ChartData {
        let mut charts = Charts::new(vec!["coros".into(), "garmin-cn".into()]);
        groups.iter().for_each(|group| charts.add(group, "2026-03-01T00:00:00Z".parse().unwrap()));
        charts.finish()
    }

    fn dates(data: &ChartData) -> Vec<String> {
        data.days.iter().map(|day| day.date.to_string()).collect()
    }

    #[test]
    fn an_activity_counts_for_the_local_day_of_its_start() {
        let late = "2026-01-01T23:30:00Z";
        let days = [Some(3600), Some(-3600 * 24), None, Some(999_999)].map(|offset| group(late, offset, "running"));
        assert_eq!(dates(&of(&days[..1])), ["2026-01-02"]);
        assert_eq!(dates(&of(&days[1..2])), ["2025-12-31"]);
        assert_eq!(dates(&of(&days[2..])), ["2026-01-01"], "UTC, if the offset is unknown or invalid");
        assert_eq!((of(&days).days[0].count, of(&days[2..]).days[0].time_s), (1, 1200.0));
    }

    #[test]
    fn weeks_begin_on_monday_and_unknown_sports_are_generic() {
        let sunday = group("2026-01-04T10:00:00Z", None, "running");
        let monday = group("2026-01-05T10:00:00Z", None, "my_own_sport");
        let weeks = of(&[sunday, monday]).weeks;
        let found: Vec<(String, Vec<&String>)> =
            weeks.iter().map(|week| (week.monday.to_string(), week.sports.keys().collect())).collect();
        assert_eq!(
            found,
            [("2025-12-29".into(), vec![&"running".into()]), ("2026-01-05".into(), vec![&"generic".to_string()])]
        );
        assert_eq!(weeks[0].sports["running"], Volume { count: 1, time_s: 600.0, distance_m: 1000.0 });
    }

    #[test]
    fn months_have_no_gap_and_implausible_starts_are_ignored() {
        let mut first = group("2025-11-30T10:00:00Z", None, "running");
        first.is_archived = true;
        let last = group("2026-02-01T10:00:00Z", None, "running");
        let wrong = ["1969-12-31T00:00:00Z", "2026-03-04T00:00:00Z", "never"].map(|at| group(at, None, "running"));
        let all: Vec<Charted> = [first, last].into_iter().chain(wrong).collect();
        let data = of(&all);
        let found: Vec<(String, u64, u64, u64, u64)> = data
            .months
            .iter()
            .map(|month| {
                (month.month.to_string(), month.count, month.archived, month.on["coros"], month.on["garmin-cn"])
            })
            .collect();
        let month = |name: &str, count, archived| (format!("{name}-01"), count, archived, count, 0);
        assert_eq!(
            found,
            [month("2025-11", 1, 1), month("2025-12", 0, 0), month("2026-01", 0, 0), month("2026-02", 1, 0)]
        );
        assert_eq!(dates(&data).len(), 2);
        assert!(of(&[]).months.is_empty());
    }
}
