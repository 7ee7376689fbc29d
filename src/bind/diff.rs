//! Exact derivatives of Lua functions: `mynah.grad` and its siblings, and `mynah.math` for what a function may use.

use super::convert::{FromArg, LuaType, Ref, Returns, ToLua, expected, got};
use super::options::Options;
use super::shim::{Callback, Fault, Outcome, Shim, fault};
use super::tensor::{LuaTensor, TensorLike};
use crate::diff::{self, Binary, GradcheckSettings, Node, Tape, TerrainSettings, Unary};
use crate::nn::{Device, Dtype, Tensor};
use crate::{lua_class, lua_module};
use mlua::{Function, IntoLua, Lua, MultiValue, Table, Value};
use std::cell::RefCell;
use std::rc::Rc;

/// A number of a function being differentiated.
#[derive(Clone)]
pub struct LuaVariable {
    tape: Rc<RefCell<Tape>>,
    node: Node,
}

/// A number from Lua: plain, or of a function being differentiated.
pub enum Scalar {
    /// A plain number.
    Plain(f64),
    /// A recorded one.
    Recorded(LuaVariable),
}

impl LuaType for Scalar {
    fn lua_type() -> String {
        "number|mynah.Variable".into()
    }
}
impl FromArg for Scalar {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        match &value {
            Value::Integer(_) | Value::Number(_) => f64::from_arg(value, lua).map(Self::Plain),
            Value::UserData(data) if data.is::<LuaVariable>() => {
                Ok(Self::Recorded(Ref::<LuaVariable>::from_arg(value, lua)?.clone()))
            }
            other => expected("a number", other),
        }
    }
}

/// A number on its way back.
pub struct Answer(Scalar);

impl LuaType for Answer {
    fn lua_type() -> String {
        "any".into() // a number for numbers, a Variable for Variables
    }
}
impl ToLua for Answer {
    fn to_lua(self, lua: &Lua) -> mlua::Result<Value> {
        match self.0 {
            Scalar::Plain(x) => x.into_lua(lua),
            Scalar::Recorded(v) => v.to_lua(lua),
        }
    }
}

impl Scalar {
    fn unary(&self, op: Unary) -> Outcome<Answer> {
        Ok(Answer(match self {
            Self::Plain(x) => Self::Plain(op.value(*x)),
            Self::Recorded(v) => {
                let node = v.tape.borrow_mut().unary(op, v.node)?;
                Self::Recorded(LuaVariable { tape: v.tape.clone(), node })
            }
        }))
    }

    fn binary(op: Binary, a: &Self, b: &Self) -> Outcome<Answer> {
        let (tape, node) = match (a, b) {
            (Self::Plain(a), Self::Plain(b)) => return Ok(Answer(Self::Plain(op.value(*a, *b)))),
            (Self::Recorded(a), Self::Plain(b)) => (&a.tape, a.tape.borrow_mut().binary_constant(op, a.node, *b)?),
            (Self::Plain(a), Self::Recorded(b)) => (&b.tape, b.tape.borrow_mut().constant_binary(op, *a, b.node)?),
            (Self::Recorded(a), Self::Recorded(b)) => (&a.tape, a.tape.borrow_mut().binary(op, a.node, b.node)?),
        };
        Ok(Answer(Self::Recorded(LuaVariable { tape: tape.clone(), node })))
    }

    fn value(&self) -> Outcome<f64> {
        match self {
            Self::Plain(x) => Ok(*x),
            Self::Recorded(v) => Ok(v.tape.borrow().value(v.node)?),
        }
    }
}

/// A point: a list of numbers or a tensor.
pub struct Point(pub Vec<f64>);

impl LuaType for Point {
    fn lua_type() -> String {
        "number[]|mynah.Tensor".into()
    }
}
impl FromArg for Point {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        let numbers = match &value {
            Value::Table(_) => Vec::<f64>::from_arg(value, lua)?,
            Value::UserData(_) => TensorLike::from_arg(value, lua)?.0.to_f64()?,
            other => return expected("a point: a list of numbers or a tensor", other),
        };
        if numbers.is_empty() { fault("a point has at least one number") } else { Ok(Self(numbers)) }
    }
}

/// A fresh recording with the variables of the point `x`.
fn recording(lua: &Lua, x: &[f64]) -> Outcome<(Rc<RefCell<Tape>>, Table)> {
    let tape = Rc::new(RefCell::new(Tape::new()));
    let point = lua.create_table_with_capacity(x.len(), 0)?;
    for (i, value) in x.iter().enumerate() {
        let node = tape.borrow_mut().variable(*value)?;
        point.raw_set(i + 1, LuaVariable { tape: tape.clone(), node }.to_lua(lua)?)?;
    }
    Ok((tape, point))
}

