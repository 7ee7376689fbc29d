//! Ask and tell for minimisers that know derivatives, and the driver that asks a function.
//!
//! A method is written as its book prints it, from top to bottom: an `async fn` that asks its [`Desk`] questions and
//! waits for the answers. [`Minimizer`] runs it from one such wait to the next; nothing else is asynchronous.

use super::Objective;
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// What a minimiser wants to know next.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// The value and the gradient at `x`.
    Gradient {
        /// Where.
        x: Vec<f64>,
    },
    /// The Hessian at `x` times `v`.
    Product {
        /// Where.
        x: Vec<f64>,
        /// The vector.
        v: Vec<f64>,
    },
    /// The Hessian at `x`, row by row.
    Hessian {
        /// Where.
        x: Vec<f64>,
    },
    /// The residuals at `x` and their Jacobian, row by row.
    Residuals {
        /// Where.
        x: Vec<f64>,
    },
}

/// The answer to a [`Question`] of the same name.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Value and gradient.
    Gradient {
        /// The value.
        f: f64,
        /// The gradient, as long as `x`.
        g: Vec<f64>,
    },
    /// The Hessian times `v`, as long as `x`.
    Product(Vec<f64>),
    /// The Hessian, row by row: `n × n` numbers.
    Hessian(Vec<f64>),
    /// Residuals and their Jacobian.
    Residuals {
        /// The residuals, `m` numbers.
        r: Vec<f64>,
        /// Their derivatives, row by row: `m × n` numbers.
        jacobian: Vec<f64>,
    },
}

/// Why a minimiser is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// The gradient is as short as was wanted, or nothing lower can be told apart any more.
    Converged,
    /// The gradient is tiny because the function is flat here, not because this is a minimum.
    Flat,
    /// The gradient is tiny at a saddle: downhill one way, uphill another.
    Saddle,
    /// The gradient is tiny on top of a hill.
    Maximum,
    /// The steps go to and fro without coming lower.
    Oscillating {
        /// After how many steps they are back where they were; 0 when they never are exactly.
        period: u64,
    },
    /// The steps or the evaluations allowed are used up.
    Budget,
    /// No lower point was found along the way down, though the gradient says that there is one.
    Stuck,
    /// The function or its derivatives were not finite at a point that could not be avoided.
    NotFinite,
    /// Someone asked to stop.
    Stopped,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Converged => "converged",
            Self::Flat => "flat: the function hardly changes here, this is no minimum",
            Self::Saddle => "at a saddle",
            Self::Maximum => "at a maximum",
            Self::Oscillating { period: 0 } => "oscillating: the steps go to and fro and come no lower",
            Self::Oscillating { period } => {
                return write!(f, "oscillating: every {period} steps it is back at the same point; take shorter steps");
            }
            Self::Budget => "the budget is used up",
            Self::Stuck => "stuck: the gradient points down, but nothing lower was found there",
            Self::NotFinite => "the function is not finite here",
            Self::Stopped => "stopped",
        })
    }
}

impl Ending {
    /// In one word: "converged", "flat", "saddle", "maximum", "oscillating", "budget", "stuck", "notfinite", "stopped".
    pub fn word(&self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::Flat => "flat",
            Self::Saddle => "saddle",
            Self::Maximum => "maximum",
            Self::Oscillating { .. } => "oscillating",
            Self::Budget => "budget",
            Self::Stuck => "stuck",
            Self::NotFinite => "notfinite",
            Self::Stopped => "stopped",
        }
    }
}

/// Where a minimiser stands: the best point seen, and how it got there.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The method, such as `lbfgs`.
    pub name: &'static str,
    /// The best point seen.
    pub x: Vec<f64>,
    /// Its value (half the sum of squares, for residuals).
    pub f: f64,
    /// The length of the gradient there.
    pub gradient_norm: f64,
    /// Steps taken.
    pub steps: u64,
    /// Values and gradients asked for.
    pub evaluations: u64,
    /// Hessians and products with it asked for.
    pub products: u64,
    /// Why it is done; nothing while it is not.
    pub ending: Option<Ending>,
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, f, gradient_norm, steps, evaluations, .. } = self;
        write!(out, "{name}: f = {f:.9e}, |g| = {gradient_norm:.1e} after {steps} steps, {evaluations} evaluations")?;
        if let Some(ending) = self.ending { write!(out, "; {ending}") } else { Ok(()) }
    }
}

