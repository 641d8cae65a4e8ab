//! The five fields, as crontab(5) defines them, and the errors of invalid ones.

use jiff::civil::Date;

use super::Error;

/// The name of a field and its allowed values.
struct FieldRange {
    name: &'static str,
    low: u32,
    high: u32,
    /// Names of the numbers, starting at `low`.
    names: &'static [&'static str],
    /// The allowed values as messages state them.
    allowed: &'static str,
}

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const KINDS: [FieldRange; 5] = [
    FieldRange { name: "minute", low: 0, high: 59, names: &[], allowed: "0 to 59, as in 30, 0-29, */15 or 0,30" },
    FieldRange { name: "hour", low: 0, high: 23, names: &[], allowed: "0 to 23, as in 6, 8-18, */6 or 7,19" },
    FieldRange { name: "day of month", low: 1, high: 31, names: &[], allowed: "1 to 31, as in 1, 1-7, */2 or 1,15" },
    FieldRange {
        name: "month",
        low: 1,
        high: 12,
        names: MONTHS,
        allowed: "1 to 12 or jan to dec, as in 6, apr-oct or */3",
    },
    FieldRange {
        name: "day of week",
        low: 0,
        high: 7,
        names: DAYS,
        allowed: "0 to 7 or sun to sat, as in 1-5, mon-fri or 6,7",
    },
];

const NICKNAMES: &[(&str, &str)] = &[
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// The most digits of a number. Cron overflows with more.
const DIGITS: usize = 9;

/// The numbers that each field allows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Expression {
    pub minutes: u64,
    pub hours: u64,
    days: u64,
    months: u64,
    /// 0 is Sunday.
    weekdays: u64,
    /// Whether a day must match both day fields, not only one of them.
    both: bool,
    /// Whether the schedule follows the clock when the clock changes. Otherwise it runs once at each of its times.
    pub wild: bool,
}

impl Expression {
    pub fn parse(text: &str) -> Result<Expression, Error> {
        let wrong = |(field, column, why): Wrong| Error::Cron { text: text.to_owned(), field, column, why };
        let words = words(text);
        match words.first() {
            Some((column, word)) if word.starts_with('@') => nickname(*column, word, words.get(1)).map_err(wrong),
            _ => fields(&words, text.chars().count() + 1).map_err(wrong),
        }
    }

    /// Whether the expression may run on `date`.
    pub fn is_on(&self, date: Date) -> bool {
        let weekday = u32::from(date.weekday().to_sunday_zero_offset().unsigned_abs());
        let (day, weekday) = (has(self.days, date.day().unsigned_abs().into()), has(self.weekdays, weekday));
        self.is_in_month(date.month()) && if self.both { day && weekday } else { day || weekday }
    }

    pub fn is_in_month(&self, month: i8) -> bool {
        has(self.months, month.unsigned_abs().into())
    }

    /// Whether its days exist: there is no 30 February and no 31 April.
    fn comes(&self) -> bool {
        const LONGEST: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let has_day = |month: u32| (1..=LONGEST[month as usize - 1]).any(|day| has(self.days, day));
        !self.both || (1..=12).any(|month| has(self.months, month) && has_day(month))
    }
}

/// Whether a set contains a number.
fn has(set: u64, number: u32) -> bool {
    set & (1 << number) != 0
}

/// The field, the column and the message.
type Wrong = (Option<&'static str>, usize, String);

/// The words and the columns at which they begin. Only spaces and tabs separate words in cron.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut column = 1;
    let mut words = Vec::new();
    for word in text.split([' ', '\t']) {
        if !word.is_empty() {
            words.push((column, word));
        }
        column += word.chars().count() + 1;
    }
    words
}

fn nickname(column: usize, name: &str, next: Option<&(usize, &str)>) -> Result<Expression, Wrong> {
    if name == "@reboot" {
        return Err((None, column, "@reboot has no time; write @hourly, @daily or five fields".to_owned()));
    }
    let Some((_, text)) = NICKNAMES.iter().find(|(known, _)| *known == name) else {
        let known = NICKNAMES.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(", ");
        return Err((None, column, format!("unknown name {name:?}; cron knows {known}")));
    };
    match next {
        Some((column, word)) => Err((None, *column, format!("unexpected {word:?} after {name}; remove it"))),
        None => fields(&words(text), 0),
    }
}

