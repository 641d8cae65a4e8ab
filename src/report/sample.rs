//! Data of an invented person, for the tests of the page.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::activity::AccessKind;
use crate::reason::Reason;

const PLATFORMS: [(&str, &str); 3] = [
    ("garmin-com", "Garmin Connect (garmin.com)"),
    ("garmin-cn", "Garmin Connect China (garmin.cn)"),
    ("coros", "COROS"),
];

/// The time of the page.
pub fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn ago(hours: i64) -> Timestamp {
    now().checked_sub(SignedDuration::from_hours(hours)).unwrap()
}

/// Converts a text that a person or a service wrote.
pub type Say<'a> = &'a dyn Fn(&str) -> Redacted;

/// A reason with a text from a person or a service.
fn detailed(say: Say, reason: fn(String) -> Reason, detail: &str) -> RedactedReason {
    RedactedReason::of(&reason(say(detail).to_string()))
}

fn retry(say: Say, detail: &str) -> RedactedReason {
    detailed(say, |detail| Reason::Retry { detail }, detail)
}

fn login_ended(say: Say) -> RedactedReason {
    detailed(say, |detail| Reason::LoginRequired { detail }, "another login ended it")
}

fn all(reasons: &[Reason]) -> Vec<RedactedReason> {
    reasons.iter().map(RedactedReason::of).collect()
}

fn entry(say: Say, id: u64, name: &str) -> ActivityLabel {
    ActivityLabel {
        platform: "garmin-com".into(),
        id: Redacted::of(&id.to_string()),
        name: Some(say(name)),
        sport: Some(say("running")),
        start_time: Some(ago(id as i64)),
        utc_offset_s: Some(3600),
        timer_time_s: Some(2223.3),
        distance_m: Some(4261.2),
    }
}

/// One of many activities.
pub fn group(say: Say, number: u64) -> ActivityGroup {
    let sports = ["running", "cycling", "swimming", "hiking"];
    let id = say(&(21_482_825_013 - number).to_string());
    let start = ago(number as i64 * 31);
    let name = start.strftime("%Y-%m-%dT%H-%M-%SZ");
    ActivityGroup {
        name: say(["Morning run", "Round the lake", "西湖晨跑", "Intervals 6 × 800 m"][number as usize % 4]),
        sport: say(sports[number as usize % 4]),
        sub_sport: number.is_multiple_of(3).then(|| say("trail")),
        start_time: Some(start),
        utc_offset_s: Some(3600),
        timer_time_s: Some(1800.0 + number as f64 * 7.0),
        distance_m: Some(5000.0 + number as f64 * 13.0),
        device: Some(say("Forerunner 965")),
        on: (0..=number as usize % 3)
            .map(|at| Place {
                platform: PLATFORMS[at].0.into(),
                id: Redacted::of(
                    &(at as u64 * 7_919 * (57_000_000_000_000 - number) + 21_482_825_013 - number).to_string(),
                ),
            })
            .collect(),
        gone_from: Vec::new(),
        unlisted: Vec::new(),
        missing_on: (number % 3 < 2).then(|| ("coros".to_owned(), MissingReason::ToUpload)).into_iter().collect(),
        file: (!number.is_multiple_of(9)).then(|| File {
            path: say(&format!("fit/garmin_com/activity_{id}_{name}.fit")),
            format: say("fit"),
            converted: false,
            bytes: 86_212 + number,
        }),
    }
}

fn run(say: Say, number: i64, outcome: RunOutcome, exit: Option<u8>) -> Run {
    let command = |name: &str, counts: &[(&str, u64)]| Command {
        command: say(name),
        started: ago(6 * number + 1),
        finished: Some(ago(6 * number + 1).checked_add(SignedDuration::from_secs(95)).unwrap()),
        outcome,
        exit,
        counts: counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect(),
        reason: (outcome != RunOutcome::Success).then(|| retry(say, "HTTP 503; try again later")),
        platform: (outcome != RunOutcome::Success).then(|| say("coros")),
    };
    let commands =
        vec![command("gs-fetch", &[("listed", 120), ("new", 2)]), command("gs-download", &[("downloaded", 2)])];
    Run {
        run: say("20260301T110000Z-0001"),
        started: commands[0].started,
        finished: commands[1].finished,
        outcome,
        exit,
        counts: BTreeMap::from([("downloaded".into(), 2), ("listed".into(), 120), ("new".into(), 2)]),
        reason: commands[1].reason.clone(),
        commands,
    }
}

