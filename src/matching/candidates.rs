//! The activities of a comparison, in a compact table: a million of them take 150 MB.
//!
//! Texts that many activities share (platforms, sports, makers, devices) are small numbers in the rows.
//! An activity is found by its key through a hash table of positions, so its key is not stored twice.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::activity::{ActivityKeyRef, ActivityRef};
use crate::fit::RecordingId;
use crate::hex;
use crate::sport::{self, Family};

/// An activity on a platform, with its file.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The activity.
    pub activity: ActivityRef<'a>,
    /// The family of its sport.
    pub family: Family,
    /// Its file, if it has exactly one and that is in the archive.
    pub file: Option<FileFacts>,
    /// The manufacturer whose devices record for this platform: `garmin` for `garmin-com`, `coros` for `coros`, none for a
    /// folder.
    pub native_manufacturer: Option<&'a str>,
}

/// The properties of an archived file that matching uses.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct FileFacts {
    /// SHA-256 of its bytes.
    pub sha256: Option<[u8; 32]>,
    /// Device and time of the recording, if the file names both.
    pub identity: Option<RecordingId>,
    /// Its size.
    pub bytes: Option<u64>,
    /// Whether it is a converted copy, and not what the device recorded.
    pub is_converted: bool,
}

impl FileFacts {
    /// The SHA-256 in these hexadecimal digits. Any other text is hashed itself, so that two such texts still differ.
    pub fn sha256(digits: &str) -> [u8; 32] {
        hex::decode(digits).unwrap_or_else(|| Sha256::digest(digits).into())
    }
}

impl<'a> Candidate<'a> {
    /// An activity, for matching. `native_manufacturer`: the manufacturer whose devices record for its platform.
    pub fn of(
        activity: impl Into<ActivityRef<'a>>,
        file: Option<FileFacts>,
        native_manufacturer: Option<&'a str>,
    ) -> Candidate<'a> {
        let activity = activity.into();
        Candidate { activity, family: sport::family(activity.sport, activity.sub_sport), file, native_manufacturer }
    }
}

/// The number of a shared text; 0 is no text.
type Number = u32;

/// Texts that many rows share.
#[derive(Debug, Default)]
struct Texts {
    texts: Vec<Box<str>>,
    numbers: HashMap<Box<str>, Number>,
    /// The text of the last row: most rows have the same one.
    last: Number,
}

impl Texts {
    fn number(&mut self, text: Option<&str>) -> Number {
        let Some(text) = text else { return 0 };
        if self.text(self.last) != Some(text) {
            self.last = self.numbers.get(text).copied().unwrap_or_else(|| self.add(text));
        }
        self.last
    }

    fn add(&mut self, text: &str) -> Number {
        self.texts.push(text.into());
        let number = Number::try_from(self.texts.len()).unwrap_or(Number::MAX);
        self.numbers.insert(text.into(), number);
        number
    }

    fn text(&self, number: Number) -> Option<&str> {
        self.texts.get((number as usize).checked_sub(1)?).map(AsRef::as_ref)
    }
}

/// The compared activities, by their position.
#[derive(Debug, Default)]
pub struct Candidates {
    rows: Vec<Row>,
    /// All ids, one after the other.
    ids: String,
    families: Vec<Family>,
    platforms: Texts,
    sports: Texts,
    sub_sports: Texts,
    manufacturers: Texts,
    devices: Texts,
    natives: Texts,
    /// Positions. An activity is in the bucket of its hash, or in the next one that was free.
    buckets: Vec<u32>,
}

/// Marks an empty bucket.
const EMPTY: u32 = u32::MAX;
/// The number of buckets at first; it is always a power of two.
const BUCKETS: usize = 16;

