//! The services and a folder, with exactly the activities that a test adds.
//!
//! A test adds FIT files, and the services list them with the data in the file, as after an upload by hand.

use std::path::PathBuf;

use gs_sim::fit::{Leg, Recording, Style};
use gs_sim::garmin::activity::Device;
use gs_sim::{
    AccountSpec, ActivitySpec, CorosActivitySpec, CorosSpec, HISTORY_END, ImportSpec, IntervalsSpec, Scenario, Sim,
    UploadSpec,
};

use crate::support::{Said, Work};

pub const SERVICES: [&str; 3] = ["garmin-com", "garmin-cn", "coros"];
/// The region of the COROS account.
const REGION: u32 = 2;

/// Three accounts, one at intervals.icu, and a folder, all empty at first. The settings have the passwords of the accounts
/// and the API key, and name [`SERVICES`] for syncs.
pub struct World {
    pub sim: Sim,
    pub work: Work,
}

impl World {
    pub fn new() -> World {
        World::changed(|_| {})
    }

    /// Like [`World::new`], with a changed scenario.
    pub fn changed(change: impl FnOnce(&mut Scenario)) -> World {
        let garmin = |domain: &str, email: &str| AccountSpec {
            domain: domain.into(),
            email: email.into(),
            upload: UploadSpec { polls: 0, ..UploadSpec::default() },
            ..AccountSpec::default()
        };
        let import = ImportSpec { polls: 0, ..ImportSpec::default() };
        let mut scenario = Scenario {
            accounts: vec![garmin("garmin.com", "runner@example.com"), garmin("garmin.cn", "runner@example.cn")],
            coros: vec![CorosSpec { import, region: REGION, ..CorosSpec::default() }],
            intervals: vec![IntervalsSpec::default()],
            ..Scenario::default()
        };
        change(&mut scenario);
        let sim = scenario.start();
        let mut work = Work::with(&sim);
        work.set_all_passwords();
        work.set("INTERVALS_API_KEY", &sim.with(|state| state.intervals_key()));
        work.set("SYNC_PLATFORM", "GARMINCOM,GARMINCN,COROS");
        std::fs::create_dir(work.dir().join("files")).unwrap();
        std::fs::create_dir(work.dir().join("folder")).unwrap();
        World { sim, work }
    }

    /// The folder's name as a platform.
    pub fn folder(&self) -> String {
        format!("folder:{}", self.work.dir().join("folder").display())
    }

    /// Adds a recording to a platform. Returns its id there.
    pub fn put(&self, platform: &str, recording: &Recording) -> String {
        self.put_bytes(platform, &recording.encode())
    }

    /// Adds a file to a platform. Returns its id there.
    pub fn put_bytes(&self, platform: &str, bytes: &[u8]) -> String {
        if platform.starts_with("folder:") {
            let id = gs_sim::sha256(bytes)[..16].to_owned();
            std::fs::write(self.work.dir().join("folder").join(format!("run_{id}.fit")), bytes).unwrap();
            return id;
        }
        if platform == "intervals" {
            return self.sim.with(|state| state.add_intervals_file(bytes)).remove(0);
        }
        let path = self.work.dir().join("files").join(format!("{:016x}.fit", fastrand::u64(..)));
        std::fs::write(&path, bytes).unwrap();
        self.sim
            .with(|state| match domain(platform) {
                Some(domain) => {
                    let spec =
                        ActivitySpec { fit_file: Some(path), name: Some("Run".into()), ..ActivitySpec::default() };
                    let id = state.add_activity(domain, &spec);
                    // The service only knows a watch that the file names.
                    if garminsync::fit::scan(bytes).is_ok_and(|fit| fit.identity().is_none()) {
                        state.account(domain).find_mut(id).unwrap().device = Device::Null;
                    }
                    id
                }
                None => {
                    let spec = CorosActivitySpec { fit_file: Some(path), ..CorosActivitySpec::default() };
                    state.add_coros_activity(REGION, &spec)
                }
            })
            .to_string()
    }

