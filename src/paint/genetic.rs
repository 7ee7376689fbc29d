//! A genetic algorithm over whole pictures: each individual is a list of shapes with their colours.
//!
//! Holland (1975) in outline: tournaments choose the parents, children mix their shapes and mutate, the elite is
//! copied. Shapes mix slot by slot, at random or by which side of a random line they lie on, so that good parts of
//! two pictures can meet. After mutation a child may polish one shape by a short climb and hand the result on, which
//! makes the algorithm memetic (Moscato 1989); `polish = 0` is evolution alone.

use super::image::Image;
use super::painter::{check_shapes, frame, stroke};
use super::picture::{Picture, Stroke};
use super::scene::Scene;
use super::search::Search;
use super::shape::{Frame, ShapeKind};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::{Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`PictureGa`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GeneticSettings {
    /// What to paint with: "triangle", "ellipse", "rectangle", "polygon" or "curve". Default "triangle".
    pub shape: ShapeKind,
    /// Shapes in each picture, 1 to 100,000. Default 50.
    pub shapes: usize,
    /// Corners of a polygon, 3 to 32. Default 5.
    pub corners: usize,
    /// Width of a curve in pixels, more than 0. Default 3.
    pub width: f64,
    /// Opacity of every shape, in (0, 1]; 0 lets each shape have its own. Default 0.
    pub alpha: f64,
    /// The colour below all shapes, as red, green and blue from 0 to 255. Default: the mean of the picture.
    pub background: Option<[u8; 3]>,
    /// Longest side, in pixels, that the target is reduced to before painting; 0 keeps its size. Default 128.
    pub size: usize,
    /// Pictures in the population, 2 to 100,000. Default 24.
    pub population: usize,
    /// How many of the best are copied into the next generation unchanged, at least 1. Default 2.
    pub elite: usize,
    /// Pictures that meet in a tournament; the best becomes a parent. At least 1. Default 3.
    pub tournament: usize,
    /// Share of the children that have two parents, in [0, 1]. Default 0.8.
    pub crossover: f64,
    /// Mean number of mutations in a child, at least 0. Default 1.
    pub mutations: f64,
    /// Changes in a row without a gain that end the climb of one shape per child; 0 for none. Default 20.
    pub polish: usize,
    /// Generations to breed. Default 1000.
    pub generations: usize,
    /// The seed of all chance. Default 0.
    pub seed: u64,
}

impl Default for GeneticSettings {
    fn default() -> Self {
        Self {
            shape: ShapeKind::Triangle,
            shapes: 50,
            corners: 5,
            width: 3.0,
            alpha: 0.0,
            background: None,
            size: 128,
            population: 24,
            elite: 2,
            tournament: 3,
            crossover: 0.8,
            mutations: 1.0,
            polish: 20,
            generations: 1000,
            seed: 0,
        }
    }
}

/// How a population stands after a generation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct GenerationReport {
    /// Generations bred.
    pub generation: usize,
    /// Generations in all.
    pub generations: usize,
    /// RMSE of the best, over red, green and blue, 0 to 255. It never rises.
    pub rmse: f64,
    /// Mean RMSE of the population.
    pub mean: f64,
}

#[derive(Clone, Debug)]
struct Individual {
    picture: Picture,
    error: u64,
}

/// Breeds pictures generation by generation.
#[derive(Clone, Debug)]
pub struct PictureGa {
    settings: GeneticSettings,
    target: Image,
    frame: Frame,
    alphas: [f32; 2],
    population: Vec<Individual>, // best first
    generation: usize,
}

