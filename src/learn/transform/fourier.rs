//! The discrete Fourier transform of any length.
//!
//! Cooley & Tukey (1965) for powers of two; Bluestein (1970) makes any other length a convolution of such a length.

use std::f64::consts::TAU;

type Complex = faer::c64;

/// `e^(-i τ k / n)`.
fn turn(k: usize, n: usize) -> Complex {
    let (sin, cos) = (-TAU * k as f64 / n as f64).sin_cos();
    Complex::new(cos, sin)
}

/// A plan for one length.
pub(super) struct Fourier {
    n: usize,
    size: usize,          // the power of two that does the work
    turns: Vec<Complex>,  // of `size`, half of them
    chirp: Vec<Complex>,  // e^(-i π k² / n), for lengths that are no power of two
    filter: Vec<Complex>, // the transform of its conjugate
}

impl Fourier {
    /// For sequences of `n` numbers, at least 1.
    pub fn new(n: usize) -> Self {
        if n.is_power_of_two() {
            let turns = (0..n / 2).map(|k| turn(k, n)).collect();
            return Self { n, size: n, turns, chirp: vec![], filter: vec![] };
        }
        let size = (2 * n - 1).next_power_of_two();
        let turns = (0..size / 2).map(|k| turn(k, size)).collect();
        // k² modulo 2n, so that the angle stays exact.
        let chirp: Vec<Complex> =
            (0..n).map(|k| turn((k as u128 * k as u128 % (2 * n as u128)) as usize, 2 * n)).collect();
        let mut plan = Self { n, size, turns, chirp, filter: vec![] };
        let mut filter = vec![Complex::new(0.0, 0.0); size];
        for k in 0..n {
            filter[k] = plan.chirp[k].conj();
            filter[(size - k) % size] = plan.chirp[k].conj();
        }
        plan.powers(&mut filter);
        plan.filter = filter;
        plan
    }

    /// `X[k] = Σ x[t] e^(-i τ k t / n)`, in place.
    pub fn forward(&self, x: &mut [Complex]) {
        if self.chirp.is_empty() {
            return self.powers(x);
        }
        let mut work = vec![Complex::new(0.0, 0.0); self.size];
        for k in 0..self.n {
            work[k] = x[k] * self.chirp[k];
        }
        self.powers(&mut work);
        // The inverse transform of the product, by conjugates.
        for (w, f) in work.iter_mut().zip(&self.filter) {
            *w = (*w * *f).conj();
        }
        self.powers(&mut work);
        let scale = 1.0 / self.size as f64;
        for k in 0..self.n {
            let w = work[k].conj() * self.chirp[k];
            x[k] = Complex::new(w.re * scale, w.im * scale);
        }
    }

    /// The transform for the power of two.
    fn powers(&self, x: &mut [Complex]) {
        let n = self.size;
        let shift = usize::BITS - n.trailing_zeros();
        for i in 0..n {
            let j = if n > 1 { i.reverse_bits() >> shift } else { 0 };
            if i < j {
                x.swap(i, j);
            }
        }
        let mut half = 1;
        while half < n {
            let step = n / (2 * half);
            for block in x.chunks_exact_mut(2 * half) {
                let (a, b) = block.split_at_mut(half);
                for (k, (a, b)) in a.iter_mut().zip(b).enumerate() {
                    let v = *b * self.turns[k * step];
                    (*a, *b) = (*a + v, *a - v);
                }
            }
            half *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    #[test]
    fn every_length_agrees_with_the_definition() {
        let mut rng = Rng::new(1);
        for n in [1, 2, 3, 4, 5, 7, 8, 12, 31, 64, 100] {
            let x: Vec<Complex> = (0..n).map(|_| Complex::new(rng.normal(), rng.normal())).collect();
            let mut y = x.clone();
            Fourier::new(n).forward(&mut y);
            for k in 0..n {
                let sum = (0..n).fold(Complex::new(0.0, 0.0), |s, t| s + x[t] * turn(k * t % n, n));
                assert!((sum - y[k]).re.abs() + (sum - y[k]).im.abs() < 1e-11, "{n} {k}");
            }
        }
    }
}
