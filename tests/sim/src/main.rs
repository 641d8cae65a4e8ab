//! The simulator as a program of its own.

use clap::Parser;
use gs_sim::{Scenario, Sim, fit};
use std::error::Error;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, thread};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const EXAMPLES: &str = "\
Examples:
  gs-sim --generate 300                     300 activities on garmin.com, 100 on garmin.cn
  gs-sim --three 60                         60 each on garmin.com, garmin.cn and COROS, half shared
  gs-sim --four 60                          the same with intervals.icu
  gs-sim --port 8099 --port-file /tmp/port  a fixed port, also written into a file
  gs-sim --fit-dir ~/fits                   one activity for every .fit file of a folder
  gs-sim --print-scenario > s.json          a scenario to edit; then: gs-sim --scenario s.json
  gs-sim --tls-dir /tmp/tls --tls-listen 127.0.0.1:443
                                            real TLS; trust /tmp/tls/ca.pem, point the hosts here
  gs-sim --tls-dir /tmp/tls --tls-listen 127.0.0.1:8443 --proxy-listen 127.0.0.1:8080
                                            the same for programs that know HTTPS_PROXY

A request for https://HOST/PATH?QUERY goes to http://127.0.0.1:PORT/HOST/PATH?QUERY.
The simulator's own interface:
  curl $GS_LOOPBACK/_sim/state              accounts, activities, their oddities and hashes
  curl $GS_LOOPBACK/_sim/log                what was asked, one JSON object a line
  curl -d '{\"effect\":{\"kind\":\"status\",\"status\":503},\"count\":1}' $GS_LOOPBACK/_sim/faults
  curl -X POST $GS_LOOPBACK/_sim/tokens/issue?domain=garmin.com   a token file
  curl -X POST $GS_LOOPBACK/_sim/ticket?flavour=android           a login ticket
It ends on SIGINT and SIGTERM.";

/// Plays Garmin Connect (garmin.com and garmin.cn), COROS and intervals.icu on one loopback port, strictly.
#[derive(Parser)]
#[command(name = "gs-sim", version, after_help = EXAMPLES)]
struct Arguments {
    /// Port on 127.0.0.1; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Write the port into this file when ready
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,
    /// Read the scenario from this JSON file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["generate", "seed"])]
    scenario: Option<PathBuf>,
    /// Invent this many activities (a third as many on garmin.cn)
    #[arg(long, value_name = "N", default_value_t = 100)]
    generate: usize,
    /// Invent this many on garmin.com, garmin.cn and COROS each, half of them shared
    #[arg(long, value_name = "N", conflicts_with_all = ["scenario", "generate", "fit_dir"])]
    three: Option<usize>,
    /// The same on garmin.com, garmin.cn, COROS and intervals.icu each
    #[arg(long, value_name = "N", conflicts_with_all = ["scenario", "generate", "fit_dir", "three"])]
    four: Option<usize>,
    /// Seed of all invention
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    seed: u64,
    /// Serve the .fit files of this folder instead of invented activities on garmin.com
    #[arg(long, value_name = "DIR")]
    fit_dir: Option<PathBuf>,
    /// Ask logins on both domains for this code
    #[arg(long, value_name = "CODE")]
    mfa: Option<String>,
    /// Write sample FIT files, sound and broken ones, into this folder and exit
    #[arg(long, value_name = "DIR")]
    write_fit: Option<PathBuf>,
    /// Folder of ca.pem, leaf.pem and leaf-key.pem, which are made when missing
    #[arg(long, value_name = "DIR")]
    tls_dir: Option<PathBuf>,
    /// Also listen with TLS here, the host being taken from the Host header
    #[arg(long, value_name = "ADDR", requires = "tls_dir")]
    tls_listen: Option<String>,
    /// Also be a proxy here, by which programs with HTTPS_PROXY reach the TLS side under the real addresses
    #[arg(long, value_name = "ADDR", requires = "tls_listen")]
    proxy_listen: Option<String>,
    /// Only make the certificates
    #[arg(long, requires = "tls_dir")]
    make_certs: bool,
    /// Delay every answer
    #[arg(long, value_name = "MS")]
    latency: Option<u64>,
    /// Print the scenario as JSON and exit
    #[arg(long)]
    print_scenario: bool,
    /// End when standard input ends
    #[arg(long)]
    exit_with_stdin: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a working stderr the error cannot be reported.
            let _ = writeln!(io::stderr(), "gs-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Outcome<()> {
    if let (true, Some(dir)) = (arguments.make_certs, &arguments.tls_dir) {
        return gs_sim::tls::make_certs(dir);
    }
    if let Some(dir) = &arguments.write_fit {
        return write_samples(dir);
    }
    let scenario = scenario(arguments)?;
    if arguments.print_scenario {
        writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&scenario)?)?;
        return Ok(());
    }
    serve(scenario, arguments)
}

