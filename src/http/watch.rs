//! Watches what comes over a connection: an answer has to come at a least speed, and a person's wish to stop is noticed
//! while one is waited for or trickles in. Until there is a connection, [`super::interruptible`] does that.
//!
//! It stands below TLS and decompression, where every byte passes: a timeout of a read alone never ends an answer of one
//! byte a second.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::unversioned::transport::time::Duration as Span;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// The least speed of an answer in bytes a second, on average over [`Rules::period`]. A tenth of what the slowest mobile
/// lines (GPRS) do.
pub const LEAST_SPEED: u64 = 512;
/// How long it waits before it looks whether to stop.
const GLANCE: Duration = Duration::from_millis(50);

/// What is watched for.
#[derive(Debug)]
pub struct Rules {
    /// Raised when a person wants the program to end.
    pub stop: Arc<AtomicBool>,
    /// The time over which the speed is measured.
    pub period: Duration,
    /// So much longer an answer is waited for when a person wants the program to end.
    pub grace: Duration,
}

/// Why an answer is not waited for any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// A person ended the program.
    #[error("stopped")]
    Stopped,
    /// The same, before anything was sent.
    #[error("stopped before anything was sent")]
    Unsent,
    /// It comes too slowly.
    #[error("slower than {LEAST_SPEED} bytes a second for {} s", .0.as_secs_f64())]
    Slow(Duration),
}

impl From<Halt> for Error {
    fn from(halt: Halt) -> Error {
        Error::Other(Box::new(halt))
    }
}

/// Watches the connections that come through it.
#[derive(Debug)]
pub struct Watch(Arc<Rules>);

impl Watch {
    /// Watches for these.
    pub fn new(rules: Arc<Rules>) -> Watch {
        Watch(rules)
    }
}

impl<In: Transport> Connector<In> for Watch {
    type Out = Watched<In>;

    fn connect(&self, _: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        // Connecting takes its time. Whatever was to be sent then is not worth beginning any more.
        if self.0.stop.load(Ordering::Relaxed) {
            return Err(Halt::Unsent.into());
        }
        Ok(chained.map(|inner| Watched { inner, rules: self.0.clone(), speed: None, stopped: None }))
    }
}

/// A watched connection.
pub struct Watched<T> {
    inner: T,
    rules: Arc<Rules>,
    /// Begins with the first byte of an answer.
    speed: Option<Speed>,
    /// When the wish to stop was noticed.
    stopped: Option<Instant>,
}

/// What has come in one period.
struct Speed {
    since: Instant,
    bytes: u64,
}

impl<T> Watched<T> {
    /// Whether to go on waiting.
    fn check(&mut self, now: Instant) -> Result<(), Halt> {
        if self.rules.stop.load(Ordering::Relaxed) {
            let since = *self.stopped.get_or_insert(now);
            if now.duration_since(since) >= self.rules.grace {
                return Err(Halt::Stopped);
            }
        }
        let Some(speed) = &mut self.speed else { return Ok(()) };
        if now.duration_since(speed.since) < self.rules.period {
            return Ok(());
        }
        if (speed.bytes as f64) < LEAST_SPEED as f64 * self.rules.period.as_secs_f64() {
            return Err(Halt::Slow(self.rules.period));
        }
        *speed = Speed { since: now, bytes: 0 };
        Ok(())
    }

    fn count(&mut self, bytes: usize, now: Instant) {
        self.speed.get_or_insert(Speed { since: now, bytes: 0 }).bytes += bytes as u64;
    }
}

impl<T: Transport> Transport for Watched<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        // What has time to get its answer has time to be sent as well.
        if self.rules.grace.is_zero() {
            self.check(Instant::now())?;
        }
        self.speed = None;
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let whole = timeout.for_read();
        let began = Instant::now();
        loop {
            self.check(Instant::now())?;
            let left = match whole.after {
                Span::Exact(after) => after.saturating_sub(began.elapsed()),
                Span::NotHappening => GLANCE,
            };
            if left.is_zero() {
                return Err(Error::Timeout(whole.reason));
            }
            let glance = NextTimeout { after: left.min(GLANCE).into(), reason: whole.reason, ..NextTimeout::default() };
            let before = self.inner.buffers().input().len();
            match self.inner.await_input(glance) {
                Err(Error::Timeout(_)) => {}
                Err(error) => return Err(error),
                Ok(progress) => {
                    let bytes = self.inner.buffers().input().len().saturating_sub(before);
                    self.count(bytes, Instant::now());
                    return Ok(progress);
                }
            }
        }
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

impl<T: fmt::Debug> fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watched").field(&self.inner).finish()
    }
}

/// Why the connection was given up, if it was given up here; the error may be wrapped in those of readers.
pub fn halted(error: &Error) -> Option<Halt> {
    match error {
        Error::Other(inner) => inner.downcast_ref::<Halt>().copied(),
        Error::Io(inner) | Error::Decompress(_, inner) => halted(inner.get_ref()?.downcast_ref::<Error>()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(grace: Duration) -> Watched<()> {
        let rules = Rules { stop: Arc::default(), period: Duration::from_secs(60), grace };
        Watched { inner: (), rules: Arc::new(rules), speed: None, stopped: None }
    }

    #[test]
    fn an_answer_that_trickles_is_given_up_and_a_slow_one_goes_on() {
        for (each_second, halts) in [(1, true), (LEAST_SPEED as usize - 1, true), (LEAST_SPEED as usize, false)] {
            let mut connection = watched(Duration::ZERO);
            let begin = Instant::now();
            let mut end = None;
            for second in 0..600 {
                let now = begin + Duration::from_secs(second);
                if let Err(halt) = connection.check(now) {
                    end = Some((second, halt));
                    break;
                }
                connection.count(each_second, now);
            }
            assert_eq!(end, halts.then_some((60, Halt::Slow(Duration::from_secs(60)))), "{each_second} B/s");
        }
    }

    #[test]
    fn silence_before_the_first_byte_is_no_slow_answer() {
        let mut connection = watched(Duration::ZERO);
        assert_eq!(connection.check(Instant::now() + Duration::from_secs(3600)), Ok(()));
    }

    #[test]
    fn a_read_stops_at_once_and_a_write_has_its_time() {
        let begin = Instant::now();
        let mut read = watched(Duration::ZERO);
        read.rules.stop.store(true, Ordering::Relaxed);
        assert_eq!(read.check(begin), Err(Halt::Stopped));
        let mut write = watched(Duration::from_secs(10));
        write.rules.stop.store(true, Ordering::Relaxed);
        let after = |seconds| begin + Duration::from_secs(seconds);
        assert_eq!([0, 9, 10].map(|s| write.check(after(s))), [Ok(()), Ok(()), Err(Halt::Stopped)]);
    }

    #[test]
    fn what_was_given_up_is_known_through_the_errors_of_readers() {
        let wrapped = || std::io::Error::other(Error::from(Halt::Stopped));
        assert_eq!(halted(&Error::from(Halt::Stopped)), Some(Halt::Stopped));
        assert_eq!(halted(&Error::from(wrapped())), Some(Halt::Stopped));
        assert_eq!(halted(&Error::Decompress("gzip", wrapped())), Some(Halt::Stopped));
        assert_eq!(halted(&Error::ConnectionFailed), None);
    }
}
