-- Meadow: hens that learn to act. Each has a small brain (`mynah.npc.policy`); those that find grain and escape the fox
-- have children, by CMA-ES or a genetic algorithm.
--
--   love games/meadow          mynah games/meadow --shot meadow.png

local here = love and love.filesystem.getSource() or tostring(arg[0]):gsub("main%.lua$", ".")
package.path = here .. "/../?.lua;" .. here .. "/../?/init.lua;" .. package.path
local kit = require "kit"
local mynah = require "mynah"
local theme = kit.theme

local SIZE, HENS, GRAINS, LIFE = 100, 24, 26, 400 -- metres, animals, grains, steps of a life
local ACTIONS = { "left", "right", "run" }
local view = kit.view{ x = 20, y = 60, w = 640, h = 640, xs = { 0, SIZE }, ys = { 0, SIZE }, down = true }

---@type any, any, any, any
local hens, grains, fox, draw
---@type any, any, any
local search, wanted, brain -- one net; each hen's genes are put into it when it decides
local seed, method, sigma = 1, "cmaes", 0.6
local tick, generation, champion = 0, 0, false
---@type any, any, any
local means, bests, best_genes = {}, {}, nil
local playing, speed = true, 4

local function somewhere() return 4 + draw() * (SIZE - 8), 4 + draw() * (SIZE - 8) end

local function new_search()
  local genes = brain.genes
  if method == "cmaes" then
    search = mynah.optim.cmaes{ x0 = genes, sigma = sigma, population = HENS, budget = 1000000, restarts = "none", seed = seed }
  else
    search = mynah.optim.ga{ x0 = genes, reach = 3 * sigma, population = HENS, budget = 1000000, seed = seed }
  end
  generation, means, bests, best_genes = 0, {}, {}, nil
end

-- A new generation: everybody somewhere, the grain sown, the fox in the middle.
local function hatch()
  draw = kit.random(seed * 1000 + generation)
  grains, hens = {}, {}
  for i = 1, GRAINS do
    local x, y = somewhere()
    grains[i] = { x, y }
  end
  wanted = search:ask()
  for i = 1, #wanted do
    local x, y = somewhere()
    hens[i] = { x = x, y = y, a = draw() * 2 * math.pi, genes = champion and best_genes or wanted[i], score = 0, alive = true }
  end
  fox = { x = SIZE / 2, y = SIZE / 2, dx = 1, dy = 0, rest = 60 }
  tick = 0
end

local function finish()
  local losses, sum, best, at = {}, 0, -math.huge, 1
  for i, hen in ipairs(hens) do
    losses[i] = -hen.score
    sum = sum + hen.score
    if hen.score > best then best, at = hen.score, i end
  end
  if not champion then
    search:tell(losses)
    generation = generation + 1
    means[generation], bests[generation] = sum / #hens, best
    best_genes = hens[at].genes
  end
  hatch()
end

-- Where a thing is for a hen: ahead, to the right, and how near (1 at its beak, 0 far away).
local function seen(hen, x, y)
  local dx, dy = x - hen.x, y - hen.y
  local far = math.sqrt(dx * dx + dy * dy) + 1e-9
  local c, s = math.cos(hen.a), math.sin(hen.a)
  return (dx * c + dy * s) / far, (dy * c - dx * s) / far, math.max(0, 1 - far / 40)
end

local function nearest(hen)
  local best, at, which = math.huge, nil, nil
  for i, g in ipairs(grains) do
    local d = (g[1] - hen.x) ^ 2 + (g[2] - hen.y) ^ 2
    if d < best then best, at, which = d, g, i end
  end
  return at, which, best
end

local function step()
  tick = tick + 1
  for _, hen in ipairs(hens) do
    if hen.alive then
      local grain, which, far = nearest(hen)
      local ga, gr, gn = 0, 0, 0
      if grain then ga, gr, gn = seen(hen, grain[1], grain[2]) end
      local fa, fr, fn = seen(hen, fox.x, fox.y)
      brain:set_genes(hen.genes)
      hen.does = brain:decide{ ga * gn, gr, gn, fa * fn, fr * fn, fn }
      if hen.does == "left" then hen.a = hen.a - 0.16 elseif hen.does == "right" then hen.a = hen.a + 0.16 end
      local pace = hen.does == "run" and 0.55 or 0.25
      hen.x, hen.y = hen.x + math.cos(hen.a) * pace, hen.y + math.sin(hen.a) * pace
      if hen.x < 1 or hen.x > SIZE - 1 then hen.a = math.pi - hen.a end
      if hen.y < 1 or hen.y > SIZE - 1 then hen.a = -hen.a end
      hen.x, hen.y = math.min(SIZE - 1, math.max(1, hen.x)), math.min(SIZE - 1, math.max(1, hen.y))
      if grain and far < 2.2 then
        hen.score = hen.score + 1
        grain[1], grain[2] = somewhere()
        grains[which] = grain
      end
    end
  end
  -- The fox rests, then hunts the nearest hen, a little slower than one that runs.
  if fox.rest > 0 then
    fox.rest = fox.rest - 1
  else
    local prey, best = nil, math.huge
    for _, hen in ipairs(hens) do
      local d = (hen.x - fox.x) ^ 2 + (hen.y - fox.y) ^ 2
      if hen.alive and d < best then prey, best = hen, d end
    end
    if prey then
      local far = math.sqrt(best) + 1e-9
      fox.dx, fox.dy = (prey.x - fox.x) / far, (prey.y - fox.y) / far
      fox.x, fox.y = fox.x + fox.dx * 0.46, fox.y + fox.dy * 0.46
      if best < 3 then
        prey.alive = false
        prey.score = prey.score - 3
        fox.rest = 40
      end
    end
  end
  if tick >= LIFE then finish() end
