// What is shown, and when: the address says which property and section
let latest = 0;

async function show() {
  const current = ++latest, root = document.documentElement;
  const state = chosen(), { property, section } = state;
  delete root.dataset.shown;
  byId("property").value = property.scope;
  document.title = `${property.name}: ${section === "night" ? day(state.night) : SECTIONS[section].toLowerCase()}`;
  for (const link of byId("sections").children) {
    link.href = addressOf({ section: link.dataset.section });
    if (link.dataset.section === section) link.ariaCurrent = "page"; else link.ariaCurrent = null;
  }
  for (const part of document.querySelectorAll("main > section")) part.hidden = part.id !== section;
  byId("as-of").textContent = reachOf(property);
  byId("footer").textContent = `${property.name}: ${whole(property.reservations)} reservations known. ` +
    `Published by mews_pipeline ${report.version}; nothing on this page was asked from a network.`;
  if (section === "morning") showNumbers(state);
  const details = await detailsOf(property.scope);
  if (current !== latest) return;
  if (section === "morning") showLists(property, details);
  else if (section === "night") showNight(property, state.night, details);
  else await showPanels(byId(section), property, details, () => current === latest);
  if (current !== latest) return;
  root.dataset.section = section;
  root.dataset.shown = property.scope;
}

function showNumbers({ property, nights, measure }) {
  const isTotal = property.scope === "all";
  showCards(property);
  showStrip(property, nights);
  mark(byId("lengths"), nights, (length) => addressOf({ nights: Number(length) }));
  for (const part of document.querySelectorAll(".of-total")) part.hidden = !isTotal;
  showRevenue(property);
  if (!isTotal) return;
  mark(byId("measures"), measure, (name) => addressOf({ measure: name }));
  const redraw = () => {
    showHotels(nights, measure, orderedHotels());
    showHotelTable(redraw);
  };
  redraw();
}

function mark(list, value, address) {
  for (const link of list.children) {
    link.href = address(link.dataset.value);
    link.ariaCurrent = link.dataset.value === String(value) ? "true" : null;
  }
}

function showLists(property, details) {
  const isTotal = property.scope === "all";
  showMovers(details.movers, isTotal);
  showReasons(property);
  showHand(details.hand, isTotal);
  showRestated(property, details.restatements);
}

async function showPanels(part, property, details, isCurrent) {
  if (document.readyState === "loading") await new Promise((done) => addEventListener("DOMContentLoaded", done));
  showCancelled(details.cancelled_share);
  for (const panel of part.querySelectorAll("[data-table]")) {
    const found = panel.dataset.table === "coverage" ? coverageOf(property) : details[panel.dataset.table];
    showTable(panel, found);
  }
  for (const panel of part.querySelectorAll("[data-chart]")) {
    if (!isCurrent()) return;
    await showChart(panel, details);
  }
}

const coverageOf = (property) => property.scope === "all" ? report.rows.coverage
  : report.rows.coverage.filter((row) => row.enterprise_id === property.scope);

// A total is made of each property's own today, which the page names
function reachOf(property) {
  const through = instant(property.fetched_through_utc), as_of = instant(property.as_of_utc);
  if (property.scope !== "all") {
    return `As of ${as_of} UTC. Tonight is ${day(property.today)}` +
      (property.is_stopped ? ". Stopped: not fetched for 30 days." : ".");
  }
  const stopped = hotels.filter((row) => row.is_stopped).map((row) => row.name);
  return `As of ${as_of} UTC` + (through === as_of ? "" : `, slowest property known through ${through} UTC`) +
    (stopped.length ? `; not fetched for 30 days: ${stopped.join(", ")}` : "") + `. Tonight is ${tonights()}.`;
}

function tonights() {
  const usual = usualDate(), others = new Map();
  for (const hotel of hotels.filter((row) => row.today !== usual)) {
    others.set(hotel.today, [...(others.get(hotel.today) || []), hotel.name]);
  }
  const named = (names) => names.length > 4 ? `${names.length} properties (◆ in the table)` : names.join(", ");
  const rest = [...others].sort().map(([date, names]) => `${day(date)} for ${named(names)}`);
  return rest.length ? `${day(usual)}, but ${rest.join(", ")}: totals take each property's own` : day(usual);
}

function start() {
  byId("theme").onclick = () => {
    const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = root.dataset.theme || (dark ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
  };
  if (report.is_empty) {
    byId("as-of").textContent = report.as_of ? `As of ${instant(report.as_of)} UTC` : "Nothing fetched yet";
    byId("empty").hidden = false;
    for (const part of document.querySelectorAll("main > section, .controls, #sections")) part.hidden = true;
    document.documentElement.dataset.shown = "nothing";
    return;
  }
  byId("young").textContent = report.young || "";
  byId("young").hidden = !report.young;
  byId("explains").hidden = !report.explains;
  const list = byId("meanings").querySelector("dl");
  for (const [name, meaning] of Object.entries(meanings)) list.append(element("dt", name), element("dd", meaning));
  for (const panel of document.querySelectorAll("[data-chart]")) {
    panel.append(element("div", undefined, "chart"), element("p", undefined, "none"));
  }
  for (const row of properties) byId("property").append(new Option(row.name, row.scope));
  byId("property").onchange = (event) => go({ property: properties.find((row) => row.scope === event.target.value) });
  const choices = (list, values, key) => list.append(...values.map(([value, label]) => {
    const link = element("a", label);
    link.dataset[key] = value;
    return link;
  }));
  choices(byId("sections"), Object.entries(SECTIONS), "section");
  choices(byId("lengths"), LENGTHS.map((length) => [length, String(length)]), "value");
  choices(byId("measures"), Object.entries(MEASURES).map(([name, { label }]) => [name, label]), "value");
  wide.onchange = show;
  addEventListener("hashchange", show);
  show();
}

start();
