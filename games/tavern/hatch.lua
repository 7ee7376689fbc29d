-- The tavern's bird: trained once on the tavern's own dialogue, then kept in the cache.

local mynah = require "mynah"
local dialogue = require "dialogue"

-- What the bird is, and how it learns. Its tokens are whole words, so a line is about 24 of them.
local sizes = { dim = 96, layers = 2, heads = 4, kv_heads = 2, hidden = 192, context = 48 }
local training = { steps = 4000, batch = 14, lr = 3e-3, warmup = 60, min_lr = 0.02, weight_decay = 0.05, val_fraction = 0.02,
  start = "line", eval_interval = 1000, checkpoint_interval = 400 }

-- A conversation as the bird knows it: `TAG|question|reply`, the tag in the place of the persona, earlier turns left out.
local template = "{{ messages[0].content }}|{% if messages[-1].role == 'assistant' %}{{ messages[messages|length - 2].content }}|"
  .. "{{ messages[-1].content }}\n{% else %}{{ messages[-1].content }}|{% endif %}"

-- A number that changes when the dialogue or the bird's shape does.
local function checksum(text)
  local sum = 0
  for i = 1, #text do sum = (sum * 31 + text:byte(i)) % 4294967291 end
  return string.format("%08x", sum)
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

-- `options`: `fresh` (train again), `train_seconds`, `seed`. `tell` is given lines to show; `on_step`, if there is one, sees
-- every step of training, as in `train`.
local function train(path, corpus, options, tell, on_step)
  local run = path .. ".run"
  local tokenizer = mynah.lm.tokenizer{ kind = "trie", text = corpus, template = template }
  local shape = { tokenizer = tokenizer, seed = options.seed }
  for name, size in pairs(sizes) do shape[name] = size end
  local bird = mynah.lm.model(shape)
  local lines = select(2, corpus:gsub("\n", ""))
  tell(("A young bird of %d parameters listens to %d lines of tavern talk, for at most %d seconds.")
    :format(bird.size, lines, options.train_seconds))

  local losses = {}
  local how = { text = corpus, seconds = options.train_seconds, checkpoint = run,
    on_step = function(s)
      losses[#losses + 1] = s.loss
      if on_step then on_step(s) end
    end }
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

return function(options, tell, on_step)
  local corpus = dialogue.corpus(options.seed)
  local path = mynah.cache_dir("tavern") .. "/" .. checksum(corpus .. listed(sizes, training) .. template) .. ".safetensors"
  if not options.fresh then
    local file = io.open(path, "rb")
    if file then
      file:close()
      local ok, bird = pcall(mynah.lm.load, path)
      if ok then return bird end
      tell(tostring(bird)) -- a damaged file: say so, and train again
    end
  end
  return train(path, corpus, options, tell, on_step)
end
