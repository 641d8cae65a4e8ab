//! What the judgment says, in both languages.

use super::{Matter, What};
use crate::lang::{self, Lang};

impl Matter {
    /// What went wrong, in a sentence without its end.
    pub fn sentence(&self, lang: Lang) -> String {
        let platform = self.platform.as_deref().unwrap_or("?");
        let command = self.command.as_deref().unwrap_or("?");
        let count = lang::number(self.count.unwrap_or(0));
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
            (What::ListShrunk, Lang::En) => format!("{platform}: its list lacks too much to be believed"),
            (What::ListShrunk, Lang::Zh) => format!("{platform}：列表缺失过多，不予采信"),
            (What::SetUp, Lang::En) => format!("{command}: something in the set-up is wrong"),
            (What::SetUp, Lang::Zh) => format!("{command}：配置有误"),
            (What::Bug, Lang::En) => format!("{command} met a bug; please report it"),
            (What::Bug, Lang::Zh) => format!("{command} 遇到程序错误，请反馈"),
            (What::Overdue, Lang::En) => "A run that was due did not happen: look after cron".to_owned(),
            (What::Overdue, Lang::Zh) => "应执行的运行没有发生：请检查 cron".to_owned(),
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

    /// What `at` means: `since`, `until`.
    pub fn at_word(&self, lang: Lang) -> &'static str {
        match self.what {
            What::Cooldown | What::AskedToWait => lang.pick("until", "直到"),
            What::LoginRefused | What::LoginDead => lang.pick("since", "自"),
            What::Overdue => lang.pick("due", "应于"),
            _ => lang.pick("at", "于"),
        }
    }
}
