//! Where a regular expression matches, by PostgreSQL's rules.
//!
//! A match is the longest of those that begin first. Its groups are found by matching once more, from its first letter to
//! its last: PostgreSQL gives each part in its turn the longest text that the rest allows. Where the engine's order of
//! trying is the same is proved from the shape of the expression ([`exact`]); otherwise its groups are refused. So is an
//! expression with a quantifier that takes as little as it can, which changes how long the whole is.

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson;
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind};

use super::are::{self, Expression, Options};
use crate::PlanError;
use crate::datetime::DatetimeFault;

/// Bytes of a compiled expression.
const SIZE_MAX: usize = 4 << 20;
/// Sizes that are told apart. An expression of the first may meet a text of any length that there is.
const SIZES: [usize; 4] = [64 << 10, 256 << 10, 1 << 20, SIZE_MAX];
/// For others, bytes of the text times bytes of the expression: each of its states may be looked at for each letter, and
/// nobody can stop that.
const SEARCH_MAX: usize = 1 << 38;
/// Bytes that may be read behind the places where searches for further matches begin.
const READ_MAX: usize = 1 << 32;

/// An expression that can be matched.
pub(super) struct Pattern {
    regex: Regex,
    longest: DFA,
    cache: Cache,
    /// The least of [`SIZES`] that it has room in.
    size: usize,
    /// The expression from end to end, where its groups are exact.
    whole: Option<Regex>,
    /// As the flags say.
    pub global: bool,
}

fn too_large() -> PlanError {
    PlanError::Unsupported("a regular expression of this size".into())
}

fn too_much(what: &'static str) -> PlanError {
    PlanError::Datetime(DatetimeFault::TooMuch(what))
}

fn built(text: &str) -> Result<Regex, PlanError> {
    RegexBuilder::new(text).size_limit(SIZE_MAX).build().map_err(|_| too_large())
}

/// The engine's spelling of an expression that is only asked whether it matches.
pub(super) fn existence(pattern: &str, options: Options) -> Result<String, PlanError> {
    let Expression { text, .. } = are::read(pattern, options)?;
    built(&text)?;
    Ok(text)
}

/// Whether a pattern can be matched, before there is a text.
pub(super) fn judged(pattern: &str, flags: &str, grouped: bool) -> Result<(), PlanError> {
    let pattern = Pattern::new(pattern, flags)?;
    if grouped && pattern.has_groups() && pattern.whole.is_none() {
        return Err(no_groups());
    }
    Ok(())
}

fn no_groups() -> PlanError {
    PlanError::Unsupported("the groups of this regular expression".into())
}

impl Pattern {
    /// Compiles an expression; the flags are PostgreSQL's letters.
    pub(super) fn new(pattern: &str, flags: &str) -> Result<Pattern, PlanError> {
        let mut options = Options::default();
        options.take(flags)?;
        let Expression { text, lazy } = are::read(pattern, options)?;
        if lazy {
            return Err(PlanError::Unsupported("a non-greedy quantifier where the length of a match matters".into()));
        }
        let thompson = thompson::Config::new().nfa_size_limit(Some(SIZE_MAX));
        let config = DFA::config().match_kind(MatchKind::All);
        let longest = DFA::builder().configure(config).thompson(thompson).build(&text).map_err(|_| too_large())?;
        let hir = regex_syntax::parse(&text).map_err(|_| too_large())?;
        let within = |size: &usize| RegexBuilder::new(&text).size_limit(*size).build().is_ok();
        let size = SIZES.into_iter().find(within).ok_or_else(too_large)?;
        let whole = if groups_are_exact(&hir) { Some(built(&format!(r"\A(?:{text})\z"))?) } else { None };
        let (regex, cache) = (built(&text)?, longest.create_cache());
        Ok(Pattern { regex, cache, longest, size, whole, global: options.global })
    }

    /// The first match at or behind a place.
    pub(super) fn find(&mut self, text: &str, from: usize) -> Result<Option<Range<usize>>, PlanError> {
        let rest = text.len().saturating_sub(from);
        if self.size > SIZES[0] && rest.saturating_mul(self.size) > SEARCH_MAX {
            return Err(too_much("a regular expression of this size over so long a text"));
        }
        let Some(first) = self.regex.find_at(text, from) else { return Ok(None) };
        let input = Input::new(text).range(first.start()..).anchored(Anchored::Yes);
        let end = self.longest.try_search_fwd(&mut self.cache, &input);
        match end.map_err(|error| PlanError::Internal(error.to_string()))? {
            Some(end) => Ok(Some(first.start()..end.offset())),
            None => Err(PlanError::Internal("a match is gone".into())),
        }
    }

