//! The integration tests: one binary, so that the libraries are linked once.

mod api;
#[cfg(all(unix, feature = "capi"))]
mod capi;
mod cli;
mod examples;
mod games;
mod lm;
#[cfg(unix)]
mod modules;
mod scripts;
mod tasks;
