//! Invents the history of an account, and activities described one by one.

use super::account::{Account, File, Item};
use super::spec::{CorosActivitySpec, CorosSpec};
use crate::fit::scan;
use crate::garmin::activity::Layout;
use crate::garmin::history::ordinary;
use fastrand::Rng;

/// Labels of the oddities in a generated history.
pub const ODDITIES: [&str; 7] = [
    "distance_unknown",
    "name_missing",
    "device_missing",
    "refused_by_code",
    "workout_time_unknown",
    "unknown_sport",
    "refused_by_status",
];

/// The manufacturer number in the FIT files of the service's own watches.
const MAKER: u16 = 294;

/// Creates the account of a description, with its history.
pub fn open(index: usize, spec: &CorosSpec, seed: u64, end: i64) -> Account {
    let mut rng = Rng::with_seed(seed ^ 0xC0405 ^ (index as u64) << 24 ^ u64::from(spec.region) << 40);
    let items = generate(spec, spec.generate, end, &mut rng);
    let user = format!("4{:018}", 21_000_000_000_000_000 + rng.u64(0..9_000_000_000_000_000));
    let mut account = Account { spec: spec.clone(), user, token: None, items, lists: 0 };
    for (number, one) in spec.activities.iter().enumerate() {
        let start = one.start.unwrap_or(end - 86_400 + number as i64 * 7200);
        account.items.push(describe(spec, one, start, &mut rng));
    }
    account
}

/// `count` activities that started before `end`, unordered; every fifth has an oddity.
pub fn generate(spec: &CorosSpec, count: usize, end: i64, rng: &mut Rng) -> Vec<Item> {
    let years = (count as f64 / 120.0).clamp(1.5, 4.0);
    let one = |number: usize| {
        let start = end - 3600 - (rng.f64() * years * 365.25 * 86_400.0) as i64;
        let mut item = invent(spec, start, rng);
        if number % 5 == 2 {
            apply(ODDITIES[(number / 5) % ODDITIES.len()], &mut item);
        }
        item
    };
    (0..count).map(one).collect()
}

/// An ordinary activity that starts at about `start`.
pub fn invent(spec: &CorosSpec, start: i64, rng: &mut Rng) -> Item {
    let domain = if spec.region == 2 { "coros.cn" } else { "coros.com" };
    let mut recording = ordinary(domain, rng, start, None).recording;
    recording.device = (MAKER, 841, recording.device.2);
    Item::recorded(label_at(recording.start, rng), &recording, Layout::Plain)
}

/// A label: eighteen digits, more than a float can represent, growing with time.
pub fn label_at(start: i64, rng: &mut Rng) -> u64 {
    let since = (start - 1_400_000_000).max(0) as u64;
    100_000_000_000_000_001 + since * 1_000_000_000 + rng.u64(0..999_999_999)
}

/// The activity of a description.
pub fn describe(account: &CorosSpec, spec: &CorosActivitySpec, start: i64, rng: &mut Rng) -> Item {
    let mut item = match spec.fit_file.as_deref().map(|path| (path, std::fs::read(path).unwrap_or_default())) {
        Some((path, bytes)) => {
            Item { file: File::Path(path.to_owned()), ..from_file(label_at(start, rng), &bytes, rng) }
        }
        None => made(account, spec, start, rng),
    };
    item.label = spec.id.unwrap_or(item.label);
    item.sport = spec.sport.unwrap_or(item.sport);
    item.name = spec.name.clone().or(item.name);
    item.refused.clone_from(&spec.refused);
    spec.oddities.iter().for_each(|label| apply(label, &mut item));
    item
}

fn made(account: &CorosSpec, spec: &CorosActivitySpec, start: i64, rng: &mut Rng) -> Item {
    let invented = invent(account, start, rng);
    let File::Made(mut recording, layout) = invented.file else { return invented };
    recording.start = start;
    recording.offset = spec.offset.unwrap_or(recording.offset);
    recording.legs[0].seconds = spec.seconds.unwrap_or(recording.legs[0].seconds);
    recording.legs[0].metres = spec.metres.or(recording.legs[0].metres);
    Item::recorded(label_at(start, rng), &recording, layout)
}

/// The activity that the importer makes from a file: without a name of its own, with the sport by its first number
/// only.
pub fn from_file(label: u64, bytes: &[u8], rng: &mut Rng) -> Item {
    let summary = scan::summary(bytes);
    let start = summary.start.unwrap_or_default();
    let sport = match summary.sports.as_slice() {
        [one] => super::sports::imported(one.0),
        _ => 10_000,
    };
    let mut recording = ordinary("coros.com", rng, start, None).recording;
    recording.start = start;
    Item {
        sport,
        offset: summary.offset.filter(|offset| offset % 900 == 0).unwrap_or(0),
        timer: summary.seconds as u32,
        total: summary.elapsed as u32,
        metres: summary.metres,
        name: Some(super::sports::title(sport).to_owned()),
        device: None,
        file: File::Given(bytes.to_vec()),
        ..Item::recorded(label, &recording, Layout::Plain)
    }
}

/// Applies an oddity to an activity.
pub fn apply(label: &str, item: &mut Item) {
    match label {
        "distance_unknown" => item.metres = 0.0,
        "name_missing" => item.name = None,
        "device_missing" => item.device = None,
        "workout_time_unknown" => item.timer = 0,
        "unknown_sport" => item.sport = 7777,
        "sport_out_of_range" => item.sport = 65_535,
        "refused_by_code" => item.refused = Some("1001".to_owned()),
        _ => item.refused = Some("404".to_owned()),
    }
    item.oddities.push(label.to_owned());
}
