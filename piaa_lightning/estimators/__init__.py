"""Systems that are fitted to training images as scikit-learn fits: features first, then a closed form or a solver."""
