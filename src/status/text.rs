//! The texts of the judgment, in both languages.

use std::fmt::Display;

use jiff::Timestamp;

use super::{
    Command, FileQuotaUsage, Heading, Issue, IssueKind, Login, Missing, MissingReason, Outstanding, RedactedReason,
    Snapshot, State,
};
use crate::activity::AccessKind;
use crate::i18n::{self, Lang};

impl Snapshot {
    /// The totals: activities on the platforms, distinct ones, and archived ones; then duplicates and failed downloads, if
    /// there are any.
    pub fn totals(&self, lang: Lang) -> String {
        let platforms = self.platforms.iter().filter(|platform| !platform.write_only).count() as u64;
        let all = self.platforms.iter().map(|platform| platform.total).sum();
        let failed = self.platforms.iter().map(|platform| platform.failed).sum();
        let [distinct, archived] = [self.counts.distinct, self.counts.archived].map(i18n::number);
        let duplicates = self.counts.duplicates;
        let parts = match lang {
            Lang::En => [
                Some(
                    i18n::counted(all, "activity", "activities")
                        + &format!(" on {}", i18n::counted(platforms, "platform", "platforms")),
                ),
                Some(format!("{distinct} distinct")),
                Some(format!("{archived} of these in the archive")),
                (duplicates > 0).then(|| i18n::counted(duplicates, "duplicate", "duplicates")),
                (failed > 0).then(|| i18n::counted(failed, "failed download", "failed downloads")),
            ],
            Lang::Zh => [
                Some(format!("{platforms} 个平台共 {} 个活动", i18n::number(all))),
                Some(format!("去重后 {distinct} 个活动")),
                Some(format!("其中 {archived} 个已归档")),
                (duplicates > 0).then(|| format!("{} 个重复", i18n::number(duplicates))),
                (failed > 0).then(|| format!("{} 个文件下载失败", i18n::number(failed))),
            ],
        };
        parts.into_iter().flatten().collect::<Vec<_>>().join(lang.comma())
    }
}

impl Snapshot {
    /// The platforms that are missing activities and can only be read: a sentence, and the command that changes it.
    pub fn not_uploaded(&self, lang: Lang) -> Vec<(String, String)> {
        let read_only = self.missing.iter().filter(|missing| missing.reason == MissingReason::NoWriteAccess);
        let line = |missing: &Missing| {
            let text = match lang {
                Lang::En => format!(
                    "{}: {}, because it can only be read; to upload, too:",
                    missing.on,
                    i18n::counted(missing.count, "activity", "activities")
                ),
                Lang::Zh => {
                    format!("{}：{} 个活动，因为该平台只读；如需上传：", missing.on, i18n::number(missing.count))
                }
            };
            (text, crate::shell::login(&missing.on))
        };
        read_only.map(line).collect()
    }
}

/// An access, in words.
pub fn access_title(access: AccessKind, lang: Lang) -> &'static str {
    match access {
        AccessKind::ApiKey => lang.pick("API key", "API 密钥"),
        AccessKind::OAuth => "OAuth",
        AccessKind::Login => lang.pick("login", "登录"),
    }
}

impl FileQuotaUsage {
    /// Which files it counts: `files by OAuth`.
    pub fn title(&self, lang: Lang) -> String {
        let access = access_title(self.access, lang);
        match lang {
            Lang::En => format!("files by {access}"),
            Lang::Zh => format!("{access} 文件"),
        }
    }
}

impl Login {
    /// What it is, for a platform that has several.
    pub fn title(&self, lang: Lang) -> &'static str {
        access_title(self.access, lang)
    }

    /// How long it works: `renews automatically; valid for 29 days`.
    pub fn text(&self, now: Timestamp, lang: Lang) -> String {
        if let Some(reason) = &self.ended {
            return format!("{}{}", lang.pick("ended: ", "已失效："), reason.text(lang));
        }
        let valid = |end: Timestamp| {
            let seconds = end.as_second() - now.as_second();
            format!("{}{}", lang.pick("valid for ", "有效期还有 "), i18n::lasting(seconds, lang))
        };
        let renews = lang.pick("renews automatically", "自动续期");
        match (self.expires, self.renewable, self.renewable_until) {
            (_, true, Some(end)) if end > now => format!("{renews}{}{}", lang.pick("; ", "，"), valid(end)),
            (_, true, None) => renews.to_owned(),
            (Some(end), ..) if end > now => valid(end),
            (None, false, _) if self.access == AccessKind::ApiKey => {
                lang.pick("no end date known", "到期日未知").to_owned()
            }
            (None, false, _) => lang.pick("no end date", "无到期日").to_owned(),
            _ => lang.pick("expired", "已过期").to_owned(),
        }
    }

    /// When it ends, if that is known and in the future.
    pub fn ends(&self, now: Timestamp) -> Option<Timestamp> {
        let end = if self.renewable { self.renewable_until } else { self.expires };
        end.filter(|end| self.ended.is_none() && *end > now)
    }
}

