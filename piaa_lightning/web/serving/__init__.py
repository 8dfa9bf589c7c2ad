"""How requests are let in: limits, patience, fair shares."""
