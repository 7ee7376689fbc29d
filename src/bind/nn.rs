//! `mynah.nn`: layers, nets written in Lua, losses, weights in files.

use super::convert::{FromArg, Key, Ref, Rest, This, ToLua, got};
use super::options::Options;
use super::params;
use super::root::fresh_seed;
use super::shim::{Callback, Fault, Outcome, fault};
use super::tensor::{LuaTensor, TensorLike, Values, from_zero};
use crate::data::Rng;
use crate::nn::loss::{self, Reduction};
use crate::nn::{self, Activation, Device, Module, Named, Sequential, Tensor};
use crate::{lua_class, lua_module};
use mlua::{Lua, MultiValue, Table, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::rc::Rc;

/// How a layer is made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LayerConfig {
    /// Seed of the first weights. Default: other weights every time, or as `manual_seed` says.
    pub seed: Option<u64>,
    /// Where it lives: "cpu", or "wgpu" in a build that has it. Default: see `mynah.device`.
    pub device: Option<String>,
}

/// How a linear layer is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LinearConfig {
    /// Whether a learned bias is added.
    pub bias: bool,
    /// Seed of the first weights. Default: other weights every time, or as `manual_seed` says.
    pub seed: Option<u64>,
    /// Where it lives: "cpu", or "wgpu" in a build that has it. Default: see `mynah.device`.
    pub device: Option<String>,
}

impl Default for LinearConfig {
    fn default() -> Self {
        Self { bias: true, seed: None, device: None }
    }
}

/// How a normalising layer is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NormConfig {
    /// Added to the mean square or the variance, positive.
    pub eps: f64,
    /// Where it lives: "cpu", or "wgpu" in a build that has it. Default: see `mynah.device`.
    pub device: Option<String>,
}

impl Default for NormConfig {
    fn default() -> Self {
        Self { eps: 1e-5, device: None }
    }
}

/// How dropout draws.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DropoutConfig {
    /// Seed of the draws. Default: other draws every time, or as `manual_seed` says.
    pub seed: Option<u64>,
}

/// How a loss is put together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LossConfig {
    /// What is made of the single losses.
    pub reduction: Reduction,
}

/// How `smooth_l1` is put together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SmoothL1Config {
    /// Where the square ends and the straight line begins, positive.
    pub beta: f64,
    /// What is made of the single losses.
    pub reduction: Reduction,
}

impl Default for SmoothL1Config {
    fn default() -> Self {
        Self { beta: 1.0, reduction: Reduction::Mean }
    }
}

/// A layer or a net as Lua holds it.
pub struct LuaModule {
    inner: Rc<dyn Module>,
    parts: Option<Table>, // a sequence's layers, or the table of a net written in Lua
    training: Cell<bool>,
    own: bool, // written in Lua, with its own `forward`
}

impl LuaModule {
    fn core(inner: impl Module + 'static) -> Self {
        Self { inner: Rc::new(inner), parts: None, training: Cell::new(true), own: false }
    }

    /// The layer itself.
    pub fn inner(&self) -> &Rc<dyn Module> {
        &self.inner
    }

    /// The table of a net written in Lua.
    pub fn own_table(&self) -> Option<&Table> {
        self.parts.as_ref().filter(|_| self.own)
    }

    fn named(&self) -> Vec<Named> {
        match self.own_table() {
            Some(table) => params::tensors(&Value::Table(table.clone())),
            None => self.inner.params(),
        }
    }

    fn forward(&self, lua: &Lua, args: MultiValue) -> Outcome<Values> {
        if let Some(table) = self.own_table() {
            let mut all = args;
            all.push_front(Value::Table(table.clone()));
            return Ok(Values(forward_of(lua, table)?.call(all)?));
        }
        if args.len() > 1 {
            return fault(format!("{}: takes one tensor, got {} arguments", first_word(&self.inner), args.len()));
        }
        let x = TensorLike::from_arg(args.into_iter().next().unwrap_or(Value::Nil), lua).map_err(|f| match f {
            Fault::Message(text) => Fault::Message(format!("{}: {text}", first_word(&self.inner))),
            thrown => thrown,
        })?;
        let y = LuaTensor::from(self.inner.forward(&x.0)?);
        Ok(Values(MultiValue::from_iter([y.to_lua(lua)?])))
    }

