//! The numbers for the charts, by day, week and month.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::sport;
use crate::status::{ActivityGroup, Day, Month, Volume, Week};

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

/// The numbers of `groups`. `names`: the platforms.
///
/// A start before 1970 or in the future comes from a wrong clock, and is ignored.
pub(super) fn chart_data(groups: &[ActivityGroup], names: &[String], now: Timestamp) -> ChartData {
    let mut days: BTreeMap<Date, Volume> = BTreeMap::new();
    let mut weeks: BTreeMap<Date, BTreeMap<String, Volume>> = BTreeMap::new();
    let mut months: BTreeMap<Date, Month> = BTreeMap::new();
    for group in groups {
        let Some(date) = day_of(group, now) else { continue };
        add(days.entry(date).or_default(), group);
        let monday = date.saturating_sub(i64::from(date.weekday().to_monday_zero_offset()).days());
        add(weeks.entry(monday).or_default().entry(sport_of(group)).or_default(), group);
        let month = months.entry(date.first_of_month()).or_insert_with(|| empty(date.first_of_month(), names));
        month.count += 1;
        month.archived += u64::from(group.file.is_some());
        for (_, count) in month.on.iter_mut().filter(|(name, _)| group.on.iter().any(|on| on.platform == **name)) {
            *count += 1;
        }
    }
    let day = |(date, volume): (Date, Volume)| Day {
        date,
        count: volume.count,
        time_s: volume.time_s,
        distance_m: volume.distance_m,
    };
    ChartData {
        days: days.into_iter().map(day).collect(),
        weeks: weeks.into_iter().map(|(monday, sports)| Week { monday, sports }).collect(),
        months: without_gap(months, names),
    }
}

/// The local day of the start; in UTC if the offset is unknown.
fn day_of(group: &ActivityGroup, now: Timestamp) -> Option<Date> {
    let start =
        group.start_time.filter(|start| *start >= Timestamp::UNIX_EPOCH && start.duration_since(now) <= AHEAD)?;
    let offset = group.utc_offset_s.and_then(|seconds| Offset::from_seconds(seconds).ok()).unwrap_or(Offset::UTC);
    Some(offset.to_datetime(start).date())
}

/// The FIT sport of a group; `generic` if the service has a sport that FIT does not have.
fn sport_of(group: &ActivityGroup) -> String {
    let name = group.sport.as_str();
    if sport::sport_number(name).is_some() { name } else { NO_SPORT }.to_owned()
}

fn add(volume: &mut Volume, group: &ActivityGroup) {
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
    use crate::status::{File, Place, Redacted};

    fn group(start: &str, offset: Option<i32>, sport: &str) -> ActivityGroup {
        ActivityGroup {
            sport: Redacted::of(sport),
            start_time: start.parse().ok(),
            utc_offset_s: offset,
            timer_time_s: Some(600.0),
            distance_m: Some(1000.0),
            on: vec![Place { platform: "coros".into(), id: Redacted::of("1") }],
            ..ActivityGroup::default()
        }
    }

    fn of(groups: &[ActivityGroup]) -> ChartData {
        chart_data(groups, &["coros".into(), "garmin-cn".into()], "2026-03-01T00:00:00Z".parse().unwrap())
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
        let file = File { path: Redacted::of("a.fit"), format: Redacted::of("fit"), converted: false, bytes: 1 };
        let mut first = group("2025-11-30T10:00:00Z", None, "running");
        first.file = Some(file);
        let last = group("2026-02-01T10:00:00Z", None, "running");
        let wrong = ["1969-12-31T00:00:00Z", "2026-03-04T00:00:00Z", "never"].map(|at| group(at, None, "running"));
        let all: Vec<ActivityGroup> = [first, last].into_iter().chain(wrong).collect();
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
