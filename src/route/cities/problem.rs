//! What a tour costs: points with a metric, or a full matrix, with changed costs for chosen pairs.
//!
//! The rounded metrics are those of Reinelt (1991), "TSPLIB: a traveling salesman problem library", section 2.

use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// How far two points are from each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Metric {
    /// The plain Euclidean distance.
    #[default]
    Euclid,
    /// TSPLIB's EUC_2D: rounded to the nearest whole number.
    Euc2d,
    /// TSPLIB's CEIL_2D: rounded up.
    Ceil2d,
    /// TSPLIB's ATT: a pseudo-Euclidean distance, divided by √10 and rounded up.
    Att,
    /// TSPLIB's GEO: kilometres on the globe between points given as latitude and longitude in the form DDD.MM.
    Geo,
}

/// A changed cost for one pair of cities, in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Preference {
    /// One of the two cities.
    pub from: usize,
    /// The other.
    pub to: usize,
    /// The amount, finite; a negative one draws the tour to this pair.
    pub cost: f64,
    /// "replace" puts `cost` in the place of the distance, "add" adds it. Default "replace".
    #[serde(default)]
    pub mode: PreferenceMode,
}

/// What a [`Preference`] does with its cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PreferenceMode {
    /// In the place of the distance.
    #[default]
    Replace,
    /// In addition to the distance.
    Add,
}

/// Up to this many points the distances are kept in a table; beyond, the processor computes one faster than memory
/// delivers it.
const TABLE_MAX: usize = 512;
/// The same for the costly distances on the globe.
const GEO_TABLE_MAX: usize = 4096;

const EARTH_RADIUS: f64 = 6378.388; // km, as TSPLIB has it
#[allow(clippy::approx_constant)]
const TSPLIB_PI: f64 = 3.141592; // so that the rounded distances agree

/// Cities and what it costs to go from one to another, the same both ways.
///
/// ```
/// use mynah::route::cities::{Metric, Problem};
/// let square = Problem::points(vec![[0.0, 0.0], [3.0, 0.0], [3.0, 4.0], [0.0, 4.0]], Metric::Euclid)?;
/// assert_eq!(square.length(&[0, 1, 2, 3]), 14.0);
/// assert_eq!(square.length(&[0, 2, 1, 3]), 18.0);
/// # Ok::<(), mynah::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Problem {
    n: usize,
    metric: Metric,
    points: Vec<[f64; 2]>, // empty when only a matrix was given; latitude and longitude in radians for `Geo`
    table: Vec<f64>,       // all costs, row by row, or empty
    changes: HashMap<(u32, u32), Change>,
    partners: HashMap<u32, Vec<u32>>, // the cities that each city has a changed cost with
}

/// The cost becomes `keep * distance + plus`.
#[derive(Clone, Copy, Debug)]
struct Change {
    keep: f64,
    plus: f64,
}

impl Problem {
    /// Cities at points.
    ///
    /// # Errors
    /// When there is no point, there are more than four billion, or a coordinate is not finite.
    pub fn points(mut points: Vec<[f64; 2]>, metric: Metric) -> Result<Self> {
        let n = checked_count(points.len())?;
        if let Some(i) = points.iter().position(|p| !(p[0].is_finite() && p[1].is_finite())) {
            return Err(Error::value(format!("tsp: city {i} is at {:?}; coordinates must be finite", points[i])));
        }
        if metric == Metric::Geo {
            for p in &mut points {
                *p = p.map(radians);
            }
        }
        let mut problem = Self { n, metric, points, table: vec![], changes: HashMap::new(), partners: HashMap::new() };
        let limit = if metric == Metric::Geo { GEO_TABLE_MAX } else { TABLE_MAX };
        if n <= limit {
            let mut table = vec![0.0; n * n];
            for a in 0..n {
                for b in 0..n {
                    table[a * n + b] = problem.computed(a as u32, b as u32);
                }
            }
            problem.table = table;
        }
        if problem.span().is_finite() {
            Ok(problem)
        } else {
            Err(Error::value("tsp: the cities are too far apart for finite distances"))
        }
    }

