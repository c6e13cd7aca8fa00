module example/pyaccel

go 1.21
