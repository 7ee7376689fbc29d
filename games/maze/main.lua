-- Maze: four ways to dig one, six ways to find through it, side by side and cell by cell.
--
--   love games/maze          mynah games/maze --shot maze.png

local here = love and love.filesystem.getSource() or tostring(arg[0]):gsub("main%.lua$", ".")
package.path = here .. "/../?.lua;" .. here .. "/../?/init.lua;" .. package.path
local kit = require "kit"
local mynah = require "mynah"
local theme = kit.theme

local GENERATORS = { "backtracking", "prim", "kruskal", "wilson" }
local SEARCHES = { "astar", "dijkstra", "bfs", "greedy", "jps", "bidirectional" }
local NAMES = { astar = "A*", dijkstra = "Dijkstra", bfs = "breadth-first", greedy = "greedy", jps = "jump points",
  bidirectional = "both ends", backtracking = "backtracking", prim = "Prim", kruskal = "Kruskal", wilson = "Wilson" }

local compare, generator, search, loops, across, speed, seed, playing = "searches", "backtracking", "astar", 0.05, 34, 6, 1, true
local chosen = { "astar", "dijkstra", "greedy", "bidirectional" } -- the searches that are compared
---@type any, any, any, any
local boards, from, to, rows

-- The number of the wall between two cells.
local function between(a, c) return math.min(a, c) * 10000 + math.max(a, c) end