    fn set_training(&self, on: bool) -> Outcome<()> {
        self.training.set(on);
        self.inner.set_training(on);
        Ok(())
    }
}

/// The name of a layer, without its sizes.
fn first_word(module: &Rc<dyn Module>) -> String {
    let described = module.describe();
    described.split(['(', ' ']).next().unwrap_or_default().to_string()
}

fn forward_of(lua: &Lua, table: &Table) -> Outcome<Callback> {
    match table.get::<Value>("forward")? {
        Value::Function(f) => Ok(Callback::new(lua, f)?),
        other => fault(format!("a net written in Lua needs a function `forward`, got {}", got(&other))),
    }
}

/// A net or function written in Lua, as one layer among others.
struct Written {
    lua: Lua,
    value: Value, // a table with `forward`, or a function
}

impl Written {
    fn run(&self, x: &Tensor) -> Outcome<Tensor> {
        let x = LuaTensor::from(x.clone()).to_lua(&self.lua)?;
        let values = match &self.value {
            Value::Table(table) => forward_of(&self.lua, table)?.call((table.clone(), x))?,
            Value::Function(f) => Callback::new(&self.lua, f.clone())?.call(x)?,
            other => return fault(format!("{} is no layer", got(other))),
        };
        let y = values.into_iter().next().unwrap_or(Value::Nil);
        match Ref::<LuaTensor>::from_arg(y, &self.lua) {
            Ok(y) => Ok(y.0.value()),
            Err(Fault::Message(text)) => fault(format!("what `forward` returns: {text}")),
            Err(thrown) => Err(thrown),
        }
    }
}

impl Module for Written {
    fn forward(&self, x: &Tensor) -> crate::Result<Tensor> {
        self.run(x).map_err(Fault::into_core)
    }

    fn params(&self) -> Vec<Named> {
        params::tensors(&self.value)
    }

    fn set_training(&self, on: bool) {
        if let Value::Table(table) = &self.value {
            switch(table, on, 0);
        }
    }

    fn describe(&self) -> String {
        match &self.value {
            Value::Table(table) => parts_of(table),
            _ => "function".into(),
        }
    }
}

/// Sets `training` in a table's layers and in the table itself.
fn switch(table: &Table, on: bool, depth: usize) {
    if depth > 16 {
        return; // tables that hold each other in a circle
    }
    let _ = table.raw_set("training", on); // fails only when memory does
    for (_, value) in table.pairs::<Value, Value>().filter_map(Result::ok) {
        match value {
            Value::Table(inner) if inner.contains_key("forward").unwrap_or(false) || inner.raw_len() > 0 => {
                switch_list(&inner, on, depth + 1);
            }
            Value::UserData(data) => {
                if let Ok(module) = data.borrow::<LuaModule>() {
                    let _ = module.set_training(on);
                }
            }
            _ => {}
        }
    }
}

/// As [`switch`], but a plain list gets no field of its own.
fn switch_list(table: &Table, on: bool, depth: usize) {
    if table.contains_key("forward").unwrap_or(false) {
        return switch(table, on, depth);
    }
    for value in table.sequence_values::<Value>().filter_map(Result::ok) {
        match value {
            Value::Table(inner) if depth < 16 => switch_list(&inner, on, depth + 1),
            Value::UserData(data) => {
                if let Ok(module) = data.borrow::<LuaModule>() {
                    let _ = module.set_training(on);
                }
            }
            _ => {}
        }
    }
}

