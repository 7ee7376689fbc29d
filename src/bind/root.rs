//! `mynah`: making tensors, devices, help.

use super::convert::{FromArg, LuaType, Site, expected};
use super::options::Options;
use super::shim::{Callback, Outcome, fault};
use super::tensor::{LuaTensor, TensorOptions, build};
use crate::data::{self, Rng};
use crate::nn::{self, Dtype, Tensor};
use crate::{lua_module, stop};
use mlua::{Lua, MultiValue, Table, Value};
use std::io::IsTerminal;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Sizes given as numbers or as one list, and after them an option table.
pub struct Sizes(pub Vec<usize>, pub TensorOptions);

impl LuaType for Sizes {
    fn lua_type() -> String {
        "integer|integer[]|mynah.TensorOptions".into()
    }
    fn tables() -> Vec<super::docs::OptionTable> {
        <Options<TensorOptions> as LuaType>::tables()
    }
}

impl FromArg for Sizes {
    fn from_arg(value: Value, _: &Lua) -> Outcome<Self> {
        expected("sizes", &value)
    }
    fn take(args: &mut MultiValue, lua: &Lua, site: &Site) -> Outcome<Self> {
        let mut sizes = Vec::new();
        while let Some(value) = args.front() {
            match value {
                Value::Table(t) if sizes.is_empty() && t.raw_len() > 0 => {
                    let list = args.pop_front().unwrap_or(Value::Nil);
                    sizes = Vec::<usize>::from_arg(list, lua).map_err(|f| site.blame(f))?;
                    break;
                }
                Value::Table(_) | Value::Nil => break,
                _ => {
                    let size = args.pop_front().unwrap_or(Value::Nil);
                    sizes.push(usize::from_arg(size, lua).map_err(|f| site.blame(f))?);
                }
            }
        }
        let Options(options, _) = Options::<TensorOptions>::take(args, lua, site)?;
        Ok(Self(sizes, options))
    }
}

/// When `clock` began.
static CLOCK: LazyLock<Instant> = LazyLock::new(Instant::now);

