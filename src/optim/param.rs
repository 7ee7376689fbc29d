//! What an optimizer moves: a parameter with its gradient, in single or double precision.

use super::optimizer::Turn;
use rayon::prelude::*;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// The number types that parameters come in: `f32` and `f64`.
pub trait Real:
    Copy
    + Send
    + Sync
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + 'static
{
    /// The nearest number of this type.
    fn of(x: f64) -> Self;
    /// The same number in double precision.
    fn to_f64(self) -> f64;
    /// Its square root.
    fn sqrt(self) -> Self;
    /// `self * a + b`; in double precision rounded once, as PyTorch's vector loops do.
    fn times_plus(self, a: Self, b: Self) -> Self;
    /// Its size without sign.
    fn abs(self) -> Self;
    /// A parameter with its gradient, both of this type.
    fn pair<'a>(x: &'a mut [Self], g: &'a [Self]) -> Pair<'a>;
    /// Numbers of this type to look at.
    fn slice(numbers: &[Self]) -> Slice<'_>;
    /// A state vector of `n` zeros.
    fn zeros(n: usize) -> Buffer;
    /// The numbers in `buffer`, if they are of this type.
    fn borrow(buffer: &mut Buffer) -> Option<&mut [Self]>;
}

macro_rules! real {
    ($float:ty, $variant:ident, $times_plus:expr) => {
        impl Real for $float {
            fn of(x: f64) -> Self {
                x as $float
            }
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            fn sqrt(self) -> Self {
                <$float>::sqrt(self)
            }
            fn times_plus(self, a: Self, b: Self) -> Self {
                $times_plus(self, a, b)
            }
            fn abs(self) -> Self {
                <$float>::abs(self)
            }
            fn pair<'a>(x: &'a mut [Self], g: &'a [Self]) -> Pair<'a> {
                Pair::$variant(x, g)
            }
            fn slice(numbers: &[Self]) -> Slice<'_> {
                Slice::$variant(numbers)
            }
            fn zeros(n: usize) -> Buffer {
                Buffer::$variant(vec![0.0; n])
            }
            fn borrow(buffer: &mut Buffer) -> Option<&mut [Self]> {
                match buffer {
                    Buffer::$variant(numbers) => Some(numbers),
                    _ => None,
                }
            }
        }
    };
}
real!(f32, F32, |x, a, b| x * a + b); // rounding once would be a call for each number on older processors
real!(f64, F64, f64::mul_add);

/// A parameter's values and its gradient, of one type.
#[derive(Debug)]
pub enum Pair<'a> {
    /// Single precision.
    F32(&'a mut [f32], &'a [f32]),
    /// Double precision.
    F64(&'a mut [f64], &'a [f64]),
}

impl Pair<'_> {
    /// How many values and how many gradient entries.
    pub fn lens(&self) -> (usize, usize) {
        match self {
            Self::F32(x, g) => (x.len(), g.len()),
            Self::F64(x, g) => (x.len(), g.len()),
        }
    }

    /// `f32` or `f64`.
    pub fn dtype(&self) -> &'static str {
        match self {
            Self::F32(..) => "f32",
            Self::F64(..) => "f64",
        }
    }
}

/// Numbers to look at, of either type.
#[derive(Clone, Copy, Debug)]
pub enum Slice<'a> {
    /// Single precision.
    F32(&'a [f32]),
    /// Double precision.
    F64(&'a [f64]),
}

impl Slice<'_> {
    /// How many numbers.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(numbers) => numbers.len(),
            Self::F64(numbers) => numbers.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `f32` or `f64`.
    pub fn dtype(&self) -> &'static str {
        match self {
            Self::F32(_) => "f32",
            Self::F64(_) => "f64",
        }
    }
}

/// One parameter on its way through an optimizer.
///
/// ```
/// use mynah::optim::Param;
/// let (mut weight, grad) = ([1.0_f32; 6], [0.5_f32; 6]);
/// let shape = [2, 3];
/// let param = Param::new(&mut weight, &grad).shape(&shape).decay(true);
/// ```
#[derive(Debug)]
pub struct Param<'a> {
    pub(super) pair: Pair<'a>,
    pub(super) hessian: Option<Slice<'a>>,
    pub(super) shape: Option<&'a [usize]>,
    pub(super) decay: bool,
    pub(super) lr_scale: f64,
    pub(super) place: Option<usize>,
}

impl<'a> Param<'a> {
    /// The values `x` with the gradient `g` of the loss at `x`.
    pub fn new<T: Real>(x: &'a mut [T], g: &'a [T]) -> Self {
        Self { pair: T::pair(x, g), hessian: None, shape: None, decay: true, lr_scale: 1.0, place: None }
    }

    /// An estimate of the Hessian's diagonal at `x`, for optimizers that want curvature; others pass over it.
    pub fn hessian<T: Real>(self, diagonal: &'a [T]) -> Self {
        Self { hessian: Some(T::slice(diagonal)), ..self }
    }

    /// Its shape, row-major; a plain vector unless told. Matrix methods look at it.
    pub fn shape(self, shape: &'a [usize]) -> Self {
        Self { shape: Some(shape), ..self }
    }

