//! The optimizer that every caller holds, and the [`Rule`] that tells one kind from another.

use super::Schedule;
use super::param::{Buffer, Pair, Param, Real, Slice};
use crate::error::ensure_setting;
use crate::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// An update rule: the part of an optimizer that its paper describes.
///
/// Everything else (checking, step counts, schedules, saving) is [`Optimizer`]'s work.
pub trait Rule: Send + 'static {
    /// Its name in the list, such as `adamw`.
    fn name(&self) -> &'static str;

    /// The state vectors for a parameter of `n` values: names and lengths. They begin as zeros.
    fn slots(&self, n: usize, shape: &[usize]) -> Vec<(&'static str, usize)>;

    /// Called once per step, before any parameter's turn; `t` counts from 1.
    fn begin_step(&mut self, _t: u64) {}

    /// Moves one parameter.
    fn update<T: Real>(&mut self, turn: Turn<'_, T>);

    /// Numbers that the rule carries from step to step beside the state vectors; they are saved with them.
    fn scalars(&self) -> Vec<(&'static str, f64)> {
        vec![]
    }

    /// Takes back what [`Self::scalars`] gave, in the same order.
    fn load_scalars(&mut self, _numbers: &[f64]) {}

    /// Whether step `t`, from 1, wants an estimate of the Hessian's diagonal beside the gradient.
    fn needs_curvature(&self, _t: u64) -> bool {
        false
    }

    /// Whether the point to use is another than the one that moves: a mean of the points visited.
    fn averages(&self) -> bool {
        false
    }

    /// Turns the values `x` of a parameter that has moved into the ones to use, where [`Self::averages`] says so.
    fn average<T: Real>(&self, _x: &mut [T], _slots: &[&[T]]) {}
}

/// One parameter's turn in one step.
#[derive(Debug)]
pub struct Turn<'a, T> {
    /// The values to move.
    pub x: &'a mut [T],
    /// The gradient at `x`, of the same length.
    pub g: &'a [T],
    /// An estimate of the Hessian's diagonal at `x`, of the same length, if one came. Always there when wanted.
    pub h: Option<&'a [T]>,
    /// The state vectors, in the order of [`Rule::slots`].
    pub slots: Vec<&'a mut [T]>,
    /// The parameter's shape, row-major.
    pub shape: &'a [usize],
    /// Which of its steps this is for the parameter, from 1.
    pub t: u64,
    /// The learning rate now: schedule and the parameter's own factor included.
    pub lr: f64,
    /// Whether weight decay applies.
    pub decay: bool,
    /// A fast product of matrices in f32, if there is one.
    pub product: Option<Product>,
}

/// `P Q` of an `n × k` and a `k × m` matrix, row by row, `[n, k, m]` given; the same bits on any number of threads.
pub type Product = fn(p: &[f32], q: &[f32], sizes: [usize; 3]) -> Vec<f32>;

