// The cards, the table of properties, and what to look at first
function linkTo(property) {
  const link = element("a", property.name);
  link.href = addressOf({ property });
  link.title = property.name;
  return link;
}

function change(value, label) {
  const made = element("span", undefined, value > 0 ? "up" : value < 0 ? "down" : "even");
  made.append(element("b", signed(value)), " " + label);
  return made;
}

const against = (value, before, when) => value == null || before == null ? undefined
  : change(value - before, `on ${when} (${whole(before)})`);

// A card: its name, its number, what the number is made of, and how it changed
function cardsOf(row) {
  const units = row.units || "rooms";
  const ahead = (nights) => [
    `occupied_${nights}`, `Next ${nights} nights`, share(row[`occupied_${nights}`], row[`usable_${nights}`]),
    `${whole(row[`occupied_${nights}`])} of ${whole(row[`usable_${nights}`])} ${units}`,
    change(row[`pickup_1_of_${nights}`], "since yesterday"),
  ];
  const todo = (field) => `${whole(row[field + "_done"])} of ${whole(row[field])} done`;
  const picked = (field) => `${signed(row[field + "_of_90"])} in the next 90 nights, ` +
    `${signed(row[field] - row[field + "_of_90"])} on other nights`;
  const tonight = change(row.tonight_pickup_1, "since yesterday");
  if (row.tonight_last_year != null) tonight.append(`, ${signed(row.tonight_last_year)} on last year`);
  return [
    ["occupancy", "Occupied tonight", share(row.spaces_occupied, row.spaces_usable),
      `${whole(row.spaces_occupied)} of ${whole(row.spaces_usable)} ${units}`, tonight],
    ["rooms_left", "Left to sell tonight", whole(row.rooms_left),
      `${whole(row.spaces_usable)} usable − ${whole(row.spaces_occupied)} occupied − ` +
      `${whole(row.spaces_optional)} tentative − ${whole(row.spaces_house_use)} house use`,
      against(row.rooms_left, row.left_last_night, "last night")],
    ["arrivals", "Arrivals today", whole(row.arrivals), todo("arrivals"), against(row.arrivals, row.arrivals_yesterday, "yesterday")],
    ["departures", "Departures today", whole(row.departures), todo("departures"),
      against(row.departures, row.departures_yesterday, "yesterday")],
    ["guests", "Guests tonight", whole(row.guests), row.spaces_occupied
      ? `${(row.guests / row.spaces_occupied).toFixed(2)} in each of ${whole(row.spaces_occupied)} occupied ${units}` : "",
      change(row.tonight_pickup_guests, "since yesterday")],
    ["pickup_1", "Picked up since yesterday", signed(row.pickup_1), picked("pickup_1")],
    ["pickup_7", "Picked up in 7 days", signed(row.pickup_7), picked("pickup_7")],
    ahead(7), ahead(30), ahead(90),
  ];
}

function cardOf([name, label, value, made, changed]) {
  const card = element("div", undefined, "card");
  const explained = element("p", made);
  explained.dataset.parts = name;
  card.append(element("h3", label), figure(name, value, "strong"), explained);
  if (changed) card.append(changed);
  return card;
}

function showCards(property) {
  byId("cards").replaceChildren(...cardsOf(property).map(cardOf));
}

// Sorting: [heading, value to sort by, what is shown, numerator and denominator]
const HOTEL_COLUMNS = {
  name: ["property", (row) => row.name],
  today: ["its today", (row) => row.today],
  occupancy: ["tonight", (row) => per(row.spaces_occupied, row.spaces_usable), ["spaces_occupied", "spaces_usable"]],
  rooms_left: ["left", (row) => row.rooms_left, whole],
  arrivals: ["arrivals", (row) => row.arrivals, whole],
  departures: ["departures", (row) => row.departures, whole],
  next_7: ["next 7", (row) => per(row.occupied_7, row.usable_7), ["occupied_7", "usable_7"]],
  next_30: ["next 30", (row) => per(row.occupied_30, row.usable_30), ["occupied_30", "usable_30"]],
  next_90: ["next 90", (row) => per(row.occupied_90, row.usable_90), ["occupied_90", "usable_90"]],
  pickup_1: ["since yesterday", (row) => row.pickup_1, signed],
  pickup_7: ["in 7 days", (row) => row.pickup_7, signed],
  needs_hand: ["needs a hand", (row) => row.needs_hand, whole],
  fetched_through_utc: ["known through (UTC)", (row) => row.fetched_through_utc],
};
let sorting = ["name", 1];

function orderedHotels() {
  const [name, direction] = sorting, value = HOTEL_COLUMNS[name][1];
  const compare = (a, b) => typeof a === "string" ? a.localeCompare(b, "en") : a - b;
  return [...hotels].sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a == null || b == null) return (a == null) - (b == null);
    return compare(a, b) * direction || one.name.localeCompare(other.name, "en");
  });
}

// The date that most hotels have: the others are marked
function usualDate() {
  const counts = {};
  for (const hotel of hotels) counts[hotel.today] = (counts[hotel.today] || 0) + 1;
  return Object.keys(counts).sort((a, b) => counts[b] - counts[a])[0];
}

function hotelCell(name, row) {
  const shown = HOTEL_COLUMNS[name][2];
  if (name === "name") {
    const cell = element("th", undefined, "name");
    cell.scope = "row";
    cell.append(linkTo(row));
    return cell;
  }
  if (name === "today") {
    if (row.scope === "all") return element("td", "each at its own");
    const differs = row.today !== usualDate();
    return element("td", (differs ? "◆ " : "") + day(row.today), differs ? "differs" : "");
  }
  if (name === "fetched_through_utc") {
    return element("td", instant(row.fetched_through_utc) + (row.is_stopped ? ", not fetched for 30 days" : ""));
  }
  if (!Array.isArray(shown)) return element("td", shown(row[name]), "number");
  const [part, all] = shown, cell = element("td", share(row[part], row[all]), "number");
  cell.append(element("small", `${whole(row[part])}/${whole(row[all])}`));
  return cell;
}

