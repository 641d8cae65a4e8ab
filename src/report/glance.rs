//! The top of the page: is all well, when did it run, what needs a person and what mends it.

use jiff::Timestamp;
use maud::{Markup, html};

use super::show::{Sign, command, cut, span, text, time};
use super::{Facts, Matter, Schedule, State, What, word};
use crate::i18n::{self, Lang};

/// The state, the runs, and what is to be done.
pub fn glance(facts: &Facts, lang: Lang) -> Markup {
    html! {
        section #state class={ "glance " (facts.state.sign().class()) } {
            div.verdict {
                (facts.state.sign())
                h1 { (facts.state.sentence(facts.is_repeated(), lang)) }
            }
            p #stale.stale role="status" hidden data-old=(lang.pick("This page is old: it was made {} ago. Has the schedule stopped?", "此页面已过时：生成于 {} 前。计划任务是否已停止？"))
                data-due=(lang.pick("A run was due {} ago, and this page knows nothing of it. Check cron: garminsync daemon --status", "一次运行应于 {} 前执行，但此页面未见其结果。请检查 cron：garminsync daemon --status")) {}
            @if facts.state == State::Empty { (beginning(lang)) } @else { p.gist { (gist(facts, lang)) } }
            (runs(facts, lang))
        }
        @if !facts.outstanding.is_nothing() && facts.state != State::Empty { (outstanding(facts, lang)) }
        @if !facts.needs.is_empty() {
            section #needs.matters {
                h2 { (lang.pick("What needs you", "需要您处理")) }
                ul { @for matter in &facts.needs { (told(matter, Sign::Bad, lang)) } }
            }
        }
        @if !facts.troubles.is_empty() {
            section #troubles.matters {
                h2 { (lang.pick("What went wrong", "出现的问题")) }
                @if continues(facts) { p.note { (lang.pick("The next run tries again.", "下次运行会自动重试。")) } }
                ul { @for matter in &facts.troubles { (told(matter, Sign::Warn, lang)) } }
            }
        }
    }
}

/// Whether the next run makes it better without anybody: there is one, and nothing stands in its way.
fn continues(facts: &Facts) -> bool {
    let is_stuck = facts.troubles.iter().any(|matter| matter.what == What::Behind);
    facts.is_repeated() && facts.needs.is_empty() && !is_stuck
}

/// What the next runs have to do, and what does it now.
fn outstanding(facts: &Facts, lang: Lang) -> Markup {
    let one = &facts.outstanding;
    let now = [
        (one.uploads > 0 || one.deletions > 0, "gs-sync"),
        (one.downloads > 0, "gs-list --missing | gs-download > /dev/null"),
        (one.pending > 0, "gs-upload < /dev/null"),
    ];
    html! {
        section #outstanding.matters {
            h2 { (lang.pick("Outstanding", "待完成")) }
            p.note {
                (one.words(lang).join(lang.comma()))
                @if continues(facts) {
                    (lang.pick(". The next run continues; to do it now:", "。下次运行会继续；立即执行："))
                } @else {
                    (lang.pick(". To do it now:", "。立即执行："))
                }
            }
            ul { @for (_, line) in now.iter().filter(|(is_it, _)| *is_it) { li { (command(line)) } } }
        }
    }
}

/// What somebody does first.
fn beginning(lang: Lang) -> Markup {
    html! {
        p.gist { (lang.pick("No platform was listed so far. Three commands begin:", "尚未列出任何平台。从这三条命令开始：")) }
        ol.steps {
            li { (command("gs-auth login --platform garmin-com")) " " span.note { (lang.pick("or garmin-cn, or coros", "或 garmin-cn、coros")) } }
            li { (command("gs-fetch | gs-download > /dev/null")) " " span.note { (lang.pick("lists and archives", "列出并归档")) } }
            li { (command("gs-report")) " " span.note { (lang.pick("makes this page anew", "重新生成此页面")) } }
        }
    }
}

