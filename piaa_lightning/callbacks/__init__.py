"""Lightning callbacks: what makes training faster, named by the configuration, and what keeps every training safe."""
