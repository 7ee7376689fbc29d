//! Lines of equal height over a grid: marching squares.
//!
//! Each cell of four neighbours is cut by at most two straight pieces (Maple 2003, "Geometric design and space planning
//! using the marching squares and marching cube algorithms"); where two ways are possible, the mean of the four decides.
//! Pieces that meet on an edge are joined.

/// The lines at `level` of a grid with `columns` values in each row, as (column, row) from 0. A closed line ends where
/// it began. Cells with a corner that is not finite have none.
///
/// ```
/// let slope = [0.0, 1.0, 0.0, 1.0]; // two rows of two
/// let lines = mynah::plot::contour_lines(&slope, 2, 0.25);
/// assert_eq!(lines, [[(0.25, 0.0), (0.25, 1.0)]]);
/// ```
pub fn contour_lines(values: &[f64], columns: usize, level: f64) -> Vec<Vec<(f64, f64)>> {
    let rows = values.len().checked_div(columns).unwrap_or(0);
    if rows < 2 || columns < 2 {
        return Vec::new();
    }
    // An edge's number: twice its first corner's, one more if it runs upwards.
    let (right, up) = (|c: usize, r: usize| 2 * (r * columns + c), |c: usize, r: usize| 2 * (r * columns + c) + 1);
    let mut pieces: Vec<[usize; 2]> = Vec::new();
    for r in 0..rows - 1 {
        for c in 0..columns - 1 {
            let corners = [(c, r), (c + 1, r), (c + 1, r + 1), (c, r + 1)].map(|(c, r)| values[r * columns + c]);
            if !corners.iter().all(|v| v.is_finite()) {
                continue;
            }
            let above = corners.map(|v| v >= level);
            let [bottom, east, top, west] = [right(c, r), up(c + 1, r), right(c, r + 1), up(c, r)];
            match above {
                [false, false, false, false] | [true, true, true, true] => {}
                [true, false, false, false] | [false, true, true, true] => pieces.push([west, bottom]),
                [false, true, false, false] | [true, false, true, true] => pieces.push([bottom, east]),
                [false, false, true, false] | [true, true, false, true] => pieces.push([east, top]),
                [false, false, false, true] | [true, true, true, false] => pieces.push([top, west]),
                [true, true, false, false] | [false, false, true, true] => pieces.push([west, east]),
                [true, false, false, true] | [false, true, true, false] => pieces.push([bottom, top]),
                [first, ..] => {
                    let middle = corners.iter().map(|v| v / 4.0).sum::<f64>() >= level;
                    let cuts =
                        if middle == first { [[bottom, east], [top, west]] } else { [[west, bottom], [east, top]] };
                    pieces.extend(cuts);
                }
            }
        }
    }
    let place = |edge: usize| {
        let (c, r) = (edge / 2 % columns, edge / 2 / columns);
        let (dc, dr) = if edge.is_multiple_of(2) { (1, 0) } else { (0, 1) };
        let (a, b) = (values[r * columns + c], values[(r + dr) * columns + c + dc]);
        let t = ((level / 2.0 - a / 2.0) / (b / 2.0 - a / 2.0)).clamp(0.0, 1.0);
        (c as f64 + t * dc as f64, r as f64 + t * dr as f64)
    };
    join(&pieces, 2 * values.len()).into_iter().map(|line| line.into_iter().map(place).collect()).collect()
}

/// Pieces that share an edge, in a row.
fn join(pieces: &[[usize; 2]], edges: usize) -> Vec<Vec<usize>> {
    const NONE: u32 = u32::MAX;
    let mut at = vec![[NONE; 2]; edges]; // the pieces that end on an edge: one in each of its two cells
    for (k, piece) in pieces.iter().enumerate() {
        for edge in piece {
            let slot = usize::from(at[*edge][0] != NONE);
            at[*edge][slot] = k as u32;
        }
    }
    let mut used = vec![false; pieces.len()];
    let mut lines = Vec::new();
    // First the lines that begin at the border or beside a hole, then the closed ones.
    for closed in [false, true] {
        for first in 0..pieces.len() {
            let start = pieces[first].iter().find(|edge| closed || at[**edge][1] == NONE);
            let (Some(start), false) = (start, used[first]) else { continue };
            let mut line = vec![*start];
            let (mut piece, mut end) = (first, *start);
            loop {
                used[piece] = true;
                let [a, b] = pieces[piece];
                end = if end == a { b } else { a };
                line.push(end);
                match at[end].into_iter().find(|k| *k != NONE && !used[*k as usize]) {
                    Some(next) => piece = next as usize,
                    None => break,
                }
            }
            lines.push(line);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `f` on a grid of `n` by `n` over [-1, 1]².
    fn sampled(n: usize, f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        let at = |k: usize| 2.0 * k as f64 / (n - 1) as f64 - 1.0;
        (0..n * n).map(|k| f(at(k % n), at(k / n))).collect()
    }

    #[test]
    fn the_contour_of_a_cone_is_a_closed_circle() {
        let n = 41;
        let lines = contour_lines(&sampled(n, |x, y| x.hypot(y)), n, 0.7);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].first(), lines[0].last(), "closed");
        let cell = 2.0 / (n - 1) as f64;
        for (c, r) in &lines[0] {
            let radius = (c * cell - 1.0).hypot(r * cell - 1.0);
            assert!((radius - 0.7).abs() < 0.02 * cell, "{radius}");
        }
        let around: f64 = lines[0].windows(2).map(|w| (w[1].0 - w[0].0).hypot(w[1].1 - w[0].1) * cell).sum();
        assert!((around - 0.7 * std::f64::consts::TAU).abs() < 0.01, "{around}");
    }

    #[test]
    fn a_saddle_has_two_lines_that_never_cross() {
        for level in [-0.25, 0.25] {
            let lines = contour_lines(&sampled(20, |x, y| x * y), 20, level);
            assert_eq!(lines.len(), 2, "{level}");
            assert!(lines.iter().all(|line| line.len() > 8));
        }
        let checks = contour_lines(&[1.0, 0.0, 0.0, 1.0], 2, 0.5);
        assert_eq!(checks.len(), 2);
    }

    #[test]
    fn holes_and_odd_grids_are_no_trouble() {
        let mut values = sampled(21, |x, y| x.hypot(y));
        values[10 * 21 + 17] = f64::NAN;
        assert_eq!(contour_lines(&values, 21, 0.7).len(), 1, "one line, broken at the hole");
        assert_eq!(contour_lines(&[], 4, 0.0), Vec::<Vec<_>>::new());
        assert!(contour_lines(&[1.0; 12], 0, 0.5).is_empty() && contour_lines(&[0.0, 1.0], 2, 0.5).is_empty());
        assert_eq!(contour_lines(&[f64::MIN, f64::MAX, f64::MIN, f64::MAX], 2, 0.0), [[(0.5, 0.0), (0.5, 1.0)]]);
    }
}
