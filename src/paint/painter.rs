//! Painting by hill climbing: shape by shape, with the earlier shapes improved under the later ones.
//!
//! The outer loop is that of M. Fogleman's `primitive` (2016, by description): the best of many random shapes is
//! climbed from, and laid over the picture. Unlike it we come back to the shapes below, each improved in its place
//! with all shapes above it in the sums, replace those that have become useless, and find a candidate's best colour and opacity
//! from running sums along the rows ([`sums`](super::sums)).

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
    /// How many shapes, at least 1. Default 100.
    pub shapes: usize,
    /// Corners of a polygon, 3 to 32. Default 5.
    pub corners: usize,
    /// Width of a curve in pixels, more than 0. Default 3.
    pub width: f64,
    /// Opacity of every shape, in (0, 1]; 0 lets each shape have its best. Default 0.
    pub alpha: f64,
    /// The colour below all shapes, as red, green and blue from 0 to 255. Default: the mean of the picture.
    pub background: Option<[u8; 3]>,
    /// Longest side, in pixels, that the target is reduced to before painting; 0 keeps its size. Default 256.
    pub size: usize,
    /// Random shapes that each new one is chosen from, at least 1. Default 1000.
    pub tries: usize,
    /// Changes in a row without a gain that end a climb, at least 1. Default 100.
    pub patience: usize,
    /// How often each shape is improved after the last one was laid. Default 4.
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
            tries: 1000,
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
    /// RMSE of the picture over red, green and blue, 0 to 255, as it would be written. It never rises.
    pub rmse: f64,
    /// What the step did.
    pub turn: Turn,
    /// Whether the picture is better than before the step.
    pub better: bool,
}

/// Paints a picture step by step.
pub struct Painter {
    settings: PaintSettings,
    target: Image,
    frame: Frame,
    alphas: [f32; 2],
    scene: Scene,
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

pub fn knob(name: &str, default: f64) -> f64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

impl Painter {
    pub fn new(target: &Image, settings: PaintSettings) -> Result<Self> {
        let PaintSettings { shapes, corners, width, alpha, tries, patience, .. } = settings;
        let name = "paint";
        ensure_setting(shapes >= 1, name, "shapes", "at least 1", shapes)?;
        ensure_setting((3..=32).contains(&corners), name, "corners", "from 3 to 32", corners)?;
        ensure_setting(width > 0.0 && width.is_finite(), name, "width", "positive", width)?;
        ensure_setting((0.0..=1.0).contains(&alpha), name, "alpha", "in [0, 1]", alpha)?;
        ensure_setting(tries >= 1, name, "tries", "at least 1", tries)?;
        ensure_setting(patience >= 1, name, "patience", "at least 1", patience)?;
        let target = target.reduced(settings.size);
        let background = settings.background.unwrap_or_else(|| target.mean());
        let scene = Scene::new(&target, Picture::new(target.width(), target.height(), background));
        let frame = Frame {
            kind: settings.shape,
            corners,
            stroke: width as f32,
            width: target.width() as f32,
            height: target.height() as f32,
        };
        let alphas = if alpha > 0.0 { [alpha as f32; 2] } else { [knob("AMIN", 0.1) as f32, 1.0] };
        let mut plan = Vec::new();
        let block = knob("BLOCK", 1.3);
        let mut next = knob("FIRST", 10.0);
        let repl = knob("REPL", 0.1);
        for n in 1..=shapes {
            plan.push(Task::Add);
            if n as f64 >= next && n < shapes {
                next *= block;
                plan.extend((0..n).map(Task::Improve));
            }
        }
        for _ in 0..settings.sweeps {
            plan.extend((0..shapes).map(Task::Improve));
            plan.extend((0..(shapes as f64 * repl) as usize).map(|_| Task::Replace));
        }
        if knob("TAIL", 1.0) > 0.0 {
            plan.extend((0..shapes).map(Task::Improve));
        }
        plan.reverse();
        Ok(Self { settings, target, frame, alphas, scene, steps: plan.len(), plan, step: 0 })
    }

