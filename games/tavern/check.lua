-- Checks the tavern's dialogue: sizes, characters, lengths, facts, and that a seed always
-- gives the same corpus. Prints the counts and a few samples of every voice to read.
--
-- Run it from anywhere: lua5.4 games/tavern/check.lua [sample seed]

local here = (arg and arg[0] or ""):match("^(.*)[/\\]") or "."
package.path = here .. "/?.lua;" .. package.path

local dialogue = require "dialogue"
local questions = require "questions"

local exchanges = dialogue.exchanges(1)
local corpus = dialogue.corpus(1)

local function same(got, want)
  if got ~= want then
    error(string.format("wanted %q, got %q", tostring(want), tostring(got)), 2)
  end
end

-- Facts ---------------------------------------------------------------------------------

local price = { bed = "three", room = "three", stew = "two", bowl = "two", ale = "one", mug = "one" }
local numbers = { one = true, two = true, three = true, four = true, five = true, six = true }
local topic_price = {
  bed = "three", price_bed = "three", food = "two", price_stew = "two", ale = "one", price_ale = "one",
}

-- In a reply that names coppers, each clause with one ware and one number agrees with the
-- price list; a bare "two coppers" agrees with the topic.
local function check_prices(exchange)
  local reply = exchange.reply:lower()
  if not reply:find("copper", 1, true) then return end
  local expected = topic_price[exchange.topic]
  local listed = expected or exchange.topic == "prices"
  for number in reply:gmatch("(%a+) coppers?") do
    if numbers[number] then
      assert(listed, "a price outside the topics of price: " .. exchange.reply)
      assert(not expected or number == expected, "wrong price: " .. exchange.reply)
    end
  end
  if not listed then return end
  for clause in reply:gmatch("[^.,!?]+") do
    local ware, number
    for word in clause:gmatch("%a+") do
      if price[word] then ware = word end
      if numbers[word] and not number then number = word end
    end
    if ware and number then
      assert(price[ware] == number, "wrong price for " .. ware .. ": " .. exchange.reply)
    end
  end
end

-- Every capitalised word inside a sentence is a known name.
local known = {}
for word in ("I I'm I'll I've I'd A Marta Marta's Odo Odo's Bryn Finch Finch's Captain Tam Pepper "
  .. "Osric Wendle Wend Mynah King"):gmatch("%S+") do
  known[word] = true
end

local function check_names(reply)
  local inside = (". " .. reply):gsub("([.!?]) %u", "%1 ") -- without the sentences' capitals
  for word in inside:gmatch("%f[%a]%u[%a']*") do
    assert(known[word], "unknown name " .. word .. " in: " .. reply)
  end
end

-- Only Finch has seen a dragon; the others call it a story.
local function check_dragon(exchange)
  if exchange.topic ~= "dragon" then return end
  local reply = exchange.reply:lower()
  local denies = reply:find("no dragon", 1, true) or reply:find("story", 1, true)
    or reply:find("a tale", 1, true)
  if exchange.who == "bard" then
    assert(not denies, "Finch doubts the dragon: " .. exchange.reply)
  else
    assert(denies, "only Finch believes in the dragon: " .. exchange.reply)
  end
end

-- Counts and bounds ---------------------------------------------------------------------

local lines, replies, distinct_questions, topic_of = {}, {}, {}, {}
local per_character, letters = {}, {}
local n_replies, n_questions, n_letters, longest = 0, 0, 0, 0

