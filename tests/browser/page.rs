//! The page of `gs-report`: its texts are compared with the services and the catalogue, and it is checked in a real
//! browser (`tests/browser/check.mjs`).

use std::path::{Path, PathBuf};

use crate::node::{self, check};
use crate::support::all_features::fill_every_text;
use crate::support::history::{PLATFORMS, WORDS, history, list, text};
use crate::support::{Work, large_catalogue, plain};
use jiff::Timestamp;
use serde_json::Value;

/// Writes a page with these flags, in its own folder.
fn page(work: &Work, flags: &[&str]) -> PathBuf {
    let out = work.dir().join(format!("page-{}", flags.join("")));
    let path = out.to_str().unwrap();
    work.run("gs-report", &[&["--out", path], flags].concat()).ok().silent();
    out.join("index.html")
}

/// The visible text: without the tags, with single spaces.
fn read(html: &str) -> String {
    let body = html.split("<body").nth(1).unwrap();
    let body = body.split("<script>").next().unwrap();
    let mut text = String::new();
    for (at, part) in body.split('<').enumerate() {
        let (tag, rest) = part.split_once('>').unwrap_or(("", part));
        // Cells, items and paragraphs are separated by a space; inline elements are not.
        let is_inline = ["b", "/b", "bdi", "/bdi", "strong", "/strong"].contains(&tag.split(' ').next().unwrap());
        text.push_str(if at == 0 || is_inline { "" } else { " " });
        text.push_str(rest);
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The part of a page between two headings.
fn part<'a>(html: &'a str, id: &str) -> &'a str {
    let rest = html.split_once(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no part {id}")).1;
    rest.split("<section").next().unwrap()
}

fn number(value: &Value) -> String {
    garminsync::i18n::number(value.as_u64().unwrap())
}

#[test]
fn each_platform_has_the_counts_of_its_service_and_the_catalogue() {
    let history = history();
    let platforms = part(&history.page, "platforms");
    for name in PLATFORMS {
        let card =
            platforms.split("<article").find(|card| card.contains(&format!("<p class=\"id\">{name}</p>"))).unwrap();
        let (said, told) = (read(&format!("<body>{card}")), history.platform(name));
        // The count is that of the simulator; tests/it/report/counts.rs compares it with status.json.
        assert!(said.contains(&format!("{} activities", history.held()[name].len())), "{said}");
        let words = [
            ("downloaded", "downloaded"),
            ("missing", "missing"),
            ("failed", "failed"),
            ("no original", "no_original"),
            ("pending", "pending"),
        ];
        for (word, field) in words {
            let line = format!("{word} {}", number(&told[field]));
            // Zero counts are omitted.
            assert_eq!(said.contains(&line), told[field] != 0, "{name}: {line}: {said}");
        }
        let listed: i64 =
            history.work.sql(&format!("SELECT max(finished_at) FROM listings WHERE platform = '{name}' AND complete"));
        let listed = Timestamp::from_second(listed).unwrap().strftime("%Y-%m-%d %H:%M UTC").to_string();
        assert!(said.contains(&format!("last full listing {listed}")), "{name}: {listed}: {said}");
    }
}

#[test]
fn each_pair_of_platforms_has_its_counts_in_the_matrix() {
    let history = history();
    let said = read(&format!("<body>{}", part(&history.page, "matrix-title")));
    for pair in list(history, "matrix") {
        let mut cell = format!("{} on both", number(&pair["both"]));
        match pair["only"].as_u64().unwrap() {
            0 => cell.push_str(" none missing"),
            only => cell.push_str(&format!(" {only} only on {}", text(&pair["on"]))),
        }
        for (field, word) in [("pending", "pending"), ("rejected", "rejected")] {
            if pair[field].as_u64().unwrap() > 0 {
                cell.push_str(&format!(" {} {word}", pair[field]));
            }
        }
        assert!(said.contains(&cell), "{cell}: {said}");
    }
}

/// Several reasons, joined as on the page.
fn texts(reasons: &Value) -> String {
    reasons.as_array().into_iter().flatten().map(|reason| text(&reason["text"])).collect::<Vec<_>>().join(" · ")
}

#[test]
fn missing_duplicate_deleted_and_rejected_activities_have_reasons() {
    let history = history();
    let said = read(&format!("<body>{}", part(&history.page, "differences")));
    let lists = ["missing", "not_archived"].into_iter().flat_map(|name| list(history, name));
    for group in lists {
        let place = text(if group["on"].is_string() { &group["on"] } else { &group["platform"] });
        assert!(said.contains(&format!("{place} {}", number(&group["count"]))), "{group}");
        for item in group["items"].as_array().unwrap() {
            assert!(said.contains(&format!("{} {}", text(&item["platform"]), text(&item["id"]))), "{item}");
            assert!(said.contains(&texts(&item["reasons"])), "{item}");
        }
    }
    for copy in list(history, "duplicates") {
        assert!(said.contains(&format!("{} {}", text(&copy["copy"]["platform"]), text(&copy["copy"]["id"]))));
        let reasons = texts(&copy["reasons"]);
        assert!(said.contains(&reasons), "{reasons}");
        let kept = format!("kept: {} ({})", text(&copy["kept"]["id"]), text(&copy["kept_because"]["text"]));
        assert_eq!(said.contains(&kept), copy["deletable"] == true, "{kept}");
    }
    for deletion in list(history, "deletions") {
        assert!(deletion["restore"].is_null() || said.contains(text(&deletion["restore"])), "{deletion}");
    }
    for refusal in list(history, "rejected") {
        assert!(said.contains(text(&refusal["retry"])), "{refusal}");
    }
    assert!(said.contains(WORDS), "the message of the service");
}

#[test]
fn every_activity_and_every_run_has_a_row() {
    let history = history();
    let listed = part(&history.page, "activities").split("<script>").next().unwrap();
    let rows: Vec<&str> = listed.split("<tr>").skip(1).collect();
    let activities = list(history, "activities");
    assert_eq!(rows.iter().filter(|row| row.contains("<td>")).count(), activities.len());
    let said: Vec<String> = rows.iter().map(|row| read(&format!("<body>{row}"))).collect();
    for activity in activities {
        let start = activity["start_time"].as_str().map(|start| {
            let offset = activity["utc_offset_s"].as_i64().map(|seconds| i32::try_from(seconds).unwrap());
            garminsync::i18n::local(start.parse().unwrap(), offset)
        });
        let on: Vec<&str> = activity["on"].as_array().unwrap().iter().map(|place| text(&place["platform"])).collect();
        let wanted =
            [start.as_deref().unwrap_or("?"), text(&activity["name"]), activity["file"]["path"].as_str().unwrap_or("")];
        let is_it = |row: &&String| wanted.iter().chain(&on).all(|part| row.contains(part));
        assert!(said.iter().any(|row| is_it(&row)), "{activity}");
    }
    let log = part(&history.page, "log");
    assert_eq!(log.matches("<tr class=").count(), list(history, "runs").len());
    let runs: i64 = history.work.sql("SELECT count(DISTINCT run) FROM commands");
    assert_eq!(list(history, "runs").len() as i64, runs.min(100));
}

#[test]
fn the_summary_shows_the_state_and_the_fixes() {
    let history = history();
    let said = read(&history.page);
    assert!(said.contains("Action needed"), "{said}");
    for matter in list(history, "actions").iter().chain(list(history, "warnings")) {
        assert!(matter["fix"].is_null() || said.contains(text(&matter["fix"])), "{matter}");
        assert!(matter["reason"].is_null() || said.contains(text(&matter["reason"]["text"])), "{matter}");
    }
}

#[test]
fn the_documentation_names_every_field_of_status_json() {
    let document = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/page.md")).unwrap();
    let history = history();
    let top = history.status.as_object().unwrap().keys();
    let of_platform = history.platform("coros").as_object().unwrap().keys();
    for field in top.chain(of_platform.filter(|field| !["name", "title", "compared"].contains(&field.as_str()))) {
        assert!(document.contains(&format!("`{field}`")), "{field} is missing in docs/page.md");
    }
}

#[test]
fn a_browser_finds_no_fault_in_the_page() {
    let history = history();
    let chinese = page(&history.work, &["--lang", "zh", "--refresh"]);
    let rows = list(history, "activities").len().to_string();
    check(&[page(&history.work, &[])], &["--rows", &rows]);
    // The same markup and style with other texts.
    check(&[chinese], &["--few", "--without", "speed,lighthouse", "--rows", &rows]);
}

#[test]
fn a_page_with_refresh_reloads_except_during_a_search() {
    node::check_refresh(&page(&history().work, &["--refresh"]));
}

#[test]
fn an_empty_catalogue_gives_a_valid_page() {
    let work = Work::alone();
    check(&[page(&work, &["--refresh"])], &["--empty"]);
}

#[test]
fn hostile_texts_in_the_catalogue_have_no_effect_in_a_browser() {
    let sim = plain(6);
    let work = Work::logged_in(&sim);
    work.archive_all();
    let evil = [
        "<script>alert(1)</script><img src=x onerror=alert(2)></script></style></noscript></title><svg onload=alert(3)>\
         \" autofocus onfocus=\"alert(4)\" ' javascript:alert(5)//<a href=javascript:alert(6)>x</a><tbody><tr><td></table><!--",
        "\u{202e}\u{2067}\u{1}\u{7f}\u{85}\r\n\t\u{feff}gnihsif שלום עולם \u{200e} مرحبا",
        &"W".repeat(10_000),
        &"长<i>&amp;".repeat(1200),
    ];
    let pages: Vec<PathBuf> = evil
        .iter()
        .enumerate()
        .map(|(at, text)| {
            fill_every_text(&work, text);
            let out = work.dir().join(format!("evil-{at}"));
            work.run("gs-report", &["--out", out.to_str().unwrap()]).ok();
            out.join("index.html")
        })
        .collect();
    check(&pages, &["--few", "--without", "speed,lighthouse"]);
}

#[test]
fn a_page_with_twenty_thousand_activities_works() {
    let work = Work::alone();
    std::fs::create_dir_all(work.data("")).unwrap();
    large_catalogue::make(&work.data("catalogue.sqlite"), 20_000, 1, Timestamp::now());
    let page = page(&work, &[]);
    let bytes = std::fs::metadata(&page).unwrap().len();
    assert!(bytes < 6_000_000, "{bytes}");
    // scripts/bench measures the speed; axe and Lighthouse have the same findings for a short list.
    check(&[page], &["--without", "speed,axe,lighthouse", "--rows", "20000"]);
}
