//! What the judgment says, in both languages.

use std::fmt::Display;

use jiff::Timestamp;

use super::{Command, Issue, IssueKind, Login, Outstanding, RedactedReason, Snapshot, State};
use crate::i18n::{self, Lang};

impl Snapshot {
    /// How many activities there are: on the platforms, distinct ones, and of those in the archive; then duplicates and
    /// files that could not be downloaded, if there are any.
    pub fn totals(&self, lang: Lang) -> String {
        let platforms = self.platforms.len() as u64;
        let all = self.platforms.iter().map(|platform| platform.total).sum();
        let distinct = self.activities.len() as u64;
        let archived = self.activities.iter().filter(|activity| activity.file.is_some()).count() as u64;
        let duplicates = self.duplicates.iter().filter(|copy| copy.deletable).count() as u64;
        let failed = self.platforms.iter().map(|platform| platform.failed).sum();
        let [distinct, archived] = [distinct, archived].map(i18n::number);
        let parts = match lang {
            Lang::En => [
                Some(
                    i18n::counted(all, "activity", "activities")
                        + &format!(" on {}", i18n::counted(platforms, "platform", "platforms")),
                ),
                Some(format!("{distinct} distinct")),
                Some(format!("{archived} in the archive")),
                (duplicates > 0).then(|| i18n::counted(duplicates, "duplicate", "duplicates")),
                (failed > 0).then(|| i18n::counted(failed, "failed download", "failed downloads")),
            ],
            Lang::Zh => [
                Some(format!("{platforms} 个平台共 {} 条活动记录", i18n::number(all))),
                Some(format!("{distinct} 次不同的运动")),
                Some(format!("{archived} 次已归档")),
                (duplicates > 0).then(|| format!("{} 条重复", i18n::number(duplicates))),
                (failed > 0).then(|| format!("{} 个文件下载失败", i18n::number(failed))),
            ],
        };
        parts.into_iter().flatten().collect::<Vec<_>>().join(lang.comma())
    }
}

impl Login {
    /// How long it works: `renews automatically; valid for 29 d`.
    pub fn text(&self, now: Timestamp, lang: Lang) -> String {
        if let Some(reason) = &self.ended {
            return format!("{}{}", lang.pick("ended: ", "已失效："), reason.text(lang));
        }
        let valid = |end: Timestamp| {
            let seconds = end.as_second() - now.as_second();
            format!("{}{}", lang.pick("valid for ", "有效期还有 "), i18n::span(seconds, lang))
        };
        let renews = lang.pick("renews automatically", "自动续期");
        match (self.expires, self.renewable, self.renewable_until) {
            (_, true, Some(end)) if end > now => format!("{renews}{}{}", lang.pick("; ", "，"), valid(end)),
            (_, true, None) => renews.to_owned(),
            (Some(end), ..) if end > now => valid(end),
            (None, false, _) => lang.pick("valid until the service ends it", "由服务决定何时失效").to_owned(),
            _ => lang.pick("expired", "已过期").to_owned(),
        }
    }

    /// When it ends, if that is known and has not happened yet.
    pub fn ends(&self, now: Timestamp) -> Option<Timestamp> {
        let end = if self.renewable { self.renewable_until } else { self.expires };
        end.filter(|end| self.ended.is_none() && *end > now)
    }
}

impl State {
    /// The first thing that is read.
    ///
    /// `is_repeated`: whether there is a schedule, so that a next run comes.
    pub fn sentence(self, is_repeated: bool, lang: Lang) -> &'static str {
        match self {
            State::Warning if !is_repeated => lang.pick("Something went wrong", "出现问题"),
            State::Empty => lang.pick("Nothing is known yet", "尚无数据"),
            State::Ok => lang.pick("All is well", "一切正常"),
            State::Outstanding => lang.pick("Work is outstanding", "有待完成的工作"),
            State::Behind => lang.pick("Work is outstanding, and does not get less", "待完成的工作没有减少"),
            State::Warning => lang.pick("Something went wrong; the next run tries again", "出现问题，下次运行会重试"),
            State::ActionNeeded => lang.pick("It needs you", "需要您处理"),
        }
    }
}

