//! `mynah.linalg`: linear algebra on tensors, tables and complex matrices.
#![allow(non_snake_case)] // matrices have capital letters, as in every book

use super::convert::{FromArg, LuaType, ToLua, expected};
use super::shim::{Outcome, fault};
use super::tensor::{LuaTensor, TensorOptions, build};
use crate::linalg::{self, Complex, Matrix, Norm, Scalar};
use crate::nn::{Device, Dtype, Tensor};
use crate::{lua_class, lua_module};
use mlua::{Lua, Value};

/// A matrix or a vector from Lua: a tensor, a table of numbers, or a complex matrix.
pub enum Given {
    /// Real numbers, whether they were a plain row, and the dtype that answers take.
    Real(Matrix, bool, Dtype),
    /// Complex numbers, and whether they are a vector.
    Complex(Matrix<Complex>, bool),
}

impl LuaType for Given {
    fn lua_type() -> String {
        "mynah.Tensor|table|mynah.ComplexMatrix".into()
    }
}

impl FromArg for Given {
    fn from_arg(value: Value, _: &Lua) -> Outcome<Self> {
        match &value {
            Value::UserData(data) => {
                if let Ok(complex) = data.borrow::<LuaComplex>() {
                    return Ok(Self::Complex(complex.0.clone(), complex.1));
                }
                match data.borrow::<LuaTensor>() {
                    Ok(tensor) => real(&tensor.0.value()),
                    Err(_) => expected("a matrix: a tensor, a table of rows, or a complex matrix", &value),
                }
            }
            Value::Table(_) => {
                let options =
                    TensorOptions { dtype: Some("f64".into()), device: Some("cpu".into()), ..Default::default() };
                real(&build(&value, &options)?.0.value())
            }
            other => expected("a matrix: a tensor, a table of rows, or a complex matrix", other),
        }
    }
}

/// The numbers of a tensor as a matrix; a plain row stands as a column.
fn real(tensor: &Tensor) -> Outcome<Given> {
    let dtype = if tensor.dtype() == Dtype::F32 { Dtype::F32 } else { Dtype::F64 };
    let shape = tensor.shape();
    match shape[..] {
        [n] => Ok(Given::Real(Matrix::new(n, 1, tensor.to_f64()?)?, true, dtype)),
        [rows, cols] => Ok(Given::Real(Matrix::new(rows, cols, tensor.to_f64()?)?, false, dtype)),
        _ => fault(format!("expected a matrix or a vector, got a tensor of shape {shape:?}")),
    }
}

/// A matrix or vector on its way back to Lua.
pub enum Answer {
    /// Real, whether it is a vector, and its dtype.
    Real(Matrix, bool, Dtype),
    /// Complex, and whether it is a vector.
    Complex(Matrix<Complex>, bool),
}

impl LuaType for Answer {
    fn lua_type() -> String {
        "any".into() // a Tensor, or a ComplexMatrix for complex input
    }
}

impl ToLua for Answer {
    fn to_lua(self, lua: &Lua) -> mlua::Result<Value> {
        match self {
            Self::Real(m, vector, dtype) => {
                let shape = if vector { vec![m.rows() * m.cols()] } else { vec![m.rows(), m.cols()] };
                let tensor =
                    Tensor::from_f64(m.into_data(), &shape, dtype, Device::Cpu).map_err(mlua::Error::external)?;
                LuaTensor::from(tensor).to_lua(lua)
            }
            Self::Complex(m, vector) => LuaComplex(m, vector).to_lua(lua),
        }
    }
}

/// Matrices whose numbers may be real or complex, as answers.
trait Numbers: Scalar {
    fn answer(m: Matrix<Self>, vector: bool, dtype: Dtype) -> Answer;
}
impl Numbers for f64 {
    fn answer(m: Matrix, vector: bool, dtype: Dtype) -> Answer {
        Answer::Real(m, vector, dtype)
    }
}
impl Numbers for Complex {
    fn answer(m: Matrix<Complex>, vector: bool, _: Dtype) -> Answer {
        Answer::Complex(m, vector)
    }
}

