//! Judges the state from the catalogue: what requires an action of a person, and what failed. Pure functions.
//!
//! Only the current state counts: the login and the newest listing of each platform, and the newest row of each command
//! in the log. A failure is resolved by a later success of the same command; a failure with one platform, by a success
//! with the same platform.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::activity::AccessKind;
use crate::clock;
use crate::exit::Exit;
use crate::reason::Reason;

use super::{Command, Issue, IssueKind, Login, Outstanding, RedactedReason, State};
use crate::shell::flag;

/// Older rows are ignored.
const OLD: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The longest run of a command whose lock cannot be checked.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// A command that has held its lock for longer hangs.
pub const HANGS: SignedDuration = SignedDuration::from_hours(48);
/// A run that is later than this will not happen.
pub const GRACE: SignedDuration = SignedDuration::from_hours(1);
/// An API key that ends within this time is a warning: a person has to make a new one.
const KEY_ENDS: SignedDuration = SignedDuration::from_hours(21 * 24);
/// Without a schedule, a platform that was not listed for this time leads to a warning: nobody syncs less than once a week.
const NOT_LISTED: SignedDuration = SignedDuration::from_hours(8 * 24);

/// Exit codes that a person causes: wrong usage, and Ctrl-C.
const BY_PERSON: [Exit; 2] = [Exit::Usage, Exit::Interrupted];

/// The commands of a sync. A person runs any other command, sees how it ends, and nothing repeats it.
const OF_SYNCS: [&str; 8] =
    ["gs-settings", "gs-notify", "gs-fetch", "gs-dedupe", "gs-diff", "gs-download", "gs-upload", "gs-delete"];

/// The facts that the judgment uses.
#[derive(Debug, Clone, Default)]
pub struct HealthEvidence {
    /// The time of the judgment.
    pub now: Timestamp,
    /// The platforms.
    pub platforms: Vec<PlatformEvidence>,
    /// For each command all rows of the newest run that it was part of, and recent rows that failed; in the order in which
    /// they started.
    pub commands: Vec<LastCommand>,
    /// The newest row in which a command worked on a platform; without a command, the newest whole sync with it.
    pub worked: HashMap<(Option<String>, String), i64>,
    /// When the newest sync in the log started, of those with a known time.
    pub last_sync: Option<Timestamp>,
    /// Activities whose archived files were changed or truncated: `platform id` each, as in all lists here.
    pub corrupt_files: Vec<String>,
    /// Activities whose download failed and is retried.
    pub failed: Vec<String>,
    /// Platforms that syncs work on and that were never listed.
    pub never_listed: Vec<String>,
    /// The outstanding work.
    pub outstanding: Outstanding,
    /// The outstanding work after earlier runs, the newest first.
    pub before: Vec<Left>,
    /// The schedule, if one is stored and enabled.
    pub due: Option<Due>,
    /// A run that counts as ended: its commands had the time to end.
    pub ended: Option<String>,
    /// Commands that hold their lock and started recently enough, each with its run in front.
    pub running: Vec<(String, String)>,
}

/// The work of each kind that a run left; `None`: the run does no such work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// Uploads.
    pub uploads: Option<u64>,
    /// Files for the archive.
    pub downloads: Option<u64>,
    /// Deletions of duplicates.
    pub deletions: Option<u64>,
}

/// The state of a platform.
#[derive(Debug, Clone, Default)]
pub struct PlatformEvidence {
    /// Its name.
    pub name: String,
    /// Whether the catalogue has listed it.
    pub is_known: bool,
    /// The accesses with a token, each with the time since when it has this state.
    pub logins: Vec<(Login, Timestamp)>,
    /// Since when automatic password logins are blocked, and why.
    pub login_rejected: Option<(Timestamp, RedactedReason)>,
    /// The end of the cooldown for password logins, and its reason.
    pub cooldown: Option<(Timestamp, RedactedReason)>,
    /// Whether the token was used for a listing after the last password login was rejected or limited.
    pub served_since: bool,
    /// The end of the service's rate limit.
    pub rate_limited_until: Option<Timestamp>,
    /// The problem with its newest listing.
    pub listing: Option<BadListing>,
    /// When it was listed last, if it is compared with the others.
    pub listed: Option<Timestamp>,
    /// Uploads to it that it accepted and never showed.
    pub lost: Vec<String>,
    /// The command line that uploads them again.
    pub retry: Option<String>,
    /// Uploads to it that it accepted hours ago and does not show.
    pub unconfirmed: Vec<String>,
}

