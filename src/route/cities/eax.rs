//! Edge-assembly crossover: children that differ from one parent in a small, closed exchange of edges with the other.
//!
//! Nagata & Kobayashi (2013), "A powerful genetic algorithm using edge assembly crossover for the traveling salesman
//! problem", INFORMS Journal on Computing 25(2). The edges that only A or only B has fall apart into AB-cycles, whose
//! edges come from A and B in turn. One AB-cycle applied to A gives a set of subtours, which are then merged by the
//! cheapest exchanges of two edges. This is the localized version of the single strategy (section 3.3): a child costs
//! what it changes, not the length of the tour. The child that replaces A is the one with the most gain per loss of
//! entropy (section 3.4).
//!
//! Where we differ: only exchanges that are themselves a gain are tried, since merging subtours nearly always costs.
//! And where the paper's block strategy searches for sets of AB-cycles that leave few subtours, ours lets a set grow:
//! from a random AB-cycle on, always by a random one that touches two of the subtours that there are.

use super::local_search::least_gain;
use super::{Neighbours, Problem};
use crate::Result;
use crate::data::Rng;

const NONE: u32 = u32::MAX;

/// Neighbours that the merging of subtours looks at (section 3.2, step 5).
const MERGE_NEIGHBOURS: usize = 10;

/// AB-cycles that a block has, at most.
const BLOCK: usize = 10;

/// Which AB-cycles make a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// One: for as long as that still improves the tours.
    Single,
    /// Several that fit together: for the rest.
    Block,
}

/// A population of tours.
pub struct Eax<'a> {
    problem: &'a Problem,
    neighbours: &'a Neighbours,
    members: Vec<Member>,
    edges: EdgeCounts,
    children: usize,
    least: f64,
    work: Workspace,
}

/// A tour as each city's two neighbours.
#[derive(Clone, Default)]
struct Member {
    links: Vec<[u32; 2]>,
    length: f64,
}

/// How many members have each edge, and the entropy that they make.
struct EdgeCounts {
    of: Vec<Vec<(u32, u32)>>, // for each city: the other end, and how many
    entropy: Vec<f64>,        // -c/N ln(c/N) for each count c
}

/// Room that is used again for each pair of parents.
#[derive(Default)]
struct Workspace {
    order: Vec<u32>,    // tour A
    position: Vec<u32>, // and where its cities stand
    cycles: Vec<u32>,   // all AB-cycles, one behind the other; each begins with an edge of A
    ends: Vec<usize>,   // where each ends
    gains: Vec<f64>,    // what each exchanges
    tries: Vec<u32>,    // the AB-cycles to begin with
    set: Vec<u32>,      // the AB-cycles of a child
    joining: Vec<u32>,  // those that could come next
    walk: Walk,
    child: Child,
    best: Vec<Write>,
}

/// For the division into AB-cycles.
#[derive(Default)]
struct Walk {
    left_a: Vec<[u32; 2]>, // edges of A still to be used, NONE where there is none
    left_b: Vec<[u32; 2]>,
    todo: Vec<u32>, // cities with edges left
    path: Vec<u32>,
    seen: Vec<[u32; 2]>, // place in the path where a city left by an edge of A, and of B
}

/// One change of `links[city][side]`.
#[derive(Clone, Copy)]
struct Write {
    city: u32,
    side: u32,
    old: u32,
    new: u32,
}

#[derive(Default)]
struct Child {
    writes: Vec<Write>,
    cuts: Vec<u32>,   // positions of A after which an edge of A is missing, ascending
    part: Vec<u32>,   // the subtour of each segment between cuts
    sizes: Vec<u32>,  // cities in each subtour
    inside: Vec<u32>, // the cities of the smallest subtour
    stamp: Vec<u32>,  // the same cities are marked with `now`
    now: u32,
}

