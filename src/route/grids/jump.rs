//! Jump-point search: A* on grids of equal weights that expands only where a shortest way may have to turn.
//!
//! Harabor & Grastien (2011), "Online graph pruning for pathfinding on grid maps", AAAI, in the form that does not cut
//! corners. Of all equally short ways only one is followed: for eight neighbours the one that goes diagonally first, for
//! four neighbours the one that goes along its row first. A cell beside the way is worth a turn only if the preferred way
//! to it is blocked. All rules are read off the sets of moves, so the search also works in mazes of passages.

use super::Grid;
use super::best_first::{Estimate, LENGTHS, NodeMap};
use super::find::Workspace;
use super::grid::{BACK, STEPS};
use super::queue::Entry;
use super::unit::{PAUSE, step};
use crate::{Result, stop};

/// The diagonal between a straight direction and the next one clockwise: north-east, south-east, south-west, north-west.
const fn diagonal(straight: usize, other: usize) -> usize {
    match (straight, other) {
        (0, 1) | (1, 0) => 4,
        (1, 2) | (2, 1) => 5,
        (2, 3) | (3, 2) => 6,
        _ => 7,
    }
}

/// The two straight directions of a diagonal one.
const PARTS: [[usize; 2]; 4] = [[0, 1], [1, 2], [2, 3], [3, 0]];

struct Jumps<'a> {
    moves: &'a [u8],
    offsets: [isize; 8],
    goal: u32,
    eight: bool, // neighbours
}

/// A* over jump points. Answers the way, with all cells between them, and the jump points expanded.
pub(super) fn search(grid: &Grid, start: u32, goal: u32, workspace: &mut Workspace) -> Result<(Vec<u32>, u64)> {
    let Workspace { nodes, queue, trail, .. } = workspace;
    nodes.begin(grid.cells());
    queue.reset(0.25);
    let jumps = Jumps { moves: grid.moves(), offsets: grid.offsets(), goal, eight: grid.diagonal() };
    let estimate = Estimate::new(grid, goal);
    nodes.improve(start, 0.0, start);
    queue.push(estimate.at(estimate.place(start)), Entry { g: 0.0, cell: start });
    let mut shortest = f64::INFINITY;
    let mut expanded = 0;
    while let Some(Entry { g, cell }) = queue.pop() {
        if nodes.g(cell) < g {
            continue;
        }
        let (x, y) = estimate.place(cell);
        let key = g + estimate.at((x, y));
        if key >= shortest {
            if queue.bucket(key) > queue.bucket(shortest) { break } else { continue }
        }
        expanded += 1;
        trail.note(cell);
        if expanded % (PAUSE / 64) == 0 {
            stop::check()?; // jumps can be long
        }
        if cell == goal {
            shortest = g;
            continue;
        }
        let mut left = jumps.directions(cell, direction(&estimate, nodes, cell)) & jumps.moves[cell as usize];
        while left != 0 {
            let i = left.trailing_zeros() as usize;
            left &= left - 1;
            let Some(to) = (if grid.diagonal() { jumps.jump(cell, i) } else { jumps.jump_in_four(cell, i) }) else {
                continue;
            };
            let place = estimate.place(to);
            let steps = place.0.abs_diff(x).max(place.1.abs_diff(y));
            let g = g + LENGTHS[i] * f64::from(steps);
            if nodes.improve(to, g, cell) {
                queue.push(g + estimate.at(place), Entry { g, cell: to });
            }
        }
    }
    if shortest.is_infinite() {
        return Ok((vec![], expanded));
    }
    let mut points = nodes.trace(goal);
    points.reverse();
    Ok((all_cells(&points, &estimate, &jumps.offsets), expanded))
}

/// The direction in which a cell was reached, if it is not the start.
fn direction(estimate: &Estimate, nodes: &NodeMap, cell: u32) -> Option<usize> {
    let from = nodes.from(cell);
    (from != cell).then(|| between(estimate.place(from), estimate.place(cell)))
}