fn platform((name, title): (&str, &str)) -> Platform {
    Platform {
        name: name.into(),
        title: title.into(),
        compared: true,
        total: 1210,
        downloaded: 1198,
        missing: 8,
        no_original: 4,
        unavailable: 2,
        failed: 1,
        pending: 2,
        write_only: false,
        delivered: 0,
        bytes: 98_000_000,
        last_complete_listing: Some(ago(50)),
        last_listing: Some(ago(1)),
        unusable_reason: None,
        logins: vec![Login {
            expires: Some(ago(-20)),
            renewable: true,
            renewable_until: Some(ago(-600)),
            ..Login::default()
        }],
        cooldown_until: None,
        rate_limited_until: None,
        file_quotas: vec![FileQuotaUsage {
            access: AccessKind::OAuth,
            used: 50,
            files: 50,
            hours: 24,
            next: Some(ago(-1)),
        }],
    }
}

/// A snapshot with at least one entry of each kind.
pub fn snapshot() -> Snapshot {
    facts_in(&Redacted::of)
}

/// The same snapshot, with every foreign text converted by `say`.
pub fn facts_in(say: Say) -> Snapshot {
    let missing_item = |id, reasons| MissingItem { activity: entry(say, id, "Evening ride"), reasons, since: None };
    let pairs =
        PLATFORMS.iter().flat_map(|on| PLATFORMS.iter().map(move |and| (on.0, and.0))).filter(|(on, and)| on != and);
    let mut platforms: Vec<Platform> = PLATFORMS.into_iter().map(platform).collect();
    platforms[2].unusable_reason = Some(retry(say, "the answer was cut in the middle"));
    platforms[2].logins = vec![Login { ended: Some(login_ended(say)), ..Login::default() }];
    Snapshot {
        outstanding: Outstanding { uploads: 3, downloads: 1, deletions: 0, pending: 1 },
        state: State::ActionNeeded,
        made: Some(now()),
        version: "0.1.0",
        left_out: Vec::new(),
        counts: Counts { distinct: 249, archived: 222, duplicates: 1, deletable: 1 },
        last_run: Some(run(say, 0, RunOutcome::Partial, Some(1))),
        running_since: None,
        schedule: Some(ScheduleStatus { cron: "0 */6 * * *".into(), zone: "Europe/Zurich".into(), enabled: true, next_run: Some(ago(-5)), runner: Some(say("crontab")), is_run: true }),
        actions: vec![Issue {
            platform: Some("coros".into()),
            reason: Some(login_ended(say)),
            fix: Some("gs-auth login --platform coros".into()),
            at: Some(ago(3)),
            ..Issue::new(IssueKind::LoginEnded)
        }],
        warnings: vec![Issue {
            command: Some("gs-download".into()),
            platform: Some("garmin-com".into()),
            exit: Some(1),
            reason: Some(retry(say, "HTTP 500; try again later")),
            at: Some(ago(3)),
            ..Issue::new(IssueKind::Failed)
        }],
        platforms,
        matrix: pairs
            .map(|(on, and)| PlatformPair { on: on.into(), and: and.into(), both: 1190, only: u64::from(and == "coros") * 20, pending: 2, rejected: 1 })
            .collect(),
        missing: vec![
            Missing { on: "coros".into(), reason: MissingReason::ToUpload, count: 2, items: vec![missing_item(7, vec![]), missing_item(9, vec![])] },
            Missing { on: "coros".into(), reason: MissingReason::PossibleDuplicate, count: 1, items: vec![missing_item(8, all(&[Reason::StartShifted { minutes: 60 }, Reason::Distance { percent: 0.1 }]))] },
        ],
        not_archived: vec![NotArchived { platform: "garmin-com".into(), reason: NoFile::Failed, count: 1, items: vec![missing_item(11, vec![retry(say, "HTTP 500")])] }],
        duplicates: vec![Duplicate {
            copy: entry(say, 12, "Lunch run"),
            kept: entry(say, 13, "Lunch run"),
            certainty: "match",
            certain: true,
            deletable: true,
            not_deletable_because: None,
            reasons: all(&[Reason::StartApart { seconds: 2.0 }, Reason::Distance { percent: 0.1 }, Reason::SameDevice]),
            kept_because: RedactedReason::of(&Reason::NativeDevice { manufacturer: "garmin".into() }),
        }],
        time_zone_faults: vec![SimilarPair { one: entry(say, 14, "A"), other: entry(say, 15, "B"), reasons: all(&[Reason::StartShifted { minutes: 480 }, Reason::Distance { percent: 0.0 }]) }],
        deletions: vec![Deletion {
            activity: entry(say, 16, "Twice"),
            by: Deleter::Garminsync,
            at: ago(30),
            kept_id: Some(say("17")),
            reason: Some(RedactedReason::of(&Reason::SameFile)),
            file: Some(say("fit/garmin_com/activity_16_2026-02-28T20-00-00Z.fit")),
            restore: Some("gs-list --deleted --platform garmin-com --id 16 | gs-upload --restore > /dev/null".into()),
        }],
        rejected: vec![Rejection {
            activity: entry(say, 18, "Odd one"),
            to: "coros".into(),
            outcome: "rejected",
            at: ago(60),
            reason: Some(detailed(say, |detail| Reason::Rejected { detail }, "file format is not supported")),
            retry: "gs-list --platform garmin-com --id 18 | gs-diff --to coros --retry-rejected | gs-download | gs-upload > /dev/null".into(),
        }],
        runs: (0..30).map(|n| if n % 7 == 0 { run(say, n, RunOutcome::Partial, Some(1)) } else { run(say, n, RunOutcome::Success, Some(0)) }).collect(),
        days: days(),
        weeks: weeks(),
        months: months(),
        activities: (1..250).map(|number| group(say, number)).collect(),
    }
}

