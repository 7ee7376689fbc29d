//! How far two labellings of the same samples agree, whatever the labels are called.
//!
//! Adjusted Rand: Hubert & Arabie (1985). Adjusted mutual information: Vinh, Epps & Bailey (2010).
//! Homogeneity, completeness and V: Rosenberg & Hirschberg (2007). All as in scikit-learn, with arithmetic means.

use super::same_length;
use crate::{Result, stop};
use std::collections::BTreeMap;

/// Homogeneity, completeness and their harmonic mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// 1 if every cluster holds samples of one class only.
    pub homogeneity: f64,
    /// 1 if every class lies in one cluster.
    pub completeness: f64,
    /// The harmonic mean of both.
    pub v_measure: f64,
}

/// How often labels occur, and occur together.
struct Together {
    n: f64,
    truth: Vec<usize>,                 // how often each true label occurs
    answers: Vec<usize>,               // how often each given label occurs
    cells: Vec<(usize, usize, usize)>, // true label, given label, how often both: never 0
}

/// For each sample the place of its label among the sorted labels, and how often each occurs.
fn compact(labels: &[u32]) -> (Vec<usize>, Vec<usize>) {
    let mut known: BTreeMap<u32, usize> = labels.iter().map(|l| (*l, 0)).collect();
    known.values_mut().enumerate().for_each(|(i, at)| *at = i);
    let places: Vec<usize> = labels.iter().map(|l| known[l]).collect();
    let mut counts = vec![0; known.len()];
    places.iter().for_each(|p| counts[*p] += 1);
    (places, counts)
}

impl Together {
    fn new(name: &str, truth: &[u32], answers: &[u32]) -> Result<Self> {
        same_length(name, truth.len(), answers.len())?;
        let ((t, truth_counts), (a, answer_counts)) = (compact(truth), compact(answers));
        let mut pairs: Vec<(usize, usize)> = t.into_iter().zip(a).collect();
        pairs.sort_unstable();
        let cells = pairs.chunk_by(|a, b| a == b).map(|same| (same[0].0, same[0].1, same.len())).collect();
        Ok(Self { n: truth.len() as f64, truth: truth_counts, answers: answer_counts, cells })
    }

    /// Whether both labellings put all samples together, or each alone: then they agree perfectly.
    fn trivial(&self) -> bool {
        self.truth.len() == self.answers.len() && (self.truth.len() == 1 || self.truth.len() == self.n as usize)
    }

    /// In nats.
    fn mutual_information(&self) -> f64 {
        let part = |&(t, a, both): &(usize, usize, usize)| {
            let (both, t, a) = (both as f64, self.truth[t] as f64, self.answers[a] as f64);
            both / self.n * (self.n * both / (t * a)).ln()
        };
        self.cells.iter().map(part).sum::<f64>().max(0.0)
    }

    fn entropies(&self) -> (f64, f64) {
        let entropy = |counts: &[usize]| -> f64 {
            let part = |c: &usize| -(*c as f64 / self.n) * (*c as f64 / self.n).ln();
            counts.iter().map(part).sum::<f64>().max(0.0)
        };
        (entropy(&self.truth), entropy(&self.answers))
    }

    /// The mutual information to be expected of random labellings with these counts (Vinh et al., equation 24a).
    fn expected(&self) -> Result<f64> {
        let n = self.n as usize;
        let mut log_factorial = vec![0.0; n + 1];
        let mut lost = 0.0; // what rounding took so far (Kahan 1965)
        for i in 2..=n {
            let part = (i as f64).ln() - lost;
            let sum = log_factorial[i - 1] + part;
            lost = (sum - log_factorial[i - 1]) - part;
            log_factorial[i] = sum;
        }
        let f = |i: usize| log_factorial[i];
        // Labels that occur equally often bring the same.
        let (truth, answers) = (tally(&self.truth), tally(&self.answers));
        let mut sum = 0.0;
        for (&a, &a_times) in &truth {
            for (&b, &b_times) in &answers {
                stop::check()?;
                let fixed = f(a) + f(b) + f(n - a) + f(n - b) - f(n);
                let mut part = 0.0;
                for both in (a + b).saturating_sub(n).max(1)..=a.min(b) {
                    let nij = both as f64;
                    let chance = fixed - f(both) - f(a - both) - f(b - both) - f(n + both - a - b);
                    part += nij / self.n * (self.n * nij / (a as f64 * b as f64)).ln() * chance.exp();
                }
                sum += part * (a_times * b_times) as f64;
            }
        }
        Ok(sum)
    }
}

fn tally(counts: &[usize]) -> BTreeMap<usize, usize> {
    let mut out = BTreeMap::new();
    counts.iter().for_each(|c| *out.entry(*c).or_insert(0) += 1);
    out
}

/// The share of pairs of samples on which both labellings agree, corrected for chance: 1 is the same, 0 is chance.
///
/// # Errors
/// When the lengths differ, or there are no labels.
pub fn adjusted_rand(truth: &[u32], answers: &[u32]) -> Result<f64> {
    let t = Together::new("adjusted_rand", truth, answers)?;
    let pairs =
        |counts: &mut dyn Iterator<Item = usize>| counts.map(|c| c as f64 * (c as f64 - 1.0) / 2.0).sum::<f64>();
    let both = pairs(&mut t.cells.iter().map(|c| c.2));
    let (of_truth, of_answers) = (pairs(&mut t.truth.iter().copied()), pairs(&mut t.answers.iter().copied()));
    if both == of_truth && both == of_answers {
        return Ok(1.0);
    }
    let chance = of_truth * of_answers / (t.n * (t.n - 1.0) / 2.0);
    Ok((both - chance) / ((of_truth + of_answers) / 2.0 - chance))
}