/// A net written in Lua, in a few lines.
fn parts_of(table: &Table) -> String {
    let mut lines = Vec::new();
    for pair in table.pairs::<Value, Value>().filter_map(Result::ok) {
        let (Value::String(key), Value::UserData(data)) = pair else { continue };
        let shown = if let Ok(module) = data.borrow::<LuaModule>() {
            module.inner.describe().replace('\n', "\n  ")
        } else if let Ok(tensor) = data.borrow::<LuaTensor>() {
            format!("tensor {:?}", tensor.0.value().shape())
        } else {
            continue;
        };
        lines.push(format!("  {} = {shown}", key.to_string_lossy()));
    }
    lines.sort();
    if lines.is_empty() { "module {}".into() } else { format!("module {{\n{}\n}}", lines.join(",\n")) }
}

/// A layer of a sequence, from whatever Lua gives.
fn layer(lua: &Lua, value: &Value, place: usize) -> Outcome<Rc<dyn Module>> {
    match value {
        Value::UserData(data) if data.is::<LuaModule>() => {
            Ok(Ref::<LuaModule>::from_arg(value.clone(), lua)?.inner.clone())
        }
        Value::Function(_) => Ok(Rc::new(Written { lua: lua.clone(), value: value.clone() })),
        Value::Table(table) if table.contains_key("forward")? => {
            Ok(Rc::new(Written { lua: lua.clone(), value: value.clone() }))
        }
        other => fault(format!(
            "sequential: layer {place} must be a layer, a table with `forward` or a function, got {}",
            got(other)
        )),
    }
}

fn device(name: &Option<String>) -> crate::Result<Device> {
    name.as_deref().map_or(Ok(nn::default_device()), str::parse)
}

fn rng(lua: &Lua, seed: Option<u64>) -> Rng {
    Rng::new(seed.unwrap_or_else(|| fresh_seed(lua)))
}

/// Rows counted from 1, as Lua counts them.
struct FromOne(nn::Embedding);

impl Module for FromOne {
    fn forward(&self, ids: &Tensor) -> crate::Result<Tensor> {
        self.0.forward(&from_zero(ids)?)
    }
    fn params(&self) -> Vec<Named> {
        self.0.params()
    }
    fn describe(&self) -> String {
        self.0.describe()
    }
}

fn by_name(lua: &Lua, all: Vec<Named>) -> Outcome<Table> {
    Ok(lua.create_table_from(all.into_iter().map(|n| (n.name, LuaTensor(n.param))))?)
}

/// Snapshots by name: they do not follow later steps.
fn snapshot(lua: &Lua, all: Vec<Named>) -> Outcome<Table> {
    Ok(lua.create_table_from(all.into_iter().map(|n| (n.name, LuaTensor::from(n.param.value().plain()))))?)
}

/// Puts the tensors of `state` where their names say; all fit, or nothing changes.
fn put_back(all: &[Named], state: &Table, lua: &Lua) -> Outcome<()> {
    let mut values = Vec::with_capacity(all.len());
    for named in all {
        let Value::UserData(data) = state.raw_get::<Value>(named.name.as_str())? else {
            return fault(format!("load_state_dict: no tensor `{}`", named.name));
        };
        let value = Ref::<LuaTensor>::from_arg(Value::UserData(data), lua)?.0.value().plain();
        let old = named.param.value();
        if value.shape() != old.shape() {
            let (ours, theirs) = (old.shape(), value.shape());
            return fault(format!("load_state_dict: `{}` has shape {theirs:?}, the net's has {ours:?}", named.name));
        }
        values.push(value.cast(old.dtype())?.to_device(old.device())?);
    }
    for pair in state.pairs::<String, Value>() {
        let (name, _) = pair?;
        if all.iter().all(|n| n.name != name) {
            return fault(format!("load_state_dict: the net has no `{name}`"));
        }
    }
    for (named, value) in all.iter().zip(values) {
        named.param.set_value(value)?;
    }
    Ok(())
}

/// Parameters to save or load: everything in `what`.
fn everything(function: &str, what: &Value) -> Outcome<Vec<Named>> {
    let all = params::tensors(what);
    if all.is_empty() {
        return fault(format!("{function}: expected a net or a table of tensors, got {} without any", got(what)));
    }
    Ok(all)
}

fn scored(x: crate::Result<Tensor>) -> Outcome<LuaTensor> {
    Ok(x?.into())
}

