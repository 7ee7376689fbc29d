//! The nearest-neighbour start: from a city always on to the cheapest one not yet visited.
//!
//! About a quarter above the optimum on uniform points (Johnson & McGeoch 1997, section 2.2).

use super::Problem;
use super::kd_tree::{KdTree, Nearest};
use crate::Result;

/// Steps between two looks at the clock.
const STEPS: usize = 256;

/// The tour that begins at `start`. `going` may end it early: then the rest follows as it comes.
///
/// # Errors
/// What `going` answers.
pub fn nearest_tour(problem: &Problem, start: u32, mut going: impl FnMut() -> Result<bool>) -> Result<Vec<u32>> {
    let n = problem.len();
    let mut tour = Vec::with_capacity(n);
    let mut visited = vec![false; n];
    let mut tree = problem.places().map(|places| (KdTree::new(&places, (0..n as u32).collect()), places));
    let mut nearest = Nearest::default();
    let mut city = start;
    loop {
        tour.push(city);
        visited[city as usize] = true;
        if tour.len() == n {
            return Ok(tour);
        }
        if tour.len() % STEPS == 0 && !going()? {
            tour.extend((0..n as u32).filter(|&city| !visited[city as usize]));
            return Ok(tour);
        }
        let cheapest = |candidates: &mut dyn Iterator<Item = u32>| {
            candidates
                .filter(|&other| !visited[other as usize])
                .min_by(|&x, &y| problem.cost(city, x).total_cmp(&problem.cost(city, y)))
        };
        let next = match &mut tree {
            Some((tree, places)) => {
                tree.remove(city);
                let partners = problem.partners(city);
                tree.nearest(places[city as usize], 1 + partners.len(), city, &mut nearest);
                cheapest(&mut nearest.ids().chain(partners.iter().copied()))
            }
            None => cheapest(&mut (0..n as u32)),
        };
        city = next.expect("an unvisited city is left");
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Metric, Preference, PreferenceMode};
    use super::*;
    use crate::data::Rng;

    #[test]
    fn each_step_goes_to_the_cheapest_city_left() {
        let mut rng = Rng::new(4);
        let points: Vec<[f64; 2]> = (0..700).map(|_| [rng.uniform(), rng.uniform()]).collect();
        let preferences: Vec<Preference> = (0..300)
            .map(|i| Preference {
                from: i,
                to: 699 - i,
                cost: if i % 2 == 0 { 0.0 } else { 10.0 },
                mode: PreferenceMode::Replace,
            })
            .collect();
        let problem = Problem::points(points, Metric::Euclid).unwrap().with_preferences(&preferences).unwrap();
        let tour = nearest_tour(&problem, 5, || Ok(true)).unwrap();
        problem.check_tour(&tour).unwrap();
        assert_eq!(tour[0], 5);
        for i in 0..699 {
            let cost = problem.cost(tour[i], tour[i + 1]);
            assert!(tour[i + 1..].iter().all(|&other| problem.cost(tour[i], other) >= cost), "step {i}");
        }
    }
}
