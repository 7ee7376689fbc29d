//! Optimizers: what moves a point downhill, one gradient at a time.
