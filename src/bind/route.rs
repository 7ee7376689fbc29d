//! `mynah.route`: the travelling salesman, mazes, maps and the shortest ways over them.

use super::convert::{FromArg, This, expected, got};
use super::options::Options;
use super::shim::{Callback, Fault, Outcome, fault};
use crate::progress::Late;
use crate::route::cities::{self, Metric, Preference, Problem, SolveSettings, TourSearch, TourSearchSettings};
use crate::route::grids::{self, Direction, GraphSettings, Grid, Maze, MazeSettings, Path, PathMethod, Workspace};
use crate::{lua_class, lua_extras, lua_module};
use mlua::{Lua, Table, Value};
use std::cell::RefCell;

lua_extras! {
    /// The cities, and who watches.
    CitiesExtras {
        /// The cities as points `{ x, y }`.
        points: Value = "number[][]",
        /// Or all distances, one row for each city.
        matrix: Value = "number[][]",
        /// Or a TSPLIB file.
        file: String = "string",
        /// How far two points are from each other: "euclid" (the default), or TSPLIB's "euc2d", "ceil2d", "att", "geo".
        metric: String = "string",
        /// Changed costs for pairs of cities: `{ from, to, cost }` replaces their distance, `{ from, to, cost, "add" }` adds to it.
        preferences: Value = "table[]",
        /// Sees better tours on the way; the search ends when it returns false.
        on_improve: Callback = "fun(better: { tour: integer[], length: number, seconds: number }): boolean?",
        /// Whether a bar shows how far it is, on a terminal. Default true.
        progress: bool = "boolean"
    }
}

lua_extras! {
    /// The cities, and where the search begins.
    TourSearchExtras {
        /// The cities as points `{ x, y }`.
        points: Value = "number[][]",
        /// Or all distances, one row for each city.
        matrix: Value = "number[][]",
        /// How far two points are from each other: "euclid" (the default), or TSPLIB's "euc2d", "ceil2d", "att", "geo".
        metric: String = "string",
        /// Changed costs for pairs of cities: `{ from, to, cost }` replaces their distance, `{ from, to, cost, "add" }` adds to it.
        preferences: Value = "table[]",
        /// The tour that it begins with. Default: a greedy one.
        tour: Vec<usize> = "integer[]"
    }
}

lua_extras! {
    /// Who watches a maze being dug.
    MazeExtras {
        /// Sees each passage as it was opened, between cell `a` and cell `b`, in order, after the last.
        on_dig: Callback = "fun(a: integer, b: integer)"
    }
}

lua_extras! {
    /// A graph: where ways begin and end, and where one can go.
    GraphExtras {
        /// Where the way begins: a number or a string; needed.
        start: Value = "number|string",
        /// Where it ends; or give `is_goal`.
        goal: Value = "number|string",
        /// Tells whether a node is a goal.
        is_goal: Callback = "fun(node): boolean",
        /// Gives the nodes beside a node with their costs, as a list of `{ node, cost }`; needed.
        neighbours: Callback = "fun(node): table[]",
        /// A lower bound of what is left to the goal; without one it is Dijkstra's method.
        estimate: Callback = "fun(node): number"
    }
}

/// A list of lists of numbers.
fn rows(what: &str, value: &Value, lua: &Lua) -> Outcome<Vec<Vec<f64>>> {
    Vec::<Vec<f64>>::from_arg(value.clone(), lua).map_err(|f| match f {
        Fault::Message(text) => Fault::Message(format!("tsp: `{what}`: {text}")),
        thrown => thrown,
    })
}

fn metric(name: &str) -> Outcome<Metric> {
    serde_json::from_value(name.into()).or_else(|_| {
        fault(format!("tsp: `metric` must be \"euclid\", \"euc2d\", \"ceil2d\", \"att\" or \"geo\", got \"{name}\""))
    })
}

