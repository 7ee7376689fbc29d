//! `mynah.optim`: optimizers that step a plain point, tensors, a net or a language model.

use super::convert::{FromArg, This, got};
use super::nn::LuaModule;
use super::options::Options;
use super::params;
use super::shim::{Outcome, fault};
use super::tensor::{LuaTensor, TensorLike};
use crate::nn::{self, StepParam};
use crate::optim::{self, AdamSettings, AdamwSettings, Optimizer, Param, SgdSettings};
use crate::{lua_class, lua_module};
use mlua::{Lua, Table, Value};
use std::cell::{RefCell, RefMut};

/// An optimizer as Lua holds it.
pub struct LuaOptimizer(RefCell<Optimizer>);

impl LuaOptimizer {
    fn new(made: crate::Result<Optimizer>) -> Outcome<Self> {
        Ok(Self(RefCell::new(made?)))
    }

    fn get(&self) -> Outcome<RefMut<'_, Optimizer>> {
        self.0.try_borrow_mut().or_else(|_| fault("the optimizer is in use"))
    }
}

lua_module! {
    /// Optimizers: what moves a point downhill, one gradient at a time.
    ///
    /// Every optimizer has the same methods; `opt:step(net)` moves what `backward` found derivatives for.
    ///
    /// ```lua
    /// local x = { 4, -2 }
    /// local opt = mynah.optim.sgd{ lr = 0.25 }
    /// for _ = 1, 20 do opt:step(x, { 2 * x[1], 2 * x[2] }) end
    /// assert(math.abs(x[1]) < 1e-3)
    /// ```
    module "mynah.optim" {
        /// Gradient descent, plain or with momentum (Polyak 1964) or Nesterov's look-ahead.
        ///
        /// ```lua
        /// local x = { 1 }
        /// mynah.optim.sgd{ lr = 0.5 }:step(x, { 1 })
        /// assert(x[1] == 0.5)
        /// ```
        fn sgd(options: Options<SgdSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::sgd(options.0)) }

        /// Step sizes adapted per coordinate from gradient moments (Kingma & Ba 2015).
        ///
        /// ```lua
        /// local x = { 1 }
        /// mynah.optim.adam{ lr = 0.1 }:step(x, { 7 })
        /// assert(math.abs(x[1] - 0.9) < 1e-6)
        /// ```
        fn adam(options: Options<AdamSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::adam(options.0)) }

        /// Adam with weight decay beside the step (Loshchilov & Hutter 2019); the usual choice for nets.
        ///
        /// ```lua
        /// local w = mynah.tensor({ 1, 2 }, { requires_grad = true })
        /// local opt = mynah.optim.adamw{ lr = 0.1, schedule = { kind = "cosine", warmup = 5, steps = 100 } }
        /// for _ = 1, 100 do
        ///   (w * w):sum():backward()
        ///   opt:step(w)
        /// end
        /// assert(w:norm():item() < 0.2)
        /// ```
        fn adamw(options: Options<AdamwSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::adamw(options.0)) }
    }
}

