//! Requests through a proxy, with production URLs and TLS: each test runs itself again in a network that has only the
//! loopback and resolves no host name of a service, so that the services are reachable through the proxy only.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::proxy_server::{Behaviour, Proxy};
use crate::support::{LOGIN, Said, Work, asked, is_inside, scenario, shell};
use gs_sim::Sim;

/// The services on a TLS port, and the certificate of their authority.
struct Services {
    sim: Sim,
    address: SocketAddr,
    authority: PathBuf,
    _certificates: tempfile::TempDir,
}

fn services() -> Services {
    shell("ip link set lo up");
    let certificates = tempfile::tempdir().unwrap();
    gs_sim::tls::make_certs(certificates.path()).unwrap();
    let mut sim = scenario(2).start();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    sim.listen_tls(certificates.path(), &address.to_string()).unwrap();
    let authority = certificates.path().join("ca.pem");
    Services { sim, address, authority, _certificates: certificates }
}

impl Services {
    /// A user who is logged in, has no loopback setting, and trusts the services' authority.
    fn user(&self) -> Work {
        let mut work = Work::logged_in(&self.sim);
        work.set("GS_LOOPBACK", "").set("GS_TIMEOUT", "5s").set("SYNC_PLATFORM", "GARMINCOM");
        work.set("SSL_CERT_FILE", self.authority.to_str().unwrap());
        work
    }

    fn proxy(&self, login: Option<&str>) -> Proxy {
        Proxy::start(Behaviour { to: Some(self.address), login: login.map(str::to_owned) })
    }
}

fn fetch(work: &Work) -> Said {
    work.run("gs-fetch", &[])
}

/// The error of a direct connection.
const LOOKED_UP: &str = "failed to lookup address";

#[test]
fn every_kind_of_proxy_is_used_and_resolves_the_host_names() {
    if !is_inside("every_kind_of_proxy_is_used_and_resolves_the_host_names") {
        return;
    }
    let services = services();
    for (written, login, kind) in [
        ("http://AT", None, "http"),
        ("AT", None, "http"),
        ("http://ann:s%40y@AT", Some("ann:s@y"), "http"),
        ("socks5://AT", None, "socks5"),
        ("socks5h://AT", None, "socks5"),
        ("socks5://ann:say@AT", Some("ann:say"), "socks5"),
        ("SOCKS4A://AT/", None, "socks4a"),
    ] {
        let proxy = services.proxy(login);
        let written = written.replace("AT", &proxy.address.to_string());
        for name in ["HTTPS_PROXY", "all_proxy"] {
            let mut work = services.user();
            work.set(name, &written);
            assert_eq!(fetch(&work).ok().ids().len(), 2, "{written}");
        }
        assert_eq!(proxy.asked(), [format!("{kind} connectapi.garmin.com:443")]);
        // The settings file, which cron reads, can have the proxy (in lower case, too) and the authority.
        let work = services.user();
        let mut work2 = services.user();
        work2.set("SSL_CERT_FILE", "");
        work2.write_env(&format!(
            "https_proxy='{written}'\nSSL_CERT_FILE={}\nGS_LANG=en\n",
            services.authority.display()
        ));
        fetch(&work2).ok();
        fetch(&work).ends(75).says(LOOKED_UP);
    }
}

#[test]
fn https_proxy_precedes_all_proxy_and_the_environment_precedes_the_file() {
    if !is_inside("https_proxy_precedes_all_proxy_and_the_environment_precedes_the_file") {
        return;
    }
    let services = services();
    let (special, general) = (services.proxy(None), services.proxy(None));
    let mut work = services.user();
    work.set("https_proxy", &format!("http://{}", special.address)).set("http_proxy", "http://127.0.0.1:1");
    work.set("all_proxy", &format!("socks5://{}", general.address)).set("HTTPS_PROXY", "gopher://127.0.0.1:1");
    fetch(&work).ok();
    assert_eq!((special.asked().len(), general.asked().len()), (1, 0));
    // The environment precedes the file, in upper and lower case.
    let mut work = services.user();
    work.set("HTTPS_PROXY", &format!("http://{}", general.address));
    work.write_env(&format!("GS_LANG=en\nhttps_proxy=http://{}\n", special.address));
    fetch(&work).ok();
    assert_eq!((special.asked().len(), general.asked().len()), (1, 1));
}

#[test]
fn an_unusable_proxy_is_an_error_and_is_never_bypassed() {
    if !is_inside("an_unusable_proxy_is_an_error_and_is_never_bypassed") {
        return;
    }
    let services = services();
    for written in [
        "gopher://127.0.0.1:1",
        "nonsense",
        "http://ann:hunter2@nonsense",
        "socks://127.0.0.1:1",
        "socks4://127.0.0.1:1",
    ] {
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            let mut work = services.user();
            work.set(name, written);
            let said = fetch(&work);
            said.ends(78).says(&format!("{name}: unusable proxy")).says("socks5://HOST:PORT");
            assert!(!said.err.contains(LOOKED_UP) && !said.err.contains("hunter2"), "{said}");
            work.run("gs-settings", &["--check"]).ends(78).says(name);
            // Commands without requests ignore the proxy.
            work.run("gs-list", &[]).ok().silent();
        }
        let work = services.user();
        work.write_env(&format!("GS_LANG=en\nALL_PROXY={written}\n"));
        fetch(&work).ends(78).says("ALL_PROXY: unusable proxy").says("the settings were read from ");
    }
    // A proxy that is not running or has no connection is a temporary failure.
    let nowhere = Proxy::start(Behaviour::default());
    let away = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (address, scheme) in [
        (away, "http"),
        (away, "socks5"),
        (nowhere.address, "http"),
        (nowhere.address, "socks5"),
        (nowhere.address, "socks4a"),
    ] {
        let mut work = services.user();
        work.set("HTTPS_PROXY", &format!("{scheme}://{address}"));
        let said = fetch(&work);
        assert!(!said.ends(75).says("(via the proxy in HTTPS_PROXY)").err.contains(LOOKED_UP), "{said}");
    }
    assert_eq!(nowhere.asked().len(), 3);
}

