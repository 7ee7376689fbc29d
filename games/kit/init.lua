-- The kit: what all demos share. A demo is a table with `start`, `update` and `draw`, given to `kit.run`.
--
-- In LÖVE it opens a window. With `mynah` it plays some frames unseen and draws the last one into a PNG file:
--
--   love games/NAME
--   mynah games/NAME --shot out.png [--frames 120] [--seed 1] [--size 1280x720] [--time]
--         [--click X,Y[@FRAME]] [--drag X,Y,X,Y[@FRAME]] [--press LABEL[@FRAME]] [--set LABEL=VALUE[@FRAME]] [--key K[@FRAME]]
--
-- Places are in the demo's own units, 1280 by 720, from the left upper corner; a right click is `--click X,Y,2`.
-- The same options work in LÖVE, where `--shot` saves the window and closes it.

local kit = { width = 1280, height = 720 }

-- In LÖVE the kernel is a library beside the game, in games/, or in the folder that MYNAH_LIB names.
if love then
  local here, more = love.filesystem.getSource(), os.getenv("MYNAH_LIB")
  for _, ending in ipairs{ "so", "dll", "dylib" } do
    if more then package.cpath = more .. "/?." .. ending .. ";" .. package.cpath end
    package.cpath = here .. "/?." .. ending .. ";" .. here .. "/../?." .. ending .. ";" .. package.cpath
  end
end
local found, mynah = pcall(require, "mynah")
if not found then
  error("The kernel was not found (mynah.so for LuaJIT). Put it beside the game or into games/, or name its folder in "
    .. "MYNAH_LIB.\n\n" .. tostring(mynah), 0)
end

local theme, ui, view = require "kit.theme", require "kit.ui", require "kit.view"
kit.theme = theme

-- A number as one reads it.
function kit.number(v) return ui.number(v) end

function kit.view(options) return view.new(options) end

-- A picture of numbers or of pixels; `set` gives it new ones. Options as of `mynah.plot.rgba`.
local painter ---@type any

---@class kit.Picture
---@field source any
---@field options table
local picture = {}
picture.__index = picture
---@return kit.Picture
function kit.picture(source, options)
  local p = setmetatable({ options = options or {} }, picture)
  if source then p:set(source) end
  return p
end
function picture:set(source, options)
  self.source, self.options = source, options or self.options
  if love then painter.refresh(painter, self) end
end

-- Random numbers of the kit's own, the same in every Lua: uniform in [0, 1).
function kit.random(seed)
  local state = (seed * 7919 + 12345) % 2147483647
  local function draw()
    state = (state * 48271) % 2147483647
    return state / 2147483647
  end
  for _ = 1, 4 do draw() end
  return draw
end

local USAGE = "options: --shot OUT.png, --frames N, --seed N, --size WxH, --click X,Y, --drag X,Y,X,Y, --press LABEL, "
  .. "--set LABEL=VALUE, --key K, --time"

