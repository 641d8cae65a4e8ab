//! The languages of the page and of messages, and the formats of numbers, durations and units.

use std::fmt::Display;

use jiff::Timestamp;

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese.
    Zh,
}

/// The Chinese names of the sports, sub-sports and families of sports that services have. Others keep FIT's name.
const SPORTS: &[(&str, &str)] = &[
    ("running", "跑步"),
    ("cycling", "骑行"),
    ("swimming", "游泳"),
    ("walking", "步行"),
    ("hiking", "徒步"),
    ("mountaineering", "登山"),
    ("training", "训练"),
    ("fitness_equipment", "健身器械"),
    ("rowing", "划船"),
    ("cross_country_skiing", "越野滑雪"),
    ("alpine_skiing", "高山滑雪"),
    ("multisport", "多项运动"),
    ("generic", "其他"),
    ("all", "全部"),
    ("transition", "转换"),
    ("basketball", "篮球"),
    ("soccer", "足球"),
    ("tennis", "网球"),
    ("american_football", "美式橄榄球"),
    ("baseball", "棒球"),
    ("volleyball", "排球"),
    ("cricket", "板球"),
    ("rugby", "橄榄球"),
    ("hockey", "曲棍球"),
    ("lacrosse", "长曲棍球"),
    ("team_sport", "团队运动"),
    ("ultimate", "极限飞盘"),
    ("racket", "球拍运动"),
    ("badminton", "羽毛球"),
    ("table_tennis", "乒乓球"),
    ("squash", "壁球"),
    ("racquetball", "短拍壁球"),
    ("platform", "平台网球"),
    ("padel", "板式网球"),
    ("pickleball", "匹克球"),
    ("golf", "高尔夫"),
    ("disc_golf", "飞盘高尔夫"),
    ("treadmill", "跑步机"),
    ("street", "路跑"),
    ("trail", "越野跑"),
    ("track", "田径场跑步"),
    ("ultra", "超级马拉松"),
    ("obstacle", "障碍跑"),
    ("indoor_running", "室内跑步"),
    ("virtual_activity", "虚拟运动"),
    ("casual_walking", "散步"),
    ("speed_walking", "健走"),
    ("rucking", "负重行走"),
    ("floor_climbing", "爬楼"),
    ("wheelchair_push_walk", "轮椅步行"),
    ("wheelchair_push_run", "轮椅跑步"),
    ("para_sport", "残障运动"),
    ("road", "公路骑行"),
    ("mountain", "山地骑行"),
    ("gravel_cycling", "砾石骑行"),
    ("cyclocross", "公路越野"),
    ("indoor_cycling", "室内骑行"),
    ("spin", "动感单车"),
    ("track_cycling", "场地骑行"),
    ("downhill", "速降"),
    ("enduro", "山地耐力赛"),
    ("recumbent", "躺车骑行"),
    ("hand_cycling", "手摇车"),
    ("indoor_hand_cycling", "室内手摇车"),
    ("commuting", "通勤"),
    ("bmx", "小轮车"),
    ("e_biking", "电助力骑行"),
    ("e_bike_fitness", "电助力健身车"),
    ("e_bike_mountain", "电助力山地车"),
    ("e_bike_enduro", "电助力耐力赛"),
    ("lap_swimming", "泳池游泳"),
    ("open_water", "公开水域"),
    ("elliptical", "椭圆机"),
    ("stair_climbing", "爬楼机"),
    ("indoor_skiing", "室内滑雪"),
    ("indoor_rowing", "划船机"),
    ("strength_training", "力量训练"),
    ("cardio_training", "有氧训练"),
    ("flexibility_training", "柔韧训练"),
    ("hiit", "高强度间歇"),
    ("yoga", "瑜伽"),
    ("pilates", "普拉提"),
    ("breathing", "呼吸训练"),
    ("meditation", "冥想"),
    ("mobility", "灵活性训练"),
    ("jump_rope", "跳绳"),
    ("dance", "舞蹈"),
    ("boxing", "拳击"),
    ("mixed_martial_arts", "综合格斗"),
    ("rock_climbing", "攀岩"),
    ("indoor_climbing", "室内攀岩"),
    ("bouldering", "抱石"),
    ("triathlon", "铁人三项"),
    ("duathlon", "铁人两项"),
    ("swim_run", "游跑两项"),
    ("bike_to_run_transition", "骑跑转换"),
    ("run_to_bike_transition", "跑骑转换"),
    ("swim_to_bike_transition", "游骑转换"),
    ("snowboarding", "单板滑雪"),
    ("backcountry", "野外滑雪"),
    ("resort", "雪场滑雪"),
    ("skate_skiing", "自由式越野滑雪"),
    ("snowshoeing", "雪鞋徒步"),
    ("snowmobiling", "雪地摩托"),
    ("ice_skating", "滑冰"),
    ("ice", "冰上"),
    ("field", "草地"),
    ("inline_skating", "轮滑"),
    ("winter_sport", "冬季运动"),
    ("water_sport", "水上运动"),
    ("paddling", "划桨"),
    ("kayaking", "皮划艇"),
    ("canoeing", "独木舟"),
    ("rafting", "漂流"),
    ("whitewater", "激流"),
    ("stand_up_paddleboarding", "桨板"),
    ("surfing", "冲浪"),
    ("windsurfing", "帆板"),
    ("kitesurfing", "风筝冲浪"),
    ("wakeboarding", "尾波滑水"),
    ("wakesurfing", "尾波冲浪"),
    ("water_skiing", "滑水"),
    ("water_tubing", "水上拖圈"),
    ("sailing", "帆船"),
    ("boating", "船艇"),
    ("snorkeling", "浮潜"),
    ("diving", "潜水"),
    ("pool_apnea", "泳池闭气"),
    ("apnea_diving", "自由潜水"),
    ("apnea_hunting", "自由潜捕鱼"),
    ("single_gas_diving", "单气体潜水"),
    ("multi_gas_diving", "多气体潜水"),
    ("gauge_diving", "潜水表模式"),
    ("ccr_diving", "密闭循环潜水"),
    ("fishing", "钓鱼"),
    ("hunting", "狩猎"),
    ("archery", "射箭"),
    ("horseback_riding", "骑马"),
    ("driving", "驾驶"),
    ("overland", "越野驾驶"),
    ("motorcycling", "摩托车"),
    ("motocross", "越野摩托"),
    ("atv", "全地形车"),
    ("motor_sports", "赛车"),
    ("flying", "飞行"),
    ("rc_drone", "无人机"),
    ("wingsuit", "翼装飞行"),
    ("hang_gliding", "悬挂滑翔"),
    ("sky_diving", "跳伞"),
    ("grinding", "绞盘训练"),
    ("indoor_grinding", "室内绞盘训练"),
    ("video_gaming", "电子游戏"),
    ("esport", "电子竞技"),
    ("fitness", "健身"),
    ("winter", "冬季运动"),
    ("team", "团队运动"),
    ("water", "水上运动"),
    ("climbing", "攀登"),
    ("motor", "机动车"),
    ("outdoor", "户外运动"),
    ("tactical", "战术训练"),
    ("shooting", "射击"),
    ("geocaching", "地理寻宝"),
];

