//! Downloads from several platforms at the same time: one thread for each. The records are passed on in the order of the
//! input, each as soon as it and all before it are done.
//!
//! A thread reads the input, the threads of the platforms download, and the calling thread passes the records on. If no
//! thread can be started, one file is downloaded after the other.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, Scope};

use super::{Downloads, RecordStream, Setup, requested};
use crate::clock::STOP_POLL;
use crate::platform::PlatformId;
use crate::record::{Malformed, Numbered, Record};
use crate::sync::{Failure, RecordSink, Result, Worker};

/// The most records that are read and not passed on yet. A listing names one platform after the other, so that a few
/// records would all be of one platform. They need about 12 MB.
const MOST_UNDER_WAY: usize = 10_000;
/// The most threads. The platforms beyond share them.
const MOST_THREADS: usize = 8;

/// What the other threads tell the calling one.
enum Event {
    /// The next record of the input.
    Input(std::result::Result<Numbered, Malformed>),
    /// The input has ended.
    End,
    /// A thread cannot work.
    Failed(Failure),
    /// The record with this number in the input is done.
    Done(u64, Finished),
}

/// How a record ended.
enum Finished {
    /// It is passed on.
    Record(Box<Record>),
    /// The command ends before it.
    Skipped,
    /// The command cannot continue.
    Failed(Failure),
    /// The thread panicked.
    Panicked(Box<dyn Any + Send>),
}

/// A record for the thread of its platform.
struct Task {
    number: u64,
    line: u64,
    record: Box<Record>,
}

/// Stores the files of all records and passes the records on.
pub(super) fn download(
    setup: &Setup,
    worker: &mut Worker,
    records: RecordStream,
    sink: &mut dyn RecordSink,
) -> Result<()> {
    let (sender, events) = channel();
    // No record with this number or a greater one is begun any more.
    let end = AtomicU64::new(u64::MAX);
    let outcome = std::thread::scope(|scope| {
        let mut threads = Threads { setup, scope, events: sender.clone(), end: &end, threads: Vec::new() };
        if !threads.start(worker)? {
            return one_after_the_other(setup, worker, records, sink).map(|()| None);
        }
        let permits = match read(records, sender) {
            Ok(permits) => permits,
            Err(records) => return one_after_the_other(setup, worker, records, sink).map(|()| None),
        };
        let mut run = Run { worker, sink, threads, permits, under_way: VecDeque::new(), passed: 0, of: HashMap::new() };
        let outcome = run.follow(&events);
        // Requests that were sent are completed; no thread waits to send another one.
        setup.over.store(true, Ordering::Relaxed);
        outcome
    });
    match outcome? {
        None => Ok(()),
        // A thread panicked, so this one panics, too.
        Some(cause) => resume_unwind(cause),
    }
}

