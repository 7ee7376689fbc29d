//! Painting by hill climbing: shape by shape, with the earlier shapes improved under the later ones.
//!
//! The outer loop is that of M. Fogleman's `primitive` (2016, by its description): climb from the best of many random
//! shapes, and lay the result over the picture. Unlike it we come back to the earlier shapes, each improved in its
//! place with all shapes above it in the sums ([`sums`](super::sums)); we replace those that have become useless; and
//! each shape has its own best opacity. On the way a sweep over all shapes follows whenever there are a seventh more.

use super::image::Image;
use super::picture::{Picture, Stroke};
use super::scene::Scene;
use super::search::{Found, Search};
use super::shape::{Frame, ShapeKind};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::{Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`Painter`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PaintSettings {
    /// What to paint with: "triangle", "ellipse", "rectangle", "polygon" or "curve". Default "triangle".
    pub shape: ShapeKind,
    /// How many shapes, 1 to 100,000. Default 100.
    pub shapes: usize,
    /// Corners of a polygon, 3 to 32. Default 5.
    pub corners: usize,
    /// Width of a curve in pixels, more than 0. Default 3.
    pub width: f64,
    /// Opacity of every shape, in (0, 1]; 0 lets each shape have its own, at least 0.25. Default 0.
    pub alpha: f64,
    /// The colour below all shapes, as red, green and blue from 0 to 255. Default: the mean of the picture.
    pub background: Option<[u8; 3]>,
    /// Longest side, in pixels, that the target is reduced to before painting; 0 keeps its size. Default 256.
    pub size: usize,
    /// Climbs for each new shape, 1 to 10,000; the best is laid. Default 16.
    pub climbs: usize,
    /// Random shapes that each climb begins with the best of, at least 1. Default 60.
    pub tries: usize,
    /// Changes in a row without a gain that end a climb, at least 1. Default 100.
    pub patience: usize,
    /// How often all shapes are improved after the last one was laid, at most 10,000. Default 4.
    pub sweeps: usize,
    /// The seed of all chance. Default 0.
    pub seed: u64,
}

impl Default for PaintSettings {
    fn default() -> Self {
        Self {
            shape: ShapeKind::Triangle,
            shapes: 100,
            corners: 5,
            width: 3.0,
            alpha: 0.0,
            background: None,
            size: 256,
            climbs: 16,
            tries: 60,
            patience: 100,
            sweeps: 4,
            seed: 0,
        }
    }
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Turn {
    /// Laid a new shape over the others.
    Add,
    /// Improved a shape in its place.
    Improve,
    /// Took the least useful shape away and laid a new one.
    Replace,
}

/// How the painting stands after a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PaintReport {
    /// Steps taken.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
    /// Shapes in the picture.
    pub shapes: usize,
    /// RMSE over red, green and blue, 0 to 255, of the picture as it would be written. It never rises.
    pub rmse: f64,
    /// What the step did.
    pub turn: Turn,
    /// Whether the picture is better than before the step.
    pub better: bool,
}

/// The least opacity where each shape has its own: fainter ones gain less than they cost.
const FAINTEST: f32 = 0.25;
/// A sweep follows whenever there are this many times as many shapes as at the last one.
const GROWTH: f64 = 1.15;
/// Shapes at the first sweep.
const FIRST_SWEEP: f64 = 8.0;
/// Share of the shapes that are replaced after each of the last sweeps.
const REPLACED: f64 = 0.2;
/// Pixels around a shape in which it may move while it is improved, as a share of the longest side.
const ROOM: f32 = 1.0 / 14.0;
/// First changes of a new shape, and of one that is improved, as shares of the longest side.
const NEW_CHANGE: f32 = 1.0 / 14.0;
const OLD_CHANGE: f32 = 1.0 / 24.0;
/// A new shape begins where the error is largest among so many random pixels.
const PLACES: usize = 3;

/// Paints a picture step by step.
///
/// ```
/// use mynah::paint::{Image, PaintSettings, Painter};
/// let mut rgb = vec![0; 16 * 16 * 3]; // black, with a white square
/// (5..11).for_each(|y| rgb[(y * 16 + 5) * 3..(y * 16 + 11) * 3].fill(255));
/// let target = Image::new(16, 16, rgb).unwrap();
/// let mut painter = Painter::new(&target, PaintSettings { shapes: 8, ..Default::default() }).unwrap();
/// let first = painter.step().unwrap().unwrap();
/// while painter.step().unwrap().is_some() {}
/// assert!(painter.rmse() < 0.5 * first.rmse);
/// assert_eq!(painter.finish().rmse(&target).unwrap(), painter.rmse());
/// ```
#[derive(Clone, Debug)]
pub struct Painter {
    settings: PaintSettings,
    target: Image,
    frame: Frame,
    alphas: [f32; 2],
    scene: Scene,
    worth: Vec<f32>, // what each shape took off the squared error when it was last looked at
    plan: Vec<Task>, // the next one last
    steps: usize,
    step: usize,
}

#[derive(Clone, Copy, Debug)]
enum Task {
    Add,
    Improve(usize),
    Replace,
}

impl Painter {
    /// An empty picture as large as `target`, or as `size` allows.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(target: &Image, settings: PaintSettings) -> Result<Self> {
        let PaintSettings { shape, shapes, corners, width, alpha, climbs, tries, patience, sweeps, .. } = settings;
        let alphas = check_shapes(shapes, corners, width, alpha)?;
        let name = "paint";
        ensure_setting((1..=10_000).contains(&climbs), name, "climbs", "from 1 to 10000", climbs)?;
        ensure_setting(tries >= 1, name, "tries", "at least 1", tries)?;
        ensure_setting(patience >= 1, name, "patience", "at least 1", patience)?;
        ensure_setting(sweeps <= 10_000, name, "sweeps", "at most 10000", sweeps)?;
        let target = target.reduced(settings.size);
        let background = settings.background.unwrap_or_else(|| target.mean());
        let scene = Scene::new(&target, Picture::new(target.width(), target.height(), background));
        let frame = frame(shape, corners, width, &target);
        let plan = plan(shapes, sweeps);
        Ok(Self { settings, target, frame, alphas, scene, worth: Vec::new(), steps: plan.len(), plan, step: 0 })
    }

    /// Adds or improves one shape; nothing when all is done.
    ///
    /// # Errors
    /// When someone asked to stop; the picture stays as it was before the step.
    pub fn step(&mut self) -> Result<Option<PaintReport>> {
        stop::check()?;
        if self.scene.error() == 0 {
            return Ok(None);
        }
        let Some(&task) = self.plan.last() else { return Ok(None) };
        let before = self.scene.error();
        let turn = match task {
            Task::Add => self.add()?,
            Task::Improve(i) => self.improve(i)?,
            Task::Replace => self.exchange()?,
        };
        self.plan.pop();
        self.step += 1;
        Ok(Some(PaintReport {
            step: self.step,
            steps: self.steps,
            shapes: self.scene.len(),
            rmse: self.rmse(),
            turn,
            better: self.scene.error() < before,
        }))
    }

    /// RMSE over red, green and blue, 0 to 255, of the picture as it would be written.
    pub fn rmse(&self) -> f64 {
        self.target.root_mean(self.scene.error())
    }

    /// Steps taken, and steps in all.
    pub fn progress(&self) -> (usize, usize) {
        (self.step, self.steps)
    }

    /// The picture as it stands.
    pub fn picture(&self) -> &Picture {
        self.scene.picture()
    }

    /// What is painted, in the size in which it is painted.
    pub fn target(&self) -> &Image {
        &self.target
    }

    /// The picture as it stands: the best that was seen.
    pub fn finish(&self) -> Picture {
        self.scene.picture().clone()
    }

    fn add(&mut self) -> Result<Turn> {
        if let Some(found) = self.best_on_top()? {
            let (before, worth) = (self.scene.error(), found.fit.gain);
            self.scene.push(&self.target, stroke(found));
            if self.scene.error() < before {
                self.worth.push(worth);
            } else {
                self.scene.remove(&self.target, self.scene.len() - 1);
            }
        }
        Ok(Turn::Add)
    }

    fn improve(&mut self, i: usize) -> Result<Turn> {
        if i < self.scene.len() {
            let room = 1 + (ROOM * self.frame.longest()) as u32;
            let area = self.scene.around(i).grown(room, self.scene.whole());
            let sums = self.scene.sums_at(&self.target, i, area);
            let mut search = Search::new(&sums, &self.frame, self.alphas);
            let start = self.scene.picture().strokes[i].shape.clone();
            let change = OLD_CHANGE * self.frame.longest();
            // (The streams of `best_on_top` have their own numbers, far below.)
            let mut rng = Rng::stream(self.settings.seed, (1 << 60) + self.step as u64);
            let found = search.climb(start, change, self.settings.patience, &mut rng);
            stop::check()?;
            if let Some(found) = found {
                self.worth[i] = found.fit.gain;
                self.scene.replace_if_better(&self.target, i, stroke(found));
            }
        }
        Ok(Turn::Improve)
    }

    fn exchange(&mut self) -> Result<Turn> {
        let least = self.worth.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
        if let Some((i, _)) = least {
            let before = self.scene.clone();
            self.scene.remove(&self.target, i);
            let found = self.best_on_top();
            match found {
                Ok(Some(found)) => {
                    let worth = found.fit.gain;
                    self.scene.push(&self.target, stroke(found));
                    if self.scene.error() < before.error() {
                        self.worth.remove(i);
                        self.worth.push(worth);
                        return Ok(Turn::Replace);
                    }
                }
                Ok(None) => {}
                Err(interrupted) => {
                    self.scene = before;
                    return Err(interrupted);
                }
            }
            self.scene = before;
            self.worth[i] = f32::INFINITY; // not again before it was looked at again
        }
        Ok(Turn::Replace)
    }

    /// The best shape to lay over all others, as far as the climbs have found it.
    fn best_on_top(&self) -> Result<Option<Found>> {
        let sums = self.scene.sums_on_top(&self.target);
        let PaintSettings { climbs, tries, patience, seed, .. } = self.settings;
        let climb = |k: usize| {
            let mut rng = Rng::stream(seed, (self.step * climbs + k) as u64);
            let mut search = Search::new(&sums, &self.frame, self.alphas);
            let start = search.begin(tries, |rng| self.place(rng), &mut rng)?;
            search.climb(start, NEW_CHANGE * self.frame.longest(), patience, &mut rng)
        };
        let found: Vec<Option<Found>> = (0..climbs).into_par_iter().map(climb).collect();
        stop::check()?;
        // Of equals the first, whichever thread was faster.
        let better = |a: Found, b: Found| if b.fit.gain > a.fit.gain { b } else { a };
        Ok(found.into_iter().flatten().reduce(better))
    }

    /// Where a new shape may begin: rather where much is wrong.
    fn place(&self, rng: &mut Rng) -> [f32; 2] {
        let mut worst = (f32::NEG_INFINITY, [0.0; 2]);
        for _ in 0..PLACES {
            let (x, y) = (rng.below(self.target.width()), rng.below(self.target.height()));
            let ink = self.scene.canvas().row(y as u32)[x];
            let t = self.target.pixel(x, y);
            let wrong = (0..3).map(|k| (ink[k] - f32::from(t[k])).powi(2)).sum::<f32>();
            if wrong > worst.0 {
                worst = (wrong, [x as f32 + 0.5, y as f32 + 0.5]);
            }
        }
        worst.1
    }
}

