//! Mazes: cells with passages between neighbours, one way from each cell to each other, and loops if you want them.
//!
//! Prim's and Kruskal's methods grow a spanning tree over randomly weighted edges; backtracking is a random depth-first
//! search with long corridors; Wilson's (1996) loop-erased random walks draw all mazes equally likely.

use super::Grid;
use super::grid::{BACK, Direction, checked_cells};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::{Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How [`maze`] digs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MazeMethod {
    /// Depth-first with backtracking: long corridors, few dead ends.
    #[default]
    Backtracking,
    /// From one cell outwards: many short dead ends.
    Prim,
    /// Walls fall in random order wherever two pieces are still apart.
    Kruskal,
    /// Random walks without their loops: every maze is equally likely.
    Wilson,
}

/// Settings of [`maze`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MazeSettings {
    /// Columns, at least 1. Default 30.
    pub width: usize,
    /// Rows, at least 1. Default 30.
    pub height: usize,
    /// "backtracking", "prim", "kruskal" or "wilson". Default "backtracking".
    pub method: MazeMethod,
    /// Share of the walls left standing that then fall too, in [0, 1]: 0 makes a perfect maze. Default 0.
    pub loops: f64,
    /// Seed of all random choices. Default 1.
    pub seed: u64,
}

impl Default for MazeSettings {
    fn default() -> Self {
        Self { width: 30, height: 30, method: MazeMethod::default(), loops: 0.0, seed: 1 }
    }
}

/// A maze of passages.
#[derive(Clone, Debug, PartialEq)]
pub struct Maze {
    grid: Grid,
}

/// Digs a maze.
///
/// ```
/// use mynah::route::grids::{MazeSettings, maze};
/// let maze = maze(&MazeSettings { width: 30, height: 30, seed: 7, ..Default::default() })?;
/// assert_eq!((maze.passages(), maze.components()), (899, 1));
/// # Ok::<(), mynah::Error>(())
/// ```
///
/// # Errors
/// When a setting is out of its range, or the user asked to stop everything.
pub fn maze(settings: &MazeSettings) -> Result<Maze> {
    maze_watched(settings, None).map(|(maze, _)| maze)
}

/// [`maze`], with the passages in the order in which they were dug, each as two cells.
///
/// ```
/// use mynah::route::grids::{MazeSettings, maze_watched};
/// let (maze, dug) = maze_watched(&MazeSettings { width: 3, height: 3, ..Default::default() }, Some(Vec::new()))?;
/// assert_eq!(dug.len(), maze.passages());
/// # Ok::<(), mynah::Error>(())
/// ```
///
/// # Errors
/// As [`maze`].
pub fn maze_watched(settings: &MazeSettings, dug: Option<Vec<[u32; 2]>>) -> Result<(Maze, Vec<[u32; 2]>)> {
    let MazeSettings { width, height, method, loops, seed } = *settings;
    ensure_setting(width >= 1, "maze", "width", "at least 1", width)?;
    ensure_setting(height >= 1, "maze", "height", "at least 1", height)?;
    ensure_setting((0.0..=1.0).contains(&loops), "maze", "loops", "in [0, 1]", loops)?;
    // Its blocks must be a grid as well.
    checked_cells(width.saturating_mul(2).saturating_add(1), height.saturating_mul(2).saturating_add(1))?;
    let mut digger = Digger { width, height, passages: vec![0; width * height], rng: Rng::new(seed), work: 0, dug };
    match method {
        MazeMethod::Backtracking => digger.backtrack()?,
        MazeMethod::Prim => digger.prim()?,
        MazeMethod::Kruskal => digger.kruskal()?,
        MazeMethod::Wilson => digger.wilson()?,
    }
    digger.open_loops(loops)?;
    let dug = digger.dug.unwrap_or_default();
    Ok((Maze { grid: Grid::from_passages(width, height, digger.passages) }, dug))
}

impl Maze {
    /// The cells and their passages, to find ways in.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Whether a passage leads from a cell in a straight direction.
    pub fn has_passage(&self, cell: usize, direction: Direction) -> bool {
        self.grid.can_go(cell, direction)
    }

