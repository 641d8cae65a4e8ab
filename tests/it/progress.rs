//! Progress, as a person sees it: pipelines in a real terminal (tmux), looked at again and again while they run.

use std::collections::BTreeSet;

use crate::support::three_platforms::{self, ThreePlatforms};
use crate::support::tmux::{PROMPT, Screen, Tmux, is_back};
use crate::support::{FILES, Work};
use gs_sim::{Effect, Fault, ImportSpec, Scenario};

const STAGES: [&str; 5] = ["gs-fetch", "gs-dedupe", "gs-diff", "gs-download", "gs-upload"];
const PIPELINE: &str = "gs-fetch | gs-dedupe | gs-diff | gs-download | gs-upload > sent";
const WIDE: (u16, u16) = (110, 24);
const NARROW: (u16, u16) = (50, 9);

/// Three accounts out of step, services that take their time, and somebody who is logged in.
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

/// The same, with everything listed.
fn listed(each: usize) -> (ThreePlatforms, Work) {
    let (three, mut work) = slow(each, |_| ());
    work.set("GS_REQUEST_INTERVAL", "0").run("gs-fetch", &[]).ok();
    work.set("GS_REQUEST_INTERVAL", "400ms");
    (three, work)
}

fn sleep(ms: u64) {
    std::thread::sleep(std::time::Duration::from_millis(ms));
}

/// A line of progress, cut into its columns.
#[derive(Debug)]
struct Bar {
    name: String,
    count: String,
    graph: String,
    rate: String,
    left: String,
    words: String,
}

/// Whether a line is one of progress, whole or not. A message has a colon after the name, and what was typed has bars.
fn is_bar(line: &str) -> bool {
    let name = line.split(' ').next().unwrap();
    name.starts_with("gs-") && !name.ends_with(':') && !line.contains(" | ")
}

/// The lines of progress. They stand together, each stage's once, with nothing below them.
#[track_caller]
fn bars(screen: &Screen, (width, _): (u16, u16)) -> Vec<Bar> {
    let shown = || screen.join("\n");
    let first = screen.iter().position(|line| is_bar(line)).unwrap_or(screen.len());
    assert!(screen[first..].iter().all(|line| is_bar(line)), "something stands among or below them:\n{}", shown());
    assert!(screen.iter().all(|line| line.chars().count() <= width.into()), "too wide:\n{}", shown());
    let bars: Vec<Bar> = screen[first..].iter().map(|line| Bar::cut(line, width)).collect();
    let names: BTreeSet<&str> = bars.iter().map(|bar| bar.name.as_str()).collect();
    assert_eq!(names.len(), bars.len(), "a stage has two lines:\n{}", shown());
    assert!(bars.iter().all(Bar::is_whole), "a line is torn: {bars:#?}\n{}", shown());
    bars
}

impl Bar {
    fn cut(line: &str, width: u16) -> Bar {
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

    /// Whether each column holds what belongs there, to its end.
    fn is_whole(&self) -> bool {
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
            && (self.words.ends_with('…') || self.words.ends_with("...") || are_words(&self.words))
    }
}

/// Whether that is what a stage says, to its end.
fn are_words(words: &str) -> bool {
    // It is about to do that, once its turn has come.
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
        "turn" => rest.starts_with("in ") && is_time(rest),
        "asked" => rest.starts_with("to wait ") && rest.ends_with(')'),
        "retry" => rest.starts_with("in ") && is_time(rest),
        "waiting" => {
            rest == "for input" || rest == "for another gs-download" || rest.starts_with("for another command")
        }
        "next" => rest.starts_with("request in ") && is_time(rest),
        "checking" | "comparing" | "asking" => true,
        _ if is_platform(first) => {
            is_id(rest)
                || (["is still working on", "does not show"].iter().any(|begin| rest.starts_with(begin))
                    && is_time(rest))
        }
        _ => is_id(first) && rest.strip_prefix("to ").is_some_and(is_platform),
    }
}

