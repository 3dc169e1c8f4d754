/**
 * Loaded before a gateway: on SIGUSR2 its wall clock jumps, an hour ahead, then an hour back, in
 * turns. What it decides must not depend on it.
 */
const HOUR = 3_600_000;
const real = Date.now.bind(Date);
let shift = 0;
let jumps = 0;
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(real() + shift);
    else super(...args);
  }

  static now() {
    return real() + shift;
  }
};
process.on('SIGUSR2', () => {
  shift += jumps++ % 2 === 0 ? HOUR : -HOUR;
});
