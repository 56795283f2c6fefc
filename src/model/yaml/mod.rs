//! YAML as the catalog and policy files may use it: mappings, sequences and scalars, each with its place in the file.
//!
//! Invariant: a scalar is the text that was written; nothing guesses types (`N`, `on`, `0755` stay text). Refused:
//! anchors, aliases, merge keys, tags, duplicate keys, keys that are not plain words, documents beyond the bounds
//! below. Read from the parser's events, because a typed reader stops at the first error and we report all.

mod read;
#[cfg(test)]
mod tests;

use serde_saphyr::granit_parser::{self, Event, Parser, ScalarStyle, Span, StrInput};

use crate::diagnostic::{Report, Spot};
pub use read::{Map, any_map, boolean, list_or_one, map, one_key, scalar, scalars, sequence, text};

/// Largest file, bytes.
const FILE_BYTES_MAX: usize = 4 << 20;
/// Most mappings, sequences and scalars in one file.
const NODES_MAX: usize = 200_000;
/// Deepest nesting.
const DEPTH_MAX: usize = 32;
/// Findings about one file's syntax before the rest of it is given up.
const SYNTAX_ERRORS_MAX: usize = 20;

/// How a scalar was written: decides how a position inside it maps back into the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In `'` or `"`.
    Quoted,
    /// As a `|` block.
    Literal,
    /// As a `>` block.
    Folded,
}

/// A scalar and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text after unescaping.
    pub text: String,
    /// Where it begins.
    pub at: Spot,
    /// How it was written.
    pub style: Style,
    /// As it stands in the file, quotes included.
    raw: String,
}

impl Scalar {
    /// True for nothing, `~` and `null` without quotes.
    pub fn is_null(&self) -> bool {
        self.style == Style::Plain && matches!(self.text.as_str(), "" | "~" | "null")
    }

    /// The place in the file of a place inside the text (both counted from 1). Exact for text on one line and for
    /// `|` blocks; else the start of the scalar.
    pub fn locate(&self, line: u64, column: u64) -> Spot {
        let steps = usize::try_from(column.saturating_sub(1)).unwrap_or(0);
        match self.style {
            Style::Plain if line == 1 && !self.raw.contains('\n') => self.at.right(steps),
            Style::Quoted if line == 1 && !self.raw.contains('\n') => self.at.right(self.quoted_steps(steps)),
            Style::Literal => self.literal_spot(line, steps),
            _ => self.at,
        }
    }

    /// Characters from the opening quote to the given character of the text.
    fn quoted_steps(&self, steps: usize) -> usize {
        let single = self.raw.starts_with('\'');
        let mut raw = self.raw.chars().skip(1);
        let mut walked = 1;
        for _ in 0..steps {
            match raw.next() {
                Some('\'') if single => {
                    raw.next();
                    walked += 2;
                }
                Some('\\') if !single => {
                    raw.next();
                    walked += 2;
                }
                Some(_) => walked += 1,
                None => break,
            }
        }
        walked
    }

    /// A block scalar begins at its first content line, behind the indent that all its lines share.
    fn literal_spot(&self, line: u64, steps: usize) -> Spot {
        let below = u32::try_from(line.saturating_sub(1)).unwrap_or(0);
        Spot { line: self.at.line.saturating_add(below), column: self.at.column }.right(steps)
    }
}

impl Spot {
    fn right(self, steps: usize) -> Spot {
        Spot { line: self.line, column: self.column.saturating_add(u32::try_from(steps).unwrap_or(u32::MAX)) }
    }
}

/// One node of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A text.
    Scalar(Scalar),
    /// `[..]` or `- ..`
    Sequence(Spot, Vec<Node>),
    /// `{..}` or `key: ..`, in file order, keys unique.
    Map(Spot, Vec<(Scalar, Node)>),
}

impl Node {
    /// Where it begins.
    pub fn at(&self) -> Spot {
        match self {
            Node::Scalar(scalar) => scalar.at,
            Node::Sequence(at, _) | Node::Map(at, _) => *at,
        }
    }

    /// True for an absent value.
    pub fn is_null(&self) -> bool {
        matches!(self, Node::Scalar(scalar) if scalar.is_null())
    }
}

