/* Every date of a file can be read in two ways: two cards with the dates written out, and one of them is the answer. */
(() => {
  const hindcast = window.hindcast;
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

  const day = (iso) => `${Number(iso.slice(8, 10))} ${MONTHS[Number(iso.slice(5, 7)) - 1]} ${iso.slice(0, 4)}`;
  const clock = (iso) => iso.slice(11, 16);

  const period = ({ first, last }) => {
    if (day(first) === day(last)) return [day(first), `one day, ${clock(first)} to ${clock(last)}`];
    const whole = clock(first) === "00:00" && clock(last) === "00:00";
    return [`${day(first)} to ${day(last)}`, whole ? "" : `${clock(first)} to ${clock(last)}`];
  };

  const card = (way, chosen) => {
    const [strong, rest] = period(way);
    const button = hindcast.element("button", "way");
    button.type = "button";
    button.dataset.dayfirst = String(way.dayfirst);
    button.append(hindcast.element("strong", "", strong), hindcast.element("span", "", rest), hindcast.sparkline(way.sketch));
    button.append(hindcast.element("small", "", way.dayfirst ? "Day first" : "Month first"));
    button.addEventListener("click", () => chosen(way.dayfirst));
    return button;
  };

  /* Puts the question into `place`; the answer goes to `chosen`, `cancel` takes the file back. */
  hindcast.askOrder = (place, ways, chosen, cancel) => {
    const panel = hindcast.element("div", "tie");
    const cards = hindcast.element("div", "ways");
    cards.append(...ways.map((way) => card(way, chosen)));
    const away = hindcast.element("button", "link quiet", "Cancel");
    away.addEventListener("click", cancel);
    panel.append(hindcast.element("p", "", "Every date in this file can be read in two ways. Which is right?"), cards, away);
    place.replaceChildren(panel);
    cards.firstElementChild?.focus();
  };
})();
