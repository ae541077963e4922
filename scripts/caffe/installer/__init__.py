"""What scripts/install-caffe does, step by step; standard library only, since it runs before anything is installed.

main       the command line
steps      the order of the steps
present    a Caffe that is already there
system     packages of the system (apt)
sources    where Caffe's source comes from
cuda       the CUDA compiler, its libraries, and the GPUs to compile for
build      compiling it, and the cache that keeps the result
python     pycaffe in the project's Python
proof      a tiny training that shows that a Caffe works
console    progress, logged commands, failures
"""
