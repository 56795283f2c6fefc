//! PostgreSQL's advanced regular expressions, read and written again as the engine's.
//!
//! Source of the rules: PostgreSQL documentation, section 9.7.3. What the engine's expressions cannot say is refused by
//! name: back references, word boundaries, look-ahead and look-behind, comments, collating elements, and the options of
//! other kinds of expression. The classes hold the letters that a UTF-8 locale has.

use crate::PlanError;

type Read<T> = Result<T, PlanError>;

/// How letters and lines are taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Options {
    pub insensitive: bool,
    /// `.` and `[^...]` stop at a newline, `^` and `$` are at each line.
    pub lines: bool,
    pub global: bool,
}

/// An expression in the engine's spelling.
#[derive(Debug)]
pub(super) struct Expression {
    pub text: String,
    /// A quantifier takes as little as it can.
    pub lazy: bool,
}

const DIGIT: &str = "0-9";
const BLANK: &str = r"\t \x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{205f}\x{3000}";
const SPACE: &str = r"\t-\r \x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{2028}\x{2029}\x{205f}\x{3000}";
const WORD: &str = r"\p{Alphabetic}\p{Nd}_";
const ALPHA: &str = r"\p{Alphabetic}[\p{Nd}--[0-9]]";
const GRAPH: &str =
    concat!(r"[^\p{Cc}\p{Cn}\p{Zl}\p{Zp}", r" \x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{205f}\x{3000}]");
const PUNCT: &str = concat!(
    r"[^\p{Cc}\p{Cn}\p{Zl}\p{Zp}\p{Alphabetic}\p{Nd}",
    r" \x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{205f}\x{3000}]"
);

/// The letters of `[[:name:]]`.
fn class(name: &str, insensitive: bool) -> Option<&'static str> {
    Some(match name {
        "alpha" => ALPHA,
        "upper" | "lower" if insensitive => ALPHA,
        "upper" => r"\p{Uppercase}\p{Lt}",
        "lower" => r"\p{Lowercase}",
        "alnum" => r"\p{Alphabetic}\p{Nd}",
        "word" => WORD,
        "digit" => DIGIT,
        "xdigit" => "0-9A-Fa-f",
        "space" => SPACE,
        "blank" => BLANK,
        "cntrl" => r"\x00-\x1f\x7f-\x{9f}\x{2028}\x{2029}",
        "graph" => GRAPH,
        "print" => r"[^\p{Cc}\p{Cn}\p{Zl}\p{Zp}]",
        "punct" => PUNCT,
        _ => return None,
    })
}

impl Options {
    /// Takes the letters of a flags argument, or of `(?...)`.
    pub(super) fn take(&mut self, flags: &str) -> Read<()> {
        for flag in flags.chars() {
            match flag {
                'g' => self.global = true,
                'i' => self.insensitive = true,
                'c' => self.insensitive = false,
                'n' | 'm' => self.lines = true,
                's' => self.lines = false,
                't' => {}
                'b' | 'e' | 'p' | 'q' | 'w' | 'x' => {
                    return Err(PlanError::Unsupported(format!("option {flag} of a regular expression")));
                }
                _ => return Err(PlanError::InvalidParameter("invalid regular expression option")),
            }
        }
        Ok(())
    }
}

/// Reads a pattern.
pub(super) fn read(pattern: &str, mut options: Options) -> Read<Expression> {
    let mut pattern = pattern;
    if pattern.starts_with("***") {
        return Err(unsupported("a director in a regular expression"));
    }
    if let Some((flags, rest)) = pattern.strip_prefix("(?").and_then(|rest| rest.split_once(')'))
        && !flags.is_empty()
        && flags.chars().all(|flag| flag.is_ascii_alphabetic())
    {
        if flags.contains('g') {
            return Err(PlanError::Pattern("invalid embedded option"));
        }
        options.take(flags).map_err(|error| match error {
            PlanError::InvalidParameter(_) => PlanError::Pattern("invalid embedded option"),
            other => other,
        })?;
        pattern = rest;
    }
    let mut reader = Reader {
        letters: pattern.chars().collect(),
        at: 0,
        out: String::with_capacity(pattern.len() + 16),
        options,
        lazy: false,
        operand: false,
        open: 0,
    };
    reader.all()?;
    Ok(Expression { text: reader.out, lazy: reader.lazy })
}

fn unsupported(what: &str) -> PlanError {
    PlanError::Unsupported(what.into())
}

