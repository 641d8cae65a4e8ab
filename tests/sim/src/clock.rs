//! Calendar arithmetic and a handful of time zones, without a time zone database.

/// A calendar date and a clock time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// Year, month, day.
    pub date: (i64, u32, u32),
    /// Hour, minute, second.
    pub time: (u32, u32, u32),
}

/// Days since 1970-01-01 of a date.
pub fn days(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let shifted = i64::from((month + 9) % 12);
    let of_year = (153 * shifted + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The calendar date and clock time of a number of seconds since 1970.
pub fn civil(seconds: i64) -> Civil {
    let days = seconds.div_euclid(86_400) + 719_468;
    let rest = seconds.rem_euclid(86_400) as u32;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = (of_year - (153 * shifted + 2) / 5 + 1) as u32;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 } as u32;
    let year = year + era * 400 + i64::from(month <= 2);
    Civil { date: (year, month, day), time: (rest / 3600, rest / 60 % 60, rest % 60) }
}

/// `2026-01-08 08:10:21`, with `between` in place of the space.
pub fn stamp(seconds: i64, between: &str) -> String {
    let Civil { date: (y, mo, d), time: (h, mi, s) } = civil(seconds);
    format!("{y:04}-{mo:02}-{d:02}{between}{h:02}:{mi:02}:{s:02}")
}

/// Reads `YYYY-MM-DD` as seconds since 1970.
pub fn parse_date(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return None };
    let shape = (year.len(), month.len(), day.len()) == (4, 2, 2);
    let (year, month, day): (i64, u32, u32) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    let at = days(year, month, day) * 86_400;
    (shape && civil(at).date == (year, month, day)).then_some(at)
}

/// When the clocks of a zone are an hour ahead (summer time).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Summer {
    /// Never.
    None,
    /// Last Sunday of March to last Sunday of October, both at 01:00 UTC.
    Europe,
    /// Second Sunday of March to first Sunday of November, at 02:00 by the local clock.
    America,
    /// First Sunday of October to first Sunday of April, at about 02:00 by the local clock.
    South,
}

/// A time zone: name, the service's number for it, and its rule.
#[derive(Clone, Copy, Debug)]
pub struct Zone {
    /// IANA name.
    pub key: &'static str,
    /// Number in the service's listing.
    pub id: u32,
    /// Seconds from UTC to standard time.
    pub standard: i32,
    /// Its summer time.
    pub summer: Summer,
    /// A place there: latitude, longitude.
    pub place: (f64, f64),
}

/// The zones of invented activities.
pub const ZONES: [Zone; 10] = [
    zone("Europe/Paris", 124, 3600, Summer::Europe, (45.92, 6.87)),
    zone("America/New_York", 149, -18_000, Summer::America, (40.78, -73.96)),
    zone("America/Los_Angeles", 153, -28_800, Summer::America, (37.77, -122.48)),
    zone("America/Costa_Rica", 150, -21_600, Summer::None, (9.93, -84.08)),
    zone("America/St_Johns", 143, -12_600, Summer::America, (47.56, -52.71)),
    zone("Asia/Kolkata", 93, 19_800, Summer::None, (12.97, 77.59)),
    zone("Asia/Kathmandu", 94, 20_700, Summer::None, (27.70, 85.32)),
    zone("Australia/Adelaide", 77, 34_200, Summer::South, (-34.92, 138.60)),
    zone("Pacific/Auckland", 70, 43_200, Summer::South, (-36.85, 174.76)),
    SHANGHAI,
];

/// The zone of the garmin.cn account.
pub const SHANGHAI: Zone = zone("Asia/Shanghai", 85, 28_800, Summer::None, (31.23, 121.47));

const fn zone(key: &'static str, id: u32, standard: i32, summer: Summer, place: (f64, f64)) -> Zone {
    Zone { key, id, standard, summer, place }
}

impl Zone {
    /// Local time minus UTC at a given time, in seconds.
    pub fn offset(&self, at: i64) -> i32 {
        let year = civil(at).date.0;
        let standard = i64::from(self.standard);
        let summer = match self.summer {
            Summer::None => false,
            Summer::Europe => at >= last_sunday(year, 3) + 3600 && at < last_sunday(year, 10) + 3600,
            Summer::America => {
                let begin = nth_sunday(year, 3, 2) + 7200 - standard;
                at >= begin && at < nth_sunday(year, 11, 1) + 3600 - standard
            }
            Summer::South => {
                let end = nth_sunday(year, 4, 1) + 7200 - standard;
                at < end || at >= nth_sunday(year, 10, 1) + 7200 - standard
            }
        };
        self.standard + if summer { 3600 } else { 0 }
    }

    /// A time in the hour that the clocks repeat in autumn of this year.
    pub fn repeated_hour(&self, year: i64) -> Option<i64> {
        let standard = i64::from(self.standard);
        match self.summer {
            Summer::None => None,
            Summer::Europe => Some(last_sunday(year, 10) + 3600 + 1200),
            Summer::America => Some(nth_sunday(year, 11, 1) + 3600 - standard + 1200),
            Summer::South => Some(nth_sunday(year, 4, 1) + 7200 - standard + 1200),
        }
    }
}

/// Midnight of the nth Sunday of a month.
fn nth_sunday(year: i64, month: u32, nth: i64) -> i64 {
    let first = days(year, month, 1);
    // 1970-01-01 was a Thursday: day 3 was a Sunday.
    let ahead = (3 - first).rem_euclid(7);
    (first + ahead + (nth - 1) * 7) * 86_400
}

fn last_sunday(year: i64, month: u32) -> i64 {
    let fifth = nth_sunday(year, month, 5);
    if civil(fifth).date.1 == month { fifth } else { nth_sunday(year, month, 4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_and_parsed() {
        assert_eq!(stamp(1_767_881_421, " "), "2026-01-08 14:10:21");
        assert_eq!(parse_date("2024-02-29"), Some(days(2024, 2, 29) * 86_400));
        assert_eq!(parse_date("2025-02-29"), None);
        assert_eq!(parse_date("2025-2-9"), None);
    }

    #[test]
    fn summer_time_begins_and_ends() {
        let paris = ZONES[0];
        assert_eq!(paris.offset(1_711_846_799), 3600);
        assert_eq!(paris.offset(1_711_846_800), 7200);
        assert_eq!(paris.offset(1_729_990_800), 3600);
        let auckland = ZONES[8];
        assert_eq!(auckland.offset(days(2024, 1, 1) * 86_400), 46_800);
        assert_eq!(auckland.offset(days(2024, 7, 1) * 86_400), 43_200);
    }
}
