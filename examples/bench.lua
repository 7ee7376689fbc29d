-- How fast a model reads and speaks on this machine, as it is and in fewer bits.
--
--   mynah examples/bench.lua MODEL
--   mynah examples/bench.lua nano-15m        a preset with random weights
--
-- Tokens per second: reading a prompt of 128 tokens, and speaking 64 after it, one at a time.

local mynah = require "mynah"
local path = arg[1]
if not path then error("bench: a model or a preset, please: mynah examples/bench.lua nano-15m", 0) end

local model
if path:match("^nano%-%w+$") then
  local sizes = mynah.lm.preset(path)
  sizes.tokenizer, sizes.seed = mynah.lm.tokenizer{ kind = "byte" }, 1
  model = mynah.lm.model(sizes)
else
  model = mynah.lm.load(path)
end
print(model)

local how = { tokens = 64, temperature = 0, ignore_end = true }
local prompt = {}
math.randomseed(1)
for i = 1, 128 do prompt[i] = math.random(0, 255) end
local text = model.tokenizer:decode(prompt)

---@param speaker mynah.Model|mynah.Frozen
local function measure(name, speaker)
  speaker:generate(text, { tokens = 1, temperature = 0, ignore_end = true }) -- its weights are in memory now
  local start, count, first = mynah.clock(), 0, nil
  for _ in speaker:stream(text, how) do
    count = count + 1
    first = first or mynah.clock()
  end
  local done = mynah.clock()
  print(("%-4s  reads %7.0f  speaks %7.1f tokens a second"):format(name, 128 / (first - start), (how.tokens - 1) / (done - first)))
end

measure("f32", model)
measure("q8", model:quantize("q8"))
measure("q4", model:quantize("q4"))
