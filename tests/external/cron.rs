//! Schedules compared with Debian's cron: which expressions are valid (`crontab -n`), and when they run (a simulation
//! of cron's rules, minute by minute).

use std::process::Command;

use garminsync::schedule::Schedule;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

/// Lowest and highest number of each field, and the names of the numbers from the lowest on.
const KINDS: [(u32, u32, &str); 5] = [
    (0, 59, ""),
    (0, 23, ""),
    (1, 31, ""),
    (1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"),
    (0, 7, "sun mon tue wed thu fri sat"),
];

/// One field: its text, and the numbers that it allows.
#[derive(Debug, Clone, Default)]
struct Field {
    text: String,
    numbers: Vec<u32>,
}

impl Field {
    fn has(&self, number: u32) -> bool {
        self.numbers.contains(&number)
    }

    fn is_star(&self) -> bool {
        self.text.starts_with('*')
    }
}

/// A number in one of its valid spellings.
fn written(kind: usize, number: u32, how: u8) -> String {
    let (low, _, names) = KINDS[kind];
    match (how % 4, names.split(' ').nth((number - low) as usize)) {
        (0, Some(name)) if !name.is_empty() => name.to_owned(),
        (1, Some(name)) if !name.is_empty() => name.to_uppercase(),
        (2, _) => format!("{number:02}"),
        _ => number.to_string(),
    }
}

/// `*`, a number or a range, maybe with a step.
fn item(kind: usize) -> impl Strategy<Value = Field> {
    let (low, high, _) = KINDS[kind];
    let step = prop_oneof![3 => Just(None), 2 => (1..=high + 5).prop_map(Some)];
    (0..4u8, low..=high, low..=high, step, any::<(u8, u8)>()).prop_map(move |(form, one, other, step, how)| {
        let (from, to) = (one.min(other), one.max(other));
        let (range, from, to) = match form {
            0 => ("*".to_owned(), low, high),
            1 => (format!("{}-{}", written(kind, from, how.0), written(kind, to, how.1)), from, to),
            _ => return Field { text: written(kind, one, how.0), numbers: vec![one] },
        };
        let numbers = (from..=to).step_by(step.unwrap_or(1) as usize).collect();
        Field { text: range + &step.map_or(String::new(), |step| format!("/{step}")), numbers }
    })
}

fn field(kind: usize) -> impl Strategy<Value = Field> {
    let all = Field { text: "*".into(), numbers: (KINDS[kind].0..=KINDS[kind].1).collect() };
    let listed = proptest::collection::vec(item(kind), 1..4).prop_map(|items| Field {
        text: items.iter().map(|item| item.text.as_str()).collect::<Vec<_>>().join(","),
        numbers: items.iter().flat_map(|item| item.numbers.clone()).collect(),
    });
    prop_oneof![2 => Just(all), 3 => listed]
}

fn fields() -> impl Strategy<Value = [Field; 5]> {
    (field(0), field(1), field(2), field(3), field(4)).prop_map(<[Field; 5]>::from)
}

/// Fixed times of every day, in the hours in which clocks change.
fn at_night() -> impl Strategy<Value = [Field; 5]> {
    let numbers = |high: u32| proptest::collection::vec(0..=high, 1..3);
    let listed =
        |numbers: Vec<u32>| Field { text: numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(","), numbers };
    let star = |kind: usize| Field { text: "*".into(), numbers: (KINDS[kind].0..=KINDS[kind].1).collect() };
    (numbers(59), numbers(3))
        .prop_map(move |(minutes, hours)| [listed(minutes), listed(hours), star(2), star(3), star(4)])
}

fn fields_for_clocks() -> impl Strategy<Value = [Field; 5]> {
    prop_oneof![fields(), at_night()]
}

fn text(fields: &[Field; 5]) -> String {
    fields.each_ref().map(|field| field.text.as_str()).join(" ")
}

/// Zones with different clock changes: by an hour, half an hour or two hours, at midnight, once, over a whole day.
const ZONES: [&str; 14] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Africa/Casablanca",
    "Africa/Cairo",
    "America/Havana",
    "Asia/Pyongyang",
    "Asia/Kathmandu",
    "America/Caracas",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "Asia/Gaza",
];

