-- Boolean prefix expressions, nested four deep: "&|10!1" is (1 or 0) and (not 1).
-- The model shows its working (Nye et al. 2021, arXiv:2112.00114): every operator whose operands are known gives way to
-- its value, again and again, until one digit is left: "&|10!1=&10>0". It is right if the last digit is.
--     mynah examples/tasks/boolean.lua [STEPS]
package.path = ((arg[0] or ""):match("^(.-)[^/\\]*$")) .. "?.lua;" .. package.path
local teach = require "teach"

-- An expression exactly `depth` deep of ! (not), & (and), | (or), ^ (exclusive or).
---@param depth integer
local function expression(depth)
  if depth == 0 then return tostring(math.random(0, 1)) end
  local op = math.random(4)
  local deep = expression(depth - 1)
  if op == 1 then return "!" .. deep end
  local other = expression(math.random(0, depth - 1))
  if math.random(2) == 1 then deep, other = other, deep end
  return ("!&|^"):sub(op, op) .. deep .. other
end

local truth = { ["!0"] = "1", ["!1"] = "0" }
for x = 0, 1 do
  for y = 0, 1 do
    truth["&" .. x .. y] = x + y == 2 and "1" or "0"
    truth["|" .. x .. y] = x + y > 0 and "1" or "0"
    truth["^" .. x .. y] = x + y == 1 and "1" or "0"
  end
end

-- The same with every operator of known operands replaced by its value.
local function reduced(text)
  local out, i = {}, 1
  while i <= #text do
    local three, two = truth[text:sub(i, i + 2)], truth[text:sub(i, i + 1)]
    out[#out + 1] = three or two or text:sub(i, i)
    i = i + (three and 3 or two and 2 or 1)
  end
  return table.concat(out)
end

teach{
  name = "boolean expressions of depth 4",
  alphabet = "01!&|^>",
  problem = function()
    local wanted = tostring(math.random(0, 1)) -- as many true as false
    local question, working
    repeat
      question, working = expression(4), {}
      local now = question
      repeat
        now = reduced(now)
        working[#working + 1] = now
      until #now == 1
    until working[#working] == wanted
    return question, table.concat(working, ">")
  end,
  result = function(answer) return answer:sub(-1) end,
  layers = 3, dim = 96, heads = 6, context = 68,
  steps = math.floor(tonumber(arg[1]) or 2400),
}
