"""Carries out tasks, each in a process group of its own that can be stopped without touching others."""
