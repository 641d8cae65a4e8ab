//! The text of a progress line: the current step of a stage, its wait, its speed and the remaining time.

use std::time::{Duration, Instant};

use crate::activity::printable;

/// The text shows the duration of a step that takes longer than this.
const LONG: Duration = Duration::from_secs(5);

/// The state of a stage.
pub struct StageState {
    /// The number of records received so far.
    pub come: u64,
    /// Whether all records have been received.
    pub all: bool,
    /// Whether the stage is finished.
    pub finished: bool,
    /// Whether a person has stopped the program.
    pub stopping: bool,
    /// Whether the stage waits for its input.
    pub needs_input: bool,
    /// The steps of the threads of the stage. The first one is that of the stage itself.
    steps: Vec<Step>,
}

/// What one thread of a stage does.
struct Step {
    /// Empty: nothing.
    text: String,
    /// When the text or the wait was set.
    set: Instant,
    since: Instant,
    wait: Option<Wait>,
}

/// A wait of a known length.
struct Wait {
    /// The text. `{}` is replaced by the remaining time.
    what: String,
    end: Instant,
    why: WaitReason,
}

/// The reason for a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitReason {
    /// The regular interval before a request. The text also shows the purpose of the request.
    RateLimit,
    /// A wait of the stage's own.
    Own,
    /// The service asked to wait.
    Service,
}

/// The state of a stage in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivityState {
    /// It has no work yet.
    Idle,
    /// It works.
    Busy,
    /// It waits because the service asked to wait.
    Waiting,
}

impl StageState {
    /// The state at the start.
    pub fn new() -> StageState {
        StageState {
            come: 0,
            all: false,
            finished: false,
            stopping: false,
            needs_input: false,
            steps: vec![Step::new()],
        }
    }

    /// Adds the steps of another thread of the stage. Returns its number; that of the stage itself is 0.
    pub fn add_thread(&mut self) -> usize {
        self.steps.push(Step::new());
        self.steps.len() - 1
    }

    /// Sets the current step of a thread.
    pub fn at(&mut self, thread: usize, what: &str, now: Instant) {
        self.steps[thread] = Step { text: printable(what), set: now, since: now, wait: None };
    }

    /// Sets the current wait of a thread. `{}` in the text is replaced by the remaining time.
    pub fn wait(&mut self, thread: usize, what: String, (time, now): (Duration, Instant), why: WaitReason) {
        let step = &mut self.steps[thread];
        let end = now.checked_add(time);
        step.set = now;
        step.wait = end.map(|end| Wait { what, end, why });
        // The duration of a request counts from the moment at which it is sent.
        step.since = end.unwrap_or(step.since);
    }

    /// The step to show: one that waits because the service asked to, else the last of those that are not over.
    fn step(&self, now: Instant) -> &Step {
        let is_asked = |step: &&Step| step.waiting(now).is_some_and(|(wait, _)| wait.why == WaitReason::Service);
        let is_busy = |step: &&Step| !step.text.is_empty() || step.waiting(now).is_some();
        let last = || self.steps.iter().filter(is_busy).max_by_key(|step| step.set);
        self.steps.iter().find(is_asked).or_else(last).unwrap_or(&self.steps[0])
    }

    fn waiting(&self, now: Instant) -> Option<(&Wait, Duration)> {
        self.step(now).waiting(now)
    }

    /// The remaining time of the wait.
    pub fn remaining_wait(&self, now: Instant) -> Duration {
        self.waiting(now).map_or(Duration::ZERO, |(_, left)| left)
    }

    /// The state in one word.
    pub fn activity(&self, now: Instant) -> ActivityState {
        match self.waiting(now) {
            Some((wait, _)) if wait.why == WaitReason::Service => ActivityState::Waiting,
            None if self.needs_input => ActivityState::Idle,
            _ => ActivityState::Busy,
        }
    }

    /// The state as text.
    pub fn words(&self, now: Instant) -> String {
        if self.stopping {
            let when = if self.needs_input { "when its input ends" } else { "after this one" };
            return format!("stops {when}; Ctrl-C stops it now");
        }
        if let Some((wait, left)) = self.waiting(now) {
            let waits = wait.what.replace("{}", &wait_of(left));
            let text = &self.step(now).text;
            let is_beside = wait.why == WaitReason::RateLimit && !text.is_empty();
            return if is_beside { format!("{text}, {waits}") } else { waits };
        }
        if self.needs_input {
            return "waiting for input".to_owned();
        }
        let Step { text, since, .. } = self.step(now);
        let takes = now.saturating_duration_since(*since);
        let is_long = takes >= LONG && !text.is_empty();
        if is_long { format!("{text}, {}", wait_of(takes)) } else { text.clone() }
    }
}

impl Step {
    fn new() -> Step {
        let now = Instant::now();
        Step { text: String::new(), set: now, since: now, wait: None }
    }

    fn waiting(&self, now: Instant) -> Option<(&Wait, Duration)> {
        let wait = self.wait.as_ref()?;
        let left = wait.end.saturating_duration_since(now);
        (!left.is_zero()).then_some((wait, left))
    }
}