    /// Cities with a full matrix of costs, row by row: `costs[a * n + b]` from `a` to `b`.
    ///
    /// # Errors
    /// When the matrix is empty, not square, not symmetric, or has a number that is not finite.
    pub fn matrix(costs: Vec<f64>) -> Result<Self> {
        let n = costs.len().isqrt();
        if n * n != costs.len() {
            return Err(Error::value(format!("tsp: {} costs do not make a square matrix", costs.len())));
        }
        checked_count(n)?;
        for a in 0..n {
            for b in 0..n {
                let (there, back) = (costs[a * n + b], costs[b * n + a]);
                if !there.is_finite() {
                    return Err(Error::value(format!(
                        "tsp: the entry at row {}, column {} must be finite, got {there}",
                        a + 1,
                        b + 1
                    )));
                }
                if (there - back).abs() > 1e-9 * there.abs().max(back.abs()) {
                    return Err(Error::value(format!(
                        "tsp: the matrix must be symmetric, and row {}, column {} is {there} while row {}, column {} is {back}",
                        a + 1,
                        b + 1,
                        b + 1,
                        a + 1
                    )));
                }
            }
        }
        Ok(Self {
            n,
            metric: Metric::Euclid,
            points: vec![],
            table: costs,
            changes: HashMap::new(),
            partners: HashMap::new(),
        })
    }

    /// The same cities with changed costs for chosen pairs; several for one pair act one after the other.
    ///
    /// # Errors
    /// When a city does not exist, a pair is a city with itself, or a cost is not finite.
    pub fn with_preferences(mut self, preferences: &[Preference]) -> Result<Self> {
        for preference in preferences {
            let Preference { from, to, cost, mode } = *preference;
            for city in [from, to] {
                if city >= self.n {
                    return Err(Error::value(format!(
                        "tsp: a preference names city {city}, but the last city is {}",
                        self.n - 1
                    )));
                }
            }
            if from == to {
                return Err(Error::value(format!("tsp: a preference pairs city {from} with itself")));
            }
            if !cost.is_finite() {
                return Err(Error::value(format!("tsp: the preference of cities {from} and {to} costs {cost}")));
            }
            let change = self.changes.entry(key(from as u32, to as u32)).or_insert(Change { keep: 1.0, plus: 0.0 });
            match mode {
                PreferenceMode::Replace => *change = Change { keep: 0.0, plus: cost },
                PreferenceMode::Add => change.plus += cost,
            }
            for (a, b) in [(from, to), (to, from)] {
                if !self.table.is_empty() {
                    let entry = &mut self.table[a * self.n + b];
                    match mode {
                        PreferenceMode::Replace => *entry = cost,
                        PreferenceMode::Add => *entry += cost,
                    }
                }
                let partners = self.partners.entry(a as u32).or_default();
                if !partners.contains(&(b as u32)) {
                    partners.push(b as u32);
                }
            }
        }
        Ok(self)
    }

    /// The number of cities.
    pub fn len(&self) -> usize {
        self.n
    }

    /// Whether there is no city: never, since no such problem can be made.
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// What it costs to go from `a` to `b`.
    #[inline]
    pub fn cost(&self, a: u32, b: u32) -> f64 {
        if !self.table.is_empty() {
            return self.table[a as usize * self.n + b as usize];
        }
        let distance = self.computed(a, b);
        if self.changes.is_empty() { distance } else { self.changed(a, b, distance) }
    }

    /// What a tour through these cities costs, the way home included.
    pub fn length(&self, tour: &[u32]) -> f64 {
        let Some(&last) = tour.last() else { return 0.0 };
        let mut from = last;
        let mut length = 0.0;
        for &to in tour {
            length += self.cost(from, to);
            from = to;
        }
        length
    }

    /// Refuses what is not a tour: every city exactly once.
    ///
    /// # Errors
    /// When a city is missing, unknown or there twice.
    pub fn check_tour(&self, tour: &[u32]) -> Result<()> {
        if tour.len() != self.n {
            return Err(Error::value(format!("tsp: a tour of {} cities needs all {}", tour.len(), self.n)));
        }
        let mut seen = vec![false; self.n];
        for &city in tour {
            match seen.get_mut(city as usize) {
                None => return Err(Error::value(format!("tsp: the tour has city {city} of {}", self.n))),
                Some(true) => return Err(Error::value(format!("tsp: the tour has city {city} twice"))),
                Some(free) => *free = true,
            }
        }
        Ok(())
    }

