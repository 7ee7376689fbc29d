//! Grids: mazes, maps, and the shortest ways over them; and the same search over any graph.
//!
//! Cells are numbered from 0, row by row.

mod best_first;
mod find;
mod graph;
mod grid;
mod jump;
mod maze;
mod movingai;
mod queue;
mod unit;

pub use find::{Path, PathMethod, Workspace, find_path, find_path_watched};
pub use graph::{GraphPath, GraphSettings, graph_path};
pub use grid::{Direction, Grid};
pub use maze::{Maze, MazeMethod, MazeSettings, maze, maze_watched};
pub use movingai::{Scenario, map_text, parse_map, parse_scenarios, read_map, read_scenarios};