/// What stands behind a backslash.
enum Escape {
    Letter(char),
    /// The letters of a class, or all but them.
    Set(&'static str, bool),
    Anchor(&'static str),
}

struct Reader {
    letters: Vec<char>,
    at: usize,
    out: String,
    options: Options,
    lazy: bool,
    /// Whether a quantifier may follow.
    operand: bool,
    /// Groups that are not closed.
    open: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.letters.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek(0)?;
        self.at += 1;
        Some(letter)
    }

    fn all(&mut self) -> Read<()> {
        while let Some(letter) = self.next() {
            match letter {
                '|' => {
                    self.out.push('|');
                    self.operand = false;
                }
                '(' => self.open()?,
                ')' => {
                    self.open = self.open.checked_sub(1).ok_or(PlanError::Pattern("parentheses () not balanced"))?;
                    self.atom(")");
                }
                '*' | '+' | '?' => self.quantifier(&letter.to_string())?,
                '{' if self.peek(0).is_some_and(|next| next.is_ascii_digit()) => self.bound()?,
                '^' => self.anchor(if self.options.lines { "(?m:^)" } else { r"\A" }),
                '$' => self.anchor(if self.options.lines { "(?m:$)" } else { r"\z" }),
                '.' => self.atom(if self.options.lines { r"[^\n]" } else { "(?s:.)" }),
                '[' => self.bracket()?,
                '\\' => match self.escape()? {
                    Escape::Letter(letter) => self.letter(letter),
                    Escape::Set(set, negated) => self.atom(&format!("[{}{set}]", if negated { "^" } else { "" })),
                    Escape::Anchor(anchor) => self.anchor(anchor),
                },
                letter => self.letter(letter),
            }
        }
        if self.open > 0 {
            return Err(PlanError::Pattern("parentheses () not balanced"));
        }
        Ok(())
    }

    fn atom(&mut self, text: &str) {
        self.out.push_str(text);
        self.operand = true;
    }

    fn anchor(&mut self, text: &str) {
        self.out.push_str(text);
        self.operand = false;
    }

    /// A letter that means itself.
    fn letter(&mut self, letter: char) {
        let (lower, upper) = if self.options.insensitive { cases(letter) } else { (letter, letter) };
        if lower == upper {
            self.atom(&regex::escape(&lower.to_string()));
        } else {
            self.atom(&format!("[{}{}]", shown(lower), shown(upper)));
        }
    }

    fn open(&mut self) -> Read<()> {
        self.operand = false;
        self.open += 1;
        if self.peek(0) != Some('?') {
            self.out.push('(');
            return Ok(());
        }
        match self.peek(1) {
            Some(':') => {
                self.at += 2;
                self.out.push_str("(?:");
                Ok(())
            }
            Some('=' | '!' | '<') => Err(unsupported("look-ahead or look-behind in a regular expression")),
            Some('#') => Err(unsupported("a comment in a regular expression")),
            _ => Err(PlanError::Pattern("invalid embedded option")),
        }
    }

    fn quantifier(&mut self, text: &str) -> Read<()> {
        if !self.operand {
            return Err(PlanError::Pattern("quantifier operand invalid"));
        }
        self.anchor(text);
        if self.peek(0) == Some('?') {
            self.at += 1;
            self.out.push('?');
            self.lazy = true;
        }
        Ok(())
    }

    /// `{m}`, `{m,}` or `{m,n}`.
    fn bound(&mut self) -> Read<()> {
        let fault = || PlanError::Pattern("invalid repetition count(s)");
        let least = self.count().ok_or_else(fault)?;
        let text = if self.peek(0) == Some(',') {
            self.at += 1;
            match self.peek(0) {
                Some('}') => format!("{{{least},}}"),
                _ => {
                    let most = self.count().filter(|most| *most >= least).ok_or_else(fault)?;
                    format!("{{{least},{most}}}")
                }
            }
        } else {
            format!("{{{least}}}")
        };
        if self.next() != Some('}') {
            return Err(fault());
        }
        self.quantifier(&text)
    }

    /// A number up to PostgreSQL's most.
    fn count(&mut self) -> Option<u32> {
        let from = self.at;
        while self.peek(0).is_some_and(|letter| letter.is_ascii_digit()) {
            self.at += 1;
        }
        let digits: String = self.letters.get(from..self.at)?.iter().collect();
        digits.parse().ok().filter(|count| *count <= 255)
    }

    fn escape(&mut self) -> Read<Escape> {
        let fault = || PlanError::Pattern("invalid escape \\ sequence");
        let letter = self.next().ok_or_else(fault)?;
        Ok(match letter {
            'a' => Escape::Letter('\u{7}'),
            'b' => Escape::Letter('\u{8}'),
            'B' => Escape::Letter('\\'),
            'c' => {
                let control = u32::from(self.next().ok_or_else(fault)?) & 0x1f;
                Escape::Letter(char::from_u32(control).ok_or_else(fault)?)
            }
            'e' => Escape::Letter('\u{1b}'),
            'f' => Escape::Letter('\u{c}'),
            'n' => Escape::Letter('\n'),
            'r' => Escape::Letter('\r'),
            't' => Escape::Letter('\t'),
            'v' => Escape::Letter('\u{b}'),
            'u' => Escape::Letter(self.coded(16, 4, 4)?),
            'U' => Escape::Letter(self.coded(16, 8, 8)?),
            'x' => Escape::Letter(self.coded(16, 1, 255)?),
            '0' => {
                self.at -= 1;
                Escape::Letter(self.coded(8, 1, 3)?)
            }
            '1'..='9' => return Err(unsupported("a back reference in a regular expression")),
            'd' | 'D' => Escape::Set(DIGIT, letter == 'D'),
            's' | 'S' => Escape::Set(SPACE, letter == 'S'),
            'w' | 'W' => Escape::Set(WORD, letter == 'W'),
            'A' => Escape::Anchor(r"\A"),
            'Z' => Escape::Anchor(r"\z"),
            'm' | 'M' | 'y' | 'Y' => return Err(unsupported("a word boundary in a regular expression")),
            other if other.is_ascii_alphanumeric() => return Err(fault()),
            other => Escape::Letter(other),
        })
    }

    /// A letter by its number.
    fn coded(&mut self, radix: u32, least: usize, most: usize) -> Read<char> {
        let from = self.at;
        let mut number: u32 = 0;
        while self.at - from < most {
            let Some(digit) = self.peek(0).and_then(|letter| letter.to_digit(radix)) else { break };
            number = number.saturating_mul(radix).saturating_add(digit);
            self.at += 1;
        }
        let enough = self.at - from >= least;
        char::from_u32(number).filter(|_| enough).ok_or(PlanError::Pattern("invalid escape \\ sequence"))
    }

    fn bracket(&mut self) -> Read<()> {
        let negated = self.peek(0) == Some('^');
        if negated {
            self.at += 1;
        }
        let mut set = String::new();
        let mut first = true;
        loop {
            let letter = self.next().ok_or(PlanError::Pattern("brackets [] not balanced"))?;
            match letter {
                ']' if !first => break,
                '-' if !first && self.peek(0) != Some(']') => return Err(range_fault()),
                _ => {}
            }
            first = false;
            match self.member(letter)? {
                Escape::Letter(from) => self.range(from, &mut set)?,
                Escape::Set(members, _) => set.push_str(members),
                Escape::Anchor(_) => return Err(PlanError::Pattern("invalid escape \\ sequence")),
            }
        }
        if negated && self.options.lines {
            set.push_str(r"\n");
        }
        self.atom(&format!("[{}{set}]", if negated { "^" } else { "" }));
        Ok(())
    }

    /// A letter or a class inside of brackets.
    fn member(&mut self, letter: char) -> Read<Escape> {
        match (letter, self.peek(0)) {
            ('\\', _) => match self.escape()? {
                Escape::Set(_, true) => Err(unsupported("a negated class in brackets")),
                found => Ok(found),
            },
            ('[', Some(':')) => {
                self.at += 1;
                let rest = self.letters.get(self.at..).unwrap_or_default();
                let length = rest.windows(2).position(|pair| *pair == [':', ']']);
                let length = length.ok_or(PlanError::Pattern("brackets [] not balanced"))?;
                let name: String = rest.iter().take(length).collect();
                self.at += length + 2;
                if name == "<" || name == ">" {
                    return Err(unsupported("a word boundary in a regular expression"));
                }
                let members = class(&name, self.options.insensitive);
                Ok(Escape::Set(members.ok_or(PlanError::Pattern("invalid character class"))?, false))
            }
            ('[', Some('.' | '=')) => Err(unsupported("a collating element in a regular expression")),
            _ => Ok(Escape::Letter(letter)),
        }
    }

    /// A letter, or a range that begins with it.
    fn range(&mut self, from: char, set: &mut String) -> Read<()> {
        let mut to = from;
        if self.peek(0) == Some('-') && self.peek(1).is_some_and(|next| next != ']') {
            self.at += 1;
            let letter = self.next().ok_or(PlanError::Pattern("brackets [] not balanced"))?;
            match self.member(letter)? {
                Escape::Letter(found) if found >= from => to = found,
                _ => return Err(range_fault()),
            }
        }
        set.push_str(&format!("{}-{}", shown(from), shown(to)));
        if self.options.insensitive {
            for letter in from..=to {
                let (lower, upper) = cases(letter);
                for other in [lower, upper].into_iter().filter(|other| !(from..=to).contains(other)) {
                    set.push_str(&shown(other));
                }
            }
        }
        Ok(())
    }
}

fn range_fault() -> PlanError {
    PlanError::Pattern("invalid character range")
}

/// A letter inside of brackets.
fn shown(letter: char) -> String {
    format!("\\x{{{:x}}}", u32::from(letter))
}

/// The letter in lower and in upper case, where that is one letter.
fn cases(letter: char) -> (char, char) {
    let one = |mut letters: std::vec::IntoIter<char>| match (letters.next(), letters.next()) {
        (Some(found), None) => found,
        _ => letter,
    };
    let lower: Vec<char> = letter.to_lowercase().collect();
    let upper: Vec<char> = letter.to_uppercase().collect();
    (one(lower.into_iter()), one(upper.into_iter()))
}
