//! Numbers written by a template.

use std::iter::repeat_n;

use super::super::fault::DatetimeFault as Fault;
use super::{Ordinal, checked};
use crate::numeric::Figure;

/// Patterns of numbers, in upper case; of two with the same beginning the longer one stands first.
const PATTERNS: &[(&str, Pattern)] = &[
    (",", Pattern::Comma),
    (".", Pattern::Point),
    ("0", Pattern::Zero),
    ("9", Pattern::Nine),
    ("B", Pattern::Blank),
    ("D", Pattern::LocalPoint),
    ("EEEE", Pattern::Exponent),
    ("FM", Pattern::Fill),
    ("G", Pattern::Group),
    ("L", Pattern::Currency),
    ("MI", Pattern::Minus),
    ("PL", Pattern::Plus),
    ("PR", Pattern::Bracket),
    ("RN", Pattern::Roman),
    ("SG", Pattern::Sign),
    ("SP", Pattern::Ignored),
    ("S", Pattern::Anchored),
    ("TH", Pattern::Ordinal),
    ("V", Pattern::Shift),
    ("C", Pattern::Ignored),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pattern {
    Comma,
    Point,
    Zero,
    Nine,
    Blank,
    LocalPoint,
    Exponent,
    Fill,
    Group,
    Currency,
    Minus,
    Plus,
    Bracket,
    Roman,
    Sign,
    Ignored,
    Anchored,
    Ordinal,
    Shift,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    Pattern { pattern: Pattern, lower: bool },
    Char(char),
}

/// Where a sign written `S` stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    None,
    Before,
    Behind,
}

/// What the patterns of a template say together (`NUMDesc`).
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) pieces: Vec<Piece>,
    /// Digits before and behind the point, and those that `V` shifts by.
    pub(super) pre: usize,
    pub(super) post: usize,
    pub(super) shift: usize,
    pub(super) shifted: bool,
    pub(super) point: bool,
    pub(super) zero: bool,
    zero_start: usize,
    zero_end: usize,
    pub(super) fill: bool,
    pub(super) anchor: Anchor,
    before_anchor: usize,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) bracket: bool,
    pub(super) roman: bool,
    pub(super) exponent: bool,
    blank: bool,
}

impl Shape {
    pub(super) fn of(template: &str) -> Result<Shape, Fault> {
        let mut shape = Shape {
            pieces: Vec::new(),
            pre: 0,
            post: 0,
            shift: 0,
            shifted: false,
            point: false,
            zero: false,
            zero_start: 0,
            zero_end: 0,
            fill: false,
            anchor: Anchor::None,
            before_anchor: 0,
            minus: false,
            plus: false,
            bracket: false,
            roman: false,
            exponent: false,
            blank: false,
        };
        let mut rest = checked(template)?;
        while !rest.is_empty() {
            let found = PATTERNS.iter().find_map(|(name, pattern)| {
                let lower = name.to_ascii_lowercase();
                match rest.starts_with(name) {
                    true => Some((*pattern, false, name.len())),
                    false => rest.starts_with(&lower).then_some((*pattern, true, name.len())),
                }
            });
            if let Some((pattern, lower, length)) = found {
                shape.add(pattern)?;
                shape.pieces.push(Piece::Pattern { pattern, lower });
                rest = &rest[length..];
                continue;
            }
            let mut nodes = Vec::new();
            rest = super::literal(rest, &mut nodes);
            shape.pieces.extend(nodes.into_iter().filter_map(|node| match node {
                super::Node::Char(letter) | super::Node::Space(letter) | super::Node::Separator(letter) => {
                    Some(Piece::Char(letter))
                }
                super::Node::Pattern { .. } => None,
            }));
        }
        Ok(shape)
    }

