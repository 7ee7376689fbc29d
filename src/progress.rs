//! Progress bars for long runs: on a terminal only, never in the way of printed lines.
//!
//! A thin face of `indicatif`. The bars live on standard error, one below the other; when that is not a terminal they
//! show nothing. Print through [`println()`] (or inside [`suspend`]) while a bar may be up.

use indicatif::{HumanCount, HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::Write as _;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// All bars of the process, so that they do not draw over one another.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// The bar of one long run.
///
/// ```
/// let bar = mynah::progress::Progress::steps(2000, "train");
/// bar.set(100);
/// bar.message("loss 1.23 | 12,345 tok/s");
/// bar.finish();
/// ```
///
/// When it goes, finished or not, one plain line stays in its place: how far it came, in what time.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    bars: MultiProgress, // the screen that it shares
}

impl Progress {
    /// A bar over `total` steps, with `label` in front; none of them done.
    pub fn steps(total: u64, label: &str) -> Self {
        Self::on(&BARS, total, label)
    }

    fn on(bars: &MultiProgress, total: u64, label: &str) -> Self {
        // The message takes what is left of the line: a line that wraps could not be wiped.
        let template = "{prefix} {bar:24} {human_pos}/{human_len}  {eta} left  {wide_msg}";
        let style = ProgressStyle::with_template(template).expect("the template is well formed");
        let bar = bars.add(ProgressBar::new(total)).with_style(style.progress_chars("█▉▊▋▌▍▎▏░"));
        bar.set_prefix(label.to_string());
        Self { bar, bars: bars.clone() }
    }

    /// For resumed work: `done` steps were done before, and do not count in the time left.
    pub fn starting_at(self, done: u64) -> Self {
        self.bar.set_position(done);
        self.bar.reset_eta();
        self
    }

    /// `step` steps are done. Cheap enough for every step: drawn at most 20 times a second.
    pub fn set(&self, step: u64) {
        self.bar.set_position(step);
    }

    /// There are `total` steps after all.
    pub fn set_total(&self, total: u64) {
        self.bar.set_length(total);
    }

    /// What stands behind the bar, such as `loss 1.23 | 12,345 tok/s`; one line.
    pub fn message(&self, message: &str) {
        self.bar.set_message(message.to_string());
    }

    /// All steps are done.
    pub fn finish(self) {
        self.bar.set_position(self.bar.length().unwrap_or_default());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let bar = &self.bar;
        let (done, total) = (HumanCount(bar.position()), HumanCount(bar.length().unwrap_or_default()));
        let (label, time, message) = (bar.prefix(), HumanDuration(bar.elapsed()), bar.message());
        bar.finish_and_clear();
        self.bars.remove(bar);
        // On a screen that has gone away there is nothing left to show.
        let _ = self.bars.println(format!("{label} {done}/{total} in {time}  {message}").trim_end());
    }
}

/// A bar for work that is usually short: it comes up only when the work has lasted half a second.
///
/// ```
/// let mut bar = mynah::progress::Late::steps(10_000, "cmaes");
/// bar.set(50, || format!("lowest {:.3e}", 0.25));
/// ```
#[derive(Debug)]
pub struct Late {
    total: u64,
    label: String,
    begun: Instant,
    shown: Option<Progress>,
}

/// How long work may last without a bar.
const SHORT: Duration = Duration::from_millis(500);

impl Late {
    /// A bar over `total` steps, with `label` in front.
    pub fn steps(total: u64, label: &str) -> Self {
        Self { total, label: label.into(), begun: Instant::now(), shown: None }
    }

    /// `step` steps are done; `message` is made only if there is a bar to show it.
    pub fn set(&mut self, step: u64, message: impl FnOnce() -> String) {
        if self.shown.is_none() && self.begun.elapsed() > SHORT {
            self.shown = Some(Progress::steps(self.total, &self.label));
        }
        if let Some(bar) = &self.shown {
            bar.set(step);
            bar.message(&message());
        }
    }

    /// Whether the bar has come up.
    pub fn is_up(&self) -> bool {
        self.shown.is_some()
    }
}

