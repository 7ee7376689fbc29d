-- Lesson 3: a net. Two spirals of points lie in each other; a small net learns to tell them apart.
--
--   mynah examples/03-a-net.lua [--steps 600 --seed 1]

local mynah = require "mynah"
local nn = mynah.nn
local options = mynah.args(arg, { steps = 600, seed = 1 })
mynah.manual_seed(options.seed)

-- Points on two spirals: coordinates in X, 1 or 2 in y.
local X, y = {}, {}
for i = 1, 200 do
  local class = i % 2 + 1
  local t = i / 200
  local angle = 3 * math.pi * t + class * math.pi
  X[i] = { t * math.cos(angle), t * math.sin(angle) }
  y[i] = class
end
X = mynah.tensor(X)

local net = nn.sequential{
  nn.linear(2, 32), nn.tanh(),
  nn.linear(32, 32), nn.tanh(),
  nn.linear(32, 2),
}
print(net, "with " .. net.size .. " numbers to learn\n")

local opt = mynah.optim.adamw{ lr = 1e-2, schedule = { kind = "cosine", warmup = math.floor(options.steps / 20), steps = options.steps } }
local losses = {}
for step = 1, options.steps do
  local loss = nn.cross_entropy(net(X), y)
  loss:backward()
  opt:step(net)
  losses[step] = loss:item()
end
print(("loss  %s  %.3f to %.3f"):format(mynah.plot.sparkline(losses, 50), losses[1], losses[#losses]))

local right = net(X):argmax(2):eq(y):sum():item()
print(("%d of %d points are told apart\n"):format(right, #y))

-- What the net thinks of the whole plane, one character for each place.
local places = {}
for row = 1, 21 do
  for column = 1, 42 do places[#places + 1] = { (column - 21.5) / 20, (11 - row) / 10 } end
end
local verdict = net(mynah.tensor(places)):argmax(2):totable()
for row = 1, 21 do
  local line = {}
  for column = 1, 42 do line[column] = verdict[(row - 1) * 42 + column] == 1 and "." or "#" end
  print(table.concat(line))
end

print("\nNext: mynah examples/04-a-net-in-lua.lua")
