-- Anneal: a walk over hills and wells that climbs boldly while it is hot, and settles as it cools.
--
--   love games/anneal          mynah games/anneal --shot anneal.png

local here = love and love.filesystem.getSource() or tostring(arg[0]):gsub("main%.lua$", ".")
package.path = here .. "/../?.lua;" .. here .. "/../?/init.lua;" .. package.path
local kit, terrain = require "kit", require "kit.terrain"
local mynah = require "mynah"
local theme = kit.theme

local view = kit.view{ x = 20, y = 60, w = 640, h = 640, xs = { 0, terrain.size }, ys = { 0, terrain.size }, down = true }
local KEPT = 700 -- dots that stay in sight

---@type any, any, any, any, any
local land, search, walk, start, seed
local schedule, cooling, stride, speed, playing, mode = "classic", 0.99, 30, 2, true, "well"
---@type any, any, any, any, any, any, any, any, any
local steps, taken, dots, trail, best, best_f, temperatures, heights, bests

-- A search from a place on, at a temperature: the kernel's settings do not change while it runs, so a turn of a knob is
-- a new search that goes on where the old one stands.
local function go_on(x, temperature)
  local options = { schedule = schedule, x0 = x, lower = { 0, 0 }, upper = { 300, 300 }, step = stride, seed = seed + steps,
    budget = schedule == "adaptive" and 3000 or 100000 } ---@type any
  if schedule == "classic" then options.t0, options.cooling, options.t_stop = temperature, cooling, 0.1 end
  search = mynah.optim.anneal(options)
  search:tell{ land.f(search:ask()[1]) } -- where it stands
  walk = search:walk()
end

local function restart()
  steps, taken, dots, trail, temperatures, heights, bests = 0, 0, {}, {}, {}, {}, {}
  best, best_f = { start[1], start[2] }, land.f(start)
  go_on(start, 300)
end

