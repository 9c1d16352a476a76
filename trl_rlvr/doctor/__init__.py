"""Shows what this host can enforce: the table of layers and live attacks (`trl-rlvr doctor`)."""
