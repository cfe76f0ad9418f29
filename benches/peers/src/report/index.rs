//! The index: the summary of each processor that has a page.

use std::{fmt::Write, fs, io, path::Path};

/// Around the section of a page that the index repeats.
pub(super) const BEGIN: &str = "<!-- summary -->";
pub(super) const END: &str = "<!-- end of the summary -->";

const HEAD: &str = "# bowline, its peers and a floor, in memory

Written by `benches/run`, which measures on the processor at hand, writes the page of that processor, and leaves the other pages alone. Each
page has its date and its commit, the method, the subjects, and all figures. Compare the ratios within a page, not times between pages.
Servers over sockets have [another page](echo/RESULTS.md).
";

/// The index of the pages in a folder.
pub(super) fn page(results: &Path) -> io::Result<String> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(results)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    pages.sort();
    let mut index = HEAD.to_owned();
    for path in pages {
        let slug = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        section(&mut index, &slug, &fs::read_to_string(&path)?);
    }
    Ok(index)
}

fn section(index: &mut String, slug: &str, page: &str) {
    let fact = |name: &str| {
        let start = format!("| {name} | ");
        page.lines().find_map(|line| line.strip_prefix(&start)?.strip_suffix(" |")).unwrap_or("?")
    };
    let summary = page.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).map_or("", |(summary, _)| summary);
    // The pictures of a page are in a folder beside it.
    let summary = summary.trim().replace(&format!("]({slug}/"), &format!("](results/{slug}/"));
    let _ = write!(
        index,
        "\n## {}\n\nMeasured on {}, commit {}: [all figures](results/{slug}.md).\n\n{summary}\n",
        fact("processor"),
        fact("date"),
        fact("commit"),
    );
}