/// Runs a line to its end, with a look at every moment.
#[track_caller]
fn watched(terminal: &Tmux, size: (u16, u16), mut look: impl FnMut(&[Bar])) -> Screen {
    let mut last = Screen::new();
    terminal.watch("its end", |screen| {
        last.clone_from(screen);
        if is_back(screen) {
            return true;
        }
        look(&bars(screen, size));
        false
    });
    assert_eq!(terminal.left_on_the_board(), Vec::<std::path::PathBuf>::new());
    last
}

#[test]
fn each_stage_of_a_pipeline_has_a_line_of_its_own_that_tells_what_it_does_and_waits_for() {
    let (three, work) = slow(5, |scenario| {
        scenario.coros[0].import = ImportSpec { seconds: 4, ..ImportSpec::default() };
    });
    let busy = Effect::Status { status: 429, retry_after: Some("3".into()), body: None, content_type: None };
    three.sim.fault(Fault::new(busy).contains(FILES).count(1));
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
    // gs-fetch has one for each platform.
    assert_eq!((names.len(), most), (7, 7), "{names:?}");
    assert!(rates > 0 && left > 0 && totals > 0 && more > 0, "{rates} {left} {totals} {more}");
    for said in
        ["waiting for input", "page 1", ", next request in ", "asked to wait 2.", " is still working on ", " to coros"]
    {
        assert!(words.iter().any(|words| words.contains(said)), "nobody said {said:?}: {words:#?}");
    }
    // What is left is what was said, in the order of the pipeline, and the prompt directly below.
    let said: Vec<_> = last.iter().map(|line| line.split(':').next().unwrap()).collect();
    let stages = ["gs-fetch"; 3].into_iter().chain(STAGES.into_iter().skip(1)).chain([PROMPT]);
    assert_eq!(said[1..], stages.collect::<Vec<_>>(), "{}", last.join("\n"));
}

#[test]
fn in_a_small_window_the_lines_fit_and_what_is_said_stays_whole_above_them() {
    let (three, work) = listed(4);
    let gone = Effect::Status { status: 404, retry_after: None, body: None, content_type: None };
    three.sim.fault(Fault::new(gone).contains("garmin.cn").contains(FILES).count(3));
    let terminal = Tmux::start(&work, "terminal", NARROW);
    // At the bottom of the window, where each line that is drawn or said moves all the others.
    std::fs::write(work.dir().join("p"), "seq 20; gs-list | gs-diff | gs-download -v | gs-upload -v > sent").unwrap();
    terminal.type_line(". ./p");
    let mut seen = BTreeSet::new();
    let last = watched(&terminal, NARROW, |bars| seen.extend(bars.iter().map(|bar| bar.name.clone())));
    assert!(seen.contains("gs-download") && seen.contains("gs-upload"), "{seen:?}");
    assert!(last.iter().all(|line| !is_bar(line)));
    // Nothing of a line of progress has gone out at the top, and every message is there once.
    let all = terminal.all();
    assert!(all.iter().all(|line| !is_bar(line)), "{}", all.join("\n"));
    let all = all.concat();
    let of = |text: &str| all.matches(text).count();
    assert_eq!((of("gs-diff: "), of("gs-download: "), of(" downloaded")), (1, of("gs-download: "), 1), "{all}");
    let sent = std::fs::read_to_string(work.dir().join("sent")).unwrap();
    for record in sent.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()) {
        let told = format!(
            "{} {} to {}",
            record["activity"]["platform"].as_str().unwrap(),
            record["activity"]["id"].as_str().unwrap(),
            record["to"].as_str().unwrap()
        );
        assert!(record["problem"].is_object() || of(&told) == 1, "{told} stands there {} times:\n{all}", of(&told));
    }
}

#[test]
fn keys_that_are_pressed_and_a_window_that_changes_its_size_leave_whole_lines() {
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
        // The next drawing is due within a moment.
        sleep(700);
        let screen = terminal.screen();
        assert_eq!(bars(&screen, size).len(), 2, "{size:?}:\n{}", screen.join("\n"));
    }
    terminal.key("C-c");
    watched(&terminal, (45, 12), |_| ());
}

