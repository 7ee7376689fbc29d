//! Clusterers: what belongs together, found without being told.

mod agglomerative;
mod centres;
mod checks;
mod dbscan;
mod exp;
mod gaussian_mixture;
mod hdbscan;
mod kmeans;
mod krylov;
mod mean_shift;
mod mini_batch_kmeans;
mod near;
mod spanning;
mod spectral;

use super::entry::{Entry, entry};
pub use agglomerative::{Agglomerative, AgglomerativeSettings, Linkage};
pub use dbscan::{Dbscan, DbscanSettings};
pub use gaussian_mixture::{Covariance, GaussianMixture, GaussianMixtureSettings};
pub use hdbscan::{Hdbscan, HdbscanSettings, Selection};
pub use kmeans::{Kmeans, KmeansSettings, Start};
pub use mean_shift::{MeanShift, MeanShiftSettings};
pub use mini_batch_kmeans::{MiniBatchKmeans, MiniBatchKmeansSettings};
pub use spectral::{Affinity, Spectral, SpectralSettings};

// What the transforms share with the clusterers.
#[allow(unused_imports)]
pub(super) use centres::{Panels, plus_plus};
#[allow(unused_imports)]
pub(super) use checks::{damaged, ensure_sound, moderate_numbers, sound, usable, usable_width};
#[allow(unused_imports)]
pub(super) use exp::exp;
#[allow(unused_imports)]
pub(super) use kmeans::lloyd;
#[allow(unused_imports)]
pub(super) use krylov::{Effort, dot, largest, times};
#[allow(unused_imports)]
pub(super) use near::{MANY_FEATURES, distance2, nearest, nearest_by, products, vectorised};
#[allow(unused_imports)]
pub(super) use spectral::Graph;

/// The clusterers.
pub const ENTRIES: &[Entry] = &[
    entry!("kmeans", Clusterer, Kmeans, KmeansSettings, "k-means: centres, each the mean of the samples nearest to it"),
    entry!(
        "mini_batch_kmeans",
        Clusterer,
        MiniBatchKmeans,
        MiniBatchKmeansSettings,
        "k-means by steps on a few samples each, for very many"
    ),
    entry!("dbscan", Clusterer, Dbscan, DbscanSettings, "clusters of any shape, where samples lie close together"),
    entry!("hdbscan", Clusterer, Hdbscan, HdbscanSettings, "clusters of any shape and density"),
    entry!(
        "agglomerative",
        Clusterer,
        Agglomerative,
        AgglomerativeSettings,
        "the two nearest clusters become one, again and again"
    ),
    entry!(
        "gaussian_mixture",
        Clusterer,
        GaussianMixture,
        GaussianMixtureSettings,
        "a mixture of Gaussians, with probabilities"
    ),
    entry!("mean_shift", Clusterer, MeanShift, MeanShiftSettings, "the peaks of the samples' density"),
    entry!("spectral", Clusterer, Spectral, SpectralSettings, "k-means on the graph of neighbours' slowest vibrations"),
];
