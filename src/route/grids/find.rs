//! The front door: the shortest way over a grid, by the method of your choice.

use super::best_first::{Goal, NodeMap};
use super::queue::BucketQueue;
use super::{Grid, best_first, jump, unit};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How [`find_path`] searches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PathMethod {
    /// A* (Hart, Nilsson & Raphael 1968): shortest, with an eye on the goal.
    #[default]
    Astar,
    /// Dijkstra (1959): shortest, in all directions.
    Dijkstra,
    /// Breadth-first: the fewest steps, whatever they cost.
    Bfs,
    /// Greedy best-first: always on towards the goal; fast, often not shortest.
    Greedy,
    /// Jump-point search (Harabor & Grastien 2011): A* that leaps over empty ground; shortest, for equal weights.
    Jps,
    /// Dijkstra from both ends at once: shortest.
    Bidirectional,
}

impl PathMethod {
    /// All methods.
    pub const ALL: [Self; 6] = [Self::Astar, Self::Dijkstra, Self::Bfs, Self::Greedy, Self::Jps, Self::Bidirectional];
}

/// What [`find_path`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// The cells from start to goal, both included, each beside the one before; empty when there is no way.
    pub cells: Vec<u32>,
    /// What the way costs; infinite when there is none.
    pub length: f64,
    /// Cells whose neighbours were looked at (jump-point search: from which it jumped).
    pub expanded: u64,
}

impl Path {
    /// Whether there is a way.
    pub fn found(&self) -> bool {
        !self.cells.is_empty()
    }
}

/// Room for searches, to be used again: a later search on a grid of the same size clears nothing.
#[derive(Debug, Default)]
pub struct Workspace {
    pub(super) labels: unit::Labels,
    pub(super) back_labels: unit::Labels,
    pub(super) nodes: NodeMap,
    pub(super) back_nodes: NodeMap,
    pub(super) queue: BucketQueue,
    pub(super) back_queue: BucketQueue,
    pub(super) now: Vec<u64>,
    pub(super) next: Vec<u64>,
    pub(super) back: Vec<u64>,
    pub(super) trail: Trail,
}

/// The cells in the order in which a search looked at them, if someone wants to know.
#[derive(Debug, Default)]
pub(super) struct Trail(Option<Vec<u32>>);

impl Trail {
    #[inline]
    pub(super) fn note(&mut self, cell: u32) {
        if let Some(cells) = &mut self.0 {
            cells.push(cell);
        }
    }
}

impl Workspace {
    /// Room that grows with its first use.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Finds a way from cell `start` to cell `goal`.
///
/// No way (a goal walled off, a wall as start or goal) is a [`Path`] without cells, not an error.
///
/// # Errors
/// When a cell does not exist, jump-point search is asked of a grid with weights, or the user asked to stop everything.
pub fn find_path(
    grid: &Grid,
    start: usize,
    goal: usize,
    method: PathMethod,
    workspace: &mut Workspace,
) -> Result<Path> {
    for (what, cell) in [("start", start), ("goal", goal)] {
        if cell >= grid.cells() {
            return Err(Error::value(format!(
                "path: the {what} is cell {cell}, but the last cell is {}",
                grid.cells() - 1
            )));
        }
    }
    if !grid.is_free(start) || !grid.is_free(goal) {
        return Ok(Path { cells: vec![], length: f64::INFINITY, expanded: 0 });
    }
    let (from, to) = (start as u32, goal as u32);
    let unit = grid.uniform() && !grid.diagonal();
    let (cells, expanded) = match method {
        PathMethod::Astar if unit => unit::astar(grid, from, to, workspace)?,
        PathMethod::Dijkstra if unit => unit::breadth_first(grid, from, to, workspace)?,
        PathMethod::Bfs => unit::breadth_first(grid, from, to, workspace)?,
        PathMethod::Bidirectional if unit => unit::bidirectional(grid, from, to, workspace)?,
        PathMethod::Astar => best_first::search(grid, from, to, Goal::Astar, workspace)?,
        PathMethod::Dijkstra => best_first::search(grid, from, to, Goal::Dijkstra, workspace)?,
        PathMethod::Greedy => best_first::search(grid, from, to, Goal::Greedy, workspace)?,
        PathMethod::Bidirectional => best_first::bidirectional(grid, from, to, workspace)?,
        PathMethod::Jps if !grid.uniform() => {
            return Err(Error::value("path: jps needs cells of equal weight; use astar"));
        }
        PathMethod::Jps => jump::search(grid, from, to, workspace)?,
    };
    let length = if cells.is_empty() { f64::INFINITY } else { grid.length(&cells) };
    Ok(Path { cells, length, expanded })
}

/// [`find_path`], and the cells in the order in which it looked at them.
///
/// ```
/// use mynah::route::grids::{Grid, PathMethod, Workspace, find_path_watched};
/// let grid = Grid::from_rows(&["...", "##.", "..."], false)?;
/// let (path, looked_at) = find_path_watched(&grid, 0, 6, PathMethod::Bfs, &mut Workspace::new())?;
/// assert_eq!((path.expanded as usize, looked_at[0]), (looked_at.len(), 0));
/// # Ok::<(), mynah::Error>(())
/// ```
///
/// # Errors
/// As [`find_path`].
pub fn find_path_watched(
    grid: &Grid,
    start: usize,
    goal: usize,
    method: PathMethod,
    workspace: &mut Workspace,
) -> Result<(Path, Vec<u32>)> {
    workspace.trail = Trail(Some(Vec::new()));
    let path = find_path(grid, start, goal, method, workspace);
    let trail = std::mem::take(&mut workspace.trail).0.unwrap_or_default();
    Ok((path?, trail))
}

#[cfg(test)]
mod tests {
    use super::super::{MazeSettings, maze};
    use super::*;
    use crate::data::Rng;