/// A [`Rule`] without its generic method, so that it fits in a box.
trait BoxedRule: Send {
    fn name(&self) -> &'static str;
    fn slots(&self, n: usize, shape: &[usize]) -> Vec<(&'static str, usize)>;
    fn begin_step(&mut self, t: u64);
    fn update_f32(&mut self, turn: Turn<'_, f32>);
    fn update_f64(&mut self, turn: Turn<'_, f64>);
    fn scalars(&self) -> Vec<(&'static str, f64)>;
    fn load_scalars(&mut self, numbers: &[f64]);
    fn needs_curvature(&self, t: u64) -> bool;
    fn averages(&self) -> bool;
    fn average_f32(&self, x: &mut [f32], slots: &[&[f32]]);
    fn average_f64(&self, x: &mut [f64], slots: &[&[f64]]);
}

impl<R: Rule> BoxedRule for R {
    fn name(&self) -> &'static str {
        Rule::name(self)
    }
    fn slots(&self, n: usize, shape: &[usize]) -> Vec<(&'static str, usize)> {
        Rule::slots(self, n, shape)
    }
    fn begin_step(&mut self, t: u64) {
        Rule::begin_step(self, t);
    }
    fn update_f32(&mut self, turn: Turn<'_, f32>) {
        self.update(turn);
    }
    fn update_f64(&mut self, turn: Turn<'_, f64>) {
        self.update(turn);
    }
    fn scalars(&self) -> Vec<(&'static str, f64)> {
        Rule::scalars(self)
    }
    fn load_scalars(&mut self, numbers: &[f64]) {
        Rule::load_scalars(self, numbers);
    }
    fn needs_curvature(&self, t: u64) -> bool {
        Rule::needs_curvature(self, t)
    }
    fn averages(&self) -> bool {
        Rule::averages(self)
    }
    fn average_f32(&self, x: &mut [f32], slots: &[&[f32]]) {
        self.average(x, slots);
    }
    fn average_f64(&self, x: &mut [f64], slots: &[&[f64]]) {
        self.average(x, slots);
    }
}

/// Moves a list of parameters downhill, one gradient at a time.
///
/// State is kept per parameter, by its place in the list, in the parameter's own precision.
///
/// ```
/// use mynah::optim::{Param, SgdSettings, sgd};
/// let mut opt = sgd(SgdSettings { lr: 0.25, ..Default::default() })?;
/// let mut x = [4.0];
/// opt.step(&mut [Param::new(&mut x, &[2.0])])?;
/// assert_eq!(x, [3.5]);
/// # Ok::<(), mynah::Error>(())
/// ```
pub struct Optimizer {
    rule: Box<dyn BoxedRule>,
    lr: f64,
    schedule: Schedule,
    t: u64,                         // steps begun
    moved: Option<BTreeSet<usize>>, // parameters that had their turn in the present step, if one has begun
    params: BTreeMap<usize, ParamState>,
    product: Option<Product>,
}

/// All that an optimizer remembers: given back to one with the same settings, it continues bit for bit.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerState {
    /// The optimizer's name, such as `adamw`.
    pub name: String,
    /// Steps taken.
    pub t: u64,
    /// `lr` and the rule's own numbers.
    pub scalars: Vec<(String, f64)>,
    /// Per parameter, by its place in the list.
    pub params: BTreeMap<usize, ParamState>,
}

/// What an optimizer remembers of one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamState {
    /// Steps this parameter has taken.
    pub t: u64,
    /// Its shape at its first step.
    pub shape: Vec<usize>,
    /// The named state vectors, such as `m` and `v`.
    pub slots: Vec<(String, Buffer)>,
}

impl Optimizer {
    /// An optimizer that follows `rule`.
    ///
    /// # Errors
    /// When `lr` is negative or not finite, or `schedule` is not usable.
    pub fn new(rule: impl Rule, lr: f64, schedule: Schedule) -> Result<Self> {
        let mut optimizer = Self {
            rule: Box::new(rule),
            lr,
            schedule: Schedule::default(),
            t: 0,
            moved: None,
            params: BTreeMap::new(),
            product: None,
        };
        optimizer.set_lr(lr)?;
        optimizer.set_schedule(schedule)?;
        Ok(optimizer)
    }

    /// Lets rules that multiply matrices do so by `product` where the numbers are f32.
    pub fn set_product(&mut self, product: Product) {
        self.product = Some(product);
    }

    /// Its name in the list, such as `adamw`.
    pub fn name(&self) -> &'static str {
        self.rule.name()
    }

    /// Steps begun so far.
    pub fn t(&self) -> u64 {
        self.t
    }

    /// The learning rate before the schedule.
    pub fn lr(&self) -> f64 {
        self.lr
    }

    /// The learning rate of the latest step (of the first one, before it), schedule included.
    pub fn current_lr(&self) -> f64 {
        self.lr * self.schedule.factor(self.t.saturating_sub(1))
    }

    /// Changes the learning rate before the schedule.
    ///
    /// # Errors
    /// When it is negative or not finite.
    pub fn set_lr(&mut self, lr: f64) -> Result<()> {
        ensure_setting((0.0..f64::INFINITY).contains(&lr), self.name(), "lr", "finite and at least 0", lr)?;
        self.lr = lr;
        Ok(())
    }

