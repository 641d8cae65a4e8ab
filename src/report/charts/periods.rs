//! Divides the time of the coverage chart into periods: months, or longer ones if there are too many.

use jiff::civil::Date;

use crate::report::{Month, Platform};

/// The most bars in a row.
const MOST: i64 = 120;
/// The fewest bars; earlier ones are empty. A single month would be as wide as the page.
const LEAST: i64 = 24;
/// The months in a bar: a month, a quarter, a year, and more for implausible dates.
const SIZES: [i64; 8] = [1, 3, 12, 60, 120, 600, 1_200, 2_400];
/// Years between two that are named.
const STEPS: [i64; 10] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];
const MOST_YEARS: i64 = 5_000;
/// The width that the name of a year needs, as a part of the whole: on a large screen, and on a phone.
const ROOM: [f64; 2] = [0.055, 0.13];

/// A period and its coverage.
pub struct Period {
    /// Its first month, counted from the year 0 on.
    first: i64,
    /// So many months it has.
    size: i64,
    /// The number of activities that started in it.
    pub count: u64,
    /// How many of them are in the archive, and then on each platform.
    pub there: Vec<u64>,
}

impl Period {
    /// `2026-01`, `2026-01 – 2026-03`, `2026`, `2020 – 2024`
    pub fn name(&self) -> String {
        let year = |month: i64| month.div_euclid(12);
        let date = |month: i64| format!("{:04}-{:02}", year(month), month.rem_euclid(12) + 1);
        let last = self.first + self.size - 1;
        match self.size {
            1 => date(self.first),
            2..12 => format!("{} – {}", date(self.first), date(last)),
            12 => year(self.first).to_string(),
            _ => format!("{} – {}", year(self.first), year(last)),
        }
    }
}

fn index(date: Date) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month()) - 1
}

/// The periods from the first month with activities to the last, without gaps, at most as many as fit into a row.
pub fn periods(months: &[Month], platforms: &[Platform]) -> Vec<Period> {
    let active = || months.iter().filter(|month| month.count > 0).map(|month| index(month.month));
    let (first, last) = (active().min().unwrap_or(0), active().max().unwrap_or(0));
    let count = |size: &i64| last.div_euclid(*size) - first.div_euclid(*size) + 1;
    let size = SIZES.into_iter().find(|size| count(size) <= MOST).unwrap_or(SIZES[SIZES.len() - 1]);
    of_size(size, LEAST, months, platforms)
}

/// One for each year.
pub fn by_year(months: &[Month], platforms: &[Platform]) -> Vec<Period> {
    of_size(12, 0, months, platforms)
}

fn of_size(size: i64, least: i64, months: &[Month], platforms: &[Platform]) -> Vec<Period> {
    let place = |month: &Month| index(month.month).div_euclid(size);
    let active: Vec<&Month> = months.iter().filter(|month| month.count > 0).collect();
    let (first, last) = (active.iter().map(|month| place(month)).min(), active.iter().map(|month| place(month)).max());
    let (Some(first), Some(last)) = (first, last) else { return Vec::new() };
    let empty = |at: i64| Period { first: at * size, size, count: 0, there: vec![0; platforms.len() + 1] };
    let first = first.min(last + 1 - least);
    let mut periods: Vec<Period> = (first..=last).map(empty).collect();
    for month in active {
        let period = usize::try_from(place(month) - first).ok().and_then(|at| periods.get_mut(at));
        let Some(period) = period else { continue };
        period.count = period.count.saturating_add(month.count);
        let on = platforms.iter().map(|platform| month.on.get(&platform.name).copied().unwrap_or(0));
        // The present activities are a part of all, whatever the numbers say.
        for (sum, there) in period.there.iter_mut().zip(std::iter::once(month.archived).chain(on)) {
            *sum = sum.saturating_add(there.min(month.count));
        }
    }
    periods
}

/// The name of a year below the bars.
pub struct YearName {
    /// The year.
    pub year: i64,
    /// Its position, as a part of the width.
    pub x: f64,
    /// Whether there is room for its name on a wide screen, and on a phone.
    pub shown: [bool; 2],
}

impl YearName {
    /// The class of a name that only fits on one kind of screen.
    pub fn class(&self) -> Option<&'static str> {
        match self.shown {
            [true, false] => Some("c-wide"),
            [false, true] => Some("c-narrow"),
            _ => None,
        }
    }
}

/// The years that are named below the bars.
pub fn years(periods: &[Period]) -> Vec<YearName> {
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else { return Vec::new() };
    let width = (last.first + last.size - first.first) as f64;
    let x = |year: i64| ((year * 12 - first.first) as f64 / width).max(0.0);
    let begin = first.first.div_euclid(12);
    let is_shown = |year: i64, room: f64| {
        let step = STEPS.into_iter().find(|step| (step * 12) as f64 / width >= room).unwrap_or(MOST_YEARS);
        // The first year is named too if its name does not overlap the next one.
        let next = (year.div_euclid(step) + 1) * step;
        let has_room = if year == begin { x(next) >= room } else { year.rem_euclid(step) == 0 };
        // A name must not extend beyond the chart.
        has_room && 1.0 - x(year) >= room * 0.6
    };
    let years = begin..=(last.first + last.size - 1).div_euclid(12);
    let names = years.map(|year| YearName { year, x: x(year), shown: ROOM.map(|room| is_shown(year, room)) });
    names.filter(|name| name.shown.contains(&true)).collect()
}

#[cfg(test)]
#[path = "periods_tests.rs"]
mod tests;
