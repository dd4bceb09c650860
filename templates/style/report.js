"use strict";
// Sorting, filtering, the slider over cutoffs and the current section. The report says everything without this script.
(() => {
  // A table's rows as they are sorted and filtered now; paper shows them all, as they were written.
  const tables = new Map();
  const isHead = (row) => row.classList.contains("group");
  const value = (cell) => {
    const found = cell.textContent.trim().replace(/\u2212/g, "-").replace(/,/g, "").match(/^(<|×)?\s*([-+]?\d+(\.\d+)?)/);
    return found ? parseFloat(found[2]) - (found[1] === "<" ? 1e-9 : 0) : null;
  };
  const compare = (column, sign, numbers) => (a, b) => {
    if (!numbers) return sign * a.cells[column].textContent.trim().localeCompare(b.cells[column].textContent.trim(), "en", { numeric: true });
    const p = value(a.cells[column]), q = value(b.cells[column]);
    return ((p === null) - (q === null)) || sign * ((p ?? 0) - (q ?? 0));
  };
  const arrange = (table) => {
    const state = tables.get(table), sorted = state.sort !== "none";
    const rows = state.rows.filter((row) => !isHead(row));
    if (sorted) rows.sort(compare(state.column, state.sort === "ascending" ? 1 : -1, table.tHead.rows[0].cells[state.column].classList.contains("n")));
    table.tBodies[0].append(...(sorted ? rows : state.rows), ...(sorted ? state.rows.filter(isHead) : []));
    const words = state.words.toLowerCase();
    let head = null, headFits = false, seen = 0;
    for (const row of state.rows) {
      if (isHead(row)) {
        head = row; headFits = row.textContent.toLowerCase().includes(words); row.hidden = true;
        continue;
      }
      row.hidden = !(headFits || row.textContent.toLowerCase().includes(words)) || (state.only && !("told" in row.dataset));
      seen += !row.hidden;
      if (head && !row.hidden && !sorted) head.hidden = false;
    }
    if (state.output) state.output.textContent = `${seen} of ${rows.length} rows`;
  };
  for (const table of document.querySelectorAll("table[data-sort], table[data-filter]")) {
    tables.set(table, { rows: [...table.tBodies[0].rows], sort: "none", column: 0, words: "", only: false, output: null });
  }
  for (const table of document.querySelectorAll("table[data-sort]")) {
    const heads = [...table.tHead.rows[0].cells], state = tables.get(table);
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sorter";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const before = state.column === column ? state.sort : "none";
        for (const other of heads) other.removeAttribute("aria-sort");
        state.column = column;
        state.sort = { none: "ascending", ascending: "descending", descending: "none" }[before];
        if (state.sort !== "none") head.setAttribute("aria-sort", state.sort);
        arrange(table);
      });
    });
  }
  for (const table of document.querySelectorAll("table[data-filter]")) {
    const state = tables.get(table);
    if (state.rows.length < 6) continue;
    const bar = document.createElement("p");
    bar.className = "filters rows";
    const field = (type, text) => {
      const label = document.createElement("label"), input = document.createElement("input");
      input.type = type;
      label.append(...(type === "search" ? [text, input] : [input, text]));
      bar.append(label);
      return input;
    };
    const search = field("search", "Show rows with ");
    search.addEventListener("input", () => { state.words = search.value.trim(); arrange(table); });
    if (table.dataset.only) {
      const only = field("checkbox", table.dataset.only);
      only.addEventListener("change", () => { state.only = only.checked; arrange(table); });
    }
    state.output = document.createElement("output");
    bar.append(state.output);
    table.before(bar);
    arrange(table);
  }

  // The slider chooses among texts that the report holds for each cutoff; it computes nothing.
  const sliders = [];
  for (const bar of document.querySelectorAll("form[data-slider]")) {
    const table = document.getElementById(bar.dataset.slider), where = document.getElementById(table.id + "-where");
    const told = JSON.parse(document.getElementById(table.id + "-steps").textContent);
    const range = bar.querySelector("input"), rows = tables.get(table).rows.filter((row) => !isHead(row));
    const show = (at) => {
      const step = told.steps[at];
      where.textContent = step.where;
      range.setAttribute("aria-valuetext", step.where);
      rows.forEach((row, i) => step.rows[i].forEach((text, j) => { row.cells[j + 1].textContent = text; }));
      arrange(table);
    };
    range.addEventListener("input", () => show(+range.value));
    bar.addEventListener("submit", (event) => event.preventDefault());
    bar.querySelector("button").addEventListener("click", () => { range.value = told.at; show(told.at); });
    sliders.push({ show, at: told.at, range });
    bar.hidden = false;
    range.value = told.at;
    show(told.at);
  }
  addEventListener("beforeprint", () => {
    for (const { show, at } of sliders) show(at);
    for (const [table, state] of tables) { table.tBodies[0].append(...state.rows); for (const row of state.rows) row.hidden = false; }
  });
  addEventListener("afterprint", () => {
    for (const { show, range } of sliders) show(+range.value);
    for (const table of tables.keys()) arrange(table);
  });

  const form = document.querySelector("form.filters:not([data-slider])");
  if (form) {
    form.hidden = false;
    const items = [...document.querySelectorAll("[data-outcome]")];
    const boxes = [...form.querySelectorAll("input")];
    const params = new URLSearchParams(location.search);
    for (const box of boxes) if (params.has(box.name)) box.checked = params.get(box.name).split(".").includes(box.value);
    const show = (store) => {
      const on = (name) => boxes.filter((box) => box.name === name && box.checked).map((box) => box.value);
      const outcomes = on("outcome"), kinds = on("kind");
      let seen = 0;
      for (const item of items) {
        const visible = outcomes.includes(item.dataset.outcome) && kinds.includes(item.dataset.kind);
        item.hidden = !visible;
        seen += visible;
      }
      form.querySelector("output").textContent = `${seen} of ${items.length} shown`;
      if (!store) return;
      const query = new URLSearchParams();
      for (const name of ["outcome", "kind"]) {
        if (on(name).length < boxes.filter((box) => box.name === name).length) query.set(name, on(name).join("."));
      }
      try { history.replaceState(null, "", (String(query) ? "?" + query : location.pathname) + location.hash); } catch { /* file: may refuse */ }
    };
    form.addEventListener("change", () => show(true));
    show(false);
    addEventListener("beforeprint", () => { for (const item of items) item.hidden = false; });
    addEventListener("afterprint", () => show(false));
  }

  const links = [...document.querySelectorAll(".side .links a")];
  const here = document.getElementById("here");
  const sections = links.map((link) => document.getElementById(link.hash.slice(1)));
  const mark = () => {
    let current = 0;
    sections.forEach((section, i) => { if (section.getBoundingClientRect().top < innerHeight * 0.35) current = i; });
    links.forEach((link, i) => { if (i === current) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current"); });
    if (here) here.textContent = "· " + links[current].textContent;
  };
  addEventListener("scroll", mark, { passive: true });
  mark();
  for (const link of document.querySelectorAll(".bar-narrow a")) {
    link.addEventListener("click", () => link.closest("details").removeAttribute("open"));
  }
})();