lua_module! {
    /// Neural networks: layers, nets written in Lua, losses.
    ///
    /// A layer is called like a function. `sequential` chains layers; `module` makes a net of a Lua table. An optimizer
    /// steps what `backward` found derivatives for.
    ///
    /// ```lua
    /// local net = mynah.nn.sequential{ mynah.nn.linear(2, 16), mynah.nn.relu(), mynah.nn.linear(16, 5) }
    /// local opt = mynah.optim.adamw{ lr = 1e-2 }
    /// local X, y = mynah.randn(8, 2), { 1, 2, 3, 4, 5, 1, 2, 3 }
    /// for epoch = 1, 5 do
    ///   local loss = mynah.nn.cross_entropy(net(X), y)
    ///   loss:backward()
    ///   opt:step(net)
    /// end
    /// ```
    module "mynah.nn" {
        /// A linear layer, `y = x·W + b`: rows of `inputs` numbers to rows of `outputs`. W is [inputs, outputs].
        ///
        /// ```lua
        /// local layer = mynah.nn.linear(3, 2, { seed = 1 })
        /// assert(layer(mynah.ones(5, 3)).shape[2] == 2 and layer.weight.shape[1] == 3)
        /// ```
        fn linear(@lua, inputs: usize, outputs: usize, options: Options<LinearConfig>) -> LuaModule {
            let o = &options.0;
            Ok(LuaModule::core(nn::Linear::new(inputs, outputs, o.bias, device(&o.device)?, &mut rng(lua, o.seed))?))
        }

        /// One learned row of `dim` numbers for each of `n` things, which are counted from 1.
        ///
        /// ```lua
        /// local words = mynah.nn.embedding(10, 4, { seed = 1 })
        /// assert(words{ { 1, 10 }, { 3, 3 } }.shape[3] == 4)
        /// ```
        fn embedding(@lua, n: usize, dim: usize, options: Options<LayerConfig>) -> LuaModule {
            let o = &options.0;
            Ok(LuaModule::core(FromOne(nn::Embedding::new(n, dim, device(&o.device)?, &mut rng(lua, o.seed))?)))
        }

        /// Rows of `dim` numbers scaled to unit root mean square, times a learned weight.
        ///
        /// ```lua
        /// assert(math.abs(mynah.nn.rms_norm(2){ 3, 4 }[1]:item() - 3 / math.sqrt(12.5)) < 1e-5)
        /// ```
        fn rms_norm(dim: usize, options: Options<NormConfig>) -> LuaModule {
            Ok(LuaModule::core(nn::RmsNorm::new(dim, options.0.eps, device(&options.0.device)?)?))
        }

        /// Rows of `dim` numbers shifted to mean 0 and scaled to variance 1, times a learned weight, plus a learned bias.
        ///
        /// ```lua
        /// assert(math.abs(mynah.nn.layer_norm(2){ 3, 5 }[2]:item() - 1) < 1e-4)
        /// ```
        fn layer_norm(dim: usize, options: Options<NormConfig>) -> LuaModule {
            Ok(LuaModule::core(nn::LayerNorm::new(dim, options.0.eps, device(&options.0.device)?)?))
        }

        /// While training, each number is 0 with probability `p`, and the rest grow by 1/(1 − p); in use (`net:eval()`) nothing.
        ///
        /// ```lua
        /// local drop = mynah.nn.dropout(0.5, { seed = 1 })
        /// assert(drop(mynah.ones(100)):max():item() == 2)
        /// assert(drop:eval()(mynah.ones(100)):sum():item() == 100)
        /// ```
        fn dropout(@lua, p: f64, options: Options<DropoutConfig>) -> LuaModule {
            Ok(LuaModule::core(nn::Dropout::new(p, rng(lua, options.0.seed))?))
        }

        /// Rectified linear: max(x, 0).
        ///
        /// ```lua
        /// assert(mynah.nn.relu()(mynah.tensor{ -1, 2 }):sum():item() == 2)
        /// ```
        fn relu() -> LuaModule { Ok(LuaModule::core(Activation::Relu)) }

        /// Leaky rectified linear: x, and below 0 `slope` (default 0.01) times x.
        ///
        /// ```lua
        /// assert(mynah.nn.leaky_relu(0.5)(mynah.tensor{ -1, 2 }):sum():item() == 1.5)
        /// ```
        fn leaky_relu(slope: Option<f64>) -> LuaModule { Ok(LuaModule::core(Activation::LeakyRelu(slope.unwrap_or(0.01)))) }

        /// Exponential linear: x, and below 0 `alpha` (default 1) times (e^x − 1).
        ///
        /// ```lua
        /// assert(mynah.nn.elu()(mynah.tensor{ -100 })[1] == -1)
        /// ```
        fn elu(alpha: Option<f64>) -> LuaModule { Ok(LuaModule::core(Activation::Elu(alpha.unwrap_or(1.0)))) }

        /// Gaussian error linear: x·Φ(x), with Φ the normal distribution (exact, through erf).
        ///
        /// ```lua
        /// assert(mynah.nn.gelu()(mynah.tensor{ 0 })[1] == 0)
        /// ```
        fn gelu() -> LuaModule { Ok(LuaModule::core(Activation::Gelu)) }

        /// GELU through tanh, as GPT-2 computes it.
        ///
        /// ```lua
        /// assert(mynah.nn.gelu_tanh()(mynah.tensor{ 0 })[1] == 0)
        /// ```
        fn gelu_tanh() -> LuaModule { Ok(LuaModule::core(Activation::GeluTanh)) }

        /// Sigmoid linear: x·sigmoid(x), also called swish.
        ///
        /// ```lua
        /// assert(mynah.nn.silu()(mynah.tensor{ 0 })[1] == 0)
        /// ```
        fn silu() -> LuaModule { Ok(LuaModule::core(Activation::Silu)) }

        /// The logistic function, 1 / (1 + e^−x).
        ///
        /// ```lua
        /// assert(mynah.nn.sigmoid()(mynah.tensor{ 0 })[1] == 0.5)
        /// ```
        fn sigmoid() -> LuaModule { Ok(LuaModule::core(Activation::Sigmoid)) }

        /// The hyperbolic tangent.
        ///
        /// ```lua
        /// assert(mynah.nn.tanh()(mynah.tensor{ 100 })[1] == 1)
        /// ```
        fn tanh() -> LuaModule { Ok(LuaModule::core(Activation::Tanh)) }

        /// A soft rectifier: ln(1 + e^x).
        ///
        /// ```lua
        /// assert(mynah.nn.softplus()(mynah.tensor{ 1000 })[1] == 1000)
        /// ```
        fn softplus() -> LuaModule { Ok(LuaModule::core(Activation::Softplus)) }

        /// Rows normalised to sum 1, as exp(x) / Σ exp(x).
        ///
        /// ```lua
        /// assert(mynah.nn.softmax(){ 1000, 1000 }[1] == 0.5)
        /// ```
        fn softmax() -> LuaModule { Ok(LuaModule::core(Activation::Softmax)) }

        /// The logarithm of softmax.
        ///
        /// ```lua
        /// assert(mynah.nn.log_softmax(){ 1e4, -1e4 }[2] == -2e4)
        /// ```
        fn log_softmax() -> LuaModule { Ok(LuaModule::core(Activation::LogSoftmax)) }

        /// Layers one after the other: layers, nets written in Lua, or plain functions from tensor to tensor.
        ///
        /// ```lua
        /// local net = mynah.nn.sequential{ mynah.nn.linear(2, 3), function(x) return x * 2 end, mynah.nn.tanh() }
        /// assert(net(mynah.ones(4, 2)).shape[2] == 3 and #net == 3 and net[1].bias.shape[1] == 3)
        /// ```
        fn sequential(@lua, layers: Table) -> LuaModule {
            let n = layers.raw_len();
            if layers.pairs::<Value, Value>().filter_map(Result::ok).count() != n {
                return fault("sequential: takes a list of layers, without names; `module` makes a net with names");
            }
            let inner = (1..=n).map(|i| layer(lua, &layers.raw_get(i)?, i)).collect::<Outcome<Vec<_>>>()?;
            let inner: Rc<dyn Module> = Rc::new(Sequential(inner));
            Ok(LuaModule { inner, parts: Some(layers), training: Cell::new(true), own: false })
        }

        /// A net of a Lua table: its layers and tensors by name, and its own `forward`.
        ///
        /// Tensors made with `requires_grad` are learned; other tensors are kept and saved with them. Fields can be read and
        /// set as on the table; `forward` may take and return several values, and reads `self.training` if it must.
        ///
        /// ```lua
        /// local net = mynah.nn.module{
        ///   inner = mynah.nn.linear(2, 8),
        ///   scale = mynah.ones(8, { requires_grad = true }),
        ///   forward = function(self, x) return (self.inner(x) * self.scale):tanh() end,
        /// }
        /// assert(net(mynah.ones(5, 2)).shape[2] == 8 and net:parameters()["inner.weight"] and net.size == 32)
        /// ```
        fn module(@lua, table: Table) -> LuaModule {
            forward_of(lua, &table)?;
            let inner: Rc<dyn Module> = Rc::new(Written { lua: lua.clone(), value: Value::Table(table.clone()) });
            Ok(LuaModule { inner, parts: Some(table), training: Cell::new(true), own: true })
        }

        /// The learned tensors in a net, a model or a table of these, by name.
        ///
        /// ```lua
        /// local w = mynah.ones(2, { requires_grad = true })
        /// assert(mynah.nn.parameters{ w = w, layer = mynah.nn.linear(2, 2) }["layer.bias"])
        /// ```
        fn parameters(@lua, what: Value) -> Table { by_name(lua, params::trainable("parameters", &what)?) }

        /// Forgets the derivatives in a net, a model or a table of these.
        ///
        /// ```lua
        /// local w = mynah.ones(2, { requires_grad = true })
        /// w:sum():backward()
        /// mynah.nn.zero_grad{ w }
        /// assert(w.grad == nil)
        /// ```
        fn zero_grad(what: Value) -> () {
            params::trainable("zero_grad", &what)?.iter().for_each(|n| n.param.set_grad(None));
            Ok(())
        }

        /// Shrinks the derivatives together so that their length is at most `max_norm`; returns the length before.
        ///
        /// ```lua
        /// local w = mynah.tensor({ 3, 4 }, { requires_grad = true });
        /// (w * w):sum():backward()
        /// assert(mynah.nn.clip_grad_norm({ w }, 1) == 10 and math.abs(w.grad[1] - 0.6) < 1e-4)
        /// ```
        fn clip_grad_norm(what: Value, max_norm: f64) -> f64 {
            let all: Vec<_> = params::trainable("clip_grad_norm", &what)?.into_iter().map(|n| n.param).collect();
            Ok(nn::clip_grad_norm(&all, max_norm)?)
        }

        /// Writes all tensors of a net, or of a table of tensors and nets, to a safetensors file; `linear` weights as PyTorch has them.
        ///
        /// ```lua
        /// mynah.nn.save({ w = mynah.ones(2) }, TMP .. "/w.safetensors")
        /// ```
        fn save(what: Value, path: String) -> () { Ok(nn::save_params(path, &everything("save", &what)?)?) }

        /// Reads what `save` wrote, or PyTorch for the same layers, into the tensors of `what`.
        ///
        /// ```lua
        /// local w = mynah.zeros(2)
        /// mynah.nn.save({ w = mynah.ones(2) }, TMP .. "/w.safetensors")
        /// mynah.nn.load({ w = w }, TMP .. "/w.safetensors")
        /// assert(w:sum():item() == 2)
        /// ```
        fn load(what: Value, path: String) -> () { Ok(nn::load_params(path, &everything("load", &what)?)?) }

        /// Cross-entropy of `logits` [.., classes] against class numbers [..] from 1; a class number of 0 or less is left out.
        ///
        /// ```lua
        /// assert(math.abs(mynah.nn.cross_entropy({ { 0, 0 } }, { 2 }):item() - math.log(2)) < 1e-6)
        /// ```
        fn cross_entropy(logits: TensorLike, targets: TensorLike, options: Options<LossConfig>) -> LuaTensor {
            scored(loss::cross_entropy(&logits.0, &from_zero(&targets.0)?, options.0.reduction))
        }

        /// Negative log-likelihood: `cross_entropy` of log-probabilities, such as `log_softmax` gives.
        ///
        /// ```lua
        /// assert(mynah.nn.nll({ { -1, -2 } }, { 2 }):item() == 2)
        /// ```
        fn nll(log_probs: TensorLike, targets: TensorLike, options: Options<LossConfig>) -> LuaTensor {
            scored(loss::nll(&log_probs.0, &from_zero(&targets.0)?, options.0.reduction))
        }

        /// Mean squared error.
        ///
        /// ```lua
        /// assert(mynah.nn.mse({ 1, 2 }, { 1, 4 }):item() == 2)
        /// ```
        fn mse(predictions: TensorLike, targets: TensorLike, options: Options<LossConfig>) -> LuaTensor {
            scored(loss::mse(&predictions.0, &targets.0, options.0.reduction))
        }

        /// Mean absolute error.
        ///
        /// ```lua
        /// assert(mynah.nn.l1({ 1, 2 }, { 1, 4 }):item() == 1)
        /// ```
        fn l1(predictions: TensorLike, targets: TensorLike, options: Options<LossConfig>) -> LuaTensor {
            scored(loss::l1(&predictions.0, &targets.0, options.0.reduction))
        }

        /// Squared error up to `beta`, absolute error beyond; with beta 1, Huber's loss.
        ///
        /// ```lua
        /// assert(mynah.nn.smooth_l1({ 1, 2 }, { 1, 4 }):item() == 0.75)
        /// ```
        fn smooth_l1(predictions: TensorLike, targets: TensorLike, options: Options<SmoothL1Config>) -> LuaTensor {
            scored(loss::smooth_l1(&predictions.0, &targets.0, options.0.beta, options.0.reduction))
        }

        /// Binary cross-entropy of probabilities; of logits, use `bce_with_logits`.
        ///
        /// ```lua
        /// assert(math.abs(mynah.nn.bce({ 0.5 }, { 1 }):item() - math.log(2)) < 1e-6)
        /// ```
        fn bce(probs: TensorLike, targets: TensorLike, options: Options<LossConfig>) -> LuaTensor {
            scored(loss::bce(&probs.0, &targets.0, options.0.reduction))
        }

        /// Binary cross-entropy of logits; finite for any finite logit.
        ///
        /// ```lua
        /// assert(mynah.nn.bce_with_logits({ 1e4, -1e4 }, { 1, 0 }):item() == 0)
        /// ```
        fn bce_with_logits(logits: TensorLike, targets: TensorLike, options: Options<LossConfig>) -> LuaTensor {
            scored(loss::bce_with_logits(&logits.0, &targets.0, options.0.reduction))
        }

        /// How far the distributions `targets` [.., classes] are from those with the logarithms `log_probs`, mean over rows.
        ///
        /// ```lua
        /// assert(math.abs(mynah.nn.kl_div({ math.log(0.5), math.log(0.5) }, { 1, 0 }):item() - math.log(2)) < 1e-6)
        /// ```
        fn kl_div(log_probs: TensorLike, targets: TensorLike, options: Options<LossConfig>) -> LuaTensor {
            scored(loss::kl_div(&log_probs.0, &targets.0, options.0.reduction))
        }
    }
}