#[test]
fn a_rejected_proxy_login_is_a_configuration_error_and_sends_no_password() {
    if !is_inside("a_rejected_proxy_login_is_a_configuration_error_and_sends_no_password") {
        return;
    }
    let services = services();
    let proxy = services.proxy(Some("ann:right"));
    let at = proxy.address;
    for written in [
        format!("http://{at}"),
        format!("http://ann:hunter2@{at}"),
        format!("socks5://{at}"),
        format!("socks5://ann:hunter2@{at}"),
    ] {
        let mut work = services.user();
        work.run("gs-auth", &["logout"]).ok();
        work.set("GARMIN_EMAIL", "runner@example.com").set("GARMIN_PASSWORD", "correct horse");
        work.set("HTTPS_PROXY", &written);
        let said = fetch(&work);
        said.ends(78).says("the proxy in HTTPS_PROXY rejected the login").says("USER:PASSWORD");
        assert!(!said.err.contains("hunter2"), "{said}");
        // The password was not sent.
        assert_eq!(asked(&services.sim, LOGIN).len(), 0);
        work.set("HTTPS_PROXY", &format!("http://ann:right@{at}"));
        fetch(&work).ok();
        services.sim.clear_log();
    }
}

#[test]
fn hosts_in_no_proxy_are_reached_directly() {
    if !is_inside("hosts_in_no_proxy_are_reached_directly") {
        return;
    }
    let services = services();
    let proxy = services.proxy(None);
    for (list, is_direct) in [
        ("garmin.com", true),
        (".garmin.com", true),
        ("*", true),
        ("example.com,connectapi.garmin.com:443", true),
        ("notgarmin.com,garmin.com:80,10.0.0.0/8", false),
    ] {
        for name in ["NO_PROXY", "no_proxy"] {
            let mut work = services.user();
            work.set("HTTPS_PROXY", &format!("http://{}", proxy.address)).set(name, list);
            if is_direct {
                fetch(&work).ends(75).says(LOOKED_UP);
            } else {
                fetch(&work).ok();
            }
        }
        assert_eq!(proxy.asked().len(), usize::from(!is_direct), "{list}");
    }
}

#[test]
fn an_unreadable_certificate_authority_is_a_configuration_error() {
    if !is_inside("an_unreadable_certificate_authority_is_a_configuration_error") {
        return;
    }
    let services = services();
    let proxy = services.proxy(None);
    let mut work = services.user();
    work.set("HTTPS_PROXY", &format!("http://{}", proxy.address));
    let folder = work.dir().join("authorities");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(&services.authority, folder.join("own.pem")).unwrap();
    work.set("SSL_CERT_FILE", "/nowhere.pem");
    fetch(&work).ends(78).says("SSL_CERT_FILE: /nowhere.pem");
    let folders = format!("{}:{}", work.dir().display(), folder.display());
    work.set("SSL_CERT_FILE", "").set("SSL_CERT_DIR", &folders);
    fetch(&work).ok();
    work.set("SSL_CERT_DIR", "");
    fetch(&work).ends(75).says("certificate");
    work.write_env("GS_LANG=en\nSSL_CERT_DIR=authorities\n");
    fetch(&work).ok();
}

#[test]
fn the_loopback_ignores_proxies_and_certificate_authorities() {
    let sim = scenario(2).start();
    let mut work = Work::logged_in(&sim);
    work.set("HTTPS_PROXY", "nonsense").set("ALL_PROXY", "http://127.0.0.1:1").set("SSL_CERT_FILE", "/nowhere.pem");
    fetch(&work).ok().silent();
}

#[test]
fn a_proxy_is_shown_without_its_login() {
    let mut work = Work::alone();
    work.set("https_proxy", "http://ann:hunter2@127.0.0.1:7890");
    let said = work.run("gs-settings", &["HTTPS_PROXY"]);
    assert_eq!(said.ok().out, "http://***@127.0.0.1:7890\n");
    let said = work.run("gs-settings", &[]);
    assert!(said.ok().out.contains("HTTPS_PROXY") && !said.out.contains("hunter2"), "{said}");
    // The password of a proxy is a secret, so the file must not be readable by others.
    let path = work.write_env("GS_LANG=en\nALL_PROXY=http://ann:hunter2@127.0.0.1:1\n");
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let said = work.run("gs-settings", &["--check"]);
    assert!(said.says("chmod 600").err.matches("hunter2").count() == 0, "{said}");
}
