-- Sorting six digits.
--     mynah examples/tasks/sorting.lua [STEPS]
package.path = ((arg[0] or ""):match("^(.-)[^/\\]*$")) .. "?.lua;" .. package.path
local teach = require "teach"

teach{
  name = "sorting six digits",
  alphabet = "0123456789",
  problem = function()
    local digits = {}
    for i = 1, 6 do digits[i] = tostring(math.random(0, 9)) end
    local question = table.concat(digits)
    table.sort(digits)
    return question, table.concat(digits)
  end,
  layers = 2, dim = 64, heads = 4, context = 14,
  steps = math.floor(tonumber(arg[1]) or 1500),
}
