//! Updates the lines of this program in the shared folder, and draws the lines of all stages unless another stage has
//! just done so.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::line::{ProgressLine, RenderedLine};
use super::screen::Screen;
use super::shared_dir::{Guard, StageFile};

/// How often lines are drawn.
const TICK: Duration = Duration::from_millis(125);
/// Tasks that end within this time are not shown, because nobody could read their line.
const FLASH: Duration = Duration::from_millis(250);
/// The least time between two lines if there is no terminal.
const NEWS: Duration = Duration::from_secs(5);

/// Where progress is shown.
pub enum View {
    /// On a terminal, with the lines of the other stages.
    Screen(Arc<Screen>),
    /// As plain lines, written by this function.
    Plain(Box<dyn Fn(&str) + Send + Sync>),
}

/// The lines of this program.
pub struct Painter {
    view: View,
    lines: Mutex<Vec<Arc<ProgressLine>>>,
    stage_file: Mutex<Option<StageFile>>,
    ticker: Mutex<Option<JoinHandle<()>>>,
    is_over: AtomicBool,
    /// The lines that were written last without a terminal, and when.
    said: Mutex<(Vec<String>, Option<Instant>)>,
}

impl Painter {
    /// A painter without lines.
    pub fn new(view: View) -> Arc<Painter> {
        Arc::new(Painter {
            view,
            lines: Mutex::default(),
            stage_file: Mutex::default(),
            ticker: Mutex::default(),
            is_over: AtomicBool::new(false),
            said: Mutex::default(),
        })
    }

    /// Adds a line.
    pub fn line(self: &Arc<Painter>, name: &str) -> Arc<ProgressLine> {
        let line = Arc::new(ProgressLine::new(name));
        held(&self.lines).push(line.clone());
        let mut ticker = held(&self.ticker);
        if ticker.is_none() && !self.is_over.load(Ordering::Relaxed) {
            let stage = self.clone();
            *ticker = thread::Builder::new().name("progress".into()).spawn(move || stage.run()).ok();
        }
        line
    }

    fn run(&self) {
        let mut pause = FLASH;
        loop {
            thread::park_timeout(pause);
            pause = TICK;
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            match &self.view {
                View::Screen(screen) => self.draw(screen),
                View::Plain(say) => self.tell(say),
            }
        }
    }

    /// Writes this program's lines to the shared folder, and draws all lines unless another stage has just done so.
    fn draw(&self, screen: &Screen) {
        let Some(guard) = screen.enter(true) else { return };
        self.put(screen, &guard);
        let _ = screen.draw(&guard, TICK * 3 / 4);
    }

    fn put(&self, screen: &Screen, guard: &Guard<'_>) {
        let _ = guard.write(&mut held(&self.stage_file), &self.shown(screen));
    }

    fn shown(&self, screen: &Screen) -> Vec<RenderedLine> {
        let ability = screen.ability();
        self.at_work().iter().map(|line| line.shown(ability)).collect()
    }

    fn at_work(&self) -> Vec<Arc<ProgressLine>> {
        held(&self.lines).iter().filter(|line| !line.state().finished).cloned().collect()
    }

    /// Writes the changed lines, at most once in [`NEWS`].
    fn tell(&self, say: &dyn Fn(&str)) {
        let mut said = held(&self.said);
        if said.1.is_some_and(|time| time.elapsed() < NEWS) {
            return;
        }
        let news: Vec<String> = self.at_work().iter().map(|line| line.as_text()).collect();
        let old = std::mem::replace(&mut said.0, news);
        let new: Vec<&String> = said.0.iter().filter(|text| !old.contains(text)).collect();
        new.iter().for_each(|text| say(text));
        if !new.is_empty() {
            said.1 = Some(Instant::now());
        }
    }

    /// Writes whole lines to the terminal, above the progress lines.
    pub fn print(&self, screen: &Screen, text: &str) -> std::io::Result<()> {
        screen.print(text.as_bytes(), |guard| {
            // Lines of finished tasks are removed in the same drawing.
            if held(&self.stage_file).is_some() {
                self.put(screen, guard);
            }
        })
    }

    /// Shows that a person has stopped the program.
    pub fn stops(&self) {
        held(&self.lines).iter().for_each(|line| line.state().stopping = true);
        if let View::Screen(screen) = &self.view {
            screen.forget_echo();
        }
    }

    /// Removes the lines of this program. It draws no more.
    pub fn leave(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Held until the end of this function: if Ctrl-C ends a program that is just ending, two threads meet here, and
        // the process exits when the first returns. The lines must be removed by then.
        let mut ticker = held(&self.ticker);
        if let Some(ticker) = ticker.take() {
            ticker.thread().unpark();
            let _ = ticker.join();
        }
        // Released before taking the lock of the shared folder, because the holder of that lock may need this one.
        let stage_file = held(&self.stage_file).take();
        if let (View::Screen(screen), Some(stage_file)) = (&self.view, stage_file) {
            screen.leave(stage_file);
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
