//! How transforms are written.

use std::fmt;
use std::str::FromStr;

use super::Transform;
use crate::error::Error;

/// Name, argument form, a valid example.
const FORMS: [(&str, &str, &str); 12] = [
    ("reverse", "", "reverse"),
    ("freeze", "FRAME", "freeze:300"),
    ("stall", "FRAME", "stall:300"),
    ("loop", "A-B", "loop:100-200"),
    ("swap", "VIEW,VIEW", "swap:cam_left_wrist,cam_right_wrist"),
    ("drop", "VIEW", "drop:cam_high"),
    ("occlude", "VIEW,FRACTION", "occlude:cam_high,0.3"),
    ("brightness", "X", "brightness:0.7"),
    ("blur", "SIGMA", "blur:2"),
    ("jpeg", "QUALITY", "jpeg:30"),
    ("shuffle", "SEED", "shuffle:1"),
    ("warp", "SEED", "warp:1"),
];

impl fmt::Display for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reverse => write!(f, "reverse"),
            Self::Freeze { frame } => write!(f, "freeze:{frame}"),
            Self::Stall { frame } => write!(f, "stall:{frame}"),
            Self::Loop { from, to } => write!(f, "loop:{from}-{to}"),
            Self::Shuffle { seed } => write!(f, "shuffle:{seed}"),
            Self::Warp { seed } => write!(f, "warp:{seed}"),
            Self::Swap { first, second } => write!(f, "swap:{first},{second}"),
            Self::Drop { view } => write!(f, "drop:{view}"),
            Self::Occlude { view, fraction } => write!(f, "occlude:{view},{fraction}"),
            Self::Brightness { factor } => write!(f, "brightness:{factor}"),
            Self::Blur { sigma } => write!(f, "blur:{sigma}"),
            Self::Jpeg { quality } => write!(f, "jpeg:{quality}"),
        }
    }
}

impl FromStr for Transform {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, argument) = match text.split_once(':') {
            Some((name, argument)) => (name, Some(argument)),
            None => (text, None),
        };
        let Some(form) = FORMS.iter().find(|form| form.0 == name) else { return Err(unknown_name(text, name)) };
        let result = match argument {
            None if form.1.is_empty() => Ok(Self::Reverse),
            None => Err(format!("it needs an argument, {}", form.1)),
            Some(argument) => parse(name, argument),
        };
        result.map_err(|why| Error::TransformSyntax {
            text: text.to_owned(),
            why,
            nearest: nearest_form(form, argument),
        })
    }
}

/// Parses the argument; says what is wrong with it.
fn parse(name: &str, argument: &str) -> Result<Transform, String> {
    Ok(match name {
        "freeze" => Transform::Freeze { frame: number(argument, "FRAME")? },
        "stall" => Transform::Stall { frame: number(argument, "FRAME")? },
        "loop" => {
            let (from, to) = argument.split_once('-').ok_or("A and B must be joined by `-`")?;
            let (from, to) = (number(from, "A")?, number(to, "B")?);
            if from >= to {
                return Err("A must be before B".to_owned());
            }
            Transform::Loop { from, to }
        }
        "swap" => {
            let (first, second) = argument.split_once(',').ok_or("it needs two views, joined by `,`")?;
            if first == second {
                return Err("the two views must differ".to_owned());
            }
            Transform::Swap { first: view(first)?, second: view(second)? }
        }
        "drop" => Transform::Drop { view: view(argument)? },
        "occlude" => {
            let (name, fraction) = argument.split_once(',').ok_or("it needs a view and a fraction, joined by `,`")?;
            Transform::Occlude { view: view(name)?, fraction: real(fraction, "FRACTION", 0.0, 1.0)? }
        }
        "brightness" => Transform::Brightness { factor: real(argument, "X", 0.0, 100.0)? },
        "blur" => Transform::Blur { sigma: real(argument, "SIGMA", 0.01, 100.0)? },
        "jpeg" => {
            let quality: u8 = number(argument, "QUALITY")?;
            if !(1..=100).contains(&quality) {
                return Err("QUALITY must be from 1 to 100".to_owned());
            }
            Transform::Jpeg { quality }
        }
        "shuffle" => Transform::Shuffle { seed: number(argument, "SEED")? },
        "warp" => Transform::Warp { seed: number(argument, "SEED")? },
        _ => return Err("it takes no argument".to_owned()),
    })
}

fn number<T: FromStr>(text: &str, what: &str) -> Result<T, String> {
    // `+5` would parse too, but it would not be written that way.
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = if digits { text.parse().ok() } else { None };
    parsed.ok_or_else(|| format!("{what} must be a whole number, and `{text}` is not one that fits"))
}

fn real(text: &str, what: &str, least: f64, most: f64) -> Result<f64, String> {
    let parsed = text.parse().ok().filter(|value| (least..=most).contains(value));
    parsed.ok_or_else(|| format!("{what} must be a number from {least} to {most}, and `{text}` is not"))
}

fn view(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains([',', ':']) {
        return Err(format!("`{text}` cannot be the name of a view"));
    }
    Ok(text.to_owned())
}

fn unknown_name(text: &str, name: &str) -> Error {
    let names: Vec<_> = FORMS.iter().map(|form| form.0).collect();
    let nearest = FORMS.iter().min_by_key(|form| edit_distance(form.0, name)).map_or("reverse", |form| form.2);
    let why = format!("there is no such transform; there are {}", names.join(", "));
    Error::TransformSyntax { text: text.to_owned(), why, nearest: nearest.to_owned() }
}

/// The form's example, with what can be kept of the argument.
fn nearest_form(form: &(&str, &str, &str), argument: Option<&str>) -> String {
    let reordered = match (form.0, argument.and_then(|argument| argument.split_once('-'))) {
        ("loop", Some((from, to))) => parse("loop", &format!("{to}-{from}")).ok(),
        _ => None,
    };
    reordered.map_or_else(|| form.2.to_owned(), |transform| transform.to_string())
}

/// Letters to change, add or take out to get from one word to the other (Levenshtein).
fn edit_distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.chars().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}
