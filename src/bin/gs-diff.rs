//! Decides what is missing where: reads activities, prints transfers.
//!
//! ```text
//! gs-fetch | gs-diff | gs-download | gs-upload     keep all platforms equal
//! gs-list | gs-diff --to coros > plan.ndjson       plan, look at it, edit it …
//! gs-download < plan.ndjson | gs-upload            … and apply it
//! gs-list | gs-diff --all                          also what is not sent, and why
//! ```
//!
//! The activities that come in are what may be sent; what the platforms have is what the catalogue knows. The network is
//! never asked. How it decides is in `docs/deciding.md`.

use std::collections::HashSet;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use garminsync::activity::ActivityKey;
use garminsync::catalogue::Entry;
use garminsync::cli::{
    self, Bar, Common, Exit, Failure, Filter, HasCommon, Histories, History, Outcome, Output, Rule, Run,
};
use garminsync::lang;
use garminsync::plan::diff::{self, Decision, Exercises, Target, Wishes};
use garminsync::platform::{PlatformSelection, PlatformSpec};
use garminsync::record::{self, Record, TransferRecord};
use jiff::Timestamp;

const NAME: &str = "gs-diff";

/// Decide what is missing where, and print a transfer for each
///
/// An exercise that is on two platforms goes to the third once, from the better source. Nothing is planned towards a
/// platform whose list is not known, nor what somebody deleted there, nor what it may have already.
///
/// The activities that come in are what may be sent; what the platforms have is what the catalogue knows. The network is
/// never asked. How it decides is in docs/deciding.md.
#[derive(Parser)]
#[command(
    name = "gs-diff",
    version,
    after_help = "Examples:
  gs-fetch | gs-diff | gs-download | gs-upload     keep all platforms equal
  gs-list | gs-diff --to coros > plan.ndjson       a plan, to look at and edit
  gs-download < plan.ndjson | gs-upload            apply it
  gs-list --sport running | gs-diff --all          also what is not sent

Settings: SPORT_DIFF_SECOND, SYNC_TO

Exit codes: 0 all well, 65 a bad record, 75 a platform's list is not known, 77 no platform is set up, 78 set-up"
)]
struct Args {
    /// Send only from this platform (repeat it, or separate by commas)
    #[arg(long, value_name = "NAME")]
    from: Vec<String>,
    /// Send only to this platform (repeat it, or separate by commas) [default: $SYNC_TO, else all]
    #[arg(long, value_name = "NAME")]
    to: Vec<String>,
    /// What makes two entries one exercise
    #[arg(long, value_name = "RULE", default_value = "evidence")]
    rule: Rule,
    /// Also print what is not sent, with the reason
    #[arg(long)]
    all: bool,
    /// Put back what was deleted on a platform by hand
    #[arg(long)]
    resurrect: bool,
    /// Send also what the platform may have already, under another sport or an hour off
    #[arg(long)]
    doubtful: bool,
    /// Send again what a platform has refused or never showed
    #[arg(long)]
    retry: bool,
    /// Forget which entries were found to be one exercise before, and go by what they are now
    #[arg(long)]
    afresh: bool,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    common: Common,
}

impl HasCommon for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    cli::main(NAME, cli::Log::IfWritable, work)
}

fn work(args: &Args, run: &mut Run) -> Outcome {
    let sources = cli::named(&run.platforms, "--from", &args.from)?;
    let targets = cli::named(&run.platforms, "--to", &args.to)?;
    // Half a history would make things look missing.
    let bar = Bar::counting(&run.talk, NAME);
    let records = cli::all_records("gs-fetch | gs-diff", &bar)?;
    bar.say("looks what is missing where");
    let asked = sources.named().is_some() || targets.named().is_some() || args.filter.is_any();
    let targets = match targets {
        PlatformSelection::All => run.targets()?,
        targets => targets,
    };
    let scope = scope(run, &sources, &targets)?;
    // Who asks for a part does not take the rest for outstanding.
    if asked {
        run.count("restricted", 1);
    }
    let mut output = Output::buffered();
    let mut offered = HashSet::new();
    for record in records {
        match &record {
            Record::Activity(activity) if record.problem().is_none() && activity.deleted.is_none() => {
                offered.insert(activity.activity.key());
            }
            Record::Activity(activity) if activity.problem.is_none() => {}
            _ => drop(output.record(&record)?),
        }
    }
    let known = known(args, run, &scope)?;
    let may_send = |entry: &Entry| {
        let platform = &entry.activity.platform;
        sources.includes(platform) && known.is_listed(platform) && offered.contains(&entry.activity.key())
    };
    let targets: Vec<&History> = known.platforms.iter().filter(|one| targets.includes(&one.spec.id)).collect();
    plan(args, run, &known, &targets, &may_send, &mut output)?;
    bar.finish();
    summary(run);
    output.flush().map(drop)
}

