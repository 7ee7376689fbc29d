//! `Tensor` as Lua sees it: counted from 1, with operators, slices and gradients.

use super::convert::{FromArg, LuaType, Places, Ref, Returns, This, ToLua, expected, got};
use super::root::fresh_seed;
use super::shim::{Outcome, fault};
use crate::data::Rng;
use crate::lua_class;
use crate::nn::{self, Activation, Binary, Compare, Device, Dtype, Operand, Param, Range, Reduce, Tensor, Unary};
use mlua::{Lua, MultiValue, Table, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a new tensor is made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TensorOptions {
    /// What its elements are: "f32" (the usual default), "f64", "i32" or "bool".
    pub dtype: Option<String>,
    /// Where it lives: "cpu", or "wgpu" in a build that has it. Default: see `mynah.device`.
    pub device: Option<String>,
    /// Whether `backward` finds its derivative.
    pub requires_grad: bool,
    /// Seed of the random numbers, for `randn` and `rand`.
    pub seed: Option<u64>,
}

impl TensorOptions {
    /// The dtype asked for, or `usual`.
    pub fn dtype_or(&self, usual: Dtype) -> crate::Result<Dtype> {
        self.dtype.as_deref().map_or(Ok(usual), str::parse)
    }

    /// The device asked for.
    pub fn device(&self) -> crate::Result<Device> {
        self.device.as_deref().map_or(Ok(nn::default_device()), str::parse)
    }

    /// The finished tensor as an object.
    pub fn finish(&self, tensor: Tensor) -> Outcome<LuaTensor> {
        Ok(LuaTensor(if self.requires_grad { Param::leaf(&tensor)? } else { Param::new(tensor) }))
    }
}

/// A tensor as Lua holds it.
#[derive(Clone)]
pub struct LuaTensor(pub Param);

impl From<Tensor> for LuaTensor {
    fn from(tensor: Tensor) -> Self {
        Self(Param::new(tensor))
    }
}

/// One side of an operation: a tensor or a number (or a table of numbers, which becomes a tensor).
pub struct Number(pub Operand);

impl LuaType for Number {
    fn lua_type() -> String {
        "mynah.Tensor|number".into()
    }
}
impl FromArg for Number {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        Ok(Self(match &value {
            Value::Integer(_) | Value::Number(_) => Operand::Scalar(f64::from_arg(value, lua)?),
            Value::Boolean(b) => Operand::Scalar(f64::from(u8::from(*b))),
            Value::Table(_) => Operand::Tensor(build(&value, &TensorOptions::default())?.0.value()),
            Value::UserData(data) if data.is::<LuaTensor>() => Operand::Tensor(TensorLike::from_arg(value, lua)?.0),
            other => return expected("a tensor or a number", other),
        }))
    }
}

/// A tensor, or a table that becomes one.
pub struct TensorLike(pub Tensor);

impl LuaType for TensorLike {
    fn lua_type() -> String {
        "mynah.Tensor|table".into()
    }
}
impl FromArg for TensorLike {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        match &value {
            Value::Table(_) => Ok(Self(build(&value, &TensorOptions::default())?.0.value())),
            Value::UserData(_) => Ok(Self(Ref::<LuaTensor>::from_arg(value, lua)?.0.value())),
            other => expected("a tensor or a table of numbers", other),
        }
    }
}

/// A dimension counted from 1, or from the end with −1.
pub struct Dim(i64);

impl LuaType for Dim {
    fn lua_type() -> String {
        "integer".into()
    }
}
impl FromArg for Dim {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        i64::from_arg(value, lua).map(Self)
    }
}
impl Dim {
    /// Counted from 0, for a tensor of `rank` dimensions.
    pub fn of(&self, rank: usize) -> Outcome<usize> {
        place(self.0, rank).map_or_else(
            || fault(format!("dimension {} of a tensor with {rank} dimensions does not exist", self.0)),
            Ok,
        )
    }
}

/// A place counted from 1, or from the end, as one counted from 0.
fn place(i: i64, n: usize) -> Option<usize> {
    let at = if i > 0 { i - 1 } else { n as i64 + i };
    (i != 0 && at >= 0 && (at as usize) < n).then_some(at as usize)
}

/// Sizes given as numbers or as one list; one of them may be −1, "what is left".
pub struct NewShape(Vec<i64>);

impl LuaType for NewShape {
    fn lua_type() -> String {
        "integer|integer[]".into()
    }
}
impl FromArg for NewShape {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        Vec::<i64>::from_arg(value, lua).map(Self)
    }
    fn take(args: &mut MultiValue, lua: &Lua, site: &super::convert::Site) -> Outcome<Self> {
        if let Some(Value::Table(_)) = args.front() {
            let list = args.pop_front().unwrap_or(Value::Nil);
            return Self::from_arg(list, lua).map_err(|f| site.blame(f));
        }
        let sizes: Outcome<Vec<i64>> = args.drain(..).map(|v| i64::from_arg(v, lua)).collect();
        sizes.map(Self).map_err(|f| site.blame(f))
    }
}
impl NewShape {
    fn resolve(&self, len: usize) -> Outcome<Vec<usize>> {
        let known: usize = self.0.iter().filter(|s| **s > 0).map(|s| *s as usize).product();
        let open = self.0.iter().filter(|s| **s == -1).count();
        if open > 1 || self.0.iter().any(|s| *s < -1) {
            return fault(format!("reshape: sizes are positive, and at most one may be -1, got {:?}", self.0));
        }
        let rest = len.checked_div(known).unwrap_or(0);
        Ok(self.0.iter().map(|&s| if s == -1 { rest } else { s as usize }).collect())
    }
}

