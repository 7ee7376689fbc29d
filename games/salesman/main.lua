-- Salesman: three searches race for the shortest round trip through China's cities.
--
--   love games/salesman          mynah games/salesman --shot salesman.png

local here = love and love.filesystem.getSource() or tostring(arg[0]):gsub("main%.lua$", ".")
package.path = here .. "/../?.lua;" .. here .. "/../?/init.lua;" .. package.path
local kit = require "kit"
local mynah = require "mynah"
local theme = kit.theme

-- The capitals of provinces and the cities of their rank, by degrees east and north.
local CITIES = {
  { "Beijing", 116.46, 39.92 }, { "Tianjin", 117.2, 39.13 }, { "Shanghai", 121.48, 31.22 }, { "Chongqing", 106.54, 29.59 },
  { "Lhasa", 91.11, 29.97 }, { "Ürümqi", 87.68, 43.77 }, { "Yinchuan", 106.27, 38.47 }, { "Hohhot", 111.65, 40.82 },
  { "Nanning", 108.33, 22.84 }, { "Harbin", 126.63, 45.75 }, { "Changchun", 125.35, 43.88 }, { "Shenyang", 123.38, 41.8 },
  { "Shijiazhuang", 114.48, 38.03 }, { "Taiyuan", 112.53, 37.87 }, { "Xining", 101.74, 36.56 }, { "Jinan", 117, 36.65 },
  { "Zhengzhou", 113.6, 34.76 }, { "Nanjing", 118.78, 32.04 }, { "Hefei", 117.27, 31.86 }, { "Hangzhou", 120.19, 30.26 },
  { "Fuzhou", 119.3, 26.08 }, { "Nanchang", 115.89, 28.68 }, { "Changsha", 113, 28.21 }, { "Wuhan", 114.31, 30.52 },
  { "Guangzhou", 113.23, 23.16 }, { "Taipei", 121.5, 25.05 }, { "Haikou", 110.35, 20.02 }, { "Lanzhou", 103.73, 36.03 },
  { "Xi'an", 108.95, 34.27 }, { "Chengdu", 104.06, 30.67 }, { "Guiyang", 106.71, 26.57 }, { "Kunming", 102.73, 25.04 },
  { "Hong Kong", 114.1, 22.2 }, { "Macao", 113.33, 22.13 },
}

-- Roads with a price of their own, each to be switched on.
local ROADS = {
  { "Lhasa–Xining by train: free", 5, 15, 0 },
  { "Beijing–Harbin by train: free", 1, 10, 0 },
  { "Lhasa–Ürümqi is closed", 5, 6, 90 },
  { "Fuzhou–Taipei is closed", 21, 26, 90 },
}

local view = kit.view{ x = 20, y = 60, w = 640, h = 440, xs = { 85, 130 }, ys = { 18, 48.9375 } }
local MOVES = 150 -- of annealing in a round

---@type any, any, any, any, any, any, any, any, any, any
local cities, roads, racers, rounds, seed, playing, speed, shown, prefer, solved
---@type any
local cost -- of each pair, with the roads' own prices

