//! The proxy for requests, and the hosts that are reached directly: `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, read as
//! curl reads them.
//!
//! A proxy that cannot be used is an error: a person who sets a proxy may not want, or be able, to connect directly.
//! For the same reason the proxy resolves the names of the services.

use std::net::IpAddr;

use ureq::{Proxy, ProxyProtocol};

/// The port of every request.
const HTTPS: u16 = 443;
/// The accepted forms of a proxy setting, for messages.
const FORM: &str = "write http://HOST:PORT, https://HOST:PORT, socks5://HOST:PORT or socks4a://HOST:PORT, with USER:PASSWORD@ before HOST if it wants them";

/// Which hosts are reached through which proxy. By default every host is reached directly.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    proxy: Option<(&'static str, Proxy)>,
    no_proxy: Vec<Exception>,
}

/// Hosts that are reached directly.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Exception {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    /// `*`
    Everything,
    /// A host. If it is a domain, also all hosts below it.
    Domain(String),
    /// An address, or the network of the addresses with the same first bits.
    Network(IpAddr, u32),
}

impl Proxies {
    /// Reads the settings. `any` returns the first of several names that is set, and its value.
    ///
    /// # Errors
    /// A proxy that cannot be used. The text names the setting but not its value, which may contain a password.
    pub fn read<'a>(any: impl Fn(&[&'static str]) -> Option<(&'static str, &'a str)>) -> Result<Proxies, String> {
        let of_https = any(&["https_proxy", "HTTPS_PROXY"]);
        let proxy = of_https.or_else(|| any(&["all_proxy", "ALL_PROXY"]));
        let proxy = proxy.map(|(name, text)| {
            let read = parse(text.trim()).map_err(|why| format!("{name}: unusable proxy: {why}; {FORM}"));
            read.map(|proxy| (name, proxy))
        });
        let no_proxy = any(&["no_proxy", "NO_PROXY"]).map(|(_, text)| exceptions(text)).unwrap_or_default();
        Ok(Proxies { proxy: proxy.transpose()?, no_proxy })
    }

    /// The proxy, and the setting that names it.
    pub(super) fn proxy(&self) -> Option<&(&'static str, Proxy)> {
        self.proxy.as_ref()
    }

    /// Whether a host is reached directly.
    pub(super) fn is_bypassed(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.no_proxy
            .iter()
            .any(|exception| exception.port.is_none_or(|port| port == HTTPS) && exception.hosts.includes(&host))
    }
}

impl Hosts {
    fn includes(&self, host: &str) -> bool {
        match self {
            Hosts::Everything => true,
            Hosts::Domain(domain) => {
                host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            Hosts::Network(network, bits) => match (host.trim_matches(['[', ']']).parse(), network) {
                (Ok(IpAddr::V4(host)), IpAddr::V4(network)) => {
                    let shift = 32 - bits.min(&32);
                    u64::from(host.to_bits()) >> shift == u64::from(network.to_bits()) >> shift
                }
                (Ok(IpAddr::V6(host)), IpAddr::V6(network)) => {
                    let shift = 128 - bits.min(&128);
                    host.to_bits().checked_shr(shift) == network.to_bits().checked_shr(shift)
                }
                _ => false,
            },
        }
    }
}

fn exceptions(text: &str) -> Vec<Exception> {
    let words = text.split([',', ' ', '\t', '\n']).map(|word| word.trim().to_ascii_lowercase());
    words.filter(|word| !word.is_empty()).map(|word| exception(&word)).collect()
}

fn exception(word: &str) -> Exception {
    let (host, port) = match word.rsplit_once(':') {
        // An IPv6 address without brackets has no port.
        Some((host, port)) if host.ends_with(']') || !host.contains(':') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (word, None),
        },
        _ => (word, None),
    };
    let (address, bits) = match host.split_once('/') {
        Some((address, bits)) => (address, bits.parse().ok()),
        None => (host, Some(128)),
    };
    let network = address.trim_matches(['[', ']']).parse::<IpAddr>().ok().zip(bits);
    let hosts = match network {
        _ if host == "*" => Hosts::Everything,
        Some((address, bits)) => Hosts::Network(address, bits),
        // People write ".x" and "*.x" for "x". curl accepts the first form.
        None => Hosts::Domain(host.trim_start_matches("*.").trim_matches('.').to_owned()),
    };
    Exception { hosts, port }
}

fn parse(text: &str) -> Result<Proxy, String> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let protocol = match scheme.to_ascii_lowercase().as_str() {
        "http" => ProxyProtocol::Http,
        "https" => ProxyProtocol::Https,
        // In curl, `socks5` resolves names on this machine. Such a lookup would bypass the proxy.
        "socks5" | "socks5h" => ProxyProtocol::Socks5h,
        "socks4a" => ProxyProtocol::Socks4A,
        "socks" | "socks4" => return Err("socks:// and socks4:// do not say who resolves names".into()),
        _ => return Err("unknown scheme".into()),
    };
    let (login, place) = match rest.rsplit_once('@') {
        Some((login, place)) => (Some(login), place),
        None => (None, rest),
    };
    let place = place.strip_suffix('/').unwrap_or(place);
    let (host, port) = place.rsplit_once(':').ok_or("the port is missing")?;
    let port: u16 = port.parse().ok().filter(|port| *port > 0).ok_or("the port is missing")?;
    let is_host = match host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)),
    };
    if !is_host {
        return Err("the host is missing or invalid".into());
    }
    let mut builder = Proxy::builder(protocol).host(host).port(port).resolve_target(false);
    if let Some(login) = login {
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let decoded = |text| decoded(text).ok_or("the user name or password is not valid UTF-8");
        builder = builder.username(&decoded(user)?).password(&decoded(password)?);
    }
    builder.build().map_err(|_| "the address is invalid".into())
}

