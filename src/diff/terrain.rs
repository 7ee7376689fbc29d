//! What kind of place a point is: its slope and its curvatures, and a word for it.

use crate::error::ensure_setting;
use crate::linalg::{Eigh, Matrix, eigh};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Settings of [`terrain`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TerrainSettings {
    /// A gradient up to this length is no slope, at least 0. Default 0.01.
    pub tolerance: f64,
    /// A curvature up to this size is none, at least 0. Default 1e-8.
    pub curvature: f64,
}

impl Default for TerrainSettings {
    fn default() -> Self {
        Self { tolerance: 1e-2, curvature: 1e-8 }
    }
}

/// The word for a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// No slope, and up in every direction.
    Minimum,
    /// No slope, and down in every direction.
    Maximum,
    /// No slope; up in some directions, down in others.
    Saddle,
    /// No slope; up in some directions and level in the others, where only higher derivatives can tell.
    Valley,
    /// No slope; down in some directions and level in the others, where only higher derivatives can tell.
    Ridge,
    /// Neither slope nor curvature: a plateau, or a point that only higher derivatives can tell apart.
    Flat,
    /// The gradient is more than negligible: no such place at all.
    Slope,
}

impl Verdict {
    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minimum => "minimum",
            Self::Maximum => "maximum",
            Self::Saddle => "saddle",
            Self::Valley => "valley",
            Self::Ridge => "ridge",
            Self::Flat => "flat",
            Self::Slope => "slope",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What [`terrain`] found.
#[derive(Clone, Debug)]
pub struct Terrain {
    /// The word for the place.
    pub verdict: Verdict,
    /// Curvatures along the main directions, the smallest first.
    pub eigenvalues: Vec<f64>, // [n]
    /// The main directions, one a column, of length 1.
    pub eigenvectors: Matrix, // [n, n]
    /// The largest curvature by size over the smallest; infinite when one is 0.
    pub condition: f64,
    /// The length of the gradient.
    pub slope: f64,
    /// In how many main directions the function curves downwards.
    pub down: usize,
    /// In how many it does not curve.
    pub level: usize,
    /// In how many it curves upwards.
    pub up: usize,
}

impl fmt::Display for Terrain {
    /// `saddle: curves up in 1 direction, down in 1, level in 0; condition number 3; slope 0`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verdict, up, down, level, condition, slope, .. } = self;
        let directions = if *up == 1 { "direction" } else { "directions" };
        write!(
            f,
            "{verdict}: curves up in {up} {directions}, down in {down}, level in {level}; \
             condition number {condition:.4}; slope {slope:.3e}"
        )
    }
}