/// A city counted from 1, as one counted from 0.
fn city(number: f64) -> Outcome<usize> {
    if number >= 1.0 && number.fract() == 0.0 {
        Ok(number as usize - 1)
    } else {
        fault(format!("tsp: cities count from 1, got {number}"))
    }
}

fn preferences(value: &Value, lua: &Lua) -> Outcome<Vec<Preference>> {
    let list = Vec::<Table>::from_arg(value.clone(), lua)?;
    list.iter()
        .enumerate()
        .map(|(i, row)| {
            let number = |k: usize| match f64::from_arg(row.raw_get(k)?, lua) {
                Ok(number) => Ok(number),
                Err(_) => fault(format!("tsp: preference {} must be {{ from, to, cost }}, three numbers", i + 1)),
            };
            let mode = match row.raw_get::<Option<String>>(4)?.as_deref() {
                None | Some("replace") => cities::PreferenceMode::Replace,
                Some("add") => cities::PreferenceMode::Add,
                Some(other) => return fault(format!("tsp: a preference may \"replace\" or \"add\", got \"{other}\"")),
            };
            let (from, to, cost) = (city(number(1)?)?, city(number(2)?)?, number(3)?);
            if from == to {
                return fault(format!("tsp: preference {} pairs city {} with itself", i + 1, from + 1));
            }
            if !cost.is_finite() {
                return fault(format!("tsp: preference {} costs {cost}; costs must be finite", i + 1));
            }
            Ok(Preference { from, to, cost, mode })
        })
        .collect()
}

fn problem(extras: &CitiesExtras, lua: &Lua) -> Outcome<Problem> {
    let kind = extras.metric.as_deref().map_or(Ok(Metric::Euclid), metric)?;
    let problem = match (&extras.points, &extras.matrix, &extras.file) {
        (Some(points), None, None) => {
            let pair = |(i, p): (usize, Vec<f64>)| match p[..] {
                [x, y] if x.is_finite() && y.is_finite() => Ok([x, y]),
                [x, y] => fault(format!("tsp: point {} is at ({x}, {y}); coordinates must be finite", i + 1)),
                _ => fault(format!("tsp: point {} must be two numbers, got {}", i + 1, p.len())),
            };
            Problem::points(
                rows("points", points, lua)?.into_iter().enumerate().map(pair).collect::<Outcome<_>>()?,
                kind,
            )?
        }
        (None, Some(matrix), None) => {
            let rows = rows("matrix", matrix, lua)?;
            if let Some(row) = rows.iter().find(|r| r.len() != rows.len()) {
                return fault(format!("tsp: `matrix` has {} rows, but one with {} numbers", rows.len(), row.len()));
            }
            Problem::matrix(rows.concat())?
        }
        (None, None, Some(file)) => cities::read_tsp(file)?.problem,
        _ => return fault("tsp: give the cities as one of `points`, `matrix` and `file`"),
    };
    match &extras.preferences {
        Some(list) => {
            let list = preferences(list, lua)?;
            let n = problem.len();
            if let Some(wrong) = list.iter().flat_map(|p| [p.from, p.to]).find(|c| *c >= n) {
                return fault(format!("tsp: a preference names city {}, but there are {n} cities", wrong + 1));
            }
            Ok(problem.with_preferences(&list)?)
        }
        None => Ok(problem),
    }
}

fn from_one(tour: &[u32]) -> Vec<usize> {
    tour.iter().map(|c| *c as usize + 1).collect()
}

fn improvement(lua: &Lua, tour: &[u32], length: f64, seconds: f64) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    table.set("tour", from_one(tour))?;
    table.set("length", length)?;
    table.set("seconds", seconds)?;
    Ok(table)
}

