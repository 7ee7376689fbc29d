-- Figures: what is laid over them shows, in every format; mistakes are sentences.
local plot = mynah.plot

local function bytes(name, n)
  local file = assert(io.open(TMP .. "/" .. name, "rb"))
  local head = file:read(n)
  file:close()
  return head
end

-- Labels stand in the SVG, pixels in the PNG.
local figure = plot.figure{ title = "Loss", x_label = "step", y_scale = "log", width = 320, height = 200 }
figure:line{ y = { 3, 1.5, 0 / 0, 0.8 }, label = "train" }:band{ low = { 1, 1, 1, 1 }, high = { 4, 2, 2, 2 } }
for _, word in ipairs{ "Loss", "step", "train" } do assert(figure:svg():find(">" .. word .. "</text>"), word) end
check.equal(figure.layers, 2)
figure:save(TMP .. "/loss.png"):save(TMP .. "/loss.svg")
check.equal(bytes("loss.png", 8), "\137PNG\r\n\26\n")
check.equal(bytes("loss.svg", 4), "<svg")
local image = mynah.paint.image(TMP .. "/loss.png")
check.equal({ image.width, image.height, image:pixel(1, 1) }, { 320, 200, { 255, 255, 255 } })
check.equal(image:rmse(figure:pixels()), 0)

-- A heat map's ends have its map's end colours; classes count from 1; points may be tensors.
local heat = plot.figure{ axes = false, color_bar = false, color_map = "gray", width = 100, height = 100 }
local dark, bright = 0, 0
for row = 1, 100 do
  local p = heat.layers == 0 and heat:heatmap{ values = mynah.tensor{ { 0, 1 }, { 0, 1 } } }:pixels() or heat:pixels()
  dark, bright = p:pixel(20, 50)[1], p:pixel(80, 50)[1]
  break
end
assert(dark < 5 and bright > 250, dark .. " " .. bright)
local points = mynah.randn(20, 2, { seed = 1 })
local classes = {}
for i = 1, 20 do classes[i] = 1 + i % 2 end
local scatter = plot.scatter{ points = points, classes = classes, names = { "odd", "even" } }
assert(scatter:svg():find(">odd</text>") and scatter:svg():find(">even</text>"))
scatter:regions{ classes = { { 1, 2 }, { 2, 2 } }, x_range = { -2, 2 }, y_range = { -2, 2 } }
scatter:contour{ values = { { 0, 1 }, { 1, 2 } }, x_range = { -2, 2 }, y_range = { -2, 2 } }:save(TMP .. "/scatter.png")

-- Everything else draws something.
local white = plot.figure{ axes = false, width = 60, height = 60 }
local function ink(f)
  local p, n = f:pixels(), 0
  for x = 1, p.width do
    for y = 1, p.height do
      local c = p:pixel(x, y)
      if c[1] + c[2] + c[3] < 700 then n = n + 1 end
    end
  end
  return n
end
local layers = {
  { "bars", { y = { 1, 2 }, errors = { 0.1, 0.1 } } }, { "histogram", { values = { 1, 2, 2, 3 } } },
  { "arrows", { x = { 0 }, y = { 0 }, u = { 1 }, v = { 1 } } }, { "segments", { from = { { 0, 0 } }, to = { { 1, 1 } } } },
  { "text", { points = { { 1, 1 } }, text = { "here" } } }, { "network", { sizes = { 2, 3, 1 } } },
  { "network", { weights = { mynah.randn(2, 3, { seed = 1 }), { { 1 }, { 2 }, { 3 } } } } },
  { "line", { points = { { 0, 0 }, { 1, 0 }, { 0, 1 } }, closed = true } }, { "image", mynah.paint.image(mynah.zeros(2, 2, 3)) },
}
for _, layer in ipairs(layers) do
  local one = plot.figure{ axes = false, width = 60, height = 60 }
  one[layer[1]](one, layer[2])
  assert(ink(one) > 20, layer[1] .. " draws " .. ink(one))
end

