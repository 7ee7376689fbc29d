//! Muon: a matrix moves along the nearest orthogonal matrix to its momentum; all else by AdamW.
//!
//! Jordan et al. (2024), kellerjordan.github.io/posts/muon; steps are scaled by `0.2 sqrt(max(rows, columns))` so that
//! one learning rate serves both kinds (Liu et al. 2025, arXiv:2502.16982, equation 4). A tensor of more dimensions
//! counts as a matrix of its first dimension by the rest.

use super::ranges::{not_negative, positive, rate};
use super::{Buffer, Optimizer, Product, Real, Rule, Schedule, Slice, Turn};
use crate::Result;
use crate::error::ensure_setting;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`muon`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MuonSettings {
    /// Learning rate: about five times the root mean square of a step, at least 0. Default 0.001.
    pub lr: f64,
    /// Decay of the matrices' momentum, in [0, 1). Default 0.95.
    pub momentum: f64,
    /// Look ahead along the momentum. Default true.
    pub nesterov: bool,
    /// Iterations of Newton-Schulz, 1 to 20. Default 5.
    pub iterations: u64,
    /// AdamW's decay of the running mean of gradients, in [0, 1). Default 0.9.
    pub beta1: f64,
    /// AdamW's decay of the running mean of squared gradients, in [0, 1). Default 0.999.
    pub beta2: f64,
    /// Added to AdamW's denominator so that it never reaches zero, above 0. Default 1e-8.
    pub eps: f64,
    /// Weight decay: each step first shrinks the parameter by the share `lr * weight_decay`, at least 0. Default 0.1.
    pub weight_decay: f64,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for MuonSettings {
    fn default() -> Self {
        Self {
            lr: 1e-3,
            momentum: 0.95,
            nesterov: true,
            iterations: 5,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            weight_decay: 0.1,
            schedule: Schedule::default(),
        }
    }
}

struct Muon(MuonSettings);

/// Muon.
///
/// # Errors
/// When a setting is out of its range.
pub fn muon(settings: MuonSettings) -> Result<Optimizer> {
    let MuonSettings { lr, momentum, nesterov: _, iterations, beta1, beta2, eps, weight_decay, ref schedule } =
        settings;
    rate("muon", "momentum", momentum)?;
    ensure_setting((1..=20).contains(&iterations), "muon", "iterations", "1 to 20", iterations)?;
    rate("muon", "beta1", beta1)?;
    rate("muon", "beta2", beta2)?;
    positive("muon", "eps", eps)?;
    not_negative("muon", "weight_decay", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Muon(settings), lr, schedule)
}

/// Rows and columns of what counts as a matrix.
fn matrix(shape: &[usize]) -> Option<(usize, usize)> {
    let (rows, rest) = shape.split_first()?;
    let columns = rest.iter().product();
    (!rest.is_empty() && *rows > 1 && columns > 1).then_some((*rows, columns))
}

impl Rule for Muon {
    fn name(&self) -> &'static str {
        "muon"
    }

    fn slots(&self, n: usize, shape: &[usize]) -> Vec<(&'static str, usize)> {
        if matrix(shape).is_some() { vec![("velocity", n)] } else { vec![("m", n), ("v", n)] }
    }

    fn update<T: Real>(&mut self, mut turn: Turn<'_, T>) {
        let MuonSettings { momentum, nesterov, iterations, beta1, beta2, eps, weight_decay, .. } = self.0;
        let keep = T::of(if turn.decay { 1.0 - turn.lr * weight_decay } else { 1.0 });
        if let Some((rows, columns)) = matrix(turn.shape) {
            let (mu, fresh) = (T::of(momentum), T::of(1.0 - momentum));
            turn.reborrow().each(|_, g, [v]| *v = mu * *v + fresh * g);
            let blend = |g: &T, v: &T| if nesterov { fresh * *g + mu * *v } else { *v };
            let ahead: Vec<T> = turn.g.iter().zip(&*turn.slots[0]).map(|(g, v)| blend(g, v)).collect();
            let direction = orthogonal(&ahead, rows, columns, iterations, turn.product);
            let step = T::of(0.2 * (rows.max(columns) as f64).sqrt() * turn.lr);
            turn.x.iter_mut().zip(direction).for_each(|(x, o)| *x = *x * keep + -step * o);
            return;
        }
        let t = turn.t as f64;
        let step = T::of(turn.lr / (1.0 - beta1.powf(t)));
        let root_bias2 = T::of((1.0 - beta2.powf(t)).sqrt());
        let (fresh1, fresh2) = (T::of(1.0 - beta1), T::of(1.0 - beta2));
        let (beta2, eps) = (T::of(beta2), T::of(eps));
        turn.each(|x, g, [m, v]| {
            *x = *x * keep;
            *m += fresh1 * (g - *m);
            *v = *v * beta2 + fresh2 * g * g;
            *x += -step * *m / (v.sqrt() / root_bias2 + eps);
        });
    }
}

