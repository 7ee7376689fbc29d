-- `mynah.plot.canvas` from Lua, and what a program that shows a search as it runs needs of the other rooms.
local plot = mynah.plot

-- Shapes are where they were put.
local canvas = plot.canvas(60, 40, { background = "#000000" })
check.equal({ canvas.width, canvas.height, tostring(canvas) }, { 60, 40, "Canvas (60 x 40)" })
canvas:rect(10, 10, 20, 10, { fill = "#ff0000" }):circle(45, 20, 6, { fill = "#00ff00" })
local image = canvas:pixels()
check.equal({ image:pixel(11, 11), image:pixel(30, 20), image:pixel(31, 21), image:pixel(46, 21) },
  { { 255, 0, 0 }, { 255, 0, 0 }, { 0, 0, 0 }, { 0, 255, 0 } })
check.equal(plot.canvas(60, 40, { scale = 2 }):pixels().width, 120)

-- Points are given flat, in pairs, or as a tensor: the same line.
local function line(points)
  return plot.canvas(40, 40):line(points, { color = "yellow", width = 3, closed = true }):pixels():tensor()
end
local flat = line{ 5, 5, 30, 8, 20, 30 }
check.equal(line{ { 5, 5 }, { 30, 8 }, { 20, 30 } }, flat)
check.equal(line(mynah.tensor{ { 5, 5 }, { 30, 8 }, { 20, 30 } }), flat)

-- A clip holds; pictures of numbers take their colours; a canvas can be drawn on another.
local small = plot.canvas(16, 16, { background = "#0000ff" })
local large = plot.canvas(32, 32, { background = "#000000" }):clip(0, 0, 16, 32):image(small, 8, 8, 16, 16):clip()
check.equal({ large:pixels():pixel(12, 12), large:pixels():pixel(20, 12) }, { { 0, 0, 255 }, { 0, 0, 0 } })
large:clear("white"):image({ { 0, 1 }, { 1, 0 } }, 0, 0, 32, 32, { color_map = "gray" })
check.equal({ large:pixels():pixel(1, 1), large:pixels():pixel(32, 1) }, { { 0, 0, 0 }, { 255, 255, 255 } })
large:image(large, 0, 0, 16, 16)
assert(large:text_width("mm", { size = 20 }) > large:text_width("ii", { size = 20 }))
large:save(TMP .. "/large.png")
check.equal(mynah.paint.image(TMP .. "/large.png"):pixel(32, 1), { 255, 255, 255 })
local film = plot.film()
film:add(large):add(large:clear())
check.equal(film.frames, 2)