/// A zone, and a second near a change of its clock (or anywhere, if it has none).
fn place() -> impl Strategy<Value = (&'static str, i64)> {
    (0..ZONES.len(), 0..70usize, -90_000..90_000i64).prop_map(|(zone, nth, beside)| {
        let base: Timestamp = "1985-01-01T00:00:00Z".parse().unwrap();
        let zone = ZONES[zone];
        let known = TimeZone::get(zone).unwrap();
        let changes: Vec<i64> = known.following(base).take(nth + 1).map(|at| at.timestamp().as_second()).collect();
        (zone, changes.last().map_or(base.as_second() + nth as i64 * 10_000_000, |change| change + beside))
    })
}

/// Whether the fields allow this minute of the local clock.
fn allows([minute, hour, day, month, weekday]: &[Field; 5], clock: i64) -> bool {
    let shown = Timestamp::from_second(clock * 60).unwrap().to_zoned(TimeZone::UTC);
    let number = |value: i8| value.unsigned_abs().into();
    let is_sunday = shown.weekday() == jiff::civil::Weekday::Sunday;
    let by_day = day.has(number(shown.day()));
    let by_weekday = weekday.has(number(shown.weekday().to_sunday_zero_offset())) || (is_sunday && weekday.has(7));
    let on_the_day = if day.is_star() || weekday.is_star() { by_day && by_weekday } else { by_day || by_weekday };
    minute.has(number(shown.minute()))
        && hour.has(number(shown.hour()))
        && month.has(number(shown.month()))
        && on_the_day
}

/// The times at which cron(8) starts the command, from `from` on and before `to`: cron wakes up each minute and reads
/// the clock. `done` is the last minute whose commands were run; it does not go back when the clock does.
fn played(fields: &[Field; 5], zone: &TimeZone, from: i64, to: i64) -> Vec<i64> {
    let clock = |second: i64| {
        let offset = zone.to_offset(Timestamp::from_second(second).unwrap()).seconds();
        (second + i64::from(offset)).div_euclid(60)
    };
    let wild = fields[0].is_star() || fields[1].is_star();
    let begin = from.div_euclid(60) * 60 - 86_400;
    let mut done = clock(begin);
    let mut starts = Vec::new();
    for second in (begin + 60..to).step_by(60) {
        let now = clock(second);
        let runs = match now - done {
            -179..=0 => wild && allows(fields, now),
            // Cron woke up late: it runs every minute since.
            1..=5 => (done + 1..=now).any(|minute| allows(fields, minute)),
            6..=180 if wild => allows(fields, now),
            6..=180 => (done + 1..=now).any(|minute| allows(fields, minute)),
            _ => allows(fields, now),
        };
        done = if (-179..=0).contains(&(now - done)) { done } else { now };
        if runs && second >= from {
            starts.push(second);
        }
    }
    starts
}

proptest! {
    #[test]
    fn next_and_previous_runs_equal_those_of_cron(fields in fields_for_clocks(), (name, middle) in place()) {
        let Ok(schedule) = Schedule::parse(&text(&fields), name) else {
            prop_assume!(false, "a date that does not exist");
            unreachable!();
        };
        let (from, to) = (middle - 100_000, middle + 100_000);
        let expected = played(&fields, &TimeZone::get(name).unwrap(), from, to);
        let at = |second| Timestamp::from_second(second).unwrap();
        let ahead = std::iter::successors(schedule.next(at(from - 1)), |time| schedule.next(*time));
        let ahead: Vec<i64> = ahead.map(Timestamp::as_second).take_while(|second| *second < to).collect();
        prop_assert_eq!(&ahead, &expected, "{} {}", text(&fields), name);
        let back = std::iter::successors(schedule.previous(at(to)), |time| schedule.previous(*time));
        let mut back: Vec<i64> = back.map(Timestamp::as_second).take_while(|second| *second >= from).collect();
        back.reverse();
        prop_assert_eq!(&back, &expected, "backwards: {} {}", text(&fields), name);
    }

    #[test]
    fn next_and_previous_runs_are_consistent(fields in fields_for_clocks(), (name, second) in place()) {
        let Ok(schedule) = Schedule::parse(&text(&fields), name) else {
            prop_assume!(false, "a date that does not exist");
            unreachable!();
        };
        let time = Timestamp::from_second(second).unwrap();
        let (before, after) = (schedule.previous(time).unwrap(), schedule.next(time).unwrap());
        prop_assert!(before < time && time < after);
        let one = jiff::SignedDuration::from_secs(1);
        prop_assert_eq!(schedule.next(before), schedule.next(time - one));
        prop_assert_eq!(schedule.previous(after), schedule.previous(time + one));
    }
}

