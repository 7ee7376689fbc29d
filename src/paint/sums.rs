//! The best colour for a shape, and what it gains, from sums at the ends of its spans.
//!
//! At a pixel let x be the picture below the shape, and let the shapes above show T of what is below them and add U
//! of their own, so that the picture is U + T x and misses the target t by r = t - U - T x. A shape of colour c and
//! opacity α makes x into x + α (c - x) and so changes the squared error, summed over its pixels and the three colours, by
//!
//! ```text
//! ΔE = -2 α (c Σ rT - Σ rT x) + α² (c² Σ T² - 2 c Σ T² x + Σ T² x²).
//! ```
//!
//! Nine sums say all. Kept running along each row, they cost two look-ups per span, however wide it is. The error is
//! quadratic in α c and in α, so that the best of both follow in closed form:
//!
//! ```text
//! α = (Σ_k A_k X_k / W - B) / (Y - Σ_k X_k² / W)    c_k = (A_k / α + X_k) / W
//! ```
//!
//! with A_k = Σ rT, X_k = Σ T² x per colour k; B = Σ rT x, Y = Σ T² x² over all colours; W = Σ T².

use super::image::Image;
use super::picture::Canvas;
use super::raster::{Rect, Span};

/// A, A, A, W, X, X, X, B, Y; three stay empty.
type Nine = [f32; 12];

/// Colours are counted from here, which keeps the sums small.
const MIDDLE: f32 = 128.0;

/// Running sums along each row of a part of the picture.
pub(super) struct SpanSums {
    pub area: Rect,
    table: Vec<Nine>, // [rows, columns + 1]
}

/// The best colour and opacity for a shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fit {
    /// Red, green, blue, 0 to 255.
    pub color: [f32; 3],
    /// From 0 to 1.
    pub alpha: f32,
    /// By how much the squared error falls.
    pub gain: f32,
}

impl SpanSums {
    /// For a shape over `below` and under `above` (whose fourth number is T); `above` may be missing.
    pub fn new(target: &Image, below: &Canvas, above: Option<&Canvas>) -> Self {
        let area = below.area;
        let columns = area.width();
        let mut table = Vec::with_capacity(area.height() * (columns + 1));
        for y in area.y0..area.y1 {
            let mut sum = [0.0; 12];
            table.push(sum);
            let start = (y as usize * target.width() + area.x0 as usize) * 3;
            let t = target.rgb()[start..start + columns * 3].chunks_exact(3);
            let mut add = |t: &[u8], x: &[f32; 4], u: &[f32; 4]| {
                let big_t = u[3];
                let mut term = [0.0f32; 12];
                let (mut b, mut y) = (0.0, 0.0);
                for k in 0..3 {
                    let r = f32::from(t[k]) - (u[k] + big_t * x[k]);
                    let x = x[k] - MIDDLE;
                    term[k] = r * big_t;
                    term[4 + k] = big_t * big_t * x;
                    b += r * big_t * x;
                    y += big_t * big_t * x * x;
                }
                (term[3], term[7], term[8]) = (big_t * big_t, b, y);
                for (s, v) in sum.iter_mut().zip(term) {
                    *s += v;
                }
                table.push(sum);
            };
            match above {
                Some(above) => {
                    t.zip(below.row(y)).zip(above.row(y)).for_each(|((t, x), u)| add(t, x, u));
                }
                None => t.zip(below.row(y)).for_each(|(t, x)| add(t, x, &[0.0, 0.0, 0.0, 1.0])),
            }
        }
        Self { area, table }
    }

    /// The sums over `spans`, all of which must be in the area.
    #[inline]
    fn over<'a>(&self, spans: impl Iterator<Item = &'a Span>) -> Nine {
        let stride = self.area.width() + 1;
        let mut sum = [0.0; 12];
        for s in spans {
            let row = (s.y - self.area.y0) as usize * stride;
            let low = &self.table[row + (s.x0 - self.area.x0) as usize];
            let high = &self.table[row + (s.x1 - self.area.x0) as usize];
            for k in 0..12 {
                sum[k] += high[k] - low[k];
            }
        }
        sum
    }

    /// The best colour over `spans`, with an opacity between `alphas`; nothing if there is nothing to see.
    #[inline]
    pub fn best(&self, spans: &[Span], alphas: [f32; 2]) -> Option<Fit> {
        solve(&self.over(spans.iter()), alphas)
    }

    /// The same as [`SpanSums::best`] from every `stride`-th span, for a first look.
    #[inline]
    pub fn glance(&self, spans: &[Span], stride: usize, alphas: [f32; 2]) -> Option<Fit> {
        let mut fit = solve(&self.over(spans.iter().skip(stride / 2).step_by(stride)), alphas)?;
        fit.gain *= stride as f32;
        Some(fit)
    }

    /// By how much the squared error falls with this very colour.
    #[cfg(test)]
    pub fn gain(&self, spans: &[Span], color: [f32; 3], alpha: f32) -> f32 {
        let sums = self.over(spans.iter());
        gain(&sums, color.map(|c| c - MIDDLE), alpha)
    }
}

