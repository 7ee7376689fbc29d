-- Painter: a picture is painted from shapes, or bred pixel by pixel, until it looks like the one on the left.
--
--   love games/painter          mynah games/painter --shot painter.png
--
-- Drop a PNG or JPEG file on the window to have it painted.

local here = love and love.filesystem.getSource() or tostring(arg[0]):gsub("main%.lua$", ".")
package.path = here .. "/../?.lua;" .. here .. "/../?/init.lua;" .. package.path
local kit = require "kit"
local mynah = require "mynah"
local theme = kit.theme

local SIDE = 96 -- pixels of the longer side while it is painted

---@type any, any, any, any, any, any, any, any, any
local target, name, art, target_picture, art_picture, film, errors, message, seed
local method, shape, shapes, care, playing, since = "climb", "triangle", 120, 3, true, 0

-- Pictures that need no file, drawn with the kernel's own brush.
local scenes = {
  { "Sunset", function()
    local p = mynah.paint.picture(128, 128, { 255, 176, 96 })
    p:add({ rectangle = { center = { 64, 12 }, radii = { 64, 26 }, angle = 0 } }, { 92, 70, 130, 0.75 })
    p:add({ rectangle = { center = { 64, 46 }, radii = { 64, 14 }, angle = 0 } }, { 226, 96, 90, 0.6 })
    p:add({ ellipse = { center = { 64, 70 }, radii = { 24, 24 }, angle = 0 } }, { 255, 236, 150 })
    p:add({ triangle = { points = { { -10, 92 }, { 34, 52 }, { 76, 92 } } } }, { 70, 48, 96 })
    p:add({ triangle = { points = { { 56, 92 }, { 100, 44 }, { 142, 92 } } } }, { 52, 36, 84 })
    p:add({ rectangle = { center = { 64, 110 }, radii = { 64, 20 }, angle = 0 } }, { 34, 44, 92 })
    p:add({ ellipse = { center = { 64, 104 }, radii = { 20, 7 }, angle = 0 } }, { 255, 200, 120, 0.6 })
    p:add({ ellipse = { center = { 64, 117 }, radii = { 12, 3 }, angle = 0 } }, { 255, 200, 120, 0.5 })
    return p:image()
  end },
  { "Mynah", function()
    local p = mynah.paint.picture(128, 128, { 150, 200, 190 })
    p:add({ ellipse = { center = { 20, 20 }, radii = { 40, 40 }, angle = 0 } }, { 210, 230, 200 })
    p:add({ curve = { points = { { -4, 112 }, { 60, 104 }, { 132, 112 } }, width = 7 } }, { 96, 66, 44 })
    p:add({ triangle = { points = { { 88, 84 }, { 120, 116 }, { 104, 72 } } } }, { 26, 26, 36 })
    p:add({ ellipse = { center = { 66, 74 }, radii = { 36, 25 }, angle = 0.5 } }, { 36, 34, 50 })
    p:add({ ellipse = { center = { 44, 44 }, radii = { 21, 20 }, angle = 0 } }, { 24, 24, 38 })
    p:add({ ellipse = { center = { 74, 76 }, radii = { 24, 13 }, angle = 0.6 } }, { 58, 52, 78 })
    p:add({ ellipse = { center = { 84, 86 }, radii = { 9, 5 }, angle = 0.6 } }, { 240, 240, 236 })
    p:add({ triangle = { points = { { 28, 40 }, { 6, 50 }, { 29, 54 } } } }, { 244, 150, 40 })
    p:add({ ellipse = { center = { 52, 42 }, radii = { 9, 6 }, angle = -0.3 } }, { 250, 204, 60 })
    p:add({ ellipse = { center = { 42, 39 }, radii = { 4.5, 4.5 }, angle = 0 } }, { 245, 245, 245 })
    p:add({ ellipse = { center = { 41, 39 }, radii = { 2.4, 2.4 }, angle = 0 } }, { 10, 10, 14 })
    p:add({ curve = { points = { { 64, 94 }, { 63, 101 }, { 62, 107 } }, width = 3 } }, { 244, 170, 50 })
    return p:image()
  end },
}

-- What is shown: shapes drawn larger than they are painted, so that they stay shapes.
local function show()
  local picture = art:picture()
  art_picture:set(picture and picture:scaled(4):image() or art:image(), { smooth = true })
end

local function restart()
  local options = { image = target, seed = seed, size = SIDE } ---@type any
  if method == "climb" then
    options.shape, options.shapes, options.climbs, options.tries, options.patience = shape, shapes, care, 20 * care, 40
    art = mynah.paint.painter(options)
  elseif method == "picture_ga" then
    options.shape, options.shapes, options.population, options.polish, options.size = shape, math.min(shapes, 60), 10, 4, 64
    options.generations = 100000
    art = mynah.paint.picture_ga(options)
  else
    options.size, options.generations = 64, 100000
    art = mynah.paint.pixel_ga(options)
  end
  errors, film, message, since = { art.rmse }, mynah.plot.film{ frames = 60 }, nil, 0
  show()
end

local function paint(image, what)
  target, name = image, what
  target_picture:set(image:reduced(320), { smooth = true })
  restart()
end

local demo = {
  name = "painter",
  title = "Painter",
  about = "A picture made of shapes, each laid where it helps most. Drop a file of yours on the window.",
}

