//! The on-robot reward runtime: threads, queues, clocks, sockets, files and the command line.
