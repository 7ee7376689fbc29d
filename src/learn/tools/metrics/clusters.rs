//! How well clusters are set apart, seen from the samples alone.
//!
//! Silhouette: Rousseeuw (1987). Davies & Bouldin (1979). Caliński & Harabasz (1974). All as in scikit-learn, with
//! Euclidean distances.

use super::representable;
use crate::learn::Samples;
use crate::{Error, Result, stop};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Samples that are compared with all others in one piece of work.
const PIECE: usize = 16;
/// Samples whose distances are computed together.
const BLOCK: usize = 256;

/// The samples, cluster by cluster.
struct Clusters {
    order: Vec<usize>,  // places of the samples
    starts: Vec<usize>, // of each cluster in `order`, and the end of the last
}

impl Clusters {
    fn new(name: &str, x: &Samples, labels: &[u32]) -> Result<Self> {
        x.check(name)?;
        if x.rows() != labels.len() {
            return Err(Error::shape(name, format!("{} samples, but {} labels", x.rows(), labels.len())));
        }
        let mut members: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        labels.iter().enumerate().for_each(|(i, l)| members.entry(*l).or_default().push(i));
        if members.len() < 2 || members.len() >= x.rows() {
            let why =
                format!("needs 2 clusters or more, but fewer than the {} samples; got {}", x.rows(), members.len());
            return Err(Error::value(format!("{name}: {why}")));
        }
        let mut out = Self { order: Vec::with_capacity(x.rows()), starts: vec![0] };
        for places in members.into_values() {
            out.order.extend(places);
            out.starts.push(out.order.len());
        }
        Ok(out)
    }

    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn members(&self, c: usize) -> &[usize] {
        &self.order[self.starts[c]..self.starts[c + 1]]
    }

    /// The mean sample of each cluster.
    fn centres(&self, x: &Samples) -> Vec<Vec<f64>> {
        (0..self.len()).map(|c| mean(x, self.members(c))).collect()
    }
}

fn mean(x: &Samples, places: &[usize]) -> Vec<f64> {
    let mut sum = vec![0.0; x.columns()];
    places.iter().for_each(|i| x.add_to(*i, 1.0, &mut sum));
    sum.iter_mut().for_each(|s| *s /= places.len() as f64);
    sum
}