    /// The points in space whose straight distances order like the costs (without preferences), if there are any.
    pub(super) fn places(&self) -> Option<Vec<[f64; 3]>> {
        (!self.points.is_empty()).then(|| {
            let place = |&[x, y]: &[f64; 2]| match self.metric {
                Metric::Geo => [x.cos() * y.cos(), x.cos() * y.sin(), x.sin()],
                _ => [x, y, 0.0],
            };
            self.points.iter().map(place).collect()
        })
    }

    /// The cities that `city` has a changed cost with.
    pub(super) fn partners(&self, city: u32) -> &[u32] {
        self.partners.get(&city).map_or(&[], Vec::as_slice)
    }

    /// The same problem with city `order[i]` as city `i`.
    pub(super) fn renumbered(&self, order: &[u32]) -> Self {
        let mut number = vec![0; self.n];
        for (new, &old) in order.iter().enumerate() {
            number[old as usize] = new as u32;
        }
        let points =
            if self.points.is_empty() { vec![] } else { order.iter().map(|&old| self.points[old as usize]).collect() };
        let table = if self.table.is_empty() {
            vec![]
        } else {
            order.iter().flat_map(|&a| order.iter().map(move |&b| self.cost(a, b))).collect()
        };
        let of = |city: u32| number[city as usize];
        Self {
            n: self.n,
            metric: self.metric,
            points,
            table,
            changes: self.changes.iter().map(|(&(a, b), &change)| (key(of(a), of(b)), change)).collect(),
            partners: self
                .partners
                .iter()
                .map(|(&city, partners)| (of(city), partners.iter().map(|&other| of(other)).collect()))
                .collect(),
        }
    }

    fn computed(&self, a: u32, b: u32) -> f64 {
        let (p, q) = (self.points[a as usize], self.points[b as usize]);
        let (dx, dy) = (p[0] - q[0], p[1] - q[1]);
        match self.metric {
            Metric::Euclid => (dx * dx + dy * dy).sqrt(),
            Metric::Euc2d => ((dx * dx + dy * dy).sqrt() + 0.5).floor(),
            Metric::Ceil2d => (dx * dx + dy * dy).sqrt().ceil(),
            Metric::Att => ((dx * dx + dy * dy) / 10.0).sqrt().ceil(),
            Metric::Geo if a == b => 0.0,
            Metric::Geo => {
                let (q1, q2, q3) = (dy.cos(), dx.cos(), (p[0] + q[0]).cos());
                let cosine = 0.5 * ((1.0 + q1) * q2 - (1.0 - q1) * q3);
                (EARTH_RADIUS * cosine.clamp(-1.0, 1.0).acos() + 1.0).floor()
            }
        }
    }

    #[cold]
    fn changed(&self, a: u32, b: u32, distance: f64) -> f64 {
        self.changes.get(&key(a, b)).map_or(distance, |change| change.keep * distance + change.plus)
    }

    /// A bound on the distances.
    fn span(&self) -> f64 {
        let extent = |axis: usize| {
            let values = || self.points.iter().map(|p| p[axis]);
            values().fold(f64::MIN, f64::max) - values().fold(f64::MAX, f64::min)
        };
        let (w, h) = (extent(0), extent(1));
        (w * w + h * h).sqrt() * self.n as f64
    }
}

fn key(a: u32, b: u32) -> (u32, u32) {
    (a.min(b), a.max(b))
}

/// From TSPLIB's DDD.MM (degrees and minutes) to radians.
fn radians(ddd_mm: f64) -> f64 {
    let degrees = ddd_mm.trunc();
    TSPLIB_PI * (degrees + 5.0 * (ddd_mm - degrees) / 3.0) / 180.0
}

