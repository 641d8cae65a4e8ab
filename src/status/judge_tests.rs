use super::*;
use crate::activity::AccessKind;
use crate::status::Redacted;

fn at(hours: i64) -> Timestamp {
    Timestamp::from_second(1_750_000_000 + hours * 3600).unwrap()
}

fn redacted(reason: Reason) -> RedactedReason {
    RedactedReason::of(&reason)
}

/// Why a service rejects a login.
fn no_login() -> RedactedReason {
    redacted(Reason::LoginRequired { detail: "wrong password".into() })
}

fn rate_limited() -> RedactedReason {
    redacted(Reason::Retry { detail: "HTTP 429".into() })
}

/// A row that started `hours` from now and took a minute. `platform`: that of its first error; empty: no platform.
fn row(run: &str, command: &str, hours: i64, exit: Option<u8>, platform: &str) -> LastCommand {
    because(run, command, hours, exit, platform, Reason::Retry { detail: "why".into() })
}

/// Like [`row`], with this reason.
fn because(run: &str, command: &str, hours: i64, exit: Option<u8>, platform: &str, reason: Reason) -> LastCommand {
    let ended = at(hours).checked_add(SignedDuration::from_mins(1)).unwrap();
    let row = Command {
        command: Redacted::of(command),
        started: at(hours),
        finished: exit.map(|_| ended),
        outcome: crate::status::RunOutcome::Success,
        exit,
        counts: Default::default(),
        reason: exit.is_some_and(|exit| exit != 0).then(|| redacted(reason)),
        platform: (!platform.is_empty()).then(|| Redacted::of(platform)),
    };
    LastCommand { run: run.into(), number: hours, row, is_newest: true, is_alive: None }
}

fn platform(name: &str) -> PlatformEvidence {
    PlatformEvidence { name: name.into(), is_known: true, ..PlatformEvidence::default() }
}

fn evidence(platforms: Vec<PlatformEvidence>, commands: Vec<LastCommand>) -> HealthEvidence {
    HealthEvidence { now: at(0), platforms, commands, ..HealthEvidence::default() }
}

fn kinds(health: &Health) -> Vec<IssueKind> {
    health.actions.iter().chain(&health.warnings).map(|issue| issue.kind).collect()
}

fn fixes(health: &Health) -> Vec<&str> {
    health.actions.iter().chain(&health.warnings).filter_map(|issue| issue.fix.as_deref()).collect()
}

#[test]
fn the_state_without_data_is_empty_and_without_issues_ok() {
    assert_eq!(evidence(vec![], vec![]).judge(), Health::default());
    assert_eq!(Health::default().state, State::Empty);
    let unknown = PlatformEvidence { is_known: false, ..platform("coros") };
    assert_eq!(evidence(vec![unknown], vec![]).judge().state, State::Empty);
    let health = evidence(vec![platform("coros")], vec![row("a", "gs-fetch", -1, Some(0), "")]).judge();
    assert_eq!((health.state, kinds(&health)), (State::Ok, vec![]));
}

#[test]
fn each_exit_code_is_its_own_issue() {
    let judged = |exit| {
        let health = evidence(vec![platform("coros")], vec![row("a", "gs-upload", -1, exit, "")]).judge();
        let issue = health.actions.first().or(health.warnings.first()).cloned();
        (health.state, issue.map(|issue| (issue.kind, issue.command.unwrap(), issue.exit, issue.reason.unwrap())))
    };
    let why = || redacted(Reason::Retry { detail: "why".into() });
    let issue = |what, exit| Some((what, "gs-upload".to_owned(), Some(exit), why()));
    for exit in [0, 2, 130] {
        assert_eq!(judged(Some(exit)), (State::Ok, None), "{exit}");
    }
    for (what, exit) in [(IssueKind::Bug, 70), (IssueKind::LoginNeeded, 77), (IssueKind::Configuration, 78)] {
        assert_eq!(judged(Some(exit)), (State::ActionNeeded, issue(what, exit)));
    }
    for exit in [1, 65, 75, 101] {
        assert_eq!(judged(Some(exit)), (State::Warning, issue(IssueKind::Failed, exit)));
    }
}