/// Whatever a callback returned.
pub struct Values(pub MultiValue);

impl Returns for Values {
    fn types() -> Vec<String> {
        vec!["any".into()]
    }
    fn into_values(self, _: &Lua, _: Option<&Value>) -> mlua::Result<MultiValue> {
        Ok(self.0)
    }
}

/// Collects nested tables of numbers or booleans, row by row.
struct Nest {
    values: Vec<f64>,
    shape: Vec<usize>,
    bools: Option<bool>,
}

impl Nest {
    fn add(&mut self, value: &Value, depth: usize) -> Outcome<()> {
        let (number, is_bool) = match value {
            Value::Table(table) => return self.add_table(table, depth),
            Value::Integer(i) => (*i as f64, false),
            Value::Number(n) => (*n, false),
            Value::Boolean(b) => (f64::from(u8::from(*b)), true),
            other => return fault(format!("tensor: elements are numbers or booleans, got {}", got(other))),
        };
        if depth != self.shape.len() {
            return fault("tensor: numbers and rows are mixed at one level");
        }
        if *self.bools.get_or_insert(is_bool) != is_bool {
            return fault("tensor: numbers and booleans are mixed");
        }
        self.values.push(number);
        Ok(())
    }

    fn add_table(&mut self, table: &Table, depth: usize) -> Outcome<()> {
        let n = table.raw_len();
        match self.shape.get(depth) {
            None if self.values.is_empty() && depth < 8 => self.shape.push(n),
            Some(&size) if size == n => {}
            Some(&size) => {
                return fault(format!("tensor: rows differ in length: one has {size}, another {n}"));
            }
            None => return fault("tensor: numbers and rows are mixed at one level"),
        }
        if n == 0 {
            return fault("tensor: a table without elements has no shape");
        }
        for i in 1..=n {
            self.add(&table.raw_get::<Value>(i)?, depth + 1)?;
        }
        Ok(())
    }
}

/// A tensor from a number, nested tables, or another tensor (copied).
pub fn build(values: &Value, options: &TensorOptions) -> Outcome<LuaTensor> {
    if let Value::UserData(data) = values
        && let Ok(tensor) = data.borrow::<LuaTensor>()
    {
        let old = tensor.0.value().plain();
        let device = if options.device.is_some() { options.device()? } else { old.device() };
        return options.finish(old.cast(options.dtype_or(old.dtype())?)?.to_device(device)?);
    }
    let mut nest = Nest { values: Vec::new(), shape: Vec::new(), bools: None };
    nest.add(values, 0)?;
    if nest.shape.is_empty() {
        nest.shape.push(1);
    }
    let usual = if nest.bools == Some(true) { Dtype::Bool } else { Dtype::F32 };
    options.finish(Tensor::from_f64(nest.values, &nest.shape, options.dtype_or(usual)?, options.device()?)?)
}

/// `cat` and `stack`.
pub fn join(
    tensors: &[Ref<LuaTensor>],
    dim: Option<i64>,
    how: fn(&[Tensor], usize) -> crate::Result<Tensor>,
    more: usize,
) -> Outcome<LuaTensor> {
    let tensors: Vec<_> = tensors.iter().map(|t| t.0.value()).collect();
    let rank = tensors.first().map_or(1, Tensor::rank) + more;
    Ok(how(&tensors, Dim(dim.unwrap_or(1)).of(rank)?)?.into())
}

/// `where`.
pub fn choose(mask: &LuaTensor, a: Number, b: Number) -> Outcome<LuaTensor> {
    let mask = mask.0.value();
    let like = match (&a.0, &b.0) {
        (Operand::Tensor(t), _) | (_, Operand::Tensor(t)) => t.dtype(),
        _ => Dtype::F32,
    };
    let tensor = |n: Number| match n.0 {
        Operand::Tensor(t) => Ok(t),
        Operand::Scalar(s) => Tensor::full(&[1], s, like.max(Dtype::I32), mask.device()),
    };
    Ok(Tensor::select(&mask, &tensor(a)?, &tensor(b)?)?.into())
}

/// The ranges that an index means: a number, or a list with one entry per dimension.
fn ranges(shape: &[usize], key: &Value) -> Outcome<Vec<Range>> {
    let one = |dim: usize, value: &Value| -> Outcome<Range> {
        let Some(&size) = shape.get(dim) else {
            return fault(format!("index: the tensor has only {} dimensions", shape.len()));
        };
        let at = |value: &Value| -> Outcome<usize> {
            let i = match value {
                Value::Integer(i) => *i,
                Value::Number(n) if n.fract() == 0.0 => *n as i64,
                other => return fault(format!("index: expected a whole number, got {}", got(other))),
            };
            match place(i, size) {
                Some(at) => Ok(at),
                None => fault(format!("index {i} is outside 1..{size} (dimension {} of {shape:?})", dim + 1)),
            }
        };
        match value {
            Value::Table(span) => match span.raw_len() {
                0 => Ok(Range::All),
                1 => at(&span.raw_get(1)?).map(|i| Range::Span(i, i + 1)),
                _ => Ok(Range::Span(at(&span.raw_get(1)?)?, at(&span.raw_get(2)?)? + 1)),
            },
            other => at(other).map(Range::At),
        }
    };
    match key {
        Value::Table(list) => (1..=list.raw_len()).map(|i| one(i - 1, &list.raw_get(i)?)).collect(),
        other => Ok(vec![one(0, other)?]),
    }
}