fn between(from: (i32, i32), to: (i32, i32)) -> usize {
    let step = ((to.0 - from.0).signum() as isize, (to.1 - from.1).signum() as isize);
    STEPS.iter().position(|&known| known == step).expect("jumps go in one of eight directions")
}

/// The jump points with the cells between them.
fn all_cells(points: &[u32], estimate: &Estimate, offsets: &[isize; 8]) -> Vec<u32> {
    let mut cells = vec![points[0]];
    for pair in points.windows(2) {
        let offset = offsets[between(estimate.place(pair[0]), estimate.place(pair[1]))];
        let mut cell = pair[0];
        while cell != pair[1] {
            cell = step(cell, offset);
            cells.push(cell);
        }
    }
    cells
}

impl Jumps<'_> {
    #[inline]
    fn can(&self, cell: u32, direction: usize) -> bool {
        self.moves[cell as usize] >> direction & 1 == 1
    }

    /// The set of directions worth following from a cell that was reached in a direction; all from the start.
    fn directions(&self, cell: u32, reached: Option<usize>) -> u8 {
        let Some(direction) = reached else { return 0xff };
        if direction >= 4 {
            let [a, b] = PARTS[direction - 4];
            return 1 << direction | 1 << a | 1 << b;
        }
        let before = step(cell, self.offsets[BACK[direction]]);
        let mut set = 1 << direction;
        for side in [(direction + 1) % 4, (direction + 3) % 4] {
            let worth = match () {
                () if self.eight => self.forced(before, cell, direction, side),
                () if direction % 2 == 1 => true, // along the row first, then up and down
                () => self.forced_in_four(before, cell, direction, side),
            };
            if worth {
                set |= 1 << side | 1 << diagonal(direction, side);
            }
        }
        set
    }

    /// The next jump point, for eight neighbours.
    fn jump(&self, from: u32, direction: usize) -> Option<u32> {
        if direction < 4 {
            return self.straight(from, direction);
        }
        let [a, b] = PARTS[direction - 4];
        let mut cell = from;
        while self.can(cell, direction) {
            cell = step(cell, self.offsets[direction]);
            if cell == self.goal || self.straight(cell, a).is_some() || self.straight(cell, b).is_some() {
                return Some(cell);
            }
        }
        None
    }

    fn straight(&self, from: u32, direction: usize) -> Option<u32> {
        let sides = [(direction + 1) % 4, (direction + 3) % 4];
        let mut cell = from;
        while self.can(cell, direction) {
            let before = cell;
            cell = step(cell, self.offsets[direction]);
            if cell == self.goal || sides.iter().any(|&side| self.forced(before, cell, direction, side)) {
                return Some(cell);
            }
        }
        None
    }

    /// Whether the cell to the side is best reached from here: the diagonal step before is blocked.
    #[inline]
    fn forced(&self, before: u32, cell: u32, direction: usize, side: usize) -> bool {
        self.can(cell, side) && !self.can(before, diagonal(direction, side))
    }

    fn jump_in_four(&self, from: u32, direction: usize) -> Option<u32> {
        if direction.is_multiple_of(2) {
            return self.column(from, direction);
        }
        let mut cell = from;
        while self.can(cell, direction) {
            cell = step(cell, self.offsets[direction]);
            if cell == self.goal || self.column(cell, 0).is_some() || self.column(cell, 2).is_some() {
                return Some(cell);
            }
        }
        None
    }

    fn column(&self, from: u32, direction: usize) -> Option<u32> {
        let mut cell = from;
        while self.can(cell, direction) {
            let before = cell;
            cell = step(cell, self.offsets[direction]);
            if cell == self.goal || [1, 3].iter().any(|&side| self.forced_in_four(before, cell, direction, side)) {
                return Some(cell);
            }
        }
        None
    }

    /// Whether the cell to the side is best reached from here: going along the row before is blocked.
    #[inline]
    fn forced_in_four(&self, before: u32, cell: u32, direction: usize, side: usize) -> bool {
        self.can(cell, side) && !(self.can(before, side) && self.can(step(before, self.offsets[side]), direction))
    }
}
