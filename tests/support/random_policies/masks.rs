//! Masks as Sluice reads them, and as PostgreSQL computes them.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{Field, raw, some};
use crate::support::attack_sources::Source;
use crate::support::random_policies::uses::Use;
use crate::support::sluice::KEY;

/// How much a mask hides; the strictest of several wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strictness {
    Partial,
    Token,
    Constant,
    Hide,
}

/// A mask in both writings.
#[derive(Clone)]
pub struct Mask {
    /// As in a policy file.
    pub written: String,
    /// How much it hides.
    pub strictness: Strictness,
    /// PostgreSQL's expression over `{}`.
    sql: String,
    /// Its values are tokens.
    is_token: bool,
}

impl Mask {
    fn new(strictness: Strictness, written: impl Into<String>, sql: impl Into<String>) -> Mask {
        Mask { written: written.into(), strictness, sql: sql.into(), is_token: false }
    }

    /// What stands for a field whose mask cannot be told.
    pub fn hide() -> Mask {
        Mask::new(Strictness::Hide, "hide()", "NULL")
    }

    /// A way of using the field beside the mask.
    pub fn some_use(&self, random: &mut ChaCha8Rng) -> Use {
        match random.random_range(0..16) {
            0 => Use::OutputOnly,
            1..=6 => Use::Lookup,
            7..=9 if self.is_token => Use::TokenJoin,
            _ => Use::Masked,
        }
    }

    /// The masked value of a column.
    pub fn by_hand(&self, column: &str) -> String {
        self.sql.replace("{}", column)
    }
}

/// Masks for random fields. No field has two of one strictness, for between those the algebra does not choose.
pub fn some_of_every_strictness(source: Source, random: &mut ChaCha8Rng) -> Vec<(Field, Mask)> {
    let mut fields: Vec<(Field, String)> = Vec::new();
    for (table, of) in raw() {
        for (field, kind) in &of.columns {
            // In a CSV file an empty text is NULL; only this field of the fixture has empty texts.
            if !(source.is_csv(table) && field == "memo") {
                fields.push(((table.clone(), field.clone()), kind.clone()));
            }
        }
    }
    fields.shuffle(random);
    let mut chosen = Vec::new();
    for (field, kind) in fields.into_iter().take(14) {
        let masks = masks_of(&kind, &field.1);
        for strictness in [Strictness::Partial, Strictness::Token, Strictness::Constant, Strictness::Hide] {
            let of: Vec<&Mask> = masks.iter().filter(|mask| mask.strictness == strictness).collect();
            if !of.is_empty() && random.random_range(0..3) == 0 {
                chosen.push((field.clone(), some(&of, random).clone()));
            }
        }
    }
    chosen
}

