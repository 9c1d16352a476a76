"""The messages that the processes exchange, and their framing."""
