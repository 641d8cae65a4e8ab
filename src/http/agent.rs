//! How a connection is made: timeouts, TLS, and who watches what comes over it.

use std::sync::Arc;
use std::time::Duration;

use ureq::unversioned::transport::{ConnectProxyConnector, Connector, SocksConnector, TcpConnector};
use ureq::{Agent, Proxy};

use super::Options;
use super::attempt::GRACE;
use super::resolver::Names;
use super::tls::Tls;
use super::watch::{Rules, Watch};

/// What a request says of itself that names no `User-Agent` of its own: to channels of messages, for instance.
pub const OWN_NAME: &str = concat!("garminsync/", env!("CARGO_PKG_VERSION"));

/// The connections of one way out.
pub struct Ways {
    /// For requests that are stopped at once.
    pub reads: Agent,
    /// For those whose answer is worth waiting for.
    pub writes: Agent,
}

impl Ways {
    /// By a proxy, or without one.
    pub fn new(options: &Options, tls: &Tls, proxy: Option<&Proxy>) -> Ways {
        let agent = |grace| agent(options, tls, proxy, grace);
        Ways { reads: agent(Duration::ZERO), writes: agent(GRACE) }
    }
}

/// Connections for requests that may be stopped at any time, or, with `grace`, for those whose answer is waited for so much
/// longer when a person wants the program to end: it may be the only one.
fn agent(options: &Options, tls: &Tls, proxy: Option<&Proxy>, grace: Duration) -> Agent {
    let rules = Rules { stop: options.stop.clone(), period: options.timeout, grace };
    let connector =
        ().chain(SocksConnector::default())
            .chain(ConnectProxyConnector::default())
            .chain(TcpConnector::default())
            .chain(Watch::new(Arc::new(rules)))
            .chain(tls.clone());
    Agent::with_parts(config(options, proxy), connector, Names::default())
}

fn config(options: &Options, proxy: Option<&Proxy>) -> ureq::config::Config {
    Agent::config_builder()
        // Always said: of the environment it would take the first that it can use, and none if it can use none.
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