    fn add(&mut self, pattern: Pattern) -> Result<(), Fault> {
        use Pattern as P;
        let wrong = |what| Err(Fault::TemplateSyntax(what));
        if self.exponent && pattern != P::Exponent {
            return wrong("\"EEEE\" must be the last pattern used");
        }
        match pattern {
            P::Nine | P::Zero if self.bracket => return wrong("digits must be ahead of \"PR\""),
            P::Nine if self.shifted => self.shift += 1,
            P::Nine if self.point => self.post += 1,
            P::Nine => self.pre += 1,
            P::Zero => {
                if !self.zero && !self.point {
                    self.zero = true;
                    self.zero_start = self.pre + 1;
                }
                if self.point {
                    self.post += 1
                } else {
                    self.pre += 1
                }
                self.zero_end = self.pre + self.post;
            }
            P::Blank => self.blank = self.pre == 0 && self.post == 0 && !self.zero,
            P::Point | P::LocalPoint if self.point => return wrong("multiple decimal points"),
            P::Point | P::LocalPoint if self.shifted => {
                return wrong("cannot use \"V\" and decimal point together");
            }
            P::Point | P::LocalPoint => self.point = true,
            P::Fill => self.fill = true,
            P::Anchored if self.anchor != Anchor::None => return wrong("cannot use \"S\" twice"),
            P::Anchored if self.plus || self.minus || self.bracket => {
                return wrong("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together");
            }
            P::Anchored if self.point => self.anchor = Anchor::Behind,
            P::Anchored => {
                self.anchor = Anchor::Before;
                self.before_anchor = self.pre;
            }
            P::Minus | P::Plus | P::Sign if self.anchor != Anchor::None => {
                return wrong("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together");
            }
            P::Minus => self.minus = true,
            P::Plus => self.plus = true,
            P::Sign => (self.minus, self.plus) = (true, true),
            P::Bracket if self.anchor != Anchor::None || self.plus || self.minus => {
                return wrong("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together");
            }
            P::Bracket => self.bracket = true,
            P::Roman => self.roman = true,
            P::Shift if self.point => return wrong("cannot use \"V\" and decimal point together"),
            P::Shift => self.shifted = true,
            P::Exponent if self.exponent => return wrong("cannot use \"EEEE\" twice"),
            P::Exponent => {
                let signs = self.anchor != Anchor::None || self.bracket || self.minus || self.plus;
                if self.blank || self.fill || signs || self.roman || self.shifted {
                    return wrong("\"EEEE\" is incompatible with other formats");
                }
                self.exponent = true;
            }
            P::Comma | P::Group | P::Currency | P::Ignored | P::Ordinal => {}
        }
        Ok(())
    }
}

/// A number to be written.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Source {
    Integer(i64),
    Numeric(Figure),
    Float(f64),
}

/// Digits of a double that say something.
const DOUBLE_DIGITS: usize = 15;

impl Source {
    /// The number with a sign, shifted and rounded to the digits of the template.
    fn digits(self, shape: &mut Shape) -> Result<String, Fault> {
        const RANGE: Fault = Fault::Argument("a number past the range of its template");
        let digits = |shape: &Shape| u8::try_from(shape.post.min(38)).unwrap_or(38);
        let shifted = |text: String, shape: &mut Shape| {
            shape.pre += shape.shift;
            // A shift by places to the left is one of the point.
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            let (moved, rest) = fraction.split_at(fraction.len().min(shape.shift));
            let zeros: String = repeat_n('0', shape.shift - moved.len()).collect();
            let up = rest.as_bytes().first().is_some_and(|digit| *digit >= b'5');
            let whole = format!("{whole}{moved}{zeros}");
            let (sign, magnitude) = whole.strip_prefix('-').map_or(("", whole.as_str()), |rest| ("-", rest));
            let value: i128 = magnitude.parse().map_err(|_| RANGE)?;
            Ok(format!("{sign}{}", value + i128::from(up)))
        };
        match self {
            Source::Integer(value) if shape.shifted => shifted(value.to_string(), shape),
            Source::Integer(value) => {
                let zeros: String = repeat_n('0', shape.post).collect();
                let point = if shape.post > 0 { "." } else { "" };
                Ok(format!("{value}{point}{zeros}"))
            }
            Source::Numeric(figure) if shape.shifted => shifted(figure.text().ok_or(RANGE)?, shape),
            Source::Numeric(figure) => {
                let text = figure.rounded(digits(shape)).ok_or(RANGE)?;
                let zeros: String = repeat_n('0', shape.post.saturating_sub(38)).collect();
                Ok(text + &zeros)
            }
            Source::Float(value) => {
                let value = if shape.shifted { value * 10f64.powi(shape.shift as i32) } else { value };
                shape.pre += shape.shift;
                if !value.is_finite() {
                    return Err(Fault::Argument("a number that is not finite"));
                }
                let whole = format!("{:.0}", value.abs()).len();
                if whole >= DOUBLE_DIGITS {
                    shape.post = 0;
                } else if whole + shape.post > DOUBLE_DIGITS {
                    shape.post = DOUBLE_DIGITS - whole;
                }
                Ok(format!("{value:.*}", shape.post))
            }
        }
    }

