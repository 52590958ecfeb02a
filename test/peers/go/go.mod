module pergola.test/peers

go 1.22
