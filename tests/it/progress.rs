//! Progress on the screen: pipelines in a real terminal (tmux), checked repeatedly while they run.

use std::collections::BTreeSet;

use crate::support::three_platforms::{self, ThreePlatforms};
use crate::support::tmux::{PROMPT, Screen, Tmux, is_back};
use crate::support::{FILES, Work};
use gs_sim::{Effect, Fault, ImportSpec, Scenario};

const STAGES: [&str; 5] = ["gs-fetch", "gs-dedupe", "gs-diff", "gs-download", "gs-upload"];
const PIPELINE: &str = "gs-fetch | gs-dedupe | gs-diff | gs-download | gs-upload > sent";
const WIDE: (u16, u16) = (110, 24);
const NARROW: (u16, u16) = (50, 9);

/// Three accounts that differ, slow services, and a data folder with passwords.
fn slow(each: usize, change: impl FnOnce(&mut Scenario)) -> (ThreePlatforms, Work) {
    let three = three_platforms::scenario(each, 0, |scenario| {
        scenario.latency_ms = 60;
        change(scenario);
    });
    let mut work = Work::with(&three.sim);
    work.set("GS_REQUEST_INTERVAL", "400ms").set("GS_RETRY_WAIT", "400ms");
    work.set("GARMIN_EMAIL", "runner@example.com").set("GARMIN_PASSWORD", "correct horse");
    work.set("GARMIN_EMAIL_CN", "runner@example.cn").set("GARMIN_PASSWORD_CN", "correct horse");
    work.set("COROS_EMAIL", "runner@example.org").set("COROS_PASSWORD", "correct horse");
    (three, work)
}

/// The same, with all activities listed.
fn listed(each: usize) -> (ThreePlatforms, Work) {
    let (three, mut work) = slow(each, |_| ());
    work.set("GS_REQUEST_INTERVAL", "0").run("gs-fetch", &[]).ok();
    work.set("GS_REQUEST_INTERVAL", "400ms");
    (three, work)
}

fn sleep(ms: u64) {
    std::thread::sleep(std::time::Duration::from_millis(ms));
}

/// A progress line, split into its columns.
#[derive(Debug)]
struct Bar {
    name: String,
    count: String,
    graph: String,
    rate: String,
    left: String,
    words: String,
}

/// Whether a line is a progress line, complete or not. Messages have a colon after the name; typed commands have pipes.
fn is_bar(line: &str) -> bool {
    let name = line.split(' ').next().unwrap();
    name.starts_with("gs-") && !name.ends_with(':') && !line.contains(" | ")
}

/// The progress lines. They are at the bottom of the screen, one per stage.
#[track_caller]
fn bars(screen: &Screen, (width, _): (u16, u16)) -> Vec<Bar> {
    let shown = || screen.join("\n");
    let first = screen.iter().position(|line| is_bar(line)).unwrap_or(screen.len());
    assert!(
        screen[first..].iter().all(|line| is_bar(line)),
        "other text between or below the progress lines:\n{}",
        shown()
    );
    assert!(screen.iter().all(|line| line.chars().count() <= width.into()), "too wide:\n{}", shown());
    let bars: Vec<Bar> = screen[first..].iter().map(|line| Bar::from_line(line, width)).collect();
    let names: BTreeSet<&str> = bars.iter().map(|bar| bar.name.as_str()).collect();
    assert_eq!(names.len(), bars.len(), "a stage has two lines:\n{}", shown());
    assert!(bars.iter().all(Bar::is_complete), "an incomplete line: {bars:#?}\n{}", shown());
    bars
}

impl Bar {
    fn from_line(line: &str, width: u16) -> Bar {
        let column = |from: usize, until: usize| -> String {
            line.chars().skip(from).take(until - from).collect::<String>().trim().to_owned()
        };
        let (graph, rate, left, words) = match width {
            93.. => ((30, 46), (47, 55), (56, 67), 68),
            75.. => ((29, 29), (30, 38), (39, 50), 51),
            63.. => ((29, 29), (30, 38), (38, 38), 39),
            _ => ((29, 29), (29, 29), (29, 29), 30),
        };
        Bar {
            name: column(0, 19),
            count: column(19, 29),
            graph: column(graph.0, graph.1),
            rate: column(rate.0, rate.1),
            left: column(left.0, left.1),
            words: column(words, usize::from(width).max(words)),
        }
    }

