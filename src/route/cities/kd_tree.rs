//! A k-d tree: the nearest points to a place, with points that can be taken out.
//!
//! Bentley (1990), "K-d trees for semidynamic point sets": built once by medians, nearest-neighbour search that looks
//! into a half only when it can hold something nearer, deletion by counting down to the root.

const LEAF: usize = 8; // points in a leaf, at most
const NONE: u32 = u32::MAX;

/// Points in three dimensions, ready to be searched.
#[derive(Debug)]
pub struct KdTree {
    nodes: Vec<Node>,
    points: Vec<[f64; 3]>, // in the order of the leaves
    ids: Vec<u32>,         // the point's number at each place of that order
    place: Vec<u32>,       // the place of each number
    leaf_of: Vec<u32>,     // the leaf of each place
    alive: Vec<bool>,      // by place
}

#[derive(Clone, Copy, Debug)]
struct Node {
    axis: usize,
    split: f64,
    left: u32, // the right child follows it; NONE for a leaf
    parent: u32,
    from: u32, // the node's places
    to: u32,
    alive: u32, // how many of them are still in
}

/// The nearest points found so far, nearest first; of equally near ones the lower number is first.
#[derive(Debug, Default)]
pub struct Nearest {
    k: usize,
    found: Vec<(f64, u32)>,
}

impl Nearest {
    fn reset(&mut self, k: usize) {
        self.k = k;
        self.found.clear();
    }

    /// The squared distance that a further point must stay below.
    fn limit(&self) -> f64 {
        if self.found.len() < self.k { f64::INFINITY } else { self.found[self.k - 1].0 }
    }

    fn add(&mut self, distance: f64, id: u32) {
        if self.found.len() == self.k {
            if (distance, id) >= self.found[self.k - 1] {
                return;
            }
            self.found.pop();
        }
        let mut i = self.found.len();
        self.found.push((distance, id));
        while i > 0 && self.found[i - 1] > (distance, id) {
            self.found[i] = self.found[i - 1];
            i -= 1;
        }
        self.found[i] = (distance, id);
    }

    /// The numbers found, nearest first.
    pub fn ids(&self) -> impl Iterator<Item = u32> {
        self.found.iter().map(|&(_, id)| id)
    }
}

impl KdTree {
    /// A tree of the points with these numbers.
    pub fn new(all: &[[f64; 3]], mut ids: Vec<u32>) -> Self {
        let mut nodes = vec![Node {
            axis: 0,
            split: 0.0,
            left: NONE,
            parent: NONE,
            from: 0,
            to: ids.len() as u32,
            alive: ids.len() as u32,
        }];
        let mut next = 0;
        while next < nodes.len() {
            let Node { from, to, .. } = nodes[next];
            let range = &mut ids[from as usize..to as usize];
            if range.len() > LEAF {
                let axis = widest(all, range);
                let middle = range.len() / 2;
                let by_axis = |a: &u32, b: &u32| {
                    all[*a as usize][axis].total_cmp(&all[*b as usize][axis]).then(a.cmp(b)) // ties: by number
                };
                let (_, &mut median, _) = range.select_nth_unstable_by(middle, by_axis);
                let left = nodes.len() as u32;
                nodes[next].axis = axis;
                nodes[next].split = all[median as usize][axis];
                nodes[next].left = left;
                let half = from + middle as u32;
                for (from, to) in [(from, half), (half, to)] {
                    nodes.push(Node {
                        axis: 0,
                        split: 0.0,
                        left: NONE,
                        parent: next as u32,
                        from,
                        to,
                        alive: to - from,
                    });
                }
            }
            next += 1;
        }
        let mut leaf_of = vec![0; ids.len()];
        for (i, node) in nodes.iter().enumerate().filter(|(_, node)| node.left == NONE) {
            leaf_of[node.from as usize..node.to as usize].fill(i as u32);
        }
        let mut place = vec![NONE; all.len()];
        for (i, &id) in ids.iter().enumerate() {
            place[id as usize] = i as u32;
        }
        let points = ids.iter().map(|&id| all[id as usize]).collect();
        Self { nodes, points, alive: vec![true; ids.len()], ids, place, leaf_of }
    }