/// A listing from which nothing is concluded.
#[derive(Debug, Clone)]
pub struct BadListing {
    /// The run that made it.
    pub run: String,
    /// When it started.
    pub started: Timestamp,
    /// When it ended; nothing: it was killed, or still runs.
    pub finished: Option<Timestamp>,
    /// Too many known activities are missing in it.
    pub implausible: bool,
    /// Why nothing is concluded from it.
    pub reason: Option<RedactedReason>,
}

/// A row of a command.
#[derive(Debug, Clone)]
pub struct LastCommand {
    /// The run that it belongs to.
    pub run: String,
    /// Its number in the log.
    pub number: i64,
    /// Whether it belongs to the newest run of the command.
    pub is_newest: bool,
    /// The row.
    pub row: Command,
    /// Whether the command holds its lock; `None`: unknown.
    pub is_alive: Option<bool>,
}

/// The schedule of the syncs.
#[derive(Debug, Clone)]
pub struct Due {
    /// Since when the schedule applies.
    pub since: Timestamp,
    /// The time of the last scheduled run, without those within [`GRACE`].
    pub previous: Option<Timestamp>,
}

/// The judgment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Health {
    /// The state.
    pub state: State,
    /// The outstanding work of the next runs.
    pub outstanding: Outstanding,
    /// What a person must do; the most urgent first.
    pub actions: Vec<Issue>,
    /// What the next run tries again.
    pub warnings: Vec<Issue>,
}

impl HealthEvidence {
    /// Judges the state.
    pub fn judge(&self) -> Health {
        let mut issues: Vec<Issue> = self.platforms.iter().flat_map(|one| self.of_platform(one)).collect();
        let of_commands = self.worst_rows().into_iter();
        let of_commands = of_commands.filter_map(|at| self.of_command(at, &self.commands[at].row, &issues));
        let of_commands: Vec<Issue> = of_commands.collect();
        issues.extend(of_commands);
        issues.extend(self.overdue());
        let never_listed: Vec<Issue> = self.never_listed(&issues).collect();
        issues.extend(never_listed);
        let fix = Some("gs-list --missing | gs-download > /dev/null".to_owned());
        issues.extend(counted(IssueKind::FilesCorrupt, &self.corrupt_files, fix.clone()));
        issues.extend(counted(IssueKind::FilesFailed, &self.failed, fix));
        issues.extend(self.behind());
        issues.sort_by_key(|issue| issue.kind);
        let (actions, warnings): (Vec<Issue>, Vec<Issue>) = issues.into_iter().partition(|one| one.kind.needs_action());
        let state = match (actions.is_empty(), warnings.is_empty()) {
            (false, _) => State::ActionNeeded,
            (true, false) if warnings.iter().all(|one| one.kind == IssueKind::Behind) => State::Behind,
            (true, false) => State::Warning,
            (true, true) if !self.platforms.iter().any(|one| one.is_known) => State::Empty,
            (true, true) if !self.outstanding.is_nothing() => State::Outstanding,
            (true, true) => State::Ok,
        };
        Health { state, outstanding: self.outstanding, actions, warnings }
    }

    /// Whether a command without an end still runs, as far as is known: later commands would belong to another run.
    pub fn is_running(&self, run: &str, command: &str) -> bool {
        let is_it = |last: &LastCommand| last.run == run && last.row.command.as_str() == command;
        let is_running_command = self.running.iter().any(|(running, _)| running == run);
        is_running_command || self.commands.iter().position(is_it).is_some_and(|at| self.runs(at))
    }

