//! `GS_LOOPBACK`: sends every request to a test server on this machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The address of a test server. It must be on this machine, so that a typing error cannot send credentials to another
/// host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loopback(SocketAddr);

impl Loopback {
    /// Reads `http://127.0.0.1:PORT` (or `[::1]`, or `localhost`, which means 127.0.0.1 without a lookup).
    pub fn parse(text: &str) -> Result<Loopback, String> {
        let refused =
            || format!("GS_LOOPBACK={text:?} is invalid; use http://127.0.0.1:PORT, an address of this machine");
        let rest = text.trim().strip_prefix("http://").ok_or_else(refused)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = rest.rsplit_once(':').ok_or_else(refused)?;
        let port: u16 = port.parse().map_err(|_| refused())?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let address = match host {
            "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
            _ => host.parse::<IpAddr>().map_err(|_| refused())?,
        };
        if !address.is_loopback() || port == 0 {
            return Err(refused());
        }
        Ok(Loopback(SocketAddr::new(address, port)))
    }

    /// The URL of the test server for `url`: `https://HOST/PATH?QUERY` becomes `http://ADDRESS/HOST/PATH?QUERY`.
    pub fn rewrite(&self, url: &str) -> String {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        format!("http://{}/{rest}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_are_valid() {
        for good in ["http://127.0.0.1:8080", "http://127.9.9.9:1/", "http://[::1]:80", "http://localhost:9"] {
            assert!(Loopback::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "https://127.0.0.1:80",
            "http://127.0.0.1",
            "http://10.0.0.1:80",
            "http://example.com:80",
            "http://127.0.0.1:0",
            "http://127.0.0.1.example.com:80",
            "http://127.0.0.1:80/x",
            "",
        ] {
            assert!(Loopback::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_loopback_keeps_host_path_and_query() {
        let loopback = Loopback::parse("http://127.0.0.1:8080").unwrap();
        assert_eq!(
            loopback.rewrite("https://connectapi.garmin.com/a/b?c=d%20e&f"),
            "http://127.0.0.1:8080/connectapi.garmin.com/a/b?c=d%20e&f"
        );
    }
}