/// Real numbers as a vector.
fn vector(numbers: Vec<f64>, dtype: Dtype) -> Outcome<Answer> {
    Ok(Answer::Real(Matrix::column(numbers)?, true, dtype))
}

/// Runs `$body` on the matrix in `$given`, whatever its numbers are; `$dtype` is that of real answers.
macro_rules! on {
    ($given:expr, |$m:ident, $dtype:ident| $body:expr) => {
        match &$given {
            Given::Real($m, _, $dtype) => {
                let $dtype = *$dtype;
                $body
            }
            Given::Complex($m, _) => {
                let $dtype = Dtype::F64;
                $body
            }
        }
    };
}

/// Runs `$body` on two matrices, both complex if one is.
macro_rules! on_both {
    ($a:expr, $b:expr, |$x:ident, $y:ident, $vector:ident, $dtype:ident| $body:expr) => {
        match (&$a, &$b) {
            (Given::Real($x, _, d), Given::Real($y, $vector, e)) => {
                let $dtype = (*d).max(*e);
                $body
            }
            (a, b) => {
                let ($x, _) = a.complex();
                let ($y, $vector) = b.complex();
                let ($x, $y, $vector, $dtype) = (&$x, &$y, &$vector, Dtype::F64);
                $body
            }
        }
    };
}

impl Given {
    fn complex(&self) -> (Matrix<Complex>, bool) {
        match self {
            Self::Real(m, vector, _) => (m.to_complex(), *vector),
            Self::Complex(m, vector) => (m.clone(), *vector),
        }
    }
}

fn solved<T: Numbers>(
    how: fn(&Matrix<T>, &Matrix<T>) -> crate::Result<Matrix<T>>,
    a: &Matrix<T>,
    b: &Matrix<T>,
    vector: bool,
    dtype: Dtype,
) -> Outcome<Answer> {
    Ok(T::answer(how(a, b)?, vector, dtype))
}

fn norm_kind(name: Option<String>) -> Outcome<Norm> {
    let Some(name) = name else { return Ok(Norm::Fro) };
    match Norm::ALL.iter().find(|(known, _)| *known == name) {
        Some((_, norm)) => Ok(*norm),
        None => {
            let known = crate::nearest::quoted(Norm::ALL.iter().map(|(n, _)| *n));
            fault(format!("norm: there are {known}, got \"{name}\""))
        }
    }
}

