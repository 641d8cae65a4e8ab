//! `gs-notify`: sends one summary of a run to every configured channel, and passes its input on unchanged, invalid lines
//! included.
//!
//! The records say what was added and deleted. The catalogue says what fails, by the same judgment as the page.
//! `docs/notifications.md` describes the channels and when each is notified.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::{self, Common, CommonArgs, Language, NotifyFlags, NotifyWhen, Output};
use garminsync::sync::{self, NotifyOptions, Result, Worker};

const NAME: &str = "gs-notify";

/// Send one summary of the run to every configured channel, and pass all records on
///
/// The summary has what was added and deleted, what failed and why, what you must do, and what is outstanding, as on the page.
/// The same failure is reported once until it changes. Channels: Enterprise WeChat, ntfy, Telegram, Slack, Discord, Bark,
/// ServerChan, DingTalk, Feishu, a JSON webhook, and a Healthchecks-style ping; docs/notifications.md has their settings.
#[derive(Parser)]
#[command(
    name = "gs-notify",
    version,
    after_help = "Examples:
  gs-diff | gs-download | gs-upload | gs-notify > /dev/null   a summary of a run
  gs-notify --on failure --lang zh < run.ndjson    only failures, in Chinese
  gs-notify -n --show < run.ndjson > /dev/null     show it, send nothing
  gs-notify --start                                a run begins
  gs-notify --test                                 test every channel

Settings: QYWX_BOT_KEY, NTFY_URL, TELEGRAM_BOT_TOKEN, WEBHOOK_URL,
HEALTHCHECKS_URL, GS_RUN

Exit codes: 0 OK, whatever the other stages did, 1 a channel failed,
65 invalid record, 78 configuration error"
)]
struct Args {
    #[command(flatten)]
    notify: NotifyFlags,
    #[command(flatten)]
    language: Language,
    /// Report the start of a run: pings HEALTHCHECKS_URL, and does nothing else
    #[arg(long)]
    start: bool,
    /// Send a test message to every configured channel, and print each response; reads no records
    #[arg(long, conflicts_with = "start")]
    test: bool,
    /// Print the summary on standard error too
    #[arg(long, conflicts_with_all = ["start", "test"])]
    show: bool,
    #[command(flatten)]
    common: Common,
}

impl CommonArgs for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    cli::run_command(NAME, cli::LogMode::Yes, work)
}

fn work(args: &Args, worker: &mut Worker) -> Result<()> {
    let options = NotifyOptions { on: args.notify.on.map(NotifyWhen::into), lang: args.language.lang, show: args.show };
    if args.start {
        return sync::ping_start(worker, options);
    }
    if args.test {
        let mut output = Output::prompt();
        return sync::test_channels(worker, options, &mut |channel, answer| {
            output.text(&format!("{channel}: accepted ({answer})\n")).map(drop)
        });
    }
    let progress = worker.task(NAME);
    let mut records = cli::records("gs-list --missing | gs-download | gs-notify", &progress)?;
    // On a terminal nobody needs the records.
    let mut output: Box<dyn Write> = match std::io::stdout().is_terminal() {
        true => Box::new(std::io::sink()),
        false => Box::new(Output::prompt()),
    };
    sync::notify(worker, options, &mut records, output.as_mut(), &progress)
}
