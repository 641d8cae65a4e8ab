//! `querySportRecords`: the list of activities in a range of local days, as prose.

use super::arguments::day;
use super::prose::{self, Changed, Location, Part, ProseSpec};
use crate::clock::ZONES;
use crate::coros::account::{File, Item};
use crate::state::State;
use serde_json::{Value, json};

/// The number of entries without a `limit`.
const DEFAULT_LIMIT: usize = 20;
/// The number of a sport that means all sports.
const ALL_SPORTS: i64 = 65_535;
const METRES_PER_MILE: f64 = 1609.344;
/// Fields with times of an entry.
const TIMES: [&str; 2] = ["startTimestamp", "endTimestamp"];

/// The list, newest first; it has no pages.
pub fn answer(state: &mut State, account: usize, given: &Value) -> String {
    let query = Query::of(given, state.scenario.coros_mcp.list_cap);
    let prose = &state.scenario.coros_mcp.prose;
    let (holder, lies, now) = (&state.coros.accounts[account], &state.lies, state.now());
    let mut chosen = holder.newest_first();
    chosen.retain(|item| holder.shows(item, now) && query.takes(item));
    let empty = lies.empty();
    let uncounted = chosen.iter().filter(|item| lies.uncounted(item.label)).count();
    let count = if empty.is_some_and(|empty| !empty.count_true) { 0 } else { chosen.len() - uncounted };
    chosen.retain(|item| empty.is_none() && !lies.hides(item.label));
    lies.shuffle(&mut chosen, |item| item.label);
    chosen.truncate(query.limit);
    let fields = |item: &&Item| json!({"labelId": item.label.to_string(), TIMES[0]: item.start, TIMES[1]: item.end()});
    let mut shown: Vec<Value> = chosen.iter().map(fields).collect();
    lies.garble(&mut shown, &TIMES, "labelId");
    contradict(prose, &mut shown);
    let entries = chosen.iter().zip(&shown).enumerate();
    let entries = entries.map(|(index, (item, fields))| Entry { prose, item, fields, query: &query }.text(index + 1));
    let text = whole(prose, &query, count.min(query.limit), &entries.collect::<Vec<_>>());
    state.coros.accounts[account].lists += 1;
    text
}

/// Changes the entries so that they contradict themselves.
fn contradict(prose: &ProseSpec, shown: &mut [Value]) {
    match (prose.changed, shown) {
        (Some(Changed::SameLabel), [first, second, ..]) => second["labelId"] = first["labelId"].clone(),
        (Some(Changed::YearBefore), [first, ..]) => {
            first[TIMES[0]] = (first[TIMES[0]].as_i64().unwrap_or_default() - 365 * 86_400).into();
        }
        _ => {}
    }
}

fn whole(prose: &ProseSpec, query: &Query, count: usize, entries: &[String]) -> String {
    let (from, to) = (prose::date(query.from), prose::date(query.to));
    if prose.changed == Some(Changed::Json) {
        return json!({"startDate": from, "endDate": to, "records": entries}).to_string();
    }
    if count == 0 {
        return format!("No sport records found from {from} to {to}.");
    }
    let count = count + usize::from(prose.changed == Some(Changed::Count));
    let title = if prose.changed == Some(Changed::Heading) { "Activity Records" } else { "Sport Records" };
    let text = format!("{title} — {from} to {to} ({count} records)\n{}\n\n{}", "=".repeat(24), entries.join("\n\n"));
    match entries.last() {
        Some(last) if prose.changed == Some(Changed::CutOff) => {
            let kept: usize = last.split_inclusive('\n').take(2).map(str::len).sum();
            text[..text.len() - last.len() + kept].trim_end().to_owned()
        }
        _ => text,
    }
}

struct Query {
    from: i64,
    to: i64,
    sports: Vec<i64>,
    kilometres: (f64, f64),
    minutes: (i64, i64),
    slowest: Option<u32>,
    words: String,
    limit: usize,
    zone: Option<String>,
}

impl Query {
    fn of(given: &Value, cap: usize) -> Self {
        let number = |name: &str, without: f64| given[name].as_f64().unwrap_or(without);
        let whole = |name: &str, without: i64| given[name].as_i64().unwrap_or(without);
        let sports = given["sportTypeCodes"].as_array().into_iter().flatten().filter_map(Value::as_i64);
        let limit = given["limit"].as_u64().filter(|limit| *limit > 0).map_or(DEFAULT_LIMIT, |limit| limit as usize);
        Query {
            from: day(&given["startDate"]).unwrap_or(0),
            to: day(&given["endDate"]).unwrap_or(0),
            sports: sports.collect(),
            kilometres: (number("minDistanceKm", 0.0), number("maxDistanceKm", f64::MAX)),
            minutes: (whole("minDurationMinutes", 0), whole("maxDurationMinutes", i64::MAX)),
            slowest: given["maxAveragePace"].as_str().and_then(seconds),
            words: given["locationKeyword"].as_str().unwrap_or_default().to_lowercase(),
            limit: limit.min(cap),
            zone: given["timezone"].as_str().map(str::to_owned),
        }
    }

