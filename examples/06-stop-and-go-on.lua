-- Lesson 6: long runs. With a checkpoint folder, a run that was stopped (Ctrl-C, a power cut) goes on where it was,
-- and ends with the very same weights as if it had never stopped.
--
--   mynah examples/06-stop-and-go-on.lua [--steps 60]

local mynah = require "mynah"
local options = mynah.args(arg, { steps = 60 })

local text = ("the mill turns, the river runs, the miller counts his sacks\n"):rep(40)
local tok = mynah.lm.tokenizer{ text = text }
local function young_bird(seed)
  return mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 2, context = 32, seed = seed }
end

local folder = mynah.cache_dir("examples/stop-and-go-on")

-- One bird learns without a break.
local whole = young_bird(1):train{ text = text, steps = options.steps }

-- The same bird is stopped half-way. (`on_step` ends a run by returning false.)
local half = math.floor(options.steps / 2)
young_bird(1):train{ text = text, steps = options.steps, checkpoint = folder, on_step = function(s) return s.step < half end }
print(("stopped after step %d; %s holds:"):format(half, folder))
for _, name in ipairs{ "last.safetensors", "log.jsonl" } do print("  " .. name) end

-- Later, perhaps tomorrow: a new bird takes everything from the folder and goes on.
local resumed, report = young_bird(2):resume{ text = text, checkpoint = folder }
print(("went on to step %d"):format(report.steps))

local same = true
for name, weight in pairs(whole:parameters()) do
  same = same and weight:eq(resumed:parameters()[name]):all():item()
end
print("the very same weights? " .. (same and "yes" or "NO"))

-- The log has one JSON line for every tenth step.
for line in io.lines(folder .. "/log.jsonl") do print("  " .. line) end