#[test]
fn the_last_run_older_than_a_month_is_ignored() {
    let judge = |hours| evidence(vec![platform("coros")], vec![row("a", "gs-upload", hours, Some(75), "")]).judge();
    assert_eq!(judge(-30 * 24).state, State::Warning);
    assert_eq!(judge(-30 * 24 - 1).state, State::Ok);
}

#[test]
fn a_command_without_an_end_runs_until_another_run_starts_or_a_day_passes() {
    let judge = |commands| kinds(&evidence(vec![platform("coros")], commands).judge());
    let open = |hours| row("a", "gs-fetch", hours, None, "");
    assert_eq!(judge(vec![open(-23)]), []);
    assert_eq!(judge(vec![open(-25)]), [IssueKind::Unfinished]);
    // The commands of one pipeline start together.
    assert_eq!(judge(vec![open(-1), row("a", "gs-dedupe", -1, None, "")]), []);
    assert_eq!(judge(vec![open(-1), row("b", "gs-notify", 0, Some(0), "")]), [IssueKind::Unfinished]);
}

#[test]
fn a_login_issue_has_its_time_and_its_fix() {
    let login_rejected = PlatformEvidence { login_rejected: Some((at(-5), no_login())), ..platform("garmin-cn") };
    let health = evidence(vec![login_rejected.clone()], vec![]).judge();
    assert_eq!(health.actions[0].kind, IssueKind::LoginRejected);
    assert_eq!((health.actions[0].at, health.actions[0].reason.clone()), (Some(at(-5)), Some(no_login())));
    assert_eq!(fixes(&health), ["gs-auth login --platform garmin-cn"]);

    let paused = PlatformEvidence { cooldown: Some((at(2), rate_limited())), ..platform("garmin-com") };
    let health = evidence(vec![paused.clone()], vec![]).judge();
    assert_eq!((health.state, kinds(&health)), (State::Warning, vec![IssueKind::Cooldown]));
    assert_eq!(health.warnings[0].at, Some(at(2)));
    assert_eq!(fixes(&health), ["gs-auth login --browser --platform garmin-com"]);

    let both = PlatformEvidence { login_rejected: login_rejected.login_rejected, ..paused };
    let health = evidence(vec![both], vec![]).judge();
    assert_eq!(kinds(&health), [IssueKind::LoginRejected], "one issue, not two");
    assert_eq!(fixes(&health), ["gs-auth login --browser --platform garmin-com"]);
}

#[test]
fn a_token_is_dead_if_rejected_or_expired() {
    let judge = |expires: Option<i64>, renewable, until: Option<i64>, ended: Option<RedactedReason>| {
        let (expires, renewable_until) = (expires.map(at), until.map(at));
        let login = Login { expires, renewable, renewable_until, ended, ..Login::default() };
        let health =
            evidence(vec![PlatformEvidence { logins: vec![(login, at(-9))], ..platform("coros") }], vec![]).judge();
        health.actions.first().map(|issue| (issue.kind, issue.at))
    };
    let dead = |hours| Some((IssueKind::LoginEnded, Some(at(hours))));
    assert_eq!(judge(None, false, None, None), None, "no expiry is known");
    assert_eq!(judge(Some(1), false, None, None), None);
    assert_eq!(judge(Some(-1), false, None, None), dead(-1));
    assert_eq!(judge(Some(-1), true, None, None), None, "it is renewed");
    assert_eq!(judge(Some(-2), true, Some(1), None), None);
    assert_eq!(judge(Some(-2), true, Some(-1), None), dead(-1));
    assert_eq!(judge(Some(1), true, Some(9), Some(no_login())), dead(-9));

    let login = Login { ended: Some(no_login()), ..Login::default() };
    let login_rejected = Some((at(-1), no_login()));
    let both = PlatformEvidence { logins: vec![(login, at(-9))], login_rejected, ..platform("coros") };
    assert_eq!(kinds(&evidence(vec![both], vec![]).judge()), [IssueKind::LoginRejected], "one login fixes both");
}

