//! A decision tree as a picture: boxes that ask, branches as wide as what goes along them, leaves in their class's colour.

use super::color::Color;
use super::colormap::ColorMap;
use super::drawing::{Anchor, Drawing, Path, Pen, Rect, Step};
use super::font::{self, CAPITAL};
use super::frame::say;
use super::layer::{Tree, TreeNode};
use super::pane::Pane;

/// A box as it is drawn.
struct Place {
    node: usize,
    parent: Option<(usize, bool)>, // the parent's place, and whether it is to the right
    level: usize,
    x: f64,     // in leaves from the left
    open: bool, // its children are drawn too
    lines: Vec<String>,
}

/// Letters are at least so high, in pixels.
const SMALLEST: f64 = 5.0;

/// A box's height in lines, and the room between its rim and its words, both in letters' heights.
const LINE: f64 = 1.35;
const RIM: f64 = 0.55;

impl Tree {
    /// Draws the tree over the whole pane.
    pub(super) fn draw(&self, drawing: &mut Drawing, pane: &Pane) {
        let (rect, settings) = (pane.rect, pane.settings);
        let (theme, paper) = (settings.theme, settings.paper());
        let (places, leaves) = self.places();
        let levels = 1 + places.iter().map(|p| p.level).max().unwrap_or(0);
        let (slot, row) = (rect.width / leaves as f64, rect.height / levels as f64);
        let at = |p: &Place| (rect.left + (p.x + 0.5) * slot, rect.top + (p.level as f64 + 0.5) * row);

        // How wide the boxes of each level may be: up to their neighbours, and to the pane's sides.
        let mut room = vec![rect.width; levels];
        for level in 0..levels {
            let mut across: Vec<f64> = places.iter().filter(|p| p.level == level).map(|p| at(p).0).collect();
            across.sort_by(f64::total_cmp);
            let gaps = across.windows(2).map(|w| w[1] - w[0]);
            let sides = across.iter().map(|x| 2.0 * (x - rect.left).min(rect.right() - x));
            room[level] = gaps.chain(sides).fold(rect.width, f64::min) * 0.94;
        }
        // The largest letters with which all words fit.
        let widest = |p: &Place| {
            let bold = |k: usize| k == 0 && !p.open;
            p.lines.iter().enumerate().map(|(k, l)| font::width(l, 1.0, bold(k))).fold(0.0, f64::max) + 2.0 * RIM
        };
        let most = places.iter().map(|p| room[p.level] / widest(p)).fold(settings.font_size, f64::min);
        let size = most.min(row * 0.72 / (2.0 * LINE + 2.0 * RIM + 0.6)).max(SMALLEST * pane.unit);
        let height =
            |p: &Place| (p.lines.len() as f64 * LINE + 2.0 * RIM + if self.has_bar(p) { 0.6 } else { 0.0 }) * size;
        let width = |p: &Place| (widest(p) * size).min(room[p.level]);

        let all = self.nodes[0].samples.max(1.0);
        for p in &places {
            let Some((parent, right)) = p.parent else { continue };
            let parent = &places[parent];
            let (from, to) = (at(parent), at(p));
            let (y1, y2) = (from.1 + height(parent) / 2.0, to.1 - height(p) / 2.0);
            let middle = (y1 + y2) / 2.0;
            let path = Path(vec![Step::Move(from.0, y1), Step::Cubic(from.0, middle, to.0, middle, to.0, y2)]);
            let share = (self.nodes[p.node].samples / all).clamp(0.0, 1.0);
            drawing.stroke(path, Pen::new(theme.axis().fade(0.5), (1.0 + 7.0 * share) * pane.unit));
            if parent.level == 0 && y2 - y1 > size {
                let side = if right { 1.0 } else { -1.0 };
                let anchor = if right { Anchor::Start } else { Anchor::End };
                let beside = ((from.0 + to.0) / 2.0 + side * size * 0.6, middle - size * 0.5);
                say(drawing, if right { "no" } else { "yes" }, beside, size * 0.9, anchor, 0.0, false, theme.ink());
            }
        }
        let answers = self.nodes.iter().map(|n| n.answer);
        let (low, high) = answers.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        for p in &places {
            let node = &self.nodes[p.node];
            let (x, y) = at(p);
            let (w, h) = (width(p), height(p));
            let rect = Rect { left: x - w / 2.0, top: y - h / 2.0, width: w, height: h };
            let tone = match node.shares.is_empty() {
                true if high > low => ColorMap::Viridis.at((node.answer - low) / (high - low)),
                true => theme.color(0),
                false => theme.color(node.answer as usize),
            };
            // The purer, the fuller its colour; what still asks stays pale.
            let pure = node.shares.iter().copied().fold(0.0, f64::max);
            let strength = match (p.open, node.shares.is_empty()) {
                (true, _) => 0.06,
                (false, true) => 0.35,
                (false, false) => 0.12 + 0.38 * pure * pure,
            };
            let corner = (size * 0.4).min(h / 3.0);
            drawing.fill(Path::rounded(rect, corner), paper.mix(tone, strength));
            let edge = if p.open { theme.axis().mix(paper, 0.35) } else { tone };
            drawing.stroke(Path::rounded(rect, corner), Pen::new(edge, 1.2 * pane.unit));
            for (k, line) in p.lines.iter().enumerate() {
                let bold = k == 0 && !p.open;
                let text = font::shorten(line, size, bold, w - RIM * size);
                let base = rect.top + (RIM + (k as f64 + 0.5) * LINE + CAPITAL / 2.0) * size;
                let ink = if k == 0 { theme.ink() } else { theme.ink().mix(paper, 0.3) };
                say(drawing, &text, (x, base), size, Anchor::Middle, 0.0, bold, ink);
            }
            if self.has_bar(p) {
                let inner = w - 2.0 * RIM * size;
                let top = rect.bottom() - (RIM + 0.35) * size;
                self.bar(drawing, node, Rect { left: x - inner / 2.0, top, width: inner, height: 0.5 * size }, |k| {
                    theme.color(k)
                });
            }
        }
    }

