-- Perceptron: a line that every mistake turns a little, until there are none; and whether there can be such a line.
--
--   love games/perceptron          mynah games/perceptron --shot perceptron.png

local here = love and love.filesystem.getSource() or tostring(arg[0]):gsub("main%.lua$", ".")
package.path = here .. "/../?.lua;" .. here .. "/../?/init.lua;" .. package.path
local kit = require "kit"
local mynah = require "mynah"
local theme = kit.theme

local view = kit.view{ x = 20, y = 60, w = 640, h = 640, xs = { -7, 13 }, ys = { -12, 8 } }
local BLUE, RED = theme.palette[1], theme.palette[4]

-- Points { x, y, class }: 1 is blue, -1 is red.
local points, class, seed = {}, 1, 1
---@type any, any, any, any, any, any, any, any, any
local learner, weights, bias, sample, epoch, mistakes, verdict, hulls
local history
local playing, speed, finished, looking_at = true, 2, false, nil
---@type any
local last -- what the latest mistake did: the line before it

local function one_of_each()
  local blue, red = false, false
  for _, p in ipairs(points) do
    if p[3] > 0 then blue = true else red = true end
  end
  return blue and red
end

-- Whether any line could do it, and the hulls that show why.
local function judge()
  local X, y = {}, {}
  local sides = { [1] = {}, [-1] = {} }
  for i, p in ipairs(points) do
    X[i], y[i] = { p[1], p[2] }, p[3]
    table.insert(sides[p[3]], { p[1], p[2] })
  end
  hulls = {}
  for side, list in pairs(sides) do
    if #list > 0 then hulls[side] = mynah.learn.hull(list) end
  end
  verdict = one_of_each() and mynah.learn.separable(X, y) or nil
end

local function restart()
  learner, weights, bias, sample, epoch, mistakes, history = nil, { 0, 0 }, 0, 0, 0, 0, {}
  finished, looking_at, last = false, nil, nil
  judge()
end

