//! What is minimised: a function with its gradient, and what else it knows of itself.

use super::minimizer::{Answer, Question, norm};
use crate::{Error, Result};

/// A function that answers a minimiser's questions. A closure `|x| -> Result<(value, gradient)>` is one.
pub trait Objective {
    /// The value and the gradient at `x`.
    ///
    /// # Errors
    /// Whatever goes wrong in the function; it ends the work.
    fn gradient(&mut self, x: &[f64]) -> Result<(f64, Vec<f64>)>;

    /// The Hessian at `x` times `v`; from two more gradients unless told.
    ///
    /// # Errors
    /// As [`Self::gradient`].
    fn product(&mut self, x: &[f64], v: &[f64]) -> Result<Vec<f64>> {
        let length = norm(v);
        if length == 0.0 || !length.is_finite() {
            return Ok(vec![0.0; x.len()]);
        }
        // Central differences: the error of rounding and of curvature's change meet at the cube root.
        let h = f64::EPSILON.cbrt() * norm(x).max(1.0) / length;
        let at = |sign: f64| x.iter().zip(v).map(|(x, v)| x + sign * h * v).collect::<Vec<f64>>();
        let (ahead, behind) = (self.gradient(&at(1.0))?.1, self.gradient(&at(-1.0))?.1);
        Ok(ahead.iter().zip(&behind).map(|(a, b)| (a - b) / (2.0 * h)).collect())
    }

    /// The Hessian at `x`, row by row; from its products with the axes unless told.
    ///
    /// # Errors
    /// As [`Self::gradient`].
    fn hessian(&mut self, x: &[f64]) -> Result<Vec<f64>> {
        let n = x.len();
        let mut h = vec![0.0; n * n];
        for j in 0..n {
            let axis: Vec<f64> = (0..n).map(|i| f64::from(u8::from(i == j))).collect();
            let column = self.product(x, &axis)?;
            if column.len() != n {
                return Err(Error::shape("Hessian", format!("a product has {} numbers, not {n}", column.len())));
            }
            for (i, value) in column.into_iter().enumerate() {
                // Differences are not quite symmetric: each entry is the mean of two.
                h[i * n + j] += 0.5 * value;
                h[j * n + i] += 0.5 * value;
            }
        }
        Ok(h)
    }

    /// The residuals at `x` and their Jacobian, row by row, for a sum of squares.
    ///
    /// # Errors
    /// As [`Self::gradient`], and unless the objective is a sum of squares.
    fn residuals(&mut self, _x: &[f64]) -> Result<(Vec<f64>, Vec<f64>)> {
        Err(Error::value("this method wants residuals and their Jacobian, the function gives a value and a gradient"))
    }

    /// The answer to `question`.
    ///
    /// # Errors
    /// As the methods above.
    fn answer(&mut self, question: Question) -> Result<Answer> {
        Ok(match question {
            Question::Gradient { x } => {
                let (f, g) = self.gradient(&x)?;
                Answer::Gradient { f, g }
            }
            Question::Product { x, v } => Answer::Product(self.product(&x, &v)?),
            Question::Hessian { x } => Answer::Hessian(self.hessian(&x)?),
            Question::Residuals { x } => {
                let (r, jacobian) = self.residuals(&x)?;
                Answer::Residuals { r, jacobian }
            }
        })
    }
}

impl<F: FnMut(&[f64]) -> Result<(f64, Vec<f64>)>> Objective for F {
    fn gradient(&mut self, x: &[f64]) -> Result<(f64, Vec<f64>)> {
        self(x)
    }
}

/// A function that also knows its Hessian-vector product.
#[derive(Clone, Copy, Debug)]
pub struct WithProduct<F, P> {
    /// `|x| -> Result<(value, gradient)>`.
    pub f: F,
    /// `|x, v| -> Result<Hessian times v>`.
    pub product: P,
}