    fn random_grid(rng: &mut Rng, diagonal: bool, weighted: bool) -> Grid {
        let (width, height) = (1 + rng.below(40), 1 + rng.below(40));
        let walls = rng.uniform() * 0.5;
        let weights = (0..width * height)
            .map(|_| match () {
                () if rng.uniform() < walls => 0.0,
                () if weighted => 0.25 + 9.0 * rng.uniform() as f32,
                () => 1.0,
            })
            .collect();
        Grid::from_weights(width, height, diagonal, weights).unwrap()
    }

    /// The textbook's Dijkstra, by looking for the least among all cells.
    fn plain_dijkstra(grid: &Grid, start: usize, goal: usize) -> f64 {
        let n = grid.cells();
        let mut g = vec![f64::INFINITY; n];
        let mut done = vec![false; n];
        if grid.is_free(start) {
            g[start] = 0.0;
        }
        while let Some(cell) = (0..n).filter(|&c| !done[c] && g[c].is_finite()).min_by(|&a, &b| g[a].total_cmp(&g[b])) {
            done[cell] = true;
            for (i, offset) in grid.offsets().into_iter().enumerate() {
                if grid.moves()[cell] >> i & 1 == 1 {
                    let to = cell.wrapping_add_signed(offset);
                    let step = if i < 4 { 1.0 } else { std::f64::consts::SQRT_2 };
                    g[to] = g[to].min(g[cell] + step * f64::from(grid.weight(to)));
                }
            }
        }
        g[goal]
    }

    #[test]
    fn who_watches_sees_every_cell_that_was_counted() {
        let mut rng = Rng::new(5);
        for _ in 0..200 {
            let diagonal = rng.uniform() < 0.5;
            let grid = random_grid(&mut rng, diagonal, false);
            let (start, goal) = (rng.below(grid.cells()), rng.below(grid.cells()));
            for method in PathMethod::ALL {
                let mut room = Workspace::new();
                let (path, seen) = find_path_watched(&grid, start, goal, method, &mut room).unwrap();
                assert_eq!(seen.len() as u64, path.expanded, "{method:?}");
                assert_eq!(path, find_path(&grid, start, goal, method, &mut room).unwrap(), "{method:?}");
            }
        }
    }

    fn check(grid: &Grid, path: &Path, start: usize, goal: usize) {
        if !path.found() {
            return;
        }
        assert_eq!([path.cells[0], path.cells[path.cells.len() - 1]], [start as u32, goal as u32]);
        for pair in path.cells.windows(2) {
            let step =
                |&(_, offset): &(usize, isize)| (pair[0] as usize).wrapping_add_signed(offset) == pair[1] as usize;
            let moves = grid.moves()[pair[0] as usize];
            assert!(grid.offsets().into_iter().enumerate().filter(step).any(|(i, _)| moves >> i & 1 == 1));
        }
        assert_eq!(path.length, grid.length(&path.cells));
    }