impl State {
    /// The headline. `is_repeated`: whether a schedule starts the next run.
    pub fn sentence(self, is_repeated: bool, lang: Lang) -> &'static str {
        match self {
            State::Warning if !is_repeated => lang.pick("Warning: something failed", "警告：有操作失败"),
            State::Empty => lang.pick("Nothing is known yet", "尚无数据"),
            State::Ok => lang.pick("Everything is OK", "一切正常"),
            State::Outstanding => lang.pick("Work is outstanding", "有待完成的工作"),
            State::Behind => lang.pick(
                "Work is outstanding, and the last syncs did not reduce it",
                "有待完成的工作，最近几次同步没有减少",
            ),
            State::Warning => {
                lang.pick("Warning: something failed; the next sync tries again", "警告：有操作失败，下次同步会重试")
            }
            State::ActionNeeded => Heading::ActionNeeded.text(lang),
        }
    }
}

impl Outstanding {
    /// Each kind with its number; zero counts are omitted.
    pub fn words(&self, lang: Lang) -> Vec<String> {
        let kinds = [
            (self.uploads, ("upload", "uploads"), "待上传"),
            (self.downloads, ("download", "downloads"), "待下载"),
            (self.deletions, ("duplicate to delete", "duplicates to delete"), "待删除的重复"),
            (self.pending, ("pending upload", "pending uploads"), "待确认的上传"),
        ];
        let word = |(count, (one, many), zh): (u64, (&str, &str), &str)| match lang {
            Lang::En => i18n::counted(count, one, many),
            Lang::Zh => format!("{zh} {}", i18n::number(count)),
        };
        kinds.into_iter().filter(|(count, ..)| *count > 0).map(word).collect()
    }
}

/// The text of a reason, with the name of its platform in front.
fn with_platform(reason: &RedactedReason, platform: Option<impl Display>, lang: Lang) -> String {
    let text = reason.text(lang);
    platform.map_or_else(|| text.clone(), |platform| lang.colon(platform, &text))
}

impl Command {
    /// The first error, with the name of its platform in front.
    pub fn reason_text(&self, lang: Lang) -> Option<String> {
        self.reason.as_ref().map(|reason| with_platform(reason, self.platform.as_ref(), lang))
    }
}