    /// How the learning rate changes over the steps.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Changes the schedule; steps already taken count.
    ///
    /// # Errors
    /// When it is not usable, such as a cosine shorter than its warm-up.
    pub fn set_schedule(&mut self, schedule: Schedule) -> Result<()> {
        schedule.check(self.name())?;
        self.schedule = schedule;
        Ok(())
    }

    /// Whether the next step (or the one that has begun) wants [`Param::hessian`]: an estimate of the Hessian's diagonal
    /// for each parameter. [`probe`](super::probe) makes one from a Hessian-vector product.
    pub fn needs_curvature(&self) -> bool {
        self.rule.needs_curvature(self.t + u64::from(self.moved.is_none()))
    }

    /// Whether the point to use is a mean of the points visited; [`Self::averaged`] gives it.
    pub fn averages(&self) -> bool {
        self.rule.averages()
    }

    /// The values to use for the parameter at place `index`, whose values now are `x`: the mean of the points visited.
    /// Nothing when this optimizer keeps no mean (the values to use are `x` then), or `x` is not what it has moved.
    pub fn averaged<T: Real>(&self, index: usize, x: &[T]) -> Option<Vec<T>> {
        if !self.averages() {
            return None;
        }
        let mut mean = x.to_vec();
        let Some(state) = self.params.get(&index) else { return Some(mean) };
        if volume(&state.shape) != Some(x.len()) {
            return None;
        }
        let buffers = state.slots.iter().map(|(_, slot)| slot);
        match T::pair(&mut mean, &[]) {
            Pair::F32(mean, _) => {
                let slots = buffers.map(|slot| if let Buffer::F32(slot) = slot { Some(&slot[..]) } else { None });
                self.rule.average_f32(mean, &slots.collect::<Option<Vec<_>>>()?);
            }
            Pair::F64(mean, _) => {
                let slots = buffers.map(|slot| if let Buffer::F64(slot) = slot { Some(&slot[..]) } else { None });
                self.rule.average_f64(mean, &slots.collect::<Option<Vec<_>>>()?);
            }
        }
        Some(mean)
    }

