"""Where the processes of a service are: given, looked up, or told by themselves."""
