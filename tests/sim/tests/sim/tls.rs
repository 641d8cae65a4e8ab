//! TLS: a real handshake with a certificate of the generated authority; the host is the Host header.

use gs_sim::{Scenario, tls};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn folder(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("gs-sim-tls-{name}-{}", std::process::id()));
    tls::make_certs(&dir).unwrap();
    dir
}

/// A client that offers these protocols.
fn client(dir: &Path, alpn: &[&str]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(dir.join("ca.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config.unwrap().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

fn ask(config: &Arc<ClientConfig>, address: SocketAddr, host: &str) -> String {
    talk(config, TcpStream::connect(address).unwrap(), host)
}

/// The response to a request for `/` on a host, as far as it arrives.
fn talk(config: &Arc<ClientConfig>, link: TcpStream, host: &str) -> String {
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let session = ClientConnection::new(Arc::clone(config), name).unwrap();
    let mut stream = StreamOwned::new(session, link);
    let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: a test\r\nConnection: close\r\n\r\n");
    // A failed handshake is an error here; the connection may end without a closing alert.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn every_host_has_a_certificate_of_the_authority() {
    let dir = folder("hosts");
    let mut sim = Scenario::default_garmin(1, 1).start();
    let address = sim.listen_tls(&dir, "127.0.0.1:0").unwrap();
    let config = client(&dir, &[]);
    for (host, status) in [
        ("connectapi.garmin.com", "404"),
        ("connectapi.garmin.cn", "404"),
        ("sso.garmin.cn", "404"),
        ("connect.garmin.com", "402"),
        ("thegarth.s3.amazonaws.com", "403"),
    ] {
        let text = ask(&config, address, host);
        assert!(text.starts_with(&format!("HTTP/1.1 {status}")), "{host}: {text}");
    }
    let first = &sim.log()[0];
    assert_eq!((first.host.as_str(), first.agent.as_str()), ("connectapi.garmin.com", "a test"));
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn the_log_shows_which_protocols_a_client_offered() {
    let dir = folder("alpn");
    let mut sim = Scenario::default_garmin(1, 1).start();
    let address = sim.listen_tls(&dir, "127.0.0.1:0").unwrap();
    for offered in [&[][..], &["http/1.1"], &["h2", "http/1.1"]] {
        sim.clear_log();
        assert!(ask(&client(&dir, offered), address, "sso.garmin.com").starts_with("HTTP/1.1 404"), "{offered:?}");
        let wanted: Vec<String> = offered.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(sim.log()[0].alpn, Some(wanted));
    }
    assert_eq!(ask(&client(&dir, &["h2"]), address, "sso.garmin.com"), "", "HTTP/2 alone is not supported");
    sim.clear_log();
    let mut plain = TcpStream::connect(sim.base_url().replace("http://", "")).unwrap();
    plain.write_all(b"GET /sso.garmin.com/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    plain.read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(sim.log()[0].alpn, None);
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn the_proxy_tunnels_every_host_to_the_simulator() {
    let dir = folder("proxy");
    let mut sim = Scenario::default_garmin(1, 1).start();
    let tls = sim.listen_tls(&dir, "127.0.0.1:0").unwrap();
    let proxy = sim.listen_proxy(tls, "127.0.0.1:0").unwrap();
    let mut tunnel = TcpStream::connect(proxy).unwrap();
    tunnel.write_all(b"CONNECT sso.garmin.cn:443 HTTP/1.1\r\nHost: sso.garmin.cn:443\r\n\r\n").unwrap();
    let mut opened = [0; 39];
    tunnel.read_exact(&mut opened).unwrap();
    assert!(opened.starts_with(b"HTTP/1.1 200") && opened.ends_with(b"\r\n\r\n"));
    assert!(talk(&client(&dir, &[]), tunnel, "sso.garmin.cn").starts_with("HTTP/1.1 404"));
    assert_eq!(sim.log()[0].host, "sso.garmin.cn");
    let mut plain = TcpStream::connect(proxy).unwrap();
    plain.write_all(b"GET http://sso.garmin.cn/ HTTP/1.1\r\nHost: sso.garmin.cn\r\n\r\n").unwrap();
    let mut answer = String::new();
    plain.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 405"), "the proxy supports tunnels only: {answer}");
    std::fs::remove_dir_all(dir).unwrap();
}
