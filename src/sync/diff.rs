//! Plans uploads: one transfer for each group and each target where it is missing. No request is made.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::{ActivityFilter, Exit, Failure, Histories, History, RecordSink, Result, Worker, record_of};
use crate::activity::ActivityKey;
use crate::catalogue::ActivityRow;
use crate::i18n;
use crate::matching::Rule;
use crate::plan::diff::{Decision, Groups, Overrides, Target};
use crate::platform::{PlatformSelection, PlatformSpec};
use crate::reason::Reason;
use crate::record::{Outcome, Record, TransferRecord, explained};

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

/// Plans uploads of the activities among `records`; all other records are passed on unchanged.
///
/// # Errors
/// No platform is configured, or the catalogue cannot be used. A platform without a known list is reported, and no
/// upload to or from it is planned.
pub fn diff(worker: &mut Worker, options: &DiffOptions, records: Vec<Record>, sink: &mut dyn RecordSink) -> Result<()> {
    let targets = match &options.targets {
        PlatformSelection::All => worker.targets()?,
        targets => targets.clone(),
    };
    let scope = scope(worker, &options.sources, &targets)?;
    // If the user selected only a part, the other activities are not reported as outstanding.
    if options.is_restricted() {
        worker.count("restricted", 1);
    }
    let mut selected: HashSet<ActivityKey> = HashSet::new();
    for record in records {
        match &record {
            Record::Activity(activity) if record.problem().is_none() && activity.deleted.is_none() => {
                selected.insert(activity.activity.key());
            }
            Record::Activity(activity) if activity.problem.is_none() => {}
            _ => drop(sink.record(&record)?),
        }
    }
    let known = known(worker, options, &scope)?;
    let may_upload = |entry: &ActivityRow| {
        let platform = &entry.activity.platform;
        options.sources.includes(platform) && known.is_listed(platform) && selected.contains(&entry.activity.key())
    };
    let targets: Vec<&History> = known.platforms.iter().filter(|one| targets.includes(&one.spec.id)).collect();
    let not_uploaded = plan(worker, options, &known, (&targets, &may_upload), sink)?;
    report_not_uploaded(worker, &not_uploaded);
    summarise(worker);
    Ok(())
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

/// The histories of the selected platforms in the catalogue; reports platforms without a known list.
fn known(worker: &mut Worker, options: &DiffOptions, scope: &[Arc<PlatformSpec>]) -> Result<Histories> {
    // The rule by start alone ignores earlier matches.
    let use_stored_groups = options.rule == Rule::Evidence && !options.rematch;
    if !worker.dry_run {
        scope.iter().try_for_each(|spec| worker.adopt_orphans(spec))?;
    }
    let known =
        Histories::read_with_delivered(&worker.catalogue, scope, &worker.run_id, use_stored_groups, worker.now())?;
    for History { spec, knowledge, .. } in &known.platforms {
        let Some(reason) = &knowledge.unusable_reason else { continue };
        let reason = Reason::NoUploadsPlanned { reason: Box::new(reason.clone()) };
        let failure = Failure::because(Exit::TempFail, reason).on(&spec.id);
        // The gs-fetch of the same run has reported it and set the exit code.
        if knowledge.run.as_deref() == Some(worker.run_id.as_str()) {
            worker.debug(&failure.to_string());
        } else {
            worker.fail(&failure);
        }
    }
    Ok(known)
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

/// The targets, and whether an activity may be uploaded elsewhere.
type Ends<'a> = (&'a [&'a History], &'a dyn Fn(&ActivityRow) -> bool);

/// Passes on the plan. Returns, by target, how many activities are not uploaded because it can only be read.
fn plan(
    worker: &mut Worker,
    options: &DiffOptions,
    known: &Histories,
    (targets, may_upload): Ends,
    sink: &mut dyn RecordSink,
) -> Result<BTreeMap<String, u64>> {
    let archive = worker.archive.clone();
    let entries = known.planned(may_upload, &|file| archive.is_there(&file.path, file.bytes));
    let groups = Groups::of(&worker.matcher(options.rule)?, &entries, &known.links());
    if options.rule == Rule::Evidence && !worker.dry_run && !worker.catalogue.is_read_only() {
        remember(worker, options.rematch, &groups)?;
    }
    worker.warn_of_unknown_sports(&options.filter.sports)?;
    let targets: Vec<(Target, bool)> = targets
        .iter()
        .filter(|one| !one.spec.upload_formats.is_empty())
        .map(|one| (one.target(), worker.is_read_only(&one.spec)))
        .collect();
    let mut not_uploaded = BTreeMap::new();
    // The newest first, as in all output.
    for group in groups.groups.iter().rev() {
        for (target, is_read_only) in &targets {
            let decision = groups.decide(group, target, options.overrides);
            let at = match &decision {
                Decision::Upload(choice) => choice.at,
                // The reason why a group is not uploaded is reported on its best activity that could have been
                // uploaded.
                _ => match group.members.iter().find(|&&at| entries[at].selected) {
                    Some(at) => *at,
                    None => continue,
                },
            };
            if !options.filter.includes(entries[at].candidate.activity) {
                continue;
            }
            if *is_read_only && matches!(decision, Decision::Upload(_)) {
                *not_uploaded.entry(target.name.to_owned()).or_default() += 1;
            }
            if let Some(mut record) = transfer(worker, (target.name, *is_read_only), decision, (known, options.explain))
            {
                record.activity = record_of(known.entries[at].0.clone(), &archive, worker.now());
                record.file.clone_from(&record.activity.file);
                sink.record(&record.into())?;
            }
        }
    }
    Ok(not_uploaded)
}

/// Stores which activities are one group.
fn remember(worker: &mut Worker, rematch: bool, groups: &Groups) -> Result<()> {
    let key = |&at: &usize| groups.entries[at].candidate.activity.key();
    let several = groups.groups.iter().filter(|group| group.members.len() > 1);
    let groups: Vec<Vec<ActivityKey>> = several.map(|group| group.members.iter().map(key).collect()).collect();
    Ok(worker.catalogue.store_groups(&groups, rematch)?)
}

/// The record of a decision, without its activity; `None` if there is nothing to report. `is_read_only`: the account has
/// no access that can upload. `explain`: report groups that are not uploaded, too.
fn transfer(
    worker: &Worker,
    (to, is_read_only): (&str, bool),
    decision: Decision,
    (known, explain): (&Histories, bool),
) -> Option<TransferRecord> {
    let mut record = TransferRecord { to: to.to_owned(), ..TransferRecord::default() };
    let (counted, kind, reasons) = match decision {
        Decision::Exists => return None,
        Decision::Upload(_) if is_read_only => {
            ("no_write_access", "skipped", vec![Reason::NoWriteAccess { platform: to.to_owned() }])
        }
        Decision::Upload(choice) => {
            worker.count("planned", 1);
            let missing = Reason::NotOnPlatform { platform: to.to_owned() };
            record.reasons = explained([missing].into_iter().chain(choice.source));
            record.allow_possible_duplicate = choice.possible_duplicate.is_some();
            return Some(record);
        }
        Decision::Pending => ("already_pending", "pending", vec![Reason::UploadPending]),
        Decision::Deleted(since) => ("deleted_there", "skipped", vec![Reason::DeletedOnTarget { since }]),
        Decision::MissingOnce(since) => ("missing_once", "skipped", vec![Reason::MissingOnce { since }]),
        Decision::NotListed => ("not_listed", "skipped", vec![Reason::StartNotCovered]),
        Decision::PossibleDuplicate(at, verdict) => {
            let (id, certainty) = (known.entries[at].0.activity.id.clone(), verdict.certainty.name().to_owned());
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
    explain.then_some(record)
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
