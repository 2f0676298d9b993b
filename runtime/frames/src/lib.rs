//! Images, and lining up several cameras by capture time; no threads, clocks or sockets.
