//! Where to search: bounds, starting point, budget, target and seed, which all methods share.

use crate::data::{Rng, entropy};
use crate::error::ensure_setting;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A bound: one number for all coordinates, or one for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a number or a list of numbers")]
pub enum Bound {
    /// The same for every coordinate.
    All(f64),
    /// One per coordinate.
    Each(Vec<f64>),
}

/// Declares a method's settings: its own fields, and the ones that all methods share.
macro_rules! search_settings {
    ($(#[$about:meta])* $name:ident for $method:literal {
        $($(#[$doc:meta])* $field:ident: $type:ty = $default:expr,)*
    }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
            /// Where to start. Default: the middle of the bounds, or 0.
            pub x0: Option<Vec<f64>>,
            /// Smallest allowed value, one number or one per coordinate. Default: no bound.
            pub lower: Option<$crate::optim::blackbox::Bound>,
            /// Largest allowed value, one number or one per coordinate. Default: no bound.
            pub upper: Option<$crate::optim::blackbox::Bound>,
            /// Number of coordinates, where neither `x0` nor a list of bounds tells. Default: not given.
            pub dim: Option<usize>,
            /// About how far from `x0` to look in coordinates that lack a bound, positive. Default 2.
            pub reach: f64,
            /// Most evaluations of the function. Default 10000.
            pub budget: u64,
            /// Stop at a value at or below this. Default: never.
            pub target: Option<f64>,
            /// Seed of the random numbers: same seed, same search. Default: another one each time.
            pub seed: Option<u64>,
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    $($field: $default,)*
                    x0: None,
                    lower: None,
                    upper: None,
                    dim: None,
                    reach: 2.0,
                    budget: 10_000,
                    target: None,
                    seed: None,
                }
            }
        }

        impl $name {
            /// Checks the shared settings.
            pub(in $crate::optim::blackbox) fn space(&self) -> $crate::Result<$crate::optim::blackbox::space::Space> {
                $crate::optim::blackbox::space::Space::new(
                    $method,
                    self.x0.as_deref(),
                    [self.lower.as_ref(), self.upper.as_ref()],
                    self.dim,
                    self.reach,
                    (self.budget, self.target, self.seed),
                )
            }
        }
    };
}
pub(super) use search_settings;

/// The checked space of one search.
#[derive(Clone, Debug)]
pub(super) struct Space {
    /// Lower bounds, -∞ where there is none.
    pub lower: Vec<f64>,
    /// Upper bounds, ∞ where there is none.
    pub upper: Vec<f64>,
    /// Where to start, inside the bounds.
    pub x0: Vec<f64>,
    /// Whether the caller chose the start.
    pub x0_given: bool,
    /// The box in which populations begin: the bounds, or `reach` around the start.
    pub first: Vec<(f64, f64)>,
    /// Most evaluations.
    pub budget: u64,
    /// Value to stop at.
    pub target: f64,
    /// Seed of the random numbers.
    pub seed: u64,
}

impl Space {
    /// Checks what the settings of `what` say.
    pub fn new(
        what: &str,
        x0: Option<&[f64]>,
        bounds: [Option<&Bound>; 2],
        dim: Option<usize>,
        reach: f64,
        (budget, target, seed): (u64, Option<f64>, Option<u64>),
    ) -> Result<Self> {
        let len = |bound: Option<&Bound>| match bound {
            Some(Bound::Each(list)) => Some(list.len()),
            _ => None,
        };
        let n = x0.map(<[f64]>::len).or_else(|| len(bounds[0])).or_else(|| len(bounds[1])).or(dim);
        let Some(n) = n else {
            return Err(Error::value(format!(
                "{what}: give `x0`, a list of bounds or `dim`, so that the number of coordinates is known"
            )));
        };
        ensure_setting(n > 0, what, "dim", "at least 1", n)?;
        ensure_setting(dim.is_none_or(|dim| dim == n), what, "dim", &format!("{n} to fit"), dim.unwrap_or_default())?;
        ensure_setting(reach > 0.0 && reach.is_finite(), what, "reach", "positive and finite", reach)?;
        let spread = |name: &str, bound: Option<&Bound>, without: f64| match bound {
            None => Ok(vec![without; n]),
            Some(Bound::All(value)) => Ok(vec![*value; n]),
            Some(Bound::Each(list)) if list.len() == n => Ok(list.clone()),
            Some(Bound::Each(list)) => {
                Err(Error::setting(what, name, format!("one number or {n} numbers"), format!("{} numbers", list.len())))
            }
        };
        let lower = spread("lower", bounds[0], f64::NEG_INFINITY)?;
        let upper = spread("upper", bounds[1], f64::INFINITY)?;
        for i in 0..n {
            let (lo, hi) = (lower[i], upper[i]);
            let fine = lo <= hi && lo < f64::INFINITY && hi > f64::NEG_INFINITY;
            if !fine {
                let place = i + 1;
                let why = format!("coordinate {place}: the lower bound {lo} is not below the upper bound {hi}");
                return Err(Error::value(format!("{what}: {why}")));
            }
        }
        let x0_given = x0.is_some();
        let mut x0 = match x0 {
            Some(x0) => x0.to_vec(),
            None => (0..n).map(|i| middle(lower[i], upper[i], reach)).collect(),
        };
        if let Some(i) = x0.iter().position(|x| !x.is_finite()) {
            return Err(Error::setting(what, "x0", "finite", format!("{} at {}", x0[i], i + 1)));
        }
        clip(&mut x0, &lower, &upper);
        let first = (0..n)
            .map(|i| {
                let lo = if lower[i].is_finite() { lower[i] } else { (x0[i] - reach).min(upper[i] - 2.0 * reach) };
                let hi = if upper[i].is_finite() { upper[i] } else { (x0[i] + reach).max(lo + 2.0 * reach) };
                (lo, hi)
            })
            .collect();
        let (target, seed) = (target.unwrap_or(f64::NEG_INFINITY), seed.unwrap_or_else(entropy));
        Ok(Self { lower, upper, x0, x0_given, first, budget, target, seed })
    }

