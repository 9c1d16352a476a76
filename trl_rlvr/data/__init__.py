"""From files and data sets to problems, and from problems to TRL's columns."""