/// How a way is looked for, by name.
fn path_method(what: &str, name: Option<String>) -> Outcome<PathMethod> {
    let Some(name) = name else { return Ok(PathMethod::Astar) };
    serde_json::from_value(name.as_str().into()).or_else(|_| {
        let all = PathMethod::ALL
            .map(|m| serde_json::to_value(m).ok().and_then(|v| v.as_str().map(String::from)).unwrap_or_default());
        fault(format!("{what}: there are {}, got \"{name}\"", crate::nearest::quoted(all.iter().map(String::as_str))))
    })
}

/// A cell counted from 1, as one counted from 0.
fn cell_of(what: &str, grid: &Grid, n: usize) -> Outcome<usize> {
    match n {
        n if (1..=grid.cells()).contains(&n) => Ok(n - 1),
        n => fault(format!("{what}: cells count from 1 to {}, got {n}", grid.cells())),
    }
}

/// The cells that a search looks at, in their order, from 1.
fn looked_at(
    grid: &Grid,
    from: usize,
    to: usize,
    method: Option<String>,
    room: &RefCell<Workspace>,
) -> Outcome<Vec<usize>> {
    let method = path_method("looked_at", method)?;
    let (from, to) = (cell_of("looked_at", grid, from)?, cell_of("looked_at", grid, to)?);
    Ok(from_one(&grids::find_path_watched(grid, from, to, method, &mut room.borrow_mut())?.1))
}

/// A way over a grid: its cells from 1, its length, and how many cells were looked at.
fn way(
    lua: &Lua,
    grid: &Grid,
    from: usize,
    to: usize,
    method: Option<String>,
    room: &RefCell<Workspace>,
) -> Outcome<(Option<Table>, f64, usize)> {
    let method = path_method("path", method)?;
    let (from, to) = (cell_of("path", grid, from)?, cell_of("path", grid, to)?);
    let Path { cells, length, expanded } = grids::find_path(grid, from, to, method, &mut room.borrow_mut())?;
    let table = if cells.is_empty() { None } else { Some(lua.create_sequence_from(from_one(&cells))?) };
    Ok((table, length, expanded as usize))
}

/// A node of a Lua graph.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Node {
    Whole(i64),
    Broken(u64), // the bits of a float
    Text(Vec<u8>),
}

impl Node {
    fn of(value: &Value) -> Outcome<Self> {
        match value {
            Value::Integer(i) => Ok(Self::Whole(*i)),
            Value::Number(x) if x.fract() == 0.0 && x.abs() < 9e15 => Ok(Self::Whole(*x as i64)),
            Value::Number(x) => Ok(Self::Broken(x.to_bits())),
            Value::String(s) => Ok(Self::Text(s.as_bytes().to_vec())),
            other => expected("a node: a number or a string", other),
        }
    }

    fn value(&self, lua: &Lua) -> mlua::Result<Value> {
        Ok(match self {
            Self::Whole(i) => Value::Integer(*i),
            Self::Broken(bits) => Value::Number(f64::from_bits(*bits)),
            Self::Text(bytes) => Value::String(lua.create_string(bytes)?),
        })
    }
}

