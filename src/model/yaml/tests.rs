//! Places in the file, and everything that is refused.

use super::*;
use crate::diagnostic::Diagnostic;

fn read(text: &str) -> (Vec<Node>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let nodes = documents(text, &mut Report::new("f.yaml", &mut found));
    (nodes, found)
}

fn refused(text: &str, expected: &str) {
    let (_, found) = read(text);
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(lines.iter().any(|l| l.contains(expected)), "{text:?}: {lines:#?} lacks {expected:?}");
}

fn value<'n>(node: &'n Node, key: &str) -> &'n Scalar {
    let Node::Map(_, entries) = node else { panic!("not a map") };
    match entries.iter().find(|(k, _)| k.text == key) {
        Some((_, Node::Scalar(scalar))) => scalar,
        other => panic!("{other:?}"),
    }
}

#[test]
fn scalars_stay_text_with_their_place() {
    let (nodes, found) = read("a: {N: 007, on: yes}\n---\n# 注\nb: '名 '' x'\n---\n");
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(nodes.len(), 2);
    let Node::Map(_, entries) = &nodes[0] else { panic!() };
    assert_eq!(value(&entries[0].1, "N").text, "007");
    assert_eq!(value(&entries[0].1, "on").text, "yes");
    assert_eq!(value(&nodes[1], "b").at, Spot { line: 4, column: 4 });
}

#[test]
fn places_inside_texts_map_back_into_the_file() {
    let text = "a: x = 1 and 名\nb: 'it''s here'\nc: |\n  line one\n  line two\n";
    let (nodes, found) = read(text);
    assert!(found.is_empty(), "{found:?}");
    let at = |key: &str, line, column| {
        let spot = value(&nodes[0], key).locate(line, column);
        (spot.line, spot.column)
    };
    assert_eq!(at("a", 1, 5), (1, 8));
    assert_eq!(at("b", 1, 6), (2, 11));
    assert_eq!(at("c", 2, 6), (5, 8));
}

#[test]
fn what_is_not_plain_data_is_refused() {
    refused("a: &x 1\nb: *x\n", "f.yaml:1:");
    refused("a: &x 1\nb: *x\n", "yaml-anchor");
    refused("a: !!str 1\n", "yaml-tag");
    refused("a: 1\na: 2\n", "f.yaml:2:1: duplicate-key");
    refused("<<: {a: 1}\n", "merge keys");
    refused("? [a, b]\n: 1\n", "yaml-key");
    refused("a: [1, 2\nb: 3\n", "yaml-syntax");
    refused(&"[".repeat(1000), "limit");
    refused(&"- ".repeat(1000), "limit");
    refused(&format!("a: [{}]", "1,".repeat(NODES_MAX + 1)), "yaml-limit");
}

#[test]
fn a_broken_document_does_not_hide_the_next() {
    let (nodes, found) = read("a: [1\n---\nb: 2\n---\nc: {\n---\nd: 4\n");
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(nodes.len(), 2);
    assert_eq!(value(&nodes[1], "d").text, "4");
}
