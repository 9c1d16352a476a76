"""What surrounds a TRL trainer: specification, callbacks, trainers of our own."""
