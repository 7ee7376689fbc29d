//! The integration tests: one binary, so that the libraries are linked once.

mod api;
mod cli;
mod examples;
mod games;
mod lm;
mod scripts;
mod tasks;