impl Lang {
    /// The language of a name such as `zh_CN.UTF-8`; `None` for an unsupported language.
    pub fn of(name: &str) -> Option<Lang> {
        match name.get(..2)?.to_ascii_lowercase().as_str() {
            "en" => Some(Lang::En),
            "zh" => Some(Lang::Zh),
            _ => None,
        }
    }

    /// The English or the Chinese text.
    pub fn pick<'a>(self, en: &'a str, zh: &'a str) -> &'a str {
        match self {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// A name, a colon and the text after it.
    pub fn colon(self, name: impl Display, what: impl Display) -> String {
        format!("{name}{}{what}", self.pick(": ", "："))
    }

    /// The separator between the items of a list.
    pub fn comma(self) -> &'static str {
        self.pick(", ", "，")
    }

    /// The common name of a FIT sport. A sport without a translation keeps FIT's name.
    pub fn sport(self, sport: &str) -> String {
        let known = SPORTS.iter().find(|(name, _)| self == Lang::Zh && *name == sport);
        known.map_or_else(|| sport.replace('_', " "), |(_, word)| (*word).to_owned())
    }
}

/// The start in local time; if the offset is unknown, in UTC, marked as UTC.
pub fn local(start: Timestamp, utc_offset_s: Option<i32>) -> String {
    let there = utc_offset_s.and_then(|seconds| jiff::tz::Offset::from_seconds(seconds).ok());
    match there {
        Some(offset) => offset.to_datetime(start).strftime("%Y-%m-%d %H:%M").to_string(),
        None => start.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    }
}

/// `1:02:03`
pub fn clock(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `86.2 kB`
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// `12,345`
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with its noun, in English: `1 file`, `1,234 files`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// The counts that are not zero, in English: `12 uploaded, 1 failed`.
pub fn counts(counts: &[(u64, &str)]) -> String {
    let counts =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, noun)| format!("{} {noun}", number(*count)));
    counts.collect::<Vec<_>>().join(", ")
}

/// The time until `end`: `29 days`, `3 h 59 min`, `ended`. Days are rounded to the nearest one.
pub fn time_left(end: Timestamp, now: Timestamp) -> String {
    let minutes = end.duration_since(now).as_mins();
    match (minutes / 1440, minutes / 60, minutes) {
        (2.., ..) => counted(((minutes + 720) / 1440).unsigned_abs(), "day", "days"),
        (_, 1.., _) => format!("{} h {} min", minutes / 60, minutes % 60),
        (_, _, 0..) if end > now => format!("{minutes} min"),
        _ => "ended".to_owned(),
    }
}

