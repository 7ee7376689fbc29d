-- Paints a picture with a few shapes.
--
--   mynah examples/paint.lua IN.png OUT.png [N [SHAPE]]      N shapes (100): triangle, ellipse, rectangle, polygon or curve
--   mynah examples/paint.lua IN.png OUT.svg 200 ellipse --film film.gif
--   mynah examples/paint.lua IN.png OUT.png 50 --method ga   breeds whole pictures; --method pixels breeds raw pixels
--
-- Ctrl-C ends it early and keeps what is there. The last line is the error of the file that was written.

local mynah = require "mynah"
local options, rest = mynah.args(arg, { method = "climb", seed = 0, film = "", size = 0, generations = 0 })
local from, to, count, shape = rest[1], rest[2], tonumber(rest[3] or 100), rest[4]
if not from or not to or not count or #rest > 4 then
  error("paint: mynah examples/paint.lua IN OUT [N [SHAPE]] [--method climb|ga|pixels] [--film FILM.gif] [--size 256] [--seed 0]", 0)
end

local how = { image = from, seed = options.seed } ---@type table
if options.method ~= "pixels" then how.shapes, how.shape = count, shape end
if options.size > 0 then how.size = options.size end
if options.method ~= "climb" and options.generations > 0 then how.generations = options.generations end

local begin = { climb = mynah.paint.painter, ga = mynah.paint.picture_ga, pixels = mynah.paint.pixel_ga }
local art = (begin[options.method] or error("paint: --method is climb, ga or pixels", 0))(how)
art:run{ out = to, film = options.film ~= "" and options.film or nil }
print(("%s: RMSE %.3f"):format(to, art.rmse))