lua_module! {
    /// Linear algebra on dense matrices, real and complex: solving, factoring, measuring.
    ///
    /// Matrices are tensors or tables of rows; a plain row of numbers is a vector. Answers are f64 tensors (f32 for f32
    /// tensors), or complex matrices where the input is complex.
    module "mynah.linalg" {
        /// The solution x of `A x = b`; b may be a vector or have several columns.
        ///
        /// ```lua
        /// local x = mynah.linalg.solve({ {100, 100}, {-100, -101} }, { 1, 1 })
        /// assert(math.abs(x[1] - 2.01) < 1e-9 and math.abs(x[2] + 2) < 1e-9)
        /// ```
        fn solve(A: Given, b: Given) -> Answer { on_both!(A, b, |a, b, v, d| solved(linalg::solve, a, b, *v, d)) }

        /// The x for which `A x` comes nearest to b (least squares); of several, the shortest.
        ///
        /// ```lua
        /// local line = mynah.linalg.lstsq({ {0, 1}, {1, 1}, {2, 1} }, { 1, 3, 5 })
        /// assert(math.abs(line[1] - 2) < 1e-12 and math.abs(line[2] - 1) < 1e-12)
        /// ```
        fn lstsq(A: Given, b: Given) -> Answer { on_both!(A, b, |a, b, v, d| solved(linalg::lstsq, a, b, *v, d)) }

        /// The matrix product; complex if one side is.
        ///
        /// ```lua
        /// assert(mynah.linalg.matmul({ {1, 2}, {3, 4} }, { 1, 1 })[2] == 7)
        /// ```
        fn matmul(A: Given, B: Given) -> Answer { on_both!(A, B, |a, b, v, d| solved(linalg::matmul, a, b, *v, d)) }

        /// The inverse.
        ///
        /// ```lua
        /// assert(mynah.linalg.inv{ {2, 0}, {0, 4} }[2][2] == 0.25)
        /// ```
        fn inv(A: Given) -> Answer { on!(A, |m, d| Ok(Numbers::answer(linalg::inv(m)?, false, d))) }

        /// The pseudo-inverse (Moore and Penrose); singular values up to `tolerance` count as 0.
        ///
        /// ```lua
        /// assert(math.abs(mynah.linalg.pinv{ {1, 0}, {0, 0} }[1][1] - 1) < 1e-12)
        /// ```
        fn pinv(A: Given, tolerance: Option<f64>) -> Answer {
            on!(A, |m, d| Ok(Numbers::answer(linalg::pinv(m, tolerance)?, false, d)))
        }

        /// The determinant: its real part, and its imaginary part if the matrix is complex.
        ///
        /// ```lua
        /// assert(math.abs(mynah.linalg.det{ {1, 2}, {3, 4} } + 2) < 1e-12)
        /// ```
        fn det(A: Given) -> (f64, Option<f64>) {
            match &A {
                Given::Real(m, ..) => Ok((linalg::det(m)?, None)),
                Given::Complex(m, _) => linalg::det(m).map(|z| (z.re, Some(z.im))).map_err(Into::into),
            }
        }

        /// `A = Q R`: Q with columns of length 1 at right angles, R zero below its diagonal. `full` makes Q square.
        ///
        /// ```lua
        /// local Q, R = mynah.linalg.qr{ {3, 1}, {4, 1} }
        /// assert(math.abs(R[1][1] - 5) < 1e-12 and math.abs(Q[1][1] - 0.6) < 1e-12)
        /// ```
        fn qr(A: Given, full: Option<bool>) -> (Answer, Answer) {
            on!(A, |m, d| {
                let f = linalg::qr(m, full.unwrap_or(false))?;
                Ok((Numbers::answer(f.q, false, d), Numbers::answer(f.r, false, d)))
            })
        }

        /// The lower triangle L with `A = L Lᴴ` of a positive definite matrix.
        ///
        /// ```lua
        /// assert(mynah.linalg.cholesky{ {4, 2}, {2, 5} }[2][2] == 2)
        /// ```
        fn cholesky(A: Given) -> Answer { on!(A, |m, d| Ok(Numbers::answer(linalg::cholesky(m)?, false, d))) }

        /// Singular values: U, S, V with `A = U diag(S) Vᴴ`; S from the largest. `full` makes U and V square.
        ///
        /// ```lua
        /// local U, S, V = mynah.linalg.svd{ {3, 0}, {0, -2} }
        /// assert(math.abs(S[1] - 3) < 1e-12 and math.abs(S[2] - 2) < 1e-12)
        /// ```
        fn svd(A: Given, full: Option<bool>) -> (Answer, Answer, Answer) {
            on!(A, |m, d| {
                let f = linalg::svd(m, full.unwrap_or(false))?;
                Ok((Numbers::answer(f.u, false, d), vector(f.s, d)?, Numbers::answer(f.v, false, d)))
            })
        }

        /// Eigenvalues (from the smallest) and eigenvectors (one a column) of a symmetric or Hermitian matrix.
        ///
        /// ```lua
        /// local values, vectors = mynah.linalg.eigh{ {2, 1}, {1, 2} }
        /// assert(math.abs(values[1] - 1) < 1e-12 and math.abs(values[2] - 3) < 1e-12)
        /// ```
        fn eigh(A: Given) -> (Answer, Answer) {
            on!(A, |m, d| {
                let f = linalg::eigh(m)?;
                Ok((vector(f.values, d)?, Numbers::answer(f.vectors, false, d)))
            })
        }

        /// Eigenvalues and eigenvectors (one a column) of any square matrix, as complex matrices.
        ///
        /// ```lua
        /// local values = mynah.linalg.eig{ {0, -1}, {1, 0} }
        /// assert(math.abs(values.im[1] + 1) < 1e-12 and math.abs(values.re[1]) < 1e-12)
        /// ```
        fn eig(A: Given) -> (Answer, Answer) {
            let f = on!(A, |m, _d| linalg::eig(m))?;
            Ok((Answer::Complex(Matrix::column(f.values)?, true), Answer::Complex(f.vectors, false)))
        }

        /// A norm: "fro" (the default; of a vector its length), "1", "inf", "2" or "nuclear".
        ///
        /// ```lua
        /// assert(mynah.linalg.norm{ 3, 4 } == 5 and mynah.linalg.norm({ {1, 2}, {3, 4} }, "inf") == 7)
        /// ```
        fn norm(A: Given, kind: Option<String>) -> f64 {
            let kind = norm_kind(kind)?;
            Ok(on!(A, |m, _d| linalg::norm(m, kind))?)
        }

        /// How many singular values are above `tolerance` (default: what rounding explains).
        ///
        /// ```lua
        /// assert(mynah.linalg.rank{ {1, 2}, {2, 4} } == 1)
        /// ```
        fn rank(A: Given, tolerance: Option<f64>) -> usize { Ok(on!(A, |m, _d| linalg::rank(m, tolerance))?) }

        /// The condition number: the largest singular value over the smallest.
        ///
        /// ```lua
        /// assert(math.abs(mynah.linalg.cond{ {100, 100}, {-100, -101} } - 402.0075) < 1e-4)
        /// ```
        fn cond(A: Given) -> f64 { Ok(on!(A, |m, _d| linalg::cond(m))?) }

        /// A square matrix with these numbers on its diagonal.
        ///
        /// ```lua
        /// assert(mynah.linalg.diag{ 1, 2 }[2][2] == 2)
        /// ```
        fn diag(numbers: Given) -> Answer {
            on!(numbers, |m, d| Ok(Numbers::answer(Matrix::diagonal(m.data())?, false, d)))
        }

        /// A complex matrix from its real and imaginary parts (default 0).
        ///
        /// ```lua
        /// local z = mynah.linalg.complex({ {3, 0} }, { {4, 1} })
        /// assert(z:abs()[1][1] == 5)
        /// ```
        fn complex(re: Given, im: Option<Given>) -> LuaComplex {
            let (Given::Real(re, vector, _), None | Some(Given::Real(..))) = (&re, &im) else {
                return fault("complex: both parts are real");
            };
            let zero = Matrix::from_fn(re.rows(), re.cols(), |_, _| 0.0)?;
            let im = match &im { Some(Given::Real(im, ..)) => im, _ => &zero };
            if (re.rows(), re.cols()) != (im.rows(), im.cols()) {
                return fault(format!("complex: the real part is {} x {}, the imaginary part {} x {}", re.rows(), re.cols(), im.rows(), im.cols()));
            }
            let both = re.data().iter().zip(im.data()).map(|(re, im)| Complex::new(*re, *im)).collect();
            Ok(LuaComplex(Matrix::new(re.rows(), re.cols(), both)?, *vector))
        }
    }
}

