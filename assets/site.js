// Small comforts. Every page reads whole without this file.
(() => {
  "use strict";

  // Part of an invented excerpt, copied, still says that it is invented.
  const SUFFIX = "[invented, not from the study]";
  document.addEventListener("copy", (event) => {
    const selection = window.getSelection();
    if (!selection || selection.isCollapsed || !event.clipboardData) return;
    const element = (node) => (node && node.nodeType === 1 ? node : node && node.parentElement);
    const inside = [selection.anchorNode, selection.focusNode].some((node) =>
      element(node)?.closest('.excerpt[data-provenance="synthetic"], [data-invented]'));
    const text = selection.toString();
    if (!inside || text.includes(SUFFIX)) return;
    event.clipboardData.setData("text/plain", `${text.trimEnd()} ${SUFFIX}`);
    event.preventDefault();
  });

  // Tables of four rows and more can be sorted by any column; long ones can be filtered.
  const value = (row, column) => {
    const cell = row.cells[column];
    return cell ? (cell.dataset.value ?? cell.textContent.trim()) : "";
  };
  const number = (text) => {
    const plain = text.replace("−", "-").replace(/[\s,%]/g, "");
    return /^[-+]?\d*\.?\d+$/.test(plain) ? Number(plain) : NaN;
  };
  const compare = (a, b) => {
    const [x, y] = [number(a), number(b)];
    if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1; // words after numbers
    return Number.isNaN(x) ? a.localeCompare(b, "en", { numeric: true }) : x - y;
  };
  const sortBy = (table, header, column) => {
    const ascending = header.getAttribute("aria-sort") !== "ascending";
    table.querySelectorAll("th[aria-sort]").forEach((th) => th.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const body = table.tBodies[0];
    const rows = [...body.rows].sort((a, b) => compare(value(a, column), value(b, column)));
    body.append(...(ascending ? rows : rows.reverse()));
  };
  const makeSortable = (table) => {
    const headers = table.tHead?.rows[table.tHead.rows.length - 1];
    if (!headers || !table.tBodies[0] || table.tBodies[0].rows.length < 4) return;
    if (table.querySelector("tbody [rowspan]:not([rowspan='1'])")) return;
    [...headers.cells].forEach((header, column) => {
      if (header.tagName !== "TH" || header.colSpan > 1) return;
      if ([...table.tBodies[0].rows].every((row) => !value(row, column))) return; // nothing to sort by
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...header.childNodes);
      button.addEventListener("click", () => sortBy(table, header, column));
      header.append(button);
    });
  };
  const makeFilterable = (table) => {
    const rows = [...table.tBodies[0].rows];
    if (rows.length < 20) return;
    const label = document.createElement("label");
    label.className = "table-filter";
    const input = document.createElement("input");
    input.type = "search";
    const count = document.createElement("output");
    label.append("Show rows with", input, count);
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLocaleLowerCase();
      rows.forEach((row) => { row.hidden = !row.textContent.toLocaleLowerCase().includes(wanted); });
      count.textContent = wanted ? `${rows.filter((row) => !row.hidden).length} of ${rows.length}` : "";
    });
    (table.closest(".table-scroll") ?? table).before(label);
  };

  // A link to just this figure, table or excerpt.
  const addCopyLink = (target) => {
    if (!navigator.clipboard) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy-link";
    const words = target.matches(".excerpt") ? "excerpt" : target.tagName.toLowerCase();
    button.textContent = `Copy link to ${words}`;
    button.addEventListener("click", async () => {
      const address = new URL(location.href);
      address.hash = target.id;
      await navigator.clipboard.writeText(address.href);
      button.textContent = "Link copied";
      setTimeout(() => { button.textContent = `Copy link to ${words}`; }, 2000);
    });
    const region = target.closest(".table-scroll");
    const download = region?.nextElementSibling;
    if (download?.matches(".table-download")) download.append(button);
    else if (region) region.after(button);
    else if (target.querySelector(".figure-words")) target.querySelector(".figure-words").prepend(button);
    else target.append(button);
  };

  document.querySelectorAll(".bd-article .table-scroll table").forEach((table) => {
    if (table.closest("[data-plain]")) return;
    makeSortable(table);
    makeFilterable(table);
  });
  document.querySelectorAll("figure.book-figure[id], .table-scroll > table[id^='tbl-']:not([id$='-twin']), .excerpt[id]")
    .forEach(addCopyLink);

  // What a reader has set in a widget can be sent on: the address carries it, nothing else does.
  const setFromAddress = () => {
    const [id, state] = location.hash.slice(1).split("?");
    const widget = state ? document.getElementById(id) : null;
    const form = widget?.matches(".widget") ? widget.querySelector("form") : null;
    if (!form) return;
    for (const [name, value] of new URLSearchParams(state)) {
      const field = form.elements.namedItem(name);
      if (!field || !/^\d{1,6}$/.test(value)) continue;
      field.value = value;
      form.dispatchEvent(new Event("input")); // one by one: a field may set the limit of the next
    }
    widget.scrollIntoView();
  };
  const addStateLink = (widget) => {
    const form = widget.querySelector("form");
    if (!form || !navigator.clipboard) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy link to these numbers";
    button.addEventListener("click", async () => {
      const address = new URL(location.href);
      const fields = [...form.elements].filter((field) => field.matches("input[name]"));
      address.hash = `${widget.id}?${fields.map((field) => `${field.name}=${field.value.trim()}`).join("&")}`;
      await navigator.clipboard.writeText(address.href);
      button.textContent = "Link copied";
      setTimeout(() => { button.textContent = "Copy link to these numbers"; }, 2000);
    });
    form.querySelector(".practice-buttons").append(" ", button);
  };
  document.querySelectorAll(".widget[id]").forEach(addStateLink);
  document.addEventListener("DOMContentLoaded", setFromAddress); // the widgets' own scripts have run by then
  window.addEventListener("hashchange", setFromAddress);

  document.querySelectorAll(".print-page").forEach((button) => {
    button.addEventListener("click", () => window.print());
  });
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details.figure-twin, details.sd-dropdown").forEach((fold) => { fold.open = true; });
  });
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.tool-menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.tool-menu[open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });
})();