/// The platforms that take part.
fn scope(
    run: &Run,
    sources: &PlatformSelection,
    targets: &PlatformSelection,
) -> Result<Vec<Arc<PlatformSpec>>, Failure> {
    let mut scope = match (sources.named(), targets.named()) {
        // Both ends are named: whether anything else is set up is no matter.
        (Some(_), Some(_)) => run.named_platforms()?.named().unwrap_or_default().to_vec(),
        _ => run.selected_platforms()?,
    };
    for spec in sources.named().into_iter().chain(targets.named()).flatten() {
        if !scope.iter().any(|known| known.id == spec.id) {
            scope.push(spec.clone());
        }
    }
    Ok(scope)
}

/// What the catalogue knows of the platforms that take part; tells of those whose list is not known.
fn known(args: &Args, run: &mut Run, scope: &[Arc<PlatformSpec>]) -> Result<Histories, Failure> {
    // What is asked of the start alone is said of the start alone.
    let by_what_was = args.rule == Rule::Evidence && !args.afresh;
    if !run.common.dry_run {
        scope.iter().try_for_each(|spec| run.adopt_orphans(spec))?;
    }
    let known = Histories::read(&run.catalogue, scope, &run.id, by_what_was, Timestamp::now())?;
    for History { spec, knowledge, .. } in &known.platforms {
        let Some(why) = &knowledge.none_because else { continue };
        let message = format!("{}: nothing is planned to or from it: {why}; run gs-fetch", spec.id);
        // The gs-fetch of the same run has told it, and ends with its code.
        if knowledge.run.as_deref() == Some(run.id.as_str()) {
            run.talk.detail(&message);
        } else {
            run.fail(&Failure::new(Exit::Later, message));
        }
    }
    Ok(known)
}

fn plan(
    args: &Args,
    run: &mut Run,
    known: &Histories,
    targets: &[&History],
    may_send: &dyn Fn(&Entry) -> bool,
    output: &mut Output,
) -> Outcome {
    let archive = run.archive.clone();
    let entries = known.planned(may_send, &|file| archive.is_there(&file.path, file.bytes));
    let exercises = Exercises::of(&run.matcher(args.rule)?, &entries, &known.links());
    if args.rule == Rule::Evidence && !run.common.dry_run && !run.catalogue.is_read_only() {
        remember(args, run, &exercises)?;
    }
    let wishes = Wishes { resurrect: args.resurrect, doubtful: args.doubtful, retry: args.retry };
    let (since, until) = args.filter.times(Timestamp::now())?;
    run.warn_of_unknown_sports(&args.filter.sport)?;
    let targets: Vec<Target> =
        targets.iter().filter(|one| !one.spec.upload_formats.is_empty()).map(|one| one.target()).collect();
    let is_wanted = |entry: &diff::Entry| {
        let activity = entry.candidate.activity;
        let start = activity.start_time;
        since.is_none_or(|since| start.is_some_and(|start| start >= since))
            && until.is_none_or(|until| start.is_some_and(|start| start < until))
            && is_sport(&args.filter.sport, activity)
    };
    // The newest first, as everywhere.
    for group in exercises.groups.iter().rev() {
        for target in &targets {
            let decision = exercises.decide(group, target, wishes);
            let at = match &decision {
                Decision::Send(at, ..) => *at,
                // What is told of an exercise that is not sent is told on its best entry that could have been.
                _ => match group.members.iter().find(|&&at| entries[at].offered) {
                    Some(at) => *at,
                    None => continue,
                },
            };
            if is_wanted(&entries[at])
                && let Some(mut record) = told(run, target.name, decision, known, args.all)
            {
                record.activity = cli::record_of(known.entries[at].0.clone(), &run.archive);
                record.file.clone_from(&record.activity.file);
                output.record(&record.into())?;
            }
        }
    }
    Ok(())
}

