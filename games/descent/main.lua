-- Descent: several optimizers walk down the same landscape, side by side. Every step is the kernel's.
--
--   love games/descent          mynah games/descent --shot descent.png

local here = love and love.filesystem.getSource() or tostring(arg[0]):gsub("main%.lua$", ".")
package.path = here .. "/../?.lua;" .. here .. "/../?/init.lua;" .. package.path
local kit, terrain = require "kit", require "kit.terrain"
local mynah = require "mynah"
local theme = kit.theme

local view = kit.view{ x = 20, y = 60, w = 640, h = 640, xs = { 0, terrain.size }, ys = { 0, terrain.size }, down = true }

-- The classic settings: plain gradient descent with a rate of 20, done where the slope is at most 0.01.
local rates = { plain = 20, other = 2 }
local TOLERANCE, PATIENCE = 0.01, 3000

-- What each method needs to be stepped by hand.
local methods = {
  { name = "descend", kind = "minimizer", make = function() return { lr = rates.plain, tolerance = TOLERANCE } end },
  { name = "momentum", kind = "minimizer", method = "descend", make = function() return { lr = rates.plain, momentum = 0.9, tolerance = TOLERANCE } end },
  { name = "adam", kind = "optimizer", make = function() return { lr = rates.other } end },
  { name = "adan", kind = "optimizer", make = function() return { lr = rates.other } end },
  { name = "rmsprop", kind = "optimizer", make = function() return { lr = rates.other } end },
  { name = "adagrad", kind = "optimizer", make = function() return { lr = 5 * rates.other } end },
  { name = "rprop", kind = "optimizer", make = function() return { lr = rates.other } end },
  { name = "lion", kind = "optimizer", make = function() return { lr = rates.other } end },
  { name = "adahessian", kind = "optimizer", curved = true, make = function() return { lr = 0.15 * rates.other } end },
  { name = "lbfgs", kind = "minimizer", make = function() return { tolerance = TOLERANCE } end },
  { name = "cg", kind = "minimizer", make = function() return { tolerance = TOLERANCE } end },
  { name = "newton", kind = "minimizer", make = function() return { tolerance = TOLERANCE } end },
  { name = "nelder_mead", kind = "search", make = function() return { budget = 400, lower = { 0, 0 }, upper = { 300, 300 }, seed = 1 } end },
  { name = "cmaes", kind = "search", make = function() return { budget = 600, sigma = 30, lower = { 0, 0 }, upper = { 300, 300 }, seed = 1 } end },
}

---@type any, any, any, any
local land, start, shown, walkers
local mode, playing, speed = "well", true, 1
local changed = false -- a rate, while its slider is held

local function distance(a, b) return math.sqrt((a[1] - b[1]) ^ 2 + (a[2] - b[2]) ^ 2) end

