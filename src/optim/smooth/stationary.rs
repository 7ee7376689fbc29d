//! What a point with a tiny gradient is: a minimum, a maximum, a saddle, or a place where the function is flat.
//!
//! The Hessian comes from differences of gradients, its eigenvalues from Jacobi's rotations (Golub & Van Loan,
//! *Matrix Computations*, section 8.5).

use super::minimizer::{Desk, Ending, finite};

/// More coordinates than this are not looked at: it takes two gradients for each.
const MOST: usize = 50;

/// Looks around `x`, where the gradient is at most `tolerance` long. `reach` is how far the work came to get here.
///
/// Flat is where no coordinate's gradient would grow to `tolerance` within the distance that `x` and the work span,
/// unless the curvature is clearly a minimum's.
pub(super) async fn stationary(desk: &Desk, x: &[f64], tolerance: f64, reach: f64) -> Result<Ending, Ending> {
    let n = x.len();
    if n > MOST {
        return Ok(Ending::Converged);
    }
    let size = x.iter().fold(1.0_f64, |m, x| m.max(x.abs()));
    let h = 1e-4 * size;
    let mut hessian = vec![0.0; n * n];
    for j in 0..n {
        let (mut ahead, mut behind) = (x.to_vec(), x.to_vec());
        ahead[j] += h;
        behind[j] -= h;
        let look = async {
            let ((f1, g1), (f0, g0)) = (desk.peek(&ahead).await?, desk.peek(&behind).await?);
            Ok::<_, Ending>((finite(f1, &g1) && finite(f0, &g0)).then_some((g1, g0)))
        };
        // With no evaluations left, or at the edge of where it is defined, there is nothing to tell.
        let Ok(Some((g1, g0))) = look.await else { return Ok(Ending::Converged) };
        for i in 0..n {
            let entry = 0.5 * (g1[i] - g0[i]) / (2.0 * h);
            hessian[i * n + j] += entry;
            hessian[j * n + i] += entry;
        }
    }
    let eigenvalues = jacobi(hessian, n);
    let largest = eigenvalues.iter().fold(f64::NEG_INFINITY, |m, e| m.max(*e));
    let smallest = eigenvalues.iter().fold(f64::INFINITY, |m, e| m.min(*e));
    let steepest = largest.abs().max(smallest.abs());
    Ok(if smallest > 1e-9 * steepest {
        Ending::Converged
    } else if steepest * size.max(reach) <= tolerance {
        Ending::Flat
    } else if smallest > -1e-6 * steepest {
        Ending::Converged // a valley's floor
    } else if largest < 1e-6 * steepest {
        Ending::Maximum
    } else {
        Ending::Saddle
    })
}

/// The eigenvalues of a symmetric matrix.
fn jacobi(mut a: Vec<f64>, n: usize) -> Vec<f64> {
    for _ in 0..50 {
        let off: f64 = (0..n * n).filter(|k| k / n != k % n).map(|k| a[k] * a[k]).sum();
        let all: f64 = a.iter().map(|a| a * a).sum();
        if off <= 1e-30 * all {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                let apq = a[p * n + q];
                if apq == 0.0 {
                    continue;
                }
                let tau = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
                let t = if tau >= 0.0 { 1.0 / (tau + tau.hypot(1.0)) } else { -1.0 / (-tau + tau.hypot(1.0)) };
                let c = 1.0 / t.hypot(1.0);
                let s = t * c;
                for k in 0..n {
                    let (x, y) = (a[k * n + p], a[k * n + q]);
                    (a[k * n + p], a[k * n + q]) = (c * x - s * y, s * x + c * y);
                }
                for k in 0..n {
                    let (x, y) = (a[p * n + k], a[q * n + k]);
                    (a[p * n + k], a[q * n + k]) = (c * x - s * y, s * x + c * y);
                }
            }
        }
    }
    (0..n).map(|i| a[i * n + i]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvalues_of_a_known_matrix() {
        // 2 on the diagonal, 1 beside it: 2 - sqrt(2), 2, 2 + sqrt(2)
        let mut e = jacobi(vec![2.0, 1.0, 0.0, 1.0, 2.0, 1.0, 0.0, 1.0, 2.0], 3);
        e.sort_by(f64::total_cmp);
        for (e, wanted) in e.iter().zip([2.0 - 2_f64.sqrt(), 2.0, 2.0 + 2_f64.sqrt()]) {
            assert!((e - wanted).abs() < 1e-14, "{e}");
        }
    }
}
