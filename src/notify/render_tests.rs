use super::*;
use crate::reason::Reason;
use crate::record::Record;
use crate::status::judge::Health;
use crate::status::{Issue, IssueKind as Kind, RedactedReason};

fn summary() -> Summary {
    let mut summary = Summary::default();
    for line in [
        r#"{"type":"transfer","to":"coros","activity":{"platform":"garmin-com","id":"1","name":"Mor[n]ing *run*","sport":"running","start_time":"2026-01-08T14:10:21Z","utc_offset_s":-21600,"distance_m":4261.2},"outcome":{"kind":"created","id":"9"}}"#,
        r#"{"type":"transfer","to":"garmin-cn","activity":{"platform":"garmin-com","id":"1","name":"Ride","sport":"cycling","start_time":"2026-01-09T14:10:21Z"},"outcome":{"kind":"created"}}"#,
        r#"{"type":"transfer","to":"coros","activity":{"platform":"garmin-com","id":"2","name":"Swim","sport":"swimming"},"problem":{"command":"gs-upload","kind":"rejected","reason":{"code":"rejected","detail":"coros rejected\n the file; look at it"}}}"#,
        r#"{"type":"transfer","to":"coros","activity":{"platform":"garmin-com","id":"3"},"outcome":{"kind":"pending"}}"#,
        r#"{"type":"activity","platform":"garmin-com","id":"5","name":"Copy","outcome":{"kind":"deleted"}}"#,
        r#"{"type":"activity","platform":"garmin-com","id":"6","outcome":{"kind":"skipped","reasons":[{"code":"not-archived"}]}}"#,
        r#"{"type":"activity","platform":"garmin-com","id":"7","duplicate_of":{"id":"1","reasons":[],"certainty":"same-file"}}"#,
        r#"{"type":"activity","platform":"garmin-cn","id":"8","problem":{"command":"gs-download","kind":"login-required","reason":{"code":"login-required","detail":"no token; run gs-auth login --platform garmin-cn"}}}"#,
        r#"{"type":"activity","platform":"garmin-cn","id":"9","problem":{"command":"gs-download","kind":"login-required","reason":{"code":"login-required","detail":"no token; run gs-auth login --platform garmin-cn"}}}"#,
    ] {
        summary.add(&Record::parse(line.as_bytes()).unwrap());
    }
    let issue = |kind, command: &str, exit, reason: Option<Reason>| Issue {
        kind,
        platform: reason.is_some().then(|| "coros".into()),
        command: Some(command.into()),
        exit,
        count: None,
        reason: reason.as_ref().map(RedactedReason::of),
        at: None,
        fix: None,
        activities: Vec::new(),
    };
    let warnings = vec![
        issue(Kind::Failed, "gs-fetch", Some(75), Some(Reason::ListingUnordered)),
        issue(Kind::Unfinished, "gs-diff", None, None),
    ];
    let outstanding = Outstanding { uploads: 3774, downloads: 1, deletions: 0, pending: 2 };
    summary.add_judged(Health { warnings, outstanding, ..Health::default() });
    summary
}

#[test]
fn a_message_in_plain_english() {
    let text = render(&summary(), Lang::En, Style::Plain, Tone::default());
    let expected = "\
garminsync: 2 added, 1 deleted, 1 pending, 3 failed, action needed
Added: coros 1, garmin-cn 1
Deleted: garmin-com 1
Pending: coros 1
Duplicates found, not deleted: garmin-com 1; set DELETE_DUPLICATE=1, or see gs-list | gs-dedupe --duplicates
Outstanding: 3,774 uploads, 1 download

Action needed
- garmin-cn: no token; run gs-auth login --platform garmin-cn [gs-download]

Failed
- garmin-com → coros swimming Swim (2): coros rejected the file; look at it [gs-upload]
- gs-fetch failed with exit code 75: coros: listing ignored: its activities are not in order, so some may be missing; try again later
- gs-diff was killed before it ended

Added to coros
- 2026-01-08 08:10 running 4.3 km Mor[n]ing *run*

Added to garmin-cn
- 2026-01-09 14:10 UTC cycling Ride

Deleted from garmin-com
- Copy

Skipped
- garmin-com 1: file not intact in the archive; run gs-download";
    assert_eq!(text.whole, expected);
    assert_eq!(format!("{}\n{}", text.title, text.rest), expected);
}

