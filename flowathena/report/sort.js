"use strict";
const collator = new Intl.Collator("en", { numeric: true });
const number = (cell) => Number(cell.textContent.replaceAll(",", ""));
const isNull = (cell) => cell.classList.contains("null");
function compare(one, other) {
  if (isNull(one) || isNull(other)) return 0;
  if (one.classList.contains("number")) return number(one) - number(other);
  return collator.compare(one.textContent, other.textContent);
}
function sort(table, column, direction) {
  const rows = [...table.tBodies[0].rows];
  const missing = (row) => (isNull(row.cells[column]) ? 1 : 0);
  rows.sort((a, b) =>
    missing(a) - missing(b) || direction * compare(a.cells[column], b.cells[column]));
  table.tBodies[0].append(...rows);
}
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const first = head.classList.contains("number") ? "descending" : "ascending";
      const second = first === "ascending" ? "descending" : "ascending";
      const order = head.getAttribute("aria-sort") === first ? second : first;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", order);
      sort(table, column, order === "ascending" ? 1 : -1);
    });
  });
}
