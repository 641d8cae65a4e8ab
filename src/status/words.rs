//! What the judgment says, in both languages.

use std::fmt::Display;

use super::{Command, Matter, Outstanding, RedactedReason, State, What};
use crate::i18n::{self, Lang};

impl State {
    /// The first thing that is read.
    ///
    /// `is_repeated`: whether there is a schedule, so that a next run comes.
    pub fn sentence(self, is_repeated: bool, lang: Lang) -> &'static str {
        match self {
            State::Trouble if !is_repeated => lang.pick("Something went wrong", "出现问题"),
            State::Empty => lang.pick("Nothing is known yet", "尚无数据"),
            State::Well => lang.pick("All is well", "一切正常"),
            State::Outstanding => lang.pick("Work is outstanding", "有待完成的工作"),
            State::Behind => lang.pick("Work is outstanding, and does not get less", "待完成的工作没有减少"),
            State::Trouble => lang.pick("Something went wrong; the next run tries again", "出现问题，下次运行会重试"),
            State::Person => lang.pick("It needs you", "需要您处理"),
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

impl Matter {
    /// What went wrong, in a sentence without its end.
    pub fn sentence(&self, lang: Lang) -> String {
        let platform = self.platform.as_deref().unwrap_or("?");
        let command = self.command.as_deref().unwrap_or("?");
        let count = i18n::number(self.count.unwrap_or(0));
        let exit = self.exit.map_or_else(String::new, |exit| exit.to_string());
        match (self.what, lang) {
            (What::LoginRefused, Lang::En) => {
                format!("{platform}: the login was refused, and is not tried again by itself")
            }
            (What::LoginRefused, Lang::Zh) => format!("{platform}：登录被拒绝，不会自动重试"),
            (What::LoginDead, Lang::En) => format!("{platform}: the login has ended"),
            (What::LoginDead, Lang::Zh) => format!("{platform}：登录已失效"),
            (What::LoginNeeded, Lang::En) => format!("{command}: a login is needed"),
            (What::LoginNeeded, Lang::Zh) => format!("{command}：需要登录"),
            (What::ListShrunk, Lang::En) => {
                format!("{platform}: many activities are missing from its list (another account?); the list is ignored")
            }
            (What::ListShrunk, Lang::Zh) => format!("{platform}：列表缺少大量活动（是否为另一个账号？），已忽略该列表"),
            (What::SetUp, Lang::En) => format!("{command}: something in the set-up is wrong"),
            (What::SetUp, Lang::Zh) => format!("{command}：配置有误"),
            (What::Bug, Lang::En) => format!("{command} met a bug; please report it"),
            (What::Bug, Lang::Zh) => format!("{command} 遇到程序错误，请反馈"),
            (What::UploadsLost, Lang::En) => {
                format!("{platform}: accepted uploads that never appeared there: {count}")
            }
            (What::UploadsLost, Lang::Zh) => format!("{platform}：已接受但从未出现的上传：{count}"),
            (What::NotListed, Lang::En) => format!("{platform}: not listed for more than a week"),
            (What::NotListed, Lang::Zh) => format!("{platform}：超过一周没有列出"),
            (What::UploadsUnconfirmed, Lang::En) => {
                format!("{platform}: accepted uploads that do not appear there yet: {count}")
            }
            (What::UploadsUnconfirmed, Lang::Zh) => format!("{platform}：已接受但尚未出现的上传：{count}"),
            (What::Behind, Lang::En) => format!("Outstanding, and not less than after the last runs: {count}"),
            (What::Behind, Lang::Zh) => format!("最近几次运行后，待完成的工作没有减少：{count}"),
            (What::Overdue, Lang::En) => "A scheduled run did not happen; check cron".to_owned(),
            (What::Overdue, Lang::Zh) => "计划的运行没有执行，请检查 cron".to_owned(),
            (What::Cooldown, Lang::En) => format!("{platform}: no login with the password for a while"),
            (What::Cooldown, Lang::Zh) => format!("{platform}：暂停密码登录"),
            (What::AskedToWait, Lang::En) => format!("{platform} asks to be left alone"),
            (What::AskedToWait, Lang::Zh) => format!("{platform} 要求暂停请求"),
            (What::ListCut, Lang::En) => format!("{platform}: its last list was cut short"),
            (What::ListCut, Lang::Zh) => format!("{platform}：上次列表不完整"),
            (What::FilesBroken, Lang::En) => format!("Files in the archive that were found changed or cut: {count}"),
            (What::FilesBroken, Lang::Zh) => format!("归档中损坏的文件：{count}"),
            (What::FilesFailed, Lang::En) => format!("Files that were asked for in vain: {count}"),
            (What::FilesFailed, Lang::Zh) => format!("获取失败的文件：{count}"),
            (What::Failed, Lang::En) => format!("{command} ended with exit code {exit}"),
            (What::Failed, Lang::Zh) => format!("{command} 以退出码 {exit} 结束"),
            (What::Unfinished, Lang::En) => format!("{command} did not end: it was killed"),
            (What::Unfinished, Lang::Zh) => format!("{command} 没有结束：被终止"),
        }
    }

    /// All of it in one line: what went wrong, until when, why, and what mends it.
    pub fn line(&self, lang: Lang) -> String {
        self.line_with(lang, str::to_owned)
    }

    /// The same with the reason as `shown` has it: it may be long, and what mends it comes last.
    pub fn line_with(&self, lang: Lang, shown: impl Fn(&str) -> String) -> String {
        let mut line = self.sentence(lang);
        if let Some(at) = self.at.filter(|_| matches!(self.what, What::Cooldown | What::AskedToWait | What::Overdue)) {
            let at = format!("{} {}", self.at_word(lang), at.strftime("%Y-%m-%d %H:%M UTC"));
            line.push_str(&if self.what == What::Overdue { format!(" ({at})") } else { format!(" {at}") });
        }
        if let Some(reason) = self.reason_text(lang) {
            line = lang.colon(line, shown(&reason));
        }
        if let Some(mend) = &self.mend {
            line.push_str(&format!("{}{mend}", lang.pick("; run: ", "；请运行：")));
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
        match self.what {
            What::Cooldown | What::AskedToWait => lang.pick("until", "直到"),
            What::LoginRefused | What::LoginDead | What::NotListed => lang.pick("since", "自"),
            What::Overdue => lang.pick("due", "应于"),
            _ => lang.pick("at", "于"),
        }
    }
}