fn checked_count(n: usize) -> Result<usize> {
    match n {
        0 => Err(Error::value("tsp: there are no cities")),
        n if n >= 1 << 31 => Err(Error::value(format!("tsp: {n} cities are too many"))),
        n => Ok(n),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(metric: Metric, a: [f64; 2], b: [f64; 2]) -> f64 {
        Problem::points(vec![a, b], metric).unwrap().cost(0, 1)
    }

    #[test]
    fn metrics_round_as_tsplib_says() {
        let (a, b) = ([0.0, 0.0], [1.0, 1.2]); // √2.44 = 1.562
        assert!((pair(Metric::Euclid, a, b) - 2.44_f64.sqrt()).abs() < 1e-15);
        assert_eq!(pair(Metric::Euc2d, a, b), 2.0);
        assert_eq!(pair(Metric::Ceil2d, a, b), 2.0);
        assert_eq!(pair(Metric::Euc2d, a, [1.0, 1.0]), 1.0);
        assert_eq!(pair(Metric::Ceil2d, a, [1.0, 1.0]), 2.0);
        assert_eq!(pair(Metric::Att, a, [10.0, 0.0]), 4.0); // √10 = 3.16
        // A quarter of the way round the globe: π/2 * 6378.388 = 10019.1, plus 1, cut.
        assert_eq!(pair(Metric::Geo, [0.0, 0.0], [0.0, 90.0]), 10020.0);
        // 30 minutes are half a degree: 55.66 km.
        assert_eq!(pair(Metric::Geo, [0.0, 0.0], [0.0, 0.30]), 56.0);
    }

    #[test]
    fn preferences_replace_and_add_in_both_directions() {
        for n in [3, TABLE_MAX + 1] {
            let points = (0..n).map(|i| [i as f64, 0.0]).collect();
            let preferences = [
                Preference { from: 0, to: 1, cost: 7.0, mode: PreferenceMode::Replace },
                Preference { from: 2, to: 0, cost: -0.5, mode: PreferenceMode::Add },
                Preference { from: 1, to: 0, cost: 1.0, mode: PreferenceMode::Add },
            ];
            let problem = Problem::points(points, Metric::Euclid).unwrap().with_preferences(&preferences).unwrap();
            assert_eq!([problem.cost(0, 1), problem.cost(1, 0)], [8.0, 8.0]);
            assert_eq!([problem.cost(0, 2), problem.cost(2, 0)], [1.5, 1.5]);
            assert_eq!(problem.cost(1, 2), 1.0);
            let mirrored = problem.renumbered(&(0..n as u32).rev().collect::<Vec<_>>());
            let last = n as u32 - 1;
            assert_eq!([mirrored.cost(last, last - 1), mirrored.cost(last - 1, last - 2)], [8.0, 1.0]);
        }
    }

    #[test]
    fn unusable_cities_are_refused_in_a_sentence() {
        let refusal = |result: Result<Problem>| result.unwrap_err().to_string();
        assert_eq!(refusal(Problem::points(vec![], Metric::Euclid)), "tsp: there are no cities");
        assert!(refusal(Problem::points(vec![[0.0, f64::NAN]], Metric::Euclid)).contains("city 0 is at [0.0, NaN]"));
        assert!(refusal(Problem::points(vec![[-1e308, 0.0], [1e308, 0.0]], Metric::Euclid)).contains("too far apart"));
        assert!(refusal(Problem::matrix(vec![0.0, 1.0, 2.0])).contains("square"));
        assert!(
            refusal(Problem::matrix(vec![0.0, 1.0, 2.0, 0.0]))
                .contains("row 1, column 2 is 1 while row 2, column 1 is 2")
        );
        let two = Problem::points(vec![[0.0, 0.0], [1.0, 0.0]], Metric::Euclid).unwrap();
        let preference =
            |from, to, cost| two.clone().with_preferences(&[Preference { from, to, cost, mode: PreferenceMode::Add }]);
        assert!(refusal(preference(0, 2, 1.0)).contains("city 2, but the last city is 1"));
        assert!(refusal(preference(1, 1, 1.0)).contains("with itself"));
        assert!(refusal(preference(0, 1, f64::INFINITY)).contains("costs inf"));
        assert!(two.check_tour(&[0, 0]).is_err() && two.check_tour(&[1]).is_err() && two.check_tour(&[1, 0]).is_ok());
    }
}