/// A complex matrix as Lua holds it, and whether it is a vector.
#[derive(Clone)]
pub struct LuaComplex(Matrix<Complex>, bool);

impl LuaComplex {
    fn part(&self, of: fn(Complex) -> f64) -> Answer {
        Answer::Real(self.0.map(of), self.1, Dtype::F64)
    }
}

/// One side of an operation on complex matrices: a number, a real or a complex matrix.
pub struct Side(Matrix<Complex>, bool);

impl LuaType for Side {
    fn lua_type() -> String {
        "mynah.ComplexMatrix|mynah.Tensor|number".into()
    }
}

impl FromArg for Side {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        match value {
            Value::Integer(_) | Value::Number(_) => {
                Ok(Self(Matrix::new(1, 1, vec![Complex::new(value.as_f64().unwrap_or(f64::NAN), 0.0)])?, false))
            }
            other => Given::from_arg(other, lua).map(|g| g.complex()).map(|(m, vector)| Self(m, vector)),
        }
    }
}

impl Side {
    /// One number of each side at a time; a single number stretches to fit.
    fn each(&self, other: &Side, what: &str, f: fn(Complex, Complex) -> Complex) -> Outcome<LuaComplex> {
        let (x, y) = (&self.0, &other.0);
        let (rows, cols) = (x.rows().max(y.rows()), x.cols().max(y.cols()));
        for m in [x, y] {
            if (m.rows(), m.cols()) != (rows, cols) && m.data().len() != 1 {
                let (a, b) = ((x.rows(), x.cols()), (y.rows(), y.cols()));
                return fault(format!("{what}: shapes differ: {} x {} and {} x {}", a.0, a.1, b.0, b.1));
            }
        }
        let at = |m: &Matrix<Complex>, i: usize| if m.data().len() == 1 { m.data()[0] } else { m.data()[i] };
        let data = (0..rows * cols).map(|i| f(at(x, i), at(y, i))).collect();
        Ok(LuaComplex(Matrix::new(rows, cols, data)?, self.1 || other.1))
    }
}

