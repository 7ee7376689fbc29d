//! The classical landscapes, with their domains, known minima and derivatives.
//!
//! Definitions as collected by Jamil & Yang (2013), arXiv:1308.4008, and Surjanovic & Bingham's *Virtual Library of
//! Simulation Experiments*. Where a location has no closed form it is given to about 1e-8.

use crate::nearest::{nearest, quoted};
use crate::{Error, Result};
use std::f64::consts::{E, PI, TAU};

/// How many coordinates a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dims {
    /// Exactly this many.
    Exactly(usize),
    /// This many or more.
    AtLeast(usize),
}

/// A lowest point.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum {
    /// Where it is.
    pub x: Vec<f64>,
    /// The value there.
    pub value: f64,
}

/// A landscape with known minima.
#[derive(Clone, Copy, Debug)]
pub struct TestFunction {
    /// Its name, such as `rosenbrock`.
    pub name: &'static str,
    /// What it looks like, in one line.
    pub summary: &'static str,
    /// How many coordinates it takes.
    pub dims: Dims,
    domain: fn(usize) -> Vec<(f64, f64)>,
    value: fn(&[f64]) -> f64,
    gradient: fn(&[f64]) -> Vec<f64>,
    minima: fn(usize) -> Vec<Minimum>,
}

impl TestFunction {
    /// The value at `x`.
    ///
    /// # Errors
    /// When it does not take that many coordinates; so for the others.
    pub fn value(&self, x: &[f64]) -> Result<f64> {
        self.check(x.len())?;
        Ok((self.value)(x))
    }

    /// The gradient at `x`; 0 where there is none.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn gradient(&self, x: &[f64]) -> Result<Vec<f64>> {
        self.check(x.len())?;
        Ok((self.gradient)(x))
    }

    /// The box in which it is usually searched, in `n` coordinates.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn domain(&self, n: usize) -> Result<Vec<(f64, f64)>> {
        self.check(n)?;
        Ok((self.domain)(n))
    }

    /// All its global minima inside the domain; none where they are not known for `n` coordinates.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn minima(&self, n: usize) -> Result<Vec<Minimum>> {
        self.check(n)?;
        Ok((self.minima)(n))
    }

    fn check(&self, n: usize) -> Result<()> {
        let (fits, wanted) = match self.dims {
            Dims::Exactly(k) => (n == k, format!("takes {k} coordinates")),
            Dims::AtLeast(k) => (n >= k, format!("takes at least {k} coordinates")),
        };
        if fits { Ok(()) } else { Err(Error::shape(self.name, format!("{wanted}, got {n}"))) }
    }
}

/// The landscape of that name.
///
/// ```
/// let rosenbrock = mynah::optim::testfns::test_function("rosenbrock")?;
/// assert_eq!(rosenbrock.value(&[1.0, 1.0, 1.0])?, 0.0);
/// # Ok::<(), mynah::Error>(())
/// ```
///
/// # Errors
/// When there is none (with the nearest name).
pub fn test_function(name: &str) -> Result<&'static TestFunction> {
    if let Some(function) = TEST_FUNCTIONS.iter().find(|function| function.name == name) {
        return Ok(function);
    }
    let names = || TEST_FUNCTIONS.iter().map(|function| function.name);
    Err(Error::value(match nearest(name, names()) {
        Some(meant) => format!("unknown test function `{name}`; did you mean `{meant}`?"),
        None => format!("unknown test function `{name}`; there are {}", quoted(names())),
    }))
}

fn all(lo: f64, hi: f64, n: usize) -> Vec<(f64, f64)> {
    vec![(lo, hi); n]
}

fn at(x: Vec<f64>, value: f64) -> Vec<Minimum> {
    vec![Minimum { x, value }]
}

fn ats(points: &[[f64; 2]], value: f64) -> Vec<Minimum> {
    points.iter().map(|x| Minimum { x: x.to_vec(), value }).collect()
}

