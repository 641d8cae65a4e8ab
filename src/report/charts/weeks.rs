//! The last year, a bar a week: hours, stacked by sport.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Span};
use maud::{Markup, html};

use super::{at, hours, in_hours, month_name, sane};
use crate::lang::Lang;
use crate::report::Week;

/// Weeks that are shown.
const WEEKS: usize = 53;
/// Sports with a colour and a pattern of their own; the others are one.
const SPORTS: usize = 6;
/// What those others are called among the sports.
const OTHERS: &str = "\u{0}";

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 220.0;
/// Where the bars stand: left and below are the numbers.
const LEFT: f64 = 34.0;
const BOTTOM: f64 = 196.0;
const TOP: f64 = 10.0;

/// The weeks up to `last`, a Monday.
pub fn weeks(weeks: &[Week], last: Date, lang: Lang) -> Markup {
    let bars = bars(weeks, last);
    let sports = sports(&bars);
    if sports.is_empty() {
        return html! { p { (lang.pick("No activity in the last year.", "最近一年没有活动。")) } };
    }
    let total: f64 = sports.iter().map(|(_, time)| time).sum();
    let label = match lang {
        Lang::En => format!("Hours a week in the last year, by sport; {} in all", in_hours(total, lang)),
        Lang::Zh => format!("最近一年每周各项运动时长，共 {}", in_hours(total, lang)),
    };
    let scale = Scale::of(&bars);
    html! {
        div.scroll tabindex="0" role="region" aria-label=(lang.pick("Volume by week", "每周运动量")) {
            svg.chart viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(label) {
                (patterns())
                (scale.lines(lang))
                @for (at, bar) in bars.iter().enumerate() { (stack(at, bar, &sports, &scale, lang)) }
                (months(&bars, lang))
            }
        }
        (legend(&sports, lang))
        details {
            summary { (lang.pick("The same as numbers", "以数字显示")) }
            (table(&bars, &sports, lang))
        }
    }
}

/// A week, and the time of each sport in it.
struct Bar {
    monday: Date,
    sports: BTreeMap<String, f64>,
}

impl Bar {
    fn total(&self) -> f64 {
        self.sports.values().sum()
    }

    fn time(&self, sport: &str, known: &[(String, f64)]) -> f64 {
        if sport == OTHERS {
            let other = |name: &str| known.iter().all(|(known, _)| known != name);
            return self.sports.iter().filter(|(name, _)| other(name)).map(|(_, time)| time).sum();
        }
        self.sports.get(sport).copied().unwrap_or(0.0)
    }
}

/// The last weeks, also those in which nothing was done.
fn bars(weeks: &[Week], last: Date) -> Vec<Bar> {
    let by_monday: BTreeMap<Date, &Week> = weeks.iter().map(|week| (week.monday, week)).collect();
    let mondays = (0..WEEKS).rev().filter_map(|back| last.checked_sub(Span::new().weeks(back as i64)).ok());
    mondays
        .map(|monday| {
            let sports = by_monday.get(&monday).map(|week| &week.sports);
            let times = sports.into_iter().flatten().map(|(sport, volume)| (sport.clone(), sane(volume.time_s)));
            Bar { monday, sports: times.filter(|(_, time)| *time > 0.0).collect() }
        })
        .collect()
}

/// The sports, the one with most time first; those beyond the last place as one.
fn sports(bars: &[Bar]) -> Vec<(String, f64)> {
    let mut times: BTreeMap<&str, f64> = BTreeMap::new();
    for (sport, time) in bars.iter().flat_map(|bar| &bar.sports) {
        *times.entry(sport).or_default() += time;
    }
    let mut sports: Vec<(String, f64)> = times.into_iter().map(|(sport, time)| (sport.to_owned(), time)).collect();
    sports.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    if sports.len() > SPORTS + 1 {
        let rest: f64 = sports.drain(SPORTS..).map(|(_, time)| time).sum();
        sports.push((OTHERS.to_owned(), rest));
    }
    sports
}

fn name(sport: &str, lang: Lang) -> String {
    if sport == OTHERS {
        lang.pick("others", "其他").to_owned()
    } else {
        lang.sport(&sport.chars().take(40).collect::<String>())
    }
}