    /// Whether each column has a complete value of its kind.
    fn is_complete(&self) -> bool {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let count = match self.count.split_once('/') {
            Some((done, of)) => is_number(done) && is_number(of.strip_suffix('+').unwrap_or(of)),
            None => self.count.is_empty() || is_number(&self.count),
        };
        let ends = |text: &str, ends: &[&str]| text.is_empty() || ends.iter().any(|end| text.ends_with(end));
        let names =
            ["gs-fetch garmin-com", "gs-fetch garmin-cn", "gs-fetch coros", "gs-list", "gs-notify", "gs-delete"];
        (names.contains(&self.name.as_str()) || STAGES.contains(&self.name.as_str()))
            && count
            && self.graph.chars().all(|c| "━╸─=> ".contains(c))
            && ends(&self.rate, &["/min", "/s"])
            && ends(&self.left, &[" s left", " min left", " h left"])
            && (self.words.ends_with('…') || self.words.ends_with("...") || is_status_text(&self.words))
    }
}

/// Whether this is a complete status text of a stage.
fn is_status_text(words: &str) -> bool {
    // The stage waits for its next request.
    let words = match words.rsplit_once(", next request in ") {
        Some((words, time)) if time.ends_with(" s") || time.ends_with(" min") => words,
        _ => words,
    };
    let (first, rest) = words.split_once(' ').unwrap_or((words, ""));
    let is_id = |text: &str| text.len() > 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_platform = |text: &str| three_platforms::NAMES.contains(&text);
    let is_time = |text: &str| text.ends_with(" s") || text.ends_with(" min");
    match first {
        "" => true,
        "page" => rest.parse::<u32>().is_ok(),
        "retry" => rest.starts_with("in ") && is_time(rest),
        "waiting" => {
            rest == "for input" || rest == "for another gs-download" || rest.starts_with("for another command")
        }
        "next" => rest.starts_with("request in ") && is_time(rest),
        "checking" | "comparing" | "requesting" => true,
        _ if is_platform(first) => is_id(rest),
        _ if first.strip_suffix(':').is_some_and(is_platform) => {
            let is_upload = |state: &str| rest.contains(state) && rest.contains("; next check in ");
            is_time(rest) && (rest.starts_with("retry after ") || is_upload(" processing") || is_upload(" not listed"))
        }
        _ => is_id(first) && rest.strip_prefix("to ").is_some_and(is_platform),
    }
}

/// Watches a pipeline until its end, and checks the progress lines all the time.
#[track_caller]
fn watched(terminal: &Tmux, size: (u16, u16), mut check: impl FnMut(&[Bar])) -> Screen {
    let mut last = Screen::new();
    terminal.watch("its end", |screen| {
        last.clone_from(screen);
        if is_back(screen) {
            return true;
        }
        check(&bars(screen, size));
        false
    });
    assert_eq!(terminal.left_on_the_board(), Vec::<std::path::PathBuf>::new());
    last
}