lua_module! {
    /// A scriptable machine-learning kernel: tensors here, the rest in its rooms (`mynah.nn`, `mynah.optim`, ...).
    ///
    /// Tensors count from 1. Numbers are f32 unless `dtype` says "f64", "i32" or "bool".
    module "mynah" {
        /// A tensor from a number or from nested tables of numbers or booleans.
        ///
        /// All rows must have the same length. `true` and `false` give a bool tensor.
        ///
        /// ```lua
        /// local x = mynah.tensor{ {1, 2}, {3, 4} }
        /// assert(x.shape[1] == 2 and x:sum():item() == 10)
        /// assert(mynah.tensor({ 1, 2 }, { dtype = "i32" }).dtype == "i32")
        /// ```
        fn tensor(values: Value, options: Options<TensorOptions>) -> LuaTensor { build(&values, &options.0) }

        /// A tensor of zeros.
        ///
        /// ```lua
        /// assert(mynah.zeros(2, 3):sum():item() == 0)
        /// assert(mynah.zeros({ 2, 3 }, { dtype = "f64" }).dtype == "f64")
        /// ```
        fn zeros(rest: Sizes) -> LuaTensor { filled(rest, 0.0) }

        /// A tensor of ones.
        ///
        /// ```lua
        /// assert(mynah.ones(2, 3):sum():item() == 6)
        /// ```
        fn ones(rest: Sizes) -> LuaTensor { filled(rest, 1.0) }

        /// A tensor with every element `value`.
        ///
        /// ```lua
        /// assert(mynah.full(2.5, 2, 2):sum():item() == 10)
        /// ```
        fn full(value: f64, rest: Sizes) -> LuaTensor { filled(rest, value) }

        /// Normal random numbers with mean 0 and standard deviation 1.
        ///
        /// The same `seed` gives the same tensor on every device; without one, the numbers follow `manual_seed`.
        ///
        /// ```lua
        /// local a, b = mynah.randn(3, { seed = 1 }), mynah.randn(3, { seed = 1 })
        /// assert(a:eq(b):all():item())
        /// ```
        fn randn(@lua, rest: Sizes) -> LuaTensor { random(lua, rest, Rng::normal) }

        /// Random numbers uniform in [0, 1).
        ///
        /// ```lua
        /// local x = mynah.rand(100, { seed = 1 })
        /// assert(x:min():item() >= 0 and x:max():item() < 1)
        /// ```
        fn rand(@lua, rest: Sizes) -> LuaTensor { random(lua, rest, Rng::uniform) }

        /// Numbers from `start` to `stop`, both included, `step` apart (default 1), like a Lua `for`.
        ///
        /// ```lua
        /// local x = mynah.arange(1, 5)
        /// assert(x.shape[1] == 5 and x[5] == 5)
        /// ```
        fn arange(start: f64, stop: f64, step: Option<f64>, options: Options<TensorOptions>) -> LuaTensor {
            let step = step.unwrap_or(1.0);
            let past = stop + step * 1e-9_f64.max(f64::EPSILON * stop.abs()) + step.signum() * step.abs() * 1e-6;
            let o = &options.0;
            o.finish(Tensor::arange(start, past, step, o.dtype_or(Dtype::F32)?, o.device()?)?)
        }

        /// `n` evenly spaced numbers from `start` to `stop`, both included.
        ///
        /// ```lua
        /// assert(mynah.linspace(0, 1, 5)[2] == 0.25)
        /// ```
        fn linspace(start: f64, stop: f64, n: usize, options: Options<TensorOptions>) -> LuaTensor {
            let o = &options.0;
            o.finish(Tensor::linspace(start, stop, n, o.dtype_or(Dtype::F32)?, o.device()?)?)
        }

        /// The identity matrix with `n` rows.
        ///
        /// ```lua
        /// assert(mynah.eye(3):sum():item() == 3)
        /// ```
        fn eye(n: usize, options: Options<TensorOptions>) -> LuaTensor {
            let o = &options.0;
            o.finish(Tensor::eye(n, o.dtype_or(Dtype::F32)?, o.device()?)?)
        }

        /// Tensors joined along dimension `dim` (default 1).
        ///
        /// ```lua
        /// local x = mynah.ones(2, 2)
        /// assert(mynah.cat({ x, x }).shape[1] == 4)
        /// assert(mynah.cat({ x, x }, 2).shape[2] == 4)
        /// ```
        fn cat(tensors: Vec<super::convert::Ref<LuaTensor>>, dim: Option<i64>) -> LuaTensor {
            super::tensor::join(&tensors, dim, Tensor::cat, 0)
        }

        /// Tensors of one shape stacked along a new dimension `dim` (default 1).
        ///
        /// ```lua
        /// assert(mynah.stack{ mynah.ones(3), mynah.zeros(3) }.shape[1] == 2)
        /// ```
        fn stack(tensors: Vec<super::convert::Ref<LuaTensor>>, dim: Option<i64>) -> LuaTensor {
            super::tensor::join(&tensors, dim, Tensor::stack, 1)
        }

        /// Elements of `a` where `mask` is true and of `b` elsewhere; all three broadcast.
        ///
        /// ```lua
        /// local x = mynah.tensor{ -1, 2 }
        /// assert(mynah.where(x:gt(0), x, 0):sum():item() == 2)
        /// ```
        fn r#where(mask: super::convert::Ref<LuaTensor>, a: super::tensor::Number, b: super::tensor::Number) -> LuaTensor {
            super::tensor::choose(&mask, a, b)
        }

        /// Calls `f` without recording its operations for `backward`, and returns what it returns.
        ///
        /// ```lua
        /// local w = mynah.ones(2, { requires_grad = true })
        /// local y = mynah.no_grad(function() return w * 2 end)
        /// assert(not y.requires_grad)
        /// ```
        fn no_grad(f: Callback) -> super::tensor::Values { Ok(super::tensor::Values(nn::no_grad(|| f.call(()))?)) }

        /// Seeds the random numbers of everything that is given no `seed` of its own.
        ///
        /// ```lua
        /// mynah.manual_seed(7); local a = mynah.randn(2)
        /// mynah.manual_seed(7); local b = mynah.randn(2)
        /// assert(a:eq(b):all():item())
        /// ```
        fn manual_seed(@lua, seed: usize) -> () { lua.set_app_data(SharedRng(Rng::new(seed as u64))); Ok(()) }

        /// Where new tensors live: with a name ("cpu", or "wgpu" in a build that has it) changes it; returns the name.
        ///
        /// ```lua
        /// assert(mynah.device() == "cpu")
        /// ```
        fn device(name: Option<String>) -> String {
            if let Some(name) = name { nn::set_default_device(name.parse()?); }
            Ok(nn::default_device().name().into())
        }

        /// The exact derivatives of a Lua function of a point: a function from points to gradients, or the gradient at `point`.
        ///
        /// `f` takes a list of numbers and returns one number. It may use `+ - * / % ^`, comparisons and `mynah.math`; it is run
        /// once, and its operations are followed backwards, so the answer is exact up to rounding. (LuaJIT and Lua 5.1 compare
        /// no object with a plain number: write `x < 0 * x` there.)
        ///
        /// ```lua
        /// local g = mynah.grad(function(p) return (1 - p[1])^2 + 100 * (p[2] - p[1]^2)^2 end)
        /// assert(g{ 1, 1 }:norm():item() == 0 and g{ -1.5, 2 }[1] == -155)
        /// ```
        fn grad(@lua, f: Callback, point: Option<super::diff::Point>) -> super::diff::Derived { super::diff::root::grad(lua, f, point) }

        /// As `grad`, but the function's value comes first.
        ///
        /// ```lua
        /// local value, slope = mynah.value_and_grad(function(p) return p[1]^2 end, { 3 })
        /// assert(value == 9 and slope[1] == 6)
        /// ```
        fn value_and_grad(@lua, f: Callback, point: Option<super::diff::Point>) -> super::diff::Derived {
            super::diff::root::value_and_grad(lua, f, point)
        }

        /// The matrix of second derivatives of a Lua function: a function from points to matrices, or the matrix at `point`.
        ///
        /// ```lua
        /// local H = mynah.hessian(function(p) return p[1]^2 * p[2] end, { 3, 5 })
        /// assert(H[1][1] == 10 and H[1][2] == 6 and H[2][2] == 0)
        /// ```
        fn hessian(@lua, f: Callback, point: Option<super::diff::Point>) -> super::diff::Derived { super::diff::root::hessian(lua, f, point) }

        /// The Hessian at `point` times `direction`, without forming the matrix: how the gradient changes on the way there.
        ///
        /// ```lua
        /// local change = mynah.hvp(function(p) return p[1]^2 * p[2] end, { 3, 5 }, { 1, 0 })
        /// assert(change[1] == 10 and change[2] == 6)
        /// ```
        fn hvp(@lua, f: Callback, point: super::diff::Point, direction: super::diff::Point) -> LuaTensor {
            super::diff::root::hvp(lua, &f, &point.0, &direction.0)
        }

        /// Compares exact derivatives with differences of the function: `passed`, the largest relative `error`, the `worst`
        /// coordinate, and both gradients.
        ///
        /// ```lua
        /// assert(mynah.gradcheck(function(p) return mynah.math.sin(p[1]) * p[2] end, { 1, 2 }).passed)
        /// ```
        fn gradcheck(@lua, f: Callback, point: super::diff::Point, options: Options<crate::diff::GradcheckSettings>) -> Table {
            super::diff::root::gradcheck(lua, &f, &point.0, &options.0)
        }

        /// What kind of place a point is: `verdict` (minimum, maximum, saddle, valley, ridge, flat or slope), eigenvalues,
        /// condition number.
        ///
        /// ```lua
        /// local place = mynah.terrain(function(p) return p[1]^2 - p[2]^2 end, { 0, 0 })
        /// assert(place.verdict == "saddle" and place.condition == 1)
        /// ```
        fn terrain(@lua, f: Callback, point: super::diff::Point, options: Options<crate::diff::TerrainSettings>) -> Table {
            super::diff::root::terrain(lua, &f, &point.0, &options)
        }

        /// The text of a file, which must be UTF-8.
        ///
        /// ```lua
        /// local ok, message = pcall(mynah.read, "no/such/file.txt")
        /// assert(not ok and message:find("no such file"))
        /// ```
        fn read(path: String) -> String { Ok(data::read_text(path)?) }

        /// Seconds by a clock that only goes forward, for measuring how long something takes.
        ///
        /// ```lua
        /// local start = mynah.clock()
        /// assert(mynah.clock() >= start)
        /// ```
        fn clock() -> f64 { Ok(CLOCK.elapsed().as_secs_f64()) }

        /// Waits for so many seconds, from 0 to 86400; Ctrl-C ends it.
        ///
        /// ```lua
        /// local start = mynah.clock()
        /// mynah.sleep(0.01)
        /// assert(mynah.clock() - start >= 0.01)
        /// ```
        fn sleep(seconds: f64) -> () {
            if !(0.0..=86_400.0).contains(&seconds) {
                return fault(format!("sleep: seconds must be from 0 to 86400, got {seconds}"));
            }
            let end = Instant::now() + Duration::from_secs_f64(seconds);
            while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
                stop::check()?;
                std::thread::sleep(left.min(Duration::from_millis(20)));
            }
            Ok(())
        }

        /// A script's arguments by name: `--train-seconds 5` puts 5 into `train_seconds` of a copy of `defaults`.
        ///
        /// Values take the type of their default; `--flag` alone means true. Also returns what belongs to no option.
        ///
        /// ```lua
        /// local opt, rest = mynah.args({ "book.txt", "--steps", "10", "--fresh" }, { steps = 2000, fresh = false, lr = 1e-3 })
        /// assert(opt.steps == 10 and opt.fresh and opt.lr == 1e-3 and rest[1] == "book.txt")
        /// ```
        fn args(@lua, list: Table, defaults: Table) -> (Table, Vec<String>) { super::args::read(lua, &list, &defaults) }

        /// Whether someone sits at a terminal (rather than a file or another program giving the input).
        ///
        /// ```lua
        /// if mynah.is_terminal() then io.write("> ") end
        /// ```
        fn is_terminal() -> bool { Ok(std::io::stdin().is_terminal()) }

        /// A folder of this name in the user's cache, made if it is missing: for what can be made again.
        ///
        /// ```lua
        /// assert(mynah.cache_dir("examples"):find("examples"))
        /// ```
        fn cache_dir(name: String) -> String { Ok(data::cache_dir(&name)?.display().to_string()) }

        /// Documentation as text: of a function, an object, a room, or a name in quotes.
        ///
        /// ```lua
        /// assert(mynah.help("zeros"):find("zeros"))
        /// ```
        fn help(@lua, about: Option<Value>) -> String { Ok(super::help(lua, &about.unwrap_or(Value::Nil))?) }
    }
}

