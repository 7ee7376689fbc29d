//! Wells: a sum of equal Gaussians, minima or maxima, that stand where you put them.
//!
//! f(x) = A Σ exp(-|x - c|² / (2 σ²)), summed over the centres c. Far from all of them the ground is flat; centres
//! closer than about 2 σ melt into one.

use crate::error::ensure_setting;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`Wells`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WellsSettings {
    /// Where the wells stand: a list of points. No default.
    pub centres: Vec<Vec<f64>>,
    /// Height of each, finite: below 0 a well, above 0 a hill. Default -10.
    pub amplitude: f64,
    /// Width of each, the σ of the Gaussian, positive. Default 60.
    pub sigma: f64,
}

impl Default for WellsSettings {
    fn default() -> Self {
        Self { centres: vec![], amplitude: -10.0, sigma: 60.0 }
    }
}

/// A sum of equal Gaussians.
#[derive(Clone, Debug, PartialEq)]
pub struct Wells(WellsSettings);

impl Wells {
    /// The landscape.
    ///
    /// ```
    /// use mynah::optim::testfns::{Wells, WellsSettings};
    /// let wells = Wells::new(WellsSettings { centres: vec![vec![200.0, 200.0]], ..Default::default() })?;
    /// assert_eq!(wells.value(&[200.0, 200.0])?, -10.0);
    /// # Ok::<(), mynah::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no well, the centres differ in size, or a setting is out of its range.
    pub fn new(settings: WellsSettings) -> Result<Self> {
        let WellsSettings { centres, amplitude, sigma } = &settings;
        let Some(n) = centres.first().map(Vec::len) else {
            return Err(Error::value("wells: `centres` needs at least one point"));
        };
        for (k, centre) in centres.iter().enumerate() {
            if centre.len() != n || n == 0 {
                let (place, len) = (k + 1, centre.len());
                return Err(Error::shape("wells", format!("centre {place} has {len} coordinates, the first has {n}")));
            }
            if let Some(bad) = centre.iter().find(|c| !c.is_finite()) {
                return Err(Error::setting("wells", "centres", "finite", format!("{bad} in centre {}", k + 1)));
            }
        }
        ensure_setting(amplitude.is_finite(), "wells", "amplitude", "finite", amplitude)?;
        ensure_setting(*sigma > 0.0 && sigma.is_finite(), "wells", "sigma", "positive and finite", sigma)?;
        Ok(Self(settings))
    }

    /// What it was made of.
    pub fn settings(&self) -> &WellsSettings {
        &self.0
    }

    /// Coordinates of a point.
    pub fn dim(&self) -> usize {
        self.0.centres[0].len()
    }

    /// The height at a point.
    ///
    /// # Errors
    /// When the point has another number of coordinates than the centres; so for the others.
    pub fn value(&self, x: &[f64]) -> Result<f64> {
        Ok(self.parts(x)?.map(|(part, _)| part).sum())
    }

    /// The slope at a point.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn gradient(&self, x: &[f64]) -> Result<Vec<f64>> {
        let mut g = vec![0.0; x.len()];
        for (part, centre) in self.parts(x)? {
            // ∂ exp(-r²/2σ²) = -(x - c)/σ² exp(-r²/2σ²)
            for (i, g) in g.iter_mut().enumerate() {
                *g -= part * (x[i] - centre[i]) / self.0.sigma.powi(2);
            }
        }
        Ok(g)
    }

    /// The matrix of second derivatives at a point, row by row.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn hessian(&self, x: &[f64]) -> Result<Vec<Vec<f64>>> {
        let n = x.len();
        let s2 = self.0.sigma.powi(2);
        let mut h = vec![vec![0.0; n]; n];
        for (part, centre) in self.parts(x)? {
            for i in 0..n {
                for j in 0..n {
                    let along = (x[i] - centre[i]) * (x[j] - centre[j]) / s2;
                    h[i][j] += part / s2 * (along - if i == j { 1.0 } else { 0.0 });
                }
            }
        }
        Ok(h)
    }

    /// Each Gaussian's share of the height, and its centre.
    fn parts(&self, x: &[f64]) -> Result<impl Iterator<Item = (f64, &[f64])>> {
        let (len, n) = (x.len(), self.dim());
        if len != n {
            return Err(Error::shape("wells", format!("a point of {len} coordinates among centres of {n}")));
        }
        let WellsSettings { centres, amplitude, sigma } = &self.0;
        Ok(centres.iter().map(move |centre| {
            let r2: f64 = x.iter().zip(centre).map(|(x, c)| (x - c).powi(2)).sum();
            (amplitude * (-r2 / (2.0 * sigma * sigma)).exp(), centre.as_slice())
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wells(centres: &[[f64; 2]]) -> Wells {
        let centres = centres.iter().map(|c| c.to_vec()).collect();
        Wells::new(WellsSettings { centres, ..Default::default() }).unwrap()
    }

    /// Steps of 20 g until |g| <= 0.01.
    fn descend(wells: &Wells, mut x: Vec<f64>) -> (usize, Vec<f64>) {
        for steps in 0..10_000 {
            let g = wells.gradient(&x).unwrap();
            if g.iter().map(|g| g * g).sum::<f64>().sqrt() <= 0.01 {
                return (steps, x);
            }
            x.iter_mut().zip(&g).for_each(|(x, g)| *x -= 20.0 * g);
        }
        (10_000, x)
    }

    #[test]
    fn constant_steps_take_the_known_paths() {
        let one = wells(&[[200.0, 200.0]]);
        let (steps, x) = descend(&one, vec![150.0, 150.0]);
        assert_eq!(steps, 60);
        assert!(x.iter().all(|x| (x - 197.459_873_309).abs() < 1e-9), "{x:?}");
        assert!((one.value(&x).unwrap() + 9.982_093_153).abs() < 1e-9);
        assert_eq!(descend(&wells(&[[0.0, 0.0]]), vec![300.0, 300.0]).0, 0);
    }

    #[test]
    fn derivatives_agree_with_differences() {
        let wells = wells(&[[100.0, 100.0], [220.0, 200.0]]);
        let x = [130.0, 90.0];
        let (g, h) = (wells.gradient(&x).unwrap(), wells.hessian(&x).unwrap());
        for i in 0..2 {
            let (mut up, mut down) = (x, x);
            up[i] += 1e-3;
            down[i] -= 1e-3;
            let slope = (wells.value(&up).unwrap() - wells.value(&down).unwrap()) / 2e-3;
            assert!((slope - g[i]).abs() < 1e-9);
            for j in 0..2 {
                let bend = (wells.gradient(&up).unwrap()[j] - wells.gradient(&down).unwrap()[j]) / 2e-3;
                assert!((bend - h[i][j]).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn refusals_say_what_is_wrong() {
        let none = Wells::new(WellsSettings::default()).unwrap_err().to_string();
        assert_eq!(none, "wells: `centres` needs at least one point");
        let point = wells(&[[0.0, 0.0]]).value(&[1.0]).unwrap_err().to_string();
        assert_eq!(point, "wells: a point of 1 coordinates among centres of 2");
    }
}
