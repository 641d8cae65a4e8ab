//! Tests of the page with invented data.

use std::collections::BTreeSet;

use super::*;
use crate::reason::Reason;
use crate::report::{Redacted, Snapshot, sample};
use crate::status::{
    Counts, Duplicate, Issue, IssueKind, LeftOut, List, Outstanding, RedactedReason, ScheduleStatus, State,
};

fn english(snapshot: &Snapshot) -> String {
    page(snapshot, Look::default())
}

/// The tags of a page in order, each with the names of its attributes, as a browser reads them.
fn skeleton(page: &str) -> Vec<String> {
    let tags = page.split('<').skip(1).map(|part| part.split('>').next().unwrap_or("").to_owned());
    tags.map(|tag| {
        let names = tag.split('"').step_by(2).collect::<String>();
        names.split_whitespace().map(|word| word.trim_end_matches('=')).collect::<Vec<_>>().join(" ")
    })
    // A name that may be written from right to left has its own tag.
    .filter(|tag| !tag.ends_with("bdi"))
    .collect()
}

/// Every value of the attribute `name`.
fn values<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let mark = format!(" {name}=\"");
    page.split(&mark as &str).skip(1).map(|part| part.split('"').next().unwrap_or("")).collect()
}

/// The page without its style sheet and script.
fn text_of(page: &str) -> String {
    page.replace(CSS, "").replace(SCRIPT, "")
}

#[test]
fn foreign_texts_never_become_markup() {
    let plain = skeleton(&text_of(&english(&sample::snapshot())));
    for evil in [
        "<script>alert(1)</script>",
        "</script></noscript></style></title><img src=x onerror=alert(1)>",
        "\" onmouseover=\"alert(1)\" x=\"",
        "' autofocus onfocus='alert(1)",
        "<tbody><tr><td>--></tr></tbody><!--",
        "&lt;b&gt;&amp;",
        "\u{202e}\u{2066}gnihsif\u{0}\u{1b}[2J\r\n\t",
        &"长<i>".repeat(4000),
    ] {
        let page = english(&sample::facts_in(&|text| Redacted::of(&format!("{text}{evil}"))));
        assert_eq!(skeleton(&text_of(&page)), plain, "{}", evil.chars().take(20).collect::<String>());
        assert!(!page.contains(['\u{202e}', '\u{2066}', '\u{0}', '\u{1b}']), "{evil:?}");
    }
}

#[test]
fn a_long_name_is_truncated_on_the_page() {
    let long = english(&sample::facts_in(&|text| Redacted::of(&format!("{text}{}", "長".repeat(10_000)))));
    let plain = english(&sample::snapshot());
    assert!(long.len() < 20 * plain.len(), "{} {}", long.len(), plain.len());
}

#[test]
fn the_page_loads_nothing_and_has_no_style_attributes() {
    for lang in [Lang::En, Lang::Zh] {
        let page = page(&sample::snapshot(), Look { lang, refresh: true });
        let text = text_of(&page);
        assert!(values(&text, "style").is_empty() && values(&text, "src").is_empty());
        assert!(values(&text, "href").iter().all(|href| href.starts_with('#') || href.starts_with("data:")), "{page}");
        assert!(!CSS.contains("url(") && !CSS.contains("@import") && !SCRIPT.contains("fetch("));
    }
}

#[test]
fn ids_are_unique_and_references_resolve() {
    let page = text_of(&english(&sample::snapshot()));
    let ids = values(&page, "id");
    let different: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(different.len(), ids.len(), "{ids:?}");
    let links = values(&page, "href").into_iter().filter_map(|href| href.strip_prefix('#'));
    let labels = values(&page, "aria-labelledby").into_iter().chain(values(&page, "for"));
    for id in links.chain(labels) {
        assert!(different.contains(id), "{id}");
    }
}

#[test]
fn actions_are_shown_with_their_fix() {
    let page = markup_of(&english(&sample::snapshot()));
    for said in [
        "Action needed",
        "coros: the login has ended",
        "another login ended it",
        "gs-auth login --platform coros",
        "gs-download failed with exit code 1",
        "garmin-com: HTTP 500; try again later",
        "No uploads planned: the answer was cut in the middle",
        "20 only on garmin-com",
        "gs-list | gs-diff --to coros --possible-duplicates | gs-download | gs-upload",
        "starts 2 s apart",
        "recorded by a garmin device",
        "gs-upload --restore",
        "file format is not supported",
        "starts 8:00 h apart",
        "0 */6 * * *",
    ] {
        assert!(page.contains(&said.replace('>', "&gt;")), "{said}");
    }
}