end

local function restart()
  brain = mynah.npc.policy{ inputs = 6, actions = ACTIONS, hidden = { 5 }, seed = seed }
  champion = false
  new_search()
  hatch()
end

local demo = { name = "meadow", title = "Meadow", about = "Hens that find grain and escape the fox have children. Nobody tells them how." }

function demo.start(s)
  seed, method, sigma = s, "cmaes", 0.6
  restart()
end

function demo.update()
  if not playing then return end
  for _ = 1, speed do step() end
end

local function animal(g, x, y, dx, dy, size, color)
  local c, s = dx * size, dy * size
  g:polygon({ x + c * 1.5, y + s * 1.5, x - c - s * 0.9, y - s + c * 0.9, x - c + s * 0.9, y - s - c * 0.9 }, color)
end

function demo.draw(ui)
  local g = ui.g
  ui:field(view.x, view.y, view.w, view.h, "#1d2f22")
  g:clip(view.x, view.y, view.w, view.h)
  for k = 1, 60 do -- tufts
    local x, y = view:to(k * 37 % 100, k * 61 % 100)
    g:line({ x, y, x - 3, y - 6, x, y, x + 3, y - 7 }, "#35533c", 1.5)
  end
  for _, grain in ipairs(grains) do
    local x, y = view:to(grain[1], grain[2])
    g:circle(x, y, 4, "#f2d06b")
  end
  for _, hen in ipairs(hens) do
    local x, y = view:to(hen.x, hen.y)
    if hen.alive then
      local color = hen.score >= 6 and "#ffffff" or hen.score >= 3 and "#f3dcb8" or "#c39a6b"
      g:circle(x, y + 3, 8, "#00000050")
      animal(g, x, y, math.cos(hen.a), math.sin(hen.a), 8, color)
      g:circle(x + math.cos(hen.a) * 9, y + math.sin(hen.a) * 9, 2.5, "#ef6f6c")
    else
      g:line({ x - 4, y - 4, x + 4, y + 4, x, y, x + 4, y - 4, x - 4, y + 4 }, "#7a5c48", 1.5)
    end
  end
  local fx, fy = view:to(fox.x, fox.y)
  g:circle(fx, fy + 4, 12, "#00000060")
  animal(g, fx, fy, fox.dx, fox.dy, 12, fox.rest > 0 and "#a8662f" or "#f08030")
  g:clip()

  ui:card(676, 60, 292, 150, "This generation")
  local p = ui:panel(676, 82, 292)
  local sum, alive = 0, 0
  for _, hen in ipairs(hens) do
    sum, alive = sum + hen.score, alive + (hen.alive and 1 or 0)
  end
  p:pair("Generation", champion and "the best, over and over" or generation + 1)
  p:pair("Time of life", ("%d of %d steps"):format(tick, LIFE))
  p:pair("Alive", ("%d of %d"):format(alive, #hens), alive == #hens and theme.good or theme.ink)
  p:pair("Score in the mean so far", sum / #hens)
  p:pair("Genes of a brain", #brain.genes)
  ui:chart(676, 218, 292, 250, { title = "Score of each generation", x_label = "generation",
    series = { { y = means, color = theme.accent, label = "mean" }, { y = bests, color = theme.good, label = "best" } },
    empty = "after the first generation" })
  ui:card(676, 476, 292, 224, "What it is")
  ui:paragraph("A hen sees the nearest grain and the fox: ahead or behind, left or right, how near. Five neurons decide: turn "
    .. "left, turn right, or run. A grain counts 1, being caught -3.", 690, 504, 264, { size = 12.5, color = theme.soft })
  ui:paragraph("At the end of a life the kernel's search is told every score, and asked for the next brains. Nothing else "
    .. "teaches them.", 690, 604, 264, { size = 12.5, color = theme.soft })

  p = ui:panel(984, 60, 276, 640)
  p:row(2)
  if p:button(playing and "Pause" or "Play", { on = playing }) then playing = not playing end
  if p:button("Restart") then restart() end
  speed = p:slider("Steps per frame", speed, 1, 40, { whole = true })
  p:heading("How they are bred")
  local chosen = p:choice("", method, { { "cmaes", "CMA-ES" }, { "ga", "genetic algorithm" } })
  local spread = p:slider("How different children are", sigma, 0.1, 2)
  if chosen ~= method or math.abs(spread - sigma) > 1e-9 then
    method, sigma = chosen, spread
    restart()
  end
  p:space(6)
  local only = p:toggle("Show only the best brain so far", champion)
  if only ~= champion and best_genes then
    champion = only
    hatch()
  end
  p:row(2)
  if p:button("Other meadow") then
    seed = seed + 1
    restart()
  end
  if p:button("Skip ten") then
    for _ = 1, 10 * LIFE do step() end
  end
  p:space(6)
  p:hint("White hens have found much grain, brown ones little. Early hens run in circles; later ones turn to the grain, and "
    .. "away from the fox.")
  ui:legend({ { "#f2d06b", "grain" }, { "#f3dcb8", "hen" }, { "#f08030", "fox" } }, 998, 676)
end

function demo.key(key)
  if key == "space" then playing = not playing end
  if key == "r" then restart() end
end

function demo.facts()
  local n = #means
  local function mean(from, to)
    local sum, count = 0, 0
    for i = math.max(1, from), math.min(n, to) do sum, count = sum + means[i], count + 1 end
    return count > 0 and sum / count or 0 / 0
  end
  return {
    ("generations %d, hens %d, genes %d"):format(n, HENS, #brain.genes),
    ("mean score of the first five generations %.3f, of the last five %.3f"):format(mean(1, 5), mean(n - 4, n)),
  }
end

kit.run(demo)
