//! Routes: the shortest round trip through many cities, and the shortest way through a maze or over a map.

pub mod cities;
pub mod grids;
