//! The state as text for people: the output of `gs-status`.

use std::fmt::Write;

use jiff::Timestamp;

use super::Align::{self, Left, NoWrap, Right};
use super::{shown_platform, table};
use crate::i18n::{self, Lang, number};
use crate::status::{Heading, Issue, Login, NextSync, Platform, Run, Snapshot, State, never_synced, sync_is_running};

/// The state, the last and the next sync, outstanding work, a line for each platform, the logins, and the actions needed.
pub fn status_text(snapshot: &Snapshot, now: Timestamp, lang: Lang) -> String {
    let view = View { snapshot, now, lang };
    let mut text = format!("{}\n", snapshot.state.sentence(snapshot.is_repeated(), lang));
    if let Some(began) = snapshot.running_since {
        text.push_str(&format!("{}{}\n", sync_is_running(lang), view.moment(began)));
    }
    if snapshot.state == State::Empty {
        let begin = lang.pick(
            "No platform was listed yet. To begin: garminsync setup",
            "尚未列出任何平台。请先运行：garminsync setup",
        );
        text.push_str(begin);
        text.push('\n');
    } else {
        text.push_str(&format!("{}\n\n{}", snapshot.totals(lang), view.syncs()));
    }
    if !snapshot.platforms.is_empty() {
        text.push_str(&format!("\n{}\n", view.platforms()));
    }
    if snapshot.platforms.iter().any(|platform| !platform.logins.is_empty()) {
        text.push_str(&format!("\n{}\n", view.logins()));
    }
    text.push_str(&view.not_uploaded());
    text.push_str(&view.list(Heading::ActionNeeded, &snapshot.actions));
    text.push_str(&view.list(Heading::Warnings, &snapshot.warnings));
    text
}

struct View<'a> {
    snapshot: &'a Snapshot,
    now: Timestamp,
    lang: Lang,
}

