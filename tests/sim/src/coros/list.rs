//! The list, page by page, within a range of local days.

use super::account::{Account, Item};
use super::spec::{Days, ListSpec};
use super::{exceptions, ok, parameters};
use crate::clock::{self, civil};
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::{Value, json};

const CODE: &str = "C33BB719";
const LARGEST: usize = 200;

/// Fields with times of an activity.
const TIMES: [&str; 3] = ["startTime", "endTime", "date"];

/// One page.
pub fn answer(state: &mut State, account: usize, request: &Request) -> Response {
    let query = match Query::of(request, &state.coros.accounts[account].spec.list) {
        Ok(query) => query,
        Err(refusal) => return refusal,
    };
    let now = state.now();
    let (holder, lies) = (&state.coros.accounts[account], &state.lies);
    let mut chosen = holder.newest_first();
    chosen.retain(|item| {
        holder.shows(item, now) && query.takes(item) && !(query.days.is_none() && stale(holder, item, now))
    });
    let (empty, all) = (lies.empty(), chosen.len());
    let uncounted = chosen.iter().filter(|item| lies.uncounted(item.label)).count();
    let count = if empty.is_some_and(|empty| !empty.count_true) { 0 } else { all - uncounted };
    chosen.retain(|item| empty.is_none() && !lies.hides(item.label));
    lies.shuffle(&mut chosen, |item| item.label);
    let page = chosen.into_iter().skip((query.page - 1) * query.size).take(query.size);
    let mut page: Vec<Value> = page.map(item).collect();
    lies.garble(&mut page, &TIMES, "labelId");
    state.coros.accounts[account].lists += 1;
    if page.is_empty() {
        return ok(CODE, &json!({"count": count}));
    }
    let pages = count.div_ceil(query.size);
    ok(CODE, &json!({"count": count, "totalPage": pages, "pageNumber": query.page, "dataList": page}))
}

/// Whether an import is missing from a list without days, because it is too recent.
fn stale(account: &Account, item: &Item, now: i64) -> bool {
    item.import.is_some() && now < item.imported + account.spec.list.stale_seconds
}

struct Query {
    size: usize,
    page: usize,
    /// First and last day.
    days: Option<(i64, i64)>,
    sports: Vec<u32>,
    words: String,
}

impl Query {
    fn of(request: &Request, spec: &ListSpec) -> Result<Self, Response> {
        let number = |name: &str| request.parameter(name).and_then(|text| text.parse::<usize>().ok());
        let size = number("size").filter(|size| (1..=LARGEST).contains(size));
        let page = number("pageNumber").filter(|page| *page > 0);
        let (Some(size), Some(page)) = (size, page) else {
            return Err(exceptions("size is not 1 to 200, or pageNumber not 1 or more"));
        };
        let modes = request.parameter("modeList").unwrap_or_default();
        let sports = modes.split(',').filter(|code| !code.is_empty()).map(str::parse);
        let sports = sports.collect::<Result<Vec<u32>, _>>();
        let sports = sports.map_err(|_| exceptions("modeList is no list of numbers"))?;
        Ok(Query {
            size,
            page,
            days: days(request, spec)?,
            sports: if sports.iter().any(|code| *code == 0 || *code == 65_535) { Vec::new() } else { sports },
            words: request.parameter("keywords").unwrap_or_default(),
        })
    }

    fn takes(&self, item: &Item) -> bool {
        self.days.is_none_or(|(from, to)| (from..=to).contains(&item.day()))
            && (self.sports.is_empty() || self.sports.contains(&item.sport))
            && (self.words.is_empty() || item.name.as_deref().is_some_and(|name| name.contains(&self.words)))
    }
}

/// The range of days of a request, if it has one; an error if the account does not accept it.
fn days(request: &Request, spec: &ListSpec) -> Result<Option<(i64, i64)>, Response> {
    let (from, to) = match (request.parameter("startDay"), request.parameter("endDay")) {
        (None, None) if spec.days != Days::Required => return Ok(None),
        (Some(from), Some(to)) => (day(&from), day(&to)),
        _ => return Err(exceptions("not scoped by startDay and endDay")),
    };
    let (Some(from), Some(to)) = (from, to) else { return Err(exceptions("a day is not YYYYMMDD")) };
    if spec.days == Days::Refused {
        return Err(parameters("days are refused by the scenario"));
    }
    match spec.widest {
        Some(most) if (to - from) / 86_400 + 1 > most => Err(parameters("more days than the scenario allows")),
        _ => Ok(Some((from, to))),
    }
}

fn day(text: &str) -> Option<i64> {
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| clock::parse_date(&format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..])))?
}

/// Local time minus UTC, in quarter hours.
pub fn quarters(item: &Item) -> i32 {
    item.offset.div_euclid(900)
}

fn item(item: &Item) -> Value {
    let (year, month, day) = civil(item.day()).date;
    let pace = if item.metres > 0.0 { f64::from(item.timer) / item.metres * 1000.0 } else { 0.0 };
    json!({
        "labelId": item.label.to_string(), "sportType": item.sport, "mode": 8, "subMode": 1,
        "date": year * 10_000 + i64::from(month) * 100 + i64::from(day),
        "startTime": item.start, "endTime": item.end(),
        "startTimezone": quarters(item), "endTimezone": quarters(item),
        "totalTime": item.total, "workoutTime": item.timer, "distance": item.metres,
        "name": item.name, "device": item.device,
        "calorie": u64::from(item.timer) * 160, "trainingLoad": 61, "ascent": 0, "descent": 0,
        "avgHr": 140, "avgPower": 0, "avgCadence": 0, "avgSpeed": pace, "step": 0, "total": 0,
        "unitType": 0, "imageUrl": "", "hasMessage": 0, "isRunTest": 0, "isShowMs": 0,
        "lengths": 0, "sets": 0, "np": 0, "swolf": 0, "max2s": 0,
    })
}

/// The activity that a request names by `labelId` in its query or its form.
pub fn named<'a>(account: &'a Account, request: &Request) -> Option<&'a Item> {
    account.find(parameter(request, "labelId")?.parse().ok()?)
}

/// A parameter of the query or of a form body.
pub fn parameter(request: &Request, name: &str) -> Option<String> {
    let form = || request.form().into_iter().find(|(key, _)| key == name).map(|(_, value)| value);
    request.parameter(name).or_else(form)
}
