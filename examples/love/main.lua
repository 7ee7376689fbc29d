-- Mynah in LÖVE 11: a bird on a wall that learns a rhyme in another thread, then recites it word by word while the game
-- goes on at its own pace.
--
--   cargo build --release --lib --no-default-features --features module,luajit
--   strip -o examples/love/mynah.so target/release/libmynah.so     (on Windows mynah.dll to mynah.dll, on macOS libmynah.dylib to mynah.so)
--   love examples/love
--
-- A click or a key lets the bird speak again. Once it has learned, it remembers (in the game's save folder).
--
--   love examples/love --steps 50 --once                       learns less, speaks once, says how it went, and quits

-- A library cannot be loaded from inside a .love file: it lies beside it, or in the game's folder.
local ending = love.system.getOS() == "Windows" and "dll" or "so"
for _, folder in ipairs{ love.filesystem.getSource(), love.filesystem.getSourceBaseDirectory() } do
  package.cpath = folder .. "/?." .. ending .. ";" .. package.cpath
end
local mynah = require "mynah"

-- Milliseconds of a frame that the bird may think, and how many pieces of a word it says in a second.
local BUDGET, PACE = 2, 30

-- What the thread does: it has a Lua of its own, and takes the library from where we have it.
local LEARN = [[
  local cpath, path, steps, channel = ...
  package.cpath = cpath
  local mynah = require "mynah"
  local rhyme = "Five grey birds on a garden wall,\nOne saw a cat and told them all.\n"
    .. "Four grey birds on the miller's gate,\nOne went to see why the corn was late.\n"
    .. "Three grey birds on a fisher's rope,\nOne flew away with a bar of soap.\n"
    .. "Two grey birds on a weather vane,\nOne turned round and went home again.\n"
    .. "One grey bird on a chimney stone\nLearned every word, and talks alone.\n"
  local text = rhyme:rep(20)
  local tok = mynah.lm.tokenizer{ kind = "char", text = text }
  local bird = mynah.lm.model{ tokenizer = tok, dim = 64, layers = 2, heads = 4, context = 64, seed = 1 }
  bird:train{ text = text, steps = steps, lr = 3e-3, seed = 1, on_step = function(s) channel:push(s.step / steps) end }
  bird:save(path)
  channel:push("done")
]]

local BEGINNINGS = { "Five grey birds", "Three grey birds", "One grey bird" }

local options = {}
local bird, learning, speech, large, small ---@type any, any, any, any, any
local spoken, progress, seed, time, due = "", 0.0, 0, 0.0, 0.0
local frames, worst = 0, 0.0

local function speak()
  seed = seed + 1
  spoken = assert(BEGINNINGS[(seed - 1) % #BEGINNINGS + 1])
  speech = bird:stream(spoken, { tokens = 100, temperature = 0.4, stop = "\n", seed = seed })
end

local function hatch(path)
  bird = mynah.lm.load(path):quantize("q8")
  speak()
end

function love.load(arguments)
  options = mynah.args(arguments, { steps = 300, once = false })
  local folder = love.filesystem.getSaveDirectory()
  love.filesystem.createDirectory("")
  local path = folder .. "/bird-" .. options.steps .. ".safetensors"
  if love.filesystem.getInfo("bird-" .. options.steps .. ".safetensors") then return hatch(path) end
  local channel = love.thread.newChannel()
  local thread = love.thread.newThread(LEARN)
  thread:start(package.cpath, path, options.steps, channel)
  learning = { thread = thread, channel = channel, path = path }
end

function love.threaderror(_, message) error(message, 0) end

local function listen()
  local message = learning.channel:pop()
  while message do
    if message == "done" then
      local path = learning.path
      learning = nil
      return hatch(path)
    end
    progress, message = message, learning.channel:pop()
  end
end

function love.update(dt)
  time, frames = time + dt, frames + 1
  if learning then return listen() end
  if not speech then return end
  -- The pieces that are due, as far as the budget of this frame goes; the rest comes with the next frames.
  local begun, ms = mynah.clock(), 0.0
  due = math.min(due + dt * PACE, PACE)
  while speech and due >= 1 and ms < BUDGET / 2 do
    local piece = speech()
    spoken, due = spoken .. (piece or ""), due - 1
    if not piece then speech = nil end
    ms = (mynah.clock() - begun) * 1000
  end
  worst = math.max(worst, ms)
  if options.once and not speech then
    print("the bird said: " .. spoken)
    print(("%d frames, the longest thought took %.1f ms"):format(frames, worst))
    love.event.quit()
  end
end

function love.keypressed(key)
  if key == "escape" then return love.event.quit() end
  if bird then speak() end
end

function love.mousepressed()
  if bird then speak() end
end

-- The rest is paint.

local function wall(g, w, h)
  g.setColor(0.55, 0.42, 0.36)
  g.rectangle("fill", 0, h - 110, w, 110)
  g.setColor(0.46, 0.34, 0.29)
  for row = 0, 4 do
    for column = -1, w / 64 do
      g.rectangle("line", column * 64 + row % 2 * 32, h - 110 + row * 24, 64, 24)
    end
  end
end

local function feathers(g, x, y)
  local hop = speech and math.abs(math.sin(time * 9)) * 7 or math.sin(time * 2) * 1.5
  local beak = speech and math.abs(math.sin(time * 17)) * 7 or 0
  y = y - hop
  g.setColor(0.25, 0.23, 0.30)
  g.line(x - 6, y + 40, x - 8, y + 56)
  g.line(x + 6, y + 40, x + 8, y + 56)
  g.setColor(0.16, 0.15, 0.20)
  g.polygon("fill", x - 22, y + 6, x - 78, y + 42, x - 18, y + 32) -- tail
  g.ellipse("fill", x, y + 10, 32, 36)
  g.circle("fill", x + 12, y - 26, 22)
  g.setColor(0.23, 0.22, 0.30)
  g.ellipse("fill", x - 8, y + 12, 18, 24) -- wing
  g.setColor(0.98, 0.76, 0.18)
  g.polygon("fill", x + 31, y - 30 - beak / 2, x + 54, y - 24 - beak, x + 31, y - 22)
  g.polygon("fill", x + 31, y - 22, x + 50, y - 20 + beak, x + 30, y - 16)
  g.polygon("fill", x + 6, y - 36, x - 12, y - 30, x + 4, y - 26) -- a mynah's yellow cheek
  g.setColor(1, 1, 1)
  g.circle("fill", x + 19, y - 32, 6)
  g.setColor(0, 0, 0)
  g.circle("fill", x + 21, y - 32, 3)
end

local function bubble(g, text, x, y, width)
  local _, lines = g.getFont():getWrap(text, width)
  local height = math.max(#lines, 1) * g.getFont():getHeight()
  g.setColor(1, 1, 1, 0.95)
  g.rectangle("fill", x - 18, y - height - 14, width + 36, height + 28, 14)
  g.polygon("fill", x + 20, y + 10, x + 60, y + 10, x + 16, y + 44)
  g.setColor(0.13, 0.13, 0.18)
  g.printf(text, x, y - height, width)
end

function love.draw()
  local g = love.graphics
  local w, h = g.getDimensions()
  for i = 0, 15 do
    g.setColor(0.55 + i * 0.02, 0.75 + i * 0.01, 0.92)
    g.rectangle("fill", 0, h * i / 16, w, h / 16 + 1)
  end
  g.setColor(1, 0.95, 0.75)
  g.circle("fill", w - 110, 90, 40)
  g.setColor(1, 1, 1, 0.7)
  for i = 0, 2 do
    local x = (time * (8 + 3 * i) + i * 300) % (w + 240) - 120
    g.ellipse("fill", x, 70 + i * 38, 60, 15)
    g.ellipse("fill", x + 32, 60 + i * 38, 40, 17)
  end
  wall(g, w, h)
  g.setLineWidth(3)
  feathers(g, 250, h - 168)
  g.setLineWidth(1)
  large = large or g.newFont(22)
  small = small or g.newFont(13)
  g.setFont(large)
  local said = spoken
  if learning then said = ("I am learning a rhyme ... %d %%"):format(progress * 100) end
  bubble(g, said, 330, 190, 380)
  g.setFont(small)
  g.setColor(1, 1, 1)
  g.print(("%d frames a second; the longest thought took %.1f ms. A click or a key: again."):format(love.timer.getFPS(), worst), 12, h - 24)
end
