//! The fourth service: intervals.icu shares a part of the activities of the other three.

use super::account::{Account, File, Item};
use super::history;
use crate::coros::account::{Account as Coros, File as CorosFile};
use crate::fit::Recording;
use crate::garmin::account::Account as Garmin;
use crate::garmin::activity::{Layout, Source};
use crate::scenario::Scenario;
use crate::together::shared_day;
use fastrand::Rng;

/// One recording on another service: the group, the activity, and the file.
struct Origin {
    group: String,
    /// Its id, if Garmin pushes it.
    pushed: Option<u64>,
    name: Option<String>,
    recording: Recording,
    layout: Layout,
}

/// Fills the first account with as many activities as each of the other three: half of them are shared, some of them are
/// duplicates. Strava stubs are added to these.
pub fn fill(scenario: &Scenario, garmin: &[Garmin], coros: &[Coros], accounts: &mut [Account]) {
    let each = scenario.together;
    let (Some(account), true) = (accounts.first_mut(), each > 0) else { return };
    let mut rng = Rng::with_seed(scenario.seed ^ 0x0066_6F75);
    let groups = origins(garmin, coros);
    let shared = (each / 2).min(groups.len());
    let twice = (each / 20).max(usize::from(each > 3));
    own(account, each - shared - twice, groups.len() as i64, scenario.clock_base, &mut rng);
    let (chosen, rest) = split(groups, shared);
    for (number, origin) in chosen.iter().enumerate() {
        let item = copy(account, origin, number);
        account.items.push(item);
    }
    doubles(account, &chosen, twice);
    // Strava has activities that are also on the other services, but not here.
    for origin in rest.iter().take(twice) {
        let stub = history::stub(account, origin.recording.start);
        account.items.push(stub);
    }
}

/// Activities of this service alone, on days after those of the shared ones in the same series of days.
fn own(account: &mut Account, count: usize, after: i64, end: i64, rng: &mut Rng) {
    for number in 0..count {
        let day = shared_day(end, after + number as i64);
        let mut item = history::invent(account, day, number, rng);
        // The day is fixed; the time of day stays as invented.
        let start = day + item.start.rem_euclid(86_400);
        item.created += start - item.start;
        item.start = start;
        if let File::Made(recording, _) = &mut item.file {
            recording.start = start;
        }
        item.group = Some(format!("intervals-{number}"));
        account.items.push(item);
    }
}

/// One activity of every shared group of the other services, the first in the order garmin.com, garmin.cn, COROS; ordered by the
/// number of the group.
fn origins(garmin: &[Garmin], coros: &[Coros]) -> Vec<Origin> {
    let mut all: Vec<Origin> = Vec::new();
    let mut add = |origin: Option<Origin>| {
        if let Some(origin) = origin.filter(|new| !all.iter().any(|old| old.group == new.group)) {
            all.push(origin);
        }
    };
    garmin.iter().for_each(|account| account.activities.iter().for_each(|one| add(from_garmin(account, one))));
    coros.iter().for_each(|account| account.items.iter().for_each(|item| add(from_coros(item))));
    all.sort_by_key(|origin| number(&origin.group));
    all
}

fn number(group: &str) -> Option<usize> {
    group.strip_prefix("shared-")?.parse().ok()
}

fn from_garmin(account: &Garmin, activity: &crate::garmin::activity::Activity) -> Option<Origin> {
    let group = activity.group.clone().filter(|group| number(group).is_some())?;
    let Source::Fit(layout) = activity.source else { return None };
    let pushed = (account.spec.domain == "garmin.com").then_some(activity.id);
    let (name, recording) = (activity.name.clone(), activity.recording.clone());
    Some(Origin { group, pushed, name, recording, layout })
}

fn from_coros(item: &crate::coros::account::Item) -> Option<Origin> {
    let group = item.group.clone().filter(|group| number(group).is_some())?;
    let CorosFile::Made(recording, layout) = &item.file else { return None };
    Some(Origin { group, pushed: None, name: item.name.clone(), recording: (**recording).clone(), layout: *layout })
}

/// `count` of the groups, first three of every four, and the rest.
fn split(groups: Vec<Origin>, count: usize) -> (Vec<Origin>, Vec<Origin>) {
    let (first, last): (Vec<_>, Vec<_>) =
        groups.into_iter().enumerate().partition(|(number, _)| (number + number / 4) % 4 != 3);
    let mut all: Vec<Origin> = first.into_iter().chain(last).map(|(_, origin)| origin).collect();
    let rest = all.split_off(count);
    (all, rest)
}

/// The activity here: pushed by Garmin as a filtered file, uploaded as the same file, or received from COROS.
fn copy(account: &mut Account, origin: &Origin, number: usize) -> Item {
    // The sources alternate with another period than the groups.
    let source = match (origin.pushed, number % 5) {
        (_, 2 | 4) => "UPLOAD",
        (Some(_), _) => "GARMIN_CONNECT",
        (None, _) => "COROS",
    };
    let item = history::made(account, source, &origin.recording, origin.layout);
    let pushed = origin.pushed.filter(|_| source == "GARMIN_CONNECT");
    Item {
        name: origin.name.clone(),
        external_id: pushed.map(|id| id.to_string()),
        device: Some(if source == "COROS" { "COROS PACE 3" } else { "Garmin Forerunner 265" }.to_owned()),
        file: match pushed {
            Some(_) => File::Pushed(Box::new(origin.recording.clone()), origin.layout),
            None => item.file,
        },
        group: Some(origin.group.clone()),
        ..item
    }
}

/// Adds duplicates: the file of another device, as the service stores an identical file only once.
fn doubles(account: &mut Account, chosen: &[Origin], count: usize) {
    for origin in chosen.iter().take(count) {
        let mut recording = origin.recording.clone();
        crate::together::anew(&mut recording);
        let item = history::made(account, "UPLOAD", &recording, Layout::Plain);
        account.items.push(Item { group: Some(origin.group.clone()), oddities: vec!["duplicate".to_owned()], ..item });
    }
}
