//! Plans uploads: one transfer for each group and each target where it is missing. No request is made.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::sync::Arc;

use super::catalogue_input::SelectedKeys;
use super::history::{GroupNumbers, group_numbers};
use super::records::each_row_of;
use super::spool::Spool;
use super::{
    ActivityFilter, Exit, Failure, Histories, History, Input, Progress, RecordSink, Result, Worker, record_of,
};
use crate::activity::ActivityKeyRef;
use crate::catalogue::PlanRow;
use crate::i18n;
use crate::matching::{Matcher, Rule};
use crate::plan::diff::{Decision, Groups, Overrides, PlatformActivities, Target};
use crate::platform::{PlatformSelection, PlatformSpec};
use crate::reason::Reason;
use crate::record::{ActivityLine, Outcome, Reader, Record, TransferRecord, explained};

/// Options of a plan.
#[derive(Debug, Clone)]
pub struct DiffOptions {
    /// Upload only from these platforms.
    pub sources: PlatformSelection,
    /// Upload only to these platforms; all: those of `SYNC_TO`.
    pub targets: PlatformSelection,
    /// The rule by which two activities are the same.
    pub rule: Rule,
    /// Match all activities again, and ignore earlier matches.
    pub rematch: bool,
    /// Pass on activities that are not uploaded, too, with the reasons.
    pub explain: bool,
    /// Rules that the user overrides.
    pub overrides: Overrides,
    /// Upload only activities that match this filter.
    pub filter: ActivityFilter,
}

impl DiffOptions {
    /// Whether the options select only a part of the activities.
    fn is_restricted(&self) -> bool {
        self.sources.named().is_some() || self.targets.named().is_some() || self.filter.is_restricted()
    }
}

/// Plans uploads of the activities in the input; all other records in it are passed on unchanged.
///
/// # Errors
/// No platform is configured, the catalogue cannot be used, or a record cannot be read: nothing is passed on then. A
/// platform without a known list is reported, and no upload to or from it is planned.
pub fn diff<R: BufRead>(
    worker: &mut Worker,
    options: &DiffOptions,
    input: Input<R>,
    progress: &Progress,
    sink: &mut dyn RecordSink,
) -> Result<()> {
    let targets = match &options.targets {
        PlatformSelection::All => worker.targets()?,
        targets => targets.clone(),
    };
    let scope = scope(worker, &options.sources, &targets)?;
    // If the user selected only a part, the other activities are not reported as outstanding.
    if options.is_restricted() {
        worker.count("restricted", 1);
    }
    let (selected, others) = match input {
        Input::Records(records) => read(records, progress)?,
        Input::Catalogue(input) => (SelectedKeys::of_catalogue(worker, &input)?, Spool::new()),
    };
    progress.step("comparing");
    others.replay(|line| sink.line(line))?;
    let matcher = worker.matcher(options.rule)?;
    report_unusable(worker, &scope)?;
    worker.warn_of_unknown_sports(&options.filter.sports)?;
    // Without an activity to upload, nothing is planned, and only a rematch reads the activities of the catalogue.
    if !selected.is_empty() || options.rematch {
        let not_uploaded =
            Planning::read(worker, (options, matcher), &scope, selected)?.plan(worker, &targets, sink)?;
        report_not_uploaded(worker, &not_uploaded);
    }
    summarise(worker);
    Ok(())
}

/// Reads the input: the activities, and all other records, which are passed on. Half a history would make things look
/// missing, so nothing is passed on before the end.
fn read<R: BufRead>(mut records: Reader<R>, progress: &Progress) -> Result<(SelectedKeys, Spool)> {
    let (mut selected, mut others) = (SelectedKeys::default(), Spool::new());
    let mut line = Vec::new();
    while records.next_bytes(&mut line)? {
        progress.add(1);
        if let Some(activity) = ActivityLine::parse(&line) {
            selected.insert(activity.activity().key());
            continue;
        }
        match records.record(&line)? {
            Record::Activity(activity) if activity.problem.is_none() => {
                if activity.deleted.is_none() {
                    selected.insert(activity.activity.as_key());
                }
            }
            _ => others.push(&line)?,
        }
    }
    Ok((selected, others))
}

/// The selected platforms.
fn scope(worker: &Worker, sources: &PlatformSelection, targets: &PlatformSelection) -> Result<Vec<Arc<PlatformSpec>>> {
    let mut scope = match (sources.named(), targets.named()) {
        // Sources and targets are named, so other configured platforms do not matter.
        (Some(_), Some(_)) => worker.selection.named().unwrap_or_default().to_vec(),
        _ => worker.selected_platforms()?,
    };
    for spec in sources.named().into_iter().chain(targets.named()).flatten() {
        if !scope.iter().any(|known| known.id == spec.id) {
            scope.push(spec.clone());
        }
    }
    Ok(scope)
}

