//! Transforms: samples seen in another way, and signals in fewer bits.

mod arithmetic;
mod dct;
mod fourier;
mod huffman;
mod ica;
mod integers;
mod kernel_pca;
mod nmf;
mod one_hot;
mod pca;
mod polynomial_features;
mod random_projection;
mod randomised;
mod repulsion;
mod scalers;
mod truncated_svd;
mod tsne;
mod umap;
mod vector_quantisation;
mod wavelet;

use super::entry::{Entry, entry};
pub use arithmetic::{arithmetic_decode, arithmetic_encode};
pub use dct::{dct, dct2, inverse_dct, inverse_dct2};
pub use huffman::{HuffmanCode, huffman_codes, huffman_decode, huffman_encode};
pub use ica::{Contrast, Ica, IcaSettings};
pub use integers::{bytes_to_integers, integers_to_bytes};
pub use kernel_pca::{KernelPca, KernelPcaSettings, PcaKernel};
pub use nmf::{Nmf, NmfInit, NmfSettings};
pub use one_hot::{OneHot, OneHotSettings, Unknown};
pub use pca::{Pca, PcaSettings, Solver};
pub use polynomial_features::{PolynomialFeatures, PolynomialFeaturesSettings};
pub use random_projection::{Directions, RandomProjection, RandomProjectionSettings};
pub use scalers::{
    MinMaxScaler, MinMaxScalerSettings, RobustScaler, RobustScalerSettings, StandardScaler, StandardScalerSettings,
};
pub use truncated_svd::{TruncatedSvd, TruncatedSvdSettings};
pub use tsne::{MapInit, Tsne, TsneSettings};
pub use umap::{Umap, UmapInit, UmapSettings};
pub use vector_quantisation::{Codebook, from_patches, patches};
pub use wavelet::{Wavelet, inverse_wavelet, inverse_wavelet2, wavelet, wavelet2};

/// The transforms of samples.
pub const ENTRIES: &[Entry] = &[
    entry!("pca", Transformer, Pca, PcaSettings, "the directions in which samples vary most"),
    entry!("kernel_pca", Transformer, KernelPca, KernelPcaSettings, "principal components in the space of a kernel"),
    entry!("truncated_svd", Transformer, TruncatedSvd, TruncatedSvdSettings, "the largest singular values and vectors"),
    entry!("ica", Transformer, Ica, IcaSettings, "the independent sources whose mixtures the features are"),
    entry!("nmf", Transformer, Nmf, NmfSettings, "samples as sums of parts, nothing below zero"),
    entry!(
        "random_projection",
        Transformer,
        RandomProjection,
        RandomProjectionSettings,
        "fewer features by random directions, distances almost kept"
    ),
    entry!("tsne", Transformer, Tsne, TsneSettings, "a picture in which neighbours stay neighbours"),
    entry!("umap", Transformer, Umap, UmapSettings, "a picture made from the graph of neighbours"),
    entry!(
        "standard_scaler",
        Transformer,
        StandardScaler,
        StandardScalerSettings,
        "each feature to mean 0 and variance 1"
    ),
    entry!("min_max_scaler", Transformer, MinMaxScaler, MinMaxScalerSettings, "each feature to a range"),
    entry!(
        "robust_scaler",
        Transformer,
        RobustScaler,
        RobustScalerSettings,
        "each feature by its median and quartiles"
    ),
    entry!("one_hot", Transformer, OneHot, OneHotSettings, "each value of a feature becomes a feature of 0 and 1"),
    entry!(
        "polynomial_features",
        Transformer,
        PolynomialFeatures,
        PolynomialFeaturesSettings,
        "all products of the features up to a degree"
    ),
];
