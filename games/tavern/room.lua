-- The tavern as a room: its people walk by A*, talk in bubbles as the words come, act, remember you, and learn a phrase.
--
-- Everybody is a character of the same small bird (`mynah.npc`); all who speak at once are read in one pass. What is done
-- after a line is decided by a classifier that has learned which questions are about what.

local kit = require "kit"
local mynah = require "mynah"
local dialogue = require "dialogue"
local hatch = require "hatch"
local theme = kit.theme

---@type table<string, any>
local room = {}

-- The floor plan, in cells of 32: walls #, the bar B, tables T, the hearth F, barrels K, stools o (one walks over them).
local CELL, LEFT, TOP = 32, 0, 48
---@type string[]
local plan = {
  "########################################",
  "#KK...................##FFFF##........K#",
  "#K....................................K#",
  "#....BBBBBBBBB.........................#",
  "#............B..............TT....TT...#",
  "#............B.............oTTo..oTTo..#",
  "#....o.o.o.o..o........................#",
  "#......................................#",
  "#...TT......TT.........................#",
  "#..oTTo....oTTo.............TT....TT...#",
  "#..........................oTTo..oTTo..#",
  "#......................................#",
  "#......................................#",
  "#....TT.......TT.......TT..............#",
  "#...oTTo.....oTTo.....oTTo............K#",
  "#....................................KK#",
  "###################DD###################",
}
local COLUMNS, ROWS = 40, #plan
---@type string[]
local walls = {}
for r, row in ipairs(plan) do
  plan[r] = row:sub(1, COLUMNS)
  walls[r] = plan[r]:gsub("[BTFKD]", "#"):gsub("o", ".")
end
local grid = mynah.route.grid(walls)

---@type table<string, any>[]
local people = {
  { id = "innkeeper", coat = "#a8505a", hair = "#6d4326", home = { 8, 2 }, haunts = { { 7, 2 }, { 11, 2 }, { 9, 7 }, { 6, 12 } } },
  { id = "miller", coat = "#c9b58a", hair = "#d8d4cb", home = { 27, 6 }, haunts = { { 27, 6 }, { 24, 4 }, { 33, 8 } } },
  { id = "guard", coat = "#5d7a9c", hair = "#2c2f36", home = { 19, 15 }, haunts = { { 19, 15 }, { 22, 12 }, { 30, 13 }, { 16, 11 } } },
  { id = "bard", coat = "#5f8f5c", hair = "#c9722e", home = { 25, 3 }, haunts = { { 25, 3 }, { 21, 7 }, { 13, 11 }, { 31, 12 } } },
}
---@type table<string, any>
local about = {}
for _, c in ipairs(dialogue.characters) do about[c.id] = c end
for _, p in ipairs(people) do p.name, p.title = about[p.id].name, about[p.id].title end

-- What is done after an answer, by what the question was about.
local DEEDS = {
  hello = "wave", bye = "wave", name = "nod", thanks = "nod", yes = "nod", no = "shake", insult = "shake", threat = "shake",
  ale = "serve", food = "serve", price_ale = "serve", price_stew = "serve", where_mill = "point", where_gate = "point",
  where_inn = "point", where_bridge = "point", where_market = "point", north = "point", bridge = "point", river = "point",
  songs = "sing", joke = "sing", love = "sing",
}
local ASK = { "Hello!", "What is there to eat?", "An ale, please", "Open the bridge", "Any wolves about?", "Where is the mill?",
  "Sing me a song", "News of the war?", "Who is Marta?", "Thank you" }

local SPEECH = { tokens = 40, temperature = 0.2, top_p = 0.9, stop = "\n" }
local options = { fresh = false, train_seconds = 100, seed = 1, measure = 0, budget = 2.0 }
local typed, learning_time, now, frame = "", 0.0, 0.0, 0
---@type any, any, any, any
local stage, bird, deeds, chosen
---@type table<string, any>, any, string[][], table<string, any>
local me, lesson, taught, figures = {}, nil, {}, {}
---@type any[]
local log = {}

