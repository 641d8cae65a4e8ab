//! The sockets: one thread for every connection, and the state that the connections share.

use crate::exchange::Exchange;
use crate::fault::Faults;
use crate::http::{Connection, ReadError, Request, Response, wire};
use crate::log::LoggedRequest;
use crate::state::State;
use crate::tls;
use rustls::ServerConfig;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

/// The state that all connections share.
pub struct Shared {
    state: Mutex<State>,
    log: Mutex<Vec<LoggedRequest>>,
    faults: Mutex<Faults>,
    open: Mutex<HashMap<u64, TcpStream>>,
    /// When the simulator was started.
    pub started: Instant,
    stopping: AtomicBool,
    requests: AtomicU64,
    connections: AtomicU64,
    /// Milliseconds by which every response is delayed.
    pub latency_ms: u64,
}

/// Locks a mutex even if its holder panicked, because it guards plain data.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Shared {
    /// With the state of a scenario.
    pub fn new(state: State) -> Self {
        let mut faults = Faults::default();
        state.scenario.faults.iter().cloned().for_each(|fault| faults.push(fault));
        Shared {
            latency_ms: state.scenario.latency_ms,
            state: Mutex::new(state),
            log: Mutex::default(),
            faults: Mutex::new(faults),
            open: Mutex::default(),
            started: Instant::now(),
            stopping: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            connections: AtomicU64::new(0),
        }
    }

    /// The state.
    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The log.
    pub fn log(&self) -> MutexGuard<'_, Vec<LoggedRequest>> {
        lock(&self.log)
    }

    /// The faults.
    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    /// Ends all connections, and accepts no new ones.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        for stream in lock(&self.open).values() {
            // The connection may have ended already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Whether the simulator is stopping.
    pub fn stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// The next number in the order of arrival, from one.
    pub fn number(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Sleeps in short intervals, so that a stop does not wait.
    pub fn sleep(&self, ms: u64) {
        let end = Instant::now() + Duration::from_millis(ms);
        while !self.stopping() && Instant::now() < end {
            let left = end.saturating_duration_since(Instant::now());
            thread::sleep(left.min(Duration::from_millis(20)));
        }
    }
}

/// Accepts connections until the simulator stops; with `tls` they are encrypted.
pub fn accept(shared: &Arc<Shared>, listener: &TcpListener, tls: Option<&Arc<ServerConfig>>) {
    for stream in listener.incoming() {
        if shared.stopping() {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = Arc::clone(shared);
        let tls = tls.cloned();
        thread::spawn(move || connection(&shared, stream, tls));
    }
}

fn connection(shared: &Shared, stream: TcpStream, tls: Option<Arc<ServerConfig>>) {
    let id = shared.connections.fetch_add(1, Ordering::SeqCst) + 1;
    let (Ok(control), Ok(kept)) = (stream.try_clone(), stream.try_clone()) else { return };
    // Small responses must not wait for an acknowledgement.
    let _ = stream.set_nodelay(true);
    lock(&shared.open).insert(id, kept);
    match tls {
        None => talk(shared, Connection::new(stream), &control, id, None),
        Some(config) => {
            if let Some((session, alpn)) = tls::accept(stream, &config) {
                talk(shared, Connection::new(session), &control, id, Some(&alpn));
            }
        }
    }
    lock(&shared.open).remove(&id);
    let _ = control.shutdown(Shutdown::Both);
}

/// Responds to the requests of one connection; `alpn` are the protocols that a TLS client offered.
fn talk<S: Read + Write>(shared: &Shared, mut link: Connection<S>, tcp: &TcpStream, id: u64, alpn: Option<&[String]>) {
    while !shared.stopping() {
        let incoming = match link.next() {
            Ok(incoming) => incoming,
            Err(ReadError::Closed) => return,
            Err(ReadError::Bad(status, note)) => {
                let answer = wire(&Request::default(), &Response::text(status, "text/plain", note), true);
                let _ = link.stream.write_all(&answer.bytes);
                return;
            }
        };
        let mut request = incoming.request;
        request.secure = alpn.is_some();
        match alpn {
            Some(offered) => request.alpn = offered.to_vec(),
            None => unfold(&mut request),
        }
        let exchange = Exchange { shared, tcp, id, arrived: Instant::now() };
        if !exchange.run(&mut link.stream, &request, incoming.close) || incoming.close {
            return;
        }
    }
}

/// Splits `/HOST/PATH` of the plain port into host and path.
fn unfold(request: &mut Request) {
    let rest = request.path.trim_start_matches('/');
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, path) = (host.to_ascii_lowercase(), format!("/{path}"));
    request.host = host;
    request.path = path;
}
