"""A method, a database, a loss, a metric and a learner from outside."""