/// How much there is, in a sentence.
fn gist(facts: &Facts, lang: Lang) -> String {
    let exercises = facts.activities.len() as u64;
    let archived = i18n::number(facts.activities.iter().filter(|exercise| exercise.file.is_some()).count() as u64);
    let copies = facts.copies.iter().filter(|copy| copy.superfluous).count() as u64;
    let platforms = facts.platforms.len() as u64;
    let failed: u64 = facts.platforms.iter().map(|platform| platform.failed).sum();
    let copies = i18n::number(copies);
    let mut gist = match lang {
        Lang::En => format!(
            "{} on {}, {archived} of them in the archive. Superfluous copies: {copies}.",
            i18n::counted(exercises, "exercise", "exercises"),
            i18n::counted(platforms, "platform", "platforms")
        ),
        Lang::Zh => format!(
            "{platforms} 个平台共 {} 次运动，其中 {archived} 次已归档。多余副本：{copies}。",
            i18n::number(exercises)
        ),
    };
    if failed > 0 {
        gist.push_str(&match lang {
            Lang::En => format!(" Files that could not be had: {}.", i18n::number(failed)),
            Lang::Zh => format!("无法获取的文件：{}。", i18n::number(failed)),
        });
    }
    gist
}

/// The last run, the next one, and when the page was made.
fn runs(facts: &Facts, lang: Lang) -> Markup {
    html! {
        dl.runs {
            div {
                dt { (lang.pick("Last run", "上次运行")) }
                dd {
                    @match &facts.last_run {
                        None => (lang.pick("none yet", "尚无")),
                        Some(run) => {
                            (time(run.finished.unwrap_or(run.started)))
                            span.sub {
                                (run.outcome.sign()) " " (run.outcome.word(lang))
                                @if let Some(end) = run.finished { " · " (span(end.as_second() - run.started.as_second(), lang)) }
                            }
                        }
                    }
                }
            }
            div {
                dt { (lang.pick("Next run", "下次运行")) }
                dd { (next_run(facts.schedule.as_ref(), lang)) }
            }
            div {
                dt { (lang.pick("This page", "此页面")) }
                dd {
                    @if let Some(made) = facts.made { (time(made)) }
                    span.sub { "garminsync " (facts.version) }
                }
            }
        }
    }
}

fn next_run(schedule: Option<&Schedule>, lang: Lang) -> Markup {
    match schedule {
        None => html! {
            (lang.pick("not known", "未知"))
            span.sub { (lang.pick("no schedule: ", "没有计划：")) (command("garminsync schedule '0 */6 * * *'")) }
        },
        Some(schedule) if !schedule.enabled => html! {
            (lang.pick("none", "无"))
            span.sub { (lang.pick("the schedule is switched off: ", "计划已关闭：")) (command("garminsync schedule on")) }
        },
        Some(schedule) => html! {
            @match schedule.next_run { Some(next) => (time(next)), None => (lang.pick("never", "从不")) }
            span.sub { code { (cut(&schedule.cron, 60)) } " " (cut(&schedule.zone, 60)) }
            @if !schedule.is_run {
                span.sub {
                    (lang.pick("only written down, nothing is known to run it: ", "仅已记录，尚不知由什么程序执行：")) (command(&format!("garminsync schedule {}", word(&schedule.cron))))
                    (lang.pick("; if that was done, this tells what is missing: ", "；如已执行，可查看缺少什么：")) (command("garminsync daemon --status"))
                }
            }
        },
    }
}

fn told(matter: &Matter, sign: Sign, lang: Lang) -> Markup {
    html! {
        li {
            (sign)
            div {
                p.what {
                    (matter.sentence(lang))
                    @if let Some(at) = matter.at { span.at { " " (matter.at_word(lang)) " " (time(at)) } }
                }
                @if let Some(reason) = matter.reason_text(lang) { p.why { (text(&reason)) } }
                @if let Some(mend) = &matter.mend {
                    p.mend { span.note { (lang.pick("What mends it: ", "解决方法：")) } (command(mend)) }
                }
            }
        }
    }
}

/// When the reader's browser takes the page for old: what it needs for that, in milliseconds since 1970.
pub fn due_ms(facts: &Facts) -> Option<i64> {
    let schedule = facts.schedule.as_ref().filter(|schedule| schedule.enabled)?;
    schedule.next_run.map(Timestamp::as_millisecond)
}
