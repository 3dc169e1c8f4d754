/** A delivery as the unit of work gets it, when it is no start. */
import type { Work } from '../../src/engine/intake/unit-of-work.js';
import type { Delivery } from '../../src/engine/ports.js';

export const workOf = (delivery: Delivery): Work => ({
  delivery,
  start: null,
  startRefused: null,
  orchestrationPaused: false,
});
