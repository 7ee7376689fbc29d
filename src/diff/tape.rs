//! The tape: every operation of one run of a function, in order, with its derivatives (Wengert 1964).
//!
//! A sweep backwards gives the gradient for a small multiple of the function's own cost (Griewank & Walther 2008,
//! chapter 3); a sweep of tangents forwards and one of both backwards gives a Hessian-vector product (chapter 5,
//! "forward over reverse"). The second derivatives of an operation depend only on numbers that the tape holds, so the
//! function runs once, and the tape serves any number of directions.
//!
//! What does not reach the output, or reaches it with weight 0, adds nothing, even where its own derivative is
//! infinite: the gradient of `0 * sqrt(x)` at 0 is 0.

use super::op::{Binary, Unary};
use crate::linalg::Matrix;
use crate::{Error, Result, stop};
use std::sync::atomic::{AtomicU32, Ordering};

/// The most operations that one recording may hold unless told otherwise: about 1.3 GB.
const LIMIT: usize = 1 << 25;

/// How many operations a sweep does between looks at [`stop`].
const STRIDE: usize = 1 << 16;

/// A number on a tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    index: u32,
    recording: u32,
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Constant,
    Variable,
    Unary(Unary),
    Binary(Binary),
}

/// One line of the tape.
#[derive(Clone, Copy, Debug)]
struct Line {
    value: f64,
    da: f64, // derivative by the first operand, where that depends on a variable
    db: f64, // derivative by the second operand, where that depends on a variable
    a: u32,
    b: u32,
    op: Op,
    through: u8, // which operands depend on a variable: A, B, or both
}

const A: u8 = 1;
const B: u8 = 2;
const AB: u8 = 3;

impl Line {
    fn leaf(op: Op, value: f64) -> Self {
        Self { value, da: 0.0, db: 0.0, a: 0, b: 0, op, through: 0 }
    }

    fn varies(&self) -> bool {
        self.through != 0 || matches!(self.op, Op::Variable)
    }
}

/// A recording of one run of a scalar function, from which its derivatives are read.
///
/// ```
/// use mynah::diff::{Binary, Tape, Unary};
/// // f(x, y) = x y + sin x at (0, 3)
/// let mut tape = Tape::new();
/// let (x, y) = (tape.variable(0.0).unwrap(), tape.variable(3.0).unwrap());
/// let product = tape.binary(Binary::Mul, x, y).unwrap();
/// let sine = tape.unary(Unary::Sin, x).unwrap();
/// let f = tape.binary(Binary::Add, product, sine).unwrap();
/// assert_eq!(tape.gradient(f).unwrap(), [4.0, 0.0]);
/// assert_eq!(tape.hessian(f).unwrap().data(), [0.0, 1.0, 1.0, 0.0]);
/// ```
#[derive(Debug)]
pub struct Tape {
    lines: Vec<Line>,
    variables: Vec<u32>,
    recording: u32,
    limit: usize,
    overflowed: bool,
    weights: Vec<f64>, // the adjoint of each line, kept for its memory
    sweeps: Vec<f64>,  // the tangents of lines and of adjoints, kept for their memory
}

impl Default for Tape {
    fn default() -> Self {
        Self::new()
    }
}

