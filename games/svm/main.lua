-- Support vectors: the widest street between two colours, and the few points that hold it up.
--
--   love games/svm          mynah games/svm --shot svm.png

local here = love and love.filesystem.getSource() or tostring(arg[0]):gsub("main%.lua$", ".")
package.path = here .. "/../?.lua;" .. here .. "/../?/init.lua;" .. package.path
local kit = require "kit"
local mynah = require "mynah"
local theme = kit.theme

local view = kit.view{ x = 20, y = 60, w = 640, h = 640, xs = { 0, 320 }, ys = { 0, 320 } }
local BLUE, RED = theme.palette[1], theme.palette[4]
local CELLS, ROWS = 96, 16 -- the plane is asked so many rows a frame

-- Presets: points as x, y, class, and the kernel that suits them.
local presets = {
  { "Linear", kernel = "linear", C = 1, gamma = 1 / 800, points = {
    60, 128, 1, 95, 152, 1, 140, 183, 1, 185, 214, 1, 225, 245, 1, 110, 70, -1, 154, 105, -1, 188, 128, -1, 221, 158, -1,
    265, 190, -1, 108, 235, -1, 235, 86, 1 } },
  { "Spiral", kernel = "rbf", C = 20, gamma = 1 / 800, points = {
    202, 249, 1, 159, 245, 1, 124, 229, 1, 101, 211, 1, 87, 174, 1, 84, 142, 1, 90, 114, 1, 121, 90, 1, 159, 79, 1, 197, 77, 1,
    215, 99, 1, 230, 125, 1, 226, 152, 1, 207, 172, 1, 189, 180, 1, 160, 181, 1, 130, 166, 1, 185, 135, -1, 145, 132, -1,
    111, 141, -1, 110, 175, -1, 144, 208, -1, 179, 213, -1, 223, 209, -1, 258, 187, -1, 273, 140, -1, 266, 109, -1,
    250, 79, -1, 214, 52, -1, 180, 42, -1, 141, 41, -1, 106, 54, -1, 71, 75, -1, 48, 124, -1, 41, 185, -1, 68, 232, -1,
    111, 264, -1, 180, 286, -1, 237, 285, -1, 272, 256, -1 } },
  { "XOR", kernel = "rbf", C = 10, gamma = 1 / 2500, points = {
    70, 80, 1, 95, 110, 1, 55, 120, 1, 110, 60, 1, 85, 60, 1, 250, 240, 1, 225, 260, 1, 265, 270, 1, 240, 205, 1, 215, 230, 1,
    70, 240, -1, 95, 265, -1, 60, 210, -1, 110, 225, -1, 85, 205, -1, 250, 80, -1, 225, 55, -1, 265, 110, -1, 215, 95, -1,
    240, 120, -1 } },
}

local points, class, moved = {}, 1, nil
local settings = { kernel = "linear", C = 1, gamma = 1 / 800, degree = 3 }
---@type any, any, any, any, any, any, any
local svc, held, decided, plane, rows, curves, objective
local map = kit.picture(nil, { color_map = "coolwarm", low = 3.4, high = -3.4, smooth = true, opacity = 0.5 })
local dirty = true

-- Only one colour, or none: nothing to learn.
local function both()
  local sum = 0
  for _, p in ipairs(points) do sum = sum + p[3] end
  return #points > 1 and math.abs(sum) < #points
end

local function fit()
  dirty = false
  svc, held, decided, plane, rows = nil, nil, nil, nil, 0
  if not both() then return end
  local X, y = {}, {}
  for i, p in ipairs(points) do X[i], y[i] = { p[1], p[2] }, p[3] end
  local options = { kernel = settings.kernel, C = settings.C, tolerance = moved and 0.1 or 1e-8, shrinking = false }
  if settings.kernel ~= "linear" then options.gamma = settings.gamma end
  if settings.kernel == "poly" then options.degree, options.coef0 = settings.degree, 1 end
  local learner = mynah.learn.svc(options)
  learner:fit(X, y)
  svc = learner
  held = learner:params()
  decided = learner:decision(X):flatten():totable()
  objective = held.dual:abs():sum():item()
  plane, rows = {}, 0
end