/// Whether the `crontab` of this machine is Debian's. Other implementations may install the file of `-n FILE`.
fn is_debians() -> bool {
    let help =
        Command::new("crontab").arg("-h").output().expect("crontab (cron) is required; scripts/test installs it");
    let is = String::from_utf8_lossy(&help.stderr).contains("dry run: checks the syntax");
    if !is {
        eprintln!("not run: the crontab of this machine is not Debian's");
    }
    is
}

/// Whether cron accepts a line with this expression.
fn cron_takes(expression: &str) -> bool {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{expression} true\n")).unwrap();
    Command::new("crontab").arg("-n").arg(file.path()).output().unwrap().status.success()
}

/// Whether the message is that of an expression that is rejected on purpose, although cron accepts it.
fn is_refused_on_purpose(said: &str) -> bool {
    ["cron would never run it", "@reboot has no time"].iter().any(|reason| said.contains(reason))
}

/// A nearly valid field: it conforms to the grammar, but numbers and names may be invalid.
fn nearly(kind: usize) -> impl Strategy<Value = String> {
    let number = prop_oneof![
        6 => (0..=KINDS[kind].1 + 2).prop_map(|number| number.to_string()),
        1 => Just("007".to_owned()),
        1 => Just("999999999".to_owned()),
        1 => proptest::sample::select(vec!["jan", "Dec", "MON", "sun", "sunday", "l", "H", ""]).prop_map(str::to_owned),
    ];
    let range = prop_oneof![
        2 => Just("*".to_owned()),
        2 => number.clone(),
        2 => (number.clone(), number.clone()).prop_map(|(from, to)| format!("{from}-{to}")),
    ];
    let item = prop_oneof![
        3 => range.clone(),
        1 => (range, number).prop_map(|(range, step)| format!("{range}/{step}")),
    ];
    proptest::collection::vec(item, 1..3).prop_map(|items| items.join(","))
}

fn nearly_five() -> impl Strategy<Value = String> {
    let right = (0..5usize, fields());
    // At most one field is invalid; otherwise nearly all expressions would be rejected.
    (right, nearly(0), nearly(1), nearly(2), nearly(3), nearly(4)).prop_map(|((wrong, fields), a, b, c, d, e)| {
        let mut texts = fields.map(|field| field.text);
        texts[wrong] = [a, b, c, d, e][wrong].clone();
        texts.join(" ")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn an_expression_of_the_grammar_is_accepted_exactly_if_cron_accepts_it(text in nearly_five()) {
        if is_debians() {
            match Schedule::parse(&text, "UTC") {
                Ok(_) => prop_assert!(cron_takes(&text), "cron rejects {:?}", text),
                Err(error) if is_refused_on_purpose(&error.to_string()) => {}
                Err(error) => prop_assert!(!cron_takes(&text), "cron accepts it: {error}"),
            }
        }
    }

    #[test]
    fn an_expression_that_cron_rejects_is_rejected(text in "[*,/0-9 \tLW#?H@a-y-]{1,4}([ \t]+(\\*|[0-9]{1,2}|[*,/1-9#LW-]{1,3}|mon|jan)){2,5}|@[a-z]{3,8}") {
        if is_debians() && Schedule::parse(&text, "UTC").is_ok() {
            prop_assert!(cron_takes(&text), "cron rejects {:?}", text);
        }
    }
}

#[test]
fn nicknames_are_those_of_cron() {
    if !is_debians() {
        return;
    }
    for name in ["hourly", "daily", "midnight", "weekly", "monthly", "yearly", "annually", "reboot", "Daily", "every"] {
        let name = format!("@{name}");
        let taken = match Schedule::parse(&name, "UTC") {
            Ok(_) => true,
            Err(error) => is_refused_on_purpose(&error.to_string()),
        };
        assert_eq!(taken, cron_takes(&name), "{name}");
    }
}
