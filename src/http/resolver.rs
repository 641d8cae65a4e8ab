//! Resolves host names within a time limit.
//!
//! ureq's own resolver panics if no thread can be started. In that case this resolver runs the lookup with only the
//! system's time limit.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread::Builder;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// The most addresses of one host that are tried.
const MOST: usize = 16;

/// A resolver with a time limit.
#[derive(Debug, Default)]
pub struct TimedResolver(DefaultResolver);

impl Resolver for TimedResolver {
    fn resolve(&self, uri: &Uri, _: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let place = uri.scheme().zip(uri.authority());
        let place = place.and_then(|(scheme, authority)| DefaultResolver::host_and_port(scheme, authority));
        let place = place.ok_or_else(|| ureq::Error::BadUri("no host and port".into()))?;
        let found = match place.parse::<SocketAddr>() {
            Ok(address) => vec![address],
            Err(_) => look_up(place, timeout)?,
        };
        let mut addresses = self.0.empty();
        found.into_iter().take(MOST).for_each(|address| addresses.push(address));
        if addresses.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(addresses) }
    }
}

fn look_up(place: String, timeout: NextTimeout) -> Result<Vec<SocketAddr>, ureq::Error> {
    let (sender, receiver) = sync_channel(1);
    let asked = place.clone();
    // The receiver may have stopped waiting.
    let ask = move || drop(sender.send(asked.to_socket_addrs()));
    if Builder::new().name("names".into()).spawn(ask).is_err() {
        return Ok(place.to_socket_addrs()?.collect());
    }
    match receiver.recv_timeout(*timeout.after) {
        Ok(found) => Ok(found?.collect()),
        Err(RecvTimeoutError::Timeout) => Err(ureq::Error::Timeout(timeout.reason)),
        Err(RecvTimeoutError::Disconnected) => Err(ureq::Error::HostNotFound),
    }
}
