"""The rules, one a file, named by its code: S1 the solver, S2 the net, S3 weights, S4 data, S5 losses."""
