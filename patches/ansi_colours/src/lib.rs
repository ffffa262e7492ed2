//! The nearest of a terminal's 256 colours: what viuer asks of the crate of this name.
//!
//! The crate of this name in the registry is under the LGPL, which a program that is handed out as one file can't
//! satisfy. Nothing here is taken from it.

/// The first colour of the cube; the sixteen before it differ from terminal to terminal.
const CUBE: u8 = 16;
/// The first of the greys, which follow the cube.
const GREYS: u8 = 232;
/// The last of the greys, counted from the first.
const GREY_MAX: u8 = 23;
/// How strong each of the six steps of the cube is.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The number of the colour that is nearest to red, green and blue, from 16 to 255: by the sum of the squares of the
/// differences. The cube comes before the greys where both are as near.
#[must_use]
pub fn ansi256_from_rgb(rgb: (u8, u8, u8)) -> u8 {
    let (red, green, blue) = (nearest_step(rgb.0), nearest_step(rgb.1), nearest_step(rgb.2));
    let of_cube = (STEPS[usize::from(red)], STEPS[usize::from(green)], STEPS[usize::from(blue)]);
    let grey = nearest_grey(rgb);
    let strength = 8 + 10 * grey;
    if distance(rgb, (strength, strength, strength)) < distance(rgb, of_cube) {
        GREYS + grey
    } else {
        CUBE + 36 * red + 6 * green + blue
    }
}

fn nearest_step(value: u8) -> u8 {
    match value {
        0..48 => 0,
        48..115 => 1,
        115..155 => 2,
        155..195 => 3,
        195..235 => 4,
        235.. => 5,
    }
}

/// The grey that is nearest to a colour is the one nearest to the mean of its parts.
fn nearest_grey(rgb: (u8, u8, u8)) -> u8 {
    let sum = u16::from(rgb.0) + u16::from(rgb.1) + u16::from(rgb.2);
    // Grey n has 8 + 10 n; three of them are compared with the sum, rounded.
    let grey = sum.saturating_sub(3 * 8 - 15) / 30;
    u8::try_from(grey).unwrap_or(GREY_MAX).min(GREY_MAX)
}

fn distance(one: (u8, u8, u8), other: (u8, u8, u8)) -> u32 {
    let part = |one: u8, other: u8| u32::from(one.abs_diff(other)).pow(2);
    part(one.0, other.0) + part(one.1, other.1) + part(one.2, other.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a terminal shows for a number.
    fn shown(number: u8) -> (u8, u8, u8) {
        if number >= GREYS {
            let strength = 8 + 10 * (number - GREYS);
            return (strength, strength, strength);
        }
        let step = |place: u8| STEPS[usize::from((number - CUBE) / place % 6)];
        (step(36), step(6), step(1))
    }

    #[test]
    fn no_other_colour_is_nearer() {
        // Every seventeenth value of each part, the ends among them, and both sides of every border between two steps.
        let borders = [47, 48, 114, 115, 154, 155, 194, 195, 234, 235];
        let values: Vec<u8> = (0..=255).step_by(17).chain(STEPS).chain(borders).collect();
        for &red in &values {
            for &green in &values {
                for &blue in &values {
                    let rgb = (red, green, blue);
                    let found = distance(rgb, shown(ansi256_from_rgb(rgb)));
                    let nearest = (CUBE..=255).map(|number| distance(rgb, shown(number))).min();
                    assert_eq!(Some(found), nearest, "{rgb:?}");
                }
            }
        }
        // And every grey, where the two palettes meet.
        for grey in 0..=255 {
            let rgb = (grey, grey, grey);
            let nearest = (CUBE..=255).map(|number| distance(rgb, shown(number))).min();
            assert_eq!(Some(distance(rgb, shown(ansi256_from_rgb(rgb)))), nearest, "{grey}");
        }
    }

    #[test]
    fn a_colour_of_the_palette_is_itself() {
        for number in CUBE..=255 {
            let rgb = shown(number);
            assert_eq!(shown(ansi256_from_rgb(rgb)), rgb, "{number}");
        }
        for (rgb, number) in [((0, 0, 0), 16), ((255, 255, 255), 231), ((255, 0, 0), 196), ((8, 8, 8), 232)] {
            assert_eq!(ansi256_from_rgb(rgb), number, "{rgb:?}");
        }
    }
}