    /// `1.23e+03`
    fn scientific(self, post: usize) -> Result<String, Fault> {
        const RANGE: Fault = Fault::Argument("a number past the range of its template");
        let text = match self {
            Source::Float(value) => return Ok(exponent_of(&format!("{value:.post$e}"))),
            Source::Integer(value) => value.to_string(),
            Source::Numeric(figure) => figure.text().ok_or(RANGE)?,
        };
        let (sign, unsigned) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all = format!("{whole}{fraction}");
        let Some(first) = all.find(|digit| digit != '0') else {
            let zeros: String = repeat_n('0', post).collect();
            let point = if post > 0 { "." } else { "" };
            return Ok(format!("{sign}0{point}{zeros}e+00"));
        };
        let mut exponent = whole.len() as i64 - 1 - first as i64;
        let mut digits: Vec<u8> = all.as_bytes()[first..].iter().map(|digit| digit - b'0').collect();
        let up = digits.get(post + 1).is_some_and(|digit| *digit >= 5);
        digits.resize(post + 1, 0);
        if up {
            let mut at = digits.len();
            loop {
                if at == 0 {
                    digits.insert(0, 1);
                    digits.truncate(post + 1);
                    exponent += 1;
                    break;
                }
                at -= 1;
                if digits[at] < 9 {
                    digits[at] += 1;
                    break;
                }
                digits[at] = 0;
            }
        }
        let text: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        let (lead, rest) = text.split_at(1);
        let point = if post > 0 { "." } else { "" };
        Ok(exponent_of(&format!("{sign}{lead}{point}{rest}e{exponent}")))
    }

    fn roman(self) -> Result<String, Fault> {
        let value: i64 = match self {
            Source::Integer(value) => value,
            Source::Float(value) => value.round_ties_even() as i64,
            Source::Numeric(figure) => figure.rounded(0).and_then(|text| text.parse().ok()).unwrap_or(0),
        };
        const PARTS: [(i64, &str); 13] = [
            (1_000, "M"),
            (900, "CM"),
            (500, "D"),
            (400, "CD"),
            (100, "C"),
            (90, "XC"),
            (50, "L"),
            (40, "XL"),
            (10, "X"),
            (9, "IX"),
            (5, "V"),
            (4, "IV"),
            (1, "I"),
        ];
        if !(1..=3_999).contains(&value) {
            return Ok("#".repeat(15));
        }
        let (mut rest, mut out) = (value, String::new());
        for (part, letters) in PARTS {
            while rest >= part {
                out.push_str(letters);
                rest -= part;
            }
        }
        Ok(out)
    }
}