    #[test]
    fn shortest_methods_agree_with_the_textbook_on_a_thousand_random_grids() {
        let mut rng = Rng::new(1);
        let mut workspace = Workspace::new();
        let mut found = 0;
        for i in 0..1000 {
            let (diagonal, weighted) = (i % 2 == 0, i % 4 >= 2);
            let grid = random_grid(&mut rng, diagonal, weighted);
            let (start, goal) = (rng.below(grid.cells()), rng.below(grid.cells()));
            let wanted = plain_dijkstra(&grid, start, goal);
            found += usize::from(wanted.is_finite());
            for method in PathMethod::ALL {
                if method == PathMethod::Jps && !grid.uniform() {
                    continue;
                }
                let path = find_path(&grid, start, goal, method, &mut workspace).unwrap();
                check(&grid, &path, start, goal);
                assert_eq!(path.found(), wanted.is_finite() && grid.is_free(goal), "{i} {method:?}");
                let shortest = match method {
                    PathMethod::Greedy => false,
                    PathMethod::Bfs => !diagonal && !weighted,
                    _ => true,
                };
                let equal = path.length == wanted || (path.length - wanted).abs() < 1e-9 * wanted;
                assert!(!shortest || equal, "grid {i}, {method:?}: {} != {wanted}", path.length);
                assert!(path.length >= wanted - 1e-9 * wanted.min(1e9));
            }
        }
        assert!(found > 400, "{found}");
    }

    #[test]
    fn in_mazes_too_with_and_without_loops() {
        let mut workspace = Workspace::new();
        for seed in 0..60 {
            let settings = MazeSettings {
                width: 3 + seed as usize % 20,
                height: 12,
                seed,
                loops: if seed % 2 == 0 { 0.0 } else { 0.2 },
                ..Default::default()
            };
            let maze = maze(&settings).unwrap();
            let cells = maze.grid().cells();
            let wanted = plain_dijkstra(maze.grid(), 0, cells - 1);
            let blocks = maze.blocks();
            let (from, to) = (maze.block(0), maze.block(cells - 1));
            for method in PathMethod::ALL.into_iter().filter(|&method| method != PathMethod::Greedy) {
                let path = find_path(maze.grid(), 0, cells - 1, method, &mut workspace).unwrap();
                check(maze.grid(), &path, 0, cells - 1);
                assert_eq!(path.length, wanted, "{method:?}");
                let path = find_path(&blocks, from, to, method, &mut workspace).unwrap();
                assert_eq!(path.length, 2.0 * wanted, "{method:?} on blocks");
            }
        }
    }

    #[test]
    fn no_way_is_no_error_and_staying_is_a_way_of_length_0() {
        let grid = Grid::from_rows(&["..#.", "###.", "...."], false).unwrap();
        let mut workspace = Workspace::new();
        for method in PathMethod::ALL {
            let path = find_path(&grid, 0, 11, method, &mut workspace).unwrap();
            assert!(!path.found() && path.length == f64::INFINITY, "{method:?}");
            assert!(!find_path(&grid, 2, 2, method, &mut workspace).unwrap().found(), "{method:?}: a wall");
            let path = find_path(&grid, 1, 1, method, &mut workspace).unwrap();
            assert_eq!((path.cells, path.length), (vec![1], 0.0), "{method:?}");
            assert!(find_path(&grid, 0, 12, method, &mut workspace).is_err());
        }
    }

    #[test]
    fn bfs_takes_the_fewest_steps_whatever_they_cost() {
        let grid = Grid::from_rows(&[".9.", "..."], false).unwrap();
        let mut workspace = Workspace::new();
        let bfs = find_path(&grid, 0, 2, PathMethod::Bfs, &mut workspace).unwrap();
        let dijkstra = find_path(&grid, 0, 2, PathMethod::Dijkstra, &mut workspace).unwrap();
        assert_eq!((bfs.length, bfs.cells.len()), (10.0, 3));
        assert_eq!((dijkstra.length, dijkstra.cells.len()), (4.0, 5));
    }
}
