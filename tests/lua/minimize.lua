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
local quadratic = minimize{ f = function(p) return 0.5 * (p[1] ^ 2 + 1e4 * p[2] ^ 2) end, x0 = { 1, 1 }, method = "adahessian", lr = 0.5, steps = 200 }
assert(quadratic.f < 1e-3, quadratic.f)

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
