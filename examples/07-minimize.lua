-- Lesson 7: seeking the best. One front door, many methods: some follow exact derivatives, some only ask for values.
--
--   mynah examples/07-minimize.lua [--seed 1]

local mynah = require "mynah"
local options = mynah.args(arg, { seed = 1 })

-- Rosenbrock's valley. Written once; its derivatives are found by running it.
local function rosenbrock(p) return (1 - p[1]) ^ 2 + 100 * (p[2] - p[1] ^ 2) ^ 2 end
print("gradient at (-1.5, 2):", mynah.grad(rosenbrock){ -1.5, 2 })
print("Hessian at (1, 1):", mynah.hessian(rosenbrock, { 1, 1 }))
print("(1, 1) is a " .. mynah.terrain(rosenbrock, { 1, 1 }).summary, "\n")

-- Rastrigin's egg box: a hundred hollows, one of them lowest. Whoever only walks downhill ends in the nearest.
local function rastrigin(p)
  local sum = 0.0
  for i = 1, 2 do sum = sum + 10 + p[i] ^ 2 - 10 * mynah.math.cos(2 * math.pi * p[i]) end
  return sum
end

print("method        valley: evaluations, height     egg box: evaluations, height")
for _, method in ipairs{ "lbfgs", "newton", "adahessian", "nelder_mead", "cmaes", "de", "auto" } do
  local row = {}
  for i, f in ipairs{ rosenbrock, rastrigin } do
    local how = { f = f, x0 = i == 1 and { -1.5, 2 } or { 3.3, -2.2 }, method = method }
    if method == "adahessian" then
      how.lr, how.steps = 0.15, 500
    elseif method ~= "lbfgs" and method ~= "newton" then
      how.lower, how.upper, how.budget, how.seed, how.target = { -5.12, -5.12 }, { 5.12, 5.12 }, 10000, options.seed, 1e-9
    end
    local r = mynah.optim.minimize(how)
    row[i] = ("%8d   %.2e"):format(r.evals or r.steps, r.f)
  end
  print(("%-12s %24s %30s"):format(method, row[1], row[2]))
end

-- The same by hand: a search asks, you tell. Here each asking is a whole batch, to be valued in any way you like.
local search = mynah.optim.cmaes{ x0 = { 3, 3 }, lower = { -5, -5 }, upper = { 5, 5 }, budget = 600, seed = options.seed }
local course = {}
while not search:done() do
  local values = {}
  for i, x in ipairs(search:ask()) do values[i] = rosenbrock(x) end
  search:tell(values)
  local _, best = search:best()
  course[#course + 1] = math.log(best + 1e-12)
end
print("\nask and tell: " .. mynah.plot.sparkline(course, 50) .. "  " .. search:done())

print("\nNext: mynah examples/08-mazes.lua, or your own: help \"minimize\" lists the methods.")