lua_class! {
    /// A matrix of complex numbers. `+ - * /` work element by element, with real matrices and numbers too.
    class ComplexMatrix(LuaComplex) {
        /// Rows and columns, as a list.
        get shape(this) -> Vec<usize> { Ok(vec![this.0.rows(), this.0.cols()]) }
        /// The real parts.
        get re(this) -> Answer { Ok(this.part(|z| z.re)) }
        /// The imaginary parts.
        get im(this) -> Answer { Ok(this.part(|z| z.im)) }
        /// The sum, `a + b`, element by element.
        meta add(a: Side, b: Side) -> LuaComplex { a.each(&b, "add", |a, b| a + b) }
        /// The difference, `a - b`, element by element.
        meta sub(a: Side, b: Side) -> LuaComplex { a.each(&b, "sub", |a, b| a - b) }
        /// The product, `a * b`, element by element.
        meta mul(a: Side, b: Side) -> LuaComplex { a.each(&b, "mul", |a, b| a * b) }
        /// The quotient, `a / b`, element by element.
        meta div(a: Side, b: Side) -> LuaComplex { a.each(&b, "div", |a, b| a / b) }
        /// The same numbers with the other sign.
        meta unm(this, other: Value) -> LuaComplex { let _ = other; Ok(LuaComplex(this.0.map(|z| -z), this.1)) }
        /// Rows of numbers, `1.5+2i`.
        meta tostring(this) -> String {
            let number = |z: &Complex| format!("{:.4}{:+.4}i", z.re, z.im);
            let rows: Vec<String> = (0..this.0.rows())
                .map(|r| format!("{{{}}}", this.0.row(r).iter().map(number).collect::<Vec<_>>().join(", ")))
                .collect();
            Ok(format!("complex matrix {}x{}\n{{{}}}", this.0.rows(), this.0.cols(), rows.join(",\n ")))
        }

        /// The real and the imaginary part of the number in a row and a column.
        ///
        /// ```lua
        /// local re, im = mynah.linalg.complex({ {1, 2} }, { {3, 4} }):at(1, 2)
        /// assert(re == 2 and im == 4)
        /// ```
        fn at(this, row: usize, column: usize) -> (f64, f64) {
            if row == 0 || column == 0 || row > this.0.rows() || column > this.0.cols() {
                return fault(format!("at: ({row}, {column}) is outside a matrix of {} x {}", this.0.rows(), this.0.cols()));
            }
            let z = this.0.row(row - 1)[column - 1];
            Ok((z.re, z.im))
        }
        /// The moduli: distances from 0.
        fn abs(this) -> Answer { Ok(this.part(Scalar::modulus)) }
        /// The conjugate: imaginary parts with the other sign.
        fn conj(this) -> LuaComplex { Ok(LuaComplex(this.0.map(Scalar::conjugate), this.1)) }
        /// The transpose.
        fn t(this) -> LuaComplex { Ok(LuaComplex(this.0.transpose(), false)) }
        /// The adjoint Aᴴ: the conjugate of the transpose.
        fn adjoint(this) -> LuaComplex { Ok(LuaComplex(this.0.adjoint(), false)) }
        /// The matrix product.
        ///
        /// ```lua
        /// local i = mynah.linalg.complex({ {0} }, { {1} })
        /// assert(i:matmul(i):at(1, 1) == -1)
        /// ```
        fn matmul(this, other: Given) -> LuaComplex {
            let (other, vector) = other.complex();
            Ok(LuaComplex(linalg::matmul(&this.0, &other)?, vector))
        }
    }
}
