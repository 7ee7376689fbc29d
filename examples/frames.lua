-- What characters cost a game: a loop of frames in which several talk at once, and how long their poll took in each.
--
--   mynah examples/frames.lua MODEL              a saved model, in 8 bits
--   mynah examples/frames.lua nano-1m            a preset with random weights
--   mynah examples/frames.lua nano-1m --threads 0     the work inside poll, within its budget; 1: by a worker
--
-- Then, at full speed: how many tokens a second one of them speaks, and all of them together, in one pass over the weights.

local mynah = require "mynah"
local options, rest = mynah.args(arg, {
  characters = 8, seconds = 10, fps = 60, budget = 2.0, threads = 0, tokens = 60, seed = 1,
})
local path = rest[1]
if not path then error("frames: a model or a preset, please: mynah examples/frames.lua nano-1m", 0) end

local model
if path:match("^nano%-%w+$") then
  local sizes = mynah.lm.preset(path)
  sizes.tokenizer, sizes.seed = mynah.lm.tokenizer{ kind = "byte" }, 1
  model = mynah.lm.model(sizes):quantize("q8")
else
  model = mynah.lm.frozen(path)
end
print(model)

local function cast(n, threads)
  local stage, all = mynah.npc.stage{ model = model, threads = threads }, {}
  for i = 1, n do
    all[i] = mynah.npc{ stage = stage, persona = "You are number " .. i .. ".", tokens = options.tokens, seed = options.seed + i,
      ignore_end = true }
  end
  return stage, all
end

-- Frames: everybody talks all the time.
local stage, all = cast(options.characters, options.threads)
local lines, took, late, pieces = {}, {}, 0, 0
local begun = mynah.clock()
local frames = math.floor(options.seconds * options.fps)
for frame = 1, frames do
  local start = mynah.clock()
  stage:poll(options.budget)
  for i, npc in ipairs(all) do
    if not lines[i] or lines[i].done then lines[i] = npc:say("What is new?") end
    if lines[i]:poll() then pieces = pieces + 1 end
  end
  took[frame] = (mynah.clock() - start) * 1000
  local due = begun + frame / options.fps
  local now = mynah.clock()
  if now > due then late = late + 1 else mynah.sleep(due - now) end
end
table.sort(took)
local function percentile(p) return took[math.max(1, math.ceil(#took * p))] end
print(("%d frames at %d a second, %d characters, budget %.1f ms, %s"):format(frames, options.fps, options.characters,
  options.budget, options.threads == 0 and "the work inside poll" or "a worker"))
print(("poll took %.2f ms in the middle, %.2f at 99 %%, %.2f at 99.9 %%, %.2f at most; %d frames were late; %.0f pieces a second")
  :format(percentile(0.5), percentile(0.99), percentile(0.999), took[#took], late, pieces / (mynah.clock() - begun)))

-- Full speed: lines of many tokens, less the same with one, so that reading what was said does not count.
local function seconds(n, tokens)
  options.tokens = tokens
  local stage, all = cast(n, 0)
  for _, npc in ipairs(all) do npc:say("What is new?") end
  local start = mynah.clock()
  while stage.busy do stage:poll(1000) end
  return mynah.clock() - start
end
local function rate(n)
  local few, many = seconds(n, 1), seconds(n, 101)
  return n * 100 / (many - few)
end
local one, all_of_them = rate(1), rate(options.characters)
print(("at full speed one speaks %.0f tokens a second, %d together %.0f: %.2f times")
  :format(one, options.characters, all_of_them, all_of_them / one))
