-- The kit's drawing without a screen: on a canvas of the kernel, or on nothing where a frame is not looked at.

local mynah = require "mynah"

---@class kit.Soft
---@field canvas? mynah.Canvas
local soft = {}
soft.__index = soft

local gauge = mynah.plot.canvas(16, 16) -- measures words

-- A painter on a canvas of `width` by `height` units, `scale` pixels to a unit; without a scale it only measures.
---@return kit.Soft
function soft.new(width, height, background, scale)
  local canvas = scale and mynah.plot.canvas(width, height, { background = background, scale = scale })
  return setmetatable({ canvas = canvas }, soft)
end

function soft:rect(x, y, w, h, color, radius)
  if self.canvas then self.canvas:rect(x, y, w, h, { fill = color, radius = radius or 0 }) end
end

function soft:frame(x, y, w, h, color, width, radius)
  local inset = (width or 1) / 2
  if self.canvas then
    self.canvas:rect(x + inset, y + inset, w - 2 * inset, h - 2 * inset, { line = color, width = width or 1, radius = radius or 0 })
  end
end

function soft:line(points, color, width)
  if self.canvas and #points >= 4 then self.canvas:line(points, { color = color, width = width or 1 }) end
end

function soft:circle(x, y, r, color)
  if self.canvas then self.canvas:circle(x, y, r, { fill = color }) end
end

function soft:ring(x, y, r, color, width)
  if self.canvas then self.canvas:circle(x, y, r, { line = color, width = width or 1 }) end
end

function soft:dots(points, r, color)
  if self.canvas and #points >= 2 then self.canvas:dots(points, r, { fill = color }) end
end

function soft:polygon(points, color)
  if self.canvas and #points >= 6 then self.canvas:polygon(points, { fill = color }) end
end

function soft:image(picture, x, y, w, h)
  if self.canvas and picture.source then self.canvas:image(picture.source, x, y, w, h, picture.options) end
end

function soft:text(words, x, y, size, color, align, bold)
  if self.canvas then self.canvas:text(words, x, y, { size = size, color = color, align = align, bold = bold }) end
end

function soft.width(_, words, size, bold) return gauge:text_width(words, { size = size, bold = bold }) end

function soft:clip(x, y, w, h)
  if self.canvas then self.canvas:clip(x, y, w, h) end
end

-- A picture takes its pixels when it is drawn.
function soft.refresh() end

return soft
