//! Best-first searches for steps of any cost: A*, Dijkstra, greedy, and Dijkstra from both ends.
//!
//! Keys are cut to buckets (queue.rs), so a cell may be expanded before its shortest way is known, and is then expanded
//! again; the search ends when no bucket that is left can hold a shorter way to the goal.

use super::Grid;
use super::find::Workspace;
use super::grid::STEPS;
use super::queue::Entry;
use super::unit::{PAUSE, step};
use crate::{Result, stop};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::f64::consts::SQRT_2;

/// A way is shorter than another only by more than the rounding of their sums.
const SHORTER: f64 = 1.0 - 1e-11;

/// What the key of a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// The way so far and the least that can follow.
    Astar,
    /// The way so far.
    Dijkstra,
    /// The least that can follow.
    Greedy,
}

/// What is known of each cell.
#[derive(Debug, Default)]
pub struct NodeMap {
    nodes: Vec<Node>,
    stamp: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    g: f64,
    from: u32,
    stamp: u32, // of the search that wrote it
}

impl NodeMap {
    /// Forgets all cells.
    pub(super) fn begin(&mut self, cells: usize) {
        if self.nodes.len() != cells || self.stamp == u32::MAX {
            self.nodes.clear();
            self.nodes.resize(cells, Node::default());
            self.stamp = 0;
        }
        self.stamp += 1;
    }

    /// The length of the way to a cell, infinite when there is none yet.
    #[inline]
    pub(super) fn g(&self, cell: u32) -> f64 {
        let node = &self.nodes[cell as usize];
        if node.stamp == self.stamp { node.g } else { f64::INFINITY }
    }

    /// Notes a way, if it is shorter than the one known.
    #[inline]
    pub(super) fn improve(&mut self, cell: u32, g: f64, from: u32) -> bool {
        let node = &mut self.nodes[cell as usize];
        let better = node.stamp != self.stamp || g < node.g * SHORTER;
        if better {
            *node = Node { g, from, stamp: self.stamp };
        }
        better
    }

    /// The cell before this one; itself for the first.
    #[inline]
    pub(super) fn from(&self, cell: u32) -> u32 {
        self.nodes[cell as usize].from
    }

    /// The cells on the way to `cell`, from it back to the beginning.
    pub(super) fn trace(&self, mut cell: u32) -> Vec<u32> {
        let mut cells = vec![cell];
        while self.from(cell) != cell {
            cell = self.from(cell);
            cells.push(cell);
        }
        cells
    }
}

/// The least that the way from a cell to the goal can cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    width: u32,
    goal: (i32, i32),
    straight: f64,
    extra: f64, // of a diagonal step over a straight one; for four neighbours the same as a straight one
}

impl Estimate {
    pub(super) fn new(grid: &Grid, goal: u32) -> Self {
        let width = grid.width() as u32;
        let least = grid.least();
        let extra = if grid.diagonal() { (SQRT_2 - 1.0) * least } else { least };
        Self { width, goal: ((goal % width) as i32, (goal / width) as i32), straight: least, extra }
    }

    /// Column and row.
    #[inline]
    pub(super) fn place(&self, cell: u32) -> (i32, i32) {
        ((cell % self.width) as i32, (cell / self.width) as i32)
    }

    /// Octile, or Manhattan for four neighbours.
    #[inline]
    pub(super) fn at(&self, (x, y): (i32, i32)) -> f64 {
        let (dx, dy) = (self.goal.0.abs_diff(x), self.goal.1.abs_diff(y));
        self.straight * f64::from(dx.max(dy)) + self.extra * f64::from(dx.min(dy))
    }
}

/// What a step in each direction costs, before the weight.
pub(super) const LENGTHS: [f64; 8] = [1.0, 1.0, 1.0, 1.0, SQRT_2, SQRT_2, SQRT_2, SQRT_2];