/// Reports the platforms without a known list.
fn report_unusable(worker: &Worker, scope: &[Arc<PlatformSpec>]) -> Result<()> {
    for spec in scope.iter().filter(|spec| !spec.is_write_only()) {
        let knowledge = worker.catalogue.listing_coverage(&spec.id, &worker.run_id)?;
        let Some(reason) = knowledge.unusable_reason else { continue };
        let failure = Failure::because(Exit::TempFail, Reason::NoUploadsPlanned { reason: Box::new(reason) });
        let failure = failure.on(&spec.id);
        // The gs-fetch of the same run has reported it and set the exit code.
        if knowledge.run.as_deref() == Some(worker.run_id.as_str()) {
            worker.debug(&failure.to_string());
        } else {
            worker.fail(&failure);
        }
    }
    Ok(())
}

/// Says, once for each target, that activities are not uploaded because it can only be read. In a sync it is no warning:
/// the state and the page say it, and a schedule would repeat it in every run.
fn report_not_uploaded(worker: &Worker, counts: &BTreeMap<String, u64>) {
    for (platform, count) in counts {
        let reason = Reason::NoWriteAccess { platform: platform.clone() };
        let activities = i18n::counted(*count, "activity", "activities");
        let text = format!("{platform}: {activities} not uploaded: {reason}");
        match worker.settings.get("GS_RUN") {
            Some(_) => worker.info(&text),
            None => worker.warn(&text),
        }
    }
}

/// The activities of a plan.
struct Planning<'a> {
    options: &'a DiffOptions,
    matcher: Matcher,
    known: Histories,
    activities: PlatformActivities,
}

impl<'a> Planning<'a> {
    /// Reads the histories. `selected`: the activities of the input.
    fn read(
        worker: &mut Worker,
        (options, matcher): (&'a DiffOptions, Matcher),
        scope: &[Arc<PlatformSpec>],
        selected: SelectedKeys,
    ) -> Result<Planning<'a>> {
        if !worker.dry_run {
            scope.iter().try_for_each(|spec| worker.adopt_orphans(spec))?;
        }
        let catalogue = &worker.catalogue;
        let known = Histories::read(catalogue, scope, &worker.run_id, worker.now())?.with_delivered(catalogue)?;
        let may_send = |row: &PlanRow| {
            let platform = row.activity.platform;
            options.sources.includes(platform) && known.is_listed(platform) && selected.contains(row)
        };
        let activities = known.activities(catalogue, &may_send, Some(&worker.archive))?;
        Ok(Planning { options, matcher, known, activities })
    }

    /// Passes on the plan. Returns, by target, how many activities are not uploaded because it can only be read.
    fn plan(
        &self,
        worker: &mut Worker,
        targets: &PlatformSelection,
        sink: &mut dyn RecordSink,
    ) -> Result<BTreeMap<String, u64>> {
        let groups = self.groups(worker)?;
        let is_target = |one: &&History| targets.includes(&one.spec.id) && !one.spec.upload_formats.is_empty();
        let targets = self.known.platforms.iter().filter(is_target);
        let targets: Vec<(Target, bool)> =
            targets.map(|one| (one.target(&self.activities.candidates), worker.is_read_only(&one.spec))).collect();
        // The newest first, as in all output.
        let reported = (0..groups.groups.len()).rev().flat_map(|group| {
            let groups = &groups;
            targets.iter().filter_map(move |(target, is_read_only)| {
                let decision = groups.decide(group, target, self.options.overrides);
                let at = reported_on(groups, group, &decision)?;
                Some(Reported { to: target.name, is_read_only: *is_read_only, at, decision })
            })
        });
        let mut not_uploaded = BTreeMap::new();
        let reported = reported.map(|one| (self.activities.candidates.key(one.at), one));
        each_row_of(&worker.catalogue, reported, |one, row| {
            if !self.options.filter.includes(&row.activity) {
                return Ok(());
            }
            if one.is_read_only && matches!(one.decision, Decision::Upload(_)) {
                *not_uploaded.entry(one.to.to_owned()).or_default() += 1;
            }
            let id_of = |at: usize| groups.candidate(at).activity.id.to_owned();
            let mut record = transfer(worker, (one.to, one.is_read_only), one.decision, &id_of);
            if record.outcome.is_none() || self.options.explain {
                record.activity = record_of(row, &worker.archive, worker.now());
                record.file.clone_from(&record.activity.file);
                sink.record(&record.into())?;
            }
            Ok(())
        })?;
        Ok(not_uploaded)
    }

