//! Downloads from several platforms at the same time: one thread for each. The records are passed on in the order of the
//! input, each as soon as it and all before it are done.
//!
//! A thread reads the input, the threads of the platforms download, and the calling thread passes the records on. If no
//! thread can be started, one file is downloaded after the other.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, Scope};

use super::{Downloads, RecordStream, Setup, requested};
use crate::clock::STOP_POLL;
use crate::platform::PlatformId;
use crate::record::{Malformed, Numbered, Record};
use crate::sync::{Failure, Progress, RecordSink, Result, Worker};

/// The most records that are read and not passed on yet. A listing names one platform after the other, so that a few
/// records would all be of one platform. They need about 12 MB.
const MOST_UNDER_WAY: usize = 10_000;
/// The most threads. The platforms beyond share them.
const MOST_THREADS: usize = 8;

/// What the other threads tell the calling one.
enum Event {
    /// The next record of the input; `None`: the input has ended.
    Input(Option<std::result::Result<Numbered, Malformed>>),
    /// The record with this number in the input is done.
    Done(u64, Finished),
    /// A thread panicked.
    Panicked(Box<dyn Any + Send>),
}

/// The record to pass on, or why the command cannot continue; `None`: the command ends before it.
type Finished = Result<Option<Box<Record>>>;

/// A record for the thread of its platform.
struct Task {
    number: u64,
    line: u64,
    record: Box<Record>,
}

/// Stores the files of all records and passes the records on.
pub(super) fn download(setup: &Setup, worker: &Worker, records: RecordStream, sink: &mut dyn RecordSink) -> Result<()> {
    let (sender, events) = channel();
    let outcome = std::thread::scope(|scope| {
        let mut threads = Threads { setup, worker, scope, events: sender.clone(), tasks: Vec::new() };
        if !threads.start()? {
            return one_after_the_other(setup, worker, records, sink);
        }
        let permits = match read(records, sender) {
            Ok(permits) => permits,
            Err(records) => return one_after_the_other(setup, worker, records, sink),
        };
        Run { sink, threads, permits, under_way: VecDeque::new(), passed: 0, of: HashMap::new() }.follow(&events)
    });
    // A thread may have panicked after the last record was passed on.
    for event in events.try_iter() {
        if let Event::Panicked(cause) = event {
            resume_unwind(cause);
        }
    }
    outcome
}

/// Downloads on this thread.
fn one_after_the_other(setup: &Setup, worker: &Worker, records: RecordStream, sink: &mut dyn RecordSink) -> Result<()> {
    let mut downloads = Downloads::new(worker.another()?, setup)?;
    for record in records {
        let (line, mut record) = record.map_err(Failure::from)?;
        downloads.pass(&mut record).map_err(|failure| failure.at_line(line))?;
        setup.progress.add(1);
        if !sink.record(&record)? || downloads.is_over() {
            break;
        }
    }
    Ok(())
}

/// Reports a panic of `work` to the calling thread, which would wait for further events of this one.
fn report_panic(events: &Sender<Event>, work: impl FnOnce()) {
    if let Err(cause) = catch_unwind(AssertUnwindSafe(work)) {
        // The calling thread may have ended.
        let _ = events.send(Event::Panicked(cause));
    }
}

/// Reads the input on a thread of its own. The thread is not waited for, because its input may never end. Returns the
/// sender of the permits, or the input if no thread can be started.
fn read(records: RecordStream, events: Sender<Event>) -> std::result::Result<Sender<()>, RecordStream> {
    let (permits, permitted) = channel();
    let (give, given) = channel::<RecordStream>();
    let run = move || {
        let Ok(records) = given.recv() else { return };
        report_panic(&events, || send_records(records, &permitted, &events));
    };
    if Builder::new().name("records".into()).spawn(run).is_err() {
        return Err(records);
    }
    // The thread receives both.
    let _ = give.send(records);
    for _ in 0..MOST_UNDER_WAY {
        let _ = permits.send(());
    }
    Ok(permits)
}

/// Reads a record for each permit.
fn send_records(mut records: RecordStream, permitted: &Receiver<()>, events: &Sender<Event>) {
    while permitted.recv().is_ok() {
        let next = records.next();
        // Nothing after an invalid record counts.
        let is_last = !matches!(next, Some(Ok(_)));
        if events.send(Event::Input(next)).is_err() || is_last {
            return;
        }
    }
}

/// The threads of the platforms. They end when this is dropped.
struct Threads<'scope, 'env> {
    setup: &'env Setup,
    worker: &'env Worker,
    scope: &'scope Scope<'scope, 'env>,
    events: Sender<Event>,
    /// The sender to each thread.
    tasks: Vec<Sender<Task>>,
}

impl Drop for Threads<'_, '_> {
    fn drop(&mut self) {
        self.setup.over.store(true, Ordering::Relaxed);
    }
}

impl Threads<'_, '_> {
    /// Starts another thread; `false` if it cannot be started.
    ///
    /// # Errors
    /// The catalogue cannot be opened.
    fn start(&mut self) -> Result<bool> {
        let (tasks, given) = channel();
        let downloads = Downloads::new(self.worker.another()?, self.setup)?;
        let events = self.events.clone();
        let run = move || report_panic(&events, || handle_all(downloads, &given, &events));
        let is_started = Builder::new().name("download".into()).spawn_scoped(self.scope, run).is_ok();
        if is_started {
            self.tasks.push(tasks);
        }
        Ok(is_started)
    }
}