-- One method on its way: `step` moves it, `path` and `heights` remember.
local function walker(method, color)
  local w = { name = method.name, color = color, path = { { start[1], start[2] } }, heights = { land.f(start) }, steps = 0 }
  local settings = method.make()
  local function arrive(x, f)
    w.steps = w.steps + 1
    w.path[#w.path + 1], w.heights[#w.heights + 1] = { x[1], x[2] }, f
  end
  local function stop(verdict)
    w.done = true
    local place = mynah.terrain(land.f, w.path[#w.path], { tolerance = 2 * TOLERANCE, curvature = 1e-6 })
    w.verdict = verdict == "oscillating" and verdict or place.verdict
    w.condition = place.condition
  end
  if method.kind == "minimizer" then
    settings.x0, settings.steps = start, PATIENCE
    local search = mynah.optim[method.method or method.name](settings)
    function w.step()
      local more = search:step(land.f)
      local r = search:report()
      if r.steps > w.steps then arrive(r.x, r.f) end
      if not more then stop(r.verdict) end
    end
  elseif method.kind == "optimizer" then
    local optimizer = mynah.optim[method.name](settings)
    local x, slope = { start[1], start[2] }, mynah.value_and_grad
    function w.step()
      local _, g = slope(land.f, x)
      if math.sqrt(g[1] ^ 2 + g[2] ^ 2) <= TOLERANCE or w.steps >= PATIENCE then return stop() end
      if method.curved then
        local H = mynah.hessian(land.f, x)
        optimizer:step(x, g, { H[1][1], H[2][2] })
      else
        optimizer:step(x, g)
      end
      arrive(x, land.f(x))
    end
  else
    settings.x0 = start
    local search = mynah.optim[method.name](settings)
    function w.step()
      if search:done() then return stop() end
      local values = {}
      for i, x in ipairs(search:ask()) do values[i] = land.f(x) end
      search:tell(values)
      local best, value = search:best()
      if best then arrive(best, value) end
    end
  end
  return w
end

local function restart()
  walkers = {}
  for _, method in ipairs(methods) do
    if shown[method.name] then walkers[#walkers + 1] = walker(method, theme.palette[#walkers % #theme.palette + 1]) end
  end
end

local presets = {
  { "Classic", { { 100, 100, -10 }, { 220, 200, -10 } }, { 150, 150 } },
  { "One well", { { 200, 200, -10 } }, { 150, 150 } },
  { "A pass", { { 60, 150, -10 }, { 240, 150, -10 }, { 150, 30, 8 }, { 150, 270, 8 } }, { 150, 60 } },
  { "Too steep", {}, { 150, 150 } },
}
for k = 1, 40 do presets[4][2][k] = { 200, 200, -10 } end

local function preset(p)
  local hills = {}
  for k, hill in ipairs(p[2]) do hills[k] = { hill[1], hill[2], hill[3] } end
  land.hills, start = hills, { p[3][1], p[3][2] }
  land:look()
  restart()
end

local demo = {
  name = "descent",
  title = "Descent",
  about = "Several optimizers walk downhill from the white ring. Click the map to change it.",
}

function demo.start()
  land = terrain.new{}
  shown = { descend = true, momentum = true, adam = true, lbfgs = true, newton = true }
  preset(presets[1])
end

function demo.update()
  if not playing then return end
  for _ = 1, speed do
    for _, w in ipairs(walkers) do
      if not w.done then w.step() end
    end
  end
end

local verdict_colors = { minimum = theme.good, saddle = theme.warm, flat = theme.dim, oscillating = theme.bad }

-- The place under the mouse: slope, curvatures, and what kind of place it is.
local function cursor(ui, x, y, w)
  local px, py = ui:hover(view)
  local first = walkers[1]
  if not px and first then px, py = first.path[#first.path][1], first.path[#first.path][2] end
  ui:card(x, y, w, 168, px and not ui:hover(view) and "Where " .. first.name .. " is" or "Under the cursor")
  local p = ui:panel(x, y + 22, w)
  if not px then return p:hint("Move over the map: the axes of the Hessian there, and how much more one direction curves than the other.") end
  local place = mynah.terrain(land.f, { px, py }, { tolerance = 2 * TOLERANCE, curvature = 1e-6 }) ---@type any
  p:pair("Height", place.value)
  p:pair("Slope", place.slope)
  p:pair("Condition number", place.condition)
  local values, vectors = place.eigenvalues, place.eigenvectors
  p:pair("Curvatures", kit.number(values[1]) .. ",  " .. kit.number(values[2]))
  p:pair("Here it is", place.verdict, verdict_colors[place.verdict] or theme.ink)
  -- Long axes where it curves little, as those of the ellipse of equal height.
  local cx, cy = view:to(px, py)
  ui.g:clip(view.x, view.y, view.w, view.h)
  for k = 1, 2 do
    local curve = values[k]
    local half = math.max(14, math.min(120, 3.2 / math.sqrt(math.abs(curve) + 1e-6)))
    local dx, dy = vectors[1][k] * half, vectors[2][k] * half
    ui.g:line({ cx - dx, cy - dy, cx + dx, cy + dy }, curve > 0 and "#9be7a1" or "#ffb3b0", 2.5)
  end
  local g = place.gradient
  local gx, gy = -g[1] * 400, -g[2] * 400
  ui.g:line({ cx, cy, cx + gx, cy + gy }, "#ffffff", 2)
  ui.g:circle(cx + gx, cy + gy, 3.5, "#ffffff")
  ui.g:clip()
end

function demo.draw(ui)
  local g = ui.g
  land:draw(ui, view)
  for _, hill in ipairs(land.hills) do
    local hx, hy = view:to(hill[1], hill[2])
    g:line({ hx - 5, hy, hx + 5, hy }, "#ffffffc0", 1.5)
    if hill[3] > 0 then g:line({ hx, hy - 5, hx, hy + 5 }, "#ffffffc0", 1.5) end
  end
  g:clip(view.x, view.y, view.w, view.h)
  for _, w in ipairs(walkers) do
    local line = view:path(w.path)
    g:line(line, "#0b0e13b0", 5)
    g:line(line, w.color, 2.6)
  end
  for _, w in ipairs(walkers) do
    local x, y = view:to(w.path[#w.path][1], w.path[#w.path][2])
    g:circle(x, y, 6.5, "#0b0e13")
    g:circle(x, y, 5, w.color)
  end
  local sx, sy = view:to(start[1], start[2])
  g:ring(sx, sy, 7, "#ffffff", 2.5)
  g:clip()

  -- Who is where.
  local x, w = 676, 292
  ui:card(x, 60, w, 40 + 20 * math.max(1, #walkers), "Optimizer, steps, height, verdict")
  local y = 100
  for _, k in ipairs(walkers) do
    g:circle(x + 20, y, 5, k.color)
    ui:text(k.name, x + 34, y, { size = 13 })
    ui:text(tostring(k.steps), x + 148, y, { size = 13, color = theme.soft, align = "right" })
    ui:text(("%.3f"):format(k.heights[#k.heights]), x + 206, y, { size = 13, color = theme.soft, align = "right" })
    ui:text(k.done and k.verdict or "…", x + w - 14, y, { size = 13, color = verdict_colors[k.verdict] or theme.ink, align = "right" })
    y = y + 20
  end
  if #walkers == 0 then ui:text("Switch one on at the right.", x + 14, 100, { size = 13, color = theme.dim }) end
  y = math.max(y, 120) + 6
  local series = {}
  for k, walk in ipairs(walkers) do series[k] = { y = walk.heights, color = walk.color } end
  ui:chart(x, y, w, 532 - y - 8, { title = "Height over steps", series = series, x_label = "step" })
  cursor(ui, x, 532, w)

  -- Controls.
  local p = ui:panel(984, 60, 276, 640)
  p:row(3)
  if p:button(playing and "Pause" or "Play", { on = playing }) then playing = not playing end
  if p:button("Step") then
    playing = false
    for _, k in ipairs(walkers) do
      if not k.done then k.step() end
    end
  end
  if p:button("Restart") then restart() end
  speed = p:slider("Steps per frame", speed, 1, 20, { whole = true })
  p:heading("A click on the map")
  mode = p:choice("", mode, { { "well", "adds a well" }, { "peak", "a peak" }, { "start", "sets the start" } })
  p:row(2)
  for k, one in ipairs(presets) do
    if k == 3 then p:row(2) end
    if p:button(one[1]) then preset(one) end
  end
  if p:button("Clear the map") then
    land.hills = {}
    land:look()
    restart()
  end
  p:heading("Optimizers")
  for k, method in ipairs(methods) do
    if k % 2 == 1 then p:row(2) end
    local on = p:toggle(method.name, shown[method.name] or false)
    if on ~= (shown[method.name] or false) then
      shown[method.name] = on
      restart()
    end
  end
  p:space(4)
  local plain, other = rates.plain, rates.other
  rates.plain = p:slider("Rate of descend, momentum", rates.plain, 0.1, 200, { log = true })
  rates.other = p:slider("Rate of the adaptive ones", rates.other, 0.05, 20, { log = true })
  changed = changed or plain ~= rates.plain or other ~= rates.other
  if changed and not ui.mouse.down then
    changed = false
    restart()
  end
  p:hint("A right click takes the nearest hill away.")

  local touched, tx, ty, button = ui:touched(view)
  if touched then
    if button == 2 then
      land:remove(tx, ty)
    elseif mode == "start" then
      start = { tx, ty }
    else
      land:add(tx, ty, mode == "well" and -10 or 10)
    end
    restart()
  end
end

function demo.key(key)
  if key == "space" then playing = not playing end
  if key == "r" then restart() end
end

function demo.facts()
  local lines = { ("hills %d, start (%.1f, %.1f)"):format(#land.hills, start[1], start[2]) }
  for _, w in ipairs(walkers) do
    local x = w.path[#w.path]
    lines[#lines + 1] = ("%-12s %4d steps to (%.6f, %.6f), height %.6f: %s"):format(
      w.name, w.steps, x[1], x[2], w.heights[#w.heights], w.done and w.verdict or "on its way")
  end
  return lines
end

kit.run(demo)