lua_class! {
    /// A layer or a net: called like a function, `net(x)`.
    ///
    /// `net[2]` is the second layer of a sequence, `net.name` a field of a net written in Lua, `layer.weight` a parameter.
    class Module(LuaModule) {
        /// Whether it is in training mode, where dropout drops.
        get training(this) -> bool { Ok(this.training.get()) }
        /// How many numbers it has learned, or will.
        get size(this) -> usize {
            Ok(this.named().iter().filter(|n| n.param.is_leaf()).map(|n| n.param.value().len()).sum())
        }
        /// What comes out for the given tensors: most layers take one.
        meta call(this, @lua, rest: Rest) -> Values { this.forward(lua, rest.0) }
        /// A layer by its number, a parameter or field by its name.
        meta index(this, @lua, key: Key) -> Value {
            match (&this.parts, &key.0) {
                (Some(table), key) => Ok(table.get(key)?),
                (None, Value::String(name)) => {
                    let name = name.to_string_lossy();
                    match this.inner.params().into_iter().find(|n| n.name == name) {
                        Some(named) => Ok(LuaTensor(named.param).to_lua(lua)?),
                        None => Ok(Value::Nil),
                    }
                }
                _ => Ok(Value::Nil),
            }
        }
        /// Sets a field of a net written in Lua.
        meta newindex(this, key: Value, value: Value) -> () {
            match this.own_table() {
                Some(table) => Ok(table.set(key, value)?),
                None => fault(format!("a {} has no fields that can be set", first_word(&this.inner))),
            }
        }
        /// How many layers a sequence has.
        meta len(this, rest: Rest) -> usize {
            let _ = rest;
            Ok(this.parts.as_ref().map_or(0, Table::raw_len))
        }
        /// How one makes it.
        meta tostring(this) -> String { Ok(this.inner.describe()) }

        /// The same as calling it.
        ///
        /// ```lua
        /// assert(mynah.nn.relu():forward(mynah.tensor{ -1 })[1] == 0)
        /// ```
        fn forward(this, @lua, rest: Rest) -> Values { this.forward(lua, rest.0) }

        /// Puts it into training mode (or, with false, out of it).
        fn train(this, on: Option<bool>) -> This { this.set_training(on.unwrap_or(true))?; Ok(This) }
        /// Puts it into use: dropout no longer drops.
        fn eval(this) -> This { this.set_training(false)?; Ok(This) }
        /// Its learned tensors by name.
        ///
        /// ```lua
        /// assert(mynah.nn.sequential{ mynah.nn.linear(2, 1) }:parameters()["0.weight"].shape[1] == 2)
        /// ```
        fn parameters(this, @lua) -> Table {
            by_name(lua, this.named().into_iter().filter(|n| n.param.is_leaf()).collect())
        }
        /// Forgets its derivatives.
        fn zero_grad(this) -> This { this.named().iter().for_each(|n| n.param.set_grad(None)); Ok(This) }
        /// Copies of all its tensors by name, as they are now.
        ///
        /// ```lua
        /// local net = mynah.nn.linear(2, 1)
        /// local best = net:state_dict()
        /// mynah.no_grad(function() net.weight:zero_() end)
        /// net:load_state_dict(best)
        /// assert(net.weight:abs():sum():item() > 0)
        /// ```
        fn state_dict(this, @lua) -> Table { snapshot(lua, this.named()) }
        /// Takes back what `state_dict` gave; names and shapes must be the same.
        fn load_state_dict(this, @lua, state: Table) -> This { put_back(&this.named(), &state, lua)?; Ok(This) }
        /// Writes its tensors to a safetensors file, as PyTorch has them.
        ///
        /// ```lua
        /// local net = mynah.nn.linear(3, 2, { seed = 1 })
        /// net:save(TMP .. "/net.safetensors")
        /// local again = mynah.nn.linear(3, 2):load(TMP .. "/net.safetensors")
        /// assert(again.weight:eq(net.weight):all():item())
        /// ```
        fn save(this, path: String) -> This { nn::save_params(path, &this.named())?; Ok(This) }
        /// Reads what `save` wrote, or PyTorch for the same layers; nothing changes if it does not fit.
        fn load(this, path: String) -> This { nn::load_params(path, &this.named())?; Ok(This) }
        /// Moves its tensors to a device: "cpu", or "wgpu" in a build that has it.
        fn to(this, name: String) -> This {
            let device: Device = name.parse()?;
            for named in this.named() {
                let value = named.param.value().plain().to_device(device)?;
                named.param.set_value(value)?;
            }
            Ok(This)
        }
    }
}
