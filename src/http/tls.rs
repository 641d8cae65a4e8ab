//! TLS as a browser without HTTP/2 uses it: the handshake names the protocol (ALPN), which ureq's own connector omits.
//! The services' bot protection checks such details.

use std::fmt;
use std::io::{Read, Write};
use std::sync::{Arc, OnceLock};

use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, ClientConnection, StreamOwned};
use rustls_platform_verifier::Verifier;
use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};

use super::CaCertificates;
use super::attempt::in_words;

/// The protocol after the handshake.
const PROTOCOL: &[u8] = b"http/1.1";

/// Makes TLS connections. Unless the settings name certificate authorities, the authorities of this system are trusted,
/// because a company's proxy has its own authority.
#[derive(Clone)]
pub struct Tls {
    ca_certificates: Option<CaCertificates>,
    /// Created with the first connection, because reading the authorities takes time.
    config: Arc<OnceLock<Arc<ClientConfig>>>,
}

/// The TLS connection failed, and nothing was sent over it.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct Unconnected {
    why: String,
    /// What is wrong with the certificate, if the certificate is the reason.
    pub certificate: Option<CertificateError>,
}

fn unconnected(why: impl fmt::Display) -> Error {
    Error::Other(Box::new(Unconnected { why: why.to_string(), certificate: None }))
}

/// Classifies the error of a failed handshake.
fn handshake(error: Error) -> Error {
    let Error::Io(inner) = &error else { return unconnected(error) };
    let why = in_words(&error);
    match inner.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::InvalidCertificate(bad)) => {
            let certificate = Some(bad.clone());
            Error::Other(Box::new(Unconnected { why, certificate }))
        }
        _ => unconnected(why),
    }
}

impl Tls {
    /// `ca_certificates`: the certificate authorities, if not the system's.
    pub fn new(ca_certificates: Option<CaCertificates>) -> Tls {
        Tls { ca_certificates, config: Arc::default() }
    }

    fn config(&self) -> Result<Arc<ClientConfig>, rustls::Error> {
        if let Some(config) = self.config.get() {
            return Ok(config.clone());
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
        let builder = match &self.ca_certificates {
            Some(certificates) => builder.with_root_certificates(certificates.store()),
            // rustls calls any verifier except its own "dangerous". This one is the system's verifier.
            None => builder.dangerous().with_custom_certificate_verifier(Arc::new(Verifier::new(provider)?)),
        };
        let mut config = builder.with_no_client_auth();
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        Ok(self.config.get_or_init(|| Arc::new(config)).clone())
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl<In: Transport> Connector<In> for Tls {
    type Out = Either<In, Encrypted>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        let Some(transport) = chained else { return Ok(None) };
        if !details.needs_tls() || transport.is_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let host = details.uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let name = ServerName::try_from(host.to_owned()).map_err(unconnected)?;
        let config = self.config().map_err(unconnected)?;
        let mut session = ClientConnection::new(config, name).map_err(unconnected)?;
        let mut socket = TransportAdapter::new(transport.boxed(), details.current_time.clone());
        socket.set_timeout(details.timeout);
        session.complete_io(&mut socket).map_err(|error| match Error::from(error) {
            // A timeout and a request to stop have their own errors.
            error @ (Error::Timeout(_) | Error::Other(_)) => error,
            error => handshake(error),
        })?;
        let (input, output) = (details.config.input_buffer_size(), details.config.output_buffer_size());
        let stream = StreamOwned { conn: session, sock: socket };
        Ok(Some(Either::B(Encrypted { buffers: LazyBuffers::new(input, output), stream })))
    }
}

/// A TLS connection.
pub struct Encrypted {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl Transport for Encrypted {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.sock.set_timeout(timeout);
        Ok(self.stream.write_all(&self.buffers.output()[..amount])?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.sock.set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encrypted")
    }
}
