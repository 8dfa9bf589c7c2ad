"""Networks and heads; torch only."""