#[test]
fn an_api_key_is_a_warning_three_weeks_before_its_end() {
    let judge = |access, expires: i64, ended| {
        let login = Login { access, expires: Some(at(expires)), ended, ..Login::default() };
        evidence(vec![PlatformEvidence { logins: vec![(login, at(-9))], ..platform("garmin-com") }], vec![]).judge()
    };
    let day = 24;
    let soon = judge(AccessKind::ApiKey, 20 * day, None);
    assert_eq!((soon.state, kinds(&soon)), (State::Warning, vec![IssueKind::KeyEnds]));
    assert_eq!((soon.warnings[0].at, fixes(&soon)), (Some(at(20 * day)), vec!["gs-auth key --platform garmin-com"]));
    assert!(kinds(&judge(AccessKind::ApiKey, 22 * day, None)).is_empty());
    assert!(kinds(&judge(AccessKind::Login, 20 * day, None)).is_empty(), "a login is renewed or repeated");
    for health in [judge(AccessKind::ApiKey, -1, None), judge(AccessKind::ApiKey, 20 * day, Some(no_login()))] {
        assert_eq!((health.state, kinds(&health)), (State::ActionNeeded, vec![IssueKind::KeyEnded]));
    }
}

#[test]
fn a_rejected_login_leaves_the_issue_of_the_key() {
    let key = Login { access: AccessKind::ApiKey, ended: Some(no_login()), ..Login::default() };
    let login = Login { ended: Some(no_login()), ..Login::default() };
    let logins = vec![(key, at(-9)), (login, at(-9))];
    let both = PlatformEvidence { logins, login_rejected: Some((at(-1), no_login())), ..platform("garmin-com") };
    assert_eq!(kinds(&evidence(vec![both], vec![]).judge()), [IssueKind::LoginRejected, IssueKind::KeyEnded]);
}

#[test]
fn a_required_login_is_an_issue_unless_reported_or_fixed() {
    let judge = |platforms, about| evidence(platforms, vec![row("a", "gs-fetch", -1, Some(77), about)]).judge();
    let health = judge(vec![platform("coros"), platform("garmin-com")], "garmin-com");
    assert_eq!(
        (kinds(&health), fixes(&health)),
        (vec![IssueKind::LoginNeeded], vec!["gs-auth login --platform garmin-com"])
    );
    assert_eq!(health.actions[0].platform.as_deref(), Some("garmin-com"));
    let none = because("a", "gs-fetch", -1, Some(77), "", Reason::NoPlatform { has_settings: false });
    let health = evidence(vec![], vec![none]).judge();
    assert_eq!((health.state, fixes(&health)), (State::ActionNeeded, vec!["garminsync setup"]));
    assert_eq!(fixes(&judge(vec![platform("coros")], "")), ["gs-auth status"]);
    // A name that begins with the name of another platform.
    let health = judge(vec![platform("garmin-com")], "garmin-command");
    assert_eq!(health.actions[0].platform, None);

    let login_rejected = PlatformEvidence { login_rejected: Some((at(-1), no_login())), ..platform("garmin-com") };
    assert_eq!(kinds(&judge(vec![login_rejected.clone()], "garmin-com")), [IssueKind::LoginRejected]);
    assert_eq!(kinds(&judge(vec![login_rejected.clone()], "")), [IssueKind::LoginRejected]);
    let health = judge(vec![login_rejected, platform("coros")], "coros");
    assert_eq!(kinds(&health), [IssueKind::LoginRejected, IssueKind::LoginNeeded], "the issue of another platform");

    let login = |seen| vec![(Login::default(), at(seen))];
    let since = |seen| judge(vec![PlatformEvidence { logins: login(seen), ..platform("coros") }], "coros");
    assert_eq!((kinds(&since(-2)), kinds(&since(0))), (vec![IssueKind::LoginNeeded], vec![]));
}

