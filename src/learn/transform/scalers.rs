//! Scalers: each feature moved and stretched on its own, to mean 0 and variance 1, to a range, or by its quartiles.

use crate::Result;
use crate::error::ensure_setting;
use crate::learn::cluster::{ensure_sound, usable, usable_width, vectorised};
use crate::learn::{Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `(x - shift) / scale` for each feature.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Affine {
    shift: Vec<f64>,
    scale: Vec<f64>,
}

impl Affine {
    fn sound(&self) -> bool {
        !self.shift.is_empty()
            && self.shift.len() == self.scale.len()
            && self.shift.iter().all(|v| v.is_finite())
            && self.scale.iter().all(|v| v.is_finite() && *v != 0.0)
    }

    #[inline(always)]
    fn apply(&self, name: &str, x: &Samples, one: impl Fn(f64, f64, f64) -> f64) -> Result<Samples> {
        usable_width(name, x, self.shift.len())?;
        let mut values = vec![0.0; x.rows() * x.columns()];
        vectorised(
            #[inline(always)]
            || {
                for (to, row) in values.chunks_exact_mut(x.columns()).zip(x.iter()) {
                    let numbers = to.iter_mut().zip(row).zip(&self.shift).zip(&self.scale);
                    numbers.for_each(|(((to, v), shift), scale)| *to = one(*v, *shift, *scale));
                }
            },
        );
        Samples::new(x.rows(), x.columns(), values)
    }

    fn transform(&self, name: &str, x: &Samples) -> Result<Samples> {
        self.apply(name, x, |v, shift, scale| (v - shift) / scale)
    }

    fn inverse(&self, name: &str, x: &Samples) -> Result<Samples> {
        self.apply(name, x, |v, shift, scale| v * scale + shift)
    }
}

/// What a feature is divided by: 1 where it does not vary beyond rounding.
fn scale_of(spread: f64, size: f64) -> f64 {
    if spread > 10.0 * f64::EPSILON * size { spread } else { 1.0 }
}

// ---- standard ----

const STANDARD: &str = "standard_scaler";

/// Settings of [`StandardScaler`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StandardScalerSettings {
    /// Take away the mean. Default true.
    pub with_mean: bool,
    /// Divide by the standard deviation. Default true.
    pub with_std: bool,
}

impl Default for StandardScalerSettings {
    fn default() -> Self {
        Self { with_mean: true, with_std: true }
    }
}

/// Scales each feature to mean 0 and variance 1.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StandardScaler {
    settings: StandardScalerSettings,
    learned: Option<Moments>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Moments {
    count: f64,
    mean: Vec<f64>,
    squares: Vec<f64>, // Σ (x - mean)²
}

impl StandardScaler {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// Never.
    pub fn new(settings: StandardScalerSettings) -> Result<Self> {
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(STANDARD, bytes)?;
        if let Some(m) = &me.learned {
            let numbers = m.squares.iter().all(|v| *v >= 0.0 && v.is_finite()) && m.count >= 1.0;
            ensure_sound(m.squares.len() == m.mean.len() && numbers && me.affine(m).sound(), STANDARD)?;
        }
        Ok(me)
    }

    fn affine(&self, m: &Moments) -> Affine {
        let deviation = |(q, mean): (&f64, &f64)| scale_of((q / m.count).sqrt(), mean.abs());
        Affine {
            shift: if self.settings.with_mean { m.mean.clone() } else { vec![0.0; m.mean.len()] },
            scale: match self.settings.with_std {
                true => m.squares.iter().zip(&m.mean).map(deviation).collect(),
                false => vec![1.0; m.mean.len()],
            },
        }
    }
}

/// Mean and squares of some samples, in two passes.
fn moments(x: &Samples) -> Moments {
    let mean = super::pca::column_means(x);
    let mut squares = vec![0.0; x.columns()];
    for row in x.iter() {
        for ((q, v), m) in squares.iter_mut().zip(row).zip(&mean) {
            *q += (v - m) * (v - m);
        }
    }
    Moments { count: x.rows() as f64, mean, squares }
}