impl Outstanding {
    /// Each kind with its number; what is zero is left out.
    pub fn words(&self, lang: Lang) -> Vec<String> {
        let kinds = [
            (self.uploads, ("upload", "uploads"), "待上传"),
            (self.downloads, ("download", "downloads"), "待下载"),
            (self.deletions, ("duplicate to delete", "duplicates to delete"), "待删除的重复"),
            (self.pending, ("upload not confirmed yet", "uploads not confirmed yet"), "待确认的上传"),
        ];
        let word = |(count, (one, many), zh): (u64, (&str, &str), &str)| match lang {
            Lang::En => i18n::counted(count, one, many),
            Lang::Zh => format!("{zh} {}", i18n::number(count)),
        };
        kinds.into_iter().filter(|(count, ..)| *count > 0).map(word).collect()
    }
}

/// The text of a reason, behind the name of the platform that it is about.
fn with_platform(reason: &RedactedReason, platform: Option<impl Display>, lang: Lang) -> String {
    let text = reason.text(lang);
    platform.map_or_else(|| text.clone(), |platform| lang.colon(platform, &text))
}

impl Command {
    /// The first error, behind the name of the platform that it was about.
    pub fn reason_text(&self, lang: Lang) -> Option<String> {
        self.reason.as_ref().map(|reason| with_platform(reason, self.platform.as_ref(), lang))
    }
}

impl Issue {
    /// What went wrong, in a sentence without its end.
    pub fn sentence(&self, lang: Lang) -> String {
        let platform = self.platform.as_deref().unwrap_or("?");
        let command = self.command.as_deref().unwrap_or("?");
        let count = i18n::number(self.count.unwrap_or(0));
        let exit = self.exit.map_or_else(String::new, |exit| exit.to_string());
        match (self.kind, lang) {
            (IssueKind::LoginRefused, Lang::En) => {
                format!("{platform}: the login was refused, and is not tried again by itself")
            }
            (IssueKind::LoginRefused, Lang::Zh) => format!("{platform}：登录被拒绝，不会自动重试"),
            (IssueKind::LoginEnded, Lang::En) => format!("{platform}: the login has ended"),
            (IssueKind::LoginEnded, Lang::Zh) => format!("{platform}：登录已失效"),
            (IssueKind::LoginNeeded, Lang::En) => format!("{command}: a login is needed"),
            (IssueKind::LoginNeeded, Lang::Zh) => format!("{command}：需要登录"),
            (IssueKind::ListingImplausible, Lang::En) => {
                format!("{platform}: many activities are missing from its list (another account?); the list is ignored")
            }
            (IssueKind::ListingImplausible, Lang::Zh) => {
                format!("{platform}：列表缺少大量活动（是否为另一个账号？），已忽略该列表")
            }
            (IssueKind::Configuration, Lang::En) => format!("{command}: something in the set-up is wrong"),
            (IssueKind::Configuration, Lang::Zh) => format!("{command}：配置有误"),
            (IssueKind::Bug, Lang::En) => format!("{command} met a bug; please report it"),
            (IssueKind::Bug, Lang::Zh) => format!("{command} 遇到程序错误，请反馈"),
            (IssueKind::UploadsLost, Lang::En) => {
                format!("{platform}: accepted uploads that never appeared there: {count}")
            }
            (IssueKind::UploadsLost, Lang::Zh) => format!("{platform}：已接受但从未出现的上传：{count}"),
            (IssueKind::NotListed, Lang::En) => format!("{platform}: not listed for more than a week"),
            (IssueKind::NotListed, Lang::Zh) => format!("{platform}：超过一周没有列出"),
            (IssueKind::UploadsUnconfirmed, Lang::En) => {
                format!("{platform}: accepted uploads that do not appear there yet: {count}")
            }
            (IssueKind::UploadsUnconfirmed, Lang::Zh) => format!("{platform}：已接受但尚未出现的上传：{count}"),
            (IssueKind::Behind, Lang::En) => format!("Outstanding, and not less than after the last runs: {count}"),
            (IssueKind::Behind, Lang::Zh) => format!("最近几次运行后，待完成的工作没有减少：{count}"),
            (IssueKind::Overdue, Lang::En) => "A scheduled run did not happen; check cron".to_owned(),
            (IssueKind::Overdue, Lang::Zh) => "计划的运行没有执行，请检查 cron".to_owned(),
            (IssueKind::Cooldown, Lang::En) => format!("{platform}: no login with the password for a while"),
            (IssueKind::Cooldown, Lang::Zh) => format!("{platform}：暂停密码登录"),
            (IssueKind::RateLimited, Lang::En) => format!("{platform} asks to be left alone"),
            (IssueKind::RateLimited, Lang::Zh) => format!("{platform} 要求暂停请求"),
            (IssueKind::ListingIncomplete, Lang::En) => format!("{platform}: its last list was cut short"),
            (IssueKind::ListingIncomplete, Lang::Zh) => format!("{platform}：上次列表不完整"),
            (IssueKind::FilesCorrupt, Lang::En) => {
                format!("Files in the archive that were found changed or cut: {count}")
            }
            (IssueKind::FilesCorrupt, Lang::Zh) => format!("归档中损坏的文件：{count}"),
            (IssueKind::FilesFailed, Lang::En) => format!("Files that were asked for in vain: {count}"),
            (IssueKind::FilesFailed, Lang::Zh) => format!("获取失败的文件：{count}"),
            (IssueKind::Failed, Lang::En) => format!("{command} ended with exit code {exit}"),
            (IssueKind::Failed, Lang::Zh) => format!("{command} 以退出码 {exit} 结束"),
            (IssueKind::Unfinished, Lang::En) => format!("{command} did not end: it was killed"),
            (IssueKind::Unfinished, Lang::Zh) => format!("{command} 没有结束：被终止"),
        }
    }