lua_module! {
    /// Routes: the shortest round trip through many cities, and the shortest way through a maze, over a map or a graph.
    ///
    /// Cities and cells count from 1, cells row by row.
    module "mynah.route" {
        /// A short round trip through all cities: `tour`, its `length` (the way home included) and the `seconds` it took.
        ///
        /// Always the best tour seen. "ga", the default, usually finds the shortest for up to some thousand cities; "or_opt" and
        /// "two_opt" go up to a million.
        ///
        /// ```lua
        /// local trip = mynah.route.tsp{ points = { {0, 0}, {1, 1}, {1, 0}, {0, 1} } }
        /// assert(trip.length == 4 and #trip.tour == 4)
        /// ```
        fn tsp(@lua, options: Options<SolveSettings, CitiesExtras>) -> Table {
            let Options(settings, extras) = options;
            let problem = problem(&extras, lua)?;
            let limit = (settings.seconds * 10.0).min(1e9) as u64; // tenths of a second
            let mut bar = extras.progress.unwrap_or(true).then(|| Late::steps(limit, "tsp, tenths of a second"));
            let solution = cities::solve(&problem, &settings, &mut |better| {
                if let Some(bar) = &mut bar {
                    bar.set((better.seconds * 10.0) as u64, || format!("length {:.8}", better.length));
                }
                let Some(callback) = &extras.on_improve else { return Ok(true) };
                let shown = improvement(lua, better.tour, better.length, better.seconds).map_err(Fault::from);
                let values = shown.and_then(|t| callback.call(t)).map_err(Fault::into_core)?;
                Ok(!matches!(values.front(), Some(Value::Boolean(false))))
            })?;
            Ok(improvement(lua, &solution.tour, solution.length, solution.seconds)?)
        }

        /// A search for a short round trip that one steps by hand, for a program that shows it or has no time to wait.
        ///
        /// ```lua
        /// local search = mynah.route.tour_search{ points = mynah.rand(30, 2, { seed = 1 }):totable(), method = "anneal" }
        /// while not search.done do search:step(1000) end
        /// local tour, length = search:best()
        /// assert(#tour == 30 and length < 6)
        /// ```
        fn tour_search(@lua, options: Options<TourSearchSettings, TourSearchExtras>) -> LuaTourSearch {
            let Options(settings, e) = options;
            let tour = e.tour.map(|tour| {
                tour.into_iter().map(|c| city(c as f64).map(|c| c as u32)).collect::<Outcome<Vec<_>>>()
            }).transpose()?;
            let cities = CitiesExtras {
                points: e.points, matrix: e.matrix, metric: e.metric, preferences: e.preferences, ..Default::default()
            };
            Ok(LuaTourSearch(RefCell::new(TourSearch::new(problem(&cities, lua)?, settings, tour)?)))
        }

        /// The length of a tour, the way home included; takes the cities as `tsp` does.
        ///
        /// ```lua
        /// assert(mynah.route.tour_length({ 1, 2, 3, 4 }, { points = { {0, 0}, {3, 0}, {3, 4}, {0, 4} } }) == 14)
        /// ```
        fn tour_length(@lua, tour: Vec<usize>, options: Options<SolveSettings, CitiesExtras>) -> f64 {
            let problem = problem(&options.1, lua)?;
            let n = problem.len();
            let mut seen = vec![false; n];
            for &c in &tour {
                match c.checked_sub(1).and_then(|i| seen.get_mut(i)) {
                    Some(seen) if !*seen => *seen = true,
                    Some(_) => return fault(format!("tour_length: city {c} is visited twice")),
                    None => return fault(format!("tour_length: cities count from 1 to {n}, got {c}")),
                }
            }
            if tour.len() != n {
                return fault(format!("tour_length: the tour has {} of {n} cities", tour.len()));
            }
            let tour: Vec<u32> = tour.into_iter().map(|c| c as u32 - 1).collect();
            Ok(problem.length(&tour))
        }

        /// Reads a TSPLIB file: its `name` and the cities' `points`, if it has any.
        ///
        /// ```lua
        /// local ok, message = pcall(mynah.route.read_tsp, "no/such.tsp")
        /// assert(not ok and message:find("no such file"))
        /// ```
        fn read_tsp(@lua, path: String) -> Table {
            let instance = cities::read_tsp(path)?;
            let table = lua.create_table()?;
            table.set("name", instance.name)?;
            table.set("cities", instance.problem.len())?;
            table.set("points", instance.points.into_iter().map(Vec::from).collect::<Vec<_>>())?;
            Ok(table)
        }

        /// Writes a tour in TSPLIB's format.
        ///
        /// ```lua
        /// mynah.route.write_tour(TMP .. "/square.tour", "square", { 1, 2, 3, 4 }, 14)
        /// assert(mynah.route.read_tour(TMP .. "/square.tour")[4] == 4)
        /// ```
        fn write_tour(path: String, name: String, tour: Vec<usize>, length: f64) -> () {
            let tour = tour.into_iter().map(|c| city(c as f64).map(|c| c as u32)).collect::<Outcome<Vec<_>>>()?;
            Ok(cities::write_tour(path, &name, &tour, length)?)
        }

        /// Reads a tour in TSPLIB's format.
        ///
        /// ```lua
        /// local ok, message = pcall(mynah.route.read_tour, "no/such.tour")
        /// assert(not ok and message:find("no such file"))
        /// ```
        fn read_tour(path: String) -> Vec<usize> { Ok(from_one(&cities::read_tour(path)?)) }

        /// A maze; without `loops` it is perfect: exactly one way from each cell to each other.
        ///
        /// ```lua
        /// local maze = mynah.route.maze{ width = 30, height = 30, seed = 7 }
        /// local way = maze:path(1, 900, "astar")
        /// assert(maze.passages == 899 and way[1] == 1 and way[#way] == 900)
        /// ```
        fn maze(options: Options<MazeSettings, MazeExtras>) -> LuaMaze {
            let Options(settings, extras) = options;
            let (maze, dug) = grids::maze_watched(&settings, extras.on_dig.is_some().then(Vec::new))?;
            if let Some(on_dig) = extras.on_dig {
                for [a, b] in dug {
                    on_dig.call((a + 1, b + 1))?;
                }
            }
            Ok(LuaMaze(maze, RefCell::new(Workspace::new())))
        }

        /// A grid of rows of text: `#` and `@` are walls, `1` to `9` what entering costs, others free; `diagonal` allows eight directions.
        ///
        /// ```lua
        /// local grid = mynah.route.grid({ "...", ".#.", "..." }, true)
        /// local way, length = grid:path(1, 9)
        /// assert(length == 4)
        /// ```
        fn grid(rows: Vec<String>, diagonal: Option<bool>) -> LuaGrid { LuaGrid::new(Grid::from_rows(&rows, diagonal.unwrap_or(false))) }

        /// A grid whose cells cost `weights` (row by row) to enter; 0 and `math.huge` are walls.
        ///
        /// ```lua
        /// local grid = mynah.route.weighted_grid(3, 1, { 1, 5, 1 })
        /// local _, cost = grid:path(1, 3)
        /// assert(cost == 6)
        /// ```
        fn weighted_grid(width: usize, height: usize, weights: Vec<f64>, diagonal: Option<bool>) -> LuaGrid {
            if let Some(at) = weights.iter().position(|w| !(*w >= 0.0)) {
                return fault(format!("weighted_grid: weight {} must be at least 0, got {}", at + 1, weights[at]));
            }
            let weights = weights.into_iter().map(narrow_weight).collect();
            LuaGrid::new(Grid::from_weights(width, height, diagonal.unwrap_or(false), weights))
        }

        /// Reads a MovingAI `.map` file as a grid of eight directions.
        ///
        /// ```lua
        /// local ok, message = pcall(mynah.route.read_map, "no/such.map")
        /// assert(not ok and message:find("no such file"))
        /// ```
        fn read_map(path: String) -> LuaGrid { LuaGrid::new(grids::read_map(path)) }

        /// Reads a MovingAI `.scen` file: a list of `{ start = { x, y }, goal = { x, y }, length =, map =, bucket = }`, places from 0.
        ///
        /// ```lua
        /// local ok, message = pcall(mynah.route.read_scenarios, "no/such.scen")
        /// assert(not ok and message:find("no such file"))
        /// ```
        fn read_scenarios(@lua, path: String) -> Vec<Table> {
            let all = grids::read_scenarios(path)?;
            all.into_iter().map(|s| {
                let table = lua.create_table()?;
                table.set("start", vec![s.start.0, s.start.1])?;
                table.set("goal", vec![s.goal.0, s.goal.1])?;
                table.set("length", s.length)?;
                table.set("map", s.map)?;
                table.set("bucket", s.bucket)?;
                Ok(table)
            }).collect()
        }

        /// The shortest way through any graph (A*): the nodes, the cost, and how many nodes were looked at; nothing if there is no way.
        ///
        /// Nodes are numbers or strings.
        ///
        /// ```lua
        /// local nodes, cost = mynah.route.astar{ start = 1, goal = 100,
        ///   neighbours = function(n) return n > 100 and {} or { { n + 1, 1 }, { 2 * n, 1 } } end }
        /// assert(cost == 8 and nodes[#nodes] == 100)
        /// ```
        fn astar(@lua, options: Options<GraphSettings, GraphExtras>) -> (Option<Vec<Value>>, f64, usize) {
            let Options(settings, e) = options;
            let (Some(start), Some(neighbours)) = (&e.start, &e.neighbours) else {
                return fault("astar: needs `start` and a function `neighbours`");
            };
            let goal = e.goal.as_ref().map(|goal| Node::of(goal).map_err(|f| told_by("astar: `goal`", f))).transpose()?;
            if goal.is_none() && e.is_goal.is_none() {
                return fault("astar: needs a `goal`, or a function `is_goal`");
            }
            let first = |values: mlua::MultiValue| values.into_iter().next().unwrap_or(Value::Nil);
            let found = grids::graph_path(
                Node::of(start).map_err(|f| told_by("astar: `start`", f))?,
                |node| {
                    if let Some(goal) = &goal { return Ok(node == goal); }
                    let Some(is_goal) = &e.is_goal else { return Ok(false) };
                    let answer = node.value(lua).map_err(Fault::from).and_then(|v| is_goal.call(v)).map_err(Fault::into_core)?;
                    Ok(matches!(first(answer), v if !matches!(v, Value::Nil | Value::Boolean(false))))
                },
                |node, out| {
                    let mut ask = || -> Outcome<()> {
                        let list = first(neighbours.call(node.value(lua)?)?);
                        let Value::Table(list) = &list else {
                            return fault(format!("astar: `neighbours` must return a list of {{ node, cost }}, got {}", got(&list)));
                        };
                        for pair in list.sequence_values::<Table>() {
                            let pair = pair.map_err(|_| Fault::Message("astar: `neighbours` must return a list of { node, cost }".into()))?;
                            let step = Node::of(&pair.raw_get(1)?)
                                .and_then(|node| Ok((node, f64::from_arg(pair.raw_get(2)?, lua)?)));
                            out.push(step.map_err(|f| told_by("astar: `neighbours` must return a list of { node, cost }", f))?);
                        }
                        Ok(())
                    };
                    ask().map_err(Fault::into_core)
                },
                |node| {
                    let Some(estimate) = &e.estimate else { return Ok(0.0) };
                    let ask = || -> Outcome<f64> {
                        let bound = first(estimate.call(node.value(lua)?)?);
                        f64::from_arg(bound, lua).map_err(|f| told_by("astar: `estimate`", f))
                    };
                    ask().map_err(Fault::into_core)
                },
                &settings,
            )?;
            let nodes = found.nodes.iter().map(|n| n.value(lua)).collect::<mlua::Result<Vec<_>>>()?;
            Ok(((!nodes.is_empty()).then_some(nodes), found.length, found.expanded as usize))
        }
    }
}