/// One activity. A measure that is unknown is not a number.
#[derive(Debug, Clone, Copy)]
struct Row {
    id_end: usize,
    start_time: Option<Timestamp>,
    timer_time_s: f64,
    elapsed_time_s: f64,
    distance_m: f64,
    sha256: [u8; 32],
    identity: Option<RecordingId>,
    bytes: u64,
    platform: Number,
    sport: Number,
    sub_sport: Number,
    manufacturer: Number,
    device: Number,
    native: Number,
    family: u16,
    manual: bool,
    has_file: bool,
    has_sha256: bool,
    has_bytes: bool,
    is_converted: bool,
}

impl Candidates {
    /// The number of activities.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds an activity at the next position, and returns it; `None` if it is there already.
    pub fn push(&mut self, one: Candidate) -> Option<usize> {
        self.grow();
        let activity = one.activity;
        let bucket = self.bucket(activity.key());
        if self.buckets[bucket] != EMPTY {
            return None;
        }
        let at = self.rows.len();
        self.buckets[bucket] = u32::try_from(at).ok()?;
        self.ids.push_str(activity.id);
        let family = self.families.iter().position(|family| *family == one.family).unwrap_or_else(|| {
            self.families.push(one.family);
            self.families.len() - 1
        });
        let file = one.file.unwrap_or_default();
        let measure = |value: Option<f64>| value.unwrap_or(f64::NAN);
        self.rows.push(Row {
            id_end: self.ids.len(),
            start_time: activity.start_time,
            timer_time_s: measure(activity.timer_time_s),
            elapsed_time_s: measure(activity.elapsed_time_s),
            distance_m: measure(activity.distance_m),
            sha256: file.sha256.unwrap_or_default(),
            identity: file.identity,
            bytes: file.bytes.unwrap_or_default(),
            platform: self.platforms.number(Some(activity.platform)),
            sport: self.sports.number(activity.sport),
            sub_sport: self.sub_sports.number(activity.sub_sport),
            manufacturer: self.manufacturers.number(activity.manufacturer),
            device: self.devices.number(activity.device),
            native: self.natives.number(one.native_manufacturer),
            // There are fewer families than sports.
            family: u16::try_from(family).unwrap_or(u16::MAX),
            manual: activity.manual,
            has_file: one.file.is_some(),
            has_sha256: file.sha256.is_some(),
            has_bytes: file.bytes.is_some(),
            is_converted: file.is_converted,
        });
        Some(at)
    }

    /// Sets the file of the activity at a position.
    pub fn set_file(&mut self, at: usize, file: FileFacts) {
        let row = &mut self.rows[at];
        row.has_file = true;
        (row.has_sha256, row.sha256) = (file.sha256.is_some(), file.sha256.unwrap_or_default());
        (row.has_bytes, row.bytes) = (file.bytes.is_some(), file.bytes.unwrap_or_default());
        (row.identity, row.is_converted) = (file.identity, file.is_converted);
    }

    /// The position of an activity.
    pub fn find(&self, key: ActivityKeyRef) -> Option<usize> {
        if self.buckets.is_empty() {
            return None;
        }
        let at = self.buckets[self.bucket(key)];
        (at != EMPTY).then_some(at as usize)
    }

    /// The bucket with this key, or the free one where it would be.
    fn bucket(&self, key: ActivityKeyRef) -> usize {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let last = self.buckets.len() - 1;
        let mut bucket = hasher.finish() as usize & last;
        while self.buckets[bucket] != EMPTY && self.key(self.buckets[bucket] as usize) != key {
            bucket = (bucket + 1) & last;
        }
        bucket
    }

    /// Doubles the buckets before they are two thirds full, so that searches are short.
    fn grow(&mut self) {
        if self.rows.len() * 3 < self.buckets.len() * 2 {
            return;
        }
        self.buckets = vec![EMPTY; (self.buckets.len() * 2).max(BUCKETS)];
        for at in 0..self.rows.len() {
            let bucket = self.bucket(self.key(at));
            self.buckets[bucket] = at as u32;
        }
    }