    /// The number of passages.
    pub fn passages(&self) -> usize {
        self.grid.moves().iter().map(|moves| moves.count_ones() as usize).sum::<usize>() / 2
    }

    /// The number of parts with no passage between them: 1.
    pub fn components(&self) -> usize {
        let mut parts = Parts::new(self.grid.cells());
        for cell in 0..self.grid.cells() {
            for (direction, offset) in [(Direction::East, 1), (Direction::South, self.grid.width())] {
                if self.has_passage(cell, direction) {
                    parts.join(cell, cell + offset);
                }
            }
        }
        parts.count
    }

    /// The maze as a grid of blocks, `2 width + 1` by `2 height + 1`: walls and passages take a cell each.
    pub fn blocks(&self) -> Grid {
        let (width, height) = (2 * self.grid.width() + 1, 2 * self.grid.height() + 1);
        let mut walls = vec![true; width * height];
        for cell in 0..self.grid.cells() {
            let block = self.block(cell);
            walls[block] = false;
            if self.has_passage(cell, Direction::East) {
                walls[block + 1] = false;
            }
            if self.has_passage(cell, Direction::South) {
                walls[block + width] = false;
            }
        }
        Grid::from_walls(width, height, false, walls).expect("the size was checked when the maze was dug")
    }

    /// The number of a cell in the grid of blocks.
    pub fn block(&self, cell: usize) -> usize {
        let (x, y) = self.grid.place(cell);
        (2 * y + 1) * (2 * self.grid.width() + 1) + 2 * x + 1
    }

    /// A drawing of three characters per cell, with a mark on the cells of a way.
    pub fn text(&self, way: &[u32]) -> String {
        let (width, height) = (self.grid.width(), self.grid.height());
        let mut on_way = vec![false; self.grid.cells()];
        for &cell in way {
            if let Some(mark) = on_way.get_mut(cell as usize) {
                *mark = true;
            }
        }
        let mut text = format!("+{}\n", "--+".repeat(width));
        for y in 0..height {
            let (mut row, mut below) = (String::from("|"), String::from("+"));
            for cell in y * width..(y + 1) * width {
                row.push_str(if on_way[cell] { "o " } else { "  " });
                row.push(if self.has_passage(cell, Direction::East) { ' ' } else { '|' });
                below.push_str(if self.has_passage(cell, Direction::South) { "  +" } else { "--+" });
            }
            text.push_str(&format!("{row}\n{below}\n"));
        }
        text
    }
}

struct Digger {
    width: usize,
    height: usize,
    passages: Vec<u8>,
    rng: Rng,
    work: u64,
    dug: Option<Vec<[u32; 2]>>, // if someone wants to know
}

impl Digger {
    /// Called once for each bit of work.
    fn pause(&mut self) -> Result<()> {
        self.work += 1;
        if self.work.is_multiple_of(1 << 16) { stop::check() } else { Ok(()) }
    }

    /// The cell next to this one in a straight direction, if it is in the maze's bounds.
    fn beside(&self, cell: usize, direction: usize) -> Option<usize> {
        let (x, y) = (cell % self.width, cell / self.width);
        match direction {
            0 if y > 0 => Some(cell - self.width),
            1 if x + 1 < self.width => Some(cell + 1),
            2 if y + 1 < self.height => Some(cell + self.width),
            3 if x > 0 => Some(cell - 1),
            _ => None,
        }
    }

    /// A random direction to a neighbour that is accepted.
    fn choose(&mut self, cell: usize, accept: impl Fn(&Self, usize) -> bool) -> Option<(usize, usize)> {
        let mut options = [(0, 0); 4];
        let mut count = 0;
        for direction in 0..4 {
            if let Some(to) = self.beside(cell, direction)
                && accept(self, to)
            {
                options[count] = (direction, to);
                count += 1;
            }
        }
        (count > 0).then(|| options[self.rng.below(count)])
    }

