-- Lesson 2: gradients. A tensor that requires a gradient remembers what was done with it; `backward` walks back and
-- finds how the result changes with each of its numbers. An optimizer takes small steps against that.
--
--   mynah examples/02-gradients.lua [--steps 300]

local mynah = require "mynah"
local options = mynah.args(arg, { steps = 300 })

-- Of a sum of squares the derivative is twice the point.
local p = mynah.tensor({ 3, -1 }, { requires_grad = true });
(p * p):sum():backward()
print("derivative of p1² + p2² at (3, -1):", p.grad)

-- Rosenbrock's valley (1960): easy to find, hard to follow. Its lowest point is (1, 1).
local function rosenbrock(x)
  return (1 - x[1]) ^ 2 + 100 * (x[2] - x[1] ^ 2) ^ 2
end

-- Each optimizer begins at the same point and takes the same number of steps.
for _, run in ipairs{
  { "sgd", { lr = 1e-3 } },
  { "sgd", { lr = 1e-3, momentum = 0.9 } },
  { "adam", { lr = 0.05 } },
} do
  local name, settings = run[1], run[2]
  local opt = mynah.optim[name](settings)
  local x = mynah.tensor({ -1.5, 2 }, { requires_grad = true })
  local heights = {}
  for step = 1, options.steps do
    local height = rosenbrock(x)
    height:backward()
    opt:step(x)
    heights[step] = math.log(height:item() + 1e-12)
  end
  print(("%-5s momentum %.1f  ends at (%6.3f, %6.3f)  log height %s")
    :format(name, settings.momentum or 0, x[1]:item(), x[2]:item(), mynah.plot.sparkline(heights, 40)))
end

print("\nNext: mynah examples/03-a-net.lua. help \"adam\" shows an optimizer's options.")
