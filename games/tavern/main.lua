-- The tavern: trains a small bird on the tavern's own dialogue, then lets you talk to its people.
--
--   mynah games/tavern                       trains once (under two minutes), then talks
--   mynah games/tavern --fresh               trains again
--   mynah games/tavern --train-seconds 20    a quicker, duller bird
--   echo "who are you" | mynah games/tavern --who miller
--
-- Without a terminal it reads one question per line and answers each on one line.

local mynah = require "mynah"
local dialogue = require "dialogue"

local options, rest = mynah.args(arg, {
  fresh = false, -- train again, even if there is a bird already
  train_seconds = 100, -- most seconds of training
  who = "innkeeper", -- whom to talk to without a terminal
  seed = 1, -- of the dialogue, the first weights and the order of training
})
if rest[1] then error("tavern: unknown argument `" .. rest[1] .. "`", 0) end

-- What the bird is, and how it learns. Its tokens are whole words, so a line is about 24 of them.
local sizes = { dim = 96, layers = 2, heads = 4, kv_heads = 2, hidden = 192, context = 48 }
local training = { steps = 4000, batch = 14, lr = 3e-3, warmup = 60, min_lr = 0.02, weight_decay = 0.05, val_fraction = 0.02,
  start = "line", eval_interval = 1000, checkpoint_interval = 400 }

-- How people speak: nearly always the likeliest words.
local speech = { tokens = 60, temperature = 0.2, top_p = 0.9, stop = "\n" }

local talking = mynah.is_terminal()

-- What is not an answer goes where it does not mix with the answers.
local function tell(line)
  if talking then print(line) else io.stderr:write(line, "\n") end
end

-- A number that changes when the dialogue or the bird's shape does.
local function checksum(text)
  local sum = 0
  for i = 1, #text do sum = (sum * 31 + text:byte(i)) % 4294967291 end
  return string.format("%08x", sum)
end

local function character(name)
  name = name:lower()
  for i, c in ipairs(dialogue.characters) do
    if name == c.id or name == c.name:lower() or name == tostring(i) then return c end
  end
end

local function train(path, corpus)
  local run = path .. ".run"
  local tokenizer = mynah.lm.tokenizer{ kind = "trie", text = corpus }
  local shape = { tokenizer = tokenizer, seed = options.seed }
  for name, size in pairs(sizes) do shape[name] = size end
  local bird = mynah.lm.model(shape)
  local lines = select(2, corpus:gsub("\n", ""))
  tell(("A young bird of %d parameters listens to %d lines of tavern talk, for at most %d seconds.")
    :format(bird.size, lines, options.train_seconds))

  local losses = {}
  local how = { text = corpus, seconds = options.train_seconds, checkpoint = run,
    on_step = function(s) losses[#losses + 1] = s.loss end }
  local learn = bird.resume
  if mynah.lm.can_resume(run) and not options.fresh then
    tell("It goes on where it was interrupted.")
  else
    learn, how.seed = bird.train, options.seed
    for name, value in pairs(training) do how[name] = value end
  end
  local _, report = learn(bird, how)
  if #losses > 0 then
    tell(("loss  %s  %.2f to %.2f"):format(mynah.plot.sparkline(losses, 48), losses[1], losses[#losses]))
  end
  tell(("%d steps in %.0f seconds."):format(report.steps, report.seconds))

  bird:save(path)
  for _, name in ipairs{ "best.safetensors", "last.safetensors", "log.jsonl" } do os.remove(run .. "/" .. name) end
  os.remove(run)
  return bird
end

-- Names and values of both tables, always in one order.
local function listed(...)
  local out = {}
  for _, settings in ipairs{ ... } do
    for name, value in pairs(settings) do out[#out + 1] = name .. "=" .. tostring(value) end
  end
  table.sort(out)
  return table.concat(out, " ")
end

local function hatch()
  local corpus = dialogue.corpus(options.seed)
  local path = mynah.cache_dir("tavern") .. "/" .. checksum(corpus .. listed(sizes, training)) .. ".safetensors"
  if not options.fresh then
    local file = io.open(path, "rb")
    if file then
      file:close()
      local ok, bird = pcall(mynah.lm.load, path)
      if ok then return bird end
      tell(tostring(bird)) -- a damaged file: say so, and train again
    end
  end
  return train(path, corpus)
end

-- Calls `hear` with each piece of the reply as it comes.
local function answer(bird, who, question, hear)
  local prompt = dialogue.prompt(who.id, dialogue.hear(question, options.seed))
  for piece in bird:stream(prompt, speech) do hear(piece) end
end

local function converse(bird)
  local function choose()
    print("\nWho is here:")
    for i, c in ipairs(dialogue.characters) do print(("  %d  %s, %s"):format(i, c.name, c.title)) end
    while true do
      io.write("Talk to whom? ")
      local line = io.read()
      if not line then return nil end
      local who = character(line:match("^%s*(.-)%s*$"))
      if who then
        print(("\n%s: %s"):format(who.name, who.greeting))
        return who
      end
      print("A number or a name, please.")
    end
  end

  print("\nThe Mynah, an inn at Wendle. A name changes the company, an empty line shows it, `bye` leaves.")
  local who = choose()
  while who do
    io.write("You: ")
    local line = io.read()
    if not line then break end
    line = line:match("^%s*(.-)%s*$")
    if line == "bye" or line == "quit" or line == "exit" then break end
    if line == "" then
      who = choose()
    elseif character(line) then
      who = character(line)
      print(("\n%s: %s"):format(who.name, who.greeting))
    else
      io.write(who.name, ": ")
      answer(bird, who, line, function(piece)
        io.write(piece)
        io.stdout:flush()
      end)
      print()
    end
  end
  print("\nThe door falls shut behind you.")
end

local who = character(options.who)
if not who then error("tavern: nobody here is called `" .. options.who .. "`", 0) end
local bird = hatch()
if talking then
  converse(bird)
else
  for question in io.lines() do
    local reply = {}
    answer(bird, who, question, function(piece) reply[#reply + 1] = piece end)
    print(table.concat(reply))
  end
end
