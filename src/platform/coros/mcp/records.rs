//! The prose of `querySportRecords`. It is read strictly, line by line: a text that differs in any line from the known
//! form is unreadable as a whole, because a part of a list looks like deleted activities. Pure.
//!
//! Sources: lists in the tests and notes of public clients, May to October 2026 (reviewed 2026-11-29).

use std::collections::HashSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::days::Days;

/// An activity as the list shows it. Each value but the first two and the sport may be missing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListedRecord {
    /// The service's id: digits.
    pub label_id: String,
    /// The local day.
    pub day: Date,
    /// The Training Hub's number of the sport.
    pub sport: String,
    /// The name of the sport. Its wording changes.
    pub title: String,
    /// The name of the activity, or a place and the sport, or the sport again. It is any text.
    pub location: Option<String>,
    /// Start and end in seconds since 1970.
    pub window: Option<(i64, i64)>,
    /// The time without pauses, in seconds.
    pub duration_s: Option<u32>,
    /// The distance in metres; the list has it to ten metres.
    pub distance_m: Option<f64>,
    /// The average heart rate in beats a minute.
    pub avg_heart_rate_bpm: Option<u32>,
    /// The energy in kilocalories.
    pub calories_kcal: Option<u32>,
}

/// Why a text is not a list: the line, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct UnknownProse {
    line: usize,
    why: &'static str,
}

/// The parts of lines that are known and not used. A pace of a swim is per 100 m although its unit says kilometre.
const UNUSED: &[&str] = &["Average Pace", "Average Speed", "Sets"];
const HEART_RATE: &str = "Avg HR";
const INDENT: &str = "   ";
/// What a line begins with whose first part is missing: the pace.
const BAR: &str = " | ";
/// How the service writes an unknown value.
const UNKNOWN: &str = "--";

/// The most seconds between an activity's start and noon (UTC) of its day. The day is local, in the time zone of a phone
/// or of the account, and may be the one on which the activity ended.
const FROM_NOON: i64 = 48 * 3600;
/// Times on the first day of 1970 were never set.
const SET: i64 = 86_400;

/// Reads the list of these days, in its order.
///
/// # Errors
/// The text has a line that is not known, or it is not the list of these days, or it does not have as many activities
/// as its heading says.
pub fn parse(text: &str, days: &Days) -> Result<Vec<ListedRecord>, UnknownProse> {
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end()).collect();
    let count = heading(lines.first().copied().unwrap_or(""), days).map_err(|why| UnknownProse { line: 1, why })?;
    let Some(count) = count else { return nothing_follows(&lines) };
    let mut records = Vec::new();
    let mut ids = HashSet::new();
    let mut open: Option<ListedRecord> = None;
    for (at, line) in lines.iter().enumerate().skip(1) {
        let failed = |why| UnknownProse { line: at + 1, why };
        match &mut open {
            None if at == 1 && is_rule(line) => {}
            None if at == 1 => return Err(failed("the line below the heading is unknown")),
            None if line.is_empty() => {}
            None => open = Some(first_line(line, records.len() + 1, days).map_err(failed)?),
            Some(record) => {
                if detail(line, record).map_err(failed)? {
                    check_times(record).map_err(failed)?;
                    // Another activity has lost its id, and would look deleted.
                    if !ids.insert(record.label_id.clone()) {
                        return Err(failed("an id occurs twice"));
                    }
                    records.extend(open.take());
                }
            }
        }
    }
    let end = |why| UnknownProse { line: lines.len(), why };
    match open {
        Some(_) => Err(end("the last activity ends too early")),
        None if records.len() != count => Err(end("the heading states another number of activities")),
        None => Ok(records),
    }
}

fn nothing_follows(lines: &[&str]) -> Result<Vec<ListedRecord>, UnknownProse> {
    match lines.iter().skip(1).position(|line| !line.is_empty()) {
        None => Ok(Vec::new()),
        Some(at) => Err(UnknownProse { line: at + 2, why: "a line after the statement that there are no activities" }),
    }
}

