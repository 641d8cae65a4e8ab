//! This program among the stages of a pipeline: it keeps its lines fresh on the shared_dir, and draws all when nobody else does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::line::{ProgressLine, RenderedLine};
use super::screen::Screen;
use super::shared_dir::{Guard, StageFile};

/// How often lines are drawn.
const TICK: Duration = Duration::from_millis(125);
/// What is done within this time is not shown: a line that is gone at once tells nobody anything.
const FLASH: Duration = Duration::from_millis(250);
/// How often a line is written where there is no terminal, at most.
const NEWS: Duration = Duration::from_secs(5);

/// Where progress is shown.
pub enum View {
    /// On a terminal, among the lines of other stages.
    Screen(Arc<Screen>),
    /// As plain lines, through this.
    Plain(Box<dyn Fn(&str) + Send + Sync>),
}

/// The lines of this program.
pub struct Painter {
    view: View,
    lines: Mutex<Vec<Arc<ProgressLine>>>,
    stage_file: Mutex<Option<StageFile>>,
    ticker: Mutex<Option<JoinHandle<()>>>,
    is_over: AtomicBool,
    /// What was said last, and when, where there is no terminal.
    said: Mutex<(Vec<String>, Option<Instant>)>,
}

impl Painter {
    /// A program without a line yet.
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

    /// One more line.
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

    /// Puts this program's lines on the shared_dir, and draws all lines if nobody else has just done so.
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

    /// Says what has changed, now and then.
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

    /// Writes whole lines to the terminal, above those of the stages.
    pub fn print(&self, screen: &Screen, text: &str) -> std::io::Result<()> {
        screen.print(text.as_bytes(), |guard| {
            // What has just ended goes at the same moment.
            if held(&self.stage_file).is_some() {
                self.put(screen, guard);
            }
        })
    }

    /// A person wants it to end: that is shown.
    pub fn stops(&self) {
        held(&self.lines).iter().for_each(|line| line.state().stopping = true);
        if let View::Screen(screen) = &self.view {
            screen.forget_echo();
        }
    }

    /// Takes its lines away, for good.
    pub fn leave(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Held to the end: when Ctrl-C ends a program that is just ending, the two meet here, and the process exits with
        // the first that returns. The other must have tidied up by then.
        let mut ticker = held(&self.ticker);
        if let Some(ticker) = ticker.take() {
            ticker.thread().unpark();
            let _ = ticker.join();
        }
        // Let go of it before the shared_dir is entered: whoever is there may want it.
        let stage_file = held(&self.stage_file).take();
        if let (View::Screen(screen), Some(stage_file)) = (&self.view, stage_file) {
            screen.leave(stage_file);
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
