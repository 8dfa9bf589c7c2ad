"""Ways of fitting one user: a support set goes in, a scorer of images comes out."""
