//! Reads a long history in parts, so that the memory does not grow with it.
//!
//! A part has all that decides about its activities: no activity outside of it is compared or linked with one of them. Where
//! that holds between two activities next to each other in time, the history is cut. The few activities that concern others
//! far away in time are in a last part of their own, with all that concerns these.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use super::read::CatalogueData;
use crate::activity::ActivityKey;
use crate::catalogue::{self, ActivityRow, Catalogue, FAR_S, FileFingerprint, PlanRow, Query, ScatterLimits};
use crate::matching::{Candidates, FASTEST_M_PER_S, Matcher, SHARERS};
use crate::sync::history::HistoryPart;

/// A history with more activities on all platforms together is read in parts.
pub(super) const LONGEST_WHOLE: usize = 30_000;
/// How many activities a part has, about.
pub(super) const PART: usize = 10_000;
/// How many activities that start during one concern it: more than are compared with it, because equal starts have no order.
const DURING: usize = 2 * SHARERS;
/// The same for an activity of several days. Some of those that start during it have no duration, and are not compared.
const DURING_DAYS: usize = 4 * SHARERS;

/// An activity that was read.
struct PartRow {
    /// Its position in the whole catalogue.
    rank: u64,
    entry: ActivityRow,
    facts: Option<FileFingerprint>,
    /// The number of its group in an earlier run.
    group: Option<i64>,
}

impl PartRow {
    /// Its start as the catalogue sorts it.
    fn start_s(&self) -> i64 {
        self.entry.activity.start_time.map_or(-1, |start| start.as_second())
    }

    /// Its start, and an end that is not before the one with which it is compared.
    fn period(&self) -> Option<(f64, f64)> {
        let activity = &self.entry.activity;
        let metres = activity.distance_m.map(|metres| metres / FASTEST_M_PER_S);
        let spans = [activity.timer_time_s, activity.elapsed_time_s, metres].into_iter().flatten();
        let span = spans.filter(|span| *span > 0.0).reduce(f64::max)?;
        let start = activity.start_time?.as_second() as f64;
        Some((start, start + span + 1.0))
    }
}

/// Reads the activities of `read` in parts of about `size`, and calls `take` with each part in turn: `read` with the
/// activities of the part, and their positions in the whole catalogue.
pub(super) fn each_part(
    catalogue: &Catalogue,
    read: &mut CatalogueData,
    matcher: &Matcher,
    size: usize,
    mut take: impl FnMut(&CatalogueData, &[u64]),
) -> catalogue::Result<()> {
    let names: Vec<String> = read.histories.platforms.iter().map(|history| history.spec.id.to_string()).collect();
    // An empty list of names would select all platforms.
    if names.is_empty() {
        return Ok(());
    }
    let mut reader = PartReader::new(catalogue, matcher, size)?;
    let mut rank = 0;
    catalogue.entries(&Query { platforms: names, ..Query::default() }, |entry| {
        let facts = match entry.file {
            Some(_) => catalogue.file_facts(entry.activity.as_key())?,
            None => None,
        };
        let group = catalogue.group_number(entry.activity.as_key())?;
        reader.rows.push(PartRow { rank, entry, facts, group });
        rank += 1;
        if reader.rows.len() >= reader.next_cut {
            let cut = reader.cut(read, false);
            reader.hand_over(cut, read, &mut take)?;
        }
        Ok::<_, catalogue::Error>(())
    })?;
    let cut = reader.cut(read, true);
    reader.hand_over(cut, read, &mut take)?;
    let late = std::mem::take(&mut reader.late);
    reader.take_part(late, read, &mut take)
}

/// Where the history can be cut.
struct Cut {
    /// How many rows form the next part; 0: none yet.
    len: usize,
    /// For each row: whether something before it concerns it or something after it, so that there is no cut before it.
    is_tied: Vec<bool>,
}

struct PartReader<'a> {
    catalogue: &'a Catalogue,
    matcher: &'a Matcher,
    size: usize,
    /// Activities that start further apart concern each other only if they are scattered.
    far_s: i64,
    uploads: UploadIndex,
    /// Activities that concern others far away in time.
    scattered: HashSet<ActivityKey>,
    /// The rows that were read and are in no part yet, the newest first.
    rows: Vec<PartRow>,
    /// The number of rows at which a cut is looked for.
    next_cut: usize,
    /// The rows of the last part.
    late: Vec<PartRow>,
}