#[test]
fn a_bad_listing_is_implausible_or_incomplete_unless_it_still_runs() {
    let listing = |implausible, finished: Option<i64>| BadListing {
        run: "a".into(),
        started: at(-2),
        finished: finished.map(at),
        implausible,
        reason: Some(redacted(Reason::ListingUnordered)),
    };
    let judge = |listing, commands| {
        evidence(vec![PlatformEvidence { listing: Some(listing), ..platform("folder:/mnt/my watch") }], commands)
            .judge()
    };
    let health = judge(listing(true, Some(-1)), vec![]);
    assert_eq!((health.state, kinds(&health)), (State::ActionNeeded, vec![IssueKind::ListingImplausible]));
    assert_eq!(fixes(&health), ["gs-fetch --full --platform 'folder:/mnt/my watch' --accept-missing > /dev/null"]);
    let health = judge(listing(false, Some(-1)), vec![]);
    assert_eq!((health.state, health.warnings[0].at), (State::Warning, Some(at(-1))));
    let open = || vec![row("a", "gs-fetch", -2, None, "")];
    assert_eq!(kinds(&judge(listing(false, None), open())), []);
    assert_eq!(kinds(&judge(listing(false, None), vec![])), [IssueKind::ListingIncomplete]);
    assert_eq!(
        kinds(&judge(listing(false, None), vec![row("b", "gs-fetch", -2, None, "")])),
        [IssueKind::ListingIncomplete]
    );
}

#[test]
fn a_run_is_overdue_one_hour_after_its_time() {
    let due = |since, previous: i64| Some(Due { since: at(since), previous: Some(at(previous)) });
    let judge = |due, last: Option<i64>, commands| {
        let evidence = HealthEvidence { due, last_sync: last.map(at), ..evidence(vec![platform("coros")], commands) };
        evidence.judge().actions.first().map(|issue| (issue.kind, issue.at))
    };
    let overdue = |hours| Some((IssueKind::Overdue, Some(at(hours))));
    assert_eq!(judge(due(-99, -2), Some(-3), vec![]), overdue(-2));
    assert_eq!(judge(due(-99, -2), None, vec![]), overdue(-2));
    assert_eq!(judge(due(-99, -1), Some(-3), vec![]), None, "an hour is allowed");
    assert_eq!(judge(due(-99, -2), Some(-2), vec![]), None);
    assert_eq!(judge(due(-1, -2), Some(-3), vec![]), None, "the schedule is newer");
    assert_eq!(judge(None, None, vec![]), None);
    assert_eq!(
        judge(due(-99, -2), Some(-3), vec![row("a", "gs-fetch", -3, None, "")]),
        None,
        "a long run has not ended yet"
    );
}

#[test]
fn the_most_urgent_issue_comes_first_and_corrupt_files_are_counted() {
    let login_rejected = PlatformEvidence { login_rejected: Some((at(-1), no_login())), ..platform("coros") };
    let implausible =
        BadListing { run: "a".into(), started: at(-2), finished: Some(at(-1)), implausible: true, reason: None };
    let platforms = vec![PlatformEvidence { listing: Some(implausible), ..platform("garmin-com") }, login_rejected];
    let commands = vec![row("a", "gs-fetch", -3, Some(78), ""), row("a", "gs-upload", -3, Some(1), "")];
    let named = |count: usize| vec!["coros 1".to_owned(); count];
    let health = HealthEvidence { corrupt_files: named(3), failed: named(2), ..evidence(platforms, commands) }.judge();
    assert_eq!(
        kinds(&health),
        [
            IssueKind::LoginRejected,
            IssueKind::ListingImplausible,
            IssueKind::Configuration,
            IssueKind::FilesCorrupt,
            IssueKind::FilesFailed,
            IssueKind::Failed
        ]
    );
    assert_eq!((health.warnings[0].count, health.actions.len()), (Some(3), 3));
}

