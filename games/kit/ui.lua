-- Buttons, sliders and other things to touch, drawn anew in every frame, and charts.
--
-- A widget is a call: `if panel:button("Clear") then … end`, `rate = panel:slider("Rate", rate, 0, 1)`.

local theme = require "kit.theme"

---@class kit.Ui
---@field g any What draws: `rect`, `frame`, `line`, `circle`, `ring`, `dots`, `polygon`, `image`, `text`, `width`, `clip`.
---@field mouse { x: number, y: number, down: boolean, pressed: boolean, released: boolean, button: integer, wheel: number }
---@field active any The widget that the mouse was pressed on.
---@field places table Where each widget is, by its label.
---@field forced table Values that the command line gives to widgets.
local ui = {}
ui.__index = ui

---@class kit.Panel
---@field ui kit.Ui
---@field g any
---@field x number
---@field y number Where the next widget goes.
---@field w number
---@field columns? integer
---@field column? integer
local panel = {}
panel.__index = panel

-- A face that draws with `painter` (see soft.lua and screen.lua).
---@return kit.Ui
function ui.new(painter)
  return setmetatable({
    g = painter,
    mouse = { x = -1, y = -1, down = false, pressed = false, released = false, button = 1, wheel = 0 },
    places = {},
    forced = {},
  }, ui)
end

function ui:over(x, y, w, h)
  local m = self.mouse
  return m.x >= x and m.x < x + w and m.y >= y and m.y < y + h
end

-- Whether a rectangle was clicked: pressed and released in it.
function ui:clicked(id, x, y, w, h)
  self.places[id] = { x + w / 2, y + h / 2 }
  local inside = self:over(x, y, w, h)
  if self.mouse.pressed and inside then self.active = id end
  return self.mouse.released and self.active == id and inside, inside
end

-- Whether the mouse was pressed in a view; then also where, in its plane, and with which button.
function ui:touched(view)
  local m = self.mouse
  if m.pressed and view:holds(m.x, m.y) then
    local x, y = view:from(m.x, m.y)
    self.active = view
    return true, x, y, m.button
  end
  return false
end

-- The place in a view's plane that the mouse is over.
function ui:hover(view)
  local m = self.mouse
  if view:holds(m.x, m.y) then return view:from(m.x, m.y) end
end

-- Words in lines of at most `w`; answers how high they are.
function ui:paragraph(text, x, y, w, options)
  options = options or {}
  local size, color = options.size or theme.small, options.color or theme.dim
  local step, line, top = size * 1.5, "", y
  local function put()
    if line ~= "" then self.g:text(line, x, y + step / 2, size, color, nil, options.bold) end
    y = y + step
  end
  for found in text:gmatch("%S+") do
    local word = found
    -- A word that is too long, such as a path, is cut, though not within a letter of several bytes.
    while #word > 8 and self.g:width(word, size, options.bold) > w do
      local cut = #word - 1
      local function within() return (word:byte(cut + 1) or 0) >= 128 and word:byte(cut + 1) < 192 end
      while cut > 4 and (within() or self.g:width(word:sub(1, cut), size, options.bold) > w) do cut = cut - 1 end
      if line ~= "" then put() end
      line = word:sub(1, cut)
      put()
      line, word = "", word:sub(cut + 1)
    end
    local longer = line == "" and word or line .. " " .. word
    if line ~= "" and self.g:width(longer, size, options.bold) > w then
      put()
      line = word
    else
      line = longer
    end
  end
  put()
  return y - top
end

function ui:text(words, x, y, options)
  options = options or {}
  self.g:text(words, x, y, options.size or theme.size, options.color or theme.ink, options.align, options.bold)
end

-- A place for a picture or a chart, with a thin edge.
function ui:field(x, y, w, h, color)
  self.g:rect(x, y, w, h, color or theme.field, theme.round)
  self.g:frame(x, y, w, h, theme.edge, 1, theme.round)
