//! Three accounts that are not in sync: garmin.com, garmin.cn and COROS, with files that are made here.
//!
//! Half of the activities of each are on one or both of the others: as the same file, or as the same recording in a
//! different file. Every group has a start of its own, so the services can be compared by starts.

use std::collections::{BTreeMap, BTreeSet};

use gs_sim::fit::{Leg, Recording, Style};
use gs_sim::{AccountSpec, ActivitySpec, CorosActivitySpec, CorosSpec, HISTORY_END, Scenario, Sim, UploadSpec};

use super::Work;

/// The three services, and the folder of their files.
pub struct ThreePlatforms {
    pub sim: Sim,
    _files: tempfile::TempDir,
}

/// Which of the three services have a shared group; each service has three of four groups.
const HOLDERS: [[bool; 3]; 4] = [[true; 3], [true, false, true], [true, true, false], [false, true, true]];
pub const NAMES: [&str; 3] = ["garmin-com", "garmin-cn", "coros"];

/// A history while it is being made.
struct Making {
    files: tempfile::TempDir,
    lists: [Vec<(i64, std::path::PathBuf)>; 3],
    groups: usize,
}

impl Making {
    /// Adds a group on these services. If it is `written_anew`, the second of them has it in a different layout.
    fn group(&mut self, holders: [bool; 3], written_anew: bool) {
        let number = self.groups as i64;
        self.groups += 1;
        let start = HISTORY_END - 3600 - number * 7 * 3600;
        let seconds = 1500 + (number % 50) as u32 * 37;
        let metres = Some(4000.0 + (number % 90) as f64 * 123.0);
        let leg = Leg { sport: (1, 0), style: Style::Outdoor, seconds, metres };
        let mut recording = Recording::single(start, leg);
        recording.every = 60;
        recording.seed = number as u64;
        // A watch of the first service that has the group.
        let maker = if holders[0] || holders[1] { 1 } else { 294 };
        recording.device = (maker, 4000 + number as u16 % 3, 700_000 + number as u32 % 3);
        let plain = self.write(&format!("{number}.fit"), &recording.encode());
        let anew = self.write(&format!("{number}-anew.fit"), &recording.builder().big_endian().build());
        let mut is_first = true;
        for (service, _) in holders.iter().enumerate().filter(|(_, holds)| **holds) {
            let path = if written_anew && !is_first { anew.clone() } else { plain.clone() };
            self.lists[service].push((start, path));
            is_first = false;
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> std::path::PathBuf {
        let path = self.files.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Adds this many duplicates of activities of the same service, alternately as the same file and as a different
    /// file.
    fn copies(&mut self, copies: usize) {
        for number in 0..copies {
            let list = &mut self.lists[number % 3];
            let (start, path) = list[number / 3 * 2 % list.len()].clone();
            let other = path.to_str().unwrap().replace("-anew", "").replace(".fit", "-anew.fit");
            list.push((start, if number % 2 == 0 { path } else { other.into() }));
        }
    }
}

/// Three accounts with `each` activities, half of them shared; `copies` of them are duplicates on their own service.
pub fn three(each: usize, copies: usize) -> ThreePlatforms {
    scenario(each, copies, |_| {})
}

/// Like [`three`], with a changed scenario.
pub fn scenario(each: usize, copies: usize, change: impl FnOnce(&mut Scenario)) -> ThreePlatforms {
    let files = tempfile::tempdir().unwrap();
    let mut making = Making { files, lists: Default::default(), groups: 0 };
    for number in 0..(each / 2) * 4 / 3 {
        making.group(HOLDERS[number % 4], number % 3 == 0);
    }
    for service in 0..3 {
        let own = each - copies.div_ceil(3);
        while making.lists[service].len() < own {
            let mut holders = [false; 3];
            holders[service] = true;
            making.group(holders, false);
        }
    }
    making.copies(copies);
    let garmin = |domain: &str, email: &str, list: &[(i64, std::path::PathBuf)], first: u64| AccountSpec {
        domain: domain.into(),
        email: email.into(),
        upload: UploadSpec::default(),
        activities: list
            .iter()
            .enumerate()
            .map(|(number, (_, path))| ActivitySpec {
                id: Some(first + number as u64),
                name: Some(format!("Run {number}")),
                fit_file: Some(path.clone()),
                ..ActivitySpec::default()
            })
            .collect(),
        ..AccountSpec::default()
    };
    let [com, cn, coros] = &making.lists;
    let items = coros.iter().enumerate().map(|(number, (_, path))| CorosActivitySpec {
        id: Some(470_000_000_000_000_000 + number as u64),
        fit_file: Some(path.clone()),
        ..CorosActivitySpec::default()
    });
    let mut scenario = Scenario {
        accounts: vec![
            garmin("garmin.com", "runner@example.com", com, 20_000_000_000),
            garmin("garmin.cn", "runner@example.cn", cn, 21_000_000_000),
        ],
        coros: vec![CorosSpec { activities: items.collect(), ..CorosSpec::default() }],
        ..Scenario::default()
    };
    change(&mut scenario);
    ThreePlatforms { sim: scenario.start(), _files: making.files }
}

/// For each start, the number of activities on each service, in the order of [`NAMES`].
pub type Held = BTreeMap<i64, [usize; 3]>;

impl ThreePlatforms {
    /// A data folder with the settings of a user of Sports Sync X.
    pub fn work(&self) -> Work {
        let mut work = Work::with(&self.sim);
        work.put_commands_in_path().set("GS_UPLOAD_WAIT", "5s");
        let env = "SYNC_PLATFORM=GARMINCN,GARMINCOM,COROS\nGARMIN_EMAIL_COM=runner@example.com\n\
            GARMIN_PASSWORD_COM='correct horse'\nGARMIN_EMAIL_CN=runner@example.cn\nGARMIN_PASSWORD_CN='correct horse'\n\
            COROS_EMAIL=runner@example.org\nCOROS_PASSWORD='correct horse'\nGARMIN_NEWEST_NUM=10000\n\
            DELETE_DUPLICATE=1\nSPORT_DIFF_SECOND=60\nQYWX_BOT_KEY=693a91f6-7000-4000-8000-000000000000\n";
        work.write_env(env);
        work
    }

    /// The activities that the services have now.
    pub fn held(&self) -> Held {
        let mut held = Held::new();
        self.sim.with(|state| {
            for (service, domain) in ["garmin.com", "garmin.cn"].iter().enumerate() {
                for activity in &state.account(domain).activities {
                    held.entry(activity.recording.start).or_default()[service] += 1;
                }
            }
            for item in &state.coros.accounts[0].items {
                held.entry(item.start).or_default()[2] += 1;
            }
        });
        held
    }

    /// The distinct activities.
    pub fn groups(&self) -> BTreeSet<i64> {
        self.held().into_keys().collect()
    }

    /// Expects every group on every service exactly once.
    #[track_caller]
    pub fn expect_equal(&self, groups: &BTreeSet<i64>) {
        let held = self.held();
        let odd: Vec<_> = held.iter().filter(|(_, counts)| **counts != [1, 1, 1]).collect();
        assert!(
            odd.is_empty(),
            "{} of {} groups are not exactly once on every platform: {odd:?}",
            odd.len(),
            held.len()
        );
        assert_eq!(&held.into_keys().collect::<BTreeSet<_>>(), groups);
    }
}