/// A duration: `2 min 5 s`, `3 d 4 h`.
pub fn span(seconds: i64, lang: Lang) -> String {
    let part = |number: i64, en: &str, zh: &str| match lang {
        Lang::En => format!("{number} {en}"),
        Lang::Zh => format!("{number} {zh}"),
    };
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let parts = match (days, hours, minutes) {
        (0, 0, 0) => vec![part(seconds.max(0), "s", "秒")],
        (0, 0, _) => vec![part(minutes, "min", "分"), part(seconds % 60, "s", "秒")],
        (0, ..) => vec![part(hours, "h", "小时"), part(minutes, "min", "分")],
        _ => vec![part(days, "d", "天"), part(hours, "h", "小时")],
    };
    parts.join(" ")
}

/// How long a thing stays valid: `3 h 59 min`, `29 days`. Days are rounded to the nearest one.
pub fn lasting(seconds: i64, lang: Lang) -> String {
    if seconds < 2 * 86_400 {
        return span(seconds, lang);
    }
    let days = ((seconds + 43_200) / 86_400).unsigned_abs();
    match lang {
        Lang::En => counted(days, "day", "days"),
        Lang::Zh => format!("{} 天", number(days)),
    }
}

/// The time between `at` and now: `just now`, `3 hours ago`, `in 2 days`.
pub fn relative(at: Timestamp, now: Timestamp, lang: Lang) -> String {
    let seconds = at.as_second() - now.as_second();
    let minutes = seconds.unsigned_abs() / 60;
    let (count, one, many, zh) = match minutes {
        0 => return lang.pick("just now", "刚刚").to_owned(),
        1..60 => (minutes, "minute", "minutes", "分钟"),
        60..2880 => (minutes / 60, "hour", "hours", "小时"),
        _ => (minutes / 1440, "day", "days", "天"),
    };
    match (lang, seconds < 0) {
        (Lang::En, true) => format!("{} ago", counted(count, one, many)),
        (Lang::En, false) => format!("in {}", counted(count, one, many)),
        (Lang::Zh, true) => format!("{} {zh}前", number(count)),
        (Lang::Zh, false) => format!("{} {zh}后", number(count)),
    }
}

/// `a`, `a or b`, `a, b or c`.
pub fn or_list(words: &[&str]) -> String {
    match words {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_recognized_by_its_prefix() {
        let of = |name| Lang::of(name);
        assert_eq!([of("zh_CN.UTF-8"), of("zh"), of("ZH-TW")], [Some(Lang::Zh); 3]);
        assert_eq!([of("en_GB"), of("C.UTF-8"), of("é"), of("")], [Some(Lang::En), None, None, None]);
    }

    #[test]
    fn every_sport_of_an_activity_type_has_a_chinese_name() {
        for row in include_str!("sport/types.csv").lines().skip(1) {
            for sport in row.split(',').skip(3).filter(|sport| !sport.is_empty()) {
                assert!(!Lang::Zh.sport(sport).is_ascii(), "{row}: {sport}");
            }
        }
    }

    #[test]
    fn durations_sizes_and_counts_are_formatted() {
        assert_eq!(clock(3723.4), "1:02:03");
        let sizes = [999, 86_212, 4_300_000, 12_345_678_901].map(size);
        assert_eq!(sizes, ["999 B", "86.2 kB", "4.3 MB", "12.3 GB"]);
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 1, 1200].map(|count| counted(count, "file", "files")), ["0 files", "1 file", "1,200 files"]);
    }

    #[test]
    fn time_spans_have_at_most_two_units() {
        let of = |seconds| span(seconds, Lang::En);
        assert_eq!([of(-5), of(0), of(59), of(125)], ["0 s", "0 s", "59 s", "2 min 5 s"]);
        assert_eq!([of(3600), of(90_061)], ["1 h 0 min", "1 d 1 h"]);
        assert_eq!(span(125, Lang::Zh), "2 分 5 秒");
    }

    #[test]
    fn a_relative_time_has_one_unit() {
        let now: Timestamp = "2026-01-10T00:00:00Z".parse().unwrap();
        let of = |seconds, lang| relative(Timestamp::from_second(now.as_second() + seconds).unwrap(), now, lang);
        let en = [-30, -60, -3 * 3600 - 59, -47 * 3600, -48 * 3600, 30, 90 * 60].map(|seconds| of(seconds, Lang::En));
        assert_eq!(
            en,
            ["just now", "1 minute ago", "3 hours ago", "47 hours ago", "2 days ago", "just now", "in 1 hour"]
        );
        assert_eq!([of(-7200, Lang::Zh), of(7200, Lang::Zh)], ["2 小时前", "2 小时后"]);
    }

    #[test]
    fn the_time_left_is_rounded_to_days_and_else_down() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let left = |seconds| time_left(Timestamp::from_second(now.as_second() + seconds).unwrap(), now);
        assert_eq!(
            [left(30 * 86400 - 1), left(14_399), left(90), left(5), left(0), left(-90)],
            ["30 days", "3 h 59 min", "1 min", "0 min", "ended", "ended"]
        );
        assert_eq!([90 * 86_400 - 1, 60 * 3600 - 1].map(|left| lasting(left, Lang::En)), ["90 days", "2 days"]);
        assert_eq!([lasting(3 * 86_400, Lang::Zh), lasting(48 * 3600 - 1, Lang::En)], ["3 天", "1 d 23 h"]);
    }
}
