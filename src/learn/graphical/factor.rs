//! Tables over a few discrete variables, and the elimination of variables from their product.
//!
//! Zhang & Poole (1994), "A simple approach to Bayesian network computations"; the order by fewest fill-in edges as in
//! Kjærulff (1990).

use crate::{Error, Result, stop};
use std::collections::BTreeSet;

/// Tables larger than this are not made (512 MB).
const LARGEST: usize = 1 << 26;

/// A number for each combination of states of some variables; those of the last variable stand side by side.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Factor {
    pub variables: Vec<usize>, // rising
    pub sizes: Vec<usize>,
    pub values: Vec<f64>,
}

impl Factor {
    /// From values whose variables may stand in any order.
    pub fn new(variables: &[usize], sizes: &[usize], values: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..variables.len()).collect();
        order.sort_by_key(|i| variables[*i]);
        let mut out = Self {
            variables: order.iter().map(|i| variables[*i]).collect(),
            sizes: order.iter().map(|i| sizes[*i]).collect(),
            values: vec![],
        };
        let strides = strides(sizes);
        let steps: Vec<usize> = order.iter().map(|i| strides[*i]).collect();
        out.values = Walk::new(&out.sizes, [&steps]).map(|[at]| values[at]).collect();
        out
    }

    /// What is left when `variable` is in `state`.
    pub fn given(&self, variable: usize, state: usize) -> Self {
        let Some(place) = self.variables.iter().position(|v| *v == variable) else { return self.clone() };
        let strides = strides(&self.sizes);
        let mut out = self.clone();
        out.variables.remove(place);
        out.sizes.remove(place);
        let mut steps = strides.clone();
        steps.remove(place);
        let first = state * strides[place];
        out.values = Walk::new(&out.sizes, [&steps]).map(|[at]| self.values[first + at]).collect();
        out
    }

    /// The product with another; in logarithms, the sum.
    pub fn times(&self, other: &Self, logs: bool) -> Result<Self> {
        let mut all: Vec<(usize, usize)> = self.variables.iter().copied().zip(self.sizes.iter().copied()).collect();
        all.extend(other.variables.iter().copied().zip(other.sizes.iter().copied()));
        all.sort_unstable();
        all.dedup();
        let (variables, sizes): (Vec<usize>, Vec<usize>) = all.into_iter().unzip();
        if sizes.iter().try_fold(1usize, |n, s| n.checked_mul(*s)).is_none_or(|n| n > LARGEST) {
            return too_entangled();
        }
        let steps = |f: &Self| -> Vec<usize> {
            let strides = strides(&f.sizes);
            let step = |v| f.variables.iter().position(|w| w == v).map_or(0, |i| strides[i]);
            variables.iter().map(step).collect()
        };
        let (a, b) = (steps(self), steps(other));
        let walk = Walk::new(&sizes, [&a, &b]);
        let values = if logs {
            walk.map(|[i, j]| self.values[i] + other.values[j]).collect()
        } else {
            walk.map(|[i, j]| self.values[i] * other.values[j]).collect()
        };
        Ok(Self { variables, sizes, values })
    }

    /// Sums over the states of `variable`.
    pub fn without(&self, variable: usize) -> Self {
        self.reduce(variable, |slice, _| slice.sum()).0
    }

    /// The largest over the states of `variable`, and which state it is for each combination of the others.
    pub fn best(&self, variable: usize) -> (Self, Vec<u32>) {
        self.reduce(variable, |slice, place| {
            let (mut best, mut most) = (0, f64::NEG_INFINITY);
            for (i, v) in slice.enumerate() {
                if v > most {
                    (best, most) = (i, v);
                }
            }
            place.push(best as u32);
            most
        })
    }

    fn reduce(
        &self,
        variable: usize,
        mut with: impl FnMut(&mut dyn Iterator<Item = f64>, &mut Vec<u32>) -> f64,
    ) -> (Self, Vec<u32>) {
        let Some(place) = self.variables.iter().position(|v| *v == variable) else { return (self.clone(), vec![]) };
        let strides = strides(&self.sizes);
        let mut out = self.clone();
        out.variables.remove(place);
        let size = out.sizes.remove(place);
        let mut steps = strides.clone();
        steps.remove(place);
        let mut places = Vec::new();
        let stride = strides[place];
        out.values = Walk::new(&out.sizes, [&steps])
            .map(|[at]| with(&mut (0..size).map(|i| self.values[at + i * stride]), &mut places))
            .collect();
        (out, places)
    }

    /// Where the combination of `states` (one for each variable of all) stands.
    pub fn place(&self, states: &[usize]) -> usize {
        self.variables.iter().zip(&self.sizes).fold(0, |at, (v, size)| at * size + states[*v])
    }

    /// Divides by the largest value and answers its logarithm; minus infinity when all are zero.
    pub fn rescale(&mut self) -> f64 {
        let most = self.values.iter().fold(0.0, |m: f64, v| m.max(*v));
        if most > 0.0 {
            self.values.iter_mut().for_each(|v| *v /= most);
        }
        most.ln()
    }
}

fn too_entangled<T>() -> Result<T> {
    Err(Error::value("bayes_net: too entangled for an exact answer; use `likelihood_weighting`"))
}

fn strides(sizes: &[usize]) -> Vec<usize> {
    let mut out = vec![1; sizes.len()];
    for i in (1..sizes.len()).rev() {
        out[i - 1] = out[i] * sizes[i];
    }
    out
}

/// Places in `N` tables for all combinations of states, in order.
struct Walk<'a, const N: usize> {
    sizes: &'a [usize],
    steps: [&'a [usize]; N],
    states: Vec<usize>,
    at: [usize; N],
    left: usize,
}