#[test]
fn a_message_in_chinese_markdown() {
    let text = render(&summary(), Lang::Zh, Style::Markdown, Tone::default());
    let expected = "\
**garminsync：新增 2，删除 1，待确认 1，失败 3，需要您处理**
新增：coros 1，garmin-cn 1
删除：garmin-com 1
待确认：coros 1
发现重复，未删除：garmin-com 1；可设置 DELETE_DUPLICATE=1，或查看 gs-list | gs-dedupe --duplicates
待完成：待上传 3,774，待下载 1

**需要您处理**
- garmin-cn：需要登录：no token; run gs-auth login --platform garmin-cn [gs-download]

**失败**
- garmin-com → coros 游泳 Swim (2)：被平台拒绝：coros rejected the file; look at it [gs-upload]
- gs-fetch 失败，退出码 75：coros：已忽略列表：顺序混乱，可能不完整；请稍后重试
- gs-diff 在结束前被终止

**coros 已新增**
- 2026-01-08 08:10 跑步 4.3 km Mor［n］ing ＊run＊

**garmin-cn 已新增**
- 2026-01-09 14:10 UTC 骑行 Ride

**garmin-com 已删除**
- Copy

**跳过**
- garmin-com 1：归档中没有完好的文件；请运行 gs-download";
    assert_eq!(text.whole, expected);
    assert_eq!(text.title, "garminsync：新增 2，删除 1，待确认 1，失败 3，需要您处理");
}

#[test]
fn known_failures_are_only_counted() {
    let text = render(&summary(), Lang::En, Style::Plain, Tone { known: true, recovered: false });
    assert_eq!(text.title, "garminsync: 2 added, 1 deleted, 1 pending, 3 still failing, action is still needed");
    assert!(!text.whole.contains("Action needed") && !text.whole.contains("Failed"), "{}", text.whole);
}

#[test]
fn an_empty_summary_is_nothing_new_or_recovered() {
    let of = |lang, recovered| render(&Summary::default(), lang, Style::Plain, Tone { known: false, recovered });
    assert_eq!(of(Lang::En, false).whole, "garminsync: nothing new");
    assert_eq!(of(Lang::Zh, true).whole, "garminsync：不再有失败");
    assert_eq!(of(Lang::Zh, true).rest, "");
}

#[test]
fn a_long_reason_is_truncated_and_its_fix_is_not() {
    let fix = "gs-auth logout --forget-account --platform 'folder:/a/rather/long/path/to/some/folder'";
    let reason = Reason::Configuration { detail: "a setting is wrong; ".repeat(30) };
    let reason = Some(RedactedReason::of(&reason));
    let issue = Issue { reason, fix: Some(fix.into()), ..Issue::new(Kind::Configuration) };
    let mut summary = Summary::default();
    summary.add_judged(Health { actions: vec![issue], ..Health::default() });
    for (lang, run) in [(Lang::En, "; run: "), (Lang::Zh, "；请运行：")] {
        let text = render(&summary, lang, Style::Plain, Tone::default()).whole;
        assert!(text.ends_with(&format!("…{run}{fix}")), "{text}");
        assert!(text.lines().all(|line| line.chars().count() < 500), "{text}");
    }
}

#[test]
fn the_message_of_a_large_run_stays_short() {
    let mut summary = Summary::default();
    let long = "x".repeat(5000);
    for number in 0..500 {
        for line in [
            format!(
                r#"{{"type":"transfer","to":"coros","activity":{{"platform":"p","id":"{number}","name":"{long}"}},"outcome":{{"kind":"created"}}}}"#
            ),
            format!(
                r#"{{"type":"activity","platform":"p","id":"{number}","problem":{{"command":"s","kind":"not-found","reason":{{"code":"not-found","detail":"{number} {long}"}}}}}}"#
            ),
            format!(
                r#"{{"type":"activity","platform":"q","id":"{number}","problem":{{"command":"s","kind":"retry","reason":{{"code":"retry","detail":"no answer"}}}}}}"#
            ),
        ] {
            summary.add(&Record::parse(line.as_bytes()).unwrap());
        }
    }
    let text = render(&summary, Lang::En, Style::Plain, Tone::default()).whole;
    assert!(text.starts_with("garminsync: 500 added, 1000 failed\nAdded: coros 500\n"), "{text}");
    assert!(text.contains("- q 500 activities: no answer [s]") && text.contains("- … 490 more"), "{text}");
    assert!(text.lines().count() < 40 && text.lines().all(|line| line.chars().count() < 420), "{text}");
}
