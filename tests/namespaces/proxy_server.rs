//! A proxy of one port for every kind: HTTP CONNECT, SOCKS5 and SOCKS4a, told apart by their first byte. Whatever host is
//! asked for, it leads to one address.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::support::base64;
/// Runs until the test ends.
pub struct Proxy {
    pub address: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
}

/// What a proxy does.
#[derive(Clone, Default)]
pub struct Manners {
    /// Where it leads; nowhere: it says that it cannot.
    pub to: Option<SocketAddr>,
    /// `USER:PASSWORD`, if it wants one.
    pub login: Option<String>,
}

impl Proxy {
    pub fn start(manners: Manners) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, log) = (listener.local_addr().unwrap(), Arc::default());
        let heard = Arc::clone(&log);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (manners, log) = (manners.clone(), Arc::clone(&heard));
                std::thread::spawn(move || serve(client, &manners, &log));
            }
        });
        Proxy { address, log }
    }

    /// What was asked for: the kind, and the host and port as it was named.
    pub fn asked(&self) -> Vec<String> {
        let mut all = self.log.lock().unwrap().clone();
        all.sort();
        all.dedup();
        all
    }
}

fn serve(mut client: TcpStream, manners: &Manners, log: &Mutex<Vec<String>>) -> Option<()> {
    let mut first = [0];
    client.read_exact(&mut first).ok()?;
    let note = |line: String| log.lock().unwrap().push(line);
    match first[0] {
        b'C' => http(&mut client, manners, &note)?,
        5 => socks5(&mut client, manners, &note)?,
        4 => socks4a(&mut client, manners, &note)?,
        _ => note("something unknown".into()),
    }
    tunnel(client, TcpStream::connect(manners.to?).ok()?)
}

fn http(client: &mut TcpStream, manners: &Manners, note: &dyn Fn(String)) -> Option<()> {
    let mut head = b"C".to_vec();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    note(format!("http {}", head.split(' ').nth(1)?));
    let given = head.lines().find_map(|line| line.strip_prefix("Proxy-Authorization: Basic "));
    let wanted = manners.login.as_ref().map(|login| base64(login));
    let answer = match manners.to {
        _ if wanted.as_deref() != given => "407 Proxy Authentication Required",
        None => "502 Bad Gateway",
        Some(_) => "200 OK",
    };
    write!(client, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n").ok()?;
    answer.starts_with("200").then_some(())
}

fn socks5(client: &mut TcpStream, manners: &Manners, note: &dyn Fn(String)) -> Option<()> {
    let methods = string(client)?;
    match &manners.login {
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
    client.write_all(&[5, u8::from(manners.to.is_none()), 0, 1, 0, 0, 0, 0, 0, 0]).ok()
}

fn socks4a(client: &mut TcpStream, manners: &Manners, note: &dyn Fn(String)) -> Option<()> {
    let mut head = [0; 7];
    client.read_exact(&mut head).ok()?;
    until_zero(client)?;
    let host = if head[3..6] == [0, 0, 0] { String::from_utf8(until_zero(client)?).ok()? } else { "an address".into() };
    note(format!("socks4a {host}:{}", u16::from_be_bytes([head[1], head[2]])));
    client.write_all(&[0, if manners.to.is_some() { 90 } else { 91 }, 0, 0, 0, 0, 0, 0]).ok()
}

/// Bytes after their number.
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