fn read_part(lua: &Lua, tensor: &Tensor, key: &Value) -> Outcome<Value> {
    if let Value::UserData(data) = key {
        let mask = data.borrow::<LuaTensor>().map_err(|_| super::Fault::Message("index: expected a mask".into()))?;
        return Ok(LuaTensor::from(masked(tensor, &mask.0.value())?).to_lua(lua)?);
    }
    let ranges = ranges(&tensor.shape(), key)?;
    let part = tensor.slice(&ranges)?;
    let single = ranges.len() == tensor.rank() && ranges.iter().all(|r| matches!(r, Range::At(_)));
    if single && !part.is_recorded() {
        return Ok(scalar(&part)?);
    }
    Ok(LuaTensor::from(part).to_lua(lua)?)
}

/// The only element as a Lua value.
fn scalar(tensor: &Tensor) -> crate::Result<Value> {
    let value = tensor.item()?;
    Ok(match tensor.dtype() {
        Dtype::I32 => Value::Integer(value as i64),
        Dtype::Bool => Value::Boolean(value != 0.0),
        _ => Value::Number(value),
    })
}

/// The elements where `mask`, of the same shape, is true, as a row.
fn masked(tensor: &Tensor, mask: &Tensor) -> Outcome<Tensor> {
    if mask.dtype() != Dtype::Bool || mask.shape() != tensor.shape() {
        return fault(format!(
            "index: a mask is a bool tensor of shape {:?}, got {} {:?}",
            tensor.shape(),
            mask.dtype(),
            mask.shape()
        ));
    }
    let chosen: Vec<i32> = (0i32..).zip(mask.to_i32()?).filter(|(_, m)| *m != 0).map(|(i, _)| i).collect();
    if chosen.is_empty() {
        return fault("index: the mask is false everywhere");
    }
    let n = chosen.len();
    let chosen = Tensor::from_vec(chosen, &[n], tensor.device())?;
    Ok(tensor.reshape(&[tensor.len()])?.index_select(0, &chosen)?)
}

fn write_part(tensor: &LuaTensor, key: &Value, value: Value, lua: &Lua) -> Outcome<()> {
    let old = tensor.0.value();
    let value = match Number::from_arg(value, lua)?.0 {
        Operand::Tensor(t) => t,
        Operand::Scalar(s) => Tensor::full(&[1], s, old.dtype(), old.device())?,
    };
    if let Value::UserData(data) = key {
        let mask = data.borrow::<LuaTensor>().map_err(|_| super::Fault::Message("index: expected a mask".into()))?;
        let mask = mask.0.value();
        return Ok(tensor.0.change("index", |t| Tensor::select(&mask, &value, &t))?);
    }
    let ranges = ranges(&old.shape(), key)?;
    Ok(tensor.0.change("index", |t| t.slice_assign(&ranges, &value))?)
}

fn nested(lua: &Lua, values: &mut impl Iterator<Item = Value>, shape: &[usize]) -> mlua::Result<Value> {
    let table = lua.create_table_with_capacity(shape[0], 0)?;
    for i in 1..=shape[0] {
        let item =
            if shape.len() == 1 { values.next().unwrap_or(Value::Nil) } else { nested(lua, values, &shape[1..])? };
        table.raw_set(i, item)?;
    }
    Ok(Value::Table(table))
}

/// Positions counted from 0, as Lua counts them.
fn from_one(indices: &Tensor) -> Outcome<LuaTensor> {
    Ok(indices.add_scalar(1.0)?.into())
}

/// Positions counted from 1, as the core counts them.
pub fn from_zero(indices: &Tensor) -> crate::Result<Tensor> {
    indices.cast(Dtype::I32)?.add_scalar(-1.0)
}

fn give(tensor: crate::Result<Tensor>) -> Outcome<LuaTensor> {
    Ok(tensor?.into())
}

impl LuaTensor {
    fn operate(op: Binary, a: &Number, b: &Number) -> Outcome<LuaTensor> {
        give(Tensor::operate(op, &a.0, &b.0))
    }

    fn compare(&self, op: Compare, b: &Number) -> Outcome<LuaTensor> {
        give(Tensor::compare_operands(op, &Operand::Tensor(self.0.value()), &b.0))
    }

    fn unary(&self, op: Unary) -> Outcome<LuaTensor> {
        give(self.0.value().unary(op))
    }

    fn reduce(&self, op: Reduce, dim: Option<Dim>, keep: Option<bool>) -> Outcome<LuaTensor> {
        let t = self.0.value();
        let dim = dim.map(|d| d.of(t.rank())).transpose()?;
        give(t.reduce(op, dim, keep.unwrap_or(false)))
    }

    fn dim(&self, dim: &Dim) -> Outcome<(Tensor, usize)> {
        let t = self.0.value();
        let dim = dim.of(t.rank())?;
        Ok((t, dim))
    }

    fn in_place(&self, what: &str, op: Binary, b: &Number) -> Outcome<()> {
        Ok(self.0.change(what, |t| Tensor::operate(op, &Operand::Tensor(t), &b.0))?)
    }