fn distance2(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// For each sample how much nearer its own cluster is than the next: from -1 to 1; 0 for one alone in its cluster.
///
/// Exact: takes time with the square of the number of samples, and memory for the samples only.
///
/// # Errors
/// When the samples cannot be used, there are fewer than 2 clusters or as many as samples, squares overflow, or
/// someone asks to stop.
pub fn silhouette_samples(x: &Samples, labels: &[u32]) -> Result<Vec<f64>> {
    silhouettes("silhouette_samples", x, labels)
}

/// The mean of [`silhouette_samples`].
///
/// # Errors
/// As that.
pub fn silhouette(x: &Samples, labels: &[u32]) -> Result<f64> {
    Ok(silhouettes("silhouette", x, labels)?.iter().sum::<f64>() / x.rows() as f64)
}

fn silhouettes(name: &str, x: &Samples, labels: &[u32]) -> Result<Vec<f64>> {
    let clusters = Clusters::new(name, x, labels)?;
    let sorted = x.select(&clusters.order);
    let columns = sorted.by_columns(); // [columns, rows], so that distances to neighbours are computed together
    let pieces: Vec<usize> = (0..x.rows()).step_by(PIECE).collect();
    let of_piece = |&from: &usize| -> Result<Vec<f64>> {
        stop::check()?;
        let to = (from + PIECE).min(sorted.rows());
        Ok((from..to).map(|i| silhouette_of(i, sorted.row(i), &columns, &clusters)).collect())
    };
    let found: Result<Vec<Vec<f64>>> = pieces.par_iter().map(of_piece).collect();
    let mut out = vec![0.0; x.rows()];
    for (i, s) in clusters.order.iter().zip(found?.into_iter().flatten()) {
        out[*i] = representable(name, s)?;
    }
    Ok(out)
}

fn silhouette_of(i: usize, row: &[f64], columns: &[f64], clusters: &Clusters) -> f64 {
    let rows = clusters.order.len();
    let (mut own, mut next) = (0.0, f64::INFINITY); // mean distances
    for c in 0..clusters.len() {
        let range = clusters.starts[c]..clusters.starts[c + 1];
        let mut sum = 0.0;
        for from in range.clone().step_by(BLOCK) {
            let to = (from + BLOCK).min(range.end);
            let mut d2 = [0.0; BLOCK];
            for (j, v) in row.iter().enumerate() {
                for (d, u) in d2.iter_mut().zip(&columns[j * rows + from..j * rows + to]) {
                    *d += (u - v) * (u - v);
                }
            }
            d2.iter_mut().for_each(|d| *d = d.sqrt());
            sum += d2[..to - from].iter().sum::<f64>();
        }
        if !range.contains(&i) {
            next = f64::min(next, sum / range.len() as f64);
        } else if range.len() > 1 {
            own = sum / (range.len() - 1) as f64;
        } else {
            return 0.0;
        }
    }
    let most = f64::max(own, next);
    if most == 0.0 { 0.0 } else { (next - own) / most }
}

/// How wide clusters are for their distances, the mean over each one's worst neighbour: 0 is best.
///
/// # Errors
/// As [`silhouette`].
pub fn davies_bouldin(x: &Samples, labels: &[u32]) -> Result<f64> {
    let clusters = Clusters::new("davies_bouldin", x, labels)?;
    let centres = clusters.centres(x);
    let width = |c: usize| {
        let members = clusters.members(c);
        members.iter().map(|i| distance2(x.row(*i), &centres[c]).sqrt()).sum::<f64>() / members.len() as f64
    };
    let wide = |c: usize| representable("davies_bouldin", width(c));
    let widths: Vec<f64> = (0..clusters.len()).map(wide).collect::<Result<_>>()?;
    let mut sum = 0.0;
    for a in 0..clusters.len() {
        stop::check()?;
        let ratio = |b: usize| (widths[a] + widths[b]) / distance2(&centres[a], &centres[b]).sqrt();
        // Clusters with the same centre say nothing, as in scikit-learn.
        let worst = (0..clusters.len()).filter(|b| *b != a).map(ratio).filter(|r| r.is_finite()).fold(0.0, f64::max);
        sum += worst;
    }
    Ok(sum / clusters.len() as f64)
}

/// The variance between clusters for that within them: larger is better; 1 if there is none within them.
///
/// # Errors
/// As [`silhouette`].
pub fn calinski_harabasz(x: &Samples, labels: &[u32]) -> Result<f64> {
    let clusters = Clusters::new("calinski_harabasz", x, labels)?;
    let (centres, middle) = (clusters.centres(x), mean(x, &clusters.order));
    let (mut between, mut within) = (0.0, 0.0);
    for (c, centre) in centres.iter().enumerate() {
        let members = clusters.members(c);
        between += members.len() as f64 * distance2(centre, &middle);
        within += members.iter().map(|i| distance2(x.row(*i), centre)).sum::<f64>();
    }
    let (n, k) = (x.rows() as f64, clusters.len() as f64);
    let ratio = if within == 0.0 { 1.0 } else { between * (n - k) / (within * (k - 1.0)) };
    representable("calinski_harabasz", ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [u32; 8] = [0, 0, 0, 1, 1, 1, 2, 3];

    fn samples() -> Samples {
        let x = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 5.0, 5.0, 5.0, 6.0, 6.0, 5.5, 10.0, 0.0, 9.0, 1.0];
        Samples::new(8, 2, x.to_vec()).unwrap()
    }

    fn near(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() < tolerance, "{a} is not {b}");
    }

    // scikit-learn 1.9.1: silhouette_score, silhouette_samples, davies_bouldin_score, calinski_harabasz_score.
    #[test]
    fn as_in_scikit_learn() {
        let x = samples();
        near(silhouette(&x, &LABELS).unwrap(), 0.6207056614721738, 1e-12);
        let known = [0.86968266, 0.82734399, 0.82794339, 0.81279048, 0.83460933, 0.79327544, 0.0, 0.0];
        silhouette_samples(&x, &LABELS).unwrap().iter().zip(known).for_each(|(a, b)| near(*a, b, 1e-8));
        near(davies_bouldin(&x, &LABELS).unwrap(), 0.1372089275315025, 1e-12);
        near(calinski_harabasz(&x, &LABELS).unwrap(), 82.11666666666666, 1e-9);
    }

    #[test]
    fn order_and_names_of_labels_do_not_matter() {
        let x = Samples::new(600, 1, (0..600).map(|i| f64::from(i % 2 * 1000 + i)).collect()).unwrap();
        let labels: Vec<u32> = (0..600).map(|i| u32::MAX * (i % 2)).collect();
        let s = silhouette_samples(&x, &labels).unwrap();
        let a: f64 = (0..300).map(|t| f64::from(2 * t)).sum::<f64>() / 299.0;
        let b: f64 = (0..300).map(|t| 1001.0 + f64::from(2 * t)).sum::<f64>() / 300.0;
        near(s[0], (b - a) / b, 1e-12);
    }

    #[test]
    fn edges_are_defined() {
        let x = samples();
        let says = |labels: &[u32]| silhouette(&x, labels).unwrap_err().to_string();
        assert_eq!(says(&[4; 8]), "silhouette: needs 2 clusters or more, but fewer than the 8 samples; got 1");
        assert!(says(&[0, 1, 2, 3, 4, 5, 6, 7]).contains("; got 8"));
        assert!(says(&[0, 1]).contains("8 samples, but 2 labels"));
        let huge = Samples::new(3, 1, vec![1e200, -1e200, 0.0]).unwrap();
        assert!([silhouette, davies_bouldin, calinski_harabasz].iter().all(|f| f(&huge, &[0, 1, 1]).is_err()));
        let same = Samples::new(4, 1, vec![2.0; 4]).unwrap();
        let labels = [0, 0, 1, 1];
        assert_eq!(silhouette(&same, &labels).unwrap(), 0.0);
        assert_eq!(davies_bouldin(&same, &labels).unwrap(), 0.0);
        assert_eq!(calinski_harabasz(&same, &labels).unwrap(), 1.0);
    }
}
