"""Systems that are fitted to training pictures as scikit-learn fits: features first, then a closed form or a solver."""
