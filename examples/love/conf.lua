function love.conf(t)
  t.identity = "mynah-bird"
  t.window.title = "A bird that talks"
  t.window.width, t.window.height = 800, 480
  t.modules.audio, t.modules.sound, t.modules.joystick, t.modules.physics = false, false, false, false
end