/// A*, Dijkstra or greedy. Answers the way and the cells expanded.
pub(super) fn search(
    grid: &Grid,
    start: u32,
    goal: u32,
    kind: Goal,
    workspace: &mut Workspace,
) -> Result<(Vec<u32>, u64)> {
    if kind == Goal::Greedy {
        return greedy(grid, start, goal, workspace);
    }
    let Workspace { nodes, queue, trail, .. } = workspace;
    nodes.begin(grid.cells());
    let estimate = Estimate::new(grid, goal);
    let h = |place| if kind == Goal::Astar { estimate.at(place) } else { 0.0 };
    // In a bucket as wide as the least step Dijkstra expands no cell twice; A*'s keys rise by less.
    queue.reset(if kind == Goal::Astar { 0.25 * grid.least() } else { grid.least() });
    let (offsets, moves, weights) = (grid.offsets(), grid.moves(), grid.weights());
    nodes.improve(start, 0.0, start);
    queue.push(h(estimate.place(start)), Entry { g: 0.0, cell: start });
    let mut shortest = f64::INFINITY; // to the goal
    let mut expanded = 0;
    while let Some(Entry { g, cell }) = queue.pop() {
        if nodes.g(cell) < g {
            continue; // a shorter way was found meanwhile
        }
        let (x, y) = estimate.place(cell);
        let key = g + h((x, y));
        if key >= shortest {
            // Only what shares the goal's bucket can still be shorter.
            if queue.bucket(key) > queue.bucket(shortest) { break } else { continue }
        }
        expanded += 1;
        trail.note(cell);
        if expanded % PAUSE == 0 {
            stop::check()?;
        }
        if cell == goal {
            shortest = g;
            continue;
        }
        let mut left = moves[cell as usize];
        while left != 0 {
            let i = left.trailing_zeros() as usize;
            left &= left - 1;
            let to = step(cell, offsets[i]);
            let weight = if weights.is_empty() { 1.0 } else { f64::from(weights[to as usize]) };
            let g = g + LENGTHS[i] * weight;
            if nodes.improve(to, g, cell) {
                let key = g + h((x + STEPS[i].0 as i32, y + STEPS[i].1 as i32));
                queue.push(key, Entry { g, cell: to });
            }
        }
    }
    if shortest.is_infinite() {
        return Ok((vec![], expanded));
    }
    let mut cells = nodes.trace(goal);
    cells.reverse();
    Ok((cells, expanded))
}

/// Always on from the cell that seems nearest to the goal; the first way to a cell is the one kept.
fn greedy(grid: &Grid, start: u32, goal: u32, workspace: &mut Workspace) -> Result<(Vec<u32>, u64)> {
    let Workspace { nodes, trail, .. } = workspace;
    nodes.begin(grid.cells());
    let estimate = Estimate::new(grid, goal);
    let offsets = grid.offsets();
    let mut heap = BinaryHeap::from([Reverse((0, start))]);
    nodes.improve(start, 0.0, start);
    let mut expanded = 0;
    while let Some(Reverse((_, cell))) = heap.pop() {
        if cell == goal {
            let mut cells = nodes.trace(goal);
            cells.reverse();
            return Ok((cells, expanded));
        }
        expanded += 1;
        trail.note(cell);
        if expanded % PAUSE == 0 {
            stop::check()?;
        }
        let (x, y) = estimate.place(cell);
        let mut left = grid.moves()[cell as usize];
        while left != 0 {
            let i = left.trailing_zeros() as usize;
            left &= left - 1;
            let to = step(cell, offsets[i]);
            if nodes.improve(to, 0.0, cell) {
                let h = estimate.at((x + STEPS[i].0 as i32, y + STEPS[i].1 as i32));
                heap.push(Reverse((h.to_bits(), to))); // positive numbers order like their bits
            }
        }
    }
    Ok((vec![], expanded))
}

/// Dijkstra from both ends (Nicholson 1966): done when the two radii together reach the best way that joins them.
pub(super) fn bidirectional(grid: &Grid, start: u32, goal: u32, workspace: &mut Workspace) -> Result<(Vec<u32>, u64)> {
    let Workspace { nodes: ahead, back_nodes: behind, queue, back_queue, trail, .. } = workspace;
    let (offsets, moves) = (grid.offsets(), grid.moves());
    let weight = |cell: u32| f64::from(grid.weight(cell as usize));
    for (nodes, queue, cell) in [(&mut *ahead, &mut *queue, start), (&mut *behind, &mut *back_queue, goal)] {
        nodes.begin(grid.cells());
        queue.reset(grid.least());
        nodes.improve(cell, 0.0, cell);
        queue.push(0.0, Entry { g: 0.0, cell });
    }
    let mut best = (if start == goal { 0.0 } else { f64::INFINITY }, start); // length and meeting place
    let mut expanded = 0;
    while let (Some(near), Some(far)) = (queue.lowest(), back_queue.lowest()) {
        if near + far >= best.0 {
            break;
        }
        let forward = near <= far;
        let (queue, mine, other) =
            if forward { (&mut *queue, &mut *ahead, &*behind) } else { (&mut *back_queue, &mut *behind, &*ahead) };
        let Some(Entry { g, cell }) = queue.pop() else { break };
        if mine.g(cell) < g {
            continue;
        }
        expanded += 1;
        trail.note(cell);
        if expanded % PAUSE == 0 {
            stop::check()?;
        }
        let mut left = moves[cell as usize];
        while left != 0 {
            let i = left.trailing_zeros() as usize;
            left &= left - 1;
            let to = step(cell, offsets[i]);
            // Backwards the step enters this cell, coming from the other.
            let g = g + LENGTHS[i] * weight(if forward { to } else { cell });
            if mine.improve(to, g, cell) {
                let whole = g + other.g(to);
                if whole < best.0 {
                    best = (whole, to);
                }
                queue.push(g, Entry { g, cell: to });
            }
        }
    }
    if best.0.is_infinite() {
        return Ok((vec![], expanded));
    }
    let mut cells = ahead.trace(best.1);
    cells.reverse();
    cells.extend(behind.trace(best.1).iter().skip(1));
    Ok((cells, expanded))
}
