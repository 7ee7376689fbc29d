//! Polynomial features: products of the features, so that a linear learner can bend.

use crate::error::ensure_setting;
use crate::learn::cluster::{ensure_sound, usable, usable_width};
use crate::learn::{Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "polynomial_features";

/// Products at most.
const MOST: usize = 1_000_000;

/// Settings of [`PolynomialFeatures`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PolynomialFeaturesSettings {
    /// Factors in a product at most, in [0, 20]. Default 2.
    pub degree: usize,
    /// Only products of different features. Default false.
    pub interaction_only: bool,
    /// A first column of ones. Default true.
    pub include_bias: bool,
}

impl Default for PolynomialFeaturesSettings {
    fn default() -> Self {
        Self { degree: 2, interaction_only: false, include_bias: true }
    }
}

/// All products of the features up to a degree.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PolynomialFeatures {
    settings: PolynomialFeaturesSettings,
    learned: Option<usize>, // features
}

impl PolynomialFeatures {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: PolynomialFeaturesSettings) -> Result<Self> {
        ensure_setting(settings.degree <= 20, NAME, "degree", "in [0, 20]", settings.degree)?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        Self::new(me.settings.clone())?;
        if let Some(columns) = me.learned {
            ensure_sound(columns > 0 && me.count(columns).is_some(), NAME)?;
        }
        Ok(me)
    }

    /// How many products there are; nothing if more than [`MOST`].
    fn count(&self, columns: usize) -> Option<usize> {
        let s = &self.settings;
        let mut total = usize::from(s.include_bias);
        let mut choose = 1u128; // (columns + degree - 1 over degree), or (columns over degree)
        for degree in 1..=s.degree as u128 {
            let more = match s.interaction_only {
                true => (columns as u128 + 1).saturating_sub(degree),
                false => columns as u128 + degree - 1,
            };
            choose = choose * more / degree;
            total = total.checked_add(usize::try_from(choose).ok()?)?;
            if total > MOST {
                return None;
            }
        }
        (total > 0).then_some(total)
    }

    /// The factors of each product: degree by degree, features in order.
    fn products(&self, columns: usize) -> Vec<Vec<u32>> {
        let s = &self.settings;
        let mut out = Vec::new();
        if s.include_bias {
            out.push(vec![]);
        }
        let mut last: Vec<Vec<u32>> = vec![vec![]];
        for _ in 1..=s.degree {
            let mut next = Vec::new();
            for product in &last {
                let first = product.last().map_or(0, |&f| f + u32::from(s.interaction_only));
                next.extend((first..columns as u32).map(|f| [&product[..], &[f]].concat()));
            }
            out.extend(next.iter().cloned());
            last = next;
        }
        out
    }
}

impl Learner for PolynomialFeatures {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x)?;
        let columns = x.columns();
        if self.count(columns).is_none() {
            let degree = self.settings.degree;
            return Err(Error::value(format!(
                "{NAME}: {columns} features to degree {degree} make no or too many products"
            )));
        }
        self.learned = Some(columns);
        Ok(Fit { steps: 1, warning: None })
    }

    fn transform(&self, x: &Samples) -> Result<Samples> {
        let &columns = fitted(NAME, &self.learned)?;
        usable_width(NAME, x, columns)?;
        let products = self.products(columns);
        if x.rows().saturating_mul(products.len()) > 1 << 31 {
            return Err(Error::value(format!("{NAME}: {} x {} numbers are too many", x.rows(), products.len())));
        }
        let mut out = Vec::with_capacity(x.rows() * products.len());
        for (i, row) in x.iter().enumerate() {
            if i % 64 == 0 {
                stop::check()?;
            }
            out.extend(products.iter().map(|p| p.iter().map(|&f| row[f as usize]).product::<f64>()));
        }
        match out.iter().position(|v| !v.is_finite()) {
            None => Samples::new(x.rows(), products.len(), out),
            Some(at) => Err(Error::value(format!("{NAME}: a product of row {} is too large", at / products.len() + 1))),
        }
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(columns) = self.learned else { return vec![] };
        let name = |p: &Vec<u32>| match p.is_empty() {
            true => "1".to_string(),
            false => p.iter().map(|f| format!("x{}", f + 1)).collect::<Vec<_>>().join(" "),
        };
        let names: Vec<String> = self.products(columns).iter().map(name).collect();
        vec![("products", Shown::Text(names.join(", ")))]
    }

    fn summary(&self) -> Option<String> {
        let columns = self.learned?;
        Some(format!("{columns} features, {} products", self.count(columns)?))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_in_order() {
        let x = Samples::new(1, 2, vec![2.0, 3.0]).unwrap();
        let mut model =
            PolynomialFeatures::new(PolynomialFeaturesSettings { degree: 3, ..Default::default() }).unwrap();
        model.fit(&x, Goal::None).unwrap();
        let y = model.transform(&x).unwrap();
        assert_eq!(y.values(), [1.0, 2.0, 3.0, 4.0, 6.0, 9.0, 8.0, 12.0, 18.0, 27.0]);
        assert!(
            model.learned()[0].1
                == Shown::Text("1, x1, x2, x1 x1, x1 x2, x2 x2, x1 x1 x1, x1 x1 x2, x1 x2 x2, x2 x2 x2".into())
        );
        let again = PolynomialFeatures::from_saved(&model.bytes().unwrap()).unwrap();
        assert_eq!(again.transform(&x).unwrap(), y);
        let settings = PolynomialFeaturesSettings { degree: 3, interaction_only: true, include_bias: false };
        let mut model = PolynomialFeatures::new(settings).unwrap();
        model.fit(&x, Goal::None).unwrap();
        assert_eq!(model.transform(&x).unwrap().values(), [2.0, 3.0, 6.0]);
        let wide = Samples::new(1, 5000, vec![1.0; 5000]).unwrap();
        assert!(model.fit(&wide, Goal::None).is_err());
        for (d, degree, only) in [(1, 0, false), (4, 3, true), (5, 4, false), (3, 7, true)] {
            let settings = PolynomialFeaturesSettings { degree, interaction_only: only, include_bias: true };
            let model = PolynomialFeatures::new(settings).unwrap();
            assert_eq!(model.count(d), Some(model.products(d).len()));
        }
    }
}