/// What kind of place a point with this Hessian and gradient is.
///
/// A curvature counts as none when it is at most `curvature`, or lost in the rounding of the largest.
///
/// ```
/// use mynah::diff::{TerrainSettings, Verdict, terrain};
/// use mynah::linalg::Matrix;
/// let hessian = Matrix::diagonal(&[2.0, -6.0]).unwrap(); // of x² - 3 y²
/// let place = terrain(&hessian, &[0.0, 0.0], &TerrainSettings::default()).unwrap();
/// assert_eq!((place.verdict, place.condition), (Verdict::Saddle, 3.0));
/// ```
///
/// # Errors
/// When the Hessian is not square and symmetric, the gradient has another size, a number is NaN or infinite, or a
/// setting is out of its range.
pub fn terrain(hessian: &Matrix, gradient: &[f64], settings: &TerrainSettings) -> Result<Terrain> {
    let TerrainSettings { tolerance, curvature } = *settings;
    let rule = "finite and at least 0";
    let allowed = 0.0..f64::INFINITY;
    ensure_setting(allowed.contains(&tolerance), "terrain", "tolerance", rule, tolerance)?;
    ensure_setting(allowed.contains(&curvature), "terrain", "curvature", rule, curvature)?;
    if hessian.rows() != hessian.cols() || hessian.rows() != gradient.len() {
        let why = format!(
            "a gradient of {} numbers with a Hessian of [{}, {}]",
            gradient.len(),
            hessian.rows(),
            hessian.cols()
        );
        return Err(Error::shape("terrain", why));
    }
    let mut numbers = hessian.data().iter().chain(gradient);
    if let Some(bad) = numbers.find(|x| !x.is_finite()) {
        return Err(Error::value(format!("terrain: the derivatives must be finite here, got {bad}")));
    }

    let Eigh { values, vectors } = eigh(hessian)?;
    let sizes = || values.iter().map(|v| v.abs());
    let (largest, smallest) = (sizes().fold(0.0, f64::max), sizes().fold(f64::INFINITY, f64::min));
    let negligible = curvature.max(4.0 * values.len() as f64 * f64::EPSILON * largest);
    let up = values.iter().filter(|&&v| v > negligible).count();
    let down = values.iter().filter(|&&v| v < -negligible).count();
    let level = values.len() - up - down;
    let slope = gradient.iter().fold(0.0_f64, |length, &g| length.hypot(g));
    let verdict = match (slope <= tolerance, up > 0, down > 0, level > 0) {
        (false, ..) => Verdict::Slope,
        (_, true, true, _) => Verdict::Saddle,
        (_, true, false, false) => Verdict::Minimum,
        (_, true, false, true) => Verdict::Valley,
        (_, false, true, false) => Verdict::Maximum,
        (_, false, true, true) => Verdict::Ridge,
        (_, false, false, _) => Verdict::Flat,
    };
    let condition = if smallest == 0.0 { f64::INFINITY } else { largest / smallest };
    Ok(Terrain { verdict, eigenvalues: values, eigenvectors: vectors, condition, slope, down, level, up })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{Derivatives, Var, derivatives};

    fn place(f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>, x: &[f64]) -> Terrain {
        let Derivatives { gradient, hessian, .. } = derivatives(f, x).unwrap();
        terrain(&hessian, &gradient, &TerrainSettings::default()).unwrap()
    }

    /// The wells of the issue: Gaussians of height -10 and width 60.
    fn wells<'t>(p: &[Var<'t>], centres: &[[f64; 2]]) -> Var<'t> {
        centres.iter().fold(p[0].constant(0.0), |sum, [x, y]| {
            let square = (p[0] - *x).square() + (p[1] - *y).square();
            sum - 10.0 * (square / (-2.0 * 60.0 * 60.0)).exp()
        })
    }

    #[test]
    fn every_kind_of_place_has_its_word() {
        let origin = [0.0, 0.0];
        for (found, wanted) in [
            (place(|p| p[0].square() + 3.0 * p[1].square(), &origin), Verdict::Minimum),
            (place(|p| -p[0].square() - p[0] * p[1] - p[1].square(), &origin), Verdict::Maximum),
            (place(|p| p[0] * p[1], &origin), Verdict::Saddle),
            (place(|p| (p[0] + p[1]).square(), &origin), Verdict::Valley),
            (place(|p| -(p[0] - 2.0 * p[1]).square(), &origin), Verdict::Ridge),
            (place(|p| p[0].powi(3) + p[1].powi(4), &origin), Verdict::Flat),
            (place(|p| p[0] + p[1].square(), &origin), Verdict::Slope),
        ] {
            assert_eq!(found.verdict, wanted, "{found}");
        }
    }

    #[test]
    fn the_wells_of_the_issue() {
        let one = place(|p| wells(p, &[[200.0, 200.0]]), &[197.459873309, 197.459873309]);
        assert_eq!(one.verdict, Verdict::Minimum, "{one}");
        assert!(one.slope <= 0.01, "{one}");
        let two = place(|p| wells(p, &[[100.0, 100.0], [220.0, 200.0]]), &[109.051697580, 107.563420861]);
        assert_eq!(two.verdict, Verdict::Minimum, "{two}");
        let plateau = place(|p| wells(p, &[[300.0, 300.0]]), &[0.0, 0.0]);
        assert_eq!(plateau.verdict, Verdict::Flat, "{plateau}");
        let middle = place(|p| wells(p, &[[0.0, 0.0], [200.0, 0.0]]), &[100.0, 0.0]);
        assert_eq!(middle.verdict, Verdict::Saddle, "{middle}");
    }

    #[test]
    fn numbers_are_those_of_the_hessian() {
        let rosenbrock = place(|p| (1.0 - p[0]).powi(2) + 100.0 * (p[1] - p[0].powi(2)).powi(2), &[1.0, 1.0]);
        assert_eq!(rosenbrock.verdict, Verdict::Minimum);
        // ((802, -400), (-400, 200)): trace 1002, determinant 400.
        let root = (1002.0_f64 * 1002.0 - 1600.0).sqrt();
        let (small, large) = (800.0 / (1002.0 + root), (1002.0 + root) / 2.0);
        assert!((rosenbrock.eigenvalues[0] - small).abs() < 1e-12 && (rosenbrock.eigenvalues[1] - large).abs() < 1e-11);
        assert!((rosenbrock.condition / (large / small) - 1.0).abs() < 1e-11);
        assert_eq!((rosenbrock.up, rosenbrock.level, rosenbrock.down), (2, 0, 0));
        let saddle = place(|p| p[0].square() - 3.0 * p[1].square(), &[0.0, 0.0]);
        let text = "saddle: curves up in 1 direction, down in 1, level in 0; condition number 3.0000; slope 0.000e0";
        assert_eq!(saddle.to_string(), text);
    }

    #[test]
    fn misfits_are_refused() {
        let h = Matrix::identity(2).unwrap();
        let refusal = |h: &Matrix, g: &[f64]| terrain(h, g, &TerrainSettings::default()).unwrap_err().to_string();
        assert_eq!(refusal(&h, &[1.0]), "terrain: a gradient of 1 numbers with a Hessian of [2, 2]");
        assert_eq!(refusal(&h, &[1.0, f64::NAN]), "terrain: the derivatives must be finite here, got NaN");
        let settings = TerrainSettings { tolerance: -1.0, ..Default::default() };
        let error = terrain(&h, &[0.0, 0.0], &settings).unwrap_err().to_string();
        assert_eq!(error, "terrain: `tolerance` must be finite and at least 0, got -1");
    }
}
