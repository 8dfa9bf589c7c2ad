"""Networks that turn pictures into features; the factory is the only importer of timm."""
