//! `mynah.npc.policy`: brains that decide what to do, all asked the same way.

use super::convert::{FromArg, This, expected, got};
use super::diff::Point;
use super::learn::LuaLearner;
use super::nn::LuaModule;
use super::options::Options;
use super::route::{LuaGrid, LuaMaze};
use super::shim::{Callback, Outcome, fault};
use super::tensor::{LuaTensor, TensorLike};
use crate::nn::{Device, Tensor};
use crate::npc::{Controller, ControllerConfig};
use crate::{lua_class, lua_extras};
use mlua::{AnyUserData, Lua, ObjectLike, Table, Value};
use std::cell::{RefCell, RefMut};

lua_extras! {
    /// What else may decide.
    PolicyExtras {
        /// Another brain, in place of a small net of its own: a fitted learner, a net whose outputs are the `actions`, a maze or
        /// grid to walk through, or a function.
        brain: Value = "mynah.Learner|mynah.Module|mynah.Maze|mynah.Grid|fun(observation: any): any"
    }
}

/// What decides.
enum Brain {
    Own(Box<RefCell<Controller>>),
    Learner(AnyUserData),
    Net(AnyUserData, Vec<String>),
    Way(AnyUserData),
    Function(Callback),
}

/// A policy as Lua holds it.
pub struct LuaPolicy(Brain);

/// A policy from its options.
pub fn policy(lua: &Lua, options: Options<ControllerConfig, PolicyExtras>) -> Outcome<LuaPolicy> {
    let Options(config, PolicyExtras { brain }) = options;
    Ok(LuaPolicy(match brain {
        None => Brain::Own(Box::new(RefCell::new(Controller::new(&config)?))),
        Some(Value::Function(f)) => Brain::Function(Callback::new(lua, f)?),
        Some(Value::UserData(data)) if data.is::<LuaLearner>() => Brain::Learner(data),
        Some(Value::UserData(data)) if data.is::<LuaGrid>() || data.is::<LuaMaze>() => Brain::Way(data),
        Some(Value::UserData(data)) if data.is::<LuaModule>() => {
            if config.actions.is_empty() {
                return fault("policy: a net needs the `actions` that its outputs stand for");
            }
            Brain::Net(data, config.actions)
        }
        Some(other) => {
            return fault(format!(
                "policy: `brain` must be a learner, a net, a maze, a grid or a function, got {}",
                got(&other)
            ));
        }
    }))
}

/// A policy from its file.
pub fn load(path: &str) -> Outcome<LuaPolicy> {
    Ok(LuaPolicy(Brain::Own(Box::new(RefCell::new(Controller::load(path)?)))))
}

impl LuaPolicy {
    fn own(&self, what: &str) -> Outcome<RefMut<'_, Controller>> {
        match &self.0 {
            Brain::Own(controller) => Ok(controller.borrow_mut()),
            _ => fault(format!("{what}: only a policy with a net of its own has this, not one with a `brain`")),
        }
    }

    fn decide(&self, lua: &Lua, observation: Value) -> Outcome<Value> {
        let named = |name: &str| -> Outcome<Value> { Ok(Value::String(lua.create_string(name)?)) };
        match &self.0 {
            Brain::Own(controller) => {
                let controller = controller.borrow();
                let action = controller.best(&Point::from_arg(observation, lua)?.0)?;
                named(controller.name(action))
            }
            Brain::Function(f) => Ok(f.call(observation)?.into_iter().next().unwrap_or(Value::Nil)),
            Brain::Learner(learner) => {
                let seen = Point::from_arg(observation, lua)?.0;
                let row = lua.create_sequence_from([lua.create_sequence_from(seen)?])?;
                match learner.call_method::<Value>("predict", row)? {
                    Value::Table(labels) => Ok(labels.raw_get(1)?),
                    numbers => {
                        let numbers = TensorLike::from_arg(numbers, lua)?.0.to_f64()?;
                        Ok(numbers.first().map_or(Value::Nil, |n| Value::Number(*n)))
                    }
                }
            }
            Brain::Net(net, actions) => {
                let seen: Vec<f32> = Point::from_arg(observation, lua)?.0.into_iter().map(|x| x as f32).collect();
                let width = seen.len();
                let row = LuaTensor::from(Tensor::from_vec(seen, &[1, width], Device::Cpu)?);
                let out = TensorLike::from_arg(net.call::<Value>(lua.create_userdata(row)?)?, lua)?.0.to_f32()?;
                if out.len() != actions.len() {
                    let (n, m) = (actions.len(), out.len());
                    return fault(format!("decide: the net has {m} outputs for {n} actions"));
                }
                let best = (0..out.len()).fold(0, |best, i| if out[i] > out[best] { i } else { best });
                named(&actions[best])
            }
            Brain::Way(way) => {
                let Value::Table(place) = &observation else {
                    return expected("a table { from =, to = } of two cells", &observation);
                };
                let ends: (usize, usize) = (cell(place, "from", lua)?, cell(place, "to", lua)?);
                match way.call_method::<Value>("path", ends)? {
                    Value::Table(cells) => Ok(cells.raw_get(if cells.raw_len() > 1 { 2 } else { 1 })?),
                    _ => Ok(Value::Nil),
                }
            }
        }
    }
}

