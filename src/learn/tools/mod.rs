//! What stands around learners: reading samples, splitting them, judging answers, and toy data to try them on.

pub mod csv;
pub mod metrics;
pub mod npy;
pub mod split;
pub mod toy;
pub mod words;