impl Learner for StandardScaler {
    fn name(&self) -> &'static str {
        STANDARD
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(STANDARD, x)?;
        self.learned = Some(moments(x));
        Ok(Fit { steps: 1, warning: None })
    }

    /// Chan, Golub & LeVeque (1983): moments of two parts make the moments of both.
    fn partial_fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        let Some(m) = &mut self.learned else { return self.fit(x, y) };
        usable_width(STANDARD, x, m.mean.len())?;
        let new = moments(x);
        let total = m.count + new.count;
        for j in 0..m.mean.len() {
            let gap = new.mean[j] - m.mean[j];
            m.squares[j] += new.squares[j] + gap * gap * m.count * new.count / total;
            m.mean[j] += gap * new.count / total;
        }
        m.count = total;
        Ok(Fit { steps: 1, warning: None })
    }

    fn transform(&self, x: &Samples) -> Result<Samples> {
        self.affine(fitted(STANDARD, &self.learned)?).transform(STANDARD, x)
    }

    fn inverse_transform(&self, x: &Samples) -> Result<Samples> {
        self.affine(fitted(STANDARD, &self.learned)?).inverse(STANDARD, x)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(m) = &self.learned else { return vec![] };
        vec![
            ("mean", Shown::Numbers(m.mean.clone())),
            ("variance", Shown::Numbers(m.squares.iter().map(|q| q / m.count).collect())),
            ("scale", Shown::Numbers(self.affine(m).scale)),
        ]
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(|m| format!("{} features", m.mean.len()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(STANDARD, self)
    }
}

// ---- min-max ----

const MIN_MAX: &str = "min_max_scaler";

/// Settings of [`MinMaxScaler`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MinMaxScalerSettings {
    /// What the smallest value becomes. Default 0.
    pub low: f64,
    /// What the largest value becomes, above `low`. Default 1.
    pub high: f64,
    /// Keep new samples inside the range. Default false.
    pub clip: bool,
}

impl Default for MinMaxScalerSettings {
    fn default() -> Self {
        Self { low: 0.0, high: 1.0, clip: false }
    }
}

/// Scales each feature to a range.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MinMaxScaler {
    settings: MinMaxScalerSettings,
    learned: Option<Range>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Range {
    least: Vec<f64>,
    most: Vec<f64>,
}

impl MinMaxScaler {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: MinMaxScalerSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting(s.low.abs() <= 1e100, MIN_MAX, "low", "a number", s.low)?;
        ensure_setting(s.high > s.low && s.high <= 1e100, MIN_MAX, "high", "above `low`", s.high)?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(MIN_MAX, bytes)?;
        Self::new(me.settings.clone())?;
        if let Some(r) = &me.learned {
            let ordered = r.least.iter().zip(&r.most).all(|(a, b)| a <= b);
            ensure_sound(r.least.len() == r.most.len() && ordered && me.affine(r).sound(), MIN_MAX)?;
        }
        Ok(me)
    }

    fn affine(&self, r: &Range) -> Affine {
        let s = &self.settings;
        let each = |(a, b): (&f64, &f64)| {
            let scale = scale_of(b - a, 0.0) / (s.high - s.low);
            (a - s.low * scale, scale)
        };
        let (shift, scale) = r.least.iter().zip(&r.most).map(each).unzip();
        Affine { shift, scale }
    }
}

impl Learner for MinMaxScaler {
    fn name(&self) -> &'static str {
        MIN_MAX
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        usable(MIN_MAX, x)?;
        self.learned = Some(Range { least: x.row(0).to_vec(), most: x.row(0).to_vec() });
        self.partial_fit(x, y)
    }

    fn partial_fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        let Some(r) = &mut self.learned else { return self.fit(x, y) };
        usable_width(MIN_MAX, x, r.least.len())?;
        for row in x.iter() {
            r.least.iter_mut().zip(row).for_each(|(a, v)| *a = a.min(*v));
            r.most.iter_mut().zip(row).for_each(|(a, v)| *a = a.max(*v));
        }
        Ok(Fit { steps: 1, warning: None })
    }

    fn transform(&self, x: &Samples) -> Result<Samples> {
        let out = self.affine(fitted(MIN_MAX, &self.learned)?).transform(MIN_MAX, x)?;
        let s = &self.settings;
        if !s.clip {
            return Ok(out);
        }
        let (rows, columns) = (out.rows(), out.columns());
        Samples::new(rows, columns, out.into_values().into_iter().map(|v| v.clamp(s.low, s.high)).collect())
    }

    fn inverse_transform(&self, x: &Samples) -> Result<Samples> {
        self.affine(fitted(MIN_MAX, &self.learned)?).inverse(MIN_MAX, x)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(r) = &self.learned else { return vec![] };
        vec![("least", Shown::Numbers(r.least.clone())), ("most", Shown::Numbers(r.most.clone()))]
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(|r| format!("{} features", r.least.len()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(MIN_MAX, self)
    }
}

// ---- robust ----

const ROBUST: &str = "robust_scaler";

/// Settings of [`RobustScaler`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RobustScalerSettings {
    /// Take away the median. Default true.
    pub with_centering: bool,
    /// Divide by the range between two quantiles. Default true.
    pub with_scaling: bool,
    /// The lower quantile in percent, at least 0. Default 25.
    pub low: f64,
    /// The upper quantile in percent, above `low`, at most 100. Default 75.
    pub high: f64,
}

impl Default for RobustScalerSettings {
    fn default() -> Self {
        Self { with_centering: true, with_scaling: true, low: 25.0, high: 75.0 }
    }
}

/// Scales each feature by its median and quartiles, which a few wild values do not move.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RobustScaler {
    settings: RobustScalerSettings,
    learned: Option<Affine>,
}