/// Decodes each `%XX` and keeps any other `%`.
fn decoded(text: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut bytes = text.as_bytes();
    while let [first, rest @ ..] = bytes {
        let code = rest.get(..2).filter(|_| *first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        let code = code.filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                bytes = &rest[2..];
            }
            None => {
                out.push(*first);
                bytes = rest;
            }
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&'static str, &'static str)]) -> Result<Proxies, String> {
        Proxies::read(|names| {
            names
                .iter()
                .find_map(|name| set.iter().find(|(known, _)| known == name))
                .map(|(name, value)| (*name, *value))
        })
    }

    fn from(set: &[(&'static str, &'static str)]) -> Option<&'static str> {
        read(set).unwrap().proxy().map(|(name, _)| *name)
    }

    #[test]
    fn proxy_settings_have_the_precedence_of_curl() {
        let all = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"].map(|name| (name, "http://127.0.0.1:1"));
        for (first, (name, _)) in all.iter().enumerate() {
            let mut set = all[first..].to_vec();
            set.reverse();
            assert_eq!(from(&set), Some(*name));
        }
        assert_eq!(from(&[("HTTP_PROXY", "http://127.0.0.1:1"), ("http_proxy", "nonsense")]), None);
        // The setting with precedence is used, so the other one is not read.
        assert!(read(&[("https_proxy", "http://127.0.0.1:1"), ("ALL_PROXY", "nonsense")]).is_ok());
    }

    #[test]
    fn valid_proxies_are_read_and_errors_do_not_show_the_value() {
        for (text, meant) in [
            ("http://127.0.0.1:7890", "http 127.0.0.1 7890 -"),
            ("127.0.0.1:7890", "http 127.0.0.1 7890 -"),
            (" HTTP://proxy.example:80/ ", "http proxy.example 80 -"),
            ("https://proxy.example:443", "https proxy.example 443 -"),
            ("socks5://[::1]:1080", "socks5h [::1] 1080 -"),
            ("socks5h://h:1080", "socks5h h 1080 -"),
            ("socks4a://h:1080", "socks4a h 1080 -"),
            ("http://ann:p%40s%3as@h:1", "http h 1 ann p@s:s"),
            ("http://ann:p@:/%s@h:1", "http h 1 ann p@:/%s"),
            ("http://%C3%A9:x@h:1", "http h 1 é x"),
        ] {
            let proxy = parse(text.trim()).unwrap_or_else(|why| panic!("{text}: {why}"));
            let login = proxy.username().zip(proxy.password()).map_or("-".into(), |(u, p)| format!("{u} {p}"));
            let found = format!("{} {} {} {login}", proxy.protocol(), proxy.host(), proxy.port()).to_lowercase();
            assert_eq!(found, meant, "{text}");
            assert!(!proxy.resolve_target(), "{text}");
        }
        for text in [
            "nonsense",
            "http://nonsense",
            "gopher://h:1",
            "socks://h:1",
            "socks4://h:1",
            "http://:1",
            "http://h:0",
            "http://h:99999",
            "http://h:1/path",
            "http://[x]:1",
            "http://a b:1",
            "://h:1",
            "http://hunter2@",
            "ann:hunter2@h",
            "http://%FF:hunter2@h:1",
        ] {
            let set: &'static str = text;
            let why = read(&[("HTTPS_PROXY", set)]).unwrap_err();
            assert!(why.starts_with("HTTPS_PROXY: unusable proxy: ") && !why.contains("hunter2"), "{why}");
        }
    }

    #[test]
    fn no_proxy_is_read_as_by_curl() {
        let is_bypassed = |list: &'static str, host: &str| read(&[("NO_PROXY", list)]).unwrap().is_bypassed(host);
        for (list, host) in [
            ("*", "connectapi.garmin.com"),
            ("garmin.com", "connectapi.garmin.com"),
            ("garmin.com", "GARMIN.COM."),
            (".garmin.com", "garmin.com"),
            (".garmin.com", "sso.garmin.com"),
            ("*.garmin.com", "sso.garmin.com"),
            ("x.com, Garmin.com.", "sso.garmin.com"),
            ("x.com sso.garmin.com", "sso.garmin.com"),
            ("garmin.com:443", "sso.garmin.com"),
            ("192.168.1.7", "192.168.1.7"),
            ("192.168.0.0/16", "192.168.44.5"),
            ("0.0.0.0/0", "9.9.9.9"),
            ("10.0.0.1:443", "10.0.0.1"),
            ("[fd00::]/8", "[fd12::1]"),
            ("fd00::1", "fd00::1"),
            ("[fd00::1]:443", "fd00::1"),
        ] {
            assert!(is_bypassed(list, host), "{list}: {host}");
        }
        for (list, host) in [
            ("", "garmin.com"),
            ("garmin.com", "notgarmin.com"),
            ("garmin.com", "garmin.com.evil.example"),
            ("sso.garmin.com", "garmin.com"),
            ("garmin.com:8443", "garmin.com"),
            ("192.168.0.0/16", "192.169.0.1"),
            ("192.168.0.0/33", "1.1.1.1"),
            ("10.0.0.0/8", "10.example.com"),
            ("fd00::/8", "10.0.0.1"),
            ("10.0.0.0/x", "10.0.0.0"),
        ] {
            assert!(!is_bypassed(list, host), "{list}: {host}");
        }
        assert!(
            read(&[("no_proxy", "a.com"), ("NO_PROXY", "b.com")]).unwrap().is_bypassed("a.com"),
            "lower case first"
        );
    }
}