    /// One step of the whole list. The list keeps its order from call to call, or its parameters have places.
    ///
    /// # Errors
    /// When a gradient or a shape does not fit, a place comes twice, or curvature that is wanted does not come; then
    /// nothing has moved.
    pub fn step(&mut self, params: &mut [Param<'_>]) -> Result<()> {
        let mut places = BTreeSet::new();
        for (index, param) in params.iter().enumerate() {
            let place = param.place.unwrap_or(index);
            self.check(place, param)?;
            if !places.insert(place) {
                return Err(Error::value(format!("{}: parameter {place} stands in the list twice", self.name())));
            }
        }
        self.begin_step();
        for (index, param) in params.iter_mut().enumerate() {
            self.turn(param.place.unwrap_or(index), param);
        }
        self.moved = None;
        Ok(())
    }

    /// Begins a step whose parameters come one by one through [`Self::update`].
    pub fn begin_step(&mut self) {
        self.t += 1;
        self.moved = Some(BTreeSet::new());
        self.rule.begin_step(self.t);
    }

    /// Moves the parameter at place `index` of the list, within a step that [`Self::begin_step`] began.
    ///
    /// # Errors
    /// When the gradient or the shape does not fit, no step has begun, or the parameter has had its turn.
    pub fn update(&mut self, index: usize, mut param: Param<'_>) -> Result<()> {
        self.check(index, &param)?;
        if !self.moved.as_mut().is_some_and(|moved| moved.insert(index)) {
            let name = self.name();
            return Err(Error::value(format!("{name}: parameter {index} has no turn left; begin a step first")));
        }
        self.turn(index, &mut param);
        Ok(())
    }

    fn check(&self, index: usize, param: &Param<'_>) -> Result<()> {
        let (name, (values, grads)) = (self.name(), param.pair.lens());
        if values != grads {
            return Err(Error::shape(name, format!("parameter {index} has {values} values, its gradient {grads}")));
        }
        if let Some(h) = &param.hessian {
            if h.len() != values {
                let why = format!("parameter {index} has {values} values, its curvature {}", h.len());
                return Err(Error::shape(name, why));
            }
            if h.dtype() != param.pair.dtype() {
                let why = format!("parameter {index} is {}, its curvature {}", param.pair.dtype(), h.dtype());
                return Err(Error::shape(name, why));
            }
        } else if self.needs_curvature() {
            let hint =
                "give an estimate of the Hessian's diagonal with it, such as z * Hz for a probe z of random signs";
            return Err(Error::value(format!("{name}: parameter {index} comes without its curvature; {hint}")));
        }
        let shape = param.dims();
        if volume(&shape) != Some(values) {
            return Err(Error::shape(name, format!("parameter {index} has {values} values, its shape is {shape:?}")));
        }
        if let Some(state) = self.params.get(&index) {
            if state.shape != shape {
                let first = &state.shape;
                return Err(Error::shape(
                    name,
                    format!("parameter {index} had shape {first:?} at its first step, now {shape:?}"),
                ));
            }
            let (was, is) = (state.slots.first().map(|(_, slot)| slot.dtype()), param.pair.dtype());
            if was.is_some_and(|was| was != is) {
                let was = was.unwrap_or_default();
                return Err(Error::shape(name, format!("parameter {index} was {was} at its first step, now {is}")));
            }
        }
        ensure_setting(
            (0.0..f64::INFINITY).contains(&param.lr_scale),
            name,
            "lr_scale",
            "finite and at least 0",
            param.lr_scale,
        )
    }

    /// What [`Rule::update`] needs, for a parameter that [`Self::check`] has passed.
    fn turn(&mut self, index: usize, param: &mut Param<'_>) {
        fn slots<T: Real>(state: &mut [(String, Buffer)]) -> Vec<&mut [T]> {
            state
                .iter_mut()
                .map(|(_, slot)| T::borrow(slot).expect("checked: state and parameter share a dtype"))
                .collect()
        }
        let lr = self.current_lr() * param.lr_scale;
        let rule = &mut self.rule;
        let ParamState { t, shape, slots: state } = self.params.entry(index).or_insert_with(|| {
            let (n, shape) = (param.pair.lens().0, param.dims());
            let zeros = |n| match param.pair {
                Pair::F32(..) => f32::zeros(n),
                Pair::F64(..) => f64::zeros(n),
            };
            let slots = rule.slots(n, &shape).into_iter().map(|(name, n)| (name.to_string(), zeros(n))).collect();
            ParamState { t: 0, shape, slots }
        });
        *t += 1;
        let (t, decay, product) = (*t, param.decay, self.product);
        match &mut param.pair {
            Pair::F32(x, g) => {
                let h = if let Some(Slice::F32(h)) = param.hessian { Some(h) } else { None };
                rule.update_f32(Turn { x, g, h, slots: slots(state), shape, t, lr, decay, product });
            }
            Pair::F64(x, g) => {
                let h = if let Some(Slice::F64(h)) = param.hessian { Some(h) } else { None };
                rule.update_f64(Turn { x, g, h, slots: slots(state), shape, t, lr, decay, product });
            }
        }
    }

    /// All that it remembers, to be saved. The schedule and the other settings are not part of it.
    pub fn state(&self) -> OptimizerState {
        let mut scalars = vec![("lr".to_string(), self.lr)];
        scalars.extend(self.rule.scalars().into_iter().map(|(name, number)| (name.to_string(), number)));
        OptimizerState { name: self.name().to_string(), t: self.t, scalars, params: self.params.clone() }
    }

    /// Continues from a saved state.
    ///
    /// # Errors
    /// When the state is another optimizer's, or is not complete; then nothing has changed.
    pub fn load_state(&mut self, state: OptimizerState) -> Result<()> {
        let name = self.name();
        if state.name != name {
            return Err(Error::value(format!("{name}: cannot continue from the state of `{}`", state.name)));
        }
        for (index, param) in &state.params {
            let damaged = |why: String| Error::shape(name, format!("saved state of parameter {index} {why}"));
            let shape = &param.shape;
            let Some(n) = volume(shape) else { return Err(damaged(format!("has the shape {shape:?}"))) };
            let wanted = self.rule.slots(n, shape);
            let got: Vec<_> = param.slots.iter().map(|(name, slot)| (name.as_str(), slot.len())).collect();
            if got != wanted {
                return Err(damaged(format!("has {got:?}, wanted {wanted:?}")));
            }
            if param.slots.iter().any(|(_, slot)| slot.dtype() != param.slots[0].1.dtype()) {
                return Err(damaged("mixes f32 and f64".into()));
            }
            if param.t > state.t {
                return Err(damaged(format!("has taken {} steps of {}", param.t, state.t)));
            }
        }
        let saved = |name: &'static str| {
            let found = state.scalars.iter().find(|(saved, _)| saved == name).map(|(_, number)| *number);
            found.ok_or_else(|| Error::value(format!("{}: saved state lacks `{name}`", state.name)))
        };
        let scalars = self.rule.scalars();
        let numbers = scalars.iter().map(|(name, _)| saved(name)).collect::<Result<Vec<f64>>>()?;
        self.set_lr(saved("lr")?)?;
        self.rule.load_scalars(&numbers);
        (self.t, self.moved, self.params) = (state.t, None, state.params);
        Ok(())
    }
}