#[test]
fn outstanding_work_is_behind_if_two_runs_did_not_reduce_it() {
    let now = |uploads, downloads| Outstanding { uploads, downloads, ..Outstanding::default() };
    let left = |uploads, downloads| Left { uploads: Some(uploads), downloads: Some(downloads), deletions: None };
    let judge = |now, before: &[Left]| {
        let evidence = evidence(vec![platform("coros")], vec![]);
        HealthEvidence { outstanding: now, before: before.to_vec(), ..evidence }.judge()
    };
    assert_eq!(judge(now(0, 0), &[left(9, 9), left(9, 9)]).state, State::Ok);
    for before in
        [&[][..], &[left(5, 0)], &[left(6, 0), left(7, 0)], &[left(5, 0), left(6, 0)], &[left(9, 0), left(0, 0)]]
    {
        let health = judge(now(5, 0), before);
        assert_eq!(
            (health.state, health.outstanding, kinds(&health)),
            (State::Outstanding, now(5, 0), vec![]),
            "{before:?}"
        );
    }
    let health = judge(now(5, 30), &[left(5, 40), left(4, 50)]);
    assert_eq!((health.state, kinds(&health)), (State::Behind, vec![IssueKind::Behind]));
    assert_eq!(health.warnings[0].count, Some(5), "the number of downloads has decreased");
    let failed = row("a", "gs-upload", -1, Some(75), "");
    let both = HealthEvidence { outstanding: now(5, 0), before: vec![left(5, 0); 2], ..evidence(vec![], vec![failed]) }
        .judge();
    assert_eq!((both.state, kinds(&both)), (State::Warning, vec![IssueKind::Behind, IssueKind::Failed]));
    let pending = Outstanding { pending: 1, ..Outstanding::default() };
    assert_eq!(judge(pending, &[]).state, State::Outstanding);
}

#[test]
fn runs_without_uploads_are_not_behind_with_uploads() {
    let archives = Left { downloads: Some(0), ..Left::default() };
    let uploads = |uploads| Left { uploads: Some(uploads), ..archives };
    let judge = |before: &[Left]| {
        let outstanding = Outstanding { uploads: 5, ..Outstanding::default() };
        HealthEvidence { outstanding, before: before.to_vec(), ..evidence(vec![platform("coros")], vec![]) }
            .judge()
            .state
    };
    assert_eq!(judge(&[archives; 3]), State::Outstanding);
    assert_eq!(judge(&[uploads(5), archives, archives]), State::Outstanding);
    assert_eq!(judge(&[archives, uploads(5), archives, uploads(5)]), State::Behind);
}

#[test]
fn a_command_that_hangs_for_two_days_does_not_excuse_a_missed_run() {
    let judge = |hours: i64| {
        let due = Some(Due { since: at(-999), previous: Some(at(-2)) });
        let hangs = LastCommand { is_alive: Some(true), ..row("a", "gs-fetch", hours, None, "") };
        let evidence =
            HealthEvidence { due, last_sync: Some(at(hours)), ..evidence(vec![platform("coros")], vec![hangs]) };
        kinds(&evidence.judge())
    };
    assert_eq!(judge(-47), []);
    assert_eq!(judge(-49), [IssueKind::Overdue, IssueKind::Unfinished]);
}

#[test]
fn a_missing_listing_is_resolved_once_the_platform_is_listed() {
    let judge = |listed: Option<i64>| {
        let coros = PlatformEvidence { listed: listed.map(at), ..platform("coros") };
        let missed = because("a", "gs-diff", -3, Some(75), "coros", Reason::PlatformNeverListed);
        kinds(&evidence(vec![coros, platform("folder")], vec![missed]).judge())
    };
    assert_eq!(judge(Some(-4)), [IssueKind::Failed]);
    assert_eq!(judge(Some(-2)), []);
}

