//! The words for the last and the next sync, and the headings of the state: the page, `gs-status` and messages use the same.

use jiff::Timestamp;

use super::ScheduleStatus;
use crate::i18n::Lang;
use crate::schedule::DEFAULT;
use crate::shell::shell_quote;

/// A heading of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heading {
    /// On the page: when the last sync ended, and how.
    LastSync,
    /// On the page: when the next sync runs.
    NextSync,
    /// In commands: the same as [`Heading::LastSync`], as `gs-schedule` and `garminsync daemon --status` call it.
    LastRun,
    /// In commands: when the next run starts.
    NextRun,
    /// What the next syncs have to do.
    Outstanding,
    /// What no sync uploads, because the platform can only be read.
    NotUploaded,
    /// What a person must do.
    ActionNeeded,
    /// What failed and is retried automatically.
    Warnings,
}

impl Heading {
    /// Its text.
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Heading::LastSync => lang.pick("Last sync", "上次同步"),
            Heading::NextSync => lang.pick("Next sync", "下次同步"),
            Heading::LastRun => lang.pick("Last run", "上次运行"),
            Heading::NextRun => lang.pick("Next run", "下次运行"),
            Heading::Outstanding => lang.pick("Outstanding", "待完成"),
            Heading::NotUploaded => lang.pick("Not uploaded", "未上传"),
            Heading::ActionNeeded => lang.pick("Action needed", "需要您处理"),
            Heading::Warnings => lang.pick("Warnings", "警告"),
        }
    }
}

/// Shown before the first sync.
pub fn never_synced(lang: Lang) -> &'static str {
    lang.pick("never", "从未")
}

/// Shown under the state while a sync is running, before the time at which it began: until it ends, the state leaves out
/// what it has not done yet.
pub fn sync_is_running(lang: Lang) -> &'static str {
    lang.pick("A sync is running; it began ", "正在同步，开始时间：")
}

/// When the next sync runs, and the commands that change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextSync {
    /// When it runs.
    pub at: Option<Timestamp>,
    /// Why `at` is empty.
    pub word: &'static str,
    /// What a person can do, each with its command.
    pub hints: Vec<(&'static str, String)>,
}

impl NextSync {
    /// The next sync of a schedule.
    pub fn of(schedule: Option<&ScheduleStatus>, lang: Lang) -> NextSync {
        let schedule_command = |cron: &str| format!("garminsync schedule {}", shell_quote(cron));
        let none = |word, hint, command| NextSync { at: None, word, hints: vec![(hint, command)] };
        match schedule {
            None => none(
                lang.pick("not scheduled", "未计划"),
                lang.pick("to schedule it:", "设置计划："),
                schedule_command(DEFAULT),
            ),
            Some(schedule) if !schedule.enabled => none(
                lang.pick("the schedule is off", "计划已关闭"),
                lang.pick("to switch it on:", "重新启用："),
                "garminsync schedule on".to_owned(),
            ),
            Some(schedule) => {
                let check = (lang.pick("to check it:", "检查："), "garminsync daemon --status".to_owned());
                let add = lang.pick("no runner is known; to add it to your crontab:", "未知由谁执行；写入 crontab：");
                let no_cron = lang.pick(
                    "it is in the crontab, but cron is not running; to check it:",
                    "已写入 crontab，但 cron 没有运行；检查：",
                );
                let hints = match &schedule.runner {
                    _ if schedule.is_run => Vec::new(),
                    Some(_) => vec![(no_cron, check.1)],
                    None => vec![(add, schedule_command(&schedule.cron)), check],
                };
                NextSync { at: schedule.next_run, word: lang.pick("never", "从不"), hints }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Redacted;

    #[test]
    fn each_state_of_the_schedule_has_its_hint() {
        let next = Timestamp::from_second(1_800_000_000).unwrap();
        let schedule = |enabled, is_run| ScheduleStatus {
            cron: "0 */6 * * *".into(),
            zone: "UTC".into(),
            enabled,
            next_run: Some(next),
            is_run,
            runner: None,
        };
        let of = |schedule: Option<ScheduleStatus>| {
            let one = NextSync::of(schedule.as_ref(), Lang::En);
            let hints: Vec<String> = one.hints.iter().map(|(text, command)| format!("{text} {command}")).collect();
            (one.at.map_or(one.word.to_owned(), |at| at.to_string()), hints.join("; "))
        };
        let (next, add) = (next.to_string(), "garminsync schedule '0 */6 * * *'");
        assert_eq!(of(None), ("not scheduled".into(), format!("to schedule it: {add}")));
        let off = of(Some(schedule(false, true)));
        assert_eq!(off, ("the schedule is off".into(), "to switch it on: garminsync schedule on".into()));
        let hints =
            format!("no runner is known; to add it to your crontab: {add}; to check it: garminsync daemon --status");
        assert_eq!(of(Some(schedule(true, false))), (next.clone(), hints));
        assert_eq!(of(Some(schedule(true, true))), (next.clone(), String::new()));
        let in_crontab = ScheduleStatus { runner: Some(Redacted::of("crontab")), ..schedule(true, false) };
        let hint = "it is in the crontab, but cron is not running; to check it: garminsync daemon --status";
        assert_eq!(of(Some(in_crontab)), (next, hint.into()));
    }
}
