//! Genetic algorithms over real, binary, permutation and byte genomes.
//!
//! Holland (1975); Goldberg (1989). Selection by roulette, tournament or rank (Baker 1985). The best few are copied with
//! their values, so that what was best is never lost and never evaluated twice. Built-in operators: blend crossover
//! BLX-0.5 (Eshelman & Schaffer 1993) and normal mutation for real genomes, two-point crossover for bits and bytes,
//! order crossover OX (Davis 1985) and inversion for permutations. Crossover and mutation can be replaced by functions.

use super::search::{Counts, Reason, Search};
use super::space::{Space, search_settings};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a genome is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GenomeKind {
    /// Numbers, inside the bounds.
    #[default]
    Real,
    /// Bits.
    Binary,
    /// Each of 0 to length - 1 once.
    Permutation,
    /// Whole numbers from 0 to 255.
    Bytes,
}

/// One individual's genes.
#[derive(Clone, Debug, PartialEq)]
pub enum Genome {
    /// Numbers, inside the bounds.
    Real(Vec<f64>),
    /// Bits.
    Binary(Vec<bool>),
    /// Each of 0 to length - 1 once.
    Permutation(Vec<u32>),
    /// Whole numbers from 0 to 255.
    Bytes(Vec<u8>),
}

/// How parents are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Selection {
    /// In proportion to how far a value lies below the worst.
    Roulette,
    /// The best of a few drawn at random.
    #[default]
    Tournament,
    /// In proportion to the rank: the best twice as often as the average, the worst never.
    Rank,
}

search_settings! {
    /// Settings of [`ga`] and [`Ga`]; `dim` is the genome's length.
    GaSettings for "ga" {
        /// "real", "binary", "permutation" or "bytes". Default "real".
        genome: GenomeKind = GenomeKind::Real,
        /// Individuals, at least 2. Default 50.
        population: usize = 50,
        /// "roulette", "tournament" or "rank". Default "tournament".
        selection: Selection = Selection::Tournament,
        /// Individuals in a tournament, at least 1. Default 3.
        tournament: usize = 3,
        /// Best individuals that are copied into the next generation, fewer than the population. Default 2.
        elite: usize = 2,
        /// Share of children with two parents, in [0, 1]. Default 0.9.
        crossover_rate: f64 = 0.9,
        /// Chance of each gene to mutate (a permutation: of one inversion, times its length), in [0, 1].
        /// Default one gene per child.
        mutation_rate: Option<f64> = None,
        /// Standard deviation of a real gene's mutation, in shares of the first box, positive. Default 0.1, shrinking
        /// to a thousandth over the budget.
        mutation_size: Option<f64> = None,
        /// End after this many generations without a better one. Default 0: never.
        patience: u64 = 0,
    }
}

/// Makes a child of two parents.
pub type Crossover = Box<dyn FnMut(&Genome, &Genome, &mut Rng) -> Result<Genome>>;
/// Changes a child.
pub type Mutation = Box<dyn FnMut(&Genome, &mut Rng) -> Result<Genome>>;

/// A genetic algorithm over any kind of genome, as ask and tell.
///
/// ```
/// use mynah::optim::blackbox::{Ga, GaSettings, Genome, GenomeKind};
/// let genome = GenomeKind::Binary;
/// let mut ga = Ga::new(GaSettings { genome, dim: Some(20), seed: Some(1), ..Default::default() })?;
/// while ga.done().is_none() && ga.best().is_none_or(|(_, zeros)| zeros > 0.0) {
///     let zeros = |genome: &Genome| match genome {
///         Genome::Binary(bits) => bits.iter().filter(|bit| !**bit).count() as f64,
///         _ => unreachable!(),
///     };
///     let values: Vec<f64> = ga.ask().iter().map(zeros).collect();
///     ga.tell(&values)?;
/// }
/// assert_eq!(ga.best().unwrap().0, &Genome::Binary(vec![true; 20]));
/// # Ok::<(), mynah::Error>(())
/// ```
pub struct Ga {
    operators: Operators,
    crossover: Option<Crossover>,
    mutation: Option<Mutation>,
    rng: Rng,
    asked: Vec<Genome>,         // not told yet
    people: Vec<(Genome, f64)>, // told, best first
    best: Option<(Genome, f64)>,
    counts: Counts,
    generation: u64,
    stale: u64, // generations since the best was found
    done: Option<Reason>,
}