#[test]
fn the_page_is_available_in_chinese() {
    let page = page(&sample::snapshot(), Look { lang: Lang::Zh, refresh: false });
    assert!(page.contains("<html lang=\"zh-CN\">") && page.contains("需要您处理"));
    let words = |text: &str| text_of(text).matches(|c: char| ('\u{4e00}'..'\u{9fff}').contains(&c)).count();
    assert!(words(&page) > 500, "{}", words(&page));
}

#[test]
fn an_empty_catalogue_says_what_to_do_next() {
    let page = markup_of(&english(&Snapshot::default()));
    assert!(page.contains("Nothing is known yet") && page.contains("garminsync setup"));
    assert!(!page.contains("id=\"platforms\"") && !page.contains("<nav"));
}

#[test]
fn without_a_listing_every_link_resolves() {
    let issue = Issue::new(IssueKind::LoginNeeded);
    let snapshot = Snapshot { state: State::ActionNeeded, actions: vec![issue], ..Snapshot::default() };
    let page = text_of(&english(&snapshot));
    let ids = values(&page, "id");
    for link in values(&page, "href").into_iter().filter_map(|href| href.strip_prefix('#')) {
        assert!(ids.contains(&link), "{link}");
    }
}

#[test]
fn the_next_run_is_shown_only_if_it_will_run() {
    let schedule = ScheduleStatus {
        cron: "@daily".into(),
        zone: "UTC".into(),
        enabled: true,
        next_run: None,
        runner: None,
        is_run: true,
    };
    let snapshot = |schedule, what| Snapshot {
        state: State::Warning,
        schedule,
        warnings: vec![Issue::new(what)],
        outstanding: Outstanding { uploads: 3, ..Outstanding::default() },
        ..Snapshot::default()
    };
    let promises = |snapshot: &Snapshot| {
        let page = english(snapshot);
        ["tries again", "The next sync continues"].map(|text| page.contains(text))
    };
    assert_eq!(promises(&snapshot(Some(schedule.clone()), IssueKind::Failed)), [true, true]);
    assert_eq!(promises(&snapshot(None, IssueKind::Failed)), [false, false]);
    let behind = Snapshot { state: State::Behind, ..snapshot(Some(schedule.clone()), IssueKind::Behind) };
    assert_eq!(promises(&behind), [false, false]);
    let actions = vec![Issue::new(IssueKind::LoginEnded)];
    assert_eq!(
        promises(&Snapshot { state: State::ActionNeeded, actions, ..snapshot(Some(schedule), IssueKind::Failed) }),
        [false, false]
    );
}

#[test]
fn a_running_sync_is_shown_under_the_state() {
    let began = Some("2026-11-29T11:57:00Z".parse().unwrap());
    let page = english(&Snapshot { running_since: began, ..sample::snapshot() });
    assert!(page.contains("A sync is running; it began <time"), "{page}");
    assert!(!english(&sample::snapshot()).contains("A sync is running"));
}

#[test]
fn a_duplicate_that_is_never_deleted_is_only_a_possible_one() {
    let of = |certain| {
        let mut snapshot = sample::snapshot();
        snapshot.duplicates[0].certain = certain;
        let page = english(&snapshot);
        ["is a duplicate of ", "may be a duplicate of ", ": never deleted; both are kept"]
            .map(|words| page.contains(words))
    };
    assert_eq!((of(true), of(false)), ([true, false, false], [false, true, true]));
}

