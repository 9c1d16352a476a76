"""What a run puts on the Hub: its card, its files, its checkpoints and its completions."""
