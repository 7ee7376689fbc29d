-- Lesson 8: ways. A maze is dug, and several methods look for the way through it.
--
--   mynah examples/08-mazes.lua [--width 24 --height 10 --seed 7]

local mynah = require "mynah"
local options = mynah.args(arg, { width = 24, height = 10, seed = 7 })

local maze = mynah.route.maze{ width = options.width, height = options.height, seed = options.seed, loops = 0.05 }
local goal = maze.width * maze.height
local way = maze:path(1, goal)
print(maze:text(way))

print(("%d passages; from the first cell to the last:"):format(maze.passages))
for _, method in ipairs{ "astar", "dijkstra", "bfs", "greedy", "bidirectional" } do
  local _, length, looked = maze:path(1, goal, method)
  print(("  %-14s length %3d, looked at %3d cells"):format(method, length, looked))
end

-- The same search works on anything that has neighbours: words that differ by one letter.
local words = {}
for word in ("cold cord card ward warm worm corm form word wold bold cola"):gmatch("%a+") do words[#words + 1] = word end
local function beside(a, b)
  local differ = 0
  for i = 1, #a do if a:sub(i, i) ~= b:sub(i, i) then differ = differ + 1 end end
  return differ == 1
end
local chain = mynah.route.astar{ start = "cold", goal = "warm", neighbours = function(word)
  local out = {}
  for _, other in ipairs(words) do if beside(word, other) then out[#out + 1] = { other, 1 } end end
  return out
end }
print("\nfrom cold to warm: " .. table.concat(chain or { "no way" }, ", "))

print("\nNext: mynah examples/tsp.lua for round trips; help \"mynah.route\" lists the rest.")
