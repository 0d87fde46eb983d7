// Amounts of money, each in its currency. Currencies are never added: a sum of several has no amount
const MONEY = ["room_revenue", "total_revenue", "rooms_sold", "rooms_available"];
const ownMoney = new Map(report.rows.money.filter((row) => row.is_default_currency && row.scope !== "all")
  .map((row) => [row.scope, row]));
const currencyOf = (hotel) => ownMoney.get(hotel.scope)?.currency;
const isOneCurrency = new Set([...ownMoney.values()].map((row) => row.currency)).size === 1;

// A code of three letters has its decimals; where Mews has named no currency, there are two
const isCode = (currency) => /^[A-Z]{3}$/.test(currency);
const decimalsOf = (currency) => isCode(currency)
  ? new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits : 2;
const named = (currency) => isCode(currency) ? currency : "an unknown currency";

function rate(part, all, currency) {
  const decimals = decimalsOf(currency), value = per(part, all);
  return value == null ? "–" : value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
    .replace("-", "−");
}
const inCurrency = (value, currency) => value === "–" ? value : `${isCode(currency) ? currency + " " : ""}${value}`;
const amount = (value, currency) => inCurrency(whole(value), currency);
// A card has room for six digits
const shortAmount = (value) => Math.abs(value) < 1e6 ? whole(value).replace("-", "−")
  : value.toLocaleString("en", { notation: "compact", maximumSignificantDigits: 4 }).replace("-", "−");
const compact = (value) => value == null ? "–"
  : value.toLocaleString("en", { notation: "compact", maximumSignificantDigits: 3 }).replace("-", "−");

// The money of several nights, of those that have some
function addedMoney(nights) {
  const paid = nights.filter((night) => night.currency), currencies = new Set(paid.map((night) => night.currency));
  const isKnown = currencies.size === 1;
  return {
    currency: isKnown ? paid[0].currency : undefined,
    ...Object.fromEntries(MONEY.map((field) => [field, isKnown ? sum(paid, field) : null])),
  };
}