#[test]
fn a_duplicate_that_a_guard_protects_is_not_counted_as_deletable_and_has_the_reason() {
    let mut snapshot = sample::snapshot();
    let possible = Duplicate { certain: false, ..snapshot.duplicates[0].clone() };
    snapshot.duplicates[0].deletable = false;
    snapshot.duplicates[0].not_deletable_because = Some(RedactedReason::of(&Reason::OriginalNotArchived));
    snapshot.duplicates.push(possible);
    snapshot.counts.deletable = 0;
    let page = markup_of(&english(&snapshot));
    for words in [
        "<summary><b>1</b> duplicate, <b>1</b> possible duplicate</summary>",
        "match; not deleted: no original FIT file in the archive to restore it from",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(markup_of(&english(&sample::snapshot())).contains("<b>1</b> duplicate, <b>1</b> of these can be deleted<"));
    assert!(snapshot.totals(Lang::En).contains(", 1 duplicate"), "{}", snapshot.totals(Lang::En));
}

/// The page without the tags around words of commands.
fn markup_of(page: &str) -> String {
    let mut parts = page.split("<span class=\"word\">");
    let first = parts.next().unwrap().to_owned();
    first + &parts.map(|part| part.replacen("</span>", "", 1)).collect::<String>()
}

#[test]
fn two_platforms_with_one_displayed_name_have_their_own_rows_in_the_comparison() {
    let mut snapshot = sample::snapshot();
    let name = snapshot.matrix[0].on.clone();
    for (number, pair) in (1000..).zip(&mut snapshot.matrix) {
        (pair.on, pair.and, pair.both) = (name.clone(), name.clone(), number);
    }
    let page = text_of(&english(&snapshot));
    for number in (1000..).take(snapshot.matrix.len()) {
        assert_eq!(page.matches(&format!("<b>{}</b> on both", crate::i18n::number(number))).count(), 1, "{number}");
    }
}

#[test]
fn every_activity_is_in_the_page_once() {
    let snapshot = sample::snapshot();
    let page = english(&snapshot);
    let (first, rest) = page.split_once("<noscript id=\"rest\">").unwrap();
    for (at, group) in snapshot.activities.iter().enumerate() {
        let path = group.file.as_ref().map_or_else(|| group.on[0].id.to_string(), |file| file.path.to_string());
        let (here, there) = if at < 100 { (first, rest) } else { (rest, first) };
        assert_eq!((here.matches(&path).count(), there.matches(&path).count()), (1, 0), "{at} {path}");
    }
}

#[test]
fn twenty_thousand_activities_stay_below_six_megabytes() {
    let activities = (1..=20_000).map(|number| sample::group(&Redacted::of, number)).collect();
    let snapshot = Snapshot { activities, ..sample::snapshot() };
    let bytes = english(&snapshot).len();
    assert!(bytes < 6_000_000, "{bytes}");
}

#[test]
fn lists_say_what_they_leave_out_and_which_command_lists_all() {
    let whole = sample::snapshot();
    let left_out = [(List::Activities, 980_000), (List::Deletions, 1_000), (List::Rejected, 0)];
    let left_out: Vec<LeftOut> = left_out.into_iter().filter_map(|(list, count)| LeftOut::of(list, count)).collect();
    assert_eq!(left_out.len(), 2, "nothing is left out of the rejected uploads");
    let counts = Counts { distinct: whole.counts.distinct + 980_000, ..whole.counts };
    let snapshot = Snapshot { left_out, counts, ..sample::snapshot() };
    let count = |number: usize| crate::i18n::number(number as u64);
    let (activities, deletions) = (snapshot.activities.len(), snapshot.deletions.len());
    let (shown, all) = (count(activities), count(activities + 980_000));
    let listed = count(deletions);
    let left = count(1_000 + deletions - deletions.min(100));
    let said = markup_of(&english(&snapshot));
    let (csv, deleted) = ("gs-list --all --format csv</code>", "gs-list --all --format ndjson</code>");
    for words in [
        format!("The newest {shown} of {all} activities; all: <code class=\"run\">{csv}"),
        format!("… and {left} more; status.json lists the newest {listed}; all: <code class=\"run\">{deleted}"),
        format!("<b>{}</b> activities that were deleted, or may be", count(deletions + 1_000)),
    ] {
        assert!(said.contains(&words), "{words}");
    }
    let chinese = markup_of(&page(&snapshot, Look { lang: Lang::Zh, ..Look::default() }));
    for words in [
        format!("仅列出 {all} 个活动中最新的 {shown} 个；全部：<code class=\"run\">{csv}"),
        format!("……还有 {left} 项：status.json 仅列出最新的 {listed} 项；全部：<code class=\"run\">{deleted}"),
    ] {
        assert!(chinese.contains(&words), "{words}");
    }
    assert!(!text_of(&english(&whole)).contains("The newest"));
}

#[test]
fn the_page_reloads_only_if_requested() {
    let with = page(&sample::snapshot(), Look { refresh: true, ..Look::default() });
    assert!(
        with.contains("<noscript><meta http-equiv=\"refresh\" content=\"30\"></noscript>")
            && with.contains("id=\"refresh\"")
    );
    let without = text_of(&english(&sample::snapshot()));
    assert!(!without.contains("refresh"));
}

#[test]
fn every_class_of_the_style_sheet_is_used() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let markup: String = files
        .filter(|path| path.extension().is_some_and(|kind| kind == "rs" || kind == "js"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let words = |text: &str| -> BTreeSet<String> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        text.split(|c| !is_part(c)).map(str::to_owned).collect()
    };
    let used = words(&markup);
    let classes =
        include_str!("page.css").split('.').skip(1).filter(|after| after.starts_with(|c: char| c.is_ascii_lowercase()));
    let classes = classes.map(|after| after.split([' ', ',', ':', ')', '{', '>', '[']).next().unwrap_or("").to_owned());
    let unused: Vec<String> = classes.filter(|class| !used.contains(class)).collect();
    assert!(unused.is_empty(), "{unused:?}");
}