/// A number that no other recording has, so that a node kept from an earlier one is recognised.
fn fresh_recording() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Tape {
    /// An empty tape.
    pub fn new() -> Self {
        Self::with_limit(LIMIT)
    }

    /// An empty tape for at most `limit` operations, variables and constants.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            lines: Vec::new(),
            variables: Vec::new(),
            recording: fresh_recording(),
            limit: limit.min(u32::MAX as usize),
            overflowed: false,
            weights: Vec::new(),
            sweeps: Vec::new(),
        }
    }

    /// Begins a new recording in the same memory; nodes of the earlier one are refused from now on.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.variables.clear();
        self.overflowed = false;
        self.recording = fresh_recording();
    }

    /// How many variables, constants and operations are recorded.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether nothing is recorded.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// How many variables are recorded.
    pub fn variables(&self) -> usize {
        self.variables.len()
    }

    /// Whether `node` belongs to the present recording.
    pub fn owns(&self, node: Node) -> bool {
        node.recording == self.recording
    }

    /// A number by which derivatives are taken; they come in the order of these calls.
    ///
    /// # Errors
    /// When the tape is full.
    pub fn variable(&mut self, value: f64) -> Result<Node> {
        let index = self.write_variable(value);
        self.node(index)
    }

    /// A number by which no derivative is taken.
    ///
    /// # Errors
    /// When the tape is full.
    pub fn constant(&mut self, value: f64) -> Result<Node> {
        let index = self.write(Line::leaf(Op::Constant, value));
        self.node(index)
    }

    /// Records an operation on one number.
    ///
    /// # Errors
    /// When the tape is full, or the node is from another recording.
    pub fn unary(&mut self, op: Unary, a: Node) -> Result<Node> {
        let a = self.line_of(a)?;
        let index = self.write_unary(op, a);
        self.node(index)
    }

    /// Records an operation on two numbers.
    ///
    /// # Errors
    /// When the tape is full, or a node is from another recording.
    pub fn binary(&mut self, op: Binary, a: Node, b: Node) -> Result<Node> {
        let (a, b) = (self.line_of(a)?, self.line_of(b)?);
        let index = self.write_binary(op, a, b);
        self.node(index)
    }

    /// Records an operation on a number of the tape and a constant.
    ///
    /// # Errors
    /// When the tape is full, or the node is from another recording.
    pub fn binary_constant(&mut self, op: Binary, a: Node, b: f64) -> Result<Node> {
        let b = self.constant(b)?;
        self.binary(op, a, b)
    }

    /// Records an operation on a constant and a number of the tape.
    ///
    /// # Errors
    /// When the tape is full, or the node is from another recording.
    pub fn constant_binary(&mut self, op: Binary, a: f64, b: Node) -> Result<Node> {
        let a = self.constant(a)?;
        self.binary(op, a, b)
    }

    /// The value of a recorded number.
    ///
    /// # Errors
    /// When the node is from another recording.
    pub fn value(&self, node: Node) -> Result<f64> {
        Ok(self.value_at(self.line_of(node)?))
    }

    /// The derivatives of `output` by each variable.
    ///
    /// They are infinite or NaN where the function has no derivative.
    ///
    /// # Errors
    /// When the node is from another recording, or the user asks to stop.
    pub fn gradient(&mut self, output: Node) -> Result<Vec<f64>> {
        let output = self.line_of(output)? as usize;
        let Self { lines, weights, variables, .. } = self;
        weights.clear();
        weights.resize(output + 1, 0.0);
        weights[output] = 1.0;
        for block in blocks(output + 1).rev() {
            stop::check()?;
            for i in block.rev() {
                let (line, w) = (&lines[i], weights[i]);
                if w == 0.0 {
                    continue;
                }
                if line.through & A != 0 {
                    weights[line.a as usize] += line.da * w;
                }
                if line.through & B != 0 {
                    weights[line.b as usize] += line.db * w;
                }
            }
        }
        Ok(variables.iter().map(|&v| weights.get(v as usize).copied().unwrap_or(0.0)).collect())
    }

    /// The Hessian of `output` times `direction`: how the gradient changes on the way there.
    ///
    /// # Errors
    /// When `direction` does not have one number per variable, the node is from another recording, or the user asks
    /// to stop.
    pub fn hvp(&mut self, output: Node, direction: &[f64]) -> Result<Vec<f64>> {
        let output = self.line_of(output)? as usize;
        if direction.len() != self.variables.len() {
            let why = format!("{} variables, but a direction of {} numbers", self.variables.len(), direction.len());
            return Err(Error::shape("hvp", why));
        }
        self.second_order::<1>(output, |k, _| direction[k])?;
        Ok((0..self.variables.len()).map(|k| self.tangent_of_weight::<1>(output, k)[0]).collect())
    }

    /// The matrix of second derivatives of `output`: one forward-over-reverse sweep for every few variables.
    ///
    /// # Errors
    /// When the tape has no variables, the node is from another recording, or the user asks to stop.
    pub fn hessian(&mut self, output: Node) -> Result<Matrix> {
        const K: usize = 4; // directions per sweep, as many as one register holds
        let output = self.line_of(output)? as usize;
        let n = self.variables.len();
        if n == 0 {
            return Err(Error::value("hessian: the function has no variables"));
        }
        let mut columns = vec![0.0; n * n]; // column after column
        let mut first = 0;
        while first < n {
            let wide = n - first >= 2;
            let step = if wide { K.min(n - first) } else { 1 };
            if wide {
                self.second_order::<K>(output, |k, lane| f64::from(k == first + lane))?;
            } else {
                self.second_order::<1>(output, |k, _| f64::from(k == first))?;
            }
            for k in 0..n {
                for lane in 0..step {
                    let tangent = if wide {
                        self.tangent_of_weight::<K>(output, k)[lane]
                    } else {
                        self.tangent_of_weight::<1>(output, k)[0]
                    };
                    columns[(first + lane) * n + k] = tangent;
                }
            }
            first += step;
        }
        // Rounding differs between the two ways to a mixed derivative.
        Matrix::from_fn(
            n,
            n,
            |i, j| if i == j { columns[i * n + i] } else { 0.5 * (columns[i * n + j] + columns[j * n + i]) },
        )
    }

    // ---- for the rest of this room: lines by their index, which comes from this recording ----

    pub(super) fn write_variable(&mut self, value: f64) -> u32 {
        let index = self.write(Line::leaf(Op::Variable, value));
        if !self.overflowed {
            self.variables.push(index);
        }
        index
    }

    pub(super) fn write_constant(&mut self, value: f64) -> u32 {
        self.write(Line::leaf(Op::Constant, value))
    }

    pub(super) fn write_unary(&mut self, op: Unary, a: u32) -> u32 {
        let x = &self.lines[a as usize];
        let value = op.value(x.value);
        let line = if x.varies() {
            let da = op.first(x.value, value);
            Line { value, da, db: 0.0, a, b: a, op: Op::Unary(op), through: A }
        } else {
            Line::leaf(Op::Constant, value)
        };
        self.write(line)
    }

    pub(super) fn write_binary(&mut self, op: Binary, a: u32, b: u32) -> u32 {
        let (x, y) = (&self.lines[a as usize], &self.lines[b as usize]);
        let value = op.value(x.value, y.value);
        let mut line = Line::leaf(Op::Constant, value);
        if x.varies() {
            line.da = op.first_a(x.value, y.value, value);
            line.through |= A;
        }
        if y.varies() {
            line.db = op.first_b(x.value, y.value, value);
            line.through |= B;
        }
        if line.through != 0 {
            (line.op, line.a, line.b) = (Op::Binary(op), a, b);
        }
        self.write(line)
    }

    pub(super) fn value_at(&self, index: u32) -> f64 {
        self.lines[index as usize].value
    }

    /// The node at `index`, once it is known that nothing was lost before it.
    pub(super) fn node(&self, index: u32) -> Result<Node> {
        if !self.overflowed {
            return Ok(Node { index, recording: self.recording });
        }
        Err(Error::value(format!(
            "the function takes more than {} operations, too many to record its derivatives",
            self.limit
        )))
    }

    /// A full tape remembers that it was too small, and the first line stands for what came after.
    fn write(&mut self, line: Line) -> u32 {
        if self.lines.len() >= self.limit && !self.lines.is_empty() {
            self.overflowed = true;
            return 0;
        }
        self.lines.push(line);
        (self.lines.len() - 1) as u32
    }

    fn line_of(&self, node: Node) -> Result<u32> {
        if self.owns(node) {
            return Ok(node.index);
        }
        Err(Error::value(
            "a value from an earlier or another derivative was used; values live only while the function runs",
        ))
    }

    /// Forward over reverse for `K` directions at once: `direction(variable, lane)`.
    fn second_order<const K: usize>(&mut self, output: usize, direction: impl Fn(usize, usize) -> f64) -> Result<()> {
        let Self { lines, weights, sweeps, variables, .. } = self;
        let n = output + 1;
        weights.clear();
        weights.resize(n, 0.0);
        sweeps.clear();
        sweeps.resize(2 * n * K, 0.0);
        let (dots, weight_dots) = sweeps.split_at_mut(n * K);
        let (dots, weight_dots) = (dots.as_chunks_mut::<K>().0, weight_dots.as_chunks_mut::<K>().0);

        // Forwards: how each number changes along the directions.
        for (k, &v) in variables.iter().enumerate().filter(|&(_, &v)| (v as usize) < n) {
            dots[v as usize] = std::array::from_fn(|lane| direction(k, lane));
        }
        for block in blocks(n) {
            stop::check()?;
            for i in block {
                let line = &lines[i];
                dots[i] = match line.through {
                    A => dots[line.a as usize].map(|t| times(line.da, t)),
                    B => dots[line.b as usize].map(|t| times(line.db, t)),
                    AB => {
                        let (s, t) = (dots[line.a as usize], dots[line.b as usize]);
                        std::array::from_fn(|lane| times(line.da, s[lane]) + times(line.db, t[lane]))
                    }
                    _ => continue,
                };
            }
        }

        // Backwards: the weight of each number in the output, and how that weight changes.
        weights[output] = 1.0;
        for block in blocks(n).rev() {
            stop::check()?;
            for i in block.rev() {
                let (line, w, wd) = (&lines[i], weights[i], weight_dots[i]);
                if line.through == 0 || (w == 0.0 && wd == [0.0; K]) {
                    continue;
                }
                let (a, b) = (line.a as usize, line.b as usize);
                let (x, y, f) = (lines[a].value, lines[b].value, line.value);
                match (line.through, line.op) {
                    (A, op) => {
                        let second = match op {
                            Op::Unary(op) => op.second(x, f, line.da),
                            Op::Binary(op) => op.second_aa(x, y, f),
                            Op::Constant | Op::Variable => 0.0,
                        };
                        weights[a] += line.da * w;
                        add::<K>(&mut weight_dots[a], line.da, &wd);
                        curve::<K>(&mut weight_dots[a], w, second, &dots[a]);
                    }
                    (B, Op::Binary(op)) => {
                        weights[b] += line.db * w;
                        add::<K>(&mut weight_dots[b], line.db, &wd);
                        curve::<K>(&mut weight_dots[b], w, op.second_bb(x, y, f), &dots[b]);
                    }
                    (_, Op::Binary(op)) => {
                        weights[a] += line.da * w;
                        weights[b] += line.db * w;
                        add::<K>(&mut weight_dots[a], line.da, &wd);
                        add::<K>(&mut weight_dots[b], line.db, &wd);
                        let mixed = op.second_ab(x, y, f);
                        curve::<K>(&mut weight_dots[a], w, op.second_aa(x, y, f), &dots[a]);
                        curve::<K>(&mut weight_dots[a], w, mixed, &dots[b]);
                        curve::<K>(&mut weight_dots[b], w, mixed, &dots[a]);
                        curve::<K>(&mut weight_dots[b], w, op.second_bb(x, y, f), &dots[b]);
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// How the derivative by variable `k` changes along each direction, after [`second_order`](Self::second_order).
    fn tangent_of_weight<const K: usize>(&self, output: usize, k: usize) -> [f64; K] {
        let n = output + 1;
        match self.variables[k] as usize {
            v if v < n => self.sweeps[n * K..].as_chunks::<K>().0[v],
            _ => [0.0; K], // recorded after the output
        }
    }
}

/// The product, in which a tangent of 0 stays 0 whatever the factor.
#[inline]
fn times(factor: f64, tangent: f64) -> f64 {
    if tangent == 0.0 { 0.0 } else { factor * tangent }
}

/// `sum += factor * tangents`.
#[inline]
fn add<const K: usize>(sum: &mut [f64; K], factor: f64, tangents: &[f64; K]) {
    for lane in 0..K {
        sum[lane] += times(factor, tangents[lane]);
    }
}

/// `sum += weight * second * tangents`, nothing where one of the first two is 0.
#[inline]
fn curve<const K: usize>(sum: &mut [f64; K], weight: f64, second: f64, tangents: &[f64; K]) {
    if weight != 0.0 && second != 0.0 {
        add::<K>(sum, weight * second, tangents);
    }
}

/// The lines `0..n` in pieces of [`STRIDE`].
fn blocks(n: usize) -> impl DoubleEndedIterator<Item = std::ops::Range<usize>> {
    (0..n.div_ceil(STRIDE)).map(move |k| k * STRIDE..((k + 1) * STRIDE).min(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_takes_forty_bytes() {
        assert_eq!(size_of::<Line>(), 40);
    }

    #[test]
    fn the_derivatives_of_a_small_function_are_as_by_hand() {
        // f = x² y + y³ at (2, 3): f' = (2xy, x² + 3y²) = (12, 31), f'' = ((2y, 2x), (2x, 6y)).
        let mut tape = Tape::new();
        let (x, y) = (tape.variable(2.0).unwrap(), tape.variable(3.0).unwrap());
        let x2 = tape.binary(Binary::Mul, x, x).unwrap();
        let x2y = tape.binary(Binary::Mul, x2, y).unwrap();
        let y3 = tape.binary_constant(Binary::Pow, y, 3.0).unwrap();
        let f = tape.binary(Binary::Add, x2y, y3).unwrap();
        assert_eq!(tape.value(f).unwrap(), 39.0);
        assert_eq!(tape.gradient(f).unwrap(), [12.0, 31.0]);
        assert_eq!(tape.hvp(f, &[1.0, -1.0]).unwrap(), [2.0, -14.0]);
        assert_eq!(tape.hessian(f).unwrap().data(), [6.0, 4.0, 4.0, 18.0]);
        assert_eq!(tape.gradient(f).unwrap(), [12.0, 31.0]); // again, after other sweeps
        assert_eq!(tape.gradient(x2).unwrap(), [4.0, 0.0]); // of a number on the way
    }

    #[test]
    fn what_does_not_depend_has_derivative_zero() {
        let mut tape = Tape::new();
        let x = tape.variable(0.0).unwrap();
        let c = tape.constant(5.0).unwrap();
        let late = tape.variable(1.0).unwrap();
        assert_eq!(tape.gradient(c).unwrap(), [0.0, 0.0]);
        assert_eq!(tape.gradient(x).unwrap(), [1.0, 0.0]);
        assert_eq!(tape.hessian(x).unwrap().data(), [0.0; 4]);
        assert_eq!(tape.gradient(late).unwrap(), [0.0, 1.0]);
        // 0 * sqrt(x) at 0
        let root = tape.unary(Unary::Sqrt, x).unwrap();
        let nothing = tape.binary_constant(Binary::Mul, root, 0.0).unwrap();
        assert_eq!(tape.gradient(nothing).unwrap(), [0.0, 0.0]);
        assert_eq!(tape.hessian(nothing).unwrap().data(), [0.0; 4]);
    }

    #[test]
    fn powers_of_negative_numbers_have_derivatives() {
        let mut tape = Tape::new();
        let x = tape.variable(-2.0).unwrap();
        let cube = tape.binary_constant(Binary::Pow, x, 3.0).unwrap();
        assert_eq!(tape.gradient(cube).unwrap(), [12.0]);
        assert_eq!(tape.hessian(cube).unwrap().data(), [-12.0]);
        let power = tape.constant_binary(Binary::Pow, 2.0, x).unwrap(); // 2^x
        let ln2 = std::f64::consts::LN_2;
        assert!((tape.gradient(power).unwrap()[0] - 0.25 * ln2).abs() < 1e-16);
        assert!((tape.hessian(power).unwrap()[(0, 0)] - 0.25 * ln2 * ln2).abs() < 1e-16);
    }

    #[test]
    fn constants_are_folded_and_stay_out_of_the_sweeps() {
        let mut tape = Tape::new();
        let c = tape.constant(-1.0).unwrap();
        let nan = tape.unary(Unary::Log, c).unwrap();
        let x = tape.variable(2.0).unwrap();
        let f = tape.binary(Binary::Add, x, nan).unwrap();
        assert!(tape.value(f).unwrap().is_nan());
        assert_eq!(tape.gradient(f).unwrap(), [1.0]);
    }

    #[test]
    fn every_way_to_the_hessian_agrees() {
        // f = Σ sin(x_i x_{i+1}) + x_i⁴, whose Hessian is known.
        for n in 1..=11 {
            let x: Vec<f64> = (0..n).map(|i| 0.3 + 0.1 * i as f64).collect();
            let mut tape = Tape::new();
            let vars: Vec<Node> = x.iter().map(|&x| tape.variable(x).unwrap()).collect();
            let mut f = tape.constant(0.0).unwrap();
            for i in 0..n {
                let fourth = tape.binary_constant(Binary::Pow, vars[i], 4.0).unwrap();
                f = tape.binary(Binary::Add, f, fourth).unwrap();
                if i + 1 < n {
                    let product = tape.binary(Binary::Mul, vars[i], vars[i + 1]).unwrap();
                    let sine = tape.unary(Unary::Sin, product).unwrap();
                    f = tape.binary(Binary::Add, f, sine).unwrap();
                }
            }
            let wanted = Matrix::from_fn(n, n, |i, j| {
                let (lo, hi) = (i.min(j), i.max(j));
                match hi - lo {
                    0 => {
                        let mut d = 12.0 * x[i] * x[i];
                        if i + 1 < n {
                            d -= x[i + 1] * x[i + 1] * (x[i] * x[i + 1]).sin();
                        }
                        if i > 0 {
                            d -= x[i - 1] * x[i - 1] * (x[i] * x[i - 1]).sin();
                        }
                        d
                    }
                    1 => (x[lo] * x[hi]).cos() - x[lo] * x[hi] * (x[lo] * x[hi]).sin(),
                    _ => 0.0,
                }
            })
            .unwrap();
            let got = tape.hessian(f).unwrap();
            for (g, w) in got.data().iter().zip(wanted.data()) {
                assert!((g - w).abs() < 1e-14, "n = {n}: {g} for {w}");
            }
            for k in 0..n {
                let unit: Vec<f64> = (0..n).map(|i| f64::from(i == k)).collect();
                let column = tape.hvp(f, &unit).unwrap();
                assert!(column.iter().zip(wanted.col(k)).all(|(g, w)| (g - w).abs() < 1e-14));
            }
        }
    }

    #[test]
    fn nodes_of_another_recording_are_refused() {
        let mut tape = Tape::new();
        let x = tape.variable(1.0).unwrap();
        tape.clear();
        assert!(tape.is_empty() && !tape.owns(x));
        let wanted = "a value from an earlier or another derivative was used; values live only while the function runs";
        assert_eq!(tape.unary(Unary::Exp, x).unwrap_err().to_string(), wanted);
        assert_eq!(tape.gradient(x).unwrap_err().to_string(), wanted);
        let y = Tape::new().variable(1.0).unwrap();
        assert!(tape.value(y).is_err());
    }

    #[test]
    fn a_full_tape_says_so() {
        let mut tape = Tape::with_limit(10);
        let x = tape.variable(1.0).unwrap();
        let mut y = x;
        let error = loop {
            match tape.unary(Unary::Sin, y) {
                Ok(next) => y = next,
                Err(error) => break error.to_string(),
            }
        };
        assert_eq!(error, "the function takes more than 10 operations, too many to record its derivatives");
        assert_eq!(tape.len(), 10);
        tape.clear();
        assert!(tape.variable(1.0).is_ok());
    }

    #[test]
    fn misfits_are_refused() {
        let mut tape = Tape::new();
        let c = tape.constant(1.0).unwrap();
        assert_eq!(tape.hessian(c).unwrap_err().to_string(), "hessian: the function has no variables");
        assert!(tape.gradient(c).unwrap().is_empty());
        let error = tape.hvp(c, &[1.0]).unwrap_err().to_string();
        assert_eq!(error, "hvp: 0 variables, but a direction of 1 numbers");
    }
}
