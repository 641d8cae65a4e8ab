//! Lists the activities in the catalogue; no request is made.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::num::NonZeroUsize;

use jiff::{SignedDuration, Timestamp};

use super::history::group_numbers;
use super::records::ArchivedState;
use super::{
    ActivityFilter, Failure, Histories, NumberField, NumberRange, RecordSink, Result, Worker, is_due, record_of,
};
use crate::activity::{Activity, ActivityKey, ActivityKeyRef};
use crate::catalogue::{FileSummary, Query};
use crate::matching::Rule;
use crate::plan::diff::{Groups, Presence};
use crate::record::{ActivityRecord, Record};

/// No local time is further from UTC, although some clocks are wrong by more.
const FURTHEST_OFFSET: SignedDuration = SignedDuration::from_hours(24);

/// Which activities are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListState {
    /// Activities that are on their platform.
    #[default]
    Present,
    /// Activities that were deleted from their platform, too.
    All,
    /// Activities whose file is not in the archive and can be downloaded, or whose original is due to be requested
    /// again.
    Missing,
    /// Activities whose file is in the archive.
    Downloaded,
    /// Activities that were deleted from their platform.
    Deleted,
}

/// The key by which a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// The start, the newest first.
    Start,
    /// A number, the greatest first.
    Number(NumberField),
    /// The name.
    Name,
    /// The sport.
    Sport,
    /// The platform.
    Platform,
}

/// Options of a list.
#[derive(Debug, Clone, Default)]
pub struct ListOptions {
    /// The state of the activities.
    pub state: ListState,
    /// Only these ids; all if empty.
    pub ids: Vec<String>,
    /// Only activities that match this filter.
    pub filter: ActivityFilter,
    /// The times of the filter are local times at the start of the activity.
    pub is_local: bool,
    /// Only activities with numbers in these ranges.
    pub ranges: Vec<NumberRange>,
    /// One activity of each group: the one with the best file.
    pub unique: bool,
    /// The order; `None`: the newest first.
    pub sort: Option<SortKey>,
    /// Reverse the order.
    pub reverse: bool,
    /// Add the service's own JSON to each record, as the field `raw`.
    pub raw: bool,
    /// The maximum number of activities.
    pub limit: Option<NonZeroUsize>,
}

impl ListOptions {
    fn query(&self, worker: &Worker) -> Query {
        // The catalogue compares in UTC; activities in the margin are filtered out later.
        let margin = if self.is_local { FURTHEST_OFFSET } else { SignedDuration::ZERO };
        Query {
            platforms: worker.selection.named().unwrap_or_default().iter().map(|spec| spec.id.to_string()).collect(),
            sports: self.filter.sports.clone(),
            since: self.filter.since.map(|since| since.checked_sub(margin).unwrap_or(Timestamp::MIN)),
            until: self.filter.until.map(|until| until.checked_add(margin).unwrap_or(Timestamp::MAX)),
            ids: self.ids.clone(),
            missing: match self.state {
                ListState::Present | ListState::Missing => Some(false),
                ListState::Deleted => Some(true),
                ListState::All | ListState::Downloaded => None,
            },
            ..Query::default()
        }
    }

    /// Whether the catalogue returns the requested order, so that records are passed on as they are read.
    fn is_streamed(&self) -> bool {
        !self.unique && !self.reverse && self.sort.is_none_or(|key| key == SortKey::Start)
    }

    /// Whether it depends on a whole record which activities are included.
    fn needs_records(&self) -> bool {
        self.is_local || !self.ranges.is_empty() || matches!(self.state, ListState::Missing | ListState::Downloaded)
    }

    fn includes(&self, record: &ActivityRecord, now: Timestamp) -> bool {
        let is_of_state = match self.state {
            ListState::Missing => is_missing(record) || is_original_due(record, now),
            ListState::Downloaded => is_downloaded(record),
            ListState::Present | ListState::All | ListState::Deleted => true,
        };
        is_of_state
            && (!self.is_local || self.is_in_local_time(&record.activity))
            && self.ranges.iter().all(|range| range.includes(record))
    }

