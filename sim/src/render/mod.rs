//! Pictures of a scene: pinhole cameras with distortion, a depth buffer, light and texture.