-- Asks some rows of the plane more; the picture and the lines follow when all are known.
local function ask_plane()
  if not svc or not plane or rows >= CELLS then return end
  local places = {}
  for j = rows + 1, math.min(CELLS, rows + ROWS) do
    for i = 1, CELLS do
      local x = view.xs[2] * (i - 0.5) / CELLS
      places[#places + 1] = { x, view.ys[2] * (1 - (j - 0.5) / CELLS) }
    end
  end
  plane[#plane + 1] = svc:decision(places):reshape{ #places / CELLS, CELLS }
  rows = rows + #places / CELLS
  if rows < CELLS then return end
  local heights = mynah.cat(plane, 1)
  map:set(heights)
  curves = {}
  for _, level in ipairs{ -1, 1, 0 } do
    for _, line in ipairs(mynah.plot.contour_lines(heights, level)) do
      for i = 1, #line, 2 do
        line[i] = view.x + (line[i] - 0.5) * view.w / CELLS
        line[i + 1] = view.y + (line[i + 1] - 0.5) * view.h / CELLS
      end
      curves[#curves + 1] = { level, line }
    end
  end
end

local function preset(p)
  points = {}
  for i = 1, #p.points, 3 do points[#points + 1] = { p.points[i], p.points[i + 1], p.points[i + 2] } end
  settings.kernel, settings.C, settings.gamma = p.kernel, p.C, p.gamma
  curves, dirty = nil, true
end

-- How far a point is on the wrong side of its margin.
local function slack(i) return math.max(0, 1 - points[i][3] * decided[i]) end

local demo = {
  name = "svm",
  title = "Support vectors",
  about = "The widest street between two colours. Click to add points, drag them to see the street follow.",
}

function demo.start() preset(presets[1]) end

function demo.update()
  if dirty then fit() end
  ask_plane()
end

function demo.draw(ui)
  local g = ui.g
  ui:field(view.x, view.y, view.w, view.h)
  g:clip(view.x, view.y, view.w, view.h)
  if svc and curves then
    g:image(map, view.x, view.y, view.w, view.h)
    for _, curve in ipairs(curves) do
      if curve[1] == 0 then
        g:line(curve[2], "#0b0e13", 6)
        g:line(curve[2], "#ffffff", 3)
      else
        g:line(curve[2], curve[1] > 0 and BLUE or RED, 1.8)
      end
    end
  end
  local holding, wrong, street = 0, 0, 0
  for i, p in ipairs(points) do
    local px, py = view:to(p[1], p[2])
    if decided then
      local margin = p[3] * decided[i]
      if margin <= 1 + 1e-5 then
        holding = holding + 1
        g:ring(px, py, 12.5, "#ffffff", 2)
      end
      if margin <= 0 then wrong = wrong + 1 elseif margin < 1 - 1e-5 then street = street + 1 end
      if slack(i) > 1e-4 then
        ui:text("ξ " .. ("%.2f"):format(slack(i)), px, py - 23, { size = 11.5, align = "center", color = "#ffe9a8", bold = true })
      end
    end
    g:circle(px, py, 8, "#0b0e13")
    g:circle(px, py, 6.5, p[3] > 0 and BLUE or RED)
  end
  g:clip()

  -- What was found.
  local x, w = 676, 292
  ui:card(x, 60, w, 220, "What the kernel found")
  local p = ui:panel(x, 82, w)
  if svc then
    p:pair("Support vectors", ("%d of %d points"):format(held.support_vectors.shape[1], #points))
    p:pair("On the wrong side (ξ > 1)", wrong, wrong == 0 and theme.good or theme.bad)
    p:pair("Inside the street (0 < ξ < 1)", street)
    p:pair("b", ("%.8f"):format(held.intercept[1]))
    if settings.kernel == "linear" then
      p:pair("w₁", ("%.8f"):format(held.weights[1][1]))
      p:pair("w₂", ("%.8f"):format(held.weights[1][2]))
      p:pair("Half the street, 1 / |w|", 1 / held.weights:norm():item())
    end
    p:pair("Sum of multipliers", ("%.4f"):format(objective))
  else
    p:hint("It needs points of both colours.")
  end
  ui:card(x, 288, w, 412, "How to read the picture")
  local y = 328
  local function line(color, words, shape)
    if shape == "ring" then g:ring(x + 26, y + 1, 9, color, 2) else g:line({ x + 14, y, x + 38, y }, color, shape) end
    local h = ui:paragraph(words, x + 52, y - 8, w - 66, { size = 13, color = theme.soft })
    y = y + math.max(24, h) + 6
  end
  line("#ffffff", "The decision: one colour on each side.", 3)
  line(BLUE, "The street's edge on the blue side.", 2)
  line(RED, "The street's edge on the red side.", 2)
  line("#ffffff", "A support vector: it holds the street. Take any other point away, and nothing changes.", "ring")
  ui:text("ξ", x + 26, y, { size = 15, color = "#ffe9a8", align = "center", bold = true })
  y = y + ui:paragraph("Slack: how far a point is over its edge, in half streets. Above 1 it is on the wrong side.", x + 52, y - 8, w - 66,
    { size = 13, color = theme.soft }) + 14
  ui:paragraph("Colours fade from the street's middle outwards: how sure the kernel is.", x + 14, y - 8, w - 28,
    { size = 13, color = theme.soft })

  -- Controls.
  p = ui:panel(984, 60, 276, 640)
  p:heading("Points")
  p:row(3)
  for _, one in ipairs(presets) do
    if p:button(one[1]) then preset(one) end
  end
  p:heading("A left click adds")
  class = p:choice("", class, { { 1, "a blue point" }, { -1, "a red point" } })
  p:hint("A right click adds one of the other colour.")
  p:row(2)
  if p:button("Take the last") then
    table.remove(points)
    dirty = true
  end
  if p:button("Clear") then
    points, curves, dirty = {}, nil, true
  end
  p:space(8)
  local before = settings.kernel .. settings.C .. "/" .. settings.gamma .. "/" .. settings.degree
  settings.kernel = p:choice("Kernel", settings.kernel, { "linear", "rbf", { "poly", "polynomial" } })
  settings.C = p:slider("C", settings.C, 0.01, 1000, { log = true })
  if settings.kernel ~= "linear" then settings.gamma = p:slider("Gamma", settings.gamma, 1e-5, 0.02, { log = true }) end
  if settings.kernel == "poly" then settings.degree = p:slider("Degree", settings.degree, 2, 6, { whole = true }) end
  p:space(6)
  p:hint("C is the price of slack. With a small C the street is wide and points may stand in it; with a large C it is narrow "
    .. "and bends around them.")
  if settings.kernel == "rbf" then
    p:hint("Gamma says how far a point is felt by the kernel exp(−γ|a−b|²): a small one makes smooth streets, a large one islands.")
  elseif settings.kernel == "poly" then
    p:hint("The kernel (γ a·b + 1) to the degree: streets bend as polynomials do.")
  else
    p:hint("The linear kernel makes straight streets. Try the others on the spiral and on exclusive or.")
  end
  ui:legend({ { BLUE, "blue, +1" }, { RED, "red, −1" }, { "#ffffff", "support vector", "ring" } }, 998, 684)
  if settings.kernel .. settings.C .. "/" .. settings.gamma .. "/" .. settings.degree ~= before then dirty = true end

  local m = ui.mouse
  local touched, tx, ty, button = ui:touched(view)
  if touched then
    for i, one in ipairs(points) do
      local px, py = view:to(one[1], one[2])
      if (px - m.x) ^ 2 + (py - m.y) ^ 2 < 100 then moved = i end
    end
    if not moved then
      points[#points + 1] = { tx, ty, button == 2 and -class or class }
      dirty = true
    end
  elseif moved then
    local px, py = view:from(math.max(view.x, math.min(view.x + view.w, m.x)), math.max(view.y, math.min(view.y + view.h, m.y)))
    if points[moved] and (points[moved][1] ~= px or points[moved][2] ~= py) then
      points[moved][1], points[moved][2] = px, py
      dirty = true
    end
    if not m.down then moved = nil end
  end
end

function demo.facts()
  local lines = { ("points %d, kernel %s, C %g"):format(#points, settings.kernel, settings.C) }
  if svc then
    local vectors, right = held.support_vectors.shape[1], 0
    for i, p in ipairs(points) do
      if p[3] * decided[i] > 0 then right = right + 1 end
    end
    lines[#lines + 1] = ("support vectors %d, %d right, sum of multipliers %.6f"):format(vectors, right, objective)
    if settings.kernel == "linear" then
      lines[#lines + 1] = ("w = (%.8f, %.8f), b = %.8f"):format(held.weights[1][1], held.weights[1][2], held.intercept[1])
    end
  end
  return lines
end

kit.run(demo)