-- A maze's walls: 2 x 1 cells have four outer sides of 6 pieces, and one wall or none between them.
local maze = mynah.route.maze{ width = 2, height = 1, seed = 1 }
plot.figure{ equal = true, flip_y = true }:maze(maze, maze:path(1, 2)):save(TMP .. "/maze.png")
check.refuses(function() white:maze(maze, { 3 }) end, "maze: cells count from 1 to 2, got 3")

-- In the terminal: a rising line in braille, its title above; printing is the same without colour.
local rising = plot.figure{ title = "Rising" }
rising:line{ y = { 1, 2, 3 } }
check.equal(tostring(rising), rising:terminal{ color = false })
assert(tostring(rising):find("Rising") and not tostring(rising):find("\27"))
check.equal(tostring(white), "Figure (empty)")
assert(rising:kitty():find("^\27_G"))

-- Sheets and films.
local sheet = plot.sheet({ rising, rising }, { columns = 2, width = 400, height = 200 })
check.equal({ sheet.figures, sheet:pixels().width }, { 2, 400 })
sheet:save(TMP .. "/sheet.svg")
local film = plot.film{ frames = 4 }
for n = 1, 9 do film:add(plot.line{ y = { 1, n } }) end
check.equal(film.frames, 3)
film:save(TMP .. "/film.gif", 0.2)
check.equal(bytes("film.gif", 6), "GIF89a")
check.refuses(function() plot.film():add(rising):add(sheet) end, "film: a frame of 400 x 200 in a film of 800 x 500")
check.refuses(function() plot.film():add(7) end, "expected a Figure, a Sheet, a Canvas, a Picture or an Image, got 7")

-- Mistakes are sentences.
check.refuses(function() white:save(TMP .. "/white.png") end, "figure: there is nothing to draw; add a line, points or another layer")
check.refuses(function() plot.line{ y = { 1, 2 }, x = { 1 } } end, "line: `y` has 2 values, `x` has 1")
check.refuses(function() plot.line{ y = {} } end, "line: `y` is empty, there is nothing to draw")
check.refuses(function() plot.line{ y = { 1 }, colour = "red" } end, "unknown option `colour` for `line`; did you mean `color`?")
check.refuses(function() plot.scatter{ y = { 1 }, classes = { 0 } } end, "scatter: classes count from 1, got 0")
check.refuses(function() plot.heatmap{ values = { { 1, 2 }, { 3 } } } end, "heatmap: `values`: row 2 has 1 numbers, the first has 2")
check.refuses(function() plot.figure{ width = 5 } end, "figure: `width` must be 16 to 16384 pixels, got 5")

-- A tree that was learned is drawn with its names.
local tree = mynah.learn.decision_tree():fit({ { 1, 5 }, { 2, 5 }, { 8, 5 }, { 9, 1 } }, { "low", "low", "high", "top" })
local drawn = mynah.plot.figure{ title = "Questions" }
drawn:tree{ nodes = tree:params().nodes, features = { "length", "width" }, classes = tree.classes }
local text = drawn:svg()
for _, words in ipairs{ "length ≤", "low", "high", "top", "4 samples", "1 sample" } do assert(text:find(">" .. words, 1, true), words) end
assert(drawn:pixels().width > 0)
local number = mynah.learn.decision_tree_regressor():fit({ { 1 }, { 2 } }, { 3.5, 7 })
assert(mynah.plot.tree{ nodes = number:params().nodes }:svg():find(">3.5<", 1, true))
check.refuses(function() mynah.plot.tree{} end, "tree: there are no nodes, there is nothing to draw")
check.refuses(function() mynah.plot.tree{ nodes = { { 1, 2 } } } end, "tree: a node has 7 numbers or more (see `tree:params().nodes`), got 2")
check.refuses(function() mynah.plot.tree{ nodes = { { 1, 0, 1, 1, 0, 0, 0 } } } end, "tree: node 1 leads to 1, not to one behind it")
check.refuses(function() mynah.plot.tree{ nodes = { { 1.5, 0, 1, 1, 0, 0, 0 } } } end, "tree: nodes and features count from 1, got 1.5")