    fn is_in_local_time(&self, activity: &Activity) -> bool {
        let offset = SignedDuration::from_secs(i64::from(activity.utc_offset_s.unwrap_or(0)));
        let local = activity.start_time.and_then(|start| start.checked_add(offset).ok());
        self.filter.since.is_none_or(|since| local.is_some_and(|local| local >= since))
            && self.filter.until.is_none_or(|until| local.is_some_and(|local| local < until))
    }
}

/// Lists activities into `sink`.
///
/// # Errors
/// The catalogue cannot be read, or the sink cannot be written.
pub fn list(worker: &Worker, options: &ListOptions, sink: &mut dyn RecordSink) -> Result<()> {
    let query = options.query(worker);
    worker.warn_of_unknown_sports(&query.sports)?;
    worker.report_unknown_ids(&query.ids, &query.platforms)?;
    if options.is_streamed() {
        let mut left = options.limit.map_or(usize::MAX, NonZeroUsize::get);
        return each(worker, options, &query, |record| {
            if left > 0 {
                left -= 1;
                pass_on(worker, options, record, sink)?;
            }
            Ok(())
        });
    }
    let mut records = Vec::new();
    each(worker, options, &query, |record| {
        records.push(record);
        Ok(())
    })?;
    if options.unique {
        records = one_of_each_group(worker, records)?;
    }
    let key = options.sort.unwrap_or(SortKey::Start);
    records.sort_by(|one, other| order(key, options.reverse, one, other));
    for record in records.into_iter().take(options.limit.map_or(usize::MAX, NonZeroUsize::get)) {
        pass_on(worker, options, record, sink)?;
    }
    Ok(())
}

fn pass_on(
    worker: &Worker,
    options: &ListOptions,
    mut record: ActivityRecord,
    sink: &mut dyn RecordSink,
) -> Result<()> {
    if options.raw
        && let Some(json) = worker.catalogue.service_json(record.activity.as_key())?
        && let Ok(raw) = serde_json::from_str(&json)
    {
        record.unknown.insert("raw".to_owned(), raw);
    }
    sink.record(&Record::from(record)).map(drop)
}

fn each(
    worker: &Worker,
    options: &ListOptions,
    query: &Query,
    mut take: impl FnMut(ActivityRecord) -> Result<()>,
) -> Result<()> {
    let now = worker.now();
    worker.catalogue.entries(query, |entry| {
        let record = record_of(entry, &worker.archive, now);
        if options.includes(&record, now) { take(record) } else { Ok(()) }
    })
}

/// The best record of each group: an original in the archive, else any file in the archive, else the first. It names the
/// other activities of its group, also those that are not in the list.
fn one_of_each_group(worker: &Worker, records: Vec<ActivityRecord>) -> Result<Vec<ActivityRecord>> {
    let names = worker.catalogue.platforms()?;
    let scope: Vec<_> = names.iter().filter_map(|name| worker.platforms.find(name)).collect();
    let catalogue = &worker.catalogue;
    let known = Histories::read(catalogue, &scope, &worker.run_id, worker.now())?;
    let activities = known.activities(catalogue, &|_| false, None)?;
    let links = known.links(&activities, &group_numbers(catalogue, &activities.candidates)?);
    let groups = Groups::of(&worker.matcher(Rule::Evidence)?, &activities, &links);
    let homes = groups.groups.homes();
    let mut best: HashMap<usize, usize> = HashMap::new();
    let mut unique: Vec<ActivityRecord> = Vec::new();
    for record in records {
        let number = activities.candidates.find(record.activity.as_key()).map(|at| homes[at] as usize);
        match number.and_then(|number| best.get(&number).copied()) {
            Some(at) if file_rank(&record) < file_rank(&unique[at]) => unique[at] = record,
            Some(_) => {}
            None => {
                best.extend(number.map(|number| (number, unique.len())));
                unique.push(record);
            }
        }
    }
    for (number, at) in best {
        let own = unique[at].activity.platform.clone();
        let others = groups.members(number).filter(|&at| groups.entry(at).presence == Presence::Listed);
        let others = others.map(|at| groups.candidate(at).activity.key()).filter(|key| own != key.platform);
        unique[at].also_on = others.map(|key| ActivityKey::new(key.platform, key.id)).collect();
    }
    Ok(unique)
}

