"use strict";
const report = JSON.parse(document.getElementById("report").textContent);
const { rows, meanings } = report;
const byId = (id) => document.getElementById(id);
const properties = rows.properties;
const picker = byId("property");
const views = {};

const whole = (value) => value == null ? "–" : Math.round(value).toLocaleString("en");
const signed = (value) => value == null ? "–" : (value > 0 ? "+" : "") + whole(value);
const percent = (value) => value == null ? "–" : (value * 100).toFixed(1) + "%";
const text = (value) => value == null ? "–" : String(value).replaceAll("_", " ");
const instant = (value) => value == null ? "–" : value.slice(0, 16).replace("T", " ");

const TILES = [
  ["occupancy_mews", "occupied tonight", percent, "occupancy_mews"],
  ["occupancy_usali", "of all spaces, out of order in", percent, "occupancy_usali"],
  ["spaces_occupied", "{units} occupied tonight", whole, "spaces_occupied"],
  ["rooms_left", "{units} left to sell tonight", whole, "rooms_left"],
  ["spaces_usable", "usable {units} tonight", whole, "spaces_usable"],
  ["guests", "guests tonight", whole, "guests"],
  ["arrivals", "arrivals today", whole, "arrivals"],
  ["departures", "departures today", whole, "departures"],
  ["spaces_optional", "{units} tentative tonight", whole, "spaces_optional"],
  ["pickup_7", "room nights, 7-day net pickup", signed, "Net change of definite rooms in the last 168 hours, over all nights"],
  ["next_7", "occupied, next 7 nights", percent, "Spaces occupied ÷ usable over tonight and the 6 nights after it, on the books now"],
  ["next_30", "occupied, next 30 nights", percent, "Spaces occupied ÷ usable over tonight and the 29 nights after it, on the books now"],
  ["next_90", "occupied, next 90 nights", percent, "Spaces occupied ÷ usable over tonight and the 89 nights after it, on the books now"],
];
// Columns: field, heading, format; the tooltip of a heading is the meaning of its field
const TABLES = {
  restatements: [["stay_date", "night", text], ["property", "property", text], ["category", "category", text],
    ["reason", "why", text], ["rooms", "rooms", signed], ["rooms_at_close", "at close", whole],
    ["rooms_now", "now", whole], ["posted_at", "changed (UTC)", instant]],
  observation: [["period_start", "month of", text], ["transitions", "transitions", whole],
    ["observed", "observed", percent], ["inferred", "inferred", percent], ["collapsed", "skipped unseen", percent]],
  coverage: [["operation", "what", text], ["covered_from_utc", "from", instant],
    ["covered_through_utc", "through", instant], ["observed_since_utc", "observed since", instant],
    ["fetches", "fetches", whole], ["gaps", "gaps", whole], ["gap_hours", "hours missing", whole]],
  portfolio: [["name", "property", text], ["today", "today", text], ["occupancy_mews", "tonight", percent],
    ["arrivals", "arrivals", whole], ["departures", "departures", whole], ["next_7", "next 7", percent],
    ["next_30", "next 30", percent], ["pickup_7", "7-day pickup", signed], ["fetched_through_utc", "known through (UTC)", instant], ["is_stopped", "stopped", (value) => value ? "not fetched for 30 days" : ""]],
};
const NUMBERS = new Set([whole, signed, percent]);
const NONE = {
  books: "No nights ahead yet.", pickup: "Nothing changed in the last seven days.",
  pace: "Too few nights for a pace yet.", matrix: "No transition is known yet.",
  restatements: "No closed night has changed.", dwell: "No reservation has left a state yet.",
  cancellations: "No cancellations.", observation: "No transition is known yet.", coverage: "Nothing was fetched yet.",
};

function element(kind, content, className) {
  const made = document.createElement(kind);
  if (content !== undefined) made.textContent = content;
  if (className) made.className = className;
  return made;
}

function ofScope(name, scope) {
  if (name === "portfolio") return properties;
  if (name === "coverage") return rows.coverage;
  return rows[name].filter((row) => row.scope === scope);
}

function showTiles(property) {
  byId("tiles").replaceChildren(...TILES.map(([field, label, write, meaning]) => {
    const tile = element("div", undefined, "tile");
    const value = element("b", write(property[field]));
    value.dataset.figure = field;
    const name = element("span", label.replace("{units}", property.units || "rooms"));
    name.title = meanings[meaning] || meaning;
    tile.append(value, name);
    return tile;
  }));
}

