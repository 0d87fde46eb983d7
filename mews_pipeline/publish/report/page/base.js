"use strict";
// What every part of the page uses: formats, elements, the rows of a property, the address
const report = JSON.parse(document.getElementById("report").textContent);
const { meanings } = report;
const properties = report.rows.properties;
const hotels = properties.filter((row) => row.scope !== "all");
const byId = (id) => document.getElementById(id);

const whole = (value) => value == null ? "–" : Math.round(value).toLocaleString("en");
// A true minus is as wide as a plus
const signed = (value) => value == null ? "–" : (value > 0 ? "+" : "") + whole(value).replace("-", "−");
const percent = (value) => value == null ? "–" : (value * 100).toFixed(1) + "%";
const per = (part, all) => part == null || !all ? null : part / all;
const share = (part, all) => percent(per(part, all));
const text = (value) => value == null ? "–" : String(value).replaceAll("_", " ");
const instant = (value) => value == null ? "–" : value.slice(0, 16).replace("T", " ");
const causes = (row, reasons) => Object.entries(reasons).filter(([name]) => row[name])
  .map(([name, reason]) => `${signed(row[name])} ${reason}`).join(", ");
const plural = (count, one, many = one + "s") => `${whole(count)} ${count === 1 ? one : many}`;
const late = (hours) => hours < 48 ? plural(hours, "hour") : plural(Math.floor(hours / 24), "day");

// Dates are plain: they are read and written as UTC, whatever the reader's zone
const dated = (date) => new Date(date + "T00:00:00Z");
const later = (date, days) => new Date(dated(date).getTime() + days * 864e5).toISOString().slice(0, 10);
const daysBetween = (first, last) => Math.round((dated(last) - dated(first)) / 864e5);
const written = (options) => {
  const format = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
  return (date) => date == null ? "–" : format.format(dated(date));
};
const weekday = written({ weekday: "short" });
const dayMonth = written({ day: "numeric", month: "short" });
const day = (date) => date == null ? "–" : `${weekday(date)} ${dayMonth(date)}`;
const isWeekend = (date) => [0, 6].includes(dated(date).getUTCDay());

function element(kind, content, className) {
  const made = document.createElement(kind);
  if (content !== undefined) made.textContent = content;
  if (className) made.className = className;
  return made;
}

function button(label, action, className) {
  const made = element("button", label, className);
  made.type = "button";
  made.onclick = action;
  return made;
}

// A number that a test finds by its name
function figure(name, value, kind = "b") {
  const made = element(kind, value);
  made.dataset.figure = name;
  return made;
}

// Figures of one property are packed apart, so that a page with many properties opens as fast
const unpacked = {};
async function detailsOf(scope) {
  if (!unpacked[scope]) {
    const bytes = Uint8Array.from(atob(report.packed[scope]), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    unpacked[scope] = JSON.parse(await new Response(stream).text());
  }
  return unpacked[scope];
}

// The address holds the property and the section: #hotel=Sumida+Inn&section=nights
const SECTIONS = { morning: "Morning", nights: "Nights", bookings: "Bookings", data: "Data" };
const LENGTHS = [14, 30, 90];
const namesakes = (name) => properties.filter((row) => row.name === name).length;

function chosen() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const hotel = asked.get("hotel"), nights = Number(asked.get("nights"));
  const property = properties.find((row) => row.scope === hotel) ||
    properties.find((row) => row.name === hotel) || properties[0];
  const section = asked.get("section"), night = asked.get("night");
  const isNight = section === "night" && isExplained(property, night);
  return {
    property, night,
    section: section in SECTIONS || isNight ? section : "morning",
    nights: LENGTHS.includes(nights) ? nights : LENGTHS[0],
    measure: asked.get("measure") in MEASURES ? asked.get("measure") : "occupied",
  };
}

function addressOf(changes) {
  const { property, section, night, nights, measure } = { ...chosen(), ...changes };
  const address = new URLSearchParams();
  if (property !== properties[0]) address.set("hotel", namesakes(property.name) > 1 ? property.scope : property.name);
  address.set("section", section);
  if (section === "night") address.set("night", night);
  if (nights !== LENGTHS[0]) address.set("nights", nights);
  if (measure !== "occupied") address.set("measure", measure);
  return "#" + address;
}

// Nights near today have a page of their own, which is not in the navigation
const NIGHTS_BACK = -7, NIGHTS_AHEAD = 13;
function isExplained(property, night) {
  if (!report.explains || property.scope === "all" || property.is_stopped || !/^\d{4}-\d\d-\d\d$/.test(night)) return false;
  const ahead = daysBetween(property.today, night);
  return ahead >= NIGHTS_BACK && ahead <= NIGHTS_AHEAD;
}

function nightLink(property, night, label) {
  if (!property || !isExplained(property, night)) return label;
  const link = element("a");
  link.append(label);
  link.href = addressOf({ property, section: "night", night });
  return link;
}

const nightOf = (night, row) => nightLink(properties.find(({ scope }) => scope === row.enterprise_id), night, day(night));

const go = (changes) => { location.hash = addressOf(changes); };

// Columns are [field, heading, format]; numbers are aligned to the right
const NUMBERS = new Set([whole, signed, percent]);
function table(columns, found, most = Infinity) {
  const box = element("div", undefined, "table"), made = element("table"), head = element("tr");
  for (const [field, heading, write] of columns) {
    const cell = element("th", undefined, NUMBERS.has(write) ? "number" : "");
    const label = cell.appendChild(element("span", heading));
    if (meanings[field]) label.title = meanings[field];
    cell.scope = "col";
    head.append(cell);
  }
  made.append(element("thead"), element("tbody"));
  made.tHead.append(head);
  const rest = [];
  for (const [position, row] of found.entries()) {
    const line = element("tr");
    for (const [field, , write] of columns) {
      const kind = NUMBERS.has(write) ? "number" : { property: "name", reservation_id: "id" }[field] || "";
      const cell = element("td", undefined, kind);
      cell.append(write(row[field], row));
      line.append(cell);
    }
    line.hidden = position >= most;
    if (line.hidden) rest.push(line);
    made.tBodies[0].append(line);
  }
  box.append(made);
  if (rest.length) {
    const more = button(`Show ${rest.length} more`, () => {
      for (const line of rest) line.hidden = false;
      more.remove();
    }, "more");
    box.append(more);
  }
  return box;
}
