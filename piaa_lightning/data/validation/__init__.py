"""Facts about a database: pure functions of its table, its split and its files; they judge nothing."""
