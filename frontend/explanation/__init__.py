"""Explanations of a gradient: a tape of what ran, the reverse sweep over it, a diagnosis, a rendering."""
