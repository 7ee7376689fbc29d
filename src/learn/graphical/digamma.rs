//! The digamma function, the logarithmic derivative of Γ, and ln Γ.

/// ψ(x) for positive x: up by the recurrence ψ(x) = ψ(x + 1) - 1/x, then the asymptotic series (Abramowitz & Stegun,
/// 6.3.18).
pub(super) fn digamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < 6.0 {
        below += 1.0 / x;
        x += 1.0;
    }
    let i = 1.0 / (x * x);
    let series = i * (1.0 / 12.0 - i * (1.0 / 120.0 - i * (1.0 / 252.0 - i * (1.0 / 240.0 - i * (1.0 / 132.0)))));
    x.ln() - 0.5 / x - series - below
}

/// ln Γ(x) for positive x.
pub(super) fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        let euler = 0.577_215_664_901_532_9;
        assert!((digamma(1.0) + euler).abs() < 1e-10);
        assert!((digamma(0.5) + euler + 2.0 * 2f64.ln()).abs() < 1e-10);
        assert!((digamma(0.01) + 100.560_885_457_869).abs() < 1e-9);
        let h = 1e-5;
        for x in [0.3, 2.5, 40.0] {
            assert!((digamma(x) - (ln_gamma(x + h) - ln_gamma(x - h)) / (2.0 * h)).abs() < 1e-6 * (1.0 + x), "{x}");
        }
    }
}