/// About `U Vᵀ` of the singular value decomposition: Newton-Schulz with a quintic that takes every singular value
/// above about 0.01 of the matrix's length to between 0.7 and 1.2.
fn orthogonal<T: Real>(g: &[T], rows: usize, columns: usize, iterations: u64, fast: Option<Product>) -> Vec<T> {
    let (a, b, c) = (T::of(3.4445), T::of(-4.7750), T::of(2.0315));
    // Rows are the shorter side, so that X Xᵀ is small.
    let tall = rows > columns;
    let (n, m) = if tall { (columns, rows) } else { (rows, columns) };
    let mut x = if tall { transpose(g, rows, columns) } else { g.to_vec() };
    let length = x.iter().map(|x| x.to_f64() * x.to_f64()).sum::<f64>().sqrt() + 1e-7;
    let factor = T::of(1.0 / length);
    x.iter_mut().for_each(|x| *x = *x * factor);
    let product = |p: &[T], q: &[T], n, k, m| match (fast, T::slice(p), T::slice(q)) {
        (Some(fast), Slice::F32(p), Slice::F32(q)) => {
            let mut out = Buffer::F32(fast(p, q, [n, k, m]));
            T::borrow(&mut out).map(|out| out.to_vec()).unwrap_or_default() // of one type, as the match has shown
        }
        _ => product(p, q, n, k, m),
    };
    for _ in 0..iterations {
        let xt = transpose(&x, n, m);
        let gram = product(&x, &xt, n, m, n); // A = X Xᵀ
        let mut poly = product(&gram, &gram, n, n, n); // B = b A + c A²
        poly.iter_mut().zip(&gram).for_each(|(p, g)| *p = b * *g + c * *p);
        let moved = product(&poly, &x, n, n, m);
        x.iter_mut().zip(moved).for_each(|(x, moved)| *x = a * *x + moved); // X = a X + B X
    }
    if tall { transpose(&x, n, m) } else { x }
}

/// The transpose, in squares that fit the cache.
fn transpose<T: Real>(x: &[T], rows: usize, columns: usize) -> Vec<T> {
    const SIDE: usize = 16;
    let mut out = vec![T::of(0.0); x.len()];
    for i0 in (0..rows).step_by(SIDE) {
        for j0 in (0..columns).step_by(SIDE) {
            for i in i0..rows.min(i0 + SIDE) {
                for j in j0..columns.min(j0 + SIDE) {
                    out[j * rows + i] = x[i * columns + j];
                }
            }
        }
    }
    out
}

/// `P Q` of an `n × k` and a `k × m` matrix. Each entry is summed in one order, whatever the number of threads.
fn product<T: Real>(p: &[T], q: &[T], n: usize, k: usize, m: usize) -> Vec<T> {
    let mut out = vec![T::of(0.0); n * m];
    let arch = pulp::Arch::new();
    let band = |(i, out): (usize, &mut [T])| {
        // Compiled for the vector instructions found at run time.
        arch.dispatch(
            #[inline(always)]
            || {
                let p = &p[i * 4 * k..][..out.len() / m * k];
                let fours = if out.len() == 4 * m { k / 4 * 4 } else { 0 };
                four_by_four(p, q, out, k, m, fours);
                one_by_one(p, q, out, k, m, fours);
            },
        );
    };
    if n * m * k < 1 << 16 {
        out.chunks_mut(4 * m).enumerate().for_each(band);
    } else {
        out.par_chunks_mut(4 * m).enumerate().for_each(band);
    }
    out
}

/// Adds the first `fours` terms, four at a time, to four rows.
#[inline(always)]
fn four_by_four<T: Real>(p: &[T], q: &[T], out: &mut [T], k: usize, m: usize, fours: usize) {
    if fours == 0 {
        return;
    }
    let (out0, rest) = out.split_at_mut(m);
    let (out1, rest) = rest.split_at_mut(m);
    let (out2, out3) = rest.split_at_mut(m);
    for l in (0..fours).step_by(4) {
        let q = &q[l * m..][..4 * m];
        let (q0, q1, q2, q3) = (&q[..m], &q[m..2 * m], &q[2 * m..3 * m], &q[3 * m..]);
        let w: [[T; 4]; 4] = std::array::from_fn(|i| std::array::from_fn(|c| p[i * k + l + c]));
        let (out0, out1, out2, out3) = (&mut out0[..m], &mut out1[..m], &mut out2[..m], &mut out3[..m]);
        for j in 0..m {
            let (a, b, c, d) = (q0[j], q1[j], q2[j], q3[j]);
            out0[j] += (w[0][0] * a + w[0][1] * b) + (w[0][2] * c + w[0][3] * d);
            out1[j] += (w[1][0] * a + w[1][1] * b) + (w[1][2] * c + w[1][3] * d);
            out2[j] += (w[2][0] * a + w[2][1] * b) + (w[2][2] * c + w[2][3] * d);
            out3[j] += (w[3][0] * a + w[3][1] * b) + (w[3][2] * c + w[3][3] * d);
        }
    }
}

