//! The list, a page at a time, scoped by local days.

use super::account::{Account, Item};
use super::{exceptions, ok};
use crate::clock::{self, civil};
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::{Value, json};

const CODE: &str = "C33BB719";
const LARGEST: usize = 200;

/// One page.
pub fn answer(state: &mut State, account: usize, request: &Request) -> Response {
    let query = match Query::of(request) {
        Ok(query) => query,
        Err(note) => return exceptions(note),
    };
    let now = state.now();
    let account = &mut state.coros.accounts[account];
    let chosen: Vec<&Item> =
        account.newest_first().into_iter().filter(|item| account.shows(item, now) && query.takes(item)).collect();
    let count = chosen.len();
    let page: Vec<Value> = chosen.into_iter().skip((query.page - 1) * query.size).take(query.size).map(item).collect();
    account.lists += 1;
    if page.is_empty() {
        return ok(CODE, &json!({"count": count}));
    }
    let pages = count.div_ceil(query.size);
    ok(CODE, &json!({"count": count, "totalPage": pages, "pageNumber": query.page, "dataList": page}))
}

struct Query {
    size: usize,
    page: usize,
    from: i64,
    to: i64,
    sports: Vec<u32>,
    words: String,
}

impl Query {
    fn of(request: &Request) -> Result<Self, &'static str> {
        let number = |name: &str| request.parameter(name).and_then(|text| text.parse::<usize>().ok());
        let size = number("size").filter(|size| (1..=LARGEST).contains(size)).ok_or("size is not 1 to 200")?;
        let page = number("pageNumber").filter(|page| *page > 0).ok_or("pageNumber is not 1 or more")?;
        let day = |name: &str| match request.parameter(name) {
            None => Err("not scoped by startDay and endDay"),
            Some(text) => day(&text).ok_or("a day is not YYYYMMDD"),
        };
        let modes = request.parameter("modeList").unwrap_or_default();
        let sports = modes.split(',').filter(|code| !code.is_empty()).map(str::parse);
        let sports: Vec<u32> = sports.collect::<Result<_, _>>().map_err(|_| "modeList is no list of numbers")?;
        Ok(Query {
            size,
            page,
            from: day("startDay")?,
            to: day("endDay")?,
            sports: if sports.iter().any(|code| *code == 0 || *code == 65_535) { Vec::new() } else { sports },
            words: request.parameter("keywords").unwrap_or_default(),
        })
    }

    fn takes(&self, item: &Item) -> bool {
        (self.from..=self.to).contains(&item.day())
            && (self.sports.is_empty() || self.sports.contains(&item.sport))
            && (self.words.is_empty() || item.name.as_deref().is_some_and(|name| name.contains(&self.words)))
    }
}

fn day(text: &str) -> Option<i64> {
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| clock::parse_date(&format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..])))?
}

/// Quarter hours from UTC to the local clock.
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
