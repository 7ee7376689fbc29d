-- The kit's drawing on LÖVE's window, in the same units and letters as on a canvas.

local mynah = require "mynah"
local graphics = love.graphics

local CAPITAL = 0.727 -- the height of capitals of the kernel's font, in its size

---@class kit.Screen
---@field scale number Pixels to a unit.
---@field left number
---@field top number
---@field fonts table
local screen = {}
screen.__index = screen

local colors = {}
local function color_of(text)
  local c = colors[text]
  if not c then
    local function part(k) return (tonumber(text:sub(k, k + 1), 16) or 255) / 255 end
    c = { part(2), part(4), part(6), #text > 7 and part(8) or 1 }
    colors[text] = c
  end
  return c
end

---@return kit.Screen
function screen.new() return setmetatable({ scale = 1, left = 0, top = 0, fonts = {} }, screen) end

-- Begins a frame of `width` by `height` units, as large as the window allows.
function screen:begin(width, height, background)
  local w, h = graphics.getDimensions()
  local scale = math.min(w / width, h / height)
  if scale ~= self.scale then self.fonts = {} end
  self.scale, self.left, self.top = scale, (w - width * scale) / 2, (h - height * scale) / 2
  graphics.clear(color_of(background))
  graphics.origin()
  graphics.translate(self.left, self.top)
  graphics.scale(scale)
  graphics.setLineJoin("bevel")
end

-- A place in the window, in units.
function screen:place(x, y) return (x - self.left) / self.scale, (y - self.top) / self.scale end

local files = {}
function screen:font(size, bold)
  local key = (bold and "b" or "r") .. size
  local font = self.fonts[key]
  if not font then
    local face = bold and "bold" or "regular"
    files[face] = files[face] or love.filesystem.newFileData(mynah.plot.font(bold or false), face .. ".ttf")
    font = graphics.newFont(files[face], math.max(4, math.floor(size * self.scale + 0.5)), "light")
    self.fonts[key] = font
  end
  return font
end

-- Opaque shapes get a rim of their own colour: LÖVE smooths lines, but not the edges of surfaces.
function screen.rect(_, x, y, w, h, color, radius)
  graphics.setColor(color_of(color))
  graphics.rectangle("fill", x, y, w, h, radius, radius)
  if (radius or 0) > 0 and #color == 7 then
    graphics.setLineWidth(1)
    graphics.rectangle("line", x + 0.5, y + 0.5, w - 1, h - 1, radius, radius)
  end
end

function screen.frame(_, x, y, w, h, color, width, radius)
  local inset = (width or 1) / 2
  graphics.setColor(color_of(color))
  graphics.setLineWidth(width or 1)
  graphics.rectangle("line", x + inset, y + inset, w - 2 * inset, h - 2 * inset, radius, radius)
end

function screen.line(_, points, color, width)
  if #points < 4 then return end
  graphics.setColor(color_of(color))
  graphics.setLineWidth(width or 1)
  graphics.line(points)
end

function screen.circle(_, x, y, r, color)
  graphics.setColor(color_of(color))
  graphics.circle("fill", x, y, r)
  if #color == 7 and r > 1 then
    graphics.setLineWidth(1)
    graphics.circle("line", x, y, r - 0.5)
  end
end

function screen.ring(_, x, y, r, color, width)
  graphics.setColor(color_of(color))
  graphics.setLineWidth(width or 1)
  graphics.circle("line", x, y, r)
end

function screen.dots(_, points, r, color)
  graphics.setColor(color_of(color))
  graphics.setLineWidth(1)
  local rim = #color == 7 and r > 1
  for i = 1, #points, 2 do
    graphics.circle("fill", points[i], points[i + 1], r)
    if rim then graphics.circle("line", points[i], points[i + 1], r - 0.5) end
  end
end

function screen.polygon(_, points, color)
  if #points < 6 then return end
  graphics.setColor(color_of(color))
  graphics.polygon("fill", points)
end

function screen.image(_, picture, x, y, w, h)
  local image = picture.texture
  if not image then return end
  graphics.setColor(1, 1, 1)
  graphics.draw(image, x, y, 0, w / image:getWidth(), h / image:getHeight())
end

function screen:text(words, x, y, size, color, align, bold)
  local font = self:font(size, bold)
  local s = self.scale
  graphics.setColor(color_of(color))
  graphics.setFont(font)
  local share = align == "center" and 0.5 or align == "right" and 1 or 0
  local before = share * font:getWidth(words) / s
  -- Whole pixels, so that letters stay sharp.
  local px, py = self.left + (x - before) * s, self.top + (y + CAPITAL * size / 2) * s - font:getBaseline()
  graphics.push()
  graphics.origin()
  graphics.print(words, math.floor(px + 0.5), math.floor(py + 0.5))
  graphics.pop()
end

function screen:width(words, size, bold) return self:font(size, bold):getWidth(words) / self.scale end

function screen:clip(x, y, w, h)
  if not x then return graphics.setScissor() end
  local s = self.scale
  graphics.setScissor(self.left + x * s, self.top + y * s, math.max(0, w * s), math.max(0, h * s))
end

-- Makes a texture of a picture's pixels.
function screen.refresh(_, picture)
  local source = picture.source
  local w, h
  if type(source) == "table" then
    w, h = #source[1], #source
  else
    local is_tensor, shape = pcall(function() return source.shape end)
    if is_tensor then h, w = shape[1], shape[2] else w, h = source.width, source.height end
  end
  local data = love.image.newImageData(w, h, "rgba8", mynah.plot.rgba(source, picture.options))
  local old = picture.texture
  if old and old:getWidth() == w and old:getHeight() == h then
    old:replacePixels(data)
  else
    picture.texture = graphics.newImage(data)
    local filter = picture.options.smooth and "linear" or "nearest"
    picture.texture:setFilter(filter, filter)
  end
end

return screen
