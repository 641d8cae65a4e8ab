//! An HTTP proxy that connects every tunnel to the TLS port: programs that support `HTTPS_PROXY` reach the simulator
//! under the real addresses, without a change of host names or mounts.

use crate::server::Shared;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

const MAX_HEAD: usize = 16 * 1024;

/// Accepts tunnels until the simulator stops, and connects them to `tls`.
pub fn accept(shared: &Arc<Shared>, listener: &TcpListener, tls: SocketAddr) {
    for stream in listener.incoming() {
        if shared.stopping() {
            return;
        }
        let Ok(stream) = stream else { continue };
        thread::spawn(move || {
            // The client notices a broken tunnel.
            let _ = tunnel(stream, tls);
        });
    }
}

fn tunnel(mut client: TcpStream, tls: SocketAddr) -> io::Result<()> {
    let head = head(&mut client)?;
    if !head.starts_with(b"CONNECT ") {
        return client.write_all(b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
    let server = TcpStream::connect(tls)?;
    server.set_nodelay(true)?;
    client.set_nodelay(true)?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (to, from) = (server.try_clone()?, client.try_clone()?);
    let up = thread::spawn(move || pass(from, to));
    pass(server, client);
    // The thread ends with its connection, which was shut down.
    let _ = up.join();
    Ok(())
}

/// The head up to the empty line; a client sends no more before the response.
fn head(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_HEAD {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(head)
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    // Both sides are shut down, after an error, too.
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