/// All steps, the first one last.
fn plan(shapes: usize, sweeps: usize) -> Vec<Task> {
    let improve_all = |n: usize| (0..n).map(Task::Improve);
    let mut plan = Vec::new();
    let mut next = FIRST_SWEEP;
    for n in 1..=shapes {
        plan.push(Task::Add);
        if n as f64 >= next && n < shapes {
            next = n as f64 * GROWTH;
            plan.extend(improve_all(n));
        }
    }
    for sweep in 0..sweeps {
        plan.extend(improve_all(shapes));
        if sweep + 1 < sweeps {
            let replaced = (REPLACED * shapes as f64).ceil() as usize;
            plan.extend((0..replaced).map(|_| Task::Replace));
        }
    }
    plan.reverse();
    plan
}

/// Paints `target`, telling `on_step` after each step how it stands; when that answers false, the picture is finished.
///
/// # Errors
/// When a setting is out of its range, someone asked to stop, or `on_step` fails. Drive a [`Painter`] to keep the
/// picture then.
pub fn fit(
    target: &Image,
    settings: PaintSettings,
    mut on_step: impl FnMut(&PaintReport, &Picture) -> Result<bool>,
) -> Result<Picture> {
    let mut painter = Painter::new(target, settings)?;
    while let Some(report) = painter.step()? {
        if !on_step(&report, painter.picture())? {
            break;
        }
    }
    Ok(painter.finish())
}