impl Issue {
    /// What is wrong, as a sentence without a full stop.
    pub fn sentence(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.english(),
            Lang::Zh => self.chinese(),
        }
    }

    fn english(&self) -> String {
        let platform = self.platform.as_deref().unwrap_or("?");
        let command = self.command.as_deref().unwrap_or("?");
        let counted = |one, many| i18n::counted(self.count.unwrap_or(0), one, many);
        let uploads = || counted("upload was", "uploads were");
        match self.kind {
            IssueKind::LoginRejected => format!("{platform}: the login was rejected and is not retried automatically"),
            IssueKind::LoginEnded => format!("{platform}: the login has ended"),
            IssueKind::KeyEnded => format!("{platform}: the API key no longer works"),
            IssueKind::KeyEnds => format!("{platform}: the API key ends"),
            IssueKind::LoginNeeded => format!("{command}: a login is needed"),
            IssueKind::ListingImplausible => {
                format!("{platform}: many activities are missing from its list (another account?); the list is ignored")
            }
            IssueKind::Configuration => format!("{command}: configuration error"),
            IssueKind::Bug => format!("{command}: a bug in garminsync; please report it"),
            IssueKind::UploadsLost => format!("{platform}: {} accepted but never listed", uploads()),
            IssueKind::NotListed if self.at.is_none() => format!("{platform}: never listed"),
            IssueKind::NotListed => format!("{platform}: not listed for more than a week"),
            IssueKind::UploadsUnconfirmed => format!("{platform}: {} accepted but not listed yet", uploads()),
            IssueKind::Behind => {
                format!("{} outstanding, and the last syncs did not reduce that", counted("item is", "items are"))
            }
            IssueKind::Overdue => "A scheduled sync did not run; check cron".to_owned(),
            IssueKind::Cooldown => format!("{platform}: no password logins"),
            IssueKind::RateLimited => format!("{platform}: rate limit: no requests"),
            IssueKind::ListingIncomplete => format!("{platform}: the last listing is incomplete"),
            IssueKind::FilesCorrupt => {
                format!("{} in the archive", counted("corrupt file", "corrupt files"))
            }
            IssueKind::FilesFailed => format!("{} not downloaded", counted("file was", "files were")),
            IssueKind::Failed => format!("{command} failed{}", self.exit_code(" with exit code ")),
            IssueKind::Unfinished => format!("{command} was killed before it ended"),
        }
    }

    fn chinese(&self) -> String {
        let platform = self.platform.as_deref().unwrap_or("?");
        let command = self.command.as_deref().unwrap_or("?");
        let count = i18n::number(self.count.unwrap_or(0));
        match self.kind {
            IssueKind::LoginRejected => format!("{platform}：登录被拒绝，不会自动重试"),
            IssueKind::LoginEnded => format!("{platform}：登录已失效"),
            IssueKind::KeyEnded => format!("{platform}：API 密钥已失效"),
            IssueKind::KeyEnds => format!("{platform}：API 密钥即将到期"),
            IssueKind::LoginNeeded => format!("{command}：需要登录"),
            IssueKind::ListingImplausible => {
                format!("{platform}：列表缺少大量活动（是否为另一个账号？），已忽略该列表")
            }
            IssueKind::Configuration => format!("{command}：配置有误"),
            IssueKind::Bug => format!("{command} 遇到程序错误，请反馈"),
            IssueKind::UploadsLost => format!("{platform}：{count} 个上传已被接受，但从未出现"),
            IssueKind::NotListed if self.at.is_none() => format!("{platform}：从未列出"),
            IssueKind::NotListed => format!("{platform}：超过一周没有列出"),
            IssueKind::UploadsUnconfirmed => format!("{platform}：{count} 个上传已被接受，但尚未出现"),
            IssueKind::Behind => format!("有 {count} 项待完成，最近几次同步没有减少"),
            IssueKind::Overdue => "计划的同步没有执行，请检查 cron".to_owned(),
            IssueKind::Cooldown => format!("{platform}：暂停密码登录"),
            IssueKind::RateLimited => format!("{platform}：请求过于频繁，暂停请求"),
            IssueKind::ListingIncomplete => format!("{platform}：上次列表不完整"),
            IssueKind::FilesCorrupt => format!("归档中有 {count} 个损坏的文件"),
            IssueKind::FilesFailed => format!("{count} 个文件下载失败"),
            IssueKind::Failed => format!("{command} 失败{}", self.exit_code("，退出码 ")),
            IssueKind::Unfinished => format!("{command} 在结束前被终止"),
        }
    }

    fn exit_code(&self, before: &str) -> String {
        self.exit.map_or_else(String::new, |exit| format!("{before}{exit}"))
    }

    /// What is wrong, until or since when, and why, without the fix.
    pub fn finding(&self, lang: Lang) -> String {
        Issue { fix: None, ..self.clone() }.line(lang)
    }

    /// Everything in one line: what is wrong, until when, why, and the command that fixes it.
    pub fn line(&self, lang: Lang) -> String {
        self.line_with(lang, str::to_owned)
    }

    /// Like [`Issue::line`], with the reason as `shown` returns it: a reason may be long, and the fix comes last.
    pub fn line_with(&self, lang: Lang, shown: impl Fn(&str) -> String) -> String {
        let mut line = self.sentence(lang);
        if let Some(at) = self.at.filter(|_| {
            use IssueKind::{Cooldown, KeyEnds, Overdue, RateLimited};
            matches!(self.kind, Cooldown | RateLimited | KeyEnds | Overdue)
        }) {
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

    /// The reason, with the name of its platform in front if the sentence does not have it.
    pub fn reason_text(&self, lang: Lang) -> Option<String> {
        let platform = self.platform.as_ref().filter(|_| self.command.is_some());
        self.reason.as_ref().map(|reason| with_platform(reason, platform, lang))
    }

    /// What `at` means: `since`, `until`.
    pub fn at_word(&self, lang: Lang) -> &'static str {
        match self.kind {
            IssueKind::Cooldown | IssueKind::RateLimited => lang.pick("until", "直到"),
            IssueKind::LoginRejected | IssueKind::LoginEnded | IssueKind::KeyEnded | IssueKind::NotListed => {
                lang.pick("since", "自")
            }
            IssueKind::KeyEnds => lang.pick("on", "于"),
            IssueKind::Overdue => lang.pick("scheduled for", "应于"),
            _ => lang.pick("at", "于"),
        }
    }
}
