//! The travelling salesman: a closed tour through all cities, as short as can be found.
//!
//! [`Problem`] says what a tour costs, [`solve`] looks for a short one. Cities are numbered from 0.

mod anneal;
mod budget;
mod eax;
mod exact;
mod genetic;
mod greedy;
mod kd_tree;
mod kicks;
mod local_search;
mod nearest;
mod neighbours;
mod or_opt;
mod problem;
mod solve;
mod steps;
mod tour;
mod tsplib;
mod two_opt;

pub use budget::Improvement;
pub use neighbours::Neighbours;
pub use problem::{Metric, Preference, PreferenceMode, Problem};
pub use solve::{Method, Solution, SolveSettings, solve};
pub use steps::{TourSearch, TourSearchSettings};
pub use tsplib::{Instance, parse_tour, parse_tsp, read_tour, read_tsp, tour_text, write_tour};