/// Checks the settings that say what a shape may be; gives the range of opacities.
pub(super) fn check_shapes(shapes: usize, corners: usize, width: f64, alpha: f64) -> Result<[f32; 2]> {
    let name = "paint";
    ensure_setting((1..=100_000).contains(&shapes), name, "shapes", "from 1 to 100000", shapes)?;
    ensure_setting((3..=32).contains(&corners), name, "corners", "from 3 to 32", corners)?;
    ensure_setting(width > 0.0 && width <= 10_000.0, name, "width", "more than 0 and at most 10000", width)?;
    ensure_setting((0.0..=1.0).contains(&alpha), name, "alpha", "in [0, 1]", alpha)?;
    // The opacity is stored in a byte: the nearest that is not nothing.
    let fixed = (255.0 * alpha as f32).round().max(1.0) / 255.0;
    Ok(if alpha > 0.0 { [fixed; 2] } else { [FAINTEST, 1.0] })
}

pub(super) fn frame(kind: ShapeKind, corners: usize, width: f64, target: &Image) -> Frame {
    Frame { kind, corners, stroke: width as f32, width: target.width() as f32, height: target.height() as f32 }
}

/// The found colour in bytes.
pub(super) fn stroke(found: Found) -> Stroke {
    let byte = |x: f32| (x + 0.5) as u8;
    let [r, g, b] = found.fit.color.map(byte);
    Stroke { shape: found.shape, rgba: [r, g, b, byte(255.0 * found.fit.alpha)] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    /// A disc on a slope of colours.
    fn target() -> Image {
        let pixel = |i: usize| {
            let (x, y) = (i % 48, i / 48);
            let disc = (x as i32 - 20).pow(2) + (y as i32 - 15).pow(2) < 90;
            if disc { [230, 200, 30] } else { [(x * 4) as u8, 60, (y * 6) as u8] }
        };
        Image::new(48, 36, (0..48 * 36).flat_map(pixel).collect()).unwrap()
    }

    fn settings(shape: ShapeKind) -> PaintSettings {
        PaintSettings { shape, shapes: 12, corners: 6, climbs: 4, patience: 40, sweeps: 2, ..Default::default() }
    }

    #[test]
    fn the_score_never_rises_and_is_that_of_the_written_file() {
        let folder = tempfile::tempdir().unwrap();
        for kind in ShapeKind::ALL {
            let mut painter = Painter::new(&target(), settings(kind)).unwrap();
            let (start, mut last) = (painter.rmse(), painter.rmse());
            while let Some(report) = painter.step().unwrap() {
                assert!(report.rmse <= last, "{kind:?}: {report:?} after {last}");
                assert_eq!(report.better, report.rmse < last);
                assert_eq!(report.shapes, painter.picture().strokes.len());
                last = report.rmse;
            }
            let path = folder.path().join(format!("{}.png", kind.name()));
            painter.finish().write_png(&path).unwrap();
            assert_eq!(Image::read(&path).unwrap().rmse(&target()).unwrap(), last, "{kind:?}");
            assert!(last < 0.6 * start, "{kind:?}: {start} to {last}");
            assert!(painter.picture().strokes.iter().all(|s| s.shape.kind() == kind && s.rgba[3] >= 63));
        }
    }

    #[test]
    fn one_seed_gives_one_picture_on_any_number_of_threads() {
        let paint = |threads: usize, seed: u64| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let settings = PaintSettings { seed, ..settings(ShapeKind::Triangle) };
            pool.install(|| fit(&target(), settings, |_, _| Ok(true)).unwrap())
        };
        let one = paint(1, 5);
        assert_eq!(one, paint(3, 5));
        assert_ne!(one, paint(1, 6));
    }

    #[test]
    fn a_shape_that_is_there_is_found() {
        // One opaque rectangle on a plain ground: one shape can paint it to the last pixel.
        let mut rgb = [20, 40, 60].repeat(40 * 30);
        (8..21).for_each(|y| (10..33).for_each(|x| rgb[(y * 40 + x) * 3..][..3].copy_from_slice(&[250, 120, 10])));
        let target = Image::new(40, 30, rgb).unwrap();
        let one = PaintSettings { shapes: 1, background: Some([20, 40, 60]), ..settings(ShapeKind::Rectangle) };
        let picture = fit(&target, PaintSettings { patience: 2000, ..one }, |_, _| Ok(true)).unwrap();
        assert_eq!(picture.rmse(&target).unwrap(), 0.0, "{picture:?}");
    }

    #[test]
    fn a_fixed_opacity_is_kept() {
        let settings = PaintSettings { alpha: 0.5, ..settings(ShapeKind::Ellipse) };
        let picture = fit(&target(), settings, |_, _| Ok(true)).unwrap();
        assert!(picture.strokes.iter().all(|s| s.rgba[3] == 128), "{picture:?}");
    }

    #[test]
    fn a_callback_ends_the_work_by_answer_or_by_failure() {
        let settings = settings(ShapeKind::Triangle);
        let mut calls = 0;
        let ends = |report: &PaintReport, picture: &Picture| {
            assert_eq!(report.shapes, picture.strokes.len());
            calls += 1;
            Ok(report.step < 3)
        };
        let picture = fit(&target(), settings.clone(), ends).unwrap();
        assert_eq!((calls, picture.strokes.len()), (3, 3));
        assert!(matches!(fit(&target(), settings, |_, _| Err(Error::Callback)), Err(Error::Callback)));
    }

    #[test]
    fn plain_and_tiny_pictures_come_to_an_end() {
        let plain = Image::filled(9, 7, [1, 2, 3]).unwrap();
        let mut painter = Painter::new(&plain, settings(ShapeKind::Triangle)).unwrap();
        assert!(painter.step().unwrap().is_none(), "nothing is wrong with the background");
        let other = PaintSettings { background: Some([200, 2, 3]), ..settings(ShapeKind::Triangle) };
        assert!(fit(&plain, other, |_, _| Ok(true)).unwrap().rmse(&plain).unwrap() < 199.0 / 3f64.sqrt());
        for kind in ShapeKind::ALL {
            for (width, height) in [(1, 1), (1, 30), (30, 1), (2, 2)] {
                let rgb = (0..width * height * 3).map(|i| (i * 37 % 256) as u8).collect();
                let tiny = Image::new(width, height, rgb).unwrap();
                let mut painter = Painter::new(&tiny, settings(kind)).unwrap();
                while painter.step().unwrap().is_some() {}
                assert_eq!(painter.finish().rmse(&tiny).unwrap(), painter.rmse());
            }
        }
    }

    #[test]
    fn settings_out_of_range_are_refused_in_words() {
        let refusal = |settings| Painter::new(&target(), settings).unwrap_err().to_string();
        let base = PaintSettings::default();
        assert_eq!(
            refusal(PaintSettings { shapes: 0, ..base.clone() }),
            "paint: `shapes` must be from 1 to 100000, got 0"
        );
        assert_eq!(
            refusal(PaintSettings { corners: 2, ..base.clone() }),
            "paint: `corners` must be from 3 to 32, got 2"
        );
        refusal(PaintSettings { alpha: f64::NAN, ..base.clone() });
        refusal(PaintSettings { width: f64::INFINITY, ..base.clone() });
        refusal(PaintSettings { climbs: 0, ..base.clone() });
        refusal(PaintSettings { tries: 0, ..base.clone() });
        refusal(PaintSettings { patience: 0, ..base });
    }
}