    fn open(&mut self, cell: usize, direction: usize, to: usize) {
        self.passages[cell] |= 1 << direction;
        self.passages[to] |= 1 << BACK[direction];
        if let Some(dug) = &mut self.dug {
            dug.push([cell as u32, to as u32]);
        }
    }

    fn backtrack(&mut self) -> Result<()> {
        let start = self.rng.below(self.passages.len());
        let mut stack = vec![start];
        while let Some(&cell) = stack.last() {
            self.pause()?;
            match self.choose(cell, |digger, to| to != start && digger.passages[to] == 0) {
                Some((direction, to)) => {
                    self.open(cell, direction, to);
                    stack.push(to);
                }
                None => drop(stack.pop()),
            }
        }
        Ok(())
    }

    fn prim(&mut self) -> Result<()> {
        let start = self.rng.below(self.passages.len());
        let mut inside = vec![false; self.passages.len()];
        let mut listed = inside.clone(); // on the frontier, or inside
        let mut frontier = vec![start];
        listed[start] = true;
        while !frontier.is_empty() {
            self.pause()?;
            let i = self.rng.below(frontier.len());
            let cell = frontier.swap_remove(i);
            if let Some((direction, to)) = self.choose(cell, |_, to| inside[to]) {
                self.open(cell, direction, to);
            }
            inside[cell] = true;
            for to in (0..4).filter_map(|direction| self.beside(cell, direction)) {
                if !std::mem::replace(&mut listed[to], true) {
                    frontier.push(to);
                }
            }
        }
        Ok(())
    }

    /// The walls that stand, as a cell and east or south of it.
    fn walls(&self) -> Vec<(u32, u8)> {
        let all = (0..self.passages.len()).flat_map(|cell| [(cell, 1), (cell, 2)]);
        all.filter(|&(cell, direction)| {
            self.passages[cell] >> direction & 1 == 0 && self.beside(cell, direction).is_some()
        })
        .map(|(cell, direction)| (cell as u32, direction as u8))
        .collect()
    }

    fn kruskal(&mut self) -> Result<()> {
        let mut walls = self.walls();
        self.rng.shuffle(&mut walls);
        let mut parts = Parts::new(self.passages.len());
        for (cell, direction) in walls {
            self.pause()?;
            let (cell, direction) = (cell as usize, usize::from(direction));
            if let Some(to) = self.beside(cell, direction)
                && parts.join(cell, to)
            {
                self.open(cell, direction, to);
            }
        }
        Ok(())
    }

    fn wilson(&mut self) -> Result<()> {
        let n = self.passages.len();
        let mut order: Vec<usize> = (0..n).collect();
        self.rng.shuffle(&mut order);
        let mut inside = vec![false; n];
        inside[order[0]] = true;
        let mut left_by = vec![(0, 0); n]; // the last direction in which the walk left a cell, and where it led
        for &start in &order {
            let mut cell = start;
            while !inside[cell] {
                self.pause()?;
                left_by[cell] = self.choose(cell, |_, _| true).expect("a maze of several cells has neighbours");
                cell = left_by[cell].1;
            }
            // Following the last directions leaves the loops out.
            cell = start;
            while !inside[cell] {
                let (direction, to) = left_by[cell];
                self.open(cell, direction, to);
                inside[cell] = true;
                cell = to;
            }
        }
        Ok(())
    }

    fn open_loops(&mut self, share: f64) -> Result<()> {
        if share == 0.0 {
            return Ok(());
        }
        let mut walls = self.walls();
        self.rng.shuffle(&mut walls);
        walls.truncate((share * walls.len() as f64).round() as usize);
        for (cell, direction) in walls {
            self.pause()?;
            let (cell, direction) = (cell as usize, usize::from(direction));
            if let Some(to) = self.beside(cell, direction) {
                self.open(cell, direction, to);
            }
        }
        Ok(())
    }
}

/// Which cells are connected: union-find with halved paths (Tarjan & van Leeuwen 1984).
struct Parts {
    above: Vec<u32>,
    count: usize,
}

