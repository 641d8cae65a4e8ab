//! An account and its activities.

use super::contents::{Contents, Session};
use super::filtered;
use super::spec::IntervalsSpec;
use super::sports;
use crate::clock::{ZONES, Zone};
use crate::fit::Recording;
use crate::garmin::activity::{Layout, encode};

/// The file of an activity.
#[derive(Clone, Debug)]
pub enum File {
    /// Entered by hand, or a Strava stub.
    None,
    /// Generated when it is requested.
    Made(Box<Recording>, Layout),
    /// The file that Garmin pushes of such a recording.
    Pushed(Box<Recording>, Layout),
    /// These bytes, with this extension.
    Given(&'static str, Vec<u8>),
}

/// An activity, or a stub of one that only Strava may show.
#[derive(Clone, Debug)]
pub struct Item {
    /// The number in its id.
    pub number: u64,
    /// A stub: its id has no letter.
    pub strava: bool,
    /// How it arrived.
    pub source: String,
    /// Its id at the source.
    pub external_id: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// A word of [`sports::is_type`], if it is known.
    pub kind: Option<String>,
    /// Indoors.
    pub trainer: bool,
    /// Start, Unix time.
    pub start: i64,
    /// Local time minus UTC, in seconds.
    pub offset: i32,
    /// Name of the time zone.
    pub timezone: Option<String>,
    /// Seconds on the timer.
    pub seconds: u32,
    /// Seconds with pauses.
    pub elapsed: u32,
    /// Metres.
    pub metres: Option<f64>,
    /// Device.
    pub device: Option<String>,
    /// The file.
    pub file: File,
    /// The leg, for an activity from a multisport file.
    pub leg: Option<usize>,
    /// When it arrived.
    pub created: i64,
    /// Further fields, as a client set them.
    pub edits: serde_json::Map<String, serde_json::Value>,
    /// Why its file could not be read.
    pub fault: Option<&'static str>,
    /// Not listed before this many requests that read activities, nor before this time.
    pub listed: (u32, i64),
    /// Without numbers before this many requests that read activities, and before this time.
    pub analyzed: (u32, i64),
    /// Its oddities.
    pub oddities: Vec<String>,
    /// Its group, if it is on several services.
    pub group: Option<String>,
}

/// The point from which something holds that always held.
pub const ALWAYS: (u32, i64) = (0, i64::MIN);

impl Item {
    /// An activity without any file.
    pub fn plain(number: u64, source: &str, start: i64) -> Self {
        Item {
            number,
            strava: false,
            source: source.to_owned(),
            external_id: None,
            name: None,
            description: None,
            kind: None,
            trainer: false,
            start,
            offset: 0,
            timezone: None,
            seconds: 0,
            elapsed: 0,
            metres: None,
            device: None,
            file: File::None,
            leg: None,
            created: start,
            edits: serde_json::Map::new(),
            fault: None,
            listed: ALWAYS,
            analyzed: ALWAYS,
            oddities: Vec::new(),
            group: None,
        }
    }

    /// The activity of one session of a file.
    pub fn recorded(number: u64, source: &str, session: &Session, file: File, spec: &IntervalsSpec) -> Self {
        let (kind, trainer) = sports::by_fit(session.sport, spec.indoor_as_trainer);
        Item {
            name: Some(sports::title(kind)),
            kind: Some(kind.to_owned()),
            trainer,
            seconds: session.seconds,
            elapsed: session.elapsed,
            metres: session.metres,
            file,
            created: session.start + i64::from(session.elapsed) + 60,
            ..Item::plain(number, source, session.start)
        }
    }

    /// Sets local time and time zone: those of the file, else those of the athlete.
    pub fn place(&mut self, offset: Option<i32>, spec: &IntervalsSpec) {
        let home = home(spec);
        self.offset = offset.unwrap_or_else(|| home.offset(self.start));
        let fits = |zone: &&Zone| zone.offset(self.start) == self.offset;
        let zone = Some(&home).filter(fits).or_else(|| ZONES.iter().find(fits));
        self.timezone = zone.map(|zone| zone.key.to_owned());
    }

    /// Its id.
    pub fn id(&self) -> String {
        if self.strava { self.number.to_string() } else { format!("i{}", self.number) }
    }

    /// Start in local time, as seconds since 1970.
    pub fn start_local(&self) -> i64 {
        self.start + i64::from(self.offset)
    }

    /// Extension of its file.
    pub fn extension(&self) -> Option<&'static str> {
        match self.file {
            File::None => None,
            File::Made(..) | File::Pushed(..) => Some("fit"),
            File::Given(extension, _) => Some(extension),
        }
    }

    /// Extension and bytes of its file.
    pub fn original(&self) -> Option<(&'static str, Vec<u8>)> {
        match &self.file {
            File::None => None,
            File::Made(recording, layout) => Some(("fit", encode(recording, *layout))),
            File::Pushed(recording, layout) => Some(("fit", filtered::of(&encode(recording, *layout)))),
            File::Given(extension, bytes) => Some((extension, bytes.clone())),
        }
    }
}

/// The athlete's zone.
pub fn home(spec: &IntervalsSpec) -> Zone {
    ZONES.into_iter().find(|zone| zone.key == spec.timezone).unwrap_or(ZONES[0])
}

/// The current state of an account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its description in the scenario; may be changed while the simulator runs.
    pub spec: IntervalsSpec,
    /// Activities, in no particular order.
    pub items: Vec<Item>,
    /// The number of requests so far that read activities.
    pub reads: u32,
    /// When the key was used within the last 15 minutes.
    pub recent: Vec<i64>,
    /// The last day (since 1970) of its use, and the number of requests on it.
    pub today: (i64, usize),
    /// The highest number of an id so far: ids are never used again.
    pub highest: u64,
}

impl Account {
    /// The activity with this id.
    pub fn find(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.id() == id)
    }

    /// All activities and stubs, newest first by local time.
    pub fn newest_first(&self) -> Vec<&Item> {
        let mut list: Vec<&Item> = self.items.iter().collect();
        list.sort_by_key(|item| std::cmp::Reverse((item.start_local(), item.number)));
        list
    }

    /// Whether something that begins after so many reads and at this time holds now.
    pub fn reached(&self, (reads, at): (u32, i64), now: i64) -> bool {
        self.reads >= reads && now >= at
    }

    /// A new number for an id.
    pub fn next_number(&mut self) -> u64 {
        self.highest += 7;
        self.highest
    }

    /// The activities that have exactly this file; several for the legs of a multisport file.
    pub fn holders(&self, contents: &Contents) -> Vec<&Item> {
        let starts: Vec<i64> = contents.sessions.iter().map(|session| session.start).collect();
        // A file can only be that of an activity that starts when one of its sessions does.
        let near = self.items.iter().filter(|item| starts.contains(&item.start) || item.fault.is_some());
        near.filter(|item| item.original().is_some_and(|(_, bytes)| bytes == contents.bytes)).collect()
    }
}