    /// The numbers in the order of the leaves, in which near points are near each other.
    pub fn leaf_order(&self) -> &[u32] {
        &self.ids
    }

    /// Finds the `k` nearest points to `at` that are still in and not `but`.
    pub fn nearest(&self, at: [f64; 3], k: usize, but: u32, nearest: &mut Nearest) {
        nearest.reset(k);
        if k > 0 {
            self.descend(0, at, [0.0; 3], 0.0, but, nearest);
        }
    }

    /// `offset` holds the distance to the node's box along each axis, `below` its squared length.
    fn descend(&self, node: u32, at: [f64; 3], offset: [f64; 3], below: f64, but: u32, nearest: &mut Nearest) {
        let Node { axis, split, left, from, to, alive, .. } = self.nodes[node as usize];
        if alive == 0 {
            return;
        }
        if left == NONE {
            for i in from as usize..to as usize {
                if self.alive[i] && self.ids[i] != but {
                    let p = self.points[i];
                    let d = [p[0] - at[0], p[1] - at[1], p[2] - at[2]];
                    nearest.add(d[0] * d[0] + d[1] * d[1] + d[2] * d[2], self.ids[i]);
                }
            }
            return;
        }
        let across = at[axis] - split;
        let (near, far) = if across < 0.0 { (left, left + 1) } else { (left + 1, left) };
        self.descend(near, at, offset, below, but, nearest);
        let mut beyond = offset;
        beyond[axis] = across;
        let bound = below - offset[axis] * offset[axis] + across * across;
        if bound < nearest.limit() {
            self.descend(far, at, beyond, bound, but, nearest);
        }
    }

    /// Takes a point out.
    pub fn remove(&mut self, id: u32) {
        let place = self.place[id as usize] as usize;
        if std::mem::replace(&mut self.alive[place], false) {
            let mut node = self.leaf_of[place];
            while node != NONE {
                self.nodes[node as usize].alive -= 1;
                node = self.nodes[node as usize].parent;
            }
        }
    }
}

/// The axis along which these points are spread most.
fn widest(all: &[[f64; 3]], ids: &[u32]) -> usize {
    let mut low = [f64::INFINITY; 3];
    let mut high = [f64::NEG_INFINITY; 3];
    for &id in ids {
        for axis in 0..3 {
            low[axis] = low[axis].min(all[id as usize][axis]);
            high[axis] = high[axis].max(all[id as usize][axis]);
        }
    }
    (0..3).max_by(|&a, &b| (high[a] - low[a]).total_cmp(&(high[b] - low[b]))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    #[test]
    fn finds_what_looking_at_all_points_finds_also_after_removals() {
        let mut rng = Rng::new(3);
        let points: Vec<[f64; 3]> = (0..500)
            .map(|i| if i % 7 == 0 { [0.5, 0.5, 0.0] } else { [rng.uniform(), rng.uniform(), rng.uniform()] })
            .collect();
        let mut tree = KdTree::new(&points, (0..500).collect());
        let mut alive = vec![true; 500];
        let mut nearest = Nearest::default();
        for round in 0..400 {
            let but = rng.below(500) as u32;
            let at = points[but as usize];
            tree.nearest(at, 9, but, &mut nearest);
            let squared = |id: usize| (0..3).map(|axis| (points[id][axis] - at[axis]).powi(2)).sum::<f64>();
            let mut all: Vec<usize> = (0..500).filter(|&id| alive[id] && id as u32 != but).collect();
            all.sort_by(|&a, &b| squared(a).total_cmp(&squared(b)));
            let wanted: Vec<f64> = all.iter().take(9).map(|&id| squared(id)).collect();
            let got: Vec<f64> = nearest.ids().map(|id| squared(id as usize)).collect();
            assert_eq!(got, wanted, "round {round}");
            alive[but as usize] = false;
            tree.remove(but);
            tree.remove(but);
        }
    }
}
