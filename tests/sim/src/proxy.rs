//! An HTTP proxy that leads every tunnel to the TLS side: programs that know `HTTPS_PROXY` reach the simulator under the
//! real addresses, without a change to names or mounts.

use crate::server::Shared;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

const MAX_HEAD: usize = 16 * 1024;

/// Takes tunnels until the simulator stops, and leads them to `tls`.
pub fn accept(shared: &Arc<Shared>, listener: &TcpListener, tls: SocketAddr) {
    for stream in listener.incoming() {
        if shared.stopping() {
            return;
        }
        let Ok(stream) = stream else { continue };
        thread::spawn(move || {
            // A tunnel that breaks is seen by its client.
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
    // It ends with its connection, whose end was passed on.
    let _ = up.join();
    Ok(())
}

/// Everything up to the empty line; a client says nothing more before it is answered.
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
    // Whether it ended well or not, both sides are told.
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
