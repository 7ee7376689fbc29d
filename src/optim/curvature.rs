//! Estimates of the Hessian's diagonal from products with random signs.
//!
//! Hutchinson (1989); Bekas, Kokiopoulou & Saad (2007): for `z` of random signs the mean of `z ∘ Hz` is the diagonal.

use super::Real;
use crate::data::Rng;
use crate::{Error, Result};

/// An estimate of the Hessian's diagonal for [`Param::hessian`](super::Param::hessian): `z ∘ Hz` with a random `z`.
///
/// `product` takes a vector `z` and gives `Hz`. Where the Hessian is a diagonal matrix the estimate is exact:
///
/// ```
/// use mynah::data::Rng;
/// let h = [3.0, 0.5];
/// let product = |z: &[f64]| Ok(z.iter().zip(h).map(|(z, h)| h * z).collect());
/// assert_eq!(mynah::optim::probe(2, &mut Rng::new(1), product)?, h);
/// # Ok::<(), mynah::Error>(())
/// ```
///
/// # Errors
/// When the product is refused, or is not of length `n`.
pub fn probe<T: Real>(n: usize, rng: &mut Rng, product: impl FnOnce(&[T]) -> Result<Vec<T>>) -> Result<Vec<T>> {
    let z = signs(n, rng);
    diagonal(&z, product(&z)?)
}

/// A probe: `n` random signs, 1 or -1.
pub fn signs<T: Real>(n: usize, rng: &mut Rng) -> Vec<T> {
    (0..n).map(|_| T::of(if rng.next_u64() >> 63 == 0 { 1.0 } else { -1.0 })).collect()
}

/// The estimate `z ∘ Hz` that belongs to the probe `z`.
///
/// # Errors
/// When the lengths differ.
pub fn diagonal<T: Real>(z: &[T], mut hz: Vec<T>) -> Result<Vec<T>> {
    if z.len() != hz.len() {
        let why = format!("a probe of length {} gave a product of length {}", z.len(), hz.len());
        return Err(Error::shape("Hessian-vector product", why));
    }
    hz.iter_mut().zip(z).for_each(|(hz, z)| *hz = *hz * *z);
    Ok(hz)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_many_probes_is_the_diagonal() {
        let mut rng = Rng::new(3);
        let mut mean = [0.0; 2];
        for _ in 0..10_000 {
            let product = |z: &[f64]| Ok(vec![4.0 * z[0] + z[1], z[0] + 2.0 * z[1]]);
            let d = probe(2, &mut rng, product).unwrap();
            mean.iter_mut().zip(d).for_each(|(mean, d)| *mean += d / 10_000.0);
        }
        assert!((mean[0] - 4.0).abs() < 0.05 && (mean[1] - 2.0).abs() < 0.05, "{mean:?}");
    }

    #[test]
    fn a_product_of_another_length_is_refused() {
        let error = probe::<f32>(3, &mut Rng::new(1), |_| Ok(vec![1.0])).unwrap_err().to_string();
        assert_eq!(error, "Hessian-vector product: a probe of length 3 gave a product of length 1");
    }
}
