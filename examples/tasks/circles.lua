-- Counting circles: 0, 6 and 9 have one each, 8 has two. How many are in eight digits?
--     mynah examples/tasks/circles.lua [STEPS]
package.path = ((arg[0] or ""):match("^(.-)[^/\\]*$")) .. "?.lua;" .. package.path
local teach = require "teach"

local circles = { [0] = 1, [6] = 1, [8] = 2, [9] = 1 }

teach{
  name = "circles in eight digits",
  alphabet = "0123456789",
  problem = function()
    local digits, count = {}, 0
    for i = 1, 8 do
      digits[i] = math.random(0, 9)
      count = count + (circles[digits[i]] or 0)
    end
    return table.concat(digits), tostring(count)
  end,
  layers = 2, dim = 64, heads = 4, context = 12,
  steps = math.floor(tonumber(arg[1]) or 1000),
}