fn cell(place: &Table, name: &str, lua: &Lua) -> Outcome<usize> {
    let value: Value = place.get(name)?;
    usize::from_arg(value.clone(), lua)
        .or_else(|_| fault(format!("decide: `{name}` must be the number of a cell, got {}", got(&value))))
}

lua_class! {
    /// A brain that decides: `decide(observation)` gives an action, whatever it is made of.
    class Policy(LuaPolicy) {
        /// All weights of its own net in one list, to be evolved; set them with `set_genes`.
        get genes(this) -> Vec<f64> { Ok(this.own("genes")?.genes().to_vec()) }
        /// What it is made of.
        meta tostring(this) -> String {
            Ok(match &this.0 {
                Brain::Own(controller) => {
                    let controller = controller.borrow();
                    let (n, actions) = (controller.genes().len(), controller.config().actions.join(", "));
                    format!("Policy ({n} genes: {actions})")
                }
                Brain::Learner(_) => "Policy (a learner)".into(),
                Brain::Net(_, actions) => format!("Policy (a net: {})", actions.join(", ")),
                Brain::Way(_) => "Policy (the shortest way)".into(),
                Brain::Function(_) => "Policy (a function)".into(),
            })
        }

        /// What to do: the likeliest action of its own net or of another; what a learner predicts; the next cell on the shortest way
        /// from `{ from =, to = }`, nil if there is none; what the function answers.
        ///
        /// ```lua
        /// local maze = mynah.route.maze{ width = 5, height = 5, seed = 1 }
        /// local walker, cell = mynah.npc.policy{ brain = maze }, 1
        /// while cell ~= 25 do cell = walker:decide{ from = cell, to = 25 } end
        /// ```
        fn decide(this, @lua, observation: Value) -> Value { this.decide(lua, observation) }

        /// Draws an action of its own net by its odds and remembers it, for `reward` and `learn`.
        ///
        /// ```lua
        /// local policy = mynah.npc.policy{ inputs = 1, actions = { "left", "right" }, seed = 1 }
        /// for _ = 1, 100 do
        ///   for _ = 1, 10 do
        ///     local light = math.random() * 2 - 1
        ///     local went = policy:draw{ light }
        ///     policy:reward((went == "right") == (light > 0) and 1 or 0):finish()
        ///   end
        ///   policy:learn()
        /// end
        /// assert(policy:decide{ 0.9 } == "right" and policy:decide{ -0.9 } == "left")
        /// ```
        fn draw(this, observation: Point) -> String {
            let mut own = this.own("draw")?;
            let action = own.draw(&observation.0)?;
            Ok(own.name(action).to_string())
        }

        /// How likely its own net takes each action, by name.
        fn odds(this, @lua, observation: Point) -> Table {
            let own = this.own("odds")?;
            let table = lua.create_table()?;
            for (i, p) in own.odds(&observation.0)?.into_iter().enumerate() {
                table.raw_set(own.name(i), p)?;
            }
            Ok(table)
        }

        /// Rewards the last drawn action; what was done before it in the same episode has a discounted share.
        fn reward(this, reward: f64) -> This { this.own("reward")?.reward(reward)?; Ok(This) }

        /// Ends an episode: later rewards do not count for what was done in it.
        fn finish(this) -> This { this.own("finish")?.finish(); Ok(This) }

        /// One step of learning (REINFORCE) from the episodes since the last; returns their mean sum of rewards.
        fn learn(this) -> f64 { Ok(this.own("learn")?.learn()?) }

        /// Gives its own net other weights, as an evolution found them.
        ///
        /// ```lua
        /// local policy = mynah.npc.policy{ inputs = 2, actions = { "no", "yes" }, hidden = { 3 }, seed = 1 }
        /// local cases = { { 0, 0, "no" }, { 0, 1, "yes" }, { 1, 0, "yes" }, { 1, 1, "no" } }
        /// local es = mynah.optim.cmaes{ x0 = policy.genes, sigma = 1, seed = 1, budget = 4000, target = 0.2 }
        /// while not es:done() do
        ///   local wrong = {}
        ///   for i, genes in ipairs(es:ask()) do
        ///     policy:set_genes(genes)
        ///     wrong[i] = 0
        ///     for _, c in ipairs(cases) do wrong[i] = wrong[i] + 1 - policy:odds{ c[1], c[2] }[c[3]] end
        ///   end
        ///   es:tell(wrong)
        /// end
        /// local best = es:best()
        /// policy:set_genes(best)
        /// for _, c in ipairs(cases) do assert(policy:decide{ c[1], c[2] } == c[3]) end
        /// ```
        fn set_genes(this, genes: Point) -> This { this.own("set_genes")?.set_genes(&genes.0)?; Ok(This) }

        /// Writes its own net to a file.
        fn save(this, path: String) -> This { this.own("save")?.save(path)?; Ok(This) }
    }
}