fn masks_of(kind: &str, field: &str) -> Vec<Mask> {
    use Strictness::{Constant, Partial, Token};
    let mut masks = vec![Mask::hide()];
    match kind {
        "text" => {
            masks.extend([
                Mask::new(Constant, "constant('***')", "'***'"),
                Mask::new(Constant, "constant('已隐藏')", "'已隐藏'"),
                Mask::new(
                    Token,
                    "hash('pii')",
                    format!("encode(public.hmac(convert_to({{}}, 'UTF8'), '{KEY}'::bytea, 'sha256'), 'hex')"),
                ),
                Mask {
                    is_token: true,
                    ..Mask::new(Token, "token(domain => 'd', key => 'pii')", "public.token('d', {})")
                },
                Mask::new(Partial, "keep(first => 1)", kept("{}", 1, 0, 0, "*")),
                Mask::new(Partial, "keep(first => 2, last => 2)", kept("{}", 2, 2, 0, "*")),
                Mask::new(Partial, "keep(last => 3, pad => '#')", kept("{}", 0, 3, 0, "#")),
            ]);
            match field {
                "id_card" => masks.push(Mask::new(Partial, "cn_id_card()", kept("{}", 6, 4, 15, "*"))),
                "phone" => masks.push(Mask::new(Partial, "cn_mobile()", kept("{}", 3, 4, 11, "*"))),
                "account_no" => masks.push(Mask::new(Partial, "bank_card()", kept("{}", 6, 4, 13, "*"))),
                "email" => {
                    let local = kept("split_part({}, '@', 1)", 1, 0, 0, "*");
                    masks.push(Mask::new(Partial, "email()", format!("({local}) || '@' || split_part({{}}, '@', 2)")));
                }
                _ => {}
            }
        }
        "int" => masks.extend([
            Mask::new(Constant, "constant(0)", "0"),
            Mask::new(Partial, "bucket(10)", "(floor({} / 10.0) * 10)"),
            Mask::new(Partial, "bucket(3)", "(floor({} / 3.0) * 3)"),
            Mask::new(Partial, "round(-1)", "round({}::numeric, -1)"),
        ]),
        "num" => masks.extend([
            Mask::new(Constant, "constant(1.50)", "1.50"),
            Mask::new(Partial, "bucket(1000)", "(floor({} / 1000) * 1000)"),
            Mask::new(Partial, "bucket(0.25)", "(floor({} / 0.25) * 0.25)"),
            Mask::new(Partial, "round(0)", "round({}, 0)"),
            Mask::new(Partial, "round(-3)", "round({}, -3)"),
        ]),
        "date" | "ts" => {
            for unit in ["year", "quarter", "month"] {
                masks.push(Mask::new(Partial, format!("date_trunc('{unit}')"), format!("date_trunc('{unit}', {{}})")));
            }
            if kind == "ts" {
                masks.push(Mask::new(Partial, "date_trunc('day')", "date_trunc('day', {})"));
            } else {
                masks.push(Mask::new(Constant, "constant('2000-01-01')", "DATE '2000-01-01'"));
            }
        }
        "bool" => masks.push(Mask::new(Constant, "constant(true)", "true")),
        other => panic!("no type {other} in the fixture"),
    }
    masks
}

/// Functions of PostgreSQL that compute tokens: the key's id, a dot, and 130 bits of an HMAC over a label and parts, each with its
/// length before it.
pub fn token_function() -> String {
    let digits = "abcdefghijkmnpqrstuvwxyz23456789";
    format!(
        "CREATE FUNCTION public.part(text) RETURNS bytea LANGUAGE sql IMMUTABLE AS \
         $$ SELECT int8send(octet_length($1)::bigint) || convert_to($1, 'UTF8') $$;
         CREATE FUNCTION public.base32(bytea, int) RETURNS text LANGUAGE sql IMMUTABLE AS \
         $$ SELECT string_agg(substr('{digits}', 1 + substring(('x' || encode($1, 'hex'))::bit(256) FROM 1 + 5 * g FOR 5)::int, 1), '' ORDER BY g) \
            FROM generate_series(0, $2 - 1) AS g $$;
         CREATE FUNCTION public.token(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS \
         $$ SELECT CASE WHEN $2 IS NOT NULL THEN \
            public.base32(public.hmac(public.part('sluice key id'), '{KEY}'::bytea, 'sha256'), 4) || '.' || \
            public.base32(public.hmac(public.part('sluice token') || public.part($1) || public.part($2), '{KEY}'::bytea, 'sha256'), 26) END $$"
    )
}

/// The first and last characters; a text too short for that, or shorter than `shortest`, is masked whole.
fn kept(value: &str, first: usize, last: usize, shortest: usize, pad: &str) -> String {
    let value = format!("btrim({value}, E' \\t\\n\\r')");
    let (length, both) = (format!("length({value})"), first + last);
    format!(
        "CASE WHEN {length} <= {both} OR {length} < {shortest} THEN repeat('{pad}', {length}) \
         ELSE left({value}, {first}) || repeat('{pad}', {length} - {both}) || right({value}, {last}) END"
    )
}