#[test]
fn each_stage_of_a_pipeline_has_its_own_progress_line() {
    let (three, work) = slow(5, |scenario| {
        scenario.coros[0].import = ImportSpec { seconds: 4, ..ImportSpec::default() };
    });
    let busy = Effect::Status { status: 429, retry_after: Some("3".into()), body: None, content_type: None };
    three.sim.fault(Fault::new(busy).host("connectapi.garmin.com").contains(FILES).count(1));
    let terminal = Tmux::start(&work, "terminal", WIDE);
    terminal.type_line(PIPELINE);
    let (mut names, mut words, mut most) = (BTreeSet::new(), BTreeSet::new(), 0);
    let (mut rates, mut left, mut totals, mut more) = (0, 0, 0, 0);
    let last = watched(&terminal, WIDE, |bars| {
        most = most.max(bars.len());
        let order: Vec<_> =
            bars.iter().map(|bar| STAGES.iter().position(|stage| bar.name.starts_with(stage))).collect();
        assert!(order.is_sorted(), "not in the order of the pipeline: {bars:#?}");
        for bar in bars {
            names.insert(bar.name.clone());
            words.insert(bar.words.clone());
            rates += usize::from(!bar.rate.is_empty());
            left += usize::from(!bar.left.is_empty());
            more += usize::from(bar.count.ends_with('+'));
            totals += usize::from(bar.graph.contains('━') && bar.count.contains('/'));
        }
    });
    // gs-fetch has one line for each platform.
    assert_eq!((names.len(), most), (7, 7), "{names:?}");
    assert!(rates > 0 && left > 0 && totals > 0 && more > 0, "{rates} {left} {totals} {more}");
    for said in [
        "waiting for input",
        "page 1",
        ", next request in ",
        "garmin-com: retry after 2.",
        " uploads processing",
        " to coros",
    ] {
        assert!(words.iter().any(|words| words.contains(said)), "no stage shows {said:?}: {words:#?}");
    }
    // At the end, the screen has the messages in the order of the pipeline, and the prompt directly below.
    let said: Vec<_> = last.iter().map(|line| line.split(':').next().unwrap()).collect();
    let stages = ["gs-fetch"; 3].into_iter().chain(STAGES.into_iter().skip(1)).chain([PROMPT]);
    assert_eq!(said[1..], stages.collect::<Vec<_>>(), "{}", last.join("\n"));
}

#[test]
fn progress_lines_fit_a_small_window_and_messages_stay_complete() {
    let (three, work) = listed(4);
    let not_found = Effect::Status { status: 404, retry_after: None, body: None, content_type: None };
    three.sim.fault(Fault::new(not_found).contains("garmin.cn").contains(FILES).count(3));
    let terminal = Tmux::start(&work, "terminal", NARROW);
    // At the bottom of the window, where each new line moves all the others.
    std::fs::write(work.dir().join("p"), "seq 20; gs-list | gs-diff | gs-download -v | gs-upload -v > sent").unwrap();
    terminal.type_line(". ./p");
    let mut seen = BTreeSet::new();
    let last = watched(&terminal, NARROW, |bars| seen.extend(bars.iter().map(|bar| bar.name.clone())));
    assert!(seen.contains("gs-download") && seen.contains("gs-upload"), "{seen:?}");
    assert!(last.iter().all(|line| !is_bar(line)));
    // No progress line has scrolled out at the top, and every message is shown once.
    let all = terminal.all();
    assert!(all.iter().all(|line| !is_bar(line)), "{}", all.join("\n"));
    let all = all.concat();
    let of = |text: &str| all.matches(text).count();
    assert_eq!((of("gs-diff: "), of("gs-download: "), of(" downloaded")), (1, of("gs-download: "), 1), "{all}");
    let sent = std::fs::read_to_string(work.dir().join("sent")).unwrap();
    for record in sent.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()) {
        let message = format!(
            "{} {} to {}",
            record["activity"]["platform"].as_str().unwrap(),
            record["activity"]["id"].as_str().unwrap(),
            record["to"].as_str().unwrap()
        );
        assert!(
            record["problem"].is_object() || of(&message) == 1,
            "{message} is shown {} times:\n{all}",
            of(&message)
        );
    }
}

#[test]
fn key_presses_and_window_resizes_do_not_break_progress_lines() {
    let (_three, work) = listed(20);
    let terminal = Tmux::start(&work, "terminal", WIDE);
    terminal.type_line("gs-list | gs-diff | gs-download | gs-upload > sent");
    terminal.wait("two lines", |screen| bars(screen, WIDE).len() == 2);
    for _ in 0..3 {
        terminal.key("Enter");
        sleep(700);
        assert_eq!(bars(&terminal.screen(), WIDE).len(), 2);
    }
    for size in [(70, 20), (50, 8), (120, 8), (95, 30), (45, 12)] {
        terminal.resize(size);
        // The next drawing follows within a moment.
        sleep(700);
        let screen = terminal.screen();
        assert_eq!(bars(&screen, size).len(), 2, "{size:?}:\n{}", screen.join("\n"));
    }
    terminal.key("C-c");
    watched(&terminal, (45, 12), |_| ());
}