/// The random numbers of everything that is given no seed.
struct SharedRng(Rng);

/// A seed drawn from the shared random numbers.
pub fn fresh_seed(lua: &Lua) -> u64 {
    if lua.app_data_ref::<SharedRng>().is_none() {
        lua.set_app_data(SharedRng(Rng::new(data::entropy())));
    }
    lua.app_data_mut::<SharedRng>().map_or(0, |mut shared| shared.0.next_u64() >> 12)
}

fn filled(Sizes(sizes, o): Sizes, value: f64) -> Outcome<LuaTensor> {
    o.finish(Tensor::full(&sizes, value, o.dtype_or(Dtype::F32)?, o.device()?)?)
}

fn random(lua: &Lua, Sizes(sizes, o): Sizes, draw: fn(&mut Rng) -> f64) -> Outcome<LuaTensor> {
    let mut rng = Rng::new(o.seed.unwrap_or_else(|| fresh_seed(lua)));
    let shape = Tensor::full(&sizes, 0.0, Dtype::Bool, nn::Device::Cpu)?.shape(); // checks the sizes
    let values = (0..shape.iter().product()).map(|_| draw(&mut rng)).collect();
    o.finish(Tensor::from_f64(values, &sizes, o.dtype_or(Dtype::F32)?, o.device()?)?)
}