    /// The key of the activity at a position.
    pub fn key(&self, at: usize) -> ActivityKeyRef<'_> {
        let row = &self.rows[at];
        let start = at.checked_sub(1).map_or(0, |before| self.rows[before].id_end);
        let platform = self.platforms.text(row.platform).unwrap_or_default();
        ActivityKeyRef::new(platform, &self.ids[start..row.id_end])
    }

    /// The activity at a position.
    pub fn get(&self, at: usize) -> Candidate<'_> {
        let (row, key) = (&self.rows[at], self.key(at));
        let measure = |value: f64| Some(value).filter(|value| !value.is_nan());
        let file = row.has_file.then(|| FileFacts {
            sha256: row.has_sha256.then_some(row.sha256),
            identity: row.identity,
            bytes: row.has_bytes.then_some(row.bytes),
            is_converted: row.is_converted,
        });
        let activity = ActivityRef {
            platform: key.platform,
            id: key.id,
            sport: self.sports.text(row.sport),
            sub_sport: self.sub_sports.text(row.sub_sport),
            start_time: row.start_time,
            timer_time_s: measure(row.timer_time_s),
            elapsed_time_s: measure(row.elapsed_time_s),
            distance_m: measure(row.distance_m),
            manufacturer: self.manufacturers.text(row.manufacturer),
            device: self.devices.text(row.device),
            manual: row.manual,
        };
        Candidate {
            activity,
            family: self.families.get(usize::from(row.family)).copied().unwrap_or(Family::UNKNOWN),
            file,
            native_manufacturer: self.natives.text(row.native),
        }
    }

    /// All activities, by position.
    pub fn iter(&self) -> impl Iterator<Item = Candidate<'_>> {
        (0..self.len()).map(|at| self.get(at))
    }

    /// The start of the activity at a position, in milliseconds since 1970.
    pub(super) fn start_ms(&self, at: usize) -> Option<i64> {
        self.rows[at].start_time.map(Timestamp::as_millisecond)
    }

    /// Whether two activities are on one platform.
    pub(super) fn are_on_one_platform(&self, a: usize, b: usize) -> bool {
        self.rows[a].platform == self.rows[b].platform
    }
}

impl<'a> FromIterator<Candidate<'a>> for Candidates {
    fn from_iter<T: IntoIterator<Item = Candidate<'a>>>(all: T) -> Candidates {
        let mut candidates = Candidates::default();
        for one in all {
            candidates.push(one);
        }
        candidates
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::Activity;

    fn activity(n: usize) -> Activity {
        let platform = if n.is_multiple_of(2) { "coros" } else { "garmin-cn" };
        let device = Some(format!("device {}", n % 3)).filter(|_| !n.is_multiple_of(5));
        Activity { platform: platform.into(), id: n.to_string(), device, ..Activity::default() }
    }

    #[test]
    fn every_activity_is_read_back_and_found_by_its_key() {
        let activities: Vec<Activity> = (0..1000).map(activity).collect();
        let all: Candidates = activities.iter().map(|activity| Candidate::of(activity, None, None)).collect();
        for (at, activity) in activities.iter().enumerate() {
            assert_eq!(all.find(activity.as_key()), Some(at));
            let found = all.get(at);
            assert_eq!(found.activity, ActivityRef::from(activity));
        }
        assert_eq!(all.find(ActivityKeyRef::new("coros", "1")), None);
        assert_eq!(Candidates::default().find(ActivityKeyRef::new("coros", "1")), None);
    }

    #[test]
    fn an_activity_is_added_once() {
        let mut all = Candidates::default();
        let one = activity(1);
        assert_eq!(all.push(Candidate::of(&one, None, None)), Some(0));
        assert_eq!((all.push(Candidate::of(&one, None, None)), all.len()), (None, 1));
        let file = FileFacts { sha256: Some(FileFacts::sha256("aa")), bytes: Some(7), ..FileFacts::default() };
        all.set_file(0, file);
        assert_eq!(all.get(0).file, Some(file));
        assert_ne!(FileFacts::sha256("aa"), FileFacts::sha256("ab"));
        assert_eq!(FileFacts::sha256(&"0a".repeat(32)), [10; 32]);
    }
}