struct Operators {
    settings: GaSettings,
    space: Space,
}

impl Ga {
    /// A genetic algorithm with a random first generation.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: GaSettings) -> Result<Self> {
        let space = settings.space()?;
        let GaSettings { population, tournament, elite, crossover_rate, mutation_rate, mutation_size, .. } = settings;
        ensure_setting((2..=1 << 24).contains(&population), "ga", "population", "from 2 to 16777216", population)?;
        ensure_setting(tournament >= 1, "ga", "tournament", "at least 1", tournament)?;
        ensure_setting(elite < population, "ga", "elite", &format!("below the population of {population}"), elite)?;
        let chance = 0.0..=1.0;
        ensure_setting(chance.contains(&crossover_rate), "ga", "crossover_rate", "in [0, 1]", crossover_rate)?;
        let rate = mutation_rate.unwrap_or(1.0);
        ensure_setting(chance.contains(&rate), "ga", "mutation_rate", "in [0, 1]", rate)?;
        let size = mutation_size.unwrap_or(1.0);
        ensure_setting(size > 0.0 && size.is_finite(), "ga", "mutation_size", "positive and finite", size)?;
        ensure_setting(space.dim() <= u32::MAX as usize, "ga", "dim", "below 2^32", space.dim())?;
        let mut rng = Rng::new(space.seed);
        let done = (space.budget == 0).then_some(Reason::Budget);
        let operators = Operators { settings, space };
        let mut asked: Vec<Genome> = (0..population).map(|_| operators.random(&mut rng)).collect();
        if operators.settings.genome == GenomeKind::Real && operators.space.x0_given {
            asked[0] = Genome::Real(operators.space.x0.clone());
        }
        let mut ga = Self {
            operators,
            crossover: None,
            mutation: None,
            rng,
            asked,
            people: vec![],
            best: None,
            counts: Counts::default(),
            generation: 0,
            stale: 0,
            done,
        };
        ga.cut();
        Ok(ga)
    }

    /// Crosses parents by `crossover` from now on.
    pub fn with_crossover(mut self, crossover: Crossover) -> Self {
        self.crossover = Some(crossover);
        self
    }

    /// Mutates children by `mutation` from now on; it decides itself how often.
    pub fn with_mutation(mut self, mutation: Mutation) -> Self {
        self.mutation = Some(mutation);
        self
    }

    /// Begins with these individuals; random ones fill up the population.
    ///
    /// # Errors
    /// When there are more than the population, or one is not of the kind and length asked for.
    pub fn with_population(mut self, first: Vec<Genome>) -> Result<Self> {
        let most = self.operators.settings.population;
        ensure_setting(first.len() <= most, "ga", "population", &format!("at least the {} given", first.len()), most)?;
        for (place, genome) in first.into_iter().enumerate() {
            self.operators.check(&genome, "the first population")?;
            if let Some(slot) = self.asked.get_mut(place) {
                *slot = genome;
            }
        }
        Ok(self)
    }

    /// The individuals whose values it wants next; none when done.
    pub fn ask(&self) -> &[Genome] {
        &self.asked
    }

    /// Takes their values, in their order, and breeds the next generation. NaN and infinities count as worst.
    ///
    /// # Errors
    /// When there are more or fewer values than individuals, it is done, or an operator fails.
    pub fn tell(&mut self, values: &[f64]) -> Result<()> {
        if let Some(reason) = self.done {
            return Err(Error::value(format!("ga: tell: nothing was asked, the search is over ({reason})")));
        }
        if values.len() != self.asked.len() {
            return Err(Error::value(format!(
                "ga: tell: {} values were asked, got {}",
                self.asked.len(),
                values.len()
            )));
        }
        self.counts.evals += values.len() as u64;
        self.counts.batches += 1;
        self.stale += 1;
        for (genome, value) in std::mem::take(&mut self.asked).into_iter().zip(values) {
            let value = if value.is_finite() { *value } else { f64::INFINITY };
            self.counts.bad += u64::from(value.is_infinite());
            if value.is_finite() && self.best.as_ref().is_none_or(|(_, best)| value < *best) {
                self.best = Some((genome.clone(), value));
                self.stale = 0;
            }
            self.people.push((genome, value));
        }
        self.people.sort_by(|a, b| a.1.total_cmp(&b.1));
        self.generation += 1;
        let GaSettings { budget, patience, .. } = self.operators.settings;
        if self.best.as_ref().is_some_and(|(_, best)| *best <= self.operators.space.target) {
            self.done = Some(Reason::Target);
        } else if self.counts.evals >= budget {
            self.done = Some(Reason::Budget);
        } else if patience > 0 && self.stale >= patience {
            self.done = Some(Reason::Converged);
        } else {
            let share = self.counts.evals as f64 / budget as f64;
            let custom = (self.crossover.as_mut(), self.mutation.as_mut());
            match self.operators.breed(&mut self.people, share, &mut self.rng, custom) {
                Ok(children) => self.asked = children,
                Err(error) => {
                    self.done = Some(Reason::Stopped);
                    return Err(error);
                }
            }
            self.cut();
        }
        Ok(())
    }

    /// The best individual seen and its value; nothing before the first finite value.
    pub fn best(&self) -> Option<(&Genome, f64)> {
        self.best.as_ref().map(|(genome, value)| (genome, *value))
    }

    /// The individuals of the latest generation that was told, best first.
    pub fn population(&self) -> &[(Genome, f64)] {
        &self.people
    }

    /// Generations told.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Why it is over, if it is.
    pub fn done(&self) -> Option<Reason> {
        self.done
    }

    /// What it has done so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Ends it; it asks for nothing more.
    pub fn stop(&mut self) {
        self.done.get_or_insert(Reason::Stopped);
        self.asked.clear();
    }

    /// Asks for no more than the budget has left.
    fn cut(&mut self) {
        let left = self.operators.settings.budget - self.counts.evals;
        self.asked.truncate(usize::try_from(left).unwrap_or(usize::MAX));
    }
}

