//! The simulator's own certificate authority, and a certificate for every simulated host.

use crate::services;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::Acceptor;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::error::Error;
use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Writes `ca.pem`, `leaf.pem` and `leaf-key.pem` into `dir`.
pub fn make_certs(dir: &Path) -> Outcome<()> {
    fs::create_dir_all(dir)?;
    let mut ca = CertificateParams::new(Vec::new())?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.distinguished_name.push(DnType::CommonName, "gs-sim test authority");
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca_key = KeyPair::generate()?;
    let ca_cert = ca.self_signed(&ca_key)?;
    let issuer = Issuer::new(ca, ca_key);

    let mut leaf = CertificateParams::new(services::hosts())?;
    leaf.distinguished_name.push(DnType::CommonName, "gs-sim");
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let leaf_key = KeyPair::generate()?;
    let leaf_cert = leaf.signed_by(&leaf_key, &issuer)?;

    fs::write(dir.join("ca.pem"), ca_cert.pem())?;
    fs::write(dir.join("leaf.pem"), leaf_cert.pem())?;
    fs::write(dir.join("leaf-key.pem"), leaf_key.serialize_pem())?;
    Ok(())
}

/// A TLS server with the certificate in `dir`, which is created if it is missing.
pub fn server_config(dir: &Path) -> Outcome<Arc<ServerConfig>> {
    if !dir.join("leaf.pem").exists() {
        make_certs(dir)?;
    }
    let chain: Vec<CertificateDer> = CertificateDer::pem_file_iter(dir.join("leaf.pem"))?.collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_file(dir.join("leaf-key.pem"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    // The handshake fails for clients that offer only other protocols.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Begins a session. Returns it with the protocols that the client offered (ALPN); `None` if the handshake fails.
pub fn accept(
    mut stream: TcpStream,
    config: &Arc<ServerConfig>,
) -> Option<(StreamOwned<ServerConnection, TcpStream>, Vec<String>)> {
    let mut acceptor = Acceptor::default();
    let accepted = loop {
        acceptor.read_tls(&mut stream).ok().filter(|read| *read > 0)?;
        match acceptor.accept() {
            Ok(Some(accepted)) => break accepted,
            Ok(None) => {}
            Err((_, mut alert)) => {
                // The client may have closed the connection already.
                let _ = alert.write_all(&mut stream);
                return None;
            }
        }
    };
    let offered = accepted.client_hello().alpn().into_iter().flatten();
    let offered = offered.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    match accepted.into_connection(Arc::clone(config)) {
        Ok(session) => Some((StreamOwned::new(session, stream), offered)),
        Err((_, mut alert)) => {
            let _ = alert.write_all(&mut stream);
            None
        }
    }
}