impl<'a> Eax<'a> {
    /// A population of these tours, of at least five cities; at most `children` are tried per pair of parents.
    pub fn new(problem: &'a Problem, neighbours: &'a Neighbours, tours: &[Vec<u32>], children: usize) -> Self {
        let n = problem.len();
        let members: Vec<Member> = tours
            .iter()
            .map(|tour| {
                let mut links = vec![[NONE; 2]; n];
                for i in 0..n {
                    links[tour[i] as usize] = [tour[(i + n - 1) % n], tour[(i + 1) % n]];
                }
                Member { links, length: problem.length(tour) }
            })
            .collect();
        let mut edges = EdgeCounts::new(n, members.len());
        for member in &members {
            for (a, links) in member.links.iter().enumerate() {
                edges.change(a as u32, links[1], 1);
            }
        }
        let work = Workspace {
            order: vec![0; n],
            position: vec![0; n],
            walk: Walk { seen: vec![[NONE; 2]; n], ..Default::default() },
            child: Child { stamp: vec![0; n], ..Default::default() },
            ..Default::default()
        };
        Self { problem, neighbours, least: least_gain(problem, &tours[0]), members, edges, children, work }
    }

    /// One generation: every member is parent A once; returns how many were replaced. It ends early when `going` says so.
    ///
    /// # Errors
    /// What `going` answers.
    pub fn generation(
        &mut self,
        strategy: Strategy,
        rng: &mut Rng,
        mut going: impl FnMut() -> Result<bool>,
    ) -> Result<usize> {
        let mut order: Vec<usize> = (0..self.members.len()).collect();
        rng.shuffle(&mut order);
        let mut replaced = 0;
        for i in 0..order.len() {
            if !going()? {
                break;
            }
            let (a, b) = (order[i], order[(i + 1) % order.len()]);
            let mut parent = std::mem::take(&mut self.members[a]);
            replaced += usize::from(a != b && self.cross(&mut parent, b, strategy, rng));
            self.members[a] = parent;
        }
        Ok(replaced)
    }

    /// The best tour and its length.
    pub fn best(&self) -> (Vec<u32>, f64) {
        let best = self.members.iter().min_by(|a, b| a.length.total_cmp(&b.length)).expect("there are members");
        let mut order = vec![0; self.problem.len()];
        walk_tour(&best.links, &mut order);
        (order, best.length)
    }

    /// The length of the best member, and the mean of all.
    pub fn lengths(&self) -> (f64, f64) {
        let lengths = || self.members.iter().map(|member| member.length);
        (lengths().fold(f64::INFINITY, f64::min), lengths().sum::<f64>() / self.members.len() as f64)
    }

    /// Whether all members are equally long.
    pub fn converged(&self) -> bool {
        let (best, mean) = self.lengths();
        mean - best <= self.least
    }

    /// Replaces `a` by its best child with member `b`, if there is a shorter one.
    fn cross(&mut self, a: &mut Member, b: usize, strategy: Strategy, rng: &mut Rng) -> bool {
        if !self.prepare(a, b, strategy, rng) {
            return false;
        }
        let Self { problem, neighbours, edges, least, work, .. } = self;
        let Workspace { order, position, child, .. } = work;
        let mut best: Option<(f64, f64)> = None; // score and gain
        for &first in &work.tries {
            work.set.clear();
            work.set.push(first);
            let mut exchanged = work.gains[first as usize];
            loop {
                let cycles = work.set.iter().map(|&i| cycle(&work.cycles, &work.ends, i as usize));
                child.apply(&mut a.links, cycles, order, position);
                work.joining.clear();
                if strategy == Strategy::Block && child.sizes.len() > 1 && work.set.len() < BLOCK {
                    for i in (0..work.ends.len() as u32).filter(|i| !work.set.contains(i)) {
                        if child.joins(cycle(&work.cycles, &work.ends, i as usize), position) {
                            work.joining.push(i);
                        }
                    }
                }
                let gain = if exchanged > *least {
                    exchanged - child.merge(&mut a.links, problem, neighbours, order, position)
                } else {
                    0.0
                };
                child.take_back(&mut a.links);
                if gain > *least {
                    let score = edges.score(gain, &child.writes);
                    if best.is_none_or(|(best, _)| score > best) {
                        best = Some((score, gain));
                        std::mem::swap(&mut work.best, &mut child.writes);
                    }
                }
                if work.joining.is_empty() {
                    break;
                }
                let next = work.joining[rng.below(work.joining.len())];
                work.set.push(next);
                exchanged += work.gains[next as usize];
            }
        }
        let Some((_, gain)) = best else { return false };
        for write in &work.best {
            a.links[write.city as usize][write.side as usize] = write.new;
            edges.count_write(write, 1);
        }
        a.length -= gain;
        true
    }

