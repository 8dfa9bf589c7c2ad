"""Ways of fitting one person: a support set goes in, a scorer of pictures comes out."""