impl PictureGa {
    /// A population of random pictures.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(target: &Image, settings: GeneticSettings) -> Result<Self> {
        let GeneticSettings { shapes, population, elite, tournament, crossover, mutations, seed, .. } = settings;
        let name = "paint";
        let alphas = check_shapes(shapes, settings.corners, settings.width, settings.alpha)?;
        check_population(population, elite, tournament, crossover)?;
        let bounded = (0.0..=1e6).contains(&mutations);
        ensure_setting(bounded, name, "mutations", "at least 0 and finite", mutations)?;
        let target = target.reduced(settings.size);
        let frame = frame(settings.shape, settings.corners, settings.width, &target);
        let background = settings.background.unwrap_or_else(|| target.mean());
        let mut ga = Self { settings, target, frame, alphas, population: Vec::new(), generation: 0 };
        ga.population = (0..population)
            .into_par_iter()
            .map(|k| {
                stop::check()?;
                let mut rng = Rng::stream(seed, k as u64);
                let mut picture = Picture::new(ga.target.width(), ga.target.height(), background);
                picture.strokes = (0..shapes).map(|_| ga.random(&mut rng)).collect();
                let error = Scene::new(&ga.target, picture.clone()).error();
                Ok(Individual { picture, error })
            })
            .collect::<Result<_>>()?;
        ga.population.sort_by_key(|i| i.error);
        Ok(ga)
    }

    /// Breeds one generation; nothing when all are bred.
    ///
    /// # Errors
    /// When someone asked to stop; the population stays as it was.
    pub fn step(&mut self) -> Result<Option<GenerationReport>> {
        stop::check()?;
        if self.generation >= self.settings.generations {
            return Ok(None);
        }
        let GeneticSettings { population, elite, seed, .. } = self.settings;
        let this = &*self;
        let first = (population * (self.generation + 1)) as u64;
        let children = (elite..population).into_par_iter().map(|k| {
            stop::check()?;
            Ok(this.child(&mut Rng::stream(seed, first + k as u64)))
        });
        let mut next = children.collect::<Result<Vec<_>>>()?;
        next.splice(0..0, self.population[..elite].iter().cloned());
        next.sort_by_key(|i| i.error); // stable: of equals the elder stays first
        self.population = next;
        self.generation += 1;
        Ok(Some(self.report()))
    }

    /// How the population stands.
    pub fn report(&self) -> GenerationReport {
        let rmse = |i: &Individual| self.target.root_mean(i.error);
        let sum: f64 = self.population.iter().map(rmse).sum();
        GenerationReport {
            generation: self.generation,
            generations: self.settings.generations,
            rmse: rmse(&self.population[0]),
            mean: sum / self.population.len() as f64,
        }
    }

    /// The best picture so far.
    pub fn picture(&self) -> &Picture {
        &self.population[0].picture
    }

    /// What is painted, in the size in which it is painted.
    pub fn target(&self) -> &Image {
        &self.target
    }

    /// The best picture.
    pub fn finish(mut self) -> Picture {
        self.population.swap_remove(0).picture
    }

    fn child(&self, rng: &mut Rng) -> Individual {
        let GeneticSettings { crossover, mutations, polish, .. } = self.settings;
        let mut picture = self.parent(rng).clone();
        if rng.uniform() < crossover {
            self.mix(&mut picture, self.parent(rng), rng);
        }
        // Geometric: its mean is `mutations`.
        while rng.uniform() < mutations / (1.0 + mutations) {
            self.mutate(&mut picture, rng);
        }
        let mut scene = Scene::new(&self.target, picture);
        if polish > 0 {
            self.polish(&mut scene, rng);
        }
        Individual { error: scene.error(), picture: scene.into_picture() }
    }

    fn parent(&self, rng: &mut Rng) -> &Picture {
        // The population is sorted: the best of a tournament has the lowest index.
        let best = (0..self.settings.tournament).map(|_| rng.below(self.population.len())).min();
        &self.population[best.expect("a tournament has members")].picture
    }

    /// Takes some of the slots from `other`: half of them, or those on one side of a line.
    fn mix(&self, picture: &mut Picture, other: &Picture, rng: &mut Rng) {
        let by_line = rng.below(2) == 0;
        let angle = rng.uniform() as f32 * std::f32::consts::TAU;
        let (sin, cos) = angle.sin_cos();
        let through = [rng.uniform() as f32 * self.frame.width, rng.uniform() as f32 * self.frame.height];
        for (mine, theirs) in picture.strokes.iter_mut().zip(&other.strokes) {
            let [x, y] = theirs.shape.center();
            let beyond = (x - through[0]) * cos + (y - through[1]) * sin > 0.0;
            if if by_line { beyond } else { rng.below(2) == 0 } {
                mine.clone_from(theirs);
            }
        }
    }

    fn mutate(&self, picture: &mut Picture, rng: &mut Rng) {
        let n = picture.strokes.len();
        let i = rng.below(n);
        let stroke = &mut picture.strokes[i];
        match rng.below(8) {
            0 => *stroke = self.random(rng),
            1 => {
                let j = rng.below(n);
                let moved = picture.strokes.remove(i);
                picture.strokes.insert(j, moved);
            }
            2 if self.alphas[0] < self.alphas[1] => {
                let alpha = f32::from(stroke.rgba[3]) / 255.0 + 0.15 * rng.normal() as f32;
                stroke.rgba[3] = (alpha.clamp(self.alphas[0], self.alphas[1]) * 255.0 + 0.5) as u8;
            }
            2..=4 => {
                for c in &mut stroke.rgba[..3] {
                    *c = (f64::from(*c) + 20.0 * rng.normal()).clamp(0.0, 255.0) as u8;
                }
            }
            _ => {
                let size = self.frame.longest() * 0.25 * rng.uniform() as f32 * rng.uniform() as f32 + 0.5;
                stroke.shape = self.frame.changed(&stroke.shape, size, rng);
            }
        }
    }

    /// A shape anywhere, in the colour that the target has there.
    fn random(&self, rng: &mut Rng) -> Stroke {
        let (x, y) = (rng.below(self.target.width()), rng.below(self.target.height()));
        let size = 2.0 * (self.frame.longest() / 6.0).max(1.0).powf(rng.uniform() as f32);
        let shape = self.frame.random([x as f32 + 0.5, y as f32 + 0.5], size, rng);
        let [r, g, b] = self.target.pixel(x, y);
        let alpha = 0.5f32.clamp(self.alphas[0], self.alphas[1]);
        Stroke { shape, rgba: [r, g, b, (255.0 * alpha + 0.5) as u8] }
    }

    /// Climbs with one shape for a short while.
    fn polish(&self, scene: &mut Scene, rng: &mut Rng) {
        let i = rng.below(scene.len());
        let area = scene.around(i).grown((self.frame.longest() / 8.0) as u32, scene.whole());
        if area.is_empty() {
            return;
        }
        let sums = scene.sums_at(&self.target, i, area);
        let start = scene.picture().strokes[i].shape.clone();
        let mut search = Search::new(&sums, &self.frame, self.alphas);
        if let Some(found) = search.climb(start, self.frame.longest() / 32.0, self.settings.polish, rng) {
            scene.replace_if_better(&self.target, i, stroke(found));
        }
    }
}

