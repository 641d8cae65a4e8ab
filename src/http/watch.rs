//! Ends a response that is too slow, and one that a person no longer waits for. Until the connection is made,
//! [`super::interruptible`] handles the request of a person to stop.
//!
//! This check works below TLS and decompression, where every byte passes: a read timeout alone never ends a response
//! that sends one byte a second.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::clock::STOP_POLL;

use ureq::Error;
use ureq::unversioned::transport::time::Duration as Span;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// The lowest speed of a response in bytes a second, on average over [`Rules::period`]. A tenth of the slowest mobile
/// network (GPRS).
pub const LEAST_SPEED: u64 = 512;
/// The limits of a connection.
#[derive(Debug)]
pub struct Rules {
    /// Raised when a person wants to stop the program.
    pub stop: Arc<AtomicBool>,
    /// The time over which the speed is measured.
    pub period: Duration,
    /// How much longer the program waits for a response after a person stopped it.
    pub grace: Duration,
}

/// Why the program stops waiting for a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// A person stopped the program.
    #[error("stopped")]
    Stopped,
    /// A person stopped the program before any part of the request was sent.
    #[error("stopped before anything was sent")]
    Unsent,
    /// The response is too slow.
    #[error("slower than {LEAST_SPEED} bytes a second for {} s", .0.as_secs_f64())]
    Slow(Duration),
}

impl From<Halt> for Error {
    fn from(halt: Halt) -> Error {
        Error::Other(Box::new(halt))
    }
}

/// Creates connections with these limits.
#[derive(Debug)]
pub struct Watch(Arc<Rules>);

impl Watch {
    /// A connector that applies these limits.
    pub fn new(rules: Arc<Rules>) -> Watch {
        Watch(rules)
    }
}

impl<In: Transport> Connector<In> for Watch {
    type Out = Watched<In>;

    fn connect(&self, _: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        // Connecting may have taken long. After a request to stop, nothing is sent.
        if self.0.stop.load(Ordering::Relaxed) {
            return Err(Halt::Unsent.into());
        }
        Ok(chained.map(|inner| Watched { inner, rules: self.0.clone(), speed: None, stopped: None }))
    }
}

/// A connection with limits.
pub struct Watched<T> {
    inner: T,
    rules: Arc<Rules>,
    /// The measurement begins with the first byte of a response.
    speed: Option<Speed>,
    /// When the request to stop was noticed.
    stopped: Option<Instant>,
}

/// The bytes received in one period.
struct Speed {
    since: Instant,
    bytes: u64,
}

impl<T> Watched<T> {
    /// Fails if the response is too slow.
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
        // If the response is awaited after a request to stop, the request is also sent completely.
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
                Span::NotHappening => STOP_POLL,
            };
            if left.is_zero() {
                return Err(Error::Timeout(whole.reason));
            }
            let short =
                NextTimeout { after: left.min(STOP_POLL).into(), reason: whole.reason, ..NextTimeout::default() };
            let before = self.inner.buffers().input().len();
            match self.inner.await_input(short) {
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

/// Why this module ended the connection, if it did. Readers may have wrapped the error.
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
    fn a_response_below_the_minimum_speed_is_ended() {
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
    fn waiting_for_the_first_byte_is_not_a_slow_response() {
        let mut connection = watched(Duration::ZERO);
        assert_eq!(connection.check(Instant::now() + Duration::from_secs(3600)), Ok(()));
    }

    #[test]
    fn a_read_stops_at_once_and_a_write_after_its_grace_period() {
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
    fn the_reason_is_found_in_wrapped_errors() {
        let wrapped = || std::io::Error::other(Error::from(Halt::Stopped));
        assert_eq!(halted(&Error::from(Halt::Stopped)), Some(Halt::Stopped));
        assert_eq!(halted(&Error::from(wrapped())), Some(Halt::Stopped));
        assert_eq!(halted(&Error::Decompress("gzip", wrapped())), Some(Halt::Stopped));
        assert_eq!(halted(&Error::ConnectionFailed), None);
    }
}