    pub fn step(&mut self) -> Result<Option<PaintReport>> {
        stop::check()?;
        let Some(task) = self.plan.pop() else { return Ok(None) };
        let before = self.scene.error();
        let turn = match task {
            Task::Add => {
                self.add();
                Turn::Add
            }
            Task::Improve(i) => {
                self.improve(i);
                Turn::Improve
            }
            Task::Replace => {
                self.exchange();
                Turn::Replace
            }
        };
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

    pub fn rmse(&self) -> f64 {
        self.target.root_mean(self.scene.error())
    }

    pub fn picture(&self) -> &Picture {
        self.scene.picture()
    }

    pub fn target(&self) -> &Image {
        &self.target
    }

    pub fn finish(self) -> Picture {
        self.scene.into_picture()
    }

    fn add(&mut self) -> bool {
        let Some(stroke) = self.best_on_top() else { return false };
        let before = self.scene.error();
        self.scene.push(&self.target, stroke);
        if self.scene.error() < before {
            return true;
        }
        self.scene.remove(&self.target, self.scene.len() - 1);
        false
    }

    fn best_on_top(&self) -> Option<Stroke> {
        let sums = self.scene.sums_on_top(&self.target);
        let chains = knob("CHAINS", 4.0) as usize;
        let found: Vec<Option<Found>> = (0..chains)
            .into_par_iter()
            .map(|chain| {
                let mut rng = Rng::stream(self.settings.seed, (self.step * chains + chain) as u64);
                let mut search = Search::new(&sums, &self.frame, self.alphas);
                let start = search.begin(self.settings.tries / chains, |rng| self.place(rng), &mut rng)?;
                search.climb(start, knob("STEP", 16.0) as f32, self.settings.patience, &mut rng)
            })
            .collect();
        let mut best: Option<Found> = None;
        for f in found.into_iter().flatten() {
            if best.as_ref().is_none_or(|b| f.fit.gain > b.fit.gain) {
                best = Some(f);
            }
        }
        best.map(stroke)
    }

    fn place(&self, rng: &mut Rng) -> [f32; 2] {
        let (w, h) = (self.target.width(), self.target.height());
        let mut best = (f32::NEG_INFINITY, [0.0; 2]);
        for _ in 0..3 {
            let (x, y) = (rng.below(w), rng.below(h));
            let ink = self.scene.canvas().row(y as u32)[x];
            let t = self.target.pixel(x, y);
            let e = (0..3).map(|k| (ink[k] - f32::from(t[k])).powi(2)).sum::<f32>();
            if e > best.0 {
                best = (e, [x as f32 + 0.5, y as f32 + 0.5]);
            }
        }
        best.1
    }

    fn improve(&mut self, i: usize) -> bool {
        if i >= self.scene.len() {
            return false;
        }
        let margin = knob("MARGIN", 24.0) as u32;
        let area = self.scene.around(i).grown(margin, self.scene.whole());
        if area.is_empty() {
            return false;
        }
        let sums = self.scene.sums_at(&self.target, i, area);
        let mut rng = Rng::stream(self.settings.seed, (1 << 40) + self.step as u64);
        let old = &self.scene.picture().strokes[i];
        let mut search = Search::new(&sums, &self.frame, self.alphas);
        let Some(found) = search.climb(old.shape.clone(), knob("STEP2", 6.0) as f32, self.settings.patience, &mut rng)
        else {
            return false;
        };
        let before = self.scene.error();
        let old = self.scene.replace(&self.target, i, stroke(found));
        if self.scene.error() < before {
            return true;
        }
        self.scene.replace(&self.target, i, old);
        false
    }

    fn exchange(&mut self) -> bool {
        // least useful
        let n = self.scene.len();
        let mut worst = (f32::INFINITY, 0);
        for i in 0..n {
            let area = self.scene.around(i);
            let sums = self.scene.sums_at(&self.target, i, area);
            let s = &self.scene.picture().strokes[i];
            let c = [f32::from(s.rgba[0]), f32::from(s.rgba[1]), f32::from(s.rgba[2])];
            let g = sums.gain(self.scene.spans(i), c, f32::from(s.rgba[3]) / 255.0);
            if g < worst.0 {
                worst = (g, i);
            }
        }
        let before = self.scene.error();
        let backup = self.scene.clone();
        self.scene.remove(&self.target, worst.1);
        if let Some(stroke) = self.best_on_top() {
            self.scene.push(&self.target, stroke);
        }
        if self.scene.error() < before {
            return true;
        }
        self.scene = backup;
        false
    }
}

fn stroke(found: Found) -> Stroke {
    let byte = |x: f32| (x + 0.5) as u8;
    let [r, g, b] = found.fit.color.map(byte);
    Stroke { shape: found.shape, rgba: [r, g, b, byte(255.0 * found.fit.alpha)] }
}