/// What one labelling tells about the other, in nats.
///
/// # Errors
/// As [`adjusted_rand`].
pub fn mutual_information(truth: &[u32], answers: &[u32]) -> Result<f64> {
    Ok(Together::new("mutual_information", truth, answers)?.mutual_information())
}

/// [`mutual_information`] divided by the mean entropy of both: from 0 to 1.
///
/// # Errors
/// As [`adjusted_rand`].
pub fn normalized_mutual_information(truth: &[u32], answers: &[u32]) -> Result<f64> {
    let t = Together::new("normalized_mutual_information", truth, answers)?;
    let (shared, (h, k)) = (t.mutual_information(), t.entropies());
    Ok(if t.trivial() {
        1.0
    } else if shared <= f64::EPSILON {
        0.0
    } else {
        shared / ((h + k) / 2.0)
    })
}

/// [`normalized_mutual_information`] corrected for chance: 1 is the same, 0 is chance.
///
/// # Errors
/// As [`adjusted_rand`], and when someone asks to stop.
pub fn adjusted_mutual_information(truth: &[u32], answers: &[u32]) -> Result<f64> {
    let t = Together::new("adjusted_mutual_information", truth, answers)?;
    if t.trivial() {
        return Ok(1.0);
    }
    let (shared, (h, k), expected) = (t.mutual_information(), t.entropies(), t.expected()?);
    let left = (h + k) / 2.0 - expected;
    // Never divided by zero, and the sign is kept.
    let left = if left < 0.0 { left.min(-f64::EPSILON) } else { left.max(f64::EPSILON) };
    let gained = shared - expected;
    Ok(if gained.abs() <= f64::EPSILON { 0.0 } else { gained / left })
}

fn agreement(name: &str, truth: &[u32], answers: &[u32]) -> Result<Agreement> {
    let t = Together::new(name, truth, answers)?;
    let (shared, (h, k)) = (t.mutual_information(), t.entropies());
    let share = |h: f64| if h == 0.0 { 1.0 } else { shared / h };
    let (homogeneity, completeness) = (share(h), share(k));
    let sum = homogeneity + completeness;
    let v_measure = if sum == 0.0 { 0.0 } else { 2.0 * homogeneity * completeness / sum };
    Ok(Agreement { homogeneity, completeness, v_measure })
}

/// Whether clusters hold samples of one class only, whether classes lie in one cluster, and the harmonic mean of both.
///
/// # Errors
/// As [`adjusted_rand`].
pub fn v_measure(truth: &[u32], answers: &[u32]) -> Result<Agreement> {
    agreement("v_measure", truth, answers)
}

/// 1 if every cluster holds samples of one class only.
///
/// # Errors
/// As [`adjusted_rand`].
pub fn homogeneity(truth: &[u32], answers: &[u32]) -> Result<f64> {
    Ok(agreement("homogeneity", truth, answers)?.homogeneity)
}

/// 1 if every class lies in one cluster.
///
/// # Errors
/// As [`adjusted_rand`].
pub fn completeness(truth: &[u32], answers: &[u32]) -> Result<f64> {
    Ok(agreement("completeness", truth, answers)?.completeness)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTH: [u32; 12] = [0, 0, 1, 1, 2, 2, 2, 0, 1, 2, 2, 1];
    const ANSWERS: [u32; 12] = [0, 1, 1, 1, 2, 0, 2, 0, 2, 2, 1, 1];

    fn near(a: Result<f64>, b: f64) {
        let a = a.unwrap();
        assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    }

    // scikit-learn 1.9.1, the functions of the same names, and here with labels that are not 0 and so on.
    #[test]
    fn as_in_scikit_learn() {
        near(adjusted_rand(&TRUTH, &ANSWERS), 0.11310190369540873);
        near(normalized_mutual_information(&TRUTH, &ANSWERS), 0.31092265931469093);
        near(adjusted_mutual_information(&TRUTH, &ANSWERS), 0.12124091042057465);
        near(mutual_information(&TRUTH, &ANSWERS), 0.3350366787729806);
        let far = TRUTH.map(|t| u32::MAX - t * 1000);
        near(adjusted_mutual_information(&far, &ANSWERS), 0.12124091042057465);
        let (t, a) = ([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 2, 2]);
        let v = v_measure(&t, &a).unwrap();
        near(Ok(v.homogeneity), 0.6666666666666669);
        near(Ok(v.completeness), 0.420619835714305);
        near(Ok(v.v_measure), 0.5158037429793889);
        near(homogeneity(&t, &a), v.homogeneity);
        near(completeness(&t, &a), v.completeness);
    }

    #[test]
    fn edges_are_defined() {
        for f in [adjusted_rand, adjusted_mutual_information, normalized_mutual_information] {
            near(f(&[3, 3, 3], &[9, 9, 9]), 1.0);
            near(f(&[3, 1, 2], &[7, 8, 9]), 1.0);
            near(f(&[3, 3, 1, 1], &[0, 0, 5, 5]), 1.0);
            near(f(&[3], &[9]), 1.0);
            near(f(&[3, 3, 3, 3], &[1, 1, 2, 2]), 0.0);
            assert!(f(&[], &[]).is_err() && f(&[1], &[1, 2]).is_err());
        }
    }
}
