"""Everything surae keeps on disk, in HDF5: this folder is the only place that knows HDF5.

case_file: one case, whole or not there at all. shelf: the cases of a study, as files and packed.
plan_file: what a study's cases are. live: how far a running sweep is. table: `results.h5`.
"""