/// The length of a wait: `1.2 s`, `95 s`, `2 min 10 s`, `1 h 5 min`.
pub fn wait_of(time: Duration) -> String {
    let seconds = time.as_secs_f64().ceil() as u64;
    match seconds {
        // A wait that is not over is never shown as 0.
        _ if time < LONG => format!("{:.1} s", time.as_secs_f64().max(0.1)),
        0..100 => format!("{seconds} s"),
        100..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// The estimated remaining time, with little precision: `95 s left`, `12 min left`, `3 h left`.
pub fn left_of(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..100 => format!("{} s left", seconds.max(1)),
        100..5970 => format!("{} min left", (seconds + 30) / 60),
        _ => format!("{} h left", (seconds + 1800) / 3600),
    }
}

/// A rate: `0.5/min`, `29/min`, `120/s`.
pub fn rate_of(per_second: f64) -> String {
    let per_minute = per_second * 60.0;
    match per_minute {
        // It has not begun, or it makes no progress.
        ..0.05 => String::new(),
        ..9.95 => format!("{per_minute:.1}/min"),
        ..1000.0 => format!("{per_minute:.0}/min"),
        _ => format!("{per_second:.0}/s"),
    }
}

/// The number of finished records and of all records: `300`, `12/60`, or `12/34+` while more may come.
pub fn count_of(done: u64, state: &StageState) -> String {
    match (state.come, state.all) {
        (come, true) => format!("{done}/{come}"),
        (0, false) if done == 0 => String::new(),
        (come, false) if come <= done => format!("{done}"),
        (come, false) => format!("{done}/{come}+"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn waits_times_left_and_rates_are_rounded() {
        let waits = [0.01, 0.3, 1.24, 4.99, 5.0, 94.2, 130.0, 3900.0].map(|time| wait_of(seconds(time)));
        assert_eq!(waits, ["0.1 s", "0.3 s", "1.2 s", "5.0 s", "5 s", "95 s", "2 min 10 s", "1 h 5 min"]);
        let left = [0.0, 99.0, 100.0, 5969.0, 5970.0, 86400.0].map(|time| left_of(seconds(time)));
        assert_eq!(left, ["1 s left", "99 s left", "2 min left", "99 min left", "2 h left", "24 h left"]);
        let rates = [0.0, 1.0 / 120.0, 0.483, 16.6, 1234.0].map(rate_of);
        assert_eq!(rates, ["", "0.5/min", "29/min", "996/min", "1234/s"]);
    }

    #[test]
    fn a_count_shows_whether_more_input_may_follow() {
        let of = |done, come, all| count_of(done, &StageState { come, all, ..StageState::new() });
        assert_eq!(
            [
                of(0, 0, false),
                of(300, 0, false),
                of(12, 34, false),
                of(34, 34, false),
                of(12, 60, true),
                of(0, 0, true)
            ],
            ["", "300", "12/34+", "34", "12/60", "0/0"]
        );
    }

    #[test]
    fn a_wait_is_shown_as_long_as_it_lasts() {
        let mut state = StageState::new();
        let now = Instant::now();
        state.at(0, "coros 47\u{1b}[2J", now);
        assert_eq!((state.words(now), state.activity(now)), ("coros 47[2J".into(), ActivityState::Busy));
        state.wait(0, "next request in {}".into(), (seconds(1.9), now), WaitReason::RateLimit);
        assert_eq!(
            (state.words(now), state.activity(now)),
            ("coros 47[2J, next request in 1.9 s".into(), ActivityState::Busy)
        );
        state.wait(0, "coros: retry after {}".into(), (seconds(130.0), now), WaitReason::Service);
        assert_eq!(
            (state.words(now), state.activity(now)),
            ("coros: retry after 2 min 10 s".into(), ActivityState::Waiting)
        );
        let later = now + seconds(131.0);
        assert_eq!((state.words(later), state.activity(later)), ("coros 47[2J".into(), ActivityState::Busy));
        assert_eq!(state.words(later + seconds(20.0)), "coros 47[2J, 21 s");
        state.needs_input = true;
        assert_eq!((state.words(later), state.activity(later)), ("waiting for input".into(), ActivityState::Idle));
        state.stopping = true;
        assert!(state.words(later).starts_with("stops when its input ends"));
    }

    #[test]
    fn a_wait_for_one_service_is_shown_while_other_threads_work() {
        let mut state = StageState::new();
        let now = Instant::now();
        let (one, other) = (state.add_thread(), state.add_thread());
        state.at(one, "coros 1", now);
        state.wait(one, "coros: retry after {}".into(), (seconds(130.0), now), WaitReason::Service);
        state.at(other, "garmin-cn 2", now);
        assert_eq!(state.words(now), "coros: retry after 2 min 10 s");
        let later = now + seconds(131.0);
        assert_eq!(
            (state.words(later), state.activity(later)),
            ("garmin-cn 2, 2 min 11 s".into(), ActivityState::Busy)
        );
        state.at(one, "coros 3", later);
        assert_eq!(state.words(later), "coros 3");
    }

    #[test]
    fn the_step_of_a_thread_without_work_does_not_replace_those_of_others() {
        let mut state = StageState::new();
        let now = Instant::now();
        let (one, other) = (state.add_thread(), state.add_thread());
        state.at(one, "coros 1", now);
        state.at(other, "garmin-cn 2", now + seconds(1.0));
        state.at(other, "", now + seconds(2.0));
        assert_eq!(state.words(now + seconds(2.0)), "coros 1");
        state.at(one, "", now + seconds(3.0));
        let later = now + seconds(60.0);
        assert_eq!((state.words(later), state.activity(later)), (String::new(), ActivityState::Busy));
        state.wait(one, "next request in {}".into(), (seconds(2.0), later), WaitReason::RateLimit);
        assert_eq!(state.words(later), "next request in 2.0 s");
    }
}