-- Bytes for other programs.
check.equal({ plot.rgba({ { 0, 1 } }, { color_map = "gray", opacity = 0.5 }):byte(1, -1) }, { 0, 0, 0, 128, 255, 255, 255, 128 })
check.equal({ plot.rgba(mynah.zeros(1, 1, 3) + 7):byte(1, -1) }, { 7, 7, 7, 255 })
check.equal({ plot.rgba{ { 0 / 0 } }:byte(4) }, { 0 })
check.equal(plot.font():sub(1, 4), "\0\1\0\0")
check.equal(plot.contour_lines({ { 0, 0, 0 }, { 0, 1, 0 }, { 0, 0, 0 } }, 0.5)[1], { 2, 1.5, 1.5, 2, 2, 2.5, 2.5, 2, 2, 1.5 })
check.equal(#plot.contour_lines({}, 0.5), 0)

check.refuses(function() plot.canvas(5, 40) end, "canvas: `width` must be 16 to 16384 pixels, got 5")
check.refuses(function() plot.canvas(40, 40, { scale = 100 }) end, "canvas: `scale` must be in [0.1, 8], got 100")
check.refuses(function() canvas:circle(1, 2, 3, { colour = "red" }) end,
  "unknown option `colour` for `circle`; it takes `fill`, `line`, `width`, `radius`")
check.refuses(function() canvas:line({ 1, 2, 3 }) end, "line: `points`: points have two numbers each, got 3 numbers")
check.refuses(function() canvas:line({ { 1, 2 }, { 3 } }) end, "line: `points`: point 2 must be { x, y }, two numbers")
check.refuses(function() canvas:line(mynah.zeros(2, 3)) end, "line: `points`: points are a tensor [points, 2], got [2, 3]")
check.refuses(function() canvas:image(mynah.zeros(2, 3, 4), 0, 0, 9, 9) end,
  "a picture is a tensor [height, width] or [height, width, 3], got [2, 3, 4]")
check.refuses(function() canvas:image(7, 0, 0, 9, 9) end, "expected a Figure, a Sheet, a Canvas, a Picture or an Image, got 7")
check.refuses(function() canvas:clip(1, 2) end, "clip: all of x, y, width and height, or none of them")
check.refuses(function() canvas:text("a", 1, 2, { size = 1 }) end, "text: `size` must be 4 to 400, got 1")
check.refuses(function() canvas:save(TMP .. "/a.svg") end, TMP .. "/a.svg: a canvas is written to a name that ends in .png")

-- A maze tells how it was dug, and a search what it looked at.
local dug = {}
local maze = mynah.route.maze{ width = 8, height = 6, seed = 2, on_dig = function(a, b) dug[#dug + 1] = { a, b } end }
check.equal(#dug, maze.passages)
local seen = maze:looked_at(1, 48, "dijkstra")
local _, _, count = maze:path(1, 48, "dijkstra")
check.equal({ #seen, seen[1] }, { count, 1 })
check.refuses(function() maze:looked_at(1, 49) end, "looked_at: cells count from 1 to 48, got 49")
check.refuses(function() maze:looked_at(1, 2, "magic") end,
  'looked_at: there are `astar`, `dijkstra`, `bfs`, `greedy`, `jps`, `bidirectional`, got "magic"')
check.refuses(function() mynah.route.maze{ on_dig = function() error("enough", 0) end } end, "enough")

-- A search for a tour is stepped by hand.
local points = mynah.rand(40, 2, { seed = 4 }):totable()
for _, method in ipairs{ "anneal", "two_opt", "or_opt" } do
  local search = mynah.route.tour_search{ points = points, method = method, steps = 20000, seed = 3 }
  local before = search.length
  while not search.done do search:step(3000) end
  local tour, length = search:best()
  check.near(mynah.route.tour_length(tour, { points = points }), length, 1e-9)
  assert(length <= before and search.steps == 20000 and #search:tour() == 40)
  check.equal(search.temperature ~= nil, method == "anneal")
end
check.refuses(function() mynah.route.tour_search{ points = points, method = "ga" } end,
  'tour_search: `method` must be "anneal", "two_opt" or "or_opt", got "ga"')
check.refuses(function() mynah.route.tour_search{ points = points, tour = { 1, 2 } } end, "tsp: a tour of 2 cities needs all 40")
check.refuses(function() mynah.route.tour_search{} end, "tsp: give the cities as one of `points`, `matrix` and `file`")

-- A walk tells where it stands; other searches do not walk.
local walk = mynah.optim.anneal{ x0 = { 3, 4 }, t0 = 5, seed = 1 }
check.equal(walk:walk(), nil)
walk:tell{ 25 }
check.equal({ walk:walk().x, walk:walk().f, walk:walk().temperature, walk:walk().taken }, { { 3, 4 }, 25, 5, 0 })
check.equal(mynah.optim.random{ lower = { 0 }, upper = { 1 } }:walk(), nil)

-- Hulls.
check.equal(mynah.learn.hull{ { 1, 1 }, { 0, 0 }, { 2, 0 }, { 2, 2 }, { 0, 2 } }, { { 0, 0 }, { 2, 0 }, { 2, 2 }, { 0, 2 } })
check.equal({ #mynah.learn.hull{}, #mynah.learn.hull{ { 1, 1 }, { 1, 1 } }, #mynah.learn.hull{ { 0, 0 }, { 1, 1 }, { 2, 2 } } }, { 0, 1, 2 })
check.refuses(function() mynah.learn.hull{ { 1, 2, 3 } } end, "hull: points are { x, y }, got 3 numbers")
check.refuses(function() mynah.learn.hull{ { 1, 0 / 0 } } end, "hull: coordinates must be finite, got NaN")

-- Where a transformer looks.
local tok = mynah.lm.tokenizer{ text = "abc" }
local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 2, heads = 2, context = 8, seed = 1 }
local looks = bird:attention{ { 0, 1, 2, 2 } }
check.equal({ #looks, looks[1].shape }, { 2, { 2, 4, 4 } })
check.near(looks[2]:sum(3), { { 1, 1, 1, 1 }, { 1, 1, 1, 1 } }, 1e-5)
check.refuses(function() bird:attention{ { 0, 1 }, { 1, 2 } } end, "attention: ids must be [1, time], got [2, 2]")
check.refuses(function() bird:attention{ 0, 5 } end, "model: token 5 is outside 0..2")
