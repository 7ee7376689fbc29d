//! A grid: cells, what it costs to enter them, and from which to which one can go.

use crate::{Error, Result};
use std::fmt::Display;

/// The eight directions, as bits of a set; north is up, to smaller rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Direction {
    /// To the row above.
    North = 0,
    /// To the next column.
    East = 1,
    /// To the row below.
    South = 2,
    /// To the column before.
    West = 3,
    /// Up and to the right.
    NorthEast = 4,
    /// Down and to the right.
    SouthEast = 5,
    /// Down and to the left.
    SouthWest = 6,
    /// Up and to the left.
    NorthWest = 7,
}

/// Steps in columns and rows, by direction.
pub(super) const STEPS: [(isize, isize); 8] = [(0, -1), (1, 0), (0, 1), (-1, 0), (1, -1), (1, 1), (-1, 1), (-1, -1)];

/// The direction that leads back.
pub(super) const BACK: [usize; 8] = [2, 3, 0, 1, 6, 7, 4, 5];

/// Cells in rows, some of them walls; steps to four or eight neighbours.
///
/// A diagonal step needs both cells beside it free: corners are not cut. A step costs its length, 1 or √2, times the
/// weight of the cell that it enters.
///
/// ```
/// use mynah::route::grids::{Grid, PathMethod, Workspace, find_path};
/// let grid = Grid::from_rows(&["...", ".#.", "..."], true)?;
/// let path = find_path(&grid, 0, 8, PathMethod::Astar, &mut Workspace::new())?;
/// assert_eq!(path.length, 4.0); // around the corner
/// # Ok::<(), mynah::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    width: usize,
    height: usize,
    diagonal: bool,
    moves: Vec<u8>,    // for each cell the set of directions in which one can leave it
    weights: Vec<f32>, // for each cell what entering it costs; 0 for a wall; empty when all cost 1
    walls: Vec<bool>,  // empty for a grid of passages, which has none
    least: f32,        // no free cell weighs less
}

impl Grid {
    /// A grid of free cells of weight 1.
    ///
    /// # Errors
    /// When it has no cells, or more than four billion.
    pub fn new(width: usize, height: usize, diagonal: bool) -> Result<Self> {
        Self::from_walls(width, height, diagonal, vec![false; checked_cells(width, height)?])
    }

    /// A grid with walls, row by row.
    ///
    /// # Errors
    /// When it has no cells, or `walls` is not as long as it has cells.
    pub fn from_walls(width: usize, height: usize, diagonal: bool, walls: Vec<bool>) -> Result<Self> {
        let cells = checked_cells(width, height)?;
        if walls.len() != cells {
            return Err(Error::shape("grid", format!("{} cells for {width} x {height}", walls.len())));
        }
        let mut grid = Self { width, height, diagonal, moves: vec![0; cells], weights: vec![], walls, least: 1.0 };
        for cell in 0..cells {
            grid.moves[cell] = grid.moves_from_walls(cell);
        }
        Ok(grid)
    }

    /// A grid whose cells cost these weights to enter, row by row; 0 and infinity are walls.
    ///
    /// # Errors
    /// When it has no cells, `weights` is not as long as it has cells, or a weight is negative or NaN.
    pub fn from_weights(width: usize, height: usize, diagonal: bool, mut weights: Vec<f32>) -> Result<Self> {
        for (cell, weight) in weights.iter_mut().enumerate() {
            *weight = checked_weight(format_args!("weights[{cell}]"), *weight)?;
        }
        let walls = weights.iter().map(|&weight| weight == 0.0).collect();
        let mut grid = Self::from_walls(width, height, diagonal, walls)?;
        if weights.iter().any(|&weight| weight != 0.0 && weight != 1.0) {
            grid.least = weights.iter().copied().filter(|&weight| weight > 0.0).fold(f32::INFINITY, f32::min);
            grid.weights = weights;
        }
        Ok(grid)
    }

