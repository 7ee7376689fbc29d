//! A small net that decides what to do: its weights are one list of genes to be evolved, or it learns from rewards.
//!
//! Layers of tanh neurons end in a softmax over the actions. Learning is REINFORCE (Williams 1992,
//! doi:10.1007/BF00992696) with returns standardised over the episodes at hand, a bonus for entropy (Mnih et al. 2016,
//! arXiv:1602.01783), and Adam's steps.

use crate::data::{Rng, RngState, read_text, write_atomically};
use crate::error::ensure_setting;
use crate::optim::{AdamSettings, Optimizer, Param, adam};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What a controller sees, what it can do, and how it learns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ControllerConfig {
    /// Numbers in an observation, from 1 to 4096.
    pub inputs: usize,
    /// What it can do, at least two.
    pub actions: Vec<String>,
    /// Neurons of each hidden layer; none: one linear layer.
    pub hidden: Vec<usize>,
    /// Learning rate, positive. Default 0.02.
    pub lr: f64,
    /// What a reward is worth a step earlier, in [0, 1]. Default 0.98.
    pub discount: f64,
    /// How much indecision is rewarded, at least 0. Default 0.01.
    pub entropy: f64,
    /// Seed of the first genes and of the draws. Default 1.
    pub seed: u64,
}

impl Default for ControllerConfig {
    fn default() -> Self {
        Self { inputs: 0, actions: Vec::new(), hidden: vec![8], lr: 0.02, discount: 0.98, entropy: 0.01, seed: 1 }
    }
}

/// One decision with what came of it.
#[derive(Clone, Debug)]
struct Step {
    observation: Vec<f64>,
    action: usize,
    reward: f64,
}

/// A net that decides.
pub struct Controller {
    config: ControllerConfig,
    sizes: Vec<usize>, // inputs, hidden layers, actions
    genes: Vec<f64>,   // of each layer the weights [out][in], then the biases [out]
    rng: Rng,
    episode: Vec<Step>,
    episodes: Vec<Vec<Step>>,
    optimizer: Optimizer,
}

/// A controller as its file holds it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    controller: u32, // version of the format
    config: ControllerConfig,
    genes: Vec<String>, // decimals, for JSON's own numbers may come back a bit off
    rng: RngState,
}

const FORMAT: u32 = 1;

impl Controller {
    /// A controller with small random genes.
    ///
    /// # Errors
    /// If a setting is out of range.
    pub fn new(config: &ControllerConfig) -> Result<Self> {
        let ControllerConfig { inputs, ref actions, ref hidden, lr, discount, entropy, seed } = *config;
        ensure_setting((1..=4096).contains(&inputs), "policy", "inputs", "from 1 to 4096", inputs)?;
        ensure_setting(actions.len() >= 2, "policy", "actions", "at least two", actions.len())?;
        if let Some(i) = (1..actions.len()).find(|i| actions[..*i].contains(&actions[*i])) {
            return Err(Error::value(format!("policy: the action `{}` is there twice", actions[i])));
        }
        let wide = hidden.iter().find(|n| !(1..=4096).contains(*n));
        ensure_setting(wide.is_none(), "policy", "hidden", "from 1 to 4096 neurons", wide.copied().unwrap_or(0))?;
        ensure_setting(hidden.len() <= 8, "policy", "hidden", "at most 8 layers", hidden.len())?;
        ensure_setting(lr.is_finite() && lr > 0.0, "policy", "lr", "finite and positive", lr)?;
        ensure_setting((0.0..=1.0).contains(&discount), "policy", "discount", "in [0, 1]", discount)?;
        ensure_setting(entropy.is_finite() && entropy >= 0.0, "policy", "entropy", "finite and at least 0", entropy)?;
        let sizes: Vec<usize> = std::iter::once(inputs).chain(hidden.iter().copied()).chain([actions.len()]).collect();
        let mut rng = Rng::new(seed);
        let mut genes = Vec::new();
        for layer in sizes.windows(2) {
            let scale = (1.0 / layer[0] as f64).sqrt();
            genes.extend((0..layer[0] * layer[1]).map(|_| scale * rng.normal()));
            genes.extend(std::iter::repeat_n(0.0, layer[1]));
        }
        let optimizer = adam(AdamSettings { lr, ..Default::default() })?;
        let (episode, episodes) = (Vec::new(), Vec::new());
        Ok(Self { config: config.clone(), sizes, genes, rng, episode, episodes, optimizer })
    }

    /// Its settings.
    pub fn config(&self) -> &ControllerConfig {
        &self.config
    }