/// Checks what all our populations have in common.
pub(super) fn check_population(population: usize, elite: usize, tournament: usize, crossover: f64) -> Result<()> {
    let name = "paint";
    ensure_setting((2..=100_000).contains(&population), name, "population", "from 2 to 100000", population)?;
    let rule = format!("from 1 to less than the population of {population}");
    ensure_setting((1..population).contains(&elite), name, "elite", &rule, elite)?;
    ensure_setting((1..=1_000_000).contains(&tournament), name, "tournament", "from 1 to 1000000", tournament)?;
    ensure_setting((0.0..=1.0).contains(&crossover), name, "crossover", "in [0, 1]", crossover)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Image {
        let pixel = |i: usize| if i % 32 < 14 && i / 32 < 10 { [240, 30, 60] } else { [(i % 32 * 5) as u8, 90, 120] };
        Image::new(32, 24, (0..32 * 24).flat_map(pixel).collect()).unwrap()
    }

    fn settings() -> GeneticSettings {
        GeneticSettings { shapes: 10, population: 12, generations: 60, ..Default::default() }
    }

    #[test]
    fn the_best_never_rises_and_is_what_its_picture_scores() {
        for (shape, polish) in ShapeKind::ALL.into_iter().map(|s| (s, 10)).chain([(ShapeKind::Triangle, 0)]) {
            let mut ga = PictureGa::new(&target(), GeneticSettings { shape, polish, ..settings() }).unwrap();
            let start = ga.report();
            let mut last = start.rmse;
            while let Some(report) = ga.step().unwrap() {
                assert!(report.rmse <= last && report.rmse <= report.mean + 1e-9, "{report:?} after {last}");
                assert_eq!(report.rmse, ga.picture().rmse(&target()).unwrap());
                last = report.rmse;
            }
            assert_eq!(ga.report().generation, 60);
            assert_eq!(ga.finish().strokes.len(), 10);
            assert!(last < 0.9 * start.rmse, "{shape:?}, polish {polish}: {} to {last}", start.rmse);
        }
    }

    #[test]
    fn one_seed_gives_one_population_on_any_number_of_threads() {
        let breed = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut ga = PictureGa::new(&target(), settings()).unwrap();
                for _ in 0..20 {
                    ga.step().unwrap();
                }
                ga.report()
            })
        };
        assert_eq!(breed(1), breed(3));
    }

    #[test]
    fn settings_out_of_range_are_refused_in_words() {
        let refusal = |settings| PictureGa::new(&target(), settings).unwrap_err().to_string();
        let wanted = "paint: `elite` must be from 1 to less than the population of 12, got 12";
        assert_eq!(refusal(GeneticSettings { elite: 12, ..settings() }), wanted);
        refusal(GeneticSettings { elite: 0, ..settings() });
        refusal(GeneticSettings { population: 1, ..settings() });
        refusal(GeneticSettings { tournament: 0, ..settings() });
        refusal(GeneticSettings { crossover: f64::NAN, ..settings() });
        refusal(GeneticSettings { mutations: f64::INFINITY, ..settings() });
        let none = GeneticSettings { generations: 0, ..settings() };
        assert!(PictureGa::new(&target(), none).unwrap().step().unwrap().is_none());
    }
}
