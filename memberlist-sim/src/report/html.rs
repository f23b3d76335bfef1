//! Reports as HTML.
//!
//! What is written is well-formed XML too (but for the line that names the type), so that a strict parser can check it.

use super::{Item, Report, Section, paragraphs};
use crate::{
    plot::{STYLE as PLOT_STYLE, text::escape},
    stats::{Align, Table},
};

/// What the page may load: nothing, but that it has a style sheet of its own.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

const STYLE: &str = "\
:root{color-scheme:light dark;--ground:#FFFFFF;--ink:#1F2328;--faint:#59636E;--line:#D8DEE4;--shade:#F6F8FA;--good:#0B6B45;--bad:#B0301C}
@media screen and (prefers-color-scheme:dark){:root{--ground:#0D1117;--ink:#E6EDF3;--faint:#9AA4AF;--line:#2B323A;--shade:#161B22;--good:#2CC295;--bad:#FF7B6B}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem clamp(.75rem,3vw,2.5rem) 4rem;max-width:1640px;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif;overflow-wrap:break-word}
h1{font-size:1.75rem;line-height:1.25;margin:0 0 1rem}
h2{font-size:1.3rem;line-height:1.3;margin:2.5rem 0 .75rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}
p{max-width:75ch;margin:.75rem 0}
a{color:inherit}
dl{display:grid;grid-template-columns:minmax(7rem,max-content) minmax(0,1fr);gap:.2rem 1.25rem;margin:0 0 1rem}
dt{color:var(--faint)}
dd{margin:0;min-width:0}
nav ol{padding-left:1.25rem;columns:18rem;margin:1rem 0}
.outcome{display:inline-block;margin:0 0 1rem;padding:.25rem .75rem;border:2px solid;border-radius:.4rem;font-weight:600}
.good{color:var(--good)}
.bad{color:var(--bad)}
ul.checks{list-style:none;margin:.75rem 0;padding:0}
ul.checks li{padding-left:1.5rem;text-indent:-1.5rem}
.sign{display:inline-block;width:1.5rem;text-indent:0;font-weight:700}
.scroll{overflow-x:auto;max-width:100%}
figure{margin:1.25rem 0;min-width:0}
figcaption{color:var(--faint);margin-bottom:.4rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.94rem}
th,td{padding:.32rem .8rem;border-bottom:1px solid var(--line);text-align:left;white-space:nowrap;vertical-align:top}
th{border-bottom:2px solid var(--line);background:var(--shade)}
.right{text-align:right}
pre{margin:.75rem 0;padding:.75rem 1rem;background:var(--shade);border:1px solid var(--line);border-radius:.4rem;overflow:auto;max-height:32rem;font:.86rem/1.45 ui-monospace,'SFMono-Regular',Menlo,Consolas,'DejaVu Sans Mono',monospace}
summary{cursor:pointer;color:var(--faint)}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,680px),1fr));gap:1.25rem;margin:1.25rem 0}
.plots figure{margin:0}
.plots svg.ml-plot{display:block;width:100%;min-width:600px;max-width:1000px}
@media print{
body{max-width:none;padding:0;font-size:10pt}
h2,figcaption{break-after:avoid}
figure,tr,ul.checks li{break-inside:avoid}
thead{display:table-header-group}
.scroll{overflow:visible}
th,td{white-space:normal;padding:.2rem .4rem}
pre{max-height:none;white-space:pre-wrap}
.plots{grid-template-columns:1fr}
.plots svg.ml-plot{min-width:0;max-width:100%}
}
";

