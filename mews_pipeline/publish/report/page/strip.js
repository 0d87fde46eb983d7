// The nights ahead with a number in each cell, coloured around a neutral middle
const STRIP = Object.fromEntries(report.strip.columns.map((name, place) => [name, place]));
const OF_NIGHT = ["spaces_occupied", "spaces_usable", "rooms_left", "pickup_1", "pickup_7"];

// A measure: its value in a cell, what is written below it, and how it is coloured
const MEASURES = {
  occupied: {
    label: "Occupied", value: (night) => night.usable ? night.spaces_occupied / night.usable : null,
    write: (value) => value == null ? "–" : Math.round(value * 100) + "%",
    below: (night) => `${whole(night.spaces_occupied)}/${whole(night.usable)}`, span: 0.35, isShare: true,
  },
  left: {
    label: "Left to sell", value: (night) => night.rooms_left, write: whole,
    // Few left is as good as many sold, so it has the same colour
    shade: (night) => night.usable ? -night.rooms_left / night.usable : null, span: 0.35, isShare: true,
  },
  day: { label: "Since yesterday", value: (night) => night.pickup_1, write: signed },
  week: { label: "In 7 days", value: (night) => night.pickup_7, write: signed },
  year: {
    label: "On last year", isOptional: true, value: (night) => night.then == null ? null : night.now - night.then, write: signed,
    below: (night) => night.then == null ? "" : `${whole(night.now)} vs ${whole(night.then)}`,
  },
  adr: {
    label: "ADR", isMoney: true, isOptional: true, value: (night) => per(night.room_revenue, night.rooms_sold), write: compact,
    below: (night) => night.currency ? `${compact(night.room_revenue)}/\u200b${whole(night.rooms_sold)}` : "",
  },
  revpar: {
    label: "RevPAR", isMoney: true, isOptional: true, value: (night) => per(night.room_revenue, night.rooms_available), write: compact,
    below: (night) => night.currency ? `${compact(night.room_revenue)}/\u200b${whole(night.rooms_available)}` : "",
  },
  revenue: {
    label: "Revenue", isMoney: true, isOptional: true, value: (night) => night.total_revenue, write: compact,
    shade: (night) => per(night.total_revenue, night.rooms_available),
  },
};

function sum(nights, field) {
  return nights.some((night) => night[field] == null) ? null : nights.reduce((total, night) => total + night[field], 0);
}

// A sum of nights: unknown capacity makes it unknown; last year adds those that have one
function added(nights) {
  const total = Object.fromEntries([...OF_NIGHT, "usable"].map((field) => [field, sum(nights, field)]));
  const compared = nights.filter((night) => night.then != null);
  total.then = compared.length ? sum(compared, "then") : null;
  total.now = compared.length ? sum(compared, "now") : null;
  total.compared = compared.length;
  return { ...total, ...addedMoney(nights) };
}

// The next nights of a hotel from its own tonight
function nightsOf(hotel, count) {
  return report.strip.rows[hotel.scope].slice(0, count).map((row, ahead) => {
    const night = Object.fromEntries(OF_NIGHT.map((field) => [field, row[STRIP[field]]]));
    night.usable = night.spaces_usable;
    night.then = row[STRIP.rooms_last_year];
    night.now = row[STRIP.rooms_occupied];
    for (const field of MONEY) night[field] = row[STRIP[field]];
    night.currency = currencyOf(hotel);
    return { date: later(hotel.today, ahead), hotels: 1, ...night };
  });
}

// The same of all hotels, by date: the first and last dates may lack hotels that are a day ahead
function nightsOfAll(count) {
  const dates = new Map();
  for (const hotel of hotels) {
    for (const night of nightsOf(hotel, count)) {
      if (!dates.has(night.date)) dates.set(night.date, []);
      dates.get(night.date).push(night);
    }
  }
  return [...dates].sort().map(([date, nights]) => ({
    ...added(nights), ...(isOneCurrency ? {} : addedMoney([])), date, hotels: nights.length,
  }));
}

const stripOf = (property, count) => property.scope === "all" ? nightsOfAll(count) : nightsOf(property, count);

// Seven steps from -3 to 3; the middle is the average for shares, and zero for changes
function painter(measure, nights) {
  const shade = measure.shade || measure.value, shown = nights.map(shade).filter((value) => value != null);
  const total = added(nights);
  const middle = measure.isShare || measure.isMoney ? shade(total) ?? 0 : 0;
  // Money is coloured by how far it is from the average, whatever the currency
  const span = measure.isMoney ? 0.35 * Math.abs(middle) || 1 : measure.span || Math.max(3, ...shown.map(Math.abs));
  return (night) => {
    const value = shade(night);
    if (value == null) return "";
    const step = Math.max(-3, Math.min(3, Math.round((value - middle) / span * 3)));
    return step ? `step ${step < 0 ? "less" : "plus"}${Math.abs(step)}` : "step";
  };
}

function nightCell(measure, night, paint, kind = "td") {
  const value = measure.value(night);
  const cell = element(kind, measure.write(value), "night " + paint(night));
  if (measure.below) cell.append(element("small", measure.below(night)));
  if (measure === MEASURES.left && value < 0) cell.append(element("small", "overbooked"));
  return cell;
}

function nightHead(night, hotelsShown, property) {
  const head = element("th", undefined, "night" + (isWeekend(night.date) ? " weekend" : ""));
  head.scope = "col";
  const [number, month] = dayMonth(night.date).split(" "), date = element("span", number);
  date.append(" ", element("i", month));
  head.append(element("small", weekday(night.date)), nightLink(property, night.date, date));
  if (night.hotels < hotelsShown) {
    const part = element("small", `${night.hotels} of ${hotelsShown}`, "part");
    part.title = "Properties for which this night is one of those shown: it is already another day in the rest.";
    head.append(part);
  }
  return head;
}

