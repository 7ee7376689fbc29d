//! Language models: tokenizers, the transformer, training and generation.