    /// Divides the parents' differences into AB-cycles, and chooses those to begin with; answers whether there are any.
    fn prepare(&mut self, a: &Member, b: usize, strategy: Strategy, rng: &mut Rng) -> bool {
        let work = &mut self.work;
        work.walk.differences(&a.links, &self.members[b].links);
        if work.walk.todo.is_empty() {
            return false;
        }
        work.walk.divide(rng, &mut work.cycles, &mut work.ends);
        work.gains.clear();
        work.tries.clear();
        for i in 0..work.ends.len() {
            let cycle = cycle(&work.cycles, &work.ends, i);
            let mut gain = 0.0;
            for j in (0..cycle.len()).step_by(2) {
                let (x, y) = (cycle[j], cycle[j + 1]);
                let z = if j + 2 == cycle.len() { cycle[0] } else { cycle[j + 2] };
                gain += self.problem.cost(x, y) - self.problem.cost(y, z);
            }
            work.gains.push(gain);
            if gain > self.least || strategy == Strategy::Block {
                work.tries.push(i as u32);
            }
        }
        rng.shuffle(&mut work.tries);
        work.tries.truncate(self.children);
        if work.tries.is_empty() {
            return false;
        }
        walk_tour(&a.links, &mut work.order);
        for (i, &city) in work.order.iter().enumerate() {
            work.position[city as usize] = i as u32;
        }
        true
    }
}

/// One of the AB-cycles that lie one behind the other.
fn cycle<'c>(cycles: &'c [u32], ends: &[usize], i: usize) -> &'c [u32] {
    &cycles[if i == 0 { 0 } else { ends[i - 1] }..ends[i]]
}

/// The cities of a tour in order, from city 0 on.
fn walk_tour(links: &[[u32; 2]], order: &mut [u32]) {
    let (mut from, mut city) = (links[0][0], 0);
    for place in order {
        *place = city;
        (from, city) = (city, other_side(links[city as usize], from));
    }
}

#[inline]
fn other_side(links: [u32; 2], from: u32) -> u32 {
    if links[0] == from { links[1] } else { links[0] }
}

impl Walk {
    /// Notes the edges that only A or only B has, and the cities that they touch.
    fn differences(&mut self, a: &[[u32; 2]], b: &[[u32; 2]]) {
        let missing = |x: [u32; 2], y: [u32; 2]| {
            let keep = |city: u32| if city == y[0] || city == y[1] { NONE } else { city };
            [keep(x[0]), keep(x[1])]
        };
        self.todo.clear();
        self.left_a.clear();
        self.left_b.clear();
        for (city, (&x, &y)) in a.iter().zip(b).enumerate() {
            let left = missing(x, y);
            self.left_a.push(left);
            self.left_b.push(missing(y, x));
            if left != [NONE; 2] {
                self.todo.push(city as u32);
            }
        }
    }

    /// Divides the noted edges into AB-cycles at random (section 3.2, step 2).
    fn divide(&mut self, rng: &mut Rng, cycles: &mut Vec<u32>, ends: &mut Vec<usize>) {
        cycles.clear();
        ends.clear();
        while !self.todo.is_empty() {
            let i = rng.below(self.todo.len());
            let start = self.todo[i];
            if self.left_a[start as usize] == [NONE; 2] {
                self.todo.swap_remove(i);
                continue;
            }
            self.path.push(start);
            let mut city = start;
            // The walk leaves by an edge of A from even places of the path and by one of B from odd places.
            loop {
                let odd = (self.path.len() - 1) % 2;
                self.seen[city as usize][odd] = (self.path.len() - 1) as u32;
                city = self.step(rng, city, odd);
                let before = self.seen[city as usize][1 - odd];
                if before == NONE {
                    self.path.push(city);
                    continue;
                }
                // Closed: everything since this city was left by the same kind of edge.
                let before = before as usize;
                let cycle = &self.path[before..];
                for (i, &member) in cycle.iter().enumerate() {
                    self.seen[member as usize][(before + i) % 2] = NONE;
                }
                if before.is_multiple_of(2) {
                    cycles.extend_from_slice(cycle);
                } else {
                    cycles.extend_from_slice(&cycle[1..]); // so that it begins with an edge of A
                    cycles.push(cycle[0]);
                }
                ends.push(cycles.len());
                self.path.truncate(before);
                if before == 0 {
                    break;
                }
                self.path.push(city); // the walk goes on from here
            }
            self.path.clear();
        }
    }

