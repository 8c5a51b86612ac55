/* How moments and numbers are written where no answer of the server can be waited for: as pages/_notation.py does. */
(() => {
  const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const THIN = "\u202f";
  const two = (n) => String(n).padStart(2, "0");
  const date = (time) => `${DAYS[time.getUTCDay()]} ${time.getUTCDate()} ${MONTHS[time.getUTCMonth()]}`;
  const at = (seconds) => new Date(1000 * seconds);

  window.hindcast.words = {
    /* "Tue 5 Mar", the label of a day line. */
    day: (seconds) => date(at(seconds)),

    /* "Mar 2024" */
    month: (seconds) => `${MONTHS[at(seconds).getUTCMonth()]} ${at(seconds).getUTCFullYear()}`,

    /* "Tue 5 Mar 2024, 14:00"; whole days without a clock, whole minutes without seconds. A step is { unit, count }. */
    moment(seconds, step, year = false) {
      const time = at(seconds);
      if (step.unit === "month") return step.count % 12 ? this.month(seconds) : `${time.getUTCFullYear()}`;
      const words = date(time) + (year ? ` ${time.getUTCFullYear()}` : "");
      const rest = step.unit === "second" && step.count % 60 ? time.getUTCSeconds() : 0; /* else it is a sensor's whim */
      const hours = `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}${rest ? `:${two(rest)}` : ""}`;
      const whole = step.unit === "weekday" || step.count % 86400 === 0;
      return whole && hours === "00:00" ? words : `${words}${year ? "," : ""} ${hours}`;
    },

    /* "2024-03-05 14:00", as spreadsheets read it. */
    iso(seconds) {
      const [date, clock] = at(seconds).toISOString().split("T");
      return `${date} ${clock.slice(0, clock.slice(6, 8) === "00" ? 5 : 8)}`;
    },

    /* The clock alone for data of less than a day a step, else the moment. */
    short(seconds, step) {
      const words = this.moment(seconds, step);
      return step.unit === "second" && step.count < 86400 ? words.split(" ").at(-1) : words;
    },

    /* 12 480.5, with a fixed number of decimals; a rounded zero carries no sign. */
    number(value, decimals) {
      const [whole, part] = Math.abs(value).toFixed(decimals).split(".");
      const text = whole.replace(/\B(?=(\d{3})+$)/g, THIN) + (part ? `.${part}` : "");
      return value < 0 && /[1-9]/.test(text) ? `\u2212${text}` : text;
    },
  };
})();
