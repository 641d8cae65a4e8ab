//! An account and its activities.

use super::regions::Region;
use super::spec::CorosSpec;
use crate::fit::{Leg, Recording};
use crate::garmin::activity::{Layout, encode};
use std::path::PathBuf;

/// Where the file of an activity comes from.
#[derive(Clone, Debug)]
pub enum File {
    /// Written when it is asked for.
    Made(Box<Recording>, Layout),
    /// These bytes.
    Given(Vec<u8>),
    /// A real file, read when it is asked for.
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
    /// Seconds from UTC to the local clock.
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
    /// How its download is refused.
    pub refused: Option<String>,
    /// Not listed before so many list requests of the account,
    pub after_lists: u32,
    /// nor before this moment.
    pub after: i64,
    /// MD5 of the import that it came by.
    pub import: Option<String>,
    /// When that import was.
    pub imported: i64,
    /// What is odd about it.
    pub oddities: Vec<String>,
    /// Which exercise it is, where several services hold the same.
    pub exercise: Option<String>,
}

impl Item {
    /// A recording of a watch, under this label.
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
            exercise: None,
        }
    }

    /// The file, when it can be had.
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

    /// Midnight of the local day it began on, as seconds since 1970.
    pub fn day(&self) -> i64 {
        (self.start + i64::from(self.offset)).div_euclid(86_400) * 86_400
    }
}

/// An account as it is now.
#[derive(Clone, Debug)]
pub struct Account {
    /// What the scenario says of it; may be changed while running.
    pub spec: CorosSpec,
    /// Number of the user.
    pub user: String,
    /// The one token that is good, and when it was issued.
    pub token: Option<(String, i64)>,
    /// Activities, in no particular order.
    pub items: Vec<Item>,
    /// List requests answered so far.
    pub lists: u32,
}

impl Account {
    /// Its region.
    pub fn region(&self) -> Region {
        Region::of(self.spec.region)
    }

    /// The activity of a label.
    pub fn find(&self, label: u64) -> Option<&Item> {
        self.items.iter().find(|item| item.label == label)
    }

    /// All activities, newest first.
    pub fn newest_first(&self) -> Vec<&Item> {
        let mut list: Vec<&Item> = self.items.iter().collect();
        list.sort_by_key(|item| std::cmp::Reverse((item.start, item.label)));
        list
    }

    /// Whether the list shows an activity at a moment.
    pub fn shows(&self, item: &Item, now: i64) -> bool {
        self.lists >= item.after_lists && now >= item.after
    }
}