#[test]
fn a_stage_that_is_killed_leaves_nothing_behind_and_the_others_go_on() {
    let (_three, work) = listed(8);
    let terminal = Tmux::start(&work, "terminal", WIDE);
    // The one before it and the one after it go on; what it has handed on is sent.
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
fn what_others_write_stays_whole_above_the_lines() {
    let (_three, work) = listed(4);
    let terminal = Tmux::start(&work, "terminal", WIDE);
    let talker = "while read -r l; do sleep .6; echo \"a record of ${#l} bytes\" >&2; echo \"$l\"; done";
    terminal.type_line(&format!("gs-list | gs-diff | gs-download | {{ {talker}; }} | gs-upload > sent"));
    let last = watched(&terminal, WIDE, |_| ());
    let records = std::fs::read_to_string(work.dir().join("sent")).unwrap().lines().count();
    let told =
        terminal.all().iter().filter(|line| line.starts_with("a record of ") && line.ends_with(" bytes")).count();
    assert_eq!(told, records, "{}", last.join("\n"));
}

#[test]
fn records_on_the_terminal_itself_stay_whole_above_the_line() {
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
fn stopped_for_a_while_it_leaves_the_terminal_and_in_the_background_it_draws_nothing() {
    let (_three, work) = listed(20);
    let terminal = Tmux::start(&work, "terminal", WIDE);
    terminal.type_line("gs-list | gs-diff | gs-download | gs-upload > sent");
    let are_there = |screen: &Screen| bars(screen, WIDE).len() == 2;
    terminal.wait("two lines", are_there);
    terminal.key("C-z");
    let stopped = terminal.wait("the shell", is_back);
    assert!(stopped.iter().all(|line| !is_bar(line)), "{}", stopped.join("\n"));
    assert!(stopped.iter().any(|line| line.contains("Stopped")));
    terminal.type_line("bg");
    sleep(1000);
    let screen = terminal.screen();
    assert!(screen.iter().all(|line| !is_bar(line)), "{}", screen.join("\n"));
    terminal.type_line("fg");
    terminal.wait("two lines again", are_there);
    terminal.key("C-c");
    let last = watched(&terminal, WIDE, |_| ());
    assert!(
        last.iter().any(|line| line.starts_with("gs-download: ") && line.contains(" downloaded")),
        "{}",
        last.join("\n")
    );
}

#[test]
fn ended_at_once_it_leaves_nothing_behind() {
    let (_three, work) = listed(20);
    let terminal = Tmux::start(&work, "terminal", WIDE);
    terminal.type_line("gs-list | gs-diff | gs-download | gs-upload > sent");
    terminal.wait("two lines", |screen| bars(screen, WIDE).len() == 2);
    // As one stroke: so it cannot be that all has ended before the second.
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
fn two_pipelines_in_two_terminals_know_nothing_of_each_other() {
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
fn only_ascii_where_the_locale_has_no_more_and_no_colours_where_nobody_wants_them() {
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
fn nothing_is_drawn_for_who_wants_none_nor_on_a_terminal_that_only_prints() {
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
fn off_a_terminal_there_is_not_a_byte_of_it_unless_it_is_asked_for() {
    let (_three, work) = listed(3);
    let list = work.run("gs-list", &["--missing"]).out.clone();
    work.given("gs-download", &[], &list).ok().silent();
    let said = work.given("gs-download", &["--force", "--progress", "always"], &list);
    said.ok().says("/9, ");
    // One in five seconds, and not one for each file.
    assert!(said.err.lines().count() <= 4, "{said}");
    assert!(said.err.lines().all(|line| line.starts_with("gs-download: ") && !line.contains('\u{1b}')), "{said}");
    let said = work.given("gs-download", &["--force", "--progress", "always", "--log", "json"], &list);
    let line: serde_json::Value = serde_json::from_str(said.ok().err.lines().next().unwrap()).unwrap();
    assert_eq!((line["level"].as_str(), line["command"].as_str()), (Some("progress"), Some("gs-download")));
}