    /// All its weights in one list.
    pub fn genes(&self) -> &[f64] {
        &self.genes
    }

    /// Gives it other weights.
    ///
    /// # Errors
    /// If there are more or fewer, or one is not finite.
    pub fn set_genes(&mut self, genes: &[f64]) -> Result<()> {
        if genes.len() != self.genes.len() {
            let (n, m) = (self.genes.len(), genes.len());
            return Err(Error::value(format!("policy: it has {n} genes, got {m}")));
        }
        if let Some(i) = genes.iter().position(|g| !g.is_finite()) {
            return Err(Error::value(format!("policy: gene {} is {}", i + 1, genes[i])));
        }
        self.genes.copy_from_slice(genes);
        Ok(())
    }

    /// The name of an action.
    pub fn name(&self, action: usize) -> &str {
        &self.config.actions[action]
    }

    /// How likely it takes each action.
    ///
    /// # Errors
    /// If the observation has another length, or a number in it is not finite.
    pub fn odds(&self, observation: &[f64]) -> Result<Vec<f64>> {
        let n = self.config.inputs;
        if observation.len() != n {
            return Err(Error::value(format!("policy: an observation has {n} numbers, got {}", observation.len())));
        }
        if let Some(i) = observation.iter().position(|x| !x.is_finite()) {
            return Err(Error::value(format!("policy: number {} of the observation is {}", i + 1, observation[i])));
        }
        Ok(self.forward(observation).pop().unwrap_or_default())
    }

    /// The likeliest action.
    ///
    /// # Errors
    /// As [`odds`](Self::odds).
    pub fn best(&self, observation: &[f64]) -> Result<usize> {
        let odds = self.odds(observation)?;
        Ok((0..odds.len()).fold(0, |best, i| if odds[i] > odds[best] { i } else { best }))
    }

    /// Draws an action and remembers the decision, for [`learn`](Self::learn).
    ///
    /// # Errors
    /// As [`odds`](Self::odds).
    pub fn draw(&mut self, observation: &[f64]) -> Result<usize> {
        let odds = self.odds(observation)?;
        let mut left = self.rng.uniform();
        let drawn = odds.iter().position(|p| {
            left -= p;
            left < 0.0
        });
        let action = drawn.unwrap_or(odds.len() - 1);
        self.episode.push(Step { observation: observation.to_vec(), action, reward: 0.0 });
        Ok(action)
    }

    /// Rewards the last drawn action; several rewards add up.
    ///
    /// # Errors
    /// If nothing was drawn in this episode, or the reward is not finite.
    pub fn reward(&mut self, reward: f64) -> Result<()> {
        ensure_setting(reward.is_finite(), "policy", "reward", "finite", reward)?;
        let Some(step) = self.episode.last_mut() else {
            return Err(Error::value("policy: there is no drawn action to reward"));
        };
        step.reward += reward;
        Ok(())
    }

    /// Ends an episode: rewards of the next do not count for what was done in this.
    pub fn finish(&mut self) {
        if !self.episode.is_empty() {
            self.episodes.push(std::mem::take(&mut self.episode));
        }
    }

    /// One step of learning from the episodes since the last; their mean sum of rewards.
    ///
    /// # Errors
    /// If there are none.
    pub fn learn(&mut self) -> Result<f64> {
        self.finish();
        if self.episodes.is_empty() {
            return Err(Error::value("policy: there is nothing to learn from; draw actions and reward them first"));
        }
        let episodes = std::mem::take(&mut self.episodes);
        let mut returns: Vec<f64> = Vec::new();
        for episode in &episodes {
            let mut later = 0.0;
            let of_episode: Vec<f64> = episode
                .iter()
                .rev()
                .map(|step| {
                    later = step.reward + self.config.discount * later;
                    later
                })
                .collect();
            returns.extend(of_episode.into_iter().rev());
        }
        let n = returns.len() as f64;
        let mean = returns.iter().sum::<f64>() / n;
        let spread = (returns.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / n).sqrt() + 1e-8;
        let mut gradient = vec![0.0; self.genes.len()];
        for (step, gain) in episodes.iter().flatten().zip(&returns) {
            self.add_gradient(step, (gain - mean) / spread / n, self.config.entropy / n, &mut gradient);
        }
        self.optimizer.step(&mut [Param::new(&mut self.genes, &gradient)])?;
        let total: f64 = episodes.iter().flatten().map(|step| step.reward).sum();
        Ok(total / episodes.len() as f64)
    }

