//! The way out by a proxy, with production URLs and TLS: each test runs itself again where there is no network but this
//! machine and no name of a service leads anywhere, so that nothing is reached but by the proxy.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::proxy_server::{Manners, Proxy};
use crate::support::{LOGIN, Said, Work, asked, is_inside, scenario, shell};
use gs_sim::Sim;

/// The services by TLS on a port of their own, and the certificate that they are to be trusted by.
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
    /// Somebody who is logged in, has never heard of a loopback, and trusts the services' authority.
    fn user(&self) -> Work {
        let mut work = Work::logged_in(&self.sim);
        work.set("GS_LOOPBACK", "").set("GS_TIMEOUT", "5s").set("SYNC_PLATFORM", "GARMINCOM");
        work.set("SSL_CERT_FILE", self.authority.to_str().unwrap());
        work
    }

    fn proxy(&self, login: Option<&str>) -> Proxy {
        Proxy::start(Manners { to: Some(self.address), login: login.map(str::to_owned) })
    }
}

fn fetch(work: &Work) -> Said {
    work.run("gs-fetch", &[])
}

/// What only a direct way does.
const LOOKED_UP: &str = "failed to lookup address";

#[test]
fn every_kind_of_proxy_is_asked_and_looks_the_names_up() {
    if !is_inside("every_kind_of_proxy_is_asked_and_looks_the_names_up") {
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
        // In the file, where cron finds it, with the authority; lower case there, too.
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
fn of_several_proxies_the_one_for_https_is_asked() {
    if !is_inside("of_several_proxies_the_one_for_https_is_asked") {
        return;
    }
    let services = services();
    let (special, general) = (services.proxy(None), services.proxy(None));
    let mut work = services.user();
    work.set("https_proxy", &format!("http://{}", special.address)).set("http_proxy", "http://127.0.0.1:1");
    work.set("all_proxy", &format!("socks5://{}", general.address)).set("HTTPS_PROXY", "gopher://127.0.0.1:1");
    fetch(&work).ok();
    assert_eq!((special.asked().len(), general.asked().len()), (1, 0));
    // The environment goes before the file, whatever the letters.
    let mut work = services.user();
    work.set("HTTPS_PROXY", &format!("http://{}", general.address));
    work.write_env(&format!("GS_LANG=en\nhttps_proxy=http://{}\n", special.address));
    fetch(&work).ok();
    assert_eq!((special.asked().len(), general.asked().len()), (1, 1));
}

#[test]
fn a_proxy_that_cannot_be_used_ends_it_and_nothing_goes_around_it() {
    if !is_inside("a_proxy_that_cannot_be_used_ends_it_and_nothing_goes_around_it") {
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
            // What makes no request needs none.
            work.run("gs-list", &[]).ok().silent();
        }
        let work = services.user();
        work.write_env(&format!("GS_LANG=en\nALL_PROXY={written}\n"));
        fetch(&work).ends(78).says("ALL_PROXY: unusable proxy").says("the settings were read from ");
    }
    // One that is away, or leads nowhere: another day it may.
    let nowhere = Proxy::start(Manners::default());
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
fn a_proxy_that_refuses_its_login_is_a_matter_of_settings_and_costs_no_login() {
    if !is_inside("a_proxy_that_refuses_its_login_is_a_matter_of_settings_and_costs_no_login") {
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
        // The one login of the password has not been made.
        assert_eq!(asked(&services.sim, LOGIN).len(), 0);
        work.set("HTTPS_PROXY", &format!("http://ann:right@{at}"));
        fetch(&work).ok();
        services.sim.clear_log();
    }
}

#[test]
fn what_no_proxy_names_is_reached_directly() {
    if !is_inside("what_no_proxy_names_is_reached_directly") {
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
fn a_certificate_authority_that_cannot_be_read_is_told() {
    if !is_inside("a_certificate_authority_that_cannot_be_read_is_told") {
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
fn a_loopback_knows_no_proxy_and_no_authority() {
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
    // In a file that others can read it is a secret.
    let path = work.write_env("GS_LANG=en\nALL_PROXY=http://ann:hunter2@127.0.0.1:1\n");
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let said = work.run("gs-settings", &["--check"]);
    assert!(said.says("chmod 600").err.matches("hunter2").count() == 0, "{said}");
}