function showTable(figure, scope) {
  const name = figure.dataset.table;
  const found = ofScope(name, scope);
  figure.querySelector(".table, .none")?.remove();
  if (!found.length) return figure.append(element("p", NONE[name] || "Nothing yet.", "none"));
  const table = element("table"), head = element("tr"), box = element("div", undefined, "table");
  for (const [field, heading, write] of TABLES[name]) {
    const cell = element("th", NUMBERS.has(write) ? undefined : heading, NUMBERS.has(write) ? "number" : "");
    const label = NUMBERS.has(write) ? cell.appendChild(element("span", heading)) : cell;
    if (meanings[field] && name !== "observation") label.title = meanings[field];
    cell.scope = "col";
    head.append(cell);
  }
  table.append(head);
  for (const row of found) {
    const line = element("tr");
    for (const [field, , write] of TABLES[name]) {
      const cell = element("td", write(row[field]), NUMBERS.has(write) ? "number" : "");
      if (name === "portfolio" && field === "name") {
        const choose = element("button", cell.textContent);
        choose.onclick = () => { picker.value = row.scope; show(); window.scrollTo(0, 0); };
        cell.replaceChildren(choose);
      }
      line.append(cell);
    }
    table.append(line);
  }
  box.append(table);
  figure.append(box);
}

async function showChart(figure, scope) {
  const name = figure.dataset.chart, spec = report.charts[name];
  const source = (spec.data || spec.layer[0].data).name;
  const found = ofScope(source, scope);
  const box = figure.querySelector(".chart"), none = figure.querySelector(".none");
  box.hidden = !found.length;
  none.hidden = Boolean(found.length);
  if (name === "books" && found.every((row) => row.rooms_last_year == null)) {
    none.textContent = "Nothing is known of this time last year yet.";
    none.hidden = false;
  }
  if (!found.length) return;
  // A view draws one set of rows; choosing another property redraws the chart
  views[name]?.finalize();
  const data = Object.fromEntries([[source, found]]);
  const result = await vegaEmbed(box, { ...spec, datasets: data }, {
    actions: false, renderer: "svg", logLevel: 1, // errors only
  });
  views[name] = result.view;
  const svg = box.querySelector("svg");
  svg?.setAttribute("aria-label", figure.querySelector("h2").textContent);
}

async function show() {
  const property = properties.find((row) => row.scope === picker.value) || properties[0];
  showTiles(property);
  byId("as-of").textContent = reachOf(property);
  for (const figure of document.querySelectorAll("[data-table]")) showTable(figure, property.scope);
  for (const figure of document.querySelectorAll("[data-chart]")) await showChart(figure, property.scope);
  const reach = figureOf("nights", property.scope);
  byId("footer").textContent = `${property.name}: ${whole(property.reservations)} reservations known, nights shown ` +
    `${reach}. Published by mews_pipeline ${report.version}; nothing on this page was asked from a network.`;
  document.documentElement.dataset.shown = property.scope;
}

// A total stands at the latest instant of its properties; its slowest one may be known less far
function reachOf(property) {
  const through = instant(property.fetched_through_utc), latest = instant(property.as_of_utc);
  if (property.scope === "all") {
    const stopped = properties.filter((row) => row.is_stopped).map((row) => row.name);
    return `as of ${latest} UTC` + (through === latest ? "" : `, slowest property known through ${through} UTC`) +
      (stopped.length ? `; not fetched for 30 days: ${stopped.join(", ")}` : "");
  }
  return `as of ${latest} UTC` + (property.is_stopped ? ": stopped, not fetched for 30 days" : "");
}

function figureOf(name, scope) {
  const dates = ofScope(name, scope).map((row) => row.stay_date);
  return dates.length ? `${dates[0]} to ${dates.at(-1)}` : "none";
}

function start() {
  byId("as-of").textContent = report.as_of ? `as of ${instant(report.as_of)} UTC` : "nothing fetched yet";
  byId("theme").onclick = () => {
    const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = root.dataset.theme || (dark ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
  };
  const list = byId("meanings").querySelector("dl");
  for (const [name, meaning] of Object.entries(meanings)) list.append(element("dt", name), element("dd", meaning));
  if (report.is_empty) {
    byId("empty").hidden = false;
    for (const part of document.querySelectorAll("figure, #tiles, .controls, #meanings")) part.hidden = true;
    document.documentElement.dataset.shown = "nothing";
    return;
  }
  if (report.young) {
    byId("young").textContent = report.young;
    byId("young").hidden = false;
  }
  for (const figure of document.querySelectorAll("[data-chart]")) {
    const none = element("p", NONE[figure.dataset.chart] || "Nothing yet.", "none");
    none.hidden = true;
    figure.append(element("div", undefined, "chart"), none);
  }
  for (const row of properties) picker.append(new Option(row.name, row.scope));
  if (properties.length === 1) document.querySelector("[data-table=portfolio]").hidden = true;
  picker.onchange = show;
  show();
}

start();
