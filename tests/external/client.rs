//! Runs programs of other projects against the simulator: they use the real addresses, and a proxy connects them here.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::python::python_tool;
use gs_sim::{Scenario, Sim};

/// A simulator with TLS and a proxy, and a working folder for the program.
pub struct Foreign {
    pub sim: Sim,
    proxy: SocketAddr,
    dir: tempfile::TempDir,
}

impl Foreign {
    pub fn start(scenario: Scenario) -> Foreign {
        let dir = tempfile::tempdir().unwrap();
        let mut sim = scenario.start();
        let tls = sim.listen_tls(dir.path(), "127.0.0.1:0").unwrap();
        let proxy = sim.listen_proxy(tls, "127.0.0.1:0").unwrap();
        Foreign { sim, proxy, dir }
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Runs a program of `target/NAME-venv`, which has to succeed, and returns its output. `NAME_VENV`, in capitals,
    /// sets another path of that environment.
    pub fn run(&self, name: &str, program: &str, args: &[&str]) -> String {
        let mut command = Command::new(python_tool(name, program));
        command.args(args).current_dir(self.dir()).env("HOME", self.dir()).env("TZ", "UTC");
        for variable in ["NO_PROXY", "no_proxy", "https_proxy", "ALL_PROXY", "all_proxy", "GARMINTOKENS"] {
            command.env_remove(variable);
        }
        command.env("HTTPS_PROXY", format!("http://{}", self.proxy));
        for variable in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"] {
            command.env(variable, self.dir().join("ca.pem"));
        }
        let output = command.output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        let asked: Vec<String> = self.sim.log().iter().map(|one| format!("{one:?}")).collect();
        assert!(output.status.success(), "{command:?}\n{told}\n{}", asked.join("\n"));
        String::from_utf8(output.stdout).unwrap()
    }
}