/// A text of several lines that is drawn anew in its place, above the bars. When it goes, its last state stays.
///
/// ```
/// let canvas = mynah::progress::Canvas::new();
/// canvas.show("one\ntwo");
/// ```
#[derive(Debug)]
pub struct Canvas(ProgressBar);

impl Canvas {
    /// Nothing is shown yet.
    pub fn new() -> Self {
        let style = ProgressStyle::with_template("{msg}").expect("the template is well formed");
        Self(BARS.insert(0, ProgressBar::no_length()).with_style(style))
    }

    /// Shows this in the place of what was shown before.
    pub fn show(&self, text: &str) {
        self.0.set_message(text.trim_end().to_string());
        self.0.tick();
    }
}

impl Default for Canvas {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Canvas {
    fn drop(&mut self) {
        let text = self.0.message();
        self.0.finish_and_clear();
        BARS.remove(&self.0);
        if !text.is_empty() {
            let _ = BARS.println(text);
        }
    }
}

/// Prints a line on standard output, above the bars if there are any.
pub fn println(line: &str) {
    // A reader that has gone away is no reason to stop the work.
    suspend(|| drop(writeln!(std::io::stdout(), "{line}")));
}

/// From now on nothing is shown: for hosts that have the screen to themselves.
pub fn off() {
    BARS.set_draw_target(ProgressDrawTarget::hidden());
}

/// Runs `print` while the bars are out of the way. It must not touch a bar itself.
pub fn suspend<R>(print: impl FnOnce() -> R) -> R {
    BARS.suspend(print)
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::TermLike;
    use std::io::Result;
    use std::sync::{Arc, Mutex};

    /// A terminal that notes down what is done to it.
    #[derive(Clone, Debug, Default)]
    struct Notes(Arc<Mutex<String>>);

    impl Notes {
        fn add(&self, text: &str) -> Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }
    }

    impl TermLike for Notes {
        fn width(&self) -> u16 {
            60
        }
        fn move_cursor_up(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn write_line(&self, line: &str) -> Result<()> {
            self.add(&format!("{line}\n"))
        }
        fn write_str(&self, text: &str) -> Result<()> {
            self.add(text)
        }
        fn clear_line(&self) -> Result<()> {
            self.add("<wiped>")
        }
        fn flush(&self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_late_bar_stays_away_from_short_work() {
        let mut bar = Late::steps(10, "short");
        bar.set(1, || panic!("nobody reads this"));
        assert!(!bar.is_up());
        bar.begun -= SHORT * 2;
        bar.set(2, || "now".into());
        assert!(bar.is_up());
    }

    #[test]
    fn a_terminal_shows_label_place_time_left_and_message_on_one_line() {
        let notes = Notes::default();
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::term_like(Box::new(notes.clone())));
        let bar = Progress::on(&bars, 2000, "train");
        bar.message(&"loss 1.23 | 12,345 tok/s, and more than the line can hold".repeat(3));
        bar.set(1000);
        bar.bar.tick();
        let shown = notes.0.lock().unwrap().clone();
        for part in ["train", "1,000/2,000", "left", "loss 1.23"] {
            assert!(shown.contains(part), "{part} not in {shown:?}");
        }
        assert!(!shown.contains("hold"), "longer than the line: {shown:?}");
    }

    #[test]
    fn a_printed_line_finds_the_bar_wiped_and_the_bar_returns_until_it_is_finished() {
        let notes = Notes::default();
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::term_like(Box::new(notes.clone())));
        let bar = Progress::on(&bars, 10, "train").starting_at(4);
        bar.bar.tick();
        bars.suspend(|| notes.add("<printed>")).unwrap();
        bar.finish();
        let shown = notes.0.lock().unwrap().clone();
        let (before, after) = shown.split_once("<printed>").unwrap();
        assert!(before.contains("4/10"), "{shown:?}");
        assert!(before.trim_end().ends_with("<wiped>"), "{shown:?}");
        assert!(after.contains("4/10") && after.contains("train 10/10 in 0 seconds"), "{shown:?}");
    }

    #[test]
    fn without_a_terminal_nothing_is_shown() {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        let bar = Progress::on(&bars, 10, "train");
        bar.set(5);
        assert!(bar.bar.is_hidden());
        drop(bar);
        assert_eq!(bars.suspend(|| 7), 7);
    }
}
