/* The time of an index, without asking the server. Exact for every step of fixed length; where a file's phase changes
   on the way (a new sensor, a change of clocks) the picture's own time corrects it a moment later. */
(() => {
  const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const two = (n) => String(n).padStart(2, "0");

  window.hindcast.clock = (clock, index) => {
    if (!clock) return null;
    const time = new Date(1000 * clock.last);
    if (clock.months) {
      time.setUTCDate(1);
      time.setUTCMonth(time.getUTCMonth() + clock.months * index);
      return clock.months % 12 ? `${MONTHS[time.getUTCMonth()]} ${time.getUTCFullYear()}` : `${time.getUTCFullYear()}`;
    }
    time.setTime(time.getTime() + 1000 * clock.seconds * index);
    const date = `${DAYS[time.getUTCDay()]} ${time.getUTCDate()} ${MONTHS[time.getUTCMonth()]}`;
    const seconds = time.getUTCSeconds();
    const hours = `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}${seconds ? `:${two(seconds)}` : ""}`;
    return clock.seconds % 86400 === 0 && hours === "00:00" ? date : `${date} ${hours}`;
  };
})();
