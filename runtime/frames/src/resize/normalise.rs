//! From bytes to what a backbone was trained on.

/// `(v / 255 - mean) / std` for each channel, in f32, worked out once for all 256 values.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalisation {
    tables: Box<[[f32; 256]; 3]>,
}

impl Normalisation {
    /// Mean and standard deviation of red, green and blue, in units where white is 1.
    #[must_use]
    pub fn new(mean: [f32; 3], std: [f32; 3]) -> Self {
        let mut tables = Box::new([[0.0; 256]; 3]);
        for ((table, mean), std) in tables.iter_mut().zip(mean).zip(std) {
            for (entry, value) in table.iter_mut().zip(0_u8..=255) {
                *entry = (f32::from(value) / 255.0 - mean) / std;
            }
        }
        Self { tables }
    }

    /// Interleaved RGB8 to three planes, one after the other.
    pub(super) fn to_planes(&self, rgb: &[u8], out: &mut [f32]) {
        let plane = out.len() / 3;
        let (red, rest) = out.split_at_mut(plane);
        let (green, blue) = rest.split_at_mut(plane);
        let [red_of, green_of, blue_of] = &*self.tables;
        for (((&[r, g, b], red), green), blue) in rgb.as_chunks().0.iter().zip(red).zip(green).zip(blue) {
            *red = red_of[usize::from(r)];
            *green = green_of[usize::from(g)];
            *blue = blue_of[usize::from(b)];
        }
    }
}
