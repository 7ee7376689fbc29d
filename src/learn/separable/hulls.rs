//! Two convex hulls in the plane, and whether a line separates them: exactly.

use super::exact::{Point, turn};
use std::cmp::Ordering::{Equal, Greater, Less};

/// How two hulls lie to each other, with the directed line that has the second hull to its right and the first to its
/// left, as two points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Relation {
    /// They share no point. The line touches one hull and not the other; nothing if all points are on one line.
    Apart(Option<[Point; 2]>),
    /// They share points, but a line has each on its own side, and not all points on itself.
    Touching(Option<[Point; 2]>),
    /// Nothing of the like.
    Crossing,
}

fn before(a: &Point, b: &Point) -> std::cmp::Ordering {
    a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1]))
}

/// The corners of the convex hull, counterclockwise, without those on its edges: one of all points that are the same,
/// two of those on a line. Andrew (1979), "Another efficient algorithm for convex hulls in two dimensions".
pub fn hull(mut points: Vec<Point>) -> Vec<Point> {
    points.iter_mut().flatten().for_each(|v| *v += 0.0); // no -0
    points.sort_unstable_by(before);
    points.dedup();
    if points.len() < 3 {
        return points;
    }
    let mut corners: Vec<Point> = Vec::new();
    let mut chain = |points: &mut dyn Iterator<Item = Point>| {
        let begin = corners.len();
        for p in points {
            while corners.len() >= begin + 2 {
                let [.., a, b] = corners[..] else { break };
                if turn(a, b, a, p) == Greater {
                    break;
                }
                corners.pop();
            }
            corners.push(p);
        }
        corners.pop(); // begins the next chain
    };
    chain(&mut points.iter().copied());
    chain(&mut points.iter().rev().copied());
    corners
}

/// How hull `a` lies to hull `b`.
pub fn relation(a: &[Point], b: &[Point]) -> Relation {
    if let Some(relation) = on_one_line(a, b) {
        return relation;
    }
    let mut found = Relation::Crossing;
    for (first, second, swapped) in [(a, b, false), (b, a, true)] {
        for (line, beyond) in lines(first, second) {
            let line = if swapped { [line[1], line[0]] } else { line };
            match beyond {
                Less => return Relation::Apart(Some(line)),
                Equal => found = Relation::Touching(Some(line)),
                Greater => {}
            }
        }
    }
    found
}

/// Each directed edge of a hull, and where the corner of the other hull lies that is farthest to the left of it.
fn lines<'a>(hull: &'a [Point], other: &'a [Point]) -> impl Iterator<Item = ([Point; 2], std::cmp::Ordering)> + 'a {
    let edges = if hull.len() > 1 { hull.len() } else { 0 };
    let mut far = 0;
    (0..edges).map(move |i| {
        let (p, q) = (hull[i], hull[(i + 1) % hull.len()]);
        if i == 0 || hull.len() == 2 {
            for j in 0..other.len() {
                far = if turn(p, q, other[far], other[j]) == Greater { j } else { far };
            }
        }
        // The edges turn to the left, and so does the farthest corner.
        for _ in 0..other.len() {
            let next = (far + 1) % other.len();
            if turn(p, q, other[far], other[next]) != Greater {
                break;
            }
            far = next;
        }
        ([p, q], turn(p, q, p, other[far]))
    })
}

/// If all points are on one line: whether the intervals there share points.
fn on_one_line(a: &[Point], b: &[Point]) -> Option<Relation> {
    let all: Vec<Point> = a.iter().chain(b).copied().collect();
    let from = all[0];
    if let Some(&to) = all.iter().find(|p| **p != from)
        && all.iter().any(|p| turn(from, to, from, *p) != Equal)
    {
        return None;
    }
    let least = |points: &[Point]| points.iter().copied().min_by(before);
    let most = |points: &[Point]| points.iter().copied().max_by(before);
    let (ends, begins) = ([most(a)?, most(b)?], [least(b)?, least(a)?]);
    let gaps = [before(&ends[0], &begins[0]), before(&ends[1], &begins[1])];
    Some(match gaps {
        _ if gaps.contains(&Less) => Relation::Apart(None),
        _ if gaps.contains(&Equal) && all.iter().any(|p| *p != from) => Relation::Touching(None),
        _ => Relation::Crossing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hulls_have_corners_only() {
        let grid: Vec<Point> = (0..25).map(|i| [f64::from(i % 5), f64::from(i / 5)]).collect();
        assert_eq!(hull(grid), [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]]);
        assert_eq!(hull(vec![[1.0, 1.0]; 5]), [[1.0, 1.0]]);
        assert_eq!(hull(vec![[2.0, 2.0], [0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]), [[0.0, 0.0], [2.0, 2.0]]);
    }

    #[test]
    fn hulls_lie_apart_touch_or_cross() {
        let square = |x: f64, y: f64| hull(vec![[x, y], [x + 1.0, y], [x, y + 1.0], [x + 1.0, y + 1.0]]);
        let at = |x, y| relation(&square(0.0, 0.0), &square(x, y));
        assert!(matches!(at(1.5, 0.3), Relation::Apart(_)) && matches!(at(-1.001, 0.0), Relation::Apart(_)));
        assert!(matches!(at(1.0, 0.3), Relation::Touching(_)) && matches!(at(-1.0, 1.0), Relation::Touching(_)));
        assert_eq!(at(0.5, 0.5), Relation::Crossing);
        assert_eq!(at(0.0, 0.0), Relation::Crossing);
    }

    #[test]
    fn many_corners_are_quick() {
        let circle = |x: f64| {
            let corner = |i: u32| [x + f64::from(i).to_radians().cos(), f64::from(i).to_radians().sin()];
            hull((0..360).map(corner).collect())
        };
        for x in [2.1, -2.1, 1.9, -0.5, 0.0] {
            let apart = matches!(relation(&circle(0.0), &circle(x)), Relation::Apart(_));
            assert_eq!(apart, x.abs() > 2.0, "{x}");
        }
    }
}