/// When a minimiser has to come to an end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limits {
    /// Steps allowed.
    pub steps: u64,
    /// Evaluations allowed.
    pub evaluations: Option<u64>,
}

type Story = Pin<Box<dyn Future<Output = Result<Ending, Ending>> + Send>>;

/// A minimiser in the middle of its work: it asks for values and derivatives and is told them, until it is done.
///
/// ```
/// use mynah::optim::smooth::{Answer, LbfgsSettings, Question, lbfgs};
/// let mut method = lbfgs(vec![3.0, -4.0], LbfgsSettings::default())?;
/// while let Some(Question::Gradient { x }) = method.ask() {
///     let (f, g) = (x[0].powi(2) + x[1].powi(2), vec![2.0 * x[0], 2.0 * x[1]]);
///     method.tell(Answer::Gradient { f, g })?;
/// }
/// assert!(method.report().f < 1e-12);
/// # Ok::<(), mynah::Error>(())
/// ```
pub struct Minimizer {
    name: &'static str,
    story: Story,
    board: Arc<Mutex<Board>>,
    ending: Option<Ending>,
}

/// What passes between a minimiser and its story.
#[derive(Debug)]
struct Board {
    limits: Limits,
    question: Option<Question>,
    answer: Option<Answer>,
    x: Vec<f64>, // the best point
    f: f64,
    gradient_norm: f64,
    steps: u64,
    evaluations: u64,
    products: u64,
    residuals: Option<usize>, // how many came the first time
}

/// Where a method asks.
#[derive(Clone)]
pub(super) struct Desk {
    board: Arc<Mutex<Board>>,
}

fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Minimizer {
    /// A minimiser that follows `story` from `x0`.
    pub(super) fn new<F>(name: &'static str, x0: &[f64], limits: Limits, story: impl FnOnce(Desk) -> F) -> Result<Self>
    where
        F: Future<Output = Result<Ending, Ending>> + Send + 'static,
    {
        if x0.is_empty() {
            return Err(Error::value(format!("{name}: the starting point has no coordinates")));
        }
        if let Some(bad) = x0.iter().find(|x| !x.is_finite()) {
            return Err(Error::value(format!("{name}: the starting point must be finite, got {bad}")));
        }
        let board = Arc::new(Mutex::new(Board {
            limits,
            question: None,
            answer: None,
            x: x0.to_vec(),
            f: f64::INFINITY,
            gradient_norm: f64::INFINITY,
            steps: 0,
            evaluations: 0,
            products: 0,
            residuals: None,
        }));
        let story = Box::pin(story(Desk { board: board.clone() }));
        let mut minimizer = Self { name, story, board, ending: None };
        minimizer.go_on();
        Ok(minimizer)
    }

    /// Its name, such as `lbfgs`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it wants to know next; nothing when it is done. The same until it is told.
    pub fn ask(&self) -> Option<Question> {
        if self.ending.is_some() { None } else { lock(&self.board).question.clone() }
    }

    /// Takes the answer to its question.
    ///
    /// # Errors
    /// When it is done, or the answer is of another kind or size than the question; then nothing has changed.
    pub fn tell(&mut self, answer: Answer) -> Result<()> {
        let name = self.name;
        if let Some(ending) = self.ending {
            return Err(Error::value(format!("{name}: tell: nothing was asked, it is done ({ending})")));
        }
        let mut board = lock(&self.board);
        let n = board.x.len();
        let size = |what: &str, wanted: usize, got: usize| {
            if wanted == got {
                Ok(())
            } else {
                Err(Error::shape(name, format!("{what} has {got} numbers, not {wanted}")))
            }
        };
        match (&board.question, &answer) {
            (Some(Question::Gradient { .. }), Answer::Gradient { g, .. }) => size("the gradient", n, g.len())?,
            (Some(Question::Product { .. }), Answer::Product(hv)) => size("the Hessian-vector product", n, hv.len())?,
            (Some(Question::Hessian { .. }), Answer::Hessian(h)) => size("the Hessian", n * n, h.len())?,
            (Some(Question::Residuals { .. }), Answer::Residuals { r, jacobian }) => {
                if r.is_empty() {
                    return Err(Error::shape(name, "there are no residuals"));
                }
                size("the list of residuals", board.residuals.unwrap_or(r.len()), r.len())?;
                size("the Jacobian", r.len() * n, jacobian.len())?;
                board.residuals = Some(r.len());
            }
            (Some(question), answer) => {
                let asked = kind(question);
                return Err(Error::value(format!("{name}: tell: {asked} was asked, {} came", answer_kind(answer))));
            }
            (None, _) => return Err(Error::value(format!("{name}: tell: nothing was asked"))),
        }
        board.question = None;
        board.answer = Some(answer);
        drop(board);
        self.go_on();
        Ok(())
    }

    /// Why it is done, if it is.
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// Where it stands.
    pub fn report(&self) -> Report {
        let board = lock(&self.board);
        Report {
            name: self.name,
            x: board.x.clone(),
            f: board.f,
            gradient_norm: board.gradient_norm,
            steps: board.steps,
            evaluations: board.evaluations,
            products: board.products,
            ending: self.ending,
        }
    }

    /// Ends the work; the report says so.
    pub fn stop(&mut self) {
        self.ending.get_or_insert(Ending::Stopped);
    }

    /// One step, asking `objective`; false when it is done.
    ///
    /// # Errors
    /// When `objective` fails or gives something of the wrong size, or someone interrupts.
    pub fn step(&mut self, objective: &mut (impl Objective + ?Sized)) -> Result<bool> {
        let before = lock(&self.board).steps;
        while let Some(question) = self.ask() {
            stop::check()?;
            self.tell(objective.answer(question)?)?;
            if lock(&self.board).steps > before {
                break;
            }
        }
        Ok(self.ending.is_none())
    }

    /// All steps, asking `objective`; `on_step` sees the report after each and answers whether to go on.
    ///
    /// # Errors
    /// When `objective` fails or gives something of the wrong size, or someone interrupts.
    pub fn run(
        &mut self,
        objective: &mut (impl Objective + ?Sized),
        mut on_step: impl FnMut(&Self) -> Result<bool>,
    ) -> Result<Report> {
        while self.step(objective)? {
            if !on_step(self)? {
                self.stop();
            }
        }
        Ok(self.report())
    }

    /// Runs the story to its next question or its end.
    fn go_on(&mut self) {
        if let Poll::Ready(ending) = self.story.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            self.ending = Some(match ending {
                Ok(ending) | Err(ending) => ending,
            });
        }
    }
}

impl fmt::Debug for Minimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Minimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.report(), f)
    }
}

fn kind(question: &Question) -> &'static str {
    match question {
        Question::Gradient { .. } => "a gradient",
        Question::Product { .. } => "a Hessian-vector product",
        Question::Hessian { .. } => "a Hessian",
        Question::Residuals { .. } => "a list of residuals",
    }
}

fn answer_kind(answer: &Answer) -> &'static str {
    match answer {
        Answer::Gradient { .. } => "a gradient",
        Answer::Product(_) => "a Hessian-vector product",
        Answer::Hessian(_) => "a Hessian",
        Answer::Residuals { .. } => "a list of residuals",
    }
}

