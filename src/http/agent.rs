//! How a connection is made: timeouts, TLS, and who watches what comes over it.

use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, SocksConnector, TcpConnector};

use super::Options;
use super::tls::Tls;
use super::watch::{Rules, Watch};

/// What a request says of itself that names no `User-Agent` of its own: to channels of messages, for instance.
pub const OWN_NAME: &str = concat!("garminsync/", env!("CARGO_PKG_VERSION"));

/// Connections for requests that may be stopped at any time, or, with `grace`, for those whose answer is waited for so much
/// longer when a person wants the program to end: it may be the only one.
pub fn agent(options: &Options, tls: &Tls, grace: Duration) -> Agent {
    let rules = Rules { stop: options.stop.clone(), period: options.timeout, grace };
    let connector =
        ().chain(SocksConnector::default())
            .chain(ConnectProxyConnector::default())
            .chain(TcpConnector::default())
            .chain(Watch::new(Arc::new(rules)))
            .chain(tls.clone());
    Agent::with_parts(config(options), connector, DefaultResolver::default())
}

fn config(options: &Options) -> ureq::config::Config {
    let mut config = Agent::config_builder()
        .user_agent(OWN_NAME)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_resolve(Some(options.timeout))
        .timeout_connect(Some(options.timeout))
        .timeout_send_request(Some(options.timeout))
        .timeout_recv_response(Some(options.timeout))
        .timeout_per_read(Some(options.timeout))
        .timeout_per_write(Some(options.timeout));
    if options.loopback.is_some() {
        config = config.proxy(None);
    }
    config.build()
}
