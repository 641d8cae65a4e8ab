//! Writes the page and `status.json`, and finds their folder.

use std::io::Write;
use std::path::PathBuf;

use super::{Failure, OutputFolder, Result, Worker, Workspace};
use crate::i18n::Lang;
use crate::report::{self, Look};

const PAGE: &str = "index.html";
const STATUS: &str = "status.json";

/// Options of the page.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// The folder of both files; `None`: the one in the settings.
    pub out: Option<PathBuf>,
    /// The language of the page.
    pub lang: Lang,
    /// Reload the page automatically, even if the settings do not say so.
    pub refresh: bool,
}

impl Workspace {
    /// The folder of the page: `GS_REPORT_DIR`, else `report` in the data folder that the user named. Always absolute.
    pub fn report_dir(&self) -> PathBuf {
        let dir = self.settings.path("GS_REPORT_DIR").unwrap_or_else(|| self.named_data_dir.join("report"));
        std::path::absolute(&dir).unwrap_or(dir)
    }
}

/// Writes the page and `status.json` atomically. Returns the path of the page; `None` in a dry run, which only reports
/// what it would write.
///
/// # Errors
/// The catalogue cannot be read, or the files cannot be written.
pub fn write_report(worker: &mut Worker, options: &ReportOptions) -> Result<Option<PathBuf>> {
    // The page is written even if a setting is invalid, because the page reports it.
    let of_settings = worker.settings.yes("GS_REPORT_REFRESH").map_err(Failure::from);
    let refresh = worker.or_report(of_settings, false) || options.refresh;
    let out = options.out.clone().map_or_else(|| worker.report_dir(), |out| std::path::absolute(&out).unwrap_or(out));
    let snapshot = worker.snapshot()?;
    let path = out.join(PAGE);
    if worker.dry_run {
        worker.warn(&format!("{} and {} would be written", path.display(), out.join(STATUS).display()));
        return Ok(None);
    }
    let status = |out: &mut dyn Write| report::write_status_json(&snapshot, out);
    let look = Look { lang: options.lang, refresh };
    let page = |out: &mut dyn Write| out.write_all(report::page(&snapshot, look).as_bytes());
    // The page is written last: when it is new, all files are.
    OutputFolder::open(&out, worker.lock_timeout)?.put(&[(STATUS, &status), (PAGE, &page)])?;
    Ok(Some(path))
}
