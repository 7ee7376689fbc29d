//! The loss of a training as it falls: on the terminal above the progress bar, and in a picture.

use crate::lm::StepReport;
use crate::plot::{Figure, FigureSettings, Line, Marker, TerminalSettings};
use crate::progress::Canvas;
use crate::{Error, Result};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Most points of the training loss that are kept; when there are more, neighbours are joined.
const POINTS: usize = 512;
/// How long a picture stays before the next.
const PAUSE: Duration = Duration::from_secs(2);

/// A curve that grows with each step.
pub struct Curve {
    path: Option<PathBuf>,
    canvas: Option<Canvas>,
    points: Vec<(f64, f64)>, // step and mean loss of `stride` steps, their middle
    part: (u64, f64, f64),   // steps in the point that is being filled, sums of their numbers and losses
    stride: u64,
    held_out: Vec<(f64, f64)>,
    next: Instant,
}

impl Curve {
    /// Nothing has been learned yet. With a `path` the picture is kept there, PNG or SVG as it ends.
    ///
    /// # Errors
    /// If the path ends in neither.
    pub fn new(path: Option<String>) -> Result<Self> {
        let path = path.map(PathBuf::from);
        let known =
            |p: &Path| p.extension().is_some_and(|e| e.eq_ignore_ascii_case("png") || e.eq_ignore_ascii_case("svg"));
        if let Some(other) = path.as_deref().filter(|p| !known(p)) {
            return Err(Error::value(format!(
                "train: `curve` must end in .png or .svg, got {:?}",
                other.display().to_string()
            )));
        }
        let canvas = std::io::stderr().is_terminal().then(Canvas::new);
        let (points, held_out) = (Vec::new(), Vec::new());
        Ok(Self { path, canvas, points, part: (0, 0.0, 0.0), stride: 1, held_out, next: Instant::now() + PAUSE })
    }

    /// One step more; draws when it is time.
    ///
    /// # Errors
    /// If the picture cannot be written.
    pub fn add(&mut self, report: &StepReport) -> Result<()> {
        let step = report.step as f64;
        if report.loss.is_finite() {
            let (n, steps, losses) = self.part;
            self.part = (n + 1, steps + step, losses + report.loss);
            if n + 1 == self.stride {
                self.points.push(mean(self.part));
                self.part = (0, 0.0, 0.0);
            }
            if self.points.len() == POINTS {
                let join = |two: &[(f64, f64)]| ((two[0].0 + two[1].0) / 2.0, (two[0].1 + two[1].1) / 2.0);
                self.points = self.points.chunks_exact(2).map(join).collect();
                self.stride *= 2;
            }
        }
        if let Some(loss) = report.val_loss.filter(|l| l.is_finite()) {
            self.held_out.push((step, loss));
        }
        if Instant::now() < self.next {
            return Ok(());
        }
        self.draw()?;
        self.next = Instant::now() + PAUSE;
        Ok(())
    }

    /// Draws what there is.
    ///
    /// # Errors
    /// If the picture cannot be written.
    pub fn draw(&self) -> Result<()> {
        let Some(figure) = self.figure()? else { return Ok(()) };
        if let Some(path) = &self.path {
            figure.write(path)?;
        }
        if let Some(canvas) = &self.canvas {
            canvas.show(&figure.terminal(&TerminalSettings { columns: 78, rows: 16, color: true })?);
        }
        Ok(())
    }

    fn figure(&self) -> Result<Option<Figure>> {
        let mut points = self.points.clone();
        if self.part.0 > 0 {
            points.push(mean(self.part));
        }
        if points.is_empty() {
            return Ok(None);
        }
        let settings = FigureSettings { x_label: "step".into(), y_label: "loss".into(), ..Default::default() };
        let mut figure = Figure::new(settings)?;
        let line = |points: &[(f64, f64)], label: &str, marker| {
            let (x, y) = points.iter().copied().unzip();
            Line { x, y, label: label.into(), marker, ..Default::default() }
        };
        figure.add(line(&points, "training", Marker::None))?;
        if !self.held_out.is_empty() {
            figure.add(line(&self.held_out, "held out", Marker::Circle))?;
        }
        Ok(Some(figure))
    }
}

fn mean((n, steps, losses): (u64, f64, f64)) -> (f64, f64) {
    (steps / n as f64, losses / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_stays_a_short_curve() {
        let mut curve = Curve::new(None).unwrap();
        for step in 1..=5000 {
            let val_loss = (step % 1000 == 0).then_some(2.0);
            curve.add(&StepReport { step, loss: step as f64, val_loss, ..Default::default() }).unwrap();
        }
        assert!((POINTS / 4..POINTS).contains(&curve.points.len()), "{}", curve.points.len());
        // Means of a line lie on it, in order.
        assert!(curve.points.iter().all(|(x, y)| (x - y).abs() < 1e-9));
        assert!(curve.points.is_sorted());
        assert_eq!(curve.held_out.len(), 5);
    }

    #[test]
    fn the_picture_is_written_where_it_was_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("loss.svg");
        let mut curve = Curve::new(Some(path.display().to_string())).unwrap();
        curve.draw().unwrap();
        assert!(!path.exists(), "nothing to draw yet");
        curve.add(&StepReport { step: 1, loss: 3.0, ..Default::default() }).unwrap();
        curve.add(&StepReport { step: 2, loss: 2.0, val_loss: Some(2.5), ..Default::default() }).unwrap();
        curve.draw().unwrap();
        let drawn = std::fs::read_to_string(&path).unwrap();
        assert!(drawn.contains(">training</text>") && drawn.contains(">held out</text>"));
        let refusal = Curve::new(Some("loss.gif".into())).err().unwrap().to_string();
        assert_eq!(refusal, "train: `curve` must end in .png or .svg, got \"loss.gif\"");
    }
}