/// One run of `f` at `x` on a fresh recording, and its result.
fn record(lua: &Lua, f: &Callback, x: &[f64]) -> Outcome<(Rc<RefCell<Tape>>, Scalar)> {
    let (tape, point) = recording(lua, x)?;
    let result = f.call(point)?.into_iter().next().unwrap_or(Value::Nil);
    match Scalar::from_arg(result.clone(), lua) {
        Ok(Scalar::Recorded(v)) if !Rc::ptr_eq(&v.tape, &tape) => {
            fault("grad: the function returned a number of another function's run")
        }
        Ok(result) => Ok((tape, result)),
        Err(Fault::Message(_)) => fault(format!("grad: the function must return one number, got {}", got(&result))),
        Err(thrown) => Err(thrown),
    }
}

fn row(numbers: Vec<f64>) -> crate::Result<LuaTensor> {
    let n = numbers.len();
    Ok(Tensor::from_vec(numbers, &[n], Device::Cpu)?.into())
}

fn square(numbers: Vec<f64>, n: usize) -> crate::Result<LuaTensor> {
    Ok(Tensor::from_f64(numbers, &[n, n], Dtype::F64, Device::Cpu)?.into())
}

/// The value of `f` at `x` and its exact gradient.
pub fn gradient_at(lua: &Lua, f: &Callback, x: &[f64]) -> Outcome<(f64, Vec<f64>)> {
    let (tape, result) = record(lua, f, x)?;
    let value = result.value()?;
    match result {
        Scalar::Plain(_) => Ok((value, vec![0.0; x.len()])), // a constant
        Scalar::Recorded(v) => Ok((value, tape.borrow_mut().gradient(v.node)?)),
    }
}

fn second(lua: &Lua, f: &Callback, x: &[f64]) -> Outcome<crate::linalg::Matrix> {
    let (tape, result) = record(lua, f, x)?;
    match result {
        Scalar::Plain(_) => Ok(crate::linalg::Matrix::from_fn(x.len(), x.len(), |_, _| 0.0)?),
        Scalar::Recorded(v) => Ok(tape.borrow_mut().hessian(v.node)?),
    }
}

/// The value of a Lua function at `x`, without recording.
pub fn plain_value(lua: &Lua, f: &Callback, x: &[f64]) -> Outcome<f64> {
    let result = f.call(x.to_vec().to_lua(lua)?)?.into_iter().next().unwrap_or(Value::Nil);
    f64::from_arg(result.clone(), lua)
        .or_else(|_| fault(format!("the function must return one number, got {}", got(&result))))
}

/// The Hessian of `f` at `x` times `v`.
pub fn product_at(lua: &Lua, f: &Callback, x: &[f64], v: &[f64]) -> Outcome<Vec<f64>> {
    let (tape, result) = record(lua, f, x)?;
    match result {
        Scalar::Plain(_) => Ok(vec![0.0; x.len()]),
        Scalar::Recorded(out) => Ok(tape.borrow_mut().hvp(out.node, v)?),
    }
}

/// The Hessian of `f` at `x`, row by row.
pub fn hessian_at(lua: &Lua, f: &Callback, x: &[f64]) -> Outcome<Vec<f64>> {
    Ok(second(lua, f, x)?.into_data())
}

/// The residuals that `f` returns as a list, and their Jacobian, row by row.
pub fn jacobian_at(lua: &Lua, f: &Callback, x: &[f64]) -> Outcome<(Vec<f64>, Vec<f64>)> {
    let (tape, point) = recording(lua, x)?;
    let result = f.call(point)?.into_iter().next().unwrap_or(Value::Nil);
    let Value::Table(list) = &result else {
        return fault(format!("the function must return its residuals as a list, got {}", got(&result)));
    };
    let (mut residuals, mut jacobian) = (Vec::new(), Vec::new());
    for value in list.sequence_values::<Value>() {
        match Scalar::from_arg(value?, lua)? {
            Scalar::Plain(r) => {
                residuals.push(r);
                jacobian.extend(vec![0.0; x.len()]);
            }
            Scalar::Recorded(v) => {
                residuals.push(v.tape.borrow().value(v.node)?);
                jacobian.extend(tape.borrow_mut().gradient(v.node)?);
            }
        }
    }
    Ok((residuals, jacobian))
}

/// A function of a point, or its results at once if a point is given.
pub enum Derived {
    /// The function.
    Function(Function),
    /// The results.
    Values(MultiValue),
}

