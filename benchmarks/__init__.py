"""The programs wengert is measured on, its peers, and the harness: `python -m benchmarks --help`."""
