//! How connections are made: timeouts, TLS, and limits for slow responses.

use std::sync::Arc;
use std::time::Duration;

use ureq::unversioned::transport::{ConnectProxyConnector, Connector, SocksConnector, TcpConnector};
use ureq::{Agent, Proxy};

use super::Options;
use super::attempt::GRACE;
use super::resolver::TimedResolver;
use super::tls::Tls;
use super::watch::{Rules, Watch};

/// The `User-Agent` of requests that do not set one, for instance those of notifications.
pub const OWN_NAME: &str = concat!("garminsync/", env!("CARGO_PKG_VERSION"));

/// Connections, directly or through a proxy.
pub struct Agents {
    /// For requests that end at once when a person stops the program.
    pub reads: Agent,
    /// For requests whose response is still awaited after a person stops the program.
    pub writes: Agent,
}

impl Agents {
    /// Connections through a proxy, or direct ones.
    pub fn new(options: &Options, tls: &Tls, proxy: Option<&Proxy>) -> Agents {
        let agent = |grace| agent(options, tls, proxy, grace);
        Agents { reads: agent(Duration::ZERO), writes: agent(GRACE) }
    }
}

/// Connections for requests that may end at any time, or, with `grace`, for requests whose response is awaited for this
/// much longer after a person stops the program.
fn agent(options: &Options, tls: &Tls, proxy: Option<&Proxy>, grace: Duration) -> Agent {
    let rules = Rules { stop: options.stop.clone(), period: options.timeout, grace };
    let connector =
        ().chain(SocksConnector::default())
            .chain(ConnectProxyConnector::default())
            .chain(TcpConnector::default())
            .chain(Watch::new(Arc::new(rules)))
            .chain(tls.clone());
    Agent::with_parts(config(options, proxy), connector, TimedResolver::default())
}

fn config(options: &Options, proxy: Option<&Proxy>) -> ureq::config::Config {
    Agent::config_builder()
        // Always set: otherwise ureq reads the environment itself and ignores a proxy that it cannot use.
        .proxy(proxy.cloned())
        .user_agent(OWN_NAME)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_resolve(Some(options.timeout))
        .timeout_connect(Some(options.timeout))
        .timeout_send_request(Some(options.timeout))
        .timeout_recv_response(Some(options.timeout))
        .timeout_per_read(Some(options.timeout))
        .timeout_per_write(Some(options.timeout))
        .build()
}