/// C's form of an exponent: a sign and two digits.
fn exponent_of(text: &str) -> String {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(0);
    format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

/// Writes a number.
pub(in super::super) fn write_number(source: Source, template: &str) -> Result<String, Fault> {
    let mut shape = Shape::of(template)?;
    if shape.exponent {
        let text = source.scientific(shape.post)?;
        return Ok(if text.starts_with('-') { text } else { format!(" {text}") });
    }
    if shape.roman {
        return Ok(write_roman(&shape, &source.roman()?));
    }
    let signed = source.digits(&mut shape)?;
    let (negative, number) = match signed.strip_prefix('-') {
        Some(rest) => (true, rest.to_string()),
        None => (false, signed),
    };
    let whole = number.find('.').unwrap_or(number.len());
    let spaces = shape.pre.saturating_sub(whole);
    let number = if whole > shape.pre {
        let hashes = |count: usize| repeat_n('#', count).collect::<String>();
        format!("{}.{}", hashes(shape.pre), hashes(shape.post))
    } else {
        number
    };
    Ok(Writer::new(shape, number, negative, spaces).write())
}

fn write_roman(shape: &Shape, roman: &str) -> String {
    let mut out = String::new();
    for piece in &shape.pieces {
        match piece {
            Piece::Pattern { pattern: Pattern::Roman, lower } => {
                let text = if *lower { roman.to_ascii_lowercase() } else { roman.to_string() };
                out.push_str(&if shape.fill { text } else { format!("{text:>15}") });
            }
            Piece::Pattern { pattern: Pattern::Currency, .. } => out.push(' '),
            Piece::Pattern { pattern, .. } => {
                let blank = matches!(pattern, Pattern::Comma | Pattern::Group | Pattern::Minus | Pattern::Plus);
                if blank && !shape.fill {
                    out.push(' ');
                }
            }
            Piece::Char(letter) => out.push(*letter),
        }
    }
    out
}

/// Digits on their way into the places of a template (`NUM_processor`).
struct Writer {
    shape: Shape,
    number: Vec<u8>,
    negative: bool,
    /// Places before the first digit.
    spaces: usize,
    zero_start: usize,
    sign_written: bool,
    /// The last place that says something, in fill mode.
    relevant: Option<usize>,
    count: usize,
    place: usize,
    digit: usize,
    inside: bool,
    out: String,
}

impl Writer {
    fn new(mut shape: Shape, number: String, negative: bool, spaces: usize) -> Writer {
        let number = number.into_bytes();
        let sign_written = if shape.plus || shape.minus {
            !shape.plus || shape.minus
        } else {
            if !negative && shape.fill {
                shape.bracket = false;
            }
            if shape.anchor == Anchor::Before && shape.pre == shape.before_anchor {
                shape.anchor = Anchor::Behind;
            }
            !negative && shape.fill && shape.anchor == Anchor::None
        };
        let mut relevant = None;
        if shape.fill && shape.point {
            relevant = number.iter().position(|byte| *byte == b'.').map(|point| {
                let last = number.iter().rposition(|byte| *byte != b'0').unwrap_or(point);
                last.max(point)
            });
            if let Some(last) = &mut relevant
                && shape.zero_end > spaces
            {
                *last = (*last).max((number.len() - 1).min(shape.zero_end - spaces));
            }
        }
        let mut count = (shape.post + shape.pre).saturating_sub(1);
        if !sign_written && spaces == 0 {
            count += 1;
        }
        let zero_start = shape.zero_start.saturating_sub(1);
        Writer {
            shape,
            number,
            negative,
            spaces,
            zero_start,
            sign_written,
            relevant,
            count,
            place: 0,
            digit: 0,
            inside: false,
            out: String::new(),
        }
    }

    fn write(mut self) -> String {
        for piece in self.shape.pieces.clone() {
            let (pattern, lower) = match piece {
                Piece::Char(letter) => {
                    self.out.push(letter);
                    continue;
                }
                Piece::Pattern { pattern, lower } => (pattern, lower),
            };
            let blank = |fill: bool| if fill { "" } else { " " };
            let fill = self.shape.fill;
            match pattern {
                Pattern::Nine | Pattern::Zero | Pattern::Point | Pattern::LocalPoint => self.place(pattern),
                Pattern::Comma | Pattern::Group if self.inside => self.out.push(','),
                Pattern::Comma | Pattern::Group => self.out.push_str(blank(fill)),
                Pattern::Currency => self.out.push(' '),
                Pattern::Ordinal => {
                    let hashes = self.number.first() == Some(&b'#');
                    if !hashes && !self.negative && !self.shape.point {
                        let ordinal = if lower { Ordinal::Lower } else { Ordinal::Upper };
                        self.out.push_str(ordinal.of(&String::from_utf8_lossy(&self.number)));
                    }
                }
                Pattern::Minus if self.negative => self.out.push('-'),
                Pattern::Plus if !self.negative => self.out.push('+'),
                Pattern::Minus | Pattern::Plus => self.out.push_str(blank(fill)),
                Pattern::Sign => self.out.push(if self.negative { '-' } else { '+' }),
                _ => {}
            }
        }
        self.out
    }

    fn byte(&self) -> Option<u8> {
        self.number.get(self.digit).copied()
    }

    fn relevant_point(&self) -> bool {
        self.relevant.is_some_and(|last| self.number[last] == b'.')
    }

    /// The zero before the point of `0.1`, which `9.9` does not write.
    fn before_point(&self) -> bool {
        !self.shape.zero && self.digit == 0 && self.number.first() == Some(&b'0') && self.shape.post != 0
    }

    fn sign(&mut self) {
        let reached = self.place >= self.spaces || self.shape.zero && self.zero_start == self.place;
        if self.sign_written || !reached || self.before_point() && !self.relevant_point() {
            return;
        }
        match (self.shape.anchor, self.shape.bracket, self.negative) {
            (Anchor::Before, _, negative) => self.out.push(if negative { '-' } else { '+' }),
            (Anchor::Behind, ..) => return,
            (Anchor::None, true, negative) => self.out.push(if negative { '<' } else { ' ' }),
            (Anchor::None, false, true) => self.out.push('-'),
            (Anchor::None, false, false) if !self.shape.fill => self.out.push(' '),
            (Anchor::None, false, false) => {}
        }
        self.sign_written = true;
    }

    /// One place of a digit or of the point (`NUM_numpart_to_char`).
    fn place(&mut self, pattern: Pattern) {
        self.inside = false;
        self.sign();
        if self.place < self.spaces && (self.zero_start > self.place || !self.shape.zero) {
            if !self.shape.fill {
                self.out.push(' ');
            }
        } else if self.shape.zero && self.place < self.spaces {
            self.out.push('0');
            self.inside = true;
        } else {
            match self.byte() {
                Some(b'.') if !self.relevant_point() || self.shape.fill => self.out.push('.'),
                Some(b'.') => {}
                _ if self.relevant.is_some_and(|last| self.digit > last) && pattern != Pattern::Zero => {}
                _ if self.before_point() => {
                    if !self.shape.fill {
                        self.out.push(' ');
                    } else if self.relevant_point() {
                        self.out.push('0');
                    }
                }
                Some(digit) => {
                    self.out.push(char::from(digit));
                    self.inside = true;
                }
                None => {}
            }
            if self.digit < self.number.len() {
                self.digit += 1;
            }
        }
        let mut end = self.count + usize::from(self.spaces > 0) + usize::from(self.shape.point);
        if self.relevant == Some(self.digit) {
            end = self.place;
        }
        if self.place + 1 == end {
            if self.sign_written && self.shape.bracket {
                self.out.push(if self.negative { '>' } else { ' ' });
            } else if self.shape.anchor == Anchor::Behind {
                self.out.push(if self.negative { '-' } else { '+' });
            }
        }
        self.place += 1;
    }
}