    /// Deletes an activity as a person does.
    pub fn remove(&self, platform: &str, id: &str) {
        if platform.starts_with("folder:") {
            return std::fs::remove_file(self.file_in_folder(id)).unwrap();
        }
        if platform == "intervals" {
            return assert!(self.sim.with(|state| state.delete_intervals_activity(id)), "{id}");
        }
        let number: u64 = id.parse().unwrap();
        let was_there = self.sim.with(|state| match domain(platform) {
            Some(domain) => state.remove_activity(domain, number),
            None => state.remove_coros_activity(REGION, number),
        });
        assert!(was_there, "{platform} {id}");
    }

    /// The ids of the activities on a platform; for a service, the newest first.
    pub fn ids(&self, platform: &str) -> Vec<String> {
        if platform.starts_with("folder:") {
            let name = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
            return self.folder_files().iter().map(|path| name(path).rsplit('_').next().unwrap().to_owned()).collect();
        }
        if platform == "intervals" {
            return self.sim.with(|state| state.intervals_ids());
        }
        let ids = self.sim.with(|state| match domain(platform) {
            Some(domain) => state.ids(domain),
            None => state.coros_ids(REGION),
        });
        ids.iter().map(u64::to_string).collect()
    }

    fn folder_files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.work.dir().join("folder")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    fn file_in_folder(&self, id: &str) -> PathBuf {
        self.folder_files().into_iter().find(|path| path.to_str().unwrap().contains(id)).unwrap()
    }

    /// Lists all platforms to their end, and returns the records of their activities.
    pub fn fetch(&self) -> String {
        self.work.run("gs-fetch", &["--full"]).ok();
        self.list()
    }

    /// The records of the activities in the catalogue.
    pub fn list(&self) -> String {
        self.work.run("gs-list", &[]).ok().out.clone()
    }

    /// `gs-list | gs-diff ARGS`
    pub fn diff(&self, args: &[&str]) -> Said {
        self.work.given("gs-diff", args, &self.list())
    }

    /// `gs-download | gs-upload ARGS`, with the plan of `gs-diff`.
    pub fn apply(&self, plan: &Said, upload: &[&str]) -> Said {
        let with_files = self.work.given("gs-download", &[], &plan.out);
        self.work.given("gs-upload", upload, &with_files.out)
    }

    /// The path in the data folder of an activity's file in the archive.
    pub fn archived(&self, platform: &str, id: &str) -> PathBuf {
        let sql = format!("SELECT path FROM files WHERE platform = '{platform}' AND id = '{id}' AND part = 0");
        self.work.data(&self.work.sql::<String>(&sql))
    }
}

/// The domain of one of the Garmin platforms.
pub fn domain(platform: &str) -> Option<&'static str> {
    match platform {
        "garmin-com" => Some("garmin.com"),
        "garmin-cn" => Some("garmin.cn"),
        _ => None,
    }
}

/// The start of the recording of this day.
pub fn start(day: i64) -> i64 {
    HISTORY_END - (30 - day) * 86_400 + 7200
}

/// The start of the recording of this day, as the commands write it.
pub fn when(day: i64) -> String {
    jiff::Timestamp::from_second(start(day)).unwrap().to_string()
}

/// A run on this day, with a length that no other day has.
pub fn run(day: i64) -> Recording {
    of_sport(day, (1, 0))
}

/// A ride on this day.
pub fn ride(day: i64) -> Recording {
    of_sport(day, (2, 7))
}

fn of_sport(day: i64, sport: (u8, u8)) -> Recording {
    let seconds = 1500 + (day.unsigned_abs() % 60) as u32 * 37;
    let metres = Some(4000.0 + (day.unsigned_abs() % 90) as f64 * 123.0);
    let mut recording = Recording::single(start(day), Leg { sport, style: Style::Outdoor, seconds, metres });
    recording.every = 300;
    recording
}

/// The file of a recording that does not name its watch, as converters write it.
pub fn nameless(recording: &Recording) -> Vec<u8> {
    let mut file = recording.builder();
    for message in file.messages_mut().iter_mut().filter(|message| [0, 23].contains(&message.global)) {
        // The serial number.
        message.fields.retain(|(number, _)| *number != 3);
    }
    file.build()
}

/// Twelve runs that all three services have, all listed. They are enough that one missing run does not make the list
/// implausibly short. Returns their ids in the order of [`SERVICES`].
pub fn settled() -> (World, Vec<[String; 3]>) {
    let world = World::new();
    let ids = (0..12).map(|day| SERVICES.map(|service| world.put(service, &run(day)))).collect();
    world.fetch();
    (world, ids)
}
