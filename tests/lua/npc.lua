-- Characters: what they say, do, remember and learn.

-- A bird that knows a few answers by heart.
local known = { { "who?", "a miller." }, { "where?", "by the river." }, { "what?", "corn." } }
local letters = "abcdefghijklmnopqrstuvwxyz .?()\n"
local tok = mynah.lm.tokenizer{ kind = "char", text = letters, template = "plain" }
local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 2, heads = 4, kv_heads = 2, context = 96, seed = 1 }
local talks = {}
for a = 1, 3 do
  for b = 1, 3 do
    for c = 1, 3 do
      local talk = {}
      for _, k in ipairs{ a, b, c } do
        talk[#talk + 1] = { role = "user", content = known[k][1] }
        talk[#talk + 1] = { role = "assistant", content = known[k][2] }
      end
      talks[#talks + 1] = talk
    end
  end
end
bird:sft{ conversations = talks, steps = 200, batch = 9, lr = 1e-2, seed = 1, progress = false, val_fraction = 0 }

local function make(stage, more)
  local options = { stage = stage, tokens = 24, temperature = 0 }
  for key, value in pairs(more or {}) do options[key] = value end
  return mynah.npc(options)
end

-- Alone and in company, in the caller's thread and with a worker: the same words.
local alone = {}
for seed = 1, 6 do
  alone[seed] = mynah.npc{ model = bird, tokens = 12, temperature = 1.2, seed = seed }:say("who?"):wait()
end
for threads = 0, 1 do
  local stage = mynah.npc.stage{ model = bird, threads = threads }
  local lines, texts = {}, {}
  for seed = 1, 6 do
    local npc = mynah.npc{ stage = stage, tokens = 12, temperature = 1.2, seed = seed }
    lines[seed], texts[seed] = npc:say("who?"), ""
    assert(npc.busy)
  end
  check.equal(stage.characters, 6)
  while stage.busy do
    stage:poll(1.0)
    for seed, line in ipairs(lines) do texts[seed] = texts[seed] .. (line:poll() or "") end
  end
  for seed, line in ipairs(lines) do
    texts[seed] = texts[seed] .. (line:poll() or "")
    check.equal(texts[seed], alone[seed], "seed " .. seed)
    check.equal(line.text, alone[seed])
    assert(line.done and not line.cancelled and line.error == nil and line.action == nil)
  end
end

-- Lines wait their turn, are broken off, and stream.
do
  local npc = make(mynah.npc.stage{ model = bird, threads = 0 })
  local a, b = npc:say("who?"), npc:say("what?")
  local heard = ""
  while npc.busy do heard = heard .. (npc:poll(5) or "") end
  check.equal(heard, "a miller.corn.")
  check.equal(a.text, "a miller.")
  check.equal(b.text, "corn.")
  local c = npc:say("where?")
  while c.text == "" do c:poll(0.5) end
  c:cancel()
  npc:poll()
  assert(c.done and c.cancelled and ("by the river."):sub(1, #c.text) == c.text)
  local pieces = {}
  npc = make(npc.stage)
  for piece in npc:stream("who?") do pieces[#pieces + 1] = piece end
  check.equal(table.concat(pieces), "a miller.")
  assert(#pieces > 1)
  check.equal(npc.history[#npc.history].content, "a miller.")
  check.equal(npc:say("where?", { choices = { "north", "south" } }):wait():match("^[ns]o%l+th$") ~= nil, true)
end

-- Characters of one model share a stage, and leave it.
do
  collectgarbage()
  collectgarbage() -- those of before have left
  local one, two = mynah.npc{ model = bird }, mynah.npc{ model = bird }
  check.equal(one.stage.characters, 2)
  two:leave()
  check.equal(one.stage.characters, 1)
  check.refuses(function() two:say("who?") end, "npc: this character has left its stage")
end

-- Acting: verbs with arguments, carried out by the game's functions; an error in one is no end of the game.
do
  local done = {}
  local talker = mynah.lm.model{ tokenizer = mynah.lm.tokenizer{ kind = "byte" }, dim = 16, layers = 1, heads = 1, context = 160, seed = 3 }
  local stage = mynah.npc.stage{ model = talker, threads = 0 }
  local actions = {
    "nod",
    give = {
      args = { { "item", { "bread", "ale" } }, { "count", { 1, 9 } } },
      call = function(args) done[#done + 1] = args.item .. args.count end,
    },
    fail = function() error("the door is locked") end,
  }
  local gave, nodded, failed = 0, 0, 0
  for seed = 1, 40 do
    local npc = mynah.npc{ stage = stage, actions = actions, tokens = 120, temperature = 1, seed = seed, logit_bias = { [10] = 9 } }
    local line = npc:say("Bread, please")
    while not line.done do line:poll(5) end
    if line.action then
      local args = line.action.args
      if line.action.name == "give" then
        gave = gave + 1
        assert((args.item == "bread" or args.item == "ale") and args.count >= 1 and args.count <= 9)
        check.equal(done[#done], args.item .. args.count)
      elseif line.action.name == "fail" then
        failed = failed + 1
        assert(line.error:find("action `fail`: .*the door is locked"), line.error)
      else
        nodded = nodded + 1
        check.equal(next(args), nil)
      end
    end
    npc:leave()
  end
  assert(gave > 3 and nodded > 3 and failed > 3, gave .. " " .. nodded .. " " .. failed)
  check.equal(#done, gave)
end

-- Memory: its own, and what is shared with those who may know it.
do
  local stage = mynah.npc.stage{ model = bird, threads = 0 }
  local miller, stranger = make(stage, { knows = { "village" } }), make(stage)
  miller:remember("i like bread", { importance = 1 })
  stage:set_time(60):share("the bridge is out", { tags = { "village" }, importance = 1 })
  check.equal(stage.time, 60)
  miller:say("bread bridge"):wait()
  stranger:say("bread bridge"):wait()
  local told, untold = miller.history[1].content, stranger.history[1].content
  assert(told:find("i like bread", 1, true) and told:find("the bridge is out", 1, true), told)
  check.equal(untold, "bread bridge")
  assert(miller:forget("i like bread") and not miller:forget("i like bread"))
  check.equal(#miller.facts, 0)
end

-- Learning: it answers what it was taught, others say what they said, and what was learned can be forgotten.
local taught = { { "how?", "with a wheel." }, { "why?", "for bread." } }
local stage = mynah.npc.stage{ model = bird:quantize("q8"), threads = 0 }
local miller, other = make(stage), make(stage)
local function answers(npc, list)
  local all = {}
  for i, pair in ipairs(list) do all[i] = npc:say(pair[1]):wait() end
  return table.concat(all, " ")
end
do
  local before = answers(make(stage), taught)
  local learning = miller:learn(taught, { steps = 200, keep = known, held_out = known })
  local polls = 0
  while not learning:poll(4) do polls = polls + 1 end
  assert(learning.done and learning.accepted and polls > 5)
  assert(learning.held_out[1] < 0.2 and learning.held_out[2] < learning.held_out[1] + 0.1)
  miller:save(TMP .. "/miller.npc")
  check.equal(answers(miller, taught), "with a wheel. for bread.")
  check.equal(answers(other, known), "a miller. by the river. corn.")
  check.equal(answers(make(stage), taught), before)
  -- Through a file: the adapter stands beside it.
  local again = mynah.npc.load(TMP .. "/miller.npc", { stage = stage })
  again:save(TMP .. "/again.npc")
  check.equal(answers(again, taught), "with a wheel. for bread.")
  check.equal(#again.history, 4)
  os.remove(TMP .. "/miller.npc.adapter.safetensors")
  check.equal(answers(mynah.npc.load(TMP .. "/again.npc", { stage = stage }), taught), "with a wheel. for bread.")
  -- It learns on from there, is refused what spoils the rest, and forgets.
  local spoiling = {}
  for i, pair in ipairs(known) do spoiling[i] = { pair[1], "zzzz." } end
  local refused = miller:learn(spoiling, { steps = 60, lr = 1e-2, held_out = known })
  check.equal(refused:wait(), false)
  check.equal(answers(mynah.npc.load(TMP .. "/again.npc", { stage = stage }), taught), "with a wheel. for bread.")
  assert(miller:forget() and not miller:forget())
  local fresh = make(stage)
  check.equal(fresh:say("how?"):wait(), mynah.npc{ stage = stage, tokens = 24, temperature = 0 }:say("how?"):wait())
end

-- An adapter that it was made with, from an object and from a file.
do
  local lora = bird:lora{ rank = 4, seed = 1 }
  lora:train{ pairs = { { "who?", "a smith." } }, steps = 100, batch = 1, lr = 1e-2, progress = false, val_fraction = 0, seed = 1 }
  lora:save(TMP .. "/smith.safetensors")
  check.equal(mynah.npc{ model = bird, adapter = lora, tokens = 24, temperature = 0 }:say("who?"):wait(), "a smith.")
  local smith = mynah.npc{ model = bird, adapter = TMP .. "/smith.safetensors", tokens = 24, temperature = 0 }
  check.equal(smith:say("who?"):wait(), "a smith.")
  smith:save(TMP .. "/smith.npc")
  check.equal(mynah.npc.load(TMP .. "/smith.npc", { model = bird }):say("who?"):wait(), "a smith.")
  check.refuses(function() mynah.npc{ model = bird, adapter = TMP .. "/smith.safetensors", adapter_weight = 0.5 }:learn(taught) end,
    "learn: its adapter works with weight 0.5; one learns on with weight 1 only")
  local small = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 32, seed = 1 }
  check.refuses(function() mynah.npc{ model = small, adapter = lora } end, "adapter: it was made for a model of other sizes")
end

-- What cannot be is refused in a sentence.
check.refuses(function() mynah.npc{ persona = "x" } end, "npc: needs the `model` that speaks, or a `stage`")
check.refuses(function() mynah.npc{ model = 3 } end, "npc: `model` must be a Model or a Frozen, got 3")
check.refuses(function() mynah.npc{ model = bird, stage = stage } end, "npc: takes one of `model` and `stage`; a stage has its model")
check.refuses(function() mynah.npc{ model = bird, personna = "x" } end, "unknown option `personna` for `npc`; did you mean `persona`?")
check.refuses(function() mynah.npc{ model = bird, actions = { give = 3 } } end,
  "npc: action `give` must be a function, a table or true, got 3")
check.refuses(function() mynah.npc{ model = bird, actions = { give = { args = { "item" } } } } end,
  'npc: action `give`: argument 1: must be { name, kind }; a kind is a list of texts, two whole numbers, "number", "flag", "text" or a text\'s most characters; got the string "item"')
check.refuses(function() mynah.npc.stage{ model = bird, threads = 3 } end, "stage: `threads` must be 0 or 1, got 3")
check.refuses(function() stage:poll(-1) end, "poll: the budget is in milliseconds, from 0 to 60000, got -1")
check.refuses(function() miller:learn{ { "one" } } end, "learn: pair 1: must be { what is said, the answer }, got 1 texts")
check.refuses(function() miller:learn{} end, "learn: there are no pairs")
check.refuses(function() miller:say("x", { choices = { "a" }, regex = "b" }) end,
  "constraint: give one of `choices`, `regex`, `json` and `grammar`")
check.refuses(function() mynah.npc.load("no/such.npc", { model = bird }) end, "no/such.npc: no such file")
check.refuses(function() mynah.npc{ model = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, causal = false } } end,
  "stage: this model sees whole texts at once (causal = false), so it cannot speak")
