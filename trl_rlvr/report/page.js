
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const form = document.getElementById("filters");
  const number = (value, digits = 3) => (value === null || value === undefined ? "-" : Number(value).toFixed(digits));

  function element(name, text = "", kind = "") {
    const made = document.createElement(name);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }

  // Curves: a line under the pointer, the values there in the legend, and a click that filters.
  const steps = [...new Set(data.rows.map((row) => row.step))].sort((a, b) => a - b);
  const nearest = (values, wanted) =>
    values.reduce((best, value) => (Math.abs(value - wanted) < Math.abs(best - wanted) ? value : best), values[0]);

  for (const figure of document.querySelectorAll("figure")) {
    const svg = figure.querySelector("svg");
    const { left, right, first, last } = Object.fromEntries(Object.entries(svg.dataset).map(([k, v]) => [k, Number(v)]));
    const paths = [...svg.querySelectorAll("path")];
    const points = paths.map((path) => JSON.parse(path.dataset.points));
    const shown = [...figure.querySelectorAll("output")];
    const cursor = svg.querySelector(".cursor");
    const stepAt = (event) => {
      const box = svg.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
      return first + ((x - left) / (right - left)) * (last - first);
    };
    const show = (step) => {
      const x = left + ((right - left) * (step - first)) / Math.max(1, last - first);
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
      points.forEach((series, place) => {
        const at = nearest(series.map(([where]) => where), step);
        shown[place].textContent = `${series.find(([where]) => where === at)[1].toPrecision(3)} at ${at}`;
      });
    };
    svg.addEventListener("pointermove", (event) => show(nearest(points.flat().map(([where]) => where), stepAt(event))));
    svg.addEventListener("click", (event) => {
      if (!form || !steps.length) return;
      form.elements.step.value = nearest(steps, stepAt(event));
      refresh();
      form.scrollIntoView({ block: "start" });
    });
  }
  if (!form) return;

  // The table.
  const body = document.querySelector("#table tbody");
  const detail = document.getElementById("detail");
  const more = document.getElementById("more");
  const page = 100;
  let limit = page;
  let order = { key: "step", sign: 1 };
  let chosen = null;

  for (const [name, values] of [
    ["verdict", data.rows.map((row) => row.verdict)],
    ["hack", data.rows.flatMap((row) => row.hacks)],
  ])
    for (const value of [...new Set(values)].filter(Boolean).sort()) form.elements[name].append(new Option(value, value));
  form.elements.judged.parentElement.hidden = !data.rows.some((row) => row.together);

  const codes = data.codes.map((parts) => parts.filter((_, place) => place % 2).join(""));

  function matching() {
    const wanted = Object.fromEntries(new FormData(form));
    const low = wanted.low === "" ? -Infinity : Number(wanted.low);
    const high = wanted.high === "" ? Infinity : Number(wanted.high);
    const free = wanted.low === "" && wanted.high === "";
    return data.rows.filter(
      (row) =>
        (wanted.step === "" || row.step === Number(wanted.step)) &&
        (wanted.task === "" || row.task === wanted.task) &&
        (wanted.verdict === "" || row.verdict === wanted.verdict) &&
        (wanted.judged === "" || row.together === (wanted.judged === "together")) &&
        (wanted.hack === "" || row.hacks.includes(wanted.hack)) &&
        (free || (row.reward !== null && row.reward >= low - 1e-6 && row.reward <= high + 1e-6)) &&
        (wanted.text === "" || codes[row.code].includes(wanted.text)),
    );
  }

  function compare(a, b) {
    const [x, y] = [a[order.key], b[order.key]];
    if (x === y) return 0;
    if (x === null || x === undefined) return 1;
    if (y === null || y === undefined) return -1;
    const less = typeof x === "string" ? x.localeCompare(y, "en", { numeric: true }) < 0 : x < y;
    return less ? -order.sign : order.sign;
  }

  function refresh() {
    const found = matching().sort(compare);
    body.replaceChildren(...found.slice(0, limit).map(line));
    document.getElementById("count").textContent = `${found.length} of ${data.rows.length}`;
    more.hidden = found.length <= limit;
  }

  function line(row) {
    const made = document.createElement("tr");
    const cells = [row.step, row.task, row.verdict + (row.together ? " (together)" : ""), `${row.passed ?? "-"}/${row.total ?? "-"}`];
    made.append(...[...cells, number(row.reward), number(row.advantage), row.hacks.join(" ")].map((text) => element("td", text)));
    made.children[2].className = row.verdict === "passed" ? "passed" : "failed";
    made.classList.toggle("chosen", row === chosen);
    made.tabIndex = 0;
    made.addEventListener("click", () => open(row));
    made.addEventListener("keydown", (event) => event.key === "Enter" && open(row));
    return made;
  }

  function highlighted(parts) {
    const made = element("pre");
    for (let at = 0; at < parts.length; at += 2) made.append(element("span", parts[at + 1], data.kinds[parts[at]]));
    return made;
  }

  const code = (place) => (codes[place] ? highlighted(data.codes[place]) : element("p", "No code was found."));
  const score = (part) => `${part.passed ?? "-"} of ${part.total ?? "-"}`;

  function tierOf(row, place) {
    let before = 0;
    for (const [name, count] of Object.entries(row.tiers ?? {})) if (place < (before += count)) return name;
    return "";
  }

  // The turns of a completion: what was written, what it showed on the visible tests, and what it was told.
  function timeline(turns) {
    const made = element("ol", "", "turns");
    turns.forEach((turn, place) => {
      const [item, part] = [element("li", "", turn.verdict === "passed" ? "passed" : "failed"), element("details")];
      const said = turn.verdict ? `${turn.verdict}, ${score(turn)} visible tests` : "no visible test";
      part.open = true;
      part.append(element("summary", `Turn ${place + 1}: ${said}, ${turn.tokens} tokens`), code(turn.code));
      if (data.texts[turn.feedback]) part.append(element("p", "It was told:", "quiet"), element("pre", data.texts[turn.feedback]));
      item.append(part);
      made.append(item);
    });
    return made;
  }

  function section(title, ...content) {
    return [element("h3", title), ...content];
  }

  function group(row) {
    const made = element("div", "", "group");
    for (const other of data.rows.filter((one) => one.step === row.step && one.task === row.task)) {
      const button = element("button", `${other.verdict} ${number(other.reward, 2)}`, other === row ? "chosen" : "");
      button.type = "button";
      button.addEventListener("click", () => open(other));
      made.append(button);
    }
    return made;
  }

  function open(row) {
    chosen = row;
    const tests = element("ol");
    tests.append(...row.tests.map((verdict, place) => {
      const error = row.errors[place] ? `: ${row.errors[place]}` : "";
      const item = element("li", verdict + error, verdict === "passed" ? "passed" : "failed");
      item.append(element("span", row.tiers ? ` ${tierOf(row, place)}` : "", "quiet"));
      return item;
    }));
    const rewards = Object.entries(row.rewards).map(([name, value]) => `${name} ${number(value)}`).join(", ");
    const file = element("a", `completions/${row.file}`);
    file.href = `completions/${row.file}`;
    const where = element("p", "All completions of this update: ", "quiet");
    where.append(file);
    detail.replaceChildren(
      element("h3", `Problem ${row.task}, update ${row.step}: ${row.verdict}`),
      element("p", `Rewards: ${rewards || "none"}; advantage ${number(row.advantage)}`),
      ...(row.together ? [element("p", "Judged in one process with its tests: this verdict could be forged.", "failed")] : []),
      ...section("Its group", group(row)),
      ...(row.turns.length ? section(`Its ${row.turns.length} turn${row.turns.length > 1 ? "s" : ""}`, timeline(row.turns)) : []),
      ...section(`Tests, ${score(row)} passed`, tests),
      ...(row.error ? section("Error of the deciding test", element("pre", row.error)) : []),
      ...section("Code that ran", code(row.code)),
      ...section("Prompt", element("pre", data.texts[row.prompt])),
      ...section("Completion", element("pre", data.texts[row.completion])),
      where,
    );
    refresh();
    detail.scrollTop = 0;
    if (getComputedStyle(detail).position === "static") detail.scrollIntoView({ block: "start" });
    detail.focus({ preventScroll: true });
  }

  form.addEventListener("input", () => {
    limit = page;
    refresh();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(refresh));
  more.addEventListener("click", () => {
    limit += page;
    refresh();
  });
  for (const bar of document.querySelectorAll("#histogram button"))
    bar.addEventListener("click", () => {
      form.elements.low.value = bar.dataset.low;
      form.elements.high.value = bar.dataset.high;
      refresh();
    });
  for (const head of document.querySelectorAll("[data-sort]"))
    head.addEventListener("click", () => {
      order = { key: head.dataset.sort, sign: order.key === head.dataset.sort ? -order.sign : 1 };
      refresh();
    });
  refresh();
})();