impl Desk {
    async fn ask(&self, question: Question) -> Answer {
        lock(&self.board).question = Some(question);
        poll_fn(|_| match lock(&self.board).answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => Poll::Pending,
        })
        .await
    }

    /// Counts one evaluation, or ends the work when there is none left.
    fn count_evaluation(&self) -> Result<(), Ending> {
        let mut board = lock(&self.board);
        if board.limits.evaluations.is_some_and(|most| board.evaluations >= most) {
            return Err(Ending::Budget);
        }
        board.evaluations += 1;
        Ok(())
    }

    fn note(&self, x: &[f64], f: f64, gradient_norm: impl FnOnce() -> f64) {
        let mut board = lock(&self.board);
        if f.is_finite() && f < board.f {
            let gradient_norm = gradient_norm();
            if gradient_norm.is_finite() {
                board.x.copy_from_slice(x);
                (board.f, board.gradient_norm) = (f, gradient_norm);
            }
        }
    }

    /// The value and gradient at `x`, which counts as a candidate for the best point.
    pub async fn gradient(&self, x: &[f64]) -> Result<(f64, Vec<f64>), Ending> {
        let (f, g) = self.peek(x).await?;
        self.note(x, f, || norm(&g));
        Ok((f, g))
    }

    /// The value and gradient at `x`, only to look at.
    pub async fn peek(&self, x: &[f64]) -> Result<(f64, Vec<f64>), Ending> {
        self.count_evaluation()?;
        match self.ask(Question::Gradient { x: x.to_vec() }).await {
            Answer::Gradient { f, g } => Ok((f, g)),
            other => unreachable!("checked: {other:?} is a gradient"),
        }
    }

    /// The Hessian at `x` times `v`.
    pub async fn product(&self, x: &[f64], v: &[f64]) -> Result<Vec<f64>, Ending> {
        lock(&self.board).products += 1;
        match self.ask(Question::Product { x: x.to_vec(), v: v.to_vec() }).await {
            Answer::Product(hv) => Ok(hv),
            other => unreachable!("checked: {other:?} is a product"),
        }
    }

    /// The Hessian at `x`.
    pub async fn hessian(&self, x: &[f64]) -> Result<Vec<f64>, Ending> {
        lock(&self.board).products += 1;
        match self.ask(Question::Hessian { x: x.to_vec() }).await {
            Answer::Hessian(h) => Ok(h),
            other => unreachable!("checked: {other:?} is a Hessian"),
        }
    }

    /// The residuals at `x` and their Jacobian; half their sum of squares counts as the value.
    pub async fn residuals(&self, x: &[f64]) -> Result<(Vec<f64>, Vec<f64>), Ending> {
        self.count_evaluation()?;
        match self.ask(Question::Residuals { x: x.to_vec() }).await {
            Answer::Residuals { r, jacobian } => {
                self.note(x, 0.5 * dot(&r, &r), || {
                    let gradient =
                        |j: usize| r.iter().enumerate().map(|(i, r)| r * jacobian[i * x.len() + j]).sum::<f64>();
                    norm(&(0..x.len()).map(gradient).collect::<Vec<f64>>())
                });
                Ok((r, jacobian))
            }
            other => unreachable!("checked: {other:?} are residuals"),
        }
    }

    /// A step is taken. Ends the work when it was the last one allowed.
    pub fn step_taken(&self) -> Result<(), Ending> {
        let mut board = lock(&self.board);
        board.steps += 1;
        if board.steps >= board.limits.steps { Err(Ending::Budget) } else { Ok(()) }
    }

    /// Ends the work when no step is allowed at all.
    pub fn may_step(&self) -> Result<(), Ending> {
        if lock(&self.board).limits.steps == 0 { Err(Ending::Budget) } else { Ok(()) }
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        lock(&self.board).steps
    }
}

/// The scalar product.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The Euclidean length.
pub(super) fn norm(a: &[f64]) -> f64 {
    let largest = a.iter().fold(0.0_f64, |m, a| m.max(a.abs()));
    if largest == 0.0 || !largest.is_finite() || (1e-140..1e140).contains(&largest) {
        return if a.iter().any(|a| a.is_nan()) { f64::NAN } else { dot(a, a).sqrt() };
    }
    let scaled: Vec<f64> = a.iter().map(|a| a / largest).collect();
    largest * dot(&scaled, &scaled).sqrt()
}