/// From hours to heights.
struct Scale {
    step: f64,
    top: f64,
}

impl Scale {
    fn of(bars: &[Bar]) -> Scale {
        let most = bars.iter().map(Bar::total).fold(0.0, f64::max) / 3600.0;
        let steps = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];
        let step = steps.into_iter().find(|step| most / step <= 4.0).unwrap_or((most / 4.0).ceil());
        Scale { step, top: (most / step).ceil().max(1.0) * step }
    }

    fn height(&self, seconds: f64) -> f64 {
        seconds / 3600.0 / self.top * (BOTTOM - TOP)
    }

    fn lines(&self, lang: Lang) -> Markup {
        let count = (self.top / self.step).round() as u32;
        let line = |n: u32| (f64::from(n) * self.step, BOTTOM - self.height(f64::from(n) * self.step * 3600.0));
        html! {
            @for (hours, y) in (0..=count).map(line) {
                path.axis d=(format!("M{LEFT} {}H{WIDTH}", at(y))) {}
                text.label.end x=(LEFT - 6.0) y=(at(y + 3.5)) { (at(hours)) @if hours == self.top { " " (lang.pick("h", "时")) } }
            }
        }
    }
}

fn stack(index: usize, bar: &Bar, sports: &[(String, f64)], scale: &Scale, lang: Lang) -> Markup {
    let step = (WIDTH - LEFT) / WEEKS as f64;
    let x = LEFT + index as f64 * step + 1.0;
    let mut y = BOTTOM;
    let mut parts = Vec::new();
    for (place, (sport, _)) in sports.iter().enumerate() {
        let time = bar.time(sport, sports);
        if time > 0.0 {
            let height = scale.height(time);
            y -= height;
            parts.push((place, sport, time, y, height));
        }
    }
    html! {
        @for (place, sport, time, y, height) in parts {
            rect fill=(fill(place)) x=(at(x)) y=(at(y)) width=(at(step - 2.0)) height=(format!("{height:.2}")) {
                title { (bar.monday) ": " (name(sport, lang)) " " (in_hours(time, lang)) }
            }
        }
    }
}

fn fill(place: usize) -> String {
    format!("url(#c-s{})", place + 1)
}

/// A colour and a pattern for each place: the one is enough without the other.
fn patterns() -> Markup {
    let marks = [
        "",
        "M0 6L6 0",
        "M1.5 1.5h1.2v1.2h-1.2zM4.5 4.5h1.2v1.2h-1.2z",
        "M0 1.5H6M0 4.5H6",
        "M0 0L6 6M0 6L6 0",
        "M1.5 0V6M4.5 0V6",
        "",
    ];
    html! {
        @for (place, mark) in marks.iter().enumerate() {
            pattern id=(format!("c-s{}", place + 1)) width="6" height="6" patternUnits="userSpaceOnUse" {
                rect class=(format!("s{}", place + 1)) width="6" height="6" {}
                @if !mark.is_empty() { path.mark d=(mark) {} }
            }
        }
    }
}

fn months(bars: &[Bar], lang: Lang) -> Markup {
    let step = (WIDTH - LEFT) / WEEKS as f64;
    let mut labels = Vec::new();
    for (index, pair) in bars.windows(2).enumerate() {
        let sunday = pair[1].monday.checked_add(SignedDuration::from_hours(6 * 24)).unwrap_or(pair[1].monday);
        let before = pair[0].monday.checked_add(SignedDuration::from_hours(6 * 24)).unwrap_or(pair[0].monday);
        // The week in which a month begins; a name needs room to the right.
        if sunday.month() != before.month() && index + 3 < bars.len() {
            labels.push((LEFT + (index + 1) as f64 * step, sunday));
        }
    }
    html! {
        @for (x, sunday) in labels {
            text.label x=(at(x)) y=(BOTTOM + 16.0) {
                (month_name(sunday.month(), lang))
                @if sunday.month() == 1 { " " (sunday.year()) }
            }
        }
    }
}

