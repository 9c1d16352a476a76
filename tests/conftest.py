"""What every test directory shares."""