local function step()
  if search:done() then return end
  local asked = search:ask()
  local values = {}
  for i, x in ipairs(asked) do values[i] = land.f(x) end
  local before = walk and walk.taken or 0
  search:tell(values)
  walk = search:walk()
  for i, x in ipairs(asked) do
    steps = steps + 1
    local yes = #asked == 1 and walk ~= nil and walk.taken > before
    if yes then taken = taken + 1 end
    dots[#dots + 1] = { x[1], x[2], yes }
    if values[i] < best_f then best, best_f = { x[1], x[2] }, values[i] end
  end
  while #dots > KEPT do table.remove(dots, 1) end
  if walk then
    trail[#trail + 1] = { walk.x[1], walk.x[2] }
    if #trail > 60 then table.remove(trail, 1) end
    temperatures[#temperatures + 1] = walk.temperature
    heights[#heights + 1], bests[#bests + 1] = walk.f, best_f
  end
end

local demo = {
  name = "anneal",
  title = "Annealing",
  about = "A walk that also climbs, less and less. Drag the temperature while it runs; click the map to change it.",
}

local function many_wells()
  local draw, hills = kit.random(seed + 10), {}
  for k = 0, 8 do
    local x, y = 50 + 100 * (k % 3), 50 + 100 * math.floor(k / 3)
    hills[k + 1] = { x - 25 + 50 * draw(), y - 25 + 50 * draw(), k % 2 == 0 and -7 - 5 * draw() or 5 + 4 * draw() }
  end
  land.hills, start = hills, { 40, 260 }
  land:look()
  restart()
end

function demo.start(s)
  seed, start = s, { 150, 150 }
  land = terrain.new{}
  many_wells()
end

function demo.update()
  if not playing then return end
  for _ = 1, speed do step() end
end

function demo.draw(ui)
  local g = ui.g
  land:draw(ui, view)
  g:clip(view.x, view.y, view.w, view.h)
  local yes, no = {}, {}
  for _, dot in ipairs(dots) do
    local list = dot[3] and yes or no
    local x, y = view:to(dot[1], dot[2])
    list[#list + 1], list[#list + 2] = x, y
  end
  g:dots(no, 2.4, "#ff7a78a0")
  g:dots(yes, 2.8, "#b8f5bd")
  g:line(view:path(trail), "#ffffff90", 1.5)
  local sx, sy = view:to(start[1], start[2])
  g:ring(sx, sy, 6, "#ffffffa0", 2)
  if walk then
    local x, y = view:to(walk.x[1], walk.x[2])
    g:circle(x, y, 8, "#0b0e13")
    g:circle(x, y, 6.5, "#ffffff")
  end
  local bx, by = view:to(best[1], best[2])
  local star = {}
  for k = 0, 9 do
    local r, a = k % 2 == 0 and 12 or 5, math.pi * k / 5 - math.pi / 2
    star[#star + 1], star[#star + 2] = bx + r * math.cos(a), by + r * math.sin(a)
  end
  -- A star is not convex: its arms one by one.
  for k = 0, 4 do
    local i = 4 * k
    local function at(n) return star[(i + n - 1) % 20 + 1] end
    g:polygon({ bx, by, at(19), at(20), at(1), at(2), at(3), at(4) }, theme.palette[6])
  end
  g:clip()

  local x, w = 676, 292
  ui:card(x, 60, w, 176, "The walk")
  local p = ui:panel(x, 82, w)
  p:pair("Steps", steps)
  p:pair("Taken", steps > 0 and ("%.0f %%"):format(100 * taken / steps) or "–")
  p:pair("Temperature", walk and walk.temperature or 0 / 0, theme.warm)
  p:pair("It stands at height", walk and walk.f or 0 / 0)
  p:pair("Best so far", best_f, theme.palette[6])
  p:pair("It", search:done() and "is cold: " .. search:done() or "walks", search:done() and theme.accent or theme.ink)
  ui:chart(x, 244, w, 216, { title = "Height", x_label = "step",
    series = { { y = heights, color = "#ffffffb0", label = "where it is", width = 1.2 }, { y = bests, color = theme.palette[6], label = "best" } } })
  ui:chart(x, 468, w, 232, { title = "Temperature", x_label = "step", log = true, series = { { y = temperatures, color = theme.warm } } })

  p = ui:panel(984, 60, 276, 640)
  p:row(3)
  if p:button(playing and "Pause" or "Play", { on = playing }) then playing = not playing end
  if p:button("Step") then
    playing = false
    step()
  end
  if p:button("Restart") then
    seed = seed + 1
    restart()
  end
  speed = p:slider("Steps per frame", speed, 1, 20, { whole = true })
  local before = schedule
  schedule = p:choice("Schedule", schedule, { "classic", "adaptive" })
  if before ~= schedule then go_on(walk and walk.x or start, 300) end
  if schedule == "classic" then
    local hot = math.max(0.1, math.min(300, walk and walk.temperature or 300))
    local wanted = p:slider("Temperature", hot, 0.1, 300, { log = true })
    local held, cool = stride, cooling
    cooling = p:slider("Cooling, each step times", cooling, 0.9, 0.999, { show = function(v) return ("%.4f"):format(v) end })
    stride = p:slider("Length of a step", stride, 2, 100, { log = true })
    if math.abs(wanted / hot - 1) > 1e-9 or held ~= stride or cool ~= cooling then go_on(walk and walk.x or start, wanted) end
    p:hint("The handle sinks as it cools. Drag it up to heat the walk again, down to freeze it.")
  else
    p:hint("It measures the first temperature on the map, cools over 3,000 steps and fits the length of its steps so that "
      .. "about 44 % are taken.")
  end
  p:heading("A click on the map")
  mode = p:choice("", mode, { { "well", "adds a well" }, { "peak", "a peak" }, { "start", "sets the start" } })
  p:row(2)
  if p:button("Many wells") then many_wells() end
  if p:button("Other wells") then
    seed = seed + 1
    many_wells()
  end
  p:row(2)
  if p:button("Two wells") then
    land.hills, start = { { 100, 100, -10 }, { 220, 200, -10 }, { 160, 150, 6 } }, { 40, 40 }
    land:look()
    restart()
  end
  if p:button("Clear the map") then
    land.hills = {}
    land:look()
    restart()
  end
  p:space(4)
  p:hint("A step down is always taken, a step up by d with probability exp(−d / T). So a hot walk crosses hills, and a cold "
    .. "one only goes down. The best place seen is kept.")
  ui:legend({ { "#b8f5bd", "taken" }, { "#ff7a78", "refused" }, { "#ffffff", "walk" }, { theme.palette[6], "best" } }, 998, 684)

  local touched, tx, ty, button = ui:touched(view)
  if touched then
    if button == 2 then
      land:remove(tx, ty)
    elseif mode == "start" then
      start = { tx, ty }
    else
      land:add(tx, ty, mode == "well" and -10 or 8)
    end
    restart()
  end
end

function demo.key(key)
  if key == "space" then playing = not playing end
  if key == "r" then restart() end
end

function demo.facts()
  return {
    ("steps %d, taken %d, %s"):format(steps, taken, search:done() or "walking"),
    ("best %.6f at (%.3f, %.3f), the map says %.6f"):format(best_f, best[1], best[2], land.f(best)),
    ("temperature %.6f"):format(walk and walk.temperature or 0),
  }
end

kit.run(demo)
