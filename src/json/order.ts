/**
 * The order of fields of objects with names like "10": JavaScript lists those first, whatever their
 * order was.
 */
const ORDERS = new WeakMap<object, readonly string[]>();
/** Objects and arrays that contain such an object, directly or deeper. */
const AFFECTED = new WeakSet<object>();

const INDEX = /^(?:0|[1-9]\d{0,9})$/;

/**
 * Called when an object or array is complete. `keys`: the fields of an object in their order; null
 * = an array.
 */
export function keepOrder(container: object, keys: readonly string[] | null): void {
  if (keys?.some((key) => INDEX.test(key))) ORDERS.set(container, keys);
  if (ORDERS.has(container) || Object.values(container).some(isAffected)) AFFECTED.add(container);
}

function isAffected(value: unknown): boolean {
  return typeof value === 'object' && value !== null && AFFECTED.has(value);
}

/** The text of a value. One that `readJson` read prints as it came, white space apart. */
export function jsonText(value: unknown): string {
  if (!isAffected(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  const fields = value as Record<string, unknown>;
  return fieldsText((ORDERS.get(fields) ?? Object.keys(fields)).map((key) => [key, fields[key]]));
}

/** The same for a new object whose values were read. */
export function jsonTextOf(fields: object): string {
  return fieldsText(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function fieldsText(fields: readonly (readonly [string, unknown])[]): string {
  return `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${jsonText(value)}`).join(',')}}`;
}