    /// Whether weight decay applies to it; it does unless told. Language models decay their matrices only.
    pub fn decay(self, decay: bool) -> Self {
        Self { decay, ..self }
    }

    /// A factor on the learning rate for this parameter alone; 1 unless told.
    pub fn lr_scale(self, lr_scale: f64) -> Self {
        Self { lr_scale, ..self }
    }

    /// Its place, by which the optimizer finds its state; its place in the list unless told. For lists that leave some
    /// parameters out.
    pub fn place(self, place: usize) -> Self {
        Self { place: Some(place), ..self }
    }

    pub(super) fn dims(&self) -> Vec<usize> {
        self.shape.map_or_else(|| vec![self.pair.lens().0], <[usize]>::to_vec)
    }
}

/// A state vector, in the precision of the parameter it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub enum Buffer {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
}

impl Buffer {
    /// How many numbers it holds.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(numbers) => numbers.len(),
            Self::F64(numbers) => numbers.len(),
        }
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `f32` or `f64`.
    pub fn dtype(&self) -> &'static str {
        match self {
            Self::F32(_) => "f32",
            Self::F64(_) => "f64",
        }
    }
}

/// Below this many values one thread is faster than two.
const SERIAL: usize = 1 << 15;

impl<T: Real> Turn<'_, T> {
    /// The same turn once more, for rules that pass over the values more than once.
    pub fn reborrow(&mut self) -> Turn<'_, T> {
        let Turn { x, g, h, slots, shape, t, lr, decay, product } = self;
        let slots = slots.iter_mut().map(|slot| &mut **slot).collect();
        Turn { x, g, h: *h, slots, shape, t: *t, lr: *lr, decay: *decay, product: *product }
    }

    /// Runs `kernel(x, g, [state…])` on every value: one pass, no temporaries, on all cores when it is long.
    ///
    /// `K` follows from the closure's pattern and must equal the number of the rule's state vectors, each as long
    /// as the parameter.
    pub fn each<const K: usize>(self, kernel: impl Fn(&mut T, T, [&mut T; K]) + Sync) {
        each(self.x, self.g, self.g, whole(self.slots, self.g.len()), &|x, g, _, slots| kernel(x, g, slots));
    }

    /// Runs `kernel(x, g, h, [state…])` on every value, as [`Self::each`] does. Only in steps that have curvature.
    pub fn each_with_curvature<const K: usize>(self, kernel: impl Fn(&mut T, T, T, [&mut T; K]) + Sync) {
        let h = self.h.expect("a step that wants curvature has it");
        each(self.x, self.g, h, whole(self.slots, self.g.len()), &kernel);
    }
}

/// State vectors that are all as long as their parameter.
fn whole<T, const K: usize>(slots: Vec<&mut [T]>, n: usize) -> [&mut [T]; K] {
    let slots: [&mut [T]; K] = slots.try_into().ok().expect("a rule updates all its state vectors");
    for slot in &slots {
        assert_eq!(slot.len(), n, "elementwise state is as long as its parameter");
    }
    slots
}

fn each<T: Real, const K: usize>(
    x: &mut [T],
    g: &[T],
    h: &[T],
    slots: [&mut [T]; K],
    kernel: &(impl Fn(&mut T, T, T, [&mut T; K]) + Sync),
) {
    let n = x.len();
    if n > SERIAL {
        let (x1, x2) = x.split_at_mut(n / 2);
        let (g1, g2) = g.split_at(n / 2);
        let (h1, h2) = h.split_at(n / 2);
        let mut halves = slots.map(|slot| slot.split_at_mut(n / 2));
        let slots1 = halves.each_mut().map(|(first, _)| std::mem::take(first));
        let slots2 = halves.map(|(_, second)| second);
        rayon::join(|| each(x1, g1, h1, slots1, kernel), || each(x2, g2, h2, slots2, kernel));
        return;
    }
    let (g, h, mut slots) = (&g[..n], &h[..n], slots.map(|slot| &mut slot[..n]));
    for i in 0..n {
        kernel(&mut x[i], g[i], h[i], slots.each_mut().map(|slot| &mut slot[i]));
    }
}

/// The sum of `term(0)` to `term(n - 1)`, on all cores when it is long. The split is fixed, so that the sum does not
/// depend on the number of threads.
pub(super) fn sum(n: usize, term: impl Fn(usize) -> f64 + Sync) -> f64 {
    // Eight sums side by side, so that the compiler can keep them in one vector.
    let chunk = |begin: usize| {
        let end = n.min(begin + SERIAL);
        let mut lanes = [0.0; 8];
        let eights = (end - begin) / 8;
        for i in 0..eights {
            for (lane, sum) in lanes.iter_mut().enumerate() {
                *sum += term(begin + 8 * i + lane);
            }
        }
        lanes.iter().sum::<f64>() + (begin + 8 * eights..end).map(&term).sum::<f64>()
    };
    if n <= SERIAL {
        return chunk(0);
    }
    let begins = (0..n.div_ceil(SERIAL)).into_par_iter().map(|i| i * SERIAL);
    begins.map(chunk).collect::<Vec<f64>>().iter().sum()
}