    fn runs(&self, at: usize) -> bool {
        let LastCommand { run, row, is_alive, .. } = &self.commands[at];
        let is_followed = || self.commands[at + 1..].iter().any(|later| later.run != *run);
        let has_ended = || self.ended.as_ref() == Some(run);
        let began_within = |time| clock::is_within(row.started, self.now, time);
        let may_run = match is_alive {
            Some(is_alive) => *is_alive && began_within(HANGS),
            None => began_within(LONGEST) && !is_followed() && !has_ended(),
        };
        row.exit.is_none() && may_run
    }

    /// For each command and platform the row that counts: a success does not hide a failure of another call in the same run,
    /// nor a failure of an earlier run with another platform.
    fn worst_rows(&self) -> Vec<usize> {
        let mut worst: Vec<usize> = Vec::new();
        let key = |at: usize| (&self.commands[at].row.command, self.worked_on(&self.commands[at].row));
        for (at, LastCommand { row, .. }) in self.commands.iter().enumerate() {
            if self.is_over(at) {
                continue;
            }
            let known = worst.iter_mut().find(|known| key(**known) == key(at));
            match known {
                None => worst.push(at),
                Some(known) if urgency(row.exit) >= urgency(self.commands[*known].row.exit) => *known = at,
                Some(_) => {}
            }
        }
        worst
    }

    /// Outstanding work that the last two runs of this kind did not reduce.
    fn behind(&self) -> Option<Issue> {
        let stuck = |now: u64, of: fn(&Left) -> Option<u64>| {
            let mut left = self.before.iter().filter_map(of);
            let (last, first) = (left.next(), left.next());
            let is_stuck = first.zip(last).is_some_and(|(first, last)| first > 0 && last >= first && now >= last);
            if is_stuck { now } else { 0 }
        };
        let count = stuck(self.outstanding.uploads, |left| left.uploads)
            + stuck(self.outstanding.downloads, |left| left.downloads)
            + stuck(self.outstanding.deletions, |left| left.deletions);
        (count > 0).then(|| Issue {
            count: Some(count),
            fix: Some("gs-sync -v".to_owned()),
            ..Issue::new(IssueKind::Behind)
        })
    }

    fn of_platform(&self, one: &PlatformEvidence) -> Vec<Issue> {
        let login = format!("gs-auth login --platform {}", one.name);
        let browser = format!("gs-auth login --browser --platform {}", one.name);
        // During a cooldown a password is not accepted by hand either.
        let way_in = if one.cooldown.is_some() { &browser } else { &login };
        let about = |kind| Issue { platform: Some(one.name.clone()), ..Issue::new(kind) };
        let mut issues = Vec::new();
        // The token still works; if it ends, that is an issue of its own.
        let (login_rejected, cooldown) = match one.served_since {
            true => (None, None),
            false => (one.login_rejected.as_ref(), one.cooldown.as_ref()),
        };
        if let Some((since, why)) = login_rejected {
            // No login with the same settings changes the account.
            let fix = (!why.reason().is_other_account()).then(|| way_in.clone());
            let (at, reason) = (Some(*since), Some(why.clone()));
            issues.push(Issue { at, reason, fix, ..about(IssueKind::LoginRejected) });
        } else if let Some((until, why)) = cooldown {
            let (at, reason, fix) = (Some(*until), Some(why.clone()), Some(browser.clone()));
            issues.push(Issue { at, reason, fix, ..about(IssueKind::Cooldown) });
        }
        for (login, since) in &one.logins {
            let fix = match login.access {
                // A rejected login must be fixed anyway, and that gives a new token.
                AccessKind::Login if login_rejected.is_some() => continue,
                AccessKind::Login => way_in.clone(),
                AccessKind::OAuth => format!("gs-auth login --oauth --platform {}", one.name),
                AccessKind::ApiKey => format!("gs-auth key --platform {}", one.name),
            };
            let (reason, fix, is_key) = (login.ended.clone(), Some(fix), login.access == AccessKind::ApiKey);
            if let Some(at) = self.dead_since(login, *since) {
                let kind = if is_key { IssueKind::KeyEnded } else { IssueKind::LoginEnded };
                issues.push(Issue { at: Some(at), reason, fix, ..about(kind) });
            } else if let Some(at) =
                login.ends(self.now).filter(|end| is_key && end.duration_since(self.now) < KEY_ENDS)
            {
                issues.push(Issue { at: Some(at), fix, ..about(IssueKind::KeyEnds) });
            }
        }
        if let Some(until) = one.rate_limited_until {
            issues.push(Issue { at: Some(until), ..about(IssueKind::RateLimited) });
        }
        let here = |found| Issue { platform: Some(one.name.clone()), ..found };
        issues.extend(self.of_listing(one).map(here));
        issues.extend(counted(IssueKind::UploadsLost, &one.lost, one.retry.clone()).map(here));
        let check = format!("gs-upload {} < /dev/null", flag("--platform", &one.name));
        issues.extend(counted(IssueKind::UploadsUnconfirmed, &one.unconfirmed, Some(check)).map(here));
        let is_long_ago = |at: &Timestamp| self.now.duration_since(*at) > NOT_LISTED;
        if let Some(at) = one.listed.filter(is_long_ago).filter(|_| self.due.is_none()) {
            let fix = format!("gs-fetch {} > /dev/null", flag("--platform", &one.name));
            issues.push(Issue { at: Some(at), fix: Some(fix), ..about(IssueKind::NotListed) });
        }
        issues
    }