-- The kernel's perceptron sees some points more, within one epoch; it moves at each that it is wrong about.
local function step(count)
  if finished or not one_of_each() then return end
  learner = learner or mynah.learn.perceptron()
  local X, y = {}, {}
  for i = sample + 1, math.min(#points, sample + count) do
    X[#X + 1], y[#y + 1] = { points[i][1], points[i][2] }, points[i][3]
  end
  local before = { weights[1], weights[2], bias }
  learner:partial_fit(X, y, { -1, 1 })
  local now = learner:params()
  weights, bias = { now.weights[1], now.weights[2] }, now.bias
  sample = sample + #X
  looking_at = points[sample]
  local new = now.mistakes[#now.mistakes]
  mistakes = mistakes + new
  if new > 0 then last = before end
  if sample == #points then
    epoch, sample = epoch + 1, 0
    history[#history + 1] = mistakes ---@diagnostic disable-line: inject-field
    finished = mistakes == 0 or epoch >= 1000
    mistakes = 0
  end
end

local function wrong()
  local count = 0
  for _, p in ipairs(points) do
    local value = weights[1] * p[1] + weights[2] * p[2] + bias
    if value * p[3] <= 0 then count = count + 1 end
  end
  return count
end

local function clouds(distance, n)
  local draw = kit.random(seed)
  points = {}
  for i = 1, n do
    local side = i % 2 == 0 and 1 or -1
    local r, a = math.sqrt(-2 * math.log(1 - draw())) * 1.7, 2 * math.pi * draw()
    points[i] = { side * distance + r * math.cos(a) + 5, side * distance * 0.6 + r * math.sin(a) - 2, side }
  end
  restart()
end

local demo = {
  name = "perceptron",
  title = "Perceptron",
  about = "Left click: a blue point. Right click: a red one. Each mistake turns the line.",
}

function demo.start(s)
  seed = s
  clouds(2.8, 30)
end

function demo.update()
  if playing then step(speed) end
end

-- The part of a line w · x + b = c that is in the view.
local function line(ui, w, b, color, width)
  local n2 = w[1] ^ 2 + w[2] ^ 2
  if n2 == 0 then return end
  local x, y = -b * w[1] / n2, -b * w[2] / n2
  local dx, dy = -w[2] / math.sqrt(n2) * 40, w[1] / math.sqrt(n2) * 40
  local ax, ay = view:to(x - dx, y - dy)
  local bx, by = view:to(x + dx, y + dy)
  ui.g:line({ ax, ay, bx, by }, color, width)
end

function demo.draw(ui)
  local g = ui.g
  ui:field(view.x, view.y, view.w, view.h)
  g:clip(view.x, view.y, view.w, view.h)
  -- The half plane that it takes for blue.
  local n2 = weights[1] ^ 2 + weights[2] ^ 2
  if n2 > 0 then
    local x, y = -bias * weights[1] / n2, -bias * weights[2] / n2
    local n = math.sqrt(n2)
    local ux, uy = weights[1] / n * 60, weights[2] / n * 60
    local function corner(along, across)
      local px, py = view:to(x - uy * along + ux * across, y + ux * along + uy * across)
      return px, py
    end
    for _, side in ipairs{ { 1, BLUE .. "1c" }, { -1, RED .. "1c" } } do
      local ax, ay = corner(-1, 0)
      local bx, by = corner(1, 0)
      local cx, cy = corner(1, side[1])
      local ex, ey = corner(-1, side[1])
      g:polygon({ ax, ay, bx, by, cx, cy, ex, ey }, side[2])
    end
  end
  for k = -8, 8, 4 do
    local x, y = view:to(k, k)
    g:line({ x, view.y, x, view.y + view.h }, "#ffffff0c", 1)
    g:line({ view.x, y, view.x + view.w, y }, "#ffffff0c", 1)
  end
  for side, hull in pairs(hulls) do
    local corners = view:path(hull)
    local color = side > 0 and BLUE or RED
    if #hull >= 3 then g:polygon(corners, color .. "20") end
    corners[#corners + 1], corners[#corners + 2] = corners[1], corners[2]
    g:line(corners, color .. "90", 1.5)
  end
  if last then line(ui, last, last[3], "#ffffff40", 1.5) end
  line(ui, weights, bias, "#0b0e13", 6)
  line(ui, weights, bias, "#ffffff", 3)
  if n2 > 0 then
    local x, y = -bias * weights[1] / n2, -bias * weights[2] / n2
    local n = math.sqrt(n2)
    local ax, ay = view:to(x, y)
    local bx, by = view:to(x + weights[1] / n * 1.6, y + weights[2] / n * 1.6)
    g:line({ ax, ay, bx, by }, BLUE, 3)
    g:circle(bx, by, 5, BLUE)
  end
  for _, p in ipairs(points) do
    local px, py = view:to(p[1], p[2])
    local value = weights[1] * p[1] + weights[2] * p[2] + bias
    g:circle(px, py, 8, "#0b0e13")
    g:circle(px, py, 6.5, p[3] > 0 and BLUE or RED)
    if value * p[3] <= 0 and n2 > 0 then g:ring(px, py, 11, "#ffffff", 1.6) end
  end
  if looking_at and not finished then
    local px, py = view:to(looking_at[1], looking_at[2])
    g:ring(px, py, 15, theme.palette[6], 2.5)
  end
  g:clip()

  -- What it knows.
  local x, w = 676, 292
  ui:card(x, 60, w, 236, "The line  w₁ x + w₂ y + b = 0")
  local p = ui:panel(x, 82, w)
  p:pair("w₁", weights[1])
  p:pair("w₂", weights[2])
  p:pair("b", bias)
  local slope, cut = -weights[1] / weights[2], -bias / weights[2]
  p:pair("Slope", weights[2] ~= 0 and slope or "–")
  p:pair("Intercept", weights[2] ~= 0 and cut or "–")
  p:pair("Epoch", epoch)
  local bad = wrong()
  p:pair("Points on the wrong side", ("%d of %d"):format(bad, #points), bad == 0 and #points > 0 and theme.good or theme.ink)
  p:pair("It", not one_of_each() and "needs both colours" or finished and (bad == 0 and "has converged" or "has given up")
    or "is learning", finished and (bad == 0 and theme.good or theme.bad) or theme.ink)

  ui:card(x, 304, w, 104, "Can any line do it?")
  local words, color = "Both colours are needed.", theme.dim
  if verdict then
    if verdict.separable then
      words, color = ("Yes: the hulls are apart, with a margin of %s."):format(kit.number(verdict.margin)), theme.good
    elseif verdict.touching then
      words, color = "Not strictly: the hulls touch.", theme.warm
    else
      words, color = "No: the hulls overlap. The perceptron will never stop.", theme.bad
    end
  end
  ui:paragraph(words, x + 14, 332, w - 28, { size = 14, color = color })
  ui:chart(x, 416, w, 284, { title = "Mistakes in each epoch", x_label = "epoch", low = 0,
    series = { { y = history, color = theme.accent } }, empty = "after the first epoch" })

  -- Controls.
  p = ui:panel(984, 60, 276, 640)
  p:row(3)
  if p:button(playing and "Pause" or "Play", { on = playing }) then playing = not playing end
  if p:button("Step") then
    playing = false
    step(1)
  end
  if p:button("Restart") then restart() end
  speed = p:slider("Points per frame", speed, 1, 40, { whole = true })
  p:heading("A left click adds")
  class = p:choice("", class, { { 1, "a blue point" }, { -1, "a red point" } })
  p:heading("Points")
  p:row(2)
  if p:button("Far apart") then clouds(3.6, 24) end
  if p:button("Close") then clouds(2.3, 30) end
  p:row(2)
  if p:button("Overlapping") then clouds(1.2, 40) end
  if p:button("Other ones") then
    seed = seed + 1
    clouds(2.3, 30)
  end
  p:row(2)
  if p:button("Exclusive or") then
    points = { { -5, -5, -1 }, { 5, 5, -1 }, { -5, 5, 1 }, { 5, -5, 1 } }
    restart()
  end
  if p:button("Clear") then
    points = {}
    restart()
  end
  p:space(6)
  p:heading("How it learns")
  p:hint("It looks at one point after the other (yellow ring). If the point is on the wrong side, w moves by the point, "
    .. "towards it for blue and away from it for red, and b by one. So the line turns.")
  p:hint("If some line separates the colours, it gets there after finitely many mistakes (Novikoff 1962). If the hulls "
    .. "overlap, no line does, and it turns for ever.")
  ui:legend({ { BLUE, "blue" }, { RED, "red" }, { "#ffffff", "wrong side", "ring" } }, 998, 684)

  local touched, tx, ty, button = ui:touched(view)
  if touched then
    points[#points + 1] = { tx, ty, button == 2 and -class or class }
    restart()
  end
end

function demo.key(key)
  if key == "space" then playing = not playing end
  if key == "r" then restart() end
end

function demo.facts()
  return {
    ("points %d, wrong %d, epochs %d, %s"):format(#points, wrong(), epoch, finished and "finished" or "learning"),
    ("w = (%.6f, %.6f), b = %.6f"):format(weights[1], weights[2], bias),
    verdict and ("separable: %s, margin %.6f"):format(tostring(verdict.separable), verdict.margin or 0) or "separable: unknown",
  }
end

kit.run(demo)