    /// Groups the activities, and stores the groups for later runs.
    fn groups(&self, worker: &mut Worker) -> Result<Groups<'_>> {
        let is_by_evidence = self.options.rule == Rule::Evidence;
        // The rule by start alone ignores earlier matches.
        let stored = match is_by_evidence && !self.options.rematch {
            true => group_numbers(&worker.catalogue, &self.activities.candidates)?,
            false => vec![None; self.activities.entries.len()],
        };
        let groups = Groups::of(&self.matcher, &self.activities, &self.known.links(&self.activities, &stored));
        if is_by_evidence && !worker.dry_run && !worker.catalogue.is_read_only() {
            let changed = groups.groups.iter().filter(|members| members.len() > 1 && !are_stored(members, &stored));
            let key = |at: &u32| self.activities.candidates.key(*at as usize);
            let changed: Vec<Vec<ActivityKeyRef>> = changed.map(|members| members.iter().map(key).collect()).collect();
            worker.catalogue.store_groups(&changed, self.options.rematch)?;
        }
        Ok(groups)
    }
}

/// Whether activities have one number, which is the only one of their group.
fn are_stored(members: &[u32], numbers: &GroupNumbers) -> bool {
    let first = members.first().and_then(|&at| numbers[at as usize]);
    first.is_some() && members.iter().all(|&at| numbers[at as usize] == first)
}

/// A decision that is reported.
struct Reported<'a> {
    /// The target.
    to: &'a str,
    /// The account of the target has no access that can upload.
    is_read_only: bool,
    /// The position of the activity on which it is reported.
    at: usize,
    decision: Decision,
}

/// The activity on which a decision is reported: the one to upload, or the best one that could have been uploaded. `None`:
/// there is nothing to report.
fn reported_on(groups: &Groups, group: usize, decision: &Decision) -> Option<usize> {
    match decision {
        Decision::Exists => None,
        Decision::Upload(choice) => Some(choice.at),
        _ => groups.members(group).find(|&at| groups.entry(at).selected),
    }
}

/// The record of a decision, without its activity. `is_read_only`: the account has no access that can upload. `id_of`: the
/// id of the activity at a position.
fn transfer(
    worker: &Worker,
    (to, is_read_only): (&str, bool),
    decision: Decision,
    id_of: &dyn Fn(usize) -> String,
) -> TransferRecord {
    let mut record = TransferRecord { to: to.to_owned(), ..TransferRecord::default() };
    let (counted, kind, reasons) = match decision {
        Decision::Exists => ("already_there", "exists", Vec::new()),
        Decision::Upload(_) if is_read_only => {
            ("no_write_access", "skipped", vec![Reason::NoWriteAccess { platform: to.to_owned() }])
        }
        Decision::Upload(choice) => {
            worker.count("planned", 1);
            let missing = Reason::NotOnPlatform { platform: to.to_owned() };
            record.reasons = explained([missing].into_iter().chain(choice.source));
            record.allow_possible_duplicate = choice.possible_duplicate.is_some();
            return record;
        }
        Decision::Pending => ("already_pending", "pending", vec![Reason::UploadPending]),
        Decision::Deleted(since) => ("deleted_there", "skipped", vec![Reason::DeletedOnTarget { since }]),
        Decision::MissingOnce(since) => ("missing_once", "skipped", vec![Reason::MissingOnce { since }]),
        Decision::NotListed => ("not_listed", "skipped", vec![Reason::StartNotCovered]),
        Decision::PossibleDuplicate(at, verdict) => {
            let (id, certainty) = (id_of(at), verdict.certainty.name().to_owned());
            let mut reasons = vec![Reason::PossibleDuplicate { id, certainty }];
            reasons.extend(verdict.reasons);
            ("possible_duplicates", "skipped", reasons)
        }
        Decision::NoFile(reason) => ("no_file", "skipped", vec![reason]),
        // The reason contains the command that uploads the activity again.
        Decision::Rejected(reason @ Reason::UploadLost { .. }) => ("rejected_before", "rejected", vec![reason]),
        Decision::Rejected(reason) => ("rejected_before", "rejected", vec![reason, Reason::RejectedBefore]),
    };
    worker.count(counted, 1);
    record.outcome = Some(Outcome { kind: kind.to_owned(), ..Outcome::default() });
    record.reasons = explained(reasons);
    record
}

fn summarise(worker: &Worker) {
    let skipped = worker.counts_text(&[
        ("already_pending", "pending"),
        ("deleted_there", "deleted on the target"),
        ("missing_once", "not in the last listing"),
        ("possible_duplicates", worker.noun("possible_duplicates", "possible duplicate", "possible duplicates")),
        ("no_file", "without a file to upload"),
        ("rejected_before", "rejected before"),
        ("not_listed", "not listed yet"),
        ("no_write_access", "without write access"),
    ]);
    let planned = i18n::counted(worker.counted("planned"), "upload planned", "uploads planned");
    match skipped.is_empty() {
        true => worker.info(&planned),
        false => worker.info(&format!("{planned}, {skipped} (reasons: gs-list | gs-diff --explain)")),
    }
}
