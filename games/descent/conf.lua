function love.conf(t) t.identity, t.version, t.window.title, t.window.width, t.window.height = "mynah-descent", "11.4", "Mynah: descent", 1280, 720
  t.window.resizable, t.window.msaa = true, 4 end
