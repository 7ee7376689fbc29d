//! `mynah.optim`: optimizers that step a plain point, tensors, a net or a language model.

use super::convert::{FromArg, This, got};
use super::genetic::{GaExtras, LuaGenetic};
use super::minimizer::{LuaMinimizer, StartExtras};
use super::nn::LuaModule;
use super::options::Options;
use super::params;
use super::search::LuaSearch;
use super::shim::{Callback, Fault, Outcome, fault};
use super::tensor::{LuaTensor, TensorLike};
use crate::nn::{self, StepParam};
use crate::optim::{
    self, AdabeliefSettings, AdadeltaSettings, AdafactorSettings, AdagradSettings, AdahessianSettings, AdamSettings,
    AdamaxSettings, AdamwSettings, AdanSettings, AdemamixSettings, AmsgradSettings, AsgdSettings, LambSettings,
    LionSettings, MuonSettings, NadamSettings, Optimizer, Param, ProdigySettings, RadamSettings, RmspropSettings,
    RpropSettings, SchedulefreeSettings, SgdSettings, SophiaSettings, blackbox, smooth,
};
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

        /// Adam whose steps never grow again.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.amsgrad{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
        /// assert(x[1] < 4)
        /// ```
        fn amsgrad(options: Options<AmsgradSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::amsgrad(options.0)) }

        /// Adam with Nesterov's look-ahead.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.nadam{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
        /// assert(x[1] < 4)
        /// ```
        fn nadam(options: Options<NadamSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::nadam(options.0)) }

        /// Adam that waits until its second moment is known.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.radam{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
        /// assert(x[1] < 4)
        /// ```
        fn radam(options: Options<RadamSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::radam(options.0)) }

        /// Adam with the largest gradient for its second moment.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.adamax{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
        /// assert(x[1] < 4)
        /// ```
        fn adamax(options: Options<AdamaxSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::adamax(options.0)) }

        /// Adam that divides by how far gradients stray from their mean.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.adabelief{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
        /// assert(x[1] < 4)
        /// ```
        fn adabelief(options: Options<AdabeliefSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::adabelief(options.0)) }

        /// Adam with a look-ahead from gradient differences.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.adan{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
        /// assert(x[1] < 4)
        /// ```
        fn adan(options: Options<AdanSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::adan(options.0)) }

        /// Adam with a second, much slower mean of gradients.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.ademamix{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
        /// assert(x[1] < 4)
        /// ```
        fn ademamix(options: Options<AdemamixSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::ademamix(options.0)) }

        /// Adam's direction with a length in proportion to the parameter's.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.lamb{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
        /// assert(x[1] < 4)
        /// ```
        fn lamb(options: Options<LambSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::lamb(options.0)) }

        /// The sign of a blend of momentum and gradient.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.lion{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
        /// assert(x[1] < 4)
        /// ```
        fn lion(options: Options<LionSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::lion(options.0)) }

        /// Gradients over their running root mean square.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.rmsprop{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
        /// assert(x[1] < 4)
        /// ```
        fn rmsprop(options: Options<RmspropSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::rmsprop(options.0)) }

        /// Step sizes that shrink with the sum of squared gradients.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.adagrad{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
        /// assert(x[1] < 4)
        /// ```
        fn adagrad(options: Options<AdagradSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::adagrad(options.0)) }

        /// Steps in the parameter's own units, from two running squares.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.adadelta{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
        /// assert(x[1] < 4)
        /// ```
        fn adadelta(options: Options<AdadeltaSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::adadelta(options.0)) }

        /// Step sizes from the gradient's signs alone; for whole gradients.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.rprop{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
        /// assert(x[1] < 4)
        /// ```
        fn rprop(options: Options<RpropSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::rprop(options.0)) }

        /// Second moments of a matrix by row and column: little memory.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.adafactor{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
        /// assert(x[1] < 4)
        /// ```
        fn adafactor(options: Options<AdafactorSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::adafactor(options.0)) }

        /// Matrices along orthogonalized momentum, the rest by AdamW.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.muon{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
        /// assert(x[1] < 4)
        /// ```
        fn muon(options: Options<MuonSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::muon(options.0)) }

        /// AdamW with averaging in place of a falling rate.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.schedulefree{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
        /// assert(x[1] < 4)
        /// ```
        fn schedulefree(options: Options<SchedulefreeSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::schedulefree(options.0)) }

        /// Adam that finds its own learning rate.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.prodigy{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
        /// assert(x[1] < 4)
        /// ```
        fn prodigy(options: Options<ProdigySettings>) -> LuaOptimizer { LuaOptimizer::new(optim::prodigy(options.0)) }

        /// Gradient descent whose answer is the mean of its points.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.asgd{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }) end
        /// assert(x[1] < 4)
        /// ```
        fn asgd(options: Options<AsgdSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::asgd(options.0)) }

        /// Adam over the Hessian's diagonal; wants curvature.
        ///
        /// `step` takes an estimate of the Hessian's diagonal after the gradient; `mynah.optim.minimize` makes one by itself.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.adahessian{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }, { 2 }) end
        /// assert(x[1] < 4)
        /// ```
        fn adahessian(options: Options<AdahessianSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::adahessian(options.0)) }

        /// Clipped steps over the Hessian's diagonal; wants curvature now and then.
        ///
        /// `step` takes an estimate of the Hessian's diagonal after the gradient; `mynah.optim.minimize` makes one by itself.
        ///
        /// ```lua
        /// local x, opt = { 4 }, mynah.optim.sophia{ lr = 0.01 }
        /// for _ = 1, 20 do opt:step(x, { 2 * x[1] }, { 2 }) end
        /// assert(x[1] < 4)
        /// ```
        fn sophia(options: Options<SophiaSettings>) -> LuaOptimizer { LuaOptimizer::new(optim::sophia(options.0)) }

        /// A portfolio that probes the landscape and then commits; the usual choice. A search to be asked and told: see `Search`.
        ///
        /// ```lua
        /// local search = mynah.optim.auto{ lower = { -5, -5 }, upper = { 5, 5 }, budget = 100, seed = 1 }
        /// while not search:done() do
        ///   local values = {}
        ///   for i, x in ipairs(search:ask()) do values[i] = x[1]^2 + x[2]^2 end
        ///   search:tell(values)
        /// end
        /// local best, value = search:best()
        /// assert(value < 25 and value == best[1]^2 + best[2]^2)
        /// ```
        fn auto(options: Options<blackbox::AutoSettings>) -> LuaSearch { LuaSearch::new(blackbox::auto(options.0)) }

        /// A normal distribution that learns the landscape's shape, with restarts. A search to be asked and told: see `Search`.
        ///
        /// ```lua
        /// local search = mynah.optim.cmaes{ lower = { -5, -5 }, upper = { 5, 5 }, budget = 100, seed = 1 }
        /// while not search:done() do
        ///   local values = {}
        ///   for i, x in ipairs(search:ask()) do values[i] = x[1]^2 + x[2]^2 end
        ///   search:tell(values)
        /// end
        /// local best, value = search:best()
        /// assert(value < 25 and value == best[1]^2 + best[2]^2)
        /// ```
        fn cmaes(options: Options<blackbox::CmaesSettings>) -> LuaSearch { LuaSearch::new(blackbox::cmaes(options.0)) }

        /// Differential evolution (L-SHADE): differences of points as steps. A search to be asked and told: see `Search`.
        ///
        /// ```lua
        /// local search = mynah.optim.de{ lower = { -5, -5 }, upper = { 5, 5 }, budget = 100, seed = 1 }
        /// while not search:done() do
        ///   local values = {}
        ///   for i, x in ipairs(search:ask()) do values[i] = x[1]^2 + x[2]^2 end
        ///   search:tell(values)
        /// end
        /// local best, value = search:best()
        /// assert(value < 25 and value == best[1]^2 + best[2]^2)
        /// ```
        fn de(options: Options<blackbox::DeSettings>) -> LuaSearch { LuaSearch::new(blackbox::de(options.0)) }

        /// A particle swarm: points with inertia and memory. A search to be asked and told: see `Search`.
        ///
        /// ```lua
        /// local search = mynah.optim.pso{ lower = { -5, -5 }, upper = { 5, 5 }, budget = 100, seed = 1 }
        /// while not search:done() do
        ///   local values = {}
        ///   for i, x in ipairs(search:ask()) do values[i] = x[1]^2 + x[2]^2 end
        ///   search:tell(values)
        /// end
        /// local best, value = search:best()
        /// assert(value < 25 and value == best[1]^2 + best[2]^2)
        /// ```
        fn pso(options: Options<blackbox::PsoSettings>) -> LuaSearch { LuaSearch::new(blackbox::pso(options.0)) }

        /// A simplex that walks downhill; a few coordinates, no noise. A search to be asked and told: see `Search`.
        ///
        /// ```lua
        /// local search = mynah.optim.nelder_mead{ lower = { -5, -5 }, upper = { 5, 5 }, budget = 100, seed = 1 }
        /// while not search:done() do
        ///   local values = {}
        ///   for i, x in ipairs(search:ask()) do values[i] = x[1]^2 + x[2]^2 end
        ///   search:tell(values)
        /// end
        /// local best, value = search:best()
        /// assert(value < 25 and value == best[1]^2 + best[2]^2)
        /// ```
        fn nelder_mead(options: Options<blackbox::NelderMeadSettings>) -> LuaSearch { LuaSearch::new(blackbox::nelder_mead(options.0)) }

        /// Line searches along directions made conjugate; smooth functions. A search to be asked and told: see `Search`.
        ///
        /// ```lua
        /// local search = mynah.optim.powell{ lower = { -5, -5 }, upper = { 5, 5 }, budget = 100, seed = 1 }
        /// while not search:done() do
        ///   local values = {}
        ///   for i, x in ipairs(search:ask()) do values[i] = x[1]^2 + x[2]^2 end
        ///   search:tell(values)
        /// end
        /// local best, value = search:best()
        /// assert(value < 25 and value == best[1]^2 + best[2]^2)
        /// ```
        fn powell(options: Options<blackbox::PowellSettings>) -> LuaSearch { LuaSearch::new(blackbox::powell(options.0)) }

        /// Simulated annealing: a walk that climbs less and less. A search to be asked and told: see `Search`.
        ///
        /// ```lua
        /// local search = mynah.optim.anneal{ lower = { -5, -5 }, upper = { 5, 5 }, budget = 100, seed = 1 }
        /// while not search:done() do
        ///   local values = {}
        ///   for i, x in ipairs(search:ask()) do values[i] = x[1]^2 + x[2]^2 end
        ///   search:tell(values)
        /// end
        /// local best, value = search:best()
        /// assert(value < 25 and value == best[1]^2 + best[2]^2)
        /// ```
        fn anneal(options: Options<blackbox::AnnealSettings>) -> LuaSearch { LuaSearch::new(blackbox::anneal(options.0)) }

        /// A genetic algorithm over reals, bits, permutations or bytes, with crossover and mutation of one's own if wanted: see `Genetic`.
        ///
        /// ```lua
        /// local ga = mynah.optim.ga{ genome = "permutation", dim = 6, budget = 3000, seed = 1,
        ///   mutation = function(child)
        ///     local i, j = math.random(#child), math.random(#child)
        ///     child[i], child[j] = child[j], child[i]
        ///     return child
        ///   end }
        /// while not ga:done() do
        ///   local values = {}
        ///   for k, order in ipairs(ga:ask()) do
        ///     values[k] = 0
        ///     for i, gene in ipairs(order) do values[k] = values[k] + math.abs(gene - i) end
        ///   end
        ///   ga:tell(values)
        /// end
        /// local best, value = ga:best()
        /// assert(value == 0 and best[6] == 6)
        /// ```
        fn ga(@lua, options: Options<blackbox::GaSettings, GaExtras>) -> LuaGenetic { LuaGenetic::new(lua, options) }

        /// A Gaussian process with expected improvement; costly functions. A search to be asked and told: see `Search`.
        ///
        /// ```lua
        /// local search = mynah.optim.bayes{ lower = { -5, -5 }, upper = { 5, 5 }, budget = 100, seed = 1 }
        /// while not search:done() do
        ///   local values = {}
        ///   for i, x in ipairs(search:ask()) do values[i] = x[1]^2 + x[2]^2 end
        ///   search:tell(values)
        /// end
        /// local best, value = search:best()
        /// assert(value < 25 and value == best[1]^2 + best[2]^2)
        /// ```
        fn bayes(options: Options<blackbox::BayesSettings>) -> LuaSearch { LuaSearch::new(blackbox::bayes(options.0)) }

        /// Points without a plan, the measure for everything else. A search to be asked and told: see `Search`.
        ///
        /// ```lua
        /// local search = mynah.optim.random{ lower = { -5, -5 }, upper = { 5, 5 }, budget = 100, seed = 1 }
        /// while not search:done() do
        ///   local values = {}
        ///   for i, x in ipairs(search:ask()) do values[i] = x[1]^2 + x[2]^2 end
        ///   search:tell(values)
        /// end
        /// local best, value = search:best()
        /// assert(value < 25 and value == best[1]^2 + best[2]^2)
        /// ```
        fn random(options: Options<blackbox::RandomSettings>) -> LuaSearch { LuaSearch::new(blackbox::random(options.0)) }

        /// Newton's direction from past gradients, with a strong Wolfe line search; the usual choice for smooth functions. See `Minimizer`.
        ///
        /// ```lua
        /// local search = mynah.optim.lbfgs{ x0 = { 3, -4 } }
        /// while search:step(function(p) return p[1]^2 + 2 * p[2]^2 end) do end
        /// assert(search:report().f < 1e-6)
        /// ```
        fn lbfgs(@lua, options: Options<smooth::LbfgsSettings, StartExtras>) -> LuaMinimizer {
            LuaMinimizer::new(lua, "lbfgs", options.0, options.1, smooth::lbfgs)
        }

        /// Newton's method in a trust region, by exact Hessian-vector products. See `Minimizer`.
        ///
        /// ```lua
        /// local search = mynah.optim.newton{ x0 = { 3, -4 } }
        /// while search:step(function(p) return p[1]^2 + 2 * p[2]^2 end) do end
        /// assert(search:report().f < 1e-6)
        /// ```
        fn newton(@lua, options: Options<smooth::NewtonSettings, StartExtras>) -> LuaMinimizer {
            LuaMinimizer::new(lua, "newton", options.0, options.1, smooth::newton)
        }

        /// Nonlinear conjugate gradients: little memory. See `Minimizer`.
        ///
        /// ```lua
        /// local search = mynah.optim.cg{ x0 = { 3, -4 } }
        /// while search:step(function(p) return p[1]^2 + 2 * p[2]^2 end) do end
        /// assert(search:report().f < 1e-6)
        /// ```
        fn cg(@lua, options: Options<smooth::CgSettings, StartExtras>) -> LuaMinimizer {
            LuaMinimizer::new(lua, "cg", options.0, options.1, smooth::cg)
        }

        /// Plain gradient descent that says how it ended: at a minimum, on a flat, or oscillating. See `Minimizer`.
        ///
        /// ```lua
        /// local search = mynah.optim.descend{ x0 = { 3, -4 } }
        /// while search:step(function(p) return p[1]^2 + 2 * p[2]^2 end) do end
        /// assert(search:report().f < 1e-6)
        /// ```
        fn descend(@lua, options: Options<smooth::DescendSettings, StartExtras>) -> LuaMinimizer {
            LuaMinimizer::new(lua, "descend", options.0, options.1, smooth::descend)
        }

        /// Levenberg-Marquardt, for sums of squares: the function returns its residuals as a list. See `Minimizer`.
        ///
        /// ```lua
        /// local search = mynah.optim.levenberg{ x0 = { 0, 0 } }
        /// while search:step(function(p) return { p[1] + p[2] - 3, p[1] - p[2] - 1 } end) do end
        /// assert(math.abs(search:report().x[1] - 2) < 1e-6)
        /// ```
        fn levenberg(@lua, options: Options<smooth::LevenbergSettings, StartExtras>) -> LuaMinimizer {
            LuaMinimizer::new(lua, "levenberg", options.0, options.1, smooth::levenberg)
        }

        /// Looks for the lowest value of `f` from `x0`, by any method of this room: `x`, its value `f`, and how it ended.
        ///
        /// Methods with derivatives ("lbfgs", "newton", "cg", "levenberg", "descend", and every optimizer, such as "adam") take them
        /// exactly, as `mynah.grad` does, or from `gradient`; black-box methods ("auto", the default, "cmaes", "nelder_mead", ...) only
        /// ask for values, between `lower` and `upper`, `budget` times at most, and take a `seed`. `on_step` sees `{ x, f, step }` after each step
        /// and ends the search by returning false; work that lasts shows a bar unless `progress` is false. Other options are the
        /// method's own, such as `genome`, `crossover` and `mutation` of "ga"; an optimizer also takes `steps` and `tolerance`.
        ///
        /// ```lua
        /// local function rosenbrock(p) return (1 - p[1])^2 + 100 * (p[2] - p[1]^2)^2 end
        /// local r = mynah.optim.minimize{ f = rosenbrock, x0 = { -1.5, 2 }, method = "lbfgs" }
        /// assert(math.abs(r.x[1] - 1) < 1e-6 and r.f < 1e-12)
        /// r = mynah.optim.minimize{ f = rosenbrock, x0 = { -1.5, 2 }, method = "nelder_mead", budget = 2000, seed = 1 }
        /// assert(r.f < 1e-6)
        /// r = mynah.optim.minimize{ f = rosenbrock, x0 = { -1.5, 2 }, method = "adahessian", lr = 0.15, steps = 300 }
        /// assert(r.steps <= 300 and r.f < 6)
        /// ```
        fn minimize(@lua, options: Table) -> Table { super::minimize::minimize(lua, &options) }

        /// The names of all methods that `minimize` knows, with what they are.
        ///
        /// ```lua
        /// assert(mynah.optim.methods().lbfgs)
        /// ```
        fn methods(@lua) -> Table {
            let all = optim::OPTIMIZERS.iter().map(|e| (e.name, e.summary));
            let all = all.chain(smooth::MINIMIZERS.iter().map(|e| (e.name, e.summary)));
            Ok(lua.create_table_from(all.chain(blackbox::METHODS.iter().map(|e| (e.name, e.summary))))?)
        }
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
        /// A plain table of numbers is moved by the `gradient` given with it (and by a `curvature`, the Hessian's diagonal, where the
        /// method wants one), and so is a tensor. With a function in place of the gradient, the step asks that for the loss itself,
        /// and for curvature two times more where the method wants it (the loss must then be the same each time: no dropout).
        ///
        /// ```lua
        /// local w = mynah.tensor({ 4 }, { requires_grad = true })
        /// local opt = mynah.optim.sgd{ lr = 0.25 };
        /// (w * w):sum():backward()
        /// opt:step(w)
        /// assert(w:item() == 2 and w.grad == nil)
        /// mynah.optim.adahessian{ lr = 0.5 }:step(w, function() return (w * w):sum() end)
        /// assert(math.abs(w:item() - 1) < 1e-3)
        /// ```
        fn step(this, @lua, what: Value, gradient: Option<Value>, curvature: Option<Value>) -> This {
            let mut optimizer = this.get()?;
            match (&what, gradient) {
                (Value::Table(point), gradient) if is_point(point)? => {
                    let Some(gradient) = gradient else {
                        return fault("step: a plain point is moved by a gradient: opt:step(point, gradient)");
                    };
                    step_point(&mut optimizer, lua, point, gradient, curvature)?;
                }
                (_, Some(Value::Function(loss))) => step_loss(&mut optimizer, lua, &what, Callback::new(lua, loss)?)?,
                (_, Some(gradient)) => step_tensor(&mut optimizer, lua, &what, gradient)?,
                (_, None) => step_net(&mut optimizer, &what)?,
            }
            Ok(This)
        }
        /// Runs `f` while a net, model or tensor holds the mean of its points, then puts it back; without `f` the mean stays.
        ///
        /// "schedulefree" and "asgd" train at one point and answer with a mean: use it to judge and to save. Other optimizers
        /// leave the net as it is.
        ///
        /// ```lua
        /// local w = mynah.tensor({ 4 }, { requires_grad = true })
        /// local opt = mynah.optim.asgd{ lr = 0.1, start = 0 }
        /// for _ = 1, 3 do opt:step(w, function() return (w * w):sum() end) end
        /// local now, mean = w:item(), nil
        /// opt:averaged(w, function() mean = w:item() end)
        /// assert(w:item() == now and mean > now)
        /// ```
        fn averaged(this, what: Value, f: Option<Callback>) -> () {
            let all = params::trainable("averaged", &what)?;
            let before: Vec<nn::Tensor> = all.iter().map(|n| n.param.value().plain()).collect();
            {
                let optimizer = this.get()?;
                for (place, (named, now)) in all.iter().zip(&before).enumerate() {
                    if let Some(mean) = nn::averaged(&optimizer, place, now)? {
                        named.param.set_value(mean)?;
                    }
                }
            }
            let Some(f) = f else { return Ok(()) };
            let outcome = f.call(());
            for (named, now) in all.iter().zip(before) {
                named.param.set_value(now)?;
            }
            outcome.map(|_| ())
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

fn step_point(
    optimizer: &mut Optimizer,
    lua: &Lua,
    point: &Table,
    gradient: Value,
    curvature: Option<Value>,
) -> Outcome<()> {
    let mut x = Vec::<f64>::from_arg(Value::Table(point.clone()), lua)?;
    let numbers = |what: &str, value: Value| {
        let numbers = match value {
            list @ Value::Table(_) => Vec::<f64>::from_arg(list, lua)?,
            other => TensorLike::from_arg(other, lua)?.0.to_f64()?,
        };
        if numbers.len() == x.len() {
            return Ok(numbers);
        }
        fault(format!("step: the point has {} numbers, the {what} {}", x.len(), numbers.len()))
    };
    let g = numbers("gradient", gradient)?;
    let h = curvature.map(|c| numbers("curvature", c)).transpose()?;
    let param = Param::new(&mut x, &g);
    optimizer.step(&mut [match &h {
        Some(h) => param.hessian(h),
        None => param,
    }])?;
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
    Ok(nn::step(optimizer, &[StepParam { place: 0, param: tensor.0.clone(), grad, hessian: None, decay: true }])?)
}

fn step_net(optimizer: &mut Optimizer, what: &Value) -> Outcome<()> {
    let all = params::trainable("step", what)?;
    let matrices_only = is_model(what);
    let list: Vec<StepParam> = all
        .iter()
        .enumerate()
        .filter_map(|(place, n)| {
            let decay = !matrices_only || n.param.value().rank() > 1;
            n.param.grad().map(|grad| StepParam { place, param: n.param.clone(), grad, hessian: None, decay })
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

/// A step down a loss that the script computes when it is asked.
fn step_loss(optimizer: &mut Optimizer, lua: &Lua, what: &Value, loss: Callback) -> Outcome<()> {
    let matrices_only = is_model(what);
    let moved: Vec<nn::Moved> = params::trainable("step", what)?
        .into_iter()
        .map(|n| nn::Moved { decay: !matrices_only || n.param.value().rank() > 1, param: n.param })
        .collect();
    let ask = || -> Outcome<nn::Tensor> {
        let value = loss.call(())?.into_iter().next().unwrap_or(Value::Nil);
        match &value {
            Value::UserData(data) if data.is::<LuaTensor>() => Ok(TensorLike::from_arg(value, lua)?.0),
            other => fault(format!("step: the function must return the loss, a tensor, got {}", got(other))),
        }
    };
    nn::step_on(optimizer, &moved, 1, &mut || ask().map_err(Fault::into_core))?;
    moved.iter().for_each(|m| m.param.set_grad(None));
    Ok(())
}

fn is_model(what: &Value) -> bool {
    matches!(what, Value::UserData(data) if data.is::<super::lm::LuaModel>())
}

fn is_module(what: &Value) -> bool {
    matches!(what, Value::UserData(data) if data.is::<LuaModule>())
}
