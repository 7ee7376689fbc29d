function love.conf(t) t.identity, t.version, t.window.title, t.window.width, t.window.height = "mynah-maze", "11.4", "Mynah: maze", 1280, 720
  t.window.resizable, t.window.msaa = true, 4 end