    /// All matches, one behind another. An empty one right behind a match counts.
    pub(super) fn matches(&mut self, text: &str, most: usize) -> Result<Vec<Range<usize>>, PlanError> {
        self.matches_from(text, 0, most)
    }

    /// The matches from a place on.
    pub(super) fn matches_from(
        &mut self,
        text: &str,
        mut from: usize,
        most: usize,
    ) -> Result<Vec<Range<usize>>, PlanError> {
        let mut found = Vec::new();
        let mut read = 0_usize;
        while found.len() < most && from <= text.len() {
            read = read.saturating_add(text.len() - from);
            if read > READ_MAX {
                return Err(too_much("all matches of a regular expression in so long a text"));
            }
            let Some(next) = self.find(text, from)? else { break };
            from = next.end;
            if next.is_empty() {
                from += text[from..].chars().next().map_or(1, char::len_utf8);
            }
            found.push(next);
        }
        Ok(found)
    }

    /// Whether it has groups.
    pub(super) fn has_groups(&self) -> bool {
        self.regex.captures_len() > 1
    }

    /// What the groups of a match hold, the first at 1.
    pub(super) fn groups(&self, text: &str, of: &Range<usize>) -> Result<Vec<Option<String>>, PlanError> {
        let whole = self.whole.as_ref().ok_or_else(no_groups)?;
        let found = whole.captures(&text[of.clone()]);
        let found = found.ok_or_else(|| PlanError::Internal("the groups of a match are gone".into()))?;
        Ok((0..found.len()).map(|at| found.get(at).map(|group| group.as_str().to_string())).collect())
    }
}

fn groups_are_exact(hir: &Hir) -> bool {
    // A match is cut out of its text: an anchor may stand only where the cut is.
    let inner = match hir.kind() {
        HirKind::Concat(items) => {
            let look = |item: &Hir| matches!(item.kind(), HirKind::Look(_));
            let from = items.iter().position(|item| !look(item)).unwrap_or(items.len());
            let to = items.iter().rposition(|item| !look(item)).map_or(from, |at| at + 1);
            Hir::concat(items[from..to].to_vec())
        }
        _ => hir.clone(),
    };
    inner.properties().look_set().is_empty() && exact(&inner)
}

fn has_groups(hir: &Hir) -> bool {
    hir.properties().explicit_captures_len() > 0
}

fn can_be_empty(hir: &Hir) -> bool {
    hir.properties().minimum_len().unwrap_or(0) == 0
}

/// Whether over a text of given ends the groups are PostgreSQL's.
fn exact(hir: &Hir) -> bool {
    if !has_groups(hir) {
        return true;
    }
    match hir.kind() {
        HirKind::Capture(group) => exact(&group.sub),
        // Both take the first branch that fits the text.
        HirKind::Alternation(branches) => branches.iter().all(exact),
        HirKind::Repetition(times) => {
            let once = times.max == Some(1) && !can_be_empty(&times.sub);
            let steps = length(&times.sub).is_some_and(|letters| letters > 0) && always_set(&times.sub);
            times.max != Some(0) && exact(&times.sub) && (once || steps)
        }
        HirKind::Concat(items) => {
            let last = items.iter().rposition(has_groups).unwrap_or(0);
            // What stands last has the rest of the text, whatever it would take first.
            let free = if last + 1 == items.len() { last } else { last + 1 };
            let runs = items[..free].chunk_by(|left, right| !has_groups(left) && !has_groups(right));
            items.iter().all(exact) && runs.into_iter().all(longest_first)
        }
        _ => false,
    }
}

/// Whether each round sets all groups anew.
fn always_set(hir: &Hir) -> bool {
    match hir.kind() {
        _ if !has_groups(hir) => true,
        HirKind::Capture(group) => always_set(&group.sub),
        HirKind::Concat(items) => items.iter().all(always_set),
        _ => false,
    }
}

/// The letters of every match, where they are always as many.
fn length(hir: &Hir) -> Option<usize> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(0),
        HirKind::Literal(literal) => Some(std::str::from_utf8(&literal.0).ok()?.chars().count()),
        HirKind::Class(_) => Some(1),
        HirKind::Repetition(times) => {
            let letters = length(&times.sub)?;
            (letters == 0 || Some(times.min) == times.max).then(|| letters * times.min as usize)
        }
        HirKind::Capture(group) => length(&group.sub),
        HirKind::Concat(items) => items.iter().map(length).sum(),
        HirKind::Alternation(branches) => {
            let letters = length(branches.first()?)?;
            branches.iter().all(|branch| length(branch) == Some(letters)).then_some(letters)
        }
    }
}