impl Returns for Derived {
    fn types() -> Vec<String> {
        vec!["any".into()]
    }
    fn into_values(self, _: &Lua, _: Option<&Value>) -> mlua::Result<MultiValue> {
        Ok(match self {
            Self::Function(f) => MultiValue::from_iter([Value::Function(f)]),
            Self::Values(values) => values,
        })
    }
}

fn derive(
    lua: &Lua,
    f: Callback,
    point: Option<Point>,
    name: &'static str,
    results: fn(&Lua, &Callback, &[f64]) -> Outcome<MultiValue>,
) -> Outcome<Derived> {
    if let Some(point) = point {
        return Ok(Derived::Values(results(lua, &f, &point.0)?));
    }
    let shim = Shim::get(lua)?;
    let raw = shim.raw(lua, move |lua, mut args| {
        let point: Point = super::declare::argument(lua, &mut args, name, 1, "point")?;
        results(lua, &f, &point.0)
    })?;
    Ok(Derived::Function(shim.wrap(raw, None)?))
}

/// `mynah.grad` and its siblings, which stand in the root.
pub mod root {
    use super::*;

    /// See `mynah.grad`.
    pub fn grad(lua: &Lua, f: Callback, point: Option<Point>) -> Outcome<Derived> {
        derive(lua, f, point, "grad", |lua, f, x| {
            Ok(MultiValue::from_iter([row(gradient_at(lua, f, x)?.1)?.to_lua(lua)?]))
        })
    }

    /// See `mynah.value_and_grad`.
    pub fn value_and_grad(lua: &Lua, f: Callback, point: Option<Point>) -> Outcome<Derived> {
        derive(lua, f, point, "value_and_grad", |lua, f, x| {
            let (value, gradient) = gradient_at(lua, f, x)?;
            Ok(MultiValue::from_iter([Value::Number(value), row(gradient)?.to_lua(lua)?]))
        })
    }

    /// See `mynah.hessian`.
    pub fn hessian(lua: &Lua, f: Callback, point: Option<Point>) -> Outcome<Derived> {
        derive(lua, f, point, "hessian", |lua, f, x| {
            let hessian = square(second(lua, f, x)?.into_data(), x.len())?;
            Ok(MultiValue::from_iter([hessian.to_lua(lua)?]))
        })
    }

    /// See `mynah.hvp`.
    pub fn hvp(lua: &Lua, f: &Callback, x: &[f64], v: &[f64]) -> Outcome<LuaTensor> {
        if v.len() != x.len() {
            return fault(format!("hvp: the point has {} numbers, the direction {}", x.len(), v.len()));
        }
        Ok(row(product_at(lua, f, x, v)?)?)
    }

    /// See `mynah.gradcheck`.
    pub fn gradcheck(lua: &Lua, f: &Callback, x: &[f64], settings: &GradcheckSettings) -> Outcome<Table> {
        let (_, exact) = gradient_at(lua, f, x)?;
        let found = diff::gradcheck(|x| plain_value(lua, f, x).map_err(Fault::into_core), &exact, x, settings)?;
        let table = lua.create_table()?;
        table.set("passed", found.passed)?;
        table.set("error", found.error())?;
        table.set("worst", found.worst + 1)?;
        table.set("numeric", row(found.numeric)?.to_lua(lua)?)?;
        table.set("exact", row(exact)?.to_lua(lua)?)?;
        Ok(table)
    }

    /// See `mynah.terrain`.
    pub fn terrain(lua: &Lua, f: &Callback, x: &[f64], options: &Options<TerrainSettings>) -> Outcome<Table> {
        let (value, gradient) = gradient_at(lua, f, x)?;
        let found = diff::terrain(&second(lua, f, x)?, &gradient, &options.0)?;
        let table = lua.create_table()?;
        table.set("value", value)?;
        table.set("verdict", found.verdict.name())?;
        table.set("summary", found.to_string())?;
        table.set("condition", found.condition)?;
        table.set("slope", found.slope)?;
        table.set("up", found.up)?;
        table.set("down", found.down)?;
        table.set("level", found.level)?;
        table.set("gradient", row(gradient)?.to_lua(lua)?)?;
        table.set("eigenvalues", row(found.eigenvalues)?.to_lua(lua)?)?;
        table.set("eigenvectors", square(found.eigenvectors.into_data(), x.len())?.to_lua(lua)?)?;
        Ok(table)
    }
}

