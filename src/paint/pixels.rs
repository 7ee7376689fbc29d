//! A genetic algorithm over raw pixels: no shapes, every byte of the picture is a gene.
//!
//! Tournaments choose the parents, a child takes a random rectangle from a second parent, mutations shift the
//! colour of a rectangle (from half the picture down to one pixel), and the elite is copied, so that the best error never rises.
//! The error is a sum over pixels: a child's is its parent's, corrected where it was touched.

use super::genetic::{GenerationReport, check_population};
use super::image::{Image, squared_error};
use super::raster::Rect;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::{Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`PixelGa`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PixelSettings {
    /// The colour of every pixel at the start, from 0 to 255 each. Default: every picture is of one random colour.
    pub background: Option<[u8; 3]>,
    /// Longest side, in pixels, that the target is reduced to; 0 keeps its size. Default 64.
    pub size: usize,
    /// Pictures in the population, 2 to 100,000. Default 16.
    pub population: usize,
    /// How many of the best are copied into the next generation unchanged, at least 1. Default 2.
    pub elite: usize,
    /// Pictures that meet in a tournament; the best becomes a parent. At least 1. Default 3.
    pub tournament: usize,
    /// Share of the children that have two parents, in [0, 1]. Default 0.5.
    pub crossover: f64,
    /// Rectangles of a child whose colour is shifted blindly, at most 1,000,000. Default 1.
    pub mutations: usize,
    /// Rectangles of a child that are shifted only where that helps, at most 1,000,000. Default 16.
    pub polish: usize,
    /// Generations to breed. Default 5000.
    pub generations: usize,
    /// The seed of all chance. Default 0.
    pub seed: u64,
}

impl Default for PixelSettings {
    fn default() -> Self {
        Self {
            background: None,
            size: 64,
            population: 16,
            elite: 2,
            tournament: 3,
            crossover: 0.5,
            mutations: 1,
            polish: 16,
            generations: 5000,
            seed: 0,
        }
    }
}

#[derive(Clone, Debug)]
struct Individual {
    rgb: Vec<u8>,
    error: u64,
}

/// Breeds raw pixels generation by generation.
#[derive(Clone, Debug)]
pub struct PixelGa {
    settings: PixelSettings,
    target: Image,
    population: Vec<Individual>, // best first
    generation: usize,
}

impl PixelGa {
    /// A population of pictures of one colour each.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(target: &Image, settings: PixelSettings) -> Result<Self> {
        let PixelSettings { population, elite, tournament, crossover, mutations, polish, seed, .. } = settings;
        check_population(population, elite, tournament, crossover)?;
        for (name, count) in [("mutations", mutations), ("polish", polish)] {
            ensure_setting(count <= 1_000_000, "paint", name, "at most 1000000", count)?;
        }
        let target = target.reduced(settings.size);
        let mut rng = Rng::stream(seed, 0);
        let one = |_| {
            let color = settings.background.unwrap_or_else(|| [0; 3].map(|_: u8| rng.below(256) as u8));
            let rgb = color.repeat(target.width() * target.height());
            Individual { error: squared_error(&rgb, target.rgb()), rgb }
        };
        let mut population: Vec<Individual> = (0..population).map(one).collect();
        population.sort_by_key(|i| i.error);
        Ok(Self { settings, target, population, generation: 0 })
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
        let PixelSettings { population, elite, seed, .. } = self.settings;
        let this = &*self;
        let first = (population * (self.generation + 1)) as u64;
        let children = (elite..population).into_par_iter().map(|k| {
            stop::check()?;
            Ok(this.child(&mut Rng::stream(seed, first + k as u64)))
        });
        let mut next = children.collect::<Result<Vec<_>>>()?;
        next.splice(0..0, self.population.drain(..elite));
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

    /// The best pixels so far.
    pub fn image(&self) -> Image {
        let rgb = self.population[0].rgb.clone();
        Image::new(self.target.width(), self.target.height(), rgb).expect("as large as the target")
    }

    /// What is bred for, in the size in which it is bred.
    pub fn target(&self) -> &Image {
        &self.target
    }

    fn child(&self, rng: &mut Rng) -> Individual {
        let PixelSettings { crossover, mutations, polish, .. } = self.settings;
        let mut child = self.parent(rng).clone();
        if rng.uniform() < crossover {
            let other = self.parent(rng);
            let area = self.area(rng);
            self.change(&mut child, area, |from, to| to.copy_from_slice(&other.rgb[from..from + to.len()]), |_| true);
        }
        for k in 0..mutations + polish {
            let area = self.area(rng);
            let size = 64f64.powf(rng.uniform()); // large ones to begin with, small ones to end with
            let shift = [0; 3].map(|_: i16| (size * rng.normal()).round() as i16);
            let shifted = |_, to: &mut [u8]| {
                for pixel in to.chunks_exact_mut(3) {
                    pixel.iter_mut().zip(shift).for_each(|(c, s)| *c = (i16::from(*c) + s).clamp(0, 255) as u8);
                }
            };
            self.change(&mut child, area, shifted, |gain| k < mutations || gain > 0);
        }
        child
    }

    fn parent(&self, rng: &mut Rng) -> &Individual {
        // The population is sorted: the best of a tournament has the lowest index.
        let best = (0..self.settings.tournament).map(|_| rng.below(self.population.len())).min();
        &self.population[best.expect("a tournament has members")]
    }

    /// A random rectangle, each size as likely as its double.
    fn area(&self, rng: &mut Rng) -> Rect {
        let mut side = |n: usize| {
            let length = ((n as f64).powf(rng.uniform()) as usize).clamp(1, n.div_ceil(2));
            let start = rng.below(n + 1 - length);
            (start as u32, (start + length) as u32)
        };
        let ((x0, x1), (y0, y1)) = (side(self.target.width()), side(self.target.height()));
        Rect { x0, y0, x1, y1 }
    }

    /// Changes the pixels in `area`, row by row, if `wanted` says so of the gain.
    fn change(
        &self,
        child: &mut Individual,
        area: Rect,
        work: impl Fn(usize, &mut [u8]),
        wanted: impl Fn(i64) -> bool,
    ) {
        let row = |y: u32| {
            let start = y as usize * self.target.width();
            3 * (start + area.x0 as usize)..3 * (start + area.x1 as usize)
        };
        let mut bytes = vec![0; 3 * area.width()];
        let mut gain = 0;
        let mut fresh = Vec::with_capacity(bytes.len() * area.height());
        for y in area.y0..area.y1 {
            let (old, target) = (&child.rgb[row(y)], &self.target.rgb()[row(y)]);
            bytes.copy_from_slice(old);
            work(row(y).start, &mut bytes);
            gain += squared_error(old, target) as i64 - squared_error(&bytes, target) as i64;
            fresh.extend_from_slice(&bytes);
        }
        if wanted(gain) {
            for (y, bytes) in (area.y0..area.y1).zip(fresh.chunks_exact(3 * area.width())) {
                child.rgb[row(y)].copy_from_slice(bytes);
            }
            child.error = (child.error as i64 - gain) as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Image {
        let pixel = |i: usize| if i % 20 < 9 && i / 20 < 10 { [240, 30, 60] } else { [(i % 20 * 9) as u8, 90, 120] };
        Image::new(20, 16, (0..20 * 16).flat_map(pixel).collect()).unwrap()
    }

    #[test]
    fn the_best_never_rises_and_is_what_its_pixels_score() {
        for polish in [0, 16] {
            let settings = PixelSettings { generations: 1500, polish, ..Default::default() };
            let mut ga = PixelGa::new(&target(), settings).unwrap();
            let start = ga.report().rmse;
            let mut last = start;
            while let Some(report) = ga.step().unwrap() {
                assert!(report.rmse <= last, "{report:?} after {last}");
                last = report.rmse;
            }
            assert_eq!(ga.image().rmse(&target()).unwrap(), last);
            for individual in &ga.population {
                assert_eq!(individual.error, squared_error(&individual.rgb, target().rgb()));
            }
            assert!(last < if polish == 0 { 0.6 } else { 0.2 } * start, "polish {polish}: {start} to {last}");
        }
    }

    #[test]
    fn one_seed_gives_one_picture_on_any_number_of_threads() {
        let breed = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut ga = PixelGa::new(&target(), PixelSettings::default()).unwrap();
                for _ in 0..50 {
                    ga.step().unwrap();
                }
                ga.image()
            })
        };
        assert_eq!(breed(1), breed(3));
    }

    #[test]
    fn tiny_pictures_and_wrong_settings_are_met() {
        let tiny = Image::filled(1, 1, [9, 8, 7]).unwrap();
        let mut ga = PixelGa::new(&tiny, PixelSettings { generations: 300, ..Default::default() }).unwrap();
        while ga.step().unwrap().is_some() {}
        assert!(ga.report().rmse < 3.0, "{:?}", ga.report());
        assert!(PixelGa::new(&tiny, PixelSettings { elite: 16, ..Default::default() }).is_err());
        assert!(PixelGa::new(&tiny, PixelSettings { polish: usize::MAX, ..Default::default() }).is_err());
    }
}