fn today() -> Date {
    Date::constant(2026, 3, 1)
}

/// Three years of days. In the middle of the second year the person was ill.
fn days() -> Vec<Day> {
    let day = |back: i64| {
        let date = today().checked_sub(jiff::Span::new().days(back)).unwrap();
        let time_s = 1800.0 + (back * 7919 % 113) as f64 * 90.0;
        Day { date, count: 1 + (back % 9 == 0) as u64, time_s, distance_m: time_s * 2.9 }
    };
    (0..1100).rev().filter(|back| back * 31 % 7 < 4 && !(500..580).contains(back)).map(day).collect()
}

fn weeks() -> Vec<Week> {
    let mut weeks: BTreeMap<Date, BTreeMap<String, Volume>> = BTreeMap::new();
    let sports = ["running", "cycling", "swimming", "hiking", "training"];
    for (at, day) in days().iter().enumerate() {
        let back = i64::from(day.date.weekday().to_monday_zero_offset());
        let monday = day.date.checked_sub(jiff::Span::new().days(back)).unwrap();
        let sport = sports[at * at % 11 % sports.len()];
        let volume = weeks.entry(monday).or_default().entry(sport.to_owned()).or_default();
        (volume.count, volume.time_s, volume.distance_m) =
            (volume.count + day.count, volume.time_s + day.time_s, volume.distance_m + day.distance_m);
    }
    weeks.into_iter().map(|(monday, sports)| Week { monday, sports }).collect()
}

fn months() -> Vec<Month> {
    let month = |n: i64| {
        let count = 14 + (n * 5 % 7) as u64;
        let on = PLATFORMS.iter().zip(0..).map(|((name, _), place)| {
            let there = if n < 6 * place {
                0
            } else if n % 9 == 4 {
                count - 3
            } else {
                count
            };
            ((*name).to_owned(), there)
        });
        Month {
            month: Date::constant(2023, 3, 1).checked_add(jiff::Span::new().months(n)).unwrap(),
            count,
            archived: count - u64::from(n % 13 == 12),
            on: on.collect(),
        }
    };
    (0..37).map(month).collect()
}
