//! The report for people.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::{ClassRow, Over, Report};
use crate::eval::interval::Share;
use crate::eval::metrics::Summary;
use crate::printable::printable;

/// With more classes than that, only the hardest are shown.
const MOST_CLASSES: usize = 20;
/// How many these are.
const HARDEST: usize = 10;
/// Smaller ones would be shown as 0.
const LEAST_CHANCE: f64 = 0.0001;

/// The report as text of several tables, not wider than a terminal as long as labels are not.
pub fn text(report: &Report) -> String {
    let mut text = String::new();
    heading(&mut text, report);
    measures(&mut text, report);
    sureness(&mut text, report);
    per_class(&mut text, report);
    pairs(&mut text, report);
    against(&mut text, report);
    text
}

/// Lines that fit no memory are the only ones that can't be written.
macro_rules! line {
    ($to:expr, $($what:tt)*) => {{ let _ = writeln!($to, $($what)*); }};
}

fn heading(to: &mut String, report: &Report) {
    let mut parts = vec![counted(report.pictures)];
    if report.errors > 0 {
        parts.push(format!("{} failed", report.errors));
    }
    if report.skipped > 0 {
        parts.push(format!("{} left out", report.skipped));
    }
    line!(to, "{}: {}", printable(&report.model), parts.join(", "));
}

fn counted(pictures: u64) -> String {
    format!("{pictures} picture{}", if pictures == 1 { "" } else { "s" })
}

fn measures(to: &mut String, report: &Report) {
    if report.all.pictures > 0 {
        let classes = |summary: &Summary| match summary.classes {
            Some(count) => format!("{count} classes"),
            None => "all classes".to_owned(),
        };
        let mut columns = vec![(classes(&report.all), &report.all)];
        if let Some(masked) = &report.masked {
            columns.push((format!("only {}", classes(masked)), masked));
        }
        type Cell = fn(&Summary) -> String;
        let rows: [(&str, Cell); 9] = [
            ("top-1", |s| shared(s.top1)),
            ("top-5", |s| shared(s.top5)),
            ("balanced accuracy", |s| percent(s.balanced_accuracy)),
            ("macro precision", |s| percent(s.macro_precision)),
            ("macro recall", |s| percent(s.macro_recall)),
            ("macro F1", |s| percent(s.macro_f1)),
            ("log loss", |s| number(s.log_loss)),
            ("Brier score", |s| number(s.brier)),
            ("calibration error", |s| number(s.ece)),
        ];
        // Shares have room for 100.
        let titles: Vec<_> = columns
            .iter()
            .map(|(title, _)| format!(" {title}"))
            .collect();
        row(to, "", &titles);
        for (name, cell) in rows {
            let cells: Vec<_> = columns.iter().map(|(_, summary)| cell(summary)).collect();
            row(to, name, &cells);
        }
    }
    if let Some(real) = &report.real {
        let without = real.skipped;
        line!(
            to,
            "\nReaL labels: {}, {without} without a label",
            counted(real.pictures)
        );
        row(to, "top-1", &[shared(real.top1)]);
        row(to, "top-5", &[shared(real.top5)]);
    }
}

fn row(to: &mut String, name: &str, cells: &[String]) {
    let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:<28}")).collect();
    let line = format!("  {name:<18}  {}", cells.join(""));
    line!(to, "{}", line.trim_end());
}

/// `92.50 %  (80.14 to 97.42)`.
fn shared(share: Option<Share>) -> String {
    let shown = |share: Share| {
        let [low, high] = share.interval.map(|end| end * 100.0);
        format!("{:6.2} %  ({low:.2} to {high:.2})", share.accuracy * 100.0)
    };
    share.map_or("     -".to_owned(), shown)
}

fn percent(value: Option<f64>) -> String {
    value.map_or("     -".to_owned(), |value| {
        format!("{:6.2} %", value * 100.0)
    })
}

fn number(value: Option<f64>) -> String {
    value.map_or("     -".to_owned(), |value| format!("{value:8.4}"))
}

