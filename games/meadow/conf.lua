function love.conf(t) t.identity, t.version, t.window.title, t.window.width, t.window.height = "mynah-meadow", "11.4", "Mynah: meadow", 1280, 720
  t.window.resizable, t.window.msaa = true, 4 end
