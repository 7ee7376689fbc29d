//! A* over any graph: you say what the neighbours of a node are.
//!
//! Hart, Nilsson & Raphael (1968). The estimate must never be above the true cost for the way to be shortest; it need not
//! be consistent, since a node is opened again when a shorter way to it turns up.

use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};
use std::hash::Hash;

/// Settings of [`graph_path`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GraphSettings {
    /// Nodes to expand at most; then there is no way. Default: no limit.
    pub max_expanded: Option<u64>,
}

/// What [`graph_path`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphPath<N> {
    /// The nodes from start to goal, both included; empty when there is no way.
    pub nodes: Vec<N>,
    /// What the way costs; infinite when there is none.
    pub length: f64,
    /// Nodes whose neighbours were asked for.
    pub expanded: u64,
}

struct Waiting {
    f: f64,
    g: f64,
    node: usize,
}

impl Ord for Waiting {
    /// The lowest f first; of equal ones the one farther on its way, then the younger.
    fn cmp(&self, other: &Self) -> Ordering {
        other.f.total_cmp(&self.f).then(self.g.total_cmp(&other.g)).then(self.node.cmp(&other.node))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Waiting {}

/// The shortest way from `start` to the first node that `is_goal` accepts.
///
/// `neighbours` pushes a node's neighbours and what the steps to them cost; `estimate` answers the least that the way
/// from a node to a goal can cost (0 makes it Dijkstra's search).
///
/// ```
/// use mynah::route::grids::{GraphSettings, graph_path};
/// // From 1 to 100 by adding 1 or doubling, each for 1.
/// let path = graph_path(
///     1_u64,
///     |&n| Ok(n == 100),
///     |&n, out| Ok(out.extend([(n + 1, 1.0), (2 * n, 1.0)])),
///     |_| Ok(0.0),
///     &GraphSettings { max_expanded: Some(10_000) },
/// )?;
/// assert_eq!(path.nodes, [1, 2, 3, 6, 12, 24, 25, 50, 100]);
/// # Ok::<(), mynah::Error>(())
/// ```
///
/// # Errors
/// When a step costs less than 0 or NaN, an estimate is NaN, one of the functions fails, or the user asked to stop
/// everything.
pub fn graph_path<N: Clone + Eq + Hash>(
    start: N,
    mut is_goal: impl FnMut(&N) -> Result<bool>,
    mut neighbours: impl FnMut(&N, &mut Vec<(N, f64)>) -> Result<()>,
    mut estimate: impl FnMut(&N) -> Result<f64>,
    settings: &GraphSettings,
) -> Result<GraphPath<N>> {
    struct Known<N> {
        name: N,
        g: f64,
        h: f64,
        from: usize,
    }
    let mut checked_estimate = |node: &N| match estimate(node)? {
        h if h.is_nan() => Err(Error::value("path: the estimate of a node is not a number")),
        h => Ok(h),
    };
    let h = checked_estimate(&start)?;
    let mut numbers = HashMap::from([(start.clone(), 0)]);
    let mut known = vec![Known { name: start, g: 0.0, h, from: 0 }];
    let mut heap = BinaryHeap::from([Waiting { f: h, g: 0.0, node: 0 }]);
    let mut steps = vec![];
    let mut expanded = 0;
    while let Some(Waiting { g, node, .. }) = heap.pop() {
        if g > known[node].g {
            continue; // a shorter way was found meanwhile
        }
        if is_goal(&known[node].name)? {
            let mut nodes = vec![known[node].name.clone()];
            let mut at = node;
            while at != 0 {
                at = known[at].from;
                nodes.push(known[at].name.clone());
            }
            nodes.reverse();
            return Ok(GraphPath { nodes, length: g, expanded });
        }
        if settings.max_expanded.is_some_and(|most| expanded >= most) {
            break;
        }
        stop::check()?;
        expanded += 1;
        steps.clear();
        neighbours(&known[node].name, &mut steps)?;
        for (name, cost) in steps.drain(..) {
            if cost.is_nan() || cost < 0.0 {
                return Err(Error::value(format!("path: a step must cost at least 0, got {cost}")));
            }
            let g = g + cost;
            let to = match numbers.get(&name) {
                Some(&to) if g >= known[to].g => continue,
                Some(&to) => {
                    (known[to].g, known[to].from) = (g, node);
                    to
                }
                None if g == f64::INFINITY => continue, // a step of infinite cost is none
                None => {
                    let h = checked_estimate(&name)?;
                    numbers.insert(name.clone(), known.len());
                    known.push(Known { name, g, h, from: node });
                    known.len() - 1
                }
            };
            heap.push(Waiting { f: g + known[to].h, g, node: to });
        }
    }
    Ok(GraphPath { nodes: vec![], length: f64::INFINITY, expanded })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Edges = HashMap<&'static str, Vec<(&'static str, f64)>>;

    fn search(edges: &Edges, h: fn(&&str) -> f64) -> Result<GraphPath<&'static str>> {
        graph_path(
            "a",
            |&n| Ok(n == "z"),
            |n, out| {
                out.extend(edges.get(n).into_iter().flatten().copied());
                Ok(())
            },
            |n| Ok(h(n)),
            &GraphSettings::default(),
        )
    }

    #[test]
    fn the_shortest_way_is_found_with_an_inconsistent_estimate() {
        let edges = Edges::from([
            ("a", vec![("b", 1.0), ("c", 2.0)]),
            ("b", vec![("d", 1.0)]),
            ("c", vec![("d", 2.0)]),
            ("d", vec![("z", 3.0)]),
        ]);
        // b looks bad, so that d is first reached by way of c.
        let path = search(&edges, |&n| if n == "b" { 4.0 } else { 0.0 }).unwrap();
        assert_eq!((path.nodes, path.length), (vec!["a", "b", "d", "z"], 5.0));
    }

    #[test]
    fn no_way_limits_and_bad_costs_are_told_apart() {
        let none = search(&Edges::from([("a", vec![("b", 1.0), ("a", 0.0)])]), |_| 0.0).unwrap();
        assert_eq!((none.nodes.len(), none.length, none.expanded), (0, f64::INFINITY, 2));
        for cost in [-1.0, f64::NAN] {
            assert!(search(&Edges::from([("a", vec![("z", cost)])]), |_| 0.0).is_err());
        }
        assert!(search(&Edges::new(), |_| f64::NAN).is_err());
        let endless = graph_path(
            0_u64,
            |_| Ok(false),
            |&n, out| {
                out.push((n + 1, 1.0));
                Ok(())
            },
            |_| Ok(0.0),
            &GraphSettings { max_expanded: Some(50) },
        );
        assert_eq!(endless.unwrap().expanded, 50);
    }
}