    /// The activations of every layer, the observation first, the odds last.
    fn forward(&self, observation: &[f64]) -> Vec<Vec<f64>> {
        let mut layers = vec![observation.to_vec()];
        let mut at = 0;
        for (i, size) in self.sizes.windows(2).enumerate() {
            let (weights, biases) =
                (&self.genes[at..][..size[0] * size[1]], &self.genes[at + size[0] * size[1]..][..size[1]]);
            at += (size[0] + 1) * size[1];
            let before = &layers[i];
            let sum = |(row, bias): (&[f64], &f64)| bias + row.iter().zip(before).map(|(w, x)| w * x).sum::<f64>();
            let sums: Vec<f64> = weights.chunks_exact(size[0]).zip(biases).map(sum).collect();
            let last = i + 2 == self.sizes.len();
            layers.push(if last { softmax(&sums) } else { sums.iter().map(|s| s.tanh()).collect() });
        }
        layers
    }

    /// Adds the gradient of `-gain · log p(action) - bonus · entropy` with respect to the genes.
    fn add_gradient(&self, step: &Step, gain: f64, bonus: f64, gradient: &mut [f64]) {
        let layers = self.forward(&step.observation);
        let odds = &layers[layers.len() - 1];
        let log = |p: f64| p.max(1e-300).ln();
        let entropy: f64 = -odds.iter().map(|p| p * log(*p)).sum::<f64>();
        // With respect to the sums before the softmax.
        let mut delta: Vec<f64> = odds
            .iter()
            .enumerate()
            .map(|(i, p)| {
                let chosen = f64::from(u8::from(i == step.action));
                -gain * (chosen - p) + bonus * p * (log(*p) + entropy)
            })
            .collect();
        let mut end = self.genes.len();
        for (i, size) in self.sizes.windows(2).enumerate().rev() {
            let at = end - (size[0] + 1) * size[1];
            let before = &layers[i];
            for (o, d) in delta.iter().enumerate() {
                gradient[at + o * size[0]..][..size[0]].iter_mut().zip(before).for_each(|(g, x)| *g += d * x);
                gradient[at + size[0] * size[1] + o] += d;
            }
            if i > 0 {
                let weights = &self.genes[at..][..size[0] * size[1]];
                delta = (0..size[0])
                    .map(|j| {
                        let back: f64 = delta.iter().enumerate().map(|(o, d)| d * weights[o * size[0] + j]).sum();
                        back * (1.0 - before[j] * before[j])
                    })
                    .collect();
            }
            end = at;
        }
    }

    /// Writes it to a JSON file, whole or not at all; not the episodes at hand.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let saved = Saved {
            controller: FORMAT,
            config: self.config.clone(),
            genes: self.genes.iter().map(f64::to_string).collect(),
            rng: self.rng.state(),
        };
        let json = serde_json::to_string(&saved).map_err(|e| Error::file(&path, e))?;
        write_atomically(path.as_ref(), |file| file.write_all(json.as_bytes()))
    }

    /// Reads such a file.
    ///
    /// # Errors
    /// If it cannot be read, or is none.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let none = |e: &dyn std::fmt::Display| Error::file(path, format!("not a saved policy ({e})"));
        let saved: Saved = serde_json::from_str(&read_text(path)?).map_err(|e| none(&e))?;
        if saved.controller != FORMAT {
            let (format, known) = (saved.controller, FORMAT);
            return Err(Error::file(path, format!("a policy of format {format}, but this build knows {known}")));
        }
        let mut controller = Self::new(&saved.config).map_err(|e| none(&e))?;
        let genes: std::result::Result<Vec<f64>, _> = saved.genes.iter().map(|g| g.parse()).collect();
        controller.set_genes(&genes.map_err(|e| none(&e))?).map_err(|e| none(&e))?;
        controller.rng = Rng::restore(saved.rng);
        Ok(controller)
    }
}