impl RobustScaler {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: RobustScalerSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting(s.low >= 0.0, ROBUST, "low", "at least 0", s.low)?;
        ensure_setting(s.high > s.low && s.high <= 100.0, ROBUST, "high", "above `low` and at most 100", s.high)?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(ROBUST, bytes)?;
        Self::new(me.settings.clone())?;
        if let Some(a) = &me.learned {
            ensure_sound(a.sound(), ROBUST)?;
        }
        Ok(me)
    }
}

/// A quantile of sorted numbers, between neighbours in proportion.
fn quantile(sorted: &[f64], percent: f64) -> f64 {
    let at = percent / 100.0 * (sorted.len() - 1) as f64;
    let below = sorted[at.floor() as usize];
    below + (sorted[at.ceil() as usize] - below) * at.fract()
}

impl Learner for RobustScaler {
    fn name(&self) -> &'static str {
        ROBUST
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(ROBUST, x)?;
        let s = &self.settings;
        let each = |column: &[f64]| {
            crate::stop::check()?;
            let mut sorted = column.to_vec();
            sorted.sort_by(f64::total_cmp);
            let (low, median, high) = (quantile(&sorted, s.low), quantile(&sorted, 50.0), quantile(&sorted, s.high));
            let shift = if s.with_centering { median } else { 0.0 };
            let scale = if s.with_scaling { scale_of(high - low, median.abs()) } else { 1.0 };
            Ok((shift, scale))
        };
        let pairs: Vec<(f64, f64)> = x.by_columns().chunks_exact(x.rows()).map(each).collect::<Result<_>>()?;
        let (shift, scale) = pairs.into_iter().unzip();
        self.learned = Some(Affine { shift, scale });
        Ok(Fit { steps: 1, warning: None })
    }

    fn transform(&self, x: &Samples) -> Result<Samples> {
        fitted(ROBUST, &self.learned)?.transform(ROBUST, x)
    }

    fn inverse_transform(&self, x: &Samples) -> Result<Samples> {
        fitted(ROBUST, &self.learned)?.inverse(ROBUST, x)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(a) = &self.learned else { return vec![] };
        vec![("center", Shown::Numbers(a.shift.clone())), ("scale", Shown::Numbers(a.scale.clone()))]
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(|a| format!("{} features", a.shift.len()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(ROBUST, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: &[f64], b: &[f64]) {
        assert_eq!(a.len(), b.len());
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12), "{a:?} {b:?}");
    }

    fn x() -> Samples {
        Samples::new(4, 2, vec![1.0, 7.0, 2.0, 7.0, 3.0, 7.0, 6.0, 7.0]).unwrap()
    }

    #[test]
    fn standard() {
        let mut m = StandardScaler::new(StandardScalerSettings::default()).unwrap();
        m.fit(&x(), Goal::None).unwrap();
        let r = 3.5f64.sqrt(); // mean 3, variance (4 + 1 + 0 + 9) / 4
        close(m.transform(&x()).unwrap().values(), &[-2.0 / r, 0.0, -1.0 / r, 0.0, 0.0, 0.0, 3.0 / r, 0.0]);
        let mut parts = StandardScaler::new(StandardScalerSettings::default()).unwrap();
        parts.partial_fit(&x().select(&[0]), Goal::None).unwrap();
        parts.partial_fit(&x().select(&[1, 2, 3]), Goal::None).unwrap();
        close(parts.transform(&x()).unwrap().values(), m.transform(&x()).unwrap().values());
        let again = StandardScaler::from_saved(&m.bytes().unwrap()).unwrap();
        close(again.inverse_transform(&m.transform(&x()).unwrap()).unwrap().values(), x().values());
    }

    #[test]
    fn min_max() {
        let mut m = MinMaxScaler::new(MinMaxScalerSettings { low: -1.0, high: 1.0, clip: true }).unwrap();
        m.fit(&x(), Goal::None).unwrap();
        close(m.transform(&x()).unwrap().values(), &[-1.0, -1.0, -0.6, -1.0, -0.2, -1.0, 1.0, -1.0]);
        let wild = Samples::new(1, 2, vec![100.0, -100.0]).unwrap();
        close(m.transform(&wild).unwrap().values(), &[1.0, -1.0]);
        let again = MinMaxScaler::from_saved(&m.bytes().unwrap()).unwrap();
        close(again.inverse_transform(&m.transform(&x()).unwrap()).unwrap().values(), x().values());
        assert!(MinMaxScaler::new(MinMaxScalerSettings { low: 1.0, high: 1.0, clip: false }).is_err());
    }

    #[test]
    fn robust() {
        let mut m = RobustScaler::new(RobustScalerSettings::default()).unwrap();
        m.fit(&x(), Goal::None).unwrap();
        // Of 1, 2, 3, 6: quartiles 1.75 and 3.75, median 2.5.
        close(m.transform(&x()).unwrap().values(), &[-0.75, 0.0, -0.25, 0.0, 0.25, 0.0, 1.75, 0.0]);
        let again = RobustScaler::from_saved(&m.bytes().unwrap()).unwrap();
        close(again.inverse_transform(&m.transform(&x()).unwrap()).unwrap().values(), x().values());
    }
}