    /// `<` and `<=` on tensors of one element.
    fn ordered(a: &Number, b: &Number, test: fn(f64, f64) -> bool) -> Outcome<bool> {
        let number = |n: &Number| match &n.0 {
            Operand::Scalar(s) => Ok(*s),
            Operand::Tensor(t) if t.len() == 1 => Ok(t.item()?),
            Operand::Tensor(_) => fault("`<` compares numbers; for element by element use :lt(), :le(), :gt(), :ge()"),
        };
        Ok(test(number(a)?, number(b)?))
    }
}

lua_class! {
    /// An n-dimensional array of numbers, counted from 1.
    ///
    /// `x[2]` is the second row (of a plain row of numbers: the number itself), `x[-1]` the last, `x[{ {}, 2 }]` the
    /// second column, `x[{ {1, 3}, {} }]` the first three rows; assigning to these writes. `+ - * / % ^` work element by element, with tensors or
    /// numbers on either side; sizes of 1 stretch to fit. Methods that end in `_` change the tensor itself.
    ///
    /// With `requires_grad`, what is computed from a tensor is recorded, and `loss:backward()` puts the derivative
    /// into its `grad`. Even one number of such a tensor is a tensor; `x[2]:item()` is the plain number.
    class Tensor(LuaTensor) {
        /// Its sizes, as a list.
        ///
        /// ```lua
        /// assert(mynah.zeros(2, 3).shape[2] == 3)
        /// ```
        get shape(this) -> Vec<usize> { Ok(this.0.value().shape()) }
        /// What its elements are: "f32", "f64", "i32" or "bool".
        get dtype(this) -> String { Ok(this.0.value().dtype().name().into()) }
        /// Where it lives: "cpu" or "wgpu".
        get device(this) -> String { Ok(this.0.value().device().name().into()) }
        /// Whether it is recorded for `backward`; set it to `true` to make a leaf.
        ///
        /// ```lua
        /// local w = mynah.ones(3)
        /// w.requires_grad = true
        /// ;(w * w):sum():backward()
        /// assert(w.grad[1] == 2)
        /// ```
        get requires_grad(this) -> bool { Ok(this.0.requires_grad()) }
        /// The derivative that `backward` found, summed over its calls; nil before. Assign nil to forget it.
        get grad(this) -> Option<LuaTensor> { Ok(this.0.grad().map(LuaTensor::from)) }

        /// Sum, element by element.
        meta add(a: Number, b: Number) -> LuaTensor { LuaTensor::operate(Binary::Add, &a, &b) }
        /// Difference, element by element.
        meta sub(a: Number, b: Number) -> LuaTensor { LuaTensor::operate(Binary::Sub, &a, &b) }
        /// Product, element by element.
        meta mul(a: Number, b: Number) -> LuaTensor { LuaTensor::operate(Binary::Mul, &a, &b) }
        /// Quotient, element by element; integers give floats.
        meta div(a: Number, b: Number) -> LuaTensor { LuaTensor::operate(Binary::Div, &a, &b) }
        /// Remainder with the sign of the divisor, as Lua's `%`.
        meta r#mod(a: Number, b: Number) -> LuaTensor { LuaTensor::operate(Binary::Rem, &a, &b) }
        /// Power, element by element.
        meta pow(a: Number, b: Number) -> LuaTensor { LuaTensor::operate(Binary::Pow, &a, &b) }
        /// The negative of each element.
        meta unm(a: Ref<LuaTensor>, b: Value) -> LuaTensor { let _ = b; a.unary(Unary::Neg) }
        /// Compares tensors of one element; use `lt` for element by element.
        meta lt(a: Number, b: Number) -> bool { LuaTensor::ordered(&a, &b, |a, b| a < b) }
        /// Compares tensors of one element; use `le` for element by element.
        meta le(a: Number, b: Number) -> bool { LuaTensor::ordered(&a, &b, |a, b| a <= b) }
        /// The size of the first dimension.
        meta len(a: Ref<LuaTensor>, b: Value) -> usize { let _ = b; Ok(a.0.value().shape()[0]) }
        /// A row, a part or (of a row of numbers) a number; see the class.
        ///
        /// ```lua
        /// local x = mynah.tensor{ {1, 2}, {3, 4} }
        /// assert(x[2][1] == 3 and x[{ {}, 2 }]:sum():item() == 6 and x[{1, 2}] == 2)
        /// ```
        meta index(this, @lua, key: Places) -> Value {
            if key.0.is_string() { Ok(Value::Nil) } else { read_part(lua, &this.0.value(), &key.0) }
        }
        /// Writes a part; see the class.
        ///
        /// ```lua
        /// local x = mynah.zeros(2, 3)
        /// x[1] = 5
        /// x[{ {}, 3 }] = mynah.tensor{ 7, 8 }
        /// assert(x:sum():item() == 25)
        /// ```
        meta newindex(this, @lua, key: Value, value: Value) -> () { assign(&this, lua, &key, value) }
        /// Shape, dtype and an abbreviated body.
        meta tostring(this) -> String { Ok(this.0.value().to_string()) }

        /// The only element, as a Lua number or boolean.
        ///
        /// ```lua
        /// assert(mynah.tensor{ 2.5 }:item() == 2.5)
        /// ```
        fn item(this) -> Value { Ok(scalar(&this.0.value().plain())?) }
        /// Its elements as nested tables.
        ///
        /// ```lua
        /// assert(mynah.eye(2):totable()[2][2] == 1)
        /// ```
        fn totable(this, @lua) -> Table { to_table(lua, &this.0.value()) }
        /// The number of elements.
        fn numel(this) -> usize { Ok(this.0.value().len()) }
        /// The number of dimensions.
        fn dims(this) -> usize { Ok(this.0.value().rank()) }
        /// The same numbers as another dtype ("f32", "f64", "i32", "bool") or on another device ("cpu", "wgpu").
        ///
        /// ```lua
        /// assert(mynah.tensor{ 1.7 }:to("i32")[1] == 1)
        /// ```
        fn to(this, target: String) -> LuaTensor { convert(&this.0.value(), &target) }
        /// A copy that shares nothing with this tensor and has no history.
        fn clone(this) -> LuaTensor { Ok(this.0.value().plain().into()) }
        /// The same numbers without history.
        fn detach(this) -> LuaTensor { Ok(this.0.value().plain().into()) }

        /// Finds the derivative of this one number by every leaf it was computed from; they appear in `grad`.
        ///
        /// ```lua
        /// local x = mynah.tensor({ 1, 2, 3 }, { requires_grad = true })
        /// ;(x * x):sum():backward()
        /// assert(x.grad[3] == 6)
        /// ```
        fn backward(this) -> () { Ok(nn::backward(&this.0.value())?) }
        /// Forgets the derivative.
        fn zero_grad(this) -> This { this.0.set_grad(None); Ok(This) }

        /// Whether elements equal `other`, as a bool tensor.
        fn eq(this, other: Number) -> LuaTensor { this.compare(Compare::Eq, &other) }
        /// Whether elements differ from `other`.
        fn ne(this, other: Number) -> LuaTensor { this.compare(Compare::Ne, &other) }
        /// Whether elements are less than `other`.
        ///
        /// ```lua
        /// assert(mynah.tensor{ 1, 2, 3 }:lt(3):sum():item() == 2)
        /// ```
        fn lt(this, other: Number) -> LuaTensor { this.compare(Compare::Lt, &other) }
        /// Whether elements are at most `other`.
        fn le(this, other: Number) -> LuaTensor { this.compare(Compare::Le, &other) }
        /// Whether elements are greater than `other`.
        fn gt(this, other: Number) -> LuaTensor { this.compare(Compare::Gt, &other) }
        /// Whether elements are at least `other`.
        fn ge(this, other: Number) -> LuaTensor { this.compare(Compare::Ge, &other) }
        /// Whether both are true, element by element. (Spelled with a capital: `and` is a word of Lua.)
        fn And(this, other: Ref<LuaTensor>) -> LuaTensor { give(this.0.value().logical("and", &other.0.value())) }
        /// Whether at least one is true, element by element.
        fn Or(this, other: Ref<LuaTensor>) -> LuaTensor { give(this.0.value().logical("or", &other.0.value())) }
        /// Whether exactly one is true, element by element.
        fn Xor(this, other: Ref<LuaTensor>) -> LuaTensor { give(this.0.value().logical("xor", &other.0.value())) }
        /// Whether elements are false or zero.
        fn Not(this) -> LuaTensor { give(this.0.value().logical_not()) }
        /// Whether any element is true or not zero.
        fn any(this) -> LuaTensor { give(this.0.value().any_all(false)) }
        /// Whether all elements are true or not zero.
        ///
        /// ```lua
        /// assert(mynah.tensor{ true, true }:all():item())
        /// ```
        fn all(this) -> LuaTensor { give(this.0.value().any_all(true)) }

        /// The larger of each element and `other`.
        fn maximum(this, other: Number) -> LuaTensor { LuaTensor::operate(Binary::Max, &Number(Operand::Tensor(this.0.value())), &other) }
        /// The smaller of each element and `other`.
        fn minimum(this, other: Number) -> LuaTensor { LuaTensor::operate(Binary::Min, &Number(Operand::Tensor(this.0.value())), &other) }
        /// Each element limited to [low, high].
        fn clamp(this, low: f64, high: f64) -> LuaTensor { give(this.0.value().clamp(low, high)) }
        /// The negative of each element.
        fn neg(this) -> LuaTensor { this.unary(Unary::Neg) }
        /// The absolute value of each element.
        fn abs(this) -> LuaTensor { this.unary(Unary::Abs) }
        /// e to the power of each element.
        fn exp(this) -> LuaTensor { this.unary(Unary::Exp) }
        /// The natural logarithm of each element.
        fn log(this) -> LuaTensor { this.unary(Unary::Log) }
        /// The natural logarithm of 1 + each element, exact near 0.
        fn log1p(this) -> LuaTensor { this.unary(Unary::Log1p) }
        /// The square root of each element.
        fn sqrt(this) -> LuaTensor { this.unary(Unary::Sqrt) }
        /// The sine of each element, in radians.
        fn sin(this) -> LuaTensor { this.unary(Unary::Sin) }
        /// The cosine of each element, in radians.
        fn cos(this) -> LuaTensor { this.unary(Unary::Cos) }
        /// The tangent of each element, in radians.
        fn tan(this) -> LuaTensor { this.unary(Unary::Tan) }
        /// The inverse sine of each element, in radians.
        fn asin(this) -> LuaTensor { this.unary(Unary::Asin) }
        /// The inverse cosine of each element, in radians.
        fn acos(this) -> LuaTensor { this.unary(Unary::Acos) }
        /// The inverse tangent of each element, in radians.
        fn atan(this) -> LuaTensor { this.unary(Unary::Atan) }
        /// The hyperbolic sine of each element.
        fn sinh(this) -> LuaTensor { this.unary(Unary::Sinh) }
        /// The hyperbolic cosine of each element.
        fn cosh(this) -> LuaTensor { this.unary(Unary::Cosh) }
        /// The hyperbolic tangent of each element.
        fn tanh(this) -> LuaTensor { this.unary(Unary::Tanh) }
        /// The error function of each element.
        fn erf(this) -> LuaTensor { this.unary(Unary::Erf) }
        /// The whole number at or below each element.
        fn floor(this) -> LuaTensor { this.unary(Unary::Floor) }
        /// The whole number at or above each element.
        fn ceil(this) -> LuaTensor { this.unary(Unary::Ceil) }
        /// The nearest whole number to each element (halves to even).
        fn round(this) -> LuaTensor { this.unary(Unary::Round) }
        /// −1, 0 or 1 for each element.
        fn sign(this) -> LuaTensor { this.unary(Unary::Sign) }

        /// The sum of all elements, or along `dim`; `keep` leaves a size of 1 there.
        ///
        /// ```lua
        /// local x = mynah.tensor{ {1, 2}, {3, 4} }
        /// assert(x:sum():item() == 10 and x:sum(1)[1] == 4 and x:sum(2, true).shape[2] == 1)
        /// ```
        fn sum(this, dim: Option<Dim>, keep: Option<bool>) -> LuaTensor { this.reduce(Reduce::Sum, dim, keep) }
        /// The mean of all elements, or along `dim`.
        fn mean(this, dim: Option<Dim>, keep: Option<bool>) -> LuaTensor { this.reduce(Reduce::Mean, dim, keep) }
        /// The product of all elements, or along `dim`.
        fn prod(this, dim: Option<Dim>, keep: Option<bool>) -> LuaTensor { this.reduce(Reduce::Prod, dim, keep) }
        /// The largest element, or the largest along `dim`.
        fn max(this, dim: Option<Dim>, keep: Option<bool>) -> LuaTensor { this.reduce(Reduce::Max, dim, keep) }
        /// The smallest element, or the smallest along `dim`.
        fn min(this, dim: Option<Dim>, keep: Option<bool>) -> LuaTensor { this.reduce(Reduce::Min, dim, keep) }
        /// The variance of all elements, or along `dim`, dividing by n − 1.
        fn var(this, dim: Option<Dim>, keep: Option<bool>) -> LuaTensor {
            let t = this.0.value();
            give(t.var(dim.map(|d| d.of(t.rank())).transpose()?, keep.unwrap_or(false)))
        }
        /// The standard deviation of all elements, or along `dim`, dividing by n − 1.
        ///
        /// ```lua
        /// assert(mynah.tensor{ 1, 2, 3 }:std():item() == 1)
        /// ```
        fn std(this, dim: Option<Dim>, keep: Option<bool>) -> LuaTensor {
            let t = this.0.value();
            give(t.var(dim.map(|d| d.of(t.rank())).transpose()?, keep.unwrap_or(false))?.unary(Unary::Sqrt))
        }
        /// The Euclidean length: the root of the sum of squares.
        fn norm(this) -> LuaTensor { let t = this.0.value(); give(t.mul(&t)?.sum().unary(Unary::Sqrt)) }
        /// The place of the largest element, of all or along `dim`, counted from 1.
        ///
        /// ```lua
        /// assert(mynah.tensor{ 3, 9, 4 }:argmax():item() == 2)
        /// ```
        fn argmax(this, dim: Option<Dim>) -> LuaTensor {
            let t = this.0.value();
            from_one(&t.arg_extreme(true, dim.map(|d| d.of(t.rank())).transpose()?)?)
        }
        /// The place of the smallest element, of all or along `dim`, counted from 1.
        fn argmin(this, dim: Option<Dim>) -> LuaTensor {
            let t = this.0.value();
            from_one(&t.arg_extreme(false, dim.map(|d| d.of(t.rank())).transpose()?)?)
        }
        /// Running sums along `dim` (default 1).
        fn cumsum(this, dim: Option<Dim>) -> LuaTensor { let (t, d) = this.dim(&dim.unwrap_or(Dim(1)))?; give(t.cumsum(d)) }
        /// Sorted along `dim` (default the last), and the places that the elements came from.
        ///
        /// ```lua
        /// local sorted, places = mynah.tensor{ 3, 1, 2 }:sort()
        /// assert(sorted[1] == 1 and places[1] == 2)
        /// ```
        fn sort(this, dim: Option<Dim>, descending: Option<bool>) -> (LuaTensor, LuaTensor) {
            let (t, d) = this.dim(&dim.unwrap_or(Dim(-1)))?;
            let (sorted, places) = t.sort(d, descending.unwrap_or(false))?;
            Ok((sorted.into(), from_one(&places)?))
        }
        /// exp(x) normalised to sum 1 along `dim` (default the last); finite for any finite logits.
        ///
        /// ```lua
        /// assert(mynah.tensor{ 1000, 1000 }:softmax()[1] == 0.5)
        /// ```
        fn softmax(this, dim: Option<Dim>) -> LuaTensor { let (t, d) = this.dim(&dim.unwrap_or(Dim(-1)))?; give(t.softmax(d)) }
        /// The logarithm of softmax along `dim` (default the last).
        fn log_softmax(this, dim: Option<Dim>) -> LuaTensor { let (t, d) = this.dim(&dim.unwrap_or(Dim(-1)))?; give(t.log_softmax(d)) }

        /// The rectified element: max(x, 0).
        fn relu(this) -> LuaTensor { give(Activation::Relu.apply(&this.0.value())) }
        /// x·Φ(x) of each element, with Φ the normal distribution.
        fn gelu(this) -> LuaTensor { give(Activation::Gelu.apply(&this.0.value())) }
        /// x·sigmoid(x) of each element.
        fn silu(this) -> LuaTensor { give(Activation::Silu.apply(&this.0.value())) }
        /// 1 / (1 + e^−x) of each element.
        fn sigmoid(this) -> LuaTensor { give(Activation::Sigmoid.apply(&this.0.value())) }
        /// ln(1 + e^x) of each element.
        fn softplus(this) -> LuaTensor { give(Activation::Softplus.apply(&this.0.value())) }

        /// The matrix product; leading dimensions stretch to fit.
        ///
        /// ```lua
        /// local a = mynah.tensor{ {1, 2}, {3, 4} }
        /// assert(a:matmul(a)[2][2] == 22)
        /// ```
        fn matmul(this, other: TensorLike) -> LuaTensor { give(this.0.value().matmul(&other.0)) }
        /// The same numbers, row by row, in another shape; one size may be −1.
        ///
        /// ```lua
        /// assert(mynah.arange(1, 6):reshape(2, -1).shape[2] == 3)
        /// ```
        fn reshape(this, sizes: NewShape) -> LuaTensor { let t = this.0.value(); give(t.reshape(&sizes.resolve(t.len())?)) }
        /// Sizes of 1 stretched to the given shape.
        fn expand(this, sizes: NewShape) -> LuaTensor { let t = this.0.value(); give(t.broadcast_to(&sizes.resolve(t.len())?)) }
        /// Two dimensions exchanged (default the last two).
        fn transpose(this, a: Option<Dim>, b: Option<Dim>) -> LuaTensor {
            let (t, a) = this.dim(&a.unwrap_or(Dim(-2)))?;
            give(t.transpose(a, b.unwrap_or(Dim(-1)).of(t.rank())?))
        }
        /// The transpose of a matrix.
        ///
        /// ```lua
        /// assert(mynah.zeros(2, 3):t().shape[1] == 3)
        /// ```
        fn t(this) -> LuaTensor { let (t, a) = this.dim(&Dim(-2))?; give(t.transpose(a, a + 1)) }
        /// Dimensions in a new order: `x:permute(3, 1, 2)` makes the third the first.
        fn permute(this, order: NewShape) -> LuaTensor {
            let t = this.0.value();
            let order: Outcome<Vec<usize>> = order.0.iter().map(|&d| Dim(d).of(t.rank())).collect();
            give(t.permute(&order?))
        }
        /// A new dimension of size 1 at `dim`.
        fn unsqueeze(this, dim: Dim) -> LuaTensor { let t = this.0.value(); give(t.unsqueeze(dim.of(t.rank() + 1)?)) }
        /// Without dimension `dim`, which has size 1; without all such dimensions if none is named.
        fn squeeze(this, dim: Option<Dim>) -> LuaTensor {
            let t = this.0.value();
            give(t.squeeze(dim.map(|d| d.of(t.rank())).transpose()?))
        }
        /// All elements in one row.
        fn flatten(this) -> LuaTensor { let t = this.0.value(); give(t.reshape(&[t.len()])) }
        /// Reversed along `dim` (default 1).
        fn flip(this, dim: Option<Dim>) -> LuaTensor { let (t, d) = this.dim(&dim.unwrap_or(Dim(1)))?; give(t.flip(d)) }
        /// Repeated `times` times along `dim` (default 1).
        fn tile(this, times: usize, dim: Option<Dim>) -> LuaTensor {
            let (t, d) = this.dim(&dim.unwrap_or(Dim(1)))?;
            give(t.repeat(d, times))
        }
        /// Elements chosen along `dim` by places of the same rank: `out[i][j] = x[i][places[i][j]]` for dim 2.
        ///
        /// ```lua
        /// local x = mynah.tensor{ {1, 2}, {3, 4} }
        /// assert(x:gather(2, { {2}, {1} })[1][1] == 2)
        /// ```
        fn gather(this, dim: Dim, places: TensorLike) -> LuaTensor { let (t, d) = this.dim(&dim)?; give(t.gather(d, &from_zero(&places.0)?)) }
        /// Whole slices along `dim`, chosen by a row of places.
        ///
        /// ```lua
        /// assert(mynah.arange(10, 30, 10):index_select(1, { 3, 1 })[1] == 30)
        /// ```
        fn index_select(this, dim: Dim, places: TensorLike) -> LuaTensor { let (t, d) = this.dim(&dim)?; give(t.index_select(d, &from_zero(&places.0)?)) }
        /// The elements on and below diagonal `k` (default 0), zero elsewhere.
        fn tril(this, k: Option<i64>) -> LuaTensor { give(this.0.value().triangle(true, k.unwrap_or(0))) }
        /// The elements on and above diagonal `k` (default 0), zero elsewhere.
        fn triu(this, k: Option<i64>) -> LuaTensor { give(this.0.value().triangle(false, k.unwrap_or(0))) }

        /// Adds `other` to the tensor itself.
        ///
        /// ```lua
        /// local x = mynah.ones(2)
        /// x:add_(1):mul_(3)
        /// assert(x[1] == 6)
        /// ```
        fn add_(this, other: Number) -> This { this.in_place("add_", Binary::Add, &other)?; Ok(This) }
        /// Subtracts `other` from the tensor itself.
        fn sub_(this, other: Number) -> This { this.in_place("sub_", Binary::Sub, &other)?; Ok(This) }
        /// Multiplies the tensor itself by `other`.
        fn mul_(this, other: Number) -> This { this.in_place("mul_", Binary::Mul, &other)?; Ok(This) }
        /// Divides the tensor itself by `other`.
        fn div_(this, other: Number) -> This { this.in_place("div_", Binary::Div, &other)?; Ok(This) }
        /// Raises the tensor itself to the power `other`.
        fn pow_(this, other: Number) -> This { this.in_place("pow_", Binary::Pow, &other)?; Ok(This) }
        /// Limits the tensor itself to [low, high].
        fn clamp_(this, low: f64, high: f64) -> This { this.0.change("clamp_", |t| t.clamp(low, high))?; Ok(This) }
        /// Replaces every element by its exponential.
        fn exp_(this) -> This { this.0.change("exp_", |t| t.unary(Unary::Exp))?; Ok(This) }
        /// Replaces every element by its square root.
        fn sqrt_(this) -> This { this.0.change("sqrt_", |t| t.unary(Unary::Sqrt))?; Ok(This) }
        /// Replaces every element by its absolute value.
        fn abs_(this) -> This { this.0.change("abs_", |t| t.unary(Unary::Abs))?; Ok(This) }
        /// Replaces every element by its negative.
        fn neg_(this) -> This { this.0.change("neg_", |t| t.unary(Unary::Neg))?; Ok(This) }
        /// Sets every element to `value`.
        fn fill_(this, value: f64) -> This {
            this.0.change("fill_", |t| Tensor::full(&t.shape(), value, t.dtype(), t.device()))?;
            Ok(This)
        }
        /// Sets every element to 0.
        fn zero_(this) -> This {
            this.0.change("zero_", |t| Tensor::full(&t.shape(), 0.0, t.dtype(), t.device()))?;
            Ok(This)
        }
        /// Copies the elements of `other`, which is stretched to fit, into the tensor itself.
        fn copy_(this, other: TensorLike) -> This {
            this.0.change("copy_", |t| other.0.plain().broadcast_to(&t.shape()))?;
            Ok(This)
        }
        /// Replaces every element by a normal random number with `mean` (default 0) and `std` (default 1).
        fn normal_(this, @lua, mean: Option<f64>, std: Option<f64>, seed: Option<usize>) -> This {
            let mut rng = Rng::new(seed.map_or_else(|| fresh_seed(lua), |s| s as u64));
            let (mean, std) = (mean.unwrap_or(0.0), std.unwrap_or(1.0));
            this.0.change("normal_", |t| Tensor::randn(&t.shape(), mean, std, t.dtype(), t.device(), &mut rng))?;
            Ok(This)
        }
        /// Replaces every element by a random number uniform in [low, high) (default 0 and 1).
        fn uniform_(this, @lua, low: Option<f64>, high: Option<f64>, seed: Option<usize>) -> This {
            let mut rng = Rng::new(seed.map_or_else(|| fresh_seed(lua), |s| s as u64));
            let (low, high) = (low.unwrap_or(0.0), high.unwrap_or(1.0));
            this.0.change("uniform_", |t| Tensor::uniform(&t.shape(), low, high, t.dtype(), t.device(), &mut rng))?;
            Ok(This)
        }
    }
}

