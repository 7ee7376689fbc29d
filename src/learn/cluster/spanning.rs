//! The shortest tree that connects all samples.
//!
//! Prim (1957), "Shortest connection networks and some generalizations", on all pairs; samples that are still outside
//! the tree are kept column by column, so that one step is a few vector instructions for each.

use super::near::vectorised;
use crate::{Result, stop};

/// One connection of two samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Edge {
    pub a: u32,
    pub b: u32,
    pub squared: f64,
}

/// The `n - 1` connections, the shortest first. The squared length of one is the squared distance, but no less than
/// `least` of either end (for mutual reachability; zeros for plain distances).
pub(super) fn spanning_tree(x: &[f64], d: usize, least: &[f64]) -> Result<Vec<Edge>> {
    let n = x.len() / d;
    // What is outside: all but sample 0, which is taken first.
    let mut left = n - 1;
    let mut ids: Vec<u32> = (1..n as u32).collect();
    let mut columns: Vec<Vec<f64>> = (0..d).map(|j| (1..n).map(|i| x[i * d + j]).collect()).collect();
    let mut least_of: Vec<f64> = least[1..].to_vec();
    let mut best = vec![f64::INFINITY; left];
    let mut from = vec![0u32; left];
    let mut gaps = vec![0.0; left];
    let mut edges = Vec::with_capacity(left);
    let mut current = 0usize;
    let mut work = 0;
    while left > 0 {
        work += left * (d + 4);
        if work > 4_000_000 {
            stop::check()?;
            work = 0;
        }
        let place = vectorised(
            #[inline(always)]
            || {
                let gaps = &mut gaps[..left];
                gaps.fill(0.0);
                for (column, &v) in columns.iter().zip(&x[current * d..(current + 1) * d]) {
                    for (gap, &c) in gaps.iter_mut().zip(&column[..left]) {
                        *gap += (c - v) * (c - v);
                    }
                }
                let (best, from) = (&mut best[..left], &mut from[..left]);
                let (least_of, mine) = (&least_of[..left], least[current]);
                let mut lanes = [f64::INFINITY; 8];
                for i in 0..left {
                    let gap = gaps[i].max(least_of[i]).max(mine);
                    let nearer = gap < best[i];
                    best[i] = if nearer { gap } else { best[i] };
                    from[i] = if nearer { current as u32 } else { from[i] };
                }
                let (chunks, rest) = best.as_chunks::<8>();
                for chunk in chunks {
                    for t in 0..8 {
                        lanes[t] = if chunk[t] < lanes[t] { chunk[t] } else { lanes[t] };
                    }
                }
                let smallest = lanes.iter().chain(rest).fold(f64::INFINITY, |a, &b| a.min(b));
                best.iter().position(|&b| b == smallest).unwrap_or(0)
            },
        );
        edges.push(Edge { a: from[place], b: ids[place], squared: best[place] });
        current = ids[place] as usize;
        left -= 1;
        ids.swap_remove(place);
        least_of.swap_remove(place);
        best.swap_remove(place);
        from.swap_remove(place);
        columns.iter_mut().for_each(|c| {
            c.swap_remove(place);
        });
    }
    edges.sort_by(|p, q| p.squared.total_cmp(&q.squared).then(p.a.cmp(&q.a)).then(p.b.cmp(&q.b)));
    Ok(edges)
}

/// Which group everything is in, while groups are joined (Tarjan 1975).
pub(super) struct Groups {
    parent: Vec<u32>,
}

impl Groups {
    pub fn new(n: usize) -> Self {
        Self { parent: (0..n as u32).collect() }
    }

    /// The root of the group of `i`.
    pub fn root(&mut self, i: u32) -> u32 {
        let mut i = i as usize;
        while self.parent[i] as usize != i {
            self.parent[i] = self.parent[self.parent[i] as usize];
            i = self.parent[i] as usize;
        }
        i as u32
    }

    /// Joins the group with root `child` under root `parent`.
    pub fn join(&mut self, child: u32, parent: u32) {
        self.parent[child as usize] = parent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    #[test]
    fn the_tree_is_the_shortest() {
        let (n, d) = (60, 2);
        let mut rng = Rng::new(8);
        let x: Vec<f64> = (0..n * d).map(|_| rng.normal()).collect();
        let gap = |i: usize, j: usize| (0..d).map(|k| (x[i * d + k] - x[j * d + k]).powi(2)).sum::<f64>();
        // Kruskal's algorithm.
        let mut pairs: Vec<(f64, u32, u32)> =
            (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| (gap(i, j), i as u32, j as u32)).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut groups = Groups::new(n);
        let mut expected = 0.0;
        for (gap, i, j) in pairs {
            let (a, b) = (groups.root(i), groups.root(j));
            if a != b {
                groups.join(a, b);
                expected += gap;
            }
        }
        let tree = spanning_tree(&x, d, &vec![0.0; n]).unwrap();
        let total: f64 = tree.iter().map(|e| e.squared).sum();
        assert_eq!(tree.len(), n - 1);
        assert!((total - expected).abs() < 1e-9);
    }
}