/// The documents of a file, empty ones left out. What is wrong goes to `report`; documents that parsed are returned
/// all the same, so that their own findings are reported in the same run.
pub fn documents(text: &str, report: &mut Report) -> Vec<Node> {
    let top = Spot { line: 1, column: 1 };
    if text.len() > FILE_BYTES_MAX {
        report.error(top, "yaml-limit", format!("the file is larger than {FILE_BYTES_MAX} bytes"));
        return Vec::new();
    }
    let mut options = granit_parser::Options::default();
    options.set_emit_comments(false);
    options.disallow_directives = true;
    options.flow_nesting_limit = DEPTH_MAX;
    options.block_nesting_limit = DEPTH_MAX;
    let parser = Parser::new_from_str_with_options(text, options);
    Builder { text, parser, report, nodes: 0, depth: 0 }.documents()
}

/// Why building stopped; the finding has been reported.
enum Stop {
    /// This document cannot be read further; the next may be.
    Document,
    /// Nothing of the file can be read further.
    File,
}

struct Builder<'t, 'r, 'd> {
    text: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    report: &'r mut Report<'d>,
    nodes: usize,
    depth: usize,
}

impl<'t> Builder<'t, '_, '_> {
    fn documents(mut self) -> Vec<Node> {
        let mut found = Vec::new();
        let mut failures = 0;
        loop {
            match self.document() {
                Ok(Some(node)) => {
                    if !node.is_null() {
                        found.push(node);
                    }
                }
                Ok(None) | Err(Stop::File) => return found,
                Err(Stop::Document) => {
                    failures += 1;
                    self.depth = 0;
                    if failures >= SYNTAX_ERRORS_MAX || !self.parser.proceed_next_document().unwrap_or(false) {
                        return found;
                    }
                }
            }
        }
    }

    fn document(&mut self) -> Result<Option<Node>, Stop> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(None),
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                other => return self.node(other, span).map(Some),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Stop> {
        match self.parser.next_event() {
            Some(Ok(found)) => Ok(found),
            Some(Err(error)) => {
                let mark = error.marker();
                let at = Spot { line: small(mark.line()), column: small(mark.col() + 1) };
                self.report.error(at, "yaml-syntax", error.info());
                Err(Stop::Document)
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span) -> Result<Node, Stop> {
        let at = Spot { line: small(span.start.line()), column: small(span.start.col() + 1) };
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            self.report.error(at, "yaml-limit", format!("the file holds more than {NODES_MAX} values"));
            return Err(Stop::File);
        }
        if event.anchor_id().is_some() || event.is_alias() {
            self.report.hinted(at, "yaml-anchor", "anchors and aliases are not allowed", "write the value out");
        }
        if event.tag().is_some() {
            self.report.hinted(at, "yaml-tag", "tags are not allowed", "write the value without `!`");
        }
        match event {
            Event::Scalar(text, style, ..) => Ok(Node::Scalar(self.scalar(text.into_owned(), style, at, &span))),
            Event::SequenceStart(..) => self.nested(at, |builder| builder.sequence(at)),
            Event::MappingStart(..) => self.nested(at, |builder| builder.map(at)),
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                Ok(Node::Scalar(Scalar { text: String::new(), at, style: Style::Quoted, raw: String::new() }))
            }
            _ => {
                self.report.error(at, "yaml-syntax", "a value is expected here");
                Err(Stop::Document)
            }
        }
    }

    fn nested(&mut self, at: Spot, read: impl FnOnce(&mut Self) -> Result<Node, Stop>) -> Result<Node, Stop> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            self.report.error(at, "yaml-limit", format!("nested deeper than {DEPTH_MAX}"));
            return Err(Stop::File);
        }
        let node = read(self);
        self.depth -= 1;
        node
    }

    fn scalar(&self, text: String, style: ScalarStyle, at: Spot, span: &Span) -> Scalar {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        Scalar { text, at, style, raw: span.slice(self.text).unwrap_or_default().to_string() }
    }

    fn sequence(&mut self, at: Spot) -> Result<Node, Stop> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Node::Sequence(at, items)),
                (event, span) => items.push(self.node(event, span)?),
            }
        }
    }

    fn map(&mut self, at: Spot) -> Result<Node, Stop> {
        let mut entries: Vec<(Scalar, Node)> = Vec::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Node::Map(at, entries)),
                (event, span) => self.node(event, span)?,
            };
            let (event, span) = self.next()?;
            let value = self.node(event, span)?;
            let Node::Scalar(key) = key else {
                self.report.error(key.at(), "yaml-key", "a key must be a word");
                continue;
            };
            if key.style == Style::Plain && key.text == "<<" {
                self.report.hinted(key.at, "yaml-anchor", "merge keys are not allowed", "write the values out");
            } else if entries.iter().any(|(known, _)| known.text == key.text) {
                self.report.error(key.at, "duplicate-key", format!("key `{}` is given twice", key.text));
            } else {
                entries.push((key, value));
            }
        }
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
