// The sections after the morning: charts by Vega, and tables
const views = {};
const NONE = {
  calendar: "No night is known yet.", books: "No nights ahead yet.", pickup: "Nothing changed in the last seven days.",
  pace: "Too few nights for a pace yet.", matrix: "No transition is known yet.", funnel: "No booking of the last year.",
  dwell: "No reservation has left a state yet.", cancelled_share: "No cancellations.",
  cancellations: "No cancellations.", ages: "No guests yet.",
};
const ofAll = (value, row) => `${share(value, row.transitions)} (${whole(value)} of ${whole(row.transitions)})`;
const TABLES = {
  observation: [["period_start", "month of", text], ["transitions", "transitions", whole],
    ["observed", "observed", ofAll], ["inferred", "inferred", ofAll], ["collapsed", "skipped unseen", ofAll]],
  coverage: [["enterprise_name", "property", text], ["operation", "what", text], ["covered_from_utc", "from", instant],
    ["covered_through_utc", "through", instant], ["observed_since_utc", "observed since", instant],
    ["fetches", "fetches", whole], ["gaps", "gaps", whole], ["gap_hours", "hours missing", whole]],
};

async function showChart(panel, details) {
  const name = panel.dataset.chart, spec = report.charts[name];
  const source = (spec.data || spec.layer[0].data).name;
  const found = details[source] || [];
  const box = panel.querySelector(".chart"), none = panel.querySelector(".none");
  box.hidden = !found.length;
  none.hidden = Boolean(found.length);
  none.textContent = NONE[name];
  views[name]?.finalize();
  box.replaceChildren();
  if (!found.length) return;
  const result = await vegaEmbed(box, { ...shownParts(name, spec, found), datasets: { [source]: found } }, {
    actions: false, renderer: "svg", logLevel: 1, // errors only
  });
  views[name] = result.view;
  box.querySelector("svg")?.setAttribute("aria-label", panel.querySelector("h2").textContent);
}

// A series without rows takes its entry in the legend with it
function shownParts(name, spec, found) {
  if (name !== "books" || found.some((row) => row.rooms_last_year != null)) return spec;
  const copy = structuredClone(spec);
  copy.layer = copy.layer.filter((layer) => layer.encoding.y.field !== "rooms_last_year");
  for (const layer of copy.layer) {
    const { domain, range } = layer.encoding.color.scale, gone = domain.indexOf("same time last year");
    layer.encoding.color.scale = {
      domain: domain.filter((_, place) => place !== gone), range: range.filter((_, place) => place !== gone),
    };
  }
  return copy;
}

function showTable(panel, found) {
  const name = panel.dataset.table;
  panel.querySelector(".table, .none")?.remove();
  panel.append(found.length ? table(TABLES[name], found, 30) : element("p", "Nothing yet.", "none"));
}

function showCancelled(found) {
  const known = found.filter((row) => row.decided != null);
  const cancelled = known.reduce((total, row) => total + row.cancelled, 0);
  const decided = known.reduce((total, row) => total + row.decided, 0);
  byId("cancelled").textContent = decided
    ? `${share(cancelled, decided)}: ${whole(cancelled)} of ${whole(decided)} bookings in ${plural(known.length, "month")}.` : "";
}
