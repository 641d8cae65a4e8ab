//! Looks names up for a limited time.
//!
//! The library's own way to do that ends the program where there can be no more threads. Here the look-up then has no time
//! limit but the system's.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread::Builder;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Addresses of one name that are tried.
const MOST: usize = 16;

/// A resolver.
#[derive(Debug, Default)]
pub struct Names(DefaultResolver);

impl Resolver for Names {
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
    // Whoever waits may have given up by then.
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