/// The number of activities that the heading states; `None`: it says that there are none.
fn heading(line: &str, days: &Days) -> Result<Option<usize>, &'static str> {
    if let Some(rest) = line.strip_prefix("No sport records found from ") {
        return match rest.strip_suffix('.') {
            Some(rest) if is_about(rest, days) => Ok(None),
            _ => Err("the list is about other days"),
        };
    }
    let rest = line.strip_prefix("Sport Records — ").ok_or("the heading is unknown")?;
    let (shown, count) = rest.split_once(" (").ok_or("the heading is unknown")?;
    if !is_about(shown, days) {
        return Err("the list is about other days");
    }
    let count = count.strip_suffix(" records)").or(count.strip_suffix(" record)")).ok_or("the heading is unknown")?;
    whole(count).and_then(|count| usize::try_from(count).ok()).map(Some).ok_or("the heading is unknown")
}

/// Whether `A to B` names these days. The service's calendar is in an unknown time zone, so each end may be another day
/// by one; but it names as many days, or more.
fn is_about(shown: &str, days: &Days) -> bool {
    let date = |text: &str| (text.len() == 10).then(|| text.parse::<Date>().ok()).flatten();
    let Some((from, to)) = shown.split_once(" to ").and_then(|(from, to)| date(from).zip(date(to))) else {
        return false;
    };
    let later = |day: Date, than: Date| (day - than).get_days();
    let (begin, end) = (later(from, days.from), later(to, days.to));
    begin.abs() <= 1 && end.abs() <= 1 && begin <= end
}

fn is_rule(line: &str) -> bool {
    line.len() >= 8 && line.bytes().all(|byte| byte == b'=')
}

/// `5. Strength — 2026-09-18`
fn first_line(line: &str, number: usize, days: &Days) -> Result<ListedRecord, &'static str> {
    let unknown = "the first line of an activity is unknown";
    let (shown, rest) = line.split_once(". ").ok_or(unknown)?;
    if shown != number.to_string() {
        return Err("an activity has another number");
    }
    let (title, day) = rest.rsplit_once(" — ").ok_or(unknown)?;
    let day: Date = (day.len() == 10).then(|| day.parse().ok()).flatten().ok_or(unknown)?;
    // The day of the service may be another one by one.
    let first = days.from.yesterday().unwrap_or(days.from);
    let last = days.to.tomorrow().unwrap_or(days.to);
    if day < first || day > last {
        return Err("an activity of another day");
    }
    Ok(ListedRecord { day, title: title.to_owned(), ..ListedRecord::default() })
}

/// Reads a further line of an activity; `true`: it is the last one.
fn detail(line: &str, record: &mut ListedRecord) -> Result<bool, &'static str> {
    let Some(text) = line.strip_prefix(INDENT) else {
        let rest = line.strip_prefix(BAR).ok_or("a line is unknown")?;
        return parts(rest, record).map(|()| false);
    };
    // The name is any text, so the whole rest of its line belongs to it.
    if let Some(name) = text.strip_prefix("Location:") {
        if record.location.is_some() {
            return Err("a name occurs twice");
        }
        record.location = Some(name.trim().to_owned());
        return Ok(false);
    }
    if text.starts_with("Start Coordinates: ") {
        return Ok(false);
    }
    if let Some(window) = text.strip_prefix("Time Window: ") {
        let window = time_window(window).ok_or("a time window is unknown")?;
        return set(&mut record.window, window, "a time window occurs twice").map(|()| false);
    }
    if let Some(rest) = text.strip_prefix("LabelId: ") {
        let (id, sport) = rest.split_once(" | SportType: ").ok_or("the line with the id is unknown")?;
        let is_number = |text: &str| (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(id) || !is_number(sport) {
            return Err("an id or a sport is not a number");
        }
        (record.label_id, record.sport) = (id.to_owned(), sport.to_owned());
        return Ok(true);
    }
    parts(text, record).map(|()| false)
}