lua_class! {
    /// Moves parameters downhill. It remembers each by its place, so give it the same net every time.
    class Optimizer(LuaOptimizer) {
        /// Its name, such as "adamw".
        get name(this) -> String { Ok(this.get()?.name().into()) }
        /// The learning rate before the schedule; can be set.
        get lr(this) -> f64 { Ok(this.get()?.lr()) }
        /// The learning rate of the latest step, schedule included.
        get current_lr(this) -> f64 { Ok(this.get()?.current_lr()) }
        /// Steps taken.
        get t(this) -> usize { Ok(this.get()?.t() as usize) }
        /// `opt.lr = 1e-4` changes the learning rate.
        meta newindex(this, key: String, value: Value) -> () {
            if key != "lr" {
                return fault(format!("Optimizer has no field `{key}` that can be set (`lr` can)"));
            }
            match value {
                Value::Integer(_) | Value::Number(_) => Ok(this.get()?.set_lr(value.as_f64().unwrap_or(f64::NAN))?),
                other => fault(format!("lr: expected a number, got {}", got(&other))),
            }
        }
        /// Its name and where it stands.
        meta tostring(this) -> String { Ok(this.get()?.to_string()) }

        /// One step; the derivatives it used are forgotten, so that the next `backward` begins anew.
        ///
        /// `what` is a net, a model, a tensor, or a table of these; call `backward` several times before it to step by the
        /// sum. Weight decay acts on every tensor; in a language model on its matrices alone, as in its own `train`.
        /// A plain table of numbers is moved by the `gradient` given with it, and so is a tensor.
        ///
        /// ```lua
        /// local w = mynah.tensor({ 4 }, { requires_grad = true })
        /// local opt = mynah.optim.sgd{ lr = 0.25 };
        /// (w * w):sum():backward()
        /// opt:step(w)
        /// assert(w:item() == 2 and w.grad == nil)
        /// ```
        fn step(this, @lua, what: Value, gradient: Option<Value>) -> This {
            let mut optimizer = this.get()?;
            match (&what, gradient) {
                (Value::Table(point), gradient) if is_point(point)? => {
                    let Some(gradient) = gradient else {
                        return fault("step: a plain point is moved by a gradient: opt:step(point, gradient)");
                    };
                    step_point(&mut optimizer, lua, point, gradient)?;
                }
                (_, Some(gradient)) => step_tensor(&mut optimizer, lua, &what, gradient)?,
                (_, None) => step_net(&mut optimizer, &what)?,
            }
            Ok(This)
        }
        /// Forgets derivatives without a step.
        fn zero_grad(this, what: Value) -> This {
            let _ = this;
            params::trainable("zero_grad", &what)?.iter().for_each(|n| n.param.set_grad(None));
            Ok(This)
        }
        /// Writes what it remembers to a file, for `load`.
        ///
        /// ```lua
        /// local x, opt = { 1 }, mynah.optim.adam()
        /// opt:step(x, { 1 }):save(TMP .. "/opt.safetensors")
        /// assert(mynah.optim.adam():load(TMP .. "/opt.safetensors").t == 1)
        /// ```
        fn save(this, path: String) -> This { this.get()?.save(path)?; Ok(This) }
        /// Goes on from what `save` wrote; the settings are its own.
        fn load(this, path: String) -> This { this.get()?.load(path)?; Ok(This) }
    }
}

/// Whether a table is a point: a list of numbers.
fn is_point(table: &Table) -> Outcome<bool> {
    Ok(matches!(table.raw_get::<Value>(1)?, Value::Integer(_) | Value::Number(_)))
}

fn step_point(optimizer: &mut Optimizer, lua: &Lua, point: &Table, gradient: Value) -> Outcome<()> {
    let mut x = Vec::<f64>::from_arg(Value::Table(point.clone()), lua)?;
    let g = match gradient {
        list @ Value::Table(_) => Vec::<f64>::from_arg(list, lua)?,
        other => TensorLike::from_arg(other, lua)?.0.to_f64()?,
    };
    if g.len() != x.len() {
        return fault(format!("step: the point has {} numbers, the gradient {}", x.len(), g.len()));
    }
    optimizer.step(&mut [Param::new(&mut x, &g)])?;
    for (i, value) in x.into_iter().enumerate() {
        point.raw_set(i + 1, value)?;
    }
    Ok(())
}

fn step_tensor(optimizer: &mut Optimizer, lua: &Lua, what: &Value, gradient: Value) -> Outcome<()> {
    let tensor = match what {
        Value::UserData(data) => data.borrow::<LuaTensor>().ok(),
        _ => None,
    };
    let Some(tensor) = tensor else {
        return fault(format!("step: a gradient goes with a point or one tensor, got {}", got(what)));
    };
    let grad = TensorLike::from_arg(gradient, lua)?.0.plain();
    Ok(nn::step(optimizer, &[StepParam { place: 0, param: tensor.0.clone(), grad, decay: true }])?)
}

fn step_net(optimizer: &mut Optimizer, what: &Value) -> Outcome<()> {
    let all = params::trainable("step", what)?;
    let matrices_only = matches!(what, Value::UserData(data) if data.is::<super::lm::LuaModel>());
    let list: Vec<StepParam> = all
        .iter()
        .enumerate()
        .filter_map(|(place, n)| {
            let decay = !matrices_only || n.param.value().rank() > 1;
            n.param.grad().map(|grad| StepParam { place, param: n.param.clone(), grad, decay })
        })
        .collect();
    if list.is_empty() {
        let hint = if is_module(what) { "loss:backward() with a loss of this net" } else { "backward()" };
        return fault(format!("step: there are no derivatives to step by; call {hint} first"));
    }
    nn::step(optimizer, &list)?;
    all.iter().for_each(|n| n.param.set_grad(None));
    Ok(())
}

fn is_module(what: &Value) -> bool {
    matches!(what, Value::UserData(data) if data.is::<LuaModule>())
}
