//! The sockets: one thread for every connection, the answers put on the wire, faults and all.

use crate::fault::{Effect, Faults};
use crate::http::{Connection, ReadError, Request, Response, wire};
use crate::log::{LoggedRequest, redact};
use crate::state::State;
use crate::{control, services};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use socket2::SockRef;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

/// What all connections share.
pub struct Shared {
    state: Mutex<State>,
    log: Mutex<Vec<LoggedRequest>>,
    faults: Mutex<Faults>,
    open: Mutex<HashMap<u64, TcpStream>>,
    started: Instant,
    stopping: AtomicBool,
    requests: AtomicU64,
    connections: AtomicU64,
    latency_ms: u64,
}

/// A lock whose holder panicked is taken all the same: what it guards is plain data.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Shared {
    /// Around the state of a scenario.
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

    /// Ends all connections and keeps new ones from being served.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        for stream in lock(&self.open).values() {
            // It may be gone already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Sleeps in short naps, so that stopping does not have to wait.
    fn sleep(&self, ms: u64) {
        let end = Instant::now() + Duration::from_millis(ms);
        while !self.stopping() && Instant::now() < end {
            let left = end.saturating_duration_since(Instant::now());
            thread::sleep(left.min(Duration::from_millis(20)));
        }
    }
}

/// Takes connections until the simulator stops; with `tls` they are encrypted.
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
    // Small answers must not wait for an acknowledgement.
    let _ = stream.set_nodelay(true);
    lock(&shared.open).insert(id, kept);
    match tls {
        None => talk(shared, Connection::new(stream), &control, id, false),
        Some(config) => {
            if let Ok(session) = ServerConnection::new(config) {
                talk(shared, Connection::new(StreamOwned::new(session, stream)), &control, id, true);
            }
        }
    }
    lock(&shared.open).remove(&id);
    let _ = control.shutdown(Shutdown::Both);
}

fn talk<S: Read + Write>(shared: &Shared, mut link: Connection<S>, tcp: &TcpStream, id: u64, secure: bool) {
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
        request.secure = secure;
        if !secure {
            unfold(&mut request);
        }
        let exchange = Exchange { shared, tcp, id, arrived: Instant::now() };
        if !exchange.run(&mut link.stream, &request, incoming.close) || incoming.close {
            return;
        }
    }
}

/// `/HOST/PATH` of the plain port becomes host and path.
fn unfold(request: &mut Request) {
    let rest = request.path.trim_start_matches('/');
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, path) = (host.to_ascii_lowercase(), format!("/{path}"));
    request.host = host;
    request.path = path;
}

/// One request on its way to its answer.
struct Exchange<'a> {
    shared: &'a Shared,
    tcp: &'a TcpStream,
    id: u64,
    arrived: Instant,
}

impl Exchange<'_> {
    /// Answers; whether the connection may go on.
    fn run<S: Write>(&self, stream: &mut S, request: &Request, close: bool) -> bool {
        if request.host == "_sim" {
            let answer = wire(request, &control::answer(self.shared, request), close);
            return stream.write_all(&answer.bytes).and_then(|()| stream.flush()).is_ok();
        }
        let seq = self.shared.requests.fetch_add(1, Ordering::SeqCst) + 1;
        let (wait, effect) = self.shared.faults().strike(request);
        self.shared.sleep(wait + self.shared.latency_ms);
        match effect {
            Some(Effect::Reset) => {
                self.note(seq, request, 0, 0, "fault: reset");
                // With a linger time of zero, closing sends a reset.
                let _ = SockRef::from(self.tcp).set_linger(Some(Duration::ZERO));
                false
            }
            Some(Effect::Stall { ms }) => {
                self.note(seq, request, 0, 0, "fault: stall");
                self.shared.sleep(ms);
                false
            }
            effect => self.reply(stream, seq, request, effect.as_ref(), close),
        }
    }

    fn reply<S: Write>(
        &self,
        stream: &mut S,
        seq: u64,
        request: &Request,
        effect: Option<&Effect>,
        close: bool,
    ) -> bool {
        let mut response = match effect.and_then(Effect::instead) {
            Some(response) => response,
            None => self.serve(request),
        };
        if let Some(effect) = effect {
            effect.repack(&mut response);
            response.note = format!("fault: {} {}", name(effect), response.note).trim_end().to_owned();
        }
        if response.hang_up || matches!(effect, Some(Effect::AnswerLost)) {
            self.note(seq, request, 0, 0, &response.note);
            return false;
        }
        let answer = wire(request, &response, close);
        let end = match effect {
            Some(Effect::Cut { at }) => (answer.body_at + at).min(answer.bytes.len()),
            _ => answer.bytes.len(),
        };
        self.note(seq, request, response.status, end as u64, &response.note);
        if let Some(Effect::Held { ms }) = effect {
            self.shared.sleep(*ms);
        }
        let sent = stream.write_all(&answer.bytes[..end]).and_then(|()| stream.flush());
        sent.is_ok() && !matches!(effect, Some(Effect::Cut { .. }))
    }

    fn serve(&self, request: &Request) -> Response {
        let mut state = self.shared.state();
        services::answer(&mut state, request)
            .unwrap_or_else(|| Response::text(404, "text/plain", "no such host here\n").note("unknown host"))
    }

    fn note(&self, seq: u64, request: &Request, status: u16, bytes_out: u64, note: &str) {
        let ms = |since: Instant, at: Instant| at.duration_since(since).as_secs_f64() * 1000.0;
        let entry = LoggedRequest {
            seq,
            at_ms: ms(self.shared.started, self.arrived),
            took_ms: ms(self.arrived, Instant::now()),
            connection: self.id,
            method: request.method.clone(),
            host: request.host.clone(),
            path: request.path.clone(),
            query: redact(request),
            headers: request.headers.iter().map(|(name, _)| name.clone()).collect(),
            status,
            bytes_out,
            note: note.to_owned(),
        };
        self.shared.log().push(entry);
    }
}

fn name(effect: &Effect) -> String {
    let value = serde_json::to_value(effect).unwrap_or_default();
    value["kind"].as_str().unwrap_or("effect").to_owned()
}