    /// Since when a token no longer works.
    fn dead_since(&self, login: &Login, seen: Timestamp) -> Option<Timestamp> {
        if login.ended.is_some() {
            return Some(seen);
        }
        let expired = login.expires.filter(|end| *end <= self.now)?;
        match login.renewable_until {
            _ if !login.renewable => Some(expired),
            None => None,
            Some(end) => (end <= self.now).then_some(end),
        }
    }

    fn of_listing(&self, one: &PlatformEvidence) -> Option<Issue> {
        let listing = one.listing.as_ref()?;
        let at = listing.finished.unwrap_or(listing.started);
        if self.is_old(at) || (listing.finished.is_none() && self.is_running(&listing.run, "gs-fetch")) {
            return None;
        }
        // Only a full listing shows deletions of older activities.
        let (kind, fix) = match listing.implausible {
            true => {
                let platform = flag("--platform", &one.name);
                (
                    IssueKind::ListingImplausible,
                    Some(format!("gs-fetch --full {platform} --accept-missing > /dev/null")),
                )
            }
            false => (IssueKind::ListingIncomplete, None),
        };
        Some(Issue { at: Some(at), reason: listing.reason.clone(), fix, ..Issue::new(kind) })
    }

    fn of_command(&self, at: usize, row: &Command, of_platforms: &[Issue]) -> Option<Issue> {
        if self.is_old(row.started) {
            return None;
        }
        let is_of_syncs = OF_SYNCS.contains(&row.command.as_str());
        let ended = row.finished.unwrap_or(row.started);
        let issue = |kind| Issue {
            command: Some(row.command.as_str().to_owned()),
            exit: row.exit,
            reason: row.reason.clone(),
            platform: self.known(row).map(str::to_owned),
            at: Some(ended),
            ..Issue::new(kind)
        };
        match row.exit.map(|code| Exit::of(code).unwrap_or(Exit::Partial)) {
            Some(Exit::Ok) => None,
            Some(exit) if BY_PERSON.contains(&exit) => None,
            Some(Exit::Bug) => Some(issue(IssueKind::Bug)),
            Some(Exit::Config) => Some(Issue { fix: self.configuration_fix(row), ..issue(IssueKind::Configuration) }),
            Some(Exit::LoginRequired) => self.login_needed(row, issue(IssueKind::LoginNeeded), of_platforms),
            _ if !is_of_syncs => None,
            Some(_) if self.says_platform(row, of_platforms) || self.is_listed_since(row, ended) => None,
            Some(_) => Some(issue(IssueKind::Failed)),
            None if self.runs(at) => None,
            None => Some(issue(IssueKind::Unfinished)),
        }
    }