// Lines of two whole weeks, so that weekdays are below each other; the shortest strip has one line,
// also with the date more that it has where properties differ. Narrow screens take five nights
const wide = matchMedia("(min-width: 620px), print");
const perLine = (nights, count) => !wide.matches ? 5 : count === LENGTHS[0] ? nights.length : 14;

function showStrip(property, count) {
  const box = byId("strip"), nights = stripOf(property, count);
  const isKnown = (found) => (measure) => !measure.isOptional || found.some((night) => measure.value(night) != null);
  const shown = Object.values(MEASURES).filter(isKnown(nights));
  const painters = new Map(shown.map((measure) => [measure, painter(measure, nights)]));
  const lines = [], long = perLine(nights, count);
  for (let start = 0; start < nights.length; start += long) {
    const part = nights.slice(start, start + long);
    const made = element("table", undefined, "strip"), head = element("tr");
    head.append(element("td"), ...part.map((night) => nightHead(night, property.scope === "all" ? hotels.length : 1, property)));
    made.append(element("thead"), element("tbody"));
    made.tHead.append(head);
    for (const measure of shown) {
      const line = element("tr"), name = element("th", measure.label);
      name.scope = "row";
      line.append(name, ...part.map((night) => nightCell(measure, night, painters.get(measure))));
      // Keep the width of the nights in a last line that is shorter
      for (let empty = part.length; empty < long; empty++) line.append(element("td", "", "night none"));
      made.tBodies[0].append(line);
    }
    lines.push(made);
  }
  box.replaceChildren(...lines);
  showSums(property, nights, count);
  byId("no-last-year").hidden = shown.includes(MEASURES.year);
  const each = hotels.flatMap((hotel) => nightsOf(hotel, count));
  for (const link of byId("measures").children) link.hidden = !isKnown(each)(MEASURES[link.dataset.value]);
}

function showSums(property, nights, count) {
  const total = added(nights), units = property.units || "rooms";
  const of = `(${whole(total.spaces_occupied)} of ${whole(total.usable)} ${units})`;
  const parts = [
    [figure("strip_occupied", share(total.spaces_occupied, total.usable)), ` occupied ${of}`],
    [figure("strip_left", whole(total.rooms_left)), " left to sell"],
    [figure("strip_day", signed(total.pickup_1)), " since yesterday"],
    [figure("strip_week", signed(total.pickup_7)), " in 7 days"],
  ];
  if (total.then != null) {
    parts.push([figure("strip_year", signed(total.now - total.then)),
      ` on last year (${whole(total.now)} vs ${whole(total.then)})`]);
  }
  if (total.currency) {
    parts.push([figure("strip_adr", inCurrency(rate(total.room_revenue, total.rooms_sold, total.currency), total.currency)),
      ` ADR (${whole(total.room_revenue)} ÷ ${whole(total.rooms_sold)} sold)`],
    [figure("strip_revpar", inCurrency(rate(total.room_revenue, total.rooms_available, total.currency), total.currency)),
      ` RevPAR (÷ ${whole(total.rooms_available)} available)`],
    [figure("strip_revenue", amount(total.total_revenue, total.currency)), " revenue"]);
  }
  byId("strip-sums").replaceChildren(...parts.map((part) => {
    const made = element("span");
    made.append(...part);
    return made;
  }));
  byId("strip-middle").textContent = `${share(total.spaces_occupied, total.usable)}, the average of the ${count} nights`;
}

// Every hotel's nights, one measure at a time
const FIRST_HOTELS = 25;
function showHotels(count, name, ordered) {
  const measure = MEASURES[name], all = nightsOfAll(count), paint = painter(measure, all);
  const made = element("table", undefined, "strip hotels"), head = element("tr");
  const own = new Map(ordered.map((hotel) => [hotel, nightsOf(hotel, count)]));
  // Changes are coloured by the hotels' own size, not by that of the total
  const each = measure.isShare ? paint : painter(measure, [...own.values()].flat());
  const last = element("th", `all ${count}`, "night");
  last.scope = "col";
  head.append(element("td"), ...all.map((night) => nightHead(night, hotels.length)), last);
  made.append(element("thead"), element("tbody"));
  made.tHead.append(head);
  byId("hotels").replaceChildren(made);
  shortened(byId("hotels"), made.tBodies[0], [() => hotelLine(properties[0], all, all, measure, paint),
    ...ordered.map((hotel) => () => hotelLine(hotel, own.get(hotel), all, measure,
      measure.isMoney ? painter(measure, own.get(hotel)) : each))]);
}

// The first lines at once, the others on demand: hundreds of properties are slow to lay out
function shortened(box, body, makers) {
  const first = makers.slice(0, FIRST_HOTELS + 1), rest = makers.slice(FIRST_HOTELS + 1);
  body.append(...first.map((make) => make()));
  if (!rest.length) return;
  const more = button(`Show ${rest.length} more properties`, () => {
    body.append(...rest.map((make) => make()));
    more.remove();
  }, "more");
  box.append(more);
}

function hotelLine(property, nights, dates, measure, paint) {
  const line = element("tr", undefined, property.scope === "all" ? "total" : ""), name = element("th");
  name.scope = "row";
  name.className = "name";
  name.append(linkTo(property));
  if (measure.isMoney && currencyOf(property)) name.append(element("small", currencyOf(property)));
  const known = new Map(nights.map((night) => [night.date, night]));
  line.append(name, ...dates.map(({ date }) => known.has(date)
    ? nightCell(measure, known.get(date), paint) : element("td", "", "night none")));
  line.append(nightCell(measure, added(nights), () => "sum"));
  return line;
}