    /// Uses up a random edge of this kind at `city`, and returns where it leads.
    fn step(&mut self, rng: &mut Rng, city: u32, odd: usize) -> u32 {
        let left = if odd == 0 { &mut self.left_a } else { &mut self.left_b };
        let [x, y] = left[city as usize];
        let side = match (x == NONE, y == NONE) {
            (true, _) => 1,
            (_, true) => 0,
            _ => (rng.next_u64() & 1) as usize,
        };
        let to = std::mem::replace(&mut left[city as usize][side], NONE);
        let back = usize::from(left[to as usize][0] != city);
        left[to as usize][back] = NONE;
        to
    }
}

impl Child {
    /// Exchanges the edges of AB-cycles, and notes the segments of A and the subtours that they form.
    fn apply<'c>(
        &mut self,
        links: &mut [[u32; 2]],
        cycles: impl Iterator<Item = &'c [u32]>,
        order: &[u32],
        position: &[u32],
    ) {
        let n = order.len() as u32;
        self.writes.clear();
        self.cuts.clear();
        for cycle in cycles {
            for i in (0..cycle.len()).step_by(2) {
                let before = if i == 0 { cycle[cycle.len() - 1] } else { cycle[i - 1] };
                let (x, y) = (cycle[i], cycle[i + 1]);
                let after = if i + 2 == cycle.len() { cycle[0] } else { cycle[i + 2] };
                self.write(links, x, y, before);
                self.write(links, y, x, after);
                let (p, q) = (position[x as usize], position[y as usize]);
                self.cuts.push(if q == p + 1 || (p == n - 1 && q == 0) { p } else { q });
            }
        }
        self.cuts.sort_unstable();
        let segments = self.cuts.len();
        self.part.clear();
        self.part.resize(segments, NONE);
        self.sizes.clear();
        for first in 0..segments {
            if self.part[first] != NONE {
                continue;
            }
            let part = self.sizes.len() as u32;
            let mut size = 0;
            let mut segment = first;
            let mut city = order[self.bounds(first, n).0]; // where the segment is entered
            let mut from = links[city as usize][0]; // only used for a segment of one city
            loop {
                self.part[segment] = part;
                let (low, high) = self.bounds(segment, n);
                size += (high as u32 + n - low as u32) % n + 1;
                if low != high {
                    if order[low] == city {
                        city = order[high];
                        from = order[if high == 0 { order.len() } else { high } - 1];
                    } else {
                        city = order[low];
                        from = order[if low + 1 == order.len() { 0 } else { low + 1 }];
                    }
                }
                (from, city) = (city, other_side(links[city as usize], from));
                segment = self.segment(position[city as usize]);
                if segment == first {
                    break;
                }
            }
            self.sizes.push(size);
        }
    }

    fn write(&mut self, links: &mut [[u32; 2]], city: u32, old: u32, new: u32) {
        let side = u32::from(links[city as usize][0] != old);
        links[city as usize][side as usize] = new;
        self.writes.push(Write { city, side, old, new });
    }

    /// The first and last position of a segment; the first segment may begin at the end of the array.
    fn bounds(&self, segment: usize, n: u32) -> (usize, usize) {
        let before = if segment == 0 { self.cuts[self.cuts.len() - 1] } else { self.cuts[segment - 1] };
        (((before + 1) % n) as usize, self.cuts[segment] as usize)
    }

    fn segment(&self, position: u32) -> usize {
        let i = self.cuts.partition_point(|&cut| cut < position);
        if i == self.cuts.len() { 0 } else { i }
    }

    /// Whether an AB-cycle touches more than one subtour.
    fn joins(&self, cycle: &[u32], position: &[u32]) -> bool {
        let part = |city: u32| self.part[self.segment(position[city as usize])];
        let first = part(cycle[0]);
        cycle[1..].iter().any(|&city| part(city) != first)
    }

    /// Merges the subtours, smallest first; returns what that costs (section 3.2, step 5).
    fn merge(
        &mut self,
        links: &mut [[u32; 2]],
        problem: &Problem,
        neighbours: &Neighbours,
        order: &[u32],
        position: &[u32],
    ) -> f64 {
        let n = order.len();
        let mut cost = 0.0;
        for _ in 1..self.sizes.len() {
            let smallest =
                (0..self.sizes.len()).filter(|&part| self.sizes[part] > 0).min_by_key(|&part| self.sizes[part]);
            let smallest = smallest.expect("two subtours are left") as u32;
            self.now += 1;
            let mut inside = std::mem::take(&mut self.inside);
            inside.clear();
            for segment in (0..self.part.len()).filter(|&segment| self.part[segment] == smallest) {
                let (low, high) = self.bounds(segment, n as u32);
                let mut i = low;
                loop {
                    inside.push(order[i]);
                    self.stamp[order[i] as usize] = self.now;
                    if i == high {
                        break;
                    }
                    i = if i + 1 == n { 0 } else { i + 1 };
                }
            }
            let mut best = (f64::INFINITY, [NONE; 4]);
            for &a in &inside {
                let near = neighbours.of(a);
                self.try_merging(links, problem, a, &near[..near.len().min(MERGE_NEIGHBOURS)], &mut best);
            }
            if best.0 == f64::INFINITY {
                // All neighbours of all its cities are inside: look at all cities outside from a few inside.
                let outside: Vec<u32> = (0..n as u32).filter(|&c| self.stamp[c as usize] != self.now).collect();
                for &a in inside.iter().step_by(1 + inside.len() / MERGE_NEIGHBOURS) {
                    self.try_merging(links, problem, a, &outside, &mut best);
                }
            }
            self.inside = inside;
            let (added, [a, b, c, d]) = best;
            cost += added;
            // (a, b) and (c, d) become (a, c) and (b, d).
            self.write(links, a, b, c);
            self.write(links, b, a, d);
            self.write(links, c, d, a);
            self.write(links, d, c, b);
            let into = self.part[self.segment(position[c as usize])];
            for part in &mut self.part {
                if *part == smallest {
                    *part = into;
                }
            }
            self.sizes[into as usize] += std::mem::take(&mut self.sizes[smallest as usize]);
        }
        cost
    }

    fn try_merging(
        &self,
        links: &[[u32; 2]],
        problem: &Problem,
        a: u32,
        candidates: &[u32],
        best: &mut (f64, [u32; 4]),
    ) {
        let [b1, b2] = links[a as usize];
        let (ab1, ab2) = (problem.cost(a, b1), problem.cost(a, b2));
        for &c in candidates {
            if self.stamp[c as usize] == self.now {
                continue;
            }
            let ac = problem.cost(a, c);
            for d in links[c as usize] {
                let base = ac - problem.cost(c, d);
                for (b, ab) in [(b1, ab1), (b2, ab2)] {
                    let added = base - ab + problem.cost(b, d);
                    if added < best.0 {
                        *best = (added, [a, b, c, d]);
                    }
                }
            }
        }
    }

    fn take_back(&self, links: &mut [[u32; 2]]) {
        for write in self.writes.iter().rev() {
            links[write.city as usize][write.side as usize] = write.old;
        }
    }
}