    /// The local day of an activity: by the zone of the request, if the simulator knows it, else its own.
    fn day(&self, item: &Item) -> i64 {
        let zone = self.zone.as_deref().and_then(|name| ZONES.iter().find(|zone| zone.key == name));
        let offset = match (zone, self.zone.as_deref()) {
            (Some(zone), _) => zone.offset(item.start),
            (None, Some("UTC")) => 0,
            _ => item.offset,
        };
        (item.start + i64::from(offset)).div_euclid(86_400) * 86_400
    }

    fn takes(&self, item: &Item) -> bool {
        let any = self.sports.is_empty() || self.sports.contains(&ALL_SPORTS);
        let pace = f64::from(item.timer) / item.metres.max(1.0) * 1000.0;
        (self.from..=self.to).contains(&self.day(item))
            && (any || self.sports.contains(&i64::from(item.sport)))
            && (self.kilometres.0..=self.kilometres.1).contains(&(item.metres / 1000.0))
            && (self.minutes.0..=self.minutes.1).contains(&i64::from(item.timer / 60))
            && self.slowest.is_none_or(|slowest| pace <= f64::from(slowest))
            && item.name.as_deref().unwrap_or_default().to_lowercase().contains(&self.words)
    }
}

/// Reads `5:30`.
fn seconds(text: &str) -> Option<u32> {
    let (minutes, rest) = text.split_once(':')?;
    Some(minutes.parse::<u32>().ok()? * 60 + rest.parse::<u32>().ok()?)
}

/// An entry of the list.
struct Entry<'a> {
    prose: &'a ProseSpec,
    item: &'a Item,
    /// What remains of number and times after the lies.
    fields: &'a Value,
    query: &'a Query,
}

impl Entry<'_> {
    fn text(&self, number: usize) -> String {
        let (item, changed) = (self.item, self.prose.changed);
        let dot = if changed == Some(Changed::Entry) { ")" } else { "." };
        let label = prose::label(item.sport, self.prose.older);
        let mut lines = vec![format!("{number}{dot} {label} — {}", prose::date(self.query.day(item)))];
        let optional = [
            self.part(Part::Location, || Some(format!("   Location: {}", self.location()))),
            self.part(Part::StartCoordinates, || self.coordinates()),
            self.part(Part::TimeWindow, || self.window()),
            self.part(Part::Duration, || self.duration()),
            self.vitals(),
        ];
        lines.extend(optional.into_iter().flatten());
        if let Some(id) = self.fields["labelId"].as_str() {
            let word = if changed == Some(Changed::Label) { "Label ID" } else { "LabelId" };
            lines.push(format!("   {word}: {id} | SportType: {}", item.sport));
        }
        lines.join("\n")
    }

    fn part(&self, part: Part, text: impl FnOnce() -> Option<String>) -> Option<String> {
        self.prose.has(part).then(text)?
    }

    fn location(&self) -> String {
        let sport = prose::label(self.item.sport, self.prose.older);
        match (self.prose.location, &self.item.name) {
            (Location::Name, Some(name)) => name.clone(),
            (Location::PlaceAndSport, _) => format!("Millbrook {sport}"),
            _ => sport.to_owned(),
        }
    }

    fn coordinates(&self) -> Option<String> {
        let File::Made(recording, _) = &self.item.file else { return None };
        let (latitude, longitude) = recording.origin;
        recording.has_gps().then(|| format!("   Start Coordinates: {latitude:.6}, {longitude:.6}"))
    }

    fn window(&self) -> Option<String> {
        let time = |name: &str| self.fields[name].as_i64().map(|at| format!("{name}={at}"));
        Some(format!("   Time Window: {} | {}", time(TIMES[0])?, time(TIMES[1])?))
    }

    /// The time without pauses, and the distance to ten metres.
    fn duration(&self) -> Option<String> {
        let item = self.item;
        let mut parts = Vec::new();
        if item.timer > 0 {
            parts.push(format!("Duration: {}", prose::duration(item.timer)));
        }
        if item.metres > 0.0 && self.prose.has(Part::Distance) {
            parts.push(match self.prose.changed {
                Some(Changed::Miles) => format!("Distance: {:.2} mi", item.metres / METRES_PER_MILE),
                _ => format!("Distance: {:.2} km", item.metres / 1000.0),
            });
        }
        if item.sport == 402 {
            parts.push("Sets: 12".to_owned());
        }
        (!parts.is_empty()).then(|| format!("   {}", parts.join(" | ")))
    }

    /// Pace, heart rate and calories. Without a pace the line begins with a bar.
    fn vitals(&self) -> Option<String> {
        let item = self.item;
        let pace = self.part(Part::Pace, || prose::pace(item.sport, item.timer, item.metres));
        let indent = if pace.is_some() { "   " } else { " | " };
        let heart = || Some("Avg HR: 140 bpm".to_owned());
        let calories = || Some(format!("Calories: {} kcal", item.timer * 16 / 100));
        let parts = [pace, self.part(Part::HeartRate, heart), self.part(Part::Calories, calories)];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| format!("{indent}{}", parts.join(" | ")))
    }
}
