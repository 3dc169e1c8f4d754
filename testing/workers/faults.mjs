/** What is wrong with the worker of broken.mjs → the cases of the suite that find it. */
export const FAULTS = {
  'charges twice': ['duplicate-do', 'next-attempt'],
  'knows attempts only': ['next-attempt'],
  'refunds what never was': ['undo-before-do'],
  'fails an undo of nothing': ['undo-before-do'],
  'charges after the undo': ['do-after-undo'],
  'charges past the deadline': ['late-do'],
  'repeats no headers': ['headers'],
  'stops at poison': ['poison'],
  'has gzip only': ['codecs'],
  'begins at latest': ['first-reply'],
  'commits before it replies': ['killed'],
};
