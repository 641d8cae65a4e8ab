//! Three services that share a part of their activities: some as the same file, some in a different file.

use crate::coros::account::{Account as Coros, File, Item};
use crate::coros::history::{generate as coros_history, label_at};
use crate::garmin::account::Account as Garmin;
use crate::garmin::activity::{Activity, Layout, Source};
use crate::garmin::history::{self, id_at, ordinary};
use crate::scenario::Scenario;
use crate::state::State;
use fastrand::Rng;
use std::collections::BTreeMap;

const DAY: i64 = 86_400;
/// The activities of each service and the shared ones are on separate days, so that distinct
/// activities on different services never start close to each other.
const KINDS: i64 = 4;
const SHARED: i64 = 3;

/// Which services have a shared group; each service has three of four.
const HOLDERS: [[bool; 3]; 4] = [[true; 3], [true, false, true], [true, true, false], [false, true, true]];

/// How the file on the second service differs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// The same file.
    Same,
    /// Written in another layout, with the same file_id.
    Layout,
    /// Written by a device of another manufacturer, with fewer samples.
    Maker,
}

/// The groups with more than one activity: service and id of each activity.
pub type Groups = BTreeMap<String, Vec<(String, u64)>>;

/// The services while they are filled.
struct Three<'a> {
    garmin: Vec<&'a mut Garmin>,
    coros: &'a mut Coros,
    rng: Rng,
    end: i64,
}

/// Fills the first accounts on garmin.com, garmin.cn and COROS with equally many activities: half
/// of them are shared, some of them are duplicates on their service.
pub fn fill(scenario: &Scenario, garmin: &mut [Garmin], coros: &mut [Coros]) {
    let each = scenario.together;
    let [com, cn, ..] = garmin else { return };
    let (Some(coros), true) = (coros.first_mut(), each > 0) else { return };
    let rng = Rng::with_seed(scenario.seed ^ 0x0070_6E37);
    let mut three = Three { garmin: vec![com, cn], coros, rng, end: scenario.clock_base };
    let shared = each / 2;
    let twice = (each / 20).max(usize::from(each > 3));
    three.own(each - shared - twice, scenario.seed);
    three.shared(shared);
    three.doubles(twice);
}

impl Three<'_> {
    fn own(&mut self, count: usize, seed: u64) {
        for (index, account) in self.garmin.iter_mut().enumerate() {
            let list = history::generate(&account.spec.domain, count, seed ^ 0x3_0000 ^ index as u64, self.end);
            for (number, mut activity) in list.into_iter().enumerate() {
                if !activity.oddities.iter().any(|label| label == "repeated_hour") {
                    activity.recording.start = on_day(activity.recording.start, index as i64);
                }
                activity.group = Some(format!("{}-{number}", account.spec.domain));
                account.activities.push(activity);
            }
        }
        let list = coros_history(&self.coros.spec, count, self.end, &mut self.rng);
        for (number, mut item) in list.into_iter().enumerate() {
            item.start = on_day(item.start, 2);
            if let File::Made(recording, _) = &mut item.file {
                recording.start = item.start;
            }
            item.group = Some(format!("coros-{number}"));
            self.coros.items.push(item);
        }
    }

    fn shared(&mut self, count: usize) {
        let blocks = count / 3;
        let rest = (0..count % 3).map(|_| HOLDERS[0]);
        let all = (0..blocks).flat_map(|_| HOLDERS).chain(rest);
        for (number, holders) in all.enumerate() {
            let at = shared_day(self.end, number as i64);
            let mut first = ordinary("garmin.com", &mut self.rng, at, None);
            // The day is fixed; the time of day stays as invented.
            first.recording.start = at.div_euclid(DAY) * DAY + first.recording.start.rem_euclid(DAY);
            first.old_shape = false;
            first.group = Some(format!("shared-{number}"));
            // The manners alternate with another period than the holders.
            let manner = [Manner::Same, Manner::Layout, Manner::Same, Manner::Maker][(number + number / 4) % 4];
            self.spread(&first, holders, manner);
        }
    }

    fn spread(&mut self, first: &Activity, holders: [bool; 3], manner: Manner) {
        let mut written = false;
        for (service, _) in holders.iter().enumerate().filter(|(_, holds)| **holds) {
            let copy = again(first, if written { manner } else { Manner::Same });
            self.add(service, copy);
            written = true;
        }
    }

    fn add(&mut self, service: usize, mut copy: Activity) {
        match self.garmin.get_mut(service) {
            Some(account) => {
                copy.id = free(account, &copy, &mut self.rng);
                account.activities.push(copy);
            }
            None => {
                let label = label_at(copy.recording.start, &mut self.rng);
                let layout = if let Source::Fit(layout) = copy.source { layout } else { Layout::Plain };
                let item = Item::recorded(label, &copy.recording, layout);
                self.coros.items.push(Item { group: copy.group, oddities: copy.oddities, ..item });
            }
        }
    }

    /// Adds duplicates on one service, alternately as the same file and as a different file.
    fn doubles(&mut self, count: usize) {
        for service in 0..=self.garmin.len() {
            for number in 0..count {
                let manner = if number % 2 == 0 { Manner::Maker } else { Manner::Same };
                match self.garmin.get(service) {
                    Some(account) => {
                        let fits = |a: &&Activity| matches!(a.source, Source::Fit(_)) && a.oddities.is_empty();
                        let Some(first) = account.activities.iter().filter(fits).nth(number * 3) else { continue };
                        let mut copy = again(first, manner);
                        copy.oddities.push("duplicate".to_owned());
                        self.add(service, copy);
                    }
                    None => self.double_coros(number, manner),
                }
            }
        }
    }

    fn double_coros(&mut self, number: usize, manner: Manner) {
        let mut sound = self.coros.items.iter().filter(|item| item.oddities.is_empty());
        let Some(mut copy) = sound.nth(number * 3).cloned() else { return };
        copy.label = label_at(copy.start, &mut self.rng);
        if let (File::Made(recording, _), Manner::Maker) = (&mut copy.file, manner) {
            anew(recording);
        }
        copy.oddities.push("duplicate".to_owned());
        self.coros.items.push(copy);
    }
}

