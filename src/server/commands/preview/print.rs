//! The two sides for people and for programs.

use serde_json::{Value, json};
use sluice_base::Language;
use sluice_model::Principal;
use sluice_model::catalog::Entity;
use sluice_plan::govern::entity_name;

use super::super::Format;
use super::super::grid::Grid;
use super::{Preview, PreviewOptions, Shown};

struct Words {
    row: &'static str,
    original: &'static str,
    sees: &'static str,
    why: &'static str,
    hidden: &'static str,
    totals: &'static str,
    not_raw: &'static str,
    null: &'static str,
    rows_where: &'static str,
    nothing: &'static str,
    no_rows: &'static str,
}

impl Words {
    fn of(language: Language) -> &'static Words {
        match language {
            Language::En => &Words {
                row: "row",
                original: "original",
                sees: "sees",
                why: "why",
                hidden: "(not there)",
                totals: "(totals alone)",
                not_raw: "masked for the steward too",
                null: "NULL",
                rows_where: "rows where",
                nothing: "does not exist for",
                no_rows: "no rows",
            },
            Language::Zh => &Words {
                row: "行",
                original: "原值",
                sees: "所见",
                why: "依据",
                hidden: "(不存在)",
                totals: "(仅汇总)",
                not_raw: "对管家同样脱敏",
                null: "NULL",
                rows_where: "行条件",
                nothing: "不存在,对",
                no_rows: "没有行",
            },
        }
    }
}

/// The entity is not there for the person.
pub(super) fn nothing(entity: &Entity, person: &Principal, options: &PreviewOptions) -> String {
    match options.format {
        Format::Text => {
            let words = Words::of(options.language);
            format!("{} {} {}\n", entity_name(entity, options.language), words.nothing, person.user)
        }
        Format::Json => format!("{}\n", json!({"entity": entity.id, "as": person.user, "visible": false})),
    }
}

pub(super) fn all(preview: &Preview, options: &PreviewOptions) -> String {
    match options.format {
        Format::Text => text(preview, options),
        Format::Json => format!("{}\n", of_preview(preview, options)),
    }
}

fn text(preview: &Preview, options: &PreviewOptions) -> String {
    let words = Words::of(options.language);
    let rule = preview.person.rows.describe(preview.entity);
    let name = entity_name(preview.entity, options.language);
    let mut text = format!("{name} --as {} --by {}; {} {rule}\n", options.user, options.by, words.rows_where);
    if preview.rows.is_empty() {
        text.push_str(&format!("{}\n", words.no_rows));
    }
    for (number, row) in preview.rows.iter().enumerate() {
        let mut grid = Grid::default();
        let title = format!("{} {}", words.row, number + 1);
        grid.row([title.as_str(), words.original, &format!("{} {}", options.user, words.sees), words.why]);
        for ((field, shown), pair) in preview.fields.iter().zip(row) {
            let described = &preview.entity.fields[*field];
            let name = match (options.language, &described.label.zh) {
                (Language::Zh, Some(label)) => label.as_str(),
                _ => described.id.as_str(),
            };
            let cell = |value: &Option<String>| value.clone().unwrap_or_else(|| words.null.to_string());
            let seen = match shown {
                Shown::Hidden => words.hidden.to_string(),
                Shown::Totals => words.totals.to_string(),
                Shown::Same | Shown::Masked | Shown::NotRaw => cell(&pair.seen),
            };
            grid.row([name.to_string(), cell(&pair.original), seen, why(preview, *field, shown, words)]);
        }
        text.push_str(&format!("\n{}", grid.print()));
    }
    text
}

fn why(preview: &Preview, field: usize, shown: &Shown, words: &Words) -> String {
    match (shown, &preview.person.fields[field].mask) {
        (Shown::Masked, Some(mask)) => format!("{} [{}]", mask.rule, mask.mask),
        (Shown::NotRaw, _) => words.not_raw.to_string(),
        _ => String::new(),
    }
}

fn of_preview(preview: &Preview, options: &PreviewOptions) -> Value {
    let rows = preview.rows.iter().map(|row| {
        let fields = preview.fields.iter().zip(row).map(|((field, shown), pair)| {
            let mask = preview.person.fields[*field].mask.as_ref().filter(|_| matches!(shown, Shown::Masked));
            let state = match shown {
                Shown::Same => "clear",
                Shown::Hidden => "hidden",
                Shown::Totals => "totals",
                Shown::Masked => "masked",
                Shown::NotRaw => "masked for the steward",
            };
            let of = json!({
                "original": pair.original, "seen": pair.seen, "state": state, "rule": mask.map(|mask| &mask.rule),
                "mask": mask.map(|mask| mask.mask.to_string()),
            });
            (preview.entity.fields[*field].id.clone(), of)
        });
        Value::Object(fields.collect())
    });
    json!({
        "entity": preview.entity.id, "as": options.user, "by": options.by, "visible": true,
        "rows_where": preview.person.rows.describe(preview.entity), "rows": rows.collect::<Vec<Value>>(),
    })
}