/// The rank of an activity's file; lower is better.
fn file_rank(record: &ActivityRecord) -> u8 {
    match &record.file {
        Some(file) if file.origin.as_deref() == Some("original") => 0,
        Some(_) => 1,
        None => 2,
    }
}

/// The order of two activities: by the key, then the newest first. Unknown values come last in both directions.
fn order(key: SortKey, reverse: bool, one: &ActivityRecord, other: &ActivityRecord) -> Ordering {
    let (a, b) = (&one.activity, &other.activity);
    let sport = |activity: &Activity| activity.sport.clone().or_else(|| activity.platform_sport.clone());
    let name = |activity: &Activity| Some(activity.shown_name().to_lowercase()).filter(|name| !name.is_empty());
    let newest = |reverse| known_first(a.start_time, b.start_time, reverse, |a, b| b.cmp(a));
    let by_key = match key {
        SortKey::Start => return newest(reverse),
        SortKey::Number(field) => known_first(field.of(one), field.of(other), reverse, |a, b| b.total_cmp(a)),
        SortKey::Name => known_first(name(a), name(b), reverse, Ord::cmp),
        SortKey::Sport => known_first(sport(a), sport(b), reverse, Ord::cmp),
        SortKey::Platform => known_first(Some(&a.platform), Some(&b.platform), reverse, Ord::cmp),
    };
    by_key.then_with(|| newest(false))
}

fn known_first<T>(a: Option<T>, b: Option<T>, reverse: bool, compare: impl Fn(&T, &T) -> Ordering) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if reverse => compare(&b, &a),
        (Some(a), Some(b)) => compare(&a, &b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// Whether the file of the activity is in the archive.
pub fn is_downloaded(record: &ActivityRecord) -> bool {
    record.downloaded == Some(true)
}

/// Whether the file could be in the archive and is not.
fn is_missing(record: &ActivityRecord) -> bool {
    record.deleted.is_none() && ArchivedState::of_record(record).is_missing()
}

/// Whether the activity has a converted file and its original is due to be requested again.
fn is_original_due(record: &ActivityRecord, now: Timestamp) -> bool {
    let retry_at = record.file.as_ref().and_then(|file| file.retry_original_at);
    record.deleted.is_none() && retry_at.is_some_and(|due| is_due(due, now))
}

/// The number of listed activities of a platform, by the state of their files in the archive.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct ListStats {
    /// Always `stats`.
    #[serde(rename = "type")]
    pub record: &'static str,
    /// The platform.
    pub platform: String,
    /// The number of activities.
    pub total: u64,
    /// The number with a file in the archive.
    pub downloaded: u64,
    /// The number whose file is not in the archive and can be downloaded.
    pub missing: u64,
    /// The number for which the platform has no file.
    pub no_original: u64,
    /// The number whose file the platform does not provide; it is requested once a week.
    pub unavailable: u64,
    /// The size of the files in the archive, in bytes.
    pub bytes: u64,
    /// When the platform was last listed.
    pub last_listing: Option<Timestamp>,
    /// The number of files that were delivered to an outbox; `None` for any other platform.
    pub delivered: Option<u64>,
    /// The number of deliveries to an outbox that are pending; `None` for any other platform.
    pub pending: Option<u64>,
}

/// The numbers of each selected platform.
///
/// # Errors
/// The catalogue cannot be read.
pub fn list_stats(worker: &Worker, options: &ListOptions) -> Result<Vec<ListStats>> {
    let query = options.query(worker);
    worker.warn_of_unknown_sports(&query.sports)?;
    worker.report_unknown_ids(&query.ids, &query.platforms)?;
    let mut names = query.platforms.clone();
    if names.is_empty() {
        names = worker.catalogue.platforms()?;
        let is_outbox = |name: &String| worker.platforms.find_exact(name).is_some_and(|spec| spec.is_write_only());
        names.extend(worker.catalogue.upload_targets()?.into_iter().filter(is_outbox));
    }
    names.into_iter().map(|name| stats_of(worker, options, &query, name)).collect()
}