/// A grid as Lua holds it, with room for its searches.
pub struct LuaGrid(Grid, RefCell<Workspace>);

impl LuaGrid {
    fn new(grid: crate::Result<Grid>) -> Outcome<Self> {
        Ok(Self(grid?, RefCell::new(Workspace::new())))
    }
}

/// The same refusal, and what was being read; what Lua threw stays as it is.
fn told_by(what: &str, fault: Fault) -> Fault {
    match fault {
        Fault::Message(text) => Fault::Message(format!("{what}: {text}")),
        thrown => thrown,
    }
}

/// A weight of a grid in its own precision: what costs something stays above 0, what is finite stays finite.
fn narrow_weight(weight: f64) -> f32 {
    if weight == 0.0 || weight.is_infinite() {
        return weight as f32;
    }
    (weight as f32).clamp(f32::MIN_POSITIVE, f32::MAX)
}

/// A maze as Lua holds it, with room for its searches.
pub struct LuaMaze(Maze, RefCell<Workspace>);

impl LuaMaze {
    /// The maze itself.
    pub fn maze(&self) -> &Maze {
        &self.0
    }
}

fn direction(name: &str) -> Outcome<Direction> {
    Ok(match name {
        "up" => Direction::North,
        "right" => Direction::East,
        "down" => Direction::South,
        "left" => Direction::West,
        other => return fault(format!("direction: \"up\", \"right\", \"down\" or \"left\", got \"{other}\"")),
    })
}

