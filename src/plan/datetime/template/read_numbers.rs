//! Numbers read by a template (`NUM_processor` the other way round).

use super::super::fault::DatetimeFault as Fault;
use super::numbers::{Anchor, Pattern, Piece, Shape};

/// The digits of a number as text, with a sign and a point where it has them.
pub(in super::super) fn read_number(text: &str, template: &str) -> Result<String, Fault> {
    let shape = Shape::of(template)?;
    if shape.exponent || shape.roman {
        return Err(Fault::TemplatePattern("EEEE or RN while reading"));
    }
    let mut reader = Reader { text: text.as_bytes(), at: 0, sign: None, digits: String::new(), whole: 0, behind: None };
    for piece in &shape.pieces {
        if reader.at >= reader.text.len() {
            break;
        }
        match piece {
            Piece::Char(letter) => reader.eat(letter.len_utf8()),
            Piece::Pattern { pattern, .. } => reader.pattern(*pattern, &shape),
        }
    }
    reader.number(&shape)
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    sign: Option<bool>,
    digits: String,
    /// Digits read before the point.
    whole: usize,
    /// Digits read behind it, once it was.
    behind: Option<usize>,
}

impl Reader<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// One character of the template, unless the text has data there.
    fn eat(&mut self, bytes: usize) {
        match self.byte() {
            Some(byte) if byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'+' | b'-') => {}
            Some(byte) if byte.is_ascii() => self.at += 1,
            _ => self.at += bytes,
        }
    }

    fn pattern(&mut self, pattern: Pattern, shape: &Shape) {
        match pattern {
            Pattern::Nine | Pattern::Zero | Pattern::Point | Pattern::LocalPoint => {
                self.at += usize::from(self.place(pattern, shape));
            }
            Pattern::Comma | Pattern::Group if !shape.fill => {
                self.at += usize::from(self.byte() == Some(b','));
            }
            Pattern::Currency => self.eat(1),
            Pattern::Minus if self.byte() == Some(b'-') => self.signed(true),
            Pattern::Plus if self.byte() == Some(b'+') => self.signed(false),
            Pattern::Sign if matches!(self.byte(), Some(b'-' | b'+')) => self.signed(self.byte() == Some(b'-')),
            Pattern::Minus | Pattern::Plus | Pattern::Sign => self.eat(1),
            Pattern::Ordinal => {
                self.eat(1);
                self.eat(1);
            }
            _ => {}
        }
    }

    fn signed(&mut self, negative: bool) {
        self.sign = Some(negative);
        self.at += 1;
    }

    /// One place of a digit or of the point; whether the text moves on behind it.
    fn place(&mut self, pattern: Pattern, shape: &Shape) -> bool {
        if self.byte() == Some(b' ') {
            self.at += 1;
        }
        let Some(mut byte) = self.byte() else { return false };
        let read = |this: &Self| this.whole + this.behind.unwrap_or(0);
        if self.sign.is_none() && matches!(pattern, Pattern::Nine | Pattern::Zero) && read(self) == 0 {
            let negative = byte == b'-' || shape.bracket && byte == b'<';
            if negative || byte == b'+' {
                self.sign = Some(negative);
                self.at += 1;
                match self.byte() {
                    Some(next) => byte = next,
                    None => return false,
                }
            }
        }
        let mut done = false;
        if byte.is_ascii_digit() {
            if self.behind == Some(shape.post) {
                return true;
            }
            self.digits.push(char::from(byte));
            match &mut self.behind {
                Some(behind) => *behind += 1,
                None => self.whole += 1,
            }
            done = true;
        } else if shape.point && self.behind.is_none() && byte == b'.' {
            self.digits.push('.');
            self.behind = Some(0);
            done = true;
        }
        if self.sign.is_none() && read(self) > 0 {
            let next = self.text.get(self.at + 1).copied();
            if shape.anchor != Anchor::None && done && matches!(next, Some(b'-' | b'+')) {
                self.sign = Some(next == Some(b'-'));
                self.at += 1;
            } else if !done
                && shape.anchor == Anchor::None
                && !shape.plus
                && !shape.minus
                && matches!(byte, b'-' | b'+')
            {
                self.sign = Some(byte == b'-');
            }
        }
        true
    }

    fn number(self, shape: &Shape) -> Result<String, Fault> {
        let digits = self.digits.strip_suffix('.').unwrap_or(&self.digits);
        let behind = self.behind.unwrap_or(0);
        if digits.is_empty() || digits == "." {
            return Err(Fault::Number);
        }
        if self.whole > shape.pre + shape.shift {
            return Err(Fault::NumberRange);
        }
        let sign = if self.sign == Some(true) { "-" } else { "" };
        if !shape.shifted {
            return Ok(format!("{sign}{digits}"));
        }
        // A number that was shifted is shifted back.
        let all = format!("{:0>width$}", digits.replace('.', ""), width = shape.shift + behind + 1);
        let (whole, fraction) = all.split_at(all.len() - shape.shift - behind);
        Ok(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
    }
}
