//! The proven shortest tour through a handful of cities.
//!
//! Held & Karp (1962): the cheapest way through each set of cities, by the city where it ends.

use super::Problem;

/// So many cities are solved exactly at once: 2^8 sets of the other cities.
pub const FEW: usize = 9;

/// The shortest tour of at most [`FEW`] cities.
pub fn exact(problem: &Problem) -> Vec<u32> {
    let n = problem.len();
    debug_assert!(n <= FEW);
    if n <= 3 {
        return (0..n as u32).collect();
    }
    let m = n - 1; // the cities that are not the last one, where every tour begins
    let home = m as u32;
    let mut cost = vec![f64::INFINITY; m << m]; // [set, end]
    let mut before = vec![0; m << m];
    for city in 0..m {
        cost[(1 << city) * m + city] = problem.cost(home, city as u32);
    }
    for set in 1..1usize << m {
        for end in (0..m).filter(|&end| set >> end & 1 == 1) {
            let so_far = cost[set * m + end];
            for next in (0..m).filter(|&next| set >> next & 1 == 0) {
                let place = (set | 1 << next) * m + next;
                let total = so_far + problem.cost(end as u32, next as u32);
                if total < cost[place] {
                    cost[place] = total;
                    before[place] = end;
                }
            }
        }
    }
    let mut set = (1 << m) - 1;
    let whole = |end: usize| cost[set * m + end] + problem.cost(end as u32, home);
    let mut end = (0..m).min_by(|&a, &b| whole(a).total_cmp(&whole(b))).expect("there are four cities");
    let mut tour = vec![home];
    while set != 0 {
        tour.push(end as u32);
        (set, end) = (set & !(1 << end), before[set * m + end]);
    }
    tour
}

#[cfg(test)]
mod tests {
    use super::super::Metric;
    use super::*;
    use crate::data::Rng;

    fn shortest_permutation(problem: &Problem, tour: &mut Vec<u32>, best: &mut f64) {
        if tour.len() == problem.len() {
            *best = best.min(problem.length(tour));
        }
        for city in 0..problem.len() as u32 {
            if !tour.contains(&city) {
                tour.push(city);
                shortest_permutation(problem, tour, best);
                tour.pop();
            }
        }
    }

    #[test]
    fn no_permutation_is_shorter() {
        let mut rng = Rng::new(1);
        for n in 1..=7 {
            let points = (0..n).map(|_| [rng.uniform(), rng.uniform()]).collect();
            let problem = Problem::points(points, Metric::Euclid).unwrap();
            let tour = exact(&problem);
            problem.check_tour(&tour).unwrap();
            let mut best = f64::INFINITY;
            shortest_permutation(&problem, &mut vec![0], &mut best);
            assert!((problem.length(&tour) - best).abs() < 1e-12, "{n}");
        }
    }
}