/// A search for a tour as Lua holds it.
pub struct LuaTourSearch(RefCell<TourSearch>);

lua_class! {
    /// A search for a short tour, stepped by hand. It always knows the best tour seen.
    class TourSearch(LuaTourSearch) {
        /// The length of the tour that it stands on.
        get length(this) -> f64 { Ok(this.0.borrow().length()) }
        /// Steps made.
        get steps(this) -> usize { Ok(this.0.borrow().steps() as usize) }
        /// Whether all steps are made.
        get done(this) -> bool { Ok(this.0.borrow().is_done()) }
        /// The temperature of "anneal", in the unit of lengths; nil for other methods.
        get temperature(this) -> Option<f64> { Ok(this.0.borrow().temperature()) }
        /// Where it stands.
        meta tostring(this) -> String {
            let search = this.0.borrow();
            Ok(format!("TourSearch ({} steps, length {}, best {})", search.steps(), search.length(), search.best().1))
        }
        /// Makes `count` steps (default 1), fewer if it is done before.
        fn step(this, count: Option<usize>) -> This { this.0.borrow_mut().step(count.unwrap_or(1) as u64)?; Ok(This) }
        /// The tour that it stands on.
        fn tour(this) -> Vec<usize> { Ok(from_one(this.0.borrow().tour())) }
        /// The best tour seen, and its length.
        fn best(this) -> (Vec<usize>, f64) {
            let search = this.0.borrow();
            let (tour, length) = search.best();
            Ok((from_one(tour), length))
        }
    }
}

