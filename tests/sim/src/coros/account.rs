//! An account and its activities.

use super::regions::Region;
use super::spec::CorosSpec;
use crate::fit::{Leg, Recording};
use crate::garmin::activity::{Layout, encode};
use std::path::PathBuf;

/// The source of an activity's file.
#[derive(Clone, Debug)]
pub enum File {
    /// Generated when it is requested.
    Made(Box<Recording>, Layout),
    /// These bytes.
    Given(Vec<u8>),
    /// A real file, read when it is requested.
    Path(PathBuf),
}

/// An activity.
#[derive(Clone, Debug)]
pub struct Item {
    /// `labelId`.
    pub label: u64,
    /// The service's number of the sport.
    pub sport: u32,
    /// Start, Unix time.
    pub start: i64,
    /// Local time minus UTC, in seconds.
    pub offset: i32,
    /// Seconds on the timer; zero is unknown.
    pub timer: u32,
    /// Seconds with pauses.
    pub total: u32,
    /// Metres; zero is unknown.
    pub metres: f64,
    /// Name.
    pub name: Option<String>,
    /// Device.
    pub device: Option<String>,
    /// The file.
    pub file: File,
    /// How its download is rejected.
    pub refused: Option<String>,
    /// Not listed before this many list requests of the account,
    pub after_lists: u32,
    /// nor before this time.
    pub after: i64,
    /// MD5 of the import that created it.
    pub import: Option<String>,
    /// When it was imported.
    pub imported: i64,
    /// Its oddities.
    pub oddities: Vec<String>,
    /// Its group, if it is on several services.
    pub group: Option<String>,
}

impl Item {
    /// A recording of a watch, with this label.
    pub fn recorded(label: u64, recording: &Recording, layout: Layout) -> Self {
        let sports: Vec<Leg> = recording.legs.clone();
        let sport = if sports.len() > 1 { 10_000 } else { super::sports::recorded(sports[0].sport) };
        Item {
            label,
            sport,
            start: recording.start,
            offset: recording.offset,
            timer: recording.timer(),
            total: recording.timer() + recording.paused,
            metres: recording.metres().unwrap_or(0.0),
            name: Some(super::sports::title(sport).to_owned()),
            device: Some("COROS PACE 3".to_owned()),
            file: File::Made(Box::new(recording.clone()), layout),
            refused: None,
            after_lists: 0,
            after: i64::MIN,
            import: None,
            imported: i64::MIN,
            oddities: Vec::new(),
            group: None,
        }
    }

    /// The file; `None` if it is unavailable.
    pub fn original(&self) -> Option<Vec<u8>> {
        match &self.file {
            File::Made(recording, layout) => Some(encode(recording, *layout)),
            File::Given(bytes) => Some(bytes.clone()),
            File::Path(path) => std::fs::read(path).ok(),
        }
    }

    /// When it ended.
    pub fn end(&self) -> i64 {
        self.start + i64::from(self.total)
    }

    /// Midnight of the local day on which it started, as seconds since 1970.
    pub fn day(&self) -> i64 {
        (self.start + i64::from(self.offset)).div_euclid(86_400) * 86_400
    }
}

/// The current state of an account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its description in the scenario; may be changed while the simulator runs.
    pub spec: CorosSpec,
    /// Number of the user.
    pub user: String,
    /// The only valid token, and when it was issued.
    pub token: Option<(String, i64)>,
    /// Activities, in no particular order.
    pub items: Vec<Item>,
    /// The number of list requests so far.
    pub lists: u32,
}

impl Account {
    /// Its region.
    pub fn region(&self) -> Region {
        Region::of(self.spec.region)
    }

    /// The activity with this label.
    pub fn find(&self, label: u64) -> Option<&Item> {
        self.items.iter().find(|item| item.label == label)
    }

    /// All activities, newest first.
    pub fn newest_first(&self) -> Vec<&Item> {
        let mut list: Vec<&Item> = self.items.iter().collect();
        list.sort_by_key(|item| std::cmp::Reverse((item.start, item.label)));
        list
    }

    /// Whether the list shows an activity at a given time.
    pub fn shows(&self, item: &Item, now: i64) -> bool {
        self.lists >= item.after_lists && now >= item.after
    }
}
