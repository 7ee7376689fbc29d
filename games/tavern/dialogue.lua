-- The tavern's dialogue: four characters, what players ask them, and what they answer.
--
-- Questions come from `questions.lua`, answers from `voices/`. A question picks a topic,
-- the topic and the character pick a small pool of answers, so a model trained on the
-- lines can learn the mapping. Only ASCII is used, and few characters of it, because a
-- small character-level model spends its capacity on what it has to tell apart.
--
-- One training line is `TAG|question|reply\n`, where TAG is the character's letter.

local questions = require "questions"

local dialogue = {}

-- The longest question, in characters, that a line holds.
dialogue.max_question = 60

dialogue.characters = {
  { id = "innkeeper", name = "Marta", title = "the innkeeper",
    greeting = "Come in, dear, come in! The stew is hot tonight." },
  { id = "miller", name = "Odo", title = "the miller",
    greeting = "Hm. Evening. Mind the flour on the bench." },
  { id = "guard", name = "Bryn", title = "captain of the guard",
    greeting = "Halt. State your business. Be brief." },
  { id = "bard", name = "Finch", title = "the bard",
    greeting = "Ah, a friend at the long day's end! Sit, and lend me your wit." },
}

local tags = { innkeeper = "I", miller = "M", guard = "G", bard = "B" }

local voices = {
  innkeeper = require "voices.innkeeper",
  miller = require "voices.miller",
  guard = require "voices.guard",
  bard = require "voices.bard",
}

-- Each character gives this many different answers to the same question.
local answers_per_question = 1

-- At most this many phrasings of one topic are used, so that no topic drowns the others.
local phrasings_per_topic = { default = 60, unknown = 160 }

-- One phrasing in `opening_every` is heard once more behind a polite opening.
local opening_every = 6

-- Park and Miller's minimal standard generator. Every product stays below 2^53, so the
-- stream is the same whether Lua numbers are floats or integers. (`math.random` is not:
-- its stream differs between Luas.)
local function generator(seed)
  local state = math.floor(seed) % 2147483646 + 1
  local function below(n) -- in 1 .. n
    state = state * 16807 % 2147483647
    return state % n + 1
  end
  for _ = 1, 8 do below(1) end -- neighbouring seeds start close together
  return below
end

local function shuffle(list, below)
  for i = #list, 2, -1 do
    local j = below(i)
    list[i], list[j] = list[j], list[i]
  end
  return list
end

-- A question as the model sees it: lower-case letters, apostrophes and single spaces.
-- Other ASCII becomes a space ("half-rhyme" is two words), anything else is dropped.
local function normalise(question)
  local text = question:gsub("\226\128\153", "'") -- the curly apostrophe, in UTF-8
  text = text:gsub("[\128-\255]", ""):lower():gsub("[^a-z']", " ")
  text = text:gsub(" +", " "):gsub("^ ", ""):sub(1, dialogue.max_question)
  return (text:gsub(" $", ""))
end

-- All openings crossed with all follow-ups of one topic.
local function replies(voice, topic)
  local parts = voice[topic]
  local out = {}
  for _, first in ipairs(parts[1]) do
    for _, second in ipairs(parts[2]) do
      out[#out + 1] = first .. " " .. second
    end
  end
  return out
end

-- The normalised questions of one topic for one character, without repeats.
local function asks(topic, name, below)
  local out, seen = {}, {}
  local function add(text)
    text = normalise((text:gsub("%$me", name)))
    if not seen[text] then
      seen[text] = true
      out[#out + 1] = text
    end
  end

  local all = shuffle(questions.phrasings(topic), below)
  local limit = phrasings_per_topic[topic[1]] or phrasings_per_topic.default
  for i, text in ipairs(all) do
    if #out >= limit then break end
    add(text)
    if not topic.plain and i % opening_every == 0 then
      add(questions.openings[below(#questions.openings)] .. " " .. text)
    end
  end
  return out
end

-- Distinct exchanges `{ who, topic, ask, reply }` in shuffled order. The same seed gives
-- the same list; another seed picks other phrasings and pairs them otherwise.
local made = {}
function dialogue.exchanges(seed)
  seed = seed or 1
  if made[seed] then return made[seed] end
  local below = generator(seed)
  local out = {}
  for _, character in ipairs(dialogue.characters) do
    for _, topic in ipairs(questions.topics) do
      -- Going round a shuffled pool uses every answer about equally often.
      local pool = shuffle(replies(voices[character.id], topic[1]), below)
      local at = 0
      for _, ask in ipairs(asks(topic, character.name, below)) do
        for _ = 1, answers_per_question do
          at = at % #pool + 1
          out[#out + 1] = { who = character.id, topic = topic[1], ask = ask, reply = pool[at] }
        end
      end
    end
  end
  made[seed] = shuffle(out, below)
  return made[seed]
end

-- The start of a line, for the model to go on with the reply and stop at "\n".
function dialogue.prompt(who, question)
  local tag = tags[who] or error("tavern: no character called `" .. tostring(who) .. "`", 2)
  return tag .. "|" .. normalise(question) .. "|"
end

-- A word of `words` that differs from `word` by one slip of the keyboard, if there is one:
-- two letters exchanged, one too many or one too few, but not the first.
local function mended(word, words)
  for i = 2, #word + 1 do
    local before, at, after = word:sub(1, i - 1), word:sub(i, i), word:sub(i + 1)
    local tries = { before .. after:sub(1, 1) .. at .. after:sub(2), before .. after }
    for letter in ("abcdefghijklmnopqrstuvwxyz"):gmatch(".") do tries[#tries + 1] = before .. letter .. at .. after end
    for _, try in ipairs(tries) do
      if words[try] then return try end
    end
  end
end

-- A question in words that somebody in the exchanges has asked with: slips in longer words
-- are mended, other words are left out, for the model has never seen them.
local heard = {}
function dialogue.hear(question, seed)
  seed = seed or 1
  if not heard[seed] then
    heard[seed] = {}
    for _, exchange in ipairs(dialogue.exchanges(seed)) do
      for word in exchange.ask:gmatch("%S+") do heard[seed][word] = true end
    end
  end
  local words, kept = heard[seed], {}
  for word in normalise(question):gmatch("%S+") do
    kept[#kept + 1] = words[word] and word or #word >= 5 and mended(word, words) or nil
  end
  return table.concat(kept, " ")
end

-- One training line.
function dialogue.format(exchange)
  return dialogue.prompt(exchange.who, exchange.ask) .. exchange.reply .. "\n"
end

-- All lines, in shuffled order.
function dialogue.corpus(seed)
  local lines = {}
  for i, exchange in ipairs(dialogue.exchanges(seed)) do
    lines[i] = dialogue.format(exchange)
  end
  return table.concat(lines)
end

return dialogue