impl Parts {
    fn new(n: usize) -> Self {
        Self { above: (0..n as u32).collect(), count: n }
    }

    fn root(&mut self, cell: usize) -> usize {
        let mut cell = cell;
        while self.above[cell] as usize != cell {
            let above = self.above[cell] as usize;
            self.above[cell] = self.above[above];
            cell = above;
        }
        cell
    }

    /// Joins two parts; answers whether they were apart.
    fn join(&mut self, a: usize, b: usize) -> bool {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return false;
        }
        // The lower number leads: as good as random here.
        let (low, high) = (a.min(b), a.max(b));
        self.above[high] = low as u32;
        self.count -= 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [MazeMethod; 4] = [MazeMethod::Backtracking, MazeMethod::Prim, MazeMethod::Kruskal, MazeMethod::Wilson];

    #[test]
    fn a_perfect_maze_has_one_part_and_one_passage_less_than_cells() {
        for method in ALL {
            for (width, height) in [(1, 1), (1, 7), (7, 1), (2, 2), (30, 30), (17, 40)] {
                let maze = maze(&MazeSettings { width, height, method, ..Default::default() }).unwrap();
                assert_eq!((maze.passages(), maze.components()), (width * height - 1, 1), "{method:?}");
            }
        }
    }

    #[test]
    fn loops_open_their_share_of_the_walls_and_seeds_matter() {
        for method in ALL {
            let dig = |loops, seed| maze(&MazeSettings { method, loops, seed, ..Default::default() }).unwrap();
            // 30 x 30 cells have 2 * 30 * 29 = 1740 neighbours; 899 passages leave 841 walls.
            assert_eq!(dig(1.0, 1).passages(), 1740);
            assert_eq!(dig(0.1, 1).passages(), 899 + 84);
            assert_eq!(dig(0.1, 1), dig(0.1, 1));
            assert_ne!(dig(0.0, 1), dig(0.0, 2));
        }
    }

    #[test]
    fn the_passages_dug_are_those_of_the_maze() {
        for method in ALL {
            let settings = MazeSettings { width: 9, height: 7, method, loops: 0.2, seed: 4 };
            let (watched, dug) = maze_watched(&settings, Some(Vec::new())).unwrap();
            assert_eq!((&watched, dug.len()), (&maze(&settings).unwrap(), watched.passages()), "{method:?}");
            let apart = |a: u32, b: u32| a.abs_diff(b) == 1 || a.abs_diff(b) == 9;
            assert!(dug.iter().all(|[a, b]| apart(*a, *b)), "{dug:?}");
        }
    }

    #[test]
    fn wilson_draws_the_four_mazes_of_a_square_equally_often() {
        let mut seen = std::collections::HashMap::new();
        for seed in 0..4000 {
            let settings = MazeSettings { width: 2, height: 2, method: MazeMethod::Wilson, seed, ..Default::default() };
            *seen.entry(maze(&settings).unwrap().grid.moves().to_vec()).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), 4);
        assert!(seen.values().all(|count| (880..1120).contains(count)), "{seen:?}");
    }

    #[test]
    fn blocks_and_drawing_show_the_same_passages() {
        let maze = maze(&MazeSettings { width: 5, height: 4, seed: 3, ..Default::default() }).unwrap();
        let blocks = maze.blocks();
        assert_eq!((blocks.width(), blocks.height()), (11, 9));
        let free = (0..blocks.cells()).filter(|&cell| blocks.is_free(cell)).count();
        assert_eq!(free, 20 + 19);
        let text = maze.text(&[0]);
        assert_eq!(text.lines().count(), 9);
        assert!(text.contains("|o "));
    }

    #[test]
    fn unusable_settings_are_refused() {
        for settings in [
            MazeSettings { width: 0, ..Default::default() },
            MazeSettings { height: usize::MAX, ..Default::default() },
            MazeSettings { loops: f64::NAN, ..Default::default() },
            MazeSettings { loops: 1.5, ..Default::default() },
        ] {
            assert!(maze(&settings).is_err(), "{settings:?}");
        }
    }
}
