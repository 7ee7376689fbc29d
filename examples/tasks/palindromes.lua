-- Palindromes: eight letters are given, and the eight that make a palindrome of the whole are wanted.
--     mynah examples/tasks/palindromes.lua [STEPS]
package.path = ((arg[0] or ""):match("^(.-)[^/\\]*$")) .. "?.lua;" .. package.path
local teach = require "teach"

teach{
  name = "palindromes",
  alphabet = "abcdefghijklmnopqrstuvwxyz",
  problem = function()
    local letters = {}
    for i = 1, 8 do letters[i] = string.char(96 + math.random(26)) end
    local half = table.concat(letters)
    return half, half:reverse()
  end,
  layers = 2, dim = 64, heads = 4, context = 18,
  steps = math.floor(tonumber(arg[1]) or 2000),
}
