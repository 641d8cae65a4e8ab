//! Invents the activities of an account, and those described one by one.

use super::account::{Account, File, Item};
use super::contents;
use super::spec::{IntervalsActivitySpec, IntervalsSpec};
use super::sports;
use crate::fit::Recording;
use crate::garmin::activity::Layout;
use crate::garmin::history::{leg_of, ordinary};
use crate::garmin::sports::{Sport, by_fit};
use fastrand::Rng;

/// Labels of the oddities in a generated history.
pub const ODDITIES: [&str; 7] = [
    "numbers_missing",
    "name_missing",
    "device_missing",
    "timezone_missing",
    "unknown_type",
    "type_missing",
    "entered_by_hand",
];

/// Where the activities of a generated history come from.
const SOURCES: [&str; 5] = ["UPLOAD", "WAHOO", "OAUTH_CLIENT", "SUUNTO", "POLAR"];

/// The number in the first id of an account.
const FIRST: u64 = 55_751_783;

/// Creates the account of a description, with its history.
pub fn open(index: usize, spec: &IntervalsSpec, seed: u64, end: i64) -> Account {
    let mut rng = Rng::with_seed(seed ^ 0x1C0 ^ (index as u64) << 28);
    let mut account = Account {
        spec: spec.clone(),
        items: Vec::new(),
        reads: 0,
        recent: Vec::new(),
        today: (0, 0),
        highest: FIRST + 1_000_000 * index as u64,
    };
    for number in 0..spec.generate {
        let start = end - 3600 - (rng.f64() * 3.0 * 365.25 * 86_400.0) as i64;
        let item = invent(&mut account, start, number, &mut rng);
        account.items.push(item);
    }
    for number in 0..spec.strava {
        let stub = stub(&mut account, end - 43_200 - number as i64 * 200_000);
        account.items.push(stub);
    }
    for (number, one) in spec.activities.iter().enumerate() {
        let start = one.start.unwrap_or(end - 86_400 + number as i64 * 7200);
        let item = describe(&mut account, one, start, &mut rng);
        account.items.push(item);
    }
    account
}

/// The `number`th activity of a history, at about `start`; every fifth has an oddity.
pub fn invent(account: &mut Account, start: i64, number: usize, rng: &mut Rng) -> Item {
    let mut recording = ordinary("intervals", rng, start, None).recording;
    recording.device = (32, 31, recording.device.2);
    let source = SOURCES[number % SOURCES.len()];
    let mut item = made(account, source, &recording, Layout::Plain);
    if number % 5 == 2 {
        apply(ODDITIES[(number / 5) % ODDITIES.len()], &mut item);
    }
    item
}

/// The activity of a recording with one leg, from this source.
pub fn made(account: &mut Account, source: &str, recording: &Recording, layout: Layout) -> Item {
    let session = contents::Session {
        start: recording.start,
        sport: recording.legs[0].sport,
        seconds: recording.timer(),
        elapsed: recording.timer() + recording.paused,
        metres: recording.metres(),
    };
    let file = File::Made(Box::new(recording.clone()), layout);
    let mut item = Item::recorded(account.next_number(), source, &session, file, &account.spec);
    item.device = Some("Wahoo ELEMNT BOLT".to_owned());
    item.place(Some(recording.offset), &account.spec);
    item
}

/// A Strava stub, which starts at this time.
pub fn stub(account: &mut Account, start: i64) -> Item {
    // Strava numbers its activities itself.
    let number = 16_000_000_000 + account.next_number();
    let mut item = Item { strava: true, ..Item::plain(number, "STRAVA", start) };
    item.place(None, &account.spec);
    item
}

/// The activity of a description.
pub fn describe(account: &mut Account, spec: &IntervalsActivitySpec, start: i64, rng: &mut Rng) -> Item {
    let source = spec.source.as_deref().unwrap_or("UPLOAD");
    let mut recording = ordinary("intervals", rng, start, None).recording;
    recording.start = start;
    recording.offset = spec.offset.unwrap_or(recording.offset);
    let leg = &mut recording.legs[0];
    leg.seconds = spec.seconds.unwrap_or(leg.seconds);
    if let Some(fit) = spec.fit_sport.or_else(|| sports::fit_of(spec.kind.as_deref()?)) {
        *leg = leg_of(&Sport { fit, ..by_fit(fit) }, leg.seconds, rng);
    }
    leg.metres = spec.metres.or(leg.metres);
    let mut item = made(account, source, &recording, Layout::Plain);
    if let Some(path) = &spec.file {
        from_file(&mut item, std::fs::read(path).unwrap_or_default(), &account.spec);
    }
    item.number = spec.id.unwrap_or(item.number);
    account.highest = account.highest.max(item.number);
    item.name = spec.name.clone().or(item.name);
    item.kind = spec.kind.clone().or(item.kind);
    item.external_id.clone_from(&spec.external_id);
    if source == "MANUAL" {
        item.file = File::None;
    }
    spec.oddities.iter().for_each(|label| apply(label, &mut item));
    item
}

/// Replaces the invented values by those of a real file.
fn from_file(item: &mut Item, bytes: Vec<u8>, spec: &IntervalsSpec) {
    let Ok(read) = contents::read(bytes) else { return };
    let Some(session) = read.sessions.first() else { return };
    let file = File::Given(read.extension, read.bytes.clone());
    *item = Item::recorded(item.number, &item.source, session, file, spec);
    item.place(read.offset, spec);
}

/// Applies an oddity to an activity.
pub fn apply(label: &str, item: &mut Item) {
    match label {
        "numbers_missing" => item.analyzed = (u32::MAX, i64::MAX),
        "name_missing" => item.name = None,
        "device_missing" => item.device = None,
        "timezone_missing" => item.timezone = None,
        "unknown_type" => item.kind = Some("LunarHopping".to_owned()),
        "type_missing" => item.kind = None,
        "entered_by_hand" => {
            item.file = File::None;
            item.device = None;
            "MANUAL".clone_into(&mut item.source);
        }
        _ => {}
    }
    item.oddities.push(label.to_owned());
}
