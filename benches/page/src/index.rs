//! The index of the pages: for each processor that has one, its summary.

use std::{fmt::Write, fs, io, path::Path};

/// Around the part of a page that the index repeats.
pub const BEGIN: &str = "<!-- summary -->";
/// See [`BEGIN`].
pub const END: &str = "<!-- end of the summary -->";

/// An index that begins with `head`, of the pages in `folder`, which is beside the index.
pub fn page(head: &str, folder: &Path) -> io::Result<String> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let paths: io::Result<Vec<_>> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths?;
    paths.sort();
    let mut index = head.to_owned();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        let slug = path.file_stem().unwrap_or_default().to_string_lossy();
        section(&mut index, &name, &slug, &fs::read_to_string(path)?);
    }
    Ok(index)
}

fn section(index: &mut String, folder: &str, slug: &str, page: &str) {
    let fact = |name: &str| {
        let start = format!("| {name} | ");
        page.lines().find_map(|line| line.strip_prefix(&start)?.strip_suffix(" |"))
    };
    let summary = page.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).map_or("", |(summary, _)| summary);
    // The pictures of a page are in a folder beside it, and its headings are one level lower here.
    let summary = summary.trim().replace(&format!("]({slug}/"), &format!("]({folder}/{slug}/"));
    let summary = summary.replace("\n## ", "\n### ").replacen("## ", "### ", usize::from(summary.starts_with("## ")));
    let commit = fact("commit").map_or(String::new(), |commit| format!(", commit {commit}"));
    let _ = write!(
        index,
        "\n## {}\n\nMeasured on {}{commit}: [all figures]({folder}/{slug}.md).\n\n{summary}\n",
        fact("processor").unwrap_or("?"),
        fact("date").unwrap_or("?"),
    );
}
