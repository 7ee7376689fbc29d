//! Searches where every step counts 1: the length of the way to a cell is a whole number, and that is all that is noted.
//!
//! With Manhattan distances a step changes A*'s f by 0 or 2, so two stacks are its whole queue. The way back is read off
//! the numbers: from each cell to a neighbour with the number below. A search numbers its cells above those of all searches
//! before, so that nothing has to be cleared.

use super::Grid;
use super::find::Workspace;
use crate::{Result, stop};

/// Expansions between two looks at the stop flag.
pub(super) const PAUSE: u64 = 1 << 16;

/// For each cell `base` plus the length of the way to it, or less than `base`.
#[derive(Debug, Default)]
pub struct Labels {
    labels: Vec<u32>,
    base: u32,
    cells: u32,
}

impl Labels {
    /// Forgets all ways.
    fn begin(&mut self, cells: usize) {
        let step = self.cells + 1; // no way is longer
        if self.labels.len() == cells && self.base.checked_add(2 * step).is_some() {
            self.base += step;
        } else {
            self.labels.clear();
            self.labels.resize(cells, 0);
            self.cells = cells as u32;
            self.base = 1;
        }
    }

    /// The way from the beginning to `cell`, over cells with falling numbers.
    fn trace(&self, grid: &Grid, mut cell: u32) -> Vec<u32> {
        let offsets = grid.offsets();
        let mut label = self.labels[cell as usize];
        let mut cells = vec![cell];
        while label > self.base {
            let moves = grid.moves()[cell as usize];
            let neighbours = (0..8).filter(|&i| moves >> i & 1 == 1).map(|i| step(cell, offsets[i]));
            let before = neighbours.min_by_key(|&to| match self.labels[to as usize] {
                label if label < self.base => u32::MAX,
                label => label,
            });
            cell = before.expect("a cell with a number has neighbours");
            label = self.labels[cell as usize];
            cells.push(cell);
        }
        cells.reverse();
        cells
    }
}

#[inline]
pub(super) fn step(cell: u32, offset: isize) -> u32 {
    cell.wrapping_add(offset as u32)
}

/// A* with Manhattan distances, for four neighbours and equal weights. Answers the way and the cells expanded.
pub(super) fn astar(grid: &Grid, start: u32, goal: u32, workspace: &mut Workspace) -> Result<(Vec<u32>, u64)> {
    let Workspace { labels: map, now, next, trail, .. } = workspace;
    map.begin(grid.cells());
    let Labels { labels, base, .. } = map;
    let base = *base;
    let labels = labels.as_mut_slice();
    let moves = &grid.moves()[..labels.len()];
    let offsets = grid.offsets();
    let width = grid.width() as u32;
    let goal_column = goal % width;
    let (goal_row_begins, goal_row_ends) = (goal - goal_column, goal - goal_column + width);
    labels[start as usize] = base;
    now.clear();
    next.clear();
    now.push(u64::from(start) << 32 | u64::from(base));
    let mut expanded = 0;
    if start == goal {
        return Ok((vec![start], 0));
    }
    loop {
        let Some(entry) = now.pop() else {
            if next.is_empty() {
                return Ok((vec![], expanded));
            }
            std::mem::swap(now, next);
            continue;
        };
        let (cell, label) = ((entry >> 32) as u32, entry as u32);
        if labels[cell as usize] != label {
            continue; // a shorter way was found meanwhile
        }
        expanded += 1;
        trail.note(cell);
        if expanded % PAUSE == 0 {
            stop::check()?;
        }
        let column = cell % width;
        // By direction whether the step goes towards the goal: north, east, south, west.
        let towards = u8::from(cell >= goal_row_ends)
            | u8::from(column < goal_column) << 1
            | u8::from(cell < goal_row_begins) << 2
            | u8::from(column > goal_column) << 3;
        let mut left = moves[cell as usize];
        while left != 0 {
            let i = left.trailing_zeros() as usize;
            left &= left - 1;
            let to = step(cell, offsets[i]);
            let old = &mut labels[to as usize];
            if old.wrapping_sub(base) > label + 1 - base {
                *old = label + 1;
                if to == goal {
                    return Ok((map.trace(grid, goal), expanded));
                }
                let entry = u64::from(to) << 32 | u64::from(label + 1);
                if towards >> i & 1 == 1 { now.push(entry) } else { next.push(entry) }
            }
        }
    }
}