impl EdgeCounts {
    fn new(n: usize, members: usize) -> Self {
        let share = |count: usize| count as f64 / members as f64;
        let entropy = |count| if count == 0 { 0.0 } else { -share(count) * share(count).ln() };
        Self { of: vec![vec![]; n], entropy: (0..=members + 1).map(entropy).collect() }
    }

    /// One edge more or less.
    fn change(&mut self, a: u32, b: u32, by: i32) {
        self.half(a, b, by);
        self.half(b, a, by);
    }

    /// The edge as seen from `a`; returns the count that it had.
    fn half(&mut self, a: u32, b: u32, by: i32) -> u32 {
        let list = &mut self.of[a as usize];
        if let Some(i) = list.iter().position(|&(other, _)| other == b) {
            let before = list[i].1;
            list[i].1 = before.wrapping_add_signed(by);
            if list[i].1 == 0 {
                list.swap_remove(i);
            }
            return before;
        }
        list.push((b, by as u32));
        0
    }

    /// Counts a change of one side of a city; each edge has two sides. Returns the change of entropy, also by sides.
    fn count_write(&mut self, write: &Write, by: i32) -> f64 {
        let Write { city, old, new, .. } = *write;
        let removed = self.half(city, old, -by) as usize;
        let added = self.half(city, new, by) as usize;
        let step = |from: usize, by: i32| self.entropy[from.wrapping_add_signed(by as isize)] - self.entropy[from];
        if by > 0 { step(removed, -1) + step(added, 1) } else { 0.0 }
    }

