//! The top of the page: the state, the times of the runs, and the problems that need a person, with their fixes.

use jiff::Timestamp;
use maud::{Markup, html};

use super::components::{Icon, command, cut, relative_time, text, time};
use super::{Heading, Issue, IssueKind, NextSync, ScheduleStatus, Snapshot, State, never_synced, sync_is_running};
use crate::i18n::{Lang, span};

/// The state, the sync runs, and the actions needed.
pub fn summary(snapshot: &Snapshot, lang: Lang) -> Markup {
    html! {
        section #state class={ "summary " (snapshot.state.sign().class()) } {
            div.verdict {
                (snapshot.state.sign())
                h1 { (snapshot.state.sentence(snapshot.is_repeated(), lang)) }
            }
            p #stale.stale role="status" hidden data-old=(lang.pick("This page is {} old. Check the schedule: garminsync daemon --status", "此页面已过时：生成于 {} 前。请检查计划任务：garminsync daemon --status"))
                data-due=(lang.pick("A sync was scheduled {} ago, but this page is older. Check cron: garminsync daemon --status", "{} 前应有一次同步，但本页面的生成时间更早。请检查 cron：garminsync daemon --status")) {}
            @if let Some(began) = snapshot.running_since { p.gist { (sync_is_running(lang)) (relative_time(began)) } }
            @if snapshot.state == State::Empty { (beginning(lang)) } @else { p.gist { (snapshot.totals(lang)) } }
            (runs(snapshot, lang))
        }
        @if !snapshot.outstanding.is_nothing() && snapshot.state != State::Empty { (outstanding(snapshot, lang)) }
        @let not_uploaded = snapshot.not_uploaded(lang);
        @if !not_uploaded.is_empty() {
            section #not-uploaded.issues {
                h2 { (Heading::NotUploaded.text(lang)) }
                ul { @for (line, fix) in &not_uploaded { li { (line) " " (command(fix)) } } }
            }
        }
        @if !snapshot.actions.is_empty() {
            section #actions.issues {
                h2 { (Heading::ActionNeeded.text(lang)) }
                ul { @for issue in &snapshot.actions { (issue_row(issue, Icon::Bad, lang)) } }
            }
        }
        @if !snapshot.warnings.is_empty() {
            section #warnings.issues {
                h2 { (Heading::Warnings.text(lang)) }
                @if continues(snapshot) { p.note { (lang.pick("The next sync tries again.", "下次同步会自动重试。")) } }
                ul { @for issue in &snapshot.warnings { (issue_row(issue, Icon::Warn, lang)) } }
            }
        }
    }
}

/// Whether the next run continues without a person: a run is scheduled, and nothing blocks it.
fn continues(snapshot: &Snapshot) -> bool {
    let is_stuck = snapshot.warnings.iter().any(|issue| issue.kind == IssueKind::Behind);
    snapshot.is_repeated() && snapshot.actions.is_empty() && !is_stuck
}

/// The outstanding work of the next runs, and the command that does it now.
fn outstanding(snapshot: &Snapshot, lang: Lang) -> Markup {
    let one = &snapshot.outstanding;
    let now = [
        (one.uploads > 0 || one.deletions > 0, "gs-sync"),
        (one.downloads > 0, "gs-list --missing | gs-download > /dev/null"),
        (one.pending > 0, "gs-upload < /dev/null"),
    ];
    html! {
        section #outstanding.issues {
            h2 { (Heading::Outstanding.text(lang)) }
            p.note {
                (one.words(lang).join(lang.comma()))
                @if continues(snapshot) {
                    (lang.pick(". The next sync continues; to run it now:", "。下次同步会继续；立即执行："))
                } @else {
                    (lang.pick(". To run it now:", "。立即执行："))
                }
            }
            ul { @for (_, line) in now.iter().filter(|(is_it, _)| *is_it) { li { (command(line)) } } }
        }
    }
}

/// The first steps of a new user.
fn beginning(lang: Lang) -> Markup {
    html! {
        p.gist { (lang.pick("No platform was listed yet. To begin:", "尚未列出任何平台。请依次运行：")) }
        ol.steps {
            li { (command("garminsync setup")) " " span.note { (lang.pick("chooses platforms, logs in, and lists them", "选择平台、登录并列出活动")) } }
            li { (command("garminsync download --missing")) " " span.note { (lang.pick("archives every file, and updates this page", "归档所有文件并更新此页面")) } }
        }
    }
}

/// The last run, the next run, and the time of the page.
fn runs(snapshot: &Snapshot, lang: Lang) -> Markup {
    html! {
        dl.runs {
            div {
                dt { (Heading::LastSync.text(lang)) }
                dd {
                    @match &snapshot.last_run {
                        None => (never_synced(lang)),
                        Some(run) => {
                            (relative_time(run.finished.unwrap_or(run.started)))
                            span.sub {
                                (run.outcome.sign()) " " (run.outcome.word(lang))
                                @if let Some(end) = run.finished { " · " (span(end.as_second() - run.started.as_second(), lang)) }
                            }
                        }
                    }
                }
            }
            div {
                dt { (Heading::NextSync.text(lang)) }
                dd { (next_sync(snapshot.schedule.as_ref(), lang)) }
            }
            div {
                dt { (lang.pick("This page", "此页面")) }
                dd {
                    @if let Some(made) = snapshot.made { (time(made)) }
                    span.sub { "garminsync " (snapshot.version) }
                }
            }
        }
    }
}

fn next_sync(schedule: Option<&ScheduleStatus>, lang: Lang) -> Markup {
    let next = NextSync::of(schedule, lang);
    html! {
        @match next.at { Some(at) => (relative_time(at)), None => (next.word) }
        @if let Some(schedule) = schedule.filter(|schedule| schedule.enabled) {
            span.sub { code { (cut(&schedule.cron, 60)) } " " (cut(&schedule.zone, 60)) }
        }
        @if !next.hints.is_empty() {
            span.sub {
                @for (number, (text, line)) in next.hints.iter().enumerate() {
                    @if number > 0 { (lang.pick("; ", "；")) }
                    (text) " " (command(line))
                }
            }
        }
    }
}

fn issue_row(issue: &Issue, sign: Icon, lang: Lang) -> Markup {
    html! {
        li {
            (sign)
            div {
                p.what {
                    (issue.sentence(lang))
                    @if let Some(at) = issue.at { span.at { " " (issue.at_word(lang)) " " (time(at)) } }
                }
                @if let Some(reason) = issue.reason_text(lang) { p.why { (text(&reason)) } }
                @if let Some(fix) = &issue.fix {
                    p.fix { span.note { (lang.pick("Run: ", "请运行：")) } (command(fix)) }
                }
            }
        }
    }
}

/// The time after which the reader's browser treats the page as outdated, in milliseconds since 1970.
pub fn due_ms(snapshot: &Snapshot) -> Option<i64> {
    let schedule = snapshot.schedule.as_ref().filter(|schedule| schedule.enabled)?;
    schedule.next_run.map(Timestamp::as_millisecond)
}