    /// A grid from rows of text: `#` and `@` are walls, a digit from 1 to 9 is a weight, anything else free.
    ///
    /// # Errors
    /// When there are no cells or the rows differ in length.
    pub fn from_rows(rows: &[impl AsRef<str>], diagonal: bool) -> Result<Self> {
        let width = rows.first().map_or(0, |row| row.as_ref().chars().count());
        let mut weights = vec![];
        for (y, row) in rows.iter().enumerate() {
            weights.extend(row.as_ref().chars().map(|c| match c {
                '#' | '@' => 0.0,
                '1'..='9' => c.to_digit(10).unwrap_or(1) as f32,
                _ => 1.0,
            }));
            if weights.len() != (y + 1) * width {
                return Err(Error::shape("grid", format!("row {} is not as long as the first, {width}", y + 1)));
            }
        }
        Self::from_weights(width, rows.len(), diagonal, weights)
    }

    /// A grid of cells with passages between neighbours in the four directions: sets of bits by [`Direction`].
    pub(super) fn from_passages(width: usize, height: usize, passages: Vec<u8>) -> Self {
        Self { width, height, diagonal: false, moves: passages, weights: vec![], walls: vec![], least: 1.0 }
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The number of cells.
    pub fn cells(&self) -> usize {
        self.moves.len()
    }

    /// Whether steps go to eight neighbours.
    pub fn diagonal(&self) -> bool {
        self.diagonal
    }

    /// Whether this is a maze of passages, with walls between cells and no wall cells.
    pub fn has_passages(&self) -> bool {
        self.walls.is_empty()
    }

    /// Whether all free cells have weight 1.
    pub fn uniform(&self) -> bool {
        self.weights.is_empty()
    }

    /// The cell in column `x` of row `y`.
    pub fn cell(&self, x: usize, y: usize) -> Option<usize> {
        (x < self.width && y < self.height).then_some(y * self.width + x)
    }

    /// Column and row of a cell.
    pub fn place(&self, cell: usize) -> (usize, usize) {
        (cell % self.width, cell / self.width)
    }

    /// Whether a cell exists and is no wall.
    pub fn is_free(&self, cell: usize) -> bool {
        cell < self.cells() && (self.walls.is_empty() || !self.walls[cell])
    }

    /// What entering a cell costs; 0 for a wall.
    pub fn weight(&self, cell: usize) -> f32 {
        match self.weights.get(cell) {
            Some(&weight) => weight,
            None => f32::from(self.is_free(cell)),
        }
    }

    /// Whether one can go from a cell in a direction.
    pub fn can_go(&self, cell: usize, direction: Direction) -> bool {
        cell < self.cells() && self.moves[cell] >> direction as u8 & 1 == 1
    }

    /// Changes a cell: a weight, or 0 or infinity for a wall.
    ///
    /// # Errors
    /// When there is no such cell, the weight is negative or NaN, or the grid is a maze of passages.
    pub fn set_weight(&mut self, cell: usize, weight: f32) -> Result<()> {
        if cell >= self.cells() {
            return Err(Error::value(format!("grid: there is no cell {cell}; the last is {}", self.cells() - 1)));
        }
        let weight = checked_weight("weight", weight)?;
        if self.has_passages() {
            return Err(Error::value("grid: a maze of passages has no weights; take its blocks"));
        }
        if weight != 0.0 && weight != 1.0 && self.weights.is_empty() {
            self.weights = self.walls.iter().map(|&wall| f32::from(!wall)).collect();
        }
        if let Some(old) = self.weights.get_mut(cell) {
            *old = weight;
        }
        if weight > 0.0 {
            self.least = self.least.min(weight);
        }
        self.walls[cell] = weight == 0.0;
        let (x, y) = self.place(cell);
        for y in y.saturating_sub(1)..=(y + 1).min(self.height - 1) {
            for x in x.saturating_sub(1)..=(x + 1).min(self.width - 1) {
                let near = y * self.width + x;
                self.moves[near] = self.moves_from_walls(near);
            }
        }
        Ok(())
    }

    /// The sets of directions in which each cell can be left.
    pub(super) fn moves(&self) -> &[u8] {
        &self.moves
    }

    /// The weights, or nothing when all are 1.
    pub(super) fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// A bound that no free cell's weight is below.
    pub(super) fn least(&self) -> f64 {
        f64::from(self.least)
    }

    /// The difference of cell numbers in each direction.
    pub(super) fn offsets(&self) -> [isize; 8] {
        STEPS.map(|(dx, dy)| dy * self.width as isize + dx)
    }

    /// What the cells of this way cost, without the first; diagonal steps are counted apart, so that equal ways have
    /// equal lengths to the last bit.
    pub(super) fn length(&self, cells: &[u32]) -> f64 {
        let (mut straight, mut diagonal) = (0.0, 0.0);
        for pair in cells.windows(2) {
            let (a, b) = (self.place(pair[0] as usize), self.place(pair[1] as usize));
            let weight = f64::from(self.weight(pair[1] as usize));
            if a.0 != b.0 && a.1 != b.1 { diagonal += weight } else { straight += weight }
        }
        straight + diagonal * std::f64::consts::SQRT_2
    }

    fn moves_from_walls(&self, cell: usize) -> u8 {
        if self.walls[cell] {
            return 0;
        }
        let (x, y) = self.place(cell);
        let free = |(dx, dy): (isize, isize)| {
            let (x, y) = (x.wrapping_add_signed(dx), y.wrapping_add_signed(dy));
            x < self.width && y < self.height && !self.walls[y * self.width + x]
        };
        let mut moves = 0;
        for (i, &(dx, dy)) in STEPS.iter().enumerate() {
            let open =
                if i < 4 { free((dx, dy)) } else { self.diagonal && free((dx, dy)) && free((dx, 0)) && free((0, dy)) };
            moves |= u8::from(open) << i;
        }
        moves
    }
}

/// A weight as it is kept: 0 for a wall.
fn checked_weight(name: impl Display, weight: f32) -> Result<f32> {
    match weight {
        f32::INFINITY => Ok(0.0),
        0.0.. => Ok(weight),
        _ => Err(Error::setting("grid", name, "at least 0", weight)),
    }
}

/// The number of cells of a grid that can be held.
pub(super) fn checked_cells(width: usize, height: usize) -> Result<usize> {
    match width.checked_mul(height) {
        Some(0) => Err(Error::value(format!("grid: {width} x {height} has no cells"))),
        Some(cells) if cells < u32::MAX as usize / 2 => Ok(cells),
        _ => Err(Error::value(format!("grid: {width} x {height} has too many cells"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_are_not_cut() {
        let grid = Grid::from_rows(&["..", ".#"], true).unwrap();
        assert!(grid.can_go(0, Direction::East) && grid.can_go(0, Direction::South));
        assert!(!grid.can_go(0, Direction::SouthEast) && !grid.can_go(1, Direction::SouthWest));
    }

    #[test]
    fn a_changed_cell_changes_the_moves_around_it_as_a_new_grid_would_have_them() {
        let mut grid = Grid::from_rows(&["....", ".#..", "...."], true).unwrap();
        grid.set_weight(5, 1.0).unwrap();
        grid.set_weight(6, 0.0).unwrap();
        assert_eq!(grid, Grid::from_rows(&["....", "..#.", "...."], true).unwrap());
        grid.set_weight(0, 7.0).unwrap();
        assert_eq!(grid, Grid::from_rows(&["7...", "..#.", "...."], true).unwrap());
    }

    #[test]
    fn an_endless_weight_is_a_wall() {
        let grid = Grid::from_weights(3, 1, false, vec![2.0, f32::INFINITY, 1.0]).unwrap();
        assert_eq!(grid, Grid::from_rows(&["2@1"], false).unwrap());
        assert!(grid.is_free(0) && !grid.is_free(1) && !grid.can_go(0, Direction::East));
        let mut changed = Grid::from_rows(&["211"], false).unwrap();
        changed.set_weight(1, f32::INFINITY).unwrap();
        assert_eq!(changed, grid);
    }

    #[test]
    fn unusable_grids_are_refused() {
        assert!(Grid::new(0, 5, true).is_err() && Grid::new(usize::MAX, 2, true).is_err());
        assert!(Grid::from_walls(2, 2, true, vec![false; 3]).is_err());
        assert!(Grid::from_weights(1, 2, true, vec![1.0, f32::NAN]).is_err());
        assert!(Grid::from_weights(1, 2, true, vec![1.0, -1.0]).is_err());
        assert!(Grid::from_rows(&["..", "."], true).is_err());
        let mut grid = Grid::new(2, 2, true).unwrap();
        assert!(grid.set_weight(4, 1.0).is_err() && grid.set_weight(0, f32::NAN).is_err());
    }
}