-- A number that follows a seed, for idling and flickering.
local draw = kit.random(1)

local function cell(x, y) return (y - 1) * COLUMNS + x end
local function place(n) return (n - 1) % COLUMNS + 1, math.floor((n - 1) / COLUMNS) + 1 end
local function middle(x, y) return LEFT + (x - 0.5) * CELL, TOP + (y - 0.5) * CELL end
local function free(x, y) return walls[y] and walls[y]:sub(x, x) == "." end

local walker = mynah.npc.policy{ brain = grid } -- the next cell on the shortest way

-- One step of everybody's way, cell by cell.
local function walk(who, dt)
  local tx, ty = middle(place(who.at))
  local dx, dy = tx - who.x, ty - who.y
  local far = math.sqrt(dx * dx + dy * dy)
  local step = (who.speed or 90) * dt
  who.moving = far > 0.5
  if far > step then
    who.x, who.y = who.x + dx / far * step, who.y + dy / far * step
    who.face = math.abs(dx) > 1 and (dx > 0 and 1 or -1) or who.face
    return
  end
  who.x, who.y = tx, ty
  if who.goal and who.goal ~= who.at then
    local next_cell = walker:decide{ from = who.at, to = who.goal }
    if next_cell then who.at = next_cell else who.goal = nil end
  end
end

local function near(a, b) return math.abs(a.x - b.x) + math.abs(a.y - b.y) end

-- A free cell beside somebody.
local function beside(who)
  local x, y = place(who.at)
  for _, d in ipairs{ { 1, 0 }, { -1, 0 }, { 0, 1 }, { 0, -1 }, { 1, 1 }, { -1, 1 } } do
    if free(x + d[1], y + d[2]) then return cell(x + d[1], y + d[2]) end
  end
  return who.at
end

