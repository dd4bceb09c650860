"use strict";
// Sorting, filtering and the current section. The report says everything without this script.
(() => {
  for (const table of document.querySelectorAll("table[data-sort]")) {
    const body = table.tBodies[0], original = [...body.rows];
    const number = (text) => {
      const found = text.replace(/\u2212/g, "-").replace(/,/g, "").match(/[-+]?\d+(\.\d+)?/);
      return found ? parseFloat(found[0]) : null;
    };
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sorter";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const next = { none: "ascending", ascending: "descending", descending: "none" }[head.getAttribute("aria-sort") || "none"];
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        for (const row of original) row.hidden = false;
        if (next === "none") { body.append(...original); return; }
        head.setAttribute("aria-sort", next);
        const sign = next === "ascending" ? 1 : -1;
        const rows = original.filter((row) => !row.classList.contains("group"));
        for (const row of original) if (row.classList.contains("group")) row.hidden = true;
        rows.sort((a, b) => {
          const x = a.cells[column].textContent.trim(), y = b.cells[column].textContent.trim();
          const p = number(x), q = number(y);
          if (head.classList.contains("n")) return ((p === null) - (q === null)) || sign * ((p ?? 0) - (q ?? 0));
          return sign * x.localeCompare(y, "en", { numeric: true });
        });
        body.append(...rows);
      });
    });
  }

  const form = document.querySelector(".filters");
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
