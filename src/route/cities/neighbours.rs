//! Neighbour lists: the cheapest few cities to go to from each.

use super::Problem;
use super::kd_tree::{KdTree, Nearest};
use rayon::prelude::*;

/// For each city the cheapest `k` others to go to, cheapest first.
#[derive(Clone, Debug)]
pub struct Neighbours {
    k: usize,
    lists: Vec<u32>, // [n, k]
}

impl Neighbours {
    /// The lists of a problem; `k` is cut to the number of other cities.
    pub fn new(problem: &Problem, k: usize) -> Self {
        let n = problem.len();
        let k = k.min(n - 1);
        if k == 0 {
            return Self { k, lists: vec![] };
        }
        let mut lists = vec![0; n * k];
        let tree = problem.places().map(|places| (KdTree::new(&places, (0..n as u32).collect()), places));
        // Each city's list depends on nothing else: the same on any number of threads.
        lists.par_chunks_mut(k * 256).enumerate().for_each(|(block, lists)| {
            let mut nearest = Nearest::default();
            let mut candidates = vec![];
            for (i, list) in lists.chunks_mut(k).enumerate() {
                let city = (block * 256 + i) as u32;
                let partners = problem.partners(city);
                candidates.clear();
                match &tree {
                    Some((tree, places)) => {
                        tree.nearest(places[city as usize], k + partners.len(), city, &mut nearest);
                        candidates.extend(nearest.ids());
                        candidates.extend(partners);
                    }
                    None => candidates.extend((0..n as u32).filter(|&other| other != city)),
                }
                if tree.is_none() || !partners.is_empty() {
                    let by_cost =
                        |a: &u32, b: &u32| problem.cost(city, *a).total_cmp(&problem.cost(city, *b)).then(a.cmp(b));
                    candidates.sort_unstable_by(by_cost);
                    candidates.dedup();
                }
                list.copy_from_slice(&candidates[..k]);
            }
        });
        Self { k, lists }
    }

    /// The length of the lists.
    pub fn k(&self) -> usize {
        self.k
    }

    /// The cheapest cities to go to from `city`, cheapest first.
    #[inline]
    pub fn of(&self, city: u32) -> &[u32] {
        &self.lists[city as usize * self.k..][..self.k]
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Metric, Preference, PreferenceMode};
    use super::*;
    use crate::data::Rng;

    #[test]
    fn lists_hold_the_cheapest_cities_for_every_metric_and_with_preferences() {
        let mut rng = Rng::new(1);
        let points: Vec<[f64; 2]> = (0..300).map(|_| [80.0 * rng.uniform(), 170.0 * rng.uniform()]).collect();
        let preferences: Vec<Preference> = (0..50)
            .map(|i| Preference {
                from: i,
                to: 299 - i,
                cost: if i % 2 == 0 { -1.0 } else { 1e5 },
                mode: PreferenceMode::Replace,
            })
            .collect();
        for metric in [Metric::Euclid, Metric::Geo, Metric::Att] {
            let problem = Problem::points(points.clone(), metric).unwrap().with_preferences(&preferences).unwrap();
            let neighbours = Neighbours::new(&problem, 8);
            for city in 0..300 {
                let mut costs: Vec<f64> = (0..300).filter(|&b| b != city).map(|b| problem.cost(city, b)).collect();
                costs.sort_by(f64::total_cmp);
                let got: Vec<f64> = neighbours.of(city).iter().map(|&b| problem.cost(city, b)).collect();
                // Rounded metrics tie: a farther city may stand first at the same cost.
                assert!(got.iter().zip(&costs).all(|(a, b)| (a - b).abs() < 1.5), "{city}: {got:?} {costs:?}");
            }
        }
    }
}