/// Parses the fields. `end` is the column after the last word.
fn fields(words: &[(usize, &str)], end: usize) -> Result<Expression, Wrong> {
    let mut sets = [0; 5];
    for (index, kind) in KINDS.iter().enumerate() {
        let Some((column, word)) = words.get(index) else {
            let why = format!("missing; cron needs five fields, for example {}", super::DEFAULT);
            return Err((Some(kind.name), end, why));
        };
        sets[index] = list(kind, *column, word)?;
    }
    if let Some((column, word)) = words.get(KINDS.len()) {
        let why = format!("unexpected field {word:?}; cron has five fields, neither seconds nor years");
        return Err((None, *column, why));
    }
    let [minutes, hours, days, months, weekdays] = sets;
    // A field that begins with a star counts as a star, whatever follows: `*/2` does, but `1-31` does not.
    let is_star = |index: usize| words[index].1.starts_with('*');
    let expression = Expression {
        minutes,
        hours,
        days,
        months,
        // 7 is also Sunday.
        weekdays: (weekdays | weekdays >> 7) & 0x7f,
        both: is_star(2) || is_star(4),
        wild: is_star(0) || is_star(1),
    };
    if !expression.comes() {
        let why =
            "these months do not have this day, so cron would never run it; choose another day or month".to_owned();
        return Err((Some(KINDS[2].name), words[2].0, why));
    }
    Ok(expression)
}

/// Parses one field: items separated by commas.
fn list(kind: &FieldRange, column: usize, word: &str) -> Result<u64, Wrong> {
    let mut set = 0;
    let mut column = column;
    for item in word.split(',') {
        set |= range(kind, column, item)?;
        column += item.chars().count() + 1;
    }
    Ok(set)
}

/// Parses one item: `*`, `5`, `5-9`, `*/2`, `5-9/2`.
fn range(kind: &FieldRange, column: usize, item: &str) -> Result<u64, Wrong> {
    let wrong = |column, why| Err((Some(kind.name), column, why));
    let (numbers, step) = item.split_once('/').map_or((item, None), |(numbers, step)| (numbers, Some(step)));
    let (low, high) = match numbers.split_once('-') {
        _ if numbers == "*" => (kind.low, kind.high),
        Some((low, high)) => {
            let after = column + low.chars().count() + 1;
            (number(kind, column, low)?, number(kind, after, high)?)
        }
        None => {
            let single = number(kind, column, numbers)?;
            if let Some(step) = step {
                let why = format!("a step needs a range; write {single}-{}/{step} or */{step}", kind.high);
                return wrong(column, why);
            }
            (single, single)
        }
    };
    if low > high {
        return wrong(
            column,
            format!("{numbers} runs backwards, so cron would never run it; write {}", turned(kind, low, high)),
        );
    }
    let step = step.map_or(Ok(1), |step| stride(kind, column + numbers.chars().count() + 1, (numbers, step)))?;
    Ok((low..=high).step_by(step).fold(0, |set, number| set | 1 << number))
}

/// Parses the number after the slash.
fn stride(kind: &FieldRange, column: usize, (numbers, step): (&str, &str)) -> Result<usize, Wrong> {
    digits(step).filter(|step| *step > 0).map(|step| step as usize).ok_or_else(|| {
        let why = format!("invalid step {step:?}; write a whole number from 1 on, as in {numbers}/2");
        (Some(kind.name), column, why)
    })
}

/// The probable meaning of a range that runs backwards.
fn turned(kind: &FieldRange, low: u32, high: u32) -> String {
    let first = if low == kind.high { low.to_string() } else { format!("{low}-{}", kind.high) };
    match high {
        // 7 already includes Sunday.
        0 if kind.high == 7 => first,
        _ if high == kind.low => format!("{first},{high}"),
        _ => format!("{first},{}-{high}", kind.low),
    }
}

fn number(kind: &FieldRange, column: usize, word: &str) -> Result<u32, Wrong> {
    if let Some(index) = kind.names.iter().position(|name| name.eq_ignore_ascii_case(word)) {
        return Ok(kind.low + index as u32);
    }
    let why = match digits(word) {
        Some(number) if (kind.low..=kind.high).contains(&number) => return Ok(number),
        _ if word.is_empty() => format!("a number is missing; allowed: {}", kind.allowed),
        _ if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{word} is not between {} and {}; allowed: {}", kind.low, kind.high, kind.allowed)
        }
        _ => format!("{word:?} is unknown to cron; allowed: {}", kind.allowed),
    };
    Err((Some(kind.name), column, why))
}

/// A number that cron can store.
fn digits(word: &str) -> Option<u32> {
    let is_number = word.len() <= DIGITS && word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse().ok().filter(|_| is_number)
}
