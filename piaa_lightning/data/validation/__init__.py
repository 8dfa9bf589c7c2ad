"""Facts about a database: pure functions of its table, its split and its files; they evaluate nothing."""