fn each(x: &[f64], f: impl Fn(f64) -> f64) -> Vec<f64> {
    x.iter().map(|x| f(*x)).collect()
}

fn sum(x: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    x.iter().map(|x| f(*x)).sum()
}

/// All landscapes, those for any number of coordinates first.
pub const TEST_FUNCTIONS: &[TestFunction] = &[
    TestFunction {
        name: "sphere",
        summary: "a round bowl",
        dims: Dims::AtLeast(1),
        domain: |n| all(-5.12, 5.12, n),
        value: |x| sum(x, |x| x * x),
        gradient: |x| each(x, |x| 2.0 * x),
        minima: |n| at(vec![0.0; n], 0.0),
    },
    TestFunction {
        name: "ellipsoid",
        summary: "a bowl a million times as steep along the last axis as along the first",
        dims: Dims::AtLeast(2),
        domain: |n| all(-5.0, 5.0, n),
        value: |x| x.iter().enumerate().map(|(i, v)| stretch(i, x.len()) * v * v).sum(),
        gradient: |x| x.iter().enumerate().map(|(i, v)| 2.0 * stretch(i, x.len()) * v).collect(),
        minima: |n| at(vec![0.0; n], 0.0),
    },
    TestFunction {
        name: "rosenbrock",
        summary: "a bent narrow valley (Rosenbrock 1960)",
        dims: Dims::AtLeast(2),
        domain: |n| all(-5.0, 10.0, n),
        value: |x| x.windows(2).map(|w| 100.0 * (w[1] - w[0] * w[0]).powi(2) + (1.0 - w[0]).powi(2)).sum(),
        gradient: |x| {
            let mut g = vec![0.0; x.len()];
            for i in 0..x.len() - 1 {
                let d = x[i + 1] - x[i] * x[i];
                g[i] += -400.0 * x[i] * d - 2.0 * (1.0 - x[i]);
                g[i + 1] += 200.0 * d;
            }
            g
        },
        minima: |n| at(vec![1.0; n], 0.0),
    },
    TestFunction {
        name: "rastrigin",
        summary: "a bowl under a regular egg box (Rastrigin 1974)",
        dims: Dims::AtLeast(1),
        domain: |n| all(-5.12, 5.12, n),
        value: |x| sum(x, |x| x * x + 10.0 - 10.0 * (TAU * x).cos()),
        gradient: |x| each(x, |x| 2.0 * x + 10.0 * TAU * (TAU * x).sin()),
        minima: |n| at(vec![0.0; n], 0.0),
    },
    TestFunction {
        name: "ackley",
        summary: "a nearly flat, rough plain with a deep hole in the middle (Ackley 1987)",
        dims: Dims::AtLeast(1),
        domain: |n| all(-32.768, 32.768, n),
        value: |x| {
            let n = x.len() as f64;
            let r = (sum(x, |x| x * x) / n).sqrt();
            20.0 - 20.0 * (-0.2 * r).exp() + E - (sum(x, |x| (TAU * x).cos()) / n).exp()
        },
        gradient: |x| {
            let n = x.len() as f64;
            let r = (sum(x, |x| x * x) / n).sqrt();
            let c = (sum(x, |x| (TAU * x).cos()) / n).exp();
            let radial = if r > 0.0 { 4.0 * (-0.2 * r).exp() / (n * r) } else { 0.0 };
            each(x, |x| radial * x + TAU / n * (TAU * x).sin() * c)
        },
        minima: |n| at(vec![0.0; n], 0.0),
    },
    TestFunction {
        name: "griewank",
        summary: "a wide bowl with countless shallow dents (Griewank 1981)",
        dims: Dims::AtLeast(1),
        domain: |n| all(-600.0, 600.0, n),
        value: |x| {
            let product: f64 = x.iter().enumerate().map(|(i, x)| (x / (i as f64 + 1.0).sqrt()).cos()).product();
            sum(x, |x| x * x) / 4000.0 - product + 1.0
        },
        gradient: |x| {
            let angle: Vec<f64> = x.iter().enumerate().map(|(i, x)| x / (i as f64 + 1.0).sqrt()).collect();
            let others =
                |i: usize| -> f64 { angle.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, a)| a.cos()).product() };
            (0..x.len()).map(|i| x[i] / 2000.0 + angle[i].sin() / (i as f64 + 1.0).sqrt() * others(i)).collect()
        },
        minima: |n| at(vec![0.0; n], 0.0),
    },
    TestFunction {
        name: "levy",
        summary: "ripples on a slope to the bottom at 1 (Levy & Montalvo 1985)",
        dims: Dims::AtLeast(1),
        domain: |n| all(-10.0, 10.0, n),
        value: |x| {
            let w = each(x, |x| 1.0 + (x - 1.0) / 4.0);
            let last = w[w.len() - 1];
            (PI * w[0]).sin().powi(2)
                + sum(&w[..w.len() - 1], |w| (w - 1.0).powi(2) * (1.0 + 10.0 * (PI * w + 1.0).sin().powi(2)))
                + (last - 1.0).powi(2) * (1.0 + (TAU * last).sin().powi(2))
        },
        gradient: |x| {
            let w = each(x, |x| 1.0 + (x - 1.0) / 4.0);
            let n = w.len();
            let mut g: Vec<f64> = (0..n)
                .map(|i| {
                    let d = w[i] - 1.0;
                    if i < n - 1 {
                        let a = PI * w[i] + 1.0;
                        2.0 * d * (1.0 + 10.0 * a.sin().powi(2)) + d * d * 10.0 * PI * (2.0 * a).sin()
                    } else {
                        let a = TAU * w[i];
                        2.0 * d * (1.0 + a.sin().powi(2)) + d * d * TAU * (2.0 * a).sin()
                    }
                })
                .collect();
            g[0] += PI * (TAU * w[0]).sin();
            each(&g, |g| g / 4.0)
        },
        minima: |n| at(vec![1.0; n], 0.0),
    },
    TestFunction {
        name: "schwefel",
        summary: "deep valleys, the deepest near a corner and far from the next best (Schwefel 1981)",
        dims: Dims::AtLeast(1),
        domain: |n| all(-500.0, 500.0, n),
        value: |x| sum(x, |x| 418.982_887_272_433_7 - x * x.abs().sqrt().sin()),
        gradient: |x| {
            each(x, |x| {
                let r = x.abs().sqrt();
                -r.sin() - 0.5 * r * r.cos()
            })
        },
        minima: |n| at(vec![420.968_746_357_6; n], 0.0),
    },
    TestFunction {
        name: "styblinski_tang",
        summary: "two valleys per coordinate, one a little deeper (Styblinski & Tang 1990)",
        dims: Dims::AtLeast(1),
        domain: |n| all(-5.0, 5.0, n),
        value: |x| sum(x, |x| 0.5 * (x.powi(4) - 16.0 * x * x + 5.0 * x)),
        gradient: |x| each(x, |x| 2.0 * x.powi(3) - 16.0 * x + 2.5),
        minima: |n| at(vec![-2.903_534_027_771; n], -39.166_165_703_771_42 * n as f64),
    },
    TestFunction {
        name: "zakharov",
        summary: "a bowl that steepens along one diagonal (Zakharov 1975)",
        dims: Dims::AtLeast(1),
        domain: |n| all(-5.0, 10.0, n),
        value: |x| {
            let t: f64 = x.iter().enumerate().map(|(i, x)| 0.5 * (i as f64 + 1.0) * x).sum();
            sum(x, |x| x * x) + t * t + t.powi(4)
        },
        gradient: |x| {
            let t: f64 = x.iter().enumerate().map(|(i, x)| 0.5 * (i as f64 + 1.0) * x).sum();
            let slope = 2.0 * t + 4.0 * t.powi(3);
            x.iter().enumerate().map(|(i, x)| 2.0 * x + slope * 0.5 * (i as f64 + 1.0)).collect()
        },
        minima: |n| at(vec![0.0; n], 0.0),
    },
    TestFunction {
        name: "dixon_price",
        summary: "a chain of parabolas, each bent by the next (Dixon & Price 1989)",
        dims: Dims::AtLeast(1),
        domain: |n| all(-10.0, 10.0, n),
        value: |x| {
            let chain = |(i, w): (usize, &[f64])| (i as f64 + 2.0) * (2.0 * w[1] * w[1] - w[0]).powi(2);
            (x[0] - 1.0).powi(2) + x.windows(2).enumerate().map(chain).sum::<f64>()
        },
        gradient: |x| {
            let mut g = vec![0.0; x.len()];
            g[0] = 2.0 * (x[0] - 1.0);
            for i in 1..x.len() {
                let d = 2.0 * (i as f64 + 1.0) * (2.0 * x[i] * x[i] - x[i - 1]);
                g[i] += 4.0 * x[i] * d;
                g[i - 1] -= d;
            }
            g
        },
        // From the second coordinate on either sign will do in the last one.
        minima: |n| {
            let x: Vec<f64> = (1..=n as i32).map(|i| 2f64.powf(2f64.powi(1 - i) - 1.0)).collect();
            let mut minima = at(x.clone(), 0.0);
            if n > 1 {
                let mut other = x;
                other[n - 1] *= -1.0;
                minima.extend(at(other, 0.0));
            }
            minima
        },
    },
    TestFunction {
        name: "michalewicz",
        summary: "steep narrow valleys that cross on a plain (Michalewicz 1992, m = 10)",
        dims: Dims::AtLeast(1),
        domain: |n| all(0.0, PI, n),
        value: |x| {
            let part = |(i, x): (usize, &f64)| x.sin() * ((i as f64 + 1.0) * x * x / PI).sin().powi(20);
            -x.iter().enumerate().map(part).sum::<f64>()
        },
        gradient: |x| {
            let part = |(i, x): (usize, &f64)| {
                let k = i as f64 + 1.0;
                let a = k * x * x / PI;
                let s = a.sin();
                -(x.cos() * s.powi(20) + x.sin() * 20.0 * s.powi(19) * a.cos() * 2.0 * k * x / PI)
            };
            x.iter().enumerate().map(part).collect()
        },
        minima: michalewicz_minima,
    },
    TestFunction {
        name: "himmelblau",
        summary: "four equal valleys (Himmelblau 1972)",
        dims: Dims::Exactly(2),
        domain: |n| all(-6.0, 6.0, n),
        value: |x| (x[0] * x[0] + x[1] - 11.0).powi(2) + (x[0] + x[1] * x[1] - 7.0).powi(2),
        gradient: |x| {
            let (a, b) = (x[0] * x[0] + x[1] - 11.0, x[0] + x[1] * x[1] - 7.0);
            vec![4.0 * x[0] * a + 2.0 * b, 2.0 * a + 4.0 * x[1] * b]
        },
        minima: |_| {
            let (a, b) =
                ([-2.805_118_086_952_745, 3.131_312_518_250_573], [-3.779_310_253_377_747, -3.283_185_991_286_17]);
            ats(&[[3.0, 2.0], a, b, [3.584_428_340_330_492, -1.848_126_526_964_404]], 0.0)
        },
    },
    TestFunction {
        name: "beale",
        summary: "a flat valley with steep edges (Beale 1958)",
        dims: Dims::Exactly(2),
        domain: |n| all(-4.5, 4.5, n),
        value: |x| {
            let [x, y] = [x[0], x[1]];
            (1.5 - x + x * y).powi(2) + (2.25 - x + x * y * y).powi(2) + (2.625 - x + x * y.powi(3)).powi(2)
        },
        gradient: |x| {
            let [x, y] = [x[0], x[1]];
            let (a, b, c) = (1.5 - x + x * y, 2.25 - x + x * y * y, 2.625 - x + x * y.powi(3));
            vec![
                2.0 * (a * (y - 1.0) + b * (y * y - 1.0) + c * (y.powi(3) - 1.0)),
                2.0 * x * (a + 2.0 * b * y + 3.0 * c * y * y),
            ]
        },
        minima: |_| at(vec![3.0, 0.5], 0.0),
    },
    TestFunction {
        name: "booth",
        summary: "a tilted bowl (Booth)",
        dims: Dims::Exactly(2),
        domain: |n| all(-10.0, 10.0, n),
        value: |x| (x[0] + 2.0 * x[1] - 7.0).powi(2) + (2.0 * x[0] + x[1] - 5.0).powi(2),
        gradient: |x| {
            let (a, b) = (x[0] + 2.0 * x[1] - 7.0, 2.0 * x[0] + x[1] - 5.0);
            vec![2.0 * a + 4.0 * b, 4.0 * a + 2.0 * b]
        },
        minima: |_| at(vec![1.0, 3.0], 0.0),
    },
    TestFunction {
        name: "matyas",
        summary: "a shallow plate, bent along one diagonal (Matyas 1965)",
        dims: Dims::Exactly(2),
        domain: |n| all(-10.0, 10.0, n),
        value: |x| 0.26 * (x[0] * x[0] + x[1] * x[1]) - 0.48 * x[0] * x[1],
        gradient: |x| vec![0.52 * x[0] - 0.48 * x[1], 0.52 * x[1] - 0.48 * x[0]],
        minima: |_| at(vec![0.0, 0.0], 0.0),
    },
    TestFunction {
        name: "easom",
        summary: "one narrow hole in a flat plain (Easom 1990)",
        dims: Dims::Exactly(2),
        domain: |n| all(-100.0, 100.0, n),
        value: |x| -x[0].cos() * x[1].cos() * (-(x[0] - PI).powi(2) - (x[1] - PI).powi(2)).exp(),
        gradient: |x| {
            let bell = (-(x[0] - PI).powi(2) - (x[1] - PI).powi(2)).exp();
            let part = |x: f64, y: f64| bell * y.cos() * (x.sin() + 2.0 * (x - PI) * x.cos());
            vec![part(x[0], x[1]), part(x[1], x[0])]
        },
        minima: |_| at(vec![PI, PI], -1.0),
    },
    TestFunction {
        name: "three_hump_camel",
        summary: "three valleys in a row, the middle one deepest",
        dims: Dims::Exactly(2),
        domain: |n| all(-5.0, 5.0, n),
        value: |x| 2.0 * x[0].powi(2) - 1.05 * x[0].powi(4) + x[0].powi(6) / 6.0 + x[0] * x[1] + x[1].powi(2),
        gradient: |x| vec![4.0 * x[0] - 4.2 * x[0].powi(3) + x[0].powi(5) + x[1], x[0] + 2.0 * x[1]],
        minima: |_| at(vec![0.0, 0.0], 0.0),
    },
    TestFunction {
        name: "six_hump_camel",
        summary: "six valleys, two of them deepest",
        dims: Dims::Exactly(2),
        domain: |_| vec![(-3.0, 3.0), (-2.0, 2.0)],
        value: |x| {
            let [x, y] = [x[0], x[1]];
            (4.0 - 2.1 * x * x + x.powi(4) / 3.0) * x * x + x * y + (4.0 * y * y - 4.0) * y * y
        },
        gradient: |x| {
            let [x, y] = [x[0], x[1]];
            vec![8.0 * x - 8.4 * x.powi(3) + 2.0 * x.powi(5) + y, x - 8.0 * y + 16.0 * y.powi(3)]
        },
        minima: |_| {
            let (x, y) = (0.089_842_013_02, -0.712_656_403_02);
            ats(&[[x, y], [-x, -y]], -1.031_628_453_489_877)
        },
    },
    TestFunction {
        name: "goldstein_price",
        summary: "valleys whose depths differ by orders of magnitude (Goldstein & Price 1971)",
        dims: Dims::Exactly(2),
        domain: |n| all(-2.0, 2.0, n),
        value: |x| {
            let ((a, p), (b, q)) = goldstein_price(x[0], x[1]);
            (1.0 + a * a * p) * (30.0 + b * b * q)
        },
        gradient: |x| {
            let [x, y] = [x[0], x[1]];
            let ((a, p), (b, q)) = goldstein_price(x, y);
            let (left, right) = (1.0 + a * a * p, 30.0 + b * b * q);
            let left_x = 2.0 * a * p + a * a * (-14.0 + 6.0 * x + 6.0 * y);
            let left_y = 2.0 * a * p + a * a * (-14.0 + 6.0 * x + 6.0 * y);
            let right_x = 4.0 * b * q + b * b * (-32.0 + 24.0 * x - 36.0 * y);
            let right_y = -6.0 * b * q + b * b * (48.0 - 36.0 * x + 54.0 * y);
            vec![left_x * right + left * right_x, left_y * right + left * right_y]
        },
        minima: |_| at(vec![0.0, -1.0], 3.0),
    },
    TestFunction {
        name: "branin",
        summary: "three equal valleys (Branin 1972)",
        dims: Dims::Exactly(2),
        domain: |_| vec![(-5.0, 10.0), (0.0, 15.0)],
        value: |x| {
            let a = x[1] - 5.1 / (4.0 * PI * PI) * x[0] * x[0] + 5.0 / PI * x[0] - 6.0;
            a * a + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x[0].cos() + 10.0
        },
        gradient: |x| {
            let a = x[1] - 5.1 / (4.0 * PI * PI) * x[0] * x[0] + 5.0 / PI * x[0] - 6.0;
            let a_x = -5.1 / (2.0 * PI * PI) * x[0] + 5.0 / PI;
            vec![2.0 * a * a_x - 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x[0].sin(), 2.0 * a]
        },
        minima: |_| ats(&[[-PI, 12.275], [PI, 2.275], [3.0 * PI, 2.475]], 0.397_887_357_729_738),
    },
    TestFunction {
        name: "mccormick",
        summary: "a wavy plate (McCormick 1976)",
        dims: Dims::Exactly(2),
        domain: |_| vec![(-1.5, 4.0), (-3.0, 4.0)],
        value: |x| (x[0] + x[1]).sin() + (x[0] - x[1]).powi(2) - 1.5 * x[0] + 2.5 * x[1] + 1.0,
        gradient: |x| {
            let (c, d) = ((x[0] + x[1]).cos(), 2.0 * (x[0] - x[1]));
            vec![c + d - 1.5, c - d + 2.5]
        },
        // cos(x + y) = -1/2 and x - y = 1.
        minima: |_| at(vec![0.5 - PI / 3.0, -0.5 - PI / 3.0], -3.0_f64.sqrt() / 2.0 - PI / 3.0),
    },
];