/// How many values a shape holds, if that is a number at all.
fn volume(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |n, &dim| n.checked_mul(dim))
}

impl fmt::Display for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (lr {}, {} steps)", self.name(), self.current_lr(), self.t)
    }
}

impl fmt::Debug for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::{AdamSettings, ScheduleKind, SgdSettings, adam, sgd};

    #[test]
    fn a_schedule_drives_the_rate_from_the_first_step() {
        let schedule = Schedule { kind: ScheduleKind::Linear, warmup: 2, steps: 4, ..Default::default() };
        let mut opt = sgd(SgdSettings { lr: 1.0, schedule, ..Default::default() }).unwrap();
        let (mut x, mut rates) = ([0.0_f64], vec![]);
        for _ in 0..6 {
            opt.step(&mut [Param::new(&mut x, &[1.0])]).unwrap();
            rates.push(opt.current_lr());
        }
        assert_eq!(rates, [0.5, 1.0, 1.0, 0.5, 0.0, 0.0]);
        assert_eq!(x, [-3.0]);
    }

    #[test]
    fn decay_and_lr_scale_belong_to_one_parameter() {
        let mut opt = sgd(SgdSettings { lr: 0.5, weight_decay: 1.0, ..Default::default() }).unwrap();
        let (mut a, mut b, mut c) = ([1.0], [1.0], [1.0]);
        opt.step(&mut [
            Param::new(&mut a, &[1.0]),
            Param::new(&mut b, &[1.0]).decay(false),
            Param::new(&mut c, &[1.0]).lr_scale(0.5),
        ])
        .unwrap();
        assert_eq!([a, b, c], [[0.0], [0.5], [0.5]]);
    }

    #[test]
    fn a_bad_gradient_in_the_list_moves_nothing() {
        let mut opt = adam(AdamSettings::default()).unwrap();
        let (mut a, mut b) = ([1.0], [1.0, 2.0]);
        let error = opt.step(&mut [Param::new(&mut a, &[1.0]), Param::new(&mut b, &[1.0])]).unwrap_err();
        assert_eq!(error.to_string(), "adam: parameter 1 has 2 values, its gradient 1");
        assert_eq!((a, opt.t()), ([1.0], 0));
    }

    #[test]
    fn one_by_one_equals_the_list_and_refuses_a_second_turn() {
        let settings = AdamSettings { lr: 0.1, ..Default::default() };
        let (mut one, mut list) = (adam(settings.clone()).unwrap(), adam(settings).unwrap());
        let (mut x, mut y) = ([1.0, 2.0], [1.0, 2.0]);
        for _ in 0..3 {
            let (g, h) = (x, y);
            one.begin_step();
            one.update(0, Param::new(&mut x, &g)).unwrap();
            list.step(&mut [Param::new(&mut y, &h)]).unwrap();
        }
        assert_eq!(x, y);
        assert!(one.update(0, Param::new(&mut x, &[0.0; 2])).unwrap_err().to_string().contains("begin a step first"));
    }

    #[test]
    fn a_parameter_that_joins_late_has_its_own_bias_correction() {
        let mut opt = adam(AdamSettings { lr: 0.1, ..Default::default() }).unwrap();
        let (mut early, mut late) = ([0.0_f64], [0.0_f64]);
        for _ in 0..10 {
            opt.step(&mut [Param::new(&mut early, &[1.0])]).unwrap();
        }
        opt.step(&mut [Param::new(&mut early, &[1.0]), Param::new(&mut late, &[1.0])]).unwrap();
        assert!((late[0] + 0.1).abs() < 1e-6, "{late:?}");
    }

    #[test]
    fn a_rules_own_numbers_are_saved_and_a_foreign_or_damaged_state_is_refused() {
        struct Half {
            factor: f64, // halves with every step
        }
        impl Rule for Half {
            fn name(&self) -> &'static str {
                "half"
            }
            fn slots(&self, _: usize, _: &[usize]) -> Vec<(&'static str, usize)> {
                vec![]
            }
            fn begin_step(&mut self, _t: u64) {
                self.factor /= 2.0;
            }
            fn update<T: Real>(&mut self, turn: Turn<'_, T>) {
                let factor = T::of(self.factor);
                turn.each(|x, g, []| *x += factor * g);
            }
            fn scalars(&self) -> Vec<(&'static str, f64)> {
                vec![("factor", self.factor)]
            }
            fn load_scalars(&mut self, numbers: &[f64]) {
                self.factor = numbers[0];
            }
        }
        let half = || Optimizer::new(Half { factor: 1.0 }, 1.0, Schedule::default()).unwrap();
        let (mut first, mut second, mut x) = (half(), half(), [0.0]);
        first.step(&mut [Param::new(&mut x, &[1.0])]).unwrap();
        second.load_state(first.state()).unwrap();
        second.step(&mut [Param::new(&mut x, &[1.0])]).unwrap();
        assert_eq!(x, [0.75]);

        let foreign = adam(AdamSettings::default()).unwrap().state();
        let error = second.load_state(foreign).unwrap_err().to_string();
        assert_eq!(error, "half: cannot continue from the state of `adam`");
        let mut damaged = adam(AdamSettings::default()).unwrap();
        damaged.step(&mut [Param::new(&mut x, &[1.0])]).unwrap();
        let mut state = damaged.state();
        state.params.get_mut(&0).unwrap().shape = vec![usize::MAX, 2];
        assert!(damaged.load_state(state.clone()).unwrap_err().to_string().contains("saved state of parameter 0"));
        state.params.get_mut(&0).unwrap().shape = vec![3];
        assert_eq!(
            damaged.load_state(state).unwrap_err().to_string(),
            r#"adam: saved state of parameter 0 has [("m", 1), ("v", 1)], wanted [("m", 3), ("v", 3)]"#
        );
        let lacking = OptimizerState { scalars: vec![("lr".into(), 1.0)], ..first.state() };
        assert_eq!(second.load_state(lacking).unwrap_err().to_string(), "half: saved state lacks `factor`");
    }

    #[test]
    fn a_changed_dtype_is_refused() {
        let mut opt = adam(AdamSettings::default()).unwrap();
        opt.step(&mut [Param::new(&mut [1.0_f32], &[1.0])]).unwrap();
        let error = opt.step(&mut [Param::new(&mut [1.0_f64], &[1.0])]).unwrap_err();
        assert_eq!(error.to_string(), "adam: parameter 0 was f32 at its first step, now f64");
    }

    #[test]
    fn many_threads_change_nothing() {
        let n = 200_001;
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut x: Vec<f32> = (0..n).map(|i| (i as f32).sin()).collect();
            let mut opt = adam(AdamSettings { weight_decay: 0.1, amsgrad: true, ..Default::default() }).unwrap();
            pool.install(|| {
                for _ in 0..3 {
                    let g: Vec<f32> = x.iter().map(|x| x.cos()).collect();
                    opt.step(&mut [Param::new(&mut x, &g)]).unwrap();
                }
            });
            x
        };
        assert_eq!(run(1), run(4));
    }

    #[test]
    fn printing_one_shows_where_it_stands() {
        assert_eq!(adam(AdamSettings::default()).unwrap().to_string(), "adam (lr 0.001, 0 steps)");
    }
}