/// Handles the records of a thread, up to one that the command does not pass on.
fn handle_all(mut downloads: Downloads<'_>, tasks: &Receiver<Task>, events: &Sender<Event>) {
    for task in tasks {
        let number = task.number;
        let finished = handle(&mut downloads, task);
        let is_last = !matches!(finished, Ok(Some(_)));
        if events.send(Event::Done(number, finished)).is_err() || is_last {
            return;
        }
    }
}

fn handle(downloads: &mut Downloads<'_>, Task { line, mut record, .. }: Task) -> Finished {
    if downloads.is_over() {
        return Ok(None);
    }
    let passed = downloads.pass(&mut record);
    // The thread may have no other record.
    downloads.progress.step("");
    passed.map_err(|failure| failure.at_line(line))?;
    Ok(Some(record))
}

/// The next event. `None`: there is none for a while, and the caller checks whether a person wants to stop the program. If
/// the caller is idle, the progress then shows that it waits for its input.
fn next<T>(events: &Receiver<T>, progress: &Progress, is_idle: bool) -> Option<T> {
    let event = events.recv_timeout(STOP_POLL).ok();
    progress.needs_input(is_idle && event.is_none());
    event
}

/// The calling thread: distributes the records of the input and passes on those that are done.
struct Run<'a, 'scope, 'env> {
    sink: &'a mut dyn RecordSink,
    threads: Threads<'scope, 'env>,
    /// Lets the input be read.
    permits: Sender<()>,
    /// The records that are not passed on yet, in the order of the input; `None`: not done.
    under_way: VecDeque<Option<Finished>>,
    /// How many records were passed on.
    passed: u64,
    /// The number of the thread of each platform.
    of: HashMap<PlatformId, usize>,
}

impl Run<'_, '_, '_> {
    /// Handles events until all records are passed on, or until nothing more can be.
    fn follow(&mut self, events: &Receiver<Event>) -> Result<()> {
        let mut input_end: Option<Result<()>> = None;
        loop {
            if self.under_way.is_empty() && (input_end.is_some() || self.threads.worker.is_stopped()) {
                return input_end.unwrap_or(Ok(()));
            }
            match next(events, &self.threads.setup.progress, self.under_way.is_empty()) {
                Some(Event::Input(Some(Ok(numbered)))) => self.distribute(numbered)?,
                // The records before the invalid one are completed.
                Some(Event::Input(Some(Err(malformed)))) => input_end = Some(Err(malformed.into())),
                Some(Event::Input(None)) => input_end = Some(Ok(())),
                Some(Event::Done(number, finished)) => self.done(number, finished),
                Some(Event::Panicked(cause)) => resume_unwind(cause),
                None => {}
            }
            if !self.pass_on()? {
                return Ok(());
            }
        }
    }

    /// Gives a record to the thread of its platform. One that requests no file is done.
    fn distribute(&mut self, (line, record): Numbered) -> Result<()> {
        let number = self.passed + self.under_way.len() as u64;
        self.under_way.push_back(None);
        let Some(activity) = requested(&record, &self.threads.setup.selection) else {
            self.done(number, Ok(Some(Box::new(record))));
            return Ok(());
        };
        let at = self.thread_for(&activity.platform)?;
        // If the thread has ended, the command ends before this record.
        let _ = self.threads.tasks[at].send(Task { number, line, record: Box::new(record) });
        Ok(())
    }

    /// The number of the thread of a platform.
    fn thread_for(&mut self, platform: &PlatformId) -> Result<usize> {
        if let Some(at) = self.of.get(platform) {
            return Ok(*at);
        }
        let platforms = self.of.len();
        // The first thread was started before the input was read.
        if platforms > 0 && platforms < MOST_THREADS {
            self.threads.start()?;
        }
        let at = platforms % self.threads.tasks.len();
        self.of.insert(platform.clone(), at);
        Ok(at)
    }

    fn done(&mut self, number: u64, finished: Finished) {
        if matches!(finished, Ok(Some(_))) {
            self.threads.setup.progress.add(1);
        }
        let at = usize::try_from(number - self.passed).unwrap_or(usize::MAX);
        if let Some(place) = self.under_way.get_mut(at) {
            *place = Some(finished);
        }
    }

    /// Passes on the records that are done, up to the first that is not. Returns whether the command continues.
    fn pass_on(&mut self) -> Result<bool> {
        while let Some(finished) = self.under_way.front_mut().and_then(Option::take) {
            self.under_way.pop_front();
            self.passed += 1;
            let Some(record) = finished? else { return Ok(false) };
            // The thread that reads may have ended.
            let _ = self.permits.send(());
            if !self.sink.record(&record)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    use super::*;
    use crate::http::Pause;

    /// Whether the input is awaited.
    #[derive(Default)]
    struct Shown(AtomicBool);

    impl crate::sync::Task for Shown {
        fn add(&self, _: u64) {}
        fn expect_more(&self, _: u64) {}
        fn expect_no_more(&self) {}
        fn needs_input(&self, needs: bool) {
            self.0.store(needs, Ordering::Relaxed);
        }
        fn step(&self, _: &str) {}
        fn wait(&self, _: &str, _: Duration) {}
        fn pause(&self, _: Pause<'_>, _: Duration) {}
        fn thread(&self) -> Progress {
            Progress::hidden()
        }
        fn finish(&self) {}
    }

    #[test]
    fn input_that_came_is_not_awaited() {
        let shown = Arc::new(Shown::default());
        let (progress, (sender, events)) = (Progress::of(shown.clone()), channel());
        let next = |is_idle| (next(&events, &progress, is_idle), shown.0.load(Ordering::Relaxed));
        assert_eq!(next(true), (None, true));
        sender.send(1).unwrap();
        assert_eq!(next(true), (Some(1), false));
        assert_eq!(next(false), (None, false), "it waits for a file");
    }
}
