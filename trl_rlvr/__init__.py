"""Reinforcement learning with verifiable rewards for code, as a plugin for Hugging Face TRL."""

__version__ = "0.1.0"