lua_module! {
    /// Functions of one number or two, for plain numbers and for functions that `mynah.grad` differentiates.
    module "mynah.math" {
        /// The sine, in radians.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.sin(0) - 0) < 1e-9)
        /// ```
        fn sin(x: Scalar) -> Answer { x.unary(Unary::Sin) }

        /// The cosine, in radians.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.cos(0) - 1) < 1e-9)
        /// ```
        fn cos(x: Scalar) -> Answer { x.unary(Unary::Cos) }

        /// The tangent, in radians.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.tan(0) - 0) < 1e-9)
        /// ```
        fn tan(x: Scalar) -> Answer { x.unary(Unary::Tan) }

        /// The inverse sine, in radians.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.asin(0) - 0) < 1e-9)
        /// ```
        fn asin(x: Scalar) -> Answer { x.unary(Unary::Asin) }

        /// The inverse cosine, in radians.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.acos(1) - 0) < 1e-9)
        /// ```
        fn acos(x: Scalar) -> Answer { x.unary(Unary::Acos) }

        /// The inverse tangent, in radians.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.atan(0) - 0) < 1e-9)
        /// ```
        fn atan(x: Scalar) -> Answer { x.unary(Unary::Atan) }

        /// The hyperbolic sine.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.sinh(0) - 0) < 1e-9)
        /// ```
        fn sinh(x: Scalar) -> Answer { x.unary(Unary::Sinh) }

        /// The hyperbolic cosine.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.cosh(0) - 1) < 1e-9)
        /// ```
        fn cosh(x: Scalar) -> Answer { x.unary(Unary::Cosh) }

        /// The hyperbolic tangent.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.tanh(0) - 0) < 1e-9)
        /// ```
        fn tanh(x: Scalar) -> Answer { x.unary(Unary::Tanh) }

        /// The inverse hyperbolic sine.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.asinh(0) - 0) < 1e-9)
        /// ```
        fn asinh(x: Scalar) -> Answer { x.unary(Unary::Asinh) }

        /// The inverse hyperbolic cosine.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.acosh(1) - 0) < 1e-9)
        /// ```
        fn acosh(x: Scalar) -> Answer { x.unary(Unary::Acosh) }

        /// The inverse hyperbolic tangent.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.atanh(0) - 0) < 1e-9)
        /// ```
        fn atanh(x: Scalar) -> Answer { x.unary(Unary::Atanh) }

        /// e to the power x.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.exp(0) - 1) < 1e-9)
        /// ```
        fn exp(x: Scalar) -> Answer { x.unary(Unary::Exp) }

        /// e to the power x, less 1; exact for small x.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.expm1(0) - 0) < 1e-9)
        /// ```
        fn expm1(x: Scalar) -> Answer { x.unary(Unary::Expm1) }

        /// The natural logarithm.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.log(1) - 0) < 1e-9)
        /// ```
        fn log(x: Scalar) -> Answer { x.unary(Unary::Log) }

        /// The natural logarithm of 1 + x; exact for small x.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.log1p(0) - 0) < 1e-9)
        /// ```
        fn log1p(x: Scalar) -> Answer { x.unary(Unary::Log1p) }

        /// The logarithm to base 2.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.log2(8) - 3) < 1e-9)
        /// ```
        fn log2(x: Scalar) -> Answer { x.unary(Unary::Log2) }

        /// The logarithm to base 10.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.log10(1000) - 3) < 1e-9)
        /// ```
        fn log10(x: Scalar) -> Answer { x.unary(Unary::Log10) }

        /// The square root.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.sqrt(9) - 3) < 1e-9)
        /// ```
        fn sqrt(x: Scalar) -> Answer { x.unary(Unary::Sqrt) }

        /// The cube root, also of negative numbers.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.cbrt(-8) - (-2)) < 1e-9)
        /// ```
        fn cbrt(x: Scalar) -> Answer { x.unary(Unary::Cbrt) }

        /// The square, x times x.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.square(3) - 9) < 1e-9)
        /// ```
        fn square(x: Scalar) -> Answer { x.unary(Unary::Square) }

        /// The size without sign; its derivative at 0 counts as 0.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.abs(-2) - 2) < 1e-9)
        /// ```
        fn abs(x: Scalar) -> Answer { x.unary(Unary::Abs) }

        /// -1, 0 or 1; its derivative counts as 0.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.sign(-2) - (-1)) < 1e-9)
        /// ```
        fn sign(x: Scalar) -> Answer { x.unary(Unary::Sign) }

        /// The whole number at or below x; its derivative counts as 0.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.floor(1.5) - 1) < 1e-9)
        /// ```
        fn floor(x: Scalar) -> Answer { x.unary(Unary::Floor) }

        /// The whole number at or above x; its derivative counts as 0.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.ceil(1.5) - 2) < 1e-9)
        /// ```
        fn ceil(x: Scalar) -> Answer { x.unary(Unary::Ceil) }

        /// The nearest whole number; its derivative counts as 0.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.round(1.6) - 2) < 1e-9)
        /// ```
        fn round(x: Scalar) -> Answer { x.unary(Unary::Round) }

        /// The error function.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.erf(0) - 0) < 1e-9)
        /// ```
        fn erf(x: Scalar) -> Answer { x.unary(Unary::Erf) }

        /// The logistic function 1 / (1 + e^-x).
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.sigmoid(0) - 0.5) < 1e-9)
        /// ```
        fn sigmoid(x: Scalar) -> Answer { x.unary(Unary::Sigmoid) }

        /// A soft rectifier: ln(1 + e^x).
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.softplus(1000) - 1000) < 1e-9)
        /// ```
        fn softplus(x: Scalar) -> Answer { x.unary(Unary::Softplus) }

        /// The rectifier max(x, 0); its derivative at 0 counts as 0.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.relu(-1) - 0) < 1e-9)
        /// ```
        fn relu(x: Scalar) -> Answer { x.unary(Unary::Relu) }

        /// x to the power y.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.pow(2, 10) - 1024) < 1e-9)
        /// ```
        fn pow(a: Scalar, b: Scalar) -> Answer { Scalar::binary(Binary::Pow, &a, &b) }

        /// The angle of the point (x, y), in radians: `atan2(y, x)`.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.atan2(0, 1) - 0) < 1e-9)
        /// ```
        fn atan2(a: Scalar, b: Scalar) -> Answer { Scalar::binary(Binary::Atan2, &a, &b) }

        /// The root of x² + y².
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.hypot(3, 4) - 5) < 1e-9)
        /// ```
        fn hypot(a: Scalar, b: Scalar) -> Answer { Scalar::binary(Binary::Hypot, &a, &b) }

        /// The larger of two; equal ones share the derivative.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.max(2, 3) - 3) < 1e-9)
        /// ```
        fn max(a: Scalar, b: Scalar) -> Answer { Scalar::binary(Binary::Max, &a, &b) }

        /// The smaller of two; equal ones share the derivative.
        ///
        /// ```lua
        /// assert(math.abs(mynah.math.min(2, 3) - 2) < 1e-9)
        /// ```
        fn min(a: Scalar, b: Scalar) -> Answer { Scalar::binary(Binary::Min, &a, &b) }
    }
}