/// Writes down which entries are one exercise.
fn remember(args: &Args, run: &mut Run, exercises: &Exercises) -> Outcome {
    let key = |&at: &usize| exercises.entries[at].candidate.activity.key();
    let several = exercises.groups.iter().filter(|group| group.members.len() > 1);
    let groups: Vec<Vec<ActivityKey>> = several.map(|group| group.members.iter().map(key).collect()).collect();
    Ok(run.catalogue.remember_exercises(&groups, args.afresh)?)
}

fn is_sport(wanted: &[String], activity: &garminsync::activity::Activity) -> bool {
    let own = [&activity.sport, &activity.sub_sport, &activity.platform_sport];
    wanted.is_empty() || wanted.iter().any(|sport| own.iter().any(|name| name.as_deref() == Some(sport)))
}

/// The record that tells of a decision, without its activity; nothing if there is nothing to tell.
fn told(run: &mut Run, to: &str, decision: Decision, known: &Histories, all: bool) -> Option<TransferRecord> {
    let mut record = TransferRecord { to: to.to_owned(), ..TransferRecord::default() };
    let outcome = |kind: &str| Some(record::Outcome { kind: kind.to_owned(), ..record::Outcome::default() });
    let (counted, kind, why) = match decision {
        Decision::There => return None,
        Decision::Send(_, why, doubt) => {
            run.count("planned", 1);
            (record.why, record.doubtful) = (why, doubt.is_some());
            return Some(record);
        }
        Decision::Pending => ("under_way", "pending", vec!["an upload of it is under way".to_owned()]),
        Decision::Deleted(since) => (
            "deleted_there",
            "skipped",
            vec![format!("it was deleted there (missing since {since}); --resurrect puts it back")],
        ),
        Decision::Missed(since) => (
            "missed",
            "skipped",
            vec![format!("one listing does not show it any more (since {since}); the next one tells")],
        ),
        Decision::NotKnown => ("not_known", "skipped", vec!["it is not known what is there at that time".to_owned()]),
        Decision::Doubtful(at, verdict) => {
            let id = &known.entries[at].0.activity.id;
            let mut why =
                vec![format!("it may be {id} there ({}); --doubtful sends it all the same", verdict.certainty)];
            why.extend(verdict.why);
            ("doubtful", "skipped", why)
        }
        Decision::NoFile(why) => ("no_file", "skipped", vec![why]),
        Decision::Refused(words) => ("refused_before", "refused", vec![words, "--retry sends it again".to_owned()]),
    };
    run.count(counted, 1);
    (record.outcome, record.why) = (outcome(kind), why);
    all.then_some(record)
}

fn summary(run: &Run) {
    let counts = [
        ("under_way", "under way", "under way"),
        ("deleted_there", "deleted there by hand", "deleted there by hand"),
        ("missed", "just gone there", "just gone there"),
        ("doubtful", "not sent: a similar activity may be there", "not sent: similar activities may be there"),
        ("no_file", "that cannot be sent", "that cannot be sent"),
        ("refused_before", "refused before", "refused before"),
        ("not_known", "where nothing is known", "where nothing is known"),
    ];
    let rest = counts.iter().filter(|(name, ..)| run.counted(name) > 0);
    let rest: Vec<String> =
        rest.map(|(name, one, many)| format!(", {}", lang::counted(run.counted(name), one, many))).collect();
    let hint = if rest.is_empty() { "" } else { "; gs-diff --all tells which" };
    run.talk.note(&format!("{} to send{}{hint}", run.counted("planned"), rest.concat()));
}
