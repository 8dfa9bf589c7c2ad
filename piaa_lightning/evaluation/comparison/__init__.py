"""Pure functions of statistics: intervals, several seeds, power."""
