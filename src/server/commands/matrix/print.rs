//! The matrix for people and for programs.

use serde_json::{Value, json};
use sluice_base::Language;
use sluice_model::access::FieldAccess;
use sluice_model::allowance::Limited;
use sluice_model::catalog::{Entity, Field};

use super::super::Format;
use super::super::grid::Grid;
use super::{Column, Line, Matrix, MatrixOptions};

/// All matrices that were asked for.
pub(super) fn all(matrices: &[(&str, Matrix)], options: &MatrixOptions) -> String {
    match options.format {
        Format::Text => {
            let words = Words::of(options.language);
            let tables: Vec<String> = matrices.iter().map(|(kind, matrix)| table(kind, matrix, words)).collect();
            format!("{}\n{}", tables.join("\n"), words.legend)
        }
        Format::Json => {
            let all = matrices.iter().map(|(kind, matrix)| (kind.to_string(), of_matrix(matrix)));
            format!("{}\n", Value::Object(all.collect()))
        }
    }
}

struct Words {
    roles: &'static str,
    users: &'static str,
    explains: &'static str,
    yes: &'static str,
    all_rows: &'static str,
    note: &'static str,
    legend: &'static str,
}

impl Words {
    fn of(language: Language) -> &'static Words {
        match language {
            Language::En => &Words {
                roles: "ROLES",
                users: "USERS",
                explains: "explain: full",
                yes: "yes",
                all_rows: "all rows",
                note: "note",
                legend: "A clear, F clear on the rows of the rules named beside the relation, M masked by the rule named, \
                         m masked on those rows, N and n masked to NULL, \
                         T 5 totals over groups of at least 5 rows, - does not exist.\nA role stands for a person with no unit, \
                         attribute or address.\n",
            },
            Language::Zh => &Words {
                roles: "角色",
                users: "用户",
                explains: "explain: full",
                yes: "是",
                all_rows: "全部行",
                note: "注",
                legend: "A 原值;F 原值,仅限关系旁所列规则的行;M 按所列规则脱敏;m 脱敏且仅限这些行;N、n 脱敏为空;T 5 仅汇总且每组至少 5 行;- 不存在。\n\
                         角色列:假定持有该角色、无机构、无属性、无地址的人。\n",
            },
        }
    }
}

fn table(kind: &str, matrix: &Matrix, words: &Words) -> String {
    let mut grid = Grid::default();
    let title = if kind == "roles" { words.roles } else { words.users };
    let names = matrix.columns.iter().map(|column| column.subject.name.clone());
    grid.row(std::iter::once(title.to_string()).chain(names));
    let explains = matrix.columns.iter().map(|column| if column.explains { words.yes } else { "-" }.to_string());
    grid.row(std::iter::once(words.explains.to_string()).chain(explains));
    for (word, limited) in Limited::WORDS {
        let setting = |column: &Column| column.allowance.get(limited).map_or("-".to_string(), |n| n.to_string());
        if matrix.columns.iter().any(|column| column.allowance.get(limited).is_some()) {
            grid.row(std::iter::once(word.to_string()).chain(matrix.columns.iter().map(setting)));
        }
    }
    let mut last = None;
    for place in matrix.lines() {
        let entity = &matrix.entities[place.entity];
        if last != Some(place.entity) {
            last = Some(place.entity);
            let rows = matrix.columns.iter().map(|column| match column.filters(place.entity) {
                None => "-".to_string(),
                Some(rules) if rules.is_empty() => words.all_rows.to_string(),
                Some(rules) => rules.join(" + "),
            });
            grid.row(std::iter::once(of_entity(entity)).chain(rows));
        }
        let cells = matrix.columns.iter().map(|column| cell(column, place));
        grid.row(std::iter::once(format!("  {}", of_field(&entity.fields[place.field]))).chain(cells));
    }
    let mut text = grid.print();
    for column in &matrix.columns {
        for note in column.notes() {
            text.push_str(&format!("{} {}: {note}\n", words.note, column.subject.name));
        }
    }
    text
}

fn cell(column: &Column, place: Line) -> String {
    let access = column.access(place);
    if let FieldAccess::Totals(least) = access.field {
        return format!("T {least}");
    }
    let letter = access.letter();
    match column.mask_rule(place) {
        Some(rule) => format!("{letter} {rule}"),
        None => letter.to_string(),
    }
}

fn of_entity(entity: &Entity) -> String {
    match &entity.label.zh {
        Some(label) => format!("{} {label}", entity.id),
        None => entity.id.clone(),
    }
}

fn of_field(field: &Field) -> String {
    match &field.label.zh {
        Some(label) => format!("{} {label}", field.id),
        None => field.id.clone(),
    }
}

fn of_matrix(matrix: &Matrix) -> Value {
    let subjects = matrix.columns.iter().map(|column| {
        let entities = matrix.entities.iter().enumerate().map(|(index, entity)| of_subject(column, index, entity));
        json!({
            "kind": column.subject.kind, "name": column.subject.name, "roles": column.subject.principal.roles,
            "explain_full": column.explains, "limits": column.allowance, "notes": column.notes(), "entities": entities.collect::<Vec<Value>>(),
        })
    });
    Value::Array(subjects.collect())
}

fn of_subject(column: &Column, index: usize, entity: &Entity) -> Value {
    let decision = column.decisions.get(index).and_then(Option::as_ref);
    let Some(decision) = decision else { return json!({"entity": entity.id, "visible": false}) };
    let fields = entity.fields.iter().enumerate().map(|(field, described)| {
        let access = column.access(Line { entity: index, field });
        let state = match access.field {
            FieldAccess::Hidden => "hidden",
            FieldAccess::Clear => "clear",
            FieldAccess::Masked(_) => "masked",
            FieldAccess::Totals(_) => "totals",
        };
        let mask = match access.field {
            FieldAccess::Masked(mask) => json!({"rule": mask.rule, "function": mask.mask.to_string()}),
            FieldAccess::Hidden | FieldAccess::Clear | FieldAccess::Totals(_) => Value::Null,
        };
        let covered = decision.fields[field].covered_where.as_ref().map(|covered| covered.describe(entity));
        let lighter = decision.fields[field].lighter.as_ref().map(|lighter| lighter.describe(entity));
        json!({
            "field": described.id, "state": state, "mask": mask, "least_group": decision.fields[field].aggregate_only, "filtered": !access.every_row && state != "hidden",
            "covered_where": covered, "lighter": lighter,
        })
    });
    json!({
        "entity": entity.id, "visible": true, "filters": column.filters(index), "grants": decision.grants,
        "restrictions": decision.restrictions, "rows_where": decision.rows.describe(entity),
        "fields": fields.collect::<Vec<Value>>(),
    })
}
