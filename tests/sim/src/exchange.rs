//! Handles one request: applies its faults and sends its response.

use crate::control;
use crate::fault::{Effect, Lies, Struck, When};
use crate::http::{Request, Response, wire};
use crate::log::{LoggedRequest, redact};
use crate::server::Shared;
use crate::services;
use crate::state::State;
use socket2::SockRef;
use std::io::{self, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// One request and its connection.
pub struct Exchange<'a> {
    /// The state that all connections share.
    pub shared: &'a Shared,
    /// The connection.
    pub tcp: &'a TcpStream,
    /// Its number.
    pub id: u64,
    /// When the complete request had arrived.
    pub arrived: Instant,
}

impl Exchange<'_> {
    /// Responds to the request. Returns whether the connection may continue.
    pub fn run<S: Write>(&self, stream: &mut S, request: &Request, close: bool) -> bool {
        if request.host == "_sim" {
            let answer = wire(request, &control::answer(self.shared, request), close);
            return stream.write_all(&answer.bytes).and_then(|()| stream.flush()).is_ok();
        }
        let seq = self.shared.number();
        let struck = self.shared.faults().strike(request);
        self.shared.sleep(struck.wait() + self.shared.latency_ms);
        match struck.end {
            Some(Effect::Reset) => {
                self.only_changes(&struck);
                self.note(seq, request, 0, 0, "fault: reset");
                // With a linger time of zero, closing sends a reset.
                let _ = SockRef::from(self.tcp).set_linger(Some(Duration::ZERO));
                false
            }
            Some(Effect::Stall { ms }) => {
                self.only_changes(&struck);
                self.note(seq, request, 0, 0, "fault: stall");
                self.shared.sleep(ms);
                false
            }
            _ => self.reply(stream, seq, request, &struck, close),
        }
    }

    fn reply<S: Write>(&self, stream: &mut S, seq: u64, request: &Request, struck: &Struck, close: bool) -> bool {
        let mut response = match struck.end.as_ref().and_then(Effect::instead) {
            Some(response) => {
                self.only_changes(struck);
                response
            }
            None => self.serve(request, struck),
        };
        struck.with.iter().chain(&struck.end).for_each(|effect| effect.repack(&mut response));
        let names = struck.names();
        if !names.is_empty() {
            response.note = format!("fault: {names} {}", response.note).trim_end().to_owned();
        }
        if response.hang_up || matches!(struck.end, Some(Effect::AnswerLost)) {
            self.note(seq, request, 0, 0, &response.note);
            return false;
        }
        let answer = wire(request, &response, close);
        let end = match struck.end {
            Some(Effect::Cut { at }) => (answer.body_at + at).min(answer.bytes.len()),
            _ => answer.bytes.len(),
        };
        self.note(seq, request, response.status, end as u64, &response.note);
        if let Some(Effect::Held { ms }) = struck.end {
            self.shared.sleep(ms);
        }
        let sent = self.put(stream, struck, answer.body_at, &answer.bytes[..end]);
        sent.is_ok() && !matches!(struck.end, Some(Effect::Cut { .. }))
    }

    /// Sends a response, at once or in small pieces.
    fn put<S: Write>(&self, stream: &mut S, struck: &Struck, body_at: usize, bytes: &[u8]) -> io::Result<()> {
        let drip = struck.with.iter().find_map(|effect| match *effect {
            Effect::Drip { ms, bytes, head } => Some((ms, bytes.max(1), head)),
            _ => None,
        });
        let Some((ms, size, head)) = drip else { return stream.write_all(bytes).and_then(|()| stream.flush()) };
        let (at_once, drops) = bytes.split_at(if head { 0 } else { body_at.min(bytes.len()) });
        stream.write_all(at_once).and_then(|()| stream.flush())?;
        for drop in drops.chunks(size) {
            self.shared.sleep(ms);
            if self.shared.stopping() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            stream.write_all(drop).and_then(|()| stream.flush())?;
        }
        Ok(())
    }

    /// Applies the changes by others for a request that itself has no effect.
    fn only_changes(&self, struck: &Struck) {
        let mut state = self.shared.state();
        change(&mut state, struck, When::Before);
        change(&mut state, struck, When::After);
    }

    fn serve(&self, request: &Request, struck: &Struck) -> Response {
        let mut state = self.shared.state();
        let before = change(&mut state, struck, When::Before);
        state.lies = Lies(struck.with.clone());
        let nobody = state.lies.nobody(&state);
        let mut response = services::answer(&mut state, request)
            .unwrap_or_else(|| Response::text(404, "text/plain", "no such host here\n").note("unknown host"));
        state.lies = Lies::default();
        let after = change(&mut state, struck, When::After);
        if !(before && after) {
            response.note = format!("the change changed nothing; {}", response.note);
        }
        if nobody {
            response.note = format!("no such account; {}", response.note);
        }
        response
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
            agent: request.header("user-agent").unwrap_or_default().to_owned(),
            alpn: request.secure.then(|| request.alpn.clone()),
            status,
            bytes_out,
            note: note.to_owned(),
        };
        self.shared.log().push(entry);
    }
}

/// Applies the changes by others at this point. Returns whether each change found its target.
fn change(state: &mut State, struck: &Struck, at: When) -> bool {
    let mut found = true;
    for change in struck.changes(at) {
        found &= state.change(change);
    }
    found
}
