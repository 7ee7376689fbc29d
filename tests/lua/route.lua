-- Tours, mazes, maps and graphs.
local route = mynah.route

-- A tour round a circle is found, its length is its own, and watchers see ever better ones.
local points = {}
for i = 1, 40 do
  local at = (i * 17) % 40
  points[i] = { 100 * math.cos(at * math.pi / 20), 100 * math.sin(at * math.pi / 20) }
end
local circle = 40 * 200 * math.sin(math.pi / 40)
for _, method in ipairs{ "ga", "or_opt", "two_opt", "anneal" } do
  local last = math.huge
  local trip = route.tsp{ points = points, method = method, seconds = 1, seed = 1,
    on_improve = function(better) assert(better.length < last) last = better.length end }
  check.near(trip.length, circle, 1e-9, method)
  check.near(route.tour_length(trip.tour, { points = points }), trip.length, 1e-9)
end
assert(route.tsp{ points = points, method = "nearest" }.length >= circle - 1e-9)

-- Preferences replace or add; a matrix will do.
local square = { { 0, 0 }, { 1, 0 }, { 1, 1 }, { 0, 1 } }
check.near(route.tsp{ points = square, preferences = { { 1, 2, 100 } } }.length, 2 + 2 * math.sqrt(2), 1e-9)
check.near(route.tsp{ points = square, preferences = { { 1, 2, -0.5, "add" } } }.length, 3.5, 1e-9)
check.equal(route.tsp{ matrix = { { 0, 1, 2 }, { 1, 0, 3 }, { 2, 3, 0 } } }.length, 6)

-- A perfect maze has one way between two cells; all methods agree; loops open more.
local maze = route.maze{ width = 30, height = 30, seed = 7 }
check.equal({ maze.passages, maze.components, maze.width }, { 899, 1, 30 })
local _, shortest = maze:path(1, 900)
for _, method in ipairs{ "dijkstra", "bfs", "bidirectional" } do
  check.equal(select(2, maze:path(1, 900, method)), shortest, method)
end
assert(route.maze{ width = 30, height = 30, loops = 0.1 }.passages > 899)
assert(tostring(route.maze{ width = 2, height = 1 }):find("%-"))

-- Grids: walls, weights, corners.
local grid = route.grid({ ".#.", ".#.", "..." }, true)
local way, length = grid:path(1, 3)
check.equal(way, { 1, 4, 7, 8, 9, 6, 3 }, "corners are not cut")
check.equal(length, 6)
check.equal({ grid:cell(3, 1), grid:place(6) }, { 3, 3, 2 })
local none, endless = route.grid{ ".#." }:path(1, 3)
assert(none == nil and endless == math.huge)
local _, toll = route.weighted_grid(3, 1, { 1, 5, 1 }):path(1, 3)
check.equal(toll, 6)
local _, detour = route.weighted_grid(3, 2, { 1, math.huge, 1, 1, 2, 1e-60 }):path(1, 3)
check.near(detour, 4, 1e-9, "endless weights are walls, tiny ones are not")
local _, around = route.grid{ ".@.", ".9." }:path(1, 3)
check.equal(around, 12)
check.refuses(function() route.weighted_grid(2, 1, { 1, -1 }) end, "weighted_grid: weight 2 must be at least 0, got -1")

-- Any graph.
local nodes, cost, looked = route.astar{ start = "a", goal = "d",
  neighbours = function(n)
    return ({ a = { { "b", 1 }, { "c", 5 } }, b = { { "d", 9 } }, c = { { "d", 1 } } })[n] or {}
  end }
check.equal(nodes, { "a", "c", "d" })
assert(cost == 6 and looked >= 2)

-- Mistakes are sentences.
check.refuses(function() route.tsp{} end, "tsp: give the cities as one of `points`, `matrix` and `file`")
check.refuses(function() route.tsp{ points = { { 1, 2 }, { 3 } } } end, "tsp: point 2 must be two numbers, got 1")
check.refuses(function() route.tsp{ points = square, method = "gaa" } end, "tsp: unknown value `gaa` for `method`; did you mean `ga`?")
check.refuses(function() route.tsp{ points = square, preferences = { { 0, 1, 5 } } } end, "tsp: cities count from 1, got 0")
check.refuses(function() maze:path(0, 5) end, "path: cells count from 1 to 900, got 0")
check.refuses(function() route.astar{ start = 1, goal = 2, neighbours = function() return 5 end } end,
  "astar: `neighbours` must return a list of { node, cost }, got 5")

-- Bad input: a sentence that counts as Lua does, or a defined result.
check.refuses(function() route.tsp{ points = {} } end, "tsp: there are no cities")
check.refuses(function() route.tsp{ points = { { 1, 1 }, { 0 / 0, 2 } } } end, "tsp: point 2 is at (NaN, 2); coordinates must be finite")
check.refuses(function() route.tsp{ points = square, preferences = { { 1, 5, 2 } } } end, "tsp: a preference names city 5, but there are 4 cities")
check.refuses(function() route.tsp{ points = square, preferences = { { 1, 2 } } } end,
  "tsp: preference 1 must be { from, to, cost }, three numbers")
check.refuses(function() route.tsp{ points = square, preferences = { { 1, 2, 3 }, { 4, 4, 1 } } } end,
  "tsp: preference 2 pairs city 4 with itself")
check.refuses(function() route.tsp{ points = square, preferences = { { 1, 2, 0 / 0 } } } end,
  "tsp: preference 1 costs NaN; costs must be finite")
check.refuses(function() route.tsp{ matrix = { { 0, 1 }, { 3, 0 } } } end,
  "tsp: the matrix must be symmetric, and row 1, column 2 is 1 while row 2, column 1 is 3")
check.refuses(function() route.tsp{ matrix = { { 0, 0 / 0 }, { 0 / 0, 0 } } } end,
  "tsp: the entry at row 1, column 2 must be finite, got NaN")
check.refuses(function() route.grid{ "..", "." } end, "grid: row 2 is not as long as the first, 2")
check.refuses(function() route.astar{ start = { 1 }, goal = 2, neighbours = print } end,
  "astar: `start`: expected a node: a number or a string, got a table")
check.refuses(function() route.astar{ start = 1, goal = 2, neighbours = function() return { {} } end } end,
  "astar: `neighbours` must return a list of { node, cost }: expected a node: a number or a string, got nothing")
check.refuses(function() route.tour_length({ 1, 2, 2, 4 }, { points = square }) end, "tour_length: city 2 is visited twice")
check.refuses(function() route.tour_length({ 1, 2, 3, 5 }, { points = square }) end, "tour_length: cities count from 1 to 4, got 5")
check.refuses(function() route.tour_length({ 1, 2, 3 }, { points = square }) end, "tour_length: the tour has 3 of 4 cities")
check.refuses(function() route.grid{ "..", ".." }:path(1, 5) end, "path: cells count from 1 to 4, got 5")
local same = {}
for i = 1, 60 do same[i] = { i % 3, i % 2 } end
for _, method in ipairs{ "ga", "or_opt", "two_opt", "anneal", "nearest" } do
  local trip = route.tsp{ points = same, method = method, steps = 20, seed = 1 }
  check.equal(#trip.tour, 60)
  check.near(route.tour_length(trip.tour, { points = same }), trip.length, 1e-9)
end
check.equal(route.tsp{ points = { { 3, 4 } } }.length, 0)
local hasty = route.tsp{ points = same, seconds = 0 }
check.near(route.tour_length(hasty.tour, { points = same }), hasty.length, 1e-9)
check.equal(route.grid{ "..#", "##.", "..." }:path(1, 9), nil)
