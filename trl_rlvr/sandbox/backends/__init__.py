"""The ways to run a program apart from the trainer, one a file, all behind `Sandbox`."""