/// `Duration: 44:10 | Distance: 8.02 km | Avg HR: 141 bpm`
fn parts(text: &str, record: &mut ListedRecord) -> Result<(), &'static str> {
    for part in text.split(BAR) {
        let (name, value) = part.split_once(": ").ok_or("a line is unknown")?;
        match name {
            "Duration" if value != UNKNOWN => {
                set(
                    &mut record.duration_s,
                    duration(value).ok_or("a duration is unknown")?,
                    "a duration occurs twice",
                )?;
            }
            "Distance" if !value.starts_with(UNKNOWN) => {
                let metres = kilometres(value).ok_or("the unit of a distance is unknown")?;
                set(&mut record.distance_m, metres, "a distance occurs twice")?;
            }
            "Duration" | "Distance" => {}
            // No activity looks deleted without these, so another form of them is only unknown.
            HEART_RATE => record.avg_heart_rate_bpm = count(value, " bpm"),
            "Calories" => record.calories_kcal = count(value, " kcal"),
            _ if UNUSED.contains(&name) => {}
            _ => return Err("a line is unknown"),
        }
    }
    Ok(())
}

/// Checks the times of an activity against its day and each other. A watch with a wrong clock has both wrong alike.
fn check_times(record: &ListedRecord) -> Result<(), &'static str> {
    let Some((start, end)) = record.window.filter(|(start, _)| *start >= SET) else { return Ok(()) };
    let noon = record.day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).map_err(|_| "a day is unknown")?;
    if (noon.timestamp().as_second() - start).abs() > FROM_NOON {
        return Err("an activity begins on another day than its own");
    }
    match end >= SET && end < start {
        true => Err("an activity ends before its start"),
        false => Ok(()),
    }
}

fn set<T>(slot: &mut Option<T>, value: T, twice: &'static str) -> Result<(), &'static str> {
    if slot.replace(value).is_some() { Err(twice) } else { Ok(()) }
}

/// `startTimestamp=1789977600 | endTimestamp=1789980300`
fn time_window(text: &str) -> Option<(i64, i64)> {
    let (start, end) = text.split_once(BAR)?;
    Some((whole(start.strip_prefix("startTimestamp=")?)?, whole(end.strip_prefix("endTimestamp=")?)?))
}

/// `44:10` or `1:50:00`
fn duration(text: &str) -> Option<u32> {
    let parts: Vec<&str> = text.split(':').collect();
    let (minutes, seconds) = match parts.as_slice() {
        [minutes, seconds] => (whole(minutes)?, seconds),
        [hours, minutes, seconds] if minutes.len() == 2 => (whole(hours)?.checked_mul(60)? + whole(minutes)?, seconds),
        _ => return None,
    };
    let seconds = whole(seconds).filter(|rest| seconds.len() == 2 && *rest < 60)?;
    u32::try_from(minutes.checked_mul(60)?.checked_add(seconds)?).ok()
}

/// `8.02 km` or `1,024.50 km`, in metres.
fn kilometres(text: &str) -> Option<f64> {
    let number = text.strip_suffix(" km")?.replace(',', "");
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    // Rounded, because 8.02 km times 1000 is not exactly 8020.
    number.parse::<f64>().ok().filter(|_| is_number).map(|number| (number * 1000.0).round())
}

/// `141 bpm` or `1,024 kcal`; 0 is unknown.
fn count(text: &str, unit: &str) -> Option<u32> {
    let number = whole(&text.strip_suffix(unit)?.replace(',', ""))?;
    u32::try_from(number).ok().filter(|number| *number > 0)
}

fn whole(text: &str) -> Option<i64> {
    let is_number = (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

#[cfg(test)]
#[path = "records_tests.rs"]
mod tests;