/// Whether the engine tries what parts can take together from the longest to the shortest: one part is free, all others
/// have one length or end where the next begins.
fn longest_first(items: &[Hir]) -> bool {
    let mut free = 0;
    for (at, item) in items.iter().enumerate() {
        if length(item).is_some() {
            continue;
        }
        if !one_longest_first(item) {
            return false;
        }
        if !items.get(at + 1).is_some_and(|next| ends_at(item, next)) {
            free += 1;
        }
    }
    free <= 1
}

fn one_longest_first(hir: &Hir) -> bool {
    match hir.kind() {
        _ if length(hir).is_some() => true,
        HirKind::Repetition(times) => {
            let steps = length(&times.sub).is_some_and(|letters| letters > 0);
            let once = times.max == Some(1) && !can_be_empty(&times.sub) && one_longest_first(&times.sub);
            times.greedy && (steps || once)
        }
        HirKind::Capture(group) => one_longest_first(&group.sub),
        HirKind::Concat(items) => longest_first(items),
        _ => false,
    }
}

/// Whether a run of letters can end only where the next part begins, which has another letter first.
fn ends_at(hir: &Hir, next: &Hir) -> bool {
    let run = match hir.kind() {
        HirKind::Capture(group) => return ends_at(&group.sub, next),
        HirKind::Repetition(times) if length(&times.sub) == Some(1) => first_letter(&times.sub),
        _ => None,
    };
    match (run, first_letter(next)) {
        (Some(mut run), Some(first)) => {
            run.intersect(&first);
            run.ranges().is_empty()
        }
        _ => false,
    }
}

/// The letters that a part can begin with, where it always has one.
fn first_letter(hir: &Hir) -> Option<ClassUnicode> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let first = std::str::from_utf8(&literal.0).ok()?.chars().next()?;
            Some(ClassUnicode::new([ClassUnicodeRange::new(first, first)]))
        }
        HirKind::Class(Class::Unicode(class)) => Some(class.clone()),
        HirKind::Class(Class::Bytes(class)) => class.to_unicode_class(),
        HirKind::Repetition(times) if times.min > 0 => first_letter(&times.sub),
        HirKind::Capture(group) => first_letter(&group.sub),
        HirKind::Concat(items) => first_letter(items.first()?),
        HirKind::Alternation(branches) => {
            let mut all = ClassUnicode::empty();
            for branch in branches {
                all.union(&first_letter(branch)?);
            }
            Some(all)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, pattern: &str) -> Result<Vec<Vec<Option<String>>>, PlanError> {
        let mut compiled = Pattern::new(pattern, "")?;
        let found = compiled.matches(text, usize::MAX)?;
        found.iter().map(|found| compiled.groups(text, found)).collect()
    }

    #[test]
    fn what_nobody_can_stop_is_bounded() {
        let told = |pattern: &str, text: &str| {
            let error = Pattern::new(pattern, "").expect("a pattern").matches(text, usize::MAX).err();
            error.map(|error| error.to_string())
        };
        let long = "a".repeat(16 << 20);
        assert!(told("a", &long).is_some_and(|told| told.contains("all matches")), "a search for each letter");
        assert!(told("(a|b)*a((a|b){250}){30}", &long).is_some_and(|told| told.contains("of this size")));
        assert_eq!(told("a", &long[..1 << 12]), None);
    }

    /// What PostgreSQL 15 answers.
    #[test]
    fn matches_and_groups() {
        for (text, pattern, expected) in [
            ("ab", "(a?)(ab)?", &[&[Some("ab"), Some(""), Some("ab")], &[Some(""), Some(""), None][..]][..]),
            ("aXb", "[^X]*", &[&[Some("a")], &[Some("")], &[Some("b")], &[Some("")]]),
            ("ab", "a|ab", &[&[Some("ab")]]),
            ("ab", "(a|ab)(b?)", &[]),
            ("2024-05", r"(\d+)-(\d+)", &[&[Some("2024-05"), Some("2024"), Some("05")]]),
            ("ab cd, 5", r"(\w+ \w+), (\d)", &[&[Some("ab cd, 5"), Some("ab cd"), Some("5")]]),
            ("aab", "(a)*b", &[&[Some("aab"), Some("a")]]),
            ("ab", "(a*)*b", &[]),
            ("ab", "((a)|b)+", &[]),
            ("ab", "a(^b)", &[]),
        ] {
            match all(text, pattern) {
                Ok(found) => {
                    let found: Vec<Vec<Option<&str>>> =
                        found.iter().map(|groups| groups.iter().map(Option::as_deref).collect()).collect();
                    assert_eq!(found, expected, "{pattern}");
                }
                Err(PlanError::Unsupported(_)) => assert!(expected.is_empty(), "{pattern} is refused"),
                Err(error) => panic!("{pattern}: {error}"),
            }
        }
    }
}