local function preferences()
  local list = {}
  for i, road in ipairs(ROADS) do
    if prefer[i] then list[#list + 1] = { road[2], road[3], road[4] } end
  end
  for _, road in ipairs(roads) do list[#list + 1] = { road[1], road[2], 90 } end
  return list
end

-- What the kernel is asked about: the cities as points, and the roads.
local function problem(more)
  local points = {}
  for i, city in ipairs(cities) do points[i] = { city[2], city[3] } end
  local options = { points = points, preferences = preferences() }
  for key, value in pairs(more or {}) do options[key] = value end
  return options
end

local function length_of(tour)
  local sum = cost[tour[#tour]][tour[1]]
  for i = 2, #tour do sum = sum + cost[tour[i - 1]][tour[i]] end
  return sum
end

local function restart()
  rounds, solved = 0, nil
  cost = {}
  for i, a in ipairs(cities) do
    cost[i] = {}
    for j, b in ipairs(cities) do cost[i][j] = math.sqrt((a[2] - b[2]) ^ 2 + (a[3] - b[3]) ^ 2) end
  end
  for _, road in ipairs(preferences()) do
    cost[road[1]][road[2]], cost[road[2]][road[1]] = road[3], road[3]
  end
  local n, draw, tour = #cities, kit.random(seed), {}
  for i = 1, n do tour[i] = i end
  for i = n, 2, -1 do
    local j = 1 + math.floor(draw() * i)
    tour[i], tour[j] = tour[j], tour[i]
  end
  racers = {}
  local function racer(name, about, color, step, best)
    racers[#racers + 1] = { name = name, about = about, color = color, step = step, best = best, lengths = {} }
  end
  if n < 3 then return end

  local ga = mynah.optim.ga{ genome = "permutation", dim = n, population = 120, tournament = 5, crossover_rate = 0.3, budget = 100000000,
    seed = seed, first = { tour } }
  racer("Genetic", "120 tours breed; one generation a round", theme.palette[1], function()
    local values = {}
    for k, order in ipairs(ga:ask()) do values[k] = length_of(order) end
    ga:tell(values)
  end, function() return ga:best() end)

  local hot = mynah.route.tour_search(problem{ method = "anneal", tour = tour, temperature = 1.2, steps = 400 * MOVES, seed = seed })
  racer("Annealing", MOVES .. " moves a round; it cools over 400", theme.palette[2], function() hot:step(MOVES) end,
    function() return hot:best() end)

  local down = mynah.route.tour_search(problem{ method = "or_opt", tour = tour, steps = 100000000, seed = seed })
  racer("Local search", "one improvement a round, then kicks", theme.palette[3], function() down:step(1) end,
    function() return down:best() end)
end

local function round()
  rounds = rounds + 1
  for _, r in ipairs(racers) do
    r.step()
    r.tour, r.length = r.best()
    r.lengths[rounds] = r.length
  end
end

local function leader()
  local best
  for _, r in ipairs(racers) do
    if r.length and (not best or r.length < best.length - 1e-9) then best = r end
  end
  return best
end

local demo = {
  name = "salesman",
  title = "Salesman",
  about = "Three searches race for the shortest round trip. Click the map to add a city, right-click a road to close it.",
}

function demo.start(s)
  seed, playing, speed, shown, prefer, roads = s, true, 1, "best", {}, {}
  cities = {}
  for i, city in ipairs(CITIES) do cities[i] = city end
  restart()
end

function demo.update()
  if not playing then return end
  for _ = 1, speed do round() end
end

local function draw_tour(ui, v, tour, color, width)
  local line = {}
  for i = 1, #tour + 1 do
    local city = cities[tour[(i - 1) % #tour + 1]]
    line[2 * i - 1], line[2 * i] = v:to(city[2], city[3])
  end
  ui.g:line(line, color, width)
end

local function draw_cities(ui, v, r, color)
  local dots = {}
  for _, city in ipairs(cities) do
    local x, y = v:to(city[2], city[3])
    dots[#dots + 1], dots[#dots + 2] = x, y
  end
  ui.g:dots(dots, r, color)
end

-- Which side of its dot a name stands on, where the usual one would hide another.
local SIDES = { Beijing = "left", Taiyuan = "left", Macao = "left", Guangzhou = "up", Changchun = "left", Hefei = "left",
  Nanjing = "up", Changsha = "left", Hohhot = "up", Wuhan = "left", Yinchuan = "up", Xining = "up", Lanzhou = "down",
  ["Xi'an"] = "down", Kunming = "left", Nanning = "left" }

function demo.draw(ui)
  local g = ui.g
  ui:field(view.x, view.y, view.w, view.h)
  g:clip(view.x, view.y, view.w, view.h)
  for degree = 90, 130, 10 do
    local x = view:to(degree, 20)
    g:line({ x, view.y, x, view.y + view.h }, "#ffffff0e", 1)
    ui:text(degree .. "°", x + 4, view.y + view.h - 10, { size = 10, color = theme.dim })
  end
  for degree = 20, 40, 10 do
    local _, y = view:to(90, degree)
    g:line({ view.x, y, view.x + view.w, y }, "#ffffff0e", 1)
    ui:text(degree .. "°", view.x + 4, y - 8, { size = 10, color = theme.dim })
  end
  for _, road in ipairs(preferences()) do
    local a, b = cities[road[1]], cities[road[2]]
    local ax, ay = view:to(a[2], a[3])
    local bx, by = view:to(b[2], b[3])
    if road[3] > 0 then
      local mx, my = (ax + bx) / 2, (ay + by) / 2
      g:line({ ax, ay, bx, by }, theme.bad .. "60", 1.5)
      g:line({ mx - 6, my - 6, mx + 6, my + 6 }, theme.bad, 2.5)
      g:line({ mx - 6, my + 6, mx + 6, my - 6 }, theme.bad, 2.5)
    else
      g:line({ ax, ay, bx, by }, theme.good .. "70", 8)
    end
  end
  local first = leader()
  local drawn = first
  for _, r in ipairs(racers) do
    if r.name == shown and r.tour then drawn = r end
  end
  if drawn then draw_tour(ui, view, drawn.tour, drawn.color, 2.6) end
  draw_cities(ui, view, 4.5, "#0b0e13")
  draw_cities(ui, view, 3.4, "#ffffff")
  for _, city in ipairs(cities) do
    local x, y = view:to(city[2], city[3])
    local side = SIDES[city[1]]
    local dx, dy, align = 7, 0, "left"
    if side == "left" then dx, align = -7, "right" elseif side then dx, dy, align = 0, side == "up" and -11 or 12, "center" end
    ui:text(city[1], x + dx, y + dy, { size = 10.5, color = theme.soft, align = align })
  end
  g:clip()
  if drawn then
    ui:text(("%s: %.4f degrees"):format(drawn.name, drawn.length), view.x + 14, view.y + 20, { size = 15, bold = true, color = drawn.color })
    ui:text(("round %d"):format(rounds), view.x + view.w - 14, view.y + 20, { size = 13, color = theme.soft, align = "right" })
  end

  local series = {}
  for k, r in ipairs(racers) do series[k] = { y = r.lengths, color = r.color, label = r.name } end
  if solved then series[#series + 1] = { y = { solved, solved }, x = { 1, math.max(2, rounds) }, color = "#ffffff80", width = 1.2 } end
  ui:chart(20, 508, 640, 192, { title = "Best length over rounds", series = series, x_label = "round" })

  -- Each racer's own map.
  local x, w = 676, 292
  for k, r in ipairs(racers) do
    local y = 60 + (k - 1) * 216
    ui:card(x, y, w, 208)
    ui:text(r.name, x + 14, y + 18, { size = 14, bold = true, color = r.color })
    if r.length then
      ui:text(("%.4f"):format(r.length), x + w - 14, y + 18, { size = 14, align = "right", bold = r == first })
      local small = kit.view{ x = x + 34, y = y + 32, w = w - 68, h = 150, xs = { 85, 129 }, ys = { 18.5, 47.96 } }
      draw_tour(ui, small, r.tour, r.color, 1.6)
      draw_cities(ui, small, 1.8, "#ffffff")
    end
    ui:text(r.about, x + 14, y + 194, { size = 11.5, color = theme.dim })
  end

  -- Controls.
  local p = ui:panel(984, 60, 276, 640)
  p:row(3)
  if p:button(playing and "Pause" or "Play", { on = playing }) then playing = not playing end
  if p:button("Step") then
    playing = false
    round()
  end
  if p:button("Restart") then
    seed = seed + 1
    restart()
  end
  speed = p:slider("Rounds per frame", speed, 1, 10, { whole = true })
  shown = p:choice("Drawn on the large map", shown, { { "best", "best" }, { "Genetic", "genetic" }, { "Annealing", "annealing" },
    { "Local search", "local" } })
  p:heading("Roads with their own price")
  local changed = false
  for i, road in ipairs(ROADS) do
    local on = p:toggle(road[1], prefer[i] or false, road[4] > 0 and theme.bad or theme.good)
    if on ~= (prefer[i] or false) then
      prefer[i], changed = on, true
    end
  end
  p:space(6)
  p:row(2)
  if p:button("Open all roads", { off = #roads == 0 }) then roads, changed = {}, true end
  if p:button("34 cities", { off = #cities == 34 }) then
    for i = #cities, 35, -1 do cities[i] = nil end
    roads, changed = {}, true
  end
  if changed then restart() end
  p:space(6)
  p:heading("How short can it be?")
  if p:button("Ask the kernel's solver") and #cities > 2 then
    solved = mynah.route.tsp(problem{ seconds = 0.4, seed = 1, progress = false }).length
  end
  if solved then p:pair("Shortest it finds", ("%.4f"):format(solved), theme.good) end
  if solved and first then p:pair("The leader is above it by", ("%.2f %%"):format(100 * (first.length - solved) / math.abs(solved))) end
  p:hint("It breeds tours by edge-assembly crossover, and is nearly always right for so few cities.")

  local touched, tx, ty, button = ui:touched(view)
  if touched and button == 2 and drawn then
    local m, best, a, b = ui.mouse, 36.0, nil, nil
    for i = 1, #drawn.tour do
      local one, two = drawn.tour[i], drawn.tour[i % #drawn.tour + 1]
      local ax, ay = view:to(cities[one][2], cities[one][3])
      local bx, by = view:to(cities[two][2], cities[two][3])
      local d = math.abs((ax + bx) / 2 - m.x) + math.abs((ay + by) / 2 - m.y)
      if d < best then best, a, b = d, one, two end
    end
    if a then
      roads[#roads + 1] = { a, b }
      restart()
    end
  elseif touched and #cities < 60 then
    cities[#cities + 1] = { "City " .. #cities - 33, tx, ty }
    restart()
  end
end

function demo.key(key)
  if key == "space" then playing = not playing end
  if key == "r" then restart() end
end

function demo.facts()
  local lines = { ("cities %d, rounds %d"):format(#cities, rounds) }
  for _, r in ipairs(racers) do lines[#lines + 1] = ("%s: %.6f"):format(r.name, r.length or 0) end
  local first = leader()
  if first then
    -- Measured again by the kernel, from the very tour that is drawn.
    lines[#lines + 1] = ("drawn: %s, %.6f by the kernel"):format(first.name, mynah.route.tour_length(first.tour, problem()))
    lines[#lines + 1] = "tour: " .. table.concat(first.tour, " ")
  end
  if solved then lines[#lines + 1] = ("solver: %.6f"):format(solved) end
  return lines
end

kit.run(demo)
