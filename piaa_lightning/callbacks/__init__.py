"""Lightning callbacks that make training faster; nothing imports them, the configuration names them."""
