//! Where the months are: for the archive and each platform, which share of what was done is there.

use std::collections::BTreeMap;

use jiff::civil::Date;
use maud::{Markup, html};

use super::at;
use crate::lang::{Lang, number};
use crate::report::{Month, Platform};

const WIDTH: f64 = 760.0;
/// Where the bars begin: left are the names.
const LEFT: f64 = 96.0;
/// From one row to the next, and the height of a full bar.
const ROW: f64 = 40.0;
const BAR: f64 = 28.0;
/// No more bars than this in a row: else they stand for more than a month.
const MOST_BARS: usize = 120;

/// A row a place, a bar a month.
pub fn coverage(months: &[Month], platforms: &[Platform], lang: Lang) -> Markup {
    let periods = periods(months);
    if periods.is_empty() {
        return html! { p { (lang.pick("No activity with a known start yet.", "尚无已知开始时间的活动。")) } };
    }
    let rows = rows(platforms);
    let height = ROW * rows.len() as f64 + 18.0;
    let total: u64 = months.iter().map(|month| month.count).sum();
    let share = |row: &Row| {
        format!("{} {} %", row.name(lang), percent(months.iter().map(|month| row.there(month)).sum(), total))
    };
    let label = format!(
        "{}: {}",
        lang.pick("Share of all exercises that is there", "各处拥有的运动比例"),
        rows.iter().map(share).collect::<Vec<_>>().join(lang.comma())
    );
    html! {
        div.scroll tabindex="0" role="region" aria-label=(lang.pick("Coverage over time", "覆盖情况")) {
            svg.chart viewBox={ "0 0 " (WIDTH) " " (at(height)) } role="img" aria-label=(label) {
                @for (place, row) in rows.iter().enumerate() { (bars(place, row, &periods, total, lang)) }
                (years(&periods, height))
            }
        }
        p.legend {
            (lang.pick("A full bar: all of it is there. A lower one: some is missing. A stroke at the foot: none of it is. No bar: nothing was done then.",
                "满格：全部都在。较低：有缺失。底部短线：全部缺失。空白：当时没有活动。"))
        }
        details {
            summary { (lang.pick("The same as numbers", "以数字显示")) }
            (table(months, &rows, lang))
        }
    }
}

/// Where things can be.
enum Row<'a> {
    Archive,
    Platform(&'a str),
}

impl Row<'_> {
    fn name(&self, lang: Lang) -> String {
        match self {
            Row::Archive => lang.pick("archive", "归档").to_owned(),
            Row::Platform(name) => (*name).to_owned(),
        }
    }

    fn there(&self, month: &Month) -> u64 {
        match self {
            Row::Archive => month.archived,
            Row::Platform(name) => month.on.get(*name).copied().unwrap_or(0),
        }
    }
}

fn rows(platforms: &[Platform]) -> Vec<Row<'_>> {
    std::iter::once(Row::Archive).chain(platforms.iter().map(|platform| Row::Platform(&platform.name))).collect()
}

/// Months in a row that share one bar.
fn periods(months: &[Month]) -> Vec<&[Month]> {
    let size = [1, 3, 12].into_iter().find(|size| months.len().div_ceil(*size) <= MOST_BARS);
    months.chunks(size.unwrap_or(months.len().div_ceil(MOST_BARS)).max(1)).collect()
}

/// Whole, but never 100 while something is missing, nor 0 while something is there.
fn percent(there: u64, of: u64) -> u64 {
    match there.min(of) {
        0 => 0,
        there if there == of => 100,
        there => (there * 100 / of).clamp(1, 99),
    }
}

fn span_name(months: &[Month]) -> String {
    let name = |month: &Month| month.month.strftime("%Y-%m").to_string();
    match months {
        [] => String::new(),
        [month] => name(month),
        [first, .., last] => format!("{} – {}", name(first), name(last)),
    }
}

fn bars(place: usize, row: &Row, periods: &[&[Month]], total: u64, lang: Lang) -> Markup {
    let step = (WIDTH - LEFT) / periods.len() as f64;
    let foot = place as f64 * ROW + BAR + 4.0;
    let width = at((step * 0.82).clamp(0.8, 24.0));
    let all: u64 = periods.iter().flat_map(|months| months.iter()).map(|month| row.there(month)).sum();
    let name: String = row.name(lang).chars().take(14).collect();
    html! {
        text.row x="0" y=(at(foot - 13.0)) { (name) }
        text.label x="0" y=(at(foot)) { (percent(all, total)) " %" }
        path.axis d=(format!("M{LEFT} {}H{WIDTH}", at(foot))) {}
        @for (index, months) in periods.iter().enumerate() {
            @let (there, count) = (months.iter().map(|month| row.there(month)).sum::<u64>(), months.iter().map(|month| month.count).sum::<u64>());
            @if count > 0 {
                @let share = there.min(count) as f64 / count as f64;
                @let height = if there == 0 { 2.0 } else { (BAR * share).max(3.0) };
                rect class=(if there >= count { "full" } else if there > 0 { "part" } else { "lack" })
                    x=(at(LEFT + index as f64 * step)) y=(at(foot - height)) width=(width) height=(at(height)) {
                    title { (row.name(lang)) " " (span_name(months)) ": " (number(there)) " / " (number(count)) }
                }
            }
        }
    }
}