#[test]
fn a_killed_stage_leaves_no_progress_line_and_the_others_continue() {
    let (_three, work) = listed(24);
    let terminal = Tmux::start(&work, "terminal", WIDE);
    // The stages before and after it continue; the records that it has passed on are uploaded.
    terminal.type_line("gs-list | gs-diff | gs-download | cat | gs-upload > sent");
    terminal.wait("some uploads", |screen| {
        bars(screen, WIDE).iter().any(|bar| bar.name == "gs-upload" && bar.count.starts_with('2'))
    });
    let download = terminal.processes("gs-download");
    assert!(std::process::Command::new("kill").arg("-9").args(&download).status().unwrap().success());
    sleep(700);
    let screen = terminal.screen();
    assert!(is_back(&screen) || bars(&screen, WIDE).iter().all(|bar| bar.name == "gs-upload"), "{}", screen.join("\n"));
    let last = watched(&terminal, WIDE, |bars| assert!(bars.iter().all(|bar| bar.name == "gs-upload")));
    assert!(
        last.iter().any(|line| line.starts_with("gs-upload: ") && line.contains(" uploaded")),
        "{}",
        last.join("\n")
    );
}

#[test]
fn output_of_other_programs_stays_complete_above_the_progress_lines() {
    let (_three, work) = listed(4);
    let terminal = Tmux::start(&work, "terminal", WIDE);
    let talker = "while read -r l; do sleep .6; echo \"a record of ${#l} bytes\" >&2; echo \"$l\"; done";
    terminal.type_line(&format!("gs-list | gs-diff | gs-download | {{ {talker}; }} | gs-upload > sent"));
    let last = watched(&terminal, WIDE, |_| ());
    let records = std::fs::read_to_string(work.dir().join("sent")).unwrap().lines().count();
    let messages =
        terminal.all().iter().filter(|line| line.starts_with("a record of ") && line.ends_with(" bytes")).count();
    assert_eq!(messages, records, "{}", last.join("\n"));
}

#[test]
fn records_printed_to_the_terminal_stay_complete() {
    let (_three, work) = listed(5);
    let terminal = Tmux::start(&work, "terminal", (700, 12));
    terminal.type_line("gs-list --missing | gs-download --format ndjson");
    let mut seen = 0;
    watched(&terminal, (700, 12), |bars| seen += bars.len());
    assert!(seen > 0);
    let shown = terminal.all().concat();
    assert_eq!(shown.matches("{\"type\":\"activity\"").count(), 15, "{shown}");
    assert_eq!(shown.matches("\"origin\":\"original\"}}").count(), 15, "{shown}");
}

#[test]
fn a_stopped_or_background_pipeline_draws_no_progress() {
    let (_three, work) = listed(20);
    let terminal = Tmux::start(&work, "terminal", WIDE);
    terminal.type_line("gs-list | gs-diff | gs-download | gs-upload > sent");
    let has_two_lines = |screen: &Screen| bars(screen, WIDE).len() == 2;
    terminal.wait("two lines", has_two_lines);
    terminal.key("C-z");
    let stopped = terminal.wait("the shell", is_back);
    assert!(stopped.iter().all(|line| !is_bar(line)), "{}", stopped.join("\n"));
    assert!(stopped.iter().any(|line| line.contains("Stopped")));
    terminal.type_line("bg");
    sleep(1000);
    let screen = terminal.screen();
    assert!(screen.iter().all(|line| !is_bar(line)), "{}", screen.join("\n"));
    terminal.type_line("fg");
    terminal.wait("two lines again", has_two_lines);
    terminal.key("C-c");
    let last = watched(&terminal, WIDE, |_| ());
    assert!(
        last.iter().any(|line| line.starts_with("gs-download: ") && line.contains(" downloaded")),
        "{}",
        last.join("\n")
    );
}

