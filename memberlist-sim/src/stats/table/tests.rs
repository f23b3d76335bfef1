use proptest::prelude::*;

use super::*;

#[test]
fn text_columns_are_aligned_by_characters_and_not_by_bytes() {
    let mut table = Table::new().left("Größe").right("α");
    table.row(["ä", "−1"]).row(["no unit", "12"]);
    assert_eq!(table.to_text(), "Größe     α\n───────  ──\nä        −1\nno unit  12\n");
}

#[test]
fn missing_cells_are_empty_and_further_cells_get_a_column() {
    let mut table = Table::new().left("a");
    table.row(["1"]).row(["2", "3"]).row(Vec::<String>::new());
    assert_eq!(table.to_text(), "a\n─  ─\n1\n2  3\n\n");
    assert_eq!(
        table.to_markdown(),
        "| a   |     |\n|:----|:----|\n| 1   |     |\n| 2   | 3   |\n|     |     |\n"
    );
}

#[test]
fn empty_table_has_its_heads_alone() {
    assert_eq!(Table::new().left("a").to_text(), "a\n─\n");
    assert_eq!(Table::new().to_text(), "\n\n");
    assert!(Table::new().is_empty());
}

#[test]
fn cells_cannot_break_out_of_a_table() {
    let mut table = Table::new().left("name");
    table.row(["a|b\n| <script> \\ \u{1b}[31m"]);
    assert_eq!(table.to_text().lines().count(), 3);
    assert!(!table.to_text().contains('\u{1b}'));
    let markdown = table.to_markdown();
    assert_eq!(markdown.lines().count(), 3);
    assert!(markdown.contains(r"a\|b \| \<script> \\ �\[31m"), "{markdown}");
}

#[test]
fn table_survives_json() {
    let mut table = Table::new().left("a").right("b");
    table.row(["1", "2"]);
    let text = serde_json::to_string(&table).unwrap();
    assert_eq!(
        text,
        r#"{"columns":[{"title":"a","align":"left"},{"title":"b","align":"right"}],"rows":[["1","2"]]}"#
    );
    assert_eq!(serde_json::from_str::<Table>(&text).unwrap(), table);
}

proptest! {
    #[test]
    fn every_row_is_one_line_of_one_width(
        heads in prop::collection::vec(".{0,12}", 1..5),
        rows in prop::collection::vec(prop::collection::vec(".{0,12}", 0..6), 0..6),
    ) {
        let mut table = heads.iter().fold(Table::new(), |table, head| table.right(head.clone()));
        for row in &rows {
            table.row(row.clone());
        }
        let markdown = table.to_markdown();
        let lines: Vec<&str> = markdown.split_terminator('\n').collect();
        prop_assert_eq!(lines.len(), rows.len() + 2);
        let width = lines[0].chars().count();
        prop_assert!(lines.iter().all(|line| line.chars().count() == width));
        prop_assert_eq!(table.to_text().split_terminator('\n').count(), rows.len() + 2);
    }
}