#[test]
fn a_missing_listing_is_resolved_although_another_platform_was_not_listed_since() {
    let judge = |named: &str, of_listing: Option<BadListing>| {
        let intervals = PlatformEvidence { listed: Some(at(-2)), listing: of_listing, ..platform("intervals") };
        let coros = PlatformEvidence { listed: Some(at(-4)), ..platform("coros") };
        kinds(&evidence(vec![coros, intervals], vec![row("a", "gs-diff", -3, Some(75), named)]).judge())
    };
    assert_eq!(judge("intervals", None), []);
    assert_eq!(judge("coros", None), [IssueKind::Failed]);
    assert_eq!(judge("", None), [IssueKind::Failed]);
    let bad = BadListing { run: "b".into(), started: at(-1), finished: Some(at(-1)), implausible: false, reason: None };
    assert_eq!(judge("intervals", Some(bad)), [IssueKind::ListingIncomplete, IssueKind::Failed]);
}

#[test]
fn a_failure_is_not_resolved_by_a_run_without_its_platform() {
    let failed = |about: &str| LastCommand { is_newest: false, ..row("a", "gs-upload", -9, Some(78), about) };
    let judge = |about: &str, worked: &[(&str, &str, i64)]| {
        let commands =
            vec![failed(about), row("b", "gs-fetch", -2, Some(0), ""), row("b", "gs-upload", -1, Some(0), "")];
        let key = |(command, platform, number): &(&str, &str, i64)| {
            let command = (!command.is_empty()).then(|| (*command).to_owned());
            ((command, (*platform).to_owned()), *number)
        };
        let worked = worked.iter().map(key).collect();
        kinds(&HealthEvidence { worked, ..evidence(vec![platform("coros"), platform("garmin-cn")], commands) }.judge())
    };
    let other = [("gs-upload", "coros", -1), ("", "coros", -1), ("gs-upload", "garmin-cn", -9)];
    assert_eq!(judge("garmin-cn", &other), [IssueKind::Configuration]);
    assert_eq!(judge("garmin-cn", &[("gs-upload", "garmin-cn", -1)]), []);
    assert_eq!(judge("garmin-cn", &[("", "garmin-cn", -1)]), []);
    assert_eq!(judge("", &[]), [], "another run of the command succeeded");
}

#[test]
fn lost_uploads_need_an_action_and_name_the_command() {
    let lost =
        PlatformEvidence { lost: vec!["garmin-com 7".into()], retry: Some("retry it".into()), ..platform("coros") };
    let health = evidence(vec![lost], vec![]).judge();
    assert_eq!(
        (health.state, kinds(&health), fixes(&health)),
        (State::ActionNeeded, vec![IssueKind::UploadsLost], vec!["retry it"])
    );
    let late = PlatformEvidence { unconfirmed: vec!["garmin-com 7".into(); 2], ..platform("coros") };
    let health = evidence(vec![late], vec![]).judge();
    assert_eq!((health.state, health.warnings[0].count), (State::Warning, Some(2)));
    assert_eq!(fixes(&health), ["gs-upload --platform coros < /dev/null"]);
}

#[test]
fn without_a_schedule_a_platform_not_listed_for_a_week_is_a_warning() {
    let judge = |hours, due| {
        let listed = PlatformEvidence { listed: Some(at(hours)), ..platform("coros") };
        HealthEvidence { due, ..evidence(vec![listed], vec![]) }.judge()
    };
    assert_eq!(judge(-8 * 24, None).state, State::Ok);
    let health = judge(-8 * 24 - 1, None);
    assert_eq!((health.state, kinds(&health)), (State::Warning, vec![IssueKind::NotListed]));
    assert_eq!(judge(-8 * 24 - 1, Some(Due { since: at(-999), previous: None })).state, State::Ok);
}