local function options_of(words)
  local opt = { frames = 120, seed = 1, width = kit.width, height = kit.height, events = {} }
  local i = 1
  local function value()
    i = i + 1
    return words[i] or error(words[i - 1] .. " needs a value; " .. USAGE, 0)
  end
  local function number(name, text, low)
    local n = tonumber(text)
    if not n or n < low or n ~= math.floor(n) then
      error(("--%s needs a whole number of at least %d, got %q"):format(name, low, text), 0)
    end
    return n
  end
  local function timed(text)
    local rest, frame = text:match("^(.*)@(%d+)$")
    return rest or text, math.max(1, tonumber(frame) or 1)
  end
  local function numbers(name, text, least, most)
    local list = {}
    for word in (text .. ","):gmatch("(.-),") do
      list[#list + 1] = tonumber(word) or error(("--%s needs numbers, got %q"):format(name, text), 0)
    end
    if #list < least or #list > most then
      error(("--%s needs %d numbers, got %q"):format(name, least, text), 0)
    end
    return list
  end
  local function add(frame, event)
    event.frame = frame
    opt.events[#opt.events + 1] = event
  end
  while words[i] do
    local word = words[i]
    if word == "--shot" then
      opt.shot = value()
    elseif word == "--frames" then
      opt.frames = number("frames", value(), 1)
    elseif word == "--seed" then
      opt.seed = number("seed", value(), 0)
    elseif word == "--size" then
      local text = value()
      local w, h = text:match("^(%d+)x(%d+)$")
      if not w then error(("--size needs WIDTHxHEIGHT, got %q"):format(text), 0) end
      opt.width, opt.height = tonumber(w), tonumber(h)
    elseif word == "--click" then
      local text, frame = timed(value())
      local p = numbers("click", text, 2, 3)
      add(frame, { kind = "press", x = p[1], y = p[2], button = p[3] or 1 })
      add(frame, { kind = "release", x = p[1], y = p[2], button = p[3] or 1 })
    elseif word == "--drag" then
      local text, frame = timed(value())
      local p = numbers("drag", text, 4, 4)
      add(frame, { kind = "press", x = p[1], y = p[2], button = 1 })
      add(frame, { kind = "move", x = p[3], y = p[4] })
      add(frame, { kind = "release", x = p[3], y = p[4], button = 1 })
    elseif word == "--press" then
      local text, frame = timed(value())
      add(frame, { kind = "press", label = text, button = 1 })
      add(frame, { kind = "release", label = text, button = 1 })
    elseif word == "--set" then
      local text, frame = timed(value())
      local label, to = text:match("^(.-)=(.*)$")
      if not label then error(("--set needs LABEL=VALUE, got %q"):format(text), 0) end
      add(frame, { kind = "set", label = label, value = to })
    elseif word == "--key" then
      local text, frame = timed(value())
      add(frame, { kind = "key", key = text })
    elseif word == "--time" then
      opt.time = true
    elseif word == "--console" then
      opt.console = true -- LÖVE's own
    else
      error(("unknown option `%s`; %s"):format(word, USAGE), 0)
    end
    i = i + 1
  end
  return opt
end

-- One demo at work: its state, its face, the events that wait.
local function stage(demo, face, opt)
  local s = { waiting = {}, frame = 0, spent = {}, quiet = true }

  function s.push(event) s.waiting[#s.waiting + 1] = event end

  -- Hands over waiting events, up to a press or a release: a widget sees each in a frame of its own.
  function s.input()
    local m = face.mouse
    m.pressed, m.released, m.wheel = false, false, 0
    if not m.down then face.active = nil end
    s.quiet = #s.waiting == 0
    while #s.waiting > 0 do
      local e = table.remove(s.waiting, 1)
      if e.label and e.kind ~= "set" then
        local place = face.places[e.label]
        if not place then
          local all = {}
          for label in pairs(face.places) do
            if type(label) == "string" then all[#all + 1] = label end
          end
          table.sort(all)
          error(("there is nothing called %q to press; there are %s"):format(e.label, table.concat(all, ", ")), 0)
        end
        e.x, e.y = place[1], place[2]
      end
      if e.kind == "press" then
        m.x, m.y, m.button, m.down, m.pressed = e.x, e.y, e.button, true, true
        return
      elseif e.kind == "release" then
        m.x, m.y, m.down, m.released = e.x, e.y, false, true
        return
      elseif e.kind == "move" then
        m.x, m.y = e.x, e.y
      elseif e.kind == "wheel" then
        m.wheel = m.wheel + e.y
      elseif e.kind == "set" then
        face.forced[e.label] = e.value
      elseif e.kind == "key" then
        if demo.key then demo.key(e.key) end
      elseif e.kind == "drop" then
        if demo.drop then demo.drop(e.path) end
      end
    end
  end

  function s.update(dt)
    s.frame = s.frame + 1
    for _, e in ipairs(opt.events) do
      if e.frame + 1 == s.frame then s.push(e) end -- the first frame only shows where things are
    end
    s.input()
    local start = mynah.clock()
    demo.update(dt)
    s.spent[#s.spent + 1] = mynah.clock() - start
  end

  function s.draw()
    local g = face.g
    face:text(demo.title, 20, 26, { size = theme.title, bold = true })
    local after = 20 + g:width(demo.title, theme.title, true) + 16
    face:text(demo.about, after, 27, { size = 13.5, color = theme.soft })
    demo.draw(face)
  end

  function s.facts()
    for _, line in ipairs(demo.facts and demo.facts() or {}) do print(line) end
    if opt.time then
      local sum, worst = 0.0, 0.0
      for k, t in ipairs(s.spent) do
        if k > 1 then sum, worst = sum + t, math.max(worst, t) end -- the first one sets up
      end
      print(("update: %.2f ms on average, %.2f ms at most, over %d frames"):format(
        1000 * sum / math.max(1, #s.spent - 1), 1000 * worst, #s.spent))
    end
  end
  return s
end

local function play_unseen(demo)
  local opt = options_of(arg)
  if not opt.shot and not opt.time then
    error(("%s is played with LÖVE: love games/%s\nWithout it: mynah games/%s --shot out.png\n%s"):format(
      demo.title, demo.name, demo.name, USAGE), 0)
  end
  local soft = require "kit.soft"
  local face = ui.new(soft.new())
  local s = stage(demo, face, opt)
  demo.start(opt.seed)
  local frame = 0
  repeat
    frame = frame + 1
    s.update(1 / 60)
    if frame == 1 or not s.quiet or face.mouse.released then s.draw() end
  until frame >= opt.frames and #s.waiting == 0
  if opt.shot then
    local scale = math.min(opt.width / kit.width, opt.height / kit.height)
    local painter = soft.new(kit.width, kit.height, theme.back, scale)
    face.g = painter
    local m = face.mouse
    m.pressed, m.released, m.wheel = false, false, 0
    s.draw()
    painter.canvas:save(opt.shot)
  end
  s.facts()
end

local function play_on_screen(demo)
  local screen = require "kit.screen"
  painter = screen.new()
  local face = ui.new(painter)
  ---@type any, any
  local opt, s
  function love.load(words)
    opt = options_of(words)
    s = stage(demo, face, opt)
    if opt.width ~= kit.width or opt.height ~= kit.height then love.window.updateMode(opt.width, opt.height) end
    demo.start(opt.seed)
  end
  function love.update(dt) s.update(opt.shot and 1 / 60 or math.min(dt, 0.1)) end
  function love.draw()
    painter:begin(kit.width, kit.height, theme.back)
    s.draw()
    if opt.shot and not s.taken and s.frame >= opt.frames and #s.waiting == 0 then
      s.taken = true
      love.graphics.captureScreenshot(function(pixels)
        local file, why = io.open(opt.shot, "wb")
        if not file then error(why, 0) end
        file:write(pixels:encode("png"):getString())
        file:close()
        s.facts()
        love.event.quit()
      end)
    end
  end
  local function at(kind, x, y, button)
    x, y = painter:place(x, y)
    s.push{ kind = kind, x = x, y = y, button = button }
  end
  function love.mousepressed(x, y, button) at("press", x, y, button) end
  function love.mousereleased(x, y, button) at("release", x, y, button) end
  function love.mousemoved(x, y) if not opt.shot then at("move", x, y) end end
  function love.wheelmoved(_, y) s.push{ kind = "wheel", y = y } end
  function love.keypressed(key)
    if key == "escape" then return love.event.quit() end
    s.push{ kind = "key", key = key }
  end
  function love.filedropped(file) s.push{ kind = "drop", path = file:getFilename() } end
end

-- Plays a demo: a table with `name`, `title`, `about` (a line), `start(seed)`, `update(dt)`, `draw(ui)`, and perhaps
-- `key(k)`, `drop(path)` and `facts()`, the lines that are printed beside a picture.
function kit.run(demo)
  if love then play_on_screen(demo) else play_unseen(demo) end
end

return kit