/// Adds the terms from `begin` on.
#[inline(always)]
fn one_by_one<T: Real>(p: &[T], q: &[T], out: &mut [T], k: usize, m: usize, begin: usize) {
    for (p, out) in p.chunks_exact(k).zip(out.chunks_exact_mut(m)) {
        for (p, q) in p.iter().zip(q.chunks_exact(m)).skip(begin) {
            out.iter_mut().zip(q).for_each(|(out, q)| *out += *p * *q);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn the_direction_is_nearly_orthogonal_for_wide_and_tall() {
        for (rows, columns) in [(3, 5), (5, 3), (4, 4)] {
            let g: Vec<f64> = (0..rows * columns).map(|i| ((i * i) as f64 * 0.7).sin()).collect();
            let o = orthogonal(&g, rows, columns, 8, None);
            let short = rows.min(columns);
            for i in 0..short {
                for j in 0..short {
                    let dot: f64 = (0..rows.max(columns))
                        .map(|k| {
                            if rows <= columns {
                                o[i * columns + k] * o[j * columns + k]
                            } else {
                                o[k * columns + i] * o[k * columns + j]
                            }
                        })
                        .sum();
                    let wanted = f64::from(u8::from(i == j));
                    assert!((dot - wanted).abs() < 0.5, "{rows}x{columns} {i} {j}: {dot}");
                }
            }
        }
    }

    #[test]
    fn a_diagonal_matrix_keeps_its_directions_and_a_vector_follows_adamw() {
        let settings = MuonSettings { lr: 0.1, weight_decay: 0.0, ..Default::default() };
        let mut opt = muon(settings.clone()).unwrap();
        let (mut x, mut y) = ([0.0_f64; 4], [1.0_f64]);
        opt.step(&mut [Param::new(&mut x, &[5.0, 0.0, 0.0, -2.0]).shape(&[2, 2]), Param::new(&mut y, &[3.0])]).unwrap();
        assert!(x[1] == 0.0 && x[2] == 0.0, "{x:?}");
        let full = 0.1 * 0.2 * 2_f64.sqrt();
        assert!((0.6..1.3).contains(&(-x[0] / full)) && (0.6..1.3).contains(&(x[3] / full)), "{x:?}");
        assert!((y[0] - 0.9).abs() < 1e-8, "{y:?}");
    }

    #[test]
    fn products_of_all_sizes_are_right() {
        for (n, k, m) in [(1, 1, 1), (4, 3, 32), (5, 7, 33), (9, 40, 70), (3, 2, 64)] {
            let p: Vec<f64> = (0..n * k).map(|i| (i as f64 * 0.3).sin()).collect();
            let q: Vec<f64> = (0..k * m).map(|i| (i as f64 * 0.7).cos()).collect();
            let out = product(&p, &q, n, k, m);
            for i in 0..n {
                for j in 0..m {
                    let wanted: f64 = (0..k).map(|l| p[i * k + l] * q[l * m + j]).sum();
                    assert!((out[i * m + j] - wanted).abs() < 1e-12, "{n} {k} {m}: {i} {j}");
                }
            }
        }
    }

    #[test]
    fn another_product_gives_the_same_direction() {
        let g: Vec<f32> = (0..24 * 40).map(|i| (i as f32 * 0.37).sin()).collect();
        let own = orthogonal(&g, 24, 40, 5, None);
        let naive = |p: &[f32], q: &[f32], [n, k, m]: [usize; 3]| -> Vec<f32> {
            let entry = |i: usize| (0..k).map(|l| p[i / m * k + l] * q[l * m + i % m]).sum();
            (0..n * m).map(entry).collect()
        };
        for (a, b) in own.iter().zip(orthogonal(&g, 24, 40, 5, Some(naive))) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
    }

    #[test]
    fn many_threads_change_nothing() {
        let g: Vec<f32> = (0..96 * 80).map(|i| (i as f32 * 0.37).sin()).collect();
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| orthogonal(&g, 96, 80, 5, None))
        };
        assert_eq!(run(1), run(3));
    }
}
