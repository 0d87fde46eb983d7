// How the number of one night came to be
const REMARKS = [["is_late", "after the night was closed"], ["is_inferred", "inferred"]];
const POSTINGS = [["reservation_id", "reservation", text], ["category", "room type", text],
  ["posted_at", "changed (UTC)", instant], ["reason", "why", text], ["bucket", "as", text], ["rooms", "rooms", signed],
  ["guests", "guests", signed], ["state", "is now", text],
  ["is_late", "remarks", (_, row) => REMARKS.filter(([name]) => row[name]).map(([, remark]) => remark).join(", ")]];
const CAPACITY = [["category", "room type", text], ["first_night", "from", day], ["last_night", "to", day],
  ["spaces_active", "active", whole], ["spaces_out_of_order", "out of order", whole],
  ["spaces_house_use", "house use", whole], ["change", "what changed", text],
  ["is_in_force", "", (value) => value ? "this night" : ""]];
const MEWS = [["category", "room type", text], ["mews_confirmed", "Mews' confirmed", whole], ["rooms_occupied", "our rooms", whole],
  ["mews_optional", "Mews' optional", whole], ["rooms_optional", "our optional", whole],
  ["mews_occupied", "Mews' occupied", whole], ["snapshot_utc", "counted (UTC)", instant]];

function showNight(property, date, details) {
  const night = details.explained.find((row) => row.stay_date === date), units = property.units || "rooms";
  byId("night-title").textContent = `The night of ${day(date)}, ${property.name}`;
  const step = (days, label) => {
    const target = later(date, days), link = element("span");
    link.append(nightLink(property, target, label));
    return isExplained(property, target) ? link : "";
  };
  byId("night-steps").replaceChildren(step(-1, "← the night before"), step(1, "the night after →"));
  for (const part of document.querySelectorAll("#night .of-night")) part.hidden = !night;
  if (!night) return byId("night-sums").replaceChildren("No number is known of this night.");
  const line = (...parts) => {
    const made = element("span");
    made.append(...parts);
    return made;
  };
  byId("night-sums").replaceChildren(
    line(figure("night_occupied", share(night.spaces_occupied, night.spaces_usable)),
      ` occupied: ${whole(night.spaces_occupied)} of ${whole(night.spaces_usable)} usable ${units} ` +
      `(${whole(night.spaces_active)} active − ${whole(night.spaces_out_of_order)} out of order)`),
    line(figure("night_left", whole(night.rooms_left)), ` left to sell: ${whole(night.spaces_usable)} usable − ` +
      `${whole(night.spaces_occupied)} occupied − ${whole(night.spaces_optional)} tentative − ${whole(night.spaces_house_use)} house use`),
    line(figure("night_rooms", whole(night.rooms)), ` definite reservations on the books with ${plural(night.guests, "guest")}, ` +
      `and ${whole(night.rooms_optional)} optional`),
    ...night.revenue.map((row) => line(figure("night_revenue", amount(row.total_revenue, row.currency)),
      ` revenue, net, by the definition ${row.definition}: ${whole(row.room_revenue)} of rooms` +
      (row.is_default_currency ? `, ADR ${rate(row.room_revenue, row.rooms_sold, row.currency)} (÷ ${whole(row.rooms_sold)} sold), ` +
      `RevPAR ${rate(row.room_revenue, row.rooms_available, row.currency)} (÷ ${whole(row.rooms_available)} available)` : ""))),
    line(night.closed_at ? `Closed at ${instant(night.closed_at)} UTC with ${whole(night.rooms_at_close)} rooms; ` +
      `${plural(night.late, "change")} since` : "Not closed yet"));
  const bookings = table(POSTINGS, night.postings);
  const total = element("tr", undefined, "total");
  const sum = night.postings.filter((row) => row.bucket === "definite").reduce((rooms, row) => rooms + row.rooms, 0);
  for (const [field] of POSTINGS) {
    const cell = element("td", field === "reservation_id" ? "definite rooms together" : "", field === "rooms" ? "number" : "");
    if (field === "rooms") cell.append(figure("night_postings", whole(sum)));
    total.append(cell);
  }
  bookings.querySelector("tbody").append(total);
  byId("night-bookings").replaceChildren(night.postings.length ? bookings : element("p", "No reservation has held this night.", "none"));
  byId("night-capacity").replaceChildren(table(CAPACITY, night.capacity));
  byId("night-mews").replaceChildren(night.mews.length ? table(MEWS, night.mews)
    : element("p", "Mews' availability has not been fetched for this night.", "none"));
}
