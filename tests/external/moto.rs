//! The upload to S3 against moto, an independent mock of AWS, which issues temporary credentials and checks
//! the signature and the session token of requests.
//!
//! Requires `target/moto-venv`, which `scripts/test` creates, or another Python environment that `MOTO_VENV` names.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::python::python_tool;
use garminsync::http::{Request, Response, Secret};
use garminsync::platform::coros::store::{
    Provider, PutFailure, PutResult, Signature, StoreCredentials, put_request, put_result,
};
use jiff::Timestamp;
use serde_json::Value;

/// A server with one bucket; it stops when it is dropped.
struct Moto {
    server: Child,
    port: u16,
    keys: StoreCredentials,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Moto {
    fn start(bucket: &str, region: &str) -> Moto {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Command::new(python_tool("moto", "python"));
        server
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
            .env("INITIAL_NO_AUTH_ACTION_COUNT", "6");
        let server = server.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let nothing = || Secret::new("");
        let keys = StoreCredentials {
            provider: Provider::Aws,
            bucket: bucket.into(),
            region: region.into(),
            id: nothing(),
            secret: nothing(),
            token: nothing(),
            expires: None,
        };
        let mut moto = Moto { server, port, keys };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(60), "moto does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        let given = moto.temporary_keys();
        let secret = |name: &str| Secret::new(given[name].as_str().unwrap());
        moto.keys = StoreCredentials {
            id: secret("AccessKeyId"),
            secret: secret("SecretAccessKey"),
            token: secret("SessionToken"),
            ..moto.keys.clone()
        };
        moto
    }

    fn temporary_keys(&self) -> Value {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/external/moto.py");
        let mut python = Command::new(python_tool("moto", "python"));
        python.args([script, &format!("http://127.0.0.1:{}", self.port), &self.keys.bucket, &self.keys.region]);
        let output = python.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Sends a request for the production host to this server. The Host header stays, because it is signed.
    fn send(&self, request: &Request) -> Response {
        let (host, path) = request.url.strip_prefix("https://").unwrap().split_once('/').unwrap();
        let body = request.body.as_deref().unwrap();
        let mut head = format!("{} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n", request.method);
        for (name, value) in &request.headers {
            head += &format!("{name}: {value}\r\n");
        }
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| line.split_once(": ").map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned()));
        Response { status, headers: lines.filter_map(header).collect(), body: body.into() }
    }

    fn put(&self, keys: &StoreCredentials, key: &str, bytes: &[u8]) -> Response {
        self.send(&put_request(Signature::S3V4, keys, key, bytes, Timestamp::now()))
    }

    fn refuses(&self, keys: &StoreCredentials, what: &str) {
        let response = self.put(keys, KEY, b"zip");
        let said = String::from_utf8_lossy(&response.body).into_owned();
        assert_eq!(put_result(&response), PutResult::SignatureRejected(what.to_owned()), "{said}");
    }
}

const KEY: &str = "fit_zip/460001/5d41402abc4b2a76b9719d911017c592.zip";

#[test]
fn only_valid_temporary_credentials_can_put_an_object() {
    for (bucket, region) in [("eu-coros", "eu-central-1"), ("coros-s3", "us-west-1")] {
        let moto = Moto::start(bucket, region);
        let keys = &moto.keys;
        // The key with a space reveals a path that is encoded twice.
        for (key, bytes) in [(KEY, &b"zip"[..]), ("fit_zip/U1/a b.zip", b""), (KEY, &[0xff; 300_000])] {
            let response = moto.put(keys, key, bytes);
            assert_eq!(put_result(&response), PutResult::Stored, "{response:?}");
        }
        let etag = moto.put(keys, KEY, b"hello").header("etag").map(str::to_owned);
        assert_eq!(
            etag.as_deref(),
            Some("\"5d41402abc4b2a76b9719d911017c592\""),
            "the stored object has the sent bytes"
        );
        moto.refuses(
            &StoreCredentials { secret: Secret::new("another"), ..keys.clone() },
            "HTTP 403, SignatureDoesNotMatch",
        );
        moto.refuses(&StoreCredentials { token: Secret::new("another"), ..keys.clone() }, "HTTP 400, InvalidToken");
        moto.refuses(&StoreCredentials { token: Secret::new(""), ..keys.clone() }, "HTTP 400, InvalidToken");
        moto.refuses(
            &StoreCredentials { id: Secret::new("ASIAANOTHER"), ..keys.clone() },
            "HTTP 403, InvalidAccessKeyId",
        );
        let elsewhere = StoreCredentials { bucket: "elsewhere".into(), ..keys.clone() };
        assert!(matches!(
            put_result(&moto.put(&elsewhere, KEY, b"zip")),
            PutResult::Failed(PutFailure::WrongBucket(_))
        ));
    }
}

#[test]
fn a_request_that_was_changed_after_signing_is_rejected() {
    let moto = Moto::start("eu-coros", "eu-central-1");
    let signed = put_request(Signature::S3V4, &moto.keys, KEY, b"zip", Timestamp::now());
    assert_eq!(put_result(&moto.send(&signed)), PutResult::Stored);
    let changed = |name: &str, value: &str| {
        let mut request = signed.clone();
        let header = request.headers.iter_mut().find(|(n, _)| n == name).unwrap();
        value.clone_into(&mut header.1);
        moto.send(&request)
    };
    for (name, value) in [
        ("Content-Type", "text/html"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-amz-date", "20231114T221320Z"),
    ] {
        assert!(matches!(put_result(&changed(name, value)), PutResult::SignatureRejected(_)), "{name}");
    }
    let mut elsewhere = signed.clone();
    elsewhere.url = elsewhere.url.replace("460001", "460002");
    assert!(matches!(put_result(&moto.send(&elsewhere)), PutResult::SignatureRejected(_)));
}