local function say(who, text)
  local heard = dialogue.hear(text, options.seed)
  local name = text:match("[Mm]y name is (%a+)") or text:match("[Ii] am called (%a+)")
  if name then
    for _, p in ipairs(people) do p.npc:remember("The guest is called " .. name .. ".", { importance = 1 }) end
    me.called = name
  end
  who.question, who.line, who.bubble, who.deed = text, who.npc:say(heard), "", nil
  who.until_when, who.goal = now + 60, who.at
  who.asked = heard
  log[#log + 1] = { "You", text }
end

local function ask(text)
  if not chosen then
    local best
    for _, p in ipairs(people) do
      if not best or near(p, me) < near(best, me) then best = p end
    end
    chosen = best
  end
  if near(chosen, me) > 2.5 * CELL then me.goal = beside(chosen) end
  say(chosen, text)
end

-- Words that have come since the last frame, and what follows a line.
local function listen()
  for _, p in ipairs(people) do
    if p.line then
      local piece = p.line:poll()
      if piece then
        p.bubble = p.bubble .. piece
        figures.pieces = figures.pieces + 1
      end
      if p.line.done then
        local last = p.line:poll()
        if last then p.bubble = p.bubble .. last end
        p.until_when = now + 2.5 + #p.bubble * 0.05
        p.deed, p.deed_from = deeds:decide(p.asked), now
        if p.deed == "serve" then p.mug = { x = p.x, y = p.y } end
        log[#log + 1] = { p.name, p.bubble, p.coat }
        p.line = nil
      end
    end
  end
  while #log > 5 do table.remove(log, 1) end
end

-- Somebody learns a phrase, a little in each frame.
local function learn()
  if not lesson then return end
  local start = mynah.clock()
  if lesson.learning:poll(4.0) then
    local who = lesson.who
    who.bubble = lesson.learning.accepted and "Ha! I have learned something." or "No, that would make me forget the rest."
    who.until_when = now + 4
    if lesson.learning.accepted then taught[#taught + 1] = lesson.pair end
    lesson = nil
  end
  learning_time = learning_time + mynah.clock() - start
end

local function teach(who, said, answer)
  local held = {}
  for i, e in ipairs(dialogue.exchanges(options.seed)) do
    if e.who == who.id and #held < 6 and i % 37 == 0 then held[#held + 1] = { e.ask, e.reply } end
  end
  local heard = dialogue.hear(said, options.seed)
  lesson = { who = who, pair = { said, answer }, begun = now,
    learning = who.npc:learn({ { heard, answer } }, { steps = 60, lr = 1e-2, rank = 4, batch = 1, held_out = held, worse = 0.3 }) }
end

local function talk_among_themselves()
  for i, p in ipairs(people) do
    if not p.line then
      local all = dialogue.exchanges(options.seed)
      local e = all[(frame * 31 + i * 977) % #all + 1]
      p.question, p.asked, p.bubble, p.line = e.ask, e.ask, "", p.npc:say(e.ask)
      p.until_when = now + 5
    end
  end
end

local function cast(id, k)
  local p = people[k]
  p.npc = mynah.npc{ stage = stage, persona = ({ innkeeper = "I", miller = "M", guard = "G", bard = "B" })[id], tokens = SPEECH.tokens,
    temperature = SPEECH.temperature, top_p = SPEECH.top_p, stop = SPEECH.stop, seed = options.seed + k, memory = { tokens = 0 } }
  p.at = cell(p.home[1], p.home[2])
  p.x, p.y = middle(p.home[1], p.home[2])
  p.goal, p.face, p.until_when, p.bubble, p.rest = p.at, 1, 0, nil, 2 + 4 * draw()
end

---@type table<string, any>
local demo = { name = "tavern", title = "The Mynah", about = "an inn at Wendle. Click on somebody or walk up to them, and say something." }
room.demo = demo

function demo.start(seed)
  options.seed = 1
  draw = kit.random(seed)
  bird = hatch(options, function(line) io.stderr:write(line, "\n") end, room.on_step)
  stage = mynah.npc.stage{ model = bird:quantize("q8"), threads = 0 }
  if options.measure > 0 then
    for i = 1, 4 do -- four guests more, who speak with the same voices
      local p = people[i]
      local spot = ({ { 4, 12 }, { 17, 12 }, { 34, 11 }, { 27, 11 } })[i]
      people[4 + i] = { id = p.id, name = "A guest", title = "", coat = ({ "#8c6bb1", "#b1886b", "#6bb1a9", "#b16b8c" })[i], hair = "#463a30",
        home = spot, haunts = { spot } }
    end
  end
  for k, p in ipairs(people) do cast(p.id, k) end
  -- What questions are about, learned from the same dialogue: word counts and naive Bayes.
  local texts, topics = {}, {}
  for _, e in ipairs(dialogue.exchanges(options.seed)) do texts[#texts + 1], topics[#topics + 1] = e.ask, e.topic end
  local words = mynah.data.word_counts()
  local topic_of = mynah.learn.multinomial_nb():fit(words:fit_transform(texts), topics)
  deeds = mynah.npc.policy{ brain = function(question) return DEEDS[topic_of:predict(words:transform{ question })[1]] end }
  local x, y = middle(20, 13)
  me = { x = x, y = y, at = cell(20, 13), goal = cell(20, 13), face = 1, coat = "#d9a441", hair = "#3a2b20", name = "You", speed = 150 }
  chosen, typed, log, lesson, taught, learning_time, now, frame = nil, "", {}, nil, {}, 0, 0, 0
  figures = { polls = {}, pieces = 0, late = 0, began = mynah.clock() }
end

local keys = { up = { 0, -1 }, down = { 0, 1 }, left = { -1, 0 }, right = { 1, 0 } }

function demo.update(dt)
  now, frame = now + dt, frame + 1
  -- Idle people wander; whoever talks stands still, turned to the guest.
  for _, p in ipairs(people) do
    if p.line or now < p.until_when then
      if p ~= me and chosen == p then p.face = me.x > p.x and 1 or -1 end
    else
      p.bubble = nil
      p.rest = p.rest - dt
      if p.rest < 0 then
        local haunt = p.haunts[1 + math.floor(draw() * #p.haunts)]
        p.goal, p.rest = cell(haunt[1], haunt[2]), 5 + 8 * draw()
      end
    end
    walk(p, dt)
    if p.mug then
      local dx, dy = me.x - p.mug.x, me.y - p.mug.y
      local far = math.sqrt(dx * dx + dy * dy)
      if far < 26 then
        p.mug, me.mugs = nil, (me.mugs or 0) + 1
      else
        p.mug.x, p.mug.y = p.mug.x + dx / far * 140 * dt, p.mug.y + dy / far * 140 * dt
      end
    end
  end
  if room.held then
    for key, d in pairs(keys) do
      if room.held(key) and not me.moving then
        local x, y = place(me.at)
        if free(x + d[1], y + d[2]) then me.goal = cell(x + d[1], y + d[2]) end
      end
    end
  end
  walk(me, dt)
  if options.measure > 0 then talk_among_themselves() end
  local start = mynah.clock()
  stage:poll(options.budget)
  listen()
  figures.polls[#figures.polls + 1] = (mynah.clock() - start) * 1000
  learn()
end

-- ---- drawing

local function shade(color, amount) return color .. ("%02x"):format(math.floor(amount * 255)) end

local function draw_room(g)
  g:rect(0, TOP, COLUMNS * CELL, ROWS * CELL, "#3a2a1e")
  for r = 1, ROWS do -- planks
    local y = TOP + (r - 1) * CELL
    g:rect(0, y, COLUMNS * CELL, CELL - 1, r % 2 == 0 and "#6b4c33" or "#65472f")
    for c = r % 3 + 1, COLUMNS, 5 do g:rect((c - 1) * CELL, y, 1, CELL - 1, "#4d3523") end
  end
  g:rect(16.5 * CELL, TOP + 6.6 * CELL, 8 * CELL, 4.6 * CELL, "#7a2f35", 10) -- the rug
  g:frame(16.5 * CELL + 8, TOP + 6.6 * CELL + 8, 8 * CELL - 16, 4.6 * CELL - 16, "#c79a4e", 2, 6)
  for r, row in ipairs(plan) do
    for c = 1, COLUMNS do
      local what, x, y = row:sub(c, c), (c - 1) * CELL, TOP + (r - 1) * CELL
      if what == "#" then
        g:rect(x, y, CELL, CELL, "#2b211b")
        g:rect(x, y + CELL - 8, CELL, 8, "#3d2f26")
      elseif what == "B" then
        g:rect(x, y, CELL, CELL, "#8a5a32")
        g:rect(x, y, CELL, 6, "#a8713f")
      elseif what == "K" then
        g:circle(x + 16, y + 16, 15, "#7d5431")
        g:ring(x + 16, y + 16, 13, "#4f3620", 3)
        g:circle(x + 16, y + 16, 4, "#4f3620")
      elseif what == "o" then
        g:circle(x + 16, y + 16, 9, "#57391f")
        g:circle(x + 16, y + 14, 8, "#7b5330")
      elseif what == "D" then
        g:rect(x, y, CELL, CELL, "#8b6a3d")
        g:rect(x + 2, y + 4, CELL - 4, CELL - 8, "#6b4f2c", 3)
      end
    end
  end
  for r, row in ipairs(plan) do -- tables, two cells by two
    for c = 1, COLUMNS - 1 do
      if row:sub(c, c + 1) == "TT" and tostring(plan[r + 1]):sub(c, c + 1) == "TT" then
        local x, y = c * CELL, TOP + r * CELL
        g:circle(x, y + 4, 31, "#00000040")
        g:circle(x, y, 30, "#8f6236")
        g:circle(x, y, 26, "#a3733f")
        g:circle(x - 8, y - 6, 4, "#f2d06b") -- a candle
        g:circle(x - 8, y - 6, 13 + math.sin(now * 9 + c) * 1.5, "#f2d06b22")
        g:circle(x + 9, y + 5, 5, "#d8c7a8")
      end
    end
  end
  local fx, fy = 26 * CELL, TOP + 1.5 * CELL -- the hearth
  g:rect(24 * CELL, TOP + CELL, 4 * CELL, CELL, "#221813")
  for k = 1, 5 do
    local f = math.sin(now * (6 + k) + k * 2)
    g:circle(fx + (k - 3) * 18, fy + 4 + f * 2, 9 + f * 2, k % 2 == 0 and "#e0622a" or "#f4a259")
    g:circle(fx + (k - 3) * 18, fy + 6 + f, 4, "#f9e08a")
  end
  for k = 1, 14 do g:circle(fx, fy + 20, 40 + k * 15 + math.sin(now * 5) * 3, "#f4a25905") end
  for k, color in ipairs{ "#7bc47f", "#ef6f6c", "#5aa9e6", "#f2d06b", "#b58fd8" } do -- bottles behind the bar
    g:rect((4 + k) * CELL + 8, TOP + CELL + 4, 9, 20, color .. "c0", 3)
  end
end

local function draw_person(ui, who)
  local g, bob = ui.g, who.moving and math.abs(math.sin(now * 11)) * 3 or math.sin(now * 2 + who.x) * 0.8
  local x, y = who.x, who.y - bob
  local deed, since = who.deed, now - (who.deed_from or 0)
  if since > 1.6 then deed = nil end
  if deed == "nod" then y = y + math.sin(since * 12) * 2.5 end
  local sway = deed == "shake" and math.sin(since * 16) * 3 or 0
  g:circle(who.x, who.y + 13, 12, "#00000050")
  if chosen == who then g:ring(who.x, who.y + 10, 17, theme.accent, 2) end
  g:rect(x - 11, y - 6, 22, 22, who.coat, 8)
  g:rect(x - 11, y + 8, 22, 4, "#00000030")
  g:circle(x + sway, y - 13, 10, "#e2b48c")
  g:circle(x + sway, y - 17, 9, who.hair)
  g:circle(x + sway + who.face * 4, y - 12, 1.6, "#20160f")
  local hand = who.face * 13
  if deed == "wave" then
    g:line({ x + hand * 0.8, y, x + hand + math.sin(since * 14) * 5, y - 20 }, who.coat, 5)
    g:circle(x + hand + math.sin(since * 14) * 5, y - 22, 4, "#e2b48c")
  elseif deed == "point" then
    g:line({ x + hand * 0.8, y, x + hand * 2, y - 8 }, who.coat, 5)
    g:circle(x + hand * 2.1, y - 9, 4, "#e2b48c")
  elseif deed == "sing" then
    for k = 0, 2 do
      local t = (since + k * 0.5) % 1.5
      g:circle(x + 14 + k * 7 + math.sin(t * 6) * 4, y - 20 - t * 22, 3, "#f2d06b")
      g:line({ x + 17 + k * 7 + math.sin(t * 6) * 4, y - 20 - t * 22, x + 17 + k * 7 + math.sin(t * 6) * 4, y - 31 - t * 22 }, "#f2d06b", 1.5)
    end
  end
  if who.mug then
    g:rect(who.mug.x - 5, who.mug.y - 6, 10, 12, "#e8d9a8", 2)
    g:rect(who.mug.x - 5, who.mug.y - 8, 10, 4, "#ffffff", 2)
  end
  ui:text(who.name, who.x, who.y + 26, { size = 11.5, color = "#f3e8d6", align = "center", bold = who == me })
end

-- Words above a head, in lines.
local function draw_bubble(ui, who)
  local words = who.bubble
  if who.line and (words == nil or words == "") then words = "…" end
  if not words or words == "" then return end
  local g, lines, line = ui.g, {}, ""
  for word in words:gmatch("%S+") do
    local longer = line == "" and word or line .. " " .. word
    if g:width(longer, 13) > 230 and line ~= "" then
      lines[#lines + 1], line = line, word
    else
      line = longer
    end
  end
  lines[#lines + 1] = line
  local w = 0
  for _, l in ipairs(lines) do w = math.max(w, g:width(l, 13)) end
  w = w + 22
  local h = #lines * 18 + 12
  local x ---@type number
  x = math.max(6, math.min(kit.width - w - 6, who.x - w / 2))
  local y ---@type number
  y = math.max(TOP + 4, who.y - 36 - h)
  g:rect(x + 2, y + 3, w, h, "#00000050", 9)
  g:polygon({ who.x - 6, y + h - 1, who.x + 6, y + h - 1, who.x, y + h + 9 }, "#fbf5e6")
  g:rect(x, y, w, h, "#fbf5e6", 9)
  for k, l in ipairs(lines) do ui:text(l, x + 11, y + 15 + (k - 1) * 18, { size = 13, color = "#2b2119" }) end
end

function demo.draw(ui)
  local g = ui.g
  draw_room(g)
  local all = { me }
  for _, p in ipairs(people) do all[#all + 1] = p end
  table.sort(all, function(a, b) return a.y < b.y end)
  for _, p in ipairs(all) do draw_person(ui, p) end
  for _, p in ipairs(all) do draw_bubble(ui, p) end
  if lesson then
    local share = math.min(1, (now - lesson.begun) / 12)
    g:rect(lesson.who.x - 30, lesson.who.y + 36, 60, 6, "#00000080", 3)
    g:rect(lesson.who.x - 30, lesson.who.y + 36, 8 + 52 * share, 6, theme.good, 3)
  end

  -- Below: what was said, and what one can say.
  local top = TOP + ROWS * CELL
  g:rect(0, top, kit.width, kit.height - top, theme.panel)
  for k, entry in ipairs(log) do
    local y = top + 16 + (k - 1) * 17
    ui:text(entry[1] .. ":", 16, y, { size = 12.5, color = entry[3] or theme.accent, bold = true })
    local words = entry[2]
    while #words > 4 and ui.g:width(words, 12.5) > 450 do words = words:sub(1, -5) .. "…" end
    ui:text(words, 84, y, { size = 12.5, color = theme.ink })
  end
  local p = ui:panel(546, top - 6, 734)
  local who = chosen or people[1]
  for first = 1, 10, 5 do
    p:row(5)
    for k = first, first + 4 do
      if p:button(ASK[k]) then ask(ASK[k]) end
    end
  end
  local words = typed == "" and ("Say something to %s…  (Enter)"):format(who.name) or typed .. "▏"
  ui:text(words, 560, top + 92, { size = 13, color = typed == "" and theme.dim or theme.ink })
  local x = 1110
  local clicked = ui:clicked("Teach a phrase", x, top + 79, 156, 26)
  g:rect(x, top + 79, 156, 26, lesson and theme.card or theme.accent, 6)
  ui:text(lesson and "learning…" or "Teach a phrase", x + 78, top + 92, { size = 13, color = lesson and theme.soft or theme.back, align = "center", bold = true })
  if clicked and not lesson then
    -- Typed: "question = answer"; else a phrase of the house.
    local said, answer = typed:match("^%s*(.-)%s*=%s*(.-)%s*$")
    if not said or said == "" or answer == "" then said, answer = "tell me a secret", "The bridge will be mended by the end of the week." end
    chosen, typed = who, ""
    teach(who, said, answer)
  end
  local m = ui.mouse
  if m.pressed and m.y > TOP and m.y < top then
    local hit
    for _, q in ipairs(people) do
      if math.abs(q.x - m.x) < 18 and math.abs(q.y - m.y) < 28 then hit = q end
    end
    if hit then
      chosen = hit
      if near(hit, me) > 2.5 * CELL then me.goal = beside(hit) end
      if not hit.line then
        hit.bubble, hit.until_when = about[hit.id].greeting, now + 3
        if me.called then hit.bubble = ("Ah, %s! "):format(me.called) .. hit.bubble end
      end
    else
      local cx, cy = math.floor(m.x / CELL) + 1, math.floor((m.y - TOP) / CELL) + 1
      if free(cx, cy) then me.goal = cell(cx, cy) end
    end
  end
end

function demo.key(key)
  if key == "return" or key == "kpenter" then
    if typed:match("%S") then
      ask(typed)
      typed = ""
    end
  elseif key == "backspace" then
    typed = typed:sub(1, -2)
  elseif key == "tab" then
    local at = 0
    for k, p in ipairs(people) do if p == chosen then at = k end end
    chosen = people[at % #people + 1]
  end
end

function demo.facts()
  local out = {}
  for _, entry in ipairs(log) do out[#out + 1] = entry[1] .. ": " .. entry[2] end
  for _, p in ipairs(people) do
    if p.deed then out[#out + 1] = p.name .. " does: " .. p.deed end
  end
  for _, pair in ipairs(taught) do out[#out + 1] = ("learned: %s = %s"):format(pair[1], pair[2]) end
  if me.mugs then out[#out + 1] = ("served: %d"):format(me.mugs) end
  if #people[1].npc.facts > 0 then out[#out + 1] = "remembered: " .. people[1].npc.facts[1] end
  if options.measure > 0 then
    local t = figures.polls
    table.sort(t)
    local function at(p) return t[math.max(1, math.ceil(#t * p))] end
    out[#out + 1] = ("%d characters, %d frames: poll(%.1f) took %.2f ms in the middle, %.2f at 99 %%, %.2f at 99.9 %%, %.2f at most")
      :format(#people, #t, options.budget, at(0.5), at(0.99), at(0.999), t[#t])
    out[#out + 1] = ("%.0f pieces a second in all; %d frames were late"):format(figures.pieces / (mynah.clock() - figures.began), figures.late)
  end
  return out
end

-- Options of the tavern's own, taken out of `words`.
function room.options(words)
  local rest, i = {}, 1
  local known = { ["--fresh"] = "fresh", ["--train-seconds"] = "train_seconds", ["--measure"] = "measure", ["--budget"] = "budget" }
  while words[i] do
    local name = known[words[i]]
    if name == "fresh" then
      options.fresh = true
    elseif name then
      i = i + 1
      options[name] = tonumber(words[i]) or error(words[i - 1] .. " needs a number", 0)
    elseif words[i]:match("^%-%-type=") then
      rest[#rest + 1] = "--key"
      rest[#rest + 1] = "type:" .. words[i]:sub(8)
    else
      rest[#rest + 1] = words[i]
    end
    i = i + 1
  end
  return rest
end

-- `--type=TEXT@FRAME` types a line, as if by hand.
local key = demo.key
function demo.key(name)
  local text = name:match("^type:(.*)")
  if text then
    typed = text
    return key("return")
  end
  key(name)
end

-- Opens the room: in LÖVE as a window, otherwise unseen.
function room.run()
  if not love then
    local words = room.options(arg)
    for i = #arg, 1, -1 do arg[i] = words[i] end
    for i, word in ipairs(words) do arg[i] = word end
    return kit.run(demo)
  end
  kit.run(demo)
  local load, update = love.load, love.update
  function love.load(words) load(room.options(words)) end
  function love.textinput(letters) if #typed < 60 then typed = typed .. letters end end
  function room.held(key) return typed == "" and love.keyboard.isDown(key) end
  -- While the bird is still learning to speak, its progress is the picture.
  function room.on_step(s)
    if s.step % 5 ~= 0 then return end
    love.event.pump()
    love.graphics.origin()
    love.graphics.clear(0.06, 0.08, 0.11)
    love.graphics.setColor(0.91, 0.93, 0.95)
    love.graphics.printf(("A young bird listens to tavern talk: step %d, loss %.2f.\nThis happens once.")
      :format(s.step, s.loss), 0, love.graphics.getHeight() / 2 - 20, love.graphics.getWidth(), "center")
    love.graphics.present()
  end
  if love.keyboard then love.keyboard.setKeyRepeat(true) end
  function love.update(dt)
    if frame and frame > 60 and dt > 1.5 / 60 then figures.late = figures.late + 1 end
    update(dt)
    if options.measure > 0 and now >= options.measure then
      for _, line in ipairs(demo.facts()) do print(line) end
      love.event.quit()
    end
  end
end

return room