function showHotelTable(redraw) {
  const made = element("table"), head = element("tr");
  for (const [name, [heading, , shown]] of Object.entries(HOTEL_COLUMNS)) {
    const cell = element("th", undefined, shown ? "number" : ""), [sorted, direction] = sorting;
    cell.scope = "col";
    if (name === sorted) cell.ariaSort = direction > 0 ? "ascending" : "descending";
    cell.append(button(heading, () => {
      // Numbers are sorted from the largest first, names and dates from the first
      sorting = [name, name === sorted ? -direction : shown ? -1 : 1];
      redraw();
    }));
    head.append(cell);
  }
  made.append(element("thead"), element("tbody"));
  made.tHead.append(head);
  byId("hotel-table").replaceChildren(made);
  shortened(byId("hotel-table"), made.tBodies[0], [properties[0], ...orderedHotels()].map((row) => () => {
    const line = element("tr", undefined, row.scope === "all" ? "total" : "");
    line.append(...Object.keys(HOTEL_COLUMNS).map((name) => hotelCell(name, row)));
    return line;
  }));
}

const REASONS = {
  new: "new", converted: "converted", reinstated: "reinstated", moved: "moved", cancelled: "cancelled",
  no_show: "no-show",
};

function showReasons(property) {
  const found = Object.entries(REASONS).map(([name, reason]) => ({ reason, rooms: property[name] }));
  const made = table([["reason", "why", text], ["rooms", "room nights", signed]], found);
  const total = element("tr", undefined, "total"), net = element("td", undefined, "number");
  net.append(figure("reasons", signed(property.pickup_1)));
  total.append(element("td", "together"), net);
  made.querySelector("tbody").append(total);
  byId("reasons").replaceChildren(made);
}

function showMovers(found, isTotal) {
  const box = byId("movers");
  if (!found.length) return box.replaceChildren(element("p", "No night has changed since yesterday.", "none"));
  const columns = [["stay_date", "night", nightOf], ["property", "property", text], ["rooms", "net", signed],
    ["why", "why", (_, row) => causes(row, REASONS)],
    ["spaces_occupied", "on the books now", (_, row) => row.spaces_usable
      ? `${whole(row.spaces_occupied)} of ${whole(row.spaces_usable)}, ${share(row.spaces_occupied, row.spaces_usable)}`
      : whole(row.spaces_occupied)]].filter(([field]) => isTotal || field !== "property");
  const made = table(columns, found);
  made.querySelector("thead tr").append(element("th", "bookings"));
  for (const [position, line] of [...made.querySelectorAll("tbody tr")].entries()) {
    const { items, bookings } = found[position], below = element("tr", undefined, "below"), cell = element("td");
    cell.colSpan = columns.length + 1;
    cell.append(table([["reason", "why", text], ["rooms", "net", signed], ["category", "room type", text],
      ["arrival", "arrives", day], ["departure", "departs", day], ["state", "is now", text],
      ["posted_at", "changed (UTC)", instant], ["reservation_id", "reservation", text]], items));
    if (bookings > items.length) cell.append(element("p", `and ${bookings - items.length} more`, "none"));
    below.append(cell);
    below.hidden = true;
    const opener = button(`${bookings}`, () => {
      below.hidden = !below.hidden;
      opener.ariaExpanded = String(!below.hidden);
    }, "opener");
    opener.ariaExpanded = "false";
    opener.ariaLabel = `${plural(bookings, "booking")} behind this night`;
    const last = element("td");
    last.append(opener);
    line.append(last);
    line.after(below);
  }
  box.replaceChildren(made);
}

const HANDS = {
  "overdue arrival": "overdue arrivals", "overdue departure": "overdue departures",
  "option past its release": "options past their release", "gap in the data": "gaps in the data",
};

function showHand(found, isTotal) {
  const box = byId("hand");
  if (!found.length) return box.replaceChildren(element("p", "Nothing needs a hand.", "none"));
  box.replaceChildren(...found.map(({ kind, cases, hours_late, items }) => {
    const part = element("details"), head = element("summary");
    head.append(element("b", whole(cases)), ` ${HANDS[kind] && cases !== 1 ? HANDS[kind] : kind}`,
      element("small", `longest ${late(hours_late)}`));
    const columns = [["property", "property", text], ["what", "what", text], ["since_utc", "since (UTC)", instant],
      ["hours_late", "for", late], ["reservation_id", "reservation", text]];
    part.append(head, table(columns.filter(([field]) => isTotal || field !== "property"), items));
    if (cases > items.length && kind !== "gap in the data") part.append(element("p", `and ${whole(cases - items.length)} more`, "none"));
    return part;
  }));
}

const RESTATED = [["posted_at", "changed (UTC)", instant], ["stay_date", "night", nightOf], ["property", "property", text],
  ["category", "room type", text], ["reason", "why", text], ["rooms", "rooms", signed],
  ["rooms_at_close", "at close", whole], ["rooms_now", "now", whole]];

function showRestated(property, found) {
  byId("restated-count").textContent = `${plural(property.restated_1, "change")} since yesterday`;
  byId("restatements").replaceChildren(found.length ? table(RESTATED, found, 8)
    : element("p", "No closed night has changed.", "none"));
}