pub(super) fn write(report: &Report) -> String {
    let title = escape(&report.title);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <title>{title}</title>\n<style>\n{STYLE}{PLOT_STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n"
    );
    write_outcome(&mut out, report.checks());
    if !report.facts.is_empty() {
        out.push_str("<dl>\n");
        for fact in &report.facts {
            out.push_str(&format!("<dt>{}</dt><dd>{}</dd>\n", escape(&fact.name), escape(&fact.value)));
        }
        out.push_str("</dl>\n");
    }
    out.push_str("</header>\n");
    write_contents(&mut out, &report.sections);
    out.push_str("<main>\n");
    for (index, section) in report.sections.iter().enumerate() {
        write_section(&mut out, index, section);
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn write_outcome(out: &mut String, (checks, failed): (usize, usize)) {
    if failed > 0 {
        out.push_str(&format!("<p class=\"outcome bad\">{failed} of {checks} checks failed</p>\n"));
    } else if checks > 0 {
        out.push_str(&format!("<p class=\"outcome good\">All {checks} checks hold</p>\n"));
    }
}

/// Links to the sections, from the fourth on worth their place.
fn write_contents(out: &mut String, sections: &[Section]) {
    if sections.len() < 4 {
        return;
    }
    out.push_str("<nav aria-label=\"Contents\">\n<ol>\n");
    for (index, section) in sections.iter().enumerate() {
        out.push_str(&format!(
            "<li><a href=\"#section-{}\">{}</a></li>\n",
            index + 1,
            escape(&section.title)
        ));
    }
    out.push_str("</ol>\n</nav>\n");
}

fn write_section(out: &mut String, index: usize, section: &Section) {
    out.push_str(&format!("<section id=\"section-{}\">\n<h2>{}</h2>\n", index + 1, escape(&section.title)));
    let mut items = section.items.iter().peekable();
    while let Some(item) = items.next() {
        match item {
            Item::Text { text } => {
                for paragraph in paragraphs(text) {
                    out.push_str(&format!("<p>{}</p>\n", escape(&paragraph)));
                }
            }
            Item::Code { code } => write_lines(out, code),
            Item::Table { caption, table } => write_table(out, caption, table),
            // Plots that follow one another share a grid, and stand side by side where there is room.
            Item::Plot { plot } => {
                out.push_str("<div class=\"plots\">\n");
                let mut next = Some(plot);
                while let Some(plot) = next {
                    let label = escape(plot.title());
                    out.push_str(&format!(
                        "<figure>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\">\n{}</div>\n</figure>\n",
                        plot.draw()
                    ));
                    let following = items.next_if(|item| matches!(item, Item::Plot { .. }));
                    next = following
                        .and_then(|item| if let Item::Plot { plot } = item { Some(plot) } else { None });
                }
                out.push_str("</div>\n");
            }
            Item::Check { .. } => {
                out.push_str("<ul class=\"checks\">\n");
                write_check(out, item);
                while let Some(check) = items.next_if(|item| matches!(item, Item::Check { .. })) {
                    write_check(out, check);
                }
                out.push_str("</ul>\n");
            }
            Item::Data { name, data } => {
                out.push_str(&format!("<details>\n<summary>Data: {}</summary>\n", escape(name)));
                write_lines(out, &serde_json::to_string_pretty(data).unwrap_or_default());
                out.push_str("</details>\n");
            }
        }
    }
    out.push_str("</section>\n");
}

fn write_check(out: &mut String, item: &Item) {
    let Item::Check { name, passed, detail } = item else { return };
    let (class, sign, word) = if *passed { ("good", "✓", "holds") } else { ("bad", "✗", "failed") };
    let colon = if detail.is_empty() { "" } else { ": " };
    out.push_str(&format!(
        "<li><span class=\"sign {class}\" role=\"img\" aria-label=\"{word}\">{sign}</span>{}{colon}{}</li>\n",
        escape(name),
        escape(detail)
    ));
}

fn write_lines(out: &mut String, lines: &str) {
    let lines: Vec<String> = lines.lines().map(escape).collect();
    out.push_str(&format!("<pre tabindex=\"0\">{}</pre>\n", lines.join("\n")));
}

fn write_table(out: &mut String, caption: &str, table: &Table) {
    out.push_str("<figure>\n");
    if !caption.is_empty() {
        out.push_str(&format!("<figcaption>{}</figcaption>\n", escape(caption)));
    }
    let label = if caption.is_empty() { "Table".to_owned() } else { escape(caption) };
    out.push_str(&format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\">\n<table>\n<thead><tr>"
    ));
    let class = |align: Align| if align == Align::Right { " class=\"right\"" } else { "" };
    for column in table.columns() {
        out.push_str(&format!("<th scope=\"col\"{}>{}</th>", class(column.align), escape(&column.title)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in table.rows() {
        out.push_str("<tr>");
        for (index, column) in table.columns().iter().enumerate() {
            let cell = row.get(index).map_or_else(String::new, |cell| escape(cell));
            out.push_str(&format!("<td{}>{cell}</td>", class(column.align)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</div>\n</figure>\n");
}