lua_class! {
    /// Cells in rows, some of them walls. Cells count from 1, row by row.
    class Grid(LuaGrid) {
        /// How many columns it has.
        get width(this) -> usize { Ok(this.0.width()) }
        /// How many rows it has.
        get height(this) -> usize { Ok(this.0.height()) }
        /// Its columns and rows.
        meta tostring(this) -> String { Ok(format!("Grid ({} x {})", this.0.width(), this.0.height())) }
        /// The shortest way between two cells: the cells, its length, and how many cells were looked at; nil if there is none.
        ///
        /// `method` is "astar" (the default), "dijkstra", "bfs" (fewest steps), "greedy" (often not shortest), "jps" or "bidirectional".
        ///
        /// ```lua
        /// local way, length = mynah.route.grid{ "...", "##.", "..." }:path(1, 7)
        /// assert(length == 6 and #way == 7)
        /// ```
        fn path(this, @lua, from: usize, to: usize, method: Option<String>) -> (Option<Table>, f64, usize) {
            way(lua, &this.0, from, to, method, &this.1)
        }
        /// The cells that the search of `path` looks at, in their order.
        ///
        /// ```lua
        /// assert(mynah.route.grid{ "..", ".." }:looked_at(1, 4, "bfs")[1] == 1)
        /// ```
        fn looked_at(this, from: usize, to: usize, method: Option<String>) -> Vec<usize> {
            looked_at(&this.0, from, to, method, &this.1)
        }
        /// The number of the cell in a column and a row, both from 1.
        fn cell(this, column: usize, row: usize) -> usize {
            match (column.checked_sub(1), row.checked_sub(1)) {
                (Some(x), Some(y)) if this.0.cell(x, y).is_some() => Ok(y * this.0.width() + x + 1),
                _ => fault(format!("cell: column {column}, row {row} is outside {} x {}", this.0.width(), this.0.height())),
            }
        }
        /// The column and the row of a cell.
        fn place(this, cell: usize) -> (usize, usize) {
            if cell == 0 || cell > this.0.cells() {
                return fault(format!("place: cells count from 1 to {}, got {cell}", this.0.cells()));
            }
            let (x, y) = this.0.place(cell - 1);
            Ok((x + 1, y + 1))
        }
        /// Whether a cell is no wall.
        fn is_free(this, cell: usize) -> bool { Ok(cell > 0 && this.0.is_free(cell - 1)) }
    }
}