    /// Coordinates of a point.
    pub fn dim(&self) -> usize {
        self.lower.len()
    }

    /// The length over which to look in coordinate `i`: the width of [`Self::first`].
    pub fn width(&self, i: usize) -> f64 {
        self.first[i].1 - self.first[i].0
    }

    /// A point of the first box, each equally likely.
    pub fn uniform(&self, rng: &mut Rng) -> Vec<f64> {
        self.first.iter().map(|(lo, hi)| lo + (hi - lo) * rng.uniform()).collect()
    }

    /// Moves a point to the nearest one inside the bounds; a coordinate that is no number becomes the start's.
    pub fn clip(&self, x: &mut [f64]) {
        for (x, x0) in x.iter_mut().zip(&self.x0) {
            if x.is_nan() {
                *x = *x0;
            }
        }
        clip(x, &self.lower, &self.upper);
        x.iter_mut().for_each(|x| *x = x.clamp(-f64::MAX, f64::MAX));
    }

    /// Folds a point back inside as a mirror at each bound would, so that a method may think the space endless.
    pub fn fold(&self, x: &mut [f64]) {
        for (i, x) in x.iter_mut().enumerate() {
            let (lo, hi) = (self.lower[i], self.upper[i]);
            if *x >= lo && *x <= hi {
                continue;
            }
            if lo.is_finite() && hi.is_finite() {
                let width = hi - lo;
                let t = if width > 0.0 { (*x - lo).rem_euclid(2.0 * width) } else { 0.0 };
                *x = lo + t.min(2.0 * width - t);
            } else if lo.is_finite() {
                *x = lo + (lo - *x);
            } else {
                *x = hi - (*x - hi);
            }
        }
    }
}

fn middle(lower: f64, upper: f64, reach: f64) -> f64 {
    match (lower.is_finite(), upper.is_finite()) {
        (true, true) => lower + 0.5 * (upper - lower),
        (true, false) => 0.0_f64.max(lower + reach),
        (false, true) => 0.0_f64.min(upper - reach),
        (false, false) => 0.0,
    }
}

fn clip(x: &mut [f64], lower: &[f64], upper: &[f64]) {
    for (x, (lo, hi)) in x.iter_mut().zip(lower.iter().zip(upper)) {
        *x = x.clamp(*lo, *hi);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(x0: Option<&[f64]>, lower: Option<Bound>, upper: Option<Bound>) -> Result<Space> {
        Space::new("random", x0, [lower.as_ref(), upper.as_ref()], None, 2.0, (10, None, Some(1)))
    }

    #[test]
    fn folding_is_a_mirror_at_each_bound() {
        let space =
            space(None, Some(Bound::Each(vec![-1.0, 0.0])), Some(Bound::Each(vec![1.0, f64::INFINITY]))).unwrap();
        for (x, folded) in [(0.5, 0.5), (1.25, 0.75), (-1.5, -0.5), (3.5, -0.5), (-101.0, -1.0)] {
            let mut x = [x, -3.0];
            space.fold(&mut x);
            assert!((x[0] - folded).abs() < 1e-12 && x[1] == 3.0, "{x:?}");
        }
    }

    #[test]
    fn refusals_say_what_is_wrong() {
        for (got, text) in [
            (space(None, None, None), "random: give `x0`, a list of bounds or `dim`"),
            (space(Some(&[]), None, None), "random: `dim` must be at least 1, got 0"),
            (space(Some(&[f64::NAN]), None, None), "random: `x0` must be finite, got NaN at 1"),
            (
                space(Some(&[0.0]), Some(Bound::All(1.0)), Some(Bound::All(-1.0))),
                "random: coordinate 1: the lower bound 1",
            ),
            (space(Some(&[0.0]), Some(Bound::All(f64::NAN)), None), "random: coordinate 1: the lower bound NaN"),
            (space(Some(&[0.0]), Some(Bound::Each(vec![0.0, 0.0])), None), "random: `lower` must be one number or 1"),
        ] {
            let error = got.unwrap_err().to_string();
            assert!(error.starts_with(text), "{error}");
        }
    }

    #[test]
    fn the_start_is_the_middle_and_inside() {
        let both = space(None, Some(Bound::Each(vec![2.0])), Some(Bound::All(4.0))).unwrap();
        assert_eq!((both.x0.clone(), both.first.clone()), (vec![3.0], vec![(2.0, 4.0)]));
        let one = space(Some(&[-7.0]), Some(Bound::All(1.0)), None).unwrap();
        assert_eq!((one.x0.clone(), one.first.clone()), (vec![1.0], vec![(1.0, 5.0)]));
    }
}