/// Breadth-first search, for any grid: the fewest steps.
pub(super) fn breadth_first(grid: &Grid, start: u32, goal: u32, workspace: &mut Workspace) -> Result<(Vec<u32>, u64)> {
    let Workspace { labels: map, now, next, trail, .. } = workspace;
    map.begin(grid.cells());
    if start == goal {
        return Ok((vec![start], 0));
    }
    let offsets = grid.offsets();
    map.labels[start as usize] = map.base;
    now.clear();
    now.push(u64::from(start));
    let mut expanded = 0;
    let mut label = map.base;
    while !now.is_empty() {
        stop::check()?;
        label += 1;
        next.clear();
        for &cell in now.iter() {
            expanded += 1;
            trail.note(cell as u32);
            let mut left = grid.moves()[cell as usize];
            while left != 0 {
                let i = left.trailing_zeros() as usize;
                left &= left - 1;
                let to = step(cell as u32, offsets[i]);
                let old = &mut map.labels[to as usize];
                if *old < map.base {
                    *old = label;
                    if to == goal {
                        return Ok((map.trace(grid, goal), expanded));
                    }
                    next.push(u64::from(to));
                }
            }
        }
        std::mem::swap(now, next);
    }
    Ok((vec![], expanded))
}

/// Breadth-first search from both ends, a whole round of the smaller frontier at a time.
pub(super) fn bidirectional(grid: &Grid, start: u32, goal: u32, workspace: &mut Workspace) -> Result<(Vec<u32>, u64)> {
    let Workspace { labels: ahead, back_labels: behind, now, next, back, trail, .. } = workspace;
    ahead.begin(grid.cells());
    behind.begin(grid.cells());
    if start == goal {
        return Ok((vec![start], 0));
    }
    let offsets = grid.offsets();
    ahead.labels[start as usize] = ahead.base;
    behind.labels[goal as usize] = behind.base;
    let (mut ahead_label, mut behind_label) = (ahead.base, behind.base);
    now.clear();
    back.clear();
    now.push(u64::from(start));
    back.push(u64::from(goal));
    let mut expanded = 0;
    while !now.is_empty() && !back.is_empty() {
        stop::check()?;
        let forward = now.len() <= back.len();
        let (frontier, mine, other, label) = if forward {
            (&mut *now, &mut *ahead, &*behind, &mut ahead_label)
        } else {
            (&mut *back, &mut *behind, &*ahead, &mut behind_label)
        };
        *label += 1;
        next.clear();
        for &cell in frontier.iter() {
            expanded += 1;
            trail.note(cell as u32);
            let mut left = grid.moves()[cell as usize];
            while left != 0 {
                let i = left.trailing_zeros() as usize;
                left &= left - 1;
                let to = step(cell as u32, offsets[i]);
                if mine.labels[to as usize] >= mine.base {
                    continue;
                }
                mine.labels[to as usize] = *label;
                // The rounds before have met nowhere, so all first meetings are equally long.
                if other.labels[to as usize] >= other.base {
                    let mut cells = ahead.trace(grid, to);
                    cells.extend(behind.trace(grid, to).iter().rev().skip(1));
                    return Ok((cells, expanded));
                }
                next.push(u64::from(to));
            }
        }
        std::mem::swap(frontier, next);
    }
    Ok((vec![], expanded))
}

#[cfg(test)]
mod tests {
    use super::super::grid::BACK;
    use super::*;

    #[test]
    fn directions_lead_back() {
        let grid = Grid::new(5, 5, true).unwrap();
        let offsets = grid.offsets();
        for (i, &back) in BACK.iter().enumerate() {
            assert_eq!(offsets[i], -offsets[back]);
        }
    }

    #[test]
    fn old_labels_never_show_through_when_numbers_run_out() {
        let grid = Grid::from_rows(&["..#.", "....", "####", "...."], false).unwrap();
        let mut workspace = Workspace::new();
        astar(&grid, 0, 3, &mut workspace).unwrap();
        workspace.labels.base = u32::MAX - 40;
        for _ in 0..10 {
            assert_eq!(astar(&grid, 0, 3, &mut workspace).unwrap().0.len(), 6);
            assert!(astar(&grid, 0, 15, &mut workspace).unwrap().0.is_empty());
        }
    }
}
