//! A difference for people and for programs.

use serde_json::{Value, json};
use sluice_base::Language;

use super::super::grid::Grid;
use super::super::report::line;
use super::{Change, DiffOptions, Difference, Differs, Replayed, named};
use crate::commands::Format;

struct Words {
    people: &'static str,
    nobody: &'static str,
    unfelt: &'static str,
    statements: &'static str,
    /// In the log, different ones, planned again, differing.
    counts: [&'static str; 4],
    none_differs: &'static str,
    times: &'static str,
    rows: &'static str,
    unexpected: &'static str,
    no_gain: &'static str,
    unknown: &'static str,
    cut: &'static str,
}

impl Words {
    fn of(language: Language) -> &'static Words {
        match language {
            Language::En => &Words {
                people: "people (+ gain, - loss, ~ either)",
                nobody: "nothing differs for anybody",
                unfelt: "read otherwise, and nobody compared here would notice (another unit, zone, attribute or hour may)",
                statements: "statements",
                counts: ["in the log", "different ones", "planned again", "differ"],
                none_differs: "no statement differs",
                times: "times",
                rows: "rows on the sources, before and after",
                unexpected: "gains that are not expected",
                no_gain: "no gain that is not expected",
                unknown: "not in the users file, decided with the recorded roles",
                cut: "statements were too long to be recorded whole and are not decided again",
            },
            Language::Zh => &Words {
                people: "人员(+ 增加,- 减少,~ 两者皆有可能)",
                nobody: "对所有人都没有差异",
                unfelt: "内容已改变,但此处比较的人员均未受影响(其他机构、区域、属性或时间可能受影响)",
                statements: "语句",
                counts: ["条在日志中", "条不同", "条重新判定", "条有差异"],
                none_differs: "没有语句受影响",
                times: "次",
                rows: "数据源上的行数(之前、之后)",
                unexpected: "未在预期中的新增权限",
                no_gain: "没有预期之外的新增权限",
                unknown: "不在用户文件中,按记录的角色判定",
                cut: "条语句过长未完整记录,未重新判定",
            },
        }
    }
}

pub(super) fn all(difference: &Difference, options: &DiffOptions) -> String {
    match options.format {
        Format::Text => text(difference, Words::of(options.language)),
        Format::Json => format!("{}\n", of_difference(difference)),
    }
}

fn text(difference: &Difference, words: &Words) -> String {
    let short = |id: &str| id.get(..12).unwrap_or(id).to_string();
    let mut text = format!("{} -> {}\n", short(&difference.old_id), short(&difference.new_id));
    if difference.people.is_empty() {
        text.push_str(&format!("{}\n", words.nobody));
    } else {
        text.push_str(&format!("{}\n", words.people));
    }
    for group in &difference.people {
        text.push_str(&format!("  {}\n{}", group.who.join(", "), changes(&group.changes)));
    }
    if !difference.unfelt.is_empty() {
        text.push_str(&format!("{}\n", words.unfelt));
    }
    for reworded in &difference.unfelt {
        text.push_str(&format!("  ~ {}\n", named(reworded)));
    }
    if let Some(replayed) = &difference.replayed {
        text.push_str(&of_replay(replayed, words));
    }
    if !difference.sampled.is_empty() {
        text.push_str(&format!("{}\n", words.rows));
        let mut grid = Grid::default();
        for sampled in &difference.sampled {
            grid.row([
                format!("  {}", sampled.user),
                sampled.before.clone(),
                sampled.after.clone(),
                one_line(&sampled.statement),
            ]);
        }
        text.push_str(&grid.print());
    }
    for unmet in &difference.unmet {
        text.push_str(&line("warning", unmet));
    }
    if difference.unexpected.is_empty() {
        text.push_str(&format!("{}\n", words.no_gain));
        return text;
    }
    text.push_str(&format!("{}: {}\n", words.unexpected, difference.unexpected.len()));
    for (who, what) in &difference.unexpected {
        text.push_str(&format!("  {who} {what}\n"));
    }
    text
}

fn of_replay(replayed: &Replayed, words: &Words) -> String {
    let Replayed { statements, distinct, planned, cut, unknown, differs } = replayed;
    let counts = words.counts.iter().zip([*statements, *distinct as u64, *planned as u64, differs.len() as u64]);
    let counts: Vec<String> = counts.map(|(word, count)| format!("{count} {word}")).collect();
    let mut text = format!("{}: {}\n", words.statements, counts.join(", "));
    if differs.is_empty() {
        text.push_str(&format!("  {}\n", words.none_differs));
    }
    for Differs { user, statement, times, changes: of, .. } in differs {
        text.push_str(&format!("  {user}  {times} {}  {}\n{}", words.times, one_line(statement), changes(of)));
    }
    for user in unknown {
        text.push_str(&format!("  {user}: {}\n", words.unknown));
    }
    if *cut > 0 {
        text.push_str(&format!("  {cut} {}\n", words.cut));
    }
    text
}

fn changes(changes: &[Change]) -> String {
    let mut grid = Grid::default();
    for change in changes {
        let first = format!("    {} {}", change.effect.sign(), change.what);
        grid.row([first, format!("{} -> {}", change.before, change.after)]);
    }
    grid.print()
}

/// A statement on one line, cut where it is long; JSON has all of it.
fn one_line(statement: &str) -> String {
    const CHARS_MAX: usize = 160;
    let words: Vec<&str> = statement.split_whitespace().collect();
    let whole = words.join(" ");
    let cut: String = whole.chars().take(CHARS_MAX).collect();
    if cut.len() < whole.len() { format!("{cut}...") } else { cut }
}

fn of_changes(changes: &[Change]) -> Value {
    let all = changes.iter().map(|change| {
        json!({"what": change.what, "before": change.before, "after": change.after, "effect": change.effect.word()})
    });
    Value::Array(all.collect())
}

fn of_difference(difference: &Difference) -> Value {
    let people = difference.people.iter().map(|group| json!({"who": group.who, "changes": of_changes(&group.changes)}));
    let replayed = difference.replayed.as_ref().map(|replayed| {
        let differs = replayed.differs.iter().map(|differs| {
            json!({
                "user": differs.user, "statement": differs.statement, "times": differs.times,
                "changes": of_changes(&differs.changes),
            })
        });
        json!({
            "statements": replayed.statements, "distinct": replayed.distinct, "planned": replayed.planned,
            "cut": replayed.cut, "unknown_users": replayed.unknown, "differs": differs.collect::<Vec<Value>>(),
        })
    });
    let sampled = difference.sampled.iter().map(|sampled| {
        json!({
            "user": sampled.user, "statement": sampled.statement, "before": sampled.before, "after": sampled.after,
        })
    });
    let unexpected = difference.unexpected.iter().map(|(who, what)| json!({"who": who, "what": what}));
    let unmet = difference.unmet.iter().map(|unmet| json!({"line": unmet.line, "message": unmet.message}));
    json!({
        "old": difference.old_id, "new": difference.new_id, "people": people.collect::<Vec<Value>>(),
        "unfelt": difference.unfelt.iter().map(named).collect::<Vec<String>>(), "replay": replayed, "sampled": sampled.collect::<Vec<Value>>(),
        "unexpected_gains": unexpected.collect::<Vec<Value>>(), "unmet_expectations": unmet.collect::<Vec<Value>>(),
    })
}