fn softmax(sums: &[f64]) -> Vec<f64> {
    let top = sums.iter().fold(f64::NEG_INFINITY, |m, s| m.max(*s));
    let all: Vec<f64> = sums.iter().map(|s| (s - top).exp()).collect();
    let total: f64 = all.iter().sum();
    all.into_iter().map(|e| e / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(inputs: usize, actions: &[&str]) -> ControllerConfig {
        let actions = actions.iter().map(|a| a.to_string()).collect();
        ControllerConfig { inputs, actions, hidden: vec![6, 5], ..Default::default() }
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let mut controller = Controller::new(&config(3, &["a", "b", "c"])).unwrap();
        let step = Step { observation: vec![0.3, -1.2, 0.7], action: 1, reward: 0.0 };
        let (gain, bonus) = (1.7, 0.4);
        let mut gradient = vec![0.0; controller.genes.len()];
        controller.add_gradient(&step, gain, bonus, &mut gradient);
        let loss = |c: &Controller| {
            let odds = c.odds(&step.observation).unwrap();
            let entropy: f64 = -odds.iter().map(|p| p * p.ln()).sum::<f64>();
            -gain * odds[step.action].ln() - bonus * entropy
        };
        for i in 0..gradient.len() {
            let (was, h) = (controller.genes[i], 1e-6);
            controller.genes[i] = was + h;
            let up = loss(&controller);
            controller.genes[i] = was - h;
            let down = loss(&controller);
            controller.genes[i] = was;
            assert!(((up - down) / (2.0 * h) - gradient[i]).abs() < 1e-6, "gene {i}");
        }
    }

    #[test]
    fn rewards_teach_what_to_do_when() {
        let mut controller = Controller::new(&config(2, &["left", "right", "wait"])).unwrap();
        let mut rng = Rng::new(3);
        let mut mean = 0.0;
        for _ in 0..150 {
            for _ in 0..20 {
                let seen = [rng.uniform() * 2.0 - 1.0, rng.uniform() * 2.0 - 1.0];
                let wanted = if seen[1] > 0.5 { 2 } else { usize::from(seen[0] > 0.0) };
                let done = controller.draw(&seen).unwrap();
                controller.reward(f64::from(u8::from(done == wanted))).unwrap();
                controller.finish();
            }
            mean = controller.learn().unwrap();
        }
        assert!(mean > 0.8, "{mean}");
        assert_eq!(controller.best(&[0.9, 0.0]).unwrap(), 1);
        assert_eq!(controller.best(&[-0.9, 0.0]).unwrap(), 0);
        assert_eq!(controller.best(&[0.0, 0.95]).unwrap(), 2);
        // A reward that comes late counts for what led to it.
        let mut controller =
            Controller::new(&ControllerConfig { hidden: vec![], ..config(1, &["no", "yes"]) }).unwrap();
        for _ in 0..200 {
            for _ in 0..10 {
                let first = controller.draw(&[1.0]).unwrap();
                controller.draw(&[0.0]).unwrap();
                controller.reward(first as f64).unwrap();
                controller.finish();
            }
            controller.learn().unwrap();
        }
        assert!(controller.odds(&[1.0]).unwrap()[1] > 0.9);
    }

    #[test]
    fn a_file_gives_the_same_controller() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guard.policy");
        let mut controller = Controller::new(&config(2, &["a", "b"])).unwrap();
        controller.draw(&[0.1, 0.2]).unwrap();
        controller.save(&path).unwrap();
        let mut again = Controller::load(&path).unwrap();
        assert_eq!((again.genes(), again.config()), (controller.genes(), controller.config()));
        let draws = |c: &mut Controller| (0..50).map(|i| c.draw(&[f64::from(i), 0.5]).unwrap()).collect::<Vec<_>>();
        assert_eq!(draws(&mut again), draws(&mut controller));
        std::fs::write(&path, "{}").unwrap();
        assert!(Controller::load(&path).err().unwrap().to_string().contains("not a saved policy"));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let refusal = |config: ControllerConfig| Controller::new(&config).err().unwrap().to_string();
        assert_eq!(refusal(config(0, &["a", "b"])), "policy: `inputs` must be from 1 to 4096, got 0");
        assert_eq!(refusal(config(1, &["a"])), "policy: `actions` must be at least two, got 1");
        assert_eq!(refusal(config(1, &["a", "b", "a"])), "policy: the action `a` is there twice");
        let mut controller = Controller::new(&config(2, &["a", "b"])).unwrap();
        let say = |r: Result<usize>| r.unwrap_err().to_string();
        assert_eq!(say(controller.best(&[1.0])), "policy: an observation has 2 numbers, got 1");
        assert_eq!(say(controller.draw(&[1.0, f64::NAN])), "policy: number 2 of the observation is NaN");
        assert_eq!(controller.reward(1.0).unwrap_err().to_string(), "policy: there is no drawn action to reward");
        assert!(controller.learn().unwrap_err().to_string().starts_with("policy: there is nothing to learn from"));
        assert!(controller.set_genes(&[1.0]).unwrap_err().to_string().ends_with("genes, got 1"));
    }
}
