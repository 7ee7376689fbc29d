//! Support vector machines: answers made of the few samples that lie near the border.

mod kernel;
mod one_class;
mod platt;
mod real;
mod rows;
mod solver;
mod svc;
mod svr;
#[cfg(test)]
pub(super) mod tests;
mod vectors;

use super::entry::{Entry, entry};
pub use kernel::{Gamma, Kernel};
pub use one_class::{OneClass, OneClassSettings};
pub use svc::{Svc, SvcSettings};
pub use svr::{Svr, SvrSettings};

// What the multilayer perceptron shares with the kernels.
pub(super) use kernel::vectorised;
pub(super) use real::Real;

/// The support vector machines.
pub const ENTRIES: &[Entry] = &[
    entry!("svc", Classifier, Svc, SvcSettings, "support vector classifier: the widest margin between classes"),
    entry!(
        "svr",
        Regressor,
        Svr,
        SvrSettings,
        "support vector regression: as flat as a tube around the answers allows"
    ),
    entry!(
        "one_class",
        Clusterer,
        OneClass,
        OneClassSettings,
        "support vectors around what is usual: 0, or -1 if unusual"
    ),
];
