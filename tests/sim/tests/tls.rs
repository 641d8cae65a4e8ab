//! The TLS side: a real handshake under the generated authority, the host from the Host header.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use gs_sim::{Scenario, tls};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn folder() -> PathBuf {
    let dir = std::env::temp_dir().join(format!("gs-sim-tls-{}", std::process::id()));
    tls::make_certs(&dir).unwrap();
    dir
}

fn client(dir: &Path) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(dir.join("ca.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Arc::new(config.unwrap().with_root_certificates(roots).with_no_client_auth())
}

#[test]
fn every_host_is_served_under_the_authority() {
    let dir = folder();
    let mut sim = Scenario::default_garmin(1, 1).start();
    let address = sim.listen_tls(&dir, "127.0.0.1:0").unwrap();
    let config = client(&dir);
    for (host, status) in [
        ("connectapi.garmin.com", "404"),
        ("connectapi.garmin.cn", "404"),
        ("sso.garmin.cn", "404"),
        ("connect.garmin.com", "402"),
        ("thegarth.s3.amazonaws.com", "403"),
    ] {
        let name = ServerName::try_from(host).unwrap();
        let session = ClientConnection::new(Arc::clone(&config), name).unwrap();
        let mut stream = StreamOwned::new(session, TcpStream::connect(address).unwrap());
        write!(stream, "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        // The end of the stream may come without a closing alert.
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer);
        assert!(text.starts_with(&format!("HTTP/1.1 {status}")), "{host}: {text}");
    }
    assert_eq!(sim.log()[0].host, "connectapi.garmin.com");
    std::fs::remove_dir_all(dir).unwrap();
}
