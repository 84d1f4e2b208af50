"""The programs as PyTorch: for each kernel a function of its sizes."""