impl fmt::Debug for Ga {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ga after {} generations: {:?}", self.generation, self.counts)
    }
}

impl Genome {
    /// How many genes it has.
    pub fn len(&self) -> usize {
        match self {
            Self::Real(genes) => genes.len(),
            Self::Binary(genes) => genes.len(),
            Self::Permutation(genes) => genes.len(),
            Self::Bytes(genes) => genes.len(),
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it is made of.
    pub fn kind(&self) -> GenomeKind {
        match self {
            Self::Real(_) => GenomeKind::Real,
            Self::Binary(_) => GenomeKind::Binary,
            Self::Permutation(_) => GenomeKind::Permutation,
            Self::Bytes(_) => GenomeKind::Bytes,
        }
    }
}

impl Operators {
    fn random(&self, rng: &mut Rng) -> Genome {
        let n = self.space.dim();
        match self.settings.genome {
            GenomeKind::Real => Genome::Real(self.space.uniform(rng)),
            GenomeKind::Binary => Genome::Binary((0..n).map(|_| rng.below(2) == 1).collect()),
            GenomeKind::Bytes => Genome::Bytes((0..n).map(|_| rng.below(256) as u8).collect()),
            GenomeKind::Permutation => {
                let mut genes: Vec<u32> = (0..n as u32).collect();
                rng.shuffle(&mut genes);
                Genome::Permutation(genes)
            }
        }
    }

    /// The children of the next generation; of the sorted `people` only the elite stays.
    fn breed(
        &self,
        people: &mut Vec<(Genome, f64)>,
        share: f64, // of the budget that is spent
        rng: &mut Rng,
        (mut crossover, mut mutation): (Option<&mut Crossover>, Option<&mut Mutation>),
    ) -> Result<Vec<Genome>> {
        let GaSettings { population, elite, crossover_rate, .. } = self.settings;
        let wheel = self.wheel(people);
        let mut children = Vec::with_capacity(population - elite);
        while children.len() < population - elite {
            stop::check()?;
            let mother = &people[self.select(&wheel, rng)].0;
            let father = &people[self.select(&wheel, rng)].0;
            let child = if rng.uniform() >= crossover_rate {
                mother.clone()
            } else if let Some(crossover) = &mut crossover {
                let child = crossover(mother, father, rng)?;
                self.check(&child, "the crossover's child")?;
                child
            } else {
                self.cross(mother, father, rng)
            };
            children.push(if let Some(mutation) = &mut mutation {
                let child = mutation(&child, rng)?;
                self.check(&child, "the mutated child")?;
                child
            } else {
                self.mutate(child, share, rng)
            });
        }
        people.truncate(elite);
        Ok(children)
    }

    /// Whether `genome` is what this algorithm breeds.
    fn check(&self, genome: &Genome, whose: &str) -> Result<()> {
        let (kind, n) = (self.settings.genome, self.space.dim());
        let refuse = |why: String| Err(Error::value(format!("ga: {whose} {why}")));
        if genome.kind() != kind {
            return refuse(format!("must be {kind:?}, got {:?}", genome.kind()).to_lowercase());
        }
        if genome.len() != n {
            return refuse(format!("must have {n} genes, got {}", genome.len()));
        }
        match genome {
            Genome::Real(genes) => {
                if let Some(i) = genes.iter().position(|gene| !gene.is_finite()) {
                    return refuse(format!("must have finite genes, got {} at {}", genes[i], i + 1));
                }
            }
            Genome::Permutation(genes) => {
                let mut seen = vec![false; n];
                for &gene in genes {
                    match seen.get_mut(gene as usize) {
                        Some(seen) if !*seen => *seen = true,
                        Some(_) => return refuse(format!("must have each number once, got {gene} twice")),
                        None => return refuse(format!("must have numbers below {n}, got {gene}")),
                    }
                }
            }
            Genome::Binary(_) | Genome::Bytes(_) => {}
        }
        Ok(())
    }

    /// Cumulative chances of the sorted `people`; tournaments need only their number.
    fn wheel(&self, people: &[(Genome, f64)]) -> Vec<f64> {
        let count = people.len();
        let weight = |i: usize| match self.settings.selection {
            Selection::Tournament => 1.0,
            Selection::Rank => (count - 1 - i) as f64,
            Selection::Roulette => {
                let worst = people.iter().rev().map(|p| p.1).find(|v| v.is_finite()).unwrap_or(0.0);
                if people[i].1.is_finite() { (worst - people[i].1).max(0.0) } else { 0.0 }
            }
        };
        let mut sum = 0.0;
        let mut wheel: Vec<f64> = (0..count)
            .map(|i| {
                sum += weight(i);
                sum
            })
            .collect();
        if !(sum > 0.0 && sum.is_finite()) {
            wheel = (1..=count).map(|i| i as f64).collect(); // all are equal
        }
        wheel
    }

    fn select(&self, wheel: &[f64], rng: &mut Rng) -> usize {
        let count = wheel.len();
        if self.settings.selection == Selection::Tournament {
            return (0..self.settings.tournament).map(|_| rng.below(count)).min().unwrap_or(0); // sorted: lower is better
        }
        let stop = rng.uniform() * wheel[count - 1];
        wheel.partition_point(|sum| *sum <= stop).min(count - 1)
    }

    fn cross(&self, a: &Genome, b: &Genome, rng: &mut Rng) -> Genome {
        match (a, b) {
            (Genome::Real(a), Genome::Real(b)) => {
                let mut child: Vec<f64> =
                    a.iter().zip(b).map(|(a, b)| a + (2.0 * rng.uniform() - 0.5) * (b - a)).collect();
                self.space.clip(&mut child);
                Genome::Real(child)
            }
            (Genome::Binary(a), Genome::Binary(b)) => Genome::Binary(two_points(a, b, rng)),
            (Genome::Bytes(a), Genome::Bytes(b)) => Genome::Bytes(two_points(a, b, rng)),
            (Genome::Permutation(a), Genome::Permutation(b)) => Genome::Permutation(order(a, b, rng)),
            _ => a.clone(),
        }
    }

    fn mutate(&self, genome: Genome, share: f64, rng: &mut Rng) -> Genome {
        let n = genome.len();
        let rate = self.settings.mutation_rate.unwrap_or(1.0 / n as f64);
        match genome {
            Genome::Real(mut genes) => {
                let size = self.settings.mutation_size.unwrap_or_else(|| 0.1 * 1e-3_f64.powf(share));
                for (i, gene) in genes.iter_mut().enumerate() {
                    if rng.uniform() < rate {
                        *gene += size * self.space.width(i) * rng.normal();
                    }
                }
                self.space.fold(&mut genes);
                Genome::Real(genes)
            }
            Genome::Binary(mut genes) => {
                chosen(n, rate, rng, |i, _| genes[i] = !genes[i]);
                Genome::Binary(genes)
            }
            Genome::Bytes(mut genes) => {
                chosen(n, rate, rng, |i, rng| genes[i] = rng.below(256) as u8);
                Genome::Bytes(genes)
            }
            Genome::Permutation(mut genes) => {
                if rng.uniform() < rate * n as f64 {
                    let (i, j) = (rng.below(n), rng.below(n));
                    genes[i.min(j)..=i.max(j)].reverse();
                }
                Genome::Permutation(genes)
            }
        }
    }
}

/// Calls `change` for each of `n` genes with chance `rate`, skipping from one to the next.
fn chosen(n: usize, rate: f64, rng: &mut Rng, mut change: impl FnMut(usize, &mut Rng)) {
    if rate <= 0.0 {
        return;
    }
    let mut i = 0.0;
    loop {
        // The number of genes passed over is geometric.
        i += if rate < 1.0 { ((1.0 - rng.uniform()).ln() / (1.0 - rate).ln()).floor() } else { 0.0 };
        if i >= n as f64 {
            return;
        }
        change(i as usize, rng);
        i += 1.0;
    }
}

/// A copy of `a` with a piece of `b`.
fn two_points<T: Copy>(a: &[T], b: &[T], rng: &mut Rng) -> Vec<T> {
    let (i, j) = (rng.below(a.len() + 1), rng.below(a.len() + 1));
    let piece = i.min(j)..i.max(j);
    let mut child = a.to_vec();
    child[piece.clone()].copy_from_slice(&b[piece]);
    child
}

/// A piece of `a` in its place, the rest in the order of `b`.
fn order(a: &[u32], b: &[u32], rng: &mut Rng) -> Vec<u32> {
    let n = a.len();
    let (i, j) = (rng.below(n), rng.below(n));
    let (i, j) = (i.min(j), i.max(j));
    let mut kept = vec![false; n];
    a[i..=j].iter().for_each(|&gene| kept[gene as usize] = true);
    let mut child = a.to_vec();
    let rest = (0..n).map(|k| b[(j + 1 + k) % n]).filter(|&gene| !kept[gene as usize]);
    for (k, gene) in rest.enumerate() {
        child[(j + 1 + k) % n] = gene;
    }
    child
}

/// The genetic algorithm over real genomes, as one of the methods for points.
///
/// # Errors
/// When a setting is out of its range, or `genome` is not "real" ([`Ga`] takes those).
pub fn ga(settings: GaSettings) -> Result<Search> {
    let space = settings.space()?;
    let kind = settings.genome;
    if kind != GenomeKind::Real {
        let kind = format!("{kind:?}").to_lowercase();
        return Err(Error::setting("ga", "genome", "\"real\" where points are searched", kind));
    }
    let Ga { operators, mut rng, asked, .. } = Ga::new(GaSettings { seed: Some(space.seed), ..settings })?;
    Search::new("ga", space, async move |desk| {
        let point = |genome: &Genome| if let Genome::Real(x) = genome { x.clone() } else { vec![] };
        let patience = operators.settings.patience;
        let mut asked = asked;
        let mut people: Vec<(Genome, f64)> = vec![];
        let (mut best, mut stale) = (f64::INFINITY, 0);
        loop {
            let values = desk.values(asked.iter().map(point).collect()).await;
            people.extend(asked.drain(..).zip(values));
            people.sort_by(|a, b| a.1.total_cmp(&b.1));
            stale = if people[0].1 < best { 0 } else { stale + 1 };
            best = best.min(people[0].1);
            if patience > 0 && stale >= patience {
                return Ok(Reason::Converged);
            }
            let share = desk.evals() as f64 / desk.budget() as f64;
            asked = operators.breed(&mut people, share, &mut rng, (None, None))?;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::blackbox::minimize;

    fn ones(genome: &Genome) -> f64 {
        match genome {
            Genome::Binary(bits) => -(bits.iter().filter(|b| **b).count() as f64),
            Genome::Bytes(bytes) => bytes.iter().map(|b| f64::from(*b)).sum(),
            Genome::Permutation(p) => p.iter().enumerate().map(|(i, g)| (f64::from(*g) - i as f64).abs()).sum(),
            Genome::Real(x) => x.iter().map(|x| x * x).sum(),
        }
    }

    fn settings(genome: GenomeKind) -> GaSettings {
        GaSettings { genome, dim: Some(12), budget: 20_000, seed: Some(1), ..Default::default() }
    }

    #[test]
    fn every_kind_and_selection_finds_the_best_and_never_loses_it() {
        for (kind, bottom) in [
            (GenomeKind::Binary, -12.0),
            (GenomeKind::Bytes, 60.0),
            (GenomeKind::Permutation, 0.0),
            (GenomeKind::Real, 1e-3),
        ] {
            for selection in [Selection::Roulette, Selection::Tournament, Selection::Rank] {
                let mut ga = Ga::new(GaSettings { selection, ..settings(kind) }).unwrap();
                let mut last = f64::INFINITY;
                while ga.done().is_none() {
                    let values: Vec<f64> = ga.ask().iter().map(ones).collect();
                    ga.tell(&values).unwrap();
                    let best = ga.population()[0].1;
                    assert!(best <= last && Some(best) == ga.best().map(|b| b.1), "{best} after {last}");
                    last = best;
                }
                assert!(last <= bottom, "{kind:?} {selection:?}: {last}");
                assert_eq!(ga.counts().evals, 20_000);
            }
        }
    }

    #[test]
    fn the_elite_is_not_asked_again() {
        let mut ga = Ga::new(GaSettings { elite: 5, ..settings(GenomeKind::Binary) }).unwrap();
        assert_eq!(ga.ask().len(), 50);
        ga.tell(&ga.ask().iter().map(ones).collect::<Vec<_>>()).unwrap();
        assert_eq!(ga.ask().len(), 45);
    }

    #[test]
    fn order_crossover_keeps_each_number_once() {
        let mut rng = Rng::new(1);
        let (a, b): (Vec<u32>, Vec<u32>) = ((0..9).collect(), (0..9).rev().collect());
        for _ in 0..100 {
            let mut child = order(&a, &b, &mut rng);
            child.sort_unstable();
            assert_eq!(child, a);
        }
    }

    #[test]
    fn operators_can_be_replaced_and_are_checked() {
        let zero = || Box::new(|_: &Genome, _: &mut Rng| Ok(Genome::Bytes(vec![0; 12]))) as Mutation;
        let mut ga = Ga::new(settings(GenomeKind::Bytes)).unwrap().with_mutation(zero());
        ga.tell(&[1.0; 50]).unwrap();
        assert!(ga.ask().iter().all(|g| ones(g) == 0.0));

        let twice = Box::new(|_: &Genome, _: &Genome, _: &mut Rng| Ok(Genome::Permutation(vec![3; 12])));
        let mut ga = Ga::new(settings(GenomeKind::Permutation)).unwrap().with_crossover(twice);
        let error = ga.tell(&[1.0; 50]).unwrap_err().to_string();
        assert_eq!(error, "ga: the crossover's child must have each number once, got 3 twice");
        let error = Ga::new(settings(GenomeKind::Binary)).unwrap().with_mutation(zero()).tell(&[1.0; 50]).unwrap_err();
        assert_eq!(error.to_string(), "ga: the mutated child must be binary, got bytes");
    }

    #[test]
    fn a_first_population_is_used_and_checked() {
        let ga = Ga::new(settings(GenomeKind::Binary)).unwrap();
        let ga = ga.with_population(vec![Genome::Binary(vec![true; 12])]).unwrap();
        assert_eq!(ga.ask()[0], Genome::Binary(vec![true; 12]));
        let error = ga.with_population(vec![Genome::Binary(vec![])]).unwrap_err();
        assert_eq!(error.to_string(), "ga: the first population must have 12 genes, got 0");
    }

    #[test]
    fn as_a_method_it_works_on_points() {
        let found =
            minimize(&mut ga(settings(GenomeKind::Real)).unwrap(), |x| Ok(x.iter().map(|x| x * x).sum()), |_| true);
        assert!(found.unwrap().value < 1e-2);
        let error = ga(settings(GenomeKind::Bytes)).unwrap_err().to_string();
        assert_eq!(error, "ga: `genome` must be \"real\" where points are searched, got bytes");
    }
}
