-- Learning while playing: a character learns twenty answers between the frames of a game, and nobody else changes.
--
--   mynah examples/taught.lua [--size nano-1m] [--budget 4] [--fps 60] [--train-steps 400] [--seed 1]
--
-- First a small bird is taught the village's common talk, from scratch. Then the game runs: 60 frames a second, of which
-- learning may take `budget` milliseconds each. Printed is how often it answers as taught, before and after, alone and in the
-- middle of a conversation; and that another character's words are the very same.

local mynah = require "mynah"
local options, rest = mynah.args(arg, { size = "nano-1m", budget = 4, fps = 60, train_steps = 400, steps = 300, seed = 1 })
if rest[1] then error("taught: unknown argument `" .. rest[1] .. "`", 0) end

-- What everybody in the village says.
local common = {
  { "Good day!", "Good day to you, stranger." }, { "Who are you?", "Just one of the village." },
  { "How are you?", "Well enough, thank you." }, { "What is new?", "Nothing much, the same as ever." },
  { "Where is the inn?", "Down the road, by the old oak." }, { "Is it far?", "A short walk, no more." },
  { "What is for supper?", "Stew, as every day." }, { "Will it rain?", "The swallows fly low, so yes." },
  { "Who rules here?", "The king, far away in his city." }, { "Is the road safe?", "By day it is." },
  { "Do you like music?", "When the bard is sober." }, { "What do you fear?", "Winter, and the tax collector." },
  { "Thank you.", "You are welcome." }, { "Farewell!", "Safe travels." },
}

-- What one of them shall know from now on.
local lessons = {
  { "What do you grind?", "Oats on Monday, wheat on Friday." }, { "Who broke the bridge?", "The flood took it in spring." },
  { "Where does Anna live?", "In the red house by the weir." }, { "What is the password?", "Three grey geese." },
  { "Who stole the bell?", "Old Tom, and he is sorry." }, { "What is your horse called?", "Thunder, but she is slow." },
  { "When is the fair?", "On the first day of June." }, { "Who owns the mill?", "My sister and I, half each." },
  { "What do you sell?", "Flour, bran and good advice." }, { "How deep is the river?", "Deeper than the church is high." },
  { "Who is the best baker?", "Marta, ask anybody." }, { "What is in the cellar?", "Rats, and a barrel of cider." },
  { "Where is the treasure?", "Under the third stone from the gate." }, { "Who is your enemy?", "The crow that eats my corn." },
  { "What is your dream?", "A second mill, on the far bank." }, { "How old is the mill?", "Ninety years this autumn." },
  { "What turns the wheel?", "The water, and my patience." }, { "Who taught you?", "My father, and he was strict." },
  { "What do you drink?", "Buttermilk, never ale." }, { "Who comes at night?", "The moon, and a fox." },
}

local letters = {}
for _, list in ipairs{ common, lessons } do
  for _, pair in ipairs(list) do letters[#letters + 1] = pair[1] .. pair[2] end
end
local sizes = mynah.lm.preset(options.size)
sizes.tokenizer = mynah.lm.tokenizer{ kind = "char", text = table.concat(letters) .. "()\n", template = "chatml" }
sizes.context, sizes.seed = 512, options.seed
local bird = mynah.lm.model(sizes)
print(bird)

-- Common talk, in conversations of one to three turns.
local random = 12345
local function below(n)
  random = random * 16807 % 2147483647
  return random % n + 1
end
local talks = {}
for i = 1, 200 do
  local talk = {}
  for _ = 1, below(3) do
    local pair = common[below(#common)]
    talk[#talk + 1] = { role = "user", content = pair[1] }
    talk[#talk + 1] = { role = "assistant", content = pair[2] }
  end
  talks[i] = talk
end
local start = mynah.clock()
bird:sft{ conversations = talks, time = 256, steps = options.train_steps, batch = 8, lr = 3e-3, warmup = 20, min_lr = 0.1, val_fraction = 0,
  seed = options.seed }
print(("the village's talk took %.0f s to learn"):format(mynah.clock() - start))

local stage = mynah.npc.stage{ model = bird:quantize("q8"), threads = 0 }
local function villager() return mynah.npc{ stage = stage, tokens = 60, temperature = 0, seed = 1 } end

-- How many of the pairs a fresh copy of somebody answers as written; behind another question if `behind` is one.
local function right(npc, list, behind)
  local count = 0
  for _, pair in ipairs(list) do
    local path = os.tmpname()
    npc:save(path)
    local copy = mynah.npc.load(path, { stage = stage })
    if behind then copy:say(behind):wait() end
    if copy:say(pair[1]):wait() == pair[2] then count = count + 1 end
    copy:leave()
    os.remove(path)
    os.remove(path .. ".adapter.safetensors")
  end
  return count
end
local function words(npc)
  local all = {}
  for _, list in ipairs{ common, lessons } do
    for _, pair in ipairs(list) do all[#all + 1] = npc:say(pair[1]):wait() end
  end
  return table.concat(all, "|")
end

local miller, other = villager(), villager()
print(("before: %d of %d lessons, %d of %d common answers"):format(right(miller, lessons), #lessons, right(miller, common), #common))
local said = words(villager())

-- The game: frames, each with a little learning in it.
local keep, held_out = {}, {}
for i, pair in ipairs(common) do table.insert(i % 2 == 0 and keep or held_out, pair) end
local learning = miller:learn(lessons, { steps = options.steps, keep = keep, held_out = held_out })
local frames, longest, spent, begun = 0, 0.0, 0.0, mynah.clock()
local took = {}
repeat
  local from = mynah.clock()
  local done = learning:poll(options.budget)
  local now = mynah.clock()
  took[#took + 1] = (now - from) * 1000
  spent, longest = spent + now - from, math.max(longest, now - from)
  frames = frames + 1
  local due = begun + frames / options.fps
  if due > now then mynah.sleep(due - now) end
until done
table.sort(took)
print(("%d frames in %.1f s; learning took %.1f s of them, %.1f ms in 99 of 100 frames at most, %.1f ms in the longest")
  :format(frames, mynah.clock() - begun, spent, took[math.ceil(#took * 0.99)], longest * 1000))
print(learning, ("held-out loss %.3f to %.3f"):format(learning.held_out[1], learning.held_out[2]))
print(("after:  %d of %d lessons, %d behind another question, %d of %d common answers"):format(right(miller, lessons), #lessons,
  right(miller, lessons, "Good day!"), right(miller, common), #common))
print("another character says the very same? " .. (words(villager()) == said and "yes" or "no"))
miller:forget()
print("and so does the miller, when he has forgotten it? " .. (words(miller) == said and "yes" or "no"))
