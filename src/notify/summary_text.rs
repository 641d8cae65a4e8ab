//! The phrases of a summary in each language.

use crate::activity::Activity;
use crate::i18n::{self, Lang, local};

impl Lang {
    /// A number with its noun: `3 added`, `新增 3`.
    pub fn counted(self, count: usize, en: &str, zh: &str) -> String {
        match self {
            Lang::En => format!("{count} {en}"),
            Lang::Zh => format!("{zh} {count}"),
        }
    }

    /// The line for omitted lines.
    pub fn left_out(self, count: usize) -> String {
        match self {
            Lang::En => format!("… {count} more lines"),
            Lang::Zh => format!("……另有 {count} 行"),
        }
    }

    /// The item for omitted items of a list.
    pub fn more(self, count: usize) -> String {
        match self {
            Lang::En => format!("… {count} more"),
            Lang::Zh => format!("……另有 {count} 项"),
        }
    }

    /// A number of activities: `1 activity`, `12 activities`.
    pub fn activities(self, count: usize) -> String {
        match self {
            Lang::En => i18n::counted(count as u64, "activity", "activities"),
            Lang::Zh => format!("{count} 个活动"),
        }
    }

    /// How a command ended that did not end well.
    pub fn ended(self, exit: u8) -> String {
        match self {
            Lang::En => format!("ended with exit code {exit}"),
            Lang::Zh => format!("以退出码 {exit} 结束"),
        }
    }

    /// An activity in a line: local start, sport, distance and name, as far as they are known, else its id.
    pub fn activity(self, activity: &Activity, name: &str) -> String {
        let sport = activity.sport.as_deref().or(activity.platform_sport.as_deref());
        let distance = activity.distance_m.filter(|metres| *metres > 0.0);
        let parts = [
            activity.start_time.map(|start| local(start, activity.utc_offset_s)),
            sport.map(|sport| self.sport(sport)),
            distance.map(|metres| format!("{:.1} km", metres / 1000.0)),
            Some(name.to_owned()).filter(|name| !name.is_empty()),
        ];
        let text = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        if text.is_empty() { activity.id.clone() } else { text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_activity_is_described_by_its_known_values() {
        let mut activity = Activity { id: "7".into(), ..Activity::default() };
        assert_eq!(Lang::En.activity(&activity, ""), "7");
        activity.start_time = Some("2026-01-08T14:10:21Z".parse().unwrap());
        activity.platform_sport = Some("fitness_equipment".into());
        assert_eq!(Lang::En.activity(&activity, ""), "2026-01-08 14:10 UTC fitness equipment");
        activity.sport = Some("running".into());
        activity.utc_offset_s = Some(-21_600);
        activity.distance_m = Some(4261.2);
        assert_eq!(Lang::En.activity(&activity, "Run"), "2026-01-08 08:10 running 4.3 km Run");
        assert_eq!(Lang::Zh.activity(&activity, "晨跑"), "2026-01-08 08:10 跑步 4.3 km 晨跑");
    }
}