fn stats_of(worker: &Worker, options: &ListOptions, query: &Query, platform: String) -> Result<ListStats> {
    let query = Query { platforms: vec![platform.clone()], ..query.clone() };
    let last_listing = worker.catalogue.last_listing(&platform, worker.now())?;
    let mut stats = ListStats { record: "stats", platform, last_listing, ..ListStats::default() };
    if worker.platforms.find_exact(&stats.platform).is_some_and(|spec| spec.is_write_only()) {
        let uploads = worker.catalogue.count_uploads(&stats.platform)?;
        return Ok(ListStats { delivered: Some(uploads.arrived), pending: Some(uploads.pending), ..stats });
    }
    if options.needs_records() {
        each(worker, options, &query, |record| {
            let bytes = record.file.as_ref().map_or(0, |file| file.bytes);
            stats.add(ArchivedState::of_record(&record), bytes, record.deleted.is_some());
            Ok::<_, Failure>(())
        })?;
    } else {
        let (name, now) = (stats.platform.clone(), worker.now());
        worker.catalogue.file_summaries(&name, &query, |summary| stats.add_summary(worker, summary, now))?;
    }
    Ok(stats)
}

impl ListStats {
    /// Adds an activity. `bytes`: the size of its file in the archive.
    fn add(&mut self, state: ArchivedState, bytes: u64, is_deleted: bool) {
        self.total += 1;
        self.downloaded += u64::from(state.is_archived);
        self.missing += u64::from(!is_deleted && state.is_missing());
        self.no_original += u64::from(state.no_original);
        self.unavailable += u64::from(state.is_unavailable);
        self.bytes += bytes;
    }

    fn add_summary(&mut self, worker: &Worker, summary: FileSummary, now: Timestamp) -> Result<()> {
        let is_there = |(path, bytes): &(String, u64)| worker.archive.is_there(path, *bytes);
        let mut file = summary.file.filter(is_there);
        if file.is_some() && summary.has_more_files {
            let more = worker.catalogue.more_files(ActivityKeyRef::new(&self.platform, &summary.id))?;
            file = file.filter(|_| more.iter().all(is_there));
        }
        let state = ArchivedState::of(file.is_some(), summary.no_original, summary.unavailable, now);
        self.add(state, file.map_or(0, |(_, bytes)| bytes), summary.is_missing);
        Ok(())
    }
}

/// Why a list is empty, as a sentence. It says that nothing is missing only if every selected platform was listed.
///
/// # Errors
/// The catalogue cannot be read.
pub fn empty_list_text(worker: &Worker, state: ListState) -> Result<&'static str> {
    let platforms = worker.catalogue.platforms()?;
    let selected: Vec<String> = match worker.selection.named() {
        Some(named) => named.iter().map(|spec| spec.id.to_string()).collect(),
        None => platforms.clone(),
    };
    let mut was_listed = true;
    for platform in &selected {
        was_listed &= worker.catalogue.was_listed(platform)?;
    }
    let named = worker.selection.named().unwrap_or_default();
    Ok(match state {
        _ if !named.is_empty() && named.iter().all(|spec| spec.is_write_only()) => {
            "an outbox is write-only and has no activities; delivered files: gs-list --stats"
        }
        _ if platforms.is_empty() => "no platform was listed yet; run gs-fetch",
        ListState::Missing if !was_listed => {
            "not every platform was listed, so what is missing is unknown; run gs-fetch"
        }
        ListState::Missing => "nothing is missing",
        ListState::Deleted => "nothing is deleted",
        ListState::Downloaded => "nothing is downloaded; to download: gs-list --missing | gs-download",
        ListState::Present | ListState::All => "no such activity is known",
    })
}
