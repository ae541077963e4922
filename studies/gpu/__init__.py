"""What Caffe and Autofix do on a GPU, beside the CPU of the same machine; see __main__.py."""