impl View<'_> {
    /// `3 hours ago (2026-11-29 17:33 UTC)`
    fn moment(&self, at: Timestamp) -> String {
        format!("{} ({})", i18n::relative(at, self.now, self.lang), at.strftime("%Y-%m-%d %H:%M UTC"))
    }

    fn syncs(&self) -> String {
        let lang = self.lang;
        let mut lines = vec![
            (Heading::LastRun.text(lang), self.last_sync(self.snapshot.last_run.as_ref())),
            (Heading::NextRun.text(lang), self.next_sync()),
        ];
        let outstanding = &self.snapshot.outstanding;
        if !outstanding.is_nothing() {
            lines.push((Heading::Outstanding.text(lang), outstanding.words(lang).join(lang.comma())));
        }
        let widest = lines.iter().map(|(name, _)| console::measure_text_width(name)).max().unwrap_or(0);
        let mut text = String::new();
        for (name, value) in lines {
            let _ = writeln!(text, "{}  {value}", console::pad_str(name, widest, console::Alignment::Left, None));
        }
        text
    }

    fn last_sync(&self, run: Option<&Run>) -> String {
        let Some(run) = run else { return never_synced(self.lang).to_owned() };
        let at = self.moment(run.finished.unwrap_or(run.started));
        format!("{at}{}{}", self.lang.comma(), run.outcome.word(self.lang))
    }

    fn next_sync(&self) -> String {
        let next = NextSync::of(self.snapshot.schedule.as_ref(), self.lang);
        let at = next.at.map_or_else(|| next.word.to_owned(), |at| self.moment(at));
        let space = self.lang.pick(" ", "");
        let hints = next.hints.iter().map(|(text, command)| format!("{text}{space}{command}"));
        [at].into_iter().chain(hints).collect::<Vec<_>>().join(self.lang.pick("; ", "；"))
    }

    fn platforms(&self) -> super::Table {
        let lang = self.lang;
        let archived = lang.pick("archived", "已归档");
        let mut head = vec![
            (lang.pick("platform", "平台"), Align::Platform),
            (lang.pick("activities", "活动"), Right),
            (archived, Right),
            (lang.pick("last listed", "上次列出"), NoWrap),
        ];
        let is_pending = self.snapshot.platforms.iter().any(|platform| platform.pending > 0);
        if is_pending {
            head.insert(3, (lang.pick("pending", "待确认"), Right));
        }
        let has_outbox = self.snapshot.platforms.iter().any(|platform| platform.write_only);
        if has_outbox {
            head.insert(3, (lang.pick("delivered", "已投递"), Right));
        }
        let mut table = table(&head).drop_order(&[archived]);
        for platform in &self.snapshot.platforms {
            let pending = is_pending.then(|| number(platform.pending));
            let never = || lang.pick("never", "从未").to_owned();
            let listed = platform.last_listing.map_or_else(never, |at| i18n::relative(at, self.now, lang));
            let none = || "–".to_owned();
            let (numbers, delivered, listed) = match platform.write_only {
                true => ([none(), none()], number(platform.delivered), none()),
                false => ([platform.total, platform.downloaded].map(number), none(), listed),
            };
            let numbers = numbers.into_iter().chain(has_outbox.then_some(delivered)).chain(pending);
            table.add_row([shown_platform(&platform.name)].into_iter().chain(numbers).chain([listed]));
        }
        table
    }

    /// The logins have a table of their own: beside the numbers they would wrap into many lines.
    fn logins(&self) -> super::Table {
        let login = self.lang.pick("login", "登录");
        let mut table = table(&[(self.lang.pick("platform", "平台"), Align::Platform), (login, Left)]);
        for platform in self.snapshot.platforms.iter().filter(|platform| !platform.logins.is_empty()) {
            table.add_row([shown_platform(&platform.name), self.login(platform)]);
        }
        table
    }

    fn login(&self, platform: &Platform) -> String {
        let text = |login: &Login| match platform.logins.len() {
            1 => login.text(self.now, self.lang),
            _ => format!("{}{}{}", login.title(self.lang), self.lang.pick(": ", "："), login.text(self.now, self.lang)),
        };
        platform.logins.iter().map(text).collect::<Vec<_>>().join(self.lang.pick("; ", "；"))
    }

    /// What no sync uploads, with the commands that change it.
    fn not_uploaded(&self) -> String {
        let lines = self.snapshot.not_uploaded(self.lang);
        if lines.is_empty() {
            return String::new();
        }
        let mut text = format!("\n{}{}\n", Heading::NotUploaded.text(self.lang), self.lang.pick(":", "："));
        for (line, command) in lines {
            let _ = writeln!(text, "- {line}\n    {command}");
        }
        text
    }

    /// The problems, each with the command that fixes it on its own line, so that it can be copied.
    fn list(&self, heading: Heading, issues: &[Issue]) -> String {
        if issues.is_empty() {
            return String::new();
        }
        let mut text = format!("\n{}{}\n", heading.text(self.lang), self.lang.pick(":", "："));
        for issue in issues {
            let _ = writeln!(text, "- {}", issue.finding(self.lang));
            if let Some(fix) = &issue.fix {
                let _ = writeln!(text, "    {fix}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{IssueKind, Outstanding};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn snapshot() -> Snapshot {
        let renewable_until = Some(at("2026-12-28T18:00:00Z"));
        let login = Login { renewable: true, renewable_until, ..Login::default() };
        let garmin = Platform {
            name: "garmin-com".into(),
            total: 3021,
            downloaded: 3020,
            missing: 1,
            last_listing: Some(at("2026-11-29T09:00:00Z")),
            logins: vec![login],
            ..Platform::default()
        };
        let coros = Platform { name: "coros".into(), total: 12, ..Platform::default() };
        let ended = Issue {
            platform: Some("coros".into()),
            fix: Some("gs-auth login --platform coros".into()),
            ..Issue::new(IssueKind::LoginEnded)
        };
        Snapshot {
            state: State::ActionNeeded,
            outstanding: Outstanding { uploads: 3, ..Outstanding::default() },
            platforms: vec![garmin, coros],
            actions: vec![ended],
            ..Snapshot::default()
        }
    }

    #[test]
    fn the_status_text_shows_the_actions_with_their_commands() {
        let text = status_text(&snapshot(), at("2026-11-29T12:00:00Z"), Lang::En);
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        assert_eq!(lines[0], "Action needed");
        assert!(lines.contains(&"Last run     never"), "{text}");
        assert!(lines.contains(&"Outstanding  3 uploads"), "{text}");
        assert!(text.contains("3,021") && text.contains("3 hours ago"), "{text}");
        let table = lines.iter().position(|line| line.split_whitespace().eq(["platform", "login"])).unwrap();
        let login: Vec<&str> = lines[table + 1].split_whitespace().collect();
        assert_eq!(login.join(" "), "garmin-com renews automatically; valid for 29 days", "{text}");
        assert!(lines.ends_with(&["- coros: the login has ended", "    gs-auth login --platform coros"]), "{text}");
    }

    #[test]
    fn a_running_sync_is_shown_under_the_state() {
        let running = Snapshot { state: State::Ok, running_since: Some(at("2026-11-29T11:57:00Z")), ..snapshot() };
        let line = |lang| status_text(&running, at("2026-11-29T12:00:00Z"), lang).lines().nth(1).unwrap().to_owned();
        assert_eq!(line(Lang::En), "A sync is running; it began 3 minutes ago (2026-11-29 11:57 UTC)");
        assert_eq!(line(Lang::Zh), "正在同步，开始时间：3 分钟前 (2026-11-29 11:57 UTC)");
    }

    #[test]
    fn the_status_of_an_empty_data_folder_says_how_to_begin() {
        let text = status_text(&Snapshot::default(), at("2026-11-29T12:00:00Z"), Lang::En);
        assert_eq!(text, "Nothing is known yet\nNo platform was listed yet. To begin: garminsync setup\n");
        let text = status_text(&Snapshot::default(), at("2026-11-29T12:00:00Z"), Lang::Zh);
        assert!(text.contains("garminsync setup") && !text.contains("No platform"), "{text}");
    }
}