#[test]
fn a_later_success_in_a_run_does_not_hide_a_failure() {
    let judge = |rows| kinds(&evidence(vec![platform("coros")], rows).judge());
    let of = |exit| row("a", "gs-download", -1, exit, "");
    assert_eq!(judge(vec![of(Some(75)), of(Some(0))]), [IssueKind::Failed]);
    assert_eq!(judge(vec![of(Some(77)), of(Some(1))]), [IssueKind::LoginNeeded]);
    assert_eq!(judge(vec![of(Some(0)), of(None)]), [], "it still runs");
    assert_eq!(judge(vec![of(Some(1)), of(None)]), [IssueKind::Failed]);
}

#[test]
fn a_command_without_an_end_in_an_ended_run_is_unfinished() {
    let commands = vec![row("a", "gs-upload", 0, None, "")];
    let evidence = HealthEvidence { ended: Some("a".into()), ..evidence(vec![platform("coros")], commands) };
    assert_eq!(kinds(&evidence.judge()), [IssueKind::Unfinished]);
}

#[test]
fn a_command_with_a_lock_runs_and_one_without_was_killed() {
    let open = |is_alive, hours| LastCommand { is_alive, ..row("a", "gs-fetch", hours, None, "") };
    let listing = BadListing { run: "a".into(), started: at(-2), finished: None, implausible: false, reason: None };
    let later = row("b", "gs-diff", 0, Some(0), "");
    let judge = |commands: Vec<LastCommand>, running| {
        let listed = PlatformEvidence { listing: Some(listing.clone()), ..platform("coros") };
        kinds(&HealthEvidence { running, ..evidence(vec![listed], commands) }.judge())
    };
    let running = || vec![("a".to_owned(), "gs-fetch".to_owned())];
    // Even if another command ran meanwhile, or if it takes long.
    assert_eq!(judge(vec![open(Some(true), -2), later.clone()], running()), []);
    assert_eq!(judge(vec![open(Some(true), -47)], running()), []);
    // The newest row of the command belongs to another run.
    assert_eq!(judge(vec![row("b", "gs-fetch", 0, Some(0), "")], running()), []);
    assert_eq!(judge(vec![open(Some(false), -2)], vec![]), [IssueKind::ListingIncomplete, IssueKind::Unfinished]);
    assert_eq!(
        judge(vec![open(None, -2), later], vec![]),
        [IssueKind::ListingIncomplete, IssueKind::Unfinished],
        "it is unknown whether it runs"
    );
}

fn other_account() -> Reason {
    Reason::OtherAccount { platform: "garmin-com".into(), login: "B".into(), owner: Some("A".into()) }
}

#[test]
fn a_rejected_login_is_resolved_once_the_token_works() {
    let login_rejected = Some((at(-5), redacted(other_account())));
    let cooldown = Some((at(2), rate_limited()));
    for one in
        [PlatformEvidence { login_rejected, ..platform("coros") }, PlatformEvidence { cooldown, ..platform("coros") }]
    {
        assert_ne!(evidence(vec![one.clone()], vec![]).judge().state, State::Ok);
        let served = PlatformEvidence { served_since: true, ..one };
        assert_eq!(evidence(vec![served.clone()], vec![]).judge().state, State::Ok);
        // The token is an issue of its own.
        let login = Login { ended: Some(no_login()), ..Login::default() };
        let dead = PlatformEvidence { logins: vec![(login, at(-1))], ..served };
        assert_eq!(kinds(&evidence(vec![dead], vec![]).judge()), [IssueKind::LoginEnded]);
    }
}

