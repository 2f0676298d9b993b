//! Rapier worlds: robots that move by motors, objects that are held by friction, and the truth about both.