fn sureness(to: &mut String, report: &Report) {
    if report.all.pictures == 0 {
        return;
    }
    let over = match report.over {
        Over::All => "",
        Over::Masked => ", over the valid classes",
    };
    line!(to, "\nAnswers with at least this score{over}:");
    line!(to, "  score    answered   accuracy");
    for threshold in &report.thresholds {
        let (share, accuracy) = (percent(threshold.share), percent(threshold.accuracy));
        line!(to, "  {:<6}  {share:<9}  {accuracy}", threshold.min_score);
    }
    line!(to, "\nAnswers by score:");
    line!(to, "  score          pictures   mean score   accuracy");
    for bin in report.bins.iter().filter(|bin| bin.count > 0) {
        let (score, accuracy) = (percent(bin.score), percent(bin.accuracy));
        let (from, to_, count) = (bin.from, bin.to, bin.count);
        line!(
            to,
            "  {from:.3}..{to_:.3}  {count:>9}  {score:<11}  {accuracy}"
        );
    }
}

fn per_class(to: &mut String, report: &Report) {
    let shown = report.per_class.iter().filter(|row| row.pictures > 0);
    let mut rows: Vec<&ClassRow> = shown.collect();
    if rows.is_empty() {
        return;
    }
    let is_short = rows.len() > MOST_CLASSES;
    if is_short {
        let f1 = |row: &ClassRow| row.f1.unwrap_or(0.0);
        rows.retain(|row| f1(row) < 1.0);
        rows.sort_by(|a, b| f1(a).total_cmp(&f1(b)));
        rows.truncate(HARDEST);
        if rows.is_empty() {
            return;
        }
        line!(to, "\nThe hardest classes (--json has all):");
    } else {
        line!(to, "\nClasses:");
    }
    let labels: Vec<_> = rows.iter().map(|row| printable(&row.class.label)).collect();
    let widest = widest(&labels);
    line!(
        to,
        "  {:widest$}  pictures   precision   recall     F1         most taken for",
        "label"
    );
    for (row, label) in rows.iter().zip(&labels) {
        let padding = widest - label.width();
        let taken = row
            .confused_with
            .as_ref()
            .map_or(String::new(), |confused| {
                format!("{} ({})", printable(&confused.class.label), confused.count)
            });
        let line = format!(
            "  {label}{:padding$}  {:>8}  {:<10}  {:<9}  {:<9}  {taken}",
            "",
            row.pictures,
            percent(row.precision),
            percent(row.recall),
            percent(row.f1),
        );
        line!(to, "{}", line.trim_end());
    }
}

fn pairs(to: &mut String, report: &Report) {
    if report.worst_pairs.is_empty() {
        return;
    }
    line!(to, "\nTaken for another most often:");
    let shown = |label: &str| printable(label);
    let truths: Vec<_> = report
        .worst_pairs
        .iter()
        .map(|p| shown(&p.truth.label))
        .collect();
    let widest = widest(&truths);
    for (pair, truth) in report.worst_pairs.iter().zip(&truths) {
        let padding = widest - truth.width();
        let answer = shown(&pair.answer.label);
        line!(
            to,
            "  {:>6}  {truth}{:padding$}  as {answer}",
            pair.count,
            ""
        );
    }
}

fn widest(labels: &[String]) -> usize {
    let widths = labels.iter().map(|label| label.width());
    widths.max().unwrap_or(0).max("label".len())
}

fn against(to: &mut String, report: &Report) {
    let Some(other) = &report.against else { return };
    let missing = match other.missing {
        0 => String::new(),
        missing => format!(" ({missing} more are not in it)"),
    };
    let name = printable(&other.model);
    line!(
        to,
        "\nAgainst {name} on {}{missing}:",
        counted(other.pictures)
    );
    if let (Some(difference), Some([low, high])) = (other.difference, other.interval) {
        let (here, there) = (percent(other.accuracy), percent(other.other_accuracy));
        line!(
            to,
            "  top-1  {} here, {} there",
            here.trim_start(),
            there.trim_start()
        );
        let [difference, low, high] = [difference, low, high].map(|x| 100.0 * x);
        line!(
            to,
            "  difference  {difference:+.2} points ({low:+.2} to {high:+.2})"
        );
    }
    line!(
        to,
        "  right here alone {}, there alone {}; p {} (McNemar, mid-p; exact {})",
        other.only_this,
        other.only_other,
        chance(other.p_mid),
        chance(other.p_exact).trim_start_matches("= "),
    );
}

/// What follows `p`.
fn chance(p: f64) -> String {
    match p < LEAST_CHANCE {
        true => format!("< {LEAST_CHANCE}"),
        false => format!("= {p:.4}"),
    }
}