for _, exchange in ipairs(exchanges) do
  local line = dialogue.format(exchange)
  assert(not lines[line], "repeated: " .. line)
  lines[line] = true
  assert(#line < 190, "line too long: " .. line)
  assert(#exchange.ask <= dialogue.max_question, "question too long: " .. exchange.ask)
  assert(#exchange.reply >= 25 and #exchange.reply <= 110, "reply too short or long: " .. exchange.reply)
  assert(not exchange.reply:find("[^%a .,!?'%-]"), "odd character: " .. exchange.reply)
  assert(not exchange.reply:find("  ", 1, true), "double space: " .. exchange.reply)
  same(dialogue.prompt(exchange.who, exchange.ask) .. exchange.reply .. "\n", line)

  -- The topic must follow from the question alone, or there is nothing to learn.
  local key = exchange.ask
  assert(not topic_of[key] or topic_of[key] == exchange.topic,
    "`" .. key .. "` is asked in both " .. tostring(topic_of[key]) .. " and " .. exchange.topic)
  topic_of[key] = exchange.topic

  check_prices(exchange)
  check_names(exchange.reply)
  check_dragon(exchange)

  per_character[exchange.who] = (per_character[exchange.who] or 0) + 1
  if not distinct_questions[key] then
    distinct_questions[key] = true
    n_questions = n_questions + 1
  end
  if not replies[exchange.reply] then
    replies[exchange.reply] = true
    n_replies = n_replies + 1
  end
  longest = math.max(longest, #line)
end

-- The same over every phrasing, also those that this seed left out.
local asked = {}
for _, topic in ipairs(questions.topics) do
  for _, text in ipairs(questions.phrasings(topic)) do
    local key = dialogue.prompt("guard", text)
    assert(not asked[key] or asked[key] == topic[1],
      "`" .. text .. "` is asked in both " .. tostring(asked[key]) .. " and " .. topic[1])
    asked[key] = topic[1]
  end
end

for letter in corpus:gmatch(".") do
  if not letters[letter] then
    letters[letter] = true
    n_letters = n_letters + 1
  end
end

assert(#exchanges >= 2000, "too few exchanges")
for _, character in ipairs(dialogue.characters) do
  assert((per_character[character.id] or 0) >= 800, "too few exchanges for " .. character.id)
end

-- The interface -------------------------------------------------------------------------

same(dialogue.corpus(1), corpus)
assert(dialogue.corpus(2) ~= corpus, "the seed changes nothing")
same(dialogue.prompt("guard", "  What's   THIS, then?! "), "G|what's this then|")
same(dialogue.prompt("miller", "half-rhyme"), "M|half rhyme|")
same(dialogue.prompt("bard", "what\226\128\153s caf\195\169 42"), "B|what's caf|")
same(dialogue.prompt("innkeeper", ""), "I||")
same(dialogue.prompt("innkeeper", "a|b\nc"), "I|a b c|")
same(#dialogue.prompt("guard", string.rep("wolves ", 20)), 3 + 60)
same(pcall(dialogue.prompt, "cook", "hello"), false)

same(dialogue.hear("Where's the MILLER, you xylophone?"), "where's the miller you")
same(dialogue.hear("tell me abuot the brigde, the wolfs"), "tell me about the bridge the wolf")
same(dialogue.hear("quantum"), "")

-- Report --------------------------------------------------------------------------------

-- A checksum, to compare the corpus between Luas.
local sum = 0
for i = 1, #corpus do
  sum = (sum * 31 + corpus:byte(i)) % 2147483647
end

print(string.format("exchanges           %d", #exchanges))
for _, character in ipairs(dialogue.characters) do
  print(string.format("  %-17s %d", character.id, per_character[character.id]))
end
print(string.format("topics              %d", #questions.topics))
print(string.format("distinct questions  %d", n_questions))
print(string.format("distinct replies    %d", n_replies))
print(string.format("bytes               %d", #corpus))
print(string.format("longest line        %d", longest))
print(string.format("character set       %d", n_letters))
print(string.format("checksum            %d", sum))

local per_voice = 5
for _, character in ipairs(dialogue.characters) do
  print("\n" .. character.name .. ", " .. character.title)
  local shown = 0
  for _, exchange in ipairs(dialogue.exchanges(tonumber(arg and arg[1]) or 1)) do
    if exchange.who == character.id and shown < per_voice then
      shown = shown + 1
      print("  > " .. exchange.ask)
      print("    " .. exchange.reply)
    end
  end
end