fn years(periods: &[&[Month]], height: f64) -> Markup {
    let step = (WIDTH - LEFT) / periods.len() as f64;
    let mut labels: Vec<(f64, i16)> = Vec::new();
    for (index, months) in periods.iter().enumerate() {
        let x = LEFT + index as f64 * step;
        // A year is named where it begins, if its name does not run into the one before, or out of the picture.
        let is_new = months.iter().map(|month| month.month).find(|month: &Date| month.month() == 1 || index == 0);
        if let Some(month) = is_new
            && labels.last().is_none_or(|(last, year)| x - last >= 34.0 && *year != month.year())
            && x + 28.0 < WIDTH
        {
            labels.push((x, month.year()));
        }
    }
    html! { @for (x, year) in labels { text.label x=(at(x)) y=(at(height - 3.0)) { (year) } } }
}

fn table(months: &[Month], rows: &[Row], lang: Lang) -> Markup {
    let mut years: BTreeMap<i16, (u64, Vec<u64>)> = BTreeMap::new();
    for month in months.iter().filter(|month| month.count > 0) {
        let year = years.entry(month.month.year()).or_insert_with(|| (0, vec![0; rows.len()]));
        year.0 += month.count;
        year.1.iter_mut().zip(rows).for_each(|(sum, row)| *sum += row.there(month));
    }
    html! {
        div.scroll tabindex="0" role="region" aria-label=(lang.pick("Exercises by year and place", "各年各处的运动数")) {
            table.numbers-table {
                thead { tr {
                    th scope="col" { (lang.pick("year", "年")) }
                    th scope="col" { (lang.pick("all", "全部")) }
                    @for row in rows { th scope="col" { (row.name(lang)) } }
                } }
                tbody {
                    @for (year, (count, there)) in years.iter().rev() {
                        tr {
                            th scope="row" { (year) }
                            td { (number(*count)) }
                            @for there in there { td { (number(*there)) } }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(count: usize) -> Vec<Month> {
        let month = |n: usize| Month {
            month: Date::new(2000 + (n / 12) as i16, (n % 12) as i8 + 1, 1).unwrap(),
            count: if n % 5 == 4 { 0 } else { 10 },
            archived: if n % 5 == 4 { 0 } else { 10 },
            on: BTreeMap::from([("coros".to_owned(), if n % 5 == 4 { 0 } else { (n % 4) as u64 })]),
        };
        (0..count).map(month).collect()
    }

    fn coros() -> Vec<Platform> {
        vec![Platform { name: "coros".into(), ..Platform::default() }]
    }

    #[test]
    fn a_gap_is_told_from_nothing_done() {
        let text = coverage(&months(20), &coros(), Lang::En).into_string();
        let count = |class: &str| text.matches(&format!("<rect class=\"{class}\"")).count();
        assert_eq!((count("full"), count("part"), count("lack")), (16, 12, 4));
        assert!(text.contains("<title>coros 2000-02: 1 / 10</title>"));
    }

    #[test]
    fn many_months_share_a_bar_and_none_is_lost() {
        for (count, bars) in [(1, 1), (120, 120), (121, 41), (480, 40), (3000, 120)] {
            let months = months(count);
            let periods = periods(&months);
            assert!(periods.len() <= bars.max(1), "{count}: {}", periods.len());
            assert_eq!(periods.iter().map(|months| months.len()).sum::<usize>(), count);
        }
    }

    #[test]
    fn a_hundred_percent_is_all_of_it() {
        assert_eq!(
            [(0, 0), (0, 9), (1, 1000), (999, 1000), (7, 7), (9, 7)].map(|(there, of)| percent(there, of)),
            [0, 0, 1, 99, 100, 100]
        );
    }

    #[test]
    fn names_of_years_stand_apart() {
        for count in [5, 30, 110, 400, 1100] {
            let months = months(count);
            let text = years(&periods(&months), 100.0).into_string();
            let xs: Vec<f64> =
                text.split(" x=\"").skip(1).map(|part| part.split('"').next().unwrap().parse().unwrap()).collect();
            assert!(xs.windows(2).all(|pair| pair[1] - pair[0] >= 33.9) && !xs.is_empty(), "{count}: {xs:?}");
        }
    }
}