    fn has_bar(&self, place: &Place) -> bool {
        !self.nodes[place.node].shares.is_empty()
    }

    /// The shares of the classes, one beside the other.
    fn bar(&self, drawing: &mut Drawing, node: &TreeNode, rect: Rect, color: impl Fn(usize) -> Color) {
        let sum: f64 = node.shares.iter().map(|s| s.max(0.0)).sum();
        let mut left = rect.left;
        for (k, share) in node.shares.iter().enumerate() {
            let width = if sum > 0.0 { rect.width * share.max(0.0) / sum } else { 0.0 };
            if width > 0.0 {
                drawing.fill(Rect { left, width, ..rect }.path(), color(k));
            }
            left += width;
        }
    }

    /// Where each node stands, parents first, and how many leaves there are side by side.
    fn places(&self) -> (Vec<Place>, usize) {
        let mut places: Vec<Place> = Vec::new();
        let mut leaves = 0;
        let mut todo = vec![(0, None, 0)];
        while let Some((node, parent, level)) = todo.pop() {
            let split = self.nodes[node].split.filter(|_| level < self.levels);
            let place = places.len();
            if let Some(split) = split {
                todo.push((split.right, Some((place, true)), level + 1));
                todo.push((split.left, Some((place, false)), level + 1));
            } else {
                leaves += 1;
            }
            let x = if split.is_some() { 0.0 } else { leaves as f64 - 1.0 };
            places.push(Place {
                node,
                parent,
                level,
                x,
                open: split.is_some(),
                lines: self.lines(node, split.is_some()),
            });
        }
        // Each parent above the middle of its children, which come behind it.
        for i in (0..places.len()).rev() {
            let x = places[i].x;
            if let Some((parent, _)) = places[i].parent {
                places[parent].x += x / 2.0;
            }
        }
        (places, leaves)
    }