lua_class! {
    /// A maze of passages between cells, which count from 1, row by row. Printing draws it.
    class Maze(LuaMaze) {
        /// How many columns it has.
        get width(this) -> usize { Ok(this.0.grid().width()) }
        /// How many rows it has.
        get height(this) -> usize { Ok(this.0.grid().height()) }
        /// How many walls are open; in a perfect maze one less than cells.
        get passages(this) -> usize { Ok(this.0.passages()) }
        /// How many parts there are without a way between them (always 1).
        get components(this) -> usize { Ok(this.0.components()) }
        /// A drawing of the maze.
        meta tostring(this) -> String { Ok(this.0.text(&[])) }
        /// The shortest way between two cells: the cells, its length, and how many cells were looked at.
        ///
        /// ```lua
        /// local way = mynah.route.maze{ width = 5, height = 5, seed = 1 }:path(1, 25)
        /// assert(way[1] == 1 and way[#way] == 25)
        /// ```
        fn path(this, @lua, from: usize, to: usize, method: Option<String>) -> (Option<Table>, f64, usize) {
            way(lua, this.0.grid(), from, to, method, &this.1)
        }
        /// The cells that the search of `path` looks at, in their order.
        ///
        /// ```lua
        /// local maze = mynah.route.maze{ width = 5, height = 5, seed = 1 }
        /// local _, _, count = maze:path(1, 25, "bfs")
        /// assert(#maze:looked_at(1, 25, "bfs") == count)
        /// ```
        fn looked_at(this, from: usize, to: usize, method: Option<String>) -> Vec<usize> {
            looked_at(this.0.grid(), from, to, method, &this.1)
        }
        /// Whether one can go from a cell "up", "right", "down" or "left".
        fn can_go(this, cell: usize, where_to: String) -> bool {
            Ok(cell > 0 && this.0.has_passage(cell - 1, direction(&where_to)?))
        }
        /// A drawing with the cells of a way marked.
        ///
        /// ```lua
        /// local maze = mynah.route.maze{ width = 5, height = 5, seed = 1 }
        /// local way = maze:path(1, 25)
        /// print(maze:text(way))
        /// ```
        fn text(this, way: Option<Vec<usize>>) -> String {
            let way: Vec<u32> = way.unwrap_or_default().into_iter().map(|c| (c as u32).wrapping_sub(1)).collect();
            if let Some(wrong) = way.iter().find(|c| **c as usize >= this.0.grid().cells()) {
                return fault(format!("text: cells count from 1 to {}, got {}", this.0.grid().cells(), wrong.wrapping_add(1)));
            }
            Ok(this.0.text(&way))
        }
        /// The maze as a grid of blocks, (2·width + 1) x (2·height + 1), walls included.
        fn blocks(this) -> LuaGrid { LuaGrid::new(Ok(this.0.blocks())) }
    }
}
