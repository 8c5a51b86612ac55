/* The time of an index, without asking the server: from the series once it is here, else by the step alone, which is
   exact until a file's phase changes (a new sensor, a change of clocks). */
(() => {
  const hindcast = window.hindcast;

  const counted = (clock, index) => {
    if (!clock.months) return clock.last + clock.seconds * index;
    const time = new Date(1000 * clock.last);
    time.setUTCDate(1);
    time.setUTCMonth(time.getUTCMonth() + clock.months * index);
    return time.getTime() / 1000;
  };

  /* "Tue 5 Mar 14:00"; null where the calendar is not that simple and the series not here yet. */
  hindcast.clock = (clock, index, year = false) => {
    const { series, words } = hindcast;
    if (series.ready) return words.moment(series.time(index), series.step, year);
    if (!clock) return null;
    const step = clock.months ? { unit: "month", count: clock.months } : { unit: "second", count: clock.seconds };
    return words.moment(counted(clock, index), step, year);
  };
})();
