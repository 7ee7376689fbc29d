-- Lesson 4: a net written in Lua. A table holds layers and tensors, its `forward` says what is done with them.
-- This one learns to add two digits it is shown as symbols, through a skip connection and with dropout.
--
--   mynah examples/04-a-net-in-lua.lua [--steps 400 --seed 1]

local mynah = require "mynah"
local nn = mynah.nn
local options = mynah.args(arg, { steps = 400, seed = 1 })
mynah.manual_seed(options.seed)

local net = nn.module{
  symbols = nn.embedding(10, 16),
  inner = nn.linear(16, 16),
  norm = nn.rms_norm(16),
  drop = nn.dropout(0.1),
  out = nn.linear(16, 1),
  scale = mynah.ones(1, { requires_grad = true }), -- a tensor of its own is learned too

  -- a, b: rows of places from 1 to 10 -> rows of sums
  forward = function(self, a, b)
    local x = self.symbols(a) + self.symbols(b)
    x = x + self.drop(self.inner(self.norm(x)):relu()) -- the skip connection
    return self.out(x):flatten() * self.scale
  end,
}
print(net)

-- All pairs of digits; every fifth is kept for the exam.
local a, b, sum, exam = {}, {}, {}, { {}, {}, {} }
for i = 0, 9 do
  for j = 0, 9 do
    local into = (i * 10 + j) % 5 == 3 and exam or { a, b, sum }
    table.insert(into[1], i + 1)
    table.insert(into[2], j + 1)
    table.insert(into[3], i + j)
  end
end

local opt = mynah.optim.adamw{ lr = 1e-2, schedule = { kind = "cosine", warmup = math.floor(options.steps / 20), steps = options.steps } }
local losses = {}
for step = 1, options.steps do
  local loss = nn.mse(net(a, b), sum)
  loss:backward()
  nn.clip_grad_norm(net, 1)
  opt:step(net)
  losses[step] = math.log(loss:item())
end
print(("\nlog loss  %s"):format(mynah.plot.sparkline(losses, 50)))

net:eval() -- no dropout any more
local answers = net(exam[1], exam[2])
print(("exam of %d sums it never saw: off by %.2f on average"):format(#exam[3], nn.l1(answers, exam[3]):item()))
for i = 1, 3 do
  print(("  %d + %d = %.2f"):format(exam[1][i] - 1, exam[2][i] - 1, answers[i]:item()))
end

-- The learned numbers go to one safetensors file, which PyTorch reads too, and come back.
local path = os.tmpname()
net:save(path)
net:load(path)
os.remove(path)
print("saved and loaded: " .. net.size .. " numbers")

print("\nNext: mynah examples/05-a-bird.lua")