lua_class! {
    /// A number of a function that `mynah.grad` differentiates: it counts like a number and remembers how it came about.
    ///
    /// `+ - * / % ^` and comparisons work, with plain numbers on either side; other functions are in `mynah.math`.
    class Variable(LuaVariable) {
        /// Its plain value.
        get value(this) -> f64 { Ok(this.tape.borrow().value(this.node)?) }
        /// The sum, `a + b`.
        meta add(a: Scalar, b: Scalar) -> Answer { Scalar::binary(Binary::Add, &a, &b) }
        /// The difference, `a - b`.
        meta sub(a: Scalar, b: Scalar) -> Answer { Scalar::binary(Binary::Sub, &a, &b) }
        /// The product, `a * b`.
        meta mul(a: Scalar, b: Scalar) -> Answer { Scalar::binary(Binary::Mul, &a, &b) }
        /// The quotient, `a / b`.
        meta div(a: Scalar, b: Scalar) -> Answer { Scalar::binary(Binary::Div, &a, &b) }
        /// The remainder, `a % b`, with the sign of b.
        meta r#mod(a: Scalar, b: Scalar) -> Answer { Scalar::binary(Binary::Mod, &a, &b) }
        /// The power, `a ^ b`.
        meta pow(a: Scalar, b: Scalar) -> Answer { Scalar::binary(Binary::Pow, &a, &b) }
        /// The negative, `-a`.
        meta unm(a: Scalar, b: Value) -> Answer { let _ = b; a.unary(Unary::Neg) }
        /// Whether a is less than b.
        meta lt(a: Scalar, b: Scalar) -> bool { Ok(a.value()? < b.value()?) }
        /// Whether a is at most b.
        meta le(a: Scalar, b: Scalar) -> bool { Ok(a.value()? <= b.value()?) }
        /// Whether two such numbers are equal.
        meta eq(a: Scalar, b: Scalar) -> bool { Ok(a.value()? == b.value()?) }
        /// Its plain value.
        meta tostring(this) -> String { Ok(this.tape.borrow().value(this.node)?.to_string()) }
    }
}
