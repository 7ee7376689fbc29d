-- Thinking with probabilities: a network that is asked, hidden weather, a noisy picture, a rocket seen through noise.
--
--   mynah examples/16-graphical.lua [OUT.png]

local mynah = require "mynah"
local graphical = mynah.graphical
local out = arg[1] or "graphical.png"

-- The grass is wet. Did it rain, or was it the sprinkler?
local net = graphical.bayes_net{
  { name = "cloudy", states = { "yes", "no" }, table = { { 0.5, 0.5 } } },
  { name = "sprinkler", states = { "on", "off" }, parents = { "cloudy" }, table = { { 0.1, 0.9 }, { 0.5, 0.5 } } },
  { name = "rain", states = { "yes", "no" }, parents = { "cloudy" }, table = { { 0.8, 0.2 }, { 0.2, 0.8 } } },
  { name = "grass", states = { "wet", "dry" }, parents = { "sprinkler", "rain" },
    table = { { 0.99, 0.01 }, { 0.9, 0.1 }, { 0.9, 0.1 }, { 0, 1 } } },
}
print(("wet grass: rain %.4f, sprinkler %.4f"):format(net:posterior("rain", { grass = "wet" }).yes,
  net:posterior("sprinkler", { grass = "wet" }).on))
print(("and it is cloudy: sprinkler %.4f"):format(net:posterior("sprinkler", { grass = "wet", cloudy = "yes" }).on))

-- Hidden states, learned from what they show: two coins, one of them loaded, changed now and then.
local cheat = graphical.hmm{ states = 2, kind = "discrete", labels = { "head", "tail" }, start = { 0.5, 0.5 },
  transition = { { 0.95, 0.05 }, { 0.1, 0.9 } }, emission = { { 0.5, 0.5 }, { 0.9, 0.1 } } }
local throws, coins = cheat:sample(2000, 3)
local path = cheat:viterbi(throws)
local right = 0
for i = 1, #coins do if path[i] == coins[i] then right = right + 1 end end
print(("the coin in hand is guessed right in %.1f%% of 2000 throws"):format(right / 20))

-- A picture with a fifth of its pixels flipped, and the field that sees through.
local size = 64
local clean, noisy = {}, {}
local chance = mynah.rand(size, size, { seed = 2 }):totable()
for r = 1, size do
  clean[r], noisy[r] = {}, {}
  for c = 1, size do
    local ring = math.sqrt((r - 32.5) ^ 2 + (c - 32.5) ^ 2)
    clean[r][c] = (ring < 10 or ring > 18 and ring < 26) and 2 or 1
    noisy[r][c] = chance[r][c] < 0.2 and 3 - clean[r][c] or clean[r][c]
  end
end
local field = graphical.markov_field(noisy, 2, 0.2, 0.9)
---@type mynah.Tensor
local seen = field:gibbs{ sweeps = 60, seed = 1 }.labels
local function wrong(picture)
  local n = 0
  for r = 1, size do for c = 1, size do if picture[r][c] ~= clean[r][c] then n = n + 1 end end end
  return n
end
print(("wrong pixels: %d of %d, after Gibbs sampling %d"):format(wrong(noisy), size * size, wrong(seen:totable())))

-- A thrown ball, measured badly; where is it, and how fast?
local step = 0.1
local ball = graphical.kalman{
  transition = { { 1, step }, { 0, 1 } }, observation = { { 1, 0 } },
  control = { { step ^ 2 / 2 }, { step } }, -- what gravity does in one step
  process_noise = { { 1e-4, 0 }, { 0, 1e-3 } }, observation_noise = { { 4 } },
  start_mean = { 0, 20 }, start_covariance = { { 4, 0 }, { 0, 25 } },
}
local truth, measured, time, gravity = {}, {}, {}, {}
local noise = mynah.randn(40, { seed = 5 }):totable()
for i = 1, 40 do
  local t = i * step
  time[i], truth[i], gravity[i] = t, 20 * t - 4.9 * t * t, { -9.8 }
  measured[i] = { i % 9 == 0 and 0 / 0 or truth[i] + 2 * noise[i] } -- now and then nothing is seen
end
local smooth = ball:smooth(measured, gravity).means:totable()
local height = {}
for i = 1, 40 do height[i] = smooth[i][1] end

local points = {}
for i = 1, 40 do if measured[i][1] == measured[i][1] then points[#points + 1] = { time[i], measured[i][1] } end end
local left = mynah.plot.figure{ title = "noisy" }:heatmap{ values = noisy }
local middle = mynah.plot.figure{ title = "seen through" }:heatmap{ values = seen }
local right_side = mynah.plot.figure{ title = "a ball", x_label = "seconds", y_label = "metres" }
  :line{ x = time, y = truth, label = "truth" }:line{ x = time, y = height, label = "smoothed" }
  :scatter{ points = points, label = "measured", size = 5 }
mynah.plot.sheet({ left, middle, right_side }, { title = "Graphical models", columns = 3 }):save(out)
print(out)