#[test]
fn a_pipeline_ended_by_two_ctrl_c_leaves_no_progress_lines() {
    let (_three, work) = listed(20);
    let terminal = Tmux::start(&work, "terminal", WIDE);
    terminal.type_line("gs-list | gs-diff | gs-download | gs-upload > sent");
    terminal.wait("two lines", |screen| bars(screen, WIDE).len() == 2);
    // Both at once, so that the pipeline cannot end before the second one.
    terminal.key("C-c");
    terminal.key("C-c");
    let last = watched(&terminal, WIDE, |_| ());
    assert!(
        last.iter().skip(1).all(|line| line.starts_with("gs-") || line.ends_with(PROMPT) || line.contains("^C")),
        "{}",
        last.join("\n")
    );
}

#[test]
fn pipelines_in_two_terminals_do_not_share_progress_lines() {
    let (_three, work) = listed(6);
    let (one, other) = (Tmux::start(&work, "one", WIDE), Tmux::start(&work, "other", NARROW));
    one.type_line("gs-list --missing --platform coros | gs-download > one.ndjson");
    other.type_line("gs-fetch --full > /dev/null");
    let last = watched(&one, WIDE, |bars| assert!(bars.iter().all(|bar| bar.name != "gs-fetch coros")));
    assert!(last.iter().any(|line| line.contains(" downloaded")));
    other.wait("its end", is_back);
    assert!(other.all().iter().all(|line| !line.contains("gs-download")));
}

#[test]
fn progress_uses_ascii_in_the_c_locale_and_no_colours_with_no_color() {
    let (_three, work) = listed(6);
    let terminal = Tmux::start(&work, "terminal", WIDE);
    terminal.type_line("export NO_COLOR=1 LANG=C; gs-list --missing | gs-download > files");
    let mut seen = BTreeSet::new();
    terminal.watch("its end", |_| {
        let screen = terminal.all();
        seen.extend(screen.iter().filter(|line| is_bar(line)).cloned());
        is_back(&screen)
    });
    assert!(seen.len() > 3 && seen.iter().any(|line| line.contains("==>")), "{seen:#?}");
    assert!(seen.iter().all(|line| line.is_ascii() && !line.contains('\u{1b}')), "{seen:#?}");
    terminal.type_line("unset NO_COLOR; gs-list --downloaded | gs-download --force > files");
    terminal.watch("a colour", |_| terminal.all().iter().any(|line| line.contains("\u{1b}[36mgs-download")));
    terminal.key("C-c");
    watched(&terminal, WIDE, |_| ());
}

#[test]
fn no_progress_is_drawn_if_disabled_or_on_a_dumb_terminal() {
    let (_three, work) = listed(3);
    let terminal = Tmux::start(&work, "terminal", WIDE);
    let quiet = [("", "-q"), ("", "--progress never"), ("", "--log json"), ("TERM=dumb", ""), ("", "2>said")];
    for (before, flag) in quiet {
        let download = format!("{before} gs-download --force {flag} > files");
        terminal.type_line(&format!("gs-list --platform coros | {download}"));
        terminal.watch("its end", |screen| {
            assert!(screen.iter().all(|line| !is_bar(line)), "{before} {flag}: {}", screen.join("\n"));
            is_back(screen)
        });
    }
    assert_eq!(std::fs::read_to_string(work.dir().join("said")).unwrap(), "");
}

#[test]
fn without_a_terminal_progress_is_printed_only_on_request() {
    let (_three, work) = listed(3);
    let list = work.run("gs-list", &["--missing"]).out.clone();
    work.given("gs-download", &[], &list).ok().silent();
    let said = work.given("gs-download", &["--force", "--progress", "always"], &list);
    said.ok().says("/9, ");
    // One line every five seconds, and not one per file.
    assert!(said.err.lines().count() <= 4, "{said}");
    assert!(said.err.lines().all(|line| line.starts_with("gs-download: ") && !line.contains('\u{1b}')), "{said}");
    let said = work.given("gs-download", &["--force", "--progress", "always", "--log", "json"], &list);
    let line: serde_json::Value = serde_json::from_str(said.ok().err.lines().next().unwrap()).unwrap();
    assert_eq!((line["level"].as_str(), line["command"].as_str()), (Some("progress"), Some("gs-download")));
}
