-- Multilayer perceptron: a small net learns to tell colours apart, with every weight and every neuron in sight.
--
--   love games/mlp          mynah games/mlp --shot mlp.png

local here = love and love.filesystem.getSource() or tostring(arg[0]):gsub("main%.lua$", ".")
package.path = here .. "/../?.lua;" .. here .. "/../?/init.lua;" .. package.path
local kit = require "kit"
local mynah = require "mynah"
local nn, theme = mynah.nn, kit.theme

local view = kit.view{ x = 20, y = 60, w = 452, h = 452, xs = { -2.2, 2.2 }, ys = { -2.2, 2.2 } }
local COLORS = { theme.palette[1], theme.palette[2], theme.palette[3], theme.palette[4], theme.palette[5] }
local CELLS = 64

local points, brush, seed, data = {}, 1, 1, nil -- points { x, y, class from 1 }
local hidden, activation, rate, speed, playing = { 8, 8 }, "tanh", 0.02, 4, true
---@type any, any, any, any, any, any, any, any
local net, layers, opt, X, y, losses, accuracy, steps
local regions = kit.picture(nil, { smooth = true })
local frame = 0
---@type any, any
local grid, inks

-- The plane's places, row by row from above, and the classes' colours.
local function prepare()
  local places = {}
  for r = 1, CELLS do
    for c = 1, CELLS do
      places[#places + 1] = { view:from(view.x + (c - 0.5) * view.w / CELLS, view.y + (r - 0.5) * view.h / CELLS) }
    end
  end
  grid = mynah.tensor(places)
  local rows = {}
  for k, color in ipairs(COLORS) do
    rows[k] = {}
    for part = 1, 3 do rows[k][part] = tonumber(color:sub(2 * part, 2 * part + 1), 16) end
  end
  inks = mynah.tensor(rows)
end

-- Draws the plane: each place in the mix of colours that the net finds likely there.
local function look()
  mynah.no_grad(function()
    local mixed = net(grid):softmax(2):matmul(inks) * 0.55 + 8 ---@type any
    regions:set(mixed:reshape{ CELLS, CELLS, 3 })
    if X then accuracy = net(X):argmax(2):eq(y):sum():item() / #points end
  end)
end

local function teach()
  X, y = nil, {}
  if #points == 0 then return end
  local rows = {}
  for i, p in ipairs(points) do rows[i], y[i] = { p[1], p[2] }, p[3] end
  X = mynah.tensor(rows)
end

-- A net anew: the weights of each layer drawn from the seed.
local function restart()
  mynah.manual_seed(seed)
  layers = {}
  local before = 2
  for _, width in ipairs(hidden) do
    layers[#layers + 1] = nn.linear(before, width)
    layers[#layers + 1] = nn[activation]()
    before = width
  end
  layers[#layers + 1] = nn.linear(before, #COLORS)
  net = nn.sequential(layers)
  opt = mynah.optim.adamw{ lr = rate, weight_decay = 1e-4 }
  losses, accuracy, steps = {}, nil, 0
  teach()
  look()
end

local function step()
  if not X then return end
  opt.lr = rate
  local loss = nn.cross_entropy(net(X), y)
  loss:backward()
  opt:step(net)
  steps = steps + 1
  losses[#losses + 1] = loss:item()
end

local function labelled(values, labels, scale)
  points = {}
  for i, p in ipairs(values:totable()) do points[i] = { p[1] * scale, p[2] * scale, labels[i] } end
  restart()
end

local function arms()
  local samples, classes = mynah.data.spiral{ samples = 250, arms = 5, noise = 0.03, turns = 0.5, seed = seed }
  labelled(samples, classes, 1.9)
end

-- Five clouds shaped as in the kernel's own examples, where the file is at hand; else five arms.
local function moons()
  local found, samples, classes = pcall(mynah.data.csv, here .. "/../../examples/data/mlp_five_moons.csv")
  if not found then return arms() end
  for i = 1, #classes do classes[i] = classes[i] + 1 end
  labelled(samples, classes, 1)
end
local sets = {
  { "Five moons", moons },
  { "Five arms", arms },
  { "Circles", function()
    local samples, classes = mynah.data.circles{ samples = 160, noise = 0.06, seed = seed }
    labelled(samples, classes, 1.6)
  end },
  { "Empty", function()
    points = {}
    restart()
  end },
}

local demo = {
  name = "mlp",
  title = "Multilayer perceptron",
  about = "A net learns to tell colours apart. Click the plane to add points; change the layers below.",
}

function demo.start(s)
  seed = s
  prepare()
  data = sets[1]
  data[2]()
end

function demo.update()
  frame = frame + 1
  if playing and X then
    for _ = 1, speed do step() end
    if frame % 3 == 0 then look() end
  end
end

-- Red below zero, blue above, stronger the farther from it.
local function shade(value, reach)
  local share = math.min(1, math.abs(value) / reach)
  return (value > 0 and theme.palette[1] or theme.palette[4]) .. ("%02x"):format(math.floor(30 + 225 * share))
end

-- The net as it is: lines are weights, circles are neurons, lit by how active they are for the point shown to it.
local function diagram(ui, x, y, w, h, shown)
  local g = ui.g
  ui:card(x, y, w, h, shown[3] and "The net, reading one of the points" or "The net, reading the place under the cursor")
  local signals = { { shown[1], shown[2] } }
  local weights = {}
  mynah.no_grad(function()
    local signal = mynah.tensor{ { shown[1], shown[2] } }
    for i, layer in ipairs(layers) do
      signal = layer(signal)
      if i % 2 == 1 then weights[#weights + 1] = layer.weight:totable() end -- [inputs][outputs]
      if i % 2 == 0 then signals[#signals + 1] = signal:flatten():totable() end
    end
    signals[#signals + 1] = signal:softmax(2):flatten():totable()
  end)
  local columns = #signals
  local function place(column, k, n)
    local step = math.min(46, (h - 70) / n)
    return x + 46 + (w - 106) * (column - 1) / (columns - 1), y + 18 + h / 2 + (k - (n + 1) / 2) * step
  end
  for l, matrix in ipairs(weights) do
    local largest = 0.3
    for _, row in ipairs(matrix) do
      for _, v in ipairs(row) do largest = math.max(largest, math.abs(v)) end
    end
    local from, to = #signals[l], #signals[l + 1]
    for i = 1, from do
      local ax, ay = place(l, i, from)
      for j = 1, to do
        local v = matrix[i][j]
        local bx, by = place(l + 1, j, to)
        if math.abs(v) > 0.02 * largest then
          g:line({ ax, ay, bx, by }, shade(v, largest), 0.6 + 2.6 * math.abs(v) / largest)
        end
      end
    end
  end
  for l, values in ipairs(signals) do
    local last = l == columns
    for k, v in ipairs(values) do
      local px, py = place(l, k, #values)
      local r = math.min(13.0, (h - 70) / #values / 2 - 1)
      g:circle(px, py, r + 1.5, "#0b0e13")
      if last then
        g:circle(px, py, r, COLORS[k] .. "38")
        g:circle(px, py, r * math.sqrt(v), COLORS[k])
      else
        g:circle(px, py, r, theme.field)
        g:circle(px, py, r, shade(v, l == 1 and 2 or activation == "relu" and 2 or 1))
      end
      if l == 1 then ui:text(k == 1 and "x" or "y", px - 24, py, { size = 13, color = theme.soft, align = "center" }) end
      if last then ui:text(("%d%%"):format(math.floor(100 * v + 0.5)), px + 20, py, { size = 12, color = theme.soft }) end
    end
  end
end

function demo.draw(ui)
  local g = ui.g
  ui:field(view.x, view.y, view.w, view.h)
  g:image(regions, view.x, view.y, view.w, view.h)
  g:clip(view.x, view.y, view.w, view.h)
  for k = 1, #COLORS do
    local dark, bright = {}, {}
    for _, p in ipairs(points) do
      if p[3] == k then
        local px, py = view:to(p[1], p[2])
        dark[#dark + 1], dark[#dark + 2] = px, py
        bright[#bright + 1], bright[#bright + 2] = px, py
      end
    end
    g:dots(dark, 5, "#0b0e13")
    g:dots(bright, 3.8, COLORS[k])
  end
  local shown = points[1] or { 0, 0 }
  local hx, hy = ui:hover(view)
  if hx then shown = { hx, hy } end
  local sx, sy = view:to(shown[1], shown[2])
  g:ring(sx, sy, 9, "#ffffff", 2)
  g:clip()

  diagram(ui, 484, 60, 488, 452, shown)
  ui:chart(20, 524, 452, 176, { title = "Loss (cross-entropy)", x_label = "step", log = true,
    series = { { y = losses, color = theme.accent } }, empty = "press Play" })
  ui:card(484, 524, 488, 176, "How to read it")
  local p = ui:panel(484, 546, 488)
  p:pair("Points told apart", accuracy and ("%.1f %%"):format(100 * accuracy) or "–", accuracy and accuracy > 0.95 and theme.good or theme.ink)
  p:pair("Loss", losses[#losses] or 0 / 0)
  p:pair("Steps, and numbers learned", ("%d, %d"):format(steps, net.size))
  p:hint("Lines are weights: blue adds, red takes away, thick counts more. A neuron is lit as it answers to the white ring. "
    .. "The plane has the colour that the net would say there, the greyer the less sure.")
  ui:legend({ { theme.palette[1], "positive", "line" }, { theme.palette[4], "negative", "line" } }, 498, 686)

  p = ui:panel(984, 60, 276, 640)
  p:row(3)
  if p:button(playing and "Pause" or "Play", { on = playing }) then playing = not playing end
  if p:button("Step") then
    playing = false
    step()
    look()
  end
  if p:button("Restart") then
    seed = seed + 1
    restart()
  end
  speed = p:slider("Steps per frame", speed, 1, 10, { whole = true })
  rate = p:slider("Learning rate", rate, 1e-4, 0.3, { log = true })
  local before = activation
  activation = p:choice("Activation", activation, { "relu", "tanh", "sigmoid" })
  if activation ~= before then restart() end
  p:heading("Hidden layers")
  for l = 1, #hidden do
    local width = p:slider(("Neurons in layer %d"):format(l), hidden[l], 1, 12, { whole = true })
    if width ~= hidden[l] then
      hidden[l] = width
      restart()
    end
  end
  p:row(2)
  if p:button("Add a layer", { off = #hidden >= 3 }) then
    hidden[#hidden + 1] = 6
    restart()
  end
  if p:button("Remove one", { off = #hidden == 0 }) then
    table.remove(hidden)
    restart()
  end
  p:heading("Points")
  for k, set in ipairs(sets) do
    if k % 2 == 1 then p:row(2) end
    if p:button(set[1]) then
      data = set
      set[2]()
    end
  end
  p:heading("A click adds this colour")
  local names = {}
  for k = 1, #COLORS do names[k] = { k, ({ "blue", "orange", "green", "red", "violet" })[k] } end
  brush = p:choice("", brush, names)
  p:hint("A right click takes the nearest point away. Move over the plane to see the net read that place.")

  local touched, tx, ty, button = ui:touched(view)
  if touched then
    if button == 2 then
      local best, at
      for i, point in ipairs(points) do
        local d = (point[1] - tx) ^ 2 + (point[2] - ty) ^ 2
        if not best or d < best then best, at = d, i end
      end
      if at then table.remove(points, at) end
    else
      points[#points + 1] = { tx, ty, brush }
    end
    teach()
    look()
  end
end

function demo.key(key)
  if key == "space" then playing = not playing end
  if key == "r" then restart() end
end

function demo.facts()
  local right = 0
  if X then right = mynah.no_grad(function() return net(X):argmax(2):eq(y):sum():item() end) end
  return {
    ("points %d, layers %s, %s"):format(#points, table.concat({ 2, #hidden > 0 and table.concat(hidden, "-") or nil }, "-")
      .. "-" .. #COLORS, activation),
    ("steps %d, loss %.6f, right %d"):format(steps, losses[#losses] or 0, right),
  }
end

kit.run(demo)