/// Downloads on this thread.
fn one_after_the_other(
    setup: &Setup,
    worker: &mut Worker,
    records: RecordStream,
    sink: &mut dyn RecordSink,
) -> Result<()> {
    let mut downloads = Downloads::new(worker, setup)?;
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

/// Reads the input on a thread of its own: a record for each permit. The thread is not waited for, because its input may
/// never end. Returns the input if no thread can be started.
fn read(records: RecordStream, events: Sender<Event>) -> std::result::Result<Sender<()>, RecordStream> {
    let (permits, permitted) = channel();
    let (give, given) = channel::<RecordStream>();
    let run = move || {
        let Ok(mut records) = given.recv() else { return };
        while permitted.recv().is_ok() {
            let Some(record) = records.next() else { return drop(events.send(Event::End)) };
            if events.send(Event::Input(record)).is_err() {
                return;
            }
        }
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

/// The threads of the platforms.
struct Threads<'scope, 'env> {
    setup: &'env Setup,
    scope: &'scope Scope<'scope, 'env>,
    events: Sender<Event>,
    end: &'env AtomicU64,
    threads: Vec<Sender<Task>>,
}

impl Threads<'_, '_> {
    /// Starts another thread; `false` if it cannot be started.
    ///
    /// # Errors
    /// The catalogue cannot be opened.
    fn start(&mut self, worker: &Worker) -> Result<bool> {
        let (tasks, given) = channel::<Task>();
        let (mut worker, setup, end, events) = (worker.another()?, self.setup, self.end, self.events.clone());
        let run = move || {
            let mut downloads = match Downloads::new(&mut worker, setup) {
                Ok(downloads) => downloads,
                Err(failure) => return drop(events.send(Event::Failed(failure))),
            };
            for task in given {
                let number = task.number;
                let is_over = end.load(Ordering::Relaxed) <= number || downloads.is_over();
                let finished = if is_over { Finished::Skipped } else { finish(&mut downloads, task) };
                if matches!(finished, Finished::Failed(_) | Finished::Panicked(_)) {
                    end.fetch_min(number, Ordering::Relaxed);
                }
                if events.send(Event::Done(number, finished)).is_err() {
                    return;
                }
            }
        };
        let is_started = Builder::new().name("download".into()).spawn_scoped(self.scope, run).is_ok();
        if is_started {
            self.threads.push(tasks);
        }
        Ok(is_started)
    }
}

/// Handles one record.
fn finish(downloads: &mut Downloads<'_>, Task { line, mut record, .. }: Task) -> Finished {
    match catch_unwind(AssertUnwindSafe(|| downloads.pass(&mut record))) {
        Ok(Ok(())) => Finished::Record(record),
        Ok(Err(failure)) => Finished::Failed(failure.at_line(line)),
        Err(cause) => Finished::Panicked(cause),
    }
}

/// The calling thread: distributes the records of the input and passes on those that are done.
struct Run<'a, 'scope, 'env> {
    worker: &'a Worker,
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

/// Why no more records are passed on, or the panic of a thread.
type Ended = Result<Option<Box<dyn Any + Send>>>;

impl Run<'_, '_, '_> {
    /// Handles events until all records are passed on, or until nothing more can be.
    fn follow(&mut self, events: &Receiver<Event>) -> Ended {
        let mut input_end: Option<Result<()>> = None;
        loop {
            if self.under_way.is_empty() && (input_end.is_some() || self.worker.is_stopped()) {
                return input_end.unwrap_or(Ok(())).map(|()| None);
            }
            match self.next(events) {
                Ok(Event::Done(number, finished)) => self.done(number, finished),
                Ok(Event::Failed(failure)) => return Err(failure),
                // Nothing after an invalid record counts.
                Ok(_) if input_end.is_some() => {}
                Ok(Event::Input(Ok(numbered))) => self.distribute(numbered)?,
                // The records before the invalid one are completed.
                Ok(Event::Input(Err(malformed))) => input_end = Some(Err(malformed.into())),
                Ok(Event::End) => input_end = Some(Ok(())),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
            if let Some(ended) = self.pass_on() {
                return ended;
            }
        }
    }

    /// The next event. Without one for a while, the caller checks whether a person wants to stop the program.
    fn next(&self, events: &Receiver<Event>) -> std::result::Result<Event, RecvTimeoutError> {
        if let Ok(event) = events.try_recv() {
            return Ok(event);
        }
        let progress = &self.threads.setup.progress;
        let is_idle = self.under_way.is_empty();
        if is_idle {
            progress.needs_input(true);
        }
        let event = events.recv_timeout(STOP_POLL);
        if is_idle && event.is_ok() {
            progress.needs_input(false);
        }
        event
    }

    /// Gives a record to the thread of its platform. One that requests no file is done.
    fn distribute(&mut self, (line, record): Numbered) -> Result<()> {
        let number = self.passed + self.under_way.len() as u64;
        let platform = requested(&record, &self.threads.setup.selection).map(|activity| activity.platform.clone());
        let record = Box::new(record);
        let Some(platform) = platform else {
            self.under_way.push_back(None);
            self.done(number, Finished::Record(record));
            return Ok(());
        };
        let at = match self.of.get(&platform) {
            Some(at) => *at,
            None => self.thread_for(platform)?,
        };
        self.under_way.push_back(None);
        // A thread ends only when its sender is dropped.
        let _ = self.threads.threads[at].send(Task { number, line, record });
        Ok(())
    }

    /// The number of the thread for a platform without one.
    fn thread_for(&mut self, platform: PlatformId) -> Result<usize> {
        let platforms = self.of.len();
        // The first thread was started before the input was read.
        if platforms > 0 && platforms < MOST_THREADS {
            self.threads.start(self.worker)?;
        }
        let at = platforms % self.threads.threads.len();
        self.of.insert(platform, at);
        Ok(at)
    }

    fn done(&mut self, number: u64, finished: Finished) {
        if matches!(finished, Finished::Record(_)) {
            self.threads.setup.progress.add(1);
        }
        let at = usize::try_from(number - self.passed).unwrap_or(usize::MAX);
        if let Some(place) = self.under_way.get_mut(at) {
            *place = Some(finished);
        }
    }

    /// Passes on the records that are done, up to the first that is not. Returns why the command ends, if it does.
    fn pass_on(&mut self) -> Option<Ended> {
        while let Some(finished) = self.under_way.front_mut().and_then(Option::take) {
            self.under_way.pop_front();
            self.passed += 1;
            let record = match finished {
                Finished::Record(record) => record,
                Finished::Skipped => return Some(Ok(None)),
                Finished::Failed(failure) => return Some(Err(failure)),
                Finished::Panicked(cause) => return Some(Ok(Some(cause))),
            };
            // The thread that reads may have ended.
            let _ = self.permits.send(());
            match self.sink.record(&record) {
                Ok(true) => {}
                Ok(false) => return Some(Ok(None)),
                Err(failure) => return Some(Err(failure)),
            }
        }
        None
    }
}