    /// Whether the failure in a row is resolved: for one platform, once the same command has worked on it or a whole sync
    /// with it has succeeded; otherwise once the command was part of another run, or a whole sync did not need it.
    fn is_over(&self, at: usize) -> bool {
        let LastCommand { row, number, is_newest, .. } = &self.commands[at];
        let Some(platform) = self.worked_on(row) else { return !is_newest || self.is_superseded(at) };
        let has_since = |command: Option<&str>| {
            let worked = self.worked.get(&(command.map(str::to_owned), platform.to_owned()));
            worked.is_some_and(|since| since > number)
        };
        has_since(Some(row.command.as_str())) || has_since(None)
    }

    /// The platform with which a whole command failed. Results of single activities and of listings are judged
    /// elsewhere.
    fn worked_on<'a>(&self, row: &'a Command) -> Option<&'a str> {
        use Exit::{Config, LoginRequired, TempFail};
        let exit = row.exit.and_then(Exit::of)?;
        let is_whole = match row.command.as_str() {
            "gs-fetch" => matches!(exit, LoginRequired | Config),
            "gs-diff" | "gs-download" | "gs-upload" | "gs-delete" => matches!(exit, TempFail | LoginRequired | Config),
            _ => false,
        };
        self.known(row).filter(|_| is_whole)
    }

    /// The platform of the first error of a command, if it is known.
    fn known<'a>(&self, row: &'a Command) -> Option<&'a str> {
        let platform = row.platform.as_ref()?.as_str();
        self.platforms.iter().any(|one| one.name == platform).then_some(platform)
    }

    /// Whether a whole sync has run since that did not need the command: a failure of a manual command is resolved then.
    fn is_superseded(&self, at: usize) -> bool {
        let is_of = |run: &str, command: &str| {
            self.commands.iter().any(|one| one.run == run && one.row.command.as_str() == command)
        };
        let later = self.commands[at + 1..].iter().filter(|later| later.run != self.commands[at].run);
        later.into_iter().any(|later| is_of(&later.run, "gs-fetch") && is_of(&later.run, "gs-upload"))
    }

    /// The command that fixes a configuration error; `None` if none does. For another account the reason says what may be
    /// wrong: forgetting the account is the last resort.
    fn configuration_fix(&self, row: &Command) -> Option<String> {
        let reason = row.reason.as_ref().map(RedactedReason::reason);
        let is_no_command = reason.is_some_and(|reason| reason.is_of_disk() || reason.is_other_account());
        (!is_no_command).then(|| "gs-settings --check".to_owned())
    }

    /// Whether an issue of the platform already explains why a command is to be retried later.
    fn says_platform(&self, row: &Command, of_platforms: &[Issue]) -> bool {
        let named = self.known(row);
        let is_why = |issue: &Issue| match issue.kind {
            IssueKind::Cooldown | IssueKind::RateLimited => true,
            IssueKind::ListingIncomplete | IssueKind::ListingImplausible => row.command.as_str() == "gs-fetch",
            _ => false,
        };
        let is_it = |issue: &&Issue| issue.platform.as_deref() == named;
        row.exit == Some(Exit::TempFail.code()) && named.is_some() && of_platforms.iter().filter(is_it).any(is_why)
    }

    /// Whether the platform of the error was listed after a command lacked its list, or all platforms were: then the next
    /// run of the command has it. Another platform without a list is an issue of its own.
    fn is_listed_since(&self, row: &Command, ended: Timestamp) -> bool {
        let decides = matches!(row.command.as_str(), "gs-diff" | "gs-dedupe");
        if !decides || row.exit != Some(Exit::TempFail.code()) {
            return false;
        }
        let is_later = |listed: Timestamp| listed > ended;
        let is_named = |one: &&PlatformEvidence| self.known(row) == Some(one.name.as_str());
        let named = self.platforms.iter().find(is_named);
        let is_all = || self.platforms.iter().all(|one| one.listing.is_none() && one.listed.is_none_or(is_later));
        named.is_some_and(|one| one.listing.is_none() && one.listed.is_some_and(is_later)) || is_all()
    }

    /// The issue that a login is needed. If a platform has such an issue, that is enough; a later login resolves it.
    fn login_needed(&self, row: &Command, needed: Issue, of_platforms: &[Issue]) -> Option<Issue> {
        let named = self.known(row).and_then(|name| self.platforms.iter().find(|one| one.name == name));
        let is_none_set_up =
            row.reason.as_ref().is_some_and(|reason| matches!(reason.reason(), Reason::NoPlatform { .. }));
        let says_it = |issue: &Issue| {
            let is_login = issue.kind.is_login() || issue.kind == IssueKind::Cooldown;
            is_login && named.is_none_or(|one| issue.platform.as_deref() == Some(one.name.as_str()))
        };
        let ended = row.finished.unwrap_or(row.started);
        let is_new = |since: &Timestamp| *since > ended && clock::age(*since, self.now).is_some();
        let is_mended = named.is_some_and(|one| one.logins.iter().any(|(_, since)| is_new(since)));
        if is_mended || of_platforms.iter().any(says_it) {
            return None;
        }
        let fix = match named {
            Some(one) => format!("gs-auth login --platform {}", one.name),
            None if is_none_set_up => "garminsync setup".to_owned(),
            None => "gs-auth status".to_owned(),
        };
        Some(Issue { platform: named.map(|one| one.name.clone()), fix: Some(fix), ..needed })
    }

    /// The scheduled run that did not happen. A run that is still running is late, not missing.
    fn overdue(&self) -> Option<Issue> {
        let due = self.due.as_ref()?;
        // A schedule that starts in the future was stored with a wrong clock, and so was such a run.
        let holds = |at: Timestamp| due.since <= at || clock::age(due.since, self.now).is_none();
        let previous = due.previous.filter(|at| holds(*at) && self.now.duration_since(*at) > GRACE)?;
        let has_begun = self.last_sync.is_some_and(|began| began >= previous);
        let is_at_it = !self.running.is_empty() || (0..self.commands.len()).any(|at| self.runs(at));
        let fix = Some("garminsync daemon --status".to_owned());
        (!has_begun && !is_at_it).then(|| Issue { at: Some(previous), fix, ..Issue::new(IssueKind::Overdue) })
    }

    /// Platforms that were never listed, next to others that were: the state cannot be OK. An issue that prevents the
    /// listing is enough.
    fn never_listed<'a>(&'a self, issues: &'a [Issue]) -> impl Iterator<Item = Issue> + 'a {
        let is_anything_known = self.platforms.iter().any(|one| one.is_known);
        let is_reported = |name: &String| issues.iter().any(|issue| issue.platform.as_ref() == Some(name));
        let names = self.never_listed.iter().filter(move |name| is_anything_known && !is_reported(name));
        names.map(|name| Issue {
            platform: Some(name.clone()),
            fix: Some(format!("gs-fetch {} > /dev/null", flag("--platform", name))),
            ..Issue::new(IssueKind::NotListed)
        })
    }

    fn is_old(&self, at: Timestamp) -> bool {
        self.now.duration_since(at) > OLD
    }
}

/// An issue of some activities; `None` if there are none.
fn counted(kind: IssueKind, activities: &[String], fix: Option<String>) -> Option<Issue> {
    let count = Some(activities.len() as u64);
    (!activities.is_empty()).then(|| Issue { count, fix, activities: activities.to_vec(), ..Issue::new(kind) })
}

/// The urgency of an exit code for a person. Unlike the order of [`Exit`], a required action comes first. A missing
/// exit code is less urgent than any failure.
fn urgency(exit: Option<u8>) -> u8 {
    match exit.map(|code| Exit::of(code).unwrap_or(Exit::Partial)) {
        Some(Exit::Ok) => 0,
        Some(exit) if BY_PERSON.contains(&exit) => 1,
        None => 2,
        Some(Exit::Partial) => 3,
        Some(Exit::Bug | Exit::LoginRequired | Exit::Config) => 5,
        Some(_) => 4,
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