    /// What went wrong, until when or since when, and why; without what fixes it.
    pub fn finding(&self, lang: Lang) -> String {
        Issue { fix: None, ..self.clone() }.line(lang)
    }

    /// All of it in one line: what went wrong, until when, why, and what mends it.
    pub fn line(&self, lang: Lang) -> String {
        self.line_with(lang, str::to_owned)
    }

    /// The same with the reason as `shown` has it: it may be long, and what mends it comes last.
    pub fn line_with(&self, lang: Lang, shown: impl Fn(&str) -> String) -> String {
        let mut line = self.sentence(lang);
        if let Some(at) =
            self.at.filter(|_| matches!(self.kind, IssueKind::Cooldown | IssueKind::RateLimited | IssueKind::Overdue))
        {
            let at = format!("{} {}", self.at_word(lang), at.strftime("%Y-%m-%d %H:%M UTC"));
            line.push_str(&if self.kind == IssueKind::Overdue { format!(" ({at})") } else { format!(" {at}") });
        }
        if let Some(reason) = self.reason_text(lang) {
            line = lang.colon(line, shown(&reason));
        }
        if let Some(fix) = &self.fix {
            line.push_str(&format!("{}{fix}", lang.pick("; run: ", "；请运行：")));
        }
        line
    }

    /// The reason, behind the name of its platform where the sentence does not name that.
    pub fn reason_text(&self, lang: Lang) -> Option<String> {
        let platform = self.platform.as_ref().filter(|_| self.command.is_some());
        self.reason.as_ref().map(|reason| with_platform(reason, platform, lang))
    }

    /// What `at` means: `since`, `until`.
    pub fn at_word(&self, lang: Lang) -> &'static str {
        match self.kind {
            IssueKind::Cooldown | IssueKind::RateLimited => lang.pick("until", "直到"),
            IssueKind::LoginRefused | IssueKind::LoginEnded | IssueKind::NotListed => lang.pick("since", "自"),
            IssueKind::Overdue => lang.pick("due", "应于"),
            _ => lang.pick("at", "于"),
        }
    }
}
