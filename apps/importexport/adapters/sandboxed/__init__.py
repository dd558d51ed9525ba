"""Workbooks and Parquet files, read in a process that can do nothing else."""