fn legend(sports: &[(String, f64)], lang: Lang) -> Markup {
    html! {
        ul.legend {
            @for (place, (sport, time)) in sports.iter().enumerate() {
                li {
                    svg.swatch viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" focusable="false" {
                        rect fill=(fill(place)) width="12" height="12" {}
                    }
                    " " (name(sport, lang)) " " span.note { (in_hours(*time, lang)) }
                }
            }
        }
    }
}

fn table(bars: &[Bar], sports: &[(String, f64)], lang: Lang) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(lang.pick("Hours by week and sport", "每周各项运动时长")) {
            table.numbers-table {
                thead { tr {
                    th scope="col" { (lang.pick("week from", "周一")) }
                    @for (sport, _) in sports { th scope="col" { (name(sport, lang)) } }
                    th scope="col" { (lang.pick("hours", "小时")) }
                } }
                tbody {
                    @for bar in bars.iter().rev().filter(|bar| bar.total() > 0.0) {
                        tr {
                            th scope="row" { (bar.monday) }
                            @for (sport, _) in sports { td { (hours(bar.time(sport, sports))) } }
                            td { (hours(bar.total())) }
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
    use crate::report::Volume;

    fn week(monday: &str, sports: &[(&str, f64)]) -> Week {
        let volume = |time_s| Volume { count: 1, time_s, distance_m: 0.0 };
        let sports = sports.iter().map(|(sport, time)| ((*sport).to_owned(), volume(*time))).collect();
        Week { monday: monday.parse().unwrap(), sports }
    }

    fn last() -> Date {
        "2026-02-23".parse().unwrap()
    }

    #[test]
    fn the_bars_of_a_week_add_up() {
        let all = [week("2026-02-23", &[("running", 3600.0), ("cycling", 7200.0), ("x", f64::NAN)])];
        let bars = bars(&all, last());
        let scale = Scale::of(&bars);
        let sports = sports(&bars);
        assert_eq!(sports, [("cycling".to_owned(), 7200.0), ("running".to_owned(), 3600.0)]);
        let drawn = stack(52, &bars[52], &sports, &scale, Lang::En).into_string();
        let heights: f64 =
            drawn.split("height=\"").skip(1).map(|part| part.split('"').next().unwrap().parse::<f64>().unwrap()).sum();
        assert!((heights - scale.height(3.0 * 3600.0)).abs() < 0.05, "{drawn}");
    }

    #[test]
    fn a_year_is_shown_and_what_is_older_is_not() {
        let all = [week("2025-02-17", &[("running", 3600.0)]), week("2025-02-24", &[("hiking", 3600.0)])];
        let bars = bars(&all, last());
        assert_eq!((bars.len(), bars[0].monday, bars[52].monday), (53, "2025-02-24".parse().unwrap(), last()));
        assert_eq!(sports(&bars), [("hiking".to_owned(), 3600.0)]);
    }

    #[test]
    fn more_sports_than_places_are_others() {
        let names: Vec<String> = (0..100).map(|n| format!("sport{n}")).collect();
        let times: Vec<(&str, f64)> = names.iter().zip(1..).map(|(name, n)| (name.as_str(), f64::from(n))).collect();
        let bars = bars(&[week("2026-02-23", &times)], last());
        let sports = sports(&bars);
        assert_eq!((sports.len(), sports[6].0.as_str()), (7, OTHERS));
        let total: f64 = sports.iter().map(|(sport, _)| bars[52].time(sport, &sports)).sum();
        assert!((total - 5050.0).abs() < 1e-6);
    }

    #[test]
    fn the_scale_is_round_and_high_enough() {
        for hours in [0.2, 1.0, 3.9, 7.5, 21.0, 168.0, 5000.0] {
            let scale = Scale::of(&bars(&[week("2026-02-23", &[("running", hours * 3600.0)])], last()));
            assert!(scale.top >= hours && scale.top / scale.step <= 5.0, "{hours}: {} {}", scale.step, scale.top);
        }
    }

    #[test]
    fn nothing_at_all_is_said() {
        assert!(weeks(&[], last(), Lang::En).into_string().contains("No activity"));
    }
}