#[inline]
fn gain([a0, a1, a2, w, x0, x1, x2, b, y, ..]: &Nine, c: [f32; 3], alpha: f32) -> f32 {
    let first = c[0] * a0 + c[1] * a1 + c[2] * a2 - b;
    let second = c[0] * (c[0] * w - 2.0 * x0) + c[1] * (c[1] * w - 2.0 * x1) + c[2] * (c[2] * w - 2.0 * x2) + y;
    alpha * (2.0 * first - alpha * second)
}

#[inline]
fn solve(sums: &Nine, [least, most]: [f32; 2]) -> Option<Fit> {
    let [a0, a1, a2, w, x0, x1, x2, b, y, ..] = *sums;
    if w.is_nan() || w < 1e-3 {
        return None;
    }
    let (iw, a, x) = (1.0 / w, [a0, a1, a2], [x0, x1, x2]);
    // The best opacity when some colours are fixed and the others follow it: α = first / second.
    let opacity = |fixed: &[Option<f32>; 3]| {
        let (mut first, mut second) = (-b, y);
        for k in 0..3 {
            match fixed[k] {
                None => {
                    first += a[k] * x[k] * iw;
                    second -= x[k] * x[k] * iw;
                }
                Some(c) => {
                    first += c * a[k];
                    second += c * (c * w - 2.0 * x[k]);
                }
            }
        }
        // Where the picture below is of one colour, only α (c - x) counts: hide it.
        if second > 1e-6 * y && second > 0.0 { clamp(first / second, least, most) } else { most }
    };
    let colors = |alpha: f32| [0, 1, 2].map(|k| (a[k] / alpha + x[k]) * iw);
    let bounded = |c: [f32; 3]| c.map(|c| clamp(c, -MIDDLE, 255.0 - MIDDLE));
    let mut fixed = [None; 3];
    let mut alpha = opacity(&fixed);
    let mut c = bounded(colors(alpha));
    if c != colors(alpha) && least < most {
        // Some colour is at an end of its range: the one furthest beyond stays there, until all others are inside.
        for _ in 0..3 {
            let free = colors(alpha);
            let beyond = |k: usize| if fixed[k].is_none() { (free[k] - bounded(free)[k]).abs() } else { 0.0 };
            let furthest = [1, 2].into_iter().fold(0, |best, k| if beyond(k) > beyond(best) { k } else { best });
            if beyond(furthest) == 0.0 {
                break;
            }
            fixed[furthest] = Some(bounded(free)[furthest]);
            alpha = opacity(&fixed);
        }
        // That may have fixed one too many. Either of these two steps can only gain.
        for _ in 0..2 {
            c = bounded(colors(alpha));
            alpha = opacity(&c.map(Some));
        }
        c = bounded(colors(alpha));
    }
    let gain = gain(sums, c, alpha);
    gain.is_finite().then(|| Fit { color: c.map(|c| c + MIDDLE), alpha, gain })
}

