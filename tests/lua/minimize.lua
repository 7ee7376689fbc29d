-- One front door for every method.
local m = mynah.math
local minimize = mynah.optim.minimize
local function rosenbrock(p) return (1 - p[1]) ^ 2 + 100 * (p[2] - p[1] ^ 2) ^ 2 end

-- Methods with exact derivatives, and black-box ones.
for _, method in ipairs{ "lbfgs", "newton", "cg" } do
  local r = minimize{ f = rosenbrock, x0 = { -1.5, 2 }, method = method }
  check.near(r.x, { 1, 1 }, 1e-5, method)
  assert(r.verdict == "converged", method .. ": " .. r.reason)
end
for _, method in ipairs{ "auto", "cmaes", "nelder_mead", "powell", "de" } do
  local r = minimize{ f = rosenbrock, x0 = { -1.5, 2 }, lower = { -5, -5 }, upper = { 5, 5 }, method = method, budget = 20000, seed = 1, target = 1e-9 }
  check.near(r.x, { 1, 1 }, 1e-2, method)
  assert(r.evals <= 20000 and #r.reason > 0)
end

-- Residuals: a line through points.
local fit = minimize{ x0 = { 0, 0 }, method = "levenberg",
  f = function(p) local r = {} for i = 1, 5 do r[i] = p[1] * i + p[2] - (2 * i + 1) end return r end }
check.near(fit.x, { 2, 1 }, 1e-8)

-- Every optimizer goes downhill, and the best point seen is returned.
for name in pairs(mynah.optim.methods()) do
  local ok, opt = pcall(function() return mynah.optim[name]() end)
  if ok and pcall(function() return opt.current_lr end) then
    local r = minimize{ f = function(p) return p[1] ^ 2 + 3 * p[2] ^ 2 end, x0 = { 1, -1 }, method = name, steps = 300 }
    assert(r.f < 4, name .. " ends at " .. r.f)
  end
end

-- AdaHessian on a quadratic of condition 1e4.
local quadratic = minimize{ f = function(p) return 0.5 * (p[1] ^ 2 + 1e4 * p[2] ^ 2) end, x0 = { 1, 1 }, method = "adahessian", lr = 0.1, steps = 200 }
assert(quadratic.f < 1e-6, quadratic.f)

-- Wells: 60 steps of constant length into one well; a far plateau is flat, not a minimum.
local function well(p) return -10 * m.exp(-((p[1] - 200) ^ 2 + (p[2] - 200) ^ 2) / (2 * 60 ^ 2)) end
local r = minimize{ f = well, x0 = { 150, 150 }, method = "descend", lr = 20, tolerance = 0.01 }
check.equal(r.steps, 60)
check.near(r.x, { 197.459873309, 197.459873309 }, 1e-6)
check.near(r.f, -9.982093153, 1e-8)

-- A step is shown, and may end it; NaN is counted; what the function throws comes through.
local shown = 0
minimize{ f = rosenbrock, x0 = { 0, 0 }, method = "adam", steps = 50, on_step = function(s) shown = s.step return s.step < 7 end }
check.equal(shown, 7)
local bad = minimize{ f = function(p) return p[1] > 0 and 0 / 0 or p[1] ^ 2 end, lower = { -1 }, upper = { 1 }, method = "random", budget = 100, seed = 1 }
assert(bad.bad > 20 and bad.x[1] <= 0)
local _, e = pcall(minimize, { f = function() error({ 7 }) end, x0 = { 1 }, method = "nelder_mead" })
assert(e[1] == 7)

-- Mistakes are sentences.
check.refuses(function() minimize{ x0 = { 1 } } end, "minimize: needs the function `f` to minimise")
check.refuses(function() minimize{ f = rosenbrock, method = "lbfgs" } end, 'minimize: "lbfgs" needs `x0`, the point to start from')
check.refuses(function() minimize{ f = rosenbrock, x0 = { 1, 1 }, method = "lbgfs" } end, "minimize: unknown method `lbgfs`; did you mean `lbfgs`?")
check.refuses(function() minimize{ f = rosenbrock, x0 = { 1, 1 }, method = "adam", lrr = 1 } end, "unknown option `lrr` for `adam`; did you mean `lr`?")

-- Genetic algorithms over bits, permutations and bytes; operators of one's own; a first population; through the front door.
local function zeros(bits) local n = 0 for _, b in ipairs(bits) do n = n + 1 - b end return n end
local bits = minimize{ method = "ga", genome = "binary", dim = 24, f = zeros, budget = 20000, seed = 1, target = 0 }
check.equal({ bits.f, #bits.x, bits.x[1], bits.reason }, { 0, 24, 1, "the target is reached" })
local function disorder(order) local sum = 0 for i, g in ipairs(order) do sum = sum + math.abs(g - i) end return sum end
for _, selection in ipairs{ "roulette", "tournament", "rank" } do
  local order = minimize{ method = "ga", genome = "permutation", dim = 9, f = disorder, budget = 30000, seed = 2, target = 0, selection = selection }
  check.equal(order.x, { 1, 2, 3, 4, 5, 6, 7, 8, 9 }, selection)
end
local crossed, mutated, generations = 0, 0, 0
local bytes = minimize{ method = "ga", genome = "bytes", dim = 3, population = 10, budget = 2000, seed = 3, first = { { 7, 7, 7 } },
  f = function(g) return (g[1] - 100) ^ 2 + (g[2] - 7) ^ 2 + g[3] end,
  crossover = function(a, b) crossed = crossed + 1 return { a[1], b[2], a[3] } end,
  mutation = function(g) mutated = mutated + 1 g[1] = math.min(g[1] + 1, 100) g[3] = math.max(g[3] - 1, 0) return g end,
  on_step = function(s) generations = s.step end }
check.equal(bytes.x, { 100, 7, 0 })
assert(crossed > 100 and mutated > crossed and generations == bytes.steps)
local ga = mynah.optim.ga{ genome = "permutation", dim = 5, population = 8, elite = 2, seed = 4 }
local asked = ga:ask()
check.equal({ #asked, #ga:ask()[1] }, { 8, 5 })
ga:tell{ 5, 4, 3, 2, 1, 6, 7, 8 }
local best, value = ga:best()
check.equal({ best, value, #ga:ask(), ga.generation }, { asked[5], 1, 6, 1 }, "the elite is not asked again")
check.equal(ga:population()[1], asked[5])
local wrong = mynah.optim.ga{ genome = "permutation", dim = 4, population = 4, crossover_rate = 1, crossover = function() return { 1, 1, 2, 3 } end }
check.refuses(function() wrong:tell{ 1, 2, 3, 4 } end, "ga: the crossover's child must have each number once, got 1 twice")
local throws = mynah.optim.ga{ genome = "binary", dim = 4, population = 4, mutation = function() error({ 9 }) end }
local _, thrown = pcall(throws.tell, throws, { 1, 2, 3, 4 })
check.equal(thrown[1], 9)
check.refuses(function() minimize{ f = rosenbrock, x0 = { 1, 1 }, method = "cmaes", crossover = print } end, 'minimize: `crossover` is an option of method "ga"')
check.refuses(function() mynah.optim.ga{ genome = "binary", dim = 3, first = { { 1, 0, 2 } } } end, "expected genes that are 0 or 1, got 2")

-- Minimisers with derivatives: stepped, or asked and told by hand, they take the same way.
for _, name in ipairs{ "lbfgs", "cg", "descend" } do
  local stepped, told = mynah.optim[name]{ x0 = { -1.5, 2 }, steps = 40 }, mynah.optim[name]{ x0 = { -1.5, 2 }, steps = 40 }
  while stepped:step(rosenbrock) do end
  local value_and_grad = mynah.value_and_grad(rosenbrock)
  while told:ask() do
    check.equal(told:ask().kind, "gradient")
    told:tell(value_and_grad(told:ask().x))
  end
  check.equal(told:report().x, stepped:report().x, name)
  check.equal(told:done(), stepped:done())
end
local newton = mynah.optim.newton{ x0 = { -1.5, 2 } }
local kinds = {}
while newton:ask() do
  local q = newton:ask()
  kinds[q.kind] = true
  if q.kind == "gradient" then newton:tell(mynah.value_and_grad(rosenbrock)(q.x))
  elseif q.kind == "product" then newton:tell(mynah.hvp(rosenbrock, q.x, q.v))
  else newton:tell(mynah.hessian(rosenbrock, q.x)) end
end
check.near(newton:report().x, { 1, 1 }, 1e-6)
check.refuses(function() mynah.optim.lbfgs{} end, "lbfgs: needs `x0`, the point to start from")
check.refuses(function() mynah.optim.lbfgs{ x0 = { 1 } }:tell(3) end, "tell: the derivatives are missing; they are the second argument")
check.refuses(function() mynah.optim.lbfgs{ x0 = { 1 } }:tell(3, { 1, 2 }) end, "lbfgs: the gradient has 2 numbers, not 1")

-- Bad input to every black-box method: a defined result, or a sentence; what the function throws comes through.
for _, method in ipairs{ "auto", "cmaes", "de", "pso", "nelder_mead", "powell", "anneal", "ga", "bayes", "random" } do
  local function with(f, more)
    local how = { f = f, lower = { -1, -1 }, upper = { 1, 1 }, method = method, budget = 40, seed = 1 }
    for key, value in pairs(more or {}) do how[key] = value end
    return minimize(how)
  end
  local nothing = with(function() return 0 / 0 end)
  check.equal({ nothing.x == nil, nothing.bad }, { true, nothing.evals }, method)
  assert(nothing.reason:find("none of " .. nothing.evals .. " values was a finite number", 1, true), nothing.reason)
  check.equal(with(rosenbrock, { budget = 0 }).evals, 0)
  check.refuses(function() with(rosenbrock, { lower = { 1, 1 }, upper = { -1, -1 } }) end,
    method .. ": coordinate 1: the lower bound 1 is not below the upper bound -1")
  local _, thrown = pcall(with, function() error({ 5 }) end)
  check.equal(thrown[1], 5)
end
check.refuses(function() minimize{ f = rosenbrock, x0 = { 0 / 0, 1 }, method = "lbfgs" } end, "minimize: `x0` must be finite, got NaN")