/// Midnight of the day of the shared group with this number.
pub(crate) fn shared_day(end: i64, number: i64) -> i64 {
    on_day(end - DAY * KINDS * (number + 1), SHARED).div_euclid(DAY) * DAY
}

/// The time, moved back to a day of this kind.
fn on_day(at: i64, kind: i64) -> i64 {
    at - (at.div_euclid(DAY) - kind).rem_euclid(KINDS) * DAY
}

/// A second activity of the same group.
fn again(first: &Activity, manner: Manner) -> Activity {
    let mut copy = first.clone();
    match manner {
        Manner::Same => {}
        Manner::Layout => {
            let other =
                if matches!(first.source, Source::Fit(Layout::BigEndian)) { Layout::Plain } else { Layout::BigEndian };
            copy.source = Source::Fit(other);
        }
        Manner::Maker => anew(&mut copy.recording),
    }
    copy
}

pub(crate) fn anew(recording: &mut crate::fit::Recording) {
    recording.device = (294, 841, recording.device.2 ^ 0x55);
    recording.every *= 2;
    recording.developer_fields = false;
}

/// An id that no activity of the account has.
fn free(account: &Garmin, activity: &Activity, rng: &mut Rng) -> u64 {
    loop {
        let id = id_at(activity.recording.start, None, rng);
        if account.find(id).is_none() {
            return id;
        }
    }
}

impl State {
    /// The group of a file, which is the group of the activity from which it was downloaded.
    pub(crate) fn group_of(&self, file: &[u8], start: i64) -> Option<String> {
        let is_near = |at: i64| (at - start).abs() < DAY;
        let garmin = self.accounts.iter().flat_map(|account| &account.activities);
        let garmin = garmin.filter(|one| one.group.is_some() && is_near(one.recording.start));
        let mut garmin = garmin.filter(|one| one.original().as_deref() == Some(file));
        let coros = self.coros.accounts.iter().flat_map(|account| &account.items);
        let coros = coros.filter(|one| one.group.is_some() && is_near(one.start));
        let mut coros = coros.filter(|one| one.original().as_deref() == Some(file));
        let items = self.intervals.accounts.iter().flat_map(|account| &account.items);
        let items = items.filter(|one| one.group.is_some() && is_near(one.start));
        let mut items = items.filter(|one| one.original().is_some_and(|(_, bytes)| bytes == file));
        let first = garmin.next().map(|one| &one.group).or_else(|| coros.next().map(|one| &one.group));
        let first = first.or_else(|| items.next().map(|one| &one.group));
        first.and_then(Clone::clone)
    }

    /// The groups with more than one activity.
    pub fn groups(&self) -> Groups {
        let garmin = self.accounts.iter().flat_map(|account| {
            let own = account.newest_first().into_iter();
            own.map(|activity| (&activity.group, (account.spec.domain.clone(), activity.id)))
        });
        let coros = self.coros.accounts.iter().flat_map(|account| {
            let own = account.newest_first().into_iter();
            own.map(|item| (&item.group, (format!("coros-{}", account.spec.region), item.label)))
        });
        let items = self.intervals.accounts.iter().flat_map(|account| {
            account
                .newest_first()
                .into_iter()
                .map(|item| (&item.group, (crate::intervals::NAME.to_owned(), item.number)))
        });
        let mut all = Groups::new();
        for (group, place) in garmin.chain(coros).chain(items) {
            if let Some(group) = group {
                all.entry(group.clone()).or_default().push(place);
            }
        }
        all.retain(|_, places| places.len() > 1);
        all
    }
}