#[test]
fn the_result_of_a_manual_command_is_not_an_issue() {
    for exit in [Some(1), Some(65), Some(75), None] {
        assert_eq!(kinds(&evidence(vec![platform("coros")], vec![row("a", "gs-import", -25, exit, "")]).judge()), []);
    }
    let bug = || row("a", "gs-import", -9, Some(70), "");
    let sync =
        |commands: &[&str]| commands.iter().map(|command| row("b", command, -1, Some(0), "")).collect::<Vec<_>>();
    let judge = |first, rest: Vec<LastCommand>| {
        let commands = std::iter::once(first).chain(rest).collect();
        kinds(&evidence(vec![platform("coros")], commands).judge())
    };
    assert_eq!(judge(bug(), vec![]), [IssueKind::Bug]);
    assert_eq!(judge(bug(), sync(&["gs-fetch", "gs-download"])), [IssueKind::Bug], "not a complete sync");
    assert_eq!(judge(bug(), sync(&["gs-fetch", "gs-upload"])), []);
    // A sync resolves the failure of a manual deletion, too.
    let deletion = || row("a", "gs-delete", -9, Some(75), "");
    assert_eq!(judge(deletion(), vec![]), [IssueKind::Failed]);
    assert_eq!(judge(deletion(), sync(&["gs-fetch", "gs-upload"])), []);
}

#[test]
fn each_issue_has_its_fix() {
    for (reason, fix) in [
        (Reason::Configuration { detail: "SYNC_PLATFORM=x".into() }, Some("gs-settings --check")),
        (other_account(), None),
        (Reason::DiskFull { path: "/data/x".into() }, None),
        (Reason::NoLocks { path: "/data/x".into() }, None),
    ] {
        let failed = because("a", "gs-fetch", -1, Some(78), "", reason.clone());
        let health = evidence(vec![platform("garmin-com")], vec![failed]).judge();
        assert_eq!((health.state, fixes(&health).first().copied()), (State::ActionNeeded, fix), "{reason:?}");
    }
    let login_rejected =
        PlatformEvidence { login_rejected: Some((at(-1), redacted(other_account()))), ..platform("garmin-com") };
    assert_eq!(
        fixes(&evidence(vec![login_rejected], vec![]).judge()).first().copied(),
        None,
        "forgetting the account is the last resort"
    );
    let due = Some(Due { since: at(-99), previous: Some(at(-2)) });
    let health = HealthEvidence { due, ..evidence(vec![platform("coros")], vec![]) }.judge();
    assert_eq!(fixes(&health), ["garminsync daemon --status"]);
    let line = health.actions[0].line(crate::i18n::Lang::En);
    assert!(
        line.starts_with("A scheduled sync did not run; check cron (scheduled for 2025-06-15 13:06 UTC)"),
        "{line}"
    );
}

#[test]
fn one_cause_is_one_issue() {
    let cut = BadListing { run: "a".into(), started: at(-1), finished: Some(at(-1)), implausible: false, reason: None };
    let one = PlatformEvidence { listing: Some(cut), ..platform("coros") };
    let judge = |command, exit, about| {
        kinds(
            &evidence(vec![one.clone(), platform("garmin-com")], vec![row("a", command, -1, Some(exit), about)])
                .judge(),
        )
    };
    assert_eq!(judge("gs-fetch", 75, "coros"), [IssueKind::ListingIncomplete]);
    assert_eq!(judge("gs-fetch", 75, "garmin-com"), [IssueKind::ListingIncomplete, IssueKind::Failed]);
    assert_eq!(judge("gs-fetch", 1, "coros"), [IssueKind::ListingIncomplete, IssueKind::Failed]);
    assert_eq!(judge("gs-upload", 75, "coros"), [IssueKind::ListingIncomplete, IssueKind::Failed]);
    let wait = PlatformEvidence { rate_limited_until: Some(at(1)), ..platform("coros") };
    let commands = vec![row("a", "gs-upload", -1, Some(75), "coros")];
    assert_eq!(kinds(&evidence(vec![wait], commands).judge()), [IssueKind::RateLimited]);
}
