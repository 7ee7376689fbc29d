-- The tavern: trains a small bird on the tavern's own dialogue, then lets you talk to its people.
--
--   love games/tavern                        a room to walk through, with bubbles
--   mynah games/tavern --shot room.png       the same unseen, as a picture
--   mynah games/tavern                       trains once (under two minutes), then talks
--   mynah games/tavern --fresh               trains again
--   mynah games/tavern --train-seconds 20    a quicker, duller bird
--   echo "who are you" | mynah games/tavern --who miller
--
-- Without a terminal it reads one question per line and answers each on one line.

local here = love and love.filesystem.getSource() or tostring(arg[0]):gsub("main%.lua$", ".")
package.path = here .. "/../?.lua;" .. here .. "/../?/init.lua;" .. here .. "/?.lua;" .. package.path
local function drawn()
  for _, word in ipairs(arg) do
    if word == "--shot" or word == "--time" then return true end
  end
  return love ~= nil
end
if drawn() then return require "room".run() end

local mynah = require "mynah"
local dialogue = require "dialogue"
local hatch = require "hatch"

local options, rest = mynah.args(arg, {
  fresh = false, -- train again, even if there is a bird already
  train_seconds = 100, -- most seconds of training
  who = "innkeeper", -- whom to talk to without a terminal
  seed = 1, -- of the dialogue, the first weights and the order of training
})
if rest[1] then error("tavern: unknown argument `" .. rest[1] .. "`", 0) end

-- How people speak: nearly always the likeliest words.
local speech = { tokens = 60, temperature = 0.2, top_p = 0.9, stop = "\n" }

local talking = mynah.is_terminal()

-- What is not an answer goes where it does not mix with the answers.
local function tell(line)
  if talking then print(line) else io.stderr:write(line, "\n") end
end

local function character(name)
  name = name:lower()
  for i, c in ipairs(dialogue.characters) do
    if name == c.id or name == c.name:lower() or name == tostring(i) then return c end
  end
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
local bird = hatch(options, tell)
if talking then
  converse(bird)
else
  for question in io.lines() do
    local reply = {}
    answer(bird, who, question, function(piece) reply[#reply + 1] = piece end)
    print(table.concat(reply))
  end
end
