// Revenue on the books, beside the rooms: cards of one property, and a table of all
// What is in other currencies than the property's own
const besides = (others, nights) => others.filter((row) => row[`total_revenue_${nights}`])
  .map((row) => amount(row[`total_revenue_${nights}`], row.currency)).join(", ");

const REVENUE_REASONS = {
  new: "new", cancelled: "cancelled", rate_change: "change of rate", rebate: "rebate", moved: "moved",
};

function revenueCardsOf(row, others) {
  const { currency } = row;
  const ratioOf = (name, nights, part, all, what) => [
    `${name.toLowerCase()}_${nights}`, name + (nights === 1 ? " tonight" : `, next ${nights} nights`),
    rate(row[`${part}_${nights}`], row[`${all}_${nights}`], currency),
    `${whole(row[`${part}_${nights}`])} ${what} ÷ ${whole(row[`${all}_${nights}`])} ${all === "sold" ? "rooms sold" : "available"}`,
  ];
  const adr = (nights) => ratioOf("ADR", nights, "room_revenue", "sold", "of rooms");
  const revpar = (nights) => ratioOf("RevPAR", nights, "room_revenue", "available", "of rooms");
  const ahead = (nights) => {
    const rooms = row[`room_revenue_${nights}`], all = row[`total_revenue_${nights}`], foreign = besides(others, nights);
    const made = `${whole(rooms)} of rooms + ${whole(all - rooms)} of everything else` + (foreign && `; and ${foreign}`);
    return [`revenue_${nights}`, `Revenue, next ${nights} nights`, shortAmount(all), made,
      against(all, row[`last_year_${nights}`], "this time last year")];
  };
  const picked = (days, label, made) => [`revenue_pickup_${days}`, label,
    (row[`revenue_pickup_${days}`] > 0 ? "+" : "") + shortAmount(row[`revenue_pickup_${days}`]), made];
  return [
    adr(1), revpar(1), ratioOf("TRevPAR", 1, "total_revenue", "available", "of everything"),
    picked(1, "Room revenue since yesterday", causes(row, REVENUE_REASONS) || "nothing changed"),
    picked(7, "Room revenue in 7 days", "on all nights"),
    adr(30), revpar(30), ahead(7), ahead(30), ahead(90),
  ];
}

// Of a total there are cards only where all properties have one currency
function showRevenue(property) {
  const found = report.rows.money.filter((row) => row.scope === property.scope);
  const own = found.filter((row) => row.is_default_currency);
  byId("revenue").hidden = own.length !== 1;
  if (own.length === 1) {
    byId("revenue-cards").replaceChildren(...revenueCardsOf(own[0], found.filter((row) => row !== own[0])).map(cardOf));
  }
  const isTotal = property.scope === "all";
  byId("revenue-hotels").hidden = !isTotal || !ownMoney.size;
  if (isTotal && ownMoney.size) showRevenueTable(found);
  for (const place of document.querySelectorAll(".definition")) {
    const currency = isTotal && own.length !== 1 ? "" : `in ${named(own[0]?.currency)}, `;
    place.replaceChildren(`Definite and net of taxes, ${currency}by the definition `, element("b", report.rows.money[0]?.definition));
    if (meanings.definition) place.title = meanings.definition;
  }
}

const REVENUE_COLUMNS = {
  name: ["property"], currency: ["currency"],
  adr_1: ["ADR tonight", "room_revenue_1", "sold_1"], revpar_1: ["RevPAR tonight", "room_revenue_1", "available_1"],
  adr_30: ["ADR, next 30", "room_revenue_30", "sold_30"], revpar_30: ["RevPAR, next 30", "room_revenue_30", "available_30"],
  total_revenue_7: ["revenue, next 7"], total_revenue_30: ["next 30"], total_revenue_90: ["next 90"],
  revenue_pickup_1: ["rooms, since yesterday"], revenue_pickup_7: ["in 7 days"],
};

function revenueCell(name, row) {
  const [, part, all] = REVENUE_COLUMNS[name];
  if (name === "name") {
    const cell = element("th", undefined, "name"), property = hotels.find(({ scope }) => scope === row.scope);
    cell.scope = "row";
    cell.append(property ? linkTo(property) : `All with ${named(row.currency)}`);
    return cell;
  }
  if (name === "currency") return element("td", row.is_default_currency ? text(row.currency) : `${text(row.currency)}, besides`);
  if (!part) return element("td", (name.startsWith("revenue_pickup") ? signed : whole)(row[name]), "number");
  const cell = element("td", rate(row[part], row[all], row.currency), "number");
  if (row.is_default_currency) cell.append(element("small", `${whole(row[part])}/${whole(row[all])}`));
  return cell;
}

function showRevenueTable(totals) {
  const made = element("table"), head = element("tr");
  head.append(...Object.entries(REVENUE_COLUMNS).map(([name, [heading]]) => {
    const cell = element("th", heading, name === "name" || name === "currency" ? "" : "number");
    cell.scope = "col";
    return cell;
  }));
  made.append(element("thead"), element("tbody"));
  made.tHead.append(head);
  byId("revenue-table").replaceChildren(made);
  const own = report.rows.money.filter((row) => row.scope !== "all");
  const sharing = (total) => own.filter((row) => row.is_default_currency && row.currency === total.currency).length;
  const rows = [...totals.filter((row) => row.is_default_currency && sharing(row) > 1), ...own];
  shortened(byId("revenue-table"), made.tBodies[0], rows.map((row) => () => {
    const line = element("tr", undefined, row.scope === "all" ? "total" : "");
    line.append(...Object.keys(REVENUE_COLUMNS).map((name) => revenueCell(name, row)));
    return line;
  }));
}
