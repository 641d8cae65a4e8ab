//! A proxy with one port for every kind: HTTP CONNECT, SOCKS5 and SOCKS4a, which differ in their first byte. It
//! connects every requested host to one address.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::support::base64;
/// A proxy that runs until the test ends.
pub struct Proxy {
    pub address: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
}

/// The behaviour of a proxy.
#[derive(Clone, Default)]
pub struct Behaviour {
    /// The address to which it connects; `None`: it responds that it cannot connect.
    pub to: Option<SocketAddr>,
    /// `USER:PASSWORD`, if it requires a login.
    pub login: Option<String>,
}

impl Proxy {
    pub fn start(behaviour: Behaviour) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, log) = (listener.local_addr().unwrap(), Arc::default());
        let heard = Arc::clone(&log);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (behaviour, log) = (behaviour.clone(), Arc::clone(&heard));
                std::thread::spawn(move || serve(client, &behaviour, &log));
            }
        });
        Proxy { address, log }
    }

    /// The requests: the kind of proxy, and host and port as in the request.
    pub fn asked(&self) -> Vec<String> {
        let mut all = self.log.lock().unwrap().clone();
        all.sort();
        all.dedup();
        all
    }
}

fn serve(mut client: TcpStream, behaviour: &Behaviour, log: &Mutex<Vec<String>>) -> Option<()> {
    let mut first = [0];
    client.read_exact(&mut first).ok()?;
    let note = |line: String| log.lock().unwrap().push(line);
    match first[0] {
        b'C' => http(&mut client, behaviour, &note)?,
        5 => socks5(&mut client, behaviour, &note)?,
        4 => socks4a(&mut client, behaviour, &note)?,
        _ => note("something unknown".into()),
    }
    tunnel(client, TcpStream::connect(behaviour.to?).ok()?)
}

fn http(client: &mut TcpStream, behaviour: &Behaviour, note: &dyn Fn(String)) -> Option<()> {
    let mut head = b"C".to_vec();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    note(format!("http {}", head.split(' ').nth(1)?));
    let given = head.lines().find_map(|line| line.strip_prefix("Proxy-Authorization: Basic "));
    let wanted = behaviour.login.as_ref().map(|login| base64(login));
    let answer = match behaviour.to {
        _ if wanted.as_deref() != given => "407 Proxy Authentication Required",
        None => "502 Bad Gateway",
        Some(_) => "200 OK",
    };
    write!(client, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n").ok()?;
    answer.starts_with("200").then_some(())
}

fn socks5(client: &mut TcpStream, behaviour: &Behaviour, note: &dyn Fn(String)) -> Option<()> {
    let methods = string(client)?;
    match &behaviour.login {
        None => client.write_all(&[5, 0]).ok()?,
        Some(_) if !methods.contains(&2) => {
            client.write_all(&[5, 0xff]).ok()?;
            return None;
        }
        Some(login) => {
            client.write_all(&[5, 2]).ok()?;
            client.read_exact(&mut [0]).ok()?;
            let given = [string(client)?, string(client)?].join(&b':');
            let is_right = given == login.as_bytes();
            client.write_all(&[1, u8::from(!is_right)]).ok()?;
            is_right.then_some(())?;
        }
    }
    let mut head = [0; 4];
    client.read_exact(&mut head).ok()?;
    let host = if head[3] == 3 { String::from_utf8(string(client)?).ok()? } else { "an address".into() };
    let mut port = [0; 2];
    client.read_exact(&mut port).ok()?;
    note(format!("socks5 {host}:{}", u16::from_be_bytes(port)));
    client.write_all(&[5, u8::from(behaviour.to.is_none()), 0, 1, 0, 0, 0, 0, 0, 0]).ok()
}

fn socks4a(client: &mut TcpStream, behaviour: &Behaviour, note: &dyn Fn(String)) -> Option<()> {
    let mut head = [0; 7];
    client.read_exact(&mut head).ok()?;
    until_zero(client)?;
    let host = if head[3..6] == [0, 0, 0] { String::from_utf8(until_zero(client)?).ok()? } else { "an address".into() };
    note(format!("socks4a {host}:{}", u16::from_be_bytes([head[1], head[2]])));
    client.write_all(&[0, if behaviour.to.is_some() { 90 } else { 91 }, 0, 0, 0, 0, 0, 0]).ok()
}

/// Reads a length byte and as many bytes.
fn string(client: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0];
    client.read_exact(&mut length).ok()?;
    let mut bytes = vec![0; length[0].into()];
    client.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

fn until_zero(client: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let mut byte = [0];
        client.read_exact(&mut byte).ok()?;
        if byte[0] == 0 {
            return Some(bytes);
        }
        bytes.push(byte[0]);
    }
}

fn tunnel(client: TcpStream, server: TcpStream) -> Option<()> {
    let (mut from, mut to) = (client.try_clone().ok()?, server.try_clone().ok()?);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
    let (mut from, mut to) = (server, client);
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(std::net::Shutdown::Write);
    Some(())
}