impl<'a> PartReader<'a> {
    fn new(catalogue: &'a Catalogue, matcher: &'a Matcher, size: usize) -> catalogue::Result<PartReader<'a>> {
        let far_s = FAR_S.max(i64::from(matcher.tolerance_s));
        let limits = ScatterLimits { far_s, fastest_m_per_s: FASTEST_M_PER_S, during: DURING_DAYS };
        let scattered = catalogue.scattered(limits)?;
        let uploads = UploadIndex::of(catalogue)?;
        let (rows, late) = (Vec::new(), Vec::new());
        Ok(PartReader { catalogue, matcher, size, far_s, uploads, scattered, rows, next_cut: size, late })
    }

    /// Finds the last place to cut. `is_end`: all rows were read.
    fn cut(&mut self, read: &CatalogueData, is_end: bool) -> Cut {
        let is_tied = self.tied(read);
        let len = match (is_end, self.rows.last()) {
            (true, _) | (_, None) => self.rows.len(),
            (false, Some(last)) => {
                // What is not read yet starts so long before that it concerns no row of the part.
                let is_far = |row: &PartRow| row.start_s().saturating_sub(self.far_s) > last.start_s();
                let far = self.rows.partition_point(is_far);
                (1..=far.min(self.rows.len() - 1)).rev().find(|&at| !is_tied[at]).unwrap_or(0)
            }
        };
        self.next_cut = if len == 0 { self.rows.len() * 2 } else { self.rows.len() - len + self.size };
        Cut { len, is_tied }
    }

    /// Hands over the rows before a cut, without those that are scattered and those that these concern.
    fn hand_over(
        &mut self,
        cut: Cut,
        read: &mut CatalogueData,
        take: &mut impl FnMut(&CatalogueData, &[u64]),
    ) -> catalogue::Result<()> {
        let (mut part, mut block): (Vec<PartRow>, Vec<PartRow>) = (Vec::with_capacity(cut.len), Vec::new());
        for (at, row) in self.rows.drain(..cut.len).enumerate() {
            if !cut.is_tied[at] {
                let is_late = block.iter().any(|row| self.scattered.contains(&row.entry.activity.key()));
                if is_late { &mut self.late } else { &mut part }.append(&mut block);
            }
            block.push(row);
        }
        let is_late = block.iter().any(|row| self.scattered.contains(&row.entry.activity.key()));
        if is_late { &mut self.late } else { &mut part }.append(&mut block);
        self.take_part(part, read, take)
    }

    fn take_part(
        &self,
        rows: Vec<PartRow>,
        read: &mut CatalogueData,
        take: &mut impl FnMut(&CatalogueData, &[u64]),
    ) -> catalogue::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let uploads = self.uploads.read(self.catalogue, &rows)?;
        let mut part = HistoryPart::default();
        let mut ranks = Vec::with_capacity(rows.len());
        for row in rows {
            part.groups.extend(row.group.map(|number| (row.entry.activity.key(), number)));
            ranks.push(row.rank);
            part.entries.push((row.entry, row.facts));
        }
        read.histories.set_part(part, uploads, read.now);
        take(read, &ranks);
        Ok(())
    }

    /// For each row: whether something before it concerns it or something after it.
    fn tied(&self, read: &CatalogueData) -> Vec<bool> {
        let pairs = self.matcher.candidate_pairs(&self.candidates(read)).into_iter();
        let mut pairs: Vec<(usize, usize)> = pairs.map(|(one, other)| (one as usize, other as usize)).collect();
        self.add_overlapping(&mut pairs);
        self.add_groups(&mut pairs);
        self.uploads.add_links(&self.rows, &mut pairs);
        let mut open = vec![0_i64; self.rows.len() + 1];
        for (one, other) in pairs {
            open[one.min(other) + 1] += 1;
            open[one.max(other) + 1] -= 1;
        }
        let mut count = 0;
        let tied = open.into_iter().take(self.rows.len()).map(|change| {
            count += change;
            count > 0
        });
        tied.collect()
    }

    fn candidates(&self, read: &CatalogueData) -> Candidates {
        let mut candidates = Candidates::default();
        for row in &self.rows {
            candidates.push(read.histories.candidate(&PlanRow::of(&row.entry, row.facts.as_ref())));
        }
        candidates
    }

    /// Adds the pairs of rows of which one starts during the other.
    fn add_overlapping(&self, pairs: &mut Vec<(usize, usize)>) {
        let periods = self.rows.iter().enumerate().filter_map(|(at, row)| row.period().map(|period| (period, at)));
        let mut periods: Vec<_> = periods.collect();
        periods.sort_by(|((one, _), _), ((other, _), _)| one.total_cmp(other));
        for (place, ((_, end), at)) in periods.iter().enumerate() {
            let during = periods[place + 1..].iter().take(DURING).take_while(|((start, _), _)| start < end);
            pairs.extend(during.map(|(_, other)| (*at, *other)));
        }
    }

    /// Adds the pairs of rows that were in one group in an earlier run.
    fn add_groups(&self, pairs: &mut Vec<(usize, usize)>) {
        let mut last: HashMap<i64, usize> = HashMap::new();
        for (at, number) in self.rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.group?))) {
            pairs.extend(last.insert(number, at).map(|before| (before, at)));
        }
    }
}