fn assign(tensor: &LuaTensor, lua: &Lua, key: &Value, value: Value) -> Outcome<()> {
    let Value::String(name) = key else { return write_part(tensor, key, value, lua) };
    match (name.to_string_lossy().as_str(), &value) {
        ("requires_grad", Value::Boolean(on)) => Ok(tensor.0.set_requires_grad(*on)?),
        ("requires_grad", other) => expected("true or false for `requires_grad`", other),
        ("grad", Value::Nil) => {
            tensor.0.set_grad(None);
            Ok(())
        }
        ("grad", _) => {
            let grad = TensorLike::from_arg(value, lua)?.0;
            let own = tensor.0.value();
            if grad.shape() != own.shape() {
                return fault(format!("grad: expected shape {:?}, got {:?}", own.shape(), grad.shape()));
            }
            tensor.0.set_grad(Some(grad.plain().cast(own.dtype())?));
            Ok(())
        }
        (other, _) => fault(format!("Tensor has no field `{other}` that can be set (`requires_grad` and `grad` can)")),
    }
}

fn convert(tensor: &Tensor, target: &str) -> Outcome<LuaTensor> {
    if let Ok(dtype) = target.parse::<Dtype>() {
        return give(tensor.cast(dtype));
    }
    if let Ok(device) = target.parse::<Device>() {
        return give(tensor.to_device(device));
    }
    let devices: Vec<_> = Device::ALL.iter().map(|d| format!("\"{d}\"")).collect();
    fault(format!(
        "to: expected a dtype (\"f32\", \"f64\", \"i32\", \"bool\") or a device of this build ({}), got \"{target}\"",
        devices.join(", ")
    ))
}

fn to_table(lua: &Lua, tensor: &Tensor) -> Outcome<Table> {
    let dtype = tensor.dtype();
    let mut values = tensor.to_f64()?.into_iter().map(|v| match dtype {
        Dtype::I32 => Value::Integer(v as i64),
        Dtype::Bool => Value::Boolean(v != 0.0),
        _ => Value::Number(v),
    });
    match nested(lua, &mut values, &tensor.shape())? {
        Value::Table(table) => Ok(table),
        _ => fault("totable: a tensor has at least one dimension"),
    }
}
