//! A running simulator.

use crate::fault::Fault;
use crate::log::LoggedRequest;
use crate::proxy;
use crate::scenario::Scenario;
use crate::server::{self, Shared};
use crate::state::State;
use crate::tls;
use std::error::Error;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// A running simulator; it stops when it is dropped.
pub struct Sim {
    shared: Arc<Shared>,
    address: SocketAddr,
    listeners: Vec<(SocketAddr, JoinHandle<()>)>,
}

impl Sim {
    /// Starts a scenario; panics if its port is unavailable.
    pub fn start(scenario: Scenario) -> Self {
        Self::try_start(scenario).unwrap_or_else(|error| panic!("cannot listen: {error}"))
    }

    /// Starts a scenario.
    pub fn try_start(scenario: Scenario) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", scenario.port))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(State::new(scenario)));
        let for_thread = Arc::clone(&shared);
        let handle = thread::spawn(move || server::accept(&for_thread, &listener, None));
        Ok(Sim { shared, address, listeners: vec![(address, handle)] })
    }

    /// Also listens with TLS on `listen`, with the certificate in `dir`, which is created if it is missing.
    /// The host of a request is its Host header. Returns the address.
    pub fn listen_tls(&mut self, dir: &Path, listen: &str) -> Result<SocketAddr, Box<dyn Error + Send + Sync>> {
        let config = tls::server_config(dir)?;
        let listener = TcpListener::bind(listen)?;
        let address = listener.local_addr()?;
        let shared = Arc::clone(&self.shared);
        let handle = thread::spawn(move || server::accept(&shared, &listener, Some(&config)));
        self.listeners.push((address, handle));
        Ok(address)
    }

    /// Also listens as a proxy on `listen`, which connects all tunnels to `tls`, an address of [`Sim::listen_tls`].
    /// Returns the address.
    pub fn listen_proxy(&mut self, tls: SocketAddr, listen: &str) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind(listen)?;
        let address = listener.local_addr()?;
        let shared = Arc::clone(&self.shared);
        let handle = thread::spawn(move || proxy::accept(&shared, &listener, tls));
        self.listeners.push((address, handle));
        Ok(address)
    }

    /// `http://127.0.0.1:PORT`, the value of `GS_LOOPBACK`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far, in the order in which their responses were ready.
    pub fn log(&self) -> Vec<LoggedRequest> {
        self.shared.log().clone()
    }

    /// Clears the log.
    pub fn clear_log(&self) {
        self.shared.log().clear();
    }

    /// Activates a fault.
    pub fn fault(&self, fault: Fault) {
        self.shared.faults().push(fault);
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// Reads or changes the state. No request is handled meanwhile.
    pub fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.shared.state())
    }

    /// SHA-256 (hex) of the file in the original download of an activity, if it has one.
    pub fn served(&self, domain: &str, id: u64) -> Option<String> {
        self.shared.state().served(domain, id)
    }

    /// SHA-256 (hex) of an export (`gpx` or `tcx`) of an activity, if it has one.
    pub fn served_export(&self, domain: &str, id: u64, format: &str) -> Option<String> {
        self.shared.state().served_export(domain, id, format)
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.shared.stop();
        for (address, handle) in self.listeners.drain(..) {
            // One more connection wakes up the listener, so that it notices the stop.
            let _ = TcpStream::connect(address);
            let _ = handle.join();
        }
    }
}
