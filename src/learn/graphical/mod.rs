//! Probabilistic graphical models: chains, networks and fields of things that depend on each other.

mod bayes_net;
mod dense;
mod digamma;
mod emission;
mod factor;
mod forward_backward;
mod hmm;
mod kalman;
mod markov;
mod mrf;
mod pairwise;
mod structure;
mod topics;

use super::entry::{Entry, entry};
pub use bayes_net::{BayesNet, Explanation, Node, Variable};
pub use emission::{Emission, Sequence};
pub use hmm::{Hmm, HmmCovariance, HmmKind, HmmParameters, HmmSettings, HmmStart, Topology};
pub use kalman::{Filtered, Forecast, Kalman, KalmanModel, KalmanSettings, Smoothed};
pub use markov::{Class, MarkovChain, MarkovSettings};
pub use mrf::{GibbsSettings, Grid, GridBeliefs};
pub use pairwise::{BeliefSettings, Beliefs, Edge, Messages, PairwiseField};
pub use structure::{Search, StructureSettings};
pub use topics::{Lda, LdaMethod, LdaSettings};

/// The learners among them.
pub const ENTRIES: &[Entry] =
    &[entry!("lda", Transformer, Lda, LdaSettings, "latent Dirichlet allocation: texts as mixtures of topics")];
