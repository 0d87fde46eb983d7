// Amounts of money, each in its currency. Currencies are never added: a sum of several has no amount
const MONEY = ["room_revenue", "total_revenue", "rooms_sold", "rooms_available"];
const ownMoney = new Map(report.rows.money.filter((row) => row.is_default_currency && row.scope !== "all")
  .map((row) => [row.scope, row]));
const currencyOf = (hotel) => ownMoney.get(hotel.scope)?.currency;
const isOneCurrency = new Set([...ownMoney.values()].map((row) => row.currency)).size === 1;

const WHOLE_UNITS = { minimumFractionDigits: 0, maximumFractionDigits: 0 };
const inCurrency = (value, currency, options) => {
  if (value == null) return "–";
  let written;
  try {
    written = value.toLocaleString("en", { style: "currency", currency, currencyDisplay: "code", ...options });
  } catch {
    // No code of three letters: Mews has named none
    written = value.toLocaleString("en", options) + " in an unknown currency";
  }
  return written.replace("-", "−");
};
const amount = (value, currency) => inCurrency(value, currency, WHOLE_UNITS);
const signedAmount = (value, currency) => inCurrency(value, currency, { ...WHOLE_UNITS, signDisplay: "exceptZero" });
// Per room, with the decimals of the currency
const per = (part, all) => part == null || !all ? null : part / all;
const rate = (part, all, currency) => inCurrency(per(part, all), currency, {});
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