-- One maze with one search: all is known at once and shown little by little.
local function board(how, by)
  local b = { generator = how, search = by, dug = {}, shown = 0, seen = 0 }
  b.maze = mynah.route.maze{ width = across, height = rows, method = how, loops = loops, seed = seed,
    on_dig = function(a, c) b.dug[#b.dug + 1] = { a, c } end }
  b.looked = b.maze:looked_at(from, to, by)
  b.way, b.length, b.count = b.maze:path(from, to, by)
  b.open = {}
  b.picture = kit.picture(nil, { color_map = "viridis", low = 1 })
  return b
end

local function restart(keep)
  rows = math.floor(across * 0.62 + 0.5)
  if not keep then from, to = 1, across * rows end
  boards = {}
  for k = 1, 4 do
    boards[k] = compare == "searches" and board(generator, chosen[k]) or board(GENERATORS[k], search)
  end
end

-- Skips the digging.
local function dig_all()
  for _, b in ipairs(boards) do
    for k = b.shown + 1, #b.dug do b.open[between(b.dug[k][1], b.dug[k][2])] = true end
    b.shown = #b.dug
  end
end

local demo = {
  name = "maze",
  title = "Maze",
  about = "Who digs how, who finds how fast? Colours tell when a cell was looked at, from violet to yellow.",
}

function demo.start(s)
  seed = s
  restart()
end

-- A few cells more on every board: first passages, then the search.
local function advance(cells)
  local digging = false
  for _, b in ipairs(boards) do
    if b.shown < #b.dug then
      digging = true
      local last = math.min(#b.dug, b.shown + 3 * cells)
      for k = b.shown + 1, last do b.open[between(b.dug[k][1], b.dug[k][2])] = true end
      b.shown, b.walls = last, nil
    end
  end
  if digging then return end
  for _, b in ipairs(boards) do
    if b.seen < #b.looked then
      b.seen = math.min(#b.looked, b.seen + cells)
      local order = {}
      for r = 1, rows do
        order[r] = {}
        for c = 1, across do order[r][c] = 0 / 0 end
      end
      for k = 1, b.seen do
        local cell = b.looked[k] - 1
        order[math.floor(cell / across) + 1][cell % across + 1] = k
      end
      b.picture:set(order, { color_map = "viridis", low = 1, high = math.max(2, #b.looked), opacity = 0.8 })
    end
  end
end

function demo.update()
  if playing then advance(speed) end
end

-- The walls that stand, as few long lines, in cells.
local function walls(b)
  local lines = {}
  local function wall(a, c) return not b.open[between(a, c)] end
  for r = 0, rows do
    local begin
    for c = 1, across + 1 do
      local cell = (r - 1) * across + c
      local there = c <= across and (r == 0 or r == rows or wall(cell, cell + across))
      if there and not begin then begin = c - 1 end
      if not there and begin then
        lines[#lines + 1] = { begin, r, c - 1, r }
        begin = nil
      end
    end
  end
  for c = 0, across do
    local begin
    for r = 1, rows + 1 do
      local cell = (r - 1) * across + c
      local there = r <= rows and (c == 0 or c == across or wall(cell, cell + 1))
      if there and not begin then begin = r - 1 end
      if not there and begin then
        lines[#lines + 1] = { c, begin, c, r - 1 }
        begin = nil
      end
    end
  end
  return lines
end

local function place(v, cell) return v:to((cell - 1) % across + 0.5, math.floor((cell - 1) / across) + 0.5) end

local function draw_board(ui, b, v, best)
  local g = ui.g
  g:rect(v.x, v.y, v.w, v.h, b.shown < #b.dug and "#0c1016" or "#151b25")
  if b.shown > 0 and b.shown < #b.dug then
    local s = v.w / across
    for k = 1, b.shown do
      for j = 1, 2 do
        local x, y = place(v, b.dug[k][j])
        g:rect(x - s / 2, y - s / 2, s, s, "#1d2531")
      end
    end
  end
  if b.seen > 0 then g:image(b.picture, v.x, v.y, v.w, v.h) end
  b.walls = b.walls or walls(b)
  for _, line in ipairs(b.walls) do
    local ax, ay = v:to(line[1], line[2])
    local bx, by = v:to(line[3], line[4])
    g:line({ ax, ay, bx, by }, "#93a0b0", 1.5)
  end
  if b.seen == #b.looked and b.way then
    local line = {}
    for i, cell in ipairs(b.way) do line[2 * i - 1], line[2 * i] = place(v, cell) end
    g:line(line, "#0b0e13", 5)
    g:line(line, "#ffffff", 2.6)
  end
  local r = math.max(3.0, v.w / across * 0.34)
  local sx, sy = place(v, from)
  local tx, ty = place(v, to)
  g:circle(sx, sy, r, theme.good)
  g:circle(tx, ty, r, theme.bad)
  local title = compare == "searches" and NAMES[b.search] or NAMES[b.generator]
  ui:text(title, v.x, v.y - 14, { size = 14, bold = true })
  local words
  if b.shown < #b.dug then
    words = ("digging: %d of %d passages"):format(b.shown, #b.dug)
  elseif b.seen < #b.looked then
    words = ("looked at %d cells"):format(b.seen)
  else
    words = ("looked at %d cells, the way has %d steps"):format(b.count, b.length)
  end
  ui:text(words, v.x + v.w, v.y - 14, { size = 12.5, color = best and theme.good or theme.soft, align = "right" })
end

function demo.draw(ui)
  local x0, y0, w = 20, 60, 948
  local cell = math.min((w - 24) / 2 / across, (640 - 64) / 2 / rows)
  local bw, bh = cell * across, cell * rows
  -- The fewest cells looked at, once all are done.
  local least, finished = math.huge, true
  for _, b in ipairs(boards) do
    finished = finished and b.seen == #b.looked and b.shown == #b.dug
    least = math.min(least, b.count)
  end
  local views = {}
  for k, b in ipairs(boards) do
    local column, row = (k - 1) % 2, math.floor((k - 1) / 2)
    local v = kit.view{ x = x0 + column * (bw + 24) + (w - 24 - 2 * bw) / 2, y = y0 + 28 + row * (bh + 34), w = bw, h = bh,
      xs = { 0, across }, ys = { 0, rows }, down = true }
    views[k] = v
    draw_board(ui, b, v, finished and b.count == least)
  end

  local p = ui:panel(984, 60, 276, 640)
  p:row(3)
  if p:button(playing and "Pause" or "Play", { on = playing }) then playing = not playing end
  if p:button("Dig all") then dig_all() end
  if p:button("New maze") then
    seed = seed + 1
    restart(true)
  end
  local before = table.concat({ compare, generator, search, loops, across }, "/")
  compare = p:choice("Side by side", compare, { { "searches", "four searches" }, { "generators", "four generators" } })
  if compare == "searches" then
    generator = p:choice("The maze is dug by", generator, { "backtracking", { "prim", "Prim" }, { "kruskal", "Kruskal" }, { "wilson", "Wilson" } })
    p:label("Searches")
    for k, name in ipairs(SEARCHES) do
      if k % 2 == 1 then p:row(2) end
      local on = false
      for _, one in ipairs(chosen) do on = on or one == name end
      if p:toggle(NAMES[name], on) and not on then
        table.remove(chosen, 1)
        chosen[4] = name
        before = ""
      end
    end
    p:hint("Four at a time: a new one takes the place of the oldest.")
  else
    local items = {}
    for k, name in ipairs(SEARCHES) do items[k] = { name, NAMES[name] } end
    search = p:choice("The way is found by", search, items)
  end
  loops = math.floor(p:slider("Loops: walls that fall too", loops, 0, 0.5, { show = function(v) return ("%.0f %%"):format(100 * v) end }) * 100 + 0.5) / 100
  across = p:slider("Columns", across, 10, 60, { whole = true })
  speed = p:slider("Cells per frame", speed, 1, 60, { whole = true })
  local now = table.concat({ compare, generator, search, loops, across }, "/")
  if now ~= before then
    restart(across * rows >= math.max(from, to) and rows == math.floor(across * 0.62 + 0.5))
    dig_all()
  end
  p:space(4)
  p:hint("Click a maze to set the goal, right-click to set the start.")
  p:hint("In a maze without loops there is one way only, and an eye on the goal helps little. Let walls fall, and A* leaves "
    .. "Dijkstra behind; greedy is faster still, but its way is often not the shortest.")
  ui:legend({ { theme.good, "start" }, { theme.bad, "goal" }, { "#ffffff", "the way", "line" } }, 998, 684)

  for _, v in ipairs(views) do
    local touched, tx, ty, button = ui:touched(v)
    if touched then
      local at = math.floor(ty) * across + math.floor(tx) + 1 ---@type any
      if button == 2 then from = at else to = at end
      restart(true)
      dig_all()
    end
  end
end

function demo.key(key)
  if key == "space" then playing = not playing end
end

function demo.facts()
  local lines = { ("mazes of %d x %d, from %d to %d"):format(across, rows, from, to) }
  for _, b in ipairs(boards) do
    lines[#lines + 1] = ("%s, %s: %d passages, looked at %d of %d, length %d"):format(b.generator, b.search, #b.dug, b.seen, b.count, b.length)
  end
  return lines
end

kit.run(demo)