end

function ui:card(x, y, w, h, title)
  self.g:rect(x, y, w, h, theme.panel, theme.round + 2)
  if title then self:text(title, x + 14, y + 18, { size = theme.small, color = theme.dim, bold = true }) end
end

-- A number as one reads it.
---@param v number
---@return string
function ui.number(v)
  if v ~= v then return "–" end
  local a = math.abs(v)
  if v == math.huge or v == -math.huge then return v > 0 and "∞" or "−∞" end
  if a ~= 0 and (a < 1e-3 or a >= 1e5) then return (("%.1e"):format(v):gsub("e([+-])0*(%d)", "e%1%2"):gsub("e%+", "e")) end
  if v == math.floor(v) then return ("%d"):format(v) end
  return a >= 100 and ("%.1f"):format(v) or a >= 10 and ("%.2f"):format(v) or ("%.3f"):format(v)
end

-- A row of marks with their meanings; `items` are { color, words, shape }, shape "line", "dot" (usual) or "ring".
function ui:legend(items, x, y, options)
  options = options or {}
  local at = x
  for _, item in ipairs(items) do
    local color, words, shape = item[1], item[2], item[3] or "dot"
    local w = 18 + self.g:width(words, theme.small) + 16
    if options.w and at > x and at + w - 16 > x + options.w then at, y = x, y + 18 end
    if shape == "line" then
      self.g:line({ at, y, at + 12, y }, color, 2.5)
    elseif shape == "ring" then
      self.g:ring(at + 6, y, 4.5, color, 1.6)
    else
      self.g:circle(at + 6, y, 4.5, color)
    end
    self:text(words, at + 18, y, { size = theme.small, color = theme.soft })
    at = at + w
  end
  return y
end

