-- Exact derivatives of Lua functions.
local m = mynah.math
local function rosenbrock(p) return (1 - p[1]) ^ 2 + 100 * (p[2] - p[1] ^ 2) ^ 2 end

check.equal(mynah.grad(rosenbrock){ -1.5, 2 }, { -155, -50 })
check.equal(mynah.hessian(rosenbrock, { 1, 1 }), { { 802, -400 }, { -400, 200 } })
check.equal(mynah.hvp(rosenbrock, { 1, 1 }, { 1, 2 }), { 2, 0 })
local value, slope = mynah.value_and_grad(rosenbrock, { 0, 1 })
check.equal({ value, slope[1], slope[2] }, { 101, -2, 200 })

-- Every function of mynah.math passes against differences, alone and in a chain.
for name, f in pairs(m) do
  if type(f) == "function" then
    local two = name == "pow" or name == "atan2" or name == "hypot" or name == "max" or name == "min"
    local at = name == "acosh" and 1.7 or 0.6
    local result = mynah.gradcheck(function(p)
      local y = two and f(p[1], p[2]) or f(p[1])
      return y * p[2] + y ^ 2
    end, { at, 1.3 })
    assert(result.passed, name .. ": error " .. result.error)
  end
end

-- Branches are followed as they are taken; a constant has no slope. (Lua 5.1 compares objects with objects alone.)
local mixed = pcall(function() return setmetatable({}, { __lt = function() return true end }) < 1 end)
local function bent(p) if p[1] < (mixed and 0 or 0 * p[1]) then return -p[1] else return 3 * p[1] end end
check.equal({ mynah.grad(bent){ -2 }[1], mynah.grad(bent){ 2 }[1] }, { -1, 3 })
check.equal(mynah.grad(function() return 7 end){ 1, 2 }, { 0, 0 })

-- What kind of place is it?
check.equal(mynah.terrain(rosenbrock, { 1, 1 }).verdict, "minimum")
check.equal(mynah.terrain(function(p) return p[1] ^ 2 - p[2] ^ 2 end, { 0, 0 }).verdict, "saddle")
local function well(p) return -10 * m.exp(-(p[1] ^ 2 + p[2] ^ 2) / (2 * 60 ^ 2)) end
check.equal(mynah.terrain(well, { 0, 0 }).verdict, "minimum")
check.equal(mynah.terrain(well, { 3000, 3000 }).verdict, "flat")

-- Mistakes are sentences, and what the function throws comes through.
check.refuses(function() mynah.grad(function() return "x" end, { 1 }) end, 'grad: the function must return one number, got the string "x"')
check.refuses(function() mynah.hvp(rosenbrock, { 1, 1 }, { 1 }) end, "hvp: the point has 2 numbers, the direction 1")
local _, e = pcall(mynah.grad(function() error({ 7 }) end), { 1 })
assert(e[1] == 7)