fn scenario(arguments: &Arguments) -> Outcome<Scenario> {
    let mut scenario = match (&arguments.scenario, arguments.three, arguments.four) {
        (Some(path), ..) => Scenario::from_json(&fs::read_to_string(path)?)?,
        (None, Some(each), _) => Scenario::default_three(each, arguments.seed),
        (None, None, Some(each)) => Scenario::default_four(each, arguments.seed),
        (None, None, None) => Scenario::default_garmin(arguments.generate, arguments.seed),
    };
    if arguments.port != 0 {
        scenario.port = arguments.port;
    }
    scenario.latency_ms = arguments.latency.unwrap_or(scenario.latency_ms);
    if let (Some(dir), Some(account)) = (&arguments.fit_dir, scenario.accounts.first_mut()) {
        account.generate = 0;
        account.fit_dir = Some(dir.clone());
    }
    for account in scenario.accounts.iter_mut().filter(|_| arguments.mfa.is_some()) {
        account.mfa_code.clone_from(&arguments.mfa);
    }
    Ok(scenario)
}

fn serve(scenario: Scenario, arguments: &Arguments) -> Outcome<()> {
    let accounts = scenario.accounts.clone();
    let mut sim = Sim::try_start(scenario)?;
    let url = sim.base_url();
    let mut out = io::stdout();
    writeln!(out, "GS_LOOPBACK={url}")?;
    if let (Some(dir), Some(listen)) = (&arguments.tls_dir, &arguments.tls_listen) {
        let tls = sim.listen_tls(dir, listen)?;
        if let Some(listen) = &arguments.proxy_listen {
            writeln!(out, "HTTPS_PROXY=http://{}", sim.listen_proxy(tls, listen)?)?;
        }
    }
    for account in &accounts {
        let count = sim.with(|state| state.ids(&account.domain).len());
        let code = account.mfa_code.as_ref().map_or(String::new(), |code| format!(" code={code}"));
        let (domain, email, password) = (&account.domain, &account.email, &account.password);
        writeln!(out, "# {domain} {email} password=\"{password}\"{code} activities={count}")?;
    }
    for account in sim.with(|state| state.scenario.coros.clone()) {
        let (region, email, password) = (account.region, &account.email, &account.password);
        writeln!(out, "# coros region={region} {email} password=\"{password}\"")?;
    }
    for account in sim.with(|state| state.scenario.intervals.clone()) {
        writeln!(out, "# intervals.icu athlete={} key={}", account.athlete, account.key)?;
    }
    out.flush()?;
    if let Some(path) = &arguments.port_file {
        write_whole(path, url.rsplit(':').next().unwrap_or_default())?;
    }
    wait(arguments.exit_with_stdin)
}

/// Writes a file atomically, so that a process that waits for the file never reads a part of it.
fn write_whole(path: &Path, text: &str) -> Outcome<()> {
    let partial = path.with_extension("partial");
    fs::write(&partial, format!("{text}\n"))?;
    fs::rename(partial, path)?;
    Ok(())
}

fn wait(for_stdin: bool) -> Outcome<()> {
    if for_stdin {
        io::stdin().read_to_end(&mut Vec::new())?;
        return Ok(());
    }
    loop {
        // A signal ends the program; it needs no cleanup.
        thread::park();
    }
}

fn write_samples(dir: &Path) -> Outcome<()> {
    use fit::damage;
    fs::create_dir_all(dir)?;
    let start = gs_sim::HISTORY_END;
    let run = fit::run(start, 1800, 5000.0);
    let file = run.build();
    let samples = [
        ("run.fit", file.clone()),
        // Another start, so that it is no duplicate of the run.
        ("ride.fit", fit::ride(start + 86_400, 3600, 27_000.0).build()),
        ("treadmill.fit", fit::treadmill(start, 1800, 5000.0).build()),
        ("swim.fit", fit::swim(start, 2400, 1500.0).build()),
        ("strength.fit", fit::strength(start, 2700).build()),
        ("triathlon.fit", fit::triathlon(start).build()),
        ("header12.fit", run.clone().header_12().build()),
        ("zero_header_crc.fit", run.clone().zero_header_crc().build()),
        ("compressed.fit", run.clone().compressed_timestamps().build()),
        ("big_endian.fit", run.clone().big_endian().build()),
        ("chained.fit", fit::chain(&[file.clone(), file.clone()])),
        ("broken_bit.fit", damage::flip_bit(&file, file.len() / 2, 4)),
        ("broken_truncated.fit", damage::truncate_at(&file, file.len() / 2)),
        ("broken_boundary.fit", damage::truncate_at_record(&file, 500)),
        ("broken_size.fit", damage::wrong_data_size(&file, 100)),
        ("broken_crc.fit", damage::wrong_crc(&file)),
    ];
    for (name, bytes) in samples {
        fs::write(dir.join(name), bytes)?;
    }
    Ok(())
}
