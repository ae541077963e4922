"""``caffe train`` by way of pycaffe, for machines where only the Python module is there.

Run as a script by whatever Python that module was built for, so it imports nothing of Autofix and keeps to
the Python of pycaffe's day.
"""

import argparse
import sys


def main() -> None:
    """Train as the ``caffe`` tool would with the same flags."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--solver", required=True)
    parser.add_argument("--gpu", default="")
    parser.add_argument("--weights", default="")
    parser.add_argument("--snapshot", default="")
    args = parser.parse_args()

    del sys.path[0]  # this script's folder: its modules must not stand in for those that caffe imports
    import caffe  # noqa: PLC0415

    if hasattr(caffe, "init_log"):
        caffe.init_log(0)
    if args.gpu:
        caffe.set_mode_gpu()
        caffe.set_device(int(args.gpu))
    else:
        caffe.set_mode_cpu()
    solver = caffe.get_solver(args.solver)
    if args.weights:
        for name in args.weights.split(","):
            solver.net.copy_from(name)
    if args.snapshot:
        solver.restore(args.snapshot)
    if hasattr(solver, "add_callback"):  # lets Python see SIGINT between iterations, and so end in good order
        solver.add_callback(lambda: None, lambda: None)
    try:
        solver.solve()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