impl<'a, const N: usize> Walk<'a, N> {
    fn new(sizes: &'a [usize], steps: [&'a [usize]; N]) -> Self {
        Self { sizes, steps, states: vec![0; sizes.len()], at: [0; N], left: sizes.iter().product() }
    }
}

impl<const N: usize> Iterator for Walk<'_, N> {
    type Item = [usize; N];

    fn next(&mut self) -> Option<[usize; N]> {
        self.left = self.left.checked_sub(1)?;
        let now = self.at;
        for i in (0..self.sizes.len()).rev() {
            self.states[i] += 1;
            if self.states[i] < self.sizes[i] {
                (0..N).for_each(|t| self.at[t] += self.steps[t][i]);
                break;
            }
            self.states[i] = 0;
            (0..N).for_each(|t| self.at[t] -= self.steps[t][i] * (self.sizes[i] - 1));
        }
        Some(now)
    }
}

/// The order in which to eliminate `out`: always the variable whose neighbours lack the fewest edges among them.
pub(super) fn min_fill(factors: &[Factor], out: &[usize]) -> Result<Vec<usize>> {
    let count = factors.iter().flat_map(|f| &f.variables).chain(out).max().map_or(0, |v| v + 1);
    let mut near: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); count];
    for f in factors {
        for a in &f.variables {
            near[*a].extend(f.variables.iter().filter(|b| *b != a));
        }
    }
    let fill = |near: &[BTreeSet<usize>], v: usize| -> usize {
        let all: Vec<usize> = near[v].iter().copied().collect();
        all.iter().enumerate().map(|(i, a)| all[i + 1..].iter().filter(|b| !near[*a].contains(b)).count()).sum()
    };
    let mut costs: Vec<Option<usize>> = vec![None; count];
    let mut left: Vec<usize> = out.to_vec();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        stop::check()?;
        for v in &left {
            if costs[*v].is_none() {
                costs[*v] = Some(fill(&near, *v));
            }
        }
        let best = (0..left.len()).min_by_key(|i| (costs[left[*i]], near[left[*i]].len(), left[*i]));
        let v = left.swap_remove(best.expect("some are left"));
        let around: Vec<usize> = std::mem::take(&mut near[v]).into_iter().collect();
        for a in &around {
            near[*a].remove(&v);
            near[*a].extend(around.iter().filter(|b| *b != a));
        }
        // What may have another cost now: the neighbours and theirs.
        for a in &around {
            costs[*a] = None;
            near[*a].iter().for_each(|b| costs[*b] = None);
        }
        order.push(v);
    }
    Ok(order)
}

/// The product of all factors, summed over the variables in `order`, and the logarithm of what it was divided by.
pub(super) fn eliminate(mut factors: Vec<Factor>, order: &[usize]) -> Result<(Factor, f64)> {
    let mut log = 0.0;
    for v in order {
        let (product, scale) = take_product(&mut factors, Some(*v), false)?;
        log += scale;
        factors.push(product.without(*v));
    }
    let (rest, scale) = take_product(&mut factors, None, false)?;
    Ok((rest, log + scale))
}

/// The states of all variables in `order` at the largest product of factors of logarithms, and its logarithm.
pub(super) fn explain(mut factors: Vec<Factor>, order: &[usize], states: &mut [usize]) -> Result<f64> {
    let mut memories = Vec::with_capacity(order.len());
    for v in order {
        let (best, places) = take_product(&mut factors, Some(*v), true)?.0.best(*v);
        factors.push(best.clone());
        memories.push((*v, Factor { values: vec![], ..best }, places));
    }
    let log = take_product(&mut factors, None, true)?.0.values[0];
    for (v, shape, places) in memories.iter().rev() {
        states[*v] = places.get(shape.place(states)).map_or(0, |s| *s as usize);
    }
    Ok(log)
}

/// Takes out the factors that speak of `v` (or all) and multiplies them, small ones first. If they are not logarithms,
/// the product is scaled to a largest value of 1, and the logarithm of the scale comes with it.
fn take_product(factors: &mut Vec<Factor>, v: Option<usize>, logs: bool) -> Result<(Factor, f64)> {
    let (mut taken, rest): (Vec<Factor>, Vec<Factor>) =
        factors.drain(..).partition(|f| v.is_none_or(|v| f.variables.contains(&v)));
    *factors = rest;
    taken.sort_by_key(|f| f.values.len());
    let one = if logs { 0.0 } else { 1.0 };
    let mut product = Factor { variables: vec![], sizes: vec![], values: vec![one] };
    let mut log = 0.0;
    for f in &taken {
        stop::check()?;
        product = product.times(f, logs)?;
        if !logs {
            log += product.rescale();
        }
    }
    Ok((product, log))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_sums_and_maxima_by_hand() {
        // Given in the order (2, 0): rows of 2, columns of 0.
        let f = Factor::new(&[2, 0], &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!((f.variables.clone(), f.values.clone()), (vec![0, 2], vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0]));
        assert_eq!(f.without(2).values, [5.0, 7.0, 9.0]);
        assert_eq!(f.given(0, 1).values, [2.0, 5.0]);
        let g = Factor::new(&[1, 2], &[2, 2], &[10.0, 20.0, 30.0, 40.0]);
        let product = f.times(&g, false).unwrap();
        assert_eq!(product.variables, [0, 1, 2]);
        assert_eq!(product.values[product.place(&[2, 1, 0])], 3.0 * 30.0);
        let (best, places) = f.best(0);
        assert_eq!((best.values, places), (vec![3.0, 6.0], vec![2, 2]));
        assert_eq!(min_fill(&[f, g], &[0, 1, 2]).unwrap()[0], 0);
    }
}
