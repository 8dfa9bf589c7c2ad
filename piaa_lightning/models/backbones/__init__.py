"""Networks that turn images into features; the factory is the only importer of timm."""
