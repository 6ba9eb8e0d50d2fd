// Adds filtering and sorting to what is complete without it.
(() => {
  "use strict";
  const table = document.querySelector(".matrix");
  const make = (tag, properties, ...inside) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...inside);
    return element;
  };
  const choice = (label, options) => {
    const select = make("select", {}, ...options.map(([value, text]) => make("option", { value }, text)));
    return [select, make("label", {}, label + " ", select)];
  };

  const gates = [...document.querySelectorAll("details.gate")];
  const bar = make("form", { className: "tools" });
  bar.setAttribute("role", "search");
  bar.addEventListener("submit", event => event.preventDefault());
  const found = make("output", {});

  if (table && table.tBodies[0].rows.length > 1) {
    const rows = [...table.tBodies[0].rows];
    const sections = rows.map(row => {
      const address = row.querySelector("th a").getAttribute("href");
      return address.startsWith("#") ? document.querySelector(address) : null;
    });
    const text = make("input", { type: "search", autocomplete: "off" });
    const [state, stateLabel] = choice("Show", [
      ["", "all models"], ["released", "may be released"], ["refused", "may not be released"],
      ["undecided", "undecided"], ["unknown", "not judged"],
    ]);
    const show = () => {
      const wanted = text.value.trim().toLowerCase();
      let count = 0;
      rows.forEach((row, place) => {
        const name = row.querySelector("th bdi").textContent.toLowerCase();
        const shown = name.includes(wanted) && (!state.value || row.dataset.state === state.value);
        row.hidden = !shown;
        if (sections[place]) sections[place].hidden = !shown;
        count += shown;
      });
      found.value = `${count} of ${rows.length} models`;
    };
    text.addEventListener("input", show);
    state.addEventListener("change", show);
    bar.append(make("label", {}, "Model ", text), stateLabel);
    show();

    [...table.tHead.rows[0].cells].slice(0, -1).forEach((head, column) => {
      const button = make("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        table.querySelectorAll("[aria-sort]").forEach(other => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const key = row => Number(row.cells[column].dataset.key);
        const sorted = [...rows].sort((one, other) => (up ? 1 : -1) * (key(one) - key(other)));
        table.tBodies[0].append(...sorted);
      });
    });
  }

  if (gates.length > 1) {
    const [gate, gateLabel] = choice("Gates", [["", "all"], ["failing", "that did not pass"]]);
    gate.addEventListener("change", () => {
      gates.forEach(one => { one.hidden = gate.value === "failing" && !/ (refuted|error|undecided)/.test(one.className); });
    });
    bar.append(gateLabel);
  }

  if (bar.children.length) {
    bar.append(found);
    const place = table ? table.closest("section") : document.querySelector("main");
    place.querySelector("h2").after(bar);
  }

  // A link into something that is folded away opens it.
  const open = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") target.open = true;
  };
  addEventListener("hashchange", open);
  open();
})();