/// 10⁶ to the power of how far axis `i` of `n` is along.
fn stretch(i: usize, n: usize) -> f64 {
    1e6_f64.powf(i as f64 / (n as f64 - 1.0))
}

/// The two squared sums and their factors.
fn goldstein_price(x: f64, y: f64) -> ((f64, f64), (f64, f64)) {
    let p = 19.0 - 14.0 * x + 3.0 * x * x - 14.0 * y + 6.0 * x * y + 3.0 * y * y;
    let q = 18.0 - 32.0 * x + 12.0 * x * x + 48.0 * y - 36.0 * x * y + 27.0 * y * y;
    ((x + y + 1.0, p), (2.0 * x - 3.0 * y, q))
}

/// It is a sum over the coordinates, so each is searched by itself: a grid, then golden sections.
fn michalewicz_minima(n: usize) -> Vec<Minimum> {
    let mut value = 0.0;
    let x = (1..=n)
        .map(|k| {
            let f = |x: f64| -x.sin() * (k as f64 * x * x / PI).sin().powi(20);
            let cells = 200 * k;
            let width = PI / cells as f64;
            let lowest = (0..=cells).map(|i| i as f64 * width).min_by(|a, b| f(*a).total_cmp(&f(*b))).unwrap_or(0.0);
            let (mut a, mut b) = ((lowest - width).max(0.0), (lowest + width).min(PI));
            while b - a > 1e-9 {
                let third = 0.381_966_011_250_105 * (b - a);
                if f(a + third) < f(b - third) { b -= third } else { a += third }
            }
            value += f(0.5 * (a + b));
            0.5 * (a + b)
        })
        .collect();
    at(x, value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    fn sizes(function: &TestFunction) -> Vec<usize> {
        match function.dims {
            Dims::Exactly(n) => vec![n],
            Dims::AtLeast(n) => vec![n, 2, 5],
        }
    }

    #[test]
    fn minima_have_their_values_and_no_slope_and_nothing_near_is_lower() {
        let mut rng = Rng::new(1);
        for function in TEST_FUNCTIONS {
            for n in sizes(function) {
                let minima = function.minima(n).unwrap();
                assert!(!minima.is_empty());
                for Minimum { x, value } in minima {
                    let name = function.name;
                    let there = function.value(&x).unwrap();
                    assert!((there - value).abs() < 1e-9, "{name} in {n}: {there} at {x:?}, not {value}");
                    let steepest = function.gradient(&x).unwrap().iter().fold(0.0, |a: f64, g| a.max(g.abs()));
                    assert!(steepest < 1e-4, "{name} in {n}: slope {steepest} at {x:?}");
                    let domain = function.domain(n).unwrap();
                    assert!(x.iter().zip(&domain).all(|(x, (lo, hi))| x >= lo && x <= hi), "{name}: {x:?}");
                    for k in 0..2000 {
                        let y: Vec<f64> = (x.iter().zip(&domain))
                            .map(
                                |(x, (lo, hi))| {
                                    if k % 2 == 0 { lo + (hi - lo) * rng.uniform() } else { x + 0.01 * rng.normal() }
                                },
                            )
                            .collect();
                        assert!(function.value(&y).unwrap() >= value - 1e-9, "{name} in {n} is lower at {y:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn gradients_agree_with_differences() {
        let mut rng = Rng::new(2);
        for function in TEST_FUNCTIONS {
            for n in sizes(function) {
                for _ in 0..50 {
                    let domain = function.domain(n).unwrap();
                    let x: Vec<f64> = domain.iter().map(|(lo, hi)| lo + (hi - lo) * rng.uniform()).collect();
                    let g = function.gradient(&x).unwrap();
                    let size = function.value(&x).unwrap().abs();
                    for i in 0..n {
                        let h = 1e-6 * (1.0 + x[i].abs());
                        let (mut up, mut down) = (x.clone(), x.clone());
                        up[i] += h;
                        down[i] -= h;
                        let slope = (function.value(&up).unwrap() - function.value(&down).unwrap()) / (2.0 * h);
                        let error = (slope - g[i]).abs();
                        let name = function.name;
                        assert!(error < 1e-5 * (1.0 + g[i].abs()) + 1e-9 * size, "{name} in {n}: {slope} {}", g[i]);
                    }
                }
            }
        }
    }

    #[test]
    fn a_wrong_size_or_name_is_refused() {
        let beale = test_function("beale").unwrap();
        assert_eq!(beale.value(&[1.0]).unwrap_err().to_string(), "beale: takes 2 coordinates, got 1");
        let error = test_function("rosenbrok").unwrap_err().to_string();
        assert_eq!(error, "unknown test function `rosenbrok`; did you mean `rosenbrock`?");
    }
}