    /// The worth of a child: its gain per loss of entropy; without a loss more than any with one (section 3.4).
    fn score(&mut self, gain: f64, writes: &[Write]) -> f64 {
        let change: f64 = writes.iter().map(|write| self.count_write(write, 1)).sum();
        for write in writes.iter().rev() {
            self.count_write(write, -1);
        }
        gain / (-0.5 * change).max(1e-9)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Metric;
    use super::*;

    fn random_tours(n: usize, count: usize, rng: &mut Rng) -> Vec<Vec<u32>> {
        (0..count)
            .map(|_| {
                let mut tour: Vec<u32> = (0..n as u32).collect();
                rng.shuffle(&mut tour);
                tour
            })
            .collect()
    }

    #[test]
    fn ab_cycles_use_every_differing_edge_once() {
        let mut rng = Rng::new(1);
        for n in [5, 6, 9, 40] {
            for _ in 0..30 {
                let points = (0..n).map(|_| [rng.uniform(), rng.uniform()]).collect();
                let problem = Problem::points(points, Metric::Euclid).unwrap();
                let neighbours = Neighbours::new(&problem, 10);
                let tours = random_tours(n, 2, &mut rng);
                let mut eax = Eax::new(&problem, &neighbours, &tours, 30);
                let [a, b] = [0, 1].map(|i| eax.members[i].links.clone());
                let (mut cycles, mut ends) = (vec![], vec![]);
                eax.work.walk.differences(&a, &b);
                let count = |left: &[[u32; 2]]| left.iter().flatten().filter(|&&city| city != NONE).count();
                let sides = count(&eax.work.walk.left_a);
                eax.work.walk.divide(&mut rng, &mut cycles, &mut ends);
                assert_eq!(cycles.len(), sides, "each edge of A has two sides and two places");
                assert_eq!(count(&eax.work.walk.left_a) + count(&eax.work.walk.left_b), 0);
                assert!(eax.work.walk.seen.iter().all(|seen| *seen == [NONE; 2]));
                let mut from = 0;
                for to in ends {
                    let cycle = &cycles[from..to];
                    for i in 0..cycle.len() {
                        let (x, y) = (cycle[i], cycle[(i + 1) % cycle.len()]);
                        let parent = if i % 2 == 0 { &a } else { &b };
                        assert!(parent[x as usize].contains(&y));
                    }
                    from = to;
                }
            }
        }
    }

    #[test]
    fn every_member_stays_a_tour_of_its_stated_length_and_edges_stay_counted() {
        let mut rng = Rng::new(2);
        for n in [5, 7, 12, 60, 200] {
            let points = (0..n).map(|_| [rng.uniform(), rng.uniform()]).collect();
            let problem = Problem::points(points, Metric::Euclid).unwrap();
            let neighbours = Neighbours::new(&problem, 10);
            let tours = random_tours(n, 20, &mut rng);
            let mut eax = Eax::new(&problem, &neighbours, &tours, 30);
            let (before, _) = eax.lengths();
            for generation in 0..40 {
                let strategy = if generation % 10 < 7 { Strategy::Single } else { Strategy::Block };
                eax.generation(strategy, &mut rng, || Ok(true)).unwrap();
                let mut edges = EdgeCounts::new(n, 20);
                for member in &eax.members {
                    let mut tour = vec![0; n];
                    walk_tour(&member.links, &mut tour);
                    problem.check_tour(&tour).unwrap();
                    assert!((problem.length(&tour) - member.length).abs() < 1e-9);
                    for i in 0..n {
                        edges.change(tour[i], tour[(i + 1) % n], 1);
                    }
                }
                for city in 0..n {
                    let sorted = |mut list: Vec<(u32, u32)>| {
                        list.sort_unstable();
                        list
                    };
                    assert_eq!(sorted(edges.of[city].clone()), sorted(eax.edges.of[city].clone()));
                }
            }
            let (after, _) = eax.lengths();
            assert!(n < 12 || after < 0.8 * before, "{n}: {before} -> {after}");
        }
    }
}
