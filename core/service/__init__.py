"""The engine as a process: a unix socket, its clients, its life from start to stop."""
