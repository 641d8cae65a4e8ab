//! Requests with production URLs and TLS, an own CA in the system's trust store, and a network that has only the
//! loopback.
//!
//! Each test runs itself again in a private namespace, in which the services' names resolve to the simulator and its CA
//! is the only trusted one.

use std::path::Path;
use std::process::Command;

use crate::support::{Work, is_inside, requests, scenario, shell};

const NAMES: &str = "127.0.0.1 sso.garmin.com diauth.garmin.com connectapi.garmin.com thegarth.s3.amazonaws.com\n";

/// Resolves the services' names to this machine, and makes the simulator's CA (if `trusted`) or another one the only
/// one of the system.
fn take_over(dir: &Path, trusted: bool) {
    let hosts = dir.join("hosts");
    std::fs::write(&hosts, NAMES).unwrap();
    shell("ip link set lo up");
    shell(&format!("mount --bind {} /etc/hosts", hosts.display()));
    shell("mkdir -p /etc/ssl/certs; mount -t tmpfs none /etc/ssl/certs");
    if trusted {
        shell(&format!("cp {} /etc/ssl/certs/ca-certificates.crt", dir.join("ca.pem").display()));
    } else {
        gs_sim::tls::make_certs(&dir.join("other")).unwrap();
        shell(&format!("cp {} /etc/ssl/certs/ca-certificates.crt", dir.join("other/ca.pem").display()));
    }
}

/// A command without the loopback setting.
fn command(work: &Work, name: &str, args: &[&str]) -> Command {
    let mut command = work.command(name, args);
    command.env_remove("GS_LOOPBACK");
    command
}

#[test]
fn login_list_and_download_work_over_tls_with_production_urls() {
    if !is_inside("login_list_and_download_work_over_tls_with_production_urls") {
        return;
    }
    let mut sim = scenario(5).start();
    let work = Work::with_passwords(&sim);
    let certificates = work.dir().join("tls");
    gs_sim::tls::make_certs(&certificates).unwrap();
    take_over(&certificates, true);
    sim.listen_tls(&certificates, "127.0.0.1:443").unwrap();
    for (name, args) in [("gs-auth", &["login"][..]), ("gs-fetch", &[])] {
        let output = command(&work, name, args).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let list = work.run("gs-list", &["--missing"]).ok().out.clone();
    std::fs::write(work.dir().join("list"), list).unwrap();
    let input = std::fs::File::open(work.dir().join("list")).unwrap();
    let output = command(&work, "gs-download", &[]).stdin(input).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(work.files("fit").len(), 5);
    assert!(requests(&sim).contains(&"POST sso.garmin.com/mobile/api/login 200".to_owned()), "{:?}", requests(&sim));
    // The client offers the protocol of a web view or a browser without HTTP/2.
    let offered: Vec<_> = sim.log().into_iter().map(|request| request.alpn).collect();
    assert!(offered.iter().all(|names| *names == Some(vec!["http/1.1".to_owned()])), "{offered:?}");
    let connections: std::collections::BTreeSet<_> = sim.log().iter().map(|request| request.connection).collect();
    assert!(connections.len() < sim.log().len(), "connections are kept open");
}

#[test]
fn a_server_with_an_untrusted_certificate_gets_no_password() {
    if !is_inside("a_server_with_an_untrusted_certificate_gets_no_password") {
        return;
    }
    let mut sim = scenario(1).start();
    let work = Work::with_passwords(&sim);
    let certificates = work.dir().join("tls");
    gs_sim::tls::make_certs(&certificates).unwrap();
    take_over(&certificates, false);
    sim.listen_tls(&certificates, "127.0.0.1:443").unwrap();
    let output = command(&work, "gs-auth", &["login"]).output().unwrap();
    assert_eq!(output.status.code(), Some(75), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(requests(&sim), [""; 0]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("the certificate of sso.garmin.com is not trusted") && said.contains("SSL_CERT_FILE"),
        "{said}"
    );
    assert!(!said.contains("check the connection"), "{said}");
    // A login that was never sent causes no cooldown.
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM login_failures WHERE until > 0"), 0);
}