    fn lines(&self, node: usize, open: bool) -> Vec<String> {
        let node = &self.nodes[node];
        let named = |names: &[String], i: usize, what: &str| {
            names.get(i).cloned().unwrap_or_else(|| format!("{what} {}", i + 1))
        };
        let first = match (node.split, open) {
            (Some(split), true) => {
                format!("{} ≤ {}", named(&self.features, split.feature, "feature"), short(split.threshold))
            }
            _ if node.shares.is_empty() => short(node.answer),
            _ => named(&self.classes, node.answer as usize, "class"),
        };
        let more = if node.split.is_some() && !open { " …" } else { "" };
        let plural = if node.samples == 1.0 { "" } else { "s" };
        vec![first, format!("{} sample{plural}{more}", node.samples)]
    }
}

/// A number in about three digits.
fn short(v: f64) -> String {
    let digits = match v.abs() {
        0.0 => 0,
        a if !(1e-3..1e6).contains(&a) => return format!("{v:.2e}"),
        a => (2 - a.log10().floor() as i32).clamp(0, 5) as usize,
    };
    let text = format!("{v:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Figure, FigureSettings, Split};

    fn leaf(answer: f64, shares: &[f64]) -> TreeNode {
        TreeNode { split: None, samples: 10.0, answer, shares: shares.to_vec() }
    }

    fn split(feature: usize, threshold: f64, left: usize, right: usize, shares: &[f64]) -> TreeNode {
        TreeNode {
            split: Some(Split { feature, threshold, left, right }),
            samples: 20.0,
            answer: 0.0,
            shares: shares.to_vec(),
        }
    }

    fn svg(tree: Tree) -> String {
        let mut figure = Figure::new(FigureSettings::default()).unwrap();
        figure.add(tree).unwrap();
        figure.draw().unwrap().svg().unwrap()
    }

    #[test]
    fn boxes_say_what_they_ask_and_answer() {
        let nodes = vec![
            split(1, 2.449999, 1, 2, &[0.5, 0.5]),
            leaf(0.0, &[1.0, 0.0]),
            split(0, 1234.6, 3, 4, &[0.1, 0.9]),
            leaf(1.0, &[0.0, 1.0]),
            leaf(0.0, &[0.6, 0.4]),
        ];
        let tree = Tree {
            nodes,
            features: vec!["length".into(), "width".into()],
            classes: vec!["setosa".into()],
            ..Tree::default()
        };
        let text = svg(tree.clone());
        for words in ["width ≤ 2.45", "length ≤ 1235", "setosa", "class 2", "20 samples", "yes", "no"] {
            assert!(text.contains(&format!(">{words}</text>")), "{words}");
        }
        let text = svg(Tree { levels: 1, ..tree });
        assert!(text.contains(">20 samples …</text>") && !text.contains(">length"), "what is deeper is left out");
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        let refusal = |nodes: Vec<TreeNode>| {
            let mut figure = Figure::new(FigureSettings::default()).unwrap();
            figure.add(Tree { nodes, ..Tree::default() }).unwrap_err().to_string()
        };
        assert_eq!(refusal(vec![]), "tree: there are no nodes, there is nothing to draw");
        assert_eq!(
            refusal(vec![split(0, 1.0, 0, 1, &[]), leaf(1.0, &[])]),
            "tree: node 1 leads to 1, not to one behind it"
        );
        assert_eq!(
            refusal(vec![split(0, 1.0, 1, 9, &[]), leaf(1.0, &[])]),
            "tree: node 1 leads to 10, not to one behind it"
        );
        assert_eq!(refusal(vec![leaf(1.0, &[]), leaf(2.0, &[])]), "tree: 0 branches lead to node 2, not one");
        assert_eq!(refusal(vec![leaf(f64::NAN, &[])]), "tree: node 1 holds what is not a number");
    }

    #[test]
    fn numbers_are_short() {
        for (v, text) in
            [(2.449999, "2.45"), (0.0, "0"), (1234.6, "1235"), (-0.05, "-0.05"), (1e9, "1.00e9"), (3.0, "3")]
        {
            assert_eq!(short(v), text);
        }
    }
}