/// What the journal of uploads refers to, in a few bytes for each row. Different texts may have the same hash: then a row
/// is read that nothing refers to.
struct UploadIndex {
    hasher: RandomState,
    rows: Vec<UploadMarks>,
    /// Positions in `rows`, sorted by the hash of the new activity, and of the file.
    by_to: Vec<u32>,
    by_file: Vec<u32>,
}

/// The hashes of what a row of the journal refers to.
struct UploadMarks {
    from: u64,
    to: u64,
    file: u64,
    number: i64,
}

impl UploadIndex {
    fn of(catalogue: &Catalogue) -> catalogue::Result<UploadIndex> {
        let hasher = RandomState::new();
        let mut rows = Vec::new();
        catalogue.upload_keys(|keys| {
            let to = keys.to_id.map_or(0, |id| hasher.hash_one((keys.to, id)));
            let (from, file) = (hasher.hash_one((keys.from.platform, keys.from.id)), hasher.hash_one(keys.sha256));
            rows.push(UploadMarks { from, to, file, number: keys.number });
        })?;
        rows.sort_unstable_by_key(|row| row.from);
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let (mut by_to, mut by_file): (Vec<u32>, Vec<u32>) = ((0..count).collect(), (0..count).collect());
        by_to.sort_unstable_by_key(|&at| rows[at as usize].to);
        by_file.sort_unstable_by_key(|&at| rows[at as usize].file);
        Ok(UploadIndex { hasher, rows, by_to, by_file })
    }

    fn hash(&self, row: &PartRow) -> u64 {
        let activity = &row.entry.activity;
        self.hasher.hash_one((activity.platform.as_str(), activity.id.as_str()))
    }

    /// The rows whose file is that of the activity `hash`.
    fn from(&self, hash: u64) -> impl Iterator<Item = &UploadMarks> {
        let first = self.rows.partition_point(|row| row.from < hash);
        self.rows[first..].iter().take_while(move |row| row.from == hash)
    }

    /// Adds the pairs of rows of which one was uploaded from the other.
    fn add_links(&self, rows: &[PartRow], pairs: &mut Vec<(usize, usize)>) {
        if self.rows.is_empty() {
            return;
        }
        let places: HashMap<u64, usize> = rows.iter().enumerate().map(|(at, row)| (self.hash(row), at)).collect();
        for (hash, at) in &places {
            pairs.extend(self.from(*hash).filter_map(|upload| Some((*at, *places.get(&upload.to)?))));
        }
    }

    /// The rows of the journal that concern `rows`, in their order.
    fn read(&self, catalogue: &Catalogue, rows: &[PartRow]) -> catalogue::Result<Vec<crate::catalogue::UploadRow>> {
        if self.rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut numbers = Vec::new();
        for row in rows {
            let hash = self.hash(row);
            numbers.extend(self.from(hash).map(|upload| upload.number));
            numbers.extend(self.found(&self.by_to, |upload| upload.to, hash));
            if let Some(facts) = &row.entry.file {
                let file = self.hasher.hash_one(facts.sha256.as_str());
                numbers.extend(self.found(&self.by_file, |upload| upload.file, file));
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        catalogue.uploads_numbered(&numbers)
    }

    fn found<'s>(
        &'s self,
        sorted: &'s [u32],
        key: impl Fn(&UploadMarks) -> u64 + 's,
        hash: u64,
    ) -> impl Iterator<Item = i64> + 's {
        let first = sorted.partition_point(|&at| key(&self.rows[at as usize]) < hash);
        let rows = sorted[first..].iter().map(|&at| &self.rows[at as usize]);
        rows.take_while(move |row| key(row) == hash).map(|row| row.number)
    }
}
