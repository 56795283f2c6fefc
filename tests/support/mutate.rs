//! Small, seeded changes to what clients send: in bytes, in numbers, in SQL, in the order of messages, in lengths.

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::wire::{Message, frame};

/// Every tag that a client may send, and some that it may not.
const TAGS: &[u8] = b"QPBDEHSCXdcfFpzR\0";
/// Pieces that have broken parsers.
const PIECES: &[&str] = &[
    "NULL",
    "''",
    "'",
    "\"",
    "$1",
    "$99999",
    "(",
    ")",
    "((",
    "::",
    "::int",
    "::regclass",
    ";",
    "--",
    "/*",
    "*/",
    "E'\\",
    "U&'\\",
    "0",
    "-1",
    "1e999",
    "99999999999999999999",
    "2147483648",
    "ARRAY[",
    "]",
    "WITH",
    "UNION",
    "SELECT",
    "FROM",
    "retail.branch",
    "零售.机构",
    "pg_class",
    "LIMIT",
    "OFFSET -1",
    "ORDER BY 1",
    "\u{feff}",
    "😀",
    "\u{0}",
];

/// Messages to send, and whether a length among them lies: then what follows cannot be told apart any more.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// As they go onto the wire.
    pub bytes: Vec<u8>,
    /// How many they are.
    pub count: usize,
    /// A length is wrong, or the end is missing.
    pub torn: bool,
}

/// Changes some of the messages.
pub fn batch(random: &mut ChaCha8Rng, mut messages: Vec<Message>, statements: &[Vec<u8>]) -> Batch {
    for _ in 0..random.random_range(0..=3) {
        reorder(random, &mut messages);
    }
    for _ in 0..random.random_range(1..=3) {
        let Some(place) = (!messages.is_empty()).then(|| random.random_range(0..messages.len())) else { break };
        let other = messages[random.random_range(0..messages.len())].body.clone();
        let message = &mut messages[place];
        match random.random_range(0..12) {
            // Rare: most of these end the session.
            0 if random.random_range(0..4) == 0 => message.tag = *TAGS.choose(random).unwrap_or(&b'Q'),
            0..=3 if matches!(message.tag, b'Q' | b'P') => sql(random, message, statements),
            4..=5 => number_in(random, &mut message.body),
            6 => splice(random, &mut message.body, &other),
            _ => bytes_in(random, &mut message.body),
        }
    }
    let mut batch = Batch { count: messages.len(), ..Batch::default() };
    let liar = (random.random_range(0..40) == 0).then(|| random.random_range(0..messages.len().max(1)));
    for (place, message) in messages.iter().enumerate() {
        let mut bytes = frame(message.tag, &message.body);
        if liar == Some(place) {
            let length = match random.random_range(0..4) {
                0 => random.random(),
                1 => random.random_range(0..8),
                2 => 0x7fff_ffff,
                _ => (message.body.len() as u32 + 4).wrapping_add_signed(random.random_range(-9..9)),
            };
            bytes[1..5].copy_from_slice(&length.to_be_bytes());
            batch.torn = true;
        }
        batch.bytes.extend(bytes);
    }
    if random.random_range(0..60) == 0 {
        batch.bytes.truncate(random.random_range(0..=batch.bytes.len()));
        batch.torn = true;
    }
    batch
}

/// Changes bytes that need not be messages.
pub fn raw(random: &mut ChaCha8Rng, bytes: &mut Vec<u8>) {
    for _ in 0..random.random_range(1..=4) {
        if random.random() { number_in(random, bytes) } else { bytes_in(random, bytes) }
    }
}

fn reorder(random: &mut ChaCha8Rng, messages: &mut Vec<Message>) {
    if messages.is_empty() {
        return;
    }
    let (one, two) = (random.random_range(0..messages.len()), random.random_range(0..messages.len()));
    match random.random_range(0..4) {
        0 => messages.swap(one, two),
        1 => {
            messages.remove(one);
        }
        2 => messages.insert(two, messages[one].clone()),
        _ => {
            let times = random.random_range(1..5);
            let repeated = vec![messages[one].clone(); times];
            messages.splice(two..two, repeated);
        }
    }
}

fn bytes_in(random: &mut ChaCha8Rng, body: &mut Vec<u8>) {
    let place = random.random_range(0..=body.len());
    match random.random_range(0..6) {
        0 => body.truncate(place),
        1 => body.insert(place, random.random()),
        2 => body.insert(place, 0),
        3 if place < body.len() => {
            body.remove(place);
        }
        4 => body.extend(std::iter::repeat_n(random.random::<u8>(), random.random_range(1..300))),
        _ => {
            if let Some(byte) = body.get_mut(place) {
                *byte ^= 1 << random.random_range(0..8);
            }
        }
    }
}

/// Counts, lengths, OIDs and formats are numbers of two or four bytes.
fn number_in(random: &mut ChaCha8Rng, body: &mut [u8]) {
    let extreme: i32 = *[0, 1, -1, -2, 0x7fff, -0x8000, 0x7fff_ffff, -0x8000_0000].choose(random).unwrap_or(&0);
    let bytes = if random.random() { (extreme as i16).to_be_bytes().to_vec() } else { extreme.to_be_bytes().to_vec() };
    if body.len() >= bytes.len() {
        let place = random.random_range(0..=body.len() - bytes.len());
        body[place..place + bytes.len()].copy_from_slice(&bytes);
    }
}

fn splice(random: &mut ChaCha8Rng, body: &mut Vec<u8>, other: &[u8]) {
    body.truncate(random.random_range(0..=body.len()));
    body.extend(&other[random.random_range(0..=other.len())..]);
}

/// Changes words of a statement, or puts another in its place; a message stays well-formed.
fn sql(random: &mut ChaCha8Rng, message: &mut Message, statements: &[Vec<u8>]) {
    let start =
        if message.tag == b'P' { message.body.iter().position(|byte| *byte == 0).map_or(0, |end| end + 1) } else { 0 };
    let end = message.body[start..].iter().position(|byte| *byte == 0).map_or(message.body.len(), |end| start + end);
    let mut text = String::from_utf8_lossy(&message.body[start..end]).into_owned();
    if random.random_range(0..3) == 0
        && let Some(other) = statements.choose(random)
    {
        text = String::from_utf8_lossy(other).into_owned();
    }
    let mut words: Vec<&str> = text.split_inclusive(|c: char| c.is_whitespace() || "(),;.=".contains(c)).collect();
    for _ in 0..random.random_range(1..=3) {
        let place = random.random_range(0..=words.len());
        let piece = PIECES.choose(random).copied().unwrap_or_default();
        match random.random_range(0..4) {
            0 if place < words.len() => {
                words.remove(place);
            }
            1 if place < words.len() => words.insert(place, words[place]),
            2 if place < words.len() => words[place] = piece,
            _ => words.insert(place, piece),
        }
    }
    message.body.splice(start..end, words.concat().into_bytes());
}
