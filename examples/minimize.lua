-- Minimises a formula in x, y, z ... given on the command line.
--
--   mynah examples/minimize.lua "(1 - x)^2 + 100 * (y - x^2)^2" --x0 "-1.5 2"
--   mynah examples/minimize.lua "x^2 + sin(5 * x)" --method cmaes --lower "-3" --upper 3

local mynah = require "mynah"
local options, rest = mynah.args(arg, { x0 = "", method = "lbfgs", lower = "", upper = "", seed = 1, budget = 10000 })
if #rest ~= 1 then error("minimize: one formula, please: mynah examples/minimize.lua \"x^2 + y^2\" --x0 \"1 1\"", 0) end

local function numbers(text)
  local out = {}
  for number in text:gmatch("%S+") do out[#out + 1] = tonumber(number) or error("minimize: not a number: " .. number, 0) end
  return out
end

-- The formula sees its coordinates by name, and the functions of mynah.math; nothing else.
local names = { "x", "y", "z", "u", "v", "w" }
local scope = {} ---@type table<string, any>
scope.pi = math.pi
for name, f in pairs(mynah.math) do scope[name] = f end
local code, problem = load("return " .. rest[1], "formula", "t", scope)
if not code then error("minimize: " .. problem, 0) end
local function f(p)
  for i, name in ipairs(names) do scope[name] = p[i] end
  return code()
end

-- As many coordinates as the formula names; one bound is for all of them.
local dim = 1
for i, name in ipairs(names) do
  if rest[1]:find("%f[%w_]" .. name .. "%f[^%w_]") then dim = i end
end
local function bound(text)
  local list = numbers(text)
  return #list == 1 and list[1] or list
end

local how = { f = f, method = options.method } ---@type table
if options.lower ~= "" then how.lower = bound(options.lower) end
if options.upper ~= "" then how.upper = bound(options.upper) end
if how.lower or how.upper then how.dim, how.seed, how.budget = dim, options.seed, options.budget end
if options.x0 ~= "" then
  how.x0 = numbers(options.x0)
elseif not how.dim then
  how.x0 = {}
  for i = 1, dim do how.x0[i] = 0 end
end
local r = mynah.optim.minimize(how)
for i, value in ipairs(r.x) do print(("%s = %.10g"):format(names[i], value)) end
print(("f = %.10g"):format(r.f))
print(r.reason)