-- Curves over steps. `options`: `title`, `series` of { y = numbers, x = numbers?, color =, label =, width = }, `log` for
-- a logarithmic height, `low` and `high`, `x_label`, `empty` (what is said while there is nothing).
function ui:chart(x, y, w, h, options)
  local g = self.g
  self:card(x, y, w, h, options.title)
  local left, top, right, bottom = x + 46, y + 34, x + w - 14, y + h - 26
  local log = options.log
  local function height(v) return log and math.log(math.max(v, 1e-300)) / math.log(10) or v end
  local low, high, first, last = math.huge, -math.huge, math.huge, -math.huge
  for _, s in ipairs(options.series) do
    local n = #s.y
    local stride = math.max(1, math.floor(n / 400))
    for i = 1, n, stride do
      local v = s.y[i]
      if v == v and math.abs(v) < math.huge and (not log or v > 0) then
        v = height(v)
        low, high = math.min(low, v), math.max(high, v)
      end
    end
    if n > 0 then
      first = math.min(first, s.x and s.x[1] or 1)
      last = math.max(last, s.x and s.x[n] or n)
    end
  end
  if options.low then low = height(options.low) end
  if options.high then high = height(options.high) end
  if low > high then
    self:text(options.empty or "nothing yet", x + w / 2, y + h / 2, { size = theme.small, color = theme.dim, align = "center" })
    return
  end
  if high - low < 1e-9 then low, high = low - 0.5, high + 0.5 end
  if last - first < 1e-9 then last = first + 1 end
  for k = 0, 2 do
    local at = math.floor(bottom - (bottom - top) * k / 2) + 0.5
    local v = low + (high - low) * k / 2
    g:line({ left, at, right, at }, theme.edge, 1)
    self:text(ui.number(log and 10 ^ v or v), left - 6, at, { size = 10.5, color = theme.dim, align = "right" })
  end
  self:text(ui.number(first), left, bottom + 14, { size = 10.5, color = theme.dim })
  self:text(ui.number(last), right, bottom + 14, { size = 10.5, color = theme.dim, align = "right" })
  if options.x_label then
    self:text(options.x_label, (left + right) / 2, bottom + 14, { size = 10.5, color = theme.dim, align = "center" })
  end
  for _, s in ipairs(options.series) do
    local n = #s.y
    local stride = math.max(1, math.floor(n / 400))
    local line = {}
    local function put(i)
      local v = s.y[i]
      if v == v and math.abs(v) < math.huge and (not log or v > 0) then
        local at = s.x and s.x[i] or i
        line[#line + 1] = left + (at - first) / (last - first) * (right - left)
        line[#line + 1] = bottom - math.max(0, math.min(1, (height(v) - low) / (high - low))) * (bottom - top)
      end
    end
    for i = 1, n, stride do put(i) end
    if (n - 1) % stride ~= 0 then put(n) end
    if #line == 2 then g:circle(line[1], line[2], 2.5, s.color) end
    g:line(line, s.color, s.width or 1.8)
  end
  local at = right
  for i = #options.series, 1, -1 do
    local s = options.series[i]
    if s.label then
      at = at - g:width(s.label, 10.5)
      self:text(s.label, at, y + 18, { size = 10.5, color = s.color })
      at = at - 10
    end
  end
end

-- A column of widgets.
---@return kit.Panel
function ui:panel(x, y, w, h)
  if h then self:card(x, y, w, h) end
  return setmetatable({ ui = self, g = self.g, x = x + 14, y = y + 14, w = w - 28 }, panel)
end

function panel:space(h) self.y = self.y + (h or theme.gap) end

function panel:heading(words)
  self.ui:text(words, self.x, self.y + 7, { size = theme.small, color = theme.dim, bold = true })
  self.y = self.y + 22
end

function panel:label(words, options)
  options = options or {}
  self.ui:text(words, self.x, self.y + 8, { size = options.size or 13, color = options.color or theme.soft, bold = options.bold })
  self.y = self.y + 20
end

function panel:hint(words) self.y = self.y + self.ui:paragraph(words, self.x, self.y, self.w) + 4 end

-- A name on the left and its value on the right.
function panel:pair(name, value, color)
  self.ui:text(name, self.x, self.y + 8, { size = 13, color = theme.soft })
  local words = type(value) == "number" and ui.number(value) or tostring(value)
  self.ui:text(words, self.x + self.w, self.y + 8, { size = 13, color = color or theme.ink, align = "right" })
  self.y = self.y + 20
end

-- The next `n` widgets stand beside each other.
function panel:row(n) self.columns, self.column = n, 0 end

function panel:slot(h)
  if not self.columns then
    local y = self.y
    self.y = y + h + theme.gap
    return self.x, y, self.w
  end
  local w = (self.w - theme.gap * (self.columns - 1)) / self.columns
  local x, y = self.x + self.column * (w + theme.gap), self.y
  self.column = self.column + 1
  if self.column == self.columns then
    self.columns = nil
    self.y = y + h + theme.gap
  end
  return x, y, w
end

-- Whether it was clicked. `options`: `on` (shown as pressed), `color`, `off` (not to be clicked).
function panel:button(label, options)
  options = options or {}
  local x, y, w = self:slot(theme.row)
  local u, g = self.ui, self.g
  local clicked, inside = u:clicked(label, x, y, w, theme.row)
  local held = u.active == label and u.mouse.down and inside
  local fill = options.on and (options.color or theme.accent) or inside and not options.off and "#263142" or theme.card
  g:rect(x, y, w, theme.row, fill, theme.round)
  if not options.on then g:frame(x, y, w, theme.row, theme.edge, 1, theme.round) end
  local ink = options.on and theme.back or options.off and theme.dim or theme.ink
  u:text(label, x + w / 2, y + theme.row / 2 + (held and 1 or 0), { size = 13, color = ink, align = "center", bold = options.on })
  return clicked and not options.off
end

-- A switch with words beside it; answers whether it is on.
function panel:toggle(label, on, color)
  local x, y, w = self:slot(20)
  local u, g = self.ui, self.g
  local clicked = u:clicked(label, x, y - 2, w, 24)
  if u.forced[label] ~= nil then
    on = u.forced[label] == "true"
    u.forced[label] = nil
  end
  if clicked then on = not on end
  g:rect(x, y + 2, 30, 16, on and (color or theme.accent) or theme.edge, 8)
  g:circle(x + (on and 22 or 8), y + 10, 6, on and "#ffffff" or theme.soft)
  u:text(label, x + 40, y + 10, { size = 13, color = on and theme.ink or theme.soft })
  return on
end

-- One of several words; answers which. `items` are words, or { value, words }.
function panel:choice(label, value, items, options)
  options = options or {}
  local u, g = self.ui, self.g
  local forced = u.forced[label]
  u.forced[label] = nil
  if label ~= "" and not options.plain then self:label(label) end
  local x, y, at = self.x, self.y, 0
  local widths = {}
  for i, item in ipairs(items) do
    widths[i] = g:width(type(item) == "table" and item[2] or item, 12.5) + 12
    at = at + widths[i] + 4
  end
  -- As few rows as hold them, with about as many in each.
  local rows, many = {}, math.ceil((at - 4) / self.w)
  for i = 1, #items do
    local k = math.ceil(i * many / #items)
    rows[k] = rows[k] or {}
    table.insert(rows[k], i)
  end
  for _, row in ipairs(rows) do
    local total = 0
    for _, i in ipairs(row) do total = total + widths[i] end
    local more = (self.w - total - 4 * (#row - 1)) / #row
    local px = x
    for _, i in ipairs(row) do
      local item = items[i]
      local key, words = item, item
      if type(item) == "table" then key, words = item[1], item[2] end
      local w = widths[i] + more
      local clicked, inside = u:clicked(label == "" and words or label .. ":" .. words, px, y, w, 24)
      if clicked or forced == words or forced == tostring(key) then value = key end
      local on = value == key
      g:rect(px, y, w, 24, on and theme.accent or inside and "#263142" or theme.card, 5)
      if not on then g:frame(px, y, w, 24, theme.edge, 1, 5) end
      u:text(words, px + w / 2, y + 12, { size = 12.5, color = on and theme.back or theme.soft, align = "center", bold = on })
      px = px + w + 4
    end
    y = y + 28
  end
  self.y = y + theme.gap - 4
  return value
end

-- A number between two others. `options`: `log`, `whole`, `show` (a function that writes the value).
function panel:slider(label, value, low, high, options)
  options = options or {}
  local u, g = self.ui, self.g
  local x, y, w = self:slot(34)
  local bar = y + 25
  u.places[label] = { x + w / 2, bar }
  local function share(v)
    if options.log then return math.log(v / low) / math.log(high / low) end
    return (v - low) / (high - low)
  end
  if u.forced[label] then
    value = tonumber(u.forced[label]) or value
    u.forced[label] = nil
  end
  if u.mouse.pressed and u:over(x - 6, y + 14, w + 12, 22) then u.active = label end
  local moving = u.active == label and (u.mouse.down or u.mouse.released)
  if moving then
    local s = math.max(0, math.min(1, (u.mouse.x - x) / w))
    value = options.log and low * (high / low) ^ s or low + (high - low) * s
    if options.whole then value = math.floor(value + 0.5) end
  end
  value = math.max(low, math.min(high, value))
  local s = share(value)
  u:text(label, x, y + 8, { size = 13, color = theme.soft })
  local words = options.show and options.show(value) or ui.number(value)
  u:text(words, x + w, y + 8, { size = 13, color = theme.ink, align = "right" })
  g:rect(x, bar - 2, w, 4, theme.edge, 2)
  if s > 0 then g:rect(x, bar - 2, math.max(4, w * s), 4, theme.accent, 2) end
  g:circle(x + w * s, bar, moving and 8 or 7, "#ffffff")
  return value
end

return ui