#[inline]
fn clamp(x: f32, low: f32, high: f32) -> f32 {
    // NaN gives `low`.
    if x > low { if x < high { x } else { high } } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;
    use crate::paint::raster::Raster;

    const W: usize = 24;
    const H: usize = 20;

    struct Case {
        target: Image,
        below: Canvas,
        above: Canvas,
        spans: Vec<Span>,
    }

    fn case(seed: u64) -> Case {
        let mut rng = Rng::new(seed);
        let mut u = |scale: f64| (rng.uniform() * scale) as f32;
        let target = Image::new(W, H, (0..W * H * 3).map(|_| u(255.9) as u8).collect()).unwrap();
        let area = Rect::whole(W, H);
        let mut below = Canvas::new(area, [0.0; 4]);
        below.ink.iter_mut().for_each(|x| *x = [u(255.0), u(255.0), u(255.0), 0.0]);
        let mut above = Canvas::new(area, [0.0; 4]);
        above.ink.iter_mut().for_each(|x| {
            let t = u(1.0);
            *x = [u(255.0) * (1.0 - t), u(255.0) * (1.0 - t), u(255.0) * (1.0 - t), t];
        });
        let mut raster = Raster::default();
        raster.convex(&[[u(24.0), u(20.0)], [u(24.0), u(20.0)], [u(24.0), u(20.0)]], W, H);
        Case { target, below, above, spans: raster.spans.clone() }
    }

    /// The squared error after laying the colour, pixel by pixel in f64.
    fn error(case: &Case, color: [f32; 3], alpha: f32) -> f64 {
        let mut below = case.below.clone();
        below.lay(&case.spans, alpha, [color[0], color[1], color[2], 0.0]);
        let mut sum = 0.0;
        for (i, (x, u)) in below.ink.iter().zip(&case.above.ink).enumerate() {
            for k in 0..3 {
                let shown = f64::from(u[k]) + f64::from(u[3]) * f64::from(x[k]);
                sum += (f64::from(case.target.rgb()[3 * i + k]) - shown).powi(2);
            }
        }
        sum
    }

    #[test]
    fn the_gain_is_the_difference_of_the_errors() {
        for seed in 0..50 {
            let case = case(seed);
            let sums = SpanSums::new(&case.target, &case.below, Some(&case.above));
            let before = error(&case, [0.0; 3], 0.0);
            for (color, alpha) in [([10.0, 200.0, 90.0], 0.5), ([255.0, 0.0, 31.0], 1.0), ([0.0; 3], 0.1)] {
                let wanted = before - error(&case, color, alpha);
                let got = f64::from(sums.gain(&case.spans, color, alpha));
                assert!((got - wanted).abs() <= 1e-6 * before + 1.0, "seed {seed}: {got} against {wanted}");
            }
        }
    }

    #[test]
    fn no_other_colour_or_opacity_gains_more() {
        let mut rng = Rng::new(99);
        for seed in 0..50 {
            let case = case(seed);
            let sums = SpanSums::new(&case.target, &case.below, Some(&case.above));
            for alphas in [[0.5, 0.5], [0.05, 1.0]] {
                let Some(fit) = sums.best(&case.spans, alphas) else {
                    assert!(case.spans.is_empty());
                    continue;
                };
                assert!((alphas[0]..=alphas[1]).contains(&fit.alpha));
                let exact = sums.gain(&case.spans, fit.color, fit.alpha);
                assert!((exact - fit.gain).abs() <= 1.0 + 1e-4 * exact.abs());
                for _ in 0..100 {
                    let color = fit.color.map(|c| (c + 30.0 * rng.normal() as f32).clamp(0.0, 255.0));
                    let other = sums.gain(&case.spans, color, fit.alpha);
                    assert!(other <= fit.gain + 1.0 + 1e-4 * fit.gain.abs(), "seed {seed}: {other} beats {fit:?}");
                    let alpha = (fit.alpha + 0.2 * rng.normal() as f32).clamp(alphas[0], alphas[1]);
                    let other = sums.gain(&case.spans, fit.color, alpha);
                    assert!(other <= fit.gain + 1.0 + 1e-4 * fit.gain.abs(), "seed {seed}: {other} beats {fit:?}");
                }
            }
        }
    }

    #[test]
    fn sums_of_a_part_are_those_of_the_whole() {
        let case = case(7);
        let area = Rect { x0: 3, y0: 2, x1: 20, y1: 15 };
        let part = |c: &Canvas| {
            let ink = (area.y0..area.y1).flat_map(|y| c.row(y)[3..20].to_vec()).collect();
            Canvas { area, ink }
        };
        let whole = SpanSums::new(&case.target, &case.below, Some(&case.above));
        let local = SpanSums::new(&case.target, &part(&case.below), Some(&part(&case.above)));
        let spans = [Span { y: 2, x0: 3, x1: 20 }, Span { y: 9, x0: 5, x1: 6 }, Span { y: 14, x0: 10, x1: 20 }];
        let (a, b) = (whole.best(&spans, [0.1, 1.0]).unwrap(), local.best(&spans, [0.1, 1.0]).unwrap());
        assert!((a.gain - b.gain).abs() < 1e-3 * a.gain.abs(), "{a:?} {b:?}");
        assert!(whole.best(&[], [0.1, 1.0]).is_none());
    }
}