function demo.start(s)
  seed = s
  target_picture, art_picture = kit.picture(nil, { smooth = true }), kit.picture(nil, { smooth = true })
  paint(scenes[2][2](), scenes[2][1])
end

local function step()
  local report = art:step()
  if not report then return false end
  errors[#errors + 1] = report.rmse
  since = since + 1
  if since % 4 == 0 then film:add(art:image()) end
  return true
end

function demo.update()
  if playing and step() then show() end
end

-- Where files go: LÖVE's own folder of the game, or here.
local function export(ending)
  local path = ("painting.%s"):format(ending)
  if love then
    love.filesystem.createDirectory("")
    path = love.filesystem.getSaveDirectory() .. "/" .. path
  end
  local ok, why = pcall(function()
    if ending == "gif" then
      film:add(art:image())
      film:save(path)
    elseif ending == "png" and art:picture() then
      art:picture():scaled(6):save(path)
    else
      art:save(path)
    end
  end)
  message = ok and "Saved " .. path or tostring(why)
end

local function fitted(ui, picture, width, height, x, y, w, h)
  local s = math.min(w / width, h / height)
  local pw, ph = width * s, height * s
  ui.g:image(picture, x + (w - pw) / 2, y + (h - ph) / 2, pw, ph)
end

function demo.draw(ui)
  local g = ui.g
  ui:field(20, 60, 640, 640)
  local image = art:target()
  local picture = art:picture()
  if picture then
    local s = math.min(632 / picture.width, 632 / picture.height)
    local left, top = 340 - picture.width * s / 2, 380 - picture.height * s / 2
    fitted(ui, art_picture, picture.width, picture.height, 24, 64, 632, 632)
    g:frame(left, top, picture.width * s, picture.height * s, theme.edge, 1)
  else
    fitted(ui, art_picture, image.width, image.height, 24, 64, 632, 632)
  end

  local x, w = 676, 292
  ui:card(x, 60, w, 290, "The picture: " .. name)
  fitted(ui, target_picture, target.width, target.height, x + 14, 88, w - 28, 248)
  ui:card(x, 358, w, 112, "So far")
  local p = ui:panel(x, 380, w)
  p:pair(method == "climb" and "Steps" or "Generations", ("%d of %d"):format(art.steps, art.total))
  p:pair("Shapes", art.shapes or "raw pixels")
  p:pair("Off by (of 255)", art.rmse, theme.palette[6])
  ui:chart(x, 478, w, 222, { title = "Error (RMSE)", series = { { y = errors, color = theme.palette[6] } }, x_label = "step" })

  p = ui:panel(984, 60, 276, 640)
  p:row(3)
  if p:button(playing and "Pause" or "Play", { on = playing }) then playing = not playing end
  if p:button("Step") then
    playing = false
    step()
    show()
  end
  if p:button("Restart") then
    seed = seed + 1
    restart()
  end
  local before = table.concat({ method, shape, shapes, care }, "/")
  method = p:choice("How", method, { { "climb", "shapes" }, { "picture_ga", "picture GA" }, { "pixel_ga", "pixel GA" } })
  if method ~= "pixel_ga" then
    shape = p:choice("With", shape, { "triangle", "ellipse", "rectangle", "polygon", "curve" })
    shapes = p:slider("Shapes", shapes, 10, 400, { whole = true })
  end
  if method == "climb" then care = p:slider("Care for each shape", care, 1, 8, { whole = true }) end
  if table.concat({ method, shape, shapes, care }, "/") ~= before then restart() end
  p:heading("Pictures")
  p:row(2)
  for _, scene in ipairs(scenes) do
    if p:button(scene[1]) then paint(scene[2](), scene[1]) end
  end
  p:hint("Or drop a PNG, JPEG or GIF file on the window.")
  p:heading("Take it with you")
  p:row(3)
  if p:button("PNG") then export("png") end
  if p:button("SVG", { off = method == "pixel_ga" }) then export("svg") end
  if p:button("GIF") then export("gif") end
  if message then p:hint(message) end
  p:space(6)
  if method == "climb" then
    p:hint("Each shape begins as the best of some random ones and then climbs: it is moved and bent as long as the picture gets "
      .. "nearer. Its colour is the best there is for its place, which can be calculated. At the end all shapes are improved once more.")
  elseif method == "picture_ga" then
    p:hint("Ten pictures live at a time. Those nearer to the goal have children, which take shapes from both parents and change a little. "
      .. "It is slower than laying shape by shape, and that is the lesson.")
  else
    p:hint("No shapes: every byte of the picture is a gene, and children differ by small rectangles.")
  end
end

function demo.key(key)
  if key == "space" then playing = not playing end
end

function demo.drop(path)
  local ok, image = pcall(mynah.paint.image, path)
  if ok then paint(image, path:match("([^/\\]+)$") or path) else message = tostring(image) end
end

function demo.facts()
  return {
    ("%s of %s, %d steps, %s shapes"):format(method, name, art.steps, tostring(art.shapes)),
    ("off by %.6f, measured again %.6f, at first %.6f"):format(art.rmse, art:image():rmse(art:target()), errors[1]),
    message or "nothing saved",
  }
end

kit.run(demo)
