-- Parrot: a transformer learns to speak before your eyes, and shows where it looks and what it might say next.
--
--   love games/parrot          mynah games/parrot --shot parrot.png

local here = love and love.filesystem.getSource() or tostring(arg[0]):gsub("main%.lua$", ".")
package.path = here .. "/../?.lua;" .. here .. "/../?/init.lua;" .. package.path
local kit = require "kit"
local mynah = require "mynah"
local theme = kit.theme

-- What it hears: one speaker, a few turns of phrase, many combinations.
local function lesson(seed)
  local draw = kit.random(seed)
  local function one(list) return list[1 + math.floor(draw() * #list)] end
  local birds = { "the parrot", "the mynah", "the crow", "the wren", "the owl" }
  local deeds = { "sings", "sleeps", "eats a nut", "tells a tale", "builds a nest", "counts to ten" }
  local places = { "in the old tree", "on the roof", "by the river", "in the rain", "under the moon" }
  local ends = { "and the cat listens.", "and nobody knows why.", "until the sun is up.", "all day long.", "and then flies away." }
  local lines = {}
  for k = 1, 400 do lines[k] = table.concat({ one(birds), one(deeds), one(places), one(ends) }, " ") end
  return table.concat(lines, "\n") .. "\n"
end

local CONTEXT, BATCH, WINDOW = 40, 6, 24
local LAYERS, HEADS = 2, 4

---@type any, any, any, any, any, any, any, any
local text, tokenizer, bird, opt, tokens, held, draw, seed
local training, speaking, rate, temperature, top_k, top_p, pace = true, true, 4e-3, 0.7, 0, 0.95, 4
---@type any, any, any, any, any
local steps, losses, kept, kept_at, samples
---@type any, any, any, any, any, any
local said, looks, candidates, chosen, picked, frame
local thought_at = 0 -- letters said since it looked
local maps = {}
local function ids_of(words) return tokenizer:encode(words) end

local function restart()
  text = lesson(seed)
  tokenizer = mynah.lm.tokenizer{ kind = "char", text = text }
  bird = mynah.lm.model{ tokenizer = tokenizer, dim = 48, layers = LAYERS, heads = HEADS, hidden = 96, context = CONTEXT, seed = seed }
  opt = mynah.optim.adamw{ lr = rate, weight_decay = 0.01, beta2 = 0.98 }
  local all = ids_of(text)
  local cut = math.floor(#all * 0.9)
  tokens, held = {}, {}
  for i, id in ipairs(all) do
    if i <= cut then tokens[i] = id else held[i - cut] = id end
  end
  draw = kit.random(seed + 5)
  steps, losses, kept, kept_at, samples = 0, {}, {}, {}, {}
  said, looks, candidates, frame = "the ", nil, nil, 0
  picked = picked or { 1, 1 }
end

-- Rows of text with what follows each letter.
local function batch(from, rows)
  local ids, targets = {}, {}
  for r = 1, rows do
    local begin = math.floor(draw() * (#from - CONTEXT - 1))
    ids[r], targets[r] = {}, {}
    for t = 1, CONTEXT do ids[r][t], targets[r][t] = from[begin + t], from[begin + t + 1] end
  end
  return ids, targets
end

local function learn()
  opt.lr = rate
  local loss = bird:loss(batch(tokens, BATCH))
  loss:backward()
  opt:step(bird)
  steps = steps + 1
  losses[#losses + 1] = loss:item()
  if steps % 25 == 0 then
    kept[#kept + 1] = mynah.no_grad(function() return bird:loss(batch(held, BATCH)):item() end)
    kept_at[#kept_at + 1] = steps
  end
end

-- The end of what was said, as much as it may read.
local function window(most)
  local ids = ids_of(said)
  local out = {}
  for i = math.max(1, #ids - most + 1), #ids do out[#out + 1] = ids[i] end
  return out
end

-- Where it looks, and what it might say next, most likely first.
local function think()
  local ids = window(WINDOW)
  looks, thought_at = bird:attention(ids), 0
  for l = 1, LAYERS do
    for h = 1, HEADS do
      maps[l] = maps[l] or {}
      maps[l][h] = maps[l][h] or kit.picture(nil, { color_map = "inferno", low = 0, high = 1 })
      maps[l][h]:set(looks[l][h], { color_map = "inferno", low = 0, high = 1 })
    end
  end
  local row = mynah.no_grad(function() return bird:logits{ window(CONTEXT) } end)
  local logits = row[1][-1] ---@type any
  local plain = logits:softmax(1):totable()
  local cooled = logits / math.max(temperature, 0.02) ---@type any
  local warm = cooled:softmax(1):totable()
  candidates = {}
  for k, p in ipairs(warm) do candidates[k] = { k - 1, p, plain[k] } end
  table.sort(candidates, function(a, b)
    if a[2] ~= b[2] then return a[2] > b[2] end
    return a[1] < b[1]
  end)
  -- What the sampler leaves in the race.
  local sum, left = 0, 0
  for k, c in ipairs(candidates) do
    c.open = (top_k == 0 or k <= top_k) and (sum < top_p or k == 1)
    sum = sum + c[2]
    if c.open then left = left + c[2] end
  end
  for _, c in ipairs(candidates) do c.share = c.open and c[2] / left or 0 end
end

local function readable(id)
  local letter = tokenizer:decode{ id }
  return letter == " " and "space" or letter == "\n" and "new line" or letter
end

local function speak()
  think()
  local options = { tokens = 1, seed = seed * 100000 + #said, temperature = temperature, top_p = top_p }
  if top_k > 0 then options.top_k = top_k end
  local next_letter = bird:generate(said, options)
  chosen, thought_at = next_letter, #next_letter
  said = said .. next_letter
  if #said > 600 then said = said:sub(-400) end
end

local demo = {
  name = "parrot",
  title = "Parrot",
  about = "A transformer hears little stories and learns to tell them. Bright squares are where it looks.",
}

function demo.start(s)
  seed = s
  restart()
  think()
end

function demo.update()
  frame = frame + 1
  -- One thing a frame, so that none is late.
  if speaking and frame % pace == 0 then speak() elseif training then learn() end
  if steps >= 100 * (#samples + 1) then
    local ended = said:gsub("\n", " / ")
    samples[#samples + 1] = { steps, ended:sub(-46) }
  end
end

local function letters_of(ids)
  local out = {}
  for i, id in ipairs(ids) do
    local letter = tokenizer:decode{ id }
    out[i] = letter == " " and "·" or letter == "\n" and "¬" or letter
  end
  return out
end

function demo.draw(ui)
  local g = ui.g
  -- What it says; the letters it looks at are lit.
  ui:card(20, 60, 640, 150, "It says")
  local lines, line, begin = {}, "", 1
  local shown = said:sub(-330)
  for i = 1, #shown do
    local letter = shown:sub(i, i)
    if letter == "\n" or #line >= 72 and letter == " " then
      lines[#lines + 1] = { line, begin }
      line, begin = "", i + 1
    else
      line = line .. letter
    end
  end
  lines[#lines + 1] = { line, begin }
  local now = looks and looks[picked[1]][picked[2]][-1]:totable() or {}
  local first, before = math.max(1, #lines - 4), #shown - thought_at - #now
  for k = first, #lines do
    local words, y = tostring(lines[k][1]), 98 + (k - first) * 24
    for i = 1, #words do
      local weight = now[lines[k][2] + i - 1 - before]
      if weight and weight > 0.02 then
        local x, after = g:width(words:sub(1, i - 1), 16), g:width(words:sub(1, i), 16)
        g:rect(34 + x, y - 11, after - x, 22, theme.palette[6] .. ("%02x"):format(math.floor(40 + 170 * weight)), 3)
      end
    end
    ui:text(words, 34, y, { size = 16, color = k == #lines and theme.ink or theme.soft })
    if k == #lines then g:rect(36 + g:width(words, 16), y - 9, 2, 18, theme.accent) end
  end

  -- What may come next.
  ui:card(20, 218, 300, 282, "The next letter")
  if candidates then
    for k = 1, math.min(9, #candidates) do
      local c = candidates[k]
      local y = 256 + (k - 1) * 25
      ui:text(readable(c[1]), 92, y, { size = 14, align = "right", color = c.open and theme.ink or theme.dim })
      g:rect(102, y - 8, 150, 16, theme.card, 4)
      if c[2] > 0.004 then g:rect(102, y - 8, 150 * c[2], 16, c.open and theme.accent or theme.edge, 4) end
      ui:text(c.open and ("%.1f %%"):format(100 * c.share) or "out", 308, y, { size = 12.5, align = "right", color = c.open and theme.soft or theme.dim })
    end
    local drawn = chosen == " " and "space" or chosen == "\n" and "new line" or chosen or "–"
    ui:text("drawn last: " .. drawn, 34, 486, { size = 12, color = theme.dim })
  end

  -- One map, large.
  ui:card(328, 218, 332, 282, ("Layer %d, head %d: rows look at columns"):format(picked[1], picked[2]))
  local ids = window(WINDOW)
  if looks and maps[picked[1]] then
    local n = looks[1].shape[2]
    local x, y, side = 356, 262, 228
    g:image(maps[picked[1]][picked[2]], x, y, side, side)
    g:frame(x, y, side, side, theme.edge, 1)
    local words = letters_of(ids)
    for i = 1, math.min(n, #words) do
      ui:text(words[i], x + (i - 0.5) * side / n, y - 9, { size = 11, color = theme.soft, align = "center" })
      ui:text(words[i], x - 9, y + (i - 0.5) * side / n, { size = 11, color = theme.soft, align = "center" })
    end
    ui:text("now", x + side + 8, y + side - side / n / 2, { size = 11, color = theme.palette[6] })
    g:frame(x - 1, y + side - side / n, side + 2, side / n + 1, theme.palette[6], 1.2)
    ui:paragraph("Bright: it looks there. What is right of the slope lies ahead, and it cannot see it.", x + side + 8, y, 62, { size = 10.5 })
  end

  ui:chart(20, 508, 640, 192, { title = "Loss (nats per letter)", x_label = "step", low = 0, empty = "it learns nothing yet",
    series = { { y = losses, color = theme.accent, label = "lesson", width = 1.2 }, { y = kept, x = kept_at, color = theme.warm, label = "never heard" } } })

  -- All heads.
  local x, w = 676, 292
  ui:card(x, 60, w, 640, "Where each head looks (click one)")
  for l = 1, LAYERS do
    for h = 1, HEADS do
      local px, py = x + 24 + (l - 1) * 132, 108 + (h - 1) * 146
      if looks then g:image(maps[l][h], px, py, 112, 112) end
      local on = picked[1] == l and picked[2] == h
      g:frame(px, py, 112, 112, on and theme.palette[6] or theme.edge, on and 2 or 1)
      ui:text(("layer %d, head %d"):format(l, h), px, py - 10, { size = 11, color = on and theme.palette[6] or theme.dim })
      if ui:clicked(("layer %d, head %d"):format(l, h), px, py, 112, 112) then picked = { l, h } end
    end
  end

  local p = ui:panel(984, 60, 276, 640)
  p:row(2)
  if p:button("Learn", { on = training }) then training = not training end
  if p:button("Speak", { on = speaking }) then speaking = not speaking end
  p:row(2)
  if p:button("One letter") then
    speaking = false
    speak()
  end
  if p:button("Hatch anew") then
    seed = seed + 1
    restart()
    think()
  end
  rate = p:slider("Learning rate", rate, 1e-4, 3e-2, { log = true })
  pace = p:slider("Frames to a letter", pace, 2, 30, { whole = true })
  p:space(4)
  p:heading("How it chooses")
  local before = table.concat({ temperature, top_k, top_p }, "/")
  temperature = p:slider("Temperature", temperature, 0.05, 2)
  top_k = p:slider("Top k", top_k, 0, 20, { whole = true, show = function(v) return v == 0 and "all" or ("%d"):format(v) end })
  top_p = p:slider("Top p", top_p, 0.05, 1)
  if table.concat({ temperature, top_k, top_p }, "/") ~= before then think() end
  p:hint("A cold parrot repeats, a hot one babbles. Top k and top p take unlikely letters out of the race.")
  p:heading("What it is")
  p:pair("Steps", steps)
  p:pair("Loss", losses[#losses] or 0 / 0)
  p:pair("Numbers learned", bird.size)
  p:pair("Letters it knows", #candidates)
  p:heading("What it said while learning")
  for k = math.max(1, #samples - 4), #samples do
    ui:text(("%d"):format(samples[k][1]), p.x, p.y + 6, { size = 10.5, color = theme.accent })
    ui:text(samples[k][2], p.x + 32, p.y + 6, { size = 10, color = theme.soft })
    p.y = p.y + 15
  end
  if #samples == 0 then p:hint("After every hundred steps a line of it is kept here.") end
end

function demo.key(key)
  if key == "space" then training = not training end
end

function demo.facts()
  local sum, best = 0, candidates[1]
  for _, c in ipairs(candidates) do sum = sum + c.share end
  return {
    ("steps %d, first loss %.4f, last loss %.4f"):format(steps, losses[1] or 0, losses[#losses] or 0),
    ("candidates %d, shares add up to %.6f, likeliest %s"):format(#candidates, sum, readable(best[1])),
    ("looks: layer 1, head 1, last row adds up to %.6f"):format(looks[1][1][-1]:sum():item()),
    "said: " .. said:gsub("\n", "/"),
  }
end

kit.run(demo)