/// `a + t b`.
pub(super) fn along(a: &[f64], t: f64, b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + t * b).collect()
}

/// Whether all are finite.
pub(super) fn finite(f: f64, g: &[f64]) -> bool {
    f.is_finite() && g.iter().all(|g| g.is_finite())
}

#[cfg(test)]
mod tests {
    use super::super::{LbfgsSettings, lbfgs};
    use super::*;

    fn parabola(x: &[f64]) -> Result<(f64, Vec<f64>)> {
        Ok((dot(x, x), along(x, 1.0, x)))
    }

    #[test]
    fn asking_twice_is_asking_once_and_a_wrong_answer_changes_nothing() {
        let mut method = lbfgs(vec![1.0, 2.0], LbfgsSettings::default()).unwrap();
        assert_eq!(method.ask(), Some(Question::Gradient { x: vec![1.0, 2.0] }));
        assert_eq!(method.ask(), method.ask());
        let error = method.tell(Answer::Product(vec![1.0, 1.0])).unwrap_err().to_string();
        assert_eq!(error, "lbfgs: tell: a gradient was asked, a Hessian-vector product came");
        let error = method.tell(Answer::Gradient { f: 1.0, g: vec![1.0] }).unwrap_err().to_string();
        assert_eq!(error, "lbfgs: the gradient has 1 numbers, not 2");
        assert_eq!(method.ask(), Some(Question::Gradient { x: vec![1.0, 2.0] }));
    }

    #[test]
    fn step_by_step_equals_the_driver_and_telling_one_that_is_done_is_refused() {
        let mut driven = lbfgs(vec![1.0, 2.0], LbfgsSettings::default()).unwrap();
        let report = driven.run(&mut parabola, |_| Ok(true)).unwrap();
        let mut stepped = lbfgs(vec![1.0, 2.0], LbfgsSettings::default()).unwrap();
        let mut steps = 0;
        while stepped.step(&mut parabola).unwrap() {
            steps += 1;
            assert_eq!(stepped.report().steps, steps);
        }
        assert_eq!(stepped.report(), report);
        let error = stepped.tell(Answer::Gradient { f: 0.0, g: vec![0.0; 2] }).unwrap_err().to_string();
        assert_eq!(error, "lbfgs: tell: nothing was asked, it is done (converged)");
    }

    #[test]
    fn a_callback_stops_and_a_failing_function_fails() {
        let mut method = lbfgs(vec![1.0, 2.0], LbfgsSettings::default()).unwrap();
        let mut slope = |x: &[f64]| Ok((x[0].exp() + x[1].exp(), vec![x[0].exp(), x[1].exp()]));
        let report = method.run(&mut slope, |_| Ok(false)).unwrap();
        assert_eq!((report.ending, report.steps), (Some(Ending::Stopped), 1));
        let mut method = lbfgs(vec![1.0, 2.0], LbfgsSettings::default()).unwrap();
        let mut fails = |_: &[f64]| -> Result<(f64, Vec<f64>)> { Err(Error::Callback) };
        assert!(matches!(method.run(&mut fails, |_| Ok(true)), Err(Error::Callback)));
    }

    #[test]
    fn a_start_that_is_no_point_is_refused() {
        let refusal = |x0: Vec<f64>| lbfgs(x0, LbfgsSettings::default()).unwrap_err().to_string();
        assert_eq!(refusal(vec![]), "lbfgs: the starting point has no coordinates");
        assert_eq!(refusal(vec![0.0, f64::NAN]), "lbfgs: the starting point must be finite, got NaN");
    }

    #[test]
    fn lengths_neither_overflow_nor_vanish() {
        assert!((norm(&[3e200, 4e200]) / 5e200 - 1.0).abs() < 1e-15);
        assert!((norm(&[3e-200, 4e-200]) / 5e-200 - 1.0).abs() < 1e-15);
        assert_eq!(norm(&[0.0, 0.0]), 0.0);
        assert!(norm(&[f64::NAN, 1.0]).is_nan() && norm(&[f64::INFINITY]).is_infinite());
    }
}