impl<F, P> Objective for WithProduct<F, P>
where
    F: FnMut(&[f64]) -> Result<(f64, Vec<f64>)>,
    P: FnMut(&[f64], &[f64]) -> Result<Vec<f64>>,
{
    fn gradient(&mut self, x: &[f64]) -> Result<(f64, Vec<f64>)> {
        (self.f)(x)
    }
    fn product(&mut self, x: &[f64], v: &[f64]) -> Result<Vec<f64>> {
        (self.product)(x, v)
    }
}

/// A function that also knows its Hessian.
#[derive(Clone, Copy, Debug)]
pub struct WithHessian<F, H> {
    /// `|x| -> Result<(value, gradient)>`.
    pub f: F,
    /// `|x| -> Result<Hessian>`, row by row.
    pub hessian: H,
}

impl<F, H> Objective for WithHessian<F, H>
where
    F: FnMut(&[f64]) -> Result<(f64, Vec<f64>)>,
    H: FnMut(&[f64]) -> Result<Vec<f64>>,
{
    fn gradient(&mut self, x: &[f64]) -> Result<(f64, Vec<f64>)> {
        (self.f)(x)
    }
    fn product(&mut self, x: &[f64], v: &[f64]) -> Result<Vec<f64>> {
        let h = (self.hessian)(x)?;
        if h.len() != x.len() * x.len() {
            return Err(Error::shape("Hessian", format!("it has {} numbers for {} coordinates", h.len(), x.len())));
        }
        Ok(h.chunks_exact(x.len().max(1)).map(|row| row.iter().zip(v).map(|(h, v)| h * v).sum()).collect())
    }
    fn hessian(&mut self, x: &[f64]) -> Result<Vec<f64>> {
        (self.hessian)(x)
    }
}

/// Half a sum of squares: a closure `|x| -> Result<(residuals, Jacobian row by row)>`.
#[derive(Clone, Copy, Debug)]
pub struct SumOfSquares<R>(pub R);

impl<R: FnMut(&[f64]) -> Result<(Vec<f64>, Vec<f64>)>> Objective for SumOfSquares<R> {
    fn gradient(&mut self, x: &[f64]) -> Result<(f64, Vec<f64>)> {
        let (r, jacobian) = (self.0)(x)?;
        if jacobian.len() != r.len() * x.len() {
            let why = format!("it has {} numbers for {} residuals of {} coordinates", jacobian.len(), r.len(), x.len());
            return Err(Error::shape("Jacobian", why));
        }
        let mut g = vec![0.0; x.len()];
        for (r, row) in r.iter().zip(jacobian.chunks_exact(x.len().max(1))) {
            g.iter_mut().zip(row).for_each(|(g, j)| *g += r * j);
        }
        Ok((0.5 * r.iter().map(|r| r * r).sum::<f64>(), g))
    }
    fn residuals(&mut self, x: &[f64]) -> Result<(Vec<f64>, Vec<f64>)> {
        (self.0)(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_give_products_and_a_symmetric_hessian() {
        // x³ y + y²: Hessian [[6xy, 3x²], [3x², 2]]
        let mut f = |x: &[f64]| -> Result<(f64, Vec<f64>)> {
            let (x, y) = (x[0], x[1]);
            Ok((x.powi(3) * y + y * y, vec![3.0 * x * x * y, x.powi(3) + 2.0 * y]))
        };
        let h = Objective::hessian(&mut f, &[2.0, -1.0]).unwrap();
        for (h, wanted) in h.iter().zip([-12.0, 12.0, 12.0, 2.0]) {
            assert!((h - wanted).abs() < 1e-8, "{h} {wanted}");
        }
        assert_eq!(h[1], h[2]);
        assert_eq!(Objective::product(&mut f, &[2.0, -1.0], &[0.0, 0.0]).unwrap(), [0.0, 0.0]);
    }

    #[test]
    fn a_sum_of_squares_knows_its_gradient() {
        let mut f = SumOfSquares(|x: &[f64]| Ok((vec![x[0] - 1.0, 2.0 * x[1]], vec![1.0, 0.0, 0.0, 2.0])));
        assert_eq!(f.gradient(&[3.0, 1.0]).unwrap(), (4.0, vec![2.0, 4.0]));
    }
}
